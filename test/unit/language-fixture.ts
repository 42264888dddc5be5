import assert from 'node:assert/strict';
import { createLanguage } from '../../src/core/language/language.ts';
import type { Language } from '../../src/core/language/language.ts';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import type { TextEdit } from '../../src/core/text/finding.ts';

const dir = 'parallel/TS-7-shop';

/** A plan with everything that can be named: `task-002` is short for a slice, A3 has an id of its own. */
export const shop: Readonly<Record<string, string>> = {
  'specs/TS-7.spec.md': `---
id: TS-7
---
# Shop

## Workstreams

### WS-A: Users

Boundary: apps/users/**

- A3: Reset by mail (after task-002-login; files: apps/mail.py; estimate: 1h)

MP1: task-001-users + A3 -> task-002-login
`,
  [`${dir}/manifest.json`]: `{
  "tech_spec_id": "TS-7",
  "workstreams": [{ "id": "WS-A", "name": "Users", "boundary": ["apps/users/**"] }],
  "waves": [
    { "number": 1, "tasks": [{ "id": "task-001-users", "agent": "claude", "prompt_file": "prompts/task-001.txt" }] },
    { "number": 2, "tasks": [{ "id": "task-002", "agent": "acme:django" }, { "id": "A3", "agent": "claude" }] }
  ],
  "merge_points": [{ "id": "MP1", "needs": ["task-001-users"], "unlocks": ["A3"] }],
  "contracts": [{ "path": "contracts/users.py", "target": "apps/contracts/users.py", "provider": "task-001-users", "consumers": ["A3"] }],
  "metadata": { "tech_spec": "specs/TS-7.spec.md", "critical_path": ["task-001-users", "task-002-login"] }
}
`,
  [`${dir}/contracts/users.py`]: '',
  [`${dir}/tasks/task-001-users.md`]: `---
id: task-001-users
wave: 1
deps: []
blocks: [task-002]
workstream: WS-A
contracts: [contracts/users.py]
---

# task-001-users: User model

## Scope

CREATE: apps/users/models.py, apps/users/api.py
MODIFY:
- \`apps/users/views.py::UserView.get\` - the read side
BOUNDARY: apps/mail.py

## Requirements

- What task-002-login needs; A3 stays as it is
`,
  [`${dir}/tasks/task-002-login.md`]: `---
id: task-002-login
deps: [task-001-users]
---
# task-002-login: Login

## Scope

MODIFY: apps/users/**
BOUNDARY: apps/mail.py
`,
  [`${dir}/tasks/task-003-reset.md`]: `---
id: A3
title: Reset by mail
deps: [task-001]
workstream: WS-A
contracts: [users.py]
---
# A3: Reset by mail

## Scope

CREATE: apps/mail.py
MODIFY: apps/users/views.py
BOUNDARY: apps/users/models.py

## Stop conditions

- unclear instructions
`,
  [`${dir}/prompts/task-001.txt`]: `=== OBJECTIVE ===
task-001-users: User model
Waiting for you: task-002-login (Login), A3 (Reset)
=== CONTRACTS ===
parallel/TS-7-shop/contracts/users.py
`,
  'skills/careful/SKILL.md': '---\nname: careful\n---\n',
};

const sources: Readonly<Record<string, string>> = {
  'apps/users/views.py': 'import x\n\n\nclass UserView:\n    def get(self):\n        pass\n\n\nLIMIT = 3\n',
  'apps/users/forms.py': '',
  'apps/mail.py': '',
  'docs/index.md': '',
};

export interface Bench {
  readonly language: Language;
  readonly files: ReadonlyMap<string, string>;
  /** The one `|` of the files that were given. */
  readonly file: string;
  readonly offset: number;
}

/** The shop with files changed, or (with `null`) taken away; one of them may mark an offset with `|`. */
export function bench(
  changes: Readonly<Record<string, string | null>> = {},
  states: (slice: string) => string | null = () => null,
): Bench {
  const files = new Map(Object.entries(shop));
  let file = '';
  let offset = 0;
  for (const [name, marked] of Object.entries(changes)) {
    if (marked === null) {
      files.delete(name);
      continue;
    }
    const at = marked.indexOf('|');
    if (at >= 0) {
      file = name;
      offset = at;
    }
    files.set(name, at < 0 ? marked : marked.slice(0, at) + marked.slice(at + 1));
  }
  const prompts = [...files].filter(([name]) => name.endsWith('.txt'));
  for (const [name] of prompts) files.delete(name);
  const texts = new Map([...Object.entries(sources), ...prompts]);
  const repository: RepositoryFacts = {
    files: [...texts.keys(), ...files.keys()].sort(),
    scripts: new Map(),
    programs: null,
    textOf: (name) => texts.get(name) ?? files.get(name) ?? null,
  };
  return {
    language: createLanguage({ files, repository: () => repository, stateOf: (_, slice) => states(slice) }),
    files: new Map([...texts, ...files]),
    file,
    offset,
  };
}

/** The shop with the cursor at a `|` that is put into one file's text: `from` is replaced by `to`. */
export function cursor(file: string, from: string, to: string): Bench {
  const text = shop[file] ?? '';
  assert.ok(text.includes(from), `${file} holds ${from}`);
  return bench({ [file]: text.replace(from, () => to) });
}

export const task = (name: string): string => `${dir}/tasks/${name}.md`;
export const manifest = `${dir}/manifest.json`;
export const prompt = `${dir}/prompts/task-001.txt`;
export const spec = 'specs/TS-7.spec.md';

/** Places as `file:line: words`, with the file's last part. */
export function places(
  from: Bench,
  list: readonly { readonly file: string; readonly span: { readonly start: number; readonly end: number } }[],
): string[] {
  return list.map(({ file, span }) => {
    const text = from.files.get(file) ?? '';
    const line = text.slice(0, span.start).split('\n').length;
    return `${file.slice(file.lastIndexOf('/') + 1)}:${line}: ${text.slice(span.start, span.end)}`;
  });
}

export function applied(text: string, edits: readonly TextEdit[]): string {
  let result = text;
  for (const { span, text: replacement } of edits.toSorted((a, b) => b.span.start - a.span.start))
    result = result.slice(0, span.start) + replacement + result.slice(span.end);
  return result;
}
