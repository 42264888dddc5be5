import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { Config } from '../config.ts';
import { Catalogue } from '../products/catalogue.ts';
import type { Store } from '../store/store.ts';

export interface InventoryServerOptions {
  readonly config: Config;
  readonly store: Store;
}

/** The HTTP face of the service. Not listening yet: the caller decides where, and closes it. */
export function createInventoryServer({ store }: InventoryServerOptions): Server {
  const catalogue = new Catalogue(store);

  return createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://inventory').pathname;
    const { status, body } = answer(request.method ?? 'GET', path);
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(`${JSON.stringify(body)}\n`);
  });

  function answer(method: string, path: string): { status: number; body: unknown } {
    if (method === 'GET' && path === '/health') return { status: 200, body: { status: 'ok' } };
    if (method === 'GET' && path === '/products') return { status: 200, body: { items: catalogue.list() } };
    return { status: 404, body: { error: { reason: 'not_found', message: `nothing at ${method} ${path}` } } };
  }
}
