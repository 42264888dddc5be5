/** A text as part of a file name, a branch and a ref, made of what all of them take; it may have become another's. */
export function safeName(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/\.{2,}/g, '-')
    .replace(/^[.-]+/, '')
    .replace(/(?:\.lock|[.])+$/i, '')
    .slice(0, 80);
}

/** FNV-1a, 32 bits, as six hexadecimal digits: distinct enough for the few names of one repository. */
export function shortHash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value.toString(16).padStart(8, '0').slice(0, 6);
}
