import { parameterNames } from '../text/parameter-names.ts';
import { complement, foldCode, foldSet, intersect, normalise, NOT_SLASH, type CharSet } from './charset.ts';

export type GlobNode =
  | { readonly kind: 'char'; readonly code: number }
  | { readonly kind: 'class'; readonly set: CharSet; readonly text: readonly number[] }
  | { readonly kind: 'any' | 'star' | 'slash' }
  | { readonly kind: 'group'; readonly options: readonly (readonly GlobNode[])[] };

export type GlobSegment = readonly GlobNode[] | 'globstar';

/** One of the globs that a glob's brace alternatives stand for, cut at its slashes. */
export type GlobAlternative = readonly GlobSegment[];

type Token = Exclude<GlobNode, { kind: 'group' }> | { readonly kind: 'open' | 'close' | 'comma' };

/** Brace groups are expanded only where they must be (see `needsExpansion`); more alternatives than this are widened. */
export const MOST_ALTERNATIVES = 256;

/** Braces nested deeper stand for themselves. */
const DEEPEST_NESTING = 50;

const codes = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0)!);

/** A name without wildcards. */
export function plainSegment(name: string): readonly GlobNode[] {
  return codes(name).map((code) => ({ kind: 'char', code }));
}

/**
 * Reads a glob without a leading `./` or `/`. `approximate` when it holds too many brace alternatives: what is given then
 * matches everything below the directory in which they begin.
 */
export function parseGlob(
  text: string,
  caseInsensitive: boolean,
): { readonly alternatives: readonly GlobAlternative[]; readonly approximate: boolean } {
  const nodes = joinGroups(tokenise(text, caseInsensitive));
  const expanded = expand(nodes);
  if (!expanded) return { alternatives: [widened(nodes)], approximate: true };
  return {
    alternatives: expanded.map(segments).filter((alternative) => alternative.length > 0),
    approximate: false,
  };
}

function tokenise(text: string, caseInsensitive: boolean): Token[] {
  const input = codes(text);
  const literal = new Set<number>();
  let start = 0;
  let last = 0;
  for (const { name, at } of parameterNames(text)) {
    start += codes(text.slice(last, at)).length;
    last = at;
    for (let i = 0; i < name.length; i++) if (name[i] === '[' || name[i] === ']') literal.add(start + i);
  }
  const tokens: Token[] = [];
  const char = (code: number): void =>
    void tokens.push({ kind: 'char', code: caseInsensitive ? foldCode(code) : code });
  for (let at = 0; at < input.length; at++) {
    const code = input[at]!;
    if (literal.has(at)) {
      char(code);
      continue;
    }
    switch (String.fromCodePoint(code)) {
      case '\\':
        if (input[at + 1] === 0x2f) break;
        char(input[at + 1] ?? code);
        at++;
        break;
      case '/':
        tokens.push({ kind: 'slash' });
        break;
      case '*':
        tokens.push({ kind: 'star' });
        break;
      case '?':
        tokens.push({ kind: 'any' });
        break;
      case '{':
        tokens.push({ kind: 'open' });
        break;
      case '}':
        tokens.push({ kind: 'close' });
        break;
      case ',':
        tokens.push({ kind: 'comma' });
        break;
      case '[': {
        const found = readClass(input, at, caseInsensitive);
        if (found) {
          tokens.push(found.node);
          at = found.last;
        } else char(code);
        break;
      }
      default:
        char(code);
    }
  }
  return tokens;
}

/** `[abc]`, `[a-z]`, `[!a]`, `[^a]`; `]` in first place and escaped characters stand for themselves. */
function readClass(
  input: readonly number[],
  open: number,
  caseInsensitive: boolean,
): { node: GlobNode & { kind: 'class' }; last: number } | null {
  let at = open + 1;
  const negated = input[at] === 0x21 || input[at] === 0x5e;
  if (negated) at++;
  const ranges: [number, number][] = [];
  const text: number[] = [];
  const first = at;
  const member = (): number | null => {
    if (input[at] === 0x5c && at + 1 < input.length) at++;
    const code = input[at++];
    return code === undefined || code === 0x2f ? null : code;
  };
  while (input[at] !== 0x5d || at === first) {
    const low = member();
    if (low === null) return null;
    text.push(low);
    let high = low;
    if (input[at] === 0x2d && input[at + 1] !== undefined && input[at + 1] !== 0x5d) {
      at++;
      const end = member();
      if (end === null) return null;
      text.push(0x2d, end);
      high = end;
    }
    if (low <= high) ranges.push([low, high]);
  }
  const listed = normalise(ranges);
  const folded = caseInsensitive ? foldSet(listed) : listed;
  const written = [0x5b, ...(negated ? [input[open + 1]!] : []), ...text, 0x5d];
  return {
    node: {
      kind: 'class',
      set: intersect(NOT_SLASH, negated ? complement(folded) : folded),
      text: caseInsensitive ? written.map(foldCode) : written,
    },
    last: at,
  };
}

/** Joins tokens to groups. A brace without partner, or a pair without a comma of its own, stands for itself. */
function joinGroups(tokens: readonly Token[]): GlobNode[] {
  const partner = new Map<number, number>();
  const commas = new Map<number, number[]>();
  const open: number[] = [];
  tokens.forEach((token, index) => {
    const top = open.at(-1);
    if (token.kind === 'open') open.push(index);
    else if (token.kind === 'comma' && top !== undefined) commas.set(top, [...(commas.get(top) ?? []), index]);
    else if (token.kind === 'close' && top !== undefined) partner.set(open.pop()!, index);
  });
  const range = (from: number, to: number, depth: number): GlobNode[] => {
    const nodes: GlobNode[] = [];
    for (let at = from; at < to; at++) {
      const token = tokens[at]!;
      const close = partner.get(at);
      const cuts = commas.get(at);
      if (token.kind === 'open' && close !== undefined && cuts && depth < DEEPEST_NESTING) {
        const ends = [...cuts, close];
        nodes.push({
          kind: 'group',
          options: ends.map((end, i) => range((i ? ends[i - 1]! : at) + 1, end, depth + 1)),
        });
        at = close;
      } else if (token.kind === 'open') nodes.push({ kind: 'char', code: 0x7b });
      else if (token.kind === 'close') nodes.push({ kind: 'char', code: 0x7d });
      else if (token.kind === 'comma') nodes.push({ kind: 'char', code: 0x2c });
      else nodes.push(token as Exclude<Token, { kind: 'open' | 'close' | 'comma' }>);
    }
    return nodes;
  };
  return range(0, tokens.length, 0);
}

/**
 * A group that can change how its surroundings are cut into segments (it holds a `/`, a `*` or an empty option) is
 * expanded like the shell does. All others stay alternatives inside one segment, however many there are.
 */
function needsExpansion(node: GlobNode): boolean {
  if (node.kind !== 'group') return false;
  return node.options.some(
    (option) => option.length === 0 || option.some((n) => n.kind === 'slash' || n.kind === 'star' || needsExpansion(n)),
  );
}

function expand(nodes: readonly GlobNode[]): (readonly GlobNode[])[] | null {
  let done: (readonly GlobNode[])[] = [[]];
  let plain: GlobNode[] = [];
  const settle = (): void => {
    if (plain.length) done = done.map((prefix) => [...prefix, ...plain]);
    plain = [];
  };
  for (const node of nodes) {
    if (node.kind !== 'group' || !needsExpansion(node)) {
      plain.push(node);
      continue;
    }
    settle();
    const options: (readonly GlobNode[])[] = [];
    for (const option of node.options) {
      const found = expand(option);
      if (!found) return null;
      options.push(...found);
    }
    if (done.length * options.length > MOST_ALTERNATIVES) return null;
    done = done.flatMap((prefix) => options.map((option) => [...prefix, ...option]));
  }
  settle();
  return done;
}

/** Everything below the directory in which the first group stands: accepts whatever its alternatives could. */
function widened(nodes: readonly GlobNode[]): GlobSegment[] {
  const group = nodes.findIndex(needsExpansion);
  const cut = nodes.slice(0, group).findLastIndex((node) => node.kind === 'slash');
  return segments([...nodes.slice(0, cut + 1), { kind: 'star' }, { kind: 'star' }]);
}

/** Cuts at slashes. `dir/` and `dir/*` mean the subtree; empty segments inside count for nothing. */
function segments(nodes: readonly GlobNode[]): GlobSegment[] {
  const pieces: GlobNode[][] = [[]];
  for (const node of nodes) {
    const piece = pieces.at(-1)!;
    if (node.kind === 'slash') pieces.push([]);
    else if (node.kind !== 'star' || piece.at(-1)?.kind !== 'star' || piece.at(-2)?.kind !== 'star') piece.push(node);
  }
  const trailing = pieces.length > 1 && pieces.at(-1)!.length === 0;
  const found: GlobSegment[] = [];
  for (const piece of pieces) {
    if (piece.length === 0) continue;
    const globstar = piece.length > 1 && piece.every((node) => node.kind === 'star');
    if (!globstar) found.push(piece);
    else if (found.at(-1) !== 'globstar') found.push('globstar');
  }
  const last = found.at(-1);
  if (trailing && last !== undefined && last !== 'globstar') found.push('globstar');
  else if (
    !trailing &&
    found.length > 1 &&
    last &&
    last !== 'globstar' &&
    last.length === 1 &&
    last[0]!.kind === 'star'
  ) {
    found.pop();
    if (found.at(-1) !== 'globstar') found.push('globstar');
  }
  return found;
}
