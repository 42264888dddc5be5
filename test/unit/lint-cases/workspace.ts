import type { RepositoryFacts } from '../../../src/core/lint/context.ts';
import type { RuleCode } from '../../../src/core/lint/rules.ts';

/** The cases of one kind of file: one for every rule. */
export type Cases<Kind extends string> = Readonly<Record<Extract<RuleCode, `${Kind}.${string}`>, Case | null>>;

export const plan = 'parallel/TS-1-demo';
export const manifestFile = `${plan}/manifest.json`;
export const taskFile = (name: string) => `${plan}/tasks/${name}.md`;

export const spec = `---
id: TS-1
status: approved
confidence: HIGH
---
# TS-1: Demo

## Outcome

Anyone can order.

## In scope

- orders

## Out of scope

- payment

## Evidence

- [ ] \`npm test\` passes

## Slices

- A1: Model (files: src/model.ts)
- A2: Endpoint (after A1)

MP1: A1 -> A2

## Contracts

\`\`\`ts src/types.ts
export {};
\`\`\`
`;

export const manifest = `{
  "tech_spec_id": "TS-1",
  "technology": "typescript",
  "dependencies": { "node": { "add": ["zod@4.1.0"] } },
  "waves": [
    { "number": 1, "tasks": [{ "id": "task-001", "agent": "claude" }] },
    { "number": 2, "tasks": [{ "id": "task-002", "agent": "claude" }] }
  ],
  "contracts": ["contracts/types.ts"],
  "metadata": { "total_tasks": 2, "max_parallel": 1, "critical_path": ["task-001", "task-002"] }
}
`;

export const task = (id: string, fields: string, scope: string, rest = '') => `---
id: ${id}
${fields}---
# ${id}: A title

## Scope

${scope}

## Checklist

- [ ] \`npm test\` passes

## Stop conditions

- unclear instructions
${rest}`;

export const first = task(
  'task-001',
  'deps: []\nblocks: [task-002]\ncontracts: [types.ts]\n',
  'CREATE: src/a/**\nMODIFY: src/index.ts::Router\nBOUNDARY: docs/**',
);
export const second = task(
  'task-002',
  'deps: [task-001]\nskills: [policy]\n',
  'CREATE: src/b.ts\nMODIFY: src/index.ts\nBOUNDARY: src/a/**',
).replace(/\n## Stop conditions[^]*$/, '\n');
export const skill = `---
name: policy
description: What every agent here must keep to.
---
# Policy

## Allowed

- Edit only files named in the task

## Required output

- run_id, files_changed, commands_run, tests_passed, risk_notes, review_needed

## Stop conditions

- unclear instructions
- unexpected file scope
- secrets, auth, or production data
- test failure after two retries
`;

export const clean: ReadonlyMap<string, string> = new Map([
  ['specs/TS-1-demo.md', spec],
  [manifestFile, manifest],
  [taskFile('task-001'), first],
  [taskFile('task-002'), second],
  [`${plan}/contracts/types.ts`, ''],
  ['.claude/skills/policy/SKILL.md', skill],
]);

/** The clean workspace with one file in which `from` became `to`; `to` marks the words that must be underlined. */
export interface Case {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Where the finding appears, when that is another file: its words between carets. */
  readonly shown?: { readonly file: string; readonly words: string };
  /** What comes close and is right: put in the place of `from`, it must not be found. */
  readonly quiet?: string;
  /** What the repository holds, for rules that look. */
  readonly repository?: RepositoryFacts;
}

export const specCase = (from: string, to: string): Case => ({ file: 'specs/TS-1-demo.md', from, to });
export const firstCase = (from: string, to: string): Case => ({ file: taskFile('task-001'), from, to });
export const secondCase = (from: string, to: string): Case => ({ file: taskFile('task-002'), from, to });
export const manifestCase = (from: string, to: string): Case => ({ file: manifestFile, from, to });
export const skillCase = (from: string, to: string): Case => ({ file: '.claude/skills/policy/SKILL.md', from, to });
