import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { planIdOf } from '../../core/plan/plan-id.ts';
import { withWaves } from '../../core/manifest/migrate.ts';
import { readManifest } from '../../core/manifest/read.ts';
import { planGraph } from '../../core/plan/graph.ts';
import { loadPlan, sliceResolver } from '../../core/plan/load.ts';
import { success, type Result } from '../../core/text/result.ts';
import { type EngineFailure, fail } from '../failure.ts';
import { writeFailure } from './directory.ts';
import { readPlanFiles } from './plan-texts.ts';
import { type Repository } from '../git/repository.ts';
import { amendFixed } from '../state/fixed-plan.ts';
import { recoverHeld } from '../state/replan-journal.ts';
import { acquireLock, planLock } from '../state/locks.ts';
import { writeWhole } from '../state/whole-write.ts';

/**
 * Brings a plan's manifest into the current form: what that form has a place for moves there, everything else stays under
 * its own key. `text` is the manifest as it is afterwards (or would be, without `write`).
 */
export async function migratePlan(
  repository: Repository,
  dir: string,
  options: { readonly write: boolean },
): Promise<Result<{ readonly state: 'current' | 'migrated'; readonly text: string }, EngineFailure>> {
  const name = `${dir}/manifest.json`;
  const file = path.join(repository.root, name);
  const lock = await acquireLock(planLock(repository, planIdOf(dir)), { wait: 10_000 });
  if (!lock) return fail('busy', `${dir} is being changed by another process`, 'Try again in a moment.');
  try {
    await recoverHeld(repository, dir);
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null)
      return fail('bad-plan', `${name} cannot be read`, 'Check that it exists and that you may read it.');
    const { manifest, findings } = readManifest(text, name);
    const legacy = findings.find(({ code }) => code === 'manifest.legacy');
    const broken = findings.filter(({ severity }) => severity === 'error');
    if (manifest && !legacy) return success({ state: 'current', text });
    const [edit] = legacy?.fix?.edits ?? [];
    if (!edit) {
      const [first] = broken;
      const why = first
        ? `${name}:${first.line}:${first.column}: ${first.message}`
        : `${name} names no spec, which the current form must`;
      return {
        ok: false,
        failure: {
          reason: 'bad-plan',
          message: why,
          remedy: first ? 'Mend it, then migrate again.' : 'Add "tech_spec": {"id": "TS-0042"}, then migrate again.',
          findings: broken.slice(1),
        },
      };
    }
    const migrated = await inOrder(repository, dir, edit.text);
    if (options.write) {
      await writeWhole(file, migrated);
      await amendFixed(repository, planIdOf(dir), [{ name: 'manifest.json', before: text, after: migrated }]);
    }
    return success({ state: 'migrated', text: migrated });
  } catch (error) {
    return writeFailure(dir, error);
  } finally {
    await lock.release();
  }
}

/** Where the older form had no waves, the dependencies of the task specs say them. */
async function inOrder(repository: Repository, dir: string, text: string): Promise<string> {
  const read = await readPlanFiles(repository, dir);
  if (!read.ok) return text;
  const { plan } = loadPlan(new Map([...read.value, ['manifest.json', text]]), dir);
  if (!plan) return text;
  const { schedule } = planGraph(plan);
  const resolve = sliceResolver(plan);
  return withWaves(text, (id) => schedule.get(resolve(id) ?? id)?.wave ?? null);
}
