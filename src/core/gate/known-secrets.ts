/** A value that must not be written anywhere, and where it is known from. */
export interface KnownSecret {
  readonly value: string;
  /** Its name there: `DB_PASSWORD`. */
  readonly name: string;
  /** The file that holds it; `null`: the process environment. */
  readonly file: string | null;
}

export interface EnvironmentFile {
  /** As it is shown. */
  readonly name: string;
  readonly text: string;
}

/** Names whose values are secrets. */
const SECRET_NAME =
  /(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|CREDENTIALS?|AUTH|SALT|PEPPER|DSN|WEBHOOK)(?:_?(?:BASE64|B64|HEX|URL|VALUE|OLD|NEW|DEV|PROD|STAGING|TEST|V?\d+))*$/i;
/** Names that stand as often for something plain (`SORT_KEY`, `AUTH`) as for a secret. */
const DOUBTFUL_NAME =
  /(?:^|_)(?:AUTH|SALT|PEPPER|DSN|WEBHOOK|(?<!(?:API|SECRET|PRIVATE|ACCESS|ACCOUNT|MASTER|SIGNING|ENCRYPTION|LICENSE|AUTH|DEPLOY)_?)KEY)(?:_|$)/i;
/** What is meant to be seen, by its name. */
const PUBLIC_NAME = /(?:^|_)(?:PUBLIC|PUBLISHABLE|EXAMPLE|SAMPLE)(?:_|$)|^(?:OLD)?PWD$/i;
/** What stands where the secret would: nothing is lost when it is read, and too much when it is blanked. */
const PLACEHOLDER =
  /(?:^|[^a-z])(?:change[-_ ]?me|your|example|dummy|fake|sample|placeholder|todo|replace|insert|default|test|testing|xxx+|none|null|undefined|disabled|enabled|localhost|development|production)(?:[^a-z]|$)|^(?:\W|_)*$|^(.)\1*$|[<>]|\$\{/i;
const SHORTEST = 8;

/**
 * The values that are secrets, longest first: those of secret-sounding names, passwords in addresses, and, in files of
 * environment values, what looks made at random. Words, numbers, paths and placeholders are left: blanking them
 * would make every trace unreadable and hide nothing.
 */
export function knownSecrets(
  env: Readonly<Record<string, string | undefined>>,
  files: readonly EnvironmentFile[] = [],
): readonly KnownSecret[] {
  const found = new Map<string, KnownSecret>();
  const take = (value: string, name: string, file: string | null): void => {
    if (!found.has(value)) found.set(value, { value, name, file });
  };
  const look = (name: string, text: string, file: string | null): void => {
    const password = /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@/i.exec(text)?.[1];
    if (password !== undefined && isTelling(password, SHORTEST)) take(password, name, file);
    if (PUBLIC_NAME.test(name)) return;
    const isMeant = SECRET_NAME.test(name) && (!DOUBTFUL_NAME.test(name) || (/\d/.test(text) && text.length >= 12));
    if (isMeant ? isTelling(text, SHORTEST) : file !== null && isRandom(text)) take(text, name, file);
  };
  for (const [name, value] of Object.entries(env)) if (value !== undefined) look(name, value, null);
  for (const file of files) for (const [name, value] of assignments(file.text)) look(name, value, file.name);
  return [...found.values()].sort((a, b) => b.value.length - a.value.length);
}

/** Whether a text says something that common text does not: it is no word, number, path, address or placeholder. */
function isTelling(text: string, shortest: number): boolean {
  if (text.length < shortest || PLACEHOLDER.test(text)) return false;
  if (/^[A-Z]?[a-z]+$|^[A-Z]+$|^[\d.,:_-]+$/.test(text)) return text.length >= 16;
  // A path or an address, without a part that could be the secret.
  if (/^(?:~|\.{0,2})\/|^[A-Za-z]:[\\/]|^[\w.+-]+@[\w-]+\.[\w.]+$/.test(text)) return /[^/\\]{24,}/.test(text);
  if (/^[a-z][a-z0-9+.-]*:\/\/[^\s]*$/i.test(text)) return /[\w-]{20,}/.test(text.replace(/^[^/]*\/\/[^/?#]*/, ''));
  return true;
}

/** Long, of letters and digits without a break, and of many different ones. */
function isRandom(text: string): boolean {
  if (text.length < 20 || !/^[\w+/=.~-]+$/.test(text) || !isTelling(text, SHORTEST)) return false;
  return /\d/.test(text) && /[a-z]/i.test(text) && new Set(text).size >= 12 && !/^[\d.TZ:+-]+$/.test(text);
}

/** `NAME=value` lines as dotenv reads them: `export`, quotes (over several lines, too), comments. */
function* assignments(text: string): Iterable<readonly [string, string]> {
  const line =
    /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*(?:=|:[ \t])[ \t]*(?:"((?:\\[^]|[^"\\])*)"|'([^']*)'|`([^`]*)`|([^\r\n#]*(?:#(?<=\S#)[^\r\n#]*)*))/gm;
  for (const [, name = '', double, single, back, bare] of text.matchAll(line)) {
    const value =
      double === undefined
        ? (single ?? back ?? (bare ?? '').trim())
        : double.replaceAll(/\\(n|r|t|[^])/g, (_all, mark: string) => ({ n: '\n', r: '\r', t: '\t' })[mark] ?? mark);
    if (value !== '') yield [name, value];
  }
}
