/** The id of a slice as specs write it, as the source of a pattern: `A1`, `task-001-schema`. */
export const sliceIdPattern = String.raw`(?!MP\d)(?:[A-Z]{1,3}\d+[a-z]?|[Tt]ask-\d+(?:-[\w-]+)?)`;

/** `key: value` in the brackets behind a title, or on a line of its own below it. */
export interface Attribute {
  readonly key: 'after' | 'files' | 'verify' | 'estimate' | 'workstream' | 'agent' | 'boundary';
  readonly value: string;
}

const attributeNames: Readonly<Record<string, Attribute['key']>> = {
  after: 'after',
  deps: 'after',
  'depends on': 'after',
  needs: 'after',
  files: 'files',
  file: 'files',
  verify: 'verify',
  check: 'verify',
  estimate: 'estimate',
  workstream: 'workstream',
  agent: 'agent',
  boundary: 'boundary',
};

/** A text that is one attribute as a whole; else `null`. */
export function attributeOf(text: string): Attribute | null {
  const match =
    /^[*_]*(after|deps|depends on|needs|files?|verify|check|estimate|workstream|agent|boundary)[*_]*(?:\s*:[*_]*\s*|\s+(?=[A-Z`]|task-))(.+)$/i.exec(
      text.trim(),
    );
  const key = attributeNames[match?.[1]?.toLowerCase() ?? ''];
  if (!match || !key) return null;
  // Only `after A1, B2` may do without a colon.
  if (
    !/^[^:]*?[*_]*\s*:/.test(text) &&
    (key !== 'after' || !new RegExp(`^[\`*_]*${sliceIdPattern}`).test(match[2] ?? ''))
  )
    return null;
  return { key, value: (match[2] ?? '').trim() };
}

/** Takes the brackets at the end apart when they hold at least one attribute; otherwise they belong to the title. */
export function splitAttributes(text: string): { title: string; attributes: Attribute[] } {
  const trimmedText = text.trim().replace(/\.$/, '');
  if (!trimmedText.endsWith(')')) return { title: clean(text), attributes: [] };
  let depth = 0;
  let at = trimmedText.length - 1;
  for (; at >= 0; at--) {
    if (trimmedText[at] === ')') depth++;
    if (trimmedText[at] === '(' && --depth === 0) break;
  }
  if (at < 0) return { title: clean(text), attributes: [] };
  const attributes: Attribute[] = [];
  for (const part of splitOutside(trimmedText.slice(at + 1, -1), ';')) {
    const attribute = attributeOf(part);
    if (attribute) attributes.push(attribute);
  }
  return attributes.length === 0
    ? { title: clean(text), attributes }
    : { title: clean(trimmedText.slice(0, at)), attributes };
}

/** The ids in a list: `A1, B2 and C3`. */
export function ids(text: string): string[] {
  return text
    .split(/\s*(?:[+,&]|\band\b)\s*/)
    .map((word) =>
      unquote(word)
        .replace(/[[\]().]/g, '')
        .trim(),
    )
    .filter((word) => /^[A-Za-z][\w-]*\d[\w-]*$/.test(word));
}

/** Splits at a separator that stands outside quotes, code marks and brackets. */
export function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let current = '';
  let depth = 0;
  let quote = '';
  for (const c of text) {
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if (c === '`' || c === '"' || (c === "'" && !/\w$/.test(current))) quote = c;
    else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    else if (c === separator && depth <= 0) {
      parts.push(current.trim());
      current = '';
      continue;
    }
    current += c;
  }
  parts.push(current.trim());
  return parts.filter((part) => part !== '');
}

/** A text without the code marks around it. */
export function unquote(text: string): string {
  const trimmedText = text.trim();
  return /^(`+)([^`]*)\1$/.exec(trimmedText)?.[2]?.trim() ?? trimmedText;
}

function clean(title: string): string {
  return title
    .trim()
    .replace(/^\*\*(.*)\*\*$/, '$1')
    .replace(/\*\*$/, '')
    .trim();
}
