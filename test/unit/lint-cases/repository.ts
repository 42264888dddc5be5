import type { RepositoryFacts } from '../../../src/core/scope/repository-facts.ts';

/** Facts of a repository made up of files with their texts; the scripts are those of its `package.json` files. */
export function repositoryOf(
  texts: Readonly<Record<string, string>>,
  programs: readonly string[] | null = null,
): RepositoryFacts {
  const files = Object.keys(texts).sort();
  const scripts = new Map<string, ReadonlySet<string>>();
  for (const file of files) {
    if (!/(?:^|\/)package\.json$/.test(file)) continue;
    const { scripts: found } = JSON.parse(texts[file] ?? '{}') as { scripts?: Record<string, string> };
    scripts.set(file.slice(0, Math.max(0, file.lastIndexOf('/'))), new Set(Object.keys(found ?? {})));
  }
  return { files, scripts, programs: programs && new Set(programs), textOf: (file) => texts[file] ?? null };
}

/** What the clean workspace's slices build on, and forty more files. */
export const repository = repositoryOf({
  'package.json': '{"scripts": {"test": "node --test", "lint": "oxlint"}}',
  'package-lock.json': '{"packages": {"node_modules/zod": {"version": "4.1.5"}}}',
  'docs/guide.md': 'How to use it.',
  'src/index.ts': 'export class Router {\n  get() {}\n}\n',
  'src/old.ts': 'export const old = 1;\n',
  ...Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`lib/part-${i}.ts`, `export const part${i} = ${i};\n`])),
});
