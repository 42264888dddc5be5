import type { LowStockLine, Product, StockReader } from '../contracts/inventory.ts';

/**
 * The products to reorder: those on sale whose available quantity is at or below their reorder level, the one furthest
 * below first. Discontinued products are left out, because nobody would order them again.
 */
export function lowStock(products: readonly Product[], stock: StockReader): readonly LowStockLine[] {
  return products
    .filter((product) => product.status === 'active')
    .map(({ sku, name, reorderLevel }) => ({ sku, name, available: stock.level(sku).available, reorderLevel }))
    .filter((line) => line.available <= line.reorderLevel)
    .toSorted((a, b) => b.reorderLevel - b.available - (a.reorderLevel - a.available) || (a.sku < b.sku ? -1 : 1));
}
