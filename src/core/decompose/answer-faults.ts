import { finding, type Finding } from '../text/finding.ts';
import { globContains, globsIntersect } from '../scope/glob.ts';
import { SourceText } from '../text/source.ts';
import type { Spec } from '../spec/model.ts';
import { splitSymbol } from './boundary.ts';
import { pathsIn, type RepoPaths } from '../text/mentions.ts';
import type { Proposal, ProposedContract } from '../plan/proposal.ts';

export interface AnswerFaultsRequest {
  /** As it came: what the spec declares is not in it yet. */
  readonly answer: Proposal;
  /** With what the spec declares. */
  readonly merged: Pick<Proposal, 'slices' | 'contracts' | 'workstreams'>;
  readonly spec: Spec;
  /** Repository-relative. */
  readonly specPath: string;
  readonly specText: string;
  readonly repo: RepoPaths;
}

/**
 * What is wrong with an answer and cannot be seen in the plan that is written from it: declared slices it left out
 * (errors, because nobody but their author may drop them), names that nobody has, things that are there twice,
 * contracts that say nothing, slices that say nothing, and work that the spec puts out of scope.
 */
export function answerFaults(request: AnswerFaultsRequest): readonly Finding[] {
  const { answer, merged, spec, specPath, specText, repo } = request;
  const source = new SourceText(specPath, specText);
  const known = new Set(answer.slices.map((slice) => slice.id));
  const rows: readonly (readonly [code: string, messages: readonly string[]])[] = [
    ['decompose.unknown-name', unknownNames(merged)],
    ['decompose.named-twice', namedTwice(answer)],
    ['decompose.contract-open', openContracts(answer, spec)],
    ['decompose.no-requirements', unsaid(merged, spec)],
    ['decompose.out-of-scope', outOfScope(answer, spec, repo)],
  ];
  return [
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
    ...rows.flatMap(([code, messages]) => messages.map((message) => finding(source, code, 'warning', message))),
  ];
}

/** Whether a slice means this contract: by its path in the repository, or by the one it has in the plan. */
export function namesContract(name: string, { path, target }: Pick<ProposedContract, 'path' | 'target'>): boolean {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return name === path || name === target || name === `contracts/${file}`;
}

/** What a proposal names and does not hold; the plan is written without it, so it has to be said here. */
function unknownNames({ slices, contracts, workstreams }: AnswerFaultsRequest['merged']): string[] {
  const ids = new Set(slices.map((slice) => slice.id));
  const streams = new Set(workstreams.map((stream) => stream.id));
  return [
    ...slices.flatMap(({ id, workstream }) =>
      workstream === null || streams.has(workstream)
        ? []
        : [`${id} belongs to the workstream ${workstream}, which is not among the workstreams: add it, or say null`],
    ),
    ...slices.flatMap((slice) =>
      slice.contracts
        .filter((name) => !contracts.some((contract) => namesContract(name, contract)))
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

function namedTwice({ workstreams, merge_points: points, contracts }: Proposal): string[] {
  const twice = (names: readonly string[]): string[] => [
    ...new Set(names.filter((name, i) => names.indexOf(name) !== i)),
  ];
  return [
    ...twice(workstreams.map(({ id }) => id)).map((id) => `the workstream ${id} is listed twice; the first one counts`),
    ...twice(points.map(({ id }) => id)).map((id) => `the merge point ${id} is listed twice; the first one counts`),
    ...twice(contracts.map(({ path }) => path)).map(
      (path) => `the contract ${path} is listed twice; the first one counts`,
    ),
  ];
}

/** A contract is what agents read instead of asking each other. Those of the spec are its author's. */
function openContracts({ contracts }: Proposal, spec: Spec): string[] {
  const declared = new Set(spec.contracts.map(({ path }) => path));
  return contracts
    .filter(({ path, target }) => !declared.has(path) && !declared.has(target ?? ''))
    .flatMap(({ path, content }) => {
      if (content.trim() === '') return [`the contract ${path} is empty: its \`content\` is the whole file`];
      const line = content.split('\n').findIndex((text) => /\bto be agreed\b/i.test(text));
      return line < 0
        ? []
        : [`the contract ${path} leaves something to be agreed (line ${line + 1}): decide it, and write it down`];
    });
}

function unsaid({ slices }: AnswerFaultsRequest['merged'], spec: Spec): string[] {
  const declared = new Set(spec.slices.map(({ id }) => id));
  return slices
    .filter(({ id, requirements }) => requirements.length === 0 && !declared.has(id))
    .map(({ id }) => `${id} has no \`requirements\`: whoever works on it sees nothing but its task`);
}

/** What the answer itself wants to write; files that the spec gives to a slice are its author's decision. */
function outOfScope({ slices }: Proposal, spec: Spec, repo: RepoPaths): string[] {
  const forbidden = pathsIn(spec.answers.out_of_scope?.text ?? '', repo);
  if (forbidden.length === 0) return [];
  const declared = new Map(spec.slices.map((slice) => [slice.id, new Set(slice.files)]));
  return slices.flatMap(({ id, create, modify }) => {
    const writes = [...create, ...modify].filter((entry) => declared.get(id)?.has(entry) !== true);
    const taken = writes.flatMap((entry) => (entry.startsWith('!') ? [splitSymbol(entry.slice(1)).path] : []));
    return writes.flatMap((entry) => {
      const { path } = splitSymbol(entry);
      if (entry.startsWith('!')) return [];
      const hit = forbidden.find(
        (other) => globsIntersect(path, other) !== null && !taken.some((out) => globContains(out, other)),
      );
      return hit === undefined
        ? []
        : [
            `${id} may write ${entry}, and the spec puts ${hit} out of scope: leave it alone (\`!${hit}\` takes it out of a glob)`,
          ];
    });
  });
}
