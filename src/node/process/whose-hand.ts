import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { inside } from '../paths.ts';
import { ancestry, ofRuns, seeProcesses, type SeenProcess } from './process-table.ts';

export interface Surroundings {
  /** Below it lie the worktrees of slices; runs whose worktree is elsewhere are another repository's. */
  readonly worktrees: string;
  /** Runners that live now, with the start of their process as `/proc` says it. */
  readonly runners: readonly { readonly pid: number; readonly started: string }[];
  /** All runs of this repository that are known. */
  readonly runIds: readonly string[];
  /** An editor's process is started anew while runs go on; a command has a terminal, or a parent that is older. */
  readonly editor: boolean;
}

/**
 * Why this process cannot be taken for a person's: it was started by a run, or from within one. `null`: nothing says so.
 *
 * A process can take a mark off its own environment, but not off its ancestors', not off its session, and not off its
 * limits. Where limits could not be marked, one that left all of them is told by what it has not: an older parent, or a
 * terminal. Without `/proc` only its own environment and where it stands are looked at.
 */
export async function whyNotAPerson({ worktrees, runners, runIds, editor }: Surroundings): Promise<string | null> {
  const root = await realpath(worktrees).catch(() => path.resolve(worktrees));
  const isOurs = (worktree: string | null): boolean => worktree === null || inside(root, worktree);
  const own = process.env['SLICEWAVE_RUN_ID'];
  if (own !== undefined && own !== '' && isOurs(process.env['SLICEWAVE_WORKTREE'] ?? null))
    return `it was started by run ${own}`;
  if (!editor && inside(root, await realpath('.').catch(() => process.cwd())))
    return `it was started in a slice's worktree, ${process.cwd()}`;
  const all = seeProcesses();
  const byPid = new Map(all.map((seen) => [seen.pid, seen]));
  const me = byPid.get(process.pid);
  if (!me) return null;
  if (me.limit !== null && ofRuns(runIds)(me))
    return 'it bears the mark of a run, which goes on to all that one starts';
  const line = ancestry(me, byPid);
  for (const seen of line) {
    if (isOfSome(seen) && isOurs(seen.worktree)) return `it descends from ${ofWhat(seen)}`;
    if (runners.some((runner) => runner.pid === seen.pid && runner.started === seen.started))
      return 'it descends from the runner of a slice';
  }
  const beside = all.find(
    (seen) =>
      isOfSome(seen) &&
      isOurs(seen.worktree) &&
      (seen.group === me.group || (me.session !== 0 && seen.session === me.session)),
  );
  if (beside) return `it shares its session with ${ofWhat(beside)}`;
  const top = line.at(-1);
  const isYounger = runners.some(
    (runner) => runner.started !== '' && Number(top?.started ?? 0) >= Number(runner.started),
  );
  if (!editor && isYounger && me.terminal === 0) return 'it was cut off from what started it, while slices are at work';
  return null;
}

function isOfSome({ runId, checkOf }: SeenProcess): boolean {
  return runId !== null || checkOf !== null;
}

function ofWhat({ runId }: SeenProcess): string {
  return runId === null ? 'the check of a run' : `run ${runId}`;
}
