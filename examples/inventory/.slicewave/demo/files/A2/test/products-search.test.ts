import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Product, ProductQuery } from '../src/contracts/inventory.ts';
import { Catalogue } from '../src/products/catalogue.ts';
import { searchProducts } from '../src/products/search.ts';
import { openStore } from '../src/store/store.ts';

const catalogue = new Catalogue(openStore(null));
catalogue.add({ sku: 'MUG-01', name: 'Blue mug', unitPrice: 1250, tags: ['kitchen', 'gift'] });
catalogue.add({ sku: 'MUG-02', name: 'Red mug', unitPrice: 1250, tags: ['kitchen'] });
catalogue.add({ sku: 'TEA-01', name: 'Green tea', unitPrice: 690, tags: ['drink', 'gift'] });
catalogue.add({ sku: 'POT-01', name: 'Tea pot, blue', unitPrice: 3900, tags: ['kitchen'] });
catalogue.add({ sku: 'JAR-01', name: 'Tea jar', unitPrice: 990, tags: ['kitchen'] });
catalogue.discontinue('JAR-01');

function skus(query: ProductQuery): string[] {
  return searchProducts(catalogue.list(), query).items.map((product) => product.sku);
}

suite('product search', () => {
  test('without conditions gives everything on sale, by SKU', () => {
    assert.deepEqual(skus({}), ['MUG-01', 'MUG-02', 'POT-01', 'TEA-01']);
  });

  test('finds every word in name, SKU or tags, whatever the case', () => {
    assert.deepEqual(skus({ text: 'BLUE' }), ['MUG-01', 'POT-01']);
    assert.deepEqual(skus({ text: ' blue  Kitchen mug ' }), ['MUG-01']);
    assert.deepEqual(skus({ text: 'tea-0' }), ['TEA-01']);
    assert.deepEqual(skus({ text: 'blue drink' }), []);
  });

  test('combines tag and price range, both ends included', () => {
    assert.deepEqual(skus({ tag: 'Gift' }), ['MUG-01', 'TEA-01']);
    assert.deepEqual(skus({ minPrice: 690, maxPrice: 1250 }), ['MUG-01', 'MUG-02', 'TEA-01']);
    assert.deepEqual(skus({ tag: 'gift', maxPrice: 1249 }), ['TEA-01']);
  });

  test('shows discontinued products only on request', () => {
    assert.deepEqual(skus({ text: 'jar' }), []);
    assert.deepEqual(skus({ text: 'jar', includeDiscontinued: true }), ['JAR-01']);
  });

  test('sorts by name or price, and by SKU between equals', () => {
    assert.deepEqual(skus({ sort: 'name' }), ['MUG-01', 'TEA-01', 'MUG-02', 'POT-01']);
    assert.deepEqual(skus({ sort: 'price' }), ['TEA-01', 'MUG-01', 'MUG-02', 'POT-01']);
  });

  test('gives each match exactly once over all pages', () => {
    const products: Product[] = Array.from({ length: 45 }, (_, index) => ({
      sku: `SKU-${String(index).padStart(2, '0')}`,
      name: 'Same name',
      unitPrice: 100,
      tags: [],
      reorderLevel: 0,
      status: 'active',
    }));
    const pages = [0, 20, 40].map((offset) => searchProducts(products, { sort: 'name', offset }));
    assert.deepEqual(
      pages.map((page) => page.items.length),
      [20, 20, 5],
    );
    assert.deepEqual(
      pages.flatMap((page) => page.items.map((product) => product.sku)),
      products.map((product) => product.sku),
    );
    assert.ok(pages.every((page) => page.total === 45));
  });

  test('keeps a page between 1 and 100 products', () => {
    const limits = [1000, 0, 2.9, Number.NaN].map((limit) => searchProducts([], { limit }).limit);
    assert.deepEqual(limits, [100, 1, 2, 20]);
  });

  test('is empty beyond the last page', () => {
    const page = searchProducts(catalogue.list(), { offset: 99 });
    assert.deepEqual(page, { items: [], total: 4, offset: 99, limit: 20 });
  });
});
