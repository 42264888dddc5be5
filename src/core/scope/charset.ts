/**
 * A set of code points as sorted, disjoint, inclusive ranges: `[low, high, low, high, ...]`. Sets of a glob never hold
 * `/`, except the one that stands for the separator itself.
 */
export type CharSet = readonly number[];

const LAST = 0x10ffff;
const SLASH_CODE = 0x2f;
const DOT_CODE = 0x2e;

/** The path separator alone. */
export const SLASH: CharSet = [SLASH_CODE, SLASH_CODE];

/** Every character a file name may hold. */
export const NOT_SLASH: CharSet = [0, SLASH_CODE - 1, SLASH_CODE + 1, LAST];

const NOTHING: CharSet = [];

export function holds(set: CharSet, code: number): boolean {
  for (let i = 0; i < set.length; i += 2) {
    if (code < set[i]!) return false;
    if (code <= set[i + 1]!) return true;
  }
  return false;
}

/** Sorts and joins ranges given in any order. */
export function normalise(ranges: readonly (readonly [number, number])[]): CharSet {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const set: number[] = [];
  for (const [low, high] of sorted) {
    const end = set.at(-1);
    if (end !== undefined && low <= end + 1) set[set.length - 1] = Math.max(end, high);
    else set.push(low, high);
  }
  return set;
}

export function intersect(a: CharSet, b: CharSet): CharSet {
  if (a === b) return a;
  // Most states of a glob read one character.
  if (a.length === 2 && a[0] === a[1]) return holds(b, a[0]!) ? a : NOTHING;
  if (b.length === 2 && b[0] === b[1]) return holds(a, b[0]!) ? b : NOTHING;
  const set: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const low = Math.max(a[i]!, b[j]!);
    const high = Math.min(a[i + 1]!, b[j + 1]!);
    if (low <= high) set.push(low, high);
    if (a[i + 1]! < b[j + 1]!) i += 2;
    else j += 2;
  }
  return set;
}

export function complement(set: CharSet): CharSet {
  const rest: number[] = [];
  let from = 0;
  for (let i = 0; i < set.length; i += 2) {
    if (set[i]! > from) rest.push(from, set[i]! - 1);
    from = set[i + 1]! + 1;
  }
  if (from <= LAST) rest.push(from, LAST);
  return rest;
}

/** The form under which a file system that ignores case compares a character. One code point to one code point. */
export function foldCode(code: number): number {
  if (code < 0x80) return code >= 0x41 && code <= 0x5a ? code + 32 : code;
  const lower = String.fromCodePoint(code).toLowerCase();
  const folded = lower.codePointAt(0)!;
  return lower.length === (folded > 0xffff ? 2 : 1) ? folded : code;
}

export function foldText(text: string): string {
  let folded = '';
  for (const character of text) folded += String.fromCodePoint(foldCode(character.codePointAt(0)!));
  return folded;
}

let folding: (readonly [number, number])[] | undefined;

/** The folded forms of a set's characters, which is the set as a case-ignoring file system sees it. */
export function foldSet(set: CharSet): CharSet {
  if (!folding) {
    folding = [];
    // No character beyond the Supplementary Multilingual Plane has two cases.
    for (let code = 0; code <= 0x1ffff; code++) {
      const folded = foldCode(code);
      if (folded !== code) folding.push([code, folded]);
    }
  }
  const ranges: [number, number][] = [];
  for (let i = 0; i < set.length; i += 2) ranges.push([set[i]!, set[i + 1]!]);
  for (const [code, folded] of folding) if (holds(set, code)) ranges.push([folded, folded]);
  return normalise(ranges);
}

/** Order in which characters are tried for a witness: what a person would name a file first. */
const PREFERRED = [...'abcdefghijklmnopqrstuvwxyz0123456789_-ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((c) => c.charCodeAt(0));

/**
 * A readable member of `set` other than the dot, or -1. Lone surrogates are no characters; with `folded`, only characters
 * that stand for themselves on a case-ignoring file system count.
 */
export function pick(set: CharSet, folded: boolean): number {
  if (set.length === 2 && set[0] === set[1] && set[0]! < 0x80 && !folded) return set[0] === DOT_CODE ? -1 : set[0]!;
  for (const code of PREFERRED) if (holds(set, code) && (!folded || foldCode(code) === code)) return code;
  // Twice: what can be printed is preferred to control characters.
  for (const least of [0x21, 0]) {
    for (let i = 0; i < set.length; i += 2) {
      for (let code = Math.max(set[i]!, least); code <= set[i + 1]!; code++) {
        if (code >= 0xd800 && code <= 0xdfff) code = 0xe000;
        if (code > set[i + 1]!) break;
        if (code !== DOT_CODE && (!folded || foldCode(code) === code)) return code;
      }
    }
  }
  return -1;
}

/** What `representatives` gives for `NOT_SLASH` alone. */
const ANY = [PREFERRED[0]!];

/**
 * Representatives of `set` for a search that also runs `others`: characters that no member of `others` tells apart need
 * only one. The dot comes last and only where nothing else does the same: names made of dots only are special, so
 * any other character leads at least as far.
 */
export function representatives(set: CharSet, others: readonly CharSet[], folded: boolean): readonly number[] {
  if (set.length === 2 && set[0] === set[1] && set[0]! < 0x80 && !folded) return [set[0]!];
  if (others.length === 0) {
    if (set === NOT_SLASH) return ANY;
    const code = pick(set, folded);
    if (code >= 0) return [code];
    return holds(set, DOT_CODE) ? [DOT_CODE] : [];
  }
  const codes: number[] = [];
  const signatures = new Set<string>();
  const add = (code: number): void => {
    const signature = others.map((other) => (holds(other, code) ? 1 : 0)).join('');
    if (signatures.has(signature)) return;
    signatures.add(signature);
    codes.push(code);
  };
  const cuts = new Set<number>([LAST + 1]);
  for (const other of others) for (let i = 0; i < other.length; i += 2) cuts.add(other[i]!).add(other[i + 1]! + 1);
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const block = cut > from ? intersect(set, [from, cut - 1]) : [];
    const code = block.length ? pick(block, folded) : -1;
    if (code >= 0) add(code);
    from = cut;
  }
  if (holds(set, DOT_CODE)) add(DOT_CODE);
  return codes;
}
