import type { Plan, Slice } from '../plan/model.ts';
import {
  scopeContains,
  scopeDifference,
  scopeIntersection,
  type ScopeAnswer,
  type ScopePlace,
} from '../scope/algebra.ts';
import { pathInScope, symbolsInScope } from '../scope/contain.ts';
import type { GlobOptions } from '../scope/glob.ts';

/** How the write scopes of two slices relate, each with a place that shows it. */
export interface ScopeRelation {
  readonly a: string;
  readonly b: string;
  /** What both may write. */
  readonly both: ScopeAnswer;
  /** What only the first may write, and what only the second may. */
  readonly onlyA: ScopeAnswer;
  readonly onlyB: ScopeAnswer;
  /** `apart`: nothing in common. `equal`, `a-in-b`, `b-in-a`: one holds the other. `meet`: each has something of its own. */
  readonly relation: 'apart' | 'equal' | 'a-in-b' | 'b-in-a' | 'meet';
}

export function scopeRelation(a: Slice, b: Slice, names: GlobOptions = {}): ScopeRelation {
  const both = scopeIntersection(a.scope, b.scope, names);
  const onlyA = scopeDifference(a.scope, b.scope, names);
  const onlyB = scopeDifference(b.scope, a.scope, names);
  const aInB = scopeContains(b.scope, a.scope, names).contains;
  const bInA = scopeContains(a.scope, b.scope, names).contains;
  const relation =
    both.witness === null ? 'apart' : aInB && bInA ? 'equal' : aInB ? 'a-in-b' : bInA ? 'b-in-a' : 'meet';
  return { a: a.id, b: b.id, both, onlyA, onlyB, relation };
}

/** What a slice may do with one path, or with one symbol in it. */
export interface PathRight {
  readonly slice: string;
  /** `null`: no entry names it. */
  readonly as: 'create' | 'modify' | 'boundary' | null;
  /** The symbols it may touch; `null` for the whole file. */
  readonly symbols: readonly string[] | null;
}

/** Who may write a path, `src/a.ts` or `src/a.ts::Order.total`, in plan order. */
export function rightsTo(plan: Plan, place: string, names: GlobOptions = {}): readonly PathRight[] {
  const at = place.indexOf('::');
  const path = at < 0 ? place : place.slice(0, at);
  const symbol = at < 0 ? null : place.slice(at + 2);
  return plan.slices.map(({ id, scope }) => {
    const as = pathInScope(scope, path, names);
    const { allowed, forbidden } = symbolsInScope(scope, path, names);
    const inside = (outer: string): boolean => symbol === outer || (symbol?.startsWith(`${outer}.`) ?? false);
    if (symbol !== null && forbidden.some(inside)) return { slice: id, as: 'boundary', symbols: [] };
    if (symbol !== null && allowed !== null && !allowed.some(inside)) return { slice: id, as: null, symbols: allowed };
    return { slice: id, as, symbols: allowed };
  });
}

/** `src/a.ts::Order`, or the path alone. */
export function placeText({ path, symbol }: ScopePlace): string {
  return symbol === null ? path : `${path}::${symbol}`;
}

/** The relation in lines for people. */
export function relationLines({ a, b, both, onlyA, onlyB, relation }: ScopeRelation): readonly string[] {
  const head = {
    apart: `${a} and ${b} have nothing in common`,
    equal: `${a} and ${b} may write exactly the same`,
    'a-in-b': `everything that ${a} may write, ${b} may write too`,
    'b-in-a': `everything that ${b} may write, ${a} may write too`,
    meet: `${a} and ${b} share a part of what they may write`,
  }[relation];
  const line = (label: string, answer: ScopeAnswer): string[] =>
    answer.witness === null
      ? []
      : [
          `  ${label.padEnd(8)} ${placeText(answer.witness)}${answer.exact ? '' : '  (not certain: too many alternatives)'}`,
        ];
  return [head, ...line('both', both), ...line(`only ${a}`, onlyA), ...line(`only ${b}`, onlyB)];
}
