import { holds, NOT_SLASH, SLASH, type CharSet } from './charset.ts';
import type { GlobAlternative, GlobNode } from './glob-parse.ts';

/**
 * A glob as a machine that reads a path one code point at a time. State `s` reads a member of `sets[s]` and goes on to
 * any of `next[s]`; `ACCEPT` among the next states means that the path may end here.
 */
export interface Automaton {
  readonly sets: readonly CharSet[];
  readonly next: readonly (readonly number[])[];
  readonly start: readonly number[];
}

export const ACCEPT = -1;

/** The machine that reads whatever one of the alternatives matches. */
export function buildAutomaton(alternatives: readonly GlobAlternative[]): Automaton {
  const sets: CharSet[] = [];
  const next: (readonly number[])[] = [];
  const state = (set: CharSet, to: readonly number[] = []): number => {
    next.push(to);
    return sets.push(set) - 1;
  };
  // Built from the end, so that each piece is given what follows it.
  const sequence = (nodes: readonly GlobNode[], after: readonly number[]): readonly number[] => {
    let entry = after;
    for (const node of nodes.toReversed()) {
      switch (node.kind) {
        case 'char':
          entry = [state([node.code, node.code], entry)];
          break;
        case 'any':
          entry = [state(NOT_SLASH, entry)];
          break;
        case 'class':
          // A class also matches its own text: `app/[id]/page.tsx` names a directory `[id]` in several web frameworks.
          entry = [
            state(node.set, entry),
            ...node.text.reduceRight<readonly number[]>((rest, code) => [state([code, code], rest)], entry),
          ];
          break;
        case 'star': {
          const star = state(NOT_SLASH);
          entry = [star, ...entry];
          next[star] = entry;
          break;
        }
        case 'group': {
          const follow = entry;
          entry = node.options.flatMap((option) => sequence(option, follow));
          break;
        }
        case 'slash':
          throw new Error('a slash inside a segment');
      }
    }
    return entry;
  };
  const start: number[] = [];
  for (const alternative of alternatives) {
    let entry: readonly number[] = [ACCEPT];
    for (let i = alternative.length - 1; i >= 0; i--) {
      const segment = alternative[i]!;
      const last = i === alternative.length - 1;
      if (segment === 'globstar') {
        // In the middle: any number of whole segments, each with its slash. At the end: one segment or more.
        const name = state(NOT_SLASH);
        const slash = state(SLASH);
        next[name] = last ? [name, slash, ACCEPT] : [name, slash];
        next[slash] = last ? [name] : [name, ...entry];
        entry = last ? [name] : [name, ...entry];
      } else {
        entry = sequence(segment, last ? entry : [state(SLASH, entry)]);
      }
    }
    start.push(...entry);
  }
  return { sets, next, start };
}

/** Paths that a glob is asked about before its transitions are worth remembering. */
const WARM = 32;
/** Sets of states remembered; past it the memory starts anew, so no glob can make it grow. */
const MOST_REMEMBERED = 500;
const UNKNOWN = -1;
const DEAD = -2;

/** Runs an automaton over paths: all states at once, so no glob can make it backtrack. */
export class Matcher {
  readonly #automaton: Automaton;
  readonly #seen: Int32Array;
  #step = 0;
  #asked = 0;
  /** The remembered part: sets of states by number, and for each where an ASCII character leads. */
  #members: (readonly number[])[] = [];
  #moves: Int16Array[] = [];
  #numbers = new Map<string, number>();

  constructor(automaton: Automaton) {
    this.#automaton = automaton;
    this.#seen = new Int32Array(automaton.sets.length);
  }

  accepts(text: string): boolean {
    return this.#asked++ < WARM ? this.#run(text, 0, this.#automaton.start) : this.#runRemembered(text);
  }

  #run(text: string, from: number, start: readonly number[]): boolean {
    let states = start;
    for (let at = from; at < text.length;) {
      const code = text.codePointAt(at)!;
      at += code > 0xffff ? 2 : 1;
      states = this.#after(states, code);
      if (states.length === 0) return false;
    }
    return states.includes(ACCEPT);
  }

  #runRemembered(text: string): boolean {
    let state = this.#number(this.#automaton.start);
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code >= 0x80) return this.#run(text, at, this.#members[state]!);
      let next = this.#moves[state]![code]!;
      if (next === UNKNOWN) {
        const members = this.#after(this.#members[state]!, code);
        const moves = this.#moves[state]!;
        next = members.length ? this.#number(members) : DEAD;
        moves[code] = next;
      }
      if (next === DEAD) return false;
      state = next;
    }
    return this.#members[state]!.includes(ACCEPT);
  }

  #after(states: readonly number[], code: number): readonly number[] {
    const { sets, next } = this.#automaton;
    const reached: number[] = [];
    let accepted = false;
    this.#step++;
    for (const state of states) {
      if (state === ACCEPT || !holds(sets[state]!, code)) continue;
      for (const to of next[state]!) {
        if (to === ACCEPT) accepted = true;
        else if (this.#seen[to] !== this.#step) {
          this.#seen[to] = this.#step;
          reached.push(to);
        }
      }
    }
    if (accepted) reached.push(ACCEPT);
    return reached;
  }

  #number(members: readonly number[]): number {
    const key = members.join();
    let number = this.#numbers.get(key);
    if (number === undefined) {
      if (this.#members.length >= MOST_REMEMBERED) {
        this.#members = [];
        this.#moves = [];
        this.#numbers = new Map();
      }
      number = this.#members.push(members) - 1;
      this.#moves.push(new Int16Array(0x80).fill(UNKNOWN));
      this.#numbers.set(key, number);
    }
    return number;
  }
}
