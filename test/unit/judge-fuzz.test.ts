import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planGraph } from '../../src/core/plan/graph.ts';
import { missingContractMessage } from '../../src/core/judge/contracts.ts';
import { CoChangeCollector, type CoChange } from '../../src/core/judge/coupling-history.ts';
import { filesOnly, judge, type Judgement, type JudgeRequest } from '../../src/core/judge/judge.ts';
import { changedPlan } from '../../src/core/judge/plan-change.ts';
import { defaultLimits } from '../../src/core/lint/engine/config.ts';
import { formatFindings } from '../../src/core/lint/engine/format.ts';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { loadPlan } from '../../src/core/plan/load.ts';
import type { Plan, PlanFiles } from '../../src/core/plan/model.ts';
import { overlaps } from '../../src/core/scope/overlap.ts';
import { byCodeUnit } from '../../src/core/text/order.ts';
import { SourceText } from '../../src/core/text/source.ts';
import { judgementSections } from '../../src/core/view/judgement-text.ts';
import { planJson } from '../../src/core/view/plan-json.ts';
import { planText } from '../../src/core/view/plan-text.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';
import { mergePoint, planOf, scope, slice } from './plan-fixture.ts';
import { shuffled } from './plan-shapes.ts';
import { assertEnds } from './cost.ts';

/** Milliseconds of processor time that no plan of this size may take: usual are five. */
const PATIENCE = 2_000;
const dir = 'parallel/TS-9-odd';

const hostile = [
  '../../etc/passwd',
  '/abs/path',
  'C:\\x',
  '\u001B[31mred\u001B[0m',
  'a\nb',
  '__proto__',
  'constructor',
  'toString',
  '',
  ' ',
  '$(touch x)',
  '`id`',
  '\u202Eodd',
  'é',
  'e\u0301',
  'İ',
  '\ud83d',
  '*'.repeat(60),
  'x'.repeat(3_000),
];

const ids = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('A1', 'A2', 'B1', 'B2', 'C1', 'a1') },
  { weight: 1, arbitrary: fc.constantFrom(...hostile) },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
);

/** Files that are there, so that scopes meet them. */
const tree = [
  'package.json',
  'package-lock.json',
  'src/orders/order.ts',
  'src/orders/index.ts',
  'src/stock/stock.ts',
  'src/stock/index.ts',
  'src/index.ts',
  'src/types.ts',
  'src/Types.ts',
  'test/order.test.ts',
  'db/migrations/0001_init.sql',
  'gen/api.gen.ts',
  'app/models.py',
  'we[ir]d/{x}.ts',
];
const texts: Readonly<Record<string, string>> = {
  'src/orders/order.ts':
    "import { Stock } from '../stock/stock.ts';\nexport class Order { total() {} }\nexport class Line {}\n",
  'src/stock/stock.ts': "import '../orders/order.ts';\nexport class Stock {}\nexport function count() {}\n",
  'src/index.ts': "export * from './orders/index.ts';\nexport * from './stock/index.ts';\n",
  'test/order.test.ts': "import '../src/orders/order.ts';\nimport '../src/stock/stock.ts';\n",
  'package.json': '{"name": "x", "main": "../../..", "scripts": {"test": 7}',
  'app/models.py': `from .. import ${'.'.repeat(50)}x\nclass A(:\n`,
};

const paths = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...tree) },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      '**',
      '*',
      'src/**',
      'src/*/*.ts',
      'src/{orders,stock}/**',
      '{a,{b,c}}/**/[!x]?.ts',
      'src/orders/new.ts',
      'db/migrations/0002_next.sql',
      'db/migrations/**',
      'src/orders/order.ts::Order.total',
      'src/orders/order.ts::Order',
      'src/stock/stock.ts::Stock',
      '**/a*b*c*d*e*.ts',
      '{{{{a,b},c},d}',
      '[[[',
      'a/**/b/**/c/**/d',
      '!src/secret/**',
      'dir/',
      './src/index.ts',
      'src//index.ts',
      'src/../src/index.ts',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(...hostile) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);

const estimates = fc.constantFrom(
  '2h',
  '30m',
  '0',
  '-5h',
  'NaN',
  '1e999h',
  '99999999999999999999h',
  '0.0000001m',
  'Infinity',
  'soon',
  '',
);
const commands = fc.constantFrom(
  'npm test',
  'npx mocha test/order.test.ts',
  'rm -rf /',
  "echo 'open",
  'a && && b',
  '$(x)',
  '',
);

/** A task spec as somebody or something wrote it: every value may be nonsense. */
const tasks = fc.record(
  {
    id: ids,
    title: fc.oneof(fc.constantFrom('Orders', 'Stock list', ...hostile), fc.string({ maxLength: 10 })),
    deps: fc.array(ids, { maxLength: 3 }),
    runtimeDeps: fc.array(ids, { maxLength: 1 }),
    workstream: fc.option(fc.constantFrom('WS-A', 'WS-B', 'WS-C', '__proto__', '')),
    create: fc.array(paths, { maxLength: 2 }),
    modify: fc.array(paths, { maxLength: 3 }),
    boundary: fc.array(paths, { maxLength: 2 }),
    contracts: fc.array(fc.constantFrom('contracts/stock.ts', '../../x', 'contracts/none.ts'), { maxLength: 1 }),
    layers: fc.array(fc.constantFrom('core', 'constructor', '__proto__'), { maxLength: 1 }),
    verify: fc.array(commands, { maxLength: 2 }),
    estimate: estimates,
    requirements: fc.constantFrom(
      'uses `Stock` of `src/stock/stock.ts`',
      `reads src/orders/new.ts and ${'a/'.repeat(500)}`,
      '<!-- slicewave-disable-file judge.coupling: no reason -->',
      '```\nnever closed',
    ),
  },
  { noNullPrototype: true },
);
type Task = typeof tasks extends fc.Arbitrary<infer T> ? T : never;

interface World {
  readonly tasks: readonly Task[];
  readonly points: readonly { readonly needs: readonly string[]; readonly unlocks: readonly string[] }[];
  readonly contracts: readonly string[];
  readonly commits: readonly (readonly string[])[];
  readonly keys: readonly number[];
  readonly caseInsensitive: boolean;
}

const worlds: fc.Arbitrary<World> = fc.record({
  tasks: fc.array(tasks, { maxLength: 7 }),
  points: fc.array(fc.record({ needs: fc.array(ids, { maxLength: 2 }), unlocks: fc.array(ids, { maxLength: 2 }) }), {
    maxLength: 2,
  }),
  contracts: fc.array(fc.constantFrom('contracts/stock.ts', '../../x', ''), { maxLength: 2 }),
  commits: fc.array(fc.array(fc.constantFrom(...tree, '../x', '\u001B[2J'), { maxLength: 4 }), { maxLength: 12 }),
  keys: fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
  caseInsensitive: fc.boolean(),
});

const quoted = (list: readonly string[]): string => JSON.stringify(list);

/** The plan's files, as text: what the loader makes of them is part of what is tried. */
function written({ tasks: all, points, contracts }: World): PlanFiles {
  const files = new Map<string, string>();
  all.forEach((task, i) => {
    const entries = (key: string, list: readonly string[]): string =>
      list.map((path) => `- **${key}**: ${path}\n`).join('');
    const front = [
      `id: ${JSON.stringify(task.id)}`,
      `deps: ${quoted(task.deps)}`,
      `runtime_deps: ${quoted(task.runtimeDeps)}`,
      ...(task.workstream === null ? [] : [`workstream: ${JSON.stringify(task.workstream)}`]),
      `contracts: ${quoted(task.contracts)}`,
      `layers: ${quoted(task.layers)}`,
      `verify: ${quoted(task.verify)}`,
      `estimate: ${task.estimate}`,
      'agent: claude',
    ];
    files.set(
      `tasks/task-${String(i + 1).padStart(3, '0')}.md`,
      `---\n${front.join('\n')}\n---\n\n# ${task.id}: ${task.title}\n\n## Scope\n\n${entries('CREATE', task.create)}${entries('MODIFY', task.modify)}${entries('BOUNDARY', task.boundary)}\n## Requirements\n\n${task.requirements}\n`,
    );
  });
  files.set(
    'manifest.json',
    JSON.stringify({
      version: '2',
      tech_spec_id: 'TS-9',
      title: 'Odd',
      waves: [],
      layers: { core: ['src/*.ts', '[[['] },
      workstreams: ['WS-A', 'WS-B', '__proto__'].map((id) => ({ id, name: id, boundary: ['src/**'] })),
      merge_points: points.map((point, i) => ({ id: `MP${i}`, ...point, verify: ['npm test'] })),
      contracts: contracts.map((path) => ({ path, provider: 'A1', consumers: ['B1', 'nobody'] })),
    }),
  );
  for (const path of contracts) files.set(path, 'export interface Stock {}\n');
  return files;
}

function historyOf(commits: World['commits']): CoChange {
  const collector = new CoChangeCollector();
  for (const files of commits) for (let i = 0; i < 3; i++) collector.commit(files);
  return collector.finish();
}

/** The slices in another order; what stands in each stays as it is written. */
function inOtherOrder(plan: Plan, keys: readonly number[]): Plan {
  const written = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const other = shuffled(plan, keys);
  return { ...other, slices: other.slices.map(({ id }) => written.get(id)!) };
}

/** What must not depend on the order in which things were given. Which slice of a pair is `a` does, and nothing else. */
function unordered(found: Judgement, plan: Plan): unknown {
  const pair = ({ a, b, percent, verdict, witness }: Judgement['overlaps'][number]): string =>
    `${[a, b].sort().join('\0')} ${percent} ${verdict} ${witness}`;
  const { missing, crossings, scaffolds } = found.contracts;
  return {
    overlaps: found.overlaps.map(pair).sort(),
    advice: found.advice.map(({ overlap, advice }) => [
      pair(overlap),
      advice.map(({ kind, text, verified, percentAfter, costMinutes }) => [
        kind,
        text,
        verified,
        percentAfter,
        costMinutes,
      ]),
    ]),
    couplings: found.couplings,
    mergePoints: found.mergePoints,
    missing,
    crossings,
    messages: missing.map((one) => missingContractMessage(one, plan)),
    scaffolds,
    makespan: found.graph.makespanMinutes,
    cycles: found.graph.cycles.length,
    agents: found.agents,
    estimator: found.estimator,
    contexts: found.contexts.toSorted((x, y) => byCodeUnit(x.slice, y.slice)),
    leftOut: found.leftOut,
    findings: found.findings,
  };
}

suite('judge: plans that nobody would write', () => {
  let code: Awaited<ReturnType<typeof openCodeReader>>;
  let repository: RepositoryFacts;

  suiteSetup(async () => {
    code = await openCodeReader();
    repository = { ...filesOnly(tree), textOf: (file) => (Object.hasOwn(texts, file) ? texts[file]! : null), code };
  });

  function requestOf(world: World, plan: Plan, files: PlanFiles): JudgeRequest {
    const names = { caseInsensitive: world.caseInsensitive };
    return { plan, files, repository, names, history: historyOf(world.commits) };
  }

  /** Judged, in the processor time there is. */
  function timed(request: JudgeRequest): Judgement {
    let found: Judgement | undefined;
    assertEnds(`${request.plan.slices.length} slices`, PATIENCE, () => (found = judge(request)));
    assert.ok(found);
    return found;
  }

  /** Every finding points into a file that there is, and says the same place in three ways. */
  function placed(found: Judgement, files: PlanFiles): void {
    for (const { file, span, line, column, endLine, endColumn, message, code: rule } of found.findings) {
      assert.ok(file.startsWith(`${dir}/`), `${rule} in ${file}`);
      const text = files.get(file.slice(dir.length + 1)) ?? '';
      const source = new SourceText(file, text);
      assert.ok(0 <= span.start && span.start <= span.end && span.end <= text.length, `${rule} at ${span.start}`);
      assert.deepEqual(
        [source.position(span.start), source.position(span.end)],
        [
          { line, column },
          { line: endLine, column: endColumn },
        ],
        rule,
      );
      assert.ok(message.length > 0 && message.length <= 1_000);
    }
  }

  /** Advice that says it was tried is tried again, on the plan as a whole. */
  function kept(found: Judgement, { plan, names = {} }: JudgeRequest): void {
    for (const { overlap, advice } of found.advice) {
      for (const { change, verified, percentAfter, kind, text } of advice) {
        assert.ok(text !== '' && Number.isFinite(percentAfter));
        if (!verified) continue;
        const after = changedPlan(plan, change);
        const graph = planGraph(after);
        assert.ok(graph.cycles.length <= found.graph.cycles.length, `${kind}: ${text}`);
        const both = overlaps(after, graph, tree, names).find(
          ({ a, b }) => [a, b].sort().join('\0') === [overlap.a, overlap.b].sort().join('\0'),
        );
        assert.ok(!both || both.percent < defaultLimits.parallelBelow, `${kind}: ${text}: ${both?.percent} %`);
      }
    }
  }

  /** Nothing that a plan or a file name holds may move a terminal's cursor, colour it or turn text round. */
  function harmless(text: string): void {
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    const odd = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.exec(text);
    assert.equal(odd, null, JSON.stringify(text.slice(Math.max(0, (odd?.index ?? 0) - 80), (odd?.index ?? 0) + 20)));
  }

  test('nothing throws, every finding has a place, advice keeps its word, and order does not matter', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const files = written(world);
        const { plan, findings } = loadPlan(files, dir);
        if (!plan) return;
        const request = requestOf(world, plan, files);
        const found = timed(request);
        // What is known of the plan already saves work, and changes nothing.
        assert.deepEqual(judge({ ...request, loadFindings: findings }).findings, found.findings);
        placed(found, files);
        kept(found, request);
        assert.deepEqual(judge(request), found);
        for (const minutes of [found.graph.makespanMinutes, ...[...found.estimates.values()].map((one) => one.minutes)])
          assert.ok(Number.isFinite(minutes) && minutes >= 0, `${minutes} minutes`);

        const turned = judge({
          ...request,
          plan: inOtherOrder(plan, world.keys),
          files: new Map([...files].toReversed()),
          repository: { ...repository, files: tree.toReversed() },
        });
        assert.deepEqual(unordered(turned, plan), unordered(found, plan));

        harmless(
          planText(plan, found.graph, found.overlaps, {
            ascii: true,
            sections: judgementSections(found, plan, { drafts: 'x' }),
            advice: found.advice,
            proposals: found.mergePoints,
            estimates: found.estimates,
            estimator: found.estimator,
          }),
        );
        harmless(formatFindings(found.findings, { textOf: (file) => files.get(file.slice(dir.length + 1)) }));
        JSON.stringify(planJson(plan, found.graph, found.overlaps, found.findings, { judgement: found }));
      }),
      { numRuns: 120 },
    );
  });

  const scopes = fc.record({
    create: fc.array(paths, { maxLength: 2 }),
    modify: fc.array(paths, { maxLength: 3 }),
    boundary: fc.array(fc.option(paths, { freq: 8 }), { maxLength: 2 }),
  });
  const slices = fc.record({
    id: ids,
    title: fc.constantFrom('Orders', ...hostile),
    deps: fc.array(ids, { maxLength: 3 }),
    runtimeDeps: fc.array(ids, { maxLength: 1 }),
    workstream: fc.constantFrom(null, 'WS-A', 'WS-B', 'nobody', 'a\nb'),
    contracts: fc.array(fc.constantFrom('contracts/stock.ts', '../../x'), { maxLength: 1 }),
    layers: fc.array(fc.constantFrom('core', '__proto__'), { maxLength: 1 }),
    verify: fc.array(commands, { maxLength: 1 }),
    estimateMinutes: fc.constantFrom(120, 0, -60, Number.NaN, Infinity, 1e300, 0.5),
    scope: scopes.map(scope),
  });
  const points = fc.record({ needs: fc.array(ids, { maxLength: 3 }), unlocks: fc.array(ids, { maxLength: 2 }) });

  test('a plan that no loader would let through is judged all the same', () => {
    fc.assert(
      fc.property(fc.array(slices, { maxLength: 6 }), fc.array(points, { maxLength: 2 }), (all, gates) => {
        const plan = planOf(
          all.map(({ id, ...given }, i) => slice(id, { ...given, file: `${dir}/tasks/task-${i}.md` })),
          {
            dir,
            mergePoints: gates.map(({ needs, unlocks }, i) => mergePoint(`MP${i}`, needs, unlocks)),
            contracts: [
              { path: 'contracts/stock.ts', target: 'src/types.ts', provider: 'A1', consumers: ['B1', 'nobody'] },
              { path: '../../x', target: null, provider: null, consumers: [] },
            ],
            layers: { core: ['src/**', '[[[', ''] },
          },
        );
        const request = { plan, files: new Map<string, string>(), repository };
        const found = timed(request);
        placed(found, request.files);
        assert.deepEqual(judge(request), found);
        for (const { advice } of found.advice) for (const { change } of advice) changedPlan(plan, change);
        const { advice } = found;
        // What shows a plan may rely on the loader for this much: each id once.
        if (new Set(all.map(({ id }) => id)).size < all.length) return;
        const sections = judgementSections(found, plan);
        harmless(planText(plan, found.graph, found.overlaps, { ascii: false, sections, advice }));
        JSON.stringify(planJson(plan, found.graph, found.overlaps, found.findings, { judgement: found }));
      }),
      { numRuns: 80 },
    );
  });
});
