import type { CodeFile, LanguageId } from '../code/model.ts';
import { directoryOf } from './coupling-tree.ts';

/** That a file uses by its bare name what another file of the same package declares. */
export interface PackageUse {
  readonly from: string;
  readonly to: string;
  readonly name: string;
  /** In `from`, from 1: the first use. */
  readonly line: number;
}

export interface PackageUsesRequest {
  /** In any order. */
  readonly paths: readonly string[];
  readonly code: (path: string) => CodeFile | null;
  readonly text: (path: string) => string | null;
}

/** Languages in which files of one directory see each other without an import, by the ends of their files. */
const SEEING: ReadonlyMap<string, LanguageId> = new Map([
  ['go', 'go'],
  ['java', 'java'],
  ['cs', 'c-sharp'],
  ['php', 'php'],
]);

/** Shorter names are as often something else. */
const shortestName = 3;

/**
 * What files of one package use of each other without an import: Go, Java, C# and PHP, where files of a directory share a
 * namespace (Java's `src/main/java` and `src/test/java` are one). Sorted by place.
 *
 * A use is a name at the outermost level of exactly one other file of the package that stands outside of comments and
 * strings, bare (not behind `.`, `->` or `$`) and neither declared nor imported here. Go's private names count where they
 * are called, since a local variable may be called the same. This is the word, not its resolution: a local name that hides
 * the package's counts too.
 */
export function packageUses({ paths, code, text }: PackageUsesRequest): readonly PackageUse[] {
  const packages = new Map<string, string[]>();
  for (const path of [...new Set(paths)].sort()) {
    const key = packageOf(path);
    if (key === null) continue;
    const members = packages.get(key);
    if (members) members.push(path);
    else packages.set(key, [path]);
  }
  return [...packages.values()].flatMap((members) => (members.length < 2 ? [] : usesWithin(members, { code, text })));
}

/** What files see each other, in words that no two packages share; `null` when nothing is seen without an import. */
function packageOf(path: string): string | null {
  const language = SEEING.get(path.slice(path.lastIndexOf('.') + 1).toLowerCase());
  if (language === undefined) return null;
  const directory = directoryOf(path);
  return `${language} ${language === 'java' ? directory.replace(/(^|\/)src\/(?:main|test)\/java(?=\/|$)/, '$1src') : directory}`;
}

function usesWithin(members: readonly string[], { code, text }: Omit<PackageUsesRequest, 'paths'>): PackageUse[] {
  /** Who declares a name; `null` when several do. */
  const declared = new Map<string, string | null>();
  const parsed = members.flatMap((path) => {
    const file = code(path);
    return file ? [{ path, file }] : [];
  });
  const ownNames = new Map<string, Set<string>>();
  for (const { path, file } of parsed) {
    const own = new Set(file.symbols.flatMap(({ name }) => (name.includes('.') ? [] : [name])));
    ownNames.set(path, own);
    for (const name of own) declared.set(name, declared.has(name) ? null : path);
  }
  return parsed.flatMap(({ path, file }) => {
    const own = ownNames.get(path);
    const imported = new Set(
      file.imports.flatMap(({ specifier, names }) => [...names, specifier.split(/[./\\]/).at(-1) ?? '']),
    );
    const first = new Map<string, PackageUse>();
    for (const { name, line, called } of namesIn(text(path) ?? '')) {
      const to = declared.get(name);
      if (to === undefined || to === null || to === path) continue;
      if (name.length < shortestName || first.has(name) || own?.has(name) || imported.has(name)) continue;
      if (file.language === 'go' && !called && !/^\p{Lu}/u.test(name)) continue;
      first.set(name, { from: path, to, name, line });
    }
    return [...first.values()];
  });
}

interface FoundName {
  readonly name: string;
  /** From 1. */
  readonly line: number;
  readonly called: boolean;
}

/** Comments, strings and names; what is not closed ends with the text, so that each character is looked at once. */
const PIECES =
  /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"""[\s\S]*?(?:"""|$)|"(?:\\[\s\S]|[^"\\\n])*"?|`[^`]*`?|'(?:\\[\s\S]|[^'\\\n])*'?|[\p{L}_][\p{L}\p{N}_]*/gu;

/** Bare names of a text in C's manner, without its comments and strings, and without labels and keys (`Name:`). */
function* namesIn(text: string): Generator<FoundName> {
  let line = 1;
  let counted = 0;
  for (const { 0: piece, index } of text.matchAll(PIECES)) {
    if (!/^[\p{L}_]/u.test(piece)) continue;
    const before = text[index - 1] ?? '';
    if (before === '.' || before === '$' || (before === '>' && text[index - 2] === '-')) continue;
    const after = text.slice(index + piece.length, index + piece.length + 3).trimStart();
    if (/^:(?![=:])/.test(after)) continue;
    for (; counted < index; counted++) if (text.charCodeAt(counted) === 10) line++;
    yield { name: piece, line, called: after.startsWith('(') };
  }
}
