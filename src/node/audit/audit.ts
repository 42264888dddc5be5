import { readFile, rm, truncate } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { blame, type BlamedDifference } from '../../core/audit/blame.ts';
import { readGitTrace, type GitCommand } from '../../core/audit/git-trace.ts';
import { differences, isToolRef, type Difference } from '../../core/audit/inventory.ts';
import { audited, type AuditedDifference } from '../../core/audit/report.ts';
import type { Repository } from '../git/repository.ts';
import type { ListedSettings } from '../git/settings.ts';
import { worktreePlaces } from '../git/worktree.ts';
import { isAloneIn, outputs } from '../process/company.ts';
import { placesBeside, takeInventory, type TakenInventory } from './inventory.ts';
import { putBack } from './put-back.ts';

export interface AuditRequest {
  readonly repository: Repository;
  readonly planDir: string;
  /** The slice whose run this is. */
  readonly slice: string;
  /** The run's evidence directory: git's trace and what is put away are kept there. */
  readonly runDir: string;
  /** The worktree of the slice. */
  readonly worktree: string;
  /** Folders that hold the plan's worktrees. */
  readonly worktrees: readonly string[];
  /** Where the slice's checks run: what tools look up above it is looked at. */
  readonly checkout: string;
  /** Paths of the slice's scope and boundary, for what lies near them. */
  readonly scopePaths: readonly string[];
}

/** Another run that was at work at some time since the audit began. */
export interface Neighbour {
  readonly slice: string;
  readonly runDir: string;
  /** What its own audit found already. */
  readonly found: readonly AuditedDifference[];
}

export interface AuditEnd {
  /** Paths and command lines of the agent's own event stream. */
  readonly seen: readonly string[];
  readonly neighbours: readonly Neighbour[];
  /** Files of the plan that are not as they were, relative to the repository; the inventory leaves the plan out. */
  readonly planFiles: readonly string[];
  /** Where the evidence says that refs must be: branches of verified slices without a living runner. */
  readonly expected: Readonly<Record<string, string>>;
  /**
   * Whether a new ref of the tool's own is one that nothing of the tool has made. Asked after everything was looked at, so
   * that a run which began meanwhile is known.
   */
  readonly stray: (refs: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** The name of git's trace in a run's directory. */
const GIT_TRACE = 'git-trace.jsonl';

/** Where that of a run's checks is named. It lies elsewhere: a check does not see by its path whose it is. */
export function traceOfChecks(runDir: string): string {
  return path.join(runDir, 'git-trace-of-checks.jsonl');
}

/** The look at what all runs share: one before the agent starts, one after it has ended, one after its checks. */
export class Audit {
  readonly #request: AuditRequest;
  #before: TakenInventory;

  private constructor(request: AuditRequest, before: TakenInventory) {
    this.#request = request;
    this.#before = before;
  }

  static async begin(request: AuditRequest): Promise<Audit> {
    return new Audit(request, await takeInventory(inventoryRequest(request)));
  }

  /** Git's settings as the last look found them. */
  get settings(): ListedSettings {
    return this.#before.settings;
  }

  /** For the agent: git writes down which commands it was started with, and where. */
  environment(): Readonly<Record<string, string>> {
    return { GIT_TRACE2_EVENT: path.join(this.#request.runDir, GIT_TRACE) };
  }

  /**
   * Compares with the look before, says who did it as far as that can be shown, and puts back what can be put back. What
   * is seen now is what the next look is compared with.
   */
  async end(given: AuditEnd): Promise<readonly AuditedDifference[]> {
    const { repository, runDir, slice } = this.#request;
    const before = this.#before;
    const after = await takeInventory(inventoryRequest(this.#request));
    this.#before = after;
    const inPlan = new Set(given.planFiles);
    const { worktree } = this.#request;
    // One's own worktree is not outside of it: who works in it next finds that it is gone, and says so.
    const isOwn = ({ kind, what }: Pick<Difference, 'kind' | 'what'>): boolean =>
      kind === 'beside' && (what === worktree || worktree.startsWith(`${what}${path.sep}`));
    const seen = await withoutWorktrees(repository, [
      ...differences(before.inventory, after.inventory, given.expected),
      ...given.planFiles.map((what) => ({ kind: 'checkout-file' as const, what, before: '', after: '' })),
    ]);
    // What a person lets the command print into a file lies where they stand, or beside it.
    const placeOf = ({ kind, what }: Difference): string | null =>
      kind === 'beside'
        ? what
        : kind === 'checkout-file' && !inPlan.has(what)
          ? path.join(repository.root, what)
          : null;
    const printed = seen.some((difference) => placeOf(difference) !== null) ? outputs() : new Set<string>();
    const isPrinted = (difference: Difference): boolean => printed.has(placeOf(difference) ?? '');
    const found = seen.filter((difference) => !isOwn(difference) && !isPrinted(difference));
    const told = given.neighbours.flatMap((neighbour) =>
      neighbour.found.filter((other) => other.blame === 'suspected' && other.among.includes(slice) && !isOwn(other)),
    );
    if (found.length === 0) {
      await this.#forgetTrace();
      return told;
    }
    const [commands, theirs] = await Promise.all([
      readCommands(runDir),
      Promise.all(given.neighbours.map((neighbour) => readCommands(neighbour.runDir))),
    ]);
    const { headLog } = before.inventory;
    const made = found.flatMap(({ kind, what }) => (kind === 'ref-created' && isToolRef(what) ? what : []));
    const context = {
      stray: made.length > 0 ? await given.stray(made) : new Set<string>(),
      primary: repository.root,
      near: near(this.#request.scopePaths),
      alone:
        found.some(({ kind }) => kind === 'checkout-file' || kind === 'git-file' || kind === 'reflog') &&
        isAloneIn(repository.root),
      forward: await forwards(repository, found),
      headLogged: headLog === '' || headLog !== after.inventory.headLog,
    };
    const blamed = blame(found, { ...context, commands, seen: given.seen });
    // What a neighbour did is the neighbour's: its own audit says so.
    const innocent = new Set(
      theirs.flatMap((list) =>
        blame(found, { ...context, commands: list, seen: [] })
          .filter((difference) => difference.blame === 'proven')
          .map(key),
      ),
    );
    for (const neighbour of given.neighbours)
      for (const other of neighbour.found) if (other.blame === 'proven') innocent.add(key(other));
    const mine = blamed.filter(
      (difference) =>
        difference.blame === 'proven' ||
        (!innocent.has(key(difference)) &&
          // A plan that a person changes by hand has a question of its own.
          !(difference.blame === 'person' && inPlan.has(difference.what))),
    );
    const restored = await putBack({
      repository,
      found: mine,
      before,
      after,
      keep: path.join(runDir, 'put-away'),
      home: homedir(),
    });
    await this.#forgetTrace();
    const among = [slice, ...new Set(given.neighbours.map((neighbour) => neighbour.slice))].filter(
      (name, at, all) => all.indexOf(name) === at,
    );
    const own = mine.map((difference) => audited(difference, { putBack: restored.has(difference.what), among }));
    const known = new Set(own.map(key));
    return [...own, ...told.filter((other) => !known.has(key(other)))];
  }

  /** Command lines may hold a secret: what they proved is in the report, and the rest need not be kept. */
  async #forgetTrace(): Promise<void> {
    const { runDir } = this.#request;
    await rm(path.join(runDir, GIT_TRACE), { force: true });
    await truncate(traceOfChecks(runDir)).catch(() => undefined);
  }
}

/** The tool makes worktrees, and folders for them, beside each other at any time: those that git knows are no news. */
async function withoutWorktrees(repository: Repository, found: readonly Difference[]): Promise<Difference[]> {
  if (!found.some((difference) => difference.kind === 'beside')) return [...found];
  const known = [...(await worktreePlaces(repository))];
  return found.filter(
    (difference) =>
      difference.kind !== 'beside' ||
      difference.after === null ||
      !known.some((place) => place === difference.what || place.startsWith(`${difference.what}/`)),
  );
}

function inventoryRequest(request: AuditRequest): Parameters<typeof takeInventory>[0] {
  const { repository, planDir, worktrees, checkout } = request;
  return { repository, planDir, beside: placesBeside(repository.root, worktrees), checkout };
}

function key(difference: Pick<BlamedDifference, 'kind' | 'what'>): string {
  return `${difference.kind} ${difference.what}`;
}

/** Above this, git's trace is cut: an agent that calls git without end must not take the runner's memory. */
const LARGEST_TRACE = 64 * 1024 * 1024;

async function readCommands(runDir: string): Promise<readonly GitCommand[]> {
  const traces = [path.join(runDir, GIT_TRACE), traceOfChecks(runDir)];
  const texts = await Promise.all(traces.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.flatMap((text) => readGitTrace(text.slice(-LARGEST_TRACE)));
}

function near(paths: readonly string[]): ReadonlySet<string> {
  return new Set(paths.map((file) => (file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '')));
}

/** Which moved branches still hold what they held before: a git process each, so of many only the first are asked about. */
async function forwards(
  repository: Repository,
  found: readonly {
    readonly kind: string;
    readonly what: string;
    readonly before: string | null;
    readonly after: string | null;
  }[],
): Promise<(ref: string) => boolean> {
  const moved = found.filter(
    (difference) => difference.kind === 'ref-moved' && difference.what.startsWith('refs/heads/'),
  );
  const ahead = await Promise.all(
    moved
      .slice(0, 50)
      .map(async ({ what, before, after }) =>
        before &&
        after &&
        (await repository.git.run(['merge-base', '--is-ancestor', before, after], { accept: [0, 1, 128] })).exitCode ===
          0
          ? what
          : null,
      ),
  );
  const names = new Set(ahead);
  return (ref) => names.has(ref);
}
