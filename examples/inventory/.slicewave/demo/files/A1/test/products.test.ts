import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { Catalogue, normalizeSku } from '../src/products/catalogue.ts';
import { openStore } from '../src/store/store.ts';

const mug = { sku: 'MUG-01', name: 'Blue mug', unitPrice: 1250 };

suite('catalogue', () => {
  test('finds and lists what stands in the data file, with defaults for fields it does not have', () => {
    const store = openStore(null);
    store.collection('products').put('TEA-01', { sku: 'TEA-01', name: 'Green tea', unitPrice: 690 });
    store.collection('products').put('MUG-01', mug);
    const catalogue = new Catalogue(store);
    assert.deepEqual(catalogue.find('TEA-01'), {
      sku: 'TEA-01',
      name: 'Green tea',
      unitPrice: 690,
      tags: [],
      reorderLevel: 0,
      status: 'active',
    });
    assert.equal(catalogue.find('POT-01'), undefined);
    assert.deepEqual(
      catalogue.list().map((product) => product.sku),
      ['MUG-01', 'TEA-01'],
    );
  });

  test('adds a product with tidy tags', () => {
    const catalogue = new Catalogue(openStore(null));
    const added = catalogue.add({
      ...mug,
      name: '  Blue mug ',
      tags: ['Kitchen', 'gift', 'kitchen '],
      reorderLevel: 5,
    });
    assert.deepEqual(added, {
      ok: true,
      value: { ...mug, tags: ['gift', 'kitchen'], reorderLevel: 5, status: 'active' },
    });
    assert.deepEqual(catalogue.find('mug-01'), added.ok && added.value);
  });

  test('knows a product whatever the case of its SKU', () => {
    const catalogue = new Catalogue(openStore(null));
    catalogue.add({ ...mug, sku: ' mug-01 ' });
    const again = catalogue.add(mug);
    assert.equal(again.ok || again.rejection.reason, 'duplicate');
    assert.equal(catalogue.list().length, 1);
  });

  for (const wrong of [
    { name: '   ' },
    { name: 'x'.repeat(121) },
    { unitPrice: 12.5 },
    { unitPrice: -1 },
    { reorderLevel: Number.NaN },
    { tags: ['gift', ' '] },
    { sku: 'MUG--01' },
  ]) {
    test(`refuses ${inspect(wrong)}, names the field, and keeps nothing`, () => {
      const catalogue = new Catalogue(openStore(null));
      const result = catalogue.add({ ...mug, ...wrong });
      assert.ok(!result.ok);
      assert.equal(result.rejection.reason, 'invalid');
      assert.match(result.rejection.message, new RegExp(`^${Object.keys(wrong)[0]}`));
      assert.deepEqual(catalogue.list(), []);
    });
  }

  test('revises only what is given', () => {
    const catalogue = new Catalogue(openStore(null));
    catalogue.add({ ...mug, tags: ['gift'], reorderLevel: 5 });
    const revised = catalogue.revise('MUG-01', { unitPrice: 1400 });
    assert.deepEqual(revised.ok && revised.value, {
      ...mug,
      unitPrice: 1400,
      tags: ['gift'],
      reorderLevel: 5,
      status: 'active',
    });
    const refused = catalogue.revise('MUG-01', { unitPrice: -5 });
    assert.equal(refused.ok || refused.rejection.reason, 'invalid');
    assert.equal(catalogue.find('MUG-01')?.unitPrice, 1400);
  });

  test('discontinues a product, keeps it on record, and may be told twice', () => {
    const catalogue = new Catalogue(openStore(null));
    catalogue.add(mug);
    catalogue.discontinue('MUG-01');
    assert.ok(catalogue.discontinue('MUG-01').ok);
    assert.equal(catalogue.find('MUG-01')?.status, 'discontinued');
  });

  test('has nothing to revise or discontinue under an unknown SKU', () => {
    const catalogue = new Catalogue(openStore(null));
    for (const result of [catalogue.revise('POT-01', { name: 'Pot' }), catalogue.discontinue('POT-01')]) {
      assert.equal(result.ok || result.rejection.reason, 'not_found');
    }
  });

  test('normalises a SKU or says that it is none', () => {
    assert.equal(normalizeSku('abc'), 'ABC');
    assert.equal(normalizeSku('a-1-b'), 'A-1-B');
    for (const text of ['', 'ab', 'A'.repeat(21), '-ABC', 'ABC-', 'A BC', '../etc']) {
      assert.equal(normalizeSku(text), undefined, text);
    }
  });
});
