import type { Hunk } from './hunks.ts';
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
 * The symbols that a change touched, in the order of their first changed line, the new file's lines first. A line belongs
 * to the innermost symbol; where several share one, each has its part. Blank lines belong to nobody; comments and import
 * statements outside of every symbol are no touch. `null` for a version that is not there: every symbol of the other is
 * touched.
 *
 * A symbol is touched when its own lines differ, whether or not the diff draws them: a bracket further down swallows a
 * neighbour, and a comment around a symbol takes it away, without a changed line in it. What the answer leaves out stands
 * in both versions in the same order: symbols that were moved past each other are touched, those first which the diff
 * takes away and puts elsewhere as a whole.
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
  const found = new Map<string | null, SymbolTouch>();
  const report = (symbol: string | null): void => {
    const isChanged = added.has(symbol) || removed.has(symbol);
    const came: readonly number[] = (isChanged ? added : kept.added).get(symbol) ?? [];
    const went: readonly number[] = (isChanged ? removed : kept.removed).get(symbol) ?? [];
    const side = came.length > 0 || (went.length === 0 && now) ? 'new' : 'old';
    const drawn = side === 'new' ? came : went;
    const lines = drawn.length > 0 ? drawn : ((side === 'new' ? now : old)?.own(symbol) ?? []);
    found.set(symbol, {
      symbol,
      change: !(old?.has(symbol) ?? false) ? 'added' : !(now?.has(symbol) ?? false) ? 'deleted' : 'modified',
      lines: { first: lines[0] ?? 1, last: lines.at(-1) ?? 1 },
      side,
    });
  };
  for (const symbol of new Set([old, now].flatMap((side) => side?.symbols ?? []))) {
    if (!old || !now || old.has(symbol) !== now.has(symbol) || old.ownText(symbol) !== now.ownText(symbol))
      report(symbol);
  }
  if (old && now && hunks) {
    const movedWhole = (symbol: string | null): boolean => {
      const [came, went] = [added.get(symbol)?.length ?? 0, removed.get(symbol)?.length ?? 0];
      if (symbol === null) return came > 0 && went > 0;
      return came + went > 0 && (came === now.own(symbol).length || went === old.own(symbol).length);
    };
    if (outOfOrder(old, now, found).length > 0) {
      for (const symbol of new Set([...added.keys(), ...removed.keys()]))
        if (!found.has(symbol) && movedWhole(symbol)) report(symbol);
    }
    for (;;) {
      const others = outOfOrder(old, now, found);
      if (others.length === 0) break;
      for (const symbol of others) report(symbol);
    }
  }
  return [...found.values()].toSorted(
    (a, b) =>
      (a.side === b.side ? 0 : a.side === 'new' ? -1 : 1) ||
      a.lines.first - b.lines.first ||
      ((a.symbol ?? '') < (b.symbol ?? '') ? -1 : 1),
  );
}

/** Past so many tries to name who was moved, all that lies between is. */
const patience = 50;

/**
 * Without the symbols that are known to be touched, two versions must hold the same in the same order. Those that stand
 * where they first differ; none when they do not.
 */
function outOfOrder(old: Owners, now: Owners, known: ReadonlyMap<string | null, unknown>): (string | null)[] {
  const [before, after] = [old.order(known), now.order(known)];
  let at = 0;
  const same = (a: Part | undefined, b: Part | undefined): boolean => a?.symbol === b?.symbol && a?.text === b?.text;
  while (at < before.length && at < after.length && same(before[at], after[at])) at++;
  if (at === before.length && at === after.length) return [];
  const end = known.size > patience ? Number.POSITIVE_INFINITY : at + 1;
  return [...new Set([...before.slice(at, end), ...after.slice(at, end)].map(({ symbol }) => symbol))];
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
      if (had.length === has.length && had.every((symbol, at) => symbol === has[at])) continue;
      const [then, since] = [new Set(had), new Set(has)];
      for (const symbol of then) if (!since.has(symbol)) note(removed, symbol, before);
      for (const symbol of since) if (!then.has(symbol)) note(added, symbol, after);
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

/** A symbol's part of one line. */
interface Part {
  readonly symbol: string | null;
  readonly text: string;
}

/** Whose each line of a file is. */
class Owners {
  readonly all: Lines;
  readonly #parts: readonly (readonly Part[])[];
  readonly #names: ReadonlySet<string | null>;
  readonly #own = new Map<string | null, { readonly lines: number[]; readonly texts: string[] }>();

  constructor({ outline, text }: CodeVersion) {
    const lines = text.split('\n');
    this.all = { first: 1, last: lines.length };
    this.#names = new Set([null, ...outline.symbols.map((symbol) => symbol.name)]);
    this.#parts = outline.owners.map((owners, row) =>
      owners.map((owner) => ({ symbol: owner.symbol, text: owner.text ?? lines[row] ?? '' })),
    );
    this.#parts.forEach((parts, row) => {
      for (const part of parts) {
        const own = this.#own.get(part.symbol);
        if (own) {
          own.lines.push(row + 1);
          own.texts.push(part.text);
        } else this.#own.set(part.symbol, { lines: [row + 1], texts: [part.text] });
      }
    });
  }

  /** Every symbol, and `null` for what is outside of all. */
  get symbols(): readonly (string | null)[] {
    return [...this.#names].filter((symbol) => symbol !== null || this.#own.has(null));
  }

  has(symbol: string | null): boolean {
    return this.#names.has(symbol);
  }

  /** More than one where declarations share the line; none where the line matters to nobody. */
  of(line: number): readonly (string | null)[] {
    return this.#parts[line - 1]?.map(({ symbol }) => symbol) ?? [];
  }

  /** The lines of a symbol that are no other symbol's inside it. */
  own(symbol: string | null): readonly number[] {
    return this.#own.get(symbol)?.lines ?? [];
  }

  ownText(symbol: string | null): string {
    return this.#own.get(symbol)?.texts.join('\n') ?? '';
  }

  /** All parts but those of some symbols, in the order of the file. */
  order(without: ReadonlyMap<string | null, unknown>): Part[] {
    return this.#parts.flatMap((parts) => parts.filter(({ symbol }) => !without.has(symbol)));
  }
}
