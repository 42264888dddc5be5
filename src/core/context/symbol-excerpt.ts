import type { CodeFile } from '../code/model.ts';

/** What saves less than this share of a file is not worth the gaps. */
const worthwhile = 0.3;

/**
 * The parts of a source file that a slice may change, when its scope names symbols of it: the symbols with their lines,
 * the first and last line of what they stand in, and the imports; a line says how much is left out in between. `null`
 * when the whole file is the better choice: a symbol is not there yet, the parser had to skip something, or little would
 * be saved.
 */
export function symbolExcerpt(text: string, code: CodeFile, symbols: readonly string[]): string | null {
  if (code.broken || symbols.length === 0) return null;
  const lines = text.replace(/\n$/, '').split('\n');
  const kept = new Uint8Array(lines.length + 2);
  const keep = (first: number, last: number): void => {
    for (let line = Math.max(1, first); line <= Math.min(lines.length, last); line++) kept[line] = 1;
  };
  for (const name of symbols) {
    const own = code.symbols.filter((symbol) => symbol.name === name);
    if (own.length === 0) return null;
    for (const symbol of own) keep(symbol.firstLine, symbol.lastLine);
    for (const outer of code.symbols.filter((symbol) => name.startsWith(`${symbol.name}.`))) {
      keep(outer.firstLine, outer.firstLine);
      keep(outer.lastLine, outer.lastLine);
    }
  }
  for (const { line } of code.imports) keep(line, line);
  const parts: string[] = [];
  for (let line = 1; line <= lines.length;) {
    let end = line;
    while (end <= lines.length && kept[end] === kept[line]) end++;
    if (kept[line] === 1) parts.push(...lines.slice(line - 1, end - 1));
    // A gap of two lines is as long as what would be said of it.
    else if (end - line <= 2) parts.push(...lines.slice(line - 1, end - 1));
    else parts.push(`... (${end - line} lines left out)`);
    line = end;
  }
  const excerpt = parts.join('\n');
  return excerpt.length <= (1 - worthwhile) * text.length ? excerpt : null;
}
