import { boundaryOf, splitSymbol } from '../decompose/boundary.ts';
import { isTestPath, testedName } from '../conventions/sources.ts';
import { formatEstimate, type Proposal, type ProposedContract, type ProposedSlice } from '../plan/proposal.ts';
import { parseEstimate } from '../text/estimate.ts';
import { assertNever, failure, success, type Result } from '../text/result.ts';
import { symbolsOverlap } from '../scope/contain.ts';
import { compileGlob, globContains, globsIntersect } from '../scope/glob.ts';
import { readSpec } from '../spec/read.ts';
import { oneLine } from '../text/printing.ts';

/** One change of a plan that a person asks for. */
export type Operation =
  | { readonly kind: 'cut'; readonly id: string }
  | { readonly kind: 'merge'; readonly ids: readonly string[]; readonly as: string | null }
  | { readonly kind: 'split'; readonly id: string }
  | {
      readonly kind: 'rescope';
      readonly id: string;
      readonly create: readonly string[];
      readonly modify: readonly string[];
      readonly remove: readonly string[];
    }
  /** As a spec declares a slice: `A9: Title (after A1; files: src/z.ts; verify: npm test)`. */
  | { readonly kind: 'add'; readonly text: string }
  /** Another contract, named in the task specs of `slices`. */
  | { readonly kind: 'contract'; readonly contract: ProposedContract; readonly slices: readonly string[] }
  | {
      readonly kind: 'merge-point';
      readonly id: string;
      readonly needs: readonly string[];
      readonly unlocks: readonly string[];
      readonly verify: readonly string[];
    };

/** Which slices stand in the place of one that is gone: several (split), one (merged), none (cut). */
export type Lineage = ReadonlyMap<string, readonly string[]>;

export interface OperationFailure {
  readonly reason: 'no-such-slice' | 'impossible';
  readonly message: string;
  readonly remedy: string;
}

type Applied = Result<{ readonly proposal: Proposal; readonly lineage: Lineage }, OperationFailure>;

/**
 * Applies operations in order. Only the list of slices changes: names of slices that are gone are left in the others,
 * and `reconcile` turns them into what stands in their place. `taken` are ids that no new slice may get, in lower case:
 * a slice that was cut keeps its runs, and another one under its name would inherit them.
 */
export function applyOperations(
  proposal: Proposal,
  operations: readonly Operation[],
  context: { readonly repoFiles: readonly string[]; readonly taken: ReadonlySet<string> },
): Applied {
  let slices: readonly ProposedSlice[] = proposal.slices;
  let contracts: readonly ProposedContract[] = proposal.contracts;
  let points: Proposal['merge_points'] = proposal.merge_points;
  const lineage = new Map<string, readonly string[]>();
  const replace = (gone: readonly string[], by: readonly ProposedSlice[]): void => {
    const at = slices.findIndex((slice) => gone.includes(slice.id));
    const rest = slices.filter((slice) => !gone.includes(slice.id));
    const before = slices.slice(0, at).filter((slice) => !gone.includes(slice.id)).length;
    slices = [...rest.slice(0, before), ...by, ...rest.slice(before)];
    const ids = by.map((slice) => slice.id);
    for (const id of gone) if (!ids.includes(id)) lineage.set(id, ids);
  };
  for (const operation of operations) {
    const named = namedIn(operation);
    const missing = named.find((id) => !slices.some((slice) => slice.id === id));
    if (missing !== undefined) {
      return failure({
        reason: 'no-such-slice',
        message: `there is no slice ${missing}`,
        remedy: `Slices: ${slices.map((slice) => slice.id).join(', ')}.`,
      });
    }
    const ids = new Set([...context.taken, ...slices.map((slice) => slice.id.toLowerCase())]);
    const [first] = slices.filter((slice) => named.includes(slice.id));
    switch (operation.kind) {
      case 'cut':
        replace(named, []);
        break;
      case 'split': {
        const parts = first ? splitSlice(first, ids) : [];
        if (parts.length < 2) {
          return impossible(
            `${operation.id} writes only ${first ? [...first.create, ...first.modify].join(', ') || 'nothing' : ''}: there is nothing to split`,
            'Name its files one by one in its task spec, or add another slice.',
          );
        }
        replace(named, parts);
        break;
      }
      case 'merge': {
        const as = operation.as ?? operation.ids[0] ?? '';
        if (new Set(operation.ids).size < 2) return impossible('one slice cannot be merged', 'Name at least two.');
        if (!operation.ids.includes(as) && (ids.has(as.toLowerCase()) || !isId(as))) {
          return impossible(
            `${as} cannot be the id of the merged slice`,
            'Give an id that was never used in this plan.',
          );
        }
        const members = operation.ids.flatMap((id) => slices.filter((slice) => slice.id === id));
        replace(named, [mergeSlices(members, as)]);
        break;
      }
      case 'rescope': {
        const changed = first ? rescope(first, operation) : null;
        if (changed === null || !first) break;
        if (!changed.ok) return changed;
        slices = slices.map((slice) => (slice.id === operation.id ? changed.value : slice));
        break;
      }
      case 'add': {
        const added = readAdded(operation.text, { ...proposal, slices: [...slices] }, context.repoFiles, ids);
        if (!added.ok) return added;
        slices = [...slices, added.value];
        break;
      }
      case 'contract': {
        const { contract } = operation;
        if (contracts.some(({ path }) => path === contract.path))
          return impossible(`${contract.path} is a contract of this plan already`, 'Edit the file instead.');
        contracts = [...contracts, contract];
        slices = slices.map((slice) =>
          operation.slices.includes(slice.id) && !slice.contracts.includes(contract.path)
            ? { ...slice, contracts: [...slice.contracts, contract.path] }
            : slice,
        );
        break;
      }
      case 'merge-point': {
        const { id, needs, unlocks, verify } = operation;
        if (!isId(id) || slices.some((slice) => slice.id === id))
          return impossible(`${id} cannot be the id of a merge point`, 'Give an id that nothing in the plan has.');
        const known = points.find((point) => point.id === id);
        const both = {
          id,
          needs: [...new Set([...(known?.needs ?? []), ...needs])],
          unlocks: [...new Set([...(known?.unlocks ?? []), ...unlocks])],
          verify: known?.verify ?? [...verify],
        };
        points = known ? points.map((point) => (point === known ? both : point)) : [...points, both];
        break;
      }
      default:
        return assertNever(operation);
    }
  }
  return success({
    proposal: { ...proposal, slices: [...slices], contracts: [...contracts], merge_points: [...points] },
    lineage: settled(lineage),
  });
}

/** The slices an operation speaks of, which have to be there. */
function namedIn(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'merge':
      return operation.ids;
    case 'add':
      return [];
    case 'contract':
      return operation.slices;
    case 'merge-point':
      return [...operation.needs, ...operation.unlocks];
    default:
      return [operation.id];
  }
}

/** What stood in for a slice may itself be gone by now. */
function settled(lineage: ReadonlyMap<string, readonly string[]>): Lineage {
  const resolve = (id: string, seen: readonly string[]): readonly string[] => {
    const next = lineage.get(id);
    return next === undefined || seen.includes(id) ? [id] : next.flatMap((other) => resolve(other, [...seen, id]));
  };
  return new Map([...lineage.keys()].map((id) => [id, [...new Set(resolve(id, []).filter((other) => other !== id))]]));
}

function impossible(message: string, remedy: string): { readonly ok: false; readonly failure: OperationFailure } {
  return failure({ reason: 'impossible', message, remedy });
}

function isId(id: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/.test(id) && id.length <= 60;
}

/** `A3` -> `A3a`, `A3b`, ...; `task-003` -> `task-003-a`. Ids that were ever used are passed over. */
export function freeId(id: string, taken: ReadonlySet<string>): string {
  const stem = /^[A-Z]{1,3}\d+$/i.test(id) ? id : `${id}-`;
  for (let i = 0; ; i++) {
    const letters = i < 26 ? String.fromCharCode(97 + i) : `z${i - 25}`;
    if (!taken.has(`${stem}${letters}`.toLowerCase())) return `${stem}${letters}`;
  }
}

/**
 * Parts by directory, or by file where all stand in one. A test goes with the file it is named after; tests of nothing
 * in particular make a last part that waits for the others.
 */
function splitSlice(slice: ProposedSlice, ids: ReadonlySet<string>): ProposedSlice[] {
  const writes = [...slice.create, ...slice.modify];
  const sources = writes.filter((text) => !isTestPath(splitSymbol(text).path));
  const plain = sources.length > 0 ? sources : writes;
  const nameOf = (text: string): string => testedName(splitSymbol(text).path);
  const directory = (text: string): string => splitSymbol(text).path.replace(/(?:^|\/)[^/]*$/, '');
  const byDirectory = new Set(plain.map(directory)).size > 1;
  const groups = new Map<string, string[]>();
  for (const text of plain) {
    const key = byDirectory ? directory(text) : text;
    groups.set(key, [...(groups.get(key) ?? []), text]);
  }
  const rest: string[] = [];
  for (const text of writes.filter((entry) => !plain.includes(entry))) {
    const home = [...groups.values()].find((group) => group.some((other) => nameOf(other) === nameOf(text)));
    (home ?? rest).push(text);
  }
  const parts = [...groups.values()];
  if (rest.length > 0) parts.push(rest);
  if (parts.length < 2) return [];
  const taken = new Set(ids);
  const names = parts.map(() => {
    const id = freeId(slice.id, taken);
    taken.add(id.toLowerCase());
    return id;
  });
  const minutes = (parseEstimate(slice.estimate) ?? 120) / parts.length;
  return parts.map((part, index) => ({
    ...slice,
    id: names[index] ?? slice.id,
    title: `${slice.title}: ${part.map((text) => splitSymbol(text).path).join(', ')}`,
    deps: part === rest ? [...slice.deps, ...names.slice(0, -1)] : [...slice.deps],
    create: slice.create.filter((text) => part.includes(text)),
    modify: slice.modify.filter((text) => part.includes(text)),
    boundary: [...new Set([...slice.boundary, ...foreign(writes, part)])],
    estimate: formatEstimate(Math.max(15, minutes)),
  }));
}

/** Whole files of the other parts. Of a file that both write, symbol by symbol, neither is forbidden. */
function foreign(writes: readonly string[], part: readonly string[]): string[] {
  const own = part.map((text) => splitSymbol(text).path);
  return writes.map((text) => splitSymbol(text).path).filter((path) => !own.some((mine) => globsIntersect(mine, path)));
}

function mergeSlices(members: readonly ProposedSlice[], as: string): ProposedSlice {
  const ids = members.map((slice) => slice.id);
  const all = <T>(read: (slice: ProposedSlice) => readonly T[]): T[] => [...new Set(members.flatMap(read))];
  const create = all((slice) => slice.create);
  const modify = all((slice) => slice.modify).filter((text) => !create.includes(text));
  const [first] = members;
  const streams = new Set(members.map((slice) => slice.workstream));
  const agents = members.map((slice) => slice.agent).filter((agent) => agent !== null);
  return {
    id: as,
    title: members.map((slice) => slice.title).join(' and '),
    workstream: streams.size === 1 ? (first?.workstream ?? null) : null,
    deps: all((slice) => slice.deps).filter((id) => !ids.includes(id)),
    create,
    modify,
    // A wall falls only where another member may go: what a slice excepts from its own globs stays excepted.
    boundary: all((slice) => slice.boundary).filter((wall) =>
      members.every((slice) => slice.boundary.includes(wall) || !writes(slice).some((entry) => meets(entry, wall))),
    ),
    requirements: all((slice) => slice.requirements),
    checklist: all((slice) => slice.checklist),
    verify: all((slice) => slice.verify),
    estimate: formatEstimate(members.reduce((sum, slice) => sum + (parseEstimate(slice.estimate) ?? 120), 0)),
    agent: agents[0] ?? null,
    contracts: all((slice) => slice.contracts),
    stop: all((slice) => slice.stop),
  };
}

function writes({ create, modify }: ProposedSlice): readonly string[] {
  return [...create, ...modify];
}

/** Whether two entries can mean the same: paths that meet, and in them symbols that do. */
function meets(a: string, b: string): boolean {
  const [one, two] = [splitSymbol(a), splitSymbol(b)];
  return globsIntersect(one.path, two.path) !== null && symbolsOverlap(one.symbol, two.symbol);
}

function rescope(
  slice: ProposedSlice,
  change: Extract<Operation, { kind: 'rescope' }>,
): Result<ProposedSlice, OperationFailure> {
  const own = writes(slice);
  // One file of a directory that is its own: no entry goes, but from now on that file is an exception.
  const spared = change.remove.filter(
    (path) => !own.includes(path) && !path.includes('::') && own.some((entry) => globContains(entry, path)),
  );
  const unknown = change.remove.filter((path) => !own.includes(path) && !spared.includes(path));
  if (unknown.length > 0) {
    return impossible(`${slice.id} does not write ${unknown.join(', ')}`, `Its scope: ${own.join(', ') || 'nothing'}.`);
  }
  const bad = [...change.create, ...change.modify].find((path) =>
    /^(?:[/~]|[A-Za-z]:)|(?:^|\/)\.\.(?:\/|$)|[`\r\n]/.test(path),
  );
  if (bad !== undefined)
    return impossible(`${bad} is not a path inside the repository`, 'Give it relative to the root.');
  if (change.create.length + change.modify.length + change.remove.length === 0) {
    return impossible(
      `nothing says how the scope of ${slice.id} should change`,
      'Give --add-create, --add-modify or --remove with a path.',
    );
  }
  const create = [...new Set([...slice.create, ...change.create])].filter((path) => !change.remove.includes(path));
  const modify = [...new Set([...slice.modify, ...change.modify])].filter(
    (path) => !change.remove.includes(path) && !create.includes(path),
  );
  // A boundary around what is now its own would stop the slice at its own work. A wider glob takes none down.
  const fresh = [...change.create, ...change.modify];
  const fallen = slice.boundary.filter((wall) =>
    fresh.some((entry) => meets(entry, wall) && globContains(splitSymbol(wall).path, splitSymbol(entry).path)),
  );
  const wall = fallen.find((entry) => own.some((path) => meets(path, entry) && !change.remove.includes(path)));
  if (wall !== undefined)
    return impossible(
      `${slice.id} must not touch ${wall}, which is an exception from what it writes`,
      'Say in its task spec what it may write there, path by path.',
    );
  const boundary = slice.boundary.filter((entry) => !fallen.includes(entry));
  return success({ ...slice, create, modify, boundary: [...new Set([...boundary, ...spared])] });
}

function readAdded(
  text: string,
  proposal: Proposal,
  repoFiles: readonly string[],
  ids: ReadonlySet<string>,
): Result<ProposedSlice, OperationFailure> {
  const line = oneLine(text);
  const { spec, findings } = readSpec(`## Slices\n\n- ${line}\n`, 'added.md');
  const [slice, more] = spec.slices;
  // Words alone would be a slice of a spec, which is asked for its files later on; here nobody asks.
  if (!slice || more || (slice.files.length === 0 && !line.includes(slice.id))) {
    return impossible(
      `"${line}" is not a slice`,
      'Write it as a spec does: "A9: Title (after A1; files: src/z.ts; verify: npm test)".',
    );
  }
  const bad = findings.find((found) => found.code === 'spec.estimate');
  if (bad) return impossible(bad.message, 'Write the estimate as 3h, 90m or 1h30m.');
  if (ids.has(slice.id.toLowerCase())) {
    return impossible(
      `the id ${slice.id} was used in this plan already`,
      `Take another one, such as ${freeId(slice.id, ids)}.`,
    );
  }
  const unknown = slice.after.filter((id) => !proposal.slices.some((other) => other.id === id));
  if (unknown.length > 0) {
    return failure({
      reason: 'no-such-slice',
      message: `${slice.id} comes after ${unknown.join(', ')}, which is no slice of the plan`,
      remedy: `Slices: ${proposal.slices.map((other) => other.id).join(', ')}.`,
    });
  }
  const files = slice.files.map((file) => (file.endsWith('/') ? `${file}**` : file));
  const there = (entry: string): boolean => {
    const { path } = splitSymbol(entry);
    const glob = compileGlob(path);
    return (
      repoFiles.some((file) => glob.matches(file)) ||
      proposal.slices.some((other) => other.create.some((made) => splitSymbol(made).path === path))
    );
  };
  const stream = proposal.workstreams.find((other) => other.id === slice.workstream);
  return success({
    id: slice.id,
    title: slice.title,
    workstream: stream?.id ?? null,
    deps: [...slice.after],
    create: files.filter((file) => !there(file)),
    modify: files.filter(there),
    boundary: boundaryOf({
      own: files,
      forbidden: proposal.contracts.flatMap((contract) => contract.target ?? []),
      foreign: proposal.workstreams.filter((other) => other !== stream).flatMap((other) => other.boundary),
      others: proposal.slices.flatMap((other) => [...other.create, ...other.modify]),
    }),
    requirements: [],
    checklist: [],
    verify: [...slice.verify],
    estimate: formatEstimate(slice.estimateMinutes ?? 120),
    agent: slice.agent,
    contracts: proposal.contracts.map((contract) => contract.path),
    stop: [],
  });
}
