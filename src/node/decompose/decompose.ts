import type { DecomposeOptions, DecomposerAgent, Decomposition } from './model.ts';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { withoutRepeats } from '../../core/decompose/repeated-findings.ts';
import { importerFor, mainFileOf } from '../../core/decompose/import/importers.ts';
import { projectSources } from '../../core/decompose/project.ts';
import { decomposerOf } from '../../core/decompose/table.ts';
import { earlierUsage } from '../../core/decompose/usage.ts';
import { planFiles, planName } from '../../core/decompose/write.ts';
import type { Finding } from '../../core/text/finding.ts';
import { judge } from '../../core/judge/judge.ts';
import { orderSerialPairs } from '../../core/judge/serial.ts';
import { report } from '../../core/lint/engine/rules.ts';
import { readMarkdown, titleSpan } from '../../core/text/markdown.ts';
import { planGraph } from '../../core/plan/graph.ts';
import { loadPlan } from '../../core/plan/load.ts';
import { success, type Result } from '../../core/text/result.ts';
import type { Spec } from '../../core/spec/model.ts';
import { SourceText } from '../../core/text/source.ts';
import { readSpec } from '../../core/spec/read.ts';
import type { Draft, DraftRequest, JudgedDraft, Material } from './decomposers/decomposer.ts';
import { filesAround } from './decomposers/import.ts';
import { decomposerFor } from './decomposers/table.ts';
import { fail, type EngineFailure } from '../failure.ts';
import { FactsReader } from '../state/facts.ts';
import { Git } from '../git/git.ts';
import { evidencePlace, gatherEvidence, knowingIgnored, type Evidence } from '../judge/judge.ts';
import { keepAnswer, keptAnswer, type KeptAnswer } from './kept-answer.ts';
import { contained, toPosix } from '../paths.ts';
import { ORIGIN_FILE, originText } from '../plan/tick.ts';

export interface DecomposeRequest extends DecomposeOptions {
  /** Absolute path of the top level of the checkout that is worked in. */
  readonly root: string;
  /** Absolute, or relative to the root: a spec, or the file or directory of another tool's tasks. */
  readonly specFile: string;
  /** Replaces the real agent. */
  readonly runAgent?: DecomposerAgent;
}

const LARGEST_SPEC = 16 * 1024 * 1024;

/**
 * Decomposes a spec file. Nothing is written: the result is the whole plan directory with everything that was found in
 * it, to be shown and then given to `writeDecomposition`. A spec that must not be decomposed yet fails with findings.
 */
export async function decomposeSpecFile(request: DecomposeRequest): Promise<Result<Decomposition, EngineFailure>> {
  const onProgress = request.onProgress ?? (() => undefined);
  const gathered = await gather(request);
  if (!gathered.ok) return gathered;
  const material = gathered.value;
  const { root, specPath } = material;
  // A spec that gives all four answers is one, whatever lists of tasks stand in it.
  const importer = answersAll(material.spec) ? null : importerFor(specPath, material.specText);
  const place = evidencePlace(root);
  const answerPlace = { commonDir: place.commonDir, specPath, specText: material.specText };
  const kept = request.last ? await keptAnswer(answerPlace) : null;
  if (kept && !kept.ok) return kept;
  const by = kept?.value.by ?? request.with ?? importer?.id ?? request.otherwise ?? 'structure';
  const { kind, title } = decomposerOf(by);
  if (kind === 'import') onProgress(`Read ${specPath} as ${title}`);
  const dirFor = (spec: Spec): string => planDirOf(request, spec, kind === 'import' ? null : specPath);
  const refused = await refusedDir(root, dirFor(material.spec));
  if (refused) return refused;
  // Earlier plans are no part of what is decomposed; without them a second decomposition gives the same bytes.
  const parent = dirFor(material.spec).replace(/[^/]*$/, '');
  const repoFiles = material.repoFiles.filter((file) => !file.startsWith(parent));
  const evidence = await gatherEvidence(place, {
    ...(request.signal ? { signal: request.signal } : {}),
    onProgress,
    without: (file) => file.startsWith(parent) || file.startsWith('parallel/'),
  });
  const drafted = await decomposerFor(by)({
    ...material,
    repoFiles,
    sources: evidence.repository,
    options: request,
    signal: request.signal ?? new AbortController().signal,
    onProgress,
    ...(request.runAgent ? { runAgent: request.runAgent } : {}),
    ...(kept ? answering(request, kept.value) : {}),
    judge: (draft) => composePlan({ draft, specPath, dir: dirFor(draft.spec), evidence }),
    limits: evidence.settings?.limits ?? {},
  });
  if (!drafted.ok) return drafted;
  const draft = drafted.value;
  const rounds = kept?.value.rounds ?? draft.rounds ?? null;
  // An answer that cannot be kept costs asking again and nothing else.
  if (!kept && draft.answer && (rounds || draft.asked))
    await keepAnswer(answerPlace, { by, answer: draft.answer, rounds }).catch(() => undefined);
  const dir = dirFor(draft.spec);
  // What git ignores can be asked only once it is known what is to be created.
  const origin = draft.origin ? await originText(draft.origin, root) : null;
  const drafting = { draft, specPath, dir, ...(origin === null ? {} : { origin }) };
  const first = settledPlan({ ...drafting, evidence });
  const knowing = await knowingIgnored({ evidence, root }, first.composed.loaded.plan);
  const hides = (knowing.repository.ignored?.size ?? 0) > 0;
  const { composed, ordered } = hides ? settledPlan({ ...drafting, evidence: knowing }) : first;
  const runs = await new FactsReader(place).runs().catch(() => []);
  return success({
    dir,
    ...composed,
    exists: (await stat(path.join(root, dir)).catch(() => null)) !== null,
    making: {
      by,
      spec: draft.spec,
      specPath,
      rounds: rounds && { ...rounds, ...(ordered > 0 ? { ordered } : {}) },
      guesses: { list: draft.guesses ?? [], taken: request.guesses !== 'shown', asked: draft.asked === true },
      earlier: earlierUsage(runs),
    },
  });
}

/** What makes a decomposer of agents repeat what one of them said, without a word to anybody. */
function answering(
  request: DecomposeRequest,
  { answer }: KeptAnswer,
): Pick<DraftRequest, 'runAgent' | 'options' | 'onProgress'> {
  return {
    runAgent: () => Promise.resolve(success({ answer: { value: answer }, sessionId: 'kept' })),
    options: { ...request, corrections: 0 },
    onProgress: () => undefined,
  };
}

async function gather(request: DecomposeRequest): Promise<Result<Material, EngineFailure>> {
  const { root } = request;
  const named = toPosix(path.relative(root, path.resolve(root, request.specFile)));
  if ((await contained(root, named)) === null) {
    return fail(
      'no-such-file',
      `${request.specFile} is not inside ${root}`,
      'Put the spec into the repository, so that it is versioned with the plan.',
    );
  }
  let tracked: string[];
  try {
    tracked = await new Git(root).fields(['ls-files', '-z']);
  } catch (error) {
    return fail(
      'git',
      `The files of ${root} could not be listed: ${messageOf(error)}`,
      'Run this inside a git repository.',
    );
  }
  const read = await readSpecFile(root, named, tracked);
  if (!read.ok) return read;
  let { specPath, specText } = read.value;
  let { spec, findings } = readSpec(specText, specPath);
  if (request.with === undefined && !answersAll(spec)) {
    // One file of another tool may stand for all of them: the proposal of a change, the design of a feature.
    const main = mainFileOf(specPath, await filesAround(root, tracked));
    const other = main === null || main === specPath ? null : await readSpecFile(root, main, tracked);
    if (other?.ok) {
      ({ specPath, specText } = other.value);
      ({ spec, findings } = readSpec(specText, specPath));
    }
  }
  const repoFiles = tracked.filter((file) => !file.startsWith('parallel/'));
  const texts = new Map<string, string>();
  for (const file of projectSources(repoFiles)) {
    const text = await readFile(path.join(root, file), 'utf8').catch(() => null);
    if (text !== null) texts.set(file, text);
  }
  return success({ root, spec, specPath, specText, specFindings: findings, repoFiles, texts });
}

function answersAll(spec: Spec): boolean {
  return Object.values(spec.answers).every((answer) => answer !== null && answer.text.trim() !== '');
}

/** The text of what was named. A directory stands for the main file of the tool whose tasks it holds. */
async function readSpecFile(
  root: string,
  named: string,
  tracked: readonly string[],
): Promise<Result<{ readonly specPath: string; readonly specText: string }, EngineFailure>> {
  let specPath = named;
  try {
    let info = await stat(path.join(root, specPath));
    if (info.isDirectory()) {
      const main = mainFileOf(named, await filesAround(root, tracked));
      if (main === null || (await contained(root, main)) === null) {
        return fail(
          'no-such-file',
          `${named || 'the repository'} is a directory, and not one whose tasks can be read`,
          'Name the spec itself, a Markdown file.',
        );
      }
      specPath = main;
      info = await stat(path.join(root, specPath));
    }
    if (info.size > LARGEST_SPEC)
      return fail('no-such-file', `${specPath} is too large to be a spec`, 'Name the spec itself, a Markdown file.');
    return success({ specPath, specText: await readFile(path.join(root, specPath), 'utf8') });
  } catch (error) {
    const why =
      error instanceof Error && 'code' in error && error.code === 'ENOENT'
        ? 'does not exist'
        : `cannot be read: ${messageOf(error)}`;
    return fail('no-such-file', `${specPath} ${why}`, 'Check the path of the spec.');
  }
}

/**
 * The plan directory. What was imported (`specPath: null`) is named after what it is about, not after its `tasks.md`.
 */
function planDirOf(request: DecomposeRequest, spec: Spec, specPath: string | null): string {
  const name = planName(spec, specPath ?? `${spec.title.replaceAll('/', ' ')}.md`) || 'plan';
  return toPosix(path.normalize(request.dir ?? `parallel/${name}`)).replace(/\/+$/, '');
}

async function refusedDir(root: string, dir: string): Promise<Result<never, EngineFailure> | null> {
  const isBelow = !path.isAbsolute(dir) && !dir.startsWith('..') && dir.includes('/');
  if (isBelow && (await contained(root, dir)) !== null) return null;
  return fail(
    'write',
    `${dir} cannot be a plan directory`,
    'Name a directory below another one inside the repository: parallel/TS-0042-inventory.',
  );
}

interface ComposeRequest {
  readonly draft: Draft;
  readonly specPath: string;
  readonly dir: string;
  readonly evidence: Evidence;
  /** What goes into `ORIGIN_FILE`. */
  readonly origin?: string;
}

/** The whole plan directory of a draft, read back and judged: the one place where the judge is asked. */
function composePlan({ draft, specPath, dir, evidence, origin }: ComposeRequest): JudgedDraft {
  const slash = dir.lastIndexOf('/');
  const planned = planFiles({
    proposal: draft.proposal,
    spec: draft.spec,
    specPath,
    parent: dir.slice(0, slash),
    dirName: dir.slice(slash + 1),
  });
  const files = origin === undefined ? planned : new Map([...planned, [ORIGIN_FILE, origin] as const]);
  const { plan, findings } = loadPlan(files, dir);
  if (!plan) throw new Error(`the plan written for ${specPath} cannot be read back: ${findings[0]?.message ?? ''}`);
  const specText = evidence.repository.textOf(specPath);
  const judgement = judge({
    ...evidence,
    plan,
    files,
    ...(specText === null ? {} : { spec: { path: specPath, text: specText } }),
  });
  const all = withoutRepeats(unique([...draft.findings, ...findings, ...judgement.findings]));
  return { files, loaded: { plan, graph: planGraph(plan), findings: all, files }, judgement };
}

/**
 * The same, with a dependency for each pair that shares so much that it must not run at the same time. Whoever drafted
 * the slices was told before; now the rule of the method decides, and the preview says so.
 */
function settledPlan(request: ComposeRequest): { readonly composed: JudgedDraft; readonly ordered: number } {
  const first = composePlan(request);
  const { loaded, judgement } = first;
  const { proposal, added } = orderSerialPairs(request.draft.proposal, loaded.graph, judgement.overlaps);
  if (added.length === 0) return { composed: first, ordered: 0 };
  const settled = composePlan({ ...request, draft: { ...request.draft, proposal } });
  const files = new Map(settled.loaded.plan.slices.map((slice) => [slice.id, slice.file]));
  const notes = added.flatMap(({ before, after, percent, witness }) => {
    const file = files.get(after);
    if (file === undefined) return [];
    const source = new SourceText(file, settled.files.get(file.slice(request.dir.length + 1)) ?? '');
    const message = `${after} now waits for ${before}: they share ${percent} % of what they write (${witness})`;
    return [report(source, 'judge.ordered', message, titleSpan(readMarkdown(source)))];
  });
  const findings = unique([...settled.loaded.findings, ...notes]);
  return { composed: { ...settled, loaded: { ...settled.loaded, findings } }, ordered: added.length };
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
