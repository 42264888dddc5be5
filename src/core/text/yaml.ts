import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import { maxDepth, scalarOf, scalarText } from './document.ts';
import type { DocumentEntry, DocumentProblem, DocumentValue } from './document.ts';
import { readFlatYaml } from './flat-yaml.ts';
import type { Span } from './source.ts';

/** Brackets and dashes within each other. The parser recurses, and where the stack ends V8 may end the whole process. */
const maxNesting = 500;
/** The parser takes quadratic time over some texts, longer lines above all. No real front matter comes near these. */
const maxLength = 30_000;
const maxLineLength = 10_000;
/** After that many more tell nothing new. */
const maxErrors = 20;
const maxTolerated = 100;
/** Aliases can blow up exponentially; no real front matter comes near this many values. */
const maxValues = 20_000;

interface DocumentReading {
  readonly value: DocumentValue | null;
  readonly problems: readonly DocumentProblem[];
}

/**
 * Reads one YAML document. `offset` is where `text` starts in its file; every span is relative to the file. Never
 * throws; `value` is `null` for an empty document, or when nothing could be understood.
 */
export function readYaml(text: string, offset = 0): DocumentReading {
  const flat = readFlatYaml(text, offset);
  return flat ? { value: flat, problems: [] } : readAnyYaml(text, offset);
}

/** The same by way of the `yaml` package alone, which knows all of YAML. */
export function readAnyYaml(text: string, offset = 0): DocumentReading {
  const problems: DocumentProblem[] = [];
  const shift = (start: number, end: number): Span => ({ start: offset + start, end: offset + Math.max(start, end) });
  const unreadable = tooMuch(text);
  if (unreadable !== null) {
    problems.push({ message: unreadable, span: widen(text, shift(0, 0), offset), tolerated: false });
    return { value: null, problems };
  }
  let document: Document.Parsed;
  try {
    // Duplicate keys are reported by the reader itself, with both places known.
    document = parseDocument(text, { uniqueKeys: false, logLevel: 'silent', prettyErrors: false });
  } catch {
    // The parser recurses, so absurd nesting can exhaust the stack.
    problems.push({ message: 'this YAML is nested too deeply to read', span: shift(0, text.length), tolerated: false });
    return { value: null, problems };
  }
  for (const error of document.errors.slice(0, maxErrors)) {
    const [start, end] = error.pos;
    problems.push({ message: error.message, span: widen(text, shift(start, end), offset), tolerated: false });
  }
  let budget = maxValues;
  const most = problems.length + maxTolerated;
  const add = (problem: DocumentProblem): void => {
    if (problems.length < most) problems.push(problem);
  };
  const convert = (node: unknown, depth: number, fallback: Span): DocumentValue => {
    const range = (node as Node | null)?.range;
    const span = range ? shift(range[0], range[1]) : fallback;
    if (--budget < 0 || depth > maxDepth) return { kind: 'scalar', value: null, span };
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target) return respan(convert(target, depth + 1, span), span);
      add({ message: `the alias *${node.source} refers to nothing`, span, tolerated: false });
      return { kind: 'scalar', value: null, span };
    }
    if (isMap(node)) {
      const entries: DocumentEntry[] = [];
      const seen = new Set<string>();
      for (const pair of node.items) {
        const key = convert(pair.key, depth + 1, span);
        if (key.kind !== 'scalar') {
          add({ message: 'a key must be a plain word', span: key.span, tolerated: true });
          continue;
        }
        const name = key.value === null ? 'null' : scalarText(key);
        if (seen.has(name))
          add({
            message: `the key "${name}" is repeated; the last one counts`,
            span: key.span,
            tolerated: true,
          });
        seen.add(name);
        const after = { start: key.span.end, end: key.span.end };
        entries.push({ key: name, keySpan: key.span, value: convert(pair.value, depth + 1, after) });
      }
      return { kind: 'map', entries, span: trimEnd(text, span, offset) };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => convert(item, depth + 1, span));
      return { kind: 'list', items, span: trimEnd(text, span, offset) };
    }
    if (isScalar(node)) {
      const value = scalarValue(node.value);
      return scalarOf(value, node.source ?? String(value), span);
    }
    return { kind: 'scalar', value: null, span };
  };
  const root = document.contents;
  if (root === null) return { value: null, problems };
  const value = convert(root, 0, shift(0, text.length));
  if (budget < 0)
    problems.push({
      message: 'this YAML holds too many values; the rest is ignored',
      span: value.span,
      tolerated: false,
    });
  return { value, problems };
}

/** Why a text must not be given to the parser; `null` when it may. */
function tooMuch(text: string): string | null {
  if (text.length > maxLength)
    return `this YAML is too long to read: ${text.length} characters, and at most ${maxLength}`;
  let lineStart = 0;
  let open = 0;
  let dashes = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10 || c === 13) {
      lineStart = i + 1;
      dashes = 0;
    } else if (c === 0x5b || c === 0x7b) open++;
    else if (c === 0x5d || c === 0x7d) open = Math.max(0, open - 1);
    // A list in a list in a list, or a key in a key, on one line.
    else if ((c === 0x2d || c === 0x3f || c === 0x3a) && /[ \t]/.test(text[i + 1] ?? '')) dashes++;
    if (open > maxNesting || dashes > maxNesting) return 'this YAML is nested too deeply to read';
    if (i - lineStart >= maxLineLength) return `this YAML has a line of more than ${maxLineLength} characters`;
  }
  return null;
}

function scalarValue(value: unknown): string | number | boolean | null {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value === null || value === undefined ? null : JSON.stringify(value);
}

/** An alias stands where it is written, not where its anchor is. */
function respan(value: DocumentValue, span: Span): DocumentValue {
  return { ...value, span };
}

/** Block collections end at the start of the next line; the underline should end with the last word. */
function trimEnd(text: string, span: Span, offset: number): Span {
  let end = span.end;
  while (end > span.start && /\s/.test(text[end - 1 - offset] ?? '')) end--;
  return { start: span.start, end };
}

/** An empty or line-crossing range becomes one that can be underlined: a word, at the end of the text the last one. */
function widen(text: string, span: Span, offset: number): Span {
  let start = Math.min(Math.max(span.start - offset, 0), text.length);
  if (text.slice(start).trim() === '') {
    const kept = text.trimEnd();
    start = kept.length - (/\S*$/.exec(kept)?.[0].length ?? 0);
  }
  const length = text.slice(start).search(/[\r\n]/);
  const lineEnd = length < 0 ? text.length : start + length;
  // The parser names the character it stumbled over; people look for the word.
  const word = /^[\p{L}\p{N}_.-]+/u.exec(text.slice(start))?.[0].length ?? 1;
  const end = Math.min(Math.max(span.end - offset, start + word), lineEnd);
  return { start: offset + start, end: offset + Math.max(start, end) };
}
