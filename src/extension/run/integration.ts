import * as vscode from 'vscode';
import { assertNever } from '../../core/text/result.ts';
import type { Engine } from '../../node/engine.ts';
import type { IntegrationReport } from '../../node/integrate/model.ts';
import { failureNotice, showNotice, type Notice, type NoticeAction } from '../notices.ts';
import type { Projects } from '../projects.ts';
import type { ReadPlan } from '../open-plan.ts';

/**
 * The integration pass, on its own branch in its own worktree. The person's branch moves only when they name it
 * afterwards, with the report before their eyes.
 */
export async function integrate(projects: Projects, plan: ReadPlan): Promise<Notice | null> {
  const engine = projects.engine(plan.root);
  if (!engine) return null;
  const result = await withProgress(`Integrating ${plan.state.plan}`, engine, plan.dir);
  if (!result.ok) return result.failure.reason === 'cancelled' ? null : failureNotice(result.failure);
  const report = result.value;
  const uri = vscode.Uri.joinPath(vscode.Uri.file(plan.root), report.report_path);
  await openReport(uri);
  return reportNotice(report, uri, {
    title: 'Move a Branch to It…',
    run: async () => {
      const shown = await mergeInto(engine, plan, report);
      if (shown) await showNotice(shown);
    },
  });
}

async function mergeInto(engine: Engine, plan: ReadPlan, report: IntegrationReport): Promise<Notice | null> {
  const branch = await vscode.window.showInputBox({
    title: `Bring ${report.branch} into a branch`,
    prompt: 'The branch that gets the verified result. It is not touched unless every check passes.',
    value: (await engine.branch()) ?? '',
    ignoreFocusOut: true,
  });
  if (!branch) return null;
  const result = await withProgress(`Integrating ${plan.state.plan} into ${branch}`, engine, plan.dir, branch);
  if (!result.ok) return result.failure.reason === 'cancelled' ? null : failureNotice(result.failure);
  if (result.value.state !== 'passed' && result.value.state !== 'unproven')
    return reportNotice(result.value, vscode.Uri.joinPath(vscode.Uri.file(plan.root), result.value.report_path));
  return {
    severity: 'information',
    message: `${branch} holds ${result.value.merged.length} slices of ${plan.state.plan} now.`,
    remedy: '',
    actions: [],
  };
}

function withProgress(
  title: string,
  engine: Engine,
  planDir: string,
  into?: string,
): Thenable<Awaited<ReturnType<Engine['integrate']>>> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      return engine.integrate(planDir, {
        ...(into === undefined ? {} : { into }),
        signal: controller.signal,
        onProgress: (message) => progress.report({ message }),
      });
    },
  );
}

function reportNotice(report: IntegrationReport, uri: vscode.Uri, move?: NoticeAction): Notice {
  const open: NoticeAction = { title: 'Open Report', run: () => openReport(uri) };
  const failed = report.failing.map((entry) => `${entry.slice} (${entry.check})`).join(', ');
  switch (report.state) {
    case 'passed':
      return {
        severity: 'information',
        message: `${report.merged.length} slices are merged on ${report.branch}, and every check passes.`,
        remedy: 'Your branch was not touched.',
        actions: move ? [move, open] : [open],
      };
    case 'unproven':
      return {
        severity: 'warning',
        message: `${report.merged.length} slices are merged on ${report.branch}, and every check passes, but not all of the spec's evidence was run (${report.not_verified.length} in the report).`,
        remedy: 'Your branch was not touched.',
        actions: move ? [move, open] : [open],
      };
    case 'conflict':
      return {
        severity: 'error',
        message: `Slices conflict: ${report.conflicts.map((entry) => `${entry.slice} in ${entry.files.join(', ')}`).join('; ')}.`,
        remedy: 'Nothing was merged over; the report names both sides.',
        actions: [open],
      };
    case 'failed':
      return {
        severity: 'error',
        message: failed
          ? `The whole fails, and the slice that breaks it is ${failed}.`
          : 'The merged whole fails its checks.',
        remedy: 'Retry that slice, then integrate again.',
        actions: [open],
      };
    default:
      return assertNever(report.state);
  }
}

async function openReport(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
  } catch {
    // Without a report file the message still says what happened.
  }
}
