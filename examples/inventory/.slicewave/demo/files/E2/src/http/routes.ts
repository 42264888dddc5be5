import type { Clock, Rejection, Result } from '../contracts/inventory.ts';
import { cancelOrder, shipOrder } from '../orders/closing.ts';
import { OrderBook, placeOrder } from '../orders/placement.ts';
import { Catalogue, normalizeSku } from '../products/catalogue.ts';
import { searchProducts } from '../products/search.ts';
import { lowStock } from '../reports/low-stock.ts';
import { salesByProduct } from '../reports/sales.ts';
import { StockLedger } from '../stock/ledger.ts';
import { Reservations } from '../stock/reservations.ts';
import type { Store } from '../store/store.ts';
import { Fields } from './body.ts';
import { problem } from './router.ts';
import type { Reply, Route } from './router.ts';

export interface RoutesOptions {
  readonly store: Store;
  readonly now: Clock;
}

const statusOf: Readonly<Record<Rejection['reason'], number>> = {
  invalid: 400,
  not_found: 404,
  duplicate: 409,
  discontinued: 409,
  insufficient_stock: 409,
  expired: 409,
  conflict: 409,
};

/** Every route of the service over one store. The routes change the store; saving it is up to the caller. */
export function inventoryRoutes({ store, now }: RoutesOptions): readonly Route[] {
  const catalogue = new Catalogue(store);
  const ledger = new StockLedger({ store, now });
  const reservations = new Reservations({ store, ledger, now });
  const orders = new OrderBook(store);
  const sales = { catalogue, reservations, orders, now };

  return [
    { method: 'GET', pattern: '/health', handle: () => ({ status: 200, body: { status: 'ok' } }) },

    {
      method: 'GET',
      pattern: '/products',
      handle: ({ query }) => {
        const sort = query.get('sort') ?? 'sku';
        if (sort !== 'sku' && sort !== 'name' && sort !== 'price') {
          return problem(400, 'invalid', 'sort: one of sku, name, price');
        }
        for (const name of ['min_price', 'max_price', 'offset', 'limit']) {
          if (Number.isNaN(numberOf(query, name))) return problem(400, 'invalid', `${name}: a number`);
        }
        const page = searchProducts(catalogue.list(), {
          text: query.get('text') ?? undefined,
          tag: query.get('tag') ?? undefined,
          minPrice: numberOf(query, 'min_price'),
          maxPrice: numberOf(query, 'max_price'),
          includeDiscontinued: query.get('discontinued') === 'true',
          sort,
          offset: numberOf(query, 'offset'),
          limit: numberOf(query, 'limit'),
        });
        return { status: 200, body: page };
      },
    },
    {
      method: 'POST',
      pattern: '/products',
      handle: ({ body }) =>
        withFields(body, 201, (fields) => {
          const input = {
            sku: fields.text('sku'),
            name: fields.text('name'),
            unitPrice: fields.number('unitPrice'),
            tags: fields.optionalTexts('tags'),
            reorderLevel: fields.optionalNumber('reorderLevel'),
          };
          return () => catalogue.add(input);
        }),
    },
    {
      method: 'GET',
      pattern: '/products/:sku',
      handle: ({ params }) => withProduct(params, (sku) => ({ status: 200, body: catalogue.find(sku) })),
    },
    {
      method: 'PATCH',
      pattern: '/products/:sku',
      handle: ({ params, body }) =>
        withProduct(params, (sku) =>
          withFields(body, 200, (fields) => {
            const changes = {
              name: fields.optionalText('name'),
              unitPrice: fields.optionalNumber('unitPrice'),
              tags: fields.optionalTexts('tags'),
              reorderLevel: fields.optionalNumber('reorderLevel'),
            };
            return () => catalogue.revise(sku, changes);
          }),
        ),
    },
    {
      method: 'DELETE',
      pattern: '/products/:sku',
      handle: ({ params }) => withProduct(params, (sku) => reply(200, catalogue.discontinue(sku))),
    },

    {
      method: 'GET',
      pattern: '/stock/:sku',
      handle: ({ params }) =>
        withProduct(params, (sku) => ({
          status: 200,
          body: { ...reservations.level(sku), movements: ledger.movements(sku) },
        })),
    },
    {
      method: 'POST',
      pattern: '/stock/:sku/receipts',
      handle: ({ params, body }) =>
        withProduct(params, (sku) =>
          withFields(body, 201, (fields) => {
            const quantity = fields.number('quantity');
            const reference = fields.text('reference');
            return () => ledger.receive(sku, quantity, reference);
          }),
        ),
    },
    {
      method: 'POST',
      pattern: '/stock/:sku/corrections',
      handle: ({ params, body }) =>
        withProduct(params, (sku) =>
          withFields(body, 201, (fields) => {
            const counted = fields.number('counted');
            const reference = fields.text('reference');
            return () => ledger.correct(sku, counted, reference);
          }),
        ),
    },

    { method: 'GET', pattern: '/orders', handle: () => ({ status: 200, body: { items: orders.list() } }) },
    {
      method: 'POST',
      pattern: '/orders',
      handle: ({ body }) =>
        withFields(body, 201, (fields) => {
          const customer = fields.text('customer');
          const lines = fields
            .objects('lines')
            .map((line) => ({ sku: line.text('sku'), quantity: line.number('quantity') }));
          return () => placeOrder(sales, { customer, lines });
        }),
    },
    {
      method: 'GET',
      pattern: '/orders/:id',
      handle: ({ params }) => {
        const order = orders.find(params['id'] ?? '');
        return order === undefined
          ? problem(404, 'not_found', `there is no order ${params['id']}`)
          : { status: 200, body: order };
      },
    },
    {
      method: 'POST',
      pattern: '/orders/:id/cancel',
      handle: ({ params }) => reply(200, cancelOrder(sales, params['id'] ?? '')),
    },
    {
      method: 'POST',
      pattern: '/orders/:id/ship',
      handle: ({ params }) => reply(200, shipOrder(sales, params['id'] ?? '')),
    },

    {
      method: 'GET',
      pattern: '/reports/low-stock',
      handle: () => ({ status: 200, body: { items: lowStock(catalogue.list(), reservations) } }),
    },
    {
      method: 'GET',
      pattern: '/reports/sales',
      handle: ({ query }) => {
        const period = { from: query.get('from') ?? undefined, to: query.get('to') ?? undefined };
        for (const [name, value] of Object.entries(period)) {
          if (value !== undefined && Number.isNaN(Date.parse(value))) {
            return problem(400, 'invalid', `${name}: a time such as 2026-03-01T00:00:00Z`);
          }
        }
        return { status: 200, body: { items: salesByProduct(orders.list(), period) } };
      },
    },
  ];

  /** The ledger takes any SKU, so the catalogue is asked first. */
  function withProduct(params: Readonly<Record<string, string>>, then: (sku: string) => Reply): Reply {
    const sku = normalizeSku(params['sku'] ?? '');
    return sku === undefined || catalogue.find(sku) === undefined
      ? problem(404, 'not_found', `there is no product ${params['sku']}`)
      : then(sku);
  }
}

/** `read` takes what it needs from the body; what it returns runs only when every field was right. */
function withFields<T>(body: unknown, status: number, read: (fields: Fields) => () => Result<T>): Reply {
  const fields = new Fields(body);
  const act = read(fields);
  if (fields.problems.length > 0) return problem(400, 'invalid', fields.problems.join('; '));
  return reply(status, act());
}

function reply<T>(status: number, result: Result<T>): Reply {
  if (result.ok) return { status, body: result.value };
  const { reason, message } = result.rejection;
  return problem(statusOf[reason], reason, message);
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  return text === null || text === '' ? undefined : Number(text);
}
