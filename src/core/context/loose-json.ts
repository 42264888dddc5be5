/**
 * JSON as agents write it by hand: comments, trailing and missing commas, raw line ends in strings, single or typographic
 * quotes, keys and words without quotes, Python's constants, an end that is missing.
 */

/** A member that nobody closed is left out. `end`: behind the object. */
export interface LooseObject {
  readonly value: Readonly<Record<string, unknown>>;
  readonly end: number;
  /** Whether the text ended, or stopped being JSON, before it closed. */
  readonly torn: boolean;
  /** Whether all of its keys stand in double quotes, as in JSON; otherwise it may be a line of a program. */
  readonly quoted: boolean;
}

const maxDepth = 40;

/** A number, `true` and the like, or a word without quotes, up to what ends it on its line. */
const bareWord = /[^\s,{}[\]"'“”:][^,{}[\]"“”\n]*/y;
const bareKey = /[A-Za-z_$][\w$ -]*(?=\s*:)/y;
const space = /(?:[\s\ufeff]+|\/\/[^\n]*|\/\*[\s\S]{0,2000}?\*\/|#[^\n]*)*/y;
const constants: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['True', true],
  ['False', false],
  ['None', null],
  ['undefined', null],
]);
const closingQuotes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ['“', '”'],
]);
const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
]);

/** What may be spent on one text, in characters read: starts that lead nowhere must not add up. */
export interface Budget {
  left: number;
}

/** The object that begins at `start`; `null` when none does, or when the budget is spent. Never throws. */
export function looseObject(text: string, start: number, budget: Budget): LooseObject | null {
  if (text[start] !== '{') return null;
  const reader = new LooseReader(text, start, budget);
  const value = reader.object(0);
  return value === null ? null : { value, end: reader.at, torn: reader.torn, quoted: reader.quoted };
}

/** Stands for a value that is none. */
const NOTHING = Symbol('nothing');

class LooseReader {
  at: number;
  /** The text ended, or something stood there that is no JSON at all: what is open closes here. */
  torn = false;
  quoted = true;
  readonly #text: string;
  readonly #budget: Budget;

  constructor(text: string, at: number, budget: Budget) {
    this.#text = text;
    this.at = at;
    this.#budget = budget;
  }

  /** `null` when it has no member and does not close either: a brace in prose. */
  object(depth: number): Readonly<Record<string, unknown>> | null {
    this.at++;
    const members: [string, unknown][] = [];
    for (;;) {
      this.#skip();
      const c = this.#text[this.at];
      if (c === '}') {
        this.at++;
        break;
      }
      if (c === ',') {
        this.#to(this.at + 1);
        continue;
      }
      const key = this.#key();
      this.#skip();
      if (key === null || this.#text[this.at] !== ':') {
        this.torn = true;
        break;
      }
      this.#to(this.at + 1);
      const value = this.#value(depth);
      if (value === NOTHING) break;
      members.push([key, value]);
      if (this.torn) break;
    }
    return members.length === 0 && this.torn ? null : Object.fromEntries(members);
  }

  #list(depth: number): readonly unknown[] {
    this.at++;
    const items: unknown[] = [];
    for (;;) {
      this.#skip();
      const c = this.#text[this.at];
      if (c === ']') {
        this.at++;
        return items;
      }
      if (c === ',') {
        this.#to(this.at + 1);
        continue;
      }
      const item = this.#value(depth);
      if (item === NOTHING) return items;
      items.push(item);
      if (this.torn) return items;
    }
  }

  #value(depth: number): unknown {
    this.#skip();
    const c = this.#text[this.at];
    if (c === undefined || depth >= maxDepth || this.#budget.left <= 0) return this.#nothing();
    if (c === '{') return this.object(depth + 1) ?? NOTHING;
    if (c === '[') return this.#list(depth + 1);
    if (closingQuotes.has(c)) return this.#string() ?? this.#nothing();
    const word = this.#match(bareWord)?.trim();
    if (word === undefined) return this.#nothing();
    if (constants.has(word)) return constants.get(word);
    return /^-?\d+(?:\.\d+)?$/.test(word) ? Number(word) : word;
  }

  #key(): string | null {
    const c = this.#text[this.at] ?? '';
    if (c !== '"') this.quoted = false;
    return closingQuotes.has(c) ? this.#string() : (this.#match(bareKey)?.trim() ?? null);
  }

  /** A quote closes where JSON goes on behind it, so that one in the middle of a sentence does not. */
  #string(): string | null {
    const open = this.#text[this.at] ?? '';
    const close = closingQuotes.get(open);
    let value = '';
    for (let i = this.at + 1; i < this.#text.length; i++) {
      const c = this.#text[i] ?? '';
      if (c === '\\') {
        const escaped = this.#text[++i] ?? '';
        const code = escaped === 'u' ? /^[\da-fA-F]{4}/.exec(this.#text.slice(i + 1, i + 5))?.[0] : undefined;
        if (code !== undefined) i += 4;
        value += code === undefined ? (escapes.get(escaped) ?? escaped) : String.fromCharCode(parseInt(code, 16));
      } else if (c === close && this.#closes(i + 1)) {
        this.#to(i + 1);
        return value;
      } else value += c;
    }
    this.#to(this.#text.length);
    return null;
  }

  #closes(at: number): boolean {
    return /^\s*(?:[,:}\]]|$|\/[/*]|["'“][\w $-]+["'”]\s*:)/.test(this.#text.slice(at, at + 120));
  }

  #nothing(): typeof NOTHING {
    this.torn = true;
    return NOTHING;
  }

  #skip(): void {
    this.#match(space);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#to(this.at + found.length);
    return found;
  }

  #to(at: number): void {
    this.#budget.left -= at - this.at;
    this.at = at;
  }
}
