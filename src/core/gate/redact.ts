import { knownSecrets, type EnvironmentFile } from './known-secrets.ts';

export const REDACTED = '[redacted]';

/** Shapes that are secrets wherever they stand. Cheap enough for every line an agent prints. */
const SHAPES: readonly RegExp[] = [
  /\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,}\b/g,
  /\bgithub_pat_[A-Za-z0-9_]{22,}\b/g,
  /\bglpat-[A-Za-z0-9_-]{20,}\b/g,
  /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}\b/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bxox[abpors]-[A-Za-z0-9-]{10,}\b/g,
  /\bAIza[A-Za-z0-9_-]{35}\b/g,
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\b/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

const HEADER = /(\bauthorization\b\s*[:=]\s*(?:bearer|basic|token)\s+)[^\s"']+/gi;
/** A scheme is short: without a bound, each letter of one long word would be tried as the beginning of an address. */
const ADDRESS = /([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@"']+:)[^\s/@"']+(?=@)/gi;

export type Redact = (text: string) => string;

/**
 * Builds the filter that everything written to a trace goes through: secret values that are known by their very text and
 * in the forms that programs print them in, and the usual shapes of keys and tokens.
 */
export function createRedactor(
  env: Readonly<Record<string, string | undefined>>,
  files: readonly EnvironmentFile[] = [],
): Redact {
  const forms = new Set(knownSecrets(env, files).flatMap(({ value }) => formsOf(value)));
  const values = [...forms].sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const value of values) if (clean.includes(value)) clean = clean.replaceAll(value, REDACTED);
    for (const shape of SHAPES) clean = clean.replace(shape, REDACTED);
    clean = clean.replace(HEADER, `$1${REDACTED}`);
    // Most of what is printed has no address: each letter would be looked at as the beginning of one.
    return clean.includes('://') ? clean.replace(ADDRESS, `$1${REDACTED}`) : clean;
  };
}

/** A filter that comes to know more while it is in use. */
export class LearningRedactor {
  readonly #env: Readonly<Record<string, string | undefined>>;
  #files: readonly EnvironmentFile[] = [];
  #current: Redact;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
    this.#current = createRedactor(env);
  }

  /** Everything that was learned so far is blanked. */
  readonly redact: Redact = (text) => this.#current(text);

  learn(files: readonly EnvironmentFile[]): void {
    if (files.length === 0) return;
    this.#files = [...this.#files, ...files];
    this.#current = createRedactor(this.#env, this.#files);
  }
}

/** A value as it stands, inside of JSON, in an address, line by line, and in base64. */
function formsOf(value: string): readonly string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const lines = value.split('\n').filter((line) => line.length >= 16);
  return [value, json, encodeURIComponent(value), ...lines, ...(value.length >= 12 ? base64Forms(value) : [])];
}

/** Three bytes make four characters, so a value has three forms; characters that its neighbours share in are left out. */
function base64Forms(value: string): readonly string[] {
  const bytes = String.fromCharCode(...new TextEncoder().encode(value));
  return [0, 1, 2].map((before) =>
    btoa('\0'.repeat(before) + bytes).slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6)),
  );
}

/** Applies a redactor to every string of a JSON value. */
export function redactValue<T>(value: T, redact: Redact): T {
  if (typeof value === 'string') return redact(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item, redact)) as T;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, redactValue(item as unknown, redact)]),
    ) as T;
  }
  return value;
}
