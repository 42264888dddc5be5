import { verifiedText } from '../core/view/standing.ts';
import { planStateRow } from '../core/run/states.ts';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Attention } from '../core/run/state-model.ts';
import { minutes } from '../core/text/duration.ts';
import { warningText } from '../core/run/warning.ts';
import { isViolation } from '../core/run/stops.ts';
import {
  adviceOf,
  attentionActions,
  canRunPlan,
  filesInQuestion,
  headlineOf,
  type SliceAction,
} from '../protocol/dashboard.ts';
import { boardView } from './board.ts';
import { actionButton, chip, checksView, violationsView, type Hands, type Model, type Selection } from './controls.ts';
import { detailView } from './detail.ts';
import { copyIcon } from './icons.ts';
import { conditionWord, cost, settledCount } from './words.ts';

export function dashboardView(model: Model, hands: Hands): TemplateResult {
  const { snapshot } = model;
  return html`
    <div class="visually-hidden" role="status" aria-live="polite">${model.announcement}</div>
    ${headerView(model, hands)}
    ${snapshot.trusted ? nothing : html`<p class="banner">This workspace is not trusted: everything can be read, nothing starts.</p>`}
    <div class="columns">
      <main class="main">${attentionView(model, hands)} ${boardView(model, hands)}</main>
      ${detailView(model, hands)}
    </div>
  `;
}

export function failureView(message: string, remedy: string): TemplateResult {
  return html`<div class="failure" role="alert">
    <p>${message}</p>
    ${remedy === '' ? nothing : html`<p class="quiet">${remedy}</p>`}
  </div>`;
}

function headerView({ snapshot, selection }: Model, hands: Hands): TemplateResult {
  const { state, driving, trusted, repository } = snapshot;
  const runnable = canRunPlan(state);
  const running = state.state === 'running';
  const finished = state.state === 'done' || state.state === 'integrated';
  const plan: Selection = { kind: 'plan' };
  const facts = [
    verifiedText(state.slices, ' of '),
    state.remainingMinutes > 0 ? `est. ${minutes(state.remainingMinutes)} left` : 'nothing left',
    cost(state.costUsd),
  ];
  return html`<header class="header">
    <div class="header-row">
      <h1 class="title">
        <button
          type="button"
          class="plain"
          aria-pressed=${selection.kind === 'plan'}
          @click=${() => hands.select(plan)}
        >
          <span class="mono">${state.plan}</span> ${state.title}
        </button>
      </h1>
      <span class=${`pill tone-${planStateRow(state.state).tone}`}>${planStateRow(state.state).label}</span>
      <span class="spacer"></span>
      <div class="actions" role="toolbar" aria-label="Plan">
        <vscode-button
          id="run-plan"
          ?secondary=${finished}
          ?disabled=${!trusted || driving || !runnable}
          @click=${() => {
            if (trusted && !driving && runnable) hands.send({ type: 'run-plan' });
          }}
          >${state.state === 'not-started' ? 'Run Plan' : 'Resume Plan'}</vscode-button
        >
        <vscode-button
          id="stop-plan"
          secondary
          ?disabled=${!trusted || !(driving || running)}
          @click=${() => {
            if (trusted && (driving || running)) hands.send({ type: 'stop-plan' });
          }}
          >Stop All</vscode-button
        >
        <vscode-button
          id="integrate"
          ?secondary=${!finished}
          ?disabled=${!trusted || settledCount(state) === 0}
          @click=${() => {
            if (trusted && settledCount(state) > 0) hands.send({ type: 'integrate' });
          }}
          >Integrate</vscode-button
        >
        <button
          type="button"
          class="icon-button"
          id="copy"
          title="Copy as text"
          aria-label="Copy as text"
          @click=${() => hands.send({ type: 'copy' })}
        >
          ${copyIcon()}
        </button>
      </div>
    </div>
    <div class="header-row facts">
      <button type="button" class="plain quiet" @click=${() => hands.select(plan)}>
        ${facts.join(' · ')} · ${repository}${driving ? ' · driven by this window' : ''}
      </button>
    </div>
    <nav class="path" aria-label="Critical path">
      <span class="label">Critical path</span>
      ${
        state.criticalPath.length === 0
          ? html`<span class="quiet">none left</span>`
          : state.criticalPath.map(
              (id, index) =>
                html`${index === 0 ? nothing : html`<span class="arrow" aria-hidden="true">→</span>`}${chip(state, id, hands, 'chip-critical')}`,
            )
      }
    </nav>
  </header>`;
}

function attentionView(model: Model, hands: Hands): TemplateResult | typeof nothing {
  const { attention, warnings } = model.snapshot.state;
  if (attention.length + warnings.length === 0) return nothing;
  return html`<section class="attention" aria-labelledby="attention-title">
    <h2 id="attention-title">Needs you <span class="badge">${attention.length + warnings.length}</span></h2>
    ${warnings.map((warning) => html`<p class="warning" role="note">${warningText(warning)}</p>`)}
    <ul class="plain-list">
      ${repeat(
        attention,
        (entry) => entry.runId,
        (entry) => attentionItem(entry, model, hands),
      )}
    </ul>
  </section>`;
}

function attentionItem(entry: Attention, { snapshot, answering }: Model, hands: Hands): TemplateResult {
  const { state, trusted } = snapshot;
  const actions = attentionActions(state, entry);
  const button = (action: SliceAction, secondary = true): TemplateResult | typeof nothing =>
    actions.has(action)
      ? actionButton({ action, slice: entry.slice, run: entry.runId, secondary, trusted, hands })
      : nothing;
  const open = answering === entry.slice;
  const violation = isViolation(entry);
  const files = filesInQuestion(entry);
  const advice = adviceOf(entry);
  return html`<li class=${violation ? 'question violation' : 'question'} data-slice=${entry.slice}>
    <div class="question-head">
      ${chip(state, entry.slice, hands)} <strong>${headlineOf(entry)}</strong>
      ${violation ? html`<span class="tag tag-bad">violation</span>` : nothing}
      <span class="tag">${conditionWord(entry)}</span>
    </div>
    ${entry.violations.length > 0 ? violationsView(entry.violations) : nothing} ${checksView(entry.failedChecks)}
    ${advice === '' ? nothing : html`<p class="question-text">${advice}</p>`}
    ${
      files.length > 0
        ? html`<ul class="paths">
            ${files.map(
              (path) =>
                html`<li>
                  <button
                    type="button"
                    class="link mono"
                    @click=${() => hands.send({ type: 'file', slice: entry.slice, run: entry.runId, path })}
                  >
                    ${path}
                  </button>
                </li>`,
            )}
          </ul>`
        : nothing
    }
    ${
      entry.unblocks.length > 0
        ? html`<p class="quiet unblocks">Unblocks ${entry.unblocks.map((id) => chip(state, id, hands))}</p>`
        : nothing
    }
    ${open ? answerForm(entry, trusted, hands) : nothing}
    <div class="actions">
      ${button('approve', false)} ${open ? nothing : button('answer', actions.has('approve'))} ${button('retry')}
      ${button('skip')} ${button('diff')} ${button('trace')}
    </div>
  </li>`;
}

function answerForm(entry: Attention, trusted: boolean, hands: Hands): TemplateResult {
  const submit = (form: HTMLFormElement): void => {
    const text = form.querySelector('textarea')?.value.trim() ?? '';
    if (text === '' || !trusted) return;
    hands.send({ type: 'answer', slice: entry.slice, text });
    hands.answering(null);
  };
  return html`<form
    class="answer"
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      if (event.currentTarget instanceof HTMLFormElement) submit(event.currentTarget);
    }}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key === 'Escape') hands.answering(null);
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.currentTarget instanceof HTMLFormElement) {
        submit(event.currentTarget);
      }
    }}
  >
    <label for=${`answer-${entry.slice}`}>Your answer (Ctrl+Enter sends it)</label>
    <textarea id=${`answer-${entry.slice}`} rows="3" required></textarea>
    <div class="actions">
      <button type="submit" class="submit">Send Answer</button>
      <vscode-button secondary @click=${() => hands.answering(null)}>Cancel</vscode-button>
    </div>
  </form>`;
}
