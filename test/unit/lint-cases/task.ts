import { first, firstCase, manifestCase, taskFile } from './workspace.ts';
import type { Cases } from './workspace.ts';

export const taskCases: Cases<'task'> = {
  'task.yaml': firstCase('deps: []', 'deps: |@|x'),
  'task.yaml-strict': firstCase('deps: []\n', 'deps: []\n|deps|: []\n'),
  'task.schema': firstCase('deps: []\n', 'deps: []\nattempts: |0|\n'),
  'task.estimate': firstCase('deps: []\n', 'deps: []\nestimate: |soon|\n'),
  'task.scope-missing': firstCase('Scope\n\nCREATE: src/a/**\nMODIFY: src/index.ts::Router\n', '|Scope|\n\n'),
  'task.boundary-missing': firstCase(
    first.slice(first.indexOf('Scope'), first.indexOf('docs/**') + 7),
    '|Scope|\n\nCREATE: src/a/**',
  ),
  'task.boundary-overlap': firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |docs/x.md|'),
  'task.boundary-prose': firstCase('BOUNDARY: docs/**', 'BOUNDARY: docs/**, |all the rest|'),
  'task.scope-prose': firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |what is needed|'),
  'task.scope-unclear': firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |src/c.ts for the model|'),
  'task.scope-outside': firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |../c.ts|'),
  'task.scope-directory': firstCase('BOUNDARY: docs/**', 'BOUNDARY: |docs|'),
  'task.symbol-missing': firstCase('src/index.ts::Router', '|src/index.ts::|'),
  'task.symbol-shape': firstCase('src/index.ts::Router', '|src/index.ts::a-b|'),
  'task.stop-missing': firstCase(
    first.slice(first.indexOf('task-001: A title')),
    `|task-001: A title|${first.slice(first.indexOf('\n\n## Scope'), first.indexOf('\n## Stop'))}`,
  ),
  'task.agent-missing': {
    ...manifestCase('{ "id": "task-001", "agent": "claude" }', '{ "id": "task-001" }'),
    shown: { file: taskFile('task-001'), words: 'task-001: A title' },
  },
  'task.check-missing': firstCase(
    first.slice(first.indexOf('task-001: A title'), first.indexOf('`npm test`') + 10),
    `|task-001: A title|${first.slice(first.indexOf('\n\n## Scope'), first.indexOf('`npm test`'))}everything`,
  ),
  'task.check-needs-shell': firstCase('`npm test`', '`|npm test > out|`'),
};
