import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { RunEvent } from '../../core/run/model.ts';
import { isFact, readJsonLines } from './json-lines.ts';

/** Sorts by time; unique across machines: `20261121T034501123Z-A1-k3v9x2qa`. */
export function newRunId(node: string | null, now: Date = new Date()): string {
  const time = now.toISOString().replace(/[-:.]/g, '');
  const name = (node ?? 'exec').replace(/[^A-Za-z0-9-]+/g, '-').slice(0, 24);
  const tail = [...randomBytes(8)].map((byte) => 'abcdefghijkmnpqrstuvwxyz23456789'[byte % 32]).join('');
  return `${time}-${name}-${tail}`;
}

/** Names of run directories, oldest first. */
export async function listRunIds(runsDir: string): Promise<string[]> {
  const entries = await readdir(runsDir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && /^\d{8}T\d{9}Z-/.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** The events of a run directory, oldest first. */
export async function readEvents(runDir: string): Promise<readonly RunEvent[]> {
  return (await readEventsChecked(runDir)).events;
}

/** The same, and how many lines were damaged or are no events at all. */
export async function readEventsChecked(
  runDir: string,
): Promise<{ readonly events: readonly RunEvent[]; readonly damaged: number }> {
  const { values, damaged } = await readJsonLines(path.join(runDir, 'events.jsonl'));
  const events = values.filter(isFact) as unknown as RunEvent[];
  return { events, damaged: damaged + values.length - events.length };
}
