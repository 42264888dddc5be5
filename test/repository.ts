/** Repositories in temporary folders: real git, without the settings of whoever runs the tests. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

export interface TemporaryRepository {
  readonly root: string;
  /** The folder that it stands in: for what must not be part of it. */
  readonly beside: string;
  readonly write: (file: string, text: string) => void;
  /** What git prints, trimmed. */
  readonly git: (...args: readonly string[]) => string;
  /** Everything that is there, also what nothing has changed since. */
  readonly commit: (subject: string) => void;
  /** With the folder that it stands in. */
  readonly remove: () => void;
}

interface Start {
  /** What the name of the folder begins with: what must be quoted belongs into it. */
  readonly prefix?: string;
  /** The name of the repository itself. */
  readonly name?: string;
  /** What becomes of the files: one commit, or only known to git. */
  readonly files?: 'committed' | 'added';
}

/** A repository of its own with these files, on the branch `main`. Whoever asks for it removes it. */
export function temporaryRepository(
  files: Readonly<Record<string, string>>,
  { prefix = 'slicewave-', name = 'repository', files: become = 'committed' }: Start = {},
): TemporaryRepository {
  const beside = realpathSync(mkdtempSync(path.join(tmpdir(), prefix)));
  const root = path.join(beside, name);
  mkdirSync(root);
  const write = (file: string, text: string): void => {
    const full = path.join(root, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
  };
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const own = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
  const git = (...args: readonly string[]): string =>
    execFileSync('git', [...own, ...args], { cwd: root, env, encoding: 'utf8', stdio: 'pipe' }).trim();
  const commit = (subject: string): void => {
    git('add', '-A');
    git('commit', '-q', '--allow-empty', '-m', subject);
  };
  git('init', '-q', '-b', 'main');
  for (const [file, text] of Object.entries(files)) write(file, text);
  if (become === 'committed') commit('start');
  else git('add', '-A');
  return { root, beside, write, git, commit, remove: () => rmSync(beside, { recursive: true, force: true }) };
}
