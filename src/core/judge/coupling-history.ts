/**
 * Which files changed in which commits, in numbers: twenty thousand commits over twenty thousand files are a few
 * megabytes. Pairs are not kept but counted when somebody asks, among the files that are asked about; that is exact, and
 * cheaper than counting every pair of a repository.
 */
export interface CoChange {
  /** Paths as they are called at the newest commit, where a rename could be followed; by file number. */
  readonly files: readonly string[];
  /** Newest first: commit `c` touched `touched[start[c]] .. touched[start[c + 1] - 1]`; none when it was too large. */
  readonly start: Uint32Array;
  readonly touched: Uint32Array;
}

export interface HistoryLimits {
  /**
   * Commits that touch more files are left out: what moves, reformats or vendors everything says nothing about what
   * belongs together.
   */
  readonly mostFiles: number;
  /** So many of the newest commits are read, merges not counted. */
  readonly mostCommits: number;
}

export const HISTORY_LIMITS: HistoryLimits = { mostFiles: 30, mostCommits: 20_000 };

/** Takes commits from the newest to the oldest and puts them into numbers. */
export class CoChangeCollector {
  readonly #limits: HistoryLimits;
  readonly #files: string[] = [];
  readonly #numbers = new Map<string, number>();
  /** What a path of an older commit is called today. */
  readonly #today = new Map<string, string>();
  #start = new Uint32Array(1024);
  #touched = new Uint32Array(4096);
  #commits = 0;
  #length = 0;

  constructor(limits: HistoryLimits = HISTORY_LIMITS) {
    this.#limits = limits;
  }

  /** Commits taken so far, those that were too large included. */
  get commits(): number {
    return this.#commits;
  }

  get full(): boolean {
    return this.#commits >= this.#limits.mostCommits;
  }

  /**
   * One commit: the paths it touched, as they were called then (for a renamed file its new name), and its renames. In a
   * commit that is too large only the renames count. What comes after the limit is not taken.
   */
  commit(paths: readonly string[], renames: readonly { readonly from: string; readonly to: string }[] = []): void {
    if (this.full) return;
    if (paths.length <= this.#limits.mostFiles) {
      const numbers = new Set<number>();
      for (const path of paths) numbers.add(this.#number(this.#today.get(path) ?? path));
      for (const number of numbers) this.#push(number);
    }
    this.#endCommit();
    if (renames.length === 0) return;
    // All at once: two files may have changed places.
    const names = renames.map(({ from, to }) => [from, this.#today.get(to) ?? to] as const);
    for (const [from, name] of names) this.#today.set(from, name);
  }

  /** All commits of an earlier reading, as older than those taken so far. */
  older(earlier: CoChange): void {
    const numbers = new Int32Array(earlier.files.length).fill(-1);
    for (let c = 0; c + 1 < earlier.start.length && !this.full; c++) {
      const seen = new Set<number>();
      for (let k = earlier.start[c]!; k < earlier.start[c + 1]!; k++) {
        const file = earlier.touched[k]!;
        if (numbers[file]! < 0) {
          const path = earlier.files[file]!;
          numbers[file] = this.#number(this.#today.get(path) ?? path);
        }
        seen.add(numbers[file]!);
      }
      for (const number of seen) this.#push(number);
      this.#endCommit();
    }
    // Renames of the earlier reading have been applied to its names; commits before it are not read any more.
  }

  finish(): CoChange {
    return {
      files: this.#files,
      start: this.#start.slice(0, this.#commits + 1),
      touched: this.#touched.slice(0, this.#length),
    };
  }

  #number(path: string): number {
    let number = this.#numbers.get(path);
    if (number === undefined) {
      number = this.#files.push(path) - 1;
      this.#numbers.set(path, number);
    }
    return number;
  }

  #push(number: number): void {
    if (this.#length === this.#touched.length) this.#touched = grown(this.#touched);
    this.#touched[this.#length++] = number;
  }

  #endCommit(): void {
    if (this.#commits + 1 === this.#start.length) this.#start = grown(this.#start);
    this.#start[++this.#commits] = this.#length;
  }
}

function grown(numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}

/** Two files that changed in the same commits. */
export interface ChangedTogether {
  /** The lesser path by code unit. */
  readonly a: string;
  readonly b: string;
  /** Commits that touched both. */
  readonly together: number;
  readonly changesA: number;
  readonly changesB: number;
  /** together / min(changesA, changesB): how often the rarer of the two did not come alone. */
  readonly confidence: number;
}

export interface TogetherQuery {
  /** The files that matter. */
  readonly wanted: (path: string) => boolean;
  /** Which pairs of them matter; all when absent. */
  readonly pair?: (a: string, b: string) => boolean;
  readonly leastTogether: number;
  readonly leastConfidence: number;
}

/**
 * All pairs of wanted files that changed together often enough, strongest first: by confidence, then by commits, then by
 * name. The count of a file's changes is over the same commits.
 */
export function changedTogether(history: CoChange, query: TogetherQuery): ChangedTogether[] {
  const { files, start, touched } = history;
  const wanted = Uint8Array.from(files, (path) => (query.wanted(path) ? 1 : 0));
  const changes = new Uint32Array(files.length);
  for (const file of touched) changes[file]!++;
  // A file that changed too seldom cannot be in a pair.
  for (let f = 0; f < files.length; f++) if (changes[f]! < query.leastTogether) wanted[f] = 0;
  const counts = new Map<number, number>();
  const members: number[] = [];
  for (let c = 0; c + 1 < start.length; c++) {
    members.length = 0;
    for (let k = start[c]!; k < start[c + 1]!; k++) if (wanted[touched[k]!] === 1) members.push(touched[k]!);
    for (let i = 0; i < members.length; i++) {
      for (let j = i + 1; j < members.length; j++) {
        const [f, g] = members[i]! < members[j]! ? [members[i]!, members[j]!] : [members[j]!, members[i]!];
        const key = f * files.length + g;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
  }
  const found: ChangedTogether[] = [];
  for (const [key, together] of counts) {
    if (together < query.leastTogether) continue;
    const f = Math.floor(key / files.length);
    const g = key % files.length;
    const confidence = together / Math.min(changes[f]!, changes[g]!);
    if (confidence < query.leastConfidence) continue;
    const [x, y] = files[f]! < files[g]! ? [f, g] : [g, f];
    const [a, b] = [files[x]!, files[y]!];
    if (query.pair && !query.pair(a, b)) continue;
    found.push({ a, b, together, changesA: changes[x]!, changesB: changes[y]!, confidence });
  }
  return found.sort(strongestFirst);
}

function strongestFirst(x: ChangedTogether, y: ChangedTogether): number {
  return (
    y.confidence - x.confidence || y.together - x.together || (x.a < y.a ? -1 : x.a > y.a ? 1 : x.b < y.b ? -1 : 1)
  );
}
