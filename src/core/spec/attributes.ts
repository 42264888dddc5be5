import { looksLikeCommand } from '../text/command-shape.ts';
import { parseEstimate } from '../text/estimate.ts';

/** An id as plans have used it from the beginning, as the source of a pattern: `A1`, `task-001-schema`. */
export const sliceIdPattern = String.raw`(?!MP\d)(?:[A-Z]{1,3}\d+[a-z]?|[Tt]ask-\d+(?:-[\w-]+)?)`;

export type AttributeKey =
  | 'after'
  | 'files'
  | 'verify'
  | 'estimate'
  | 'workstream'
  | 'agent'
  | 'boundary'
  | 'title'
  | 'status'
  | 'details';

/** `key: value` in the brackets behind a title, or on a line of its own below it. */
export interface Attribute {
  readonly key: AttributeKey;
  /** Empty when what follows below the line is meant. */
  readonly value: string;
  /** `key: value` as written, for what turns out to be no value of its kind. */
  readonly written: string;
  /** Without a colon (`after the release`) it may as well be part of the title. */
  readonly colon: boolean;
}

/** The words that people use for each attribute of a slice; in tables they are the names of columns. */
export const attributeWords: Readonly<Record<AttributeKey, readonly string[]>> = {
  after: [
    'after',
    'deps',
    'dependencies',
    'dependency',
    'depends on',
    'depends',
    'needs',
    'requires',
    'blocked by',
    'waits for',
    'prerequisite',
    'prerequisites',
    'predecessor',
    'predecessors',
  ],
  files: [
    'files',
    'file',
    'paths',
    'path',
    'scope',
    'touches',
    'writes',
    'changes',
    'creates',
    'create',
    'modifies',
    'modify',
    'edits',
    'files touched',
    'files to touch',
    'file scope',
  ],
  verify: [
    'verify',
    'verification',
    'verified by',
    'verify with',
    'check',
    'checks',
    'checked by',
    'test',
    'tests',
    'test command',
    'command',
    'commands',
    'proof',
    'evidence',
    'how we know',
    'done when',
    'acceptance',
    'acceptance criteria',
    'definition of done',
  ],
  estimate: ['estimate', 'estimated', 'est', 'est.', 'effort', 'size', 'time', 'duration', 'hours'],
  workstream: ['workstream', 'work stream', 'stream', 'ws', 'track'],
  agent: ['agent', 'assignee'],
  boundary: ['boundary', 'must not touch', 'do not touch', "don't touch", 'off limits', 'not'],
  title: ['title', 'name'],
  status: ['status', 'state', 'done'],
  details: [
    'requirements',
    'requirement',
    'details',
    'detail',
    'description',
    'notes',
    'note',
    'deliverables',
    'deliverable',
    'steps',
  ],
};

const keyOfWord: ReadonlyMap<string, AttributeKey> = new Map(
  Object.entries(attributeWords).flatMap(([key, words]) => words.map((word) => [word, key as AttributeKey] as const)),
);

/** Words that are an attribute wherever they stand with a colon; the others are so only below a slice. */
const clearWords =
  'after|deps|dependencies|depends on|needs|requires|blocked by|waits for|prerequisites?|files?|paths?|files touched|verify|verification|verified by|checks?|tests?|estimate|est\\.?|effort|workstream|agent|boundary';
const allWords = [...keyOfWord.keys()]
  .toSorted((a, b) => b.length - a.length)
  .map((word) => word.replaceAll('.', String.raw`\.`).replaceAll("'", "['’]"))
  .join('|');
const mark = String.raw`(?:\*\*|__|[*_\`])`;
const wholeAttribute = new RegExp(
  String.raw`^(${mark})?(${allWords})(${mark})?\s*(?:\([^()]*\))?\s*(:|：)([^]*)$`,
  'i',
);
const bareAfter = new RegExp(
  String.raw`^[*_]*(after|depends on|needs|requires|blocked by|waits for)[*_]*\s+([^:]+)$`,
  'i',
);
const clearKey = new RegExp(String.raw`^${mark}?(?:${clearWords})${mark}?\s*[:：]`, 'i');
const clearWord = new RegExp(`^(?:${clearWords})$`, 'i');

/** The attribute that a heading or a column is named after. */
export function attributeNamed(words: string): AttributeKey | null {
  return keyOfWord.get(words.toLowerCase().replaceAll('’', "'").trim()) ?? null;
}

/** A text that is one attribute as a whole; else `null`. `clear`: only by a word that hardly means anything else. */
export function attributeOf(text: string, clear = false): Attribute | null {
  const written = text.trim();
  const match = wholeAttribute.exec(written);
  if (match) {
    const word = match[2] ?? '';
    const key = attributeNamed(word);
    if (!key || (clear && !clearWord.test(word))) return null;
    let value = match[5] ?? '';
    // A mark that was opened before the key ends with the key, behind its colon, or with the line.
    const open = match[1] ?? '';
    if (open !== '' && !match[3]) {
      if (value.startsWith(open)) value = value.slice(open.length);
      else if (/^\s/.test(value) && value.trimEnd().endsWith(open)) value = value.trimEnd().slice(0, -open.length);
    }
    return { key, value: value.trim(), written, colon: true };
  }
  const bare = bareAfter.exec(written);
  return bare && !clear ? { key: 'after', value: (bare[2] ?? '').trim(), written, colon: false } : null;
}

/** A line's title, and its attributes: in brackets anywhere, or behind it with a dash, a comma, a dot or a semicolon. */
export function splitAttributes(text: string): {
  readonly title: string;
  readonly attributes: Attribute[];
  /** What stands in brackets with attributes and is none. */
  readonly rest: string[];
} {
  let title = text.trim();
  const attributes: Attribute[] = [];
  const rest: string[] = [];
  for (const group of bracketGroups(title).toReversed()) {
    const found = attributesIn(title.slice(group.start + 1, group.end - 1));
    if (!found) continue;
    attributes.unshift(...found.attributes);
    rest.unshift(...found.rest);
    title = `${title.slice(0, group.start)} ${title.slice(group.end).replace(/^\s*\.(?=\s*$)/, '')}`.trim();
  }
  const masked = withoutCode(title);
  for (const { index, 0: gap } of masked.matchAll(/[;,|.·•][*_]*\s+|\s(?:[-–—]+|\/\/)\s+|<br\s*\/?>\s*/gi)) {
    const from = index + gap.length;
    if (!clearKey.test(title.slice(from))) continue;
    const found = attributesIn(title.slice(from));
    if (!found) continue;
    attributes.push(...found.attributes);
    rest.push(...found.rest);
    title = title.slice(0, index);
    break;
  }
  return { title: clean(title), attributes, rest };
}

/** The attributes between separators; `null` when there are none. */
function attributesIn(text: string): { readonly attributes: Attribute[]; readonly rest: string[] } | null {
  const attributes: Attribute[] = [];
  const rest: string[] = [];
  let last: Attribute | null = null;
  for (const part of parts(text)) {
    const attribute = attributeOf(part);
    if (attribute) {
      attributes.push(attribute);
      last = attribute;
    } else if (last?.key === 'verify' && looksLikeCommand(unquote(part))) attributes.push({ ...last, value: part });
    else if (last?.key === 'files' && /^\S+$/.test(part) && /[./*]/.test(part))
      attributes.push({ ...last, value: part });
    else if (parseEstimate(part) !== null && !/^\d+$/.test(part))
      attributes.push({ key: 'estimate', value: part, written: part, colon: true });
    else rest.push(part);
  }
  return last ? { attributes, rest } : null;
}

/** Cut at semicolons, and at other separators that the name of an attribute follows. */
function parts(text: string): string[] {
  const found: string[] = [];
  let from = 0;
  for (const { index, 0: gap } of withoutCode(text).matchAll(
    /;\s*|[,|.·•][*_]*\s+|\s(?:[-–—]+|\/\/)\s+|<br\s*\/?>\s*/gi,
  )) {
    const next = index + gap.length;
    if (!gap.startsWith(';') && !clearKey.test(text.slice(next))) continue;
    found.push(text.slice(from, index));
    from = next;
  }
  found.push(text.slice(from));
  return found.map((part) => part.trim()).filter((part) => part !== '');
}

/** The outermost brackets of a text, outside of quotes and code marks. */
function bracketGroups(text: string): { readonly start: number; readonly end: number }[] {
  const masked = withoutCode(text, false);
  const groups: { start: number; end: number }[] = [];
  const open: { readonly close: string; readonly start: number }[] = [];
  for (let at = 0; at < masked.length; at++) {
    const c = masked[at] ?? '';
    const close = c === '(' ? ')' : c === '[' ? ']' : c === '{' ? '}' : '';
    if (close !== '') open.push({ close, start: at });
    else if (c === open.at(-1)?.close) {
      const group = open.pop();
      if (group && open.length === 0) groups.push({ start: group.start, end: at + 1 });
    }
  }
  return groups;
}

/** A text of the same length, in which code, quoted text and (as asked) what stands in brackets is blotted out. */
function withoutCode(text: string, brackets = true): string {
  if (!/[`"'([{]/.test(text)) return text;
  let masked = '';
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text[at] ?? '';
    if (c === '`' || c === '"' || (c === "'" && !/\w$/.test(text.slice(Math.max(0, at - 1), at)))) {
      const close = text.indexOf(c, at + 1);
      if (close >= 0) {
        masked += '\0'.repeat(close - at + 1);
        at = close;
        continue;
      }
    }
    if (brackets && '([{'.includes(c)) depth++;
    masked += depth > 0 ? '\0' : c;
    if (brackets && ')]}'.includes(c) && depth > 0) depth--;
  }
  return masked;
}

/** Splits at a separator that stands outside quotes, code marks and brackets. */
export function splitOutside(text: string, separator: string): string[] {
  const masked = withoutCode(text);
  const found: string[] = [];
  let from = 0;
  for (let at = masked.indexOf(separator); at >= 0; at = masked.indexOf(separator, at + 1)) {
    found.push(text.slice(from, at));
    from = at + 1;
  }
  found.push(text.slice(from));
  return found.map((part) => part.trim()).filter((part) => part !== '');
}

/** A text without the code marks around it. */
export function unquote(text: string): string {
  const trimmedText = text.trim();
  return /^(`+)([^`]*)\1$/.exec(trimmedText)?.[2]?.trim() ?? trimmedText;
}

function clean(title: string): string {
  return title
    .replaceAll(/\*\*|(?<![\w`])__(?=\S)|(?<=\S)__(?![\w`])/g, '')
    .trim()
    .replace(/^([*_])(.*)\1$/, '$2')
    .replace(/(?:\s*[-–—:;,]|\.)$/, '')
    .trim();
}
