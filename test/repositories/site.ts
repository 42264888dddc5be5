import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { CLI, type Finished } from '../engine/fixture.ts';

/** Comes with OpenSSH. */
const KEY_PROGRAM = 'ssh-keygen';

export const PLAN = 'parallel/T-1';
export const SPEC = 'specs/both.spec.md';

/** A spec of two slices, of which the second stands on the first: each writes its id into its file. */
export function bothSpec({ A1 = 'src/a.txt', B1 = 'src/b.txt', checkB1 = 'grep -q B1 src/b.txt' } = {}): string {
  return `---
id: T-1
title: Both
status: approved
confidence: HIGH
---
## Outcome
Both files hold their line.
## In scope
- a line in ${A1} and in ${B1}
## Out of scope
- all else
## Evidence
- \`grep -q A1 src/a.txt\` passes
## Slices
- A1: Write A1 (files: ${A1}; verify: grep -q A1 src/a.txt)
- B1: Write B1 (files: ${B1}; deps: A1; verify: ${checkB1})
`;
}

/** A folder with a home of its own, in which a row builds its repositories and the whole loop is run. */
export class Site {
  readonly dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'slicewave-shape-')));
  /** What the command line finds in its environment besides. */
  readonly env: Record<string, string> = {};
  readonly #home = path.join(this.dir, 'home');
  readonly #agent = path.join(this.dir, 'agent.sh');

  constructor() {
    mkdirSync(this.#home);
    writeFileSync(path.join(this.#home, '.gitconfig'), '[user]\n\tname = Pat\n\temail = pat@localhost\n');
    writeFileSync(this.#agent, '#!/bin/sh\nf="${0%/*}/do-$SLICEWAVE_SLICE.sh"\n[ -e "$f" ] && . "$f"\nexit 0\n');
    chmodSync(this.#agent, 0o755);
    this.act('A1', 'echo A1 >> src/a.txt');
    this.act('B1', 'echo B1 >> src/b.txt');
  }

  get #own(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      HOME: this.#home,
      GIT_CONFIG_GLOBAL: path.join(this.#home, '.gitconfig'),
      GIT_CONFIG_NOSYSTEM: '1',
      SLICEWAVE_SANDBOX: 'off',
      NO_COLOR: '1',
    };
  }

  /** A path in the folder. */
  at(...names: readonly string[]): string {
    return path.join(this.dir, ...names);
  }

  write(file: string, text: string | Uint8Array): void {
    mkdirSync(path.dirname(this.at(file)), { recursive: true });
    writeFileSync(this.at(file), text);
  }

  read(file: string): string {
    return readFileSync(this.at(file), 'utf8');
  }

  /** What the agent does for a slice, as lines of a shell that stands in its worktree. */
  act(slice: string, script: string): void {
    writeFileSync(path.join(this.dir, `do-${slice}.sh`), `${script}\n`);
  }

  /** What git prints, trimmed; `where` is a folder of the site. */
  git(where: string, ...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: this.at(where), env: this.#own, encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  /** Git, with something to read. */
  gitReads(where: string, input: string, ...args: readonly string[]): void {
    execFileSync('git', args, { cwd: this.at(where), env: this.#own, input });
  }

  commit(where: string, subject: string): void {
    const asIs = ['-c', 'core.hooksPath=/dev/null', '-c', 'commit.gpgSign=false', '-c', 'core.safecrlf=false'];
    this.git(where, ...asIs, 'add', '-A');
    this.git(where, ...asIs, 'commit', '-q', '--allow-empty', '--cleanup=default', '-m', subject);
  }

  /** A repository on `main` with a spec and what it is about, in one commit. */
  repository(where: string, init: readonly string[] = []): void {
    mkdirSync(this.at(where), { recursive: true });
    this.git(where, 'init', '-q', '-b', 'main', ...init, '.');
    this.sources(where);
    this.commit(where, 'start');
  }

  sources(where: string): void {
    this.write(`${where}/specs/both.spec.md`, bothSpec());
    this.write(`${where}/src/a.txt`, '1\n');
    this.write(`${where}/src/b.txt`, '1\n');
  }

  /** A setting of the user's, for all repositories. */
  set(key: string, value: string): void {
    this.git('.', 'config', '--global', key, value);
  }

  /** A hook of the shell's, or another program. */
  hook(file: string, script: string): void {
    this.write(file, `#!/bin/sh\n${script}\n`);
    chmodSync(this.at(file), 0o755);
  }

  /** Commits are signed with a key of the user's, whom git knows as a signer. */
  signWithSsh(): void {
    const key = this.at('home', 'key');
    execFileSync(KEY_PROGRAM, ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key], { stdio: 'pipe' });
    this.write('home/signers', `pat@localhost ${readFileSync(`${key}.pub`, 'utf8')}`);
    this.set('gpg.format', 'ssh');
    this.set('user.signingKey', `${key}.pub`);
    this.set('gpg.ssh.allowedSignersFile', this.at('home', 'signers'));
    this.set('commit.gpgSign', 'true');
  }

  /** The path of the command line holds these alone. */
  onlyPrograms(...names: readonly string[]): void {
    mkdirSync(this.at('bin'));
    for (const name of names) {
      const found = execFileSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).trim();
      symlinkSync(realpathSync(found), this.at('bin', name));
    }
    this.env['PATH'] = this.at('bin');
  }

  /** From now on git takes everything for somebody else's, as its own tests let it. */
  ownedByOther(): void {
    const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    this.hook('bin/git', `GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec ${git} "$@"`);
    this.env['PATH'] = `${this.at('bin')}:${process.env['PATH'] ?? ''}`;
  }

  cli(where: string, ...args: readonly string[]): Promise<Finished> {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: this.at(where),
      env: { ...this.#own, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  }

  run(where: string, ...options: readonly string[]): Promise<Finished> {
    return this.cli(where, 'run', PLAN, '--agent', 'command', '--agent-command', this.#agent, ...options);
  }

  /** `A1 verified, B1 verified`, as it is seen from a folder. */
  async states(where: string): Promise<string> {
    const { out } = await this.cli(where, 'status', PLAN, '--json');
    const { slices } = JSON.parse(out) as {
      readonly slices: readonly { readonly id: string; readonly state: string }[];
    };
    return slices.map(({ id, state }) => `${id} ${state}`).join(', ');
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
