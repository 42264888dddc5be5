import { field, type DocumentValue } from '../text/document.ts';
import { readJson } from '../text/json.ts';

/** The files of a repository by path, directory and name, with the texts that say how modules are found. */
export class RepositoryTree {
  readonly #files: ReadonlySet<string>;
  readonly #textOf: (path: string) => string | null;
  #directories: Map<string, string[]> | undefined;
  #names: Map<string, string[]> | undefined;
  readonly #known = new Map<string, unknown>();

  constructor(files: readonly string[], textOf: (path: string) => string | null) {
    this.#files = new Set(files);
    this.#textOf = textOf;
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  text(path: string): string | null {
    return this.#files.has(path) ? this.#textOf(path) : null;
  }

  /** The files right in a directory, sorted. */
  filesIn(directory: string): readonly string[] {
    return (this.#directories ??= grouped(this.#files, directoryOf)).get(directory) ?? [];
  }

  /** The files of one name, wherever they are, sorted. */
  named(name: string): readonly string[] {
    return this.#byName().get(name) ?? [];
  }

  /** The files whose name ends in something, sorted. */
  ending(end: string): readonly string[] {
    return this.once(`ending ${end}`, () =>
      [...this.#byName()].flatMap(([name, paths]) => (name.endsWith(end) ? paths : [])).sort(),
    );
  }

  /** A JSON file as far as it can be read. */
  json(path: string): DocumentValue | null {
    return this.once(`json ${path}`, () => {
      const text = this.text(path);
      return text === null ? null : readJson(text).value;
    });
  }

  /** What follows from the files alone is found once. A key must always mean the same kind of thing. */
  once<T>(key: string, find: () => T): T {
    if (!this.#known.has(key)) this.#known.set(key, find());
    return this.#known.get(key) as T;
  }

  #byName(): Map<string, string[]> {
    return (this.#names ??= grouped(this.#files, nameOf));
  }
}

function grouped(files: Iterable<string>, keyOf: (path: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const path of [...files].sort()) {
    const key = keyOf(path);
    const group = groups.get(key);
    if (group) group.push(path);
    else groups.set(key, [path]);
  }
  return groups;
}

/** `''` at the top. */
export function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A path from a directory, `.` and `..` resolved; `null` when it leaves the repository. */
export function joined(directory: string, relative: string): string | null {
  const parts = directory === '' ? [] : directory.split('/');
  for (const part of relative.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

/** A directory and those around it, the innermost first, `''` last. */
export function outwards(directory: string): string[] {
  const all = [directory];
  for (let at = directory; at !== '';) all.push((at = directoryOf(at)));
  return all;
}

/** A text of a JSON object, by the keys that lead to it. */
export function textAt(value: DocumentValue | null, ...keys: readonly string[]): string | null {
  const found = valueAt(value, keys);
  return found?.kind === 'scalar' && typeof found.value === 'string' ? found.value : null;
}

/** The texts of each key of a JSON object: `{"a": "b"}` and `{"a": ["b", "c"]}` alike. */
export function textLists(value: DocumentValue | null, ...keys: readonly string[]): [key: string, texts: string[]][] {
  const found = valueAt(value, keys);
  if (found?.kind !== 'map') return [];
  return found.entries.map((entry) => {
    const items = entry.value.kind === 'list' ? entry.value.items : [entry.value];
    const texts = items.flatMap((item) => (item.kind === 'scalar' && typeof item.value === 'string' ? item.value : []));
    return [entry.key, texts];
  });
}

function valueAt(value: DocumentValue | null, keys: readonly string[]): DocumentValue | null {
  let at = value;
  for (const key of keys) at = (at && field(at, key)?.value) ?? null;
  return at;
}
