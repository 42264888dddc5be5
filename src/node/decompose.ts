import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { boundaryOf } from '../core/decompose/boundary.ts';
import { decomposeFeedback, decomposeInstructions } from '../core/decompose/instructions.ts';
import { judgePlan } from '../core/decompose/judge.ts';
import { projectFacts, projectFiles } from '../core/decompose/project.ts';
import { readProposal, type Proposal } from '../core/decompose/proposal.ts';
import { blockingFindings, decomposeByStructure } from '../core/decompose/structure.ts';
import { planFiles, planName } from '../core/decompose/write.ts';
import type { Finding } from '../core/finding.ts';
import { planGraph } from '../core/plan/graph.ts';
import { loadPlan } from '../core/plan/load.ts';
import { success, type Result } from '../core/result.ts';
import type { Spec } from '../core/spec/model.ts';
import { readSpec } from '../core/spec/read.ts';
import { decomposerAgent, type DecomposerAgent } from './decomposer-agent.ts';
import type { Decomposition, EngineFailure } from './engine-model.ts';
import { Git } from './git.ts';
import { contained, fail, toPosix } from './repository.ts';

export interface DecomposeRequest {
  /** Absolute path of the primary checkout's top level. */
  readonly root: string;
  /** Absolute, or relative to the root. */
  readonly specFile: string;
  /** Who cuts the slices. Default `structure`: by what the spec says, without a model. */
  readonly with?: 'structure' | 'claude' | 'codex';
  /** The plan directory, relative to the root. Default `parallel/<spec id and name>`. */
  readonly dir?: string;
  readonly model?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
  /** Replaces the real agent. */
  readonly runAgent?: DecomposerAgent;
}

/** After the first answer, an agent is told this often what does not hold. */
const corrections = 2;

/**
 * Decomposes a spec file. Nothing is written: the result is the whole plan directory with everything that was found in
 * it, to be shown and then given to `writeDecomposition`. A spec that must not be decomposed yet fails with findings.
 */
export async function decomposeSpecFile(request: DecomposeRequest): Promise<Result<Decomposition, EngineFailure>> {
  const progress = request.onProgress ?? (() => undefined);
  const material = await gather(request);
  if (!material.ok) return material;
  const { spec, specPath, specText, repoFiles, texts, specFindings, dir } = material.value;
  progress(`Read ${specPath}`);
  if ((request.with ?? 'structure') === 'structure') {
    const { proposal, findings } = decomposeByStructure({ spec, specPath, specText, repoFiles, texts });
    if (!proposal) return blockedSpec(specPath, [...specFindings, ...findings]);
    return success(await compose(request.root, dir, proposal, material.value, [...specFindings, ...findings]));
  }
  const blocking = blockingFindings(spec, specPath, specText);
  if (blocking.some((finding) => finding.severity === 'error'))
    return blockedSpec(specPath, [...specFindings, ...blocking]);
  return askAgent(request, material.value, [...specFindings, ...blocking]);
}

interface Material {
  readonly spec: Spec;
  readonly specPath: string;
  readonly specText: string;
  readonly specFindings: readonly Finding[];
  readonly repoFiles: readonly string[];
  readonly texts: ReadonlyMap<string, string>;
  readonly dir: string;
}

async function gather(request: DecomposeRequest): Promise<Result<Material, EngineFailure>> {
  const { root } = request;
  const full = path.resolve(root, request.specFile);
  const specPath = toPosix(path.relative(root, full));
  if ((await contained(root, specPath)) === null) {
    return fail(
      'no-such-file',
      `${request.specFile} is not inside ${root}`,
      'Put the spec into the repository, so that it is versioned with the plan.',
    );
  }
  let specText: string;
  try {
    if ((await stat(full)).isDirectory())
      return fail('no-such-file', `${specPath} is a directory`, 'Name the spec itself, a Markdown file.');
    specText = await readFile(full, 'utf8');
  } catch (error) {
    const why =
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'does not exist'
        : `cannot be read: ${messageOf(error)}`;
    return fail('no-such-file', `${specPath} ${why}`, 'Check the path of the spec.');
  }
  let repoFiles: string[];
  try {
    repoFiles = await new Git(root).fields(['ls-files', '-z']);
  } catch (error) {
    return fail(
      'git',
      `The files of ${root} could not be listed: ${messageOf(error)}`,
      'Run this inside a git repository.',
    );
  }
  const { spec, findings } = readSpec(specText, specPath);
  const dir = toPosix(path.normalize(request.dir ?? `parallel/${planName(spec, specPath)}`)).replace(/\/+$/, '');
  if (path.isAbsolute(dir) || dir.startsWith('..') || !dir.includes('/') || (await contained(root, dir)) === null) {
    return fail(
      'write',
      `${dir} cannot be a plan directory`,
      'Name a directory below another one inside the repository: parallel/TS-0042-inventory.',
    );
  }
  // Earlier plans are no part of what is decomposed; without them a second decomposition gives the same bytes.
  const parent = dir.slice(0, dir.lastIndexOf('/') + 1);
  const own = repoFiles.filter((file) => !file.startsWith(parent) && !file.startsWith('parallel/'));
  const texts = new Map<string, string>();
  for (const file of projectFiles.filter((name) => own.includes(name))) {
    const text = await readFile(path.join(root, file), 'utf8').catch(() => null);
    if (text !== null) texts.set(file, text);
  }
  return success({ spec, specPath, specText, specFindings: findings, repoFiles: own, texts, dir });
}

function blockedSpec(specPath: string, findings: readonly Finding[]): Result<never, EngineFailure> {
  const errors = findings.filter((finding) => finding.severity === 'error');
  const list = errors
    .map((finding) => `${finding.file}:${finding.line}:${finding.column}: ${finding.message}`)
    .join('\n');
  return {
    ok: false,
    failure: {
      reason: 'bad-spec',
      message: `${specPath} cannot be decomposed yet:\n${list}`,
      remedy: 'Settle what the findings name, then decompose again.',
      findings,
    },
  };
}

async function compose(
  root: string,
  dir: string,
  proposal: Proposal,
  material: Material,
  findings: readonly Finding[],
): Promise<Decomposition> {
  const slash = dir.lastIndexOf('/');
  const files = planFiles({
    proposal,
    spec: material.spec,
    specPath: material.specPath,
    parent: dir.slice(0, slash),
    dirName: dir.slice(slash + 1),
  });
  const { plan, findings: loadFindings } = loadPlan(files, dir);
  if (!plan)
    throw new Error(`the plan written for ${material.specPath} cannot be read back: ${loadFindings[0]?.message ?? ''}`);
  const graph = planGraph(plan);
  const judged = judgePlan({ plan, graph, files, repoFiles: material.repoFiles });
  const exists = (await stat(path.join(root, dir)).catch(() => null)) !== null;
  return {
    dir,
    files,
    loaded: { plan, graph, findings: unique([...findings, ...loadFindings, ...judged]), files },
    exists,
  };
}

/** Readers and judges look at some things both; one place is enough. */
function unique(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = `${finding.file}:${finding.span.start}:${finding.code}:${finding.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

async function askAgent(
  request: DecomposeRequest,
  material: Material,
  findings: readonly Finding[],
): Promise<Result<Decomposition, EngineFailure>> {
  const { root } = request;
  const kind = request.with === 'codex' ? 'codex' : 'claude';
  const progress = request.onProgress ?? (() => undefined);
  const agent =
    request.runAgent ?? decomposerAgent({ id: kind, root, ...(request.model ? { model: request.model } : {}) });
  const signal = request.signal ?? new AbortController().signal;
  const facts = projectFacts(material.repoFiles, material.texts, material.spec.technology);
  let prompt = decomposeInstructions({ ...material, tests: facts.tests });
  let sessionId: string | null = null;
  let best: Decomposition | null = null;
  let problems: readonly string[] = [];
  for (let round = 0; round <= corrections; round++) {
    progress(
      round === 0 ? `Asking ${kind} for slices` : `Asking ${kind} to correct its slices (${round} of ${corrections})`,
    );
    const turn = await agent({ prompt, sessionId, signal, onProgress: progress });
    if (!turn.ok) return turn;
    sessionId = turn.value.sessionId;
    const read = readProposal(turn.value.answer ?? null);
    let judged: readonly Finding[] = [];
    if ('problems' in read) {
      problems = turn.value.answer === undefined ? ['There is no JSON object in your answer'] : read.problems;
    } else {
      const decomposition = await compose(root, material.dir, completed(read.proposal, material), material, findings);
      problems = idProblems(read.proposal);
      if (problems.length === 0) best = decomposition;
      judged = decomposition.loaded.findings.filter((finding) => finding.file !== material.specPath);
      if (problems.length === 0 && !judged.some((finding) => finding.severity === 'error'))
        return success(decomposition);
    }
    prompt = decomposeFeedback(problems, judged);
  }
  if (best) return success(best);
  return fail(
    'agent',
    `${kind} gave no usable decomposition: ${problems.slice(0, 5).join('; ')}`,
    'Try again, declare slices in the spec, or decompose with --with structure.',
  );
}

/** What a plan cannot even be written with: ids that occur twice. Windows and macOS see no difference in case either. */
function idProblems(proposal: Proposal): string[] {
  const seen = new Set<string>();
  return proposal.slices.flatMap((slice) => {
    const id = slice.id.toLowerCase();
    if (seen.has(id)) return [`The id ${slice.id} is used by two slices`];
    seen.add(id);
    return [];
  });
}

/** What the spec itself declares wins over what the agent made of it; boundaries it left out follow from the rest. */
function completed(proposal: Proposal, material: Material): Proposal {
  const { spec } = material;
  const targets = spec.contracts.map((contract) => contract.path);
  const ids = proposal.slices.map((slice) => slice.id);
  const declared = spec.contracts.map(({ path: file, language, content }) => {
    const given = proposal.contracts.find((contract) => contract.path === file || contract.target === file);
    return {
      path: file,
      language,
      content,
      target: null,
      provider: given?.provider ?? null,
      consumers: given?.consumers ?? ids,
    };
  });
  const workstreams = spec.workstreams.map(({ id, name, boundary }) => ({ id, name, boundary: [...boundary] }));
  const streams = [
    ...workstreams,
    ...proposal.workstreams.filter((stream) => !workstreams.some((own) => own.id === stream.id)),
  ];
  const writes = (slice: Proposal['slices'][number]): string[] => [...slice.create, ...slice.modify];
  return {
    ...proposal,
    conventions: spec.conventions?.text.trim() || proposal.conventions,
    contracts: [
      ...declared,
      ...proposal.contracts.filter(
        (contract) => !targets.includes(contract.path) && !targets.includes(contract.target ?? ''),
      ),
    ],
    workstreams: streams,
    slices: proposal.slices.map((slice) =>
      slice.boundary.length > 0
        ? slice
        : {
            ...slice,
            boundary: boundaryOf({
              own: writes(slice),
              forbidden: targets,
              foreign: streams.filter((stream) => stream.id !== slice.workstream).flatMap((stream) => stream.boundary),
              others: proposal.slices.filter((other) => other !== slice).flatMap(writes),
            }),
          },
    ),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
