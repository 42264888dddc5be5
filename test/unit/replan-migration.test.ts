import assert from 'node:assert/strict';
import { withWaves } from '../../src/core/manifest/migrate.ts';
import { readManifest } from '../../src/core/manifest/read.ts';
import { loadPlan } from '../../src/core/plan/load.ts';
import type { Plan } from '../../src/core/plan/model.ts';

const dir = 'parallel/TS-1-old';
const task = (id: string, deps: readonly string[]): string =>
  `---\nid: ${id}\ndeps: [${deps.join(', ')}]\nverify: ["true"]\n---\n\n# ${id}: Title\n\n## Scope\n\nCREATE: src/${id}.py\nBOUNDARY: src/a.py\n`;

/** Shapes of real manifests of the older form. */
const shapes: Readonly<Record<string, unknown>> = {
  'waves as a list of objects and of ids': {
    version: '1.0',
    created_at: '2025-03-01',
    tech_spec: { id: 'TS-0001', path: 'tech-specs/TS-0001-list.spec.md', title: 'List', status: 'approved' },
    technology: 'python',
    dependencies: { python: { add: ['pydantic==2.5.3'] } },
    tasks: {
      total: 3,
      max_parallel: 2,
      waves: [
        {
          wave: 1,
          name: 'Foundation',
          tasks: [{ id: 'task-001', agent: 'dev:coder', file: 'tasks/task-001-models.md', priority: 'high' }],
          validation: "python -c 'import x'",
        },
        { wave: 2, parallel: true, tasks: ['task-002', 'task-003'] },
      ],
    },
    metadata: { generated_by: 'cpo' },
  },
  'waves as a map': {
    version: 2,
    tech_spec: 'tech-specs/TS-0002-map.md',
    tech_spec_id: 'INV-2',
    title: 'Map',
    tasks: {
      total: 3,
      waves: {
        wave_1: ['task-001-models'],
        wave_2: { tasks: ['task-002-api', 'task-003-ui'], validation: 'true', note: 'after lunch' },
      },
    },
    integration: { status: 'pending' },
  },
  'waves as a number, and a list of files': {
    version: '1.0',
    tech_spec: { id: 'TS-3', title: 'Files', path: 'specs/a.md', file: 'specs/b.md' },
    title: 'Another title',
    metadata: 'written by hand',
    tasks: {
      total: 3,
      waves: 2,
      files: [
        { file: 'task-001-models.md', wave: 1, agent: 'x:y', skills: ['s'] },
        { id: 'task-002', file: 'tasks/task-002-api.md', wave: 2 },
        'tasks/task-003-ui.md',
      ],
    },
    owner: 'kim',
  },
};

function load(manifest: string): Plan {
  const files = new Map([
    ['manifest.json', manifest],
    ['tasks/task-001-models.md', task('task-001', [])],
    ['tasks/task-002-api.md', task('task-002', ['task-001'])],
    ['tasks/task-003-ui.md', task('task-003', ['task-001'])],
  ]);
  const { plan } = loadPlan(files, dir);
  assert.ok(plan);
  return plan;
}

function leaves(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)];
  return Object.values(value).flatMap(leaves);
}

suite('the manifest of the older form', () => {
  for (const [name, shape] of Object.entries(shapes)) {
    for (const [indent, newline] of [
      ['  ', '\n'],
      ['\t', '\r\n'],
    ] as const) {
      test(`${name} is migrated without loss (${JSON.stringify(newline)})`, () => {
        const text = JSON.stringify(shape, null, indent).replaceAll('\n', newline);
        const edit = readManifest(text, 'manifest.json').findings.find(({ code }) => code === 'manifest.legacy')?.fix
          ?.edits[0];
        assert.ok(edit);
        const { manifest, findings } = readManifest(edit.text, 'manifest.json');
        assert.equal(manifest?.form, 'current');
        assert.deepEqual(
          findings.filter(({ code }) => code !== 'manifest.unpinned'),
          [],
        );
        assert.equal(edit.text.includes('\r'), newline === '\r\n');

        // Counts are recomputed, and the name of a task spec's file says no more than the slice's id.
        const found = new Set(leaves(JSON.parse(edit.text)));
        const lost = leaves(shape).filter(
          (leaf) => !found.has(leaf) && !/^(?:tasks\/)?task-00\d[\w-]*\.md$|^\d$/.test(leaf),
        );
        assert.deepEqual(lost, []);

        const [before, after] = [load(text), load(edit.text)];
        assert.deepEqual(
          after.slices.map(({ id, deps, agent }) => [id, deps, agent]),
          before.slices.map(({ id, deps, agent }) => [id, deps, agent]),
        );
        assert.deepEqual(after.waveChecks, before.waveChecks);
        assert.equal(after.title, before.title);
      });
    }
  }

  test('a list of files without waves gets those of its dependencies; waves that are there stay', () => {
    const current = (...waves: readonly object[]): string =>
      `${JSON.stringify({ tech_spec_id: 'TS-1', waves, owner: 'kim' }, null, '\t')}\n`;
    const [a, b, c] = [{ id: 'a', agent: 'x:y' }, { id: 'b' }, { id: 'c' }];
    const order = new Map([
      ['a', 2],
      ['b', 1],
    ]);
    const waveOf = (id: string): number | null => order.get(id) ?? null;
    assert.equal(
      withWaves(current({ number: 1, tasks: [a, b, c] }), waveOf),
      current({ number: 1, tasks: [b, c] }, { number: 2, tasks: [a] }),
    );
    for (const text of [
      current({ number: 1, tasks: [a] }, { number: 2, tasks: [b] }),
      current({ number: 1, tasks: [a, b], validation: 'true' }),
      current({ number: 1, tasks: [b, c] }),
      current(),
    ])
      assert.equal(withWaves(text, waveOf), text);
  });
});
