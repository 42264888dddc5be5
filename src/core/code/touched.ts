import type { Hunk } from './hunks.ts';
import type { CodeSymbol } from './model.ts';
import type { CodeOutline, Lines } from './outline.ts';

/** One version of a file. */
export interface CodeVersion {
  readonly outline: CodeOutline;
  readonly text: string;
}

/** A symbol that a change touched. */
export interface SymbolTouch {
  /** `null`: outside of every symbol. */
  readonly symbol: string | null;
  readonly change: 'added' | 'modified' | 'deleted';
  /** The changed lines from the first to the last: of the new file, or of the old one where lines only went. */
  readonly lines: Lines;
  readonly side: 'old' | 'new';
}

/**
 * The symbols that a change touched, in the order of their first changed line, the new file's lines first. A removed
 * line belongs to the innermost symbol of the old version, an added one to that of the new version. Blank lines belong
 * to nobody; comments and import statements outside of every symbol are no touch. `null` for a version that is not
 * there: every symbol of the other is touched.
 *
 * A diff may draw a new method's lines so that they begin with the end of the method above. A symbol whose own lines are
 * the same in both versions is therefore not touched, unless all of them went or came: then it was moved.
 */
export function symbolsTouched(
  before: CodeVersion | null,
  after: CodeVersion | null,
  hunks: readonly Hunk[],
): SymbolTouch[] {
  return touches(before, after, hunks);
}

/** The same without a diff: the symbols whose own lines differ between two versions. What was only moved is left out. */
export function symbolsChanged(before: CodeVersion, after: CodeVersion): SymbolTouch[] {
  return touches(before, after, null);
}

function touches(before: CodeVersion | null, after: CodeVersion | null, hunks: readonly Hunk[] | null): SymbolTouch[] {
  const old = before && new Owners(before);
  const now = after && new Owners(after);
  const removed = old
    ? touchedIn(old, now && hunks ? hunks.flatMap((hunk) => hunk.removed ?? []) : [old.all])
    : new Map();
  const added = now ? touchedIn(now, old && hunks ? hunks.flatMap((hunk) => hunk.added ?? []) : [now.all]) : new Map();
  const found: SymbolTouch[] = [];
  for (const symbol of new Set([...added.keys(), ...removed.keys()])) {
    const came: readonly number[] = added.get(symbol) ?? [];
    const went: readonly number[] = removed.get(symbol) ?? [];
    const wasThere = old?.has(symbol) ?? false;
    const isThere = now?.has(symbol) ?? false;
    if (old && now && wasThere && isThere && old.ownText(symbol) === now.ownText(symbol)) {
      const wasMoved =
        hunks !== null &&
        symbol !== null &&
        (came.length === now.own(symbol).length || went.length === old.own(symbol).length);
      if (!wasMoved) continue;
    }
    const lines = came.length > 0 ? came : went;
    found.push({
      symbol,
      change: !wasThere ? 'added' : !isThere ? 'deleted' : 'modified',
      lines: { first: lines[0] ?? 1, last: lines.at(-1) ?? 1 },
      side: came.length > 0 ? 'new' : 'old',
    });
  }
  return found.toSorted(
    (a, b) =>
      (a.side === b.side ? 0 : a.side === 'new' ? -1 : 1) ||
      a.lines.first - b.lines.first ||
      ((a.symbol ?? '') < (b.symbol ?? '') ? -1 : 1),
  );
}

/** Touched lines by the innermost symbol they belong to, in order. */
function touchedIn(owners: Owners, ranges: readonly Lines[]): Map<string | null, number[]> {
  const found = new Map<string | null, number[]>();
  for (const { first, last } of ranges) {
    for (let line = first; line <= last; line++) {
      for (const symbol of owners.of(line)) {
        const lines = found.get(symbol);
        if (lines) lines.push(line);
        else found.set(symbol, [line]);
      }
    }
  }
  return found;
}

/** Whose each line of a file is. */
class Owners {
  readonly all: Lines;
  readonly #lines: readonly string[];
  readonly #owners: readonly (readonly string[])[];
  readonly #free: ReadonlySet<number>;
  readonly #names: ReadonlySet<string>;
  #own: Map<string | null, number[]> | undefined;

  constructor({ outline, text }: CodeVersion) {
    this.#lines = text.split('\n');
    this.all = { first: 1, last: this.#lines.length };
    this.#names = new Set(outline.symbols.map((symbol) => symbol.name));
    this.#owners = ownersOf(outline.symbols, this.#lines.length);
    const free = new Set<number>();
    for (const { first, last } of outline.free) for (let line = first; line <= last; line++) free.add(line);
    this.#free = free;
  }

  has(symbol: string | null): boolean {
    return symbol === null || this.#names.has(symbol);
  }

  /** More than one where declarations share the line; none where the line matters to nobody. */
  of(line: number): readonly (string | null)[] {
    if (this.#free.has(line) || line > this.#lines.length) return [];
    const owners = this.#owners[line] ?? [];
    return owners.length > 0 ? owners : [null];
  }

  /** The lines of a symbol that are no other symbol's inside it. */
  own(symbol: string | null): readonly number[] {
    if (!this.#own) {
      this.#own = new Map();
      for (let line = 1; line <= this.#lines.length; line++) {
        for (const owner of this.of(line)) {
          const lines = this.#own.get(owner);
          if (lines) lines.push(line);
          else this.#own.set(owner, [line]);
        }
      }
    }
    return this.#own.get(symbol) ?? [];
  }

  ownText(symbol: string | null): string {
    return this.own(symbol)
      .map((line) => this.#lines[line - 1] ?? '')
      .join('\n');
  }
}

/** The innermost symbols of each line, by line number. */
function ownersOf(symbols: readonly CodeSymbol[], count: number): string[][] {
  const owners: string[][] = [];
  // Outer ones come first, so that each one takes the place of those that hold it.
  for (const { name, firstLine, lastLine } of symbols) {
    for (let line = firstLine; line <= Math.min(lastLine, count); line++) {
      const here = owners[line];
      if (!here) owners[line] = [name];
      else if (!here.includes(name)) {
        owners[line] = here.filter((other) => !name.startsWith(`${other}.`));
        if (!here.some((other) => other.startsWith(`${name}.`))) owners[line]?.push(name);
      }
    }
  }
  return owners;
}
