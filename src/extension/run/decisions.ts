import * as vscode from 'vscode';
import { violationText } from '../../core/audit/report.ts';
import { stopRow, type Approval } from '../../core/run/stops.ts';
import { adviceOf, attentionActions, headlineOf } from '../../protocol/dashboard.ts';
import type { Attention } from '../../core/run/state-model.ts';
import { isAcceptable } from '../../core/run/warning.ts';
import { assertNever } from '../../core/text/result.ts';
import { failureNotice, notice, type Notice } from '../notices.ts';
import type { Projects } from '../projects.ts';
import type { AttentionTarget, ReadPlan, SliceTarget } from '../open-plan.ts';

/** What a person decides about a slice or checkpoint that waits. Every function returns what to tell the person, if anything. */

const CANCEL = null;

/** Answers the question of a slice; offers the other decisions where a sentence is not the natural answer. */
export async function answer(projects: Projects, target: AttentionTarget, text?: string): Promise<Notice | null> {
  const { plan, attention } = target;
  const actions = attentionActions(plan.state, attention);
  const engine = projects.engine(plan.root);
  if (!engine) return CANCEL;
  if (text === undefined && (actions.has('approve') || !actions.has('answer'))) {
    const decision = await pickDecision(target);
    switch (decision) {
      case 'approve':
        return approve(projects, target, false);
      case 'retry':
        return retry(projects, target);
      case 'skip':
        return skip(projects, target);
      case 'answer':
        break;
      default:
        return CANCEL;
    }
  }
  const typed =
    text ??
    (await vscode.window.showInputBox({
      title: `${attention.slice} asks`,
      prompt: attention.question || attention.detail,
      placeHolder: 'Your answer goes to the agent, in the same session where it can be resumed',
      ignoreFocusOut: true,
      validateInput: (value) =>
        value.trim() === '' ? 'An answer is needed; Escape leaves the question open.' : undefined,
    }));
  if (typed === undefined) return CANCEL;
  return told(await engine.answer(plan.dir, attention.slice, typed));
}

/** Shows what differs from what the plan is run by, and takes it on the person's word. */
export async function acceptPlan(projects: Projects, plan: ReadPlan, shown: boolean): Promise<Notice | null> {
  const engine = projects.engine(plan.root);
  if (!engine) return CANCEL;
  const warnings = plan.state.warnings.filter(isAcceptable);
  if (warnings.length === 0 && !shown) return notice(`${plan.dir} is as it is run by.`, 'There is nothing to accept.');
  const paths = warnings.flatMap((warning) => warning.paths);
  if (!shown) {
    const acceptRow = { label: '$(check) Accept', description: warnings.map(({ summary }) => summary).join('; ') };
    const rows: vscode.QuickPickItem[] = paths.map((path) => ({ label: `$(file) ${path}` }));
    const heading = { label: 'what changed', kind: vscode.QuickPickItemKind.Separator };
    const chosen = await vscode.window.showQuickPick([acceptRow, ...(rows.length > 0 ? [heading, ...rows] : [])], {
      title: `Accept ${plan.dir} as it stands`,
      placeHolder: 'Runs go by it from then on',
      ignoreFocusOut: true,
    });
    if (chosen !== acceptRow) return CANCEL;
  }
  const result = await engine.accept(plan.dir);
  if (!result.ok) return failureNotice(result.failure);
  const { accepted } = result.value;
  return accepted.length === 0
    ? notice(`${plan.dir} is as it is run by.`, 'There is nothing to accept.')
    : {
        severity: 'information',
        message: `Accepted: ${accepted.join(', ')}.`,
        remedy: 'Runs go by it now.',
        actions: [],
      };
}

/** Shows the paths (or the failing check) and approves them on the person's word. */
export async function approve(projects: Projects, target: AttentionTarget, shown: boolean): Promise<Notice | null> {
  const { plan, attention } = target;
  const engine = projects.engine(plan.root);
  if (!engine) return CANCEL;
  if (!shown && !(await confirmApproval(target))) return CANCEL;
  const result = await engine.approve(plan.dir, attention.slice);
  if (!result.ok) return failureNotice(result.failure);
  return {
    severity: 'information',
    message: `${attention.slice}: approved.`,
    remedy: afterApproval(stopRow(attention.condition)?.approve ?? null, result.value.paths),
    actions: [],
  };
}

/** What an approval has changed, as a sentence; empty where nothing but that the slice goes on. */
function afterApproval(approval: Approval | null, paths: readonly string[]): string {
  if (paths.length === 0) return '';
  const listed = `${paths.join(', ')} ${paths.length === 1 ? 'is' : 'are'}`;
  switch (approval) {
    case 'scope':
      return `${listed} in its scope now.`;
    case 'paths':
      return `${listed} accepted as ${paths.length === 1 ? 'it is' : 'they are'}.`;
    case 'seen':
      return 'It goes on to its checks; nothing else was changed.';
    case 'checks':
    case null:
      return '';
    default:
      return assertNever(approval);
  }
}

/** Another attempt. Where files can be put back to the base, asks whether to do that first. */
export async function retry(projects: Projects, target: AttentionTarget): Promise<Notice | null> {
  const { plan, attention } = target;
  const engine = projects.engine(plan.root);
  if (!engine) return CANCEL;
  let revert = false;
  if (attention.ways.includes('revert')) {
    const chosen = await vscode.window.showQuickPick(
      [
        {
          label: '$(discard) Put them back first',
          description: 'They get the content of the base; a snapshot of them is kept',
          detail: attention.paths.join(', '),
          revert: true,
        },
        { label: '$(debug-restart) Try again with the work as it is', revert: false },
      ],
      {
        title: `Retry ${attention.slice}`,
        placeHolder: 'What about the files it stopped on?',
        // The terminal of another slice may close at any moment, and takes the focus with it.
        ignoreFocusOut: true,
      },
    );
    if (!chosen) return CANCEL;
    revert = chosen.revert;
  }
  return told(await engine.retry(plan.dir, attention.slice, { revert }));
}

/** Gives a slice up: what depends on it starts without it. */
export async function skip(projects: Projects, target: AttentionTarget | SliceTarget): Promise<Notice | null> {
  const { plan } = target;
  const id = 'attention' in target ? target.attention.slice : target.slice.id;
  const engine = projects.engine(plan.root);
  if (!engine) return CANCEL;
  const waiting = plan.state.slices.filter((slice) => slice.blockedBy.includes(id)).map((slice) => slice.id);
  const reason = await vscode.window.showInputBox({
    title: `Skip ${id}`,
    prompt:
      waiting.length > 0
        ? `${waiting.join(', ')} will start without it. Why is it skipped? (kept with the decision, may be empty)`
        : 'Why is it skipped? (kept with the decision, may be empty)',
    ignoreFocusOut: true,
  });
  if (reason === undefined) return CANCEL;
  return told(await engine.skip(plan.dir, id, reason.trim() || undefined));
}

type Decision = 'approve' | 'answer' | 'retry' | 'skip';

async function pickDecision(target: AttentionTarget): Promise<Decision | null> {
  const { attention, plan } = target;
  const actions = attentionActions(plan.state, attention);
  const all: readonly (vscode.QuickPickItem & { readonly decision: Decision })[] = [
    { decision: 'approve', label: '$(check) Approve', detail: attention.paths.join(', ') || attention.detail },
    { decision: 'answer', label: '$(comment) Answer…', detail: 'Tell the agent what to do instead' },
    { decision: 'retry', label: '$(debug-restart) Retry', detail: 'Another attempt, with what failed fed back' },
    { decision: 'skip', label: '$(circle-slash) Skip', detail: 'Go on without it' },
  ];
  const chosen = await vscode.window.showQuickPick(
    all.filter((entry) => actions.has(entry.decision)),
    { title: `${attention.slice}: ${headlineOf(attention)}`, placeHolder: adviceOf(attention), ignoreFocusOut: true },
  );
  return chosen?.decision ?? null;
}

async function confirmApproval({ attention }: AttentionTarget): Promise<boolean> {
  const approval = stopRow(attention.condition)?.approve ?? null;
  const seen = approval === 'seen';
  const rows: vscode.QuickPickItem[] = seen
    ? attention.violations.map((violation) => ({ label: `$(shield) ${violationText(violation)}` }))
    : attention.paths.map((path) => ({ label: `$(file) ${path}` }));
  const approveRow = { label: `$(check) Approve`, description: whatIsApproved(approval, attention) };
  const heading = { label: seen ? 'what was touched' : 'paths', kind: vscode.QuickPickItemKind.Separator };
  const chosen = await vscode.window.showQuickPick([approveRow, ...(rows.length > 0 ? [heading, ...rows] : [])], {
    title: `Approve what ${attention.slice} stopped on`,
    placeHolder: adviceOf(attention),
    ignoreFocusOut: true,
  });
  return chosen === approveRow;
}

function whatIsApproved(approval: Approval | null, attention: Attention): string {
  const count = attention.paths.length;
  if (count === 0) return attention.detail;
  switch (approval) {
    case 'scope':
      return `${count} path(s) enter the slice's scope`;
    case 'paths':
      return `${count} path(s) stay as they are`;
    case 'seen':
      return 'You have seen it: the slice goes on to its checks';
    case 'checks':
    case null:
      return attention.detail;
    default:
      return assertNever(approval);
  }
}

function told(
  result: { readonly ok: true } | { readonly ok: false; readonly failure: Parameters<typeof failureNotice>[0] },
): Notice | null {
  return result.ok ? null : failureNotice(result.failure);
}

/** What to say when a slice that waits is not driven by anything: an answer alone starts nothing. */
export function notDriven(target: AttentionTarget, resume: () => Thenable<unknown>): Notice {
  return notice(`${target.plan.state.plan} is not being run.`, `${target.attention.slice} goes on when it is.`, {
    title: 'Resume',
    run: resume,
  });
}
