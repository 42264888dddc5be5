import { html, type TemplateResult } from 'lit';
import type { Violation } from '../core/audit/report.ts';
import type { FailedCheck, PlanState } from '../core/run/state-model.ts';
import type { DashboardSnapshot, FromDashboard, SliceAction } from '../protocol/dashboard.ts';
import { actionWords } from './words.ts';

/** What the person looks at: a slice, a checkpoint or a wave by its id, or the plan as a whole. */
export type Selection =
  | { readonly kind: 'plan' }
  | { readonly kind: 'wave'; readonly wave: number }
  | { readonly kind: 'slice' | 'checkpoint'; readonly id: string };

/** Everything the view shows. A view is a pure function of it. */
export interface Model {
  readonly snapshot: DashboardSnapshot;
  readonly selection: Selection;
  /** Batches that the person folded. */
  readonly folded: ReadonlySet<number>;
  /** The slice whose question is being answered. */
  readonly answering: string | null;
  /** Milliseconds since the snapshot came, to let running times run. */
  readonly sinceMs: number;
  readonly announcement: string;
}

/** What the person does. */
export interface Hands {
  send(command: FromDashboard): void;
  select(selection: Selection): void;
  fold(batch: number): void;
  answering(slice: string | null): void;
}

/** A slice or merge point as a chip that leads to it. */
export function chip(state: PlanState, id: string, hands: Hands, extra = ''): TemplateResult {
  const isCheckpoint = state.checkpoints.some((checkpoint) => checkpoint.id === id);
  const title = isCheckpoint ? 'Merge point' : (state.slices.find((slice) => slice.id === id)?.title ?? '');
  return html`<button
    type="button"
    class=${`chip ${isCheckpoint ? 'chip-checkpoint' : ''} ${extra}`}
    title=${title}
    @click=${(event: Event) => {
      event.stopPropagation();
      hands.select({ kind: isCheckpoint ? 'checkpoint' : 'slice', id });
    }}
  >
    ${isCheckpoint ? `[${id}]` : id}
  </button>`;
}

/** What an audit found: what was touched, by whom, and whether it is as it was again. */
export function violationsView(violations: readonly Violation[]): TemplateResult {
  return html`<ul class="violations">
    ${violations.map(
      ({ what, by, putBack }) =>
        html`<li>
          <span class="mono">${what}</span> <span class="quiet">${by}</span>
          <span class=${putBack ? 'tag' : 'tag tag-bad'}>${putBack ? 'put back' : 'still changed'}</span>
        </li>`,
    )}
  </ul>`;
}

/** Failing checks, each with the end of what it printed. */
export function checksView(checks: readonly FailedCheck[]): TemplateResult {
  return html`${checks.map(
    ({ command, outcome, output }) =>
      html`<details class="check-output" open>
        <summary><span class="mono">${command}</span> ${outcome}</summary>
        ${output === '' ? html`<p class="quiet">It printed nothing.</p>` : html`<pre class="mono">${output}</pre>`}
      </details>`,
  )}`;
}

/** A button that does something with a slice; refused ones stay visible in untrusted workspaces, but disabled. */
export function actionButton(options: {
  readonly action: SliceAction;
  readonly slice: string;
  readonly run?: string | null;
  readonly secondary?: boolean;
  readonly trusted: boolean;
  readonly hands: Hands;
}): TemplateResult {
  const { action, slice, run = null, secondary = true, trusted, hands } = options;
  const disabled = !trusted && !READING.has(action);
  return html`<vscode-button
    ?secondary=${secondary}
    ?disabled=${disabled}
    aria-label=${`${actionWords[action]} ${slice}`}
    data-action=${action}
    @click=${() => {
      if (disabled) return;
      // Answers are typed here, beside the question; everything else is done by a command.
      if (action === 'answer') hands.answering(slice);
      else hands.send({ type: 'slice', action, slice, run });
    }}
    >${actionWords[action]}</vscode-button
  >`;
}

const READING: ReadonlySet<SliceAction> = new Set(['worktree', 'terminal', 'trace', 'diff', 'inspect', 'task']);
