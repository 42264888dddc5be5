import type { Glob } from './glob.ts';
import { ALL, GAP, ONE, SOME } from './glob-steps.ts';

/** What a way on from a place reads: a character, by its code point, or one of those below and of the steps of a glob. */
type Label = number;
/** Any characters, from a place to itself: of a name, a slash, or either. */
const MORE = -5;
const MORE_SLASHES = -6;
const MORE_OF_ALL = -7;

/** What a label reads besides a character, by its number below zero. */
const NAME = 1;
const SLASHES = 2;
const READS = new Uint8Array(8);
READS[-ONE] = NAME;
READS[-GAP] = SLASHES;
READS[-MORE] = NAME;
READS[-MORE_SLASHES] = SLASHES;
READS[-MORE_OF_ALL] = NAME | SLASHES;

const NONE = -1;

/**
 * Globs laid over each other as far as they are alike, read from the front or from the back. What a glob can meet is found
 * in one walk of both, which goes on only where they agree: however many globs look alike, those that differ in a name's
 * middle part ways there. May find too much (see `stepsOf`), never too little.
 */
export class GlobTrie {
  readonly #backwards: boolean;
  /** By place: the first way on from it, and the globs that may end there. Lists of numbers, for there are very many. */
  readonly #first: number[] = [];
  readonly #ends: (number[] | null)[] = [];
  /** By way: what it reads, where it leads, and the next one from the same place. */
  readonly #labels: Label[] = [];
  readonly #targets: number[] = [];
  readonly #next: number[] = [];

  constructor(globs: readonly Glob[], backwards: boolean) {
    this.#backwards = backwards;
    this.#place();
    globs.forEach((glob, i) => this.#add(glob, i));
  }

  /** The places in the list of the globs that could meet one, in order; `null` when that takes more steps, or finds more. */
  couldMeet(glob: Glob, most: { readonly steps: number; readonly found: number }): number[] | null {
    const query = new GlobTrie([glob], this.#backwards);
    const size = this.#first.length;
    const seen = new Set<number>([0]);
    const open: number[] = [0];
    const found = new Set<number>();
    const visit = (a: number, b: number): void => {
      const key = a * size + b;
      if (seen.has(key)) return;
      seen.add(key);
      open.push(key);
    };
    while (open.length > 0) {
      if (seen.size > most.steps || found.size > most.found) return null;
      const key = open.pop()!;
      const b = key % size;
      const a = (key - b) / size;
      if (query.#ends[a]) for (const end of this.#ends[b] ?? []) found.add(end);
      for (let j = this.#first[b]!; j !== NONE; j = this.#next[j]!)
        if (isFree(this.#labels[j]!)) visit(a, this.#targets[j]!);
      for (let i = query.#first[a]!; i !== NONE; i = query.#next[i]!) {
        const label = query.#labels[i]!;
        const target = query.#targets[i]!;
        if (isFree(label)) visit(target, b);
        else
          for (let j = this.#first[b]!; j !== NONE; j = this.#next[j]!)
            if (agree(label, this.#labels[j]!)) visit(target, this.#targets[j]!);
      }
    }
    return found.size > most.found ? null : [...found].sort((x, y) => x - y);
  }

  #add(glob: Glob, number: number): void {
    for (const steps of glob.steps) {
      let at = 0;
      for (const step of this.#backwards ? steps.toReversed() : steps) at = this.#after(at, step);
      const ends = (this.#ends[at] ??= []);
      if (ends.at(-1) !== number) ends.push(number);
    }
  }

  /** Where a step leads from a place. */
  #after(place: number, step: Label): number {
    for (let way = this.#first[place]!; way !== NONE; way = this.#next[way]!)
      if (this.#labels[way] === step) return this.#targets[way]!;
    const next = this.#place();
    this.#way(place, step, next);
    if (step === SOME) this.#way(next, MORE, next);
    else if (step === ALL) this.#way(next, MORE_OF_ALL, next);
    else if (step === GAP) {
      const inside = this.#place();
      this.#way(next, MORE, inside);
      this.#way(inside, MORE, inside);
      this.#way(inside, MORE_SLASHES, next);
    }
    return next;
  }

  #place(): number {
    this.#ends.push(null);
    return this.#first.push(NONE) - 1;
  }

  #way(from: number, label: Label, to: number): void {
    this.#labels.push(label);
    this.#targets.push(to);
    this.#next.push(this.#first[from]!);
    this.#first[from] = this.#labels.length - 1;
  }
}

/** Whether nothing needs to be read: these stand for any number of characters, also none. */
function isFree(label: Label): boolean {
  return label === SOME || label === ALL;
}

function agree(a: Label, b: Label): boolean {
  if (a >= 0) return b >= 0 ? a === b : (READS[-b]! & kindOf(a)) !== 0;
  return (READS[-a]! & (b >= 0 ? kindOf(b) : READS[-b]!)) !== 0;
}

function kindOf(code: number): number {
  return code === 0x2f ? SLASHES : NAME;
}
