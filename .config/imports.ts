import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A source file's imports of other source files, types included. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

const specifier = /\b(?:from|import)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;

/**
 * The imports of every TypeScript file below `src`, read from the text: what is imported as a type leaves no trace in a
 * bundle. Static, dynamic, for effect only, and `import('...')` as a type; a specifier counts when its file exists, so
 * that one in a comment or an example does not. Paths are relative to `root`, with forward slashes.
 */
export function sourceImports(root: string): ImportGraph {
  const files = readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      const found = [...text.matchAll(specifier)].map((match) =>
        path.posix.join(path.posix.dirname(file), match[2] ?? ''),
      );
      return [file, [...new Set(found)].filter((to) => known.has(to))];
    }),
  );
}

/** Groups of files that import each other, directly or through others of the group, each in order of their names. */
export function importCycles(graph: ImportGraph): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const cycles: string[][] = [];
  const visit = (file: string): void => {
    const own = index.size;
    index.set(file, own);
    low.set(file, own);
    open.push(file);
    isOpen.add(file);
    for (const to of graph.get(file) ?? []) {
      if (!index.has(to)) {
        visit(to);
        low.set(file, Math.min(low.get(file) ?? own, low.get(to) ?? own));
      } else if (isOpen.has(to)) low.set(file, Math.min(low.get(file) ?? own, index.get(to) ?? own));
    }
    if (low.get(file) !== own) return;
    const group = open.splice(open.indexOf(file));
    for (const member of group) isOpen.delete(member);
    if (group.length > 1 || (graph.get(file) ?? []).includes(file)) cycles.push(group.sort());
  };
  for (const file of graph.keys()) if (!index.has(file)) visit(file);
  return cycles;
}
