import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { StockLedger } from '../src/stock/ledger.ts';
import { openStore } from '../src/store/store.ts';

const now = (): Date => new Date('2026-03-01T09:00:00Z');

function emptyLedger(): StockLedger {
  return new StockLedger({ store: openStore(null), now });
}

suite('stock ledger', () => {
  test('has nothing on hand of what never moved', () => {
    assert.equal(emptyLedger().onHand('MUG-01'), 0);
    assert.deepEqual(emptyLedger().movements('MUG-01'), []);
  });

  test('adds receipts and takes issues away, per product', () => {
    const ledger = emptyLedger();
    ledger.receive('MUG-01', 10, 'delivery 1');
    ledger.receive('TEA-01', 3, 'delivery 1');
    ledger.issue('MUG-01', 4, 'order 1');
    assert.equal(ledger.onHand('MUG-01'), 6);
    assert.equal(ledger.onHand('TEA-01'), 3);
  });

  test('records when and why', () => {
    const ledger = emptyLedger();
    assert.deepEqual(ledger.receive('MUG-01', 10, ' delivery 1 '), {
      ok: true,
      value: {
        id: 'M-00000001',
        sku: 'MUG-01',
        kind: 'receipt',
        change: 10,
        at: '2026-03-01T09:00:00.000Z',
        reference: 'delivery 1',
      },
    });
    const nameless = ledger.receive('MUG-01', 10, '  ');
    assert.equal(nameless.ok || nameless.rejection.reason, 'invalid');
  });

  test('never issues more than is on hand, and says how much that is', () => {
    const ledger = emptyLedger();
    ledger.receive('MUG-01', 2, 'delivery 1');
    const refused = ledger.issue('MUG-01', 3, 'order 1');
    assert.ok(!refused.ok);
    assert.equal(refused.rejection.reason, 'insufficient_stock');
    assert.match(refused.rejection.message, /3 wanted, 2 on hand/);
    assert.equal(ledger.onHand('MUG-01'), 2);
    assert.ok(ledger.issue('MUG-01', 2, 'order 2').ok);
    assert.equal(ledger.onHand('MUG-01'), 0);
  });

  test('writes down what a stock-taking changed', () => {
    const ledger = emptyLedger();
    ledger.receive('MUG-01', 10, 'delivery 1');
    const correction = ledger.correct('MUG-01', 7, 'stock-taking');
    assert.equal(correction.ok && correction.value.change, -3);
    assert.equal(ledger.onHand('MUG-01'), 7);
    assert.deepEqual(
      ledger.movements('MUG-01').map((movement) => movement.kind),
      ['receipt', 'correction'],
    );
  });

  for (const quantity of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`moves no quantity of ${quantity}`, () => {
      const ledger = emptyLedger();
      for (const result of [ledger.receive('MUG-01', quantity, 'x'), ledger.issue('MUG-01', quantity, 'x')]) {
        assert.equal(result.ok || result.rejection.reason, 'invalid');
      }
      assert.deepEqual(ledger.movements('MUG-01'), []);
    });
  }

  test('goes on where it was after the store is opened again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'inventory-ledger-'));
    try {
      const file = join(folder, 'data.json');
      const store = openStore(file);
      new StockLedger({ store, now }).receive('MUG-01', 5, 'delivery 1');
      store.save();
      const ledger = new StockLedger({ store: openStore(file), now });
      const next = ledger.issue('MUG-01', 1, 'order 1');
      assert.equal(next.ok && next.value.id, 'M-00000002');
      assert.equal(ledger.onHand('MUG-01'), 4);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
