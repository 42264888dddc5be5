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

const NAMED =
  /(\bauthorization\b\s*[:=]\s*(?:bearer|basic|token)\s+)[^\s"']+|([a-z][a-z0-9+.-]*:\/\/[^\s/:@"']+:)[^\s/@"']+(?=@)/gi;

/** Names of environment variables whose values are secrets. */
const SECRET_NAME = /(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PWD|CREDENTIALS?|AUTH)$/i;

export type Redact = (text: string) => string;

/**
 * Builds the filter that everything written to a trace goes through: secret-looking values of the environment by their
 * very text, and the usual shapes of keys and tokens. Values under eight characters are left: they would blank words.
 */
export function createRedactor(env: Readonly<Record<string, string | undefined>>): Redact {
  const values = Object.entries(env)
    .filter(
      ([name, value]) => SECRET_NAME.test(name) && name !== 'PWD' && name !== 'OLDPWD' && (value?.length ?? 0) >= 8,
    )
    .map(([, value]) => value ?? '')
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const value of values) if (clean.includes(value)) clean = clean.replaceAll(value, REDACTED);
    for (const shape of SHAPES) clean = clean.replace(shape, REDACTED);
    return clean.replace(
      NAMED,
      (_all, header: string | undefined, url: string | undefined) => `${header ?? url ?? ''}${REDACTED}`,
    );
  };
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
