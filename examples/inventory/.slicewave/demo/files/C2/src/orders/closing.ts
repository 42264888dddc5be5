import type { Order, Rejection, Result } from '../contracts/inventory.ts';
import type { Sales } from './placement.ts';

/** Cancels an open order and frees its stock. Rejects as `not_found`, or `conflict` when the order is closed already. */
export function cancelOrder(sales: Sales, id: string): Result<Order> {
  const open = openOrder(sales, id);
  if (!open.ok) return open;
  sales.reservations.release(id);
  return close(sales, open.value, 'cancelled');
}

/**
 * Ships an open order: its reserved stock leaves. Rejects as `not_found`, as `conflict` when the order is closed
 * already, as `expired` when its reservation ran out, and as `insufficient_stock` when promised stock was lost. A
 * rejected order stays open, so that it can be cancelled.
 */
export function shipOrder(sales: Sales, id: string): Result<Order> {
  const open = openOrder(sales, id);
  if (!open.ok) return open;
  const issued = sales.reservations.fulfil(id);
  if (!issued.ok) return issued;
  return close(sales, open.value, 'shipped');
}

function openOrder({ orders }: Sales, id: string): Result<Order> {
  const order = orders.find(id);
  if (order === undefined) return refuse('not_found', `there is no order ${id}`);
  if (order.status !== 'placed') return refuse('conflict', `${id} is ${order.status} since ${order.closedAt}`);
  return { ok: true, value: order };
}

function close({ orders, now }: Sales, order: Order, status: 'shipped' | 'cancelled'): Result<Order> {
  const closed: Order = { ...order, status, closedAt: now().toISOString() };
  orders.keep(closed);
  return { ok: true, value: closed };
}

function refuse(reason: Rejection['reason'], message: string): Result<never> {
  return { ok: false, rejection: { reason, message } };
}
