import type { Order, SalesLine, Timestamp } from '../contracts/inventory.ts';

/** From `from` on, up to but not including `to`; an absent end is open. */
export interface Period {
  readonly from?: Timestamp | undefined;
  readonly to?: Timestamp | undefined;
}

/**
 * Quantity and revenue by product over the orders shipped in the period, at the prices they were sold for; the largest
 * revenue first. Orders that are open or cancelled are no sales.
 */
export function salesByProduct(orders: readonly Order[], { from, to }: Period = {}): readonly SalesLine[] {
  const start = from === undefined ? -Infinity : Date.parse(from);
  const end = to === undefined ? Infinity : Date.parse(to);
  const lines = new Map<string, SalesLine>();
  for (const order of orders) {
    if (order.status !== 'shipped' || order.closedAt === undefined) continue;
    const shipped = Date.parse(order.closedAt);
    if (shipped < start || shipped >= end) continue;
    for (const { sku, quantity, unitPrice } of order.lines) {
      const before = lines.get(sku);
      lines.set(sku, {
        sku,
        quantity: (before?.quantity ?? 0) + quantity,
        revenue: (before?.revenue ?? 0) + quantity * unitPrice,
      });
    }
  }
  return [...lines.values()].toSorted((a, b) => b.revenue - a.revenue || (a.sku < b.sku ? -1 : 1));
}
