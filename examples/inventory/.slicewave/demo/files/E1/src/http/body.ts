import type { IncomingMessage } from 'node:http';

export type BodyResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: 'too_large' | 'not_json'; readonly message: string };

/**
 * Reads a request's body as JSON; an empty one is `undefined`. A body over `maxBytes` is read to its end but not kept,
 * so that the client gets its answer instead of a broken connection.
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<BodyResult> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  if (size > maxBytes) return { ok: false, reason: 'too_large', message: `a body may have ${maxBytes} bytes` };
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, reason: 'not_json', message: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Reads the fields of a JSON object and collects what is wrong with them, so that a client hears everything at once.
 * The values are only meaningful while `problems` is empty.
 */
export class Fields {
  readonly problems: string[];
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(body: unknown, path = '', problems: string[] = []) {
    this.problems = problems;
    this.#path = path;
    const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
    this.#values = isObject ? (body as Record<string, unknown>) : {};
    if (!isObject) problems.push(`${path === '' ? 'the body' : path.slice(0, -1)} must be an object`);
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#missing(name, '');
  }

  optionalText(name: string): string | undefined {
    const value = this.#values[name];
    return value === undefined || typeof value === 'string' ? value : this.#wrong(name, 'text', undefined);
  }

  number(name: string): number {
    return this.optionalNumber(name) ?? this.#missing(name, 0);
  }

  optionalNumber(name: string): number | undefined {
    const value = this.#values[name];
    return value === undefined || typeof value === 'number' ? value : this.#wrong(name, 'a number', undefined);
  }

  optionalTexts(name: string): readonly string[] | undefined {
    const value = this.#values[name];
    if (value === undefined) return undefined;
    const isTexts = Array.isArray(value) && value.every((item) => typeof item === 'string');
    return isTexts ? value : this.#wrong(name, 'a list of texts', undefined);
  }

  /** The objects of a list, each with its own fields; their problems are added to these. */
  objects(name: string): readonly Fields[] {
    const value = this.#values[name];
    if (value === undefined) return this.#missing(name, []);
    if (!Array.isArray(value)) return this.#wrong(name, 'a list of objects', []);
    return value.map((item, index) => new Fields(item, `${this.#path}${name}[${index}].`, this.problems));
  }

  #missing<T>(name: string, substitute: T): T {
    // A field of the wrong kind has been reported already.
    if (this.#values[name] === undefined) this.problems.push(`${this.#path}${name} is missing`);
    return substitute;
  }

  #wrong<T>(name: string, kind: string, substitute: T): T {
    this.problems.push(`${this.#path}${name} must be ${kind}`);
    return substitute;
  }
}
