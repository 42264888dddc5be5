import type { Clock, Result, Sku, StockMovement } from '../contracts/inventory.ts';
import type { Collection, Store } from '../store/store.ts';

export interface StockLedgerOptions {
  readonly store: Store;
  readonly now: Clock;
}

/**
 * Every movement of stock, in the order it happened. What is on hand is the sum of the movements and never below zero.
 * The ledger does not know the catalogue: the caller has looked the SKU up.
 */
export class StockLedger {
  readonly #movements: Collection<StockMovement>;
  readonly #now: Clock;

  constructor({ store, now }: StockLedgerOptions) {
    this.#movements = store.collection('stock-movements');
    this.#now = now;
  }

  /** Goods that arrived. `quantity` is a whole number above zero. */
  receive(sku: Sku, quantity: number, reference: string): Result<StockMovement> {
    return isQuantity(quantity) ? this.#record('receipt', sku, quantity, reference) : badQuantity(sku, quantity);
  }

  /** Goods that left. Rejects as `insufficient_stock` when fewer are on hand. */
  issue(sku: Sku, quantity: number, reference: string): Result<StockMovement> {
    return isQuantity(quantity) ? this.#record('issue', sku, -quantity, reference) : badQuantity(sku, quantity);
  }

  /** What a stock-taking found: brings the quantity on hand to `counted`, with the difference on record. */
  correct(sku: Sku, counted: number, reference: string): Result<StockMovement> {
    if (!Number.isSafeInteger(counted) || counted < 0) return badQuantity(sku, counted);
    return this.#record('correction', sku, counted - this.onHand(sku), reference);
  }

  onHand(sku: Sku): number {
    return this.movements(sku).reduce((sum, movement) => sum + movement.change, 0);
  }

  /** The movements of one product, oldest first. */
  movements(sku: Sku): readonly StockMovement[] {
    return this.#movements.all().filter((movement) => movement.sku === sku);
  }

  #record(kind: StockMovement['kind'], sku: Sku, change: number, reference: string): Result<StockMovement> {
    if (reference.trim() === '') {
      return { ok: false, rejection: { reason: 'invalid', message: 'reference: must not be empty' } };
    }
    const onHand = this.onHand(sku);
    if (onHand + change < 0) {
      return {
        ok: false,
        rejection: { reason: 'insufficient_stock', message: `${sku}: ${-change} wanted, ${onHand} on hand` },
      };
    }
    const movement: StockMovement = {
      // Movements are never removed, so their number is the next id; padded, because collections are ordered by id.
      id: `M-${String(this.#movements.size + 1).padStart(8, '0')}`,
      sku,
      kind,
      change,
      at: this.#now().toISOString(),
      reference: reference.trim(),
    };
    this.#movements.put(movement.id, movement);
    return { ok: true, value: movement };
  }
}

function isQuantity(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

function badQuantity(sku: Sku, value: number): Result<never> {
  return { ok: false, rejection: { reason: 'invalid', message: `quantity of ${sku}: ${value} cannot be moved` } };
}
