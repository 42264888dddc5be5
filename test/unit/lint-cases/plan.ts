import { repositoryOf } from './repository.ts';
import {
  firstCase,
  manifest,
  manifestCase,
  manifestFile,
  secondCase,
  task,
  taskFile,
  type Case,
  type Cases,
} from './workspace.ts';

const near = (found: Case, quiet: string): Case => ({ ...found, quiet });

/** A third slice, which depends on nothing; the manifest does not list it. */
const third = (to: string, quiet: string): Case => ({
  file: taskFile('task-003'),
  from: '',
  to: task('task-003', 'agent: claude\n', to),
  quiet: task('task-003', 'agent: claude\n', quiet),
});

/** The manifest with a merge point, or with contracts that say more. */
const withPoints = (points: string): string => `"merge_points": [${points}], "contracts":`;

/** Both waves of the manifest. */
const wavesText = manifest.slice(manifest.indexOf('{ "number": 1'), manifest.indexOf('"contracts"'));

export const planCases: Cases<'plan'> = {
  'plan.manifest-missing': null,
  'plan.task-file-missing': near(
    manifestCase('{ "id": "task-002",', '{ "id": "task-002" }, { "id": |"task-005"|,'),
    '{ "id": "2",',
  ),
  'plan.not-listed': {
    file: taskFile('task-003'),
    from: '',
    to: task('task-003', 'agent: claude\n', 'CREATE: src/q.ts\nBOUNDARY: docs/**').replace('task-003', '|task-003|'),
  },
  'plan.listed-twice': manifestCase('{ "id": "task-002",', '{ "id": "task-002" }, { "id": |"task-002"|,'),
  'plan.bad-id': near(firstCase('id: task-001', 'id: |a/../b|'), 'id: a.b-1'),
  'plan.duplicate-id': {
    file: taskFile('task-003'),
    from: '',
    to: task('task-002', 'agent: claude\n', 'CREATE: src/q.ts\nBOUNDARY: docs/**').replace('task-002', '|task-002|'),
  },
  'plan.agent-differs': near(firstCase('deps: []\n', 'deps: []\nagent: |codex|\n'), 'deps: []\nagent: claude\n'),
  'plan.unknown-dependency': near(secondCase('deps: [task-001]', 'deps: [task-001, |task-008|]'), 'deps: [1]'),
  'plan.self-dependency': near(firstCase('deps: []', 'deps: [|task-001|]'), 'deps: []\nruntime_deps: []'),
  'plan.backward-dependency': {
    ...manifestCase('"number": 1,', '"number": 3,'),
    shown: { file: taskFile('task-002'), words: 'task-001' },
    quiet: '"number": 2,',
  },
  'plan.cycle': firstCase('deps: []', 'deps: [|task-002|]'),
  'plan.unknown-merge-slice': near(
    manifestCase(
      '"contracts":',
      withPoints('{ "id": "MP1", "needs": ["task-001", |"task-008"|], "unlocks": ["task-002"] }'),
    ),
    withPoints('{ "id": "MP1", "needs": ["1"], "unlocks": ["task-002"] }'),
  ),
  'plan.blocks-disagree': near(
    secondCase('deps: [task-001]\n', 'deps: [task-001]\nblocks: [|task-001|]\n'),
    'deps: [task-001]\nblocks: []\n',
  ),
  'plan.blocks-incomplete': {
    file: taskFile('task-003'),
    from: '',
    to: task('task-003', 'deps: [task-001]\nagent: claude\n', 'CREATE: src/q.ts\nBOUNDARY: docs/**'),
    shown: { file: taskFile('task-001'), words: 'task-002' },
    quiet: task('task-003', 'deps: [task-002]\nagent: claude\n', 'CREATE: src/q.ts\nBOUNDARY: docs/**'),
  },
  'plan.blocks-unknown': near(firstCase('blocks: [task-002]', 'blocks: [task-002, |task-008|]'), 'blocks: [2]'),
  'plan.create-twice': third(
    'CREATE: |src/{a,c}/b.ts|\nBOUNDARY: docs/**',
    'CREATE: src/{b,c}/b.ts\nBOUNDARY: docs/**',
  ),
  'plan.create-may-meet': near(secondCase('CREATE: src/b.ts', 'CREATE: |src/*/b.ts|'), 'CREATE: src/{b,c}/b.ts'),
  'plan.modify-together': {
    ...third(
      'CREATE: src/q1.ts, src/q2.ts, src/q3.ts, src/q4.ts, src/q5.ts\nMODIFY: |src/index.ts::Router.get|\nBOUNDARY: docs/**',
      'CREATE: src/q1.ts, src/q2.ts, src/q3.ts, src/q4.ts, src/q5.ts\nMODIFY: src/index.ts::Reader\nBOUNDARY: docs/**',
    ),
    // With so many files in the first slice's directory, one that is shared is less than 20 %.
    repository: repositoryOf({
      'src/index.ts': 'class Router { get() {} }\nclass Reader {}\n',
      ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`src/a/${i}.ts`, ''])),
    }),
  },
  'plan.overlap-unmeasured': null,
  'plan.overlap': {
    file: taskFile('task-003'),
    from: '',
    to: task(
      'task-003',
      'deps: [task-001]\nagent: claude\n',
      'CREATE: src/q.ts\nMODIFY: |src/index.ts|\nBOUNDARY: docs/**',
    ),
    quiet: task(
      'task-003',
      'deps: [task-002]\nagent: claude\n',
      'CREATE: src/q.ts\nMODIFY: src/index.ts\nBOUNDARY: docs/**',
    ),
  },
  'plan.wave-order': manifestCase(
    '{ "number": 1, "tasks": [{ "id": "task-001", "agent": "claude" }] },\n    { "number": 2, "tasks": [{ "id": "task-002",',
    '{ "number": 1, "tasks": [{ "id": "task-001", "agent": "claude" }, { "id": |"task-002"|,',
  ),
  'plan.wave-contradicts': near(
    secondCase('deps: [task-001]\n', 'deps: [task-001]\nwave: |1|\n'),
    'deps: [task-001]\nwave: 3\n',
  ),
  'plan.wave-unvalidated': near(
    manifestCase(wavesText, wavesText.replace('1,', '|1|,').replace('2,', '2, "validation": "npm test",')),
    wavesText.replace('1,', '1, "validation": "npm test",').replace('2,', '2, "validation": "npm run all",'),
  ),
  'plan.merge-point-idle': near(
    manifestCase('"contracts":', withPoints('{ "id": |"MP1"|, "needs": ["task-001"], "unlocks": ["task-002"] }')),
    withPoints('{ "id": "MP1", "needs": ["task-001"], "unlocks": ["task-002"], "verify": "npm test" }'),
  ),
  'plan.wrong-count': near(manifestCase('"total_tasks": 2', '"total_tasks": |3|'), '"total_tasks": null'),
  'plan.wrong-parallel': manifestCase('"max_parallel": 1', '"max_parallel": |4|'),
  'plan.wrong-critical-path': near(manifestCase('["task-001", "task-002"]', '[|"task-002"|]'), '["1", "task-002"]'),
  'plan.contract-missing': near(firstCase('[types.ts]', '[types.ts, |other.ts|]'), '[contracts/types.ts]'),
  'plan.contract-unused': {
    file: manifestFile,
    from: '"contracts": ["contracts/types.ts"]',
    to: '"contracts": ["contracts/types.ts", |"contracts/more.ts"|]',
    quiet: '"contracts": ["contracts/types.ts", { "path": "contracts/more.ts", "consumers": ["task-002"] }]',
  },
  'plan.contract-written': {
    ...manifestCase(
      '"contracts": ["contracts/types.ts"]',
      '"contracts": [{ "path": "contracts/types.ts", "target": "src/a/types.ts" }]',
    ),
    shown: { file: taskFile('task-001'), words: 'src/a/**' },
    quiet: '"contracts": [{ "path": "contracts/types.ts", "target": "src/a/types.ts", "provider": "task-001" }]',
  },
};
