import { verifiedText } from '../core/view/standing.ts';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { remarksOf } from '../core/run/doubt.ts';
import { checkpointStateRow, isActive, isSettled, stateLabel } from '../core/run/states.ts';
import type { BatchView, CheckpointView, PlanState, SliceView } from '../core/run/state-model.ts';
import { duration } from '../core/text/duration.ts';
import { checkpointIcon, sliceIcon } from './icons.ts';
import { canRun, isUnconfined } from '../protocol/dashboard.ts';
import { chip, type Hands, type Model } from './controls.ts';
import { slackWord } from './words.ts';

/** Batches one under the other; in each its waves as columns of cards; merge points between batches. */
export function boardView(model: Model, hands: Hands): TemplateResult {
  const { state } = model.snapshot;
  const unplaced = state.slices.filter((slice) => slice.batch === 0);
  return html`<div class="board" @keydown=${moveAmongCards}>
    ${repeat(
      state.batches,
      (batch) => batch.number,
      (batch) =>
        html`${batchView(batch, model, hands)}
        ${checkpointsAfter(batch, state).map((checkpoint) => checkpointView(checkpoint, model, hands))}`,
    )}
    ${
      unplaced.length === 0
        ? nothing
        : html`<section class="batch">
            <h2>On a cycle</h2>
            <p class="quiet">These slices wait for each other, so none of them can start.</p>
            <div class="wave">
              <ul class="cards">
                ${unplaced.map((slice) => cardView(slice, model, hands))}
              </ul>
            </div>
          </section>`
    }
  </div>`;
}

function batchView(batch: BatchView, model: Model, hands: Hands): TemplateResult {
  const { state } = model.snapshot;
  const open = !model.folded.has(batch.number);
  const members = state.slices.filter((slice) => batch.slices.includes(slice.id));
  const verified = (between: string): string => verifiedText(members, between);
  const percent = batch.total === 0 ? 100 : Math.floor((100 * batch.done) / batch.total);
  return html`<section class=${`batch batch-${batch.state}`} aria-labelledby=${`batch-${batch.number}`}>
    <h2 class="batch-head" id=${`batch-${batch.number}`}>
      <button type="button" class="plain batch-button" aria-expanded=${open} @click=${() => hands.fold(batch.number)}>
        <span class=${`twistie ${open ? 'open' : ''}`} aria-hidden="true"></span>
        <span>Batch ${batch.number}</span>
        <vscode-progress-bar
          .value=${batch.done}
          .max=${Math.max(1, batch.total)}
          aria-label=${`Batch ${batch.number}: ${verified(' of ')}`}
        ></vscode-progress-bar>
        <span class="quiet">${percent}% · ${verified('/')}</span>
        <span class="tag">${batch.state}</span>
      </button>
    </h2>
    ${open ? html`<div class="waves">${batch.waves.map((wave) => waveView(wave, state, model, hands))}</div>` : nothing}
  </section>`;
}

function waveView(wave: number, state: PlanState, model: Model, hands: Hands): TemplateResult {
  const slices = state.slices.filter((slice) => slice.wave === wave);
  const done = slices.filter((slice) => isSettled(slice.state)).length;
  const runnable = model.snapshot.trusted && slices.some(canRun);
  const checks = state.checkpoints.filter(
    (checkpoint) => checkpoint.kind === 'wave' && checkpoint.id === `wave-${wave}`,
  );
  const selected = model.selection.kind === 'wave' && model.selection.wave === wave;
  return html`<section class="wave" aria-label=${`Wave ${wave}`}>
    <div class="wave-head">
      <button
        type="button"
        class=${`plain ${selected ? 'selected' : ''}`}
        aria-pressed=${selected}
        @click=${() => hands.select({ kind: 'wave', wave })}
      >
        Wave ${wave} <span class="quiet">${done}/${slices.length}</span>
      </button>
      ${
        runnable
          ? html`<button
              type="button"
              class="link"
              aria-label=${`Run wave ${wave}`}
              @click=${() => hands.send({ type: 'run-wave', wave })}
            >
              Run
            </button>`
          : nothing
      }
    </div>
    <ul class="cards">
      ${repeat(
        slices,
        (slice) => slice.id,
        (slice) => cardView(slice, model, hands),
      )}
    </ul>
    ${checks.map((checkpoint) => checkpointView(checkpoint, model, hands))}
  </section>`;
}

function cardView(slice: SliceView, model: Model, hands: Hands): TemplateResult {
  const { state } = model.snapshot;
  const selected = model.selection.kind === 'slice' && model.selection.id === slice.id;
  // One card is in the tab order: the selected one, or the first. The arrows move among the others.
  const first = model.selection.kind !== 'slice' && state.slices[0]?.id === slice.id;
  const reachable = selected || first;
  const waits = slice.state === 'pending' ? slice.blockedBy : [];
  return html`<li
    class=${`card card-${slice.state.replace('_', '-')} ${selected ? 'selected' : ''} ${slice.critical && !isSettled(slice.state) ? 'critical' : ''}`}
  >
    <button
      type="button"
      class="card-main"
      data-slice=${slice.id}
      data-wave=${slice.wave}
      tabindex=${reachable ? 0 : -1}
      aria-pressed=${selected}
      aria-label=${spoken(slice)}
      @click=${() => hands.select({ kind: 'slice', id: slice.id })}
    >
      <span class="card-state"
        >${sliceIcon(slice.state)}<span class="mono card-id">${slice.id}</span
        ><span class="state-word">${[stateLabel(slice.state), ...remarksOf(slice)].join(', ')}</span></span
      >
      <span class="card-title">${slice.title}</span>
      <span class="card-meta">${metaOf(slice, model).map((word) => html`<span>${word}</span>`)}</span>
    </button>
    ${
      waits.length > 0
        ? html`<div class="card-waits">
            <span class="quiet">blocked by</span> ${waits.map((id) => chip(state, id, hands))}
          </div>`
        : nothing
    }
  </li>`;
}

function metaOf(slice: SliceView, model: Model): readonly string[] {
  const words: string[] = [];
  if (slice.workstream) words.push(slice.workstream);
  if (slice.runningMs !== null && isActive(slice.state)) words.push(duration(slice.runningMs + model.sinceMs));
  if (!isSettled(slice.state)) words.push(slackWord(slice));
  if (slice.run && slice.run.attempt > 1) words.push(`attempt ${slice.run.attempt}`);
  const changed = slice.run?.filesChanged.length ?? 0;
  if (isUnconfined(slice.run)) words.push('not confined');
  if (changed > 0) words.push(`${changed} ${changed === 1 ? 'file' : 'files'}`);
  return words;
}

function spoken(slice: SliceView): string {
  const words = [`${slice.id} ${slice.title}`, stateLabel(slice.state), ...remarksOf(slice)];
  if (slice.state === 'pending' && slice.blockedBy.length > 0) words.push(`blocked by ${slice.blockedBy.join(', ')}`);
  if (isUnconfined(slice.run)) words.push('not confined');
  if (!isSettled(slice.state)) words.push(slackWord(slice));
  return words.join(', ');
}

function checkpointView(checkpoint: CheckpointView, model: Model, hands: Hands): TemplateResult {
  const selected = model.selection.kind === 'checkpoint' && model.selection.id === checkpoint.id;
  const wave = checkpoint.kind === 'wave';
  const text = wave
    ? 'Validation'
    : `${checkpoint.id}: ${checkpoint.needs.join(' + ')} → ${checkpoint.unlocks.join(', ')}`;
  return html`<button
    type="button"
    class=${`checkpoint checkpoint-${checkpoint.state} ${wave ? 'checkpoint-wave' : ''} ${selected ? 'selected' : ''}`}
    data-checkpoint=${checkpoint.id}
    aria-pressed=${selected}
    @click=${() => hands.select({ kind: 'checkpoint', id: checkpoint.id })}
  >
    ${checkpointIcon(checkpoint.state)} <span>${text}</span>
    <span class="tag">${checkpointStateRow(checkpoint.state).label}</span>
  </button>`;
}

/** A merge point stands after the last batch that it needs something of. */
function checkpointsAfter(batch: BatchView, state: PlanState): readonly CheckpointView[] {
  const batchOf = new Map(state.slices.map((slice) => [slice.id, slice.batch]));
  return state.checkpoints.filter(
    (checkpoint) =>
      checkpoint.kind === 'merge-point' &&
      Math.max(0, ...checkpoint.needs.map((id) => batchOf.get(id) ?? 0)) === batch.number,
  );
}

/** Arrow keys: up and down within a wave, left and right to the neighbouring waves. */
function moveAmongCards(event: KeyboardEvent): void {
  const from = event.target;
  if (!(from instanceof HTMLElement) || !from.classList.contains('card-main')) return;
  const board = event.currentTarget;
  if (!(board instanceof HTMLElement)) return;
  const cards = [...board.querySelectorAll<HTMLElement>('.card-main')];
  const to = neighbour(cards, from, event.key);
  if (!to) return;
  event.preventDefault();
  to.focus();
  to.click();
}

function neighbour(cards: readonly HTMLElement[], from: HTMLElement, key: string): HTMLElement | undefined {
  const wave = from.dataset['wave'];
  const column = cards.filter((card) => card.dataset['wave'] === wave);
  const row = column.indexOf(from);
  const waves = [...new Set(cards.map((card) => card.dataset['wave']))];
  const beside = (step: number): HTMLElement | undefined => {
    const next = waves[waves.indexOf(wave) + step];
    if (next === undefined) return undefined;
    const other = cards.filter((card) => card.dataset['wave'] === next);
    return other[Math.min(row, other.length - 1)];
  };
  switch (key) {
    case 'ArrowDown':
      return column[row + 1];
    case 'ArrowUp':
      return column[row - 1];
    case 'ArrowRight':
      return beside(1);
    case 'ArrowLeft':
      return beside(-1);
    case 'Home':
      return cards[0];
    case 'End':
      return cards.at(-1);
    default:
      return undefined;
  }
}
