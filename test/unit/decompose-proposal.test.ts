import assert from 'node:assert/strict';
import { formatEstimate, proposalJsonSchema, readProposal } from '../../src/core/plan/proposal.ts';
import { parseEstimate } from '../../src/core/text/estimate.ts';

suite('proposal', () => {
  test('the least an agent may answer is filled up', () => {
    const read = readProposal({ slices: [{ id: 'A1', title: ' One ', workstream: null }] });
    assert.ok('proposal' in read);
    assert.deepEqual(read.proposal, {
      slices: [
        {
          id: 'A1',
          title: 'One',
          workstream: null,
          deps: [],
          create: [],
          modify: [],
          boundary: [],
          requirements: [],
          checklist: [],
          verify: [],
          estimate: '2h',
          agent: null,
          contracts: [],
          stop: [],
        },
      ],
      workstreams: [],
      merge_points: [],
      contracts: [],
      setup: [],
      conventions: null,
    });
  });

  test('what is wrong is named with its place', () => {
    const read = readProposal({
      slices: [
        { id: '../x', title: '' },
        { id: 'A1', title: 'x', estimate: 'soon', deps: 'A2', create: ['../x'] },
      ],
      merge_points: [{ id: 'x'.repeat(61) }],
    });
    assert.ok('problems' in read);
    assert.deepEqual(read.problems, [
      'slices.0.id ("../x"): is no id: letters and digits, with - and _ between them',
      'slices.0.title (of ../x): must not be empty',
      'slices.1.deps (of A1, "A2"): expected array, received string',
      'slices.1.create.0 (of A1, "../x"): is not a path inside the repository',
      'slices.1.estimate (of A1, "soon"): is no working time: 2h, 90m or 1h30m',
      `merge_points.0.id ("${'x'.repeat(61)}"): is longer than 60 characters`,
    ]);
    for (const value of [null, [], 'x', {}, { slices: [] }]) assert.ok('problems' in readProposal(value));
  });

  test('the JSON Schema is strict: every object is closed and requires all it has', () => {
    let objects = 0;
    const walk = (node: unknown): void => {
      if (Array.isArray(node)) return node.forEach(walk);
      if (typeof node !== 'object' || node === null) return;
      if ('type' in node && node.type === 'object' && 'properties' in node) {
        objects++;
        const closed = node as { properties: object; required?: unknown; additionalProperties?: unknown };
        assert.equal(closed.additionalProperties, false);
        assert.deepEqual(closed.required, Object.keys(closed.properties));
      }
      Object.values(node).forEach(walk);
    };
    walk(proposalJsonSchema());
    assert.equal(objects, 5);
    assert.ok(JSON.stringify(proposalJsonSchema()).includes('"merge_points"'));
  });

  test('estimates come back as they were written', () => {
    assert.deepEqual([30, 60, 90, 120, 500].map(formatEstimate), ['30m', '1h', '1h30m', '2h', '8h20m']);
    for (const minutes of [1, 59, 60, 61, 119, 240]) assert.equal(parseEstimate(formatEstimate(minutes)), minutes);
  });
});
