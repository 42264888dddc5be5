/** Where a text begins behind the byte order mark that some editors write: 1 with one, 0 without. */
export function textStart(text: string): 0 | 1 {
  return text.charCodeAt(0) === 0xfeff ? 1 : 0;
}

/** A text without its byte order mark. Offsets into what is given are those of the text minus `textStart`. */
export function withoutByteOrderMark(text: string): string {
  return text.slice(textStart(text));
}
