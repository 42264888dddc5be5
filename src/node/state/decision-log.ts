import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Decision, DecisionBody } from '../../core/run/model.ts';
import { isFact, JsonLines, readJsonLines } from './json-lines.ts';
import { acquireLock } from './locks.ts';

function decisionsFile(runsDir: string, plan: string): string {
  return path.join(runsDir, 'plans', `${plan}.jsonl`);
}

/** What was decided about a plan, oldest first. */
export async function readDecisions(runsDir: string, plan: string): Promise<readonly Decision[]> {
  return (await readJsonLines(decisionsFile(runsDir, plan))).values.filter(isFact) as unknown as Decision[];
}

/** Appends a decision under the plan's decision lock: the person and the scheduler may decide at the same moment. */
export async function appendDecision(runsDir: string, plan: string, by: string, body: DecisionBody): Promise<void> {
  const file = decisionsFile(runsDir, plan);
  await mkdir(path.dirname(file), { recursive: true });
  const lock = await acquireLock(`${file}.lock`, { wait: 10_000 });
  if (!lock) throw new Error(`${file} is locked by another process`);
  try {
    const lines = new JsonLines(file);
    try {
      lines.append({ v: 1, t: new Date().toISOString(), by, ...body });
    } finally {
      lines.close();
    }
  } finally {
    await lock.release();
  }
}
