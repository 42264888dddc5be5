import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { readConfig } from '../src/config.ts';
import type { LowStockLine, Order, Page, Product, SalesLine, StockLevel } from '../src/contracts/inventory.ts';
import { createInventoryServer } from '../src/http/server.ts';
import { openStore } from '../src/store/store.ts';

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

interface Problem {
  readonly error: { readonly reason: string; readonly message: string };
}

suite('routes', () => {
  let folder = '';
  let server: Server;
  let origin = '';
  let time = new Date(0);

  async function start(): Promise<void> {
    const dataFile = join(folder, 'inventory.json');
    const config = readConfig({ INVENTORY_DATA: dataFile, INVENTORY_MAX_BODY: '1024' });
    server = createInventoryServer({ config, store: openStore(dataFile), now: () => time });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function stop(): Promise<void> {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  async function ask<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${origin}${path}`, { method, ...(text === undefined ? {} : { body: text }) });
    return { status: response.status, body: (await response.json()) as T };
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'inventory-routes-'));
    time = new Date('2026-03-01T09:00:00Z');
    await start();
    await ask('POST', '/products', {
      sku: 'mug-01',
      name: 'Blue mug',
      unitPrice: 1250,
      tags: ['gift'],
      reorderLevel: 1,
    });
    await ask('POST', '/stock/MUG-01/receipts', { quantity: 3, reference: 'delivery 1' });
  });
  afterEach(async () => {
    await stop();
    rmSync(folder, { recursive: true });
  });

  test('sell a product from the catalogue to the report, and remember it after a restart', async () => {
    const placed = await ask<Order>('POST', '/orders', { customer: 'Ada', lines: [{ sku: 'MUG-01', quantity: 2 }] });
    assert.equal(placed.status, 201);
    assert.equal(placed.body.total, 2500);
    const reserved = await ask<StockLevel>('GET', '/stock/mug-01');
    assert.deepEqual([reserved.body.onHand, reserved.body.reserved, reserved.body.available], [3, 2, 1]);
    const low = await ask<{ items: LowStockLine[] }>('GET', '/reports/low-stock');
    assert.deepEqual(
      low.body.items.map((line) => [line.sku, line.available]),
      [['MUG-01', 1]],
    );

    await stop();
    await start();

    const shipped = await ask<Order>('POST', `/orders/${placed.body.id}/ship`);
    assert.equal(shipped.body.status, 'shipped');
    const sales = { items: [{ sku: 'MUG-01', quantity: 2, revenue: 2500 }] };
    assert.deepEqual((await ask<{ items: SalesLine[] }>('GET', '/reports/sales')).body, sales);

    await stop();
    await start();

    assert.deepEqual((await ask<{ items: SalesLine[] }>('GET', '/reports/sales?from=2026-03-01')).body, sales);
    assert.deepEqual((await ask<{ items: SalesLine[] }>('GET', '/reports/sales?to=2026-03-01')).body, { items: [] });
    assert.equal((await ask<StockLevel>('GET', '/stock/MUG-01')).body.onHand, 1);
  });

  test('do not sell the last items twice, even to two at once', async () => {
    const order = { customer: 'Ada', lines: [{ sku: 'MUG-01', quantity: 2 }] };
    const answers = await Promise.all([ask<Problem>('POST', '/orders', order), ask<Problem>('POST', '/orders', order)]);
    assert.deepEqual(answers.map((answer) => answer.status).toSorted(), [201, 409]);
    const refused = answers.find((answer) => answer.status === 409);
    assert.equal(refused?.body.error.reason, 'insufficient_stock');
  });

  test('free the stock of a cancelled order and of one nobody shipped in time', async () => {
    const order = { customer: 'Ada', lines: [{ sku: 'MUG-01', quantity: 3 }] };
    const first = await ask<Order>('POST', '/orders', order);
    assert.equal((await ask<Order>('POST', `/orders/${first.body.id}/cancel`)).body.status, 'cancelled');
    const second = await ask<Order>('POST', '/orders', order);
    assert.equal(second.status, 201);
    time = new Date('2026-03-01T09:31:00Z');
    assert.equal((await ask<StockLevel>('GET', '/stock/MUG-01')).body.available, 3);
    const late = await ask<Problem>('POST', `/orders/${second.body.id}/ship`);
    assert.equal(late.status, 409);
    assert.equal(late.body.error.reason, 'expired');
  });

  test('search, revise and discontinue products', async () => {
    await ask('POST', '/products', { sku: 'TEA-01', name: 'Green tea', unitPrice: 690 });
    const cheap = await ask<Page<Product>>('GET', '/products?max_price=1000&sort=price');
    assert.deepEqual(
      cheap.body.items.map((product) => product.sku),
      ['TEA-01'],
    );
    const revised = await ask<Product>('PATCH', '/products/tea-01', { unitPrice: 750 });
    assert.equal(revised.body.unitPrice, 750);
    assert.equal((await ask<Product>('DELETE', '/products/TEA-01')).body.status, 'discontinued');
    assert.equal((await ask<Page<Product>>('GET', '/products')).body.total, 1);
    assert.equal((await ask<Page<Product>>('GET', '/products?discontinued=true')).body.total, 2);
    assert.equal((await ask<Product>('GET', '/products/TEA-01')).body.unitPrice, 750);
  });

  test('record what a stock-taking found', async () => {
    const corrected = await ask('POST', '/stock/MUG-01/corrections', { counted: 1, reference: 'stock-taking' });
    assert.equal(corrected.status, 201);
    const stock = await ask<StockLevel & { movements: { change: number }[] }>('GET', '/stock/MUG-01');
    assert.deepEqual(
      stock.body.movements.map((movement) => movement.change),
      [3, -2],
    );
  });

  for (const [what, status, reason, method, path, body] of [
    ['a second product of one SKU', 409, 'duplicate', 'POST', '/products', { sku: 'MUG-01', name: 'x', unitPrice: 1 }],
    ['a price that is text', 400, 'invalid', 'POST', '/products', { sku: 'TEA-01', name: 'x', unitPrice: '1' }],
    ['an order without lines', 400, 'invalid', 'POST', '/orders', { customer: 'Ada' }],
    [
      'an order of an unknown product',
      404,
      'not_found',
      'POST',
      '/orders',
      { customer: 'A', lines: [{ sku: 'NOT-01', quantity: 1 }] },
    ],
    [
      'stock for an unknown product',
      404,
      'not_found',
      'POST',
      '/stock/NOT-01/receipts',
      { quantity: 1, reference: 'x' },
    ],
    ['an order nobody placed', 404, 'not_found', 'GET', '/orders/O-999999', undefined],
    ['an unknown sort order', 400, 'invalid', 'GET', '/products?sort=colour', undefined],
    ['a page that is no number', 400, 'invalid', 'GET', '/products?limit=ten', undefined],
    ['a period that is no time', 400, 'invalid', 'GET', '/reports/sales?from=yesterday', undefined],
    ['a body that is no JSON', 400, 'not_json', 'POST', '/orders', '{"customer": '],
    ['a body over the limit', 413, 'too_large', 'POST', '/orders', { customer: 'x'.repeat(1024) }],
    ['a method the path does not have', 405, 'method', 'DELETE', '/orders', undefined],
  ] as const) {
    test(`answer ${status} to ${what}`, async () => {
      const answer = await ask<Problem>(method, path, body);
      assert.equal(answer.status, status);
      assert.equal(answer.body.error.reason, reason);
    });
  }

  test('name every wrong field at once', async () => {
    const answer = await ask<Problem>('POST', '/orders', { customer: 1, lines: [{ quantity: 'two' }] });
    assert.equal(
      answer.body.error.message,
      'customer must be text; lines[0].sku is missing; lines[0].quantity must be a number',
    );
  });
});
