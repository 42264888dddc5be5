import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import { cancelOrder, shipOrder } from '../src/orders/closing.ts';
import { OrderBook, placeOrder } from '../src/orders/placement.ts';
import type { Sales } from '../src/orders/placement.ts';
import { Catalogue } from '../src/products/catalogue.ts';
import { StockLedger } from '../src/stock/ledger.ts';
import { Reservations } from '../src/stock/reservations.ts';
import { openStore } from '../src/store/store.ts';

suite('closing an order', () => {
  let time = new Date(0);
  let ledger: StockLedger;
  let sales: Sales;
  let id = '';

  beforeEach(() => {
    time = new Date('2026-03-01T09:00:00Z');
    const store = openStore(null);
    const now = (): Date => time;
    ledger = new StockLedger({ store, now });
    sales = {
      catalogue: new Catalogue(store),
      reservations: new Reservations({ store, ledger, now }),
      orders: new OrderBook(store),
      now,
    };
    sales.catalogue.add({ sku: 'MUG-01', name: 'Blue mug', unitPrice: 1250 });
    ledger.receive('MUG-01', 3, 'delivery 1');
    const placed = placeOrder(sales, { customer: 'Ada', lines: [{ sku: 'MUG-01', quantity: 2 }] });
    assert.ok(placed.ok);
    id = placed.value.id;
    time = new Date('2026-03-01T09:10:00Z');
  });

  test('cancelling frees the stock', () => {
    const cancelled = cancelOrder(sales, id);
    assert.equal(cancelled.ok && cancelled.value.status, 'cancelled');
    assert.equal(cancelled.ok && cancelled.value.closedAt, '2026-03-01T09:10:00.000Z');
    assert.deepEqual(sales.reservations.level('MUG-01'), { sku: 'MUG-01', onHand: 3, reserved: 0, available: 3 });
  });

  test('shipping takes the stock away', () => {
    const shipped = shipOrder(sales, id);
    assert.equal(shipped.ok && shipped.value.status, 'shipped');
    assert.equal(sales.orders.find(id)?.status, 'shipped');
    assert.deepEqual(sales.reservations.level('MUG-01'), { sku: 'MUG-01', onHand: 1, reserved: 0, available: 1 });
  });

  for (const [first, close] of [
    ['shipped', shipOrder],
    ['cancelled', cancelOrder],
  ] as const) {
    test(`a ${first} order is neither cancelled nor shipped again`, () => {
      assert.ok(close(sales, id).ok);
      const onHand = ledger.onHand('MUG-01');
      for (const again of [cancelOrder(sales, id), shipOrder(sales, id)]) {
        assert.ok(!again.ok);
        assert.equal(again.rejection.reason, 'conflict');
        assert.match(again.rejection.message, new RegExp(first));
      }
      assert.equal(ledger.onHand('MUG-01'), onHand);
    });
  }

  test('an order whose reservation ran out is not shipped, but can be cancelled', () => {
    time = new Date('2026-03-01T09:31:00Z');
    const shipped = shipOrder(sales, id);
    assert.equal(shipped.ok || shipped.rejection.reason, 'expired');
    assert.equal(sales.orders.find(id)?.status, 'placed');
    assert.ok(cancelOrder(sales, id).ok);
  });

  test('an order whose stock was lost stays open', () => {
    ledger.correct('MUG-01', 1, 'stock-taking');
    const shipped = shipOrder(sales, id);
    assert.equal(shipped.ok || shipped.rejection.reason, 'insufficient_stock');
    assert.equal(sales.orders.find(id)?.status, 'placed');
    assert.equal(ledger.onHand('MUG-01'), 1);
  });

  test('an unknown order cannot be closed', () => {
    for (const result of [cancelOrder(sales, 'O-999999'), shipOrder(sales, 'O-999999')]) {
      assert.equal(result.ok || result.rejection.reason, 'not_found');
    }
  });
});
