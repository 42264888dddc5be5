import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { RunEvent } from '../../core/run/model.ts';
import { readEvent } from '../../core/run/schema.ts';
import type { RunRecord } from '../../core/run/state-model.ts';
import { unseal } from './chain.ts';
import { evidenceKey } from './evidence-key.ts';

/** Sorts in the order in which runs began; unique across machines: `20261121T034501123Z-A1-k3v9x2qa`. */
export function newRunId(node: string | null, now: Date): string {
  const time = now.toISOString().replace(/[-:.]/g, '');
  const name = inRunId(node ?? 'exec');
  const tail = [...randomBytes(8)].map((byte) => 'abcdefghijkmnpqrstuvwxyz23456789'[byte % 32]).join('');
  return `${time}-${name}-${tail}`;
}

function inRunId(node: string): string {
  return node.replace(/[^A-Za-z0-9-]+/g, '-').slice(0, 24);
}

/** Whether a run may be one of a slice or a checkpoint, by its name alone. */
export function mayBeOf(runId: string, node: string): boolean {
  return /^[^-]*-(.*)-[^-]*$/.exec(runId)?.[1] === inRunId(node);
}

/** When the last run of this machine's key began that claims to have begun at `from` or later; `null`: none does. */
export async function lastBeginning(runsDir: string, from: number): Promise<number | null> {
  for (const id of (await listRunIds(runsDir)).toReversed()) {
    const [, year, month, day, hour, minute, second, ms] =
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(id) ?? [];
    const began = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
    if (began < from) return null;
    // Anybody can make a directory with a name from the far future.
    if (began >= from && (await readRun(path.join(runsDir, id))).record.origin === 'own') return began;
  }
  return null;
}

/** The file of a run's directory that its runner touches for as long as it lives, for those who cannot ask for its number. */
export const HEARTBEAT = 'heartbeat';

/** Names of run directories, oldest first. */
export async function listRunIds(runsDir: string): Promise<string[]> {
  const entries = await readdir(runsDir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && /^\d{8}T\d{9}Z-/.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/**
 * The events of a run directory, oldest first, and who wrote them. As soon as one line bears this machine's digest only
 * such lines count, up to the end of the run. A torn last line is no damage: that is how a writer dies.
 */
export async function readRun(
  runDir: string,
): Promise<{ readonly events: readonly RunEvent[]; readonly record: RunRecord }> {
  const { text, unreadable } = textOf(path.join(runDir, 'events.jsonl'));
  const lines = unseal(text, runName(path.basename(runDir)), evidenceKey());
  const torn = text.endsWith('\n') ? null : lines.at(-1);
  const origin = (['own', 'foreign', 'plain'] as const).find((one) => lines.some((line) => line.origin === one));
  const events: RunEvent[] = [];
  let digest: string | null = null;
  const strange: number[] = [];
  const damaged: number[] = [];
  let gaps = 0;
  for (const line of lines) {
    if (line.origin !== origin || (origin !== 'plain' && events.at(-1)?.type === 'ended')) {
      if (line !== torn) strange.push(line.line);
      continue;
    }
    const event = readEvent(line.value);
    if (event) events.push(event);
    else if (line !== torn) damaged.push(line.line);
    ({ digest } = line);
    if (line.afterGap) gaps++;
  }
  const content = origin === 'own' || origin === undefined ? null : createHash('sha256').update(text).digest('hex');
  const record: RunRecord = { origin: origin ?? 'none', digest, content, strange, damaged, gaps };
  return { events, record: unreadable === null ? record : { ...record, unreadable } };
}

/** Without giving way: of thousands of runs, waiting for each file costs more than reading it does. */
function textOf(file: string): { readonly text: string; readonly unreadable: string | null } {
  try {
    return { text: readFileSync(file, 'utf8'), unreadable: null };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { text: '', unreadable: code === 'ENOENT' ? null : (code ?? 'unknown') };
  }
}

/** What the digests of a run's lines bind them to: a record that is copied under another name holds nothing. */
export function runName(runId: string): string {
  return `run ${runId}`;
}
