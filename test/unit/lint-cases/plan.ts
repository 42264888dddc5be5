import { taskFile, task, firstCase, secondCase, manifestCase } from './workspace.ts';
import type { Cases } from './workspace.ts';

export const planCases: Cases<'plan'> = {
  'plan.manifest-missing': null,
  'plan.task-file-missing': manifestCase('{ "id": "task-002",', '{ "id": "task-002" }, { "id": |"task-005"|,'),
  'plan.not-listed': {
    file: taskFile('task-003'),
    from: '',
    to: task('task-003', 'agent: claude\n', 'CREATE: src/q.ts\nBOUNDARY: docs/**').replace('task-003', '|task-003|'),
  },
  'plan.listed-twice': manifestCase('{ "id": "task-002",', '{ "id": "task-002" }, { "id": |"task-002"|,'),
  'plan.bad-id': firstCase('id: task-001', 'id: |a/../b|'),
  'plan.duplicate-id': {
    file: taskFile('task-003'),
    from: '',
    to: task('task-002', 'agent: claude\n', 'CREATE: src/q.ts\nBOUNDARY: docs/**').replace('task-002', '|task-002|'),
  },
  'plan.agent-differs': firstCase('deps: []\n', 'deps: []\nagent: |codex|\n'),
  'plan.unknown-dependency': firstCase('deps: []', 'deps: [|task-008|]'),
  'plan.self-dependency': firstCase('deps: []', 'deps: [|task-001|]'),
  'plan.cycle': firstCase('deps: []', 'deps: [|task-002|]'),
  'plan.unknown-merge-slice': manifestCase(
    '"contracts":',
    '"merge_points": [{ "id": "MP1", "needs": ["task-001", |"task-008"|], "unlocks": ["task-002"] }], "contracts":',
  ),
  'plan.blocks-disagree': secondCase('deps: [task-001]\n', 'deps: [task-001]\nblocks: [|task-001|]\n'),
  'plan.blocks-unknown': firstCase('blocks: [task-002]', 'blocks: [task-002, |task-008|]'),
  'plan.create-twice': secondCase('CREATE: src/b.ts', 'CREATE: |src/{a,c}/b.ts|'),
  'plan.modify-together': {
    file: taskFile('task-003'),
    from: '',
    to: task('task-003', 'agent: claude\n', 'CREATE: src/q.ts\nMODIFY: |src/index.ts::Router.get|\nBOUNDARY: docs/**'),
  },
  'plan.wave-order': manifestCase(
    '{ "number": 1, "tasks": [{ "id": "task-001", "agent": "claude" }] },\n    { "number": 2, "tasks": [{ "id": "task-002",',
    '{ "number": 1, "tasks": [{ "id": "task-001", "agent": "claude" }, { "id": |"task-002"|,',
  ),
  'plan.wrong-count': manifestCase('"total_tasks": 2', '"total_tasks": |3|'),
  'plan.wrong-parallel': manifestCase('"max_parallel": 1', '"max_parallel": |4|'),
  'plan.wrong-critical-path': manifestCase('["task-001", "task-002"]', '[|"task-002"|]'),
  'plan.contract-missing': firstCase('[types.ts]', '[types.ts, |other.ts|]'),
};
