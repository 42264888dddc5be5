import { strict as assert } from 'node:assert';
import type { CodeReader } from '../../src/core/code/model.ts';
import { couplings } from '../../src/core/judge/coupling.ts';
import { CoChangeCollector, type CoChange } from '../../src/core/judge/coupling-history.ts';
import type { Coupling, CouplingLimits, Couplings } from '../../src/core/judge/coupling-model.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Plan, Slice } from '../../src/core/plan/model.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';
import { planOf, scope, slice } from './plan-fixture.ts';

export type Files = Readonly<Record<string, string>>;

/** The real parser: what imports look like is not made up here. */
export const reader: CodeReader = await openReader();

async function openReader(): Promise<CodeReader> {
  const opened = await openCodeReader();
  assert.ok(opened, 'the parser is installed');
  return opened;
}

export interface World {
  readonly files?: Files;
  readonly slices: readonly Slice[];
  readonly plan?: Partial<Plan>;
  readonly commits?: readonly (readonly string[])[];
  readonly limits?: Partial<CouplingLimits>;
}

export function judge({ files = {}, slices, plan: given, commits, limits }: World): Couplings {
  const plan = planOf(slices, given);
  return couplings({
    plan,
    graph: planGraph(plan),
    repoFiles: Object.keys(files),
    code: (path) => reader.read(path, files[path] ?? ''),
    text: (path) => files[path] ?? null,
    history: commits ? historyOf(commits) : null,
    ...(limits ? { limits } : {}),
  });
}

export function historyOf(commits: readonly (readonly string[])[]): CoChange {
  const collector = new CoChangeCollector();
  for (const paths of commits) collector.commit(paths);
  return collector.finish();
}

export function only(found: Couplings): Coupling {
  assert.equal(found.pairs.length, 1, JSON.stringify(found.pairs));
  return found.pairs[0]!;
}

export function writing(
  id: string,
  modify: string[],
  given: Partial<Slice> & { create?: string[]; boundary?: string[] } = {},
) {
  const { create = [], boundary = [], ...rest } = given;
  return slice(id, { scope: scope({ modify, create, boundary }), ...rest });
}
