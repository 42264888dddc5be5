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
 * A line that stayed as it was is touched when it belongs to somebody else now: a bracket further down swallows a
 * neighbour, and a comment around a symbol takes it away, without a changed line in it.
 *
 * A diff may draw a new method's lines so that they begin with the end of the method above. A symbol whose own lines are
 * the same in both versions is therefore not touched, unless all of them went or came: then it was moved. Statements
 * outside of every symbol were moved when some of them went and came.
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
  const removed: Touched = new Map();
  const added: Touched = new Map();
  if (old) touch(removed, old, now && hunks ? hunks.flatMap((hunk) => hunk.removed ?? []) : [old.all]);
  if (now) touch(added, now, old && hunks ? hunks.flatMap((hunk) => hunk.added ?? []) : [now.all]);
  const kept = old && now && hunks ? handedOver(old, now, hunks) : { removed, added };
  const found: SymbolTouch[] = [];
  for (const symbol of new Set([added, removed, kept.added, kept.removed].flatMap((lines) => [...lines.keys()]))) {
    const isChanged = added.has(symbol) || removed.has(symbol);
    const came: readonly number[] = (isChanged ? added : kept.added).get(symbol) ?? [];
    const went: readonly number[] = (isChanged ? removed : kept.removed).get(symbol) ?? [];
    const wasThere = old?.has(symbol) ?? false;
    const isThere = now?.has(symbol) ?? false;
    if (old && now && wasThere && isThere && old.ownText(symbol) === now.ownText(symbol)) {
      const wasMoved =
        hunks !== null &&
        (symbol === null
          ? came.length > 0 && went.length > 0
          : came.length === now.own(symbol).length || went.length === old.own(symbol).length);
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

/** Touched lines by the innermost symbol they belong to. */
type Touched = Map<string | null, number[]>;

function touch(found: Touched, owners: Owners, ranges: readonly Lines[]): void {
  for (const { first, last } of ranges) {
    for (let line = first; line <= last; line++) for (const symbol of owners.of(line)) note(found, symbol, line);
  }
}

function note(found: Touched, symbol: string | null, line: number): void {
  const lines = found.get(symbol);
  if (lines) lines.push(line);
  else found.set(symbol, [line]);
}

/** Lines that no hunk holds, for whom they belong to in one version and not in the other. */
function handedOver(
  old: Owners,
  now: Owners,
  hunks: readonly Hunk[],
): { readonly removed: Touched; readonly added: Touched } {
  const removed: Touched = new Map();
  const added: Touched = new Map();
  let [before, after] = [1, 1];
  const stay = (count: number): void => {
    for (let left = count; left > 0; left--, before++, after++) {
      const [had, has] = [old.of(before), now.of(after)];
      for (const symbol of had) if (!has.includes(symbol)) note(removed, symbol, before);
      for (const symbol of has) if (!had.includes(symbol)) note(added, symbol, after);
    }
  };
  for (const hunk of hunks) {
    stay(hunk.added ? hunk.added.first - after : (hunk.removed?.first ?? before) - before);
    if (hunk.removed) before = hunk.removed.last + 1;
    if (hunk.added) after = hunk.added.last + 1;
  }
  stay(Math.min(old.all.last - before, now.all.last - after) + 1);
  return { removed, added };
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
