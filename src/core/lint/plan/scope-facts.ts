import type { Finding } from '../../text/finding.ts';
import type { Plan } from '../../plan/model.ts';
import { compileGlob } from '../../scope/glob.ts';
import type { SourceText } from '../../text/source.ts';
import type { LintLimits } from '../engine/config.ts';
import type { RepositoryIndex } from '../../scope/repository-index.ts';
import { isDone } from '../../task/model.ts';
import { faultFindings, isMendable, scopeFaults, type ScopeFault } from '../task/scope-facts.ts';
import type { PlanShape } from './shape.ts';

/** A fault of a plan's slice by numbers, with the slice that would mend it if only it came first. */
interface PlanFault {
  readonly fault: ScopeFault;
  readonly slice: number;
  readonly key: 'create' | 'modify';
  readonly entry: number;
  readonly creator: string | null;
}

/** The scopes of a whole plan against the repository, with what earlier slices and contracts bring. */
export function planScopeFindings(options: {
  readonly plan: Plan;
  readonly shape: PlanShape;
  readonly index: RepositoryIndex;
  readonly limits: LintLimits;
  readonly sourceOf: (file: string) => SourceText;
}): Finding[] {
  const { plan, shape, index, limits, sourceOf } = options;
  return shape
    .once('scope-faults', [shape, index], () => planFaults(shape, index))
    .flatMap(({ fault, slice: number, key, entry: place, creator }) => {
      const slice = plan.slices[number];
      const entry = slice?.scope[key][place];
      return slice && entry
        ? faultFindings(fault, entry, creator, { source: sourceOf(slice.file), index, limits })
        : [];
    });
}

function planFaults(shape: PlanShape, index: RepositoryIndex): PlanFault[] {
  const { plan } = shape;
  const carriedOut = shape.once('carried-out', [shape.created, index], () => isCarriedOut(plan, index));
  const targets = plan.contracts.flatMap((contract) => contract.target ?? []);
  const found: PlanFault[] = [];
  const open: { readonly fault: PlanFault; readonly from: number; readonly writers: readonly number[] }[] = [];
  const pairs: [number, number][] = [];
  plan.slices.forEach((slice, number) => {
    if (isDone(slice.task)) return;
    for (const fault of scopeFaults(slice.scope, slice.file, index)) {
      const key = slice.scope.create.includes(fault.entry) ? 'create' : 'modify';
      const place = { fault, slice: number, key, entry: slice.scope[key].indexOf(fault.entry), creator: null } as const;
      if (fault.kind === 'wide' || fault.kind === 'package') found.push(place);
      else if (carriedOut) continue;
      else if (!isMendable(fault)) found.push(place);
      else {
        const glob = compileGlob(fault.path);
        if (fault.kind === 'nothing' && targets.some((target) => glob.matches(target))) continue;
        const writers = new Set<number>();
        for (const writer of shape.created.meeting(fault.path)) writers.add(writer.slice);
        if (fault.kind === 'symbol') for (const writer of shape.modified.meeting(fault.path)) writers.add(writer.slice);
        writers.delete(number);
        open.push({ fault: place, from: pairs.length, writers: [...writers] });
        for (const writer of writers) pairs.push([writer, number]);
      }
    }
  });
  const before = shape.finishedBefore(pairs);
  for (const { fault, from, writers } of open) {
    if (writers.some((_, i) => before[from + i])) continue;
    const [writer] = fault.fault.kind === 'nothing' ? writers : [];
    found.push({ ...fault, creator: writer === undefined ? null : (plan.slices[writer]?.id ?? null) });
  }
  return found;
}

/** Plans stay in the repository after their slices were merged; then most of what they create exists, rightly. */
function isCarriedOut(plan: Plan, index: RepositoryIndex): boolean {
  let named = 0;
  let there = 0;
  for (const slice of plan.slices) {
    for (const entry of slice.scope.create) {
      if (entry.path === null || entry.symbol !== null) continue;
      named++;
      if (index.matching(entry.path).length > 0) there++;
    }
  }
  return there >= 3 && there > named / 2;
}
