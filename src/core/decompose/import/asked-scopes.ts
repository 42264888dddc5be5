import * as z from 'zod';
import { pathOfRepository, structuredOutput } from '../../plan/proposal.ts';
import { counted } from '../../text/printing.ts';
import type { Answer } from '../answer.ts';
import type { ImportResult, ScopeGuess } from './model.ts';

/** A slice of an import of which nothing says, or nothing certain, where it works. */
export interface HomelessSlice {
  readonly id: string;
  readonly title: string;
  readonly requirements: readonly string[];
  /** What is guessed of it so far. */
  readonly guessed: readonly string[];
}

/** More than that many files are no scope but a search. */
const MOST_PATHS = 8;
/** Requirements beyond are more than anybody needs to find the place. */
const MOST_WORDS = 1_500;

const answerSchema = z.object({
  scopes: z.array(
    z.object({
      id: z.string(),
      paths: z.array(z.object({ path: z.string(), why: z.string().describe('A few words') })),
    }),
  ),
});

/** The JSON Schema of the answer. */
export function scopesJsonSchema(): Record<string, unknown> {
  return structuredOutput(answerSchema);
}

/** Those that an agent is asked about, all at once. */
export function homelessSlices({ proposal, guesses }: ImportResult): readonly HomelessSlice[] {
  const guessed = new Map(guesses.map((guess) => [guess.slice, guess]));
  return (proposal?.slices ?? []).flatMap(({ id, title, requirements, create, modify }): HomelessSlice[] => {
    const guess = guessed.get(id);
    if (guess ? guess.confidence === 'high' : create.length + modify.length > 0) return [];
    return [{ id, title, requirements, guessed: (guess?.paths ?? []).map(({ path }) => path) }];
  });
}

/** What an agent is asked that can read the repository. */
export function scopesQuestion(slices: readonly HomelessSlice[]): string {
  return [
    `These tasks name no file. Say for each where it works: read this repository, change nothing, start nothing that writes.`,
    `List the files that whoever carries the task out has to create or change, with the tests that belong to them: paths from the top of the repository, at most ${MOST_PATHS} for a task, a directory as \`dir/**\` only where most of it changes. Leave a task out when nothing in the repository or its words tells.`,
    'Answer with one JSON object and nothing else: {"scopes": [{"id": "<id of the task>", "paths": [{"path": "<path>", "why": "<a few words>"}]}]}',
    ...slices.map(({ id, title, requirements, guessed }) => {
      const words = requirements
        .filter((line) => line !== title)
        .join('\n')
        .slice(0, MOST_WORDS);
      const hint = guessed.length === 0 ? '' : `\nThe words alone suggest, and may be wrong: ${guessed.join(', ')}`;
      return `### ${id}: ${title}${words === '' ? '' : `\n${words}`}${hint}`;
    }),
  ].join('\n\n');
}

/**
 * Scopes by slice in an agent's answer, or why it is of no use. What is no path inside the repository, and what is said of
 * a slice that it was not asked about, is left out. `by`: who answered, for the evidence.
 */
export function scopesIn(
  answer: Answer,
  {
    slices,
    repoFiles,
    by,
  }: { readonly slices: readonly HomelessSlice[]; readonly repoFiles: readonly string[]; readonly by: string },
): { readonly told: ReadonlyMap<string, ScopeGuess> } | { readonly problem: string } {
  if ('problem' in answer) return answer;
  const read = answerSchema.safeParse(answer.value);
  if (!read.success)
    return {
      problem: `its answer is none: ${read.error.issues[0]?.path.join('.') ?? ''} ${read.error.issues[0]?.message ?? ''}`,
    };
  const asked = new Set(slices.map(({ id }) => id));
  const known = new Set(repoFiles);
  const directories = new Set(repoFiles.flatMap(parents));
  const told = new Map<string, ScopeGuess>();
  for (const { id, paths } of read.data.scopes) {
    const own = new Map<string, string>();
    for (const { path, why } of paths) {
      const clean = pathOfRepository.safeParse(path);
      if (clean.success) own.set(clean.data, why.replaceAll(/\s+/g, ' ').trim().slice(0, 120));
    }
    if (!asked.has(id) || own.size === 0 || own.size > MOST_PATHS) continue;
    // A file in a directory that is not there either is one that nobody has looked for.
    const isFound = [...own.keys()].every((path) => known.has(path) || directories.has(parents(path)[0] ?? ''));
    told.set(id, {
      confidence: isFound ? 'medium' : 'low',
      paths: [...own].map(([path, why]) => ({ path, evidence: [`${by}${why === '' ? '' : `: ${why}`}`] })),
    });
  }
  return told.size > 0
    ? { told }
    : { problem: `it says of none of the ${counted(slices.length, 'task')} where it works` };
}

/** Directories above a path, the nearest first; the top of the repository is the empty one. */
function parents(path: string): string[] {
  const result: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) result.push(path.slice(0, end));
  return [...result, ''];
}
