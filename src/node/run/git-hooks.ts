import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { shellQuoted } from '../../core/text/shell-quoting.ts';
import { settingsAsEnvironment } from '../git/hardening.ts';
import { nodeVariables } from '../process/processes.ts';
import { hooksDir, type Repository } from '../git/repository.ts';

/**
 * Makes a hooks directory of the run's own and answers with the environment that gives it to the agent's git: nothing
 * in the repository's settings changes. The repository's own hooks still run, after ours.
 *
 * `slicewave`: argv that starts the command line. `env`: what the agent's environment is made from.
 */
export async function giveHooks(
  repository: Repository,
  dir: string,
  { slicewave, env }: { readonly slicewave: readonly string[]; readonly env: Readonly<Record<string, string>> },
): Promise<Record<string, string>> {
  await mkdir(dir, { recursive: true });
  const own = await hooksDir(repository);
  const names = new Set([
    'pre-commit',
    ...(await readdir(own).catch(() => [])).filter((name) => !name.endsWith('.sample') && !name.includes('.')),
  ]);
  const assigned = Object.entries(nodeVariables())
    .map(([key, value]) => `${key}=${value} `)
    .join('');
  for (const name of names) {
    const theirs = path.join(own, name);
    const usable = ((await stat(theirs).catch(() => null))?.mode ?? 0) & 0o111;
    const lines = ['#!/bin/sh'];
    if (name === 'pre-commit')
      lines.push(`${assigned}${slicewave.map(shellQuoted).join(' ')} hook pre-commit || exit 1`);
    if (usable) lines.push(`exec ${shellQuoted(theirs)} "$@"`);
    await writeFile(path.join(dir, name), `${lines.join('\n')}\n`, { mode: 0o755 });
  }
  return settingsAsEnvironment([['core.hooksPath', dir]], env);
}
