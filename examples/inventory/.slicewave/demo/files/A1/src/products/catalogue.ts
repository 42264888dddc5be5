import type { NewProduct, Product, ProductChanges, Result, Sku } from '../contracts/inventory.ts';
import type { Collection, Store } from '../store/store.ts';

/** What may stand in the data file: products typed by hand lack the fields that came later. */
type StoredProduct = Pick<Product, 'sku' | 'name' | 'unitPrice'> & Partial<Product>;

/** The products of the shop. */
export class Catalogue {
  readonly #products: Collection<StoredProduct>;

  constructor(store: Store) {
    this.#products = store.collection('products');
  }

  /** Looks a product up, however its SKU is written. */
  find(sku: string): Product | undefined {
    const stored = this.#products.get(normalizeSku(sku) ?? sku);
    return stored === undefined ? undefined : complete(stored);
  }

  /** Every product, discontinued ones too, ordered by SKU. */
  list(): readonly Product[] {
    return this.#products.all().map(complete);
  }

  /** Rejects as `invalid` (naming the field) or `duplicate`. */
  add(input: NewProduct): Result<Product> {
    const sku = normalizeSku(input.sku);
    if (sku === undefined) {
      return invalid(`sku "${input.sku}": 3 to 20 letters and digits, with single hyphens between them`);
    }
    if (this.#products.get(sku) !== undefined) {
      return { ok: false, rejection: { reason: 'duplicate', message: `${sku} exists already` } };
    }
    return this.#keep({
      sku,
      name: input.name,
      unitPrice: input.unitPrice,
      tags: input.tags ?? [],
      reorderLevel: input.reorderLevel ?? 0,
      status: 'active',
    });
  }

  /** Changes what is given and leaves the rest. Rejects as `invalid` or `not_found`. */
  revise(sku: string, changes: ProductChanges): Result<Product> {
    const product = this.find(sku);
    if (product === undefined) return notFound(sku);
    return this.#keep({
      ...product,
      name: changes.name ?? product.name,
      unitPrice: changes.unitPrice ?? product.unitPrice,
      tags: changes.tags ?? product.tags,
      reorderLevel: changes.reorderLevel ?? product.reorderLevel,
    });
  }

  /** Takes a product off sale. It stays on record, because orders refer to it. Doing it twice changes nothing. */
  discontinue(sku: string): Result<Product> {
    const product = this.find(sku);
    if (product === undefined) return notFound(sku);
    return this.#keep({ ...product, status: 'discontinued' });
  }

  #keep(candidate: Product): Result<Product> {
    const name = candidate.name.trim();
    if (name === '' || name.length > 120) return invalid('name: 1 to 120 characters');
    if (!isCount(candidate.unitPrice)) return invalid('unitPrice: a whole number of cents, 0 or more');
    if (!isCount(candidate.reorderLevel)) return invalid('reorderLevel: a whole number, 0 or more');
    const tags = [...new Set(candidate.tags.map((tag) => tag.trim().toLowerCase()))].toSorted();
    if (tags.includes('')) return invalid('tags: none may be empty');
    const product: Product = { ...candidate, name, tags };
    this.#products.put(product.sku, product);
    return { ok: true, value: product };
  }
}

/** The one spelling of a SKU (`mug-01` is `MUG-01`), or `undefined` when the text cannot be one. */
export function normalizeSku(text: string): Sku | undefined {
  const sku = text.trim().toUpperCase();
  return sku.length >= 3 && sku.length <= 20 && /^[A-Z0-9]+(-[A-Z0-9]+)*$/.test(sku) ? sku : undefined;
}

function complete(stored: StoredProduct): Product {
  return { tags: [], reorderLevel: 0, status: 'active', ...stored };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function invalid(message: string): Result<never> {
  return { ok: false, rejection: { reason: 'invalid', message } };
}

function notFound(sku: string): Result<never> {
  return { ok: false, rejection: { reason: 'not_found', message: `there is no product ${sku}` } };
}
