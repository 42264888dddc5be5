import { meanwhileText } from '../core/audit/report.ts';
import { html, nothing, type TemplateResult } from 'lit';
import { remarkLines, remarksOf } from '../core/run/doubt.ts';
import { checkpointLabel, planStateRow, stateLabel } from '../core/run/states.ts';
import { assertNever } from '../core/text/result.ts';
import type { CheckpointView, PlanState, RunView, SliceView } from '../core/run/state-model.ts';
import { minutes } from '../core/text/duration.ts';
import { counted } from '../core/text/printing.ts';
import { actionsOf, canRun, confinementOf, headlineOf, isUnconfined, type SliceAction } from '../protocol/dashboard.ts';
import { checkpointIcon, sliceIcon } from './icons.ts';
import { actionButton, checksView, chip, violationsView, type Hands, type Model } from './controls.ts';
import { verifiedText } from '../core/view/standing.ts';
import { cost } from './words.ts';

/** The pane beside the board: what is selected, what is known of it, what can be done with it. */
export function detailView(model: Model, hands: Hands): TemplateResult {
  return html`<aside class="detail" aria-label="Details">${contentOf(model, hands)}</aside>`;
}

function contentOf(model: Model, hands: Hands): TemplateResult {
  const { selection, snapshot } = model;
  const { state } = snapshot;
  switch (selection.kind) {
    case 'plan':
      return planDetail(model, hands);
    case 'wave':
      return waveDetail(selection.wave, model, hands);
    case 'checkpoint': {
      const checkpoint = state.checkpoints.find((entry) => entry.id === selection.id);
      return checkpoint ? checkpointDetail(checkpoint, model, hands) : planDetail(model, hands);
    }
    case 'slice': {
      const slice = state.slices.find((entry) => entry.id === selection.id);
      return slice ? sliceDetail(slice, model, hands) : planDetail(model, hands);
    }
    default:
      return assertNever(selection);
  }
}

const sliceButtons: readonly SliceAction[] = [
  'run',
  'stop',
  'approve',
  'answer',
  'retry',
  'skip',
  'worktree',
  'terminal',
  'diff',
  'inspect',
  'trace',
  'task',
];

function sliceDetail(slice: SliceView, { snapshot }: Model, hands: Hands): TemplateResult {
  const { state, trusted } = snapshot;
  const detail = snapshot.details[slice.id];
  const attention = state.attention.find((entry) => entry.slice === slice.id) ?? null;
  const actions = actionsOf(slice, attention);
  // Giving up is never what is suggested.
  const primary = sliceButtons.find((action) => actions.has(action) && action !== 'skip');
  return html`
    <h2 class="detail-title">${sliceIcon(slice.state)} <span class="mono">${slice.id}</span> ${slice.title}</h2>
    <p class="detail-state">
      ${[stateLabel(slice.state), ...remarksOf(slice)].join(', ')}${attention ? html` · ${headlineOf(attention)}` : nothing}
    </p>
    <div class="actions">
      ${sliceButtons
        .filter((action) => actions.has(action))
        .map((action) =>
          actionButton({ action, slice: slice.id, secondary: action !== primary || action === 'task', trusted, hands }),
        )}
    </div>
    ${facts([
      [
        'to confirm',
        remarkLines(slice).length > 0 ? html`${remarkLines(slice).map((line) => html`<p>${line}</p>`)}` : null,
      ],
      ['meanwhile', meanwhileText(slice.id, slice.changedMeanwhile)],
      ['blocked by', slice.blockedBy.length > 0 ? html`${slice.blockedBy.map((id) => chip(state, id, hands))}` : null],
      ['after', detail && detail.deps.length > 0 ? html`${detail.deps.map((id) => chip(state, id, hands))}` : null],
      ['workstream', slice.workstream],
      ['estimate', detail ? minutes(detail.estimateMinutes) : null],
      ['slack', slice.critical ? 'none: on the critical path' : minutes(slice.slackMinutes)],
      ['branch', html`<span class="mono">${slice.branch}</span>`],
      ['worktree', slice.worktree ? html`<span class="mono">${slice.worktree}</span>` : null],
      ['commit', slice.commit ? html`<span class="mono">${slice.commit.slice(0, 10)}</span>` : null],
    ])}
    ${
      detail
        ? html`${list('Create', detail.create)} ${list('Modify', detail.modify)} ${list('Boundary', detail.boundary)}
          ${list('Checks', detail.verify)}`
        : nothing
    }
    ${slice.runs.length === 0 ? nothing : html`<h3>Runs</h3>`}
    ${slice.runs.toReversed().map((run, index) => runDetail(run, slice.id, index === 0, hands))}
  `;
}

function runDetail(run: RunView, slice: string, last: boolean, hands: Hands): TemplateResult {
  const send = (action: SliceAction) => () => hands.send({ type: 'slice', action, slice, run: run.runId });
  const checks = run.testsPassed === null ? 'no check ran' : run.testsPassed ? 'checks passed' : 'checks failed';
  const confinement = confinementOf(run);
  return html`<section class="run">
    <div class="run-head">
      ${sliceIcon(run.state)} <span>Attempt ${run.attempt}</span>
      <span class="quiet"
        >${stateLabel(run.state)} ·
        ${checks}${run.adapter ? ` · ${run.adapter}` : ''}${run.costUsd > 0 ? ` · ${cost(run.costUsd)}` : ''}</span
      >
    </div>
    ${
      confinement === null
        ? nothing
        : html`<p class=${isUnconfined(run) ? 'confinement unconfined' : 'confinement quiet'}>${confinement}</p>`
    }
    ${run.violations.length > 0 ? violationsView(run.violations) : nothing}
    ${run.failure ? html`<p class="problem">${run.failure.reason}: ${run.failure.detail}</p>` : nothing}
    ${run.stop && run.violations.length === 0 ? html`<p class="problem">${run.stop.detail}</p>` : nothing}
    ${last ? checksView(run.failedChecks) : nothing}
    <div class="links">
      <button type="button" class="link" @click=${send('diff')}>Changes</button>
      <button type="button" class="link" @click=${send('inspect')}>Inspect</button>
      <button type="button" class="link" @click=${send('trace')}>Trace</button>
    </div>
    ${
      last && run.filesChanged.length > 0
        ? html`<ul class="files">
            ${run.filesChanged.map(
              (file) =>
                html`<li class=${file.inScope ? '' : 'outside'}>
                  <button
                    type="button"
                    class="link mono"
                    @click=${() => hands.send({ type: 'file', slice, run: run.runId, path: file.path })}
                  >
                    ${file.path}
                  </button>
                  <span class="quiet"
                    >${file.additions === null ? 'binary' : `+${file.additions} −${file.deletions ?? 0}`}${file.inScope ? '' : ' · out of scope'}</span
                  >
                </li>`,
            )}
          </ul>`
        : nothing
    }
  </section>`;
}

function checkpointDetail(checkpoint: CheckpointView, { snapshot }: Model, hands: Hands): TemplateResult {
  const { state, trusted } = snapshot;
  const waits = state.attention.some((entry) => entry.slice === checkpoint.id);
  const chips = (ids: readonly string[]): TemplateResult | null =>
    ids.length === 0 ? null : html`${ids.map((id) => chip(state, id, hands))}`;
  return html`
    <h2 class="detail-title">
      ${checkpointIcon(checkpoint.state)}
      ${checkpoint.kind === 'merge-point' ? `Merge point ${checkpoint.id}` : `Validation of ${checkpoint.id.replace('-', ' ')}`}
    </h2>
    <p class="detail-state">${checkpointLabel(checkpoint)}</p>
    <div class="actions">
      ${waits ? html`${actionButton({ action: 'retry', slice: checkpoint.id, secondary: false, trusted, hands })} ${actionButton({ action: 'skip', slice: checkpoint.id, trusted, hands })}` : nothing}
      ${checkpoint.run ? actionButton({ action: 'trace', slice: checkpoint.id, trusted, hands }) : nothing}
    </div>
    ${facts([
      ['needs', chips(checkpoint.needs)],
      ['still waits for', chips(checkpoint.waitingFor)],
      ['unlocks', chips(checkpoint.unlocks)],
      ['commit', checkpoint.commit ? html`<span class="mono">${checkpoint.commit.slice(0, 10)}</span>` : null],
      ['sandbox', checkpoint.run ? confinementOf(checkpoint.run) : null],
      ['failed', checkpoint.run?.failure ? checkpoint.run.failure.detail : null],
    ])}
    ${list('Checks', checkpoint.verify)} ${checkpoint.run ? checksView(checkpoint.run.failedChecks) : nothing}
  `;
}

function waveDetail(wave: number, { snapshot }: Model, hands: Hands): TemplateResult {
  const { state, trusted } = snapshot;
  const slices = state.slices.filter((slice) => slice.wave === wave);
  const runnable = trusted && slices.some(canRun);
  return html`
    <h2 class="detail-title">Wave ${wave}</h2>
    <p class="detail-state">${counted(slices.length, 'slice')}</p>
    <div class="actions">
      <vscode-button
        ?disabled=${!runnable}
        @click=${() => {
          if (runnable) hands.send({ type: 'run-wave', wave });
        }}
        >Run Wave</vscode-button
      >
    </div>
    <ul class="files">
      ${slices.map((slice) => html`<li>${chip(state, slice.id, hands)} ${slice.title} <span class="quiet">${stateLabel(slice.state)}</span></li>`)}
    </ul>
  `;
}

function planDetail({ snapshot }: Model, hands: Hands): TemplateResult {
  const { state, planDir } = snapshot;
  const by = new Map<string, string[]>();
  for (const slice of state.slices) {
    const label = stateLabel(slice.state);
    by.set(label, [...(by.get(label) ?? []), slice.id]);
  }
  return html`
    <h2 class="detail-title">${state.title}</h2>
    <p class="detail-state">${planStateRow(state.state).label} · ${verifiedText(state.slices, ' of ')}</p>
    ${facts([
      ['plan', html`<span class="mono">${planDir}</span>`],
      [
        'base',
        state.baseCommit ? html`<span class="mono">${state.baseCommit.slice(0, 10)}</span>` : 'chosen at the first run',
      ],
      ['integration', html`<span class="mono">${state.integrationBranch}</span>`],
      ['left', minutes(state.remainingMinutes)],
      ['sandbox', sandboxOf(state)],
      ['cost', cost(state.costUsd)],
    ])}
    <h3>Slices by state</h3>
    ${facts([...by].map(([label, ids]): [string, TemplateResult] => [label, html`${ids.map((id) => chip(state, id, hands))}`]))}
  `;
}

/** Which last runs were confined, and by what; what was not comes first. */
function sandboxOf(state: PlanState): string | null {
  const by = new Map<string, string[]>();
  for (const { id, run } of state.slices) {
    const confinement = run ? confinementOf(run) : null;
    if (confinement !== null) by.set(confinement, [...(by.get(confinement) ?? []), id]);
  }
  const lines = [...by].toSorted(([a], [b]) => Number(b.startsWith('not')) - Number(a.startsWith('not')));
  return lines.length === 0 ? null : lines.map(([words, ids]) => `${words} (${ids.join(', ')})`).join('; ');
}

function facts(rows: readonly (readonly [string, TemplateResult | string | null])[]): TemplateResult {
  return html`<dl class="facts-list">
    ${rows.map(([name, value]) =>
      value === null || value === ''
        ? nothing
        : html`<dt>${name}</dt>
            <dd>${value}</dd>`,
    )}
  </dl>`;
}

function list(title: string, entries: readonly string[]): TemplateResult | typeof nothing {
  if (entries.length === 0) return nothing;
  return html`<h3>${title}</h3>
    <ul class="entries">
      ${entries.map((entry) => html`<li class="mono">${entry}</li>`)}
    </ul>`;
}
