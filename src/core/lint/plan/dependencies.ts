import type { Finding } from '../../text/finding.ts';
import type { Manifest } from '../../manifest/model.ts';
import type { Plan, Slice } from '../../plan/model.ts';
import type { SourceText } from '../../text/source.ts';
import type { Located } from '../../task/model.ts';
import { addItem, removeItem } from '../../task/list-edit.ts';
import { report } from '../engine/rules.ts';
import type { PlanShape } from './shape.ts';

type Resolve = (name: string) => string | null;

/** What was said of a slice's `blocks`, with all that it depends on besides the slice. */
interface BlocksSaid {
  readonly edges: object;
  readonly resolve: Resolve;
  readonly findings: readonly Finding[];
}

const lastBlocks = new WeakMap<Slice, BlocksSaid>();

interface BlocksRequest {
  readonly plan: Plan;
  readonly shape: PlanShape;
  readonly resolve: Resolve;
}

/**
 * `blocks` against the `deps` of the others, which decide. While these and the names are the same (`edges`: of the plan's
 * shape), the same is said of a slice that is the same.
 */
export function blockFindings(request: BlocksRequest, sourceOf: (file: string) => SourceText): Finding[] {
  const { plan, shape, resolve } = request;
  const { edges } = shape;
  const findings: Finding[] = [];
  let others: OtherSlices | undefined;
  for (const slice of plan.slices) {
    if (slice.task.blocks.length === 0) continue;
    let said = lastBlocks.get(slice);
    if (said?.edges !== edges || said.resolve !== resolve) {
      others ??= othersOf(request);
      said = { edges, resolve, findings: blocksOf(slice, others, sourceOf(slice.file)) };
      lastBlocks.set(slice, said);
    }
    for (const found of said.findings) findings.push(found);
  }
  return findings;
}

interface OtherSlices {
  readonly resolve: Resolve;
  readonly sliceOf: (id: string) => Slice | undefined;
  /** Who depends on a slice, by its id. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
}

/** Worked out once for the same dependencies. */
function othersOf({ plan, shape, resolve }: BlocksRequest): OtherSlices {
  const { places } = shape.graph.network;
  const dependents = shape.once('dependents', [shape.edges], () => dependentsOf(plan));
  return { resolve, sliceOf: (id) => plan.slices[places.get(id) ?? -1], dependents };
}

function dependentsOf(plan: Plan): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const slice of plan.slices) {
    for (const dep of slice.deps) {
      const list = dependents.get(dep);
      if (list) list.push(slice.id);
      else dependents.set(dep, [slice.id]);
    }
  }
  return dependents;
}

function blocksOf(slice: Slice, { resolve, sliceOf, dependents }: OtherSlices, source: SourceText): Finding[] {
  const findings: Finding[] = [];
  const { blocks } = slice.task;
  const told = new Set<string>();
  for (const block of blocks) {
    const other = sliceOf(resolve(block.value) ?? '');
    if (!other) {
      const removal = removeItem(source.text, block.span, `Take ${block.value} out of blocks`);
      findings.push(
        report(
          source,
          'plan.blocks-unknown',
          `blocks "${block.value}": there is no such slice`,
          block.span,
          // It may be misspelled.
          removal && { ...removal, guess: true },
        ),
      );
      continue;
    }
    told.add(other.id);
    if (other.deps.includes(slice.id)) continue;
    const why = slice.deps.includes(other.id)
      ? `${slice.id} says it blocks ${other.id}, but depends on it; deps decide`
      : `${slice.id} says it blocks ${other.id}, which does not depend on it; deps decide`;
    const fix = removeItem(source.text, block.span, `Take ${block.value} out of blocks`);
    // It may be the dependency that somebody forgot, and the word here all that is left of it.
    const certain = slice.deps.includes(other.id);
    findings.push(
      report(source, 'plan.blocks-disagree', why, block.span, fix && (certain ? fix : { ...fix, guess: true })),
    );
  }
  const last = blocks.at(-1);
  const left = (dependents.get(slice.id) ?? []).filter((id) => !told.has(id));
  if (last && left.length > 0) {
    const fix = addItem(source.text, last.span, left.join(', '), `Add ${left.join(', ')} to blocks`);
    const single = left.length === 1 ? fix : undefined;
    findings.push(
      report(
        source,
        'plan.blocks-incomplete',
        `blocks leaves out ${left.join(', ')}, which ${left.length === 1 ? 'depends' : 'depend'} on ${slice.id}`,
        last.span,
        single ?? addAll(source, last, left),
      ),
    );
  }
  return findings;
}

function addAll(source: SourceText, last: Located<string>, words: readonly string[]) {
  // Built one behind the other at the same place, so that each keeps the list's own style.
  const additions = words.map((word) => addItem(source.text, last.span, word, '').edits[0]);
  const [first] = additions;
  if (!first) return undefined;
  return {
    title: `Add ${words.join(', ')} to blocks`,
    edits: [{ span: first.span, text: additions.map((edit) => edit?.text ?? '').join('') }],
  };
}

/** Waves that people wrote, in the manifest or in front matter, against the dependencies. */
export function waveFindings(options: {
  readonly plan: Plan;
  readonly shape: PlanShape;
  readonly manifest: Manifest;
  readonly resolve: Resolve;
  readonly sourceOf: (file: string) => SourceText;
}): Finding[] {
  const { plan, shape, manifest, resolve, sourceOf } = options;
  const { graph, edges } = shape;
  // On a circle no wave is right.
  if (graph.cycles.length > 0) return [];
  const { listed, inOrder } = listedWaves({ plan, edges, manifest, resolve }, sourceOf);
  const { places } = graph.network;
  const depsOf = shape.once('places-of-deps', [edges], () =>
    plan.slices.map((slice) => slice.deps.flatMap((id) => places.get(id) ?? [])),
  );
  const own = (slice: Slice): number =>
    slice.task.wave?.value ?? listed.get(slice.id) ?? graph.schedule.get(slice.id)?.wave ?? 0;
  const findings: Finding[] = [];
  for (const [place, slice] of plan.slices.entries()) {
    if (slice.deps.length === 0) continue;
    const backward = backwardFinding(slice, listed, resolve, sourceOf);
    if (backward) findings.push(backward);
    const { wave } = slice.task;
    if (backward || !wave) continue;
    let latest: Slice | undefined;
    for (const before of depsOf[place] ?? []) {
      const dep = plan.slices[before];
      if (dep && (!latest || own(dep) > own(latest))) latest = dep;
    }
    if (!latest || own(latest) < wave.value) continue;
    const right = own(latest) + 1;
    const source = sourceOf(slice.file);
    findings.push(
      report(
        source,
        'plan.wave-contradicts',
        `this slice cannot be in wave ${wave.value}: it depends on ${latest.id} of wave ${own(latest)}`,
        wave.span,
        { title: `Change to wave ${right}`, edits: [{ span: wave.span, text: String(right) }] },
      ),
    );
  }
  return [...findings, ...inOrder];
}

/** The waves of the manifest's own list, and what is wrong with its order. */
interface ListedWaves {
  readonly edges: object;
  readonly resolve: Resolve;
  /** By slice id. */
  readonly listed: ReadonlyMap<string, number>;
  readonly inOrder: readonly Finding[];
}

const lastListed = new WeakMap<Manifest, ListedWaves>();

/** As the last time, while neither a name nor a dependency is another. */
function listedWaves(
  of: {
    readonly plan: Plan;
    readonly edges: object;
    readonly manifest: Manifest;
    readonly resolve: Resolve;
  },
  sourceOf: (file: string) => SourceText,
): ListedWaves {
  const { plan, edges, manifest, resolve } = of;
  const last = lastListed.get(manifest);
  if (last?.edges === edges && last.resolve === resolve) return last;
  const listed = new Map<string, number>();
  for (const wave of manifest.waves)
    for (const task of wave.tasks) listed.set(resolve(task.id.value) ?? '', wave.number);
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const inOrder: Finding[] = [];
  for (const wave of manifest.waves) {
    for (const task of wave.tasks) {
      const slice = slices.get(resolve(task.id.value) ?? '');
      const same = slice?.deps.find((dep) => listed.get(dep) === wave.number);
      if (!slice || same === undefined) continue;
      inOrder.push(
        report(
          sourceOf(manifest.file),
          'plan.wave-order',
          `${slice.id} stands in wave ${wave.number} together with ${same}, which it depends on; deps decide`,
          task.id.span,
        ),
      );
    }
  }
  const found = { edges, resolve, listed, inOrder };
  lastListed.set(manifest, found);
  return found;
}

/** Strictly later in the manifest: either the dependency or the list is the wrong way round. */
function backwardFinding(
  slice: Slice,
  listed: ReadonlyMap<string, number>,
  resolve: Resolve,
  sourceOf: (file: string) => SourceText,
): Finding | null {
  const mine = listed.get(slice.id);
  if (mine === undefined) return null;
  const later = slice.deps.find((id) => (listed.get(id) ?? 0) > mine);
  if (later === undefined) return null;
  for (const dep of slice.task.deps) {
    const theirs = listed.get(later);
    if (theirs === undefined || resolve(dep.value) !== later) continue;
    return report(
      sourceOf(slice.file),
      'plan.backward-dependency',
      `this slice of wave ${mine} depends on ${dep.value} of wave ${theirs}; turn the dependency round, or move one of them in the manifest`,
      dep.span,
    );
  }
  return null;
}
