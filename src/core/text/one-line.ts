/** A text without line breaks: every run of blanks becomes one space, none at the ends. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
