/** What is verified is ticked off in the source: only the lines concerned, all or nothing, and taken back on request. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PlanState } from '../../src/core/run/state-model.ts';
import { decomposeSpecFile } from '../../src/node/decompose/decompose.ts';
import { openRepository } from '../../src/node/git/repository.ts';
import { tick, tickingOf, untick, type Ticking } from '../../src/node/plan/tick.ts';
import { temporaryRepository, type TemporaryRepository } from '../repository.ts';

const card = (id: string, more: string, status = "'To Do'"): string =>
  `---\nid: ${id}\ntitle: Part ${id}\nstatus: ${status}\nupdated_date: '2026-11-01'\n${more}---\n\n## Description\n\nIn src/${id.toLowerCase()}.ts\n\n## Acceptance Criteria\n\n- [ ] #1 works\n`;

interface Case {
  readonly files: Readonly<Record<string, string>>;
  readonly verified: readonly string[];
  /** What runs or asks, which is to be in progress. */
  readonly running?: readonly string[];
  /** Line before and after, of all lines that change. */
  readonly lines: readonly (readonly [file: string, line: number, before: string, after: string])[];
}

const kiro = '.kiro/specs/cart/tasks.md';
const change = 'openspec/changes/tax/tasks.md';
const kit = 'specs/001-tags/tasks.md';
const master = '.taskmaster/tasks/tasks.json';

const cases: Readonly<Record<string, Case>> = {
  'Kiro: the part, the task above it when all is done but what is optional, and nothing else': {
    files: {
      [kiro]:
        '# Plan\r\n\r\n- [ ] 1. Store\r\n  - [x] 1.1 Types in src/types.ts\r\n  - [ ] 1.2 Store in src/store.ts\r\n  - [ ]* 1.3 Tests\r\n- [-] 2. View in src/view.ts\r\n',
    },
    verified: ['task-1'],
    lines: [
      [kiro, 3, '- [ ] 1. Store', '- [x] 1. Store'],
      [kiro, 5, '  - [ ] 1.2 Store in src/store.ts', '  - [x] 1.2 Store in src/store.ts'],
    ],
  },
  'OpenSpec: odd boxes and what is open below a ticked task': {
    files: {
      [change]:
        '## 1. Rates\n- [~] 1.1 In src/a.ts\n+ [] 1.2 In src/b.ts\n\n## 2. Page for visitors\n- [x] 2.1 Old\n  - [ ] 2.1.1 In docs/page.md\n',
    },
    verified: ['task-1', 'task-2'],
    lines: [
      [change, 2, '- [~] 1.1 In src/a.ts', '- [x] 1.1 In src/a.ts'],
      [change, 3, '+ [] 1.2 In src/b.ts', '+ [x] 1.2 In src/b.ts'],
      [change, 7, '  - [ ] 2.1.1 In docs/page.md', '  - [x] 2.1.1 In docs/page.md'],
    ],
  },
  'Spec Kit': {
    files: {
      [kit]:
        '# Tasks: Tags\n\n## Phase 1: User Story 1 - A\n- [ ] T001 In src/a.ts\n\n## Phase 2: User Story 2 - B\n- [ ] T002 In src/b.ts\n',
    },
    verified: ['T002'],
    lines: [[kit, 7, '- [ ] T002 In src/b.ts', '- [x] T002 In src/b.ts']],
  },
  'Task Master: the status of the task and of its open parts': {
    files: {
      [master]: `${JSON.stringify(
        {
          master: {
            tasks: [
              {
                id: 1,
                title: 'In src/a.ts',
                status: 'pending',
                subtasks: [
                  { id: 1, title: 'x', status: 'deferred' },
                  { id: 2, title: 'y', status: 'in-progress' },
                ],
              },
              { id: 2, title: 'In src/b.ts', status: 'pending' },
            ],
          },
        },
        null,
        2,
      )}\n`,
    },
    verified: ['task-1'],
    lines: [
      [master, 7, '        "status": "pending",', '        "status": "done",'],
      [master, 17, '            "status": "in-progress"', '            "status": "done"'],
    ],
  },
  'Kiro: what has begun has its mark, what is done its tick': {
    files: {
      [kiro]: '# Plan\n\n- [ ] 1. Store in src/store.ts\n- [ ] 2. View in src/view.ts\n- [ ] 3. Page in src/page.ts\n',
    },
    verified: ['task-1'],
    running: ['task-2'],
    lines: [
      [kiro, 3, '- [ ] 1. Store in src/store.ts', '- [x] 1. Store in src/store.ts'],
      [kiro, 4, '- [ ] 2. View in src/view.ts', '- [-] 2. View in src/view.ts'],
    ],
  },
  'OpenSpec: boxes have no state between open and done': {
    files: { [change]: '## 1. Rates\n- [ ] 1.1 In src/a.ts\n\n## 2. Page\n- [ ] 2.1 In docs/page.md\n' },
    verified: ['task-1'],
    running: ['task-2'],
    lines: [[change, 2, '- [ ] 1.1 In src/a.ts', '- [x] 1.1 In src/a.ts']],
  },
  'Task Master: what is pending and has begun is in progress; what is in review stays': {
    files: {
      [master]: `${JSON.stringify({ master: { tasks: ['pending', 'review', 'pending'].map((status, i) => ({ id: i + 1, title: `In src/${i}.ts`, status })) } }, null, 2)}\n`,
    },
    verified: [],
    running: ['task-1', 'task-2'],
    lines: [[master, 7, '        "status": "pending"', '        "status": "in-progress"']],
  },
  'Backlog.md: what has begun has the status for it; a task that only holds others is done when they are': {
    files: {
      'backlog/config.yml': 'project_name: P\nstatuses: ["To Do", "Ready", "Doing", "Review", "Done"]\n',
      'backlog/tasks/task-1 - A.md': card('TASK-1', '').replace('In src/task-1.ts', 'All of it'),
      'backlog/tasks/task-1.1 - B.md': card('TASK-1.1', 'parent_task_id: TASK-1\n'),
      'backlog/tasks/task-1.2 - C.md': card('TASK-1.2', 'parent_task_id: TASK-1\n'),
      'backlog/tasks/task-2 - D.md': card('TASK-2', '').replace('In src/task-2.ts', 'All of that'),
      'backlog/tasks/task-2.1 - E.md': card('TASK-2.1', 'parent_task_id: TASK-2\n'),
      'backlog/tasks/task-2.2 - F.md': card('TASK-2.2', 'parent_task_id: TASK-2\n'),
      'backlog/tasks/task-3 - G.md': card('TASK-3', '', 'Review'),
    },
    verified: ['TASK-1-1', 'TASK-1-2', 'TASK-2-1'],
    running: ['TASK-2-2', 'TASK-3'],
    lines: [
      ['backlog/tasks/task-1 - A.md', 4, "status: 'To Do'", "status: 'Done'"],
      ['backlog/tasks/task-1.1 - B.md', 4, "status: 'To Do'", "status: 'Done'"],
      ['backlog/tasks/task-1.2 - C.md', 4, "status: 'To Do'", "status: 'Done'"],
      ['backlog/tasks/task-2.1 - E.md', 4, "status: 'To Do'", "status: 'Done'"],
      ['backlog/tasks/task-2.2 - F.md', 4, "status: 'To Do'", "status: 'Doing'"],
    ],
  },
  'Backlog.md: the last status of the board, in each file concerned': {
    files: {
      'backlog/config.yml': 'project_name: P\nstatuses: ["To Do", "Doing", "Shipped"]\n',
      'backlog/tasks/task-1 - A.md': card('TASK-1', ''),
      'backlog/tasks/task-2 - B.md': card('TASK-2', 'dependencies: [TASK-1]\n', 'Doing'),
      'backlog/tasks/task-3 - C.md': card('TASK-3', ''),
    },
    verified: ['TASK-1', 'TASK-2'],
    lines: [
      ['backlog/tasks/task-1 - A.md', 4, "status: 'To Do'", "status: 'Shipped'"],
      ['backlog/tasks/task-2 - B.md', 4, 'status: Doing', 'status: Shipped'],
    ],
  },
};

suite('ticking off the source of a plan', () => {
  let repository: TemporaryRepository;
  teardown(() => repository.remove());

  const textOf = (file: string): string => readFileSync(path.join(repository.root, file), 'utf8');

  /** A plan of the first file; what would be ticked off when some slices are verified. */
  async function planned({ files, verified, running }: Case): Promise<() => ReturnType<typeof tickingOf>> {
    repository = temporaryRepository(files);
    const { root } = repository;
    const [specFile = ''] = Object.keys(files);
    const made = await decomposeSpecFile({ root, specFile });
    assert.ok(made.ok, JSON.stringify(made));
    const ids = made.value.loaded.plan.slices.map(({ id }) => id);
    for (const id of verified) assert.ok(ids.includes(id), `${id} is none of ${ids.join(', ')}`);
    const stateOf = (id: string): string =>
      verified.includes(id)
        ? 'verified'
        : running?.indexOf(id) === 0
          ? 'running'
          : running?.includes(id)
            ? 'needs_input'
            : 'ready';
    const state = { slices: ids.map((id) => ({ id, state: stateOf(id) })) } as unknown as PlanState;
    return () => tickingOf({ root, dir: made.value.dir, files: made.value.files, state, begun: running !== undefined });
  }

  async function ticked(found: Awaited<ReturnType<typeof tickingOf>>): Promise<Ticking> {
    assert.ok(found.ok, JSON.stringify(found));
    const opened = await openRepository(repository.root);
    assert.ok(opened.ok);
    const written = await tick(opened.value, found.value);
    assert.ok(written.ok, JSON.stringify(written));
    return written.value;
  }

  for (const [what, one] of Object.entries(cases)) {
    test(what, async () => {
      const ticking = await planned(one);
      const { lines } = await ticked(await ticking());
      assert.deepEqual(
        lines.map(({ file, line, before, after }) => [file, line, before, after]),
        one.lines,
      );
      for (const [file, text] of Object.entries(one.files)) {
        const expected = text.split('\n');
        for (const [of, line, before, after] of one.lines)
          if (of === file) expected[line - 1] = (expected[line - 1] ?? '').replace(before, () => after);
        assert.equal(textOf(file), expected.join('\n'), file);
      }
      const again = await ticking();
      assert.ok(again.ok);
      assert.deepEqual(again.value.lines, [], 'what is ticked off is ticked off once');
      const opened = await openRepository(repository.root);
      assert.ok(opened.ok);
      const undone = await untick(opened.value, again.value.plan);
      assert.ok(undone.ok, JSON.stringify(undone));
      for (const [file, text] of Object.entries(one.files)) assert.equal(textOf(file), text, file);
      assert.equal((await untick(opened.value, again.value.plan)).ok, false, 'it is taken back once');
    });
  }

  test('a source that says something else by now is left alone; one that somebody ticked is not something else', async () => {
    const one = cases['Spec Kit'];
    assert.ok(one);
    const ticking = await planned(one);
    const file = path.join(repository.root, kit);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('- [ ] T001', '- [x] T001'));
    const found = await ticking();
    assert.ok(found.ok);
    assert.deepEqual(
      found.value.lines.map(({ line }) => line),
      [7],
    );
    for (const other of [text.replace('src/b.ts', 'src/c.ts'), `${text}- [ ] T003 In src/d.ts\n`]) {
      writeFileSync(file, other);
      const refused = await ticking();
      assert.ok(!refused.ok);
      assert.match(refused.failure.message, /says something else than when it was imported, so nothing is ticked off/);
      assert.equal(readFileSync(file, 'utf8'), other);
      // What was found before is not written over what is there now.
      const opened = await openRepository(repository.root);
      assert.ok(opened.ok);
      assert.equal((await tick(opened.value, found.value)).ok, false);
      assert.equal(readFileSync(file, 'utf8'), other);
    }
  });

  test('a change after the ticking keeps it from being taken back', async () => {
    const one = cases['Spec Kit'];
    assert.ok(one);
    const ticking = await planned(one);
    const { plan } = await ticked(await ticking());
    const changed = textOf(kit).replace('# Tasks', '# Our tasks');
    writeFileSync(path.join(repository.root, kit), changed);
    const opened = await openRepository(repository.root);
    assert.ok(opened.ok);
    const undone = await untick(opened.value, plan);
    assert.ok(!undone.ok);
    assert.match(undone.failure.message, /was changed meanwhile; nothing was written/);
    assert.equal(textOf(kit), changed);
  });

  test('a ticking that is refused leaves the one before it to be taken back', async () => {
    const one = cases['Spec Kit'];
    assert.ok(one);
    const ticking = await planned(one);
    const before = textOf(kit);
    const done = await ticked(await ticking());
    const opened = await openRepository(repository.root);
    assert.ok(opened.ok);
    const files = done.files.map((file) => ({ ...file, after: `${file.after}- [ ] T003 Other\n` }));
    const stale = await tick(opened.value, { ...done, files });
    assert.ok(!stale.ok);
    assert.match(stale.failure.message, /was changed meanwhile; nothing was written/);
    const undone = await untick(opened.value, done.plan);
    assert.ok(undone.ok, JSON.stringify(undone));
    assert.equal(textOf(kit), before);
  });

  test('nothing is ticked off that could not be taken back', async () => {
    const one = cases['Spec Kit'];
    assert.ok(one);
    const ticking = await planned(one);
    const before = textOf(kit);
    const done = await ticked(await ticking());
    const opened = await openRepository(repository.root);
    assert.ok(opened.ok);
    assert.ok((await untick(opened.value, done.plan)).ok);
    const home = path.join(opened.value.commonDir, 'slicewave/ticked');
    assert.deepEqual(readdirSync(home), []);
    rmSync(home, { recursive: true });
    writeFileSync(home, 'in the way');
    const refused = await tick(opened.value, done);
    assert.ok(!refused.ok);
    assert.match(refused.failure.message, /nothing was written: /);
    assert.equal(textOf(kit), before);
  });
});
