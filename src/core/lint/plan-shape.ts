import type { Manifest } from '../manifest/model.ts';
import { planGraph } from '../plan/graph.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import { digraph, REACH_BLOCK, reachFrom } from '../plan/layers.ts';
import type { Plan, Slice } from '../plan/model.ts';
import type { ScopeEntry } from '../task/model.ts';
import { PlaceIndex, placesOf } from './places.ts';

/**
 * What follows from ids, dependencies, estimates and scopes alone. Most keystrokes change none of these, so whatever is
 * worked out once for a shape holds until one does; only places in the text are looked up anew.
 */
export class PlanShape {
  readonly plan: Plan;
  readonly graph: PlanGraph;
  readonly #kept = new Map<string, { readonly of: unknown; readonly value: unknown }>();

  constructor(plan: Plan) {
    this.plan = plan;
    this.graph = planGraph(plan);
  }

  /** Worked out once, and again when `of`, what it depends on besides the shape, is another object. */
  once<T>(name: string, of: unknown, work: () => T): T {
    const kept = this.#kept.get(name);
    if (kept && kept.of === of) return kept.value as T;
    const value = work();
    this.#kept.set(name, { of, value });
    return value;
  }

  get created(): PlaceIndex {
    return this.once('created', null, () => new PlaceIndex(placesOf(this.plan, 'create')));
  }

  get modified(): PlaceIndex {
    return this.once('modified', null, () => new PlaceIndex(placesOf(this.plan, 'modify')));
  }

  /**
   * For each pair of slices, by their places in the plan, whether the first is finished before the second may start: a
   * path of the graph leads from one to the other. Asked in one go, because one sweep answers for a thousand slices.
   */
  finishedBefore(pairs: readonly (readonly [before: number, after: number])[]): boolean[] {
    if (pairs.length === 0) return [];
    const { plan, graph } = this;
    const place = new Map(plan.slices.map((slice, index) => [slice.id, index]));
    const edges = graph.edges.filter((edge) => graph.schedule.has(edge.from) && graph.schedule.has(edge.to));
    const vertices = digraph(
      plan.slices.length,
      Int32Array.from(edges, (edge) => place.get(edge.from) ?? 0),
      Int32Array.from(edges, (edge) => place.get(edge.to) ?? 0),
    );
    const order = Int32Array.from(graph.order, (id) => place.get(id) ?? 0);
    const answers = pairs.map(() => false);
    const asked = new Map<number, number[]>();
    pairs.forEach(([before, after], i) => {
      // Most pairs are a slice and one that it names itself.
      const first = plan.slices[before];
      if (first && plan.slices[after]?.deps.includes(first.id)) answers[i] = true;
      else {
        const list = asked.get(before);
        if (list) list.push(i);
        else asked.set(before, [i]);
      }
    });
    const sources = [...asked.keys()];
    for (let first = 0; first < sources.length; first += REACH_BLOCK) {
      const block = sources.slice(first, first + REACH_BLOCK);
      const reaches = reachFrom(vertices, order, block);
      for (const v of block) {
        for (const i of asked.get(v) ?? []) {
          const w = pairs[i]?.[1] ?? v;
          answers[i] = w !== v && reaches(v, w);
        }
      }
    }
    return answers;
  }
}

const shapes = new WeakMap<Manifest, PlanShape>();

/** The shape of a plan; the one it had when its manifest was last looked at, where that is still right. */
export function shapeOf(plan: Plan, manifest: Manifest): PlanShape {
  const last = shapes.get(manifest);
  if (last && sameShape(last.plan, plan)) return last;
  const shape = new PlanShape(plan);
  shapes.set(manifest, shape);
  return shape;
}

/** Of one manifest, so that merge points, workstreams and limits are the same anyway. */
function sameShape(a: Plan, b: Plan): boolean {
  return (
    a.dir === b.dir &&
    a.slices.length === b.slices.length &&
    a.contracts.length === b.contracts.length &&
    a.contracts.every((contract, i) => contract.path === b.contracts[i]?.path) &&
    a.slices.every((slice, i) => sameSlice(slice, b.slices[i]))
  );
}

function sameSlice(a: Slice, b: Slice | undefined): boolean {
  if (a === b) return true;
  return (
    b !== undefined &&
    a.id === b.id &&
    a.file === b.file &&
    a.kind === b.kind &&
    a.workstream === b.workstream &&
    a.estimateMinutes === b.estimateMinutes &&
    isDone(a) === isDone(b) &&
    (['deps', 'contracts', 'skills', 'layers'] as const).every((key) => sameList(a[key], b[key])) &&
    (['create', 'modify', 'boundary'] as const).every((key) =>
      sameList(a.scope[key].map(entryText), b.scope[key].map(entryText)),
    )
  );
}

/** Whoever ticked everything off is done: what was to be created is there. */
export function isDone({ task }: Pick<Slice, 'task'>): boolean {
  return task.checklist.length > 0 && task.checklist.every((item) => item.done);
}

function entryText({ path, symbol, note }: ScopeEntry): string {
  return `${path}\n${symbol}\n${note}`;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}
