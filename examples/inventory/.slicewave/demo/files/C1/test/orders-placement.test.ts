import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import type { RejectionReason } from '../src/contracts/inventory.ts';
import { OrderBook, placeOrder } from '../src/orders/placement.ts';
import type { Sales } from '../src/orders/placement.ts';
import { Catalogue } from '../src/products/catalogue.ts';
import { StockLedger } from '../src/stock/ledger.ts';
import { Reservations } from '../src/stock/reservations.ts';
import { openStore } from '../src/store/store.ts';

const now = (): Date => new Date('2026-03-01T09:00:00Z');

suite('order placement', () => {
  let sales: Sales;

  beforeEach(() => {
    const store = openStore(null);
    const ledger = new StockLedger({ store, now });
    sales = {
      catalogue: new Catalogue(store),
      reservations: new Reservations({ store, ledger, now }),
      orders: new OrderBook(store),
      now,
    };
    for (const [sku, name, unitPrice] of [
      ['MUG-01', 'Blue mug', 1250],
      ['TEA-01', 'Green tea', 690],
    ] as const) {
      sales.catalogue.add({ sku, name, unitPrice });
      ledger.receive(sku, 3, 'delivery 1');
    }
  });

  test('keeps the order with names, prices and total, and reserves its stock', () => {
    const placed = placeOrder(sales, {
      customer: ' Ada ',
      lines: [
        { sku: 'mug-01', quantity: 2 },
        { sku: 'TEA-01', quantity: 1 },
      ],
    });
    assert.deepEqual(placed, {
      ok: true,
      value: {
        id: 'O-000001',
        customer: 'Ada',
        lines: [
          { sku: 'MUG-01', name: 'Blue mug', quantity: 2, unitPrice: 1250 },
          { sku: 'TEA-01', name: 'Green tea', quantity: 1, unitPrice: 690 },
        ],
        total: 3190,
        status: 'placed',
        placedAt: '2026-03-01T09:00:00.000Z',
      },
    });
    assert.deepEqual(sales.orders.find('O-000001'), placed.ok && placed.value);
    assert.equal(sales.reservations.level('MUG-01').reserved, 2);
  });

  test('adds up lines of one product', () => {
    const placed = placeOrder(sales, {
      customer: 'Ada',
      lines: [
        { sku: 'MUG-01', quantity: 1 },
        { sku: 'mug-01', quantity: 2 },
      ],
    });
    assert.deepEqual(placed.ok && placed.value.lines.map((line) => line.quantity), [3]);
  });

  test('does not sell the last item twice', () => {
    assert.ok(placeOrder(sales, { customer: 'Ada', lines: [{ sku: 'MUG-01', quantity: 3 }] }).ok);
    const second = placeOrder(sales, { customer: 'Grace', lines: [{ sku: 'MUG-01', quantity: 1 }] });
    assert.equal(second.ok || second.rejection.reason, 'insufficient_stock');
    assert.equal(sales.orders.list().length, 1);
  });

  test('reserves nothing when one line is not available', () => {
    const placed = placeOrder(sales, {
      customer: 'Ada',
      lines: [
        { sku: 'MUG-01', quantity: 1 },
        { sku: 'TEA-01', quantity: 4 },
      ],
    });
    assert.equal(placed.ok, false);
    assert.equal(sales.reservations.level('MUG-01').reserved, 0);
    assert.deepEqual(sales.orders.list(), []);
  });

  test('keeps the price of the day', () => {
    placeOrder(sales, { customer: 'Ada', lines: [{ sku: 'MUG-01', quantity: 1 }] });
    sales.catalogue.revise('MUG-01', { unitPrice: 9999, name: 'Dear mug' });
    assert.deepEqual(sales.orders.find('O-000001')?.lines, [
      { sku: 'MUG-01', name: 'Blue mug', quantity: 1, unitPrice: 1250 },
    ]);
  });

  test('sells nothing that is discontinued', () => {
    sales.catalogue.discontinue('TEA-01');
    const placed = placeOrder(sales, { customer: 'Ada', lines: [{ sku: 'TEA-01', quantity: 1 }] });
    assert.equal(placed.ok || placed.rejection.reason, 'discontinued');
  });

  const refusals: [string, RejectionReason, string, { sku: string; quantity: number }[]][] = [
    ['an empty customer', 'invalid', ' ', [{ sku: 'MUG-01', quantity: 1 }]],
    ['an order without lines', 'invalid', 'Ada', []],
    ['an unknown product', 'not_found', 'Ada', [{ sku: 'POT-01', quantity: 1 }]],
    [
      'a negative quantity, though the sum would be valid',
      'invalid',
      'Ada',
      [
        { sku: 'MUG-01', quantity: 3 },
        { sku: 'MUG-01', quantity: -1 },
      ],
    ],
  ];
  for (const [what, reason, customer, lines] of refusals) {
    test(`refuses ${what}`, () => {
      const placed = placeOrder(sales, { customer, lines });
      assert.equal(placed.ok || placed.rejection.reason, reason);
      assert.deepEqual(sales.orders.list(), []);
    });
  }
});
