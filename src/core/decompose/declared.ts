import { finding, type Finding } from '../finding.ts';
import { compileGlob, globContains } from '../scope/glob.ts';
import { SourceText } from '../source.ts';
import type { Spec, SpecSlice } from '../spec/model.ts';
import { boundaryOf, isGlob, splitSymbol } from './boundary.ts';
import { formatEstimate, type Proposal, type ProposedSlice } from './proposal.ts';

export interface DeclaredRequest {
  readonly proposal: Proposal;
  readonly spec: Spec;
  /** Repository-relative. */
  readonly specPath: string;
  readonly specText: string;
  readonly repoFiles: readonly string[];
}

/**
 * A proposal in which what the spec itself declares wins over what the decomposer made of it: contracts, workstreams,
 * conventions, merge points, and of a declared slice its title, workstream, dependencies, checks, estimate, agent and
 * files. Boundaries that the proposal left out follow from the rest. Declared slices it left out are errors, because
 * nobody but their author may drop them.
 */
export function withDeclared(request: DeclaredRequest): {
  readonly proposal: Proposal;
  readonly findings: readonly Finding[];
} {
  const { spec, proposal } = request;
  const repo = new Set(request.repoFiles);
  const targets = spec.contracts.map((contract) => contract.path);
  const ids = proposal.slices.map((slice) => slice.id);
  const known = new Set(ids);
  const declaredContracts = spec.contracts.map(({ path, language, content }) => {
    const given = proposal.contracts.find((contract) => contract.path === path || contract.target === path);
    return {
      path,
      language,
      content,
      target: null,
      provider: given?.provider ?? null,
      consumers: given?.consumers ?? ids,
    };
  });
  const own = spec.workstreams.map(({ id, name, boundary }) => ({ id, name, boundary: [...boundary] }));
  const workstreams = [...own, ...proposal.workstreams.filter((stream) => !own.some(({ id }) => id === stream.id))];
  const points = spec.mergePoints.map(({ id, needs, unlocks, verify }) => ({
    id,
    needs: needs.filter((need) => known.has(need)),
    unlocks: unlocks.filter((unlock) => known.has(unlock)),
    verify: verify.length > 0 ? [...verify] : (proposal.merge_points.find((point) => point.id === id)?.verify ?? []),
  }));
  const declared = new Map(spec.slices.map((slice) => [slice.id, slice]));
  const slices = proposal.slices.map((slice) => {
    const wanted = declared.get(slice.id);
    return wanted ? declaredSlice(slice, wanted, { known, repo }) : slice;
  });
  const writes = (slice: ProposedSlice): string[] => [...slice.create, ...slice.modify];
  const source = new SourceText(request.specPath, request.specText);
  return {
    proposal: {
      ...proposal,
      conventions: spec.conventions?.text.trim() || proposal.conventions,
      contracts: [
        ...declaredContracts,
        ...proposal.contracts.filter(
          (contract) => !targets.includes(contract.path) && !targets.includes(contract.target ?? ''),
        ),
      ],
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
    findings: spec.slices
      .filter((slice) => !known.has(slice.id))
      .map((slice) =>
        finding(
          source,
          'decompose.slice-left-out',
          'error',
          `The spec declares ${slice.id} (${slice.title}), and no slice of the plan has this id`,
          slice.span,
        ),
      ),
  };
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
