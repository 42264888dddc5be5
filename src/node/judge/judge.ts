import path from 'node:path';
import { judge, type JudgeRequest, type Judgement } from '../../core/judge/judge.ts';
import type { CoChange } from '../../core/judge/coupling-history.ts';
import { learnEstimator } from '../../core/plan/estimator.ts';
import type { Plan } from '../../core/plan/model.ts';
import { fileKind } from '../../core/lint/engine/kind.ts';
import { skillsByName } from '../../core/skill/read.ts';
import { openCodeReader } from '../workspace/code-reader.ts';
import { layoutOf, runsDirOf } from '../git/layout.ts';
import { historyFile, readHistory } from './history.ts';
import { KeptCode, programDigest } from './kept-code.ts';
import { learnedDirectory } from './learned.ts';
import type { CodeReader } from '../../core/code/model.ts';
import { repositorySettings } from '../workspace/lint-settings.ts';
import { createdPaths } from '../../core/lint/task/scope-facts.ts';
import { readPastRuns } from '../plan/past-runs.ts';
import { readRepositoryFacts, withIgnored } from '../workspace/repository-facts.ts';
import type { Repository } from '../git/repository.ts';
import { counted, thousands } from '../../core/text/printing.ts';

/** Where evidence is looked for; a repository without commits will do. */
export type EvidencePlace = Pick<Repository, 'root' | 'commonDir' | 'runsDir'>;

/** That place for a checkout's top level. */
export function evidencePlace(root: string): EvidencePlace {
  const layout = layoutOf(root) ?? { home: root, commonDir: path.join(root, '.git') };
  return { root, commonDir: layout.commonDir, runsDir: runsDirOf(layout) };
}

export interface EvidenceOptions {
  readonly signal?: AbortSignal;
  /** What is being read when it takes longer. */
  readonly onProgress?: (text: string) => void;
  /** Does what keeps the thread busy. Default: simply does it. */
  readonly think?: <T>(think: () => T) => T;
  /** Files that are no part of what is judged: another decomposition of the same spec, for instance. */
  readonly without?: (file: string) => boolean;
}

/** What a judge needs to know of a repository, whatever the plan. */
export type Evidence = Omit<JudgeRequest, 'plan' | 'files' | 'readings' | 'loadFindings'>;

/**
 * Gathers what a judge needs of a repository: its files, settings and skills, a parser, which files changed together, and
 * how long earlier runs took. What cannot be had (no grammar, a history cut short, a damaged record) is left out, and said in
 * what the judge leaves out. Starts nothing but git.
 */
export async function gatherEvidence(repository: EvidencePlace, options: EvidenceOptions = {}): Promise<Evidence> {
  const { root } = repository;
  const [facts, { settings }, code, history, past] = await Promise.all([
    readRepositoryFacts(root),
    repositorySettings(root),
    openCode(repository),
    coChange(repository, options),
    readPastRuns(repository),
  ]);
  const { without } = options;
  const files = without ? facts.files.filter((file) => !without(file)) : facts.files;
  const skills = files.filter((file) => /\.md$/i.test(file) && fileKind(file, '') === 'skill');
  return {
    repository: { ...facts, files, code },
    settings,
    names: facts.names ?? {},
    history: history.coChange,
    estimator: learnEstimator(past.samples),
    skills: skillsByName(skills, (file) => facts.textOf(file) ?? ''),
    unknown: [
      ...history.unknown,
      ...(past.damaged > 0
        ? [`a part of what ${counted(past.damaged, 'earlier run')} took: the record is damaged`]
        : []),
    ],
  };
}

/** The same, with what git would ignore of all that some plans want created. */
export async function knowingIgnored(
  { evidence, root }: { readonly evidence: Evidence; readonly root: string },
  ...plans: readonly Plan[]
): Promise<Evidence> {
  const paths = plans.flatMap((plan) => plan.slices.flatMap((slice) => createdPaths(slice.scope)));
  return { ...evidence, repository: await withIgnored(evidence.repository, { root, paths: [...new Set(paths)] }) };
}

/** The parser, behind what it has seen before where that can be kept; `null` when its files are not to be found. */
async function openCode(repository: EvidencePlace): Promise<CodeReader | null> {
  const reader = await openCodeReader();
  const program = programDigest();
  if (!reader || program === null) return reader;
  return KeptCode.open({ reader, file: path.join(learnedDirectory(repository), 'code.jsonl'), program });
}

async function coChange(
  repository: EvidencePlace,
  options: EvidenceOptions,
): Promise<{ readonly coChange: CoChange | null; readonly unknown: readonly string[] }> {
  const read = await readHistory({
    root: repository.root,
    cacheFile: historyFile(repository),
    ...(options.signal ? { signal: options.signal } : {}),
    onProgress: (commits) => options.onProgress?.(`Reading the history: ${thousands(commits)} commits`),
  });
  const what = 'which files changed together';
  if (!read.ok) return { coChange: null, unknown: [`${what}: ${read.failure.message}`] };
  const { coChange, isShallow } = read.value;
  const commits = coChange.start.length - 1;
  const ends = `${what} before the ${counted(commits, 'commit')} that this shallow clone holds whole`;
  return { coChange, unknown: isShallow ? [ends] : [] };
}

/** From so many on judging takes long enough to be told of before: nothing can be told while it goes on. */
const MANY_SLICES = 200;
const MANY_FILES = 5_000;

/** Judges a plan as it stands in its directory; `null` when that was cancelled before it began. */
export async function judgePlanOf(
  repository: Repository,
  { plan, files, readings, loadFindings }: Pick<JudgeRequest, 'plan' | 'files' | 'readings' | 'loadFindings'>,
  options: EvidenceOptions = {},
): Promise<Judgement | null> {
  const gathered = await gatherEvidence(repository, options);
  const evidence = await knowingIgnored({ evidence: gathered, root: repository.root }, plan);
  if (options.signal?.aborted) return null;
  const text = plan.specPath === null ? null : evidence.repository.textOf(plan.specPath);
  const spec = plan.specPath !== null && text !== null ? { spec: { path: plan.specPath, text } } : {};
  const [slices, of] = [plan.slices.length, evidence.repository.files.length];
  if (slices >= MANY_SLICES || of >= MANY_FILES)
    options.onProgress?.(`Judging ${thousands(slices)} slices over ${thousands(of)} files`);
  const think = options.think ?? ((work) => work());
  const known = { ...(readings ? { readings } : {}), ...(loadFindings ? { loadFindings } : {}) };
  const judgement = think(() => judge({ ...evidence, plan, files, ...known, ...spec }));
  const { code } = gathered.repository;
  if (code instanceof KeptCode) await code.keep();
  return judgement;
}
