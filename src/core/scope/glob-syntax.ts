import { foldText } from './charset.ts';
import { buildAutomaton, type Automaton } from './glob-automaton.ts';
import {
  MOST_ALTERNATIVES,
  parseGlob,
  plainSegment,
  type GlobAlternative,
  type GlobNode,
  type GlobSegment,
} from './glob-parse.ts';
import { stepsOf, type Steps } from './glob-steps.ts';
import { segmentGlob, type SegmentRow } from './segment-glob.ts';

/** What is known of a glob from its text alone. */
export interface GlobSyntax {
  /** Built when first asked for: plain paths and subtrees are matched without. */
  automaton(): Automaton;
  /** What every match begins and ends with. */
  readonly prefix: string;
  readonly suffix: string;
  /** Texts that every match holds somewhere, of three characters or more. */
  pieces(): readonly string[];
  /** The globs as rows of segments, of which a path matches one. */
  rows(): readonly SegmentRow[];
  /** What single segments of every match begin with. */
  segments(): SegmentKeys;
  /** The ways to read a match. */
  steps(): readonly Steps[];
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

/** Segments that are looked at from each end. */
const KEYED_SEGMENTS = 4;

/** Reads a glob. Every text is a glob: what is left open (`[`, `{`) stands for itself. */
export function readGlob(source: string, caseInsensitive: boolean): GlobSyntax {
  const text = source.replace(/^(?:\.?\/+)+/, '');
  if (source !== '' && (text === '' || text === '.')) return syntaxOf([['globstar']], { caseInsensitive });
  // Most entries of a plan are plain paths.
  if (text !== '' && !/[*?[{\\]|\/(?:\/|$)/.test(text))
    return new PlainSyntax(caseInsensitive ? foldText(text) : text, caseInsensitive);
  const { alternatives, approximate } = parseGlob(text, caseInsensitive);
  return syntaxOf(alternatives, { approximate, caseInsensitive });
}

function syntaxOf(
  alternatives: readonly GlobAlternative[],
  { approximate = false, caseInsensitive }: { readonly approximate?: boolean; readonly caseInsensitive: boolean },
): GlobSyntax {
  const affixes = alternatives.map((alternative) => [prefixOf(alternative), suffixOf(alternative)] as const);
  const only = alternatives.length === 1 ? alternatives[0]! : null;
  const isPlain = (segment: GlobSegment): boolean =>
    segment !== 'globstar' && segment.every((node) => node.kind === 'char');
  const directory = only?.at(-1) === 'globstar' ? only.slice(0, -1) : [];
  return {
    automaton: once(() => buildAutomaton(alternatives)),
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

function piecesOf(alternative: GlobAlternative): string[] {
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
  alternatives: readonly GlobAlternative[],
  ordered: (alternative: GlobAlternative) => GlobAlternative,
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

/** A plain path. A large plan names tens of thousands, so that what hardly any is asked for must not cost each of them memory. */
class PlainSyntax implements GlobSyntax {
  readonly prefix: string;
  readonly suffix: string;
  readonly texts: readonly string[];
  readonly #caseInsensitive: boolean;
  #made: Partial<Made> | null = null;

  constructor(text: string, caseInsensitive: boolean) {
    this.prefix = text;
    this.suffix = text;
    this.texts = [text];
    this.#caseInsensitive = caseInsensitive;
  }

  get literal(): boolean {
    return true;
  }

  get subtree(): null {
    return null;
  }

  get approximate(): boolean {
    return false;
  }

  pieces(): readonly string[] {
    return [];
  }

  automaton(): Automaton {
    return (this.#kept.automaton ??= buildAutomaton([this.#row()]));
  }

  rows(): readonly SegmentRow[] {
    return (this.#kept.rows ??= [this.#row().map((segment) => segmentGlob(segment, this.#caseInsensitive))]);
  }

  segments(): SegmentKeys {
    const kept = this.#kept;
    if (!kept.segments) {
      const names = this.prefix.split('/').map((name) => `${name}/`);
      kept.segments = { front: names.slice(0, KEYED_SEGMENTS), back: names.toReversed().slice(0, KEYED_SEGMENTS) };
    }
    return kept.segments;
  }

  steps(): readonly Steps[] {
    return (this.#kept.steps ??= stepsOf([this.#row()]));
  }

  get #kept(): Partial<Made> {
    return (this.#made ??= {});
  }

  #row(): (readonly GlobNode[])[] {
    return this.prefix.split('/').map(plainSegment);
  }
}

/** What is made of a plain path when it is first asked for. */
interface Made {
  automaton: Automaton;
  rows: readonly SegmentRow[];
  segments: SegmentKeys;
  steps: readonly Steps[];
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function prefixOf(alternative: GlobAlternative): string {
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

function suffixOf(alternative: GlobAlternative): string {
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

function textsOf(alternatives: readonly GlobAlternative[]): string[] | null {
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
