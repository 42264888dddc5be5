import type { Glob } from './glob.ts';
import { ALL, GAP, ONE, SOME } from './glob-steps.ts';

/** What a place of the trie reads besides the characters that lead on from it. */
const NAME = 1;
const SLASHES = 2;

interface Place {
  readonly number: number;
  /** Characters, and where each leads; so few that they are looked for one by one. */
  readonly chars: number[];
  readonly after: Place[];
  /** Where any character of a name leads, a slash, or either (`NAME`, `SLASHES`, or both). */
  readonly wild: { readonly reads: number; readonly to: Place }[];
  /** Where nothing needs to be read to get to. */
  readonly free: Place[];
  /** By step, the places above that belong to one. */
  readonly steps: Map<number, Place>;
  /** The globs that may end here. */
  readonly ends: number[];
}

/**
 * Globs laid over each other as far as they are alike, read from the front or from the back. What a glob can meet is found
 * in one walk of both, which goes on only where they agree: however many globs look alike, those that differ in a name's
 * middle part ways there. May find too much (see `stepsOf`), never too little.
 */
export class GlobTrie {
  readonly #backwards: boolean;
  readonly #root: Place;
  #size = 0;

  constructor(globs: readonly Glob[], backwards: boolean) {
    this.#backwards = backwards;
    this.#root = this.#place();
    globs.forEach((glob, i) => this.#add(glob, i));
  }

  /** The places in the list of the globs that could meet one, in order; `null` when that takes more steps, or finds more. */
  couldMeet(glob: Glob, most: { readonly steps: number; readonly found: number }): number[] | null {
    const query = new GlobTrie([glob], this.#backwards);
    const size = this.#size;
    const seen = new Set<number>();
    const open: Place[] = [];
    const found = new Set<number>();
    const visit = (a: Place, b: Place): void => {
      const key = a.number * size + b.number;
      if (seen.has(key)) return;
      seen.add(key);
      open.push(a, b);
    };
    visit(query.#root, this.#root);
    while (open.length > 0) {
      if (seen.size > most.steps || found.size > most.found) return null;
      const b = open.pop()!;
      const a = open.pop()!;
      if (a.ends.length > 0) for (const end of b.ends) found.add(end);
      for (const next of a.free) visit(next, b);
      for (const next of b.free) visit(a, next);
      for (let i = 0; i < a.chars.length; i++) {
        const at = b.chars.indexOf(a.chars[i]!);
        if (at >= 0) visit(a.after[i]!, b.after[at]!);
      }
      for (const { reads, to } of a.wild) {
        for (let i = 0; i < b.chars.length; i++) if (reads & kindOf(b.chars[i]!)) visit(to, b.after[i]!);
        for (const other of b.wild) if (reads & other.reads) visit(to, other.to);
      }
      for (const { reads, to } of b.wild)
        for (let i = 0; i < a.chars.length; i++) if (reads & kindOf(a.chars[i]!)) visit(a.after[i]!, to);
    }
    return found.size > most.found ? null : [...found].sort((x, y) => x - y);
  }

  #add(glob: Glob, number: number): void {
    for (const steps of glob.steps) {
      let at = this.#root;
      for (const step of this.#backwards ? steps.toReversed() : steps) at = this.#after(at, step);
      if (at.ends.at(-1) !== number) at.ends.push(number);
    }
  }

  #after(place: Place, step: number): Place {
    const known = step < 0 ? place.steps.get(step) : place.after[place.chars.indexOf(step)];
    if (known) return known;
    const next = this.#place();
    if (step >= 0) {
      place.chars.push(step);
      place.after.push(next);
      return next;
    }
    place.steps.set(step, next);
    switch (step) {
      case ONE:
        place.wild.push({ reads: NAME, to: next });
        break;
      case SOME:
        place.free.push(next);
        next.wild.push({ reads: NAME, to: next });
        break;
      case GAP: {
        const inside = this.#place();
        place.wild.push({ reads: SLASHES, to: next });
        next.wild.push({ reads: NAME, to: inside });
        inside.wild.push({ reads: NAME, to: inside }, { reads: SLASHES, to: next });
        break;
      }
      case ALL:
        place.free.push(next);
        next.wild.push({ reads: NAME | SLASHES, to: next });
    }
    return next;
  }

  #place(): Place {
    return { number: this.#size++, chars: [], after: [], wild: [], free: [], steps: new Map(), ends: [] };
  }
}

function kindOf(code: number): number {
  return code === 0x2f ? SLASHES : NAME;
}
