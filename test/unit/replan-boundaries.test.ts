import assert from 'node:assert/strict';
import type { Proposal, ProposedSlice } from '../../src/core/plan/proposal.ts';
import { applyOperations, type Operation } from '../../src/core/replan/operations.ts';
import { proposedSlice } from '../../src/core/replan/proposal-of.ts';
import { editTaskSpec } from '../../src/core/replan/task-text.ts';
import { loadPlan } from '../../src/core/plan/load.ts';
import { readTaskSpec } from '../../src/core/task/read.ts';

function slice(id: string, more: Partial<ProposedSlice>): ProposedSlice {
  const none = { requirements: [], checklist: [], verify: ['true'], contracts: [], stop: [], deps: [] };
  return {
    id,
    title: id,
    workstream: null,
    create: [],
    modify: [],
    boundary: [],
    estimate: '1h',
    agent: null,
    ...none,
    ...more,
  };
}

function after(slices: readonly ProposedSlice[], operation: Operation): ProposedSlice | undefined {
  const proposal: Proposal = {
    slices: [...slices],
    workstreams: [],
    merge_points: [],
    contracts: [],
    setup: [],
    conventions: null,
  };
  const applied = applyOperations(proposal, [operation], { repoFiles: [], taken: new Set() });
  if (!applied.ok) throw new Error(applied.failure.message);
  return applied.value.proposal.slices[0];
}

/** Re-planning must not grant what nobody asked for. */
suite('boundaries of re-planned slices', () => {
  const merge: Operation = { kind: 'merge', ids: ['A1', 'B1'], as: null };
  const rescope = (...modify: readonly string[]): Operation => ({
    kind: 'rescope',
    id: 'A1',
    create: [],
    modify,
    remove: [],
  });

  test('what a slice excepts from its own globs stays excepted when it is merged', () => {
    const a = slice('A1', { modify: ['src/**'], boundary: ['src/gen/**', 'docs/**', 'ci.yml'] });
    assert.deepEqual(after([a, slice('B1', { modify: ['docs/**'] })], merge)?.boundary, ['src/gen/**', 'ci.yml']);
    const wide = slice('B1', { modify: ['src/gen/x.ts'] });
    assert.deepEqual(after([a, wide], merge)?.boundary, ['docs/**', 'ci.yml']);
    const same = slice('B1', { modify: ['src/**'], boundary: ['src/gen/**'] });
    assert.deepEqual(after([a, same], merge)?.boundary, ['src/gen/**', 'docs/**', 'ci.yml']);
  });

  test('a boundary goes when what is behind it is given, not when a wider glob is', () => {
    const a = slice('A1', { modify: ['a.ts'], boundary: ['src/gen/**', 'src/app.ts', 'b.ts::Key'] });
    assert.deepEqual(after([a], rescope('src/app.ts'))?.boundary, ['src/gen/**', 'b.ts::Key']);
    assert.deepEqual(after([a], rescope('src/**'))?.boundary, a.boundary);
    assert.deepEqual(after([a], rescope('src/gen/one.ts'))?.boundary, ['src/app.ts', 'b.ts::Key']);
    assert.deepEqual(after([a], rescope('b.ts::Other'))?.boundary, a.boundary);
    assert.deepEqual(after([a], rescope('b.ts::Key.get'))?.boundary, ['src/gen/**', 'src/app.ts']);
    const excepted = slice('A1', { modify: ['src/**'], boundary: ['src/gen/**'] });
    assert.throws(() => after([excepted], rescope('src/gen/one.ts')), /exception from what it writes/);
  });

  test('a boundary that is added stands under BOUNDARY, not behind an exception', () => {
    const text =
      '---\nid: A1\n---\n\n# A1: x\n\n## Scope\n\nMODIFY:\n- `src/**` (mine)\n- `!src/gen/**`\n\n## Requirements\n\n- It works\n';
    const files = new Map([
      [
        'manifest.json',
        JSON.stringify({ tech_spec_id: 'TS-1', name: 'x', waves: [{ number: 1, tasks: [{ id: 'A1' }] }] }),
      ],
      ['tasks/task-001.md', text],
    ]);
    const read = loadPlan(files, 'parallel/TS-1-x').plan?.slices[0];
    assert.ok(read);
    const before = proposedSlice(read);
    const edited = editTaskSpec(text, 'task.md', before, { ...before, boundary: [...before.boundary, 'docs/**'] });
    assert.ok(edited !== null, 'it is edited in place');
    assert.match(edited, /- `src\/\*\*` \(mine\)\n- `!src\/gen\/\*\*`\n\nBOUNDARY:\n- `docs\/\*\*`\n/);
    assert.deepEqual(
      readTaskSpec(edited, 'task.md').task.scope.boundary.map((entry) => entry.path),
      ['docs/**', 'src/gen/**'],
    );
  });

  test('ids and dependencies that read as numbers are left as they were written', () => {
    const text =
      '---\nid: 001\ndeps: [1.10, 1e3] # both\nestimate: 90\n---\n\n# x\n\n## Scope\n\nMODIFY: a.ts\nBOUNDARY: docs/**\n';
    const other = (id: string) => `---\nid: ${id}\n---\n\n# x\n\n## Scope\n\nCREATE: ${id}.ts\n`;
    const files = new Map([
      ['manifest.json', JSON.stringify({ tech_spec_id: 'TS-1', name: 'x', waves: [{ number: 1, tasks: [] }] })],
      ['tasks/001.md', text],
      ...['1.10', '1e3', '1.2'].map((id): [string, string] => [`tasks/${id}.md`, other(id)]),
    ]);
    const read = loadPlan(files, 'parallel/TS-1-x').plan?.slices.find(({ id }) => id === '001');
    assert.deepEqual(read?.deps, ['1.10', '1e3']);
    const before = proposedSlice(read);
    const edited = editTaskSpec(text, 'task.md', before, { ...before, deps: ['1.10', '1.2'] });
    assert.match(edited ?? '', /^---\nid: 001\ndeps: \[1\.10, "?1\.2"?\] # both\nestimate: 90\n---\n/);
  });
});
