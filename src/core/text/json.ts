import type { DocumentEntry, DocumentProblem, DocumentValue } from './document.ts';
import { maxDepth, scalarOf } from './document.ts';
import { textStart } from './byte-order-mark.ts';

// oxlint-disable-next-line no-control-regex -- JSON strings must not hold them
const stringPattern = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordPattern = /[A-Za-z_$][\w$-]*/y;

/**
 * Reads JSON with positions. A byte order mark, comments, trailing commas and repeated keys are reported as tolerated;
 * after a real syntax error what was understood so far is still returned. Never throws.
 */
export function readJson(text: string): {
  readonly value: DocumentValue | null;
  readonly problems: readonly DocumentProblem[];
} {
  const reader = new JsonReader(text);
  const value = reader.read();
  return { value, problems: reader.problems };
}

class JsonReader {
  readonly problems: DocumentProblem[] = [];
  readonly #text: string;
  #at = 0;
  /** After the first error positions cannot be trusted, so reading stops there. */
  #broken = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(): DocumentValue | null {
    if (textStart(this.#text) > 0) {
      this.#report('the file starts with a byte order mark; JSON must not have one', 0, 1, true);
      this.#at = 1;
    }
    this.#space();
    if (this.#at >= this.#text.length) {
      this.#fail('the file is empty');
      return null;
    }
    const value = this.#value(0);
    this.#space();
    if (!this.#broken && this.#at < this.#text.length) this.#fail('unexpected text after the end of the JSON value');
    return value;
  }

  #report(message: string, start: number, end: number, tolerated: boolean): void {
    this.problems.push({ message, span: { start, end }, tolerated });
  }

  #fail(message: string): void {
    if (this.#broken) return;
    this.#broken = true;
    const start = Math.min(this.#at, Math.max(0, this.#text.length - 1));
    wordPattern.lastIndex = start;
    const word = wordPattern.exec(this.#text)?.[0].length ?? 1;
    this.#report(message, start, Math.min(this.#text.length, start + word), false);
  }

  #space(): void {
    for (;;) {
      const c = this.#text[this.#at];
      if (c === ' ' || c === '\t' || c === '\n' || c === '\r') this.#at++;
      else if (c === '/' && (this.#text[this.#at + 1] === '/' || this.#text[this.#at + 1] === '*')) this.#comment();
      else return;
    }
  }

  #comment(): void {
    const start = this.#at;
    if (this.#text[start + 1] === '/') {
      const length = this.#text.slice(start).search(/[\r\n]/);
      this.#at = length < 0 ? this.#text.length : start + length;
    } else {
      const close = this.#text.indexOf('*/', start + 2);
      this.#at = close < 0 ? this.#text.length : close + 2;
      if (close < 0) {
        this.#at = start;
        this.#fail('this comment is never closed');
        this.#at = this.#text.length;
        return;
      }
    }
    this.#report('JSON has no comments', start, this.#at, true);
  }

  #value(depth: number): DocumentValue | null {
    if (depth > maxDepth) {
      this.#fail('this JSON is nested too deeply to read');
      return null;
    }
    const start = this.#at;
    const c = this.#text[start];
    if (c === '{') return this.#map(depth);
    if (c === '[') return this.#list(depth);
    if (c === '"') {
      const value = this.#string();
      return value === null ? null : { kind: 'scalar', value, span: { start, end: this.#at } };
    }
    numberPattern.lastIndex = start;
    const number = numberPattern.exec(this.#text)?.[0];
    if (number) {
      this.#at += number.length;
      return scalarOf(Number(number), number, { start, end: this.#at });
    }
    wordPattern.lastIndex = start;
    const word = wordPattern.exec(this.#text)?.[0];
    const value = word === 'true' ? true : word === 'false' ? false : null;
    if (value === null && word !== 'null') {
      this.#fail(
        c === undefined
          ? 'the file ends where a value was expected'
          : c === "'"
            ? 'strings need double quotes'
            : word
              ? `"${word}" is not a JSON value; strings need double quotes`
              : `expected a value, found ${JSON.stringify(c)}`,
      );
      return null;
    }
    this.#at += word?.length ?? 0;
    return { kind: 'scalar', value, span: { start, end: this.#at } };
  }

  #string(): string | null {
    stringPattern.lastIndex = this.#at;
    const raw = stringPattern.exec(this.#text)?.[0];
    if (raw === undefined) {
      this.#fail('this string is never closed on its line');
      return null;
    }
    try {
      const value: unknown = JSON.parse(raw);
      this.#at += raw.length;
      return String(value);
    } catch {
      this.#fail('this string holds an invalid escape');
      return null;
    }
  }

  /** Eats what must follow an item; `true` when another item follows. */
  #more(close: string, opened: string): boolean {
    this.#space();
    const c = this.#text[this.#at];
    if (c === close) {
      this.#at++;
      return false;
    }
    if (c !== ',') {
      this.#fail(c === undefined ? `the file ends before "${close}" closes ${opened}` : `expected "," or "${close}"`);
      return false;
    }
    const comma = this.#at++;
    this.#space();
    if (this.#text[this.#at] === close) {
      this.#report(`trailing comma before "${close}"`, comma, comma + 1, true);
      this.#at++;
      return false;
    }
    return true;
  }

  #list(depth: number): DocumentValue {
    const start = this.#at++;
    const items: DocumentValue[] = [];
    this.#space();
    if (this.#text[this.#at] === ']') this.#at++;
    else {
      do {
        const item = this.#value(depth + 1);
        if (item) items.push(item);
      } while (!this.#broken && this.#more(']', 'the list'));
    }
    return { kind: 'list', items, span: { start, end: this.#at } };
  }

  #map(depth: number): DocumentValue {
    const start = this.#at++;
    const entries: DocumentEntry[] = [];
    const seen = new Set<string>();
    this.#space();
    if (this.#text[this.#at] === '}') this.#at++;
    else {
      do {
        const keyStart = this.#at;
        if (this.#text[keyStart] !== '"') {
          this.#fail(
            keyStart >= this.#text.length
              ? 'the file ends before "}" closes the object'
              : 'expected a key in double quotes',
          );
          break;
        }
        const key = this.#string();
        if (key === null) break;
        const keySpan = { start: keyStart, end: this.#at };
        if (seen.has(key)) this.#report(`the key "${key}" is repeated; the last one counts`, keyStart, this.#at, true);
        seen.add(key);
        this.#space();
        if (this.#text[this.#at] !== ':') {
          this.#fail('expected ":" after the key');
          break;
        }
        this.#at++;
        this.#space();
        const value = this.#value(depth + 1);
        if (value) entries.push({ key, keySpan, value });
      } while (!this.#broken && this.#more('}', 'the object'));
    }
    return { kind: 'map', entries, span: { start, end: this.#at } };
  }
}
