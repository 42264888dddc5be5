import { render } from 'lit';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import { isActive } from '../core/run/states.ts';
import { assertNever } from '../core/text/result.ts';
import {
  headlineOf,
  readToDashboard,
  type DashboardSnapshot,
  type FromDashboard,
  type ToDashboard,
} from '../protocol/dashboard.ts';
import type { Hands, Selection } from './controls.ts';
import { dashboardView, failureView } from './view.ts';

/** What VS Code gives to a webview. */
interface Host {
  postMessage(message: FromDashboard): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare const acquireVsCodeApi: () => Host;

/** Running times show seconds only in the first minute, so this is often enough. */
const TICK_MS = 5000;

const host = acquireVsCodeApi();
const page = document.getElementById('dashboard');
let root = '';
let snapshot: DashboardSnapshot | null = null;
let receivedAt = 0;
let selection: Selection = rememberedSelection(host.getState());
let folded: ReadonlySet<number> = new Set();
let answering: string | null = null;
let announcement = '';
let ticking: ReturnType<typeof setInterval> | null = null;

const hands: Hands = {
  send: (command) => host.postMessage(command),
  select(next) {
    selection = next;
    remember();
    show();
    if (next.kind === 'slice') unfoldAndScrollTo(next.id);
  },
  fold(batch) {
    const next = new Set(folded);
    if (!next.delete(batch)) next.add(batch);
    folded = next;
    show();
  },
  answering(slice) {
    answering = slice;
    show();
    if (slice !== null) document.getElementById(`answer-${slice}`)?.focus();
  },
};

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = readToDashboard(event.data);
  if (message) receive(message);
});
host.postMessage({ type: 'ready' });

function receive(message: ToDashboard): void {
  switch (message.type) {
    case 'snapshot':
      announcement = newQuestions(snapshot, message.snapshot) ?? announcement;
      root = message.root;
      snapshot = message.snapshot;
      receivedAt = Date.now();
      if (answering !== null && !snapshot.state.attention.some((entry) => entry.slice === answering)) answering = null;
      remember();
      show();
      tickWhileRunning();
      return;
    case 'select': {
      const isCheckpoint = snapshot?.state.checkpoints.some((checkpoint) => checkpoint.id === message.slice) ?? false;
      hands.select({ kind: isCheckpoint ? 'checkpoint' : 'slice', id: message.slice });
      return;
    }
    case 'failure':
      snapshot = null;
      tickWhileRunning();
      if (page) render(failureView(message.message, message.remedy), page);
      return;
    default:
      assertNever(message);
  }
}

function show(): void {
  if (!page || !snapshot) return;
  const sinceMs = Date.now() - receivedAt;
  render(dashboardView({ snapshot, selection, folded, answering, sinceMs, announcement }, hands), page);
}

/** A clock only while something runs: an idle dashboard does nothing at all. */
function tickWhileRunning(): void {
  const running = snapshot?.state.slices.some((slice) => isActive(slice.state)) ?? false;
  if (running && ticking === null) ticking = setInterval(show, TICK_MS);
  if (!running && ticking !== null) {
    clearInterval(ticking);
    ticking = null;
  }
}

function unfoldAndScrollTo(slice: string): void {
  const batch = snapshot?.state.slices.find((entry) => entry.id === slice)?.batch;
  if (batch !== undefined && folded.has(batch)) hands.fold(batch);
  const card = page?.querySelector<HTMLElement>(`[data-slice="${CSS.escape(slice)}"].card-main`);
  card?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

/** What a screen reader should say: slices that began to wait since the last snapshot. */
function newQuestions(before: DashboardSnapshot | null, after: DashboardSnapshot): string | null {
  const known = new Set(before?.state.attention.map((entry) => entry.runId) ?? []);
  const fresh = after.state.attention.filter((entry) => !known.has(entry.runId));
  if (fresh.length === 0) return null;
  return fresh.map((entry) => `${entry.slice} needs you: ${headlineOf(entry)}`).join('. ');
}

/** Kept by VS Code over a reload of the window; the extension finds the plan again by it. */
function remember(): void {
  if (snapshot) host.setState({ root, planDir: snapshot.planDir, selection });
}

function rememberedSelection(state: unknown): Selection {
  const plan: Selection = { kind: 'plan' };
  if (typeof state !== 'object' || state === null || !('selection' in state)) return plan;
  const kept = state.selection;
  if (typeof kept !== 'object' || kept === null || !('kind' in kept)) return plan;
  if (kept.kind === 'wave' && 'wave' in kept && typeof kept.wave === 'number') return { kind: 'wave', wave: kept.wave };
  if ((kept.kind === 'slice' || kept.kind === 'checkpoint') && 'id' in kept && typeof kept.id === 'string') {
    return { kind: kept.kind, id: kept.id };
  }
  return plan;
}
