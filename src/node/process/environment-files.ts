import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { EnvironmentFile } from '../../core/gate/known-secrets.ts';
import { isEnvironmentFile } from '../../core/sandbox/policy.ts';

/** How deep, and in how many directories, files of environment values are looked for. */
const DEPTH = 3;
const DIRECTORIES = 2000;
/** A file of environment values is written by hand; what is larger is none. */
const LARGEST = 256 * 1024;

/**
 * Files of environment values (`.env`, `.env.local`) in projects: absolute paths, without those in directories
 * `besides`. With `neighbours`, also those at the top of the projects that lie beside them.
 */
export async function environmentFiles(
  projects: readonly string[],
  options: { readonly besides?: readonly string[]; readonly neighbours?: boolean } = {},
): Promise<readonly string[]> {
  const besides = new Set(options.besides ?? []);
  const files: string[] = [];
  let level = projects.map((dir) => ({ dir, depth: DEPTH }));
  if (options.neighbours) level.push(...(await neighboursOf(projects)).map((dir) => ({ dir, depth: 0 })));
  level = level.filter(({ dir }) => !besides.has(dir));
  for (let left = DIRECTORIES; level.length > 0 && left > 0;) {
    const now = level.slice(0, left);
    left -= now.length;
    const below = await Promise.all(
      now.map(async ({ dir, depth }) => {
        const deeper: typeof level = [];
        for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) {
          const place = path.join(dir, entry.name);
          if (!entry.isDirectory()) {
            if (isEnvironmentFile(entry.name)) files.push(place);
          } else if (depth > 0 && !/^(?:\.|node_modules$)/.test(entry.name) && !besides.has(place)) {
            deeper.push({ dir: place, depth: depth - 1 });
          }
        }
        return deeper;
      }),
    );
    level = below.flat();
  }
  return files;
}

async function neighboursOf(projects: readonly string[]): Promise<readonly string[]> {
  const parents = [...new Set(projects.map((project) => path.dirname(project)))];
  const found = await Promise.all(
    parents.map(async (parent) =>
      (await readdir(parent, { withFileTypes: true }).catch(() => []))
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
        .map((entry) => path.join(parent, entry.name)),
    ),
  );
  return found.flat().filter((dir) => !projects.includes(dir));
}

/** The texts of such files in a project, named relative to it. What cannot be read holds nothing that could get out. */
export async function readEnvironmentFiles(project: string): Promise<readonly EnvironmentFile[]> {
  const files = await environmentFiles([project]);
  const read = await Promise.all(
    files.map(async (file): Promise<EnvironmentFile[]> => {
      const size = (await stat(file).catch(() => null))?.size ?? Infinity;
      const text = size > LARGEST ? null : await readFile(file, 'utf8').catch(() => null);
      return text === null ? [] : [{ name: path.relative(project, file), text }];
    }),
  );
  return read.flat();
}
