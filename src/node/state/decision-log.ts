import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Decision, DecisionBody } from '../../core/run/model.ts';
import { readDecision } from '../../core/run/schema.ts';
import type { Warning } from '../../core/run/warning.ts';
import { counted } from '../../core/text/printing.ts';
import { stateHome } from '../process/state-home.ts';
import { unseal, type ChainedLine } from './chain.ts';
import { evidenceKey } from './evidence-key.ts';
import { JsonLines } from './json-lines.ts';
import { acquireLock } from './locks.ts';
import { lastBeginning, listRunIds, readRun } from './run-log.ts';

function decisionsFile(runsDir: string, plan: string): string {
  return path.join(runsDir, 'plans', `${plan}.jsonl`);
}

function decisionsName(plan: string): string {
  return `plan ${plan}`;
}

/** What was decided about a plan, and what is to be said of the file. */
export interface DecisionRecord {
  /** Those that count, oldest first. */
  readonly decisions: readonly Decision[];
  /** Digests of lines that another machine's key signed, and nobody vouched for. */
  readonly foreign: readonly string[];
  readonly warnings: readonly Warning[];
}

/** What was decided about a plan, oldest first. */
export async function readDecisions(runsDir: string, plan: string): Promise<readonly Decision[]> {
  return (await readDecisionRecord(runsDir, plan)).decisions;
}

/**
 * Reads a plan's decisions and tells which of them count: those with this machine's digest; those of another machine that
 * a person vouched for; those from before there were digests, as they were when the first digest was written. Every other
 * line stays in the file and is counted in a warning.
 */
export async function readDecisionRecord(runsDir: string, plan: string): Promise<DecisionRecord> {
  const file = decisionsFile(runsDir, plan);
  const { text, unreadable } = await readFile(file, 'utf8').then(
    (read) => ({ text: read, unreadable: null }),
    ({ code }: NodeJS.ErrnoException) => ({ text: '', unreadable: code === 'ENOENT' ? null : (code ?? 'unknown') }),
  );
  const named = `.agent-runs/plans/${plan}.jsonl`;
  if (unreadable !== null) {
    const summary = `${named} cannot be read (${unreadable}): what was decided is not known, and nothing can be decided`;
    const remedy = 'Give it back to you (owner, permissions), or move away what stands in its place';
    return { decisions: [], foreign: [], warnings: [{ kind: 'evidence', summary, remedy, paths: [named] }] };
  }
  const lines = unseal(text, decisionsName(plan), evidenceKey());
  const torn = text.endsWith('\n') ? null : lines.at(-1);
  const own = new Map(
    lines.flatMap((line) => (line.origin === 'own' ? [[line, readDecision(line.value)] as const] : [])),
  );
  const made = [...own.values()];
  const began = made.find((decision) => decision?.type === 'evidence_began');
  const vouched = new Set(made.flatMap((decision) => (decision?.type === 'trusted' ? decision.lines : [])));
  const first = lines.findIndex((line) => line.origin === 'own');
  const earlier = lines.filter((line, at) => line.origin === 'plain' && (first === -1 || at < first));
  const held = first === -1 || (began?.type === 'evidence_began' && began.decisions === digestOf(earlier));
  const early = new Set(held ? earlier : []);
  const counts = (line: ChainedLine): boolean =>
    line.origin === 'own' || early.has(line) || (line.origin === 'foreign' && vouched.has(line.digest ?? ''));
  const decisions: Decision[] = [];
  const foreign: string[] = [];
  const strange: number[] = [];
  const damaged: number[] = [];
  let gaps = 0;
  for (const line of lines) {
    if (line.afterGap) gaps++;
    if (!counts(line)) {
      if (line.origin === 'foreign') foreign.push(line.digest ?? '');
      else if (line !== torn) strange.push(line.line);
      continue;
    }
    const decision = own.has(line) ? own.get(line) : readDecision(line.value);
    if (decision) decisions.push(decision);
    else if (line !== torn) damaged.push(line.line);
  }
  const head = await readFile(headFile(file), 'utf8').catch(() => '');
  const lost = head !== '' && !lines.some((line) => line.origin === 'own' && line.digest === head);
  return {
    decisions,
    foreign,
    warnings: warningsOf(named, { strange, damaged, gaps: gaps + Number(lost) }),
  };
}

/** What is to be said of a record of which some lines do not count: each with its number. */
export function warningsOf(
  file: string,
  {
    strange,
    damaged,
    gaps,
  }: { readonly strange: readonly number[]; readonly damaged: readonly number[]; readonly gaps: number },
): Warning[] {
  const about = (lines: readonly number[], one: string, many: string): Warning[] => {
    const [line] = lines;
    if (line === undefined) return [];
    const said = `${counted(lines.length, 'line')} of ${file} ${lines.length === 1 ? one : many}`;
    const summary = `${said} (${lines.length === 1 ? 'line' : 'lines'} ${numbersOf(lines)})`;
    return [{ kind: 'evidence', summary, remedy: null, paths: [file], line }];
  };
  return [
    ...about(strange, 'was not written by slicewave and not counted', 'were not written by slicewave and not counted'),
    ...about(damaged, 'cannot be read', 'cannot be read'),
    ...(gaps > 0
      ? [{ kind: 'evidence', summary: `lines of ${file} were removed`, remedy: null, paths: [file] } as const]
      : []),
  ];
}

/** The first few numbers, with how many there are beyond. */
function numbersOf(lines: readonly number[]): string {
  const shown = lines.slice(0, 5).join(', ');
  return lines.length > 5 ? `${shown} and ${lines.length - 5} more` : shown;
}

function digestOf(lines: readonly ChainedLine[]): string {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(`${line.text}\n`);
  return hash.digest('hex');
}

/**
 * The time at which something new of a plan is recorded: the clock's, and later than every decision and every beginning
 * of a run before it. What was appended later is later by its time too, also where the clock was put back, or is behind
 * that of another machine: an attempt of today must not count as one of before the last decision. `plan`: `null` where
 * only runs are meant.
 */
export async function recordTime(runsDir: string, plan: string | null): Promise<Date> {
  const last = plan === null ? undefined : (await readDecisions(runsDir, plan)).at(-1);
  return timeAfter(runsDir, last === undefined ? 0 : Date.parse(last.t));
}

async function timeAfter(runsDir: string, decided: number): Promise<Date> {
  const now = Math.max(Date.now(), decided + 1);
  const began = await lastBeginning(runsDir, now);
  return new Date(began === null ? now : began + 1);
}

/** Appends a decision under the plan's decision lock: the person and the scheduler may decide at the same moment. */
export async function appendDecision(runsDir: string, plan: string, by: string, body: DecisionBody): Promise<void> {
  const file = decisionsFile(runsDir, plan);
  await mkdir(path.dirname(file), { recursive: true });
  const lock = await acquireLock(`${file}.lock`, { wait: 10_000 });
  if (!lock) throw new Error(`${file} is locked by another process`);
  try {
    const lines = new JsonLines(file, decisionsName(plan));
    try {
      const write = async (by_: string, body_: DecisionBody): Promise<void> => {
        const t = (await timeAfter(runsDir, lines.lastTime)).toISOString();
        lines.append({ v: 1, t, by: by_, ...body_ });
      };
      if (lines.digest === null) await write('slicewave', await beginning(runsDir, plan, file));
      await write(by, body);
      keepHead(file, lines.digest ?? '');
    } finally {
      lines.close();
    }
  } finally {
    await lock.release();
  }
}

/** What a plan has from before there were digests: it counts as it is now, and what comes without one later does not. */
async function beginning(runsDir: string, plan: string, file: string): Promise<DecisionBody> {
  const runs: Record<string, string> = {};
  for (const id of await listRunIds(runsDir)) {
    const { events, record } = await readRun(path.join(runsDir, id));
    const [first] = events;
    if (record.origin === 'plain' && record.content && first?.type === 'run_started' && first.plan === plan)
      runs[id] = record.content;
  }
  const text = await readFile(file, 'utf8').catch(() => '');
  const plain = unseal(text, decisionsName(plan), evidenceKey()).filter((line) => line.origin === 'plain');
  return { type: 'evidence_began', runs, decisions: digestOf(plain) };
}

/** Where the digest of a plan's last decision is kept out of the repository, so that a file cut short is told. */
function headFile(file: string): string {
  return path.join(stateHome(), 'heads', createHash('sha256').update(path.resolve(file)).digest('hex').slice(0, 32));
}

/** A process that dies before this leaves the head of an earlier line, which is in the file as well. */
function keepHead(file: string, digest: string): void {
  const head = headFile(file);
  mkdirSync(path.dirname(head), { recursive: true, mode: 0o700 });
  const aside = `${head}.${process.pid}`;
  writeFileSync(aside, digest, { mode: 0o600 });
  renameSync(aside, head);
}
