import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Order } from '../src/contracts/inventory.ts';
import { OrderBook, placeOrder } from '../src/orders/placement.ts';
import { Catalogue } from '../src/products/catalogue.ts';
import { salesByProduct } from '../src/reports/sales.ts';
import { StockLedger } from '../src/stock/ledger.ts';
import { Reservations } from '../src/stock/reservations.ts';
import { openStore } from '../src/store/store.ts';

const now = (): Date => new Date('2026-03-01T09:00:00Z');

/** Three orders as placement makes them: Ada's two mugs, Grace's mug and tea, and Ada's tea after a price rise. */
function placedOrders(): [Order, Order, Order] {
  const store = openStore(null);
  const ledger = new StockLedger({ store, now });
  const reservations = new Reservations({ store, ledger, now });
  const sales = { catalogue: new Catalogue(store), reservations, orders: new OrderBook(store), now };
  sales.catalogue.add({ sku: 'MUG-01', name: 'Blue mug', unitPrice: 1250 });
  sales.catalogue.add({ sku: 'TEA-01', name: 'Green tea', unitPrice: 690 });
  ledger.receive('MUG-01', 9, 'delivery 1');
  ledger.receive('TEA-01', 9, 'delivery 1');
  const place = (customer: string, ...lines: { sku: string; quantity: number }[]): Order => {
    const placed = placeOrder(sales, { customer, lines });
    assert.ok(placed.ok);
    return placed.value;
  };
  const first = place('Ada', { sku: 'MUG-01', quantity: 2 });
  const second = place('Grace', { sku: 'MUG-01', quantity: 1 }, { sku: 'TEA-01', quantity: 1 });
  sales.catalogue.revise('TEA-01', { unitPrice: 1000 });
  return [first, second, place('Ada', { sku: 'TEA-01', quantity: 3 })];
}

function closed(order: Order, status: 'shipped' | 'cancelled', closedAt: string): Order {
  return { ...order, status, closedAt };
}

suite('sales report', () => {
  const [first, second, third] = placedOrders();

  test('adds up quantity and revenue by product, at the price of each sale', () => {
    const orders = [
      closed(first, 'shipped', '2026-03-01T10:00:00.000Z'),
      closed(second, 'shipped', '2026-03-02T10:00:00.000Z'),
      closed(third, 'shipped', '2026-03-03T10:00:00.000Z'),
    ];
    assert.deepEqual(salesByProduct(orders), [
      { sku: 'MUG-01', quantity: 3, revenue: 3750 },
      { sku: 'TEA-01', quantity: 4, revenue: 3690 },
    ]);
  });

  test('counts neither open nor cancelled orders', () => {
    assert.deepEqual(salesByProduct([first, closed(second, 'cancelled', '2026-03-02T10:00:00.000Z')]), []);
  });

  test('counts by the time of shipping, with the start of the period and without its end', () => {
    const orders = [
      closed(first, 'shipped', '2026-03-02T00:00:00.000Z'),
      closed(third, 'shipped', '2026-03-03T00:00:00.000Z'),
    ];
    const day = { from: '2026-03-02T00:00:00.000Z', to: '2026-03-03T00:00:00.000Z' };
    assert.deepEqual(salesByProduct(orders, day), [{ sku: 'MUG-01', quantity: 2, revenue: 2500 }]);
    assert.equal(salesByProduct(orders, { from: day.to }).length, 1);
    assert.equal(salesByProduct(orders, { to: day.from }).length, 0);
  });

  test('understands a period given in another time zone', () => {
    const orders = [closed(first, 'shipped', '2026-03-01T23:30:00.000Z')];
    assert.equal(salesByProduct(orders, { from: '2026-03-02T00:00:00+01:00' }).length, 1);
  });
});
