import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { filesOnly, judge } from '../../src/core/judge/judge.ts';
import type { Proposal } from '../../src/core/plan/proposal.ts';
import { planSkeleton } from '../../src/core/decompose/skeleton.ts';
import { planFiles, planName } from '../../src/core/decompose/write.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { loadPlan } from '../../src/core/plan/load.ts';
import type { PlanFiles } from '../../src/core/plan/model.ts';
import { readSpec } from '../../src/core/spec/read.ts';
import { decomposed, inventory, planned, proposed } from '../decompose-fixture.ts';

const root = path.join(import.meta.dirname, '../..');
const example = inventory();
const { specPath } = example;

function decomposeExample(repoFiles = example.repoFiles) {
  const manifest = example.texts.get('package.json') ?? '';
  return decomposed({ ...example, repoFiles, texts: new Map([['package.json', manifest]]) });
}

/** Compares with the files kept under test/golden; `UPDATE_GOLDEN=1` rewrites them. */
function golden(name: string, files: PlanFiles, chosen: readonly string[]): void {
  for (const file of chosen) {
    const kept = path.join(root, 'test/golden', name, file);
    const text = files.get(file);
    assert.ok(text !== undefined, `${file} was not written`);
    if (process.env['UPDATE_GOLDEN']) {
      mkdirSync(path.dirname(kept), { recursive: true });
      writeFileSync(kept, text);
    }
    assert.equal(text, readFileSync(kept, 'utf8'), file);
  }
}

const emptySpec = readSpec('---\nid: TS-7\ntitle: "A: b"\n---\n\n# A: b\n\n## Outcome\n\n- x\n', 'specs/s.md').spec;
const place = { spec: emptySpec, specPath: 'specs/s.md', dirName: 'TS-7-x' };

function write(proposal: Proposal): PlanFiles {
  return planFiles({ proposal, ...place });
}

suite('plan directory: the example', () => {
  test('its spec becomes a plan without a finding', () => {
    const { files, findings, proposal, plan, loaded, dirName } = decomposeExample();
    assert.equal(dirName, 'TS-0042-inventory');
    assert.deepEqual(findings, []);
    assert.deepEqual(
      loaded.map((finding) => `${finding.file}:${finding.line} ${finding.code} ${finding.message}`),
      [],
    );
    const graph = planGraph(plan);
    assert.deepEqual(
      judge({ plan, files, repository: filesOnly(example.repoFiles) }).findings.map(({ code }) => code),
      ['judge.merge-point', 'judge.merge-point'],
    );
    assert.ok(proposal.slices.length >= 8 && graph.waves.length >= 3 && plan.mergePoints.length >= 1);
  });

  test('looks as it did', () => {
    golden('decompose-inventory', decomposeExample().files, [
      'manifest.json',
      'tasks/task-001-product-catalogue.md',
      'tasks/task-010-routes-of-the-service.md',
      'prompts/task-005.txt',
      'architecture.md',
      'test-plan.md',
    ]);
  });

  test('has all the files of a plan directory', () => {
    const names = [...decomposeExample().files.keys()];
    for (const name of [
      'manifest.json',
      'context.md',
      'conventions.md',
      'architecture.md',
      'task-graph.md',
      'test-plan.md',
      'contracts/inventory.ts',
      'prompts/agent-prompts.md',
    ]) {
      assert.ok(names.includes(name), name);
    }
    assert.equal(names.filter((name) => /^tasks\/task-\d{3}-.+\.md$/.test(name)).length, 11);
    assert.equal(names.filter((name) => /^prompts\/task-\d{3}\.txt$/.test(name)).length, 11);
    assert.ok(!names.includes('integration-report.md'));
  });

  test('the same spec and files give the same bytes, in whatever order the files come', () => {
    const files = example.repoFiles;
    const first = [...decomposeExample(files).files];
    assert.deepEqual([...decomposeExample(files).files], first);
    assert.deepEqual([...decomposeExample(files.toReversed()).files], first);
  });

  test('names are derived from the file, or from id and title', () => {
    const { spec } = decomposeExample();
    assert.equal(planName(spec, specPath), 'TS-0042-inventory');
    assert.equal(planName(spec, 'docs/shop.md'), 'TS-0042-inventory-with-stock-orders-and-reports');
    assert.equal(planName({ ...spec, id: null }, 'docs/Größe des Lagers.md'), 'grosse-des-lagers');
    assert.equal(planName({ ...spec, id: null, title: 'Returns' }, 'docs/spec.md'), 'returns');
    assert.equal(planName({ ...spec, id: null, title: '???' }, 'docs/spec.md'), 'spec');
  });
});

suite('plan directory: writing', () => {
  test('contracts are stored in the plan, once each, with their place in the repository', () => {
    const contract = (file: string) => ({ path: file, language: 'ts', content: `// ${file}\n`, consumers: ['A1'] });
    const files = write(
      proposed({
        slices: [
          {
            id: 'A1',
            title: 'x',
            create: ['a.ts'],
            boundary: ['b.ts'],
            verify: ['make'],
            contracts: ['src/b/types.ts', 'types.ts'],
          },
        ],
        contracts: [
          contract('src/a/types.ts'),
          contract('src/b/types.ts'),
          contract('types.ts'),
          contract('contracts/api.yaml'),
        ],
      }),
    );
    const { plan } = loadPlan(files, 'parallel/TS-7-x');
    assert.deepEqual(
      plan?.contracts.map((entry) => [entry.path, entry.target]),
      [
        ['contracts/types.ts', 'src/a/types.ts'],
        ['contracts/src-b-types.ts', 'src/b/types.ts'],
        ['contracts/2-types.ts', null],
        ['contracts/api.yaml', null],
      ],
    );
    assert.deepEqual(plan?.slices[0]?.contracts, ['contracts/src-b-types.ts', 'contracts/2-types.ts']);
    assert.equal(files.get('contracts/src-b-types.ts'), '// src/b/types.ts\n');
  });

  test('ids that read like file names are kept as file names', () => {
    const names = (ids: string[]) =>
      [
        ...write(
          proposed({ slices: ids.map((id) => ({ id, title: 'One thing', create: [`${id}.ts`], verify: ['make'] })) }),
        ).keys(),
      ].filter((name) => /^(tasks|prompts\/task)/.test(name));
    assert.deepEqual(names(['task-002', 'task-007-b']), [
      'prompts/task-002.txt',
      'prompts/task-007.txt',
      'tasks/task-002-one-thing.md',
      'tasks/task-007-b.md',
    ]);
    assert.deepEqual(names(['task-1', 'B']), [
      'prompts/task-001.txt',
      'prompts/task-002.txt',
      'tasks/task-001-one-thing.md',
      'tasks/task-002-one-thing.md',
    ]);
  });

  test('a cycle is written down, so that its finding has a place', () => {
    const { files, plan } = planned(
      proposed({
        slices: ['A', 'B'].map((id, i) => ({ id, title: id, deps: ['BA'[i]], create: [`${id}.ts`], verify: ['make'] })),
      }),
      place,
    );
    const codes = judge({ plan, files, repository: filesOnly([]) }).findings.map((finding) => finding.code);
    assert.ok(codes.includes('plan.cycle'));
  });

  test('the time is written only when it is given', () => {
    const proposal = proposed({ slices: [{ id: 'A', title: 'A', create: ['a'], verify: ['make'] }] });
    assert.ok(!write(proposal).get('manifest.json')?.includes('generated_at'));
    const stamped = planFiles({
      proposal,
      spec: emptySpec,
      specPath: 's.md',
      dirName: 'x',
      generatedAt: '2026-01-02T03:04:05Z',
    });
    assert.ok(stamped.get('manifest.json')?.includes('"generated_at": "2026-01-02T03:04:05Z"'));
  });

  test('whatever a proposal says comes back when the plan is read', () => {
    const nasty = fc.constantFrom(
      '```',
      '# x',
      '- [ ] y',
      '<!--',
      'CREATE: evil.ts',
      '---',
      'a: b',
      '"',
      "'",
      '`npm test` passes not',
      '{{}}',
      '=== CONTEXT ===',
      '| a |',
      '> q',
      '1. x',
      '\\',
      'ä 🙂',
    );
    const prose = fc
      .array(
        fc.oneof(
          nasty,
          fc.lorem({ maxCount: 4 }),
          fc.string({ minLength: 1 }).filter((text) => /\S/.test(text)),
        ),
        { minLength: 1, maxLength: 3 },
      )
      .map((parts) => parts.join(' '));
    const slices = fc.array(
      fc.record({
        title: prose,
        requirements: fc.array(prose, { maxLength: 3 }),
        checklist: fc.array(
          prose.map((text) => `that ${text.replaceAll('`', '')}`),
          { maxLength: 3 },
        ),
        stop: fc.array(prose, { maxLength: 2 }),
        minutes: fc.integer({ min: 1, max: 600 }),
        dep: fc.nat(),
        workstream: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(slices, (list) => {
        const proposal = proposed({
          slices: list.map((slice, i) => ({
            id: `S${i + 1}`,
            title: slice.title,
            workstream: slice.workstream ? 'WS-A' : null,
            deps: i > 0 ? [`S${(slice.dep % i) + 1}`] : [],
            create: [`src/${i}/new file.ts`, `src/${i}/[id]/{a,b}.ts`],
            modify: ['README.md'].filter(() => i === 0).map((name) => `${name}::Part.one`),
            boundary: ['lib/**'],
            requirements: slice.requirements,
            checklist: slice.checklist,
            verify: [`node --test "test/${i}: x # y.ts"`],
            estimate: `${slice.minutes}m`,
            stop: slice.stop,
          })),
          workstreams: [{ id: 'WS-A', name: 'All', boundary: ['src/**'] }],
        });
        const { plan, loaded } = planned(proposal, place);
        assert.deepEqual(
          loaded
            .filter((finding) => finding.severity === 'error')
            .map((finding) => `${finding.file}:${finding.line} ${finding.message}`),
          [],
        );
        const order = proposal.slices.map((slice) => slice.id);
        const read = plan.slices.toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
        assert.deepEqual(
          read.map((slice) => ({
            id: slice.id,
            title: slice.title,
            workstream: slice.workstream,
            deps: slice.deps,
            create: slice.scope.create.map((entry) => entry.path),
            modify: slice.scope.modify.map((entry) => [entry.path, entry.symbol]),
            boundary: slice.scope.boundary.map((entry) => entry.path),
            verify: slice.verify,
            minutes: slice.estimateMinutes,
            checklist: slice.task.checklist.length,
          })),
          proposal.slices.map((slice, i) => ({
            id: slice.id,
            title: slice.title,
            workstream: slice.workstream,
            deps: slice.deps,
            create: slice.create,
            modify: slice.modify.map((entry) => entry.split('::')),
            boundary: slice.boundary,
            verify: slice.verify,
            minutes: list[i]?.minutes,
            checklist: slice.checklist.length + 1,
          })),
        );
        assert.ok(read.every((slice) => slice.stop.length >= 4));
      }),
      { numRuns: 60 },
    );
  });

  test('an empty plan for `init` loads', () => {
    const { plan, findings } = loadPlan(
      planSkeleton({ name: 'x', techSpecId: 'TS-1', specPath: null, title: null, technology: null }),
      'parallel/x',
    );
    assert.equal(plan?.techSpecId, 'TS-1');
    assert.deepEqual(
      findings.filter((finding) => finding.severity === 'error'),
      [],
    );
  });
});

suite('plan directory: judging', () => {
  const codes = (slices: readonly object[], repoFiles: readonly string[] = []) => {
    const { files, plan } = planned(
      proposed({ slices: slices.map((slice) => ({ title: 'x', boundary: ['zzz/**'], verify: ['make'], ...slice })) }),
      place,
    );
    return judge({ plan, files, repository: filesOnly(repoFiles) })
      .findings.filter(({ severity }) => severity !== 'hint')
      .map((finding) => `${finding.severity} ${finding.code}`);
  };

  test('a sound plan has no findings', () => {
    assert.deepEqual(
      codes([
        { id: 'A', create: ['a.ts'] },
        { id: 'B', deps: ['A'], modify: ['a.ts'] },
      ]),
      [],
    );
  });

  test('slices that may run at once and write the same', () => {
    const a = { id: 'A', modify: ['src/1', 'src/2', 'src/3', 'src/4', 'src/5', 'src/6'] };
    const repo = [...a.modify, 'lib/1', 'lib/2', 'lib/3', 'lib/4', 'lib/5', 'lib/6', 'lib/7', 'lib/8'];
    const b = (shared: number, own: number) => ({
      id: 'B',
      modify: [...a.modify.slice(0, shared), ...repo.slice(6, 6 + own)],
    });
    assert.deepEqual(codes([a, b(4, 4)], repo), ['warning plan.overlap']);
    assert.deepEqual(codes([a, b(2, 4)], repo), ['warning plan.overlap']);
    assert.deepEqual(codes([a, b(1, 8)], repo), ['warning plan.modify-together']);
    assert.deepEqual(codes([a, { ...b(4, 4), deps: ['A'] }], repo), []);
    assert.deepEqual(
      codes(
        [
          { id: 'A', modify: ['x::A'] },
          { id: 'B', modify: ['x::B'] },
        ],
        ['x'],
      ),
      [],
    );
    assert.deepEqual(
      codes(
        [
          { id: 'A', modify: ['x::A'] },
          { id: 'B', modify: ['x::A.b'] },
        ],
        ['x'],
      ),
      ['warning plan.overlap'],
    );
  });

  test('created twice, created though it exists, modified though it does not', () => {
    assert.deepEqual(
      codes([
        { id: 'A', create: ['a.ts'] },
        { id: 'B', deps: ['A'], create: ['a.ts'] },
      ]),
      ['error plan.create-twice'],
    );
    const globs = (deps: readonly string[]) =>
      codes([
        { id: 'A', create: ['src/**'] },
        { id: 'B', deps: [...deps], create: ['src/b.ts'] },
      ]);
    assert.deepEqual(globs(['A']), ['info plan.create-may-meet']);
    assert.deepEqual(globs([]), ['error plan.create-twice']);
    assert.deepEqual(codes([{ id: 'A', create: ['a.ts'] }], ['a.ts']), ['warning task.create-exists']);
    assert.deepEqual(codes([{ id: 'A', modify: ['a.ts'] }], ['b.ts']), ['warning task.modify-nothing']);
  });

  test('without files, without a check, and with a boundary around its own files', () => {
    assert.deepEqual(codes([{ id: 'A' }]), ['error task.scope-missing']);
    assert.deepEqual(codes([{ id: 'A', create: ['a'], verify: [] }]), [
      'info plan.wave-unvalidated',
      'warning task.checklist-not-executable',
    ]);
    assert.deepEqual(codes([{ id: 'A', create: ['a/b'], boundary: ['a/**'] }]), ['warning task.boundary-overlap']);
    assert.deepEqual(codes([{ id: 'A', create: ['a'], verify: ['make | tee log'] }]), [
      'warning task.check-needs-shell',
    ]);
  });
});
