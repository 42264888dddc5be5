import {
  complement,
  foldCode,
  foldSet,
  foldText,
  intersect,
  normalise,
  NOT_SLASH,
  SLASH,
  type CharSet,
} from './charset.ts';
import { stepsOf, type Steps } from './glob-steps.ts';

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

export interface GlobSyntax {
  /** Built when first asked for: plain paths and subtrees are matched without. */
  readonly automaton: () => Automaton;
  /** What every match begins and ends with. */
  readonly prefix: string;
  readonly suffix: string;
  /** Texts that every match holds somewhere, of three characters or more. */
  readonly pieces: () => readonly string[];
  /** The globs as rows of segments, of which a path matches one. */
  readonly rows: () => readonly SegmentRow[];
  /** What single segments of every match begin with. */
  readonly segments: () => SegmentKeys;
  /** The ways to read a match. */
  readonly steps: () => readonly Steps[];
  /** The paths the glob names when it holds no wildcard: braces expanded, classes read as written. Else `null`. */
  readonly texts: readonly string[] | null;
  /** Whether `automaton` accepts exactly the one text. */
  readonly literal: boolean;
  /** Set for `dir/**` with a plain `dir`: `dir/`. */
  readonly subtree: string | null;
  /** Too many brace alternatives: the automaton accepts everything below the directory in which they begin. */
  readonly approximate: boolean;
}

/**
 * What single segments of every match begin with: counted from the front up to the first `**`, and from the back up to
 * the last one. A segment without a wildcard ends with a slash, so that `mod1/` is no beginning of `mod12/`. Empty where
 * nothing is known.
 */
export interface SegmentKeys {
  readonly front: readonly string[];
  readonly back: readonly string[];
}

/**
 * One segment's glob; the same glob gives the same object. `**` stands for any number of segments in the middle, and for
 * one or more at the end.
 */
export interface SegmentGlob {
  readonly number: number;
  /** The name it stands for when it holds no wildcard. */
  readonly text: string | null;
  /** Whether it is a lone `*`. */
  readonly any: boolean;
  readonly ends: () => SegmentEnds;
  readonly automaton: () => Automaton;
  readonly caseInsensitive: boolean;
}

/** What a name begins and ends with, as code points; `ANY_CODE` for any one character. */
export interface SegmentEnds {
  readonly front: readonly number[];
  /** From the last character on backwards. */
  readonly back: readonly number[];
  /** Whether anything stands between the two, and how much is not known. If not, both are the whole name. */
  readonly open: boolean;
}

/** Stands for any one character of a name. */
export const ANY_CODE = -1;

export type SegmentRow = readonly (SegmentGlob | '**')[];

const MOST_SEGMENTS = 100_000;
const segmentGlobs = new Map<string, SegmentGlob>();
let segmentNumbers = 0;

function segmentGlob(segment: readonly GlobNode[], caseInsensitive: boolean): SegmentGlob {
  const text = segment.every((node) => node.kind === 'char') ? prefixOf([segment]) : null;
  const key = (caseInsensitive ? 'i' : 'e') + (text === null ? JSON.stringify(segment) : `=${text}`);
  let found = segmentGlobs.get(key);
  if (!found) {
    found = {
      number: ++segmentNumbers,
      text,
      any: segment.length === 1 && segment[0]!.kind === 'star',
      ends: once(() => endsOf(segment)),
      automaton: once(() => build([[segment]])),
      caseInsensitive,
    };
    if (segmentGlobs.size >= MOST_SEGMENTS) segmentGlobs.clear();
    segmentGlobs.set(key, found);
  }
  return found;
}

function endsOf(segment: readonly GlobNode[]): SegmentEnds {
  const read = (nodes: readonly GlobNode[]): number[] => {
    const found: number[] = [];
    for (const node of nodes) {
      if (node.kind === 'char') found.push(node.code);
      else if (node.kind === 'any') found.push(ANY_CODE);
      else break;
    }
    return found;
  };
  const front = read(segment);
  return { front, back: read(segment.toReversed()), open: front.length < segment.length };
}

/** Segments that are looked at from each end. */
const KEYED_SEGMENTS = 4;

export type GlobNode =
  | { readonly kind: 'char'; readonly code: number }
  | { readonly kind: 'class'; readonly set: CharSet; readonly text: readonly number[] }
  | { readonly kind: 'any' | 'star' | 'slash' }
  | { readonly kind: 'group'; readonly options: readonly (readonly GlobNode[])[] };

export type GlobSegment = readonly GlobNode[] | 'globstar';

type Token = Exclude<GlobNode, { kind: 'group' }> | { readonly kind: 'open' | 'close' | 'comma' };

/** Brace groups are expanded only where they must be (see `needsExpansion`); more alternatives than this are widened. */
const MOST_ALTERNATIVES = 256;

/** Braces nested deeper stand for themselves. */
const DEEPEST_NESTING = 50;

const codes = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0)!);

/** Reads a glob. Every text is a glob: what is left open (`[`, `{`) stands for itself. */
export function readGlob(source: string, caseInsensitive: boolean): GlobSyntax {
  const text = source.replace(/^(?:\.?\/+)+/, '');
  if (source !== '' && (text === '' || text === '.')) return syntaxOf([['globstar']], { caseInsensitive });
  // Most entries of a plan are plain paths.
  if (text !== '' && !/[*?[{\\]|\/(?:\/|$)/.test(text))
    return plainSyntax(caseInsensitive ? foldText(text) : text, caseInsensitive);
  const nodes = parse(tokenise(text, caseInsensitive));
  const expanded = expand(nodes);
  if (!expanded) return syntaxOf([widened(nodes)], { approximate: true, caseInsensitive });
  return syntaxOf(
    expanded.map(segments).filter((alternative) => alternative.length > 0),
    { caseInsensitive },
  );
}

function syntaxOf(
  alternatives: readonly (readonly GlobSegment[])[],
  { approximate = false, caseInsensitive }: { readonly approximate?: boolean; readonly caseInsensitive: boolean },
): GlobSyntax {
  const affixes = alternatives.map((alternative) => [prefixOf(alternative), suffixOf(alternative)] as const);
  const only = alternatives.length === 1 ? alternatives[0]! : null;
  const isPlain = (segment: GlobSegment): boolean =>
    segment !== 'globstar' && segment.every((node) => node.kind === 'char');
  const directory = only?.at(-1) === 'globstar' ? only.slice(0, -1) : [];
  return {
    automaton: once(() => build(alternatives)),
    pieces: once(() => (only ? piecesOf(only) : [])),
    rows: once(() =>
      alternatives.map((alternative) =>
        alternative.map((segment) => (segment === 'globstar' ? '**' : segmentGlob(segment, caseInsensitive))),
      ),
    ),
    prefix: affixes.map((affix) => affix[0]).reduce(commonPrefix, affixes[0]?.[0] ?? ''),
    suffix: affixes.map((affix) => affix[1]).reduce(commonSuffix, affixes[0]?.[1] ?? ''),
    segments: once(() => ({
      front: keysOf(alternatives, (alternative) => alternative),
      back: keysOf(alternatives, (alternative) => alternative.toReversed()),
    })),
    steps: once(() => stepsOf(alternatives)),
    texts: textsOf(alternatives),
    literal: only !== null && only.every(isPlain),
    subtree:
      directory.length > 0 && directory.every(isPlain)
        ? `${directory.map((segment) => prefixOf([segment])).join('/')}/`
        : null,
    approximate,
  };
}

function piecesOf(alternative: readonly GlobSegment[]): string[] {
  const pieces: string[] = [];
  for (const segment of alternative) {
    let piece = '';
    for (const node of segment === 'globstar' ? [] : segment) {
      if (node.kind === 'char') piece += String.fromCodePoint(node.code);
      else {
        pieces.push(piece);
        piece = '';
      }
    }
    pieces.push(piece);
  }
  return pieces.filter((piece) => piece.length > 2);
}

function keysOf(
  alternatives: readonly (readonly GlobSegment[])[],
  ordered: (alternative: readonly GlobSegment[]) => readonly GlobSegment[],
): string[] {
  let common: string[] | undefined;
  for (const alternative of alternatives) {
    const keys: string[] = [];
    for (const segment of ordered(alternative).slice(0, KEYED_SEGMENTS)) {
      if (segment === 'globstar') break;
      const plain = segment.every((node) => node.kind === 'char');
      keys.push(prefixOf([segment]) + (plain ? '/' : ''));
    }
    common = common === undefined ? keys : common.slice(0, keys.length).map((key, i) => commonPrefix(key, keys[i]!));
  }
  return common ?? [];
}

function plainSyntax(text: string, caseInsensitive: boolean): GlobSyntax {
  const row = (): (readonly GlobNode[])[] =>
    text.split('/').map((name) => codes(name).map((code) => ({ kind: 'char', code })));
  const automaton = once(() => build([row()]));
  const segments = once(() => {
    const names = text.split('/').map((name) => `${name}/`);
    return { front: names.slice(0, KEYED_SEGMENTS), back: names.toReversed().slice(0, KEYED_SEGMENTS) };
  });
  return {
    automaton,
    pieces: () => [],
    rows: once(() => [row().map((segment) => segmentGlob(segment, caseInsensitive))]),
    prefix: text,
    suffix: text,
    segments,
    steps: once(() => stepsOf([row()])),
    texts: [text],
    literal: true,
    subtree: null,
    approximate: false,
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function tokenise(text: string, caseInsensitive: boolean): Token[] {
  const input = codes(text);
  const tokens: Token[] = [];
  const char = (code: number): void =>
    void tokens.push({ kind: 'char', code: caseInsensitive ? foldCode(code) : code });
  for (let at = 0; at < input.length; at++) {
    const code = input[at]!;
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
function parse(tokens: readonly Token[]): GlobNode[] {
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

function prefixOf(alternative: readonly GlobSegment[]): string {
  let prefix = '';
  for (const [index, segment] of alternative.entries()) {
    if (index > 0) prefix += '/';
    if (segment === 'globstar') return prefix;
    for (const node of segment) {
      if (node.kind !== 'char') return prefix;
      prefix += String.fromCodePoint(node.code);
    }
  }
  return prefix;
}

function suffixOf(alternative: readonly GlobSegment[]): string {
  const last = alternative.at(-1);
  if (!last || last === 'globstar') return '';
  let suffix = '';
  for (const node of last.toReversed()) {
    if (node.kind !== 'char') break;
    suffix = String.fromCodePoint(node.code) + suffix;
  }
  return suffix;
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return a.slice(0, length);
}

function commonSuffix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) length++;
  return a.slice(a.length - length);
}

function textsOf(alternatives: readonly (readonly GlobSegment[])[]): string[] | null {
  const listed = (nodes: readonly GlobNode[]): string[] | null => {
    let texts = [''];
    for (const node of nodes) {
      let ends: string[] | null;
      if (node.kind === 'char') ends = [String.fromCodePoint(node.code)];
      else if (node.kind === 'class') ends = [String.fromCodePoint(...node.text)];
      else if (node.kind === 'group') {
        ends = [];
        for (const option of node.options) {
          const found = listed(option);
          if (!found) return null;
          ends.push(...found);
        }
      } else return null;
      if (texts.length * ends.length > MOST_ALTERNATIVES) return null;
      texts = texts.flatMap((text) => ends.map((end) => text + end));
    }
    return texts;
  };
  const all = new Set<string>();
  for (const alternative of alternatives) {
    let texts = [''];
    for (const [index, segment] of alternative.entries()) {
      const ends = segment === 'globstar' ? null : listed(segment);
      if (!ends || texts.length * ends.length > MOST_ALTERNATIVES) return null;
      texts = texts.flatMap((text) => ends.map((end) => (index ? `${text}/${end}` : end)));
    }
    for (const text of texts) all.add(text);
  }
  return all.size && all.size <= MOST_ALTERNATIVES ? [...all] : null;
}

function build(alternatives: readonly (readonly GlobSegment[])[]): Automaton {
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
