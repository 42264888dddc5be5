import type { Finding } from '../../text/finding.ts';
import type { Manifest } from '../../manifest/model.ts';
import type { PlanGraph } from '../../plan/graph-model.ts';
import { sliceResolver } from '../../plan/load.ts';
import type { Plan } from '../../plan/model.ts';
import { SourceText } from '../../text/source.ts';
import type { Span } from '../../text/source.ts';
import { defaultLimits } from '../engine/config.ts';
import { contextFindings } from './context-size.ts';
import type { LintContext } from '../engine/context.ts';
import { contractFindings, createFindings, modifyFindings, overlapFindings, unmeasuredFindings } from './overlaps.ts';
import { blockFindings, waveFindings } from './dependencies.ts';
import { repeatedDependencyFindings } from '../task/repeated-dependencies.ts';
import { shapeOf, type PlanShape } from './shape.ts';
import { repositoryIndex, type RepositoryIndex } from '../../scope/repository-index.ts';
import type { FoundOverlap } from '../../scope/overlap.ts';
import { report } from '../engine/rules.ts';
import { planScopeFindings } from './scope-facts.ts';
import { checkFindings } from '../task/checks.ts';
import { mergePointFindings, validationFindings } from './wave-checks.ts';

export interface PlanLintRequest {
  readonly plan: Plan;
  readonly manifest: Manifest;
  /** A file's text by its repository-relative path. */
  readonly textOf: (file: string) => string;
  readonly context: LintContext;
  /** The pairs of slices that overlap, where they are known already. */
  readonly overlaps?: readonly FoundOverlap[];
}

/** Findings that only the whole plan shows. */
export function lintGraph({ plan, manifest, textOf, context, overlaps }: PlanLintRequest): Finding[] {
  const shape = shapeOf(plan, manifest, context.repository?.names);
  const { graph } = shape;
  const limits = context.limits ?? defaultLimits;
  const index = context.repository ? repositoryIndex(context.repository) : null;
  const resolve = sliceResolver(plan);
  const sources = new Map<string, SourceText>();
  const sourceOf = (file: string): SourceText => {
    const known = sources.get(file) ?? new SourceText(file, textOf(file));
    sources.set(file, known);
    return known;
  };
  const request = { plan, shape, sourceOf, ...(overlaps ? { overlaps } : {}) };
  // A pair of slices that collide has one finding, by what weighs most.
  const pairs = new Set<string>();
  return [
    ...cycleFindings(plan, graph, manifest, sourceOf),
    ...blockFindings({ plan, shape, resolve }, sourceOf),
    ...waveFindings({ plan, shape, manifest, resolve, sourceOf }),
    ...createFindings(request, pairs),
    ...overlapFindings(request, context.repository?.files ?? noFiles, limits, pairs),
    ...unmeasuredFindings(request, context.repository?.files ?? noFiles, manifest),
    ...modifyFindings(request, pairs),
    ...contractFindings(request, manifest),
    ...validationFindings(plan, manifest, resolve, sourceOf),
    ...mergePointFindings(plan, graph, manifest, sourceOf),
    ...metadataFindings(plan, graph, manifest, sourceOf),
    ...(index ? planScopeFindings({ ...request, index, limits }) : []),
    ...(index ? planCheckFindings(request, index) : []),
    ...(index ? contextFindings({ ...request, index, limits, textOf }) : []),
    ...namedTwiceFindings(plan, resolve, sourceOf),
  ];
}

/** One list for all who have none, so that what was worked out for it holds. */
const noFiles: readonly string[] = [];

/** Commands of slices against the repository; whatever any slice of the plan may write may yet come. */
function planCheckFindings(
  { plan, shape, sourceOf }: { readonly plan: Plan; readonly shape: PlanShape; readonly sourceOf: SourceOf },
  index: RepositoryIndex,
): Finding[] {
  const mayBeWritten = (file: string): boolean =>
    !shape.created.meeting(file).next().done || !shape.modified.meeting(file).next().done;
  const named = new Set<string>();
  const findings: Finding[] = [];
  for (const slice of plan.slices) {
    for (const found of checkFindings(slice, sourceOf, { index, mayBeWritten })) {
      // One machine lacks one program: to say so once is enough.
      if (found.code === 'task.program-unknown') {
        if (named.has(found.message)) continue;
        named.add(found.message);
      }
      findings.push(found);
    }
  }
  return findings;
}

/** Two names of one slice among the dependencies; the same name twice is seen in the file alone. */
function namedTwiceFindings(plan: Plan, resolve: (name: string) => string | null, sourceOf: SourceOf): Finding[] {
  return (
    plan.slices
      .filter((slice) => slice.task.deps.length > slice.deps.length)
      // Fewer slices than names, so at least two names mean one.
      .flatMap((slice) => repeatedDependencyFindings(slice.task.deps, sourceOf(slice.file), resolve))
  );
}

type SourceOf = (file: string) => SourceText;

/** A circle is shown at a dependency that closes it, or else at the merge point that does. */
function cycleFindings(plan: Plan, graph: PlanGraph, manifest: Manifest, sourceOf: SourceOf): Finding[] {
  if (graph.cycles.length === 0) return [];
  const resolve = sliceResolver(plan);
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  return graph.cycles.map((trail) => {
    const message = `these slices wait for each other: ${trail.join(' -> ')}`;
    const members = new Set(trail);
    for (const id of trail) {
      const slice = slices.get(id);
      const dep = slice?.task.deps.find((candidate) => members.has(resolve(candidate.value) ?? ''));
      if (slice && dep) return report(sourceOf(slice.file), 'plan.cycle', message, dep.span);
    }
    const point = manifest.mergePoints
      .flatMap((candidate) => candidate.unlocks)
      .find((unlocked) => members.has(resolve(unlocked.value) ?? ''));
    return report(sourceOf(manifest.file), 'plan.cycle', message, point?.span);
  });
}

/** Hand-written numbers of the manifest against what the plan really says. */
function metadataFindings(plan: Plan, graph: PlanGraph, manifest: Manifest, sourceOf: SourceOf): Finding[] {
  const source = sourceOf(manifest.file);
  const resolve = sliceResolver(plan);
  const findings: Finding[] = [];
  const { totalTasks, maxParallel, criticalPath } = manifest.metadata;
  const replace = (span: Span, text: string) => ({ title: `Change to ${text}`, edits: [{ span, text }] });
  if (totalTasks && totalTasks.value !== plan.slices.length) {
    const right = String(plan.slices.length);
    findings.push(
      report(
        source,
        'plan.wrong-count',
        `the plan has ${right} slices, not ${totalTasks.value}`,
        totalTasks.span,
        replace(totalTasks.span, right),
      ),
    );
  }
  if (graph.cycles.length > 0) return findings;
  if (maxParallel && maxParallel.value !== graph.width) {
    const right = String(graph.width);
    findings.push(
      report(
        source,
        'plan.wrong-parallel',
        `the widest wave has ${right} slices, not ${maxParallel.value}`,
        maxParallel.span,
        replace(maxParallel.span, right),
      ),
    );
  }
  const [first] = criticalPath;
  const last = criticalPath.at(-1);
  if (
    first &&
    last &&
    !isCriticalPath(
      plan,
      graph,
      criticalPath.map((step) => resolve(step.value)),
    )
  ) {
    const known = new Set(plan.slices.map((slice) => slice.id));
    const right = graph.criticalPath.filter((id) => known.has(id));
    const span = { start: first.span.start, end: last.span.end };
    findings.push(
      report(
        source,
        'plan.wrong-critical-path',
        `the longest chain is ${right.join(' -> ')} (${graph.makespanMinutes} minutes)`,
        span,
        {
          title: 'Replace by the computed critical path',
          edits: [{ span, text: right.map((id) => JSON.stringify(id)).join(', ') }],
        },
      ),
    );
  }
  return findings;
}

/** Whether a written path is one of the longest: unbroken, and as long as the whole plan takes. */
function isCriticalPath(plan: Plan, graph: PlanGraph, path: readonly (string | null)[]): boolean {
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const edges = new Set(graph.edges.map((edge) => `${edge.from} ${edge.to}`));
  let minutes = 0;
  for (const [index, id] of path.entries()) {
    const slice = slices.get(id ?? '');
    if (!slice) return false;
    const before = path[index - 1];
    if (index > 0 && !edges.has(`${before} ${id}`)) return false;
    minutes += slice.estimateMinutes;
  }
  return minutes === graph.makespanMinutes;
}
