import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { Redact } from '../../core/gate/redact.ts';
import type { Plan } from '../../core/plan/model.ts';
import type { CommandRun } from '../../core/run/model.ts';
import { failure, success, type Result } from '../../core/text/result.ts';
import { lookAtAll } from '../git/changes.ts';
import type { Repository } from '../git/repository.ts';
import { WorktreeReplaced } from '../git/place.ts';
import { fillSubmodules } from '../git/submodules.ts';
import { clearGitLocks, forgetWorktree, lockWorktree, unlockWorktree, worktreePlaces } from '../git/worktree.ts';
import { endRun } from '../process/process-table.ts';
import { writeWhole } from '../state/whole-write.ts';
import type { Sandbox } from '../process/sandbox.ts';
import { openCheckEnvironment, type CheckEnvironment } from './check-environment.ts';
import { takePorts, type Ports } from './ports.ts';
import { setUpAsCheck, setupInputs, withPrograms, type SetupOutcome } from './setup.ts';

export interface CleanCheckoutRequest {
  readonly repository: Repository;
  readonly plan: Plan;
  /** Where it stands; nobody works there. */
  readonly dir: string;
  readonly runId: string;
  /** What confines the set-up, which runs what the commit says; `null`: nothing. */
  readonly sandbox: Sandbox | null;
  /** Where the run's evidence is to name git's trace of set-up and checks; `null`: none is kept. */
  readonly trace: string | null;
  /** The environment of the agent, of which set-up and checks have what is not about the run. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly redact: Redact;
  readonly say: (line: string) => void;
}

/** A directory to run checks in, and their environment. */
export interface CleanPlace {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** What a check may write beside the directory. */
  readonly writable: readonly string[];
  /** What was run to set it up; empty when what an earlier set-up made still holds. */
  readonly setup: readonly CommandRun[];
}

/** Where tools keep results inside of what was installed. */
const CACHES_INSIDE = ['node_modules/.cache', 'node_modules/.vite', 'node_modules/.vitest', 'node_modules/.vite-temp'];

/** `node_modules/@scope/package/file`, or `node_modules/package/lib/file`. */
const SEALED_DEPTH = 3;

/**
 * A worktree in which nobody works, for the checks of a slice, a merge point or the integration: it holds what a commit
 * holds, what `.worktreeinclude` names, and what the set-up made; nothing that an agent or an earlier check left in
 * ignored files. It is kept between attempts, so that the set-up is paid once for each state of the files that it reads.
 */
export class CleanCheckout {
  readonly #request: CleanCheckoutRequest;
  #environment: CheckEnvironment | null = null;
  /** Its own ports, where those that it works for have none. */
  #ports: Ports | null = null;
  #locked = false;
  /** What git is doing to have it stand at a commit; whether it had to be made. */
  #standing: { readonly commit: string; readonly isNew: Promise<boolean> } | null = null;

  constructor(request: CleanCheckoutRequest) {
    this.#request = request;
  }

  /**
   * Has git put the commit's files there, while others still judge the commit: nothing of it is run. What goes wrong is
   * told by {@link at}.
   */
  prepare(commit: string): void {
    const isNew = this.#stand(commit);
    isNew.catch(() => undefined);
    this.#standing = { commit, isNew };
  }

  /**
   * The checkout at a commit. `sameSetup`: a commit that is known to have all that a set-up depends on as this one has it.
   * A failure is what made that impossible, for people.
   */
  async at(commit: string, sameSetup = commit): Promise<Result<CleanPlace, string>> {
    const { repository, plan, dir, runId } = this.#request;
    if (this.#standing?.commit !== commit) {
      await this.#standing?.isNew.catch(() => undefined);
      this.prepare(commit);
    }
    const isNew = (await this.#standing?.isNew) ?? false;
    this.#standing = null;
    if (!this.#locked) await lockWorktree(repository, dir, `slicewave run ${runId}`);
    this.#locked = true;
    const isTraced = this.#request.trace !== null;
    const given = await this.#given();
    this.#environment ??= await openCheckEnvironment({ given, runId, primary: repository.root, dir, isTraced });
    const environment = this.#environment;
    if (this.#request.trace) await symlink(environment.trace, this.#request.trace).catch(() => undefined);
    const git = repository.git.in(dir);
    const [key, before, ignored] = await Promise.all([
      setupInputs(repository.git, plan, sameSetup),
      isNew ? null : this.#remembered(),
      isNew ? [] : this.#ignored(),
    ]);
    let setup: readonly CommandRun[] = [];
    if (before?.key === key && before.seal === (await this.#seal(before.kept))) {
      const strange = ignored.filter((file) => !before.kept.includes(file));
      for (const file of [...strange, ...CACHES_INSIDE]) await this.#remove(file);
      await fillSubmodules(git, { checkout: repository.root, again: true });
    } else {
      if (!isNew) await git.run(['clean', '-ffdxq']);
      const { commands, failed, isUntouched } = await this.#install(environment);
      if (failed !== null) return failure(failed);
      setup = commands;
      const isBare = isNew && isUntouched;
      // A set-up may also write tracked files (a formatter, a lock file): the commit is what is checked.
      if (!isBare) {
        await git.run(['checkout', '--quiet', '--force', '--detach', commit]);
        await git.run(['clean', '-ffdq']);
      }
      const kept = isBare ? [] : await this.#ignored();
      await writeWhole(await this.#noteFile(), `${JSON.stringify({ key, kept, seal: await this.#seal(kept) })}\n`);
    }
    return success({ dir, env: await withPrograms(environment.env, dir), writable: [environment.root], setup });
  }

  /** Ends what its set-up and its checks left running, and gives it back. */
  async close(): Promise<void> {
    await this.#standing?.isNew.catch(() => undefined);
    this.#standing = null;
    await endRun(this.#request.runId);
    if (this.#request.trace) await rm(this.#request.trace, { force: true });
    await this.#environment?.close();
    this.#environment = null;
    await this.#ports?.release();
    this.#ports = null;
    if (this.#locked) await unlockWorktree(this.#request.repository, this.#request.dir);
    this.#locked = false;
  }

  async #given(): Promise<Readonly<Record<string, string>>> {
    const { env, dir } = this.#request;
    if (env['SLICEWAVE_PORT'] !== undefined) return env;
    this.#ports ??= await takePorts(dir);
    return { ...env, ...this.#ports.env };
  }

  /** Whether it had to be made. */
  async #stand(commit: string): Promise<boolean> {
    const { repository, dir } = this.#request;
    if (await isWorktree(repository, dir)) {
      await clearGitLocks(repository, dir, null);
      const git = repository.git.in(dir);
      const putThere = ['checkout', '--quiet', '--force', '--detach', commit];
      await lookAtAll(git);
      if ((await git.run(putThere, { accept: [0, 1, 128] })).exitCode !== 0) {
        await git.run(['reset', '--quiet', '--hard']);
        await git.run(['clean', '-ffdq']);
        await git.run(putThere);
      }
      // By the commit's own ignore rules: what those of an earlier one hid is in the way of the checks as well.
      await git.run(['clean', '-ffdq']);
      return false;
    }
    const known = (await worktreePlaces(repository)).has(dir);
    // Whatever stands there is no checkout of ours: it is put aside, not away.
    if (await lstat(dir).catch(() => null)) await rename(dir, `${dir}.old-${Date.now()}`);
    if (known) await forgetWorktree(repository, dir);
    await repository.git.run(['worktree', 'add', '--quiet', '--detach', dir, commit]);
    return true;
  }

  /** What an agent wrote (a `postinstall`, a build script) runs here: it may what a check may, and reaches the network. */
  async #install(ofCheck: CheckEnvironment): Promise<SetupOutcome> {
    const { repository, plan, dir, sandbox, runId, signal, redact, say } = this.#request;
    const given = await this.#given();
    const quiet = (line: string): void => say(`clean checkout: ${line}`);
    const request = { repository, plan, worktree: dir, runId, isForChecks: true, signal, redact, say: quiet } as const;
    return setUpAsCheck(request, { ofCheck, given, sandbox });
  }

  /** Ignored files and directories, as few names as git needs for them. */
  async #ignored(): Promise<string[]> {
    const args = ['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z'];
    return this.#request.repository.git.in(this.#request.dir).fields(args);
  }

  /**
   * What a set-up made is known again by it: an agent that nothing confines could write there. Files are looked at as
   * far down as packages keep what is imported of them, directories by who they are: caches come and go in them.
   */
  async #seal(kept: readonly string[]): Promise<string> {
    const lines: string[] = [];
    let level = kept.map((name) => name.replace(/\/$/, ''));
    for (let depth = 0; depth <= SEALED_DEPTH && level.length > 0; depth++) {
      const below = await Promise.all(level.map((name) => this.#sealOf(name, lines)));
      level = below.flat();
    }
    return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
  }

  async #sealOf(name: string, lines: string[]): Promise<readonly string[]> {
    const place = path.join(this.#request.dir, name);
    const seen = await lstat(place).catch(() => null);
    if (!seen) return [];
    if (!seen.isDirectory()) {
      lines.push(JSON.stringify([name, seen.ino, seen.size, seen.ctimeMs]));
      return [];
    }
    lines.push(JSON.stringify([name, seen.ino]));
    const entries = await readdir(place).catch(() => []);
    return entries.map((entry) => `${name}/${entry}`).filter((file) => !CACHES_INSIDE.includes(file));
  }

  async #remove(file: string): Promise<void> {
    await rm(path.join(this.#request.dir, file), { recursive: true, force: true });
  }

  /** What its set-up made is written down in its own git directory, and goes when the checkout goes. */
  async #noteFile(): Promise<string> {
    const { repository, dir } = this.#request;
    return path.join((await repository.worktrees.hold(dir)).git_dir, 'check-setup.json');
  }

  async #remembered(): Promise<{
    readonly key: string;
    readonly seal: string;
    readonly kept: readonly string[];
  } | null> {
    try {
      const value: unknown = JSON.parse(await readFile(await this.#noteFile(), 'utf8'));
      if (typeof value !== 'object' || value === null) return null;
      const { key, seal, kept } = value as { key?: unknown; seal?: unknown; kept?: unknown };
      if (typeof key !== 'string' || typeof seal !== 'string' || !Array.isArray(kept)) return null;
      return { key, seal, kept: kept.filter((file) => typeof file === 'string') };
    } catch {
      return null;
    }
  }
}

async function isWorktree(repository: Repository, dir: string): Promise<boolean> {
  try {
    await repository.worktrees.hold(dir);
    return true;
  } catch (error) {
    if (error instanceof WorktreeReplaced) return false;
    throw error;
  }
}
