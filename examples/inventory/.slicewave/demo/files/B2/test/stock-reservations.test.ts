import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import { StockLedger } from '../src/stock/ledger.ts';
import { Reservations } from '../src/stock/reservations.ts';
import { openStore } from '../src/store/store.ts';

suite('reservations', () => {
  let time = new Date(0);
  let ledger: StockLedger;
  let reservations: Reservations;
  const now = (): Date => time;
  const later = (minutes: number): void => {
    time = new Date(time.getTime() + minutes * 60_000);
  };

  beforeEach(() => {
    time = new Date('2026-03-01T09:00:00Z');
    const store = openStore(null);
    ledger = new StockLedger({ store, now });
    reservations = new Reservations({ store, ledger, now });
    ledger.receive('MUG-01', 5, 'delivery 1');
    ledger.receive('TEA-01', 1, 'delivery 1');
  });

  test('makes reserved stock unavailable, though it is still on hand', () => {
    reservations.reserve('O-1', [{ sku: 'MUG-01', quantity: 2 }]);
    assert.deepEqual(reservations.level('MUG-01'), { sku: 'MUG-01', onHand: 5, reserved: 2, available: 3 });
  });

  test('promises the last item once', () => {
    assert.ok(reservations.reserve('O-1', [{ sku: 'TEA-01', quantity: 1 }]).ok);
    const second = reservations.reserve('O-2', [{ sku: 'TEA-01', quantity: 1 }]);
    assert.equal(second.ok || second.rejection.reason, 'insufficient_stock');
  });

  test('takes all lines or none', () => {
    const lines = [
      { sku: 'MUG-01', quantity: 1 },
      { sku: 'TEA-01', quantity: 2 },
    ];
    assert.equal(reservations.reserve('O-1', lines).ok, false);
    assert.equal(reservations.level('MUG-01').reserved, 0);
  });

  test('frees the stock when its time is over, to the minute', () => {
    reservations.reserve('O-1', [{ sku: 'TEA-01', quantity: 1 }]);
    later(29);
    assert.equal(reservations.level('TEA-01').available, 0);
    later(1);
    assert.equal(reservations.level('TEA-01').available, 1);
    assert.ok(reservations.reserve('O-1', [{ sku: 'TEA-01', quantity: 1 }]).ok, 'and may be asked for again');
  });

  test('lives as long as it is told to', () => {
    const store = openStore(null);
    const short = new Reservations({ store, ledger, now, lifetimeMinutes: 5 });
    const reserved = short.reserve('O-1', [{ sku: 'MUG-01', quantity: 1 }]);
    assert.equal(reserved.ok && reserved.value.expiresAt, '2026-03-01T09:05:00.000Z');
  });

  test('releases once', () => {
    reservations.reserve('O-1', [{ sku: 'MUG-01', quantity: 5 }]);
    assert.equal(reservations.release('O-1'), true);
    assert.equal(reservations.release('O-1'), false);
    assert.equal(reservations.level('MUG-01').available, 5);
  });

  test('issues what was promised, with the order as the reference', () => {
    reservations.reserve('O-1', [
      { sku: 'MUG-01', quantity: 2 },
      { sku: 'TEA-01', quantity: 1 },
    ]);
    const fulfilled = reservations.fulfil('O-1');
    assert.deepEqual(fulfilled.ok && fulfilled.value.map((movement) => [movement.sku, movement.change]), [
      ['MUG-01', -2],
      ['TEA-01', -1],
    ]);
    assert.deepEqual(reservations.level('MUG-01'), { sku: 'MUG-01', onHand: 3, reserved: 0, available: 3 });
    assert.equal(ledger.movements('TEA-01').at(-1)?.reference, 'O-1');
    const again = reservations.fulfil('O-1');
    assert.equal(again.ok || again.rejection.reason, 'not_found');
  });

  test('does not issue an expired reservation', () => {
    reservations.reserve('O-1', [{ sku: 'MUG-01', quantity: 2 }]);
    later(31);
    const fulfilled = reservations.fulfil('O-1');
    assert.equal(fulfilled.ok || fulfilled.rejection.reason, 'expired');
    assert.equal(ledger.onHand('MUG-01'), 5);
  });

  test('moves nothing when a stock-taking found less than was promised', () => {
    reservations.reserve('O-1', [
      { sku: 'MUG-01', quantity: 2 },
      { sku: 'TEA-01', quantity: 1 },
    ]);
    ledger.correct('TEA-01', 0, 'stock-taking');
    assert.equal(reservations.level('TEA-01').available, -1);
    const fulfilled = reservations.fulfil('O-1');
    assert.equal(fulfilled.ok || fulfilled.rejection.reason, 'insufficient_stock');
    assert.equal(ledger.onHand('MUG-01'), 5);
  });

  for (const [what, lines] of [
    ['no lines', []],
    ['a quantity of zero', [{ sku: 'MUG-01', quantity: 0 }]],
    [
      'one SKU twice',
      [
        { sku: 'MUG-01', quantity: 3 },
        { sku: 'MUG-01', quantity: 3 },
      ],
    ],
  ] as const) {
    test(`refuses ${what}`, () => {
      const refused = reservations.reserve('O-1', lines);
      assert.equal(refused.ok || refused.rejection.reason, 'invalid');
    });
  }

  test('holds one reservation an order', () => {
    reservations.reserve('O-1', [{ sku: 'MUG-01', quantity: 1 }]);
    const again = reservations.reserve('O-1', [{ sku: 'MUG-01', quantity: 1 }]);
    assert.equal(again.ok || again.rejection.reason, 'duplicate');
  });
});
