import { holds, intersect, NOT_SLASH, representatives, SLASH } from './charset.ts';
import { ACCEPT, type Automaton } from './glob-automaton.ts';

/** How many states a search with exceptions may visit; each can be a set of the exceptions' states. */
const SEARCH_LIMIT = 200_000;

/**
 * A path that both automata read and none of the exceptions does; `overflow` when the search grew too large to say.
 *
 * Breadth first over pairs of states, and the set of states that the exceptions can be in. A fourth part follows how
 * much of the current segment is dots, so that no path with an empty, `.` or `..` segment is ever found.
 *
 * What escapes from many states of the exceptions escapes from fewer, so of the sets met at one place only those are
 * followed that hold no other one (antichains: De Wulf, Doyen, Henzinger, Raskin, CAV 2006), and none from which an
 * exception matches whatever follows. That keeps the sets few where determinising would make very many.
 */
export function searchPath(
  a: Automaton,
  b: Automaton,
  { except, folded }: { readonly except: readonly Automaton[]; readonly folded: boolean },
): { readonly witness: string | null; readonly overflow: boolean } {
  const union = join(except);
  const endless = union.next.map((next, s) => isEndless(union, next, s));
  const subsets = new Map<string, number>();
  const members: (readonly number[])[] = [];
  const intern = (states: readonly number[]): number => {
    const sorted = [...new Set(states)].sort((x, y) => x - y);
    const key = sorted.join();
    let index = subsets.get(key);
    if (index === undefined) {
      index = members.push(sorted) - 1;
      subsets.set(key, index);
    }
    return index;
  };

  const width = b.sets.length + 1;
  const plane = (a.sets.length + 1) * width * 4;
  const bits = except.length === 0 ? new Uint8Array((plane >> 3) + 1) : null;
  const antichains = new Map<number, number[]>();
  const isNew = (key: number, subset: number): boolean => {
    if (bits) {
      const mask = 1 << (key & 7);
      if (bits[key >> 3]! & mask) return false;
      bits[key >> 3]! |= mask;
      return true;
    }
    const known = antichains.get(key);
    if (!known) {
      antichains.set(key, [subset]);
      return true;
    }
    if (known.some((other) => other === subset || isSubset(members[other]!, members[subset]!))) return false;
    known.push(subset);
    return true;
  };

  const lefts: number[] = [];
  const rights: number[] = [];
  const dots: number[] = [];
  const sets: number[] = [];
  const parents: number[] = [];
  const read: number[] = [];
  let found = -1;
  const visit = (
    fromA: readonly number[],
    fromB: readonly number[],
    subset: number,
    dot: number,
    parent: number,
    code: number,
  ): void => {
    const states = members[subset]!;
    const excepted = states[0] === ACCEPT;
    // At the start of a segment something follows; inside one, the path may also end here.
    if (states.some((s) => s !== ACCEPT && endless[s]) && (dot === 0 || excepted)) return;
    for (const p of fromA) {
      for (const q of fromB) {
        if (p === ACCEPT && q === ACCEPT && dot === NAMED && !excepted) {
          found = lefts.length;
        } else if (p === ACCEPT || q === ACCEPT || !isNew((p * width + q) * 4 + dot, subset)) {
          continue;
        }
        lefts.push(p);
        rights.push(q);
        dots.push(dot);
        sets.push(subset);
        parents.push(parent);
        read.push(code);
        if (found >= 0) return;
      }
    }
  };

  visit(a.start, b.start, intern(union.start), 0, -1, 0);
  for (let at = 0; at < lefts.length && found < 0; at++) {
    if (!bits && lefts.length > SEARCH_LIMIT) return { witness: null, overflow: true };
    const p = lefts[at]!;
    const q = rights[at]!;
    const dot = dots[at]!;
    const common = intersect(a.sets[p]!, b.sets[q]!);
    if (common.length === 0) continue;
    const others = members[sets[at]!]!;
    const isSlash = common[0] === SLASH[0];
    if (isSlash && dot !== NAMED) continue;
    const next = isSlash
      ? SLASH.slice(1)
      : representatives(
          common,
          others.filter((s) => s !== ACCEPT).map((s) => union.sets[s]!),
          folded,
        );
    for (const code of next) {
      const after: number[] = [];
      for (const s of others) if (s !== ACCEPT && holds(union.sets[s]!, code)) after.push(...union.next[s]!);
      const dotAfter = isSlash ? 0 : code === 0x2e ? Math.min(dot + 1, NAMED) : NAMED;
      visit(a.next[p]!, b.next[q]!, except.length ? intern(after) : 0, dotAfter, at, code);
      if (found >= 0) break;
    }
  }
  if (found < 0) return { witness: null, overflow: false };
  const path: number[] = [];
  for (let at = found; parents[at]! >= 0; at = parents[at]!) path.push(read[at]!);
  return { witness: String.fromCodePoint(...path.reverse()), overflow: false };
}

/** Both sorted. */
function isSubset(small: readonly number[], large: readonly number[]): boolean {
  if (small.length > large.length) return false;
  let at = 0;
  for (const state of small) {
    while (at < large.length && large[at]! < state) at++;
    if (large[at] !== state) return false;
  }
  return true;
}

/** Whether a state is that of a `**` at the end, which reads any path from here on. */
function isEndless(automaton: Automaton, next: readonly number[], state: number): boolean {
  return (
    automaton.sets[state] === NOT_SLASH &&
    next.includes(ACCEPT) &&
    next.includes(state) &&
    next.some((to) => to !== ACCEPT && automaton.sets[to] === SLASH && automaton.next[to]!.includes(state))
  );
}

/** Of the counts of the dot part, 0 to 3, the one at which a segment may end: a character other than a dot, or three dots. */
const NAMED = 3;

function join(automata: readonly Automaton[]): Automaton {
  const sets: Automaton['sets'][number][] = [];
  const next: (readonly number[])[] = [];
  const start: number[] = [];
  for (const automaton of automata) {
    const base = sets.length;
    const shift = (state: number): number => (state === ACCEPT ? ACCEPT : state + base);
    sets.push(...automaton.sets);
    for (const states of automaton.next) next.push(states.map(shift));
    start.push(...automaton.start.map(shift));
  }
  return { sets, next, start };
}
