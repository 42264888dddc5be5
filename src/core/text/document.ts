import type { Span } from './source.ts';

/** A YAML or JSON value that still knows where it stands. */
export type DocumentValue = DocumentScalar | DocumentList | DocumentMap;

export interface DocumentScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** How it stands in the file, where its value does not read the same any more: `1.10`, `1e3`, `001`, `True`. */
  readonly written?: string;
  readonly span: Span;
}

export interface DocumentList {
  readonly kind: 'list';
  readonly items: readonly DocumentValue[];
  readonly span: Span;
}

export interface DocumentMap {
  readonly kind: 'map';
  readonly entries: readonly DocumentEntry[];
  readonly span: Span;
}

export interface DocumentEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: DocumentValue;
}

/** A syntax error, or something that is tolerated but not valid (`tolerated`). */
export interface DocumentProblem {
  readonly message: string;
  readonly span: Span;
  readonly tolerated: boolean;
}

/** Deeper nesting than any plan needs; guards against stack exhaustion. */
export const maxDepth = 64;

/** The entry's value in a map, the last one when a key is repeated; `undefined` when absent or not a map. */
export function field(value: DocumentValue | null | undefined, key: string): DocumentEntry | undefined {
  return value?.kind === 'map' ? value.entries.findLast((entry) => entry.key === key) : undefined;
}

/** Strips positions. A repeated key keeps its last value. */
export function plain(value: DocumentValue): unknown {
  switch (value.kind) {
    case 'scalar':
      return value.value;
    case 'list':
      return value.items.map(plain);
    case 'map': {
      const result: Record<string, unknown> = {};
      for (const { key, value: child } of value.entries) {
        if (key !== '__proto__') result[key] = plain(child);
        else {
          // An assignment would change the prototype instead of adding a key.
          Object.defineProperty(result, key, {
            value: plain(child),
            enumerable: true,
            writable: true,
            configurable: true,
          });
        }
      }
      return result;
    }
  }
}

/** The deepest value that exists on a path of keys and indexes, with the span of the key it stands under. */
export function locate(
  root: DocumentValue,
  path: readonly PropertyKey[],
): { readonly value: DocumentValue; readonly keySpan: Span | null; readonly complete: boolean } {
  let value = root;
  let keySpan: Span | null = null;
  for (const step of path) {
    if (value.kind === 'map') {
      const entry = field(value, String(step));
      if (!entry) return { value, keySpan, complete: false };
      value = entry.value;
      keySpan = entry.keySpan;
    } else if (value.kind === 'list' && typeof step === 'number' && value.items[step]) {
      value = value.items[step];
      keySpan = null;
    } else return { value, keySpan, complete: false };
  }
  return { value, keySpan, complete: true };
}

/**
 * A scalar that is no string, with the text that it was written as. An id `1.10` is another one than `1.1`, though both
 * are one number.
 */
export function scalarOf(value: string | number | boolean | null, raw: string, span: Span): DocumentScalar {
  return typeof value === 'string' || value === null || String(value) === raw
    ? { kind: 'scalar', value, span }
    : { kind: 'scalar', value, written: raw, span };
}

/** A scalar as the text that people wrote; empty for `null`. */
export function scalarText({ value, written }: DocumentScalar): string {
  return written ?? String(value ?? '');
}

/** A scalar as trimmed text with its place; `null` for lists, maps, `null` and blank text. */
export function textOf(value: DocumentValue | undefined): { readonly value: string; readonly span: Span } | null {
  if (value?.kind !== 'scalar' || value.value === null) return null;
  const text = scalarText(value).trim();
  return text === '' ? null : { value: text, span: value.span };
}

const nothing = /^(?:\[\s*\]|\(?none\)?\.?|n\/a|null|~|-)$/i;

/**
 * A list of words as people write it: a list, a single word, or words with commas between them. `none`, `[]` and `n/a`
 * are an empty list.
 */
export function textList(
  value: DocumentValue | undefined,
  separator: RegExp | null = /,/,
): readonly { readonly value: string; readonly span: Span }[] {
  if (!value) return [];
  if (value.kind === 'list') return value.items.flatMap((item) => textOf(item) ?? []);
  const whole = textOf(value);
  if (!whole || nothing.test(whole.value)) return [];
  if (!separator || !separator.test(whole.value)) return [whole];
  const raw = whole.value.replace(/^\[|\]$/g, '');
  const result: { value: string; span: Span }[] = [];
  // Quotes and escapes may make the source longer than the value; the span is exact for the plain scalars people write.
  let at =
    value.span.start +
    (value.span.end - value.span.start > whole.value.length ? 1 : 0) +
    (raw.length < whole.value.length ? 1 : 0);
  for (const part of raw.split(',')) {
    const word = part.trim();
    const start = at + part.indexOf(word);
    if (word !== '') result.push({ value: word, span: { start, end: Math.min(start + word.length, value.span.end) } });
    at += part.length + 1;
  }
  return result;
}
