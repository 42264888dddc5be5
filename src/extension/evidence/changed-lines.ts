import { fileHunks } from '../../core/code/hunks.ts';

/** Lines of the new file, from 1, both ends included. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The lines that a unified diff adds or changes, by path in the new tree. Where lines were only removed, the line that
 * stands there now is named. What is no diff yields nothing.
 */
export function changedLines(diff: string): ReadonlyMap<string, readonly LineRange[]> {
  const files = new Map<string, LineRange[]>();
  for (const [path, { hunks, isDeleted }] of fileHunks(diff)) {
    if (isDeleted) continue;
    const ranges: LineRange[] = [];
    for (const { added, at } of hunks) extend(ranges, added ?? { first: at, last: at });
    files.set(path, ranges);
  }
  return files;
}

function extend(ranges: LineRange[], { first, last }: LineRange): void {
  const before = ranges.at(-1);
  if (before && first <= before.last + 1)
    ranges[ranges.length - 1] = { first: before.first, last: Math.max(before.last, last) };
  else ranges.push({ first, last });
}
