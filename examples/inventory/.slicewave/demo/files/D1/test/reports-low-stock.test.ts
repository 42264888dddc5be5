import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import type { StockReader } from '../src/contracts/inventory.ts';
import { Catalogue } from '../src/products/catalogue.ts';
import { lowStock } from '../src/reports/low-stock.ts';
import { StockLedger } from '../src/stock/ledger.ts';
import { openStore } from '../src/store/store.ts';

suite('low-stock report', () => {
  let catalogue: Catalogue;
  let ledger: StockLedger;

  /** Stock as the ledger has it, with `reserved` of it promised to orders. */
  function stock(reserved: Readonly<Record<string, number>> = {}): StockReader {
    return {
      level: (sku) => {
        const onHand = ledger.onHand(sku);
        return { sku, onHand, reserved: reserved[sku] ?? 0, available: onHand - (reserved[sku] ?? 0) };
      },
    };
  }

  function skus(reader: StockReader): string[] {
    return lowStock(catalogue.list(), reader).map((line) => line.sku);
  }

  beforeEach(() => {
    const store = openStore(null);
    catalogue = new Catalogue(store);
    ledger = new StockLedger({ store, now: () => new Date('2026-03-01T09:00:00Z') });
    catalogue.add({ sku: 'MUG-01', name: 'Blue mug', unitPrice: 1250, reorderLevel: 5 });
    catalogue.add({ sku: 'TEA-01', name: 'Green tea', unitPrice: 690, reorderLevel: 10 });
    ledger.receive('MUG-01', 6, 'delivery 1');
    ledger.receive('TEA-01', 11, 'delivery 1');
  });

  test('is empty while everything is above its level', () => {
    assert.deepEqual(lowStock(catalogue.list(), stock()), []);
  });

  test('lists a product that is exactly at its level', () => {
    ledger.issue('MUG-01', 1, 'order 1');
    assert.deepEqual(lowStock(catalogue.list(), stock()), [
      { sku: 'MUG-01', name: 'Blue mug', available: 5, reorderLevel: 5 },
    ]);
  });

  test('counts reserved stock as gone', () => {
    assert.deepEqual(skus(stock({ 'MUG-01': 1 })), ['MUG-01']);
  });

  test('puts the most urgent first, and equals in order of SKU', () => {
    ledger.correct('MUG-01', 3, 'stock-taking');
    ledger.correct('TEA-01', 4, 'stock-taking');
    assert.deepEqual(skus(stock()), ['TEA-01', 'MUG-01']);
    ledger.correct('TEA-01', 8, 'stock-taking');
    assert.deepEqual(skus(stock()), ['MUG-01', 'TEA-01']);
  });

  test('lists a product without a level only when none is left', () => {
    catalogue.add({ sku: 'POT-01', name: 'Tea pot', unitPrice: 3900 });
    assert.deepEqual(skus(stock()), ['POT-01']);
    ledger.receive('POT-01', 1, 'delivery 2');
    assert.deepEqual(skus(stock()), []);
  });

  test('leaves discontinued products out', () => {
    ledger.correct('MUG-01', 0, 'stock-taking');
    catalogue.discontinue('MUG-01');
    assert.deepEqual(skus(stock()), []);
  });
});
