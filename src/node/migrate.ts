import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readManifest } from '../core/manifest/read.ts';
import { success, type Result } from '../core/result.ts';
import type { EngineFailure } from './engine-model.ts';
import { writeFailure } from './plan-directory.ts';
import { fail, type Repository } from './repository.ts';
import { planIdOf, recoverHeld } from './replan-journal.ts';
import { acquireLock, planLock, writeWhole } from './state-files.ts';

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
    if (options.write) await writeWhole(file, edit.text);
    return success({ state: 'migrated', text: edit.text });
  } catch (error) {
    return writeFailure(dir, error);
  } finally {
    await lock.release();
  }
}
