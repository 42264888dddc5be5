import * as z from 'zod';
import type { Decision, RunEvent } from './model.ts';

const text = z.string();
const textOrNone = z.string().nullable();
const texts = z.array(z.string());
const number = z.number();
const numberOrNone = z.number().nullable();

/** What is read of each kind of event without asking twice. More may stand there; a newer version may say it. */
const EVENTS: Readonly<Record<string, z.ZodType>> = {
  run_started: z.looseObject({
    run_id: text,
    plan: textOrNone,
    slice: textOrNone,
    attempt: number,
    mode: text,
    pid: number,
    pid_started: text,
    host: text,
    machine: text.optional(),
    boot: text.optional(),
    space: text.optional(),
    worktree: text,
    branch: textOrNone,
  }),
  base: z.looseObject({ commit: text, from: texts }),
  sandbox: z.looseObject({ by: textOrNone, why_not: textOrNone }),
  reverted: z.looseObject({ decisions: texts, paths: texts }),
  delivered: z.looseObject({ decisions: texts }),
  worktree_ready: z.looseObject({
    setup: z.array(z.looseObject({ command: text, exitCode: numberOrNone })),
    inputs: text.optional(),
  }),
  context: z.looseObject({ tokens: number, layers: z.array(z.looseObject({ name: text, tokens: number })) }),
  agent_started: z.looseObject({ adapter: text, version: textOrNone, session_id: text, pid: number }),
  agent_session: z.looseObject({ session_id: text, model: textOrNone, version: textOrNone }),
  agent_command: z.looseObject({ command: text, exit_code: numberOrNone }),
  agent_edit: z.looseObject({ tool: text, path: text }),
  agent_denied: z.looseObject({ tool: text, target: text, reason: text }),
  agent_usage: z.looseObject({ input_tokens: number, output_tokens: number, cost_usd: numberOrNone }),
  agent_report: z.looseObject({ claims: z.looseObject({ riskNotes: z.array(z.looseObject({ summary: text })) }) }),
  note: z.looseObject({ note: z.looseObject({ summary: text, severity: text, suggestedAction: text }) }),
  agent_exited: z.looseObject({ code: numberOrNone, is_error: z.boolean(), reason: text }),
  audited: z.looseObject({ found: z.array(z.looseObject({ kind: text, what: text, blame: text, among: texts })) }),
  snapshot: z.looseObject({ commit: text, tree: text }),
  scope_checked: z.looseObject({
    files: z.array(z.looseObject({ path: text, change: text, symbols: texts })),
    violations: texts,
  }),
  verification: z.looseObject({
    result: z.looseObject({ command: text, exitCode: numberOrNone, output: text, outcome: text }),
  }),
  base_checked: z.looseObject({ commit: text, result: z.looseObject({ command: text, outcome: text }) }),
  doubted: z.looseObject({
    doubt: z.looseObject({
      kind: text,
      summary: text,
      severity: text,
      places: z.array(z.looseObject({ path: text, line: numberOrNone })),
    }),
  }),
  verified: z.looseObject({ tree: text, tests_passed: z.boolean().nullable() }),
  committed: z.looseObject({ commit: text }),
  ended: z.looseObject({
    end: z.enum(['verified', 'needs_input', 'stopped', 'failed']),
    reason: textOrNone,
    detail: textOrNone,
    stop: z.looseObject({ condition: text, detail: text, question: text, paths: texts }).nullable(),
  }),
};

const DECISIONS: Readonly<Record<string, z.ZodType>> = {
  plan_started: z.looseObject({ base_commit: text, base_name: textOrNone, prepared_commit: text }),
  answered: z.looseObject({ slice: text, run_id: text, text }),
  approved: z.looseObject({ slice: text, run_id: text, paths: texts, waive: texts }),
  retried: z.looseObject({ slice: text, run_id: textOrNone, revert: texts, note: textOrNone }),
  skipped: z.looseObject({ slice: text, reason: textOrNone }),
  stop_asked: z.looseObject({ slice: text, run_id: text }),
  integrated: z.looseObject({ commit: text, branch: text, slices: texts }),
  merge_asked: z.looseObject({ commit: text, into: text }),
  merge_refused: z.looseObject({ into: text, reason: text }),
  merged: z.looseObject({ commit: text, into: text }),
  replanned: z.looseObject({ summary: text, added: texts, cut: texts, changed: texts }),
  evidence_began: z.looseObject({ runs: z.record(z.string(), text), decisions: text }),
  plan_fixed: z.looseObject({ digest: text, object: text }),
  trusted: z.looseObject({ runs: z.record(z.string(), text), lines: texts }),
  runner_died: z.looseObject({ run_id: text, node: text, detail: text }),
  run_ended: z.looseObject({ run_id: text, node: text, digest: text, events: z.array(z.looseObject({ type: text })) }),
};

/** The event in a line of a run's record; `null` when it is none. Kinds that are not known here are passed on. */
export function readEvent(value: unknown): RunEvent | null {
  return isFact(value, EVENTS) ? (value as RunEvent) : null;
}

/** The decision in a line of a plan's record; `null` when it is none. Kinds that are not known here are passed on. */
export function readDecision(value: unknown): Decision | null {
  if (!isFact(value, DECISIONS)) return null;
  const decision = value as Decision;
  return decision.type === 'run_ended' && decision.events.some((event) => readEvent(event) === null) ? null : decision;
}

const fact = z.looseObject({ t: text, type: text });

function isFact(value: unknown, kinds: Readonly<Record<string, z.ZodType>>): boolean {
  const read = fact.safeParse(value);
  if (!read.success) return false;
  const { type } = read.data;
  return !Object.hasOwn(kinds, type) || (kinds[type]?.safeParse(value).success ?? false);
}
