import { field, scalarText, type DocumentValue } from '../../text/document.ts';
import type { Finding } from '../../text/finding.ts';
import { readJson } from '../../text/json.ts';
import type { Manifest } from '../../manifest/model.ts';
import type { PlanGraph } from '../../plan/graph-model.ts';
import type { MergePoint, Plan } from '../../plan/model.ts';
import type { SourceText, Span } from '../../text/source.ts';
import { report } from '../engine/rules.ts';

type SourceOf = (file: string) => SourceText;

/** Waves that end without a check while others have one, or in which nothing at all is checked. */
export function validationFindings(
  plan: Plan,
  manifest: Manifest,
  resolve: (name: string) => string | null,
  sourceOf: SourceOf,
): Finding[] {
  if (manifest.waves.every((wave) => wave.validation !== null)) return [];
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const someChecked = manifest.waves.some((wave) => wave.validation !== null);
  const findings: Finding[] = [];
  let spans: readonly (Span | undefined)[] | null = null;
  for (const [index, wave] of manifest.waves.entries()) {
    if (wave.validation !== null) continue;
    const members = wave.tasks.flatMap((task) => slices.get(resolve(task.id.value) ?? '') ?? []);
    const built = members.filter((slice) => slice.kind === 'engineering');
    if (built.length === 0) continue;
    const unchecked = built.every((slice) => slice.verify.length === 0);
    if (!someChecked && !unchecked) continue;
    const source = sourceOf(manifest.file);
    spans ??= waveSpans(source);
    const why = unchecked ? 'none of its slices has a check either' : 'other waves have one';
    findings.push(
      report(source, 'plan.wave-unvalidated', `wave ${wave.number} has no validation, and ${why}`, spans[index]),
    );
  }
  return findings;
}

/** The number of each wave, or its opening bracket, in the order in which the manifest reader gives them. */
function waveSpans(source: SourceText): (Span | undefined)[] {
  const { value } = readJson(source.text);
  const waves = field(value, 'waves')?.value;
  if (waves?.kind !== 'list') return [];
  return waves.items
    .filter((wave) => wave.kind === 'map')
    .map((wave) => field(wave, 'number')?.value.span ?? { start: wave.span.start, end: wave.span.start + 1 });
}

/** Merge points without which nothing would start earlier. */
export function mergePointFindings(plan: Plan, graph: PlanGraph, manifest: Manifest, sourceOf: SourceOf): Finding[] {
  const idle = plan.mergePoints.flatMap((point) => {
    // A check of its own makes slices wait for something that no dependency stands for.
    if (point.verify.length > 0) return [];
    if (point.unlocks.length === 0) {
      // Names that mean no slice have a finding already.
      const wrong = manifest.mergePoints.some((other) => other.id === point.id && other.unlocks.length > 0);
      return wrong ? [] : [{ point, why: 'it unlocks no slice' }];
    }
    if (graph.cycles.length > 0) return [];
    return isImplied(point, graph)
      ? [
          {
            point,
            why: `${point.unlocks.join(', ')} ${point.unlocks.length === 1 ? 'waits' : 'wait'} for ${point.needs.join(', ')} anyway`,
          },
        ]
      : [];
  });
  if (idle.length === 0) return [];
  const source = sourceOf(manifest.file);
  const spans = mergePointSpans(readJson(source.text).value);
  return idle.map(({ point, why }) =>
    report(
      source,
      'plan.merge-point-idle',
      `${point.id} holds nothing back: ${why}; name what it unlocks, or remove it`,
      spans.get(point.id),
    ),
  );
}

/** Whether every slice it unlocks waits for every need by other edges. Shared worktrees order slices, but promise nothing. */
function isImplied(point: MergePoint, graph: PlanGraph): boolean {
  const into = incoming(graph);
  for (const unlocked of point.unlocks) {
    const seen = new Set<string>([unlocked]);
    const missing = new Set(point.needs);
    const stack = [unlocked];
    for (let at = stack.pop(); at !== undefined && missing.size > 0; at = stack.pop()) {
      for (const edge of into.get(at) ?? []) {
        if (edge.mergePoint === point.id || seen.has(edge.from)) continue;
        seen.add(edge.from);
        missing.delete(edge.from);
        stack.push(edge.from);
      }
    }
    if (missing.size > 0) return false;
  }
  return true;
}

interface Incoming {
  readonly from: string;
  readonly mergePoint: string | null;
}

const incomingOf = new WeakMap<PlanGraph, Map<string, Incoming[]>>();

function incoming(graph: PlanGraph): ReadonlyMap<string, readonly Incoming[]> {
  let into = incomingOf.get(graph);
  if (into) return into;
  into = new Map<string, Incoming[]>();
  for (const edge of graph.edges) {
    if (edge.kind === 'workstream') continue;
    const entry = { from: edge.from, mergePoint: edge.mergePoint ?? null };
    const list = into.get(edge.to);
    if (list) list.push(entry);
    else into.set(edge.to, [entry]);
  }
  incomingOf.set(graph, into);
  return into;
}

function mergePointSpans(root: DocumentValue | null): Map<string, Span> {
  const spans = new Map<string, Span>();
  const points = field(root, 'merge_points')?.value;
  if (points?.kind !== 'list') return spans;
  for (const point of points.items) {
    const id = field(point, 'id')?.value;
    if (id?.kind === 'scalar' && !spans.has(scalarText(id))) spans.set(scalarText(id), id.span);
  }
  return spans;
}
