import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { whatIf } from '../../src/core/plan/schedule.ts';
import { overlaps } from '../../src/core/scope/overlap.ts';
import { taskGraphMarkdown } from '../../src/core/plan/task-graph.ts';
import { planJson } from '../../src/core/view/plan-json.ts';
import { planText } from '../../src/core/view/plan-text.ts';
import { mergePoint, planOf, scope, slice } from './plan-fixture.ts';

/** Compares with `test/golden/<name>`; `UPDATE_GOLDEN=1` writes it. */
function golden(name: string, text: string): void {
  const file = join(import.meta.dirname, '..', 'golden', name);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'));
}

const FILES = Array.from({ length: 10 }, (_, i) => `src/shared/${i}.ts`);

function shop(): Plan {
  return planOf(
    [
      slice('A1', {
        title: 'Product model',
        workstream: 'WS-A',
        estimateMinutes: 120,
        scope: scope({ create: ['src/products/model.ts'] }),
      }),
      slice('A2', {
        title: 'Product catalogue',
        workstream: 'WS-A',
        estimateMinutes: 90,
        scope: scope({ create: ['src/products/catalogue.ts'], modify: ['src/shared/[0-4].ts'] }),
      }),
      slice('B1', {
        title: 'Stock ledger',
        workstream: 'WS-B',
        estimateMinutes: 60,
        scope: scope({ create: ['src/stock/ledger.ts'] }),
      }),
      slice('B2', {
        title: 'Reservations',
        workstream: 'WS-B',
        deps: ['A1'],
        estimateMinutes: 45,
        scope: scope({ modify: ['src/shared/[3-9].ts'] }),
      }),
      slice('C1', {
        title: 'Orders, from the basket to the last confirmed delivery note',
        estimateMinutes: 240,
        scope: scope({ modify: ['src/orders/**'] }),
      }),
      slice('C2', {
        title: 'Order | "report" <b>',
        deps: ['A1'],
        estimateMinutes: 30,
        scope: scope({ modify: ['src/orders/report*.ts'] }),
      }),
      slice('D1', { title: 'Docs', deps: ['C1', 'C2'], estimateMinutes: 15 }),
    ],
    { title: 'Inventory service', mergePoints: [mergePoint('MP1', ['A2', 'B2'], ['C1'])] },
  );
}

function tangled(): Plan {
  return planOf([
    slice('A', { deps: ['C'] }),
    slice('B', { deps: ['A'] }),
    slice('C', { deps: ['B'] }),
    slice('D', { deps: ['C'] }),
    slice('E', { title: '\u001b[2J\u202eevil\r\nname' }),
  ]);
}

suite('plan text', () => {
  test('ASCII', () => {
    const graph = planGraph(shop());
    const text = planText(shop(), graph, overlaps(shop(), graph, FILES), { ascii: true });
    // oxlint-disable-next-line no-control-regex -- what is not ASCII is what this looks for
    assert.ok(/^[\x00-\x7f]*$/.test(text));
    golden('plan-ascii.txt', text);
  });

  test('Unicode', () => {
    const graph = planGraph(shop());
    golden('plan-unicode.txt', planText(shop(), graph, overlaps(shop(), graph, FILES), { ascii: false }));
  });

  test('colours repeat words and change nothing else', () => {
    const graph = planGraph(shop());
    const found = overlaps(shop(), graph, FILES);
    const coloured = planText(shop(), graph, found, { ascii: true, colour: true });
    assert.notEqual(coloured, planText(shop(), graph, found, { ascii: true }));
    // oxlint-disable-next-line no-control-regex -- escape codes
    assert.equal(coloured.replace(/\u001b\[\d+m/g, ''), planText(shop(), graph, found, { ascii: true }));
  });

  test('cycles; titles that would steer the terminal', () => {
    const text = planText(tangled(), planGraph(tangled()), [], { ascii: true });
    golden('plan-cycle.txt', text);
    assert.ok(!/[^\n\P{Cc}]/u.test(text));
  });

  test('splitting a slice is advised where that makes the plan shorter', () => {
    const advised = (plan: Plan): boolean =>
      planText(plan, planGraph(plan), [], { ascii: true }).includes('splitting it shortens the plan');
    const [start, long] = [slice('A', { estimateMinutes: 60 }), slice('B', { deps: ['A'], estimateMinutes: 120 })];
    assert.ok(advised(planOf([start, long, slice('C', { deps: ['A'], estimateMinutes: 60 })])));
    // Two slices of the same length side by side: the plan is as long with one of them split.
    assert.ok(!advised(planOf([start, long, slice('C', { deps: ['A'], estimateMinutes: 120 })])));
  });

  test('an empty plan', () => {
    const text = planText(planOf([]), planGraph(planOf([])), [], { ascii: true });
    assert.equal(text, 'TS-1-shop: Shop\n0 slices, 0 waves, 0 batches, 0 merge points\n');
  });

  test('JSON has the released shape', () => {
    const graph = planGraph(shop());
    const json = planJson(shop(), graph, overlaps(shop(), graph, FILES), [], {
      whatIf: whatIf(graph, [1, 2]),
    });
    golden('plan-json.txt', `${JSON.stringify(json, null, 2)}\n`);
    assert.deepEqual(Object.keys(json).slice(0, 5), ['v', 'plan', 'slices', 'waves', 'batches']);
    const stuck = planJson(tangled(), planGraph(tangled()), []).slices[0]!;
    assert.deepEqual([stuck.wave, stuck.batch, stuck.slack_minutes, stuck.critical], [null, null, null, false]);
  });
});

suite('mermaid', () => {
  test('task-graph.md', () => golden('plan-task-graph.txt', taskGraphMarkdown(shop(), planGraph(shop()))));

  test('cycles and hostile names', () => {
    const text = taskGraphMarkdown(tangled(), planGraph(tangled()));
    golden('plan-task-graph-cycle.txt', text);
    const hostile = planOf(
      [
        slice('end', { title: '"]\n  click s1 call evil()\n```' }),
        slice('a:b;#%', { title: 'x, crit :done', deps: ['end'] }),
      ],
      {
        mergePoints: [mergePoint('graph"', ['end'], ['a:b;#%'])],
      },
    );
    const lines = taskGraphMarkdown(hostile, planGraph(hostile)).split('\n');
    assert.ok(!lines.some((line) => /^\s*click/.test(line)));
    assert.equal(lines.filter((line) => line.startsWith('```')).length, 4);
    assert.ok(lines.includes('    s1["end: #quot;] click s1 call evil() #96;#96;#96;<br/>2h00m"]'));
    assert.ok(lines.includes('  a b x crit done :crit, s2, 2024-01-01 02:00, 120m'));
  });
});
