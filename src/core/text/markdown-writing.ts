/** A block of code whose fence is longer than any run of backticks inside, so that nothing in it can end the block. */
export function fenced(content: string, language = ''): string {
  const fence = '`'.repeat(Math.max(3, longestTicks(content) + 1));
  return `${fence}${language}\n${content}\n${fence}`;
}

/** A code span in as many backticks as the text needs. */
export function codeSpan(text: string): string {
  const ticks = '`'.repeat(longestTicks(text) + 1);
  return ticks.length === 1 ? `\`${text}\`` : `${ticks} ${text} ${ticks}`;
}

/** A text for a cell of a table: on one line, and no `|` in it ends the cell. */
export function tableCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}

/** A list, one item a line. */
export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

function longestTicks(text: string): number {
  return [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 0);
}
