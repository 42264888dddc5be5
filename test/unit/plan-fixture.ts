import { noBudget } from '../../src/core/manifest/read.ts';
import type { MergePoint, Plan, Slice } from '../../src/core/plan/model.ts';
import { defaultSandbox } from '../../src/core/sandbox/policy.ts';
import type { Scope, ScopeEntry, TaskSpec } from '../../src/core/task/model.ts';

const NOWHERE = { start: 0, end: 0 };

/** A scope entry from `path`, `path::Symbol`, or prose (`null`). */
export function entry(text: string | null): ScopeEntry {
  if (text === null) return { path: null, symbol: null, note: null, text: 'all the rest', span: NOWHERE };
  const [path, symbol] = text.split('::');
  return { path: path!, symbol: symbol ?? null, note: null, text, span: NOWHERE };
}

export function scope(parts: { create?: string[]; modify?: string[]; boundary?: (string | null)[] }): Scope {
  return {
    create: (parts.create ?? []).map(entry),
    modify: (parts.modify ?? []).map(entry),
    boundary: (parts.boundary ?? []).map(entry),
  };
}

/** A slice as the planner sees it: what is not given is empty. */
export function slice(id: string, given: Partial<Slice> = {}): Slice {
  const file = `parallel/TS-1/tasks/task-${id}.md`;
  return {
    id,
    title: `Slice ${id}`,
    file,
    component: null,
    workstream: null,
    deps: [],
    runtimeDeps: [],
    agent: null,
    skills: [],
    contracts: [],
    layers: [],
    scope: scope({}),
    verify: [],
    estimateMinutes: 120,
    stop: [],
    attempts: 1,
    kind: 'engineering',
    task: TASK,
    ...given,
  };
}

export function planOf(slices: readonly Slice[], given: Partial<Plan> = {}): Plan {
  return {
    id: 'TS-1-shop',
    dir: 'parallel/TS-1-shop',
    techSpecId: 'TS-1',
    title: 'Shop',
    technology: null,
    specPath: null,
    slices,
    workstreams: [...new Set(slices.flatMap((s) => s.workstream ?? []))].map((id) => ({ id, name: id, boundary: [] })),
    mergePoints: [],
    waveChecks: [],
    contracts: [],
    layers: {},
    limits: { maxParallel: null, maxRetries: 2, timeoutMinutes: 60, maxCostUsd: null, budget: noBudget },
    dependencies: {},
    sandbox: defaultSandbox,
    setup: [],
    ...given,
  };
}

export function mergePoint(id: string, needs: string[], unlocks: string[]): MergePoint {
  return { id, needs, unlocks, verify: [] };
}

/** Planning never looks into the task spec itself. */
const TASK: TaskSpec = {
  file: 'parallel/TS-1/tasks/task.md',
  id: null,
  title: null,
  component: null,
  wave: null,
  deps: [],
  blocks: [],
  agent: null,
  skills: [],
  techSpec: null,
  contracts: [],
  workstream: null,
  runtimeDeps: [],
  layers: [],
  verify: [],
  estimateMinutes: null,
  stop: [],
  attempts: 1,
  kind: 'engineering',
  scope: { create: [], modify: [], boundary: [] },
  scopeSection: null,
  requirements: '',
  checklist: [],
  sections: [],
  frontMatter: null,
};
