import type { RepositoryFacts } from '../../../src/core/scope/repository-facts.ts';
import type { RuleCode } from '../../../src/core/lint/engine/rules.ts';

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
  'deps: [task-001]\nskills: [policy]\ncontracts: [types.ts]\n',
  'CREATE: src/b.ts\nMODIFY: src/index.ts\nBOUNDARY: src/a/**',
).replace(/\n## Stop conditions[^]*$/, '\n');
export const skill = `---
name: policy
description: What every agent here must keep to.
---
# Policy

## Goal

A small change with evidence that it works.

## Allowed

- Edit only files named in the task

## Required output

- run_id, files_changed, commands_run, tests_passed, risk_notes, review_needed

## Stop conditions

- unclear instructions
- unexpected file scope
- secrets, auth, or production data
- test failure after two retries

## Final reply format

1. What changed
`;

export const agents = `# Working here

- Run \`npm test\` after every change and read what it prints before you go on with the next step of the work
- A module has a test of the same name that uses the real store in memory and never a mock of it
- Money is an integer number of cents, times are ISO 8601 text in UTC, and the clock is passed in as an argument
- Never commit with \`--no-verify\`
`;
export const claude = `# Notes for Claude

@AGENTS.md

Read the page on tests first.
`;
export const agent = `---
name: reviewer
description: Reads a change and says what is wrong with it. Use before a merge.
tools: Read, Grep, Glob
model: sonnet
---
Read the whole diff. Name the file and the line of every finding.
`;
export const agentFile = '.claude/agents/reviewer.md';
export const traceFile = '.agent-runs/20260102T030405Z-abc/trace.json';
export const trace = `{
  "v": 1,
  "run_id": "20260102T030405Z-abc",
  "slice": "task-001",
  "agent": { "adapter": "claude", "version": "2.1.0" },
  "base_commit": "1111111",
  "snapshot_commit": "2222222",
  "commit": null,
  "started_at": "2026-01-02T03:04:05Z",
  "ended_at": "2026-01-02T03:14:05Z",
  "state": "verified",
  "files_changed": [{ "path": "src/a/one.ts", "change": "added", "in_scope": true }],
  "commands_run": [{ "command": "cd app && npm test", "exit_code": 0, "source": "agent" }],
  "verification": [{ "command": "npm test", "exit_code": 0, "outcome": "passed" }],
  "tests_passed": true,
  "claims": {
    "files_changed": ["./src/a/one.ts"],
    "commands_run": ["npm test"],
    "tests_passed": true
  }
}
`;

export const clean: ReadonlyMap<string, string> = new Map([
  ['specs/TS-1-demo.md', spec],
  [manifestFile, manifest],
  [taskFile('task-001'), first],
  [taskFile('task-002'), second],
  [`${plan}/contracts/types.ts`, ''],
  ['.claude/skills/policy/SKILL.md', skill],
  ['AGENTS.md', agents],
  ['CLAUDE.md', claude],
  [agentFile, agent],
  [traceFile, trace],
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

/** Facts of a repository that holds these files. */
export function repositoryOf(...files: readonly string[]): RepositoryFacts {
  return { files: [...files].sort(), scripts: new Map(), programs: null, textOf: () => null };
}
