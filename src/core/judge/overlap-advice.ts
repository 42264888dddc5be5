import { planGraph } from '../plan/graph.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan, Slice } from '../plan/model.ts';
import { symbolsOverlap } from '../scope/contain.ts';
import { FileSets } from '../scope/file-sets.ts';
import { comparedPath, compileGlob, globEscapes, type GlobOptions } from '../scope/glob.ts';
import { scopeMeetings, scopesOverlap, writeSet, type WriteEntry } from '../scope/meeting.ts';
import { usualThresholds, type Overlap, type OverlapThresholds } from '../scope/overlap.ts';
import type { Scope } from '../task/model.ts';
import { asCounted } from '../text/order.ts';
import { changedPlan, noChange, type PlanChange, type ScopePart } from './plan-change.ts';

/**
 * What to do about two slices that write the same files: `move` shared paths to one of the two; `narrow` a glob by an
 * exception; name `symbols` instead of a file; make a shared file a `contract`, or a slice of its `own-slice`; `order` the two;
 * `join` them.
 */
export type AdviceKind = 'move' | 'narrow' | 'symbols' | 'contract' | 'own-slice' | 'order' | 'join';

export interface Advice {
  readonly kind: AdviceKind;
  /** A sentence for people: what to do, with the words of the plan. */
  readonly text: string;
  readonly change: PlanChange;
  /**
   * Tried on the plan in memory: afterwards the two share less than the threshold, or do not run at the same time any more,
   * and nothing waits in a circle. `false` where it only helps.
   */
  readonly verified: boolean;
  /** What the two would share, in percent, one decimal; 0 when they no longer run side by side. */
  readonly percentAfter: number;
  /** Minutes that the plan would take longer, with as many agents as it can use; less than 0: shorter. */
  readonly costMinutes: number;
}

export interface OverlapAdviceRequest {
  readonly plan: Plan;
  readonly graph: PlanGraph;
  /** One of `overlaps(plan, graph)`. */
  readonly overlap: Overlap;
  /** The repository's files. */
  readonly files?: readonly string[];
  readonly thresholds?: OverlapThresholds;
  /** How the file system compares names. */
  readonly names?: GlobOptions;
  /** The symbols that a source file declares, outermost ones; empty when nobody knows. */
  readonly symbolsOf?: (file: string) => readonly string[];
}

/** Meetings of two scopes that are looked at; past them the advice is to cut the slices anew in any case. */
const MOST_MEETINGS = 200;
/** Exceptions to a glob beyond which nobody reads the list. */
const MOST_EXCEPTIONS = 3;
/** Slices that write one file from which on it is work of its own. */
const WORK_OF_ITS_OWN = 3;
/** Percent above which two slices are one. */
const ONE_SLICE = 80;

/** What declares what others use: types, constants, routes. A name says it where the file itself was not read. */
const DECLARATIONS =
  /(?:^|[/._-])(?:types?|interfaces?|protocols?|constants?|consts|enums?|routes?|routing|urls|schemas?|contracts?|openapi|api|config|settings|index|mod|__init__)\.[^/]+$|\.(?:d\.ts|proto|graphql|thrift|avsc)$/i;

/** Extensions of languages whose files fall into symbols. */
const SOURCE = /\.(?:[cm]?[jt]sx?|py|go|rs|java|cs|rb|php|kt|swift|scala)$/;

/**
 * Advice on a pair that shares too much, the best first: what was tried and works before what only helps, then, for a
 * pair to be cut anew, what keeps both parallel; for a pair that is nearly the same work, what puts them in order.
 * Empty for a pair that may run side by side. Which of the two stands first in the plan changes nothing.
 */
export function overlapAdvice(request: OverlapAdviceRequest): Advice[] {
  const { overlap, plan } = request;
  if (overlap.verdict === 'parallel') return [];
  const [a, b] = [overlap.a, overlap.b].sort(asCounted).map((id) => plan.slices.find((slice) => slice.id === id));
  if (!a || !b) return [];
  const pair = new Pair(request, a, b);
  const found = [
    ...pair.move(),
    ...pair.narrow(),
    ...pair.symbols(),
    ...pair.contract(),
    ...pair.ownSlice(),
    ...pair.order(),
    ...pair.join(),
  ];
  const last: readonly AdviceKind[] = ['order', 'join'];
  const rank = ({ kind, verified }: Advice): number =>
    (verified ? 0 : 2) + (last.includes(kind) === (overlap.verdict === 'serial') ? 0 : 1);
  return found
    .map((advice, i) => ({ advice, i }))
    .sort((x, y) => rank(x.advice) - rank(y.advice) || x.i - y.i)
    .map(({ advice }) => advice);
}

/** A file, or part of one, that both write, with the entries that say so. */
interface SharedPath {
  readonly path: string;
  readonly symbol: string | null;
  readonly in: readonly [WriteEntry, WriteEntry];
}

class Pair {
  readonly #request: OverlapAdviceRequest;
  readonly #names: GlobOptions;
  readonly #slices: readonly [Slice, Slice];
  /** Paths that at least one of the two writes out. */
  readonly #named: readonly SharedPath[];
  /** Globs of both that meet. */
  readonly #globs: readonly (readonly [WriteEntry, WriteEntry])[];

  constructor(request: OverlapAdviceRequest, a: Slice, b: Slice) {
    this.#request = request;
    this.#names = request.names ?? {};
    this.#slices = [a, b];
    const named = new Map<string, SharedPath>();
    const globs: [WriteEntry, WriteEntry][] = [];
    let looked = 0;
    for (const met of scopeMeetings(a.scope, b.scope, this.#names)) {
      if (++looked > MOST_MEETINGS) break;
      const both: [WriteEntry, WriteEntry] = [met.a as WriteEntry, met.b as WriteEntry];
      const one = both.find((entry) => this.#text(entry) !== null);
      if (!one) globs.push(both);
      else {
        const path = this.#text(one)!;
        const symbol = both[0].symbol ?? both[1].symbol;
        const key = `${comparedPath(path, this.#names)}\n${symbol ?? ''}`;
        if (!named.has(key)) named.set(key, { path, symbol, in: both });
      }
    }
    this.#named = [...named.values()];
    this.#globs = globs;
  }

  /** Each shared path to the slice it belongs to. */
  move(): Advice[] {
    const [a, b] = this.#slices;
    if (this.#named.length === 0) return [];
    const lost = new Map<Slice, SharedPath[]>([
      [a, []],
      [b, []],
    ]);
    for (const shared of this.#named) {
      const loser = this.#ownerOf(shared.path) === a ? b : a;
      lost.get(loser)!.push(shared);
    }
    const scopes = [a, b].flatMap((slice) => {
      const change = this.#without(slice, lost.get(slice)!);
      return change ? [change] : [];
    });
    // A slice that would be left with nothing to write is no slice.
    if (scopes.length === 0 || scopes.some((change) => this.#isEmptied(change))) return [];
    const text = [a, b]
      .filter((slice) => lost.get(slice)!.length > 0)
      .map((slice) => {
        const owner = slice === a ? b : a;
        return `give ${listed(lost.get(slice)!.map(textOf))} to ${owner.id} alone and take ${lost.get(slice)!.length === 1 ? 'it' : 'them'} out of ${slice.id}`;
      })
      .join('; ');
    return [this.#tried('move', text, { ...noChange, scopes })];
  }

  /** The wider glob leaves out what the other slice names. */
  narrow(): Advice[] {
    const found: Advice[] = [];
    for (const [wide, narrow] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const slice = this.#slices[wide];
      const other = this.#slices[narrow];
      const taken = new Map<string, Set<string>>();
      const meetings = [...this.#globs, ...this.#named.map((shared) => shared.in)];
      for (const both of meetings) {
        const entry = both[wide];
        // A name is no glob that could leave something out.
        if (this.#text(entry) !== null) continue;
        taken.set(entry.path, (taken.get(entry.path) ?? new Set()).add(both[narrow].path));
      }
      const exceptions = [...new Set([...taken.values()].flatMap((paths) => [...paths]))];
      if (exceptions.length === 0 || exceptions.length > MOST_EXCEPTIONS) continue;
      // What is left must be worth naming: a path outside the exceptions that it alone may write.
      if ([...taken.keys()].some((path) => globEscapes(path, exceptions, this.#names).witness === null)) continue;
      const add = exceptions.map((path): ScopePart => ({ key: 'boundary', path, symbol: null }));
      const text = `let ${slice.id} write ${listed([...taken.keys()].map(code))} without ${listed(exceptions.map((path) => code(`!${path}`)))}, which stays with ${other.id}`;
      found.push(this.#tried('narrow', text, { ...noChange, scopes: [{ slice: slice.id, remove: [], add }] }));
    }
    // One is enough: that which leaves less in common, of the slice that names more.
    return found.sort((x, y) => Number(y.verified) - Number(x.verified) || x.percentAfter - y.percentAfter).slice(0, 1);
  }

  /** A source file that both modify, shared out by what they change in it. */
  symbols(): Advice[] {
    const [a, b] = this.#slices;
    const files = this.#named.filter(
      ({ path, symbol, in: both }) =>
        symbol === null &&
        SOURCE.test(path) &&
        both.every((entry, i) => this.#text(entry) !== null && this.#slices[i]!.scope.modify.includes(entry)),
    );
    if (files.length === 0) return [];
    const scopes: PlanChange['scopes'][number][] = [];
    const parts: string[] = [];
    for (const { path, in: both } of files) {
      const declared = this.#request.symbolsOf?.(path) ?? [];
      const words = this.#slices.map(wordsOf);
      const shares = [0, 1].map((i) =>
        declared.filter((symbol) => says(words[i]!, symbol) && !says(words[1 - i]!, symbol)),
      );
      if (shares.every((share) => share.length > 0)) {
        this.#slices.forEach((slice, i) => {
          const part = (symbol: string | null): ScopePart => ({ key: 'modify', path: both[i]!.path, symbol });
          scopes.push({ slice: slice.id, remove: [part(null)], add: shares[i]!.map(part) });
        });
        parts.push(
          `in ${a.id} ${listed(shares[0]!.map((symbol) => code(`${path}::${symbol}`)))}, in ${b.id} ${listed(shares[1]!.map((symbol) => code(`${path}::${symbol}`)))}`,
        );
      } else {
        const known = declared.length > 0 ? ` (it declares ${listed(declared.slice(0, 6).map(code))})` : '';
        parts.push(`in each the part of ${path} that it changes, as ${code(`${path}::Name`)}${known}`);
      }
    }
    const text = `name symbols instead of the whole file: ${parts.join('; ')}`;
    return [this.#tried('symbols', text, { ...noChange, scopes })];
  }

  /** What both only modify and what others rely on, written down before either starts. */
  contract(): Advice[] {
    const files = this.#named.filter(
      ({ path, in: both }) =>
        DECLARATIONS.test(path) && both.every((entry, i) => this.#slices[i]!.scope.modify.includes(entry)),
    );
    if (files.length === 0) return [];
    const scopes = this.#slices.flatMap((slice) => this.#without(slice, files) ?? []);
    if (scopes.some((change) => this.#isEmptied(change))) return [];
    const paths = [...new Set(files.map(({ path }) => path))];
    const them = paths.length === 1 ? 'it' : 'them';
    const text = `turn ${listed(paths.map(code))} into ${paths.length === 1 ? 'a contract' : 'contracts'} that ${paths.length === 1 ? 'is' : 'are'} written before any agent starts, and take ${them} out of both slices`;
    return [this.#tried('contract', text, { ...noChange, scopes, contracts: paths })];
  }

  /** A file that many write is work of its own, which the others wait for. */
  ownSlice(): Advice[] {
    const { plan } = this.#request;
    const scopes = new Map<Slice, SharedPath[]>();
    const paths: string[] = [];
    let creates = false;
    for (const shared of this.#named) {
      if (shared.symbol !== null || paths.includes(shared.path)) continue;
      const at = single(shared.path);
      const writers = plan.slices
        .filter((slice) => scopesOverlap(slice, at, this.#names) !== null)
        .sort((x, y) => asCounted(x.id, y.id));
      if (writers.length < WORK_OF_ITS_OWN) continue;
      paths.push(shared.path);
      for (const slice of writers) {
        creates ||= slice.scope.create.some((entry) => entry.path !== null && this.#matches(entry.path, shared.path));
        scopes.set(slice, [...(scopes.get(slice) ?? []), shared]);
      }
    }
    if (paths.length === 0) return [];
    const changes = [...scopes].flatMap(([slice, shared]) => this.#without(slice, shared) ?? []);
    if (changes.some((change) => this.#isEmptied(change))) return [];
    const taken = new Set(plan.slices.map((slice) => slice.id));
    let id = 'SHARED';
    for (let n = 2; taken.has(id); n++) id = `SHARED-${n}`;
    const key = creates ? 'create' : 'modify';
    const title = `Shared: ${paths.join(', ')}`;
    const change: PlanChange = {
      ...noChange,
      scopes: changes,
      slices: [{ id, title, scope: paths.map((path) => ({ key, path: literal(path), symbol: null })) }],
      deps: [...scopes.keys()].map((slice) => ({ slice: slice.id, on: id })),
    };
    const ids = [...scopes.keys()].map((slice) => slice.id);
    const text = `make a slice of its own for ${listed(paths.map(code))}, which ${ids.length} slices write, and let ${listed(ids)} wait for it`;
    return [this.#tried('own-slice', text, change)];
  }

  /** One after the other: whoever creates goes first, else the order that makes the plan the least longer. */
  order(): Advice[] {
    const [a, b] = this.#slices;
    const creates = this.#slices.map((slice) => this.#named.some(({ path }) => this.#creates(slice, path)));
    const ways = (
      [
        [a, b],
        [b, a],
      ] as const
    ).map(([first, next]) => {
      const advice = this.#tried('order', '', { ...noChange, deps: [{ slice: next.id, on: first.id }] });
      return { first, next, advice };
    });
    const right = creates[0] === creates[1] ? null : creates[0] ? a : b;
    const possible = ways.filter(({ advice }) => advice.verified);
    const best = possible.toSorted(
      (x, y) => Number(y.first === right) - Number(x.first === right) || x.advice.costMinutes - y.advice.costMinutes,
    )[0];
    if (!best) return [];
    const { first, next, advice } = best;
    const other = possible.find((way) => way !== best);
    const why = first === right ? `, because ${first.id} creates what ${next.id} modifies` : '';
    const cost = minutesMore(advice.costMinutes);
    const turned = other ? `; the other way round ${minutesMore(other.advice.costMinutes)}` : '';
    return [{ ...advice, text: `let ${next.id} wait for ${first.id}${why}: the plan then takes ${cost}${turned}` }];
  }

  /** Nearly the same work is one slice, or one after another in one worktree. */
  join(): Advice[] {
    const { overlap } = this.#request;
    const [a, b] = this.#slices;
    const together = a.workstream !== null && a.workstream === b.workstream;
    if (overlap.verdict !== 'serial' || (!together && overlap.percent <= ONE_SLICE)) return [];
    const advice = this.#tried('join', '', { ...noChange, join: { into: a.id, from: b.id } });
    const why = together
      ? `both belong to workstream ${a.workstream}`
      : `${overlap.percent} % of what they write is the same`;
    const stream = together ? '' : ', or put both into one workstream';
    return [
      {
        ...advice,
        text: `join ${b.id} into ${a.id}, for ${why}${stream}: the plan then takes ${minutesMore(advice.costMinutes)}`,
      },
    ];
  }

  /** The text of an entry that names one file, without its wildcards' meaning; `null` for a glob. */
  #text(entry: WriteEntry): string | null {
    const { texts } = compileGlob(entry.path, this.#names);
    return texts?.length === 1 ? (this.#names.caseInsensitive ? entry.path : texts[0]!) : null;
  }

  #matches(glob: string, path: string): boolean {
    return compileGlob(glob, this.#names).matches(path);
  }

  #creates(slice: Slice, path: string): boolean {
    return slice.scope.create.some((entry) => entry.path !== null && this.#matches(entry.path, path));
  }

  /** Who creates a file owns it; then who has more around it, whose name it bears, who has less to do. */
  #ownerOf(path: string): Slice {
    const [a, b] = this.#slices;
    const score = (slice: Slice): number[] => {
      const dir = path.slice(0, path.lastIndexOf('/') + 1);
      const near =
        dir === '' ? 0 : writeSet(slice.scope).filter((entry) => compileGlob(entry.path).prefix.startsWith(dir)).length;
      const named = [...wordsOf(slice)].filter((word) => path.toLowerCase().includes(word)).length;
      return [Number(this.#creates(slice, path)), near, named, -slice.estimateMinutes];
    };
    const [left, right] = [score(a), score(b)];
    const at = left.findIndex((value, i) => value !== right[i]);
    return at < 0 || left[at]! > right[at]! ? a : b;
  }

  /** The slice without some paths: entries that name them go, and globs leave them out. */
  #without(slice: Slice, shared: readonly SharedPath[]): PlanChange['scopes'][number] | null {
    const remove: ScopePart[] = [];
    const add: ScopePart[] = [];
    for (const { path, symbol } of shared) {
      let stays = false;
      for (const key of ['create', 'modify'] as const) {
        for (const entry of slice.scope[key]) {
          if (entry.path === null || !this.#matches(entry.path, path) || !symbolsOverlap(entry.symbol, symbol))
            continue;
          const whole = symbol === null || (entry.symbol !== null && entry.symbol.startsWith(symbol));
          if (this.#text(entry as WriteEntry) !== null && whole)
            remove.push({ key, path: entry.path, symbol: entry.symbol });
          else stays = true;
        }
      }
      if (stays) add.push({ key: 'boundary', path: literal(path), symbol });
    }
    return remove.length + add.length === 0 ? null : { slice: slice.id, remove, add };
  }

  #isEmptied({ slice, remove, add }: PlanChange['scopes'][number]): boolean {
    const { plan } = this.#request;
    const change = changedPlan(plan, { ...noChange, scopes: [{ slice, remove, add }] });
    const left = change.slices.find((one) => one.id === slice)?.scope;
    return left === undefined || scopesOverlap({ scope: left }, EVERYTHING, this.#names) === null;
  }

  /** Carries a change out in memory, and sees what comes of it. */
  #tried(kind: AdviceKind, text: string, change: PlanChange): Advice {
    const { plan, graph, overlap, files = [], thresholds = usualThresholds } = this.#request;
    const after = changedPlan(plan, change);
    const moves = change.deps.length > 0 || change.slices.length > 0 || change.join !== null;
    const later = moves ? planGraph(after) : graph;
    const apart = kind === 'order' || change.join !== null;
    const [a, b] = [overlap.a, overlap.b].map((id) => after.slices.findIndex((slice) => slice.id === id));
    const share = apart || a! < 0 || b! < 0 ? 0 : shareOf(after, a!, b!, { files, names: this.#names });
    const works =
      later.cycles.length <= graph.cycles.length && later.order.length >= graph.order.length - (change.join ? 1 : 0);
    const changes = moves || change.scopes.length > 0;
    return {
      kind,
      text,
      change,
      verified: changes && works && share < thresholds.parallelBelow / 100,
      percentAfter: Math.round(share * 1000) / 10,
      costMinutes: works ? later.makespanMinutes - graph.makespanMinutes : 0,
    };
  }
}

/** What two slices of a plan share, as `overlaps` counts it, whether or not the graph orders them. */
function shareOf(
  plan: Plan,
  a: number,
  b: number,
  { files, names }: { readonly files: readonly string[]; readonly names: GlobOptions },
): number {
  if (!scopesOverlap(plan.slices[a]!, plan.slices[b]!, names)) return 0;
  return FileSets.of(plan, files, names).share(a, b);
}

const EVERYTHING = single('**');

function single(path: string): { readonly scope: Scope } {
  const glob = path === '**' ? path : literal(path);
  const entry = { path: glob, symbol: null, note: null, text: glob, span: { start: 0, end: 0 } };
  return { scope: { create: [], modify: [entry], boundary: [] } };
}

/** A path as a glob that means only itself. */
function literal(path: string): string {
  return path.replace(/[\\*?[\]{}]/g, (c) => `\\${c}`);
}

/** Words that tell a slice from others, of three letters or more. */
function wordsOf(slice: Slice): ReadonlySet<string> {
  const text = [slice.title, slice.component ?? '', slice.workstream ?? ''].join(' ');
  const words =
    text
      .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .match(/[\p{L}\d]{3,}/gu) ?? [];
  return new Set(
    words.filter((word) => !COMMON.has(word)).map((word) => (word.length > 4 ? word.replace(/s$/, '') : word)),
  );
}

const COMMON = new Set(['the', 'and', 'for', 'with', 'slice', 'add', 'new', 'from', 'into', 'this', 'that', 'service']);

function says(words: ReadonlySet<string>, symbol: string): boolean {
  const name = symbol.toLowerCase();
  return [...words].some((word) => name.includes(word));
}

function code(path: string): string {
  return `\`${path}\``;
}

function textOf({ path, symbol }: SharedPath): string {
  return code(symbol === null ? path : `${path}::${symbol}`);
}

function listed(items: readonly string[]): string {
  const shown = items.length > 4 ? [...items.slice(0, 3), `${items.length - 3} more`] : items;
  return shown.length < 2 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

function minutesMore(minutes: number): string {
  if (minutes === 0) return 'no longer';
  return `${Math.abs(Math.round(minutes))} minutes ${minutes > 0 ? 'longer' : 'less'}`;
}
