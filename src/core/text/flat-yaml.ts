import { scalarOf } from './document.ts';
import type { DocumentEntry, DocumentMap, DocumentScalar, DocumentValue } from './document.ts';

/**
 * The YAML that nearly all front matter is written in: one key a line, at the margin, with a plain or simply quoted
 * word, `[a, b]`, or a list of such words below it. Read here by hand in a twentieth of the time the `yaml` package
 * takes to build its syntax tree; in a thousand task specs that is the difference between waiting and not.
 *
 * Answers exactly what the package would (a property test holds the two side by side), or `null` for whatever needs
 * more knowledge of YAML: comments, nesting, escapes, text over several lines, anchors, repeated keys, every error.
 */
export function readFlatYaml(text: string, offset: number): DocumentMap | null {
  // Control characters, line ends of old systems, and blanks that count as such in some places only.
  if (text.length > maxLength || odd.test(text)) return null;
  const entries: DocumentEntry[] = [];
  const keys = new Set<string>();
  let at = 0;
  while (at < text.length) {
    blank.lastIndex = at;
    if (blank.test(text)) {
      at = blank.lastIndex;
      continue;
    }
    keyColon.lastIndex = at;
    const key = keyColon.exec(text)?.[1];
    if (key === undefined || keys.has(key) || word(key) !== key) return null;
    keys.add(key);
    const keySpan = { start: offset + at, end: offset + at + key.length };
    const colon = at + key.length;
    const end = lineEnd(text, colon);
    const start = skipBlanks(text, colon + 1, end);
    let value: DocumentValue | null;
    at = afterLine(text, end);
    if (start < end)
      value = text[start] === '[' ? flowList(text, start, end, offset) : scalar(text, start, end, offset);
    else {
      const list = blockList(text, at, offset);
      if (list === null) return null;
      if (list.items.length > 0) {
        at = list.next;
        value = {
          kind: 'list',
          items: list.items,
          span: { start: list.start, end: list.items.at(-1)?.span.end ?? list.start },
        };
      } else {
        // Where the package puts an empty value behind blanks is nothing to rely on.
        if (text[colon + 1] === ' ') return null;
        value = { kind: 'scalar', value: null, span: { start: offset + colon + 1, end: offset + colon + 1 } };
      }
    }
    if (value === null) return null;
    entries.push({ key, keySpan, value });
  }
  const first = entries[0];
  const last = entries.at(-1);
  if (!first || !last) return null;
  // A map ends with its last word; an empty value at the end leaves the colon as the last one.
  return { kind: 'map', entries, span: { start: first.keySpan.start, end: last.value.span.end } };
}

/** The package limits how many values it hands on; nothing this short can come near. */
const maxLength = 20_000;
const odd =
  // oxlint-disable-next-line no-control-regex -- exactly these must not occur
  /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\ufffe\uffff]|\r(?!\n)/;
const blank = / *(?:\r?\n|$)/y;
const keyColon = /([A-Za-z_][\w-]{0,99}):(?=[ \r\n]|$)/y;
const dash = /( *)- +(?=[^ \r\n])/y;
/** Characters that can begin a plain word without meaning anything else in YAML. */
const plainStart = /[\w./($+<=;^\u00a1-\u{10ffff}]/u;
const beginsWithWord = /^\w/;
/** What ends or changes a plain word: a comment, and a colon that makes it a key. */
const special = / #|:(?= |$)/;
/** Numbers in every spelling; only whole ones without a sign or leading zeros are read here. */
const numeric = /^[-+]?(?:\.?\d[-+.\da-fox]*|\.(?:inf|nan))$/i;

function lineEnd(text: string, from: number): number {
  const feed = text.indexOf('\n', from);
  let end = feed < 0 ? text.length : feed;
  if (feed > 0 && text[end - 1] === '\r') end--;
  while (end > from && text[end - 1] === ' ') end--;
  return end;
}

function afterLine(text: string, from: number): number {
  const feed = text.indexOf('\n', from);
  return feed < 0 ? text.length : feed + 1;
}

function skipBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text[at] === ' ') at++;
  return at;
}

/** The items below a key, none when another key or the end follows; `null` for what is no such list. */
function blockList(
  text: string,
  from: number,
  offset: number,
): { readonly items: readonly DocumentScalar[]; readonly start: number; readonly next: number } | null {
  const items: DocumentScalar[] = [];
  let indent = -1;
  let start = from;
  let at = from;
  for (;;) {
    blank.lastIndex = at;
    while (at < text.length && blank.test(text)) at = blank.lastIndex;
    dash.lastIndex = at;
    const match = dash.exec(text);
    if (!match) break;
    const width = (match[1] ?? '').length;
    if (indent < 0) {
      indent = width;
      start = at + width;
    } else if (width !== indent) return null;
    const end = lineEnd(text, dash.lastIndex);
    const item = scalar(text, dash.lastIndex, end, offset);
    if (item === null) return null;
    items.push(item);
    at = afterLine(text, end);
  }
  // What is indented and no item continues something, and a dash alone is an empty item.
  if (at < text.length && (text[at] === ' ' || text[at] === '-')) return null;
  return { items, start: offset + start, next: at };
}

/** A word that fills its line, or the item of a list. */
function scalar(text: string, start: number, end: number, offset: number): DocumentScalar | null {
  const raw = text.slice(start, end);
  const span = { start: offset + start, end: offset + end };
  const quoted = unquoted(raw);
  if (quoted !== null) return { kind: 'scalar', value: quoted, span };
  // Nearly every word begins with a letter or a digit and holds nothing that could end it.
  if (!beginsWithWord.test(raw) && !plainStart.test(String.fromCodePoint(raw.codePointAt(0) ?? 0))) return null;
  if ((raw.includes('#') || raw.includes(':')) && special.test(raw)) return null;
  // The next line goes on with the word when it is indented.
  const next = afterLine(text, end);
  if (continues(text, next)) return null;
  const value = word(raw);
  return value === undefined ? null : scalarOf(value, raw, span);
}

function continues(text: string, from: number): boolean {
  let at = from;
  blank.lastIndex = at;
  while (at < text.length && blank.test(text)) at = blank.lastIndex;
  if (text[at] !== ' ') return false;
  dash.lastIndex = at;
  return !dash.test(text);
}

/** What stands in simple quotes, `null` when it does not stand in them. */
function unquoted(raw: string): string | null {
  const quote = raw[0];
  if ((quote !== '"' && quote !== "'") || raw.length < 2 || raw.at(-1) !== quote) return null;
  const inner = raw.slice(1, -1);
  return inner.includes(quote) || inner.includes('\\') ? null : inner;
}

/** A plain word as YAML's core schema has it; `undefined` for numbers that are spelled in an unusual way. */
function word(raw: string): string | number | boolean | null | undefined {
  switch (raw) {
    case 'true':
    case 'True':
    case 'TRUE':
      return true;
    case 'false':
    case 'False':
    case 'FALSE':
      return false;
    case 'null':
    case 'Null':
    case 'NULL':
      return null;
  }
  if (!numeric.test(raw)) return raw;
  return /^(?:0|[1-9]\d{0,14})$/.test(raw) ? Number(raw) : undefined;
}

/** `[a, "b", 3]` on one line. */
function flowList(text: string, start: number, end: number, offset: number): DocumentValue | null {
  if (text[end - 1] !== ']' || continues(text, afterLine(text, end))) return null;
  const span = { start: offset + start, end: offset + end };
  const items: DocumentScalar[] = [];
  let at = skipBlanks(text, start + 1, end - 1);
  if (at === end - 1) return { kind: 'list', items, span };
  for (;;) {
    const comma = text.indexOf(',', at);
    const stop = comma < 0 || comma >= end ? end - 1 : comma;
    let last = stop;
    while (last > at && text[last - 1] === ' ') last--;
    const raw = text.slice(at, last);
    const itemSpan = { start: offset + at, end: offset + last };
    const quoted = unquoted(raw);
    if (quoted !== null) items.push({ kind: 'scalar', value: quoted, span: itemSpan });
    else {
      // Colons and brackets mean more inside brackets, so a word with one is left to the package.
      if (!/^[\w./$+][^,:#[\]{}"'&*!|>%@`]*$/.test(raw)) return null;
      const value = word(raw);
      if (value === undefined) return null;
      items.push(scalarOf(value, raw, itemSpan));
    }
    if (stop === end - 1) return { kind: 'list', items, span };
    at = skipBlanks(text, stop + 1, end - 1);
    if (at === end - 1) return null;
  }
}
