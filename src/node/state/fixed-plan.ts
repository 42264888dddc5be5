import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { PlanFiles } from '../../core/plan/model.ts';
import { nodeName } from '../../core/run/names.ts';
import type { Repository } from '../git/repository.ts';
import { appendDecision, readDecisions } from './decision-log.ts';

/** What a plan is run by, as the decisions have it: the digest of its files, and the git object that keeps them. */
export interface FixedPlan {
  readonly digest: string;
  readonly object: string;
}

/** Files that the tool leaves in a plan directory and no run goes by, half-written ones of a killed process among them. */
const LEFT_OVER = /^integration-report\.md$|\.edited(?:-\d+)?$|\.(?:md|json)\.\d{6,}$/;

/** Whether runs go by a file of a plan directory. */
export function isRunBy(name: string): boolean {
  return !LEFT_OVER.test(name);
}

/** Names of files that are not the same in two versions of a plan directory, sorted. */
export function differing(before: PlanFiles, after: PlanFiles): readonly string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.filter((name) => before.get(name) !== after.get(name)).toSorted();
}

/** A digest of all files of a plan that runs go by, whatever order they come in. */
export function planDigest(files: PlanFiles): string {
  const hash = createHash('sha256');
  for (const name of [...files.keys()].filter(isRunBy).toSorted()) {
    const text = files.get(name) ?? '';
    hash.update(`${name}\0${Buffer.byteLength(text)}\0${text}`);
  }
  return hash.digest('hex');
}

/** What the plan was last fixed to; `null` when it never was: it was not started, or by an earlier version. */
export async function fixedPlan(repository: Repository, plan: string): Promise<FixedPlan | null> {
  const last = (await readDecisions(repository.runsDir, plan)).findLast((decision) => decision.type === 'plan_fixed');
  return last?.type === 'plan_fixed' ? { digest: last.digest, object: last.object } : null;
}

const kept = z.record(z.string(), z.string());

/** The files that a plan was fixed to; `null` when they are gone, or are not those. */
export async function fixedFiles(repository: Repository, fixed: FixedPlan): Promise<PlanFiles | null> {
  const { exitCode, stdout } = await repository.git.run(['cat-file', 'blob', fixed.object], { accept: [0, 1, 128] });
  if (exitCode !== 0) return null;
  try {
    const files = new Map(Object.entries(kept.parse(JSON.parse(stdout))));
    return planDigest(files) === fixed.digest ? files : null;
  } catch {
    return null;
  }
}

/**
 * Fixes a plan to these files: from here on runs go by them, whatever the directory says. They are kept as one git object,
 * under a ref of the tool's own. Nothing is recorded when they are what it is fixed to.
 */
export async function fixPlan(repository: Repository, plan: string, files: PlanFiles, by: string): Promise<void> {
  const digest = planDigest(files);
  if ((await fixedPlan(repository, plan))?.digest === digest) return;
  const entries = [...files].filter(([name]) => isRunBy(name)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const input = JSON.stringify(Object.fromEntries(entries));
  const object = await repository.git.text(['hash-object', '-w', '--stdin'], { input });
  await repository.git.run(['update-ref', `refs/slicewave/plans/${nodeName(plan)}/fixed`, object]);
  await appendDecision(repository.runsDir, plan, by, { type: 'plan_fixed', digest, object });
}

/** One file that the tool itself writes: what it was and what it is; `null`: not there. */
export interface PlanEdit {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * Carries changes that the tool made on a person's word over to what the plan is fixed to. A file that was not as it is
 * fixed stays a question: nobody has accepted what it was changed from.
 */
export async function amendFixed(repository: Repository, plan: string, edits: readonly PlanEdit[]): Promise<void> {
  const fixed = await fixedPlan(repository, plan);
  const files = fixed && new Map(await fixedFiles(repository, fixed));
  if (!files || files.size === 0) return;
  for (const { name, before, after } of edits) {
    if ((files.get(name) ?? null) !== before) continue;
    if (after === null) files.delete(name);
    else files.set(name, after);
  }
  await fixPlan(repository, plan, files, 'slicewave');
}
