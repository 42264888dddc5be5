import type { Doubt } from './doubt.ts';

/**
 * New files, or folders of theirs, whose name is that of another entry where case or the form of accents does not count
 * (macOS, Windows): only one of the two would be there after a checkout. `there`: entries of the folders that new files
 * lie in, and of all folders above these; the new files among them.
 */
export function sameNames(added: readonly string[], there: readonly string[]): Doubt | null {
  const fresh = new Set(added.flatMap(withFolders));
  const byName = new Map<string, Set<string>>();
  for (const entry of there) {
    const key = entry.normalize('NFC').toLowerCase();
    const names = byName.get(key);
    if (names) names.add(entry);
    else byName.set(key, new Set([entry]));
  }
  const met = [...byName.values()].filter((names) => names.size > 1 && [...names].some((name) => fresh.has(name)));
  const [first] = met;
  if (!first) return null;
  const more = met.length > 1 ? `, and ${met.length - 1} more such names` : '';
  return {
    kind: 'same-names',
    summary: `${[...first].map(shownName).join(' and ')} are one name where case or the form of accents does not count${more}`,
    severity: 'high',
    places: met.flatMap((names) => [...names].filter((name) => fresh.has(name)).map((path) => ({ path, line: null }))),
  };
}

/** The folders whose entries {@link sameNames} wants to know. `''` is the root. */
export function foldersOf(files: readonly string[]): readonly string[] {
  const folders = new Set<string>(['']);
  for (const file of files)
    for (let cut = file.lastIndexOf('/'); cut > 0; cut = file.lastIndexOf('/', cut - 1)) {
      const folder = file.slice(0, cut);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  return [...folders];
}

function withFolders(file: string): readonly string[] {
  const all = [file];
  for (let cut = file.lastIndexOf('/'); cut > 0; cut = file.lastIndexOf('/', cut - 1)) all.push(file.slice(0, cut));
  return all;
}

/** Two forms of one accent look the same: the rarer is written out. */
function shownName(name: string): string {
  return name === name.normalize('NFC')
    ? name
    : name.replaceAll(/\p{Mark}/gu, (mark) => `\\u${(mark.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}
