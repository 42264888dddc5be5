import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { LARGEST_ANSWER } from '../../core/decompose/answer.ts';
import type { Rounds } from '../../core/decompose/rounds.ts';
import { decomposerOf, isDecomposerId, type DecomposerId } from '../../core/decompose/table.ts';
import { success, type Result } from '../../core/text/result.ts';
import { type EngineFailure, fail } from '../failure.ts';
import { writeWhole } from '../state/whole-write.ts';

/** What an agent answered last when it was asked to decompose a spec. */
export interface KeptAnswer {
  readonly by: DecomposerId;
  /** As it came; to be validated and judged like any answer. */
  readonly answer: object;
  /** How it came to be; `null`: an importer asked once. */
  readonly rounds: Rounds | null;
}

export interface AnswerPlace {
  /** The git directory that all worktrees share. */
  readonly commonDir: string;
  /** Repository-relative. */
  readonly specPath: string;
  readonly specText: string;
}

const count = z.number().int().nonnegative();
const keptSchema = z.object({
  version: z.literal(1),
  spec: z.string(),
  digest: z.string(),
  by: z.string().refine(isDecomposerId),
  answer: z.record(z.string(), z.unknown()),
  rounds: z
    .object({
      list: z.array(z.object({ number: count, problems: z.array(z.string()), errors: count, warnings: count })),
      end: z.enum(['sound', 'used-up', 'no-better', 'failed']),
      chosen: count,
      detail: z.string().nullable(),
      changed: z.array(z.string()).readonly().exactOptional(),
    })
    .nullable(),
});

/**
 * Keeps an agent's answer inside the git directory, so that the plan that a person has seen can be written later
 * without asking (and paying) again. One for each spec: the last. Rejects when it cannot be written.
 */
export async function keepAnswer(place: AnswerPlace, kept: KeptAnswer): Promise<void> {
  const value = {
    version: 1,
    spec: place.specPath,
    digest: digestOf(place.specText),
    by: kept.by,
    answer: kept.answer,
    rounds: kept.rounds && roundsOf(kept.rounds),
  };
  const file = fileOf(place);
  await mkdir(path.dirname(file), { recursive: true });
  await writeWhole(file, `${JSON.stringify(value)}\n`);
}

/** What was kept for a spec, as long as the spec says what it said then. */
export async function keptAnswer(place: AnswerPlace): Promise<Result<KeptAnswer, EngineFailure>> {
  const none = (why: string): Result<never, EngineFailure> =>
    fail('agent', why, 'Decompose without --last: the agent is asked, and its answer is kept.');
  const file = fileOf(place);
  const info = await stat(file).catch(() => null);
  if (!info) return none(`No agent's answer is kept for ${place.specPath}`);
  const unreadable = `The answer kept for ${place.specPath} cannot be read`;
  if (info.size > 2 * LARGEST_ANSWER) return none(unreadable);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return none(unreadable);
  }
  const read = keptSchema.safeParse(value);
  if (!read.success || read.data.spec !== place.specPath) return none(unreadable);
  const { by, answer, rounds, digest } = read.data;
  if (!isDecomposerId(by)) return none(unreadable);
  if (digest !== digestOf(place.specText))
    return none(`${place.specPath} has changed since ${decomposerOf(by).title} was asked`);
  return success({ by, answer, rounds });
}

function roundsOf({ list, end, chosen, detail, changed }: Rounds): Rounds {
  return { list, end, chosen, detail, ...(changed ? { changed } : {}) };
}

function fileOf({ commonDir, specPath }: AnswerPlace): string {
  return path.join(commonDir, 'slicewave', 'answers', `${digestOf(specPath).slice(0, 16)}.json`);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
