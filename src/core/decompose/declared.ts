import { finding, type Finding } from '../finding.ts';
import { compileGlob, globContains } from '../scope/glob.ts';
import { SourceText } from '../source.ts';
import type { Spec, SpecContract, SpecSlice } from '../spec/model.ts';
import { boundaryOf, isGlob, splitSymbol } from './boundary.ts';
import { contractRoles } from './contract-roles.ts';
import { formatEstimate, type Proposal, type ProposedContract, type ProposedSlice } from './proposal.ts';

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
 * conventions, merge points, and of a declared slice its title, workstream, dependencies, checks, estimate, agent and
 * files. What the proposal left out follows from the rest: boundaries, who provides and who needs a declared contract,
 * conventions and set-up. Declared slices it left out are errors, because nobody but their author may drop them; contracts
 * and slices that it names and that nobody has are warnings.
 */
export function withDeclared(request: DeclaredRequest): {
  readonly proposal: Proposal;
  readonly findings: readonly Finding[];
} {
  const { spec, proposal } = request;
  const repo = new Set(request.repoFiles);
  const targets = spec.contracts.map((contract) => contract.path);
  const known = new Set(proposal.slices.map((slice) => slice.id));
  const own = spec.workstreams.map(({ id, name, boundary }) => ({ id, name, boundary: [...boundary] }));
  const workstreams = [...own, ...proposal.workstreams.filter((stream) => !own.some(({ id }) => id === stream.id))];
  const points = spec.mergePoints.map(({ id, needs, unlocks, verify }) => ({
    id,
    needs: needs.filter((need) => known.has(need)),
    unlocks: unlocks.filter((unlock) => known.has(unlock)),
    verify: verify.length > 0 ? [...verify] : (proposal.merge_points.find((point) => point.id === id)?.verify ?? []),
  }));
  const declared = new Map(spec.slices.map((slice) => [slice.id, slice]));
  const merged = proposal.slices.map((slice) => {
    const wanted = declared.get(slice.id);
    return wanted ? declaredSlice(slice, wanted, { known, repo }) : slice;
  });
  const contracts = [
    ...declaredContracts(spec.contracts, { ...proposal, slices: merged }, points),
    ...proposal.contracts.filter(
      (contract) => !targets.includes(contract.path) && !targets.includes(contract.target ?? ''),
    ),
  ];
  const slices = merged.map((slice) => withContracts(slice, contracts));
  const writes = (slice: ProposedSlice): string[] => [...slice.create, ...slice.modify];
  const source = new SourceText(request.specPath, request.specText);
  return {
    proposal: {
      ...proposal,
      conventions: spec.conventions?.text.trim() || proposal.conventions || request.repository?.conventions || null,
      setup: proposal.setup.length > 0 ? proposal.setup : [...(request.repository?.setup ?? [])],
      contracts,
      workstreams,
      merge_points: [...points, ...proposal.merge_points.filter((point) => !points.some(({ id }) => id === point.id))],
      slices: slices.map((slice) =>
        slice.boundary.length > 0
          ? slice
          : {
              ...slice,
              boundary: boundaryOf({
                own: writes(slice),
                forbidden: targets,
                foreign: workstreams
                  .filter((stream) => stream.id !== slice.workstream)
                  .flatMap((stream) => stream.boundary),
                others: slices.filter((other) => other !== slice).flatMap(writes),
              }),
            },
      ),
    },
    findings: [
      ...spec.slices
        .filter((slice) => !known.has(slice.id))
        .map((slice) =>
          finding(
            source,
            'decompose.slice-left-out',
            'error',
            `the spec declares ${slice.id} (${slice.title}), and no slice of the plan has this id`,
            slice.span,
          ),
        ),
      ...unknownNames({ ...proposal, slices: merged, contracts }).map((message) =>
        finding(source, 'decompose.unknown-name', 'warning', message),
      ),
    ],
  };
}

/**
 * The contracts of the spec, with who provides and who needs each: as the proposal says, in `contracts` or at its slices,
 * and as the words of the slices tell where it says nothing.
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
    const naming = slices.filter((slice) => slice.contracts.some((name) => names(name, { path, target: null })));
    const said = new Set([...(given?.consumers ?? []), ...naming.map((slice) => slice.id)]);
    const roles = contractRoles(contract, users, unlocks);
    const provider = given?.provider ?? roles.provider;
    const consumers = said.size > 0 ? slices.flatMap(({ id }) => (said.has(id) ? [id] : [])) : roles.consumers;
    return { path, language, content, target: null, provider, consumers: consumers.filter((id) => id !== provider) };
  });
}

/** Whether a slice means this contract: by its path in the repository, or by the one it has in the plan. */
function names(name: string, { path, target }: Pick<ProposedContract, 'path' | 'target'>): boolean {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return name === path || name === target || name === `contracts/${file}`;
}

/** The slice with all contracts that it provides or needs; what it was said to need stays. */
function withContracts(slice: ProposedSlice, contracts: readonly ProposedContract[]): ProposedSlice {
  const more = contracts.filter(
    (contract) =>
      (contract.provider === slice.id || contract.consumers.includes(slice.id)) &&
      !slice.contracts.some((name) => names(name, contract)),
  );
  return more.length > 0 ? { ...slice, contracts: [...slice.contracts, ...more.map(({ path }) => path)] } : slice;
}

/** What a proposal names and does not hold; the plan is written without it, so it has to be said here. */
function unknownNames({ slices, contracts }: Pick<Proposal, 'slices' | 'contracts'>): string[] {
  const ids = new Set(slices.map((slice) => slice.id));
  return [
    ...slices.flatMap((slice) =>
      slice.contracts
        .filter((name) => !contracts.some((contract) => names(name, contract)))
        .map(
          (name) =>
            `${slice.id} relies on the contract ${name}, which is not among the contracts: add it, or name another`,
        ),
    ),
    ...contracts.flatMap(({ path, provider, consumers }) =>
      [...(provider === null ? [] : [provider]), ...consumers]
        .filter((id) => !ids.has(id))
        .map(
          (id) => `the contract ${path} names ${id}, which is no slice: name the slices that provide it and rely on it`,
        ),
    ),
  ];
}

function declaredSlice(
  slice: ProposedSlice,
  wanted: SpecSlice,
  repository: { readonly known: ReadonlySet<string>; readonly repo: ReadonlySet<string> },
): ProposedSlice {
  const after = wanted.after.filter((id) => repository.known.has(id));
  const written = [...slice.create, ...slice.modify].map((entry) => splitSymbol(entry).path);
  const missing = wanted.files.filter((file) => {
    const { path } = splitSymbol(file);
    return !written.some((own) => globContains(own, path));
  });
  const exists = (file: string): boolean => {
    const { path } = splitSymbol(file);
    if (!isGlob(path)) return repository.repo.has(path);
    const glob = compileGlob(path);
    return [...repository.repo].some((other) => glob.matches(other));
  };
  return {
    ...slice,
    title: wanted.title || slice.title,
    workstream: wanted.workstream ?? slice.workstream,
    deps: [...new Set([...after, ...slice.deps])],
    create: [...slice.create, ...missing.filter((file) => !exists(file))],
    modify: [...slice.modify, ...missing.filter(exists)],
    requirements: [...new Set([...wanted.details, ...slice.requirements])],
    verify: [...new Set([...wanted.verify, ...slice.verify])],
    estimate: wanted.estimateMinutes === null ? slice.estimate : formatEstimate(wanted.estimateMinutes),
    agent: wanted.agent ?? slice.agent,
  };
}
