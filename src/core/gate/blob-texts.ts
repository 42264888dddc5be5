/** Characters in a row from which bytes count as text. */
const SHORTEST_RUN = 6;
/** An encoding within an encoding within a file. */
const DEPTH = 2;

/**
 * Everything a file's bytes say in words, whatever git takes them for: as they are, as UTF-16 with or without a mark,
 * and what stands in them in base64 or base85. Linear in their number.
 */
export function textsIn(bytes: Uint8Array): readonly string[] {
  const plain = plainTexts(bytes);
  return [...plain, ...plain.flatMap((text) => decodedTexts(text, DEPTH))];
}

function plainTexts(bytes: Uint8Array): readonly string[] {
  if (!bytes.includes(0)) return [new TextDecoder().decode(bytes)];
  // Of two-byte characters, those that a secret is made of have a zero beside them, before or behind.
  return [runs(bytes, 1, 0), runs(bytes, 2, 0), runs(bytes, 2, 1)].filter((text) => text !== '');
}

/** The printable runs among every `step`-th byte, one a line. With steps of two, a zero stands beside each. */
function runs(bytes: Uint8Array, step: 1 | 2, from: number): string {
  const lines: string[] = [];
  let run = '';
  const close = (): void => {
    if (run.length >= SHORTEST_RUN) lines.push(run);
    run = '';
  };
  for (let at = from; at < bytes.length; at += step) {
    const byte = bytes[at] ?? 0;
    const isPrintable = byte === 9 || (byte >= 32 && byte < 127);
    if (isPrintable && (step === 1 || bytes[at + 1] === 0 || bytes[at - 1] === 0)) run += String.fromCharCode(byte);
    else close();
  }
  close();
  return lines.join('\n');
}

/** In one line, or in the lines of equal length that encoders break theirs into. */
const BASE64 = /(?:[A-Za-z0-9+/]{40,}\r?\n)+[A-Za-z0-9+/]*={0,2}|[A-Za-z0-9+/_-]{20,}={0,2}/g;
/** Git's own, which Python's `b85encode` shares. */
const ALPHABET_85 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';
const BASE85 = /[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{20,}/g;
const VALUE_85 = new Uint8Array(128);
[...ALPHABET_85].forEach((character, value) => (VALUE_85[character.charCodeAt(0)] = value));
/** Characters that are decoded to see whether the rest is worth it: most runs are names, hashes and images. */
const SAMPLE = 28;

function decodedTexts(text: string, depth: number): readonly string[] {
  if (depth === 0) return [];
  const found: string[] = [];
  const take = (bytes: Uint8Array): void => {
    if (isText(bytes)) found.push(...plainTexts(bytes));
  };
  for (const [run] of text.matchAll(BASE64)) {
    // Names are rarely long and in both cases; twenty characters of base64 nearly always are.
    if (/[A-Z]/.test(run) && /[a-z]/.test(run) && isText(fromBase64(run.slice(0, SAMPLE)))) take(fromBase64(run));
  }
  for (const [run] of text.matchAll(BASE85)) {
    if (!/[^\w$-]/.test(run)) continue;
    // What stands before it without a break (`key=`) shifts the groups of five.
    for (let shift = 0; shift < 5; shift++)
      if (isText(fromBase85(run.slice(0, SAMPLE), shift))) take(fromBase85(run, shift));
  }
  return [...found, ...found.flatMap((inner) => decodedTexts(inner, depth - 1))];
}

/** Only what decodes to text was meant to be decoded. Of UTF-16, every other byte is zero. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.length < SHORTEST_RUN) return false;
  let printable = 0;
  let zero = 0;
  for (const byte of bytes) {
    if (byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127)) printable++;
    else if (byte === 0) zero++;
  }
  return printable >= bytes.length * 0.9 || (printable >= bytes.length * 0.4 && printable + zero >= bytes.length * 0.9);
}

function fromBase64(run: string): Uint8Array {
  const clean = run
    .replaceAll(/[\r\n=]/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/');
  const whole = clean.length % 4 === 1 ? clean.slice(0, -1) : clean;
  return Uint8Array.from(atob(whole), (character) => character.charCodeAt(0));
}

/** Whole groups, and the bytes that a shorter last one still holds. */
function fromBase85(run: string, shift: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((run.length / 5) * 4));
  let length = 0;
  for (let at = shift; at + 1 < run.length; at += 5) {
    let value = 0;
    for (let index = at; index < at + 5; index++)
      value = value * 85 + (index < run.length ? (VALUE_85[run.charCodeAt(index)] ?? 0) : 84);
    const held = Math.min(4, run.length - at - 1);
    for (let byte = 0; byte < held; byte++) bytes[length++] = Math.floor(value / 256 ** (3 - byte)) & 255;
  }
  return bytes.subarray(0, length);
}
