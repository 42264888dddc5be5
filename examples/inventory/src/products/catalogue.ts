import type { Collection, Store } from '../store/store.ts';

export interface Product {
  readonly sku: string;
  readonly name: string;
  /** In cents. */
  readonly unitPrice: number;
}

/** The products of the shop, as they stand in the data file. */
export class Catalogue {
  readonly #products: Collection<Product>;

  constructor(store: Store) {
    this.#products = store.collection('products');
  }

  find(sku: string): Product | undefined {
    return this.#products.get(sku);
  }

  /** Every product, ordered by SKU. */
  list(): readonly Product[] {
    return this.#products.all();
  }
}
