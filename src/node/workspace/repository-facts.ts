import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { RepositoryFacts } from '../../core/scope/repository-facts.ts';
import { askGit, ignoredAmong, listFiles } from '../git/file-list.ts';
import { inside } from '../paths.ts';
import { NAME_SETTINGS, nameRulesOf } from '../git/repository.ts';
import { withoutByteOrderMark } from '../../core/text/byte-order-mark.ts';

/** Caps: a repository beyond them is looked at in part. */
export const MOST_FILES = 200_000;
const maxPackages = 200;
const maxBytes = 1_000_000;
/** Characters of text kept in memory; past it the cache starts anew. */
const maxCached = 32_000_000;

/**
 * Looks at a directory for the linter: its files as git lists them and compares their names, the scripts of its
 * `package.json` files, and the programs on the path. Starts nothing but git, and that safely; never leaves the
 * directory, never throws. The lists are those of this moment; texts are read when they are asked for, once.
 */
export async function readRepositoryFacts(root: string): Promise<RepositoryFacts> {
  const [files, settings] = await Promise.all([listFiles(root, { most: MOST_FILES }), askGit(root, NAME_SETTINGS)]);
  const known = new Set(files);
  const textOf = textReader(root, known);
  const packages = files.filter((name) => /(?:^|\/)package\.json$/.test(name) && !/(?:^|\/)node_modules\//.test(name));
  const scripts = new Map<string, ReadonlySet<string>>();
  // The ones at the top matter most, wherever the cap falls.
  packages.sort((a, b) => a.split('/').length - b.split('/').length);
  for (const name of packages.slice(0, maxPackages)) {
    const found = scriptNames(textOf(name) ?? '');
    if (found) scripts.set(name.slice(0, Math.max(0, name.lastIndexOf('/'))), found);
  }
  return { files, scripts, programs: await programsOnPath(process.env), textOf, names: nameRulesOf(settings ?? '') };
}

/** Whether one of the texts may name a symbol (`file::Symbol`): loading the parser of source files takes a moment. */
export function mayNameSymbols(texts: ReadonlyMap<string, string>): boolean {
  return [...texts.values()].some((text) => /[\w)}\]*?]::[\p{L}_$#]/u.test(text));
}

/** Adds which paths, that scopes want created, git would ignore. */
export async function withIgnored(
  facts: RepositoryFacts,
  { root, paths }: { readonly root: string; readonly paths: readonly string[] },
): Promise<RepositoryFacts> {
  return { ...facts, ignored: await ignoredAmong(root, paths) };
}

/** `null` when it is no package: what cannot be read must not make every script unknown. */
function scriptNames(text: string): ReadonlySet<string> | null {
  try {
    const value: unknown = JSON.parse(withoutByteOrderMark(text));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const { scripts } = value as { readonly scripts?: unknown };
    if (typeof scripts !== 'object' || scripts === null || Array.isArray(scripts)) return new Set();
    return new Set(Object.keys(scripts));
  } catch {
    return null;
  }
}

/** Names that can be started, without their extension on Windows; `null` when there is no path to look at. */
async function programsOnPath(env: Readonly<Record<string, string | undefined>>): Promise<ReadonlySet<string> | null> {
  const directories = (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter).filter((dir) => path.isAbsolute(dir));
  if (directories.length === 0) return null;
  const windows = process.platform === 'win32';
  const extensions = new Set((env['PATHEXT'] ?? '.EXE;.CMD;.BAT').toLowerCase().split(';'));
  const programs = new Set<string>();
  const lists = await Promise.all(
    [...new Set(directories)].map((dir) => readdir(dir, { withFileTypes: true }).catch(() => [])),
  );
  for (const entry of lists.flat()) {
    if (!entry.isFile() && !entry.isSymbolicLink()) continue;
    if (!windows) programs.add(entry.name);
    else if (extensions.has(path.extname(entry.name).toLowerCase()))
      programs.add(entry.name.slice(0, -path.extname(entry.name).length).toLowerCase());
  }
  return programs;
}

function textReader(root: string, known: ReadonlySet<string>): RepositoryFacts['textOf'] {
  const cache = new Map<string, string | null>();
  let cached = 0;
  let top: string | null = null;
  /** Whether they lie in the directory, links followed. */
  const directories = new Map<string, boolean>();
  const read = (name: string): string | null => {
    try {
      top ??= realpathSync(root);
      const file = path.join(root, name);
      const info = lstatSync(file);
      if (!info.isFile() || info.size > maxBytes) return null;
      // A link further up must not lead out of the directory either; the file itself is none.
      const dir = path.dirname(file);
      let isInside = directories.get(dir);
      if (isInside === undefined)
        directories.set(dir, (isInside = dir === path.resolve(root) || inside(top, realpathSync(dir))));
      if (!isInside) return null;
      const text = readFileSync(file, 'utf8');
      return text.includes('\0') ? null : text;
    } catch {
      return null;
    }
  };
  return (name) => {
    if (!known.has(name)) return null;
    let text = cache.get(name);
    if (text === undefined) {
      text = read(name);
      cached += text?.length ?? 0;
      if (cached > maxCached) {
        cache.clear();
        cached = text?.length ?? 0;
      }
      cache.set(name, text);
    }
    return text;
  };
}
