import type { ManifestTask } from '../manifest/model.ts';
import { removeItem } from '../task/list-edit.ts';
import type { TaskSpec } from '../task/model.ts';
import { finding, type Finding } from '../text/finding.ts';
import type { SourceText } from '../text/source.ts';
import { contractPath } from './contract-files.ts';
import type { Slice } from './model.ts';
import { resolveSlice, resolveSlices, type SliceIds } from './slice-ids.ts';
import { oneLine } from '../text/printing.ts';

/** Minutes a slice takes when its task spec says nothing: the lower end of the "2-4 hours" a slice should have. */
export const defaultEstimateMinutes = 120;

/** A task file with the id its slice gets. */
export interface LoadedTask {
  readonly id: string;
  readonly base: string;
  readonly source: SourceText;
  readonly task: TaskSpec;
}

/** What else a slice is made of: where the manifest lists it, the names of all slices, and the plan's directory. */
interface SliceSurroundings {
  readonly listedAs: ManifestTask | undefined;
  readonly ids: SliceIds;
  readonly root: string;
}

interface BuiltSlice {
  readonly slice: Slice;
  readonly findings: readonly Finding[];
}

/** What was made of a task spec the last time. A reader that keeps its readings gets the same slice for the same reading. */
const built = new WeakMap<TaskSpec, BuiltSlice & Pick<SliceSurroundings, 'listedAs' | 'ids'>>();

/** The slice of a task spec, with what is wrong with it in this plan. The same reading gives the same slice. */
export function sliceOfTask(loaded: LoadedTask, { listedAs, ids, root }: SliceSurroundings): BuiltSlice {
  const { id, task, source } = loaded;
  const before = built.get(task);
  if (before && before.slice.id === id && before.ids === ids && before.listedAs === listedAs) return before;
  const findings: Finding[] = [];
  if (task.agent && listedAs?.agent && task.agent.value !== listedAs.agent) {
    findings.push(
      finding(
        source,
        'plan.agent-differs',
        'warning',
        `the manifest gives this slice to "${listedAs.agent}"; the task spec's "${task.agent.value}" is used`,
        task.agent.span,
      ),
    );
  }
  const slice: Slice = {
    id,
    title: lineTitle(task.title ?? task.component ?? listedAs?.component ?? id),
    file: source.file,
    component: task.component ?? listedAs?.component ?? null,
    workstream: task.workstream?.value ?? null,
    deps: dependencies(loaded, ids, findings),
    runtimeDeps: resolveSlices(
      ids,
      task.runtimeDeps,
      { where: source, code: 'plan.unknown-dependency', what: 'needs at integration' },
      findings,
    ).filter((other) => other !== id),
    agent: task.agent?.value ?? listedAs?.agent ?? null,
    skills: task.skills,
    contracts: task.contracts.map((contract) => contractPath(contract.value, root)),
    layers: task.layers,
    scope: task.scope,
    verify: task.verify.map((check) => check.value),
    estimateMinutes: task.estimateMinutes ?? defaultEstimateMinutes,
    stop: task.stop.map((rule) => rule.value),
    attempts: task.attempts,
    kind: task.kind,
    task,
  };
  const made = { slice, findings, ids, listedAs };
  built.set(task, made);
  return made;
}

function dependencies({ id, task, source }: LoadedTask, ids: SliceIds, findings: Finding[]): string[] {
  const deps: string[] = [];
  for (const dep of task.deps) {
    const target = resolveSlice(
      ids,
      dep,
      { where: source, code: 'plan.unknown-dependency', what: 'depends on' },
      findings,
    );
    if (target === id) {
      const removal = removeItem(source.text, dep.span, `Remove ${dep.value}`);
      findings.push(
        finding(
          source,
          'plan.self-dependency',
          'error',
          `${id} depends on itself`,
          dep.span,
          removal && { ...removal, guess: true },
        ),
      );
    } else if (target !== null && !deps.includes(target)) deps.push(target);
  }
  return deps;
}

/** Titles stand in headings, lists and table cells; YAML and JSON can put line breaks into them. */
export function lineTitle(title: string): string {
  return /[\n\r\t\u2028\u2029]/.test(title) ? oneLine(title) : title;
}
