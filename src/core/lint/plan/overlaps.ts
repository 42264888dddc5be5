import { field, scalarText } from '../../text/document.ts';
import type { Finding } from '../../text/finding.ts';
import { readJson } from '../../text/json.ts';
import type { Manifest } from '../../manifest/model.ts';
import type { Plan, Slice } from '../../plan/model.ts';
import { compileGlob, type Glob, type GlobOptions } from '../../scope/glob.ts';
import { MeetingIndex } from '../../scope/glob-index.ts';
import { symbolsOverlap } from '../../scope/contain.ts';
import { scopeMeetings, writeSet } from '../../scope/meeting.ts';
import { findOverlaps, MOST_OVERLAPS, percentOf, type FoundOverlap } from '../../scope/overlap.ts';
import type { SourceText, Span } from '../../text/source.ts';
import type { ScopeEntry } from '../../task/model.ts';
import type { LintLimits } from '../engine/config.ts';
import type { PlanShape } from './shape.ts';
import { entryAt, meetings, type Place } from '../engine/places.ts';
import { report } from '../engine/rules.ts';
import { thousands } from '../../text/printing.ts';

type SourceOf = (file: string) => SourceText;

/** Findings for one slice beyond which more would only hide the others. */
const mostForSlice = 3;

/** Globs with wildcards in one scope from which on it is asked whether they can be compared in time. */
const manyWild = 200;
/** Pairs of globs that nothing but a comparison tells apart, beyond which the overlap of a scope is not measured. */
const mostAlike = 400_000;
/** Meetings of two scopes that are looked at to say what they share. */
const mostMeetings = 2_000;
const emptyScope = { create: [], modify: [], boundary: [] };

interface Sharing {
  /** What both may write, each with the entry of the second slice that says so. */
  readonly shared: readonly { readonly path: string; readonly key: 'create' | 'modify'; readonly entry: number }[];
  /** Whether that is all of it. */
  readonly whole: boolean;
}

interface OverlapRequest {
  readonly plan: Plan;
  readonly shape: PlanShape;
  readonly sourceOf: SourceOf;
  /** The pairs that overlap, where somebody has found them already. */
  readonly overlaps?: readonly FoundOverlap[];
}

interface CreatedTwice {
  readonly earlier: Place;
  readonly later: Place;
  readonly witness: string;
  /** Whether both name that very file, without a wildcard. */
  readonly named: boolean;
}

/**
 * Files that two slices may create. Shown at the slice that stands later in the plan; `pairs` gets each pair. That two
 * globs may meet is no fault of slices that run one after the other: the later one sees what is there.
 */
export function createFindings({ plan, shape, sourceOf }: OverlapRequest, pairs: Set<string>): Finding[] {
  const found = shape.once('created-twice', [shape.created, shape.graph], () => createdTwice(shape));
  return found.flatMap(({ earlier, later, witness, isFault }) => {
    const at = entryAt(plan, later);
    if (!at) return [];
    pairs.add(`${later.slice} ${earlier.slice}`);
    return [
      report(
        sourceOf(at.slice.file),
        isFault ? 'plan.create-twice' : 'plan.create-may-meet',
        isFault
          ? `${witness} is created by ${earlier.id} as well; only one slice may create a file`
          : `${witness} would be in what ${earlier.id} creates, too; the two run one after the other, so that is right unless both mean the same file`,
        at.entry.span,
      ),
    ];
  });
}

function createdTwice(shape: PlanShape): (CreatedTwice & { readonly isFault: boolean })[] {
  const found = new Map<string, CreatedTwice>();
  const names = (place: Place, path: string): boolean =>
    compileGlob(place.path, shape.names).texts?.includes(path) ?? false;
  for (const { first, second, witness } of meetings(measured(shape, shape.created.sorted), shape.names)) {
    const [earlier, later] = first.slice < second.slice ? [first, second] : [second, first];
    const key = `${later.slice} ${later.entry} ${earlier.slice}`;
    const named = names(first, witness) && names(second, witness);
    // Of all that an entry shares with a slice, a file that both name weighs most.
    if (!found.has(key) || (named && found.get(key)?.named === false))
      found.set(key, { earlier, later, witness, named });
  }
  const all = [...found.values()];
  const open = all.filter(({ named }) => !named);
  const ordered = shape.finishedBefore(
    open.flatMap(({ earlier, later }): [number, number][] => [
      [earlier.slice, later.slice],
      [later.slice, earlier.slice],
    ]),
  );
  const apart = new Set(open.filter((_, i) => ordered[2 * i] || ordered[2 * i + 1]));
  return all.map((one) => ({ ...one, isFault: !apart.has(one) }));
}

/**
 * Pairs that may run at the same time and share too much of what they write. `pairs` holds those that have a finding
 * already, later slice first; those that get one here are added.
 */
export function overlapFindings(
  { plan, shape, sourceOf, overlaps: known }: OverlapRequest,
  files: readonly string[],
  limits: LintLimits,
  pairs: Set<string>,
): Finding[] {
  const counts = new Map<number, number>();
  return sharings(shape, files, known).flatMap((found) => {
    const { a, b, share } = found;
    const earlier = plan.slices[a];
    const later = plan.slices[b];
    const percent = percentOf(share);
    if (!earlier || !later || percent < limits.parallelBelow || pairs.has(`${b} ${a}`)) return [];
    pairs.add(`${b} ${a}`);
    const count = (counts.get(b) ?? 0) + 1;
    counts.set(b, count);
    if (count > mostForSlice) return [];
    let sharing = sharingsKept.get(found);
    if (!sharing) sharingsKept.set(found, (sharing = sharedPlaces(earlier, later, shape.names)));
    const { shared, whole } = sharing;
    const paths = shared.map((place) => place.path);
    const which =
      paths.slice(0, 3).join(', ') +
      (paths.length > 3 ? ` and ${paths.length - 3} more${whole ? '' : ' at least'}` : '');
    const them = paths.length === 1 ? 'it' : 'them';
    const advice =
      percent > limits.serialAbove
        ? 'make one depend on the other, or put both into one workstream'
        : `give ${them} to one of the two, or turn ${them} into a contract`;
    const [first] = shared;
    return [
      report(
        sourceOf(later.file),
        'plan.overlap',
        `${later.id} and ${earlier.id} may run at the same time and share ${percent} % of what they write (${which}): ${advice}`,
        first ? later.scope[first.key][first.entry]?.span : undefined,
      ),
    ];
  });
}

/** Of pairs whose scopes are still the same. */
const sharingsKept = new WeakMap<FoundOverlap, Sharing>();

function sharings(
  shape: PlanShape,
  files: readonly string[],
  known: readonly FoundOverlap[] | undefined,
): readonly FoundOverlap[] {
  const unmeasured = unmeasuredSlices(shape);
  if (unmeasured.length === 0) return known ?? shape.overlaps(files);
  return shape.once('overlaps', [shape, files], () => {
    const { plan, graph, names } = shape;
    const without = new Set(unmeasured.map(({ slice }) => slice));
    const slices = plan.slices.map((slice, i) => (without.has(i) ? { ...slice, scope: emptyScope } : slice));
    return findOverlaps({ ...plan, slices }, graph, files, names);
  });
}

/** Slices whose overlaps are not looked for, because that would take too long: said, so that nobody takes it for none. */
export function unmeasuredFindings(
  { plan, shape, sourceOf, overlaps: known }: OverlapRequest,
  files: readonly string[],
  manifest: Manifest,
): Finding[] {
  const cut = sharings(shape, files, known).length >= MOST_OVERLAPS;
  const most = thousands(MOST_OVERLAPS);
  const rest = `only the first ${most} pairs of slices that overlap are looked at, and there may be more: let scopes name fewer files that others name too`;
  const findings = unmeasuredSlices(shape).flatMap(({ slice: number, globs }) => {
    const slice = plan.slices[number];
    if (!slice) return [];
    const [first] = [...slice.scope.create, ...slice.scope.modify];
    return [
      report(
        sourceOf(slice.file),
        'plan.overlap-unmeasured',
        `what ${slice.id} shares with other slices is not measured: ${globs} of its globs look so much alike others that each would have to be compared with each; name directories or files instead`,
        first?.span,
      ),
    ];
  });
  return cut ? [report(sourceOf(manifest.file), 'plan.overlap-unmeasured', rest), ...findings] : findings;
}

/** Without the places of slices whose overlaps are not looked for. */
function measured(shape: PlanShape, places: readonly Place[]): readonly Place[] {
  const unmeasured = new Set(unmeasuredSlices(shape).map(({ slice }) => slice));
  return unmeasured.size === 0 ? places : places.filter((place) => !unmeasured.has(place.slice));
}

/** Slices with hundreds of globs, where too many pairs with other slices' globs are left that only a comparison tells apart. */
function unmeasuredSlices(shape: PlanShape): readonly { readonly slice: number; readonly globs: number }[] {
  return shape.once('overlaps-unmeasured', [shape.created, shape.modified], () => {
    const { plan, names } = shape;
    const wildOf = ({ scope }: Slice): Glob[] =>
      writeSet(scope).flatMap(({ path }) => {
        const glob = compileGlob(path, names);
        return glob.texts ? [] : [glob];
      });
    const long = plan.slices.flatMap((slice, i) => {
      if (slice.scope.create.length + slice.scope.modify.length <= manyWild) return [];
      const globs = wildOf(slice);
      return globs.length > manyWild ? [{ slice: i, globs }] : [];
    });
    if (long.length === 0) return [];
    const all = plan.slices.flatMap((slice, i) => wildOf(slice).map((glob) => ({ slice: i, glob })));
    // In an order of their own: what the index answers may depend on what it was asked before.
    all.sort((a, b) => (a.glob.source < b.glob.source ? -1 : a.glob.source > b.glob.source ? 1 : a.slice - b.slice));
    const index = new MeetingIndex(all, ({ glob }) => glob);
    const alike = new Map(long.map(({ slice }) => [slice, 0]));
    for (const [place, { slice }] of all.entries()) {
      const count = alike.get(slice);
      if (count === undefined || count > mostAlike) continue;
      let others = 0;
      // Those of the scope itself are not compared with each other.
      for (const other of index.couldMeetItem(place)) if (other.slice !== slice) others++;
      alike.set(slice, count + others);
    }
    return long.flatMap(({ slice, globs }) =>
      (alike.get(slice) ?? 0) > mostAlike ? [{ slice, globs: globs.length }] : [],
    );
  });
}

/** Where two write sets meet, at the entries of the second. */
function sharedPlaces(a: Slice, b: Slice, names: GlobOptions): Sharing {
  const found = new Map<string, Sharing['shared'][number]>();
  const places = new Map<ScopeEntry, Pick<Place, 'key' | 'entry'>>();
  for (const key of ['create', 'modify'] as const)
    b.scope[key].forEach((entry, number) => places.set(entry, { key, entry: number }));
  let looked = 0;
  for (const { a: right, b: left } of scopeMeetings(b.scope, a.scope, names)) {
    if (++looked > mostMeetings) break;
    const at = places.get(right);
    if (!at || left.path === null || right.path === null) continue;
    // What somebody wrote says better what is shared than a made-up path does.
    const path = !compileGlob(right.path).texts && compileGlob(left.path).texts ? left.path : right.path;
    if (!found.has(path)) found.set(path, { path, ...at });
  }
  return { shared: [...found.values()], whole: looked <= mostMeetings };
}

/**
 * An unscoped MODIFY of a path belongs to one slice of a wave; symbols of one file may be shared out. Pairs that share so
 * much that they are better cut differently have been told so.
 */
export function modifyFindings({ plan, shape, sourceOf }: OverlapRequest, pairs: ReadonlySet<string>): Finding[] {
  const found = shape.once('modified-together', [shape.modified, shape.edges], () => {
    const byWave = new Map<number, Place[]>();
    for (const place of measured(shape, shape.modified.sorted)) {
      const wave = shape.graph.schedule.get(place.id)?.wave;
      const members = wave === undefined ? undefined : byWave.get(wave);
      if (members) members.push(place);
      else if (wave !== undefined) byWave.set(wave, [place]);
    }
    const seen = new Set<string>();
    return [...byWave]
      .sort(([a], [b]) => a - b)
      .flatMap(([wave, members]) =>
        [...meetings(members, shape.names)].flatMap(({ first, second, witness }) => {
          const [earlier, later] = first.slice < second.slice ? [first, second] : [second, first];
          const key = `${later.slice} ${later.entry} ${earlier.slice}`;
          if (seen.has(key) || !symbolsOverlap(first.symbol, second.symbol)) return [];
          seen.add(key);
          return [{ wave, earlier, later, witness }];
        }),
      );
  });
  return found.flatMap(({ wave, earlier, later, witness }) => {
    const at = entryAt(plan, later);
    if (!at || pairs.has(`${later.slice} ${earlier.slice}`)) return [];
    const what = earlier.symbol !== null && later.symbol !== null ? `${witness}::${later.symbol}` : witness;
    return [
      report(
        sourceOf(at.slice.file),
        'plan.modify-together',
        `${what} is modified by ${earlier.id} in the same wave ${wave}; give it to one of them, or make one depend on the other`,
        at.entry.span,
      ),
    ];
  });
}

/** Contracts that nobody reads, and contracts that slices write which do not own them. */
export function contractFindings({ plan, shape, sourceOf }: OverlapRequest, manifest: Manifest): Finding[] {
  if (plan.contracts.length === 0) return [];
  const findings: Finding[] = [];
  // A slice that names no contract is given all of them.
  const everyOneRead = plan.slices.some((slice) => slice.contracts.length === 0) || plan.slices.length === 0;
  let names: ReadonlySet<string> | undefined;
  const isNamed = (path: string): boolean =>
    (names ??= new Set(plan.slices.flatMap((slice) => slice.contracts))).has(path);
  const listed = new Set(manifest.contracts.map((contract) => contract.path.replace(/^\.\//, '')));
  for (const { path, target, consumers } of plan.contracts) {
    const read = everyOneRead || consumers.length > 0 || isNamed(path) || (target !== null && isNamed(target));
    if (read || !listed.has(path)) continue;
    const source = sourceOf(manifest.file);
    findings.push(
      report(
        source,
        'plan.contract-unused',
        `no slice names the contract ${path} in its contracts, so no agent is given it: name it where it is needed, or remove it`,
        contractSpan(source, path),
      ),
    );
  }
  const written = shape.once(
    'contracts-written',
    [shape.created, shape.modified, shape.scopes, contractsKey(plan)],
    () => contractWrites(shape),
  );
  for (const { place, file, provider } of written) {
    const at = entryAt(plan, place);
    if (!at) continue;
    const owner = provider === null ? 'no slice owns it' : `${provider} owns it`;
    findings.push(
      report(
        sourceOf(at.slice.file),
        'plan.contract-written',
        `${place.id} may write ${file}, a contract that is written before any agent starts (${owner}): take it out of the scope or put it under BOUNDARY`,
        at.entry.span,
      ),
    );
  }
  return findings;
}

/** What the contracts of a plan are, in one word. */
function contractsKey({ contracts }: Plan): string {
  return JSON.stringify(contracts.map(({ path, target, provider }) => [path, target, provider]));
}

function contractWrites(
  shape: PlanShape,
): { readonly place: Place; readonly file: string; readonly provider: string | null }[] {
  const { plan } = shape;
  return plan.contracts.flatMap(({ path, target, provider }) => {
    const own = plan.dir === '' ? path : `${plan.dir}/${path}`;
    return (target === null ? [own] : [target, own]).flatMap((file) =>
      [...shape.created.meeting(literal(file)), ...shape.modified.meeting(literal(file))]
        .filter(
          (place) =>
            place.id !== provider &&
            place.symbol === null &&
            // A wide glob may be walled in.
            !plan.slices[place.slice]?.scope.boundary.some(
              (wall) => wall.path !== null && compileGlob(wall.path, shape.names).matches(file),
            ),
        )
        .map((place) => ({ place, file, provider })),
    );
  });
}

/** A path as a glob that means only itself. */
function literal(path: string): string {
  return path.replace(/[\\*?[\]{}]/g, (c) => `\\${c}`);
}

function contractSpan(source: SourceText, path: string): Span | undefined {
  const { value } = readJson(source.text);
  const contracts = field(value, 'contracts')?.value;
  if (contracts?.kind !== 'list') return undefined;
  for (const item of contracts.items) {
    const name = item.kind === 'scalar' ? item : field(item, 'path')?.value;
    if (name?.kind === 'scalar' && scalarText(name).replace(/^\.\//, '') === path) return name.span;
  }
  return undefined;
}
