import * as z from 'zod';

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
    kind: z.enum(['engineering', 'support', 'ops', 'sales', 'product']).optional(),
  })
  .describe('Front matter of a Slicewave task spec');
