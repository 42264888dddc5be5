import type { Finding } from '../finding.ts';
import { planGraph } from '../plan/graph.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import { sliceResolver } from '../plan/load.ts';
import type { Plan, Slice } from '../plan/model.ts';
import type { Manifest } from '../manifest/model.ts';
import { compileGlob, globsIntersect } from '../scope/glob.ts';
import { SourceText } from '../source.ts';
import type { Span } from '../source.ts';
import type { ScopeEntry } from '../task/model.ts';
import { report } from './rules.ts';

/** Findings that only the whole plan shows. `textOf` gives a file's text by its repository-relative path. */
export function lintGraph(plan: Plan, manifest: Manifest, textOf: (file: string) => string): Finding[] {
  const graph = planGraph(plan);
  const sources = new Map<string, SourceText>();
  const sourceOf = (file: string): SourceText => {
    const known = sources.get(file) ?? new SourceText(file, textOf(file));
    sources.set(file, known);
    return known;
  };
  return [
    ...cycleFindings(plan, graph, manifest, sourceOf),
    ...blockFindings(plan, sourceOf),
    ...createFindings(plan, sourceOf),
    ...modifyFindings(plan, graph, sourceOf),
    ...metadataFindings(plan, graph, manifest, sourceOf),
  ];
}

type SourceOf = (file: string) => SourceText;

/** A circle is shown at a dependency that closes it, or else at the merge point that does. */
function cycleFindings(plan: Plan, graph: PlanGraph, manifest: Manifest, sourceOf: SourceOf): Finding[] {
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

function blockFindings(plan: Plan, sourceOf: SourceOf): Finding[] {
  const resolve = sliceResolver(plan);
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const findings: Finding[] = [];
  for (const slice of plan.slices) {
    for (const block of slice.task.blocks) {
      const other = slices.get(resolve(block.value) ?? '');
      const source = sourceOf(slice.file);
      if (!other)
        findings.push(
          report(source, 'plan.blocks-unknown', `blocks "${block.value}": there is no such slice`, block.span),
        );
      else if (slice.deps.includes(other.id)) {
        findings.push(
          report(
            source,
            'plan.blocks-disagree',
            `${slice.id} says it blocks ${other.id}, but depends on it; deps decide`,
            block.span,
          ),
        );
      } else if (!other.deps.includes(slice.id)) {
        findings.push(
          report(
            source,
            'plan.blocks-disagree',
            `${slice.id} says it blocks ${other.id}, which does not depend on it; deps decide`,
            block.span,
          ),
        );
      }
    }
  }
  return findings;
}

interface Place {
  readonly slice: Slice;
  readonly entry: ScopeEntry;
  readonly path: string;
  readonly prefix: string;
}

function places(plan: Plan, key: 'create' | 'modify'): Place[] {
  return plan.slices.flatMap((slice) =>
    slice.scope[key].flatMap((entry) =>
      entry.path === null ? [] : [{ slice, entry, path: entry.path, prefix: compileGlob(entry.path).prefix }],
    ),
  );
}

/**
 * Pairs of places in different slices with a path in common. Sorted by what every match begins with, a place can only
 * meet those that follow it for as long as they continue its own beginning.
 */
function* meetings(all: readonly Place[]): Generator<{ first: Place; second: Place; witness: string }> {
  const sorted = all.toSorted((a, b) => (a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : 0));
  for (let i = 0; i < sorted.length; i++) {
    const first = sorted[i];
    for (let j = i + 1; first && j < sorted.length; j++) {
      const second = sorted[j];
      if (!second?.prefix.startsWith(first.prefix)) break;
      if (first.slice === second.slice) continue;
      const witness = globsIntersect(first.path, second.path);
      if (witness !== null) yield { first, second, witness };
    }
  }
}

/** A path is in CREATE of exactly one slice of the whole plan. Shown at the slice that stands later in it. */
function createFindings(plan: Plan, sourceOf: SourceOf): Finding[] {
  const findings: Finding[] = [];
  const reported = new Set<string>();
  const rank = new Map(plan.slices.map((slice, index) => [slice.id, index]));
  for (const { first, second, witness } of meetings(places(plan, 'create'))) {
    const [earlier, later] =
      (rank.get(first.slice.id) ?? 0) < (rank.get(second.slice.id) ?? 0) ? [first, second] : [second, first];
    const key = `${later.slice.id} ${later.entry.span.start} ${earlier.slice.id}`;
    if (reported.has(key)) continue;
    reported.add(key);
    findings.push(
      report(
        sourceOf(later.slice.file),
        'plan.create-twice',
        `${witness} is created by ${earlier.slice.id} as well; only one slice may create a file`,
        later.entry.span,
      ),
    );
  }
  return findings;
}

/** An unscoped MODIFY of a path belongs to one slice of a wave; symbols of one file may be shared out. */
function modifyFindings(plan: Plan, graph: PlanGraph, sourceOf: SourceOf): Finding[] {
  const findings: Finding[] = [];
  const byWave = new Map<number, Place[]>();
  for (const place of places(plan, 'modify')) {
    const wave = graph.schedule.get(place.slice.id)?.wave;
    if (wave === undefined) continue;
    const members = byWave.get(wave) ?? [];
    members.push(place);
    byWave.set(wave, members);
  }
  const reported = new Set<string>();
  for (const [wave, members] of [...byWave].sort(([a], [b]) => a - b)) {
    for (const { first, second, witness } of meetings(members)) {
      if (!symbolsMeet(first.entry.symbol, second.entry.symbol)) continue;
      const key = `${second.slice.id} ${second.entry.span.start} ${first.slice.id}`;
      if (reported.has(key)) continue;
      reported.add(key);
      const what =
        first.entry.symbol !== null && second.entry.symbol !== null ? `${witness}::${second.entry.symbol}` : witness;
      findings.push(
        report(
          sourceOf(second.slice.file),
          'plan.modify-together',
          `${what} is modified by ${first.slice.id} in the same wave ${wave}; give it to one of them, or make one depend on the other`,
          second.entry.span,
        ),
      );
    }
  }
  return findings;
}

/** `A` and `A.b` overlap, `A` and `B` do not; no symbol means the whole file. */
function symbolsMeet(a: string | null, b: string | null): boolean {
  return a === null || b === null || a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
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
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const waveOf = new Map<string, number>();
  for (const wave of manifest.waves)
    for (const task of wave.tasks) waveOf.set(resolve(task.id.value) ?? '', wave.number);
  for (const wave of manifest.waves) {
    for (const task of wave.tasks) {
      const slice = slices.get(resolve(task.id.value) ?? '');
      const late = slice?.deps.find((dep) => (waveOf.get(dep) ?? 0) >= wave.number);
      if (slice && late !== undefined) {
        findings.push(
          report(
            source,
            'plan.wave-order',
            `${slice.id} stands in wave ${wave.number}, but depends on ${late} of wave ${waveOf.get(late)}; deps decide`,
            task.id.span,
          ),
        );
      }
    }
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
