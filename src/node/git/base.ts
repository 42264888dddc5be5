import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plan } from '../../core/plan/model.ts';
import { failure, success, type Result } from '../../core/text/result.ts';
import type { PlanState } from '../../core/run/state-model.ts';
import { type EngineFailure, fail } from '../failure.ts';
import type { Git } from './git.ts';
import { keptOneSide } from './merge-drivers.ts';
import { type Repository } from './repository.ts';

/** A merge that git could not make alone. */
export interface BaseConflict {
  readonly reason: 'conflict';
  readonly between: readonly [string, string];
  readonly files: readonly string[];
}

/** A named commit: the slice, merge point or plan that it comes from. */
export interface Part {
  readonly name: string;
  readonly commit: string;
}

/**
 * The commit that holds all of `parts`, made without a checkout. Deterministic: the same parts give the same commit id
 * (merges carry the date of the first part), so a killed and resumed run stands on the very same base. A part that is
 * contained already adds no merge.
 */
export async function mergeParts(git: Git, parts: readonly Part[]): Promise<Result<string, BaseConflict>> {
  const [first, ...rest] = parts;
  if (!first) throw new Error('nothing to merge');
  let at = first.commit;
  let names = first.name;
  let date: string | null = null;
  for (const part of rest) {
    const common = at === part.commit ? at : await git.mergeBase(at, part.commit);
    if (common === part.commit) continue;
    if (common === at) {
      at = part.commit;
      names = part.name;
      continue;
    }
    const sides = { ours: at, theirs: part.commit };
    const merged = await git.mergeTree(sides.ours, sides.theirs);
    const files = 'conflicts' in merged ? merged.conflicts : await keptOneSide(git, { ...sides, merged: merged.tree });
    if ('conflicts' in merged || files.length > 0)
      return failure({ reason: 'conflict', between: [names, part.name], files });
    date ??= await dateOf(git, first.commit);
    at = await git.commitTree(merged.tree, [at, part.commit], `slicewave: merge ${part.name} into the base`, date);
    names = `${names}, ${part.name}`;
  }
  return success(at);
}

/**
 * What a slice (or checkpoint) stands on: the prepared base, then the verified commits of its dependencies, or of the
 * checkpoint that unlocks it. A skipped dependency contributes nothing: the person decided to do without it.
 */
export function partsOf(state: PlanState, needs: readonly string[], node: string | null): readonly Part[] {
  if (!state.preparedCommit) throw new Error('the plan was not started');
  const parts: Part[] = [{ name: 'base', commit: state.preparedCommit }];
  const inCheckpoint = new Set<string>();
  for (const checkpoint of state.checkpoints) {
    if (node === null || !checkpoint.unlocks.includes(node) || !checkpoint.commit) continue;
    parts.push({ name: checkpoint.id, commit: checkpoint.commit });
    for (const id of checkpoint.needs) inCheckpoint.add(id);
  }
  for (const slice of state.slices) {
    if (needs.includes(slice.id) && !inCheckpoint.has(slice.id) && slice.commit && slice.state !== 'skipped') {
      parts.push({ name: slice.id, commit: slice.commit });
    }
  }
  return parts;
}

/** The date that the tool's own commits of a plan carry: that of its base, because a clock would make every run different. */
export async function dateOf(git: Git, commit: string): Promise<string> {
  return git.text(['show', '-s', '--format=%cI', '--end-of-options', commit]);
}

/**
 * The commit every slice starts from: the base that the person chose, with the contracts written to their places.
 * Interfaces exist before any agent starts; nobody's checkout or branch moves.
 */
export async function prepareBase(
  repository: Repository,
  plan: Plan,
  contents: ReadonlyMap<string, string>,
  base: string,
): Promise<Result<string, EngineFailure>> {
  const { git } = repository;
  const placed = plan.contracts.filter((contract) => contract.target !== null);
  if (placed.length === 0) return success(base);
  const tree = await git.withIndex(null, async (index): Promise<Result<string, EngineFailure>> => {
    await git.run(['read-tree', base], { index });
    for (const contract of placed) {
      const text = contents.get(contract.path);
      const target = contract.target ?? '';
      if (text === undefined) {
        return fail(
          'bad-plan',
          `${plan.dir}/${contract.path} does not exist`,
          'Write the contract, or take it out of the manifest.',
        );
      }
      if (target.startsWith('/') || target.split('/').includes('..') || target.split('/').includes('.git')) {
        return fail(
          'bad-plan',
          `${plan.dir}/manifest.json: the contract target ${target} leaves the repository`,
          'Give a path inside the repository.',
        );
      }
      const blob = await git.text(['hash-object', '-w', '--stdin', '--path', target], { input: text });
      await git.run(['update-index', '--add', '--cacheinfo', `100644,${blob},${target}`], { index });
    }
    return success(await git.text(['write-tree'], { index }));
  });
  if (!tree.ok) return tree;
  if (tree.value === (await git.treeOf(base))) return success(base);
  const message = `slicewave(${plan.id}): contracts\n\n${placed.map((contract) => contract.target).join('\n')}\n\nSlicewave-Plan: ${plan.id}`;
  return success(await git.commitTree(tree.value, [base], message, await dateOf(git, base)));
}

/** The text of the files under a directory of the checkout that are small enough to be read as text. */
export async function readTexts(root: string, files: readonly string[], limit: number): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const file of files) {
    const bytes = await readFile(path.join(root, file)).catch(() => null);
    if (bytes && bytes.length <= limit && !bytes.includes(0)) texts.set(file, bytes.toString('utf8'));
  }
  return texts;
}
