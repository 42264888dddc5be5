import { readConfig } from '../config.ts';
import type {
  Clock,
  Reservation,
  Result,
  Sku,
  StockLevel,
  StockLine,
  StockMovement,
  StockReader,
} from '../contracts/inventory.ts';
import type { Collection, Store } from '../store/store.ts';
import type { StockLedger } from './ledger.ts';

const usualLifetimeMinutes = readConfig(process.env).reservationMinutes;

export interface ReservationsOptions {
  readonly store: Store;
  readonly ledger: StockLedger;
  readonly now: Clock;
  /** How long stock is kept for an order that is not shipped; the configured time when absent. */
  readonly lifetimeMinutes?: number;
}

/** Stock that is promised to orders. One reservation an order; it counts until it is released, shipped or expired. */
export class Reservations implements StockReader {
  readonly #reservations: Collection<Reservation>;
  readonly #ledger: StockLedger;
  readonly #now: Clock;
  readonly #lifetimeMinutes: number;

  constructor({ store, ledger, now, lifetimeMinutes = usualLifetimeMinutes }: ReservationsOptions) {
    this.#reservations = store.collection('reservations');
    this.#ledger = ledger;
    this.#now = now;
    this.#lifetimeMinutes = lifetimeMinutes;
  }

  /**
   * Promises all lines to the order, or none of them. Lines name each SKU once. Rejects as `insufficient_stock`,
   * `duplicate` (the order holds a reservation already) or `invalid`.
   */
  reserve(orderId: string, lines: readonly StockLine[]): Result<Reservation> {
    const held = this.#reservations.get(orderId);
    if (held !== undefined && this.#counts(held)) {
      return { ok: false, rejection: { reason: 'duplicate', message: `${orderId} holds a reservation already` } };
    }
    if (lines.length === 0 || new Set(lines.map((line) => line.sku)).size < lines.length) {
      return { ok: false, rejection: { reason: 'invalid', message: 'lines: at least one, each SKU once' } };
    }
    for (const { sku, quantity } of lines) {
      if (!Number.isSafeInteger(quantity) || quantity <= 0) {
        return { ok: false, rejection: { reason: 'invalid', message: `quantity of ${sku}: ${quantity}` } };
      }
      const { available } = this.level(sku);
      if (quantity > available) {
        return {
          ok: false,
          rejection: { reason: 'insufficient_stock', message: `${sku}: ${quantity} wanted, ${available} available` },
        };
      }
    }
    const expires = this.#now().getTime() + this.#lifetimeMinutes * 60_000;
    const reservation: Reservation = { orderId, lines, expiresAt: new Date(expires).toISOString() };
    this.#reservations.put(orderId, reservation);
    return { ok: true, value: reservation };
  }

  /** Gives the stock free again. Returns whether anything was still held. */
  release(orderId: string): boolean {
    const held = this.#reservations.get(orderId);
    this.#reservations.delete(orderId);
    return held !== undefined && this.#counts(held);
  }

  /**
   * Issues what the order was promised and ends its reservation. Rejects as `expired`, `not_found`, or
   * `insufficient_stock` when a correction took away promised stock; then nothing has moved.
   */
  fulfil(orderId: string): Result<readonly StockMovement[]> {
    const held = this.#reservations.get(orderId);
    if (held === undefined) {
      return { ok: false, rejection: { reason: 'not_found', message: `nothing is reserved for ${orderId}` } };
    }
    if (!this.#counts(held)) {
      return { ok: false, rejection: { reason: 'expired', message: `${orderId}: reserved until ${held.expiresAt}` } };
    }
    const missing = held.lines.find((line) => this.#ledger.onHand(line.sku) < line.quantity);
    if (missing !== undefined) {
      const message = `${missing.sku}: ${missing.quantity} promised, ${this.#ledger.onHand(missing.sku)} on hand`;
      return { ok: false, rejection: { reason: 'insufficient_stock', message } };
    }
    const movements: StockMovement[] = [];
    for (const { sku, quantity } of held.lines) {
      const issued = this.#ledger.issue(sku, quantity, orderId);
      if (!issued.ok) throw new Error(`${orderId}: ${issued.rejection.message}, though it was checked before`);
      movements.push(issued.value);
    }
    this.#reservations.delete(orderId);
    return { ok: true, value: movements };
  }

  level(sku: Sku): StockLevel {
    const onHand = this.#ledger.onHand(sku);
    const reserved = this.#reservations
      .all()
      .filter((reservation) => this.#counts(reservation))
      .flatMap((reservation) => reservation.lines)
      .filter((line) => line.sku === sku)
      .reduce((sum, line) => sum + line.quantity, 0);
    return { sku, onHand, reserved, available: onHand - reserved };
  }

  #counts(reservation: Reservation): boolean {
    return new Date(reservation.expiresAt) > this.#now();
  }
}
