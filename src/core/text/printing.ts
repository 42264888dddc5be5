/**
 * Words of a file, a plan or an agent as one line for a terminal or a document: whatever could steer the terminal or break
 * the line (control and formatting characters, line and paragraph separators) is a space, and none is left at the ends.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/** `printable` for a line whose indentation says something. */
export function printableLine(line: string): string {
  return ' '.repeat(line.length - line.trimStart().length) + printable(line);
}

/** `printable` for a quoted line of a file: each character that is not shown has a mark in its place, so columns stay. */
export function markedLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this replaces
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** A text of one or more lines on one line, each run of white space a single space. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** A text that is to be recognised, not read: no longer than `most` characters, with dots where it goes on. */
export function shortened(text: string, most = 80): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}

/**
 * A text that is to be read, such as what went wrong with what to do about it: whole, unless it is longer than anybody
 * reads. Then the middle is left out, since a remedy stands at the end.
 */
export function abridged(text: string, most = 1_000): string {
  if (text.length <= most) return text;
  const end = Math.floor(most / 5);
  return `${text.slice(0, most - end - 5)} ... ${text.slice(-end)}`;
}

/** `1 slice`, `2 slices`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A whole number with commas between its thousands: `12,000`. */
export function thousands(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
