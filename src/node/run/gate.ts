import { existsSync } from 'node:fs';
import path from 'node:path';
import { scriptChanges } from '../../core/gate/check-scripts.ts';
import { doubtsOfResults } from '../../core/gate/result-doubts.ts';
import { largeFiles, sizesText, type SizedFile } from '../../core/gate/large-files.ts';
import { checkScope } from '../../core/gate/scope-check.ts';
import { knownSecrets, type EnvironmentFile } from '../../core/gate/known-secrets.ts';
import type { LearningRedactor, Redact } from '../../core/gate/redact.ts';
import type { Plan, Slice } from '../../core/plan/model.ts';
import { outcomeText } from '../../core/run/claims.ts';
import { doubtText, type Doubt } from '../../core/run/doubt.ts';
import { foldersOf, sameNames } from '../../core/run/same-names.ts';
import type { FailureReason, Stop, Verification } from '../../core/run/model.ts';
import { readsTests, testChanges, unreadSnapshots, type TestChanges } from '../../core/gate/test-changes.ts';
import type { PlanFacts } from '../../core/run/state-model.ts';
import type { GlobOptions } from '../../core/scope/glob.ts';
import { success, type Result } from '../../core/text/result.ts';
import { lookedUpAbove } from '../audit/lookups.ts';
import {
  changesBetween,
  leadsOutside,
  patchBetween,
  putOnBranch,
  restoreSnapshot,
  takeSnapshot,
  type BareChange,
  type Snapshot,
} from '../git/changes.ts';
import { blobsBetween, readCodeChanges, textsBetween } from './code-changes.ts';
import type { Blobs } from '../git/blobs.ts';
import type { NotTaken } from '../git/beside.ts';
import type { Git } from '../git/git.ts';
import { commitAsUser, unsignedText, type Signer } from '../git/signing.ts';
import type { Enclosure } from '../process/sandbox.ts';
import { enclosed } from './confinement.ts';
import { ignoredWork } from './ignored-work.ts';
import { privateValues } from './private-values.ts';
import type { CleanCheckout, CleanPlace } from './clean-checkout.ts';
import type { RunDirectory } from './run-directory.ts';
import { changesInputs } from './setup.ts';
import { tellBeside } from './slice-worktree.ts';
import { runCheck } from './verify.ts';

export interface GateRequest {
  readonly plan: Plan;
  readonly slice: Slice;
  readonly run: RunDirectory;
  /** Git in the worktree. */
  readonly git: Git;
  readonly base: string;
  readonly branch: string;
  /** How names of files compare. */
  readonly names: GlobOptions;
  /** How the user signs commits; `null`: they do not. */
  readonly signer: Signer | null;
  readonly facts: PlanFacts;
  /** Attempts of this slice whose checks failed since the person last decided, this one not counted. */
  readonly failedBefore: number;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly redact: Redact;
  /** Behind `redact`: it learns what the agent left in files of environment values. */
  readonly redactor: LearningRedactor;
  /** Files of environment values in the primary checkout: what they hold may stand in no file of the slice. */
  readonly privateFiles: readonly EnvironmentFile[];
  readonly say: (line: string) => void;
  /** Where the operating system keeps the checks of a checkout; `null`: nowhere. */
  readonly confine: (place: {
    readonly worktree: string;
    readonly writable?: readonly string[];
  }) => Promise<Enclosure | null>;
  /** Whether checks run where the agent worked, because the repository's settings say so. */
  readonly inPlace: boolean;
  /** Where they run otherwise. */
  readonly checkout: CleanCheckout;
  /** Looks at what all runs share once the checks have run; a stop when something is not as it was. */
  readonly audit: (approved: ReadonlySet<string>) => Promise<Stop | null>;
  /** What the checks came to without the change, by command. */
  readonly onBase: ReadonlyMap<string, Verification>;
}

export type GateOutcome =
  | { readonly end: 'verified' }
  | { readonly end: 'stopped'; readonly stop: Stop }
  | { readonly end: 'failed'; readonly reason: FailureReason; readonly detail: string };

/**
 * Everything between "the agent says it is done" and "downstream may start": snapshot, scope, secrets, verification,
 * commit. The commit holds exactly the tree whose every change passed the scope check, taken before any check could
 * leave files behind.
 */
export async function passGate(request: GateRequest): Promise<GateOutcome> {
  const { slice, run, git, say } = request;
  say('checking scope');
  const snapshot = await takeSnapshot(git, run.runId, `slicewave: end of run ${run.runId}`, request.base);
  await run.record({ type: 'snapshot', commit: snapshot.commit, tree: snapshot.tree });
  await tellBeside(request, snapshot);
  if (!request.inPlace) request.checkout.prepare(snapshot.commit);
  const { check, changes, blobs, approved, waived } = await scopeOf(request, snapshot.tree);
  const large = largeFiles(await sizesOf(blobs, snapshot.tree, changes));
  // A patch of what nobody could read would take longer than all else, and the memory of the runner.
  const patching = large.length > 0 ? null : patchBetween(git, request.base, snapshot.tree);
  await run.write('files-changed.txt', check.files.map((file) => `${file.path}\n`).join(''));
  const { blankPatch, scanChanges } = await loadScanner();
  const changed = changes.map((change) => change.path);
  const own = await privateValues(git, git.dir, request.base, changed);
  request.redactor.learn(own);
  const files = [...request.privateFiles, ...own];
  const known = knownSecrets(process.env, files);
  const scanning = scanChanges({ blobs, from: request.base, to: snapshot.tree, changes, known });
  const [{ found: secrets, unread }, patch] = await Promise.all([scanning, patching]);
  if (patch !== null) await run.write('diff.patch', blankPatch(patch, secrets));
  await run.record({ type: 'scope_checked', files: check.files, violations: check.violations });
  for (const note of check.notes) {
    say(note.summary);
    await run.record({ type: 'note', note });
  }

  for (const file of unread) {
    const summary = `${file} is too large to be looked through for secrets`;
    say(summary);
    const suggestedAction = 'Look at what it holds before it is merged.';
    await run.record({ type: 'note', note: { summary, severity: 'medium', suggestedAction } });
  }

  if (check.stop) return { end: 'stopped', stop: check.stop };
  const refused = snapshot.refused.filter(({ path: file }) => !approved.has(file));
  if (refused.length > 0) return { end: 'stopped', stop: refusedStop(slice.id, refused) };
  const hidden = (await ignoredWork(git, slice.scope, changed)).filter((file) => !approved.has(file));
  if (hidden.length > 0) return { end: 'stopped', stop: hiddenStop(slice.id, hidden) };
  const secret = secrets.find((found) => !approved.has(found.path));
  if (secret) {
    const paths = [...new Set(secrets.map((found) => found.path))];
    return {
      end: 'stopped',
      stop: {
        condition: 'secrets-auth-production',
        detail: `what looks like a secret (${secret.rule}) was written to ${paths.join(', ')}`,
        question: `Slice ${slice.id} wrote what looks like a secret to ${paths.join(', ')}. Approve, revert, or skip?`,
        paths,
      },
    };
  }
  const asked = large.filter(({ path: file }) => !approved.has(file));
  if (asked.length > 0) return { end: 'stopped', stop: largeStop(slice.id, asked) };
  // Told with the results of the checks, and found out meanwhile.
  const doubts = Promise.all([
    doubtsOfChange(blobs, request.base, snapshot.tree, changes),
    doubtOfNames(git, snapshot.tree, changes),
  ]);
  const keepsSetup = !changesInputs(request.plan, changes);
  const judged = verify(request, { waived, changed: check.files.length, snapshot, keepsSetup, doubts });
  // Whatever comes of the checks, git has ended when its settings go; who waits for the doubts hears what went wrong.
  await Promise.allSettled([doubts, judged]);
  const verdict = await judged;
  const isAborted = verdict.end === 'failed' && verdict.reason === 'stopped-by-user';
  const stop = await request.audit(approved);
  if (stop && !isAborted) {
    await restoreSnapshot(git, snapshot.commit);
    return { end: 'stopped', stop };
  }
  if (verdict.end !== 'verified') {
    await restoreSnapshot(git, snapshot.commit);
    return verdict;
  }
  await commit(request, snapshot.tree, verdict.testsPassed);
  return { end: 'verified' };
}

/** What a slice changed against its scope, and what a person approved of it. */
async function scopeOf(
  { git, base, facts, slice, names }: Pick<GateRequest, 'git' | 'base' | 'facts' | 'slice' | 'names'>,
  tree: string,
) {
  const changes = await changesBetween(git, base, tree);
  const decided = facts.decisions.flatMap((d) => (d.type === 'approved' && d.slice === slice.id ? [d] : []));
  const approved = new Set(decided.flatMap((decision) => decision.paths));
  const waived = new Set(decided.flatMap((decision) => decision.waive));
  const blobs = blobsBetween(git, base, tree, changes);
  const code = await readCodeChanges({ git, from: base, to: tree, changes, blobs, scope: slice.scope, names });
  const observed = changes.map((change) => ({
    ...change,
    leadsOutside: leadsOutside(change),
    code: code.get(change.path) ?? null,
  }));
  return { changes, blobs, approved, waived, check: checkScope(slice.id, slice.scope, observed, approved, names) };
}

/** What of the worktree is out of scope, in words, for a slice that has to stop for something else; `null`: nothing. */
export async function outOfScope(
  request: Pick<GateRequest, 'git' | 'base' | 'facts' | 'slice' | 'names' | 'run'>,
): Promise<string | null> {
  const { git, run } = request;
  const snapshot = await takeSnapshot(git, run.runId, `slicewave: end of run ${run.runId}`, request.base);
  return (await scopeOf(request, snapshot.tree)).check.stop?.detail ?? null;
}

type Verdict =
  | { readonly end: 'verified'; readonly testsPassed: boolean | null }
  | Exclude<GateOutcome, { end: 'verified' }>;

interface Candidate {
  readonly waived: ReadonlySet<string>;
  /** Number of changed files. */
  readonly changed: number;
  readonly snapshot: Snapshot;
  /** Whether a set-up finds all that it depends on as it is on the base. */
  readonly keepsSetup: boolean;
  /** What the change does to tests, and to names. */
  readonly doubts: Promise<readonly [weakened: TestChanges, met: Doubt | null]>;
}

async function verify(request: GateRequest, candidate: Candidate): Promise<Verdict> {
  const { slice, run, say } = request;
  const { waived, changed, snapshot } = candidate;
  if (changed === 0 && !waived.has(NOTHING_CHANGED)) {
    return stopped(
      'unverified',
      'the agent finished without changing a file',
      `Slice ${slice.id} changed no file. Approve it as it is, retry, or skip?`,
      [NOTHING_CHANGED],
    );
  }
  if (slice.verify.length === 0 && !waived.has(NO_CHECKS)) {
    return stopped(
      'unverified',
      'there is no check that could run',
      `Slice ${slice.id} names no check that can be run. Approve it unverified, or add \`verify\` to ${slice.file} and retry?`,
      [NO_CHECKS],
    );
  }
  const place: Result<CleanPlace, string> = request.inPlace
    ? success({ dir: request.git.dir, env: request.env, writable: [], setup: [] })
    : await request.checkout.at(snapshot.commit, candidate.keepsSetup ? request.base : undefined);
  if (!place.ok) {
    const reason = request.signal.aborted ? 'stopped-by-user' : 'setup-failed';
    return { end: 'failed', reason, detail: `in the clean checkout: ${place.failure}` };
  }
  const results: Verification[] = [];
  const { dir, env, writable } = place.value;
  const finished = await enclosed(request.confine({ worktree: dir, writable }), async (confined) => {
    for (const command of slice.verify) {
      say(`verifying: ${command}`);
      const result = await runCheck({
        confined,
        runId: run.runId,
        command,
        cwd: dir,
        env,
        timeoutMs: request.plan.limits.timeoutMinutes * 60_000,
        signal: request.signal,
        redact: request.redact,
      });
      if (request.signal.aborted) return false;
      results.push(waived.has(command) && result.outcome !== 'passed' ? { ...result, waived: true } : result);
      say(
        `  ${result.outcome}${result.exitCode === null ? '' : ` (exit ${result.exitCode})`} in ${(result.durationMs / 1000).toFixed(1)}s`,
      );
    }
    return true;
  });
  if (!finished) return { end: 'failed', reason: 'stopped-by-user', detail: 'stopped while verifying' };
  const failing = results.filter((result) => result.outcome !== 'passed' && !result.waived);
  for (const result of results) {
    const base = request.onBase.get(result.command);
    await run.record({
      type: 'verification',
      result: base === undefined ? result : { ...result, baseExitCode: exitCodeOf(base) },
    });
  }
  const [weakened, met] = await candidate.doubts;
  const doubts = [
    ...(met ? [met] : []),
    ...weakened.doubts,
    ...doubtsOfResults({
      results,
      onBase: request.onBase,
      keptAll: weakened.keptAll,
      earlier: earlierResults(request, snapshot.tree),
    }),
  ];
  for (const doubt of doubts) {
    say(`doubt: ${doubtText(doubt)}`);
    await run.record({ type: 'doubted', doubt });
  }
  if (failing.length > 0)
    return failed(request, failing, request.inPlace ? NOWHERE : await onlyThere(request.git, dir));
  // With a failure that a person waived, nobody can say that the tests passed.
  const passed = results.length > 0 && results.every((result) => result.outcome === 'passed');
  return { end: 'verified', testsPassed: passed ? true : null };
}

/** A check that proves nothing on the base neither passes nor fails there. */
function exitCodeOf({ outcome, exitCode }: Verification): number | null {
  return outcome === 'no-coverage' ? null : exitCode;
}

/** What the diff does to tests and to what runs them. */
async function doubtsOfChange(
  blobs: Blobs,
  from: string,
  to: string,
  changes: readonly BareChange[],
): Promise<TestChanges> {
  const texts = await textsBetween(blobs, from, to, changes);
  const { doubts, keptAll } = testChanges(texts, readsTests(texts) ? await loadCodeReader() : null);
  return { doubts: [...doubts, ...scriptChanges(texts), ...unreadSnapshots(changes, texts)], keptAll };
}

/** Outcomes of earlier attempts on the very same tree, by command. */
function earlierResults({ facts, slice }: GateRequest, tree: string): ReadonlyMap<string, Verification> {
  const found = new Map<string, Verification>();
  for (const { events } of facts.runs) {
    if (events[0]?.type !== 'run_started' || events[0].slice !== slice.id) continue;
    if (events.findLast((event) => event.type === 'snapshot')?.tree !== tree) continue;
    for (const event of events) if (event.type === 'verification') found.set(event.result.command, event.result);
  }
  return found;
}

/** The files that a change adds or changes, with the bytes that they have then. */
async function sizesOf(blobs: Blobs, tree: string, changes: readonly BareChange[]): Promise<readonly SizedFile[]> {
  const files = changes.flatMap(({ path: file, newMode }) => (newMode.startsWith('100') ? [file] : []));
  const sizes = await blobs.sizes(files.map((file) => `${tree}:${file}`));
  return files.map((file) => ({ path: file, size: sizes.get(`${tree}:${file}`) ?? 0 }));
}

function largeStop(slice: string, files: readonly SizedFile[]): Stop {
  const named = sizesText(files);
  return {
    condition: 'unexpected-scope',
    detail: `${named}: larger than sources are, and a commit of it stays in every clone for good`,
    question: `Slice ${slice} made ${named}, which looks like build output. Commit it (approve), have it put back, or answer what to do instead?`,
    paths: files.map(({ path: file }) => file),
  };
}

function refusedStop(slice: string, refused: readonly NotTaken[]): Stop {
  const detail = refused.map(({ path: file, why }) => `${file} ${why}`).join('; ');
  return {
    condition: 'unexpected-scope',
    detail: `${detail}: no commit would hold it as it is`,
    question: `Slice ${slice}: ${detail}. Mend that and retry, revert it, or approve the slice without it?`,
    paths: refused.map(({ path: file }) => file),
  };
}

function hiddenStop(slice: string, files: readonly string[]): Stop {
  const named = files.slice(0, 5).join(', ');
  return {
    condition: 'unexpected-scope',
    detail: `an ignore rule hides ${named}, which the scope wants created: no commit would hold it`,
    question: `Slice ${slice} made ${named}, which git ignores. Mend the ignore rule and retry, or approve the slice without it?`,
    paths: files,
  };
}

/** Names by which a person waives the lack of a check or of a change; no command looks like them. */
const NO_CHECKS = '(no check)';
const NOTHING_CHANGED = '(no change)';

function onBaseText(check: Verification, before: Verification | undefined): string {
  if (before === undefined) return '';
  if (exitCodeOf(before) === 0) return ', passes on the base';
  const isUnusable = check.outcome === 'no-coverage' || check.outcome === 'not-found';
  return isUnusable && before.outcome === check.outcome ? ', as on the base' : ', fails on the base as well';
}

/** Names of new files that are another's where case does not count. */
async function doubtOfNames(git: Git, tree: string, changes: readonly BareChange[]): Promise<Doubt | null> {
  const added = changes.flatMap(({ path, oldMode }) => (/^0*$/.test(oldMode) ? [path] : []));
  if (added.length === 0) return null;
  const folders = foldersOf(added).map((folder) => (folder === '' ? '.' : `${folder}/`));
  // With `-t`, a folder that is looked into is named as well.
  return sameNames(
    added,
    await git.fields(['ls-tree', '-t', '--name-only', '--full-tree', '-z', tree, '--', ...folders]),
  );
}

/** What the agent's worktree could use and the clean checkout cannot: a check may have wanted it. */
interface OnlyThere {
  /** Ignored files and folders. */
  readonly ignored: readonly string[];
  /** What tools find above the worktree, and not above the checkout: packages, settings. */
  readonly above: readonly string[];
}

const NOWHERE: OnlyThere = { ignored: [], above: [] };

async function onlyThere(git: Git, checkout: string): Promise<OnlyThere> {
  const [ignored, there, here] = await Promise.all([
    onlyInWorktree(git, checkout),
    lookedUpAbove(git.dir),
    lookedUpAbove(checkout),
  ]);
  return { ignored, above: there.filter((file) => !here.includes(file)) };
}

async function onlyInWorktree(git: Git, checkout: string): Promise<readonly string[]> {
  // `ls-files --directory --no-empty-directory` leaves out folders that are not empty where nothing beside them is in the
  // index, and the gate's own index is empty (findings/git-ls-files-no-empty-directory.sh).
  const fields = await git.fields(['status', '--porcelain', '--ignored', '-z']);
  const ignored = fields.flatMap((field) => (field.startsWith('!! ') ? [field.slice(3)] : []));
  return ignored.filter((file) => !existsSync(path.join(checkout, file)));
}

function failed(request: GateRequest, failing: readonly Verification[], { ignored, above }: OnlyThere): Verdict {
  const some = (files: readonly string[]): string =>
    files.slice(0, 5).join(', ') + (files.length > 5 ? ` and ${files.length - 5} more` : '');
  const detail = [
    ...failing.map((check) => {
      const before = request.onBase.get(check.command);
      return `\`${check.command}\` ${outcomeText(check)}${onBaseText(check, before)}`;
    }),
    ...(ignored.length === 0 ? [] : [`git ignores ${some(ignored)}, so that no commit holds what lies there`]),
    ...(above.length === 0
      ? []
      : [`the worktree finds ${some(above)} above it, which no commit holds: checks run where that is not found`]),
  ].join('; ');
  const unusable = failing.every((check) => check.outcome === 'not-found' || check.outcome === 'no-coverage');
  // An agent cannot mend a missing program or an empty selection by trying again.
  if (!unusable && request.failedBefore < request.plan.limits.maxRetries) {
    return { end: 'failed', reason: 'tests-failing', detail };
  }
  return stopped(
    unusable ? 'unverified' : 'tests-failing',
    detail,
    unusable
      ? `No check of slice ${request.slice.id} proves anything: ${detail}. Mend the check and retry, or approve it unverified?`
      : `Slice ${request.slice.id} still fails after ${request.plan.limits.maxRetries} retries: ${detail}. Answer with advice, approve the failure, or skip?`,
    failing.map((check) => check.command),
  );
}

function stopped(condition: Stop['condition'], detail: string, question: string, paths: readonly string[]): Verdict {
  return { end: 'stopped', stop: { condition, detail, question, paths } };
}

async function commit(request: GateRequest, tree: string, testsPassed: boolean | null): Promise<void> {
  const { run, git, slice, plan, say } = request;
  await run.record({ type: 'verified', tree, tests_passed: testsPassed });
  const message =
    `${slice.id}: ${slice.title}\n\n` +
    `Slicewave-Plan: ${plan.id}\nSlicewave-Slice: ${slice.id}\nSlicewave-Run: ${run.runId}\n`;
  const made = await commitAsUser(git, { tree, parents: [request.base], message, signer: request.signer });
  if (made.unsigned !== null) {
    const doubt = {
      kind: 'unsigned',
      summary: unsignedText('the commit', made.unsigned),
      severity: 'high',
      places: [],
    } as const;
    say(`doubt: ${doubtText(doubt)}`);
    await run.record({ type: 'doubted', doubt });
  }
  // What the checks left behind belongs to nobody: the agent's own work is in the commit and in the snapshot.
  await putOnBranch(git, request.branch, made.commit);
  await run.record({ type: 'committed', commit: made.commit });
}

/** The scanner and the parser are large. Asked for while an agent works, they are there when the gate needs them. */
export const loadScanner = () => import('./secrets.ts');
export const loadCodeReader = async () => (await import('../workspace/code-reader.ts')).openCodeReader();
