import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { readConfig } from '../src/config.ts';
import { createInventoryServer } from '../src/http/server.ts';
import { openStore } from '../src/store/store.ts';

suite('server', () => {
  const store = openStore(null);
  const server = createInventoryServer({ config: readConfig({}), store });
  let origin = '';

  before(async () => {
    store.collection('products').put('MUG-01', { sku: 'MUG-01', name: 'Blue mug', unitPrice: 1250 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  test('says that it is healthy', async () => {
    const response = await fetch(`${origin}/health`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    assert.deepEqual(await response.json(), { status: 'ok' });
  });

  test('lists the products, whatever the query string', async () => {
    const response = await fetch(`${origin}/products?unknown=1`);
    const body = (await response.json()) as { items: { sku: string }[] };
    assert.deepEqual(
      body.items.map((product) => product.sku),
      ['MUG-01'],
    );
  });

  test('answers 404 with a reason for what it does not know', async () => {
    const response = await fetch(`${origin}/nowhere`);
    assert.equal(response.status, 404);
    const body = (await response.json()) as { error: { reason: string } };
    assert.equal(body.error.reason, 'not_found');
  });
});
