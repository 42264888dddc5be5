import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { integrationReport } from '../../core/view/integration-report.ts';
import { amendFixed } from '../state/fixed-plan.ts';
import { appendDecision } from '../state/decision-log.ts';
import { writeWhole } from '../state/whole-write.ts';
import type { IntegrationReport } from './model.ts';
import type { Merge, Pass } from './pass.ts';

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
    report_path: `${plan.dir}/integration-report.md`,
  };
  const text = integrationReport({
    report,
    state: pass.request.state,
    plan,
    evidence: pass.evidence,
    worktree: dir,
  });
  await writeWhole(path.join(repository.root, report.report_path), text);
  const manifest = `${plan.dir}/${MANIFEST}`;
  // What people have committed is theirs: the report and the decisions hold the same, and no checkout gets dirty by it.
  const isCommitted = (await repository.git.text(['ls-files', '--', manifest])) !== '';
  const noted = isCommitted ? null : await noteInManifest(path.join(repository.root, manifest), report);
  if (noted) {
    // A pass that was killed before it came to this left another note: nobody is asked about the tool's own.
    const fixed = loaded.files.get(MANIFEST);
    const before = fixed !== undefined && withoutNote(fixed) === withoutNote(noted.before) ? fixed : noted.before;
    await amendFixed(repository, plan.id, [{ name: MANIFEST, before, after: noted.after }]);
  }
  if (state === 'passed' && commit) {
    await appendDecision(repository.runsDir, plan.id, 'integration', {
      type: 'integrated',
      commit,
      branch,
      slices: report.merged,
    });
  }
  return report;
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
