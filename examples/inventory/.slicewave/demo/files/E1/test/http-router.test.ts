import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { Fields, readJson } from '../src/http/body.ts';
import { createRouter } from '../src/http/router.ts';
import type { Reply, RouteRequest } from '../src/http/router.ts';

const echo = (request: RouteRequest): Reply => ({ status: 200, body: request });

suite('router', () => {
  const router = createRouter([
    { method: 'GET', pattern: '/orders', handle: echo },
    { method: 'POST', pattern: '/orders', handle: echo },
    { method: 'GET', pattern: '/orders/:id', handle: echo },
    { method: 'POST', pattern: '/orders/:id/cancel', handle: echo },
  ]);
  const ask = (method: string, path: string, body?: unknown): Reply =>
    router.dispatch(method, new URL(path, 'http://inventory'), body);

  test('hands over the parts of the path, the query and the body', () => {
    const reply = ask('POST', '/orders/O-1/cancel?why=late', { note: 'sorry' });
    const request = reply.body as RouteRequest;
    assert.deepEqual(request.params, { id: 'O-1' });
    assert.equal(request.query.get('why'), 'late');
    assert.deepEqual(request.body, { note: 'sorry' });
  });

  test('decodes a part of the path after cutting it, so that %2F is no separator', () => {
    assert.deepEqual((ask('GET', '/orders/a%2Fb%20c').body as RouteRequest).params, { id: 'a/b c' });
  });

  test('answers 404 for a path that no pattern has', () => {
    for (const path of ['/', '/order', '/orders/', '/orders/O-1/ship', '/orders/O-1/cancel/now']) {
      assert.equal(ask('GET', path).status, 404, path);
    }
  });

  test('answers 405 and says what is allowed', () => {
    const reply = ask('DELETE', '/orders');
    assert.equal(reply.status, 405);
    assert.deepEqual(reply.headers, { allow: 'GET, POST' });
  });

  test('answers HEAD as GET', () => {
    assert.equal(ask('HEAD', '/orders/O-1').status, 200);
  });

  test('answers 400 for a path that cannot be decoded', () => {
    assert.equal(ask('GET', '/orders/%E0%A4%A').status, 400);
  });

  test('refuses to be built with a route that cannot be reached', () => {
    const routes = ['/orders/:id', '/orders/:number'].map((pattern) => ({
      method: 'GET' as const,
      pattern,
      handle: echo,
    }));
    assert.throws(() => createRouter(routes), /GET \/orders\/:number is declared twice/);
  });
});

suite('request body', () => {
  const server = createServer((request, response) => {
    void readJson(request, 64).then((result) => response.end(JSON.stringify(result)));
  });
  let origin = '';

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  async function send(body: string): Promise<{ ok: boolean; value?: unknown; reason?: string }> {
    const response = await fetch(origin, { method: 'POST', body });
    return (await response.json()) as { ok: boolean; value?: unknown; reason?: string };
  }

  test('is parsed as JSON', async () => {
    assert.deepEqual(await send('{"name": "Teekännchen"}'), { ok: true, value: { name: 'Teekännchen' } });
    assert.deepEqual(await send(''), { ok: true });
  });

  test('that is broken is told apart from one that is too large', async () => {
    assert.equal((await send('{"name": ')).reason, 'not_json');
    assert.equal((await send(JSON.stringify('x'.repeat(62)))).ok, true, '64 bytes fit');
    assert.equal((await send(JSON.stringify('x'.repeat(63)))).reason, 'too_large');
  });
});

suite('fields', () => {
  test('give the values of a well-formed body', () => {
    const fields = new Fields({ name: 'Mug', price: 5, tags: ['a'], lines: [{ sku: 'X' }] });
    assert.equal(fields.text('name'), 'Mug');
    assert.equal(fields.number('price'), 5);
    assert.equal(fields.optionalNumber('level'), undefined);
    assert.deepEqual(fields.optionalTexts('tags'), ['a']);
    assert.deepEqual(
      fields.objects('lines').map((line) => line.text('sku')),
      ['X'],
    );
    assert.deepEqual(fields.problems, []);
  });

  test('name everything that is wrong, each once, with its place', () => {
    const fields = new Fields({ name: 7, tags: ['a', 1], lines: [{ sku: 'X' }, { sku: null }, 'Y'] });
    fields.text('name');
    fields.number('price');
    fields.optionalTexts('tags');
    for (const line of fields.objects('lines')) line.text('sku');
    assert.deepEqual(fields.problems, [
      'name must be text',
      'price is missing',
      'tags must be a list of texts',
      'lines[2] must be an object',
      'lines[1].sku must be text',
      'lines[2].sku is missing',
    ]);
  });

  test('refuse a body that is no object', () => {
    for (const body of [undefined, null, [], 'text', 1]) {
      assert.deepEqual(new Fields(body).problems, ['the body must be an object']);
    }
  });
});
