import { createRequire } from 'node:module';
import type { Plan } from '../../src/core/plan/model.ts';

/** Another planner: from a plan to its waves and the length of its critical path, with `prepare` to build its graph. */
export interface GraphLibrary {
  readonly name: string;
  readonly prepare: (plan: Plan) => unknown;
  readonly solve: (graph: unknown) => Solved;
}

export interface Solved {
  readonly cyclic: boolean;
  readonly makespan: number;
}

interface Graphlib {
  readonly Graph: new (options: { directed: boolean }) => GraphlibGraph;
  readonly alg: {
    isAcyclic(graph: GraphlibGraph): boolean;
    topsort(graph: GraphlibGraph): string[];
  };
}

interface GraphlibGraph {
  setNode(id: string, label: number): void;
  setEdge(from: string, to: string): void;
  node(id: string): number;
  predecessors(id: string): string[];
}

interface GraphologyGraph {
  addNode(id: string, attributes: { minutes: number }): void;
  mergeEdge(from: string, to: string): void;
  getNodeAttribute(id: string, name: 'minutes'): number;
  forEachInNeighbor(id: string, visit: (id: string) => void): void;
}

/** Each as its own guide uses it; neither knows longest paths, so both get the same plain pass over their order. */
export function graphLibraries(tools: string): GraphLibrary[] {
  const require = createRequire(tools);
  const { Graph, alg } = require('@dagrejs/graphlib') as Graphlib;
  const { DirectedGraph } = require('graphology') as { readonly DirectedGraph: new () => GraphologyGraph };
  const { topologicalGenerations } = require('graphology-dag') as {
    topologicalGenerations(graph: GraphologyGraph): string[][];
  };
  const version = (name: string): string => {
    for (const base of require.resolve.paths(name) ?? []) {
      try {
        return `${name} ${(require(`${base}/${name}/package.json`) as { readonly version: string }).version}`;
      } catch {
        // In none of these places, or it does not show its package.json: the next one.
      }
    }
    return name;
  };
  return [
    {
      name: version('@dagrejs/graphlib'),
      prepare(plan) {
        const graph = new Graph({ directed: true });
        for (const { id, estimateMinutes } of plan.slices) graph.setNode(id, estimateMinutes);
        for (const [from, to] of pairsOf(plan)) graph.setEdge(from, to);
        return graph;
      },
      solve(given) {
        const graph = given as GraphlibGraph;
        const cyclic = !alg.isAcyclic(graph);
        const ends = new Map<string, number>();
        let makespan = 0;
        for (const id of alg.topsort(graph)) {
          let start = 0;
          for (const before of graph.predecessors(id)) start = Math.max(start, ends.get(before)!);
          ends.set(id, start + graph.node(id));
          makespan = Math.max(makespan, start + graph.node(id));
        }
        return { cyclic, makespan };
      },
    },
    {
      name: version('graphology-dag'),
      prepare(plan) {
        const graph = new DirectedGraph();
        for (const { id, estimateMinutes } of plan.slices) graph.addNode(id, { minutes: estimateMinutes });
        for (const [from, to] of pairsOf(plan)) graph.mergeEdge(from, to);
        return graph;
      },
      solve(given) {
        const graph = given as GraphologyGraph;
        const ends = new Map<string, number>();
        let makespan = 0;
        // Throws for a cycle.
        for (const generation of topologicalGenerations(graph)) {
          for (const id of generation) {
            let start = 0;
            graph.forEachInNeighbor(id, (before) => {
              start = Math.max(start, ends.get(before)!);
            });
            const end = start + graph.getNodeAttribute(id, 'minutes');
            ends.set(id, end);
            makespan = Math.max(makespan, end);
          }
        }
        return { cyclic: false, makespan };
      },
    },
  ];
}

function* pairsOf(plan: Plan): Generator<readonly [string, string]> {
  for (const { id, deps } of plan.slices) for (const dep of deps) yield [dep, id];
  for (const { needs, unlocks } of plan.mergePoints)
    for (const need of needs) for (const unlocked of unlocks) yield [need, unlocked];
}
