import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { CLI, type Finished } from '../engine/fixture.ts';

export const PLAN = 'parallel/T-1';

/** A folder with a home of its own, in which a row builds its repositories and the whole loop is run. */
export class Site {
  readonly dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'slicewave-shape-')));
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

  get #env(): NodeJS.ProcessEnv {
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
    return execFileSync('git', args, { cwd: this.at(where), env: this.#env, encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  commit(where: string, subject: string): void {
    this.git(where, 'add', '-A');
    this.git(where, 'commit', '-q', '--allow-empty', '-m', subject);
  }

  /** A repository on `main` with a plan of two slices, of which the second stands on the first, all in one commit. */
  repository(where: string, init: readonly string[] = []): void {
    mkdirSync(this.at(where), { recursive: true });
    this.git(where, 'init', '-q', '-b', 'main', ...init, '.');
    this.plan(where);
    this.commit(where, 'start');
  }

  plan(where: string): void {
    const task = (id: string, file: string, deps: string): string =>
      `---\nid: ${id}\nwave: 1\ndeps: [${deps}]\nagent: any\ncontracts: []\nverify:\n  - grep -q ${id} ${file}\n---\n# ${id}: Write ${id}\n\n## Scope\nCREATE: none\nMODIFY: ${file}\nBOUNDARY: none/**\n\n## Requirements\n- write ${id} into the file\n`;
    this.write(`${where}/${PLAN}/tasks/A1.md`, task('A1', 'src/a.txt', ''));
    this.write(`${where}/${PLAN}/tasks/B1.md`, task('B1', 'src/b.txt', 'A1'));
    const tasks = ['A1', 'B1'].map((id) => ({ id, agent: 'any' }));
    const manifest = { tech_spec_id: 'T-1', name: 't', technology: 'typescript', waves: [{ number: 1, tasks }] };
    this.write(`${where}/${PLAN}/manifest.json`, JSON.stringify(manifest));
    this.write(`${where}/src/a.txt`, '1\n');
    this.write(`${where}/src/b.txt`, '1\n');
  }

  cli(where: string, ...args: readonly string[]): Promise<Finished> {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: this.at(where),
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  }

  run(where: string, plan: string, ...options: readonly string[]): Promise<Finished> {
    return this.cli(where, 'run', plan, '--agent', 'command', '--agent-command', this.#agent, ...options);
  }

  /** `A1 verified, B1 verified`, as it is seen from a folder. */
  async states(where: string, plan: string): Promise<string> {
    const { out } = await this.cli(where, 'status', plan, '--json');
    const { slices } = JSON.parse(out) as {
      readonly slices: readonly { readonly id: string; readonly state: string }[];
    };
    return slices.map(({ id, state }) => `${id} ${state}`).join(', ');
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
