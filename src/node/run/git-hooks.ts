import { readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { shellQuoted } from '../../core/text/shell-quoting.ts';
import { settingsAsEnvironment } from '../git/hardening.ts';
import { hooksDir, type Repository } from '../git/repository.ts';
import { nodeVariables } from '../process/processes.ts';

/** Hooks of a run. */
export interface GivenHooks {
  /** What gives them to the agent's git: nothing in the repository's settings changes. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops looking after them. */
  readonly close: () => void;
}

/** What git may call at the commits of an agent, beside the boundary. */
const OF_COMMITS: readonly string[] = [
  'pre-commit',
  'prepare-commit-msg',
  'commit-msg',
  'post-commit',
  'pre-merge-commit',
  'post-checkout',
  'post-merge',
  'post-rewrite',
  'pre-rebase',
  'pre-push',
];

/** Where a hook goes that a tool installed in the place of the boundary; it runs after it. */
const INSTALLED = 'pre-commit.installed';

/** For tools that ask no environment where hooks go, and write among everybody's (simple-git-hooks 2.14.0). */
const INSTALLED_NOT = { SKIP_INSTALL_SIMPLE_GIT_HOOKS: '1' } as const;

/**
 * Makes a hooks directory of the run's own. The repository's own hooks still run, after ours, as they stand in the
 * worktree. A tool that installs its hooks there (lefthook, by `npm install`) does not displace the boundary: it is put
 * back, and until it is, git's `reference-transaction` hook holds it.
 *
 * `slicewave`: argv that starts the command line. `env`: what the agent's environment is made from.
 */
export async function giveHooks(
  repository: Repository,
  dir: string,
  {
    slicewave,
    env,
    worktree,
  }: {
    readonly slicewave: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly worktree: string;
  },
): Promise<GivenHooks> {
  await mkdir(dir, { recursive: true });
  const { dir: own, set } = await hooksDir(repository);
  const there = (await readdir(own).catch((): string[] => [])).filter((name) => /^[a-z-]+$/.test(name));
  const assigned = Object.entries(nodeVariables())
    .map(([key, value]) => `${key}=${value} `)
    .join('');
  const boundary = `${assigned}${slicewave.map(shellQuoted).join(' ')} hook pre-commit || exit 1`;
  const theirs = (name: string): readonly string[] => {
    const lines: string[] = [];
    const start = (file: string): void =>
      void lines.push(`if [ -x ${shellQuoted(file)} ]; then exec ${shellQuoted(file)} "$@"; fi`);
    if (set !== null && !path.isAbsolute(set)) {
      start(path.join(worktree, set, name));
      // husky (9.1.7) keeps what people write above the directory that git is told; its own part is not in a worktree.
      const written = path.join(worktree, path.dirname(set), name);
      if (path.basename(set) === '_')
        lines.push(
          `if [ -f ${shellQuoted(written)} ]; then PATH="node_modules/.bin:$PATH" exec sh -e ${shellQuoted(written)} "$@"; fi`,
        );
    }
    if (there.includes(name)) start(path.join(own, name));
    return lines;
  };
  const names = new Set([...OF_COMMITS, ...there]);
  names.delete('reference-transaction');
  for (const name of names) {
    const lines = ['#!/bin/sh'];
    if (name === 'pre-commit')
      lines.push('# slicewave: the boundary of a run', boundary, `[ -x "$0.installed" ] && exec "$0.installed" "$@"`);
    const others = theirs(name);
    // Git starts a shell for each hook that is there: one with nothing to do would cost every commit of the agent's.
    if (name !== 'pre-commit' && others.length === 0) continue;
    lines.push(...others, 'exit 0');
    await writeFile(path.join(dir, name), `${lines.join('\n')}\n`, { mode: 0o755 });
  }
  const transaction = path.join(own, 'reference-transaction');
  const guard = [
    '#!/bin/sh',
    'refs=$(cat)',
    `if [ "$1" = prepared ] && ! grep -qF ${shellQuoted(boundary)} ${shellQuoted(path.join(dir, 'pre-commit'))}; then`,
    `  case "$refs" in *" HEAD"*|*" refs/heads/"*) ${boundary} ;; esac`,
    'fi',
    ...(there.includes('reference-transaction')
      ? [`if [ -x ${shellQuoted(transaction)} ]; then printf '%s\\n' "$refs" | ${shellQuoted(transaction)} "$@"; fi`]
      : ['exit 0']),
  ];
  await writeFile(path.join(dir, 'reference-transaction'), `${guard.join('\n')}\n`, { mode: 0o755 });
  const given = { ...settingsAsEnvironment([['core.hooksPath', dir]], env), ...INSTALLED_NOT };
  return { env: given, close: lookAfter(dir) };
}

/** Puts the boundary back whenever something else stands in its place, and keeps what does. */
function lookAfter(dir: string): () => void {
  const file = path.join(dir, 'pre-commit');
  const ours = readFileSync(file, 'utf8');
  const mend = (): void => {
    try {
      if (textOf(file) !== ours) {
        if (textOf(file) !== null) renameSync(file, path.join(dir, INSTALLED));
        const made = path.join(dir, `.${process.pid}`);
        rmSync(made, { force: true });
        writeFileSync(made, ours, { mode: 0o755, flag: 'wx' });
        renameSync(made, file);
      }
      // Where it was put aside: the next install would not find the place free.
      for (const name of readdirSync(dir))
        if (
          name !== 'pre-commit' &&
          name !== INSTALLED &&
          name.startsWith('pre-commit.') &&
          textOf(path.join(dir, name)) === ours
        )
          rmSync(path.join(dir, name), { force: true });
    } catch {
      // In the middle of an install: the next change is looked at again.
    }
  };
  try {
    const watching = watch(dir, { persistent: false }, mend);
    watching.on('error', () => undefined);
    return () => watching.close();
  } catch {
    // No watches are left: the guard holds.
    return () => undefined;
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
