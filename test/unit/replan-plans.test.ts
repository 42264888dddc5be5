import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Proposal } from '../../src/core/plan/proposal.ts';
import { planFiles } from '../../src/core/decompose/write.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { loadPlan } from '../../src/core/plan/load.ts';
import type { Plan, PlanFiles } from '../../src/core/plan/model.ts';
import { planChanges } from '../../src/core/replan/changes.ts';
import { replanJson, replanMarkdown, replanText } from '../../src/core/replan/changes-text.ts';
import { replanFiles } from '../../src/core/replan/files.ts';
import { applyOperations, type Operation } from '../../src/core/replan/operations.ts';
import { proposalOf } from '../../src/core/replan/proposal-of.ts';
import { reconcile } from '../../src/core/replan/reconcile.ts';
import { editTaskSpec } from '../../src/core/replan/task-text.ts';
import { readSpec } from '../../src/core/spec/read.ts';
import { decomposed, inventory, proposed } from '../decompose-fixture.ts';

const dir = 'parallel/TS-7-x';
const spec = readSpec('---\nid: TS-7\ntitle: "A: b"\n---\n\n# A: b\n', 'specs/s.md').spec;

function write(proposal: Proposal): PlanFiles {
  return planFiles({ proposal, spec, specPath: 'specs/s.md', dirName: 'TS-7-x' });
}

function load(files: PlanFiles, where = dir): Plan {
  const { plan, findings } = loadPlan(files, where);
  assert.ok(plan, findings[0]?.message);
  return plan;
}

const names = ['stock', 'orders', 'users', 'report', 'export', 'mail'];

function random(): fc.Arbitrary<Proposal> {
  const words = fc.constantFrom(
    'Write the file',
    '# not a heading',
    '- a dash',
    '1. first',
    'Mind `code` here',
    '<!-- x',
  );
  return fc
    .array(
      fc.record({
        deps: fc.array(fc.nat(20), { maxLength: 3 }),
        create: fc.integer({ min: 0, max: 3 }),
        modify: fc.integer({ min: 0, max: 2 }),
        stream: fc.option(fc.constantFrom('WS-A', 'WS-B')),
        requirements: fc.uniqueArray(words, { maxLength: 3 }),
        checklist: fc.uniqueArray(fc.constantFrom('Looks right', 'Reads well'), { maxLength: 2 }),
        verify: fc.uniqueArray(fc.constantFrom('npm test', 'npm run lint', "node -e 'x'"), { maxLength: 2 }),
        estimate: fc.constantFrom('2h', '45m', '1h30m'),
        agent: fc.option(fc.constantFrom('claude', 'codex')),
        stop: fc.uniqueArray(fc.constantFrom('The schema is touched'), { maxLength: 1 }),
      }),
      { minLength: 2, maxLength: 8 },
    )
    .map((drafts) =>
      proposed({
        slices: drafts.map((draft, i) => ({
          id: `A${i + 1}`,
          title: `Slice of ${names[i % names.length]} ${i + 1}`,
          workstream: draft.stream,
          deps: [...new Set(draft.deps.filter((dep) => dep < i))].map((dep) => `A${dep + 1}`),
          create: Array.from({ length: draft.create }, (_, k) => `src/${i}/new${k}.ts`),
          modify: Array.from({ length: draft.modify }, (_, k) =>
            k === 0 ? `src/${i}/old.ts` : `src/app.ts::part${i}`,
          ),
          boundary: i % 2 === 0 ? ['docs/**'] : [],
          requirements: draft.requirements,
          checklist: draft.checklist,
          verify: draft.verify,
          estimate: draft.estimate,
          agent: draft.agent ?? 'claude',
          contracts: i % 3 === 0 ? ['contracts/types.ts'] : [],
          stop: draft.stop,
        })),
        workstreams: [
          { id: 'WS-A', name: 'A', boundary: ['src/**'] },
          { id: 'WS-B', name: 'B', boundary: [] },
        ],
        merge_points: [{ id: 'MP1', needs: ['A1'], unlocks: [`A${drafts.length}`], verify: ['npm test'] }],
        contracts: [
          {
            path: 'contracts/types.ts',
            content: 'export type T = 1;\n',
            target: 'src/types.ts',
            provider: null,
            consumers: ['A1'],
          },
        ],
        setup: ['npm ci'],
        conventions: 'Short names.\n\nNo cleverness.',
      }),
    );
}

/** What a plan says, without where it says it. */
function meaning(plan: Plan): unknown {
  return {
    ...plan,
    slices: plan.slices.map(({ task, scope, ...slice }) => ({
      ...slice,
      requirements: task.requirements,
      checklist: task.checklist.map(({ text }) => text),
      scope: Object.fromEntries(
        Object.entries(scope).map(([key, list]) => [key, (list as { text: string }[]).map(({ text }) => text)]),
      ),
    })),
  };
}

const exampleFiles = (): PlanFiles => decomposed({ ...inventory(), texts: new Map() }).files;

const five = (): Proposal =>
  proposed({
    slices: [
      {
        id: 'A1',
        title: 'Stock',
        create: ['src/stock.ts', 'test/stock.test.ts'],
        boundary: ['docs/**'],
        verify: ['npm test'],
      },
      {
        id: 'A2',
        title: 'Orders',
        deps: ['A1'],
        create: ['src/orders.ts', 'src/lines.ts', 'test/orders.test.ts'],
        boundary: ['src/stock.ts'],
        verify: ['npm test'],
      },
      {
        id: 'A3',
        title: 'Report',
        deps: ['A2'],
        create: ['src/report.ts'],
        boundary: ['src/stock.ts', 'src/orders.ts'],
        verify: ['npm test'],
      },
      { id: 'B1', title: 'Mail', create: ['src/mail.ts'], boundary: ['src/stock.ts'], verify: ['npm test'] },
      {
        id: 'B2',
        title: 'Digest',
        deps: ['B1', 'A3'],
        modify: ['src/mail.ts'],
        boundary: ['src/orders.ts'],
        verify: ['npm test'],
      },
    ],
    merge_points: [{ id: 'MP1', needs: ['A2', 'B1'], unlocks: ['A3'] }],
  });

/** In the order in which the task specs are numbered; a plan has its slices in the order of its waves. */
function numbered(plan: Plan, files: PlanFiles): Proposal {
  const proposal = proposalOf(plan, files);
  const file = (id: string): string => plan.slices.find((slice) => slice.id === id)?.file ?? '';
  return { ...proposal, slices: proposal.slices.toSorted((a, b) => (file(a.id) < file(b.id) ? -1 : 1)) };
}

type States = Readonly<Record<string, string>>;

function replanned(
  files: PlanFiles,
  operations: readonly Operation[],
  states: States = {},
  options: { readonly stopRunning?: boolean; readonly history?: readonly string[] } = {},
) {
  const plan = load(files);
  const before = proposalOf(plan, files);
  const history = new Set((options.history ?? []).map((id) => id.toLowerCase()));
  const applied = applyOperations(before, operations, { repoFiles: ['src/app.ts'], taken: history });
  assert.ok(applied.ok, applied.ok ? '' : applied.failure.message);
  const ran = new Set([
    'verified',
    'merged',
    'running',
    'preparing',
    'checking',
    'verifying',
    'stopped',
    'needs_input',
    'failed',
    'interrupted',
  ]);
  const slices = plan.slices.map((slice) => {
    const state = states[slice.id] ?? 'pending';
    return { id: slice.id, state: state as 'pending', runs: ran.has(state) ? [{} as never] : [] };
  });
  const done = reconcile({
    before,
    after: applied.value.proposal,
    lineage: applied.value.lineage,
    slices,
    history,
    started: true,
    stopRunning: options.stopRunning ?? false,
  });
  const finished = plan.slices
    .filter(({ id }) => states[id] === 'verified' || states[id] === 'merged')
    .map(({ id }) => id);
  const made = replanFiles({
    before: { plan, graph: planGraph(plan), files },
    proposal: done.proposal,
    locked: done.locked,
    done: new Set(finished),
    spec: null,
    pages: null,
  });
  return {
    plan,
    done,
    made,
    diff: planChanges(plan, made.plan),
    said: done.notes.map(({ about, text }) => `${about} ${text}`),
  };
}

const depsOf = (plan: Plan, id: string): readonly string[] | undefined =>
  plan.slices.find((slice) => slice.id === id)?.deps;

suite('re-planning: the plan as a proposal', () => {
  test('the bundled example comes back as it is', () => {
    const files = exampleFiles();
    const where = 'parallel/TS-0042-inventory';
    const plan = load(files, where);
    const again = planFiles({
      proposal: numbered(plan, files),
      spec,
      specPath: plan.specPath ?? '',
      dirName: 'TS-0042-inventory',
    });
    assert.deepEqual(
      meaning({ ...load(again, where), title: '', techSpecId: '', technology: null }),
      meaning({ ...plan, title: '', techSpecId: '', technology: null }),
    );
  });

  test('so do plans of any shape', () => {
    fc.assert(
      fc.property(random(), (proposal) => {
        const files = write(proposal);
        const plan = load(files);
        const again = write(numbered(plan, files));
        assert.deepEqual(meaning(load(again)), meaning(plan));
        // Readers of a contract are listed with its consumers from then on; after that, no byte changes.
        assert.deepEqual([...write(numbered(load(again), again))], [...again]);
      }),
      { numRuns: 60 },
    );
  });

  test('asked for nothing, no byte changes', () => {
    fc.assert(
      fc.property(random(), (proposal) => {
        const files = write(proposal);
        const { made, diff } = replanned(files, []);
        assert.ok(diff.same);
        for (const [name, text] of files) assert.equal(made.files.get(name), text, name);
      }),
      { numRuns: 40 },
    );
  });
});

suite('re-planning: operations', () => {
  test('a cut slice goes, and what waited for it waits no longer', () => {
    const { made, diff, said } = replanned(write(five()), [{ kind: 'cut', id: 'A2' }]);
    assert.deepEqual(diff.cut, [{ id: 'A2', title: 'Orders' }]);
    assert.deepEqual(depsOf(made.plan, 'A3'), []);
    assert.ok(!made.files.has('tasks/task-002-orders.md') && !made.files.has('prompts/task-002.txt'));
    assert.deepEqual(
      made.plan.mergePoints.map(({ needs }) => needs),
      [['B1']],
    );
    assert.deepEqual(said, ['A3 no longer waits for A2, which is cut', 'MP1 no longer needs A2, which is cut']);
    // The task spec of a slice that is not concerned keeps its bytes.
    assert.equal(made.files.get('tasks/task-004-mail.md'), write(five()).get('tasks/task-004-mail.md'));
  });

  test('a split slice becomes parts, each with its test, and what waited for it waits for all', () => {
    const { made, diff } = replanned(write(five()), [{ kind: 'split', id: 'A2' }]);
    assert.deepEqual(diff.split, [{ from: 'A2', into: ['A2a', 'A2b'] }]);
    assert.deepEqual(depsOf(made.plan, 'A3'), ['A2a', 'A2b']);
    const scopes = ['A2a', 'A2b'].map((id) =>
      made.plan.slices.find((slice) => slice.id === id)?.scope.create.map(({ path: at }) => at),
    );
    assert.deepEqual(scopes, [['src/orders.ts', 'test/orders.test.ts'], ['src/lines.ts']]);
    assert.deepEqual(depsOf(made.plan, 'A2a'), ['A1']);
    assert.deepEqual(made.plan.mergePoints[0]?.needs, ['A2a', 'A2b', 'B1']);
    assert.deepEqual(made.graph.cycles, []);
  });

  test('what has one file cannot be split', () => {
    const applied = applyOperations(five(), [{ kind: 'split', id: 'B1' }], { repoFiles: [], taken: new Set() });
    assert.ok(!applied.ok && applied.failure.reason === 'impossible');
  });

  test('merged slices become one under the first id, with the files of all', () => {
    const { made, diff } = replanned(write(five()), [{ kind: 'merge', ids: ['A2', 'A3'], as: null }]);
    assert.deepEqual(diff.merged, [{ from: ['A2', 'A3'], into: 'A2' }]);
    assert.deepEqual(depsOf(made.plan, 'B2'), ['B1', 'A2']);
    assert.deepEqual(depsOf(made.plan, 'A2'), ['A1']);
    const merged = made.plan.slices.find(({ id }) => id === 'A2');
    assert.deepEqual(
      merged?.scope.boundary.map(({ path: at }) => at),
      ['src/stock.ts'],
    );
    assert.equal(merged?.estimateMinutes, 240);
  });

  test('a merge around a slice in between would wait for itself, and is refused', () => {
    const { done } = replanned(write(five()), [{ kind: 'merge', ids: ['A1', 'A3'], as: null }]);
    assert.match(done.blocked[0] ?? '', /wait for each other: .*A2/);
  });

  test('a scope grows and shrinks; a boundary that would forbid the new file goes', () => {
    const { made, diff } = replanned(write(five()), [
      { kind: 'rescope', id: 'A3', create: [], modify: ['src/orders.ts'], remove: [] },
    ]);
    assert.deepEqual(diff.changed, [
      {
        id: 'A3',
        fields: [
          { field: 'modify', removed: [], added: ['src/orders.ts'] },
          { field: 'boundary', removed: ['src/orders.ts'], added: [] },
        ],
      },
    ]);
    assert.match(made.files.get('tasks/task-003-report.md') ?? '', /MODIFY: `src\/orders\.ts`/);
  });

  test('one file is taken out of a directory that a slice writes: it becomes a boundary', () => {
    const files = write(proposed({ slices: [{ id: 'A1', title: 'Stock', modify: ['src/**'], verify: ['npm test'] }] }));
    const { done, made } = replanned(files, [
      { kind: 'rescope', id: 'A1', create: [], modify: [], remove: ['src/mail.ts'] },
    ]);
    assert.deepEqual(done.blocked, []);
    const scope = made.plan.slices[0]?.scope;
    assert.deepEqual(
      scope?.modify.map(({ path: at }) => at),
      ['src/**'],
    );
    assert.ok(scope.boundary.some(({ path: at }) => at === 'src/mail.ts'));
    const { said } = replanned(
      files,
      [{ kind: 'rescope', id: 'A1', create: [], modify: [], remove: ['src/mail.ts'] }],
      { A1: 'running' },
    );
    assert.match(said.join(), /A1 stays as it is: it is running .*--stop-running/);
    const elsewhere = { kind: 'rescope' as const, id: 'A1', create: [], modify: [], remove: ['docs/x.md'] };
    const before = proposalOf(load(files), files);
    const refused = applyOperations(before, [elsewhere], { repoFiles: [], taken: new Set() });
    assert.match(refused.ok ? '' : refused.failure.message, /does not write docs\/x\.md/);
  });

  test('an added slice is read as a spec declares it', () => {
    const { made } = replanned(write(five()), [
      { kind: 'add', text: 'C1: Export (after A1; files: src/export.ts, src/app.ts; verify: npm test; estimate: 90m)' },
    ]);
    const added = made.plan.slices.find(({ id }) => id === 'C1');
    assert.equal(added?.file, `${dir}/tasks/task-006-export.md`);
    assert.deepEqual([added.deps, added.estimateMinutes, added.verify], [['A1'], 90, ['npm test']]);
    assert.deepEqual(
      added.scope.create.map(({ path: at }) => at),
      ['src/export.ts'],
    );
    assert.deepEqual(
      added.scope.modify.map(({ path: at }) => at),
      ['src/app.ts'],
    );
    assert.ok(made.files.has('prompts/task-006.txt'));
  });

  test('who waits since now is named in the blocks of what it waits for', () => {
    const { made } = replanned(write(five()), [
      { kind: 'split', id: 'A2' },
      { kind: 'add', text: 'C1: Export (after B1; files: src/export.ts; verify: npm test)' },
    ]);
    const blocks = (id: string): readonly string[] =>
      made.plan.slices.find((slice) => slice.id === id)?.task.blocks.map(({ value }) => value) ?? [];
    assert.deepEqual(
      [blocks('A1'), blocks('B1')],
      [
        ['A2a', 'A2b'],
        ['B2', 'C1'],
      ],
    );
  });

  test('an added slice comes behind its elders in the workstream, and does not hold them up', () => {
    const slice = (id: string, deps: readonly string[], estimate: string) => ({
      id,
      title: id,
      workstream: 'WS-A',
      deps,
      create: [`src/${id}.ts`],
      boundary: ['docs/**'],
      verify: ['npm test'],
      estimate,
    });
    const files = write(
      proposed({
        workstreams: [{ id: 'WS-A', name: 'A', boundary: ['src/**'] }],
        slices: [slice('A1', [], '1h'), slice('A2', ['A1'], '1h')],
      }),
    );
    const { made } = replanned(files, [
      { kind: 'add', text: 'A9: Export (after A1; files: src/export.ts; verify: npm test)' },
    ]);
    assert.deepEqual(made.graph.order, ['A1', 'A2', 'A9']);
  });

  test('an id that was used is not given again, nor is a slice added behind one that is not there', () => {
    for (const [text, reason] of [
      ['A1: x (files: src/z.ts)', 'impossible'],
      ['A9: x (files: src/z.ts)', 'impossible'],
      ['A8: x (after A7; files: src/z.ts)', 'no-such-slice'],
      ['no slice at all', 'impossible'],
    ] as const) {
      const applied = applyOperations(five(), [{ kind: 'add', text }], { repoFiles: [], taken: new Set(['a9']) });
      assert.ok(!applied.ok && applied.failure.reason === reason, text);
    }
  });
});

suite('re-planning: what already happened', () => {
  for (const state of ['verified', 'merged', 'running', 'preparing', 'checking', 'verifying']) {
    test(`a ${state} slice is neither cut, nor split, merged or re-scoped`, () => {
      const files = write(five());
      const name = 'tasks/task-002-orders.md';
      for (const operation of [
        { kind: 'cut', id: 'A2' },
        { kind: 'split', id: 'A2' },
        { kind: 'merge', ids: ['A2', 'A3'], as: null },
        { kind: 'merge', ids: ['A3', 'A2'], as: null },
        { kind: 'rescope', id: 'A2', create: [], modify: ['src/app.ts'], remove: [] },
      ] satisfies Operation[]) {
        const { made, said } = replanned(files, [operation], { A1: 'verified', A2: state });
        assert.equal(made.files.get(name), files.get(name), operation.kind);
        assert.ok(
          said.some((line) => line.startsWith('A2 stays')),
          said.join('\n'),
        );
        assert.deepEqual(made.graph.cycles, []);
        for (const slice of made.plan.slices)
          for (const dep of slice.deps) assert.ok(made.plan.slices.some(({ id }) => id === dep));
      }
    });
  }

  for (const state of ['pending', 'ready', 'stopped', 'needs_input', 'failed', 'interrupted', 'skipped']) {
    test(`a ${state} slice is free`, () => {
      const { diff, made } = replanned(write(five()), [{ kind: 'cut', id: 'A2' }], { A2: state });
      assert.deepEqual(
        diff.cut.map(({ id }) => id),
        ['A2'],
      );
      assert.ok(!made.plan.slices.some(({ id }) => id === 'A2'));
    });
  }

  test('a running slice is stopped first, when that is asked for', () => {
    const { done, diff } = replanned(
      write(five()),
      [{ kind: 'cut', id: 'A2' }],
      { A2: 'running' },
      { stopRunning: true },
    );
    assert.deepEqual(done.stop, ['A2']);
    assert.deepEqual(
      diff.cut.map(({ id }) => id),
      ['A2'],
    );
  });

  test('another agent is a change: a running slice stays with its own unless it is to be stopped', () => {
    const before = proposed(five());
    const after = {
      ...before,
      slices: before.slices.map((slice) => (slice.id === 'A2' ? { ...slice, agent: 'codex' } : slice)),
    };
    const state = (id: string): 'running' | 'pending' => (id === 'A2' ? 'running' : 'pending');
    const slices = before.slices.map(({ id }) => ({ id, state: state(id), runs: [] }));
    const given = { before, after, lineage: new Map(), slices, history: new Set<string>(), started: true };
    const stays = reconcile({ ...given, stopRunning: false });
    assert.equal(stays.proposal.slices.find(({ id }) => id === 'A2')?.agent, null);
    assert.ok(
      stays.notes.some(({ about, text }) => about === 'A2' && text.startsWith('stays')),
      JSON.stringify(stays.notes),
    );
    const stopped = reconcile({ ...given, stopRunning: true });
    assert.deepEqual(stopped.stop, ['A2']);
    assert.equal(stopped.proposal.slices.find(({ id }) => id === 'A2')?.agent, 'codex');
  });

  test('what a verified slice was built to depend on is not cut', () => {
    const { made, said } = replanned(write(five()), [{ kind: 'cut', id: 'A1' }], { A1: 'skipped', A2: 'verified' });
    assert.ok(made.plan.slices.some(({ id }) => id === 'A1'));
    assert.ok(
      said.some((line) => line.startsWith('A1 stays: A2 (verified) was built')),
      said.join('\n'),
    );
  });

  test('new work in the files of a verified slice waits for it', () => {
    const { made, said } = replanned(
      write(five()),
      [{ kind: 'rescope', id: 'B1', create: [], modify: ['src/stock.ts'], remove: [] }],
      { A1: 'verified' },
    );
    assert.deepEqual(depsOf(made.plan, 'B1'), ['A1']);
    assert.deepEqual(said, ['B1 waits for A1: it goes on in the same files']);
  });

  test('what a verified slice should do in addition is offered as a slice of its own', () => {
    const { said } = replanned(
      write(five()),
      [{ kind: 'rescope', id: 'A1', create: [], modify: ['src/app.ts'], remove: [] }],
      { A1: 'verified' },
    );
    assert.ok(
      said.some((line) => line.includes('--add "A1a: Stock (after A1; files: src/app.ts; verify: npm test)"')),
      said.join('\n'),
    );
  });

  test('a slice with an earlier attempt is told what changed', () => {
    const { done } = replanned(
      write(five()),
      [{ kind: 'rescope', id: 'B1', create: [], modify: ['src/app.ts'], remove: [] }],
      { B1: 'stopped' },
    );
    assert.deepEqual(done.renewed, [
      { slice: 'B1', note: 'The plan was changed. For this slice: MODIFY + src/app.ts.' },
    ]);
  });

  test('whatever is asked for: verified task specs keep their bytes, no cycle, every dependency is there', () => {
    const operation = (count: number): fc.Arbitrary<Operation> => {
      const id = fc.integer({ min: 1, max: count }).map((n) => `A${n}`);
      return fc.oneof(
        id.map((one): Operation => ({ kind: 'cut', id: one })),
        id.map((one): Operation => ({ kind: 'split', id: one })),
        fc.tuple(id, id).map(([a, b]): Operation => ({ kind: 'merge', ids: [a, b], as: null })),
        id.map((one): Operation => ({
          kind: 'rescope',
          id: one,
          create: ['src/fresh.ts'],
          modify: ['src/1/old.ts'],
          remove: [],
        })),
        id.map((one): Operation => ({
          kind: 'add',
          text: `C1: More (after ${one}; files: src/0/new0.ts; verify: npm test)`,
        })),
      );
    };
    const states = ['verified', 'merged', 'running', 'stopped', 'failed', 'ready', 'pending', 'skipped'] as const;
    let refused = 0;
    fc.assert(
      fc.property(
        random().chain((proposal) =>
          fc.tuple(
            fc.constant(proposal),
            fc.array(operation(proposal.slices.length), { minLength: 1, maxLength: 2 }),
            fc.array(fc.constantFrom(...states), { minLength: 8, maxLength: 8 }),
            fc.boolean(),
          ),
        ),
        ([proposal, operations, drawn, stopRunning]) => {
          const files = write(proposal);
          const plan = load(files);
          if (
            !applyOperations(proposalOf(plan, files), operations, { repoFiles: ['src/app.ts'], taken: new Set() }).ok
          ) {
            refused++;
            return;
          }
          const chosen = Object.fromEntries(plan.slices.map((slice, i) => [slice.id, drawn[i] ?? 'pending']));
          const { made, done } = replanned(files, operations, chosen, { stopRunning });
          for (const slice of plan.slices) {
            if (chosen[slice.id] !== 'verified' && chosen[slice.id] !== 'merged') continue;
            const name = slice.file.slice(dir.length + 1);
            assert.equal(made.files.get(name), files.get(name), name);
            const prompt = `prompts/${/task-\d+/.exec(name)?.[0] ?? ''}.txt`;
            assert.equal(made.files.get(prompt), files.get(prompt), prompt);
          }
          if (done.blocked.length === 0 && made.graph.cycles.length > 0)
            assert.ok(
              made.graph.cycles.some((trail) =>
                made.graph.edges.some((edge) => edge.kind !== 'dep' && trail.includes(edge.to)),
              ),
            );
          const ids = new Set(made.plan.slices.map(({ id }) => id));
          for (const slice of made.plan.slices) {
            assert.equal(slice.task.deps.length, slice.deps.length, `${slice.id} names a slice that is not there`);
            for (const dep of slice.deps) assert.ok(ids.has(dep));
          }
          for (const point of made.plan.mergePoints)
            assert.ok([...point.needs, ...point.unlocks].every((id) => ids.has(id)));
          const wanted = new Set(done.proposal.slices.map(({ id }) => id));
          assert.deepEqual([...ids].toSorted(), [...wanted].toSorted());
          assert.deepEqual(planChanges(made.plan, made.plan).same, true);
        },
      ),
      { numRuns: 80 },
    );
    assert.ok(refused < 60);
  });
});

suite('re-planning: files', () => {
  test('what was written by hand stays: comments, notes, sections, unknown keys, prompts', () => {
    const files = new Map(write(five()));
    const name = 'tasks/task-003-report.md';
    const hand = (files.get(name) ?? '')
      .replace('deps: [A2]', 'deps: [A2] # because of the lines\nowner: kim')
      .replace('- `src/report.ts`', '- `src/report.ts` - the monthly one')
      .replace('## Checklist', '## Background\n\nAs talked about.\n\n## Checklist');
    files.set(name, hand);
    files.set(
      'manifest.json',
      (files.get('manifest.json') ?? '').replace('"waves"', '"owner": {"team": "x"},\n  "waves"'),
    );
    files.set('prompts/task-003.txt', 'my own prompt\n');
    const { made } = replanned(files, [
      { kind: 'rescope', id: 'A3', create: ['src/month.ts'], modify: [], remove: [] },
      { kind: 'cut', id: 'B1' },
    ]);
    assert.equal(
      made.files.get(name),
      hand.replace('- `src/report.ts` - the monthly one', '- `src/report.ts` - the monthly one\n- `src/month.ts`'),
    );
    assert.equal(made.files.get('prompts/task-003.txt'), 'my own prompt\n');
    assert.deepEqual((JSON.parse(made.files.get('manifest.json') ?? '') as { owner: unknown }).owner, { team: 'x' });
    assert.ok(made.notes.some(({ about, text }) => about === 'A3' && text.includes('was edited by hand and is kept')));
  });

  test('a wave keeps its number and its validation', () => {
    const files = new Map(write(five()));
    const manifest = JSON.parse(files.get('manifest.json') ?? '') as {
      waves: { number: number; validation?: string }[];
    };
    const second = manifest.waves[1];
    assert.ok(second);
    second.validation = 'npm run check';
    files.set('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
    const { made } = replanned(files, [{ kind: 'add', text: 'C1: Export (files: src/export.ts; verify: npm test)' }]);
    assert.deepEqual(
      made.plan.waveChecks.map(({ wave, text, slices }) => [wave, text, slices]),
      [[2, 'npm run check', ['A2']]],
    );
    assert.match(
      made.files.get(made.plan.slices.find(({ id }) => id === 'C1')?.file.slice(dir.length + 1) ?? '') ?? '',
      /^wave: 1$/m,
    );
  });

  test('task specs are edited however they are written', () => {
    const before = { ...(five().slices[2] as Proposal['slices'][number]) };
    const after = {
      ...before,
      deps: ['A1'],
      create: [],
      modify: ['src/app.ts::run'],
      boundary: ['src/mail.ts'],
      verify: ['npm run x'],
      estimate: '4h',
      agent: 'codex',
    };
    for (const text of [
      '---\nid: A3\ntitle: Report\ndeps:\n  - A2 # first\nverify: npm test\nestimate: 2h\n---\n\n# A3: Report\n\n## Scope\n\nCREATE: src/report.ts\nBOUNDARY: src/stock.ts, src/orders.ts\n',
      '---\r\nid: A3\r\ntitle: Report\r\ndeps: [A2]\r\nverify: [npm test]\r\nestimate: 2h\r\n---\r\n\r\n# A3: Report\r\n\r\n## Scope\r\n\r\n**CREATE**:\r\n- `src/report.ts`\r\n\r\n**BOUNDARY**:\r\n- `src/stock.ts`\r\n- `src/orders.ts`\r\n',
    ]) {
      const edited = editTaskSpec(text, 'tasks/a.md', before, after);
      assert.ok(edited !== null, text);
      assert.equal(edited.includes('\r\n'), text.includes('\r\n'));
      assert.ok(!/[^\r]\n/.test(edited) || !text.includes('\r\n'), edited);
    }
  });
});

suite('re-planning: what is shown', () => {
  test('as text, Markdown and JSON', () => {
    const { made, done, diff, plan } = replanned(write(five()), [
      { kind: 'split', id: 'A2' },
      { kind: 'rescope', id: 'B1', create: [], modify: ['src/app.ts'], remove: [] },
      { kind: 'cut', id: 'B2' },
    ]);
    const summary = { plan: plan.id, diff, notes: [...done.notes, ...made.notes], stop: [], blocked: [] };
    assert.equal(
      replanText(summary, { ascii: true }),
      `TS-7-x: 2 added, 2 cut, 2 changed, 1 kept
  ~ A2 is split -> A2a, A2b
  - A2  Orders
  - B2  Digest
  + A2a  Orders: src/orders.ts, test/orders.test.ts
      deps: A1
      CREATE: src/orders.ts, test/orders.test.ts
      verify: npm test
  + A2b  Orders: src/lines.ts
      deps: A1
      CREATE: src/lines.ts
      verify: npm test
  ~ B1
      MODIFY + src/app.ts
  ~ A3
      deps - A2
      deps + A2a
      deps + A2b
  ~ merge point MP1
      needs - A2
      needs + A2a
      needs + A2b

Waves: 4 before, 3 after
Time with enough agents: 8h00m before, 5h00m after
Critical path: A1 -> A2a -> [MP1] -> A3 (before: A1 -> A2 -> [MP1] -> A3 -> B2)
`.replaceAll('[MP1]', 'MP1'),
    );
    assert.match(replanMarkdown(summary), /\*\*Nothing is written yet\.\*\*[\s\S]*- `\+` A2a/);
    assert.ok(replanText(summary, { ascii: false, colour: true }).includes('\u001b[32m+\u001b[0m A2a'));
    assert.deepEqual((replanJson(summary) as { v: number; split: unknown }).split, [
      { from: 'A2', into: ['A2a', 'A2b'] },
    ]);
  });
});
