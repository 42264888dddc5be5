import { repository, repositoryOf } from './repository.ts';
import { first, firstCase, manifestCase, secondCase, taskFile, type Case, type Cases } from './workspace.ts';

const near = (found: Case, quiet: string): Case => ({ ...found, quiet });
const inRepository = (found: Case, quiet: string): Case => ({ ...found, quiet, repository });

export const taskCases: Cases<'task'> = {
  'task.yaml': firstCase('deps: []', 'deps: |@|x'),
  'task.yaml-strict': firstCase('deps: []\n', 'deps: []\n|deps|: []\n'),
  'task.schema': near(firstCase('deps: []\n', 'deps: []\nattempts: |0|\n'), 'deps: []\nattempts: 2\n'),
  'task.estimate': near(firstCase('deps: []\n', 'deps: []\nestimate: |soon|\n'), 'deps: []\nestimate: 1h 30m\n'),
  'task.too-long': near(firstCase('deps: []\n', 'deps: []\nestimate: |3-8h|\n'), 'deps: []\nestimate: 4h\n'),
  'task.scope-missing': firstCase('Scope\n\nCREATE: src/a/**\nMODIFY: src/index.ts::Router\n', '|Scope|\n\n'),
  'task.scope-wide': inRepository(
    secondCase('MODIFY: src/index.ts', 'MODIFY: src/index.ts, |lib/**|'),
    `MODIFY: src/index.ts, lib/part-1?.ts, ${Array.from({ length: 20 }, (_, i) => `lib/part-${i}.ts`).join(', ')}`,
  ),
  'task.boundary-missing': firstCase(
    first.slice(first.indexOf('Scope'), first.indexOf('docs/**') + 7),
    '|Scope|\n\nCREATE: src/a/**',
  ),
  'task.boundary-overlap': near(
    firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |docs/x.md|'),
    'CREATE: src/a/**, documents/x.md',
  ),
  'task.boundary-prose': near(
    firstCase('BOUNDARY: docs/**', 'BOUNDARY: docs/**, |all the rest|'),
    'BOUNDARY: docs/** - all the rest of the documents',
  ),
  'task.scope-prose': near(
    firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |what is needed|'),
    'CREATE: src/a/** - what is needed',
  ),
  'task.scope-unclear': near(
    firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |src/c.ts for the model|'),
    'CREATE: src/a/**, src/c.ts - for the model',
  ),
  'task.scope-outside': near(
    firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |../c.ts|'),
    'CREATE: src/a/**, src/x/../c.ts',
  ),
  'task.scope-directory': near(firstCase('BOUNDARY: docs/**', 'BOUNDARY: |docs|'), 'BOUNDARY: docs/'),
  'task.scope-brackets': near(firstCase('CREATE: src/a/**', 'CREATE: |src/a/[slug].ts|'), 'CREATE: src/a/[ab].ts'),
  'task.package-path': {
    ...firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |web/new.ts|'),
    quiet: 'CREATE: src/a/**, parallel/web/new.ts',
    repository: repositoryOf({
      'parallel/package.json': '{}',
      'parallel/web/old.ts': '',
      'src/index.ts': 'export class Router {}\n',
    }),
  },
  'task.create-exists': inRepository(
    firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |src/old.ts|'),
    'CREATE: src/a/**, src/**, src/older.ts, src/old.ts::added',
  ),
  'task.create-ignored': {
    ...firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |build/out.js|'),
    quiet: 'CREATE: src/a/**, src/build.js, build/out.css',
    repository: { ...repository, ignored: new Set(['build/out.js']) },
  },
  'task.modify-nothing': inRepository(
    firstCase('MODIFY: src/index.ts::Router', 'MODIFY: src/index.ts::Router, |src/indx.ts|'),
    'MODIFY: src/index.ts::Router, src/o*.ts, src/a/model.ts',
  ),
  'task.symbol-missing': near(firstCase('src/index.ts::Router', '|src/index.ts::|'), 'src/index.ts'),
  'task.symbol-shape': near(firstCase('src/index.ts::Router', '|src/index.ts::a-b|'), 'src/index.ts::Router.get'),
  'task.symbol-unknown': inRepository(
    firstCase('src/index.ts::Router', 'src/index.ts::|Rooter|'),
    'src/index.ts::Router.get, src/old.ts::renew - a new function, src/a/x.ts::anything',
  ),
  'task.duplicate-dependency': near(
    secondCase('deps: [task-001]', 'deps: [task-001, |task-001|]'),
    'deps: [task-001]\nruntime_deps: [task-001]',
  ),
  'task.stop-missing': firstCase(
    first.slice(first.indexOf('task-001: A title')),
    `|task-001: A title|${first.slice(first.indexOf('\n\n## Scope'), first.indexOf('\n## Stop'))}`,
  ),
  'task.agent-missing': {
    ...manifestCase('{ "id": "task-001", "agent": "claude" }', '{ "id": "task-001" }'),
    shown: { file: taskFile('task-001'), words: 'task-001: A title' },
  },
  'task.check-missing': near(
    firstCase(
      first.slice(first.indexOf('task-001: A title'), first.indexOf('`npm test` passes') + 17),
      `|task-001: A title|${first.slice(first.indexOf('\n\n## Scope'), first.indexOf('## Checklist'))}`,
    ),
    `task-001: A title${first.slice(first.indexOf('\n\n## Scope'), first.indexOf('## Checklist'))}## Evidence\n\n- \`npm test\``,
  ),
  'task.checklist-not-executable': near(
    firstCase(
      'Checklist\n\n- [ ] `npm test` passes',
      '|Checklist|\n\n- [ ] all tests pass\n- [ ] `src/a/x.ts` is written',
    ),
    'Checklist\n\n- [ ] all tests pass\n- [ ] `npx mocha` passes',
  ),
  'task.check-needs-shell': near(firstCase('`npm test`', '`|npm test > out|`'), '`npm test && npm run lint`'),
  'task.check-unknown': inRepository(
    firstCase('`npm test`', '`npm run |tests|`'),
    '`npm test -- src/a` passes, `npm run lint`, `node --test src/a/x.test.ts`',
  ),
  'task.program-unknown': {
    ...near(
      firstCase('`npm test` passes', '`npm test` passes\n- [ ] `|pytest| src` passes'),
      '`npm test` and `npx pytest src` passes',
    ),
    repository: repositoryOf({ 'package.json': '{"scripts": {"test": ""}}' }, ['npm', 'npx']),
  },
  'task.context-budget': {
    ...near(
      secondCase(
        'task-002: A title\n\n## Scope\n\nCREATE: src/b.ts\nMODIFY: src/index.ts\n',
        '|task-002: A title|\n\n## Scope\n\nCREATE: src/b.ts\nMODIFY: src/index.ts, src/long.ts\n',
      ),
      'task-002: A title\n\n## Scope\n\nCREATE: src/long.ts\nMODIFY: src/index.ts\n',
    ),
    repository: repositoryOf({
      'src/index.ts': 'export class Router {}\n',
      'src/long.ts': 'export const text = 1;\n'.repeat(4_000),
    }),
  },
};
