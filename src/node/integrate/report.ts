import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { integrationReport } from '../../core/view/integration-report.ts';
import { amendFixed } from '../state/fixed-plan.ts';
import { appendDecision } from '../state/decision-log.ts';
import { acquireLock, planLock } from '../state/locks.ts';
import { recoverHeld } from '../state/replan-journal.ts';
import { writeWhole } from '../state/whole-write.ts';
import type { IntegrationReport } from './model.ts';
import type { Merge, Pass } from './pass.ts';
import { provenItems } from './evidence.ts';
import { shortfalls } from '../../core/view/standing.ts';
import type { PlanFacts } from '../../core/run/state-model.ts';

const MANIFEST = 'manifest.json';

/** Writes the report, notes it in the manifest and records what was integrated. */
export async function writeReport(
  pass: Pass,
  state: IntegrationReport['state'],
  found: { readonly merges: readonly Merge[] } & Partial<Pick<IntegrationReport, 'conflicts' | 'failing'>>,
): Promise<IntegrationReport> {
  const { repository, loaded, branch, dir } = pass.request;
  const { plan } = loaded;
  const commit = await pass.git.resolve('HEAD');
  const evidence = provenItems(pass);
  const report: IntegrationReport = {
    v: 1,
    plan: plan.id,
    state,
    branch,
    commit,
    merged: found.merges.map((merge) => merge.slice),
    conflicts: found.conflicts ?? [],
    failing: found.failing ?? [],
    checks: pass.lines,
    evidence,
    not_verified: [
      ...evidence.flatMap(({ text, status }) => (status === 'not-run' ? [`evidence: ${text}`] : [])),
      ...shortfalls(pass.request.state, null),
    ],
    report_path: `${plan.dir}/integration-report.md`,
  };
  const text = integrationReport({
    report,
    state: pass.request.state,
    plan,
    results: pass.evidence,
    learnings: learningsOf(pass.request.facts),
    worktree: dir,
  });
  await writeWhole(path.join(repository.root, report.report_path), text);
  await noteOfPass(pass, report);
  if ((state === 'passed' || state === 'unproven') && commit) {
    await appendDecision(repository.runsDir, plan.id, 'integration', {
      type: 'integrated',
      commit,
      branch,
      slices: report.merged,
    });
  }
  return report;
}

/** Notes the pass in the manifest and in the plan that is run by, while nobody else changes either. */
async function noteOfPass(pass: Pass, report: IntegrationReport): Promise<void> {
  const { repository, loaded, say } = pass.request;
  const { plan } = loaded;
  const manifest = `${plan.dir}/${MANIFEST}`;
  // What people have committed is theirs: the report and the decisions hold the same, and no checkout gets dirty by it.
  if ((await repository.git.text(['ls-files', '--', manifest])) !== '') return;
  const lock = await acquireLock(planLock(repository, plan.id), { wait: 60_000 });
  if (!lock) {
    say(`${manifest} is being changed by another process; the report says what it would have been told`);
    return;
  }
  try {
    await recoverHeld(repository, plan.dir);
    const noted = await noteInManifest(path.join(repository.root, manifest), report);
    if (noted === null) return;
    // A pass that was killed before it came to this left another note: nobody is asked about the tool's own.
    const fixed = loaded.files.get(MANIFEST);
    const before = fixed !== undefined && withoutNote(fixed) === withoutNote(noted.before) ? fixed : noted.before;
    await amendFixed(repository, plan.id, [{ name: MANIFEST, before, after: noted.after }]);
  } finally {
    await lock.release();
  }
}

/** What agents say the next one should know, each once, with the slices whose agents said it. */
function learningsOf({ plan, runs }: PlanFacts): ReadonlyMap<string, readonly string[]> {
  const said = new Map<string, Set<string>>();
  for (const { events } of runs) {
    const [first] = events;
    if (first?.type !== 'run_started' || first.plan !== plan.id || first.slice === null) continue;
    for (const event of events) {
      if (event.type !== 'agent_report') continue;
      for (const learning of event.claims.learnings)
        said.set(learning, (said.get(learning) ?? new Set()).add(first.slice));
    }
  }
  return new Map([...said].map(([learning, slices]) => [learning, [...slices]]));
}

function withoutNote(text: string): string {
  try {
    return JSON.stringify({ ...(JSON.parse(text) as object), integration: null });
  } catch {
    return text;
  }
}

/** The manifest's `integration` block, as the format has it. Every other key stays, in its order. */
async function noteInManifest(
  file: string,
  report: IntegrationReport,
): Promise<{ readonly before: string; readonly after: string } | null> {
  const text = await readFile(file, 'utf8');
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    // It was readable a moment ago; whoever is editing it now must not lose their edit to a note.
    return null;
  }
  if (typeof manifest !== 'object' || manifest === null) return null;
  const integration = {
    status: report.state,
    report_path: 'integration-report.md',
    completed_at: new Date().toISOString(),
    checks: Object.fromEntries(report.checks.map((check) => [check.name, check.status])),
  };
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  const after = `${JSON.stringify({ ...manifest, integration }, null, indent)}\n`;
  await writeWhole(file, after);
  return { before: text, after };
}
