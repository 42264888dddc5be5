import type { Page, Product, ProductQuery } from '../contracts/inventory.ts';

const usualLimit = 20;
const largestLimit = 100;

/**
 * The products that match every condition of the query, as one page. Each word of `text` must occur in the name, the
 * SKU or a tag. Prices are inclusive. Products with equal names or prices are ordered by SKU, so that pages neither
 * repeat nor lose one. An offset beyond the end gives an empty page.
 */
export function searchProducts(products: readonly Product[], query: ProductQuery): Page<Product> {
  const words = (query.text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const tag = query.tag?.trim().toLowerCase();
  const matches = products
    .filter((product) => query.includeDiscontinued === true || product.status === 'active')
    .filter((product) => tag === undefined || product.tags.includes(tag))
    .filter((product) => query.minPrice === undefined || product.unitPrice >= query.minPrice)
    .filter((product) => query.maxPrice === undefined || product.unitPrice <= query.maxPrice)
    .filter((product) => {
      const searched = [product.name, product.sku, ...product.tags].join('\n').toLowerCase();
      return words.every((word) => searched.includes(word));
    })
    .toSorted(orders[query.sort ?? 'sku']);
  const offset = whole(query.offset, 0, Number.MAX_SAFE_INTEGER, 0);
  const limit = whole(query.limit, 1, largestLimit, usualLimit);
  return { items: matches.slice(offset, offset + limit), total: matches.length, offset, limit };
}

const bySku = (a: Product, b: Product): number => (a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0);

const orders = {
  sku: bySku,
  name: (a: Product, b: Product) => a.name.localeCompare(b.name, 'en') || bySku(a, b),
  price: (a: Product, b: Product) => a.unitPrice - b.unitPrice || bySku(a, b),
} as const;

/** Brings a number a caller sent into its range instead of failing the search over it. */
function whole(value: number | undefined, min: number, max: number, fallback: number): number {
  if (value === undefined || Number.isNaN(value)) return fallback;
  return Math.min(max, Math.max(min, Math.trunc(value)));
}
