import type { Clock, NewOrder, Order, OrderLine, Result } from '../contracts/inventory.ts';
import type { Catalogue } from '../products/catalogue.ts';
import type { Reservations } from '../stock/reservations.ts';
import type { Collection, Store } from '../store/store.ts';

/** The orders on record. They are never removed; a closed one is replaced by its closed form. */
export class OrderBook {
  readonly #orders: Collection<Order>;

  constructor(store: Store) {
    this.#orders = store.collection('orders');
  }

  /** The id the next new order gets. */
  nextId(): string {
    return `O-${String(this.#orders.size + 1).padStart(6, '0')}`;
  }

  find(id: string): Order | undefined {
    return this.#orders.get(id);
  }

  /** Every order, oldest first. */
  list(): readonly Order[] {
    return this.#orders.all();
  }

  keep(order: Order): void {
    this.#orders.put(order.id, order);
  }
}

export interface Sales {
  readonly catalogue: Catalogue;
  readonly reservations: Reservations;
  readonly orders: OrderBook;
  readonly now: Clock;
}

/**
 * Places an order at today's prices and reserves its stock. Lines with the same SKU are added up. Rejects as `invalid`,
 * `not_found`, `discontinued` or `insufficient_stock`; then neither an order nor a reservation exists.
 */
export function placeOrder({ catalogue, reservations, orders, now }: Sales, request: NewOrder): Result<Order> {
  const customer = request.customer.trim();
  if (customer === '') return { ok: false, rejection: { reason: 'invalid', message: 'customer: must not be empty' } };
  if (request.lines.length === 0) {
    return { ok: false, rejection: { reason: 'invalid', message: 'lines: at least one' } };
  }

  const lines = new Map<string, OrderLine>();
  for (const { sku, quantity } of request.lines) {
    const product = catalogue.find(sku);
    if (product === undefined) {
      return { ok: false, rejection: { reason: 'not_found', message: `there is no product ${sku}` } };
    }
    if (product.status === 'discontinued') {
      return { ok: false, rejection: { reason: 'discontinued', message: `${product.sku} is no longer sold` } };
    }
    // Checked line by line: -1 and 3 of the same product must not add up to a valid 2.
    if (!Number.isSafeInteger(quantity) || quantity <= 0) {
      return { ok: false, rejection: { reason: 'invalid', message: `quantity of ${product.sku}: ${quantity}` } };
    }
    const { name, unitPrice } = product;
    const before = lines.get(product.sku)?.quantity ?? 0;
    lines.set(product.sku, { sku: product.sku, name, quantity: before + quantity, unitPrice });
  }

  const id = orders.nextId();
  // First the reservation: an order that is on record always had its stock.
  const reserved = reservations.reserve(
    id,
    [...lines.values()].map(({ sku, quantity }) => ({ sku, quantity })),
  );
  if (!reserved.ok) return reserved;
  const order: Order = {
    id,
    customer,
    lines: [...lines.values()],
    total: [...lines.values()].reduce((sum, line) => sum + line.quantity * line.unitPrice, 0),
    status: 'placed',
    placedAt: now().toISOString(),
  };
  orders.keep(order);
  return { ok: true, value: order };
}
