import * as z from 'zod';
import { oneLine } from '../text/printing.ts';

/**
 * What any decomposer returns, be it the structural one or an agent: slices with their scope, and what they share.
 * Lists and optional values may be absent or `null`; reading fills them in, so that `Proposal` has no holes.
 */
const text = z.string().trim();
/** Prose becomes one line: it stands in list items, table cells and headings. */
const line = z.string().regex(/\S/, 'must not be empty').transform(oneLine);
const lines = listOf(line);
const names = listOf(
  z
    .string()
    .trim()
    .regex(/^[\w][\w.:-]*$/, 'is not an id'),
);
/** Relative to the repository, inside it, and fit for a code span in Markdown. */
export const pathOfRepository = z
  .string()
  .trim()
  .transform((value) => value.replace(/^(\.\/)+/, ''))
  .pipe(
    z.string().regex(/^(?![/~]|[A-Za-z]:[\\/]|(?:.*\/)?\.\.(?:\/|$))[^\r\n`]+$/, 'is not a path inside the repository'),
  );
const paths = listOf(pathOfRepository);
const commands = listOf(
  z
    .string()
    .trim()
    .regex(/^[^\r\n]+$/, 'is not one command line'),
);

function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);
}

const optionalLine = text.nullish().transform((value) => value || null);

/** Ids become file names and parts of branch names, so only what both accept is let through. */
const sliceId = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/, 'is no id: letters and digits, with - and _ between them')
  .max(60, 'is longer than 60 characters')
  .describe('Letters, digits, dashes and underscores, at most 60: A1, task-001');

const estimate = z
  .string()
  .regex(
    /^\s*(?=\d)(?:\d+(?:\.\d+)?\s*h(?:ours?)?)?\s*(?:\d+\s*m(?:in(?:utes)?)?)?\s*$/i,
    'is no working time: 2h, 90m or 1h30m',
  )
  .nullish()
  .transform((value) => value?.replaceAll(/\s+/g, '').toLowerCase() || '2h')
  .describe('Working time such as 2h, 90m or 1h30m; slices take 2 to 4 hours');

const sliceSchema = z.object({
  id: sliceId,
  title: line,
  workstream: optionalLine.describe('Id of the workstream, or null'),
  deps: names.describe('Ids of slices that must be verified before this one starts'),
  create: paths.describe('New files (or globs) only this slice creates'),
  modify: paths.describe('Existing files or globs, optionally path::Symbol, this slice changes'),
  removed: z.array(pathOfRepository).nullish().describe('Of modify, what this slice deletes'),
  boundary: paths.describe('Globs this slice must not touch'),
  requirements: lines.describe('What must be true of the result'),
  checklist: lines.describe('What to tick off; runnable checks belong in verify'),
  verify: commands.describe('Commands that exit with 0 when the slice is right'),
  estimate,
  agent: optionalLine.describe('Agent to use, "plugin:name" or bare, or null'),
  contracts: paths.describe('Paths of the contracts this slice relies on'),
  stop: lines.describe('Further conditions under which the agent stops and asks'),
});

const workstreamSchema = z.object({ id: sliceId, name: line, boundary: paths });

const mergePointSchema = z.object({
  id: sliceId,
  needs: names,
  unlocks: names,
  verify: commands.describe('Commands to run on the merged result'),
});

const contractSchema = z.object({
  path: pathOfRepository.describe('Path in the repository: src/contracts/inventory.ts'),
  language: text.nullish().transform((value) => value ?? ''),
  content: z.string().describe('The whole file'),
  target: pathOfRepository
    .nullish()
    .transform((value) => value ?? null)
    .describe('Where the file is written before any agent starts; null: context only'),
  provider: optionalLine.describe('Id of the slice that implements it, or null'),
  consumers: names.describe('Ids of the slices that rely on it'),
});

export const proposalSchema = z.object({
  slices: z.array(sliceSchema).min(1),
  workstreams: z
    .array(workstreamSchema)
    .nullish()
    .transform((value) => value ?? []),
  merge_points: z
    .array(mergePointSchema)
    .nullish()
    .transform((value) => value ?? []),
  contracts: z
    .array(contractSchema)
    .nullish()
    .transform((value) => value ?? []),
  setup: commands.describe('Commands that make a fresh checkout ready, such as npm ci'),
  conventions: optionalLine.describe('Two paragraphs on naming and style that every agent is given, or null'),
});

export type Proposal = Readonly<z.output<typeof proposalSchema>>;
export type ProposedSlice = Proposal['slices'][number];
export type ProposedContract = Proposal['contracts'][number];

/** No agent cuts a spec into more with sense; it repeats itself. Plans written by hand may be larger. */
export const MOST_SLICES = 1000;

function sliceCount(value: unknown): number {
  if (typeof value !== 'object' || value === null || !('slices' in value)) return 0;
  return Array.isArray(value.slices) ? value.slices.length : 0;
}

/** Reads an untrusted proposal; `problems` name the place and what is wrong with it, one line each. */
export function readProposal(
  value: unknown,
): { readonly proposal: Proposal } | { readonly problems: readonly string[] } {
  const count = sliceCount(value);
  if (count > MOST_SLICES) {
    return {
      problems: [`slices: ${count} slices are more than the ${MOST_SLICES} a plan may have: propose larger ones`],
    };
  }
  const read = proposalSchema.safeParse(value);
  if (read.success) {
    // What is deleted is written as well, however an agent lists it.
    const slices = read.data.slices.map((slice) => ({
      ...slice,
      modify: [...new Set([...slice.modify, ...(slice.removed ?? [])])],
    }));
    return { proposal: { ...read.data, slices } };
  }
  return {
    problems: read.error.issues.map((issue) => {
      const what = issue.message.replace(/^Invalid input: /, '');
      return `${issue.path.map(String).join('.') || 'proposal'}${named(value, issue.path)}: ${what}`;
    }),
  };
}

/** What stands at a place of an answer, and in which slice: ` (of A1, "../x")`. Nobody counts slices. */
function named(value: unknown, path: readonly PropertyKey[]): string {
  let at: unknown = value;
  const ids: string[] = [];
  for (const key of path) {
    if (typeof at !== 'object' || at === null) break;
    at = (at as Readonly<Record<PropertyKey, unknown>>)[key];
    const id = typeof at === 'object' && at !== null && 'id' in at ? at.id : null;
    if (typeof id === 'string' && id !== '') ids.push(`of ${oneLine(id).slice(0, 60)}`);
  }
  const shown = typeof at === 'string' && at.trim() !== '' ? [JSON.stringify(oneLine(at).slice(0, 80))] : [];
  const words = path.at(-1) === 'id' ? shown : [...ids, ...shown];
  return words.length > 0 ? ` (${words.join(', ')})` : '';
}

/**
 * The JSON Schema of a proposal in the strict dialect agents' structured output insists on: every property required
 * (what is optional is nullable instead) and no other properties.
 */
export function proposalJsonSchema(): Record<string, unknown> {
  return structuredOutput(proposalSchema);
}

/** The JSON Schema of an answer, as agents take it for structured output. */
export function structuredOutput(schema: z.ZodType): Record<string, unknown> {
  return strict(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })) as Record<string, unknown>;
}

/**
 * What not every validator behind structured output knows: patterns need look-ahead here, and lengths are refused by some
 * (with 400) for the whole schema. Reading checks them anyway.
 */
const unsupported = new Set(['$schema', 'default', 'pattern', 'minLength', 'maxLength', 'minItems', 'maxItems']);

function strict(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strict);
  if (typeof node !== 'object' || node === null) return node;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if (unsupported.has(key)) continue;
    result[key] = key === 'properties' ? mapValues(value, strict) : strict(value);
  }
  if (result['type'] === 'object') {
    result['required'] = Object.keys((result['properties'] as Record<string, unknown> | undefined) ?? {});
    result['additionalProperties'] = false;
  }
  return result;
}

function mapValues(value: unknown, map: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value as Record<string, unknown>).map(([key, item]) => [key, map(item)]));
}

/** Minutes as task specs write them: `90` -> `1h30m`, `120` -> `2h`. */
export function formatEstimate(minutes: number): string {
  const whole = Math.max(1, Math.round(minutes));
  const hours = Math.floor(whole / 60);
  const rest = whole % 60;
  return `${hours > 0 ? `${hours}h` : ''}${rest > 0 ? `${rest}m` : ''}`;
}
