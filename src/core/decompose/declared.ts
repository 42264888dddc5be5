import type { Finding } from '../text/finding.ts';
import { compileGlob, globContains } from '../scope/glob.ts';
import type { Spec, SpecContract } from '../spec/model.ts';
import { answerFaults, namesContract } from './answer-faults.ts';
import { boundaryOf, isGlob, splitSymbol } from './boundary.ts';
import { contractRoles } from './contract-roles.ts';
import { proofOf } from './merge-point-checks.ts';
import { pathsIn, RepoPaths } from '../text/mentions.ts';
import { formatEstimate, type Proposal, type ProposedContract, type ProposedSlice } from '../plan/proposal.ts';
import { normalisedPath, testPlanRows, workstreamOf } from './structure.ts';
import { oneLine } from '../text/printing.ts';

export interface DeclaredRequest {
  readonly proposal: Proposal;
  readonly spec: Spec;
  /** Repository-relative. */
  readonly specPath: string;
  readonly specText: string;
  readonly repoFiles: readonly string[];
  /** What the repository itself says, for what the proposal leaves out. Default: nothing. */
  readonly repository?: {
    /** Commands that make a fresh checkout ready. */
    readonly setup: readonly string[];
    /** Measured, two paragraphs. */
    readonly conventions: string;
  };
}

/**
 * A proposal in which what the spec itself declares wins over what the decomposer made of it: contracts, workstreams,
 * conventions, merge points, stop conditions, what is out of scope, and of a declared slice its title, workstream,
 * dependencies, checks, estimate, agent, files, details and rows of the test plan. What the proposal left out follows
 * from the rest: boundaries, who provides and who needs a declared contract, conventions, set-up and the checks of
 * merge points.
 */
export function withDeclared(request: DeclaredRequest): {
  readonly proposal: Proposal;
  readonly findings: readonly Finding[];
} {
  const { spec, proposal } = request;
  const repo = new RepoPaths(request.repoFiles);
  const targets = spec.contracts.map((contract) => contract.path);
  const known = new Set(proposal.slices.map((slice) => slice.id));
  const proof = proofOf(spec);
  const checked = (verify: readonly string[]): string[] => [...(verify.length > 0 ? verify : proof)];
  const points = [
    ...spec.mergePoints.map(({ id, needs, unlocks, verify }) => ({
      id,
      needs: needs.filter((need) => known.has(need)),
      unlocks: unlocks.filter((unlock) => known.has(unlock)),
      verify: verify.length > 0 ? [...verify] : (proposal.merge_points.find((point) => point.id === id)?.verify ?? []),
    })),
    ...proposal.merge_points,
  ];
  const merged = declaredSlices(request, repo);
  const contracts = firstOf(
    [
      ...declaredContracts(spec.contracts, { ...proposal, slices: merged }, points),
      ...proposal.contracts.filter(
        (contract) => !targets.includes(contract.path) && !targets.includes(contract.target ?? ''),
      ),
    ],
    ({ path }) => path,
  );
  const declaredIds = new Set(spec.slices.map(({ id }) => id));
  const own = spec.workstreams.map(({ id, name, boundary }) => ({ id, name, boundary: [...boundary] }));
  // What the ids of declared slices stand for need not be listed anywhere in the spec.
  const implied = merged.flatMap(({ id, workstream }) =>
    workstream !== null && declaredIds.has(id) ? [{ id: workstream, name: workstream, boundary: [] }] : [],
  );
  const workstreams = firstOf([...own, ...proposal.workstreams, ...implied], ({ id }) => id);
  const slices = merged.map((slice) => withContracts(slice, contracts));
  const forbidden = [...new Set([...targets, ...pathsIn(spec.answers.out_of_scope?.text ?? '', repo)])];
  return {
    proposal: {
      ...proposal,
      conventions: spec.conventions?.text.trim() || proposal.conventions || request.repository?.conventions || null,
      setup: proposal.setup.length > 0 ? proposal.setup : [...(request.repository?.setup ?? [])],
      contracts,
      workstreams,
      merge_points: firstOf(points, ({ id }) => id).map((point) => ({ ...point, verify: checked(point.verify) })),
      slices: slices.map((slice) => withBoundary(slice, { slices, workstreams, forbidden })),
    },
    findings: answerFaults({
      answer: proposal,
      merged: { slices: merged, contracts, workstreams },
      spec,
      specPath: request.specPath,
      specText: request.specText,
      repo,
    }),
  };
}

/** Of things with one name the first. */
function firstOf<T>(items: readonly T[], name: (item: T) => string): T[] {
  const byName = new Map<string, T>();
  for (const item of items) if (!byName.has(name(item))) byName.set(name(item), item);
  return [...byName.values()];
}

/** The slice with a boundary: its own with what is nobody's, or else what the others write. */
function withBoundary(
  slice: ProposedSlice,
  plan: Pick<Proposal, 'slices' | 'workstreams'> & { readonly forbidden: readonly string[] },
): ProposedSlice {
  const writes = ({ create, modify }: ProposedSlice): string[] => [...create, ...modify];
  const { slices, workstreams, forbidden } = plan;
  if (slice.boundary.length > 0) {
    const nobodys = boundaryOf({ own: writes(slice), forbidden, foreign: [], others: [] });
    const more = nobodys.filter((path) => !slice.boundary.some((other) => globContains(other, path)));
    return more.length > 0 ? { ...slice, boundary: [...slice.boundary, ...more] } : slice;
  }
  const boundary = boundaryOf({
    own: writes(slice),
    forbidden,
    foreign: workstreams.filter((stream) => stream.id !== slice.workstream).flatMap((stream) => stream.boundary),
    others: slices.filter((other) => other !== slice).flatMap(writes),
  });
  return { ...slice, boundary };
}

/**
 * The contracts of the spec, with who provides and who needs each: as the proposal says, in `contracts` or at its
 * slices, and as the words of the slices tell where it says nothing.
 */
function declaredContracts(
  own: readonly SpecContract[],
  { slices, contracts }: Pick<Proposal, 'slices' | 'contracts'>,
  points: Proposal['merge_points'],
): ProposedContract[] {
  const users = slices.map((slice) => ({
    ...slice,
    writes: [...slice.create, ...slice.modify],
    words: [...slice.requirements, ...slice.checklist],
  }));
  const unlocks = new Map<string, string[]>();
  for (const point of points)
    for (const id of point.needs) unlocks.set(id, [...(unlocks.get(id) ?? []), ...point.unlocks]);
  return own.map((contract) => {
    const { path, language, content } = contract;
    const given = contracts.find((other) => other.path === path || other.target === path);
    const naming = slices.filter((slice) =>
      slice.contracts.some((name) => namesContract(name, { path, target: null })),
    );
    const said = new Set([...(given?.consumers ?? []), ...naming.map((slice) => slice.id)]);
    const roles = contractRoles(contract, users, unlocks);
    const provider = given?.provider ?? roles.provider;
    const consumers = said.size > 0 ? slices.flatMap(({ id }) => (said.has(id) ? [id] : [])) : roles.consumers;
    return { path, language, content, target: null, provider, consumers: consumers.filter((id) => id !== provider) };
  });
}

/** The slice with all contracts that it provides or needs; what it was said to need stays. */
function withContracts(slice: ProposedSlice, contracts: readonly ProposedContract[]): ProposedSlice {
  const more = contracts.filter(
    (contract) =>
      (contract.provider === slice.id || contract.consumers.includes(slice.id)) &&
      !slice.contracts.some((name) => namesContract(name, contract)),
  );
  return more.length > 0 ? { ...slice, contracts: [...slice.contracts, ...more.map(({ path }) => path)] } : slice;
}

/** The slices in the order of the proposal, with what the spec says of them. */
function declaredSlices({ spec, proposal }: DeclaredRequest, repo: RepoPaths): ProposedSlice[] {
  const declared = new Map(spec.slices.map((slice) => [slice.id, slice]));
  const known = new Set(proposal.slices.map((slice) => slice.id));
  const stop = spec.stopConditions?.items.map(({ text }) => oneLine(text)) ?? [];
  const files = [...repo.files];
  const created = proposal.slices.flatMap((slice) => slice.create);
  const isThere = (file: string): boolean => {
    const { path } = splitSymbol(file);
    if (created.some((own) => globContains(own, path))) return true;
    if (!isGlob(path)) return repo.files.has(path);
    const glob = compileGlob(path);
    return files.some((other) => glob.matches(other));
  };
  return proposal.slices.map((slice) => {
    const wanted = declared.get(slice.id);
    const stops = [...new Set([...stop, ...slice.stop])];
    if (!wanted) return { ...slice, stop: stops };
    const written = [...slice.create, ...slice.modify].map((entry) => splitSymbol(entry).path);
    const missing = wanted.files
      .map((file) => normalisedPath(file, repo))
      .filter((file) => !written.some((own) => globContains(own, splitSymbol(file).path)));
    // What no slice brings into being is the first one's to create; the others change it.
    const fresh = missing.filter((file) => !isThere(file)).map((file) => splitSymbol(file).path);
    const changed = missing.filter(isThere);
    created.push(...fresh);
    return {
      ...slice,
      title: wanted.title || slice.title,
      workstream: workstreamOf(spec, wanted) ?? slice.workstream,
      deps: [...new Set([...wanted.after.filter((id) => known.has(id)), ...slice.deps])],
      create: [...slice.create, ...new Set(fresh)],
      modify: [...slice.modify, ...changed],
      requirements: [...new Set([...wanted.details, ...slice.requirements])],
      checklist: [...new Set([...testPlanRows(spec, wanted), ...slice.checklist])],
      verify: [...new Set([...wanted.verify, ...slice.verify])],
      estimate: wanted.estimateMinutes === null ? slice.estimate : formatEstimate(wanted.estimateMinutes),
      agent: wanted.agent ?? slice.agent,
      boundary: [...new Set([...slice.boundary, ...wanted.boundary.map((path) => normalisedPath(path, repo))])],
      stop: stops,
    };
  });
}
