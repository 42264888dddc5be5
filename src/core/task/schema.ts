import * as z from 'zod';
import type { DocumentMap, DocumentValue } from '../text/document.ts';

const kinds = ['engineering', 'support', 'ops', 'sales', 'product'] as const;

const wordList = z
  .union([z.array(z.union([z.string(), z.number()])), z.string(), z.null()])
  .describe('A list, or words with commas between them');

/** Front matter of `tasks/task-NNN-component.md`. Unknown keys are kept. */
export const taskFrontMatterSchema = z
  .looseObject({
    id: z.union([z.string(), z.number()]).describe('The slice, usually as the file is named: task-001-users'),
    title: z.string().optional(),
    component: z.union([z.string(), z.null()]).optional(),
    wave: z
      .union([z.number().int().min(0), z.string().regex(/^\d+$/, 'must be a whole number')])
      .optional()
      .describe('The dependency level, from 1; computed anew from deps'),
    deps: wordList.optional().describe('Slices that must be verified before this one may start'),
    blocks: wordList.optional().describe('Slices that wait for this one; deps decide when the two disagree'),
    agent: z.union([z.string(), z.null()]).optional().describe('Which agent does it: "plugin:name" or a bare name'),
    skills: wordList.optional().describe('Skills the agent must follow'),
    tech_spec: z.union([z.string(), z.null()]).optional(),
    contracts: wordList.optional().describe('Interface files of the plan that this slice depends on'),
    workstream: z
      .union([z.string(), z.null()])
      .optional()
      .describe('WS-A: slices that share one worktree, one after another'),
    runtime_deps: wordList.optional().describe('Slices that are needed at integration only'),
    layers: wordList.optional(),
    verify: z
      .union([z.array(z.string()), z.string(), z.null()])
      .optional()
      .describe('Commands that must succeed'),
    estimate: z
      .union([z.string(), z.number(), z.null()])
      .optional()
      .describe('3h, 90m, 1d (8 hours), 2-4h; a bare number is minutes'),
    stop: z
      .union([z.array(z.string()), z.string(), z.null()])
      .optional()
      .describe('When the agent must stop and ask'),
    attempts: z.number().int().min(1).max(16).optional().describe('Independent tries at this slice; the best one wins'),
    kind: z.enum(kinds).optional(),
  })
  .describe('Front matter of a Slicewave task spec');

type Usual = (value: DocumentValue) => boolean;

const isText: Usual = (value) => value.kind === 'scalar' && typeof value.value === 'string';
const isNothing: Usual = (value) => value.kind === 'scalar' && value.value === null;
const isNumber: Usual = (value) => value.kind === 'scalar' && Number.isFinite(value.value);
const isWord: Usual = (value) => isText(value) || isNothing(value);
const isTextList: Usual = (value) => (value.kind === 'list' ? value.items.every(isText) : isWord(value));
const isWordList: Usual = (value) =>
  value.kind === 'list' ? value.items.every((item) => isText(item) || isNumber(item)) : isWord(value);
const wholeFrom = (least: number, most: number): Usual => {
  return (value) =>
    value.kind === 'scalar' &&
    typeof value.value === 'number' &&
    Number.isSafeInteger(value.value) &&
    value.value >= least &&
    value.value <= most;
};

/** What the schema takes without a word, key by key. */
const usual: ReadonlyMap<string, Usual> = new Map<string, Usual>([
  ['id', (value) => isText(value) || isNumber(value)],
  ['title', isText],
  ['component', isWord],
  ['wave', wholeFrom(0, Number.MAX_SAFE_INTEGER)],
  ['deps', isWordList],
  ['blocks', isWordList],
  ['agent', isWord],
  ['skills', isWordList],
  ['tech_spec', isWord],
  ['contracts', isWordList],
  ['workstream', isWord],
  ['runtime_deps', isWordList],
  ['layers', isWordList],
  ['verify', isTextList],
  ['estimate', (value) => isWord(value) || isNumber(value)],
  ['stop', isTextList],
  ['attempts', wholeFrom(1, 16)],
  ['kind', (value) => value.kind === 'scalar' && kinds.some((kind) => kind === value.value)],
]);

/**
 * Whether front matter surely keeps to the schema, its `id` aside, which may also stand in the heading. `false` says
 * nothing: the schema has to be asked. Thousands of task specs are read at once, and the schema takes ten times as long.
 */
export function isUsualFrontMatter(map: DocumentMap): boolean {
  return map.entries.every(({ key, value }) => usual.get(key)?.(value) ?? true);
}
