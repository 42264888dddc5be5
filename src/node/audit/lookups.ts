import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Names that tools look for in the folder they are started in and in all folders above it, as long as they find none (or,
 * like eslint's and yarn's, to the very top): modules, settings that say what is run or how, and roots of workspaces. Not
 * here: what says which version of a program is meant (`.tool-versions`, `.nvmrc`), and what only formats (`.editorconfig`).
 */
const LOOKED_UP: readonly RegExp[] = [
  // Node, npm, yarn, pnpm, Bun, Deno. `package.json` also says whether a `.js` file is a module.
  /^(?:node_modules|package\.json|pnpm-workspace\.yaml|\.pnpmfile\.cjs|deno\.jsonc?|lerna\.json|nx\.json|turbo\.json|lage\.config\.js|rush\.json)$/,
  /^(?:\.pnp\.(?:cjs|js|loader\.mjs)|\.npmrc|\.yarnrc|\.yarnrc\.yml)$/,
  // TypeScript, Babel, linters, test runners.
  /^(?:[jt]sconfig(?:\.\w+)?\.json|biome\.jsonc?)$/,
  /^(?:babel|eslint|jest|vitest|vite|postcss|playwright|ava)\.config\.(?:[cm]?[jt]s|json)$/,
  /^\.(?:babel|eslint|mocha|swc|nyc|postcss|c8)rc(?:\.(?:[cm]?[jt]s|json|jsonc|ya?ml))?$/,
  // Values for the environment.
  /^\.env(?:\.(?!example$|sample$|template$)[\w.-]+)?$/,
  // Python.
  /^(?:conftest\.py|pytest\.ini|\.pytest\.ini|pyproject\.toml|tox\.ini|setup\.cfg|ruff\.toml|\.ruff\.toml|mypy\.ini|\.mypy\.ini|pants\.toml)$/,
  // Go, Rust, .NET, Ruby, PHP, the JVM, Bazel.
  /^(?:go\.work|go\.mod|Cargo\.toml|rust-toolchain(?:\.toml)?|Gemfile|\.rspec|composer\.json)$/,
  /^(?:Directory\.(?:Build\.(?:props|targets|rsp)|Packages\.props|Solution\.props)|global\.json|nuget\.config|\.mvn|settings\.gradle(?:\.kts)?|MODULE\.bazel|WORKSPACE(?:\.bazel)?)$/i,
];

/** In the person's home, settings that begin with a dot are the person's own. */
const MODULES_IN_HOME = /^\.pnp\./;

/** The folders above a place, the nearest first. */
export function foldersAbove(place: string): readonly string[] {
  const folders: string[] = [];
  for (let at = path.dirname(place); ; at = path.dirname(at)) {
    folders.push(at);
    if (path.dirname(at) === at) return folders;
  }
}

/** What of a folder's entries tools look for from below. */
export async function lookedUpIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => LOOKED_UP.some((pattern) => pattern.test(name))).toSorted();
}

/** What tools that are started in a place would find above it and take for the project's, the nearest first. */
export async function lookedUpAbove(place: string): Promise<readonly string[]> {
  const home = path.resolve(homedir());
  const found = await Promise.all(
    foldersAbove(place).map(async (folder) => {
      const names = await lookedUpIn(folder);
      const own = (name: string): boolean => folder === home && name.startsWith('.') && !MODULES_IN_HOME.test(name);
      return names.filter((name) => !own(name)).map((name) => path.join(folder, name));
    }),
  );
  return found.flat();
}
