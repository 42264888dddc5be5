/** One word for a POSIX shell, as plain as it may be: for commands that people read. */
export function shellWord(word: string): string {
  return /^[\w./@:+%,-]+$/.test(word) ? word : shellQuoted(word);
}

/** One word for a POSIX shell, whatever it contains. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
