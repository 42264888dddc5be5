import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Catalogue } from '../src/products/catalogue.ts';
import { openStore } from '../src/store/store.ts';

suite('catalogue', () => {
  test('finds and lists what stands in the data file', () => {
    const store = openStore(null);
    store.collection('products').put('TEA-01', { sku: 'TEA-01', name: 'Green tea', unitPrice: 690 });
    store.collection('products').put('MUG-01', { sku: 'MUG-01', name: 'Blue mug', unitPrice: 1250 });
    const catalogue = new Catalogue(store);
    assert.equal(catalogue.find('TEA-01')?.name, 'Green tea');
    assert.equal(catalogue.find('POT-01'), undefined);
    assert.deepEqual(
      catalogue.list().map((product) => product.sku),
      ['MUG-01', 'TEA-01'],
    );
  });
});
