import type { ScopeEntry } from '../task/model.ts';

/** `src/a.ts::Name`, or the words of an entry that names no path. */
export function scopeEntryText(entry: ScopeEntry): string {
  if (entry.path === null) return entry.text;
  return entry.symbol === null ? entry.path : `${entry.path}::${entry.symbol}`;
}
