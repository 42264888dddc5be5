/** Edges between things with a number; `deps[i]` are the ones that come before `i`. */
export type Dependencies = readonly (readonly number[])[];

/**
 * Strongly connected parts with more than one member or an edge to itself (Tarjan, without recursion), each in
 * ascending order: what waits for itself.
 */
export function cyclesOf(deps: Dependencies): number[][] {
  const index = new Int32Array(deps.length).fill(-1);
  const low = new Int32Array(deps.length);
  const onStack = new Uint8Array(deps.length);
  const stack: number[] = [];
  const found: number[][] = [];
  let counter = 0;
  for (let root = 0; root < deps.length; root++) {
    if (index[root] !== -1) continue;
    const work: { readonly node: number; next: number }[] = [];
    const enter = (node: number): void => {
      index[node] = low[node] = counter++;
      stack.push(node);
      onStack[node] = 1;
      work.push({ node, next: 0 });
    };
    enter(root);
    for (let frame = work.at(-1); frame; frame = work.at(-1)) {
      const { node } = frame;
      const to = deps[node]?.[frame.next++];
      if (to !== undefined) {
        if (index[to] === -1) enter(to);
        else if (onStack[to]) low[node] = Math.min(low[node] ?? 0, index[to] ?? 0);
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent) low[parent.node] = Math.min(low[parent.node] ?? 0, low[node] ?? 0);
      if (low[node] !== index[node]) continue;
      const members: number[] = [];
      for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
        onStack[member] = 0;
        members.push(member);
        if (member === node) break;
      }
      if (members.length > 1 || deps[node]?.includes(node)) found.push(members.toSorted((a, b) => a - b));
    }
  }
  return found.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}

/** What comes first before what waits for it; ties keep their order. On a cycle, the order of the numbers decides. */
export function topological(deps: Dependencies): number[] {
  const state = new Uint8Array(deps.length);
  const order: number[] = [];
  for (let root = 0; root < deps.length; root++) {
    if (state[root]) continue;
    const work = [{ node: root, next: 0 }];
    state[root] = 1;
    for (let frame = work.at(-1); frame; frame = work.at(-1)) {
      const to = deps[frame.node]?.[frame.next++];
      if (to === undefined) {
        order.push(frame.node);
        work.pop();
      } else if (!state[to]) {
        state[to] = 1;
        work.push({ node: to, next: 0 });
      }
    }
  }
  return order;
}

/** Beyond that many the sets of ancestors cost more than the repeated edges. */
const mostToReduce = 1_000;

/** Leaves out each edge that follows from others: of `c` after `b`, `b` after `a`, `c` after `a` the last one. */
export function reduced(deps: Dependencies): number[][] {
  const plain = deps.map((list, i) => [...new Set(list)].filter((other) => other !== i).toSorted((a, b) => a - b));
  if (deps.length > mostToReduce || cyclesOf(plain).length > 0) return plain;
  const ancestors: Set<number>[] = deps.map(() => new Set());
  const result: number[][] = deps.map(() => []);
  for (const node of topological(plain)) {
    const direct = plain[node] ?? [];
    const above = ancestors[node] ?? new Set();
    for (const dep of direct) for (const far of ancestors[dep] ?? []) above.add(far);
    result[node] = direct.filter((dep) => !above.has(dep));
    for (const dep of direct) above.add(dep);
  }
  return result;
}
