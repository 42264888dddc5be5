import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Config } from '../config.ts';
import type { Clock } from '../contracts/inventory.ts';
import type { Store } from '../store/store.ts';
import { readJson } from './body.ts';
import { createRouter, problem } from './router.ts';
import type { Reply } from './router.ts';
import { inventoryRoutes } from './routes.ts';

export interface InventoryServerOptions {
  readonly config: Config;
  readonly store: Store;
  /** The machine's clock when absent. */
  readonly now?: Clock;
}

/** The HTTP face of the service. Not listening yet: the caller decides where, and closes it. */
export function createInventoryServer({ config, store, now = () => new Date() }: InventoryServerOptions): Server {
  const router = createRouter(inventoryRoutes({ store, now }));

  return createServer((request, response) => {
    void answer(request).then(({ status, body, headers }) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      response.end(`${JSON.stringify(body)}\n`);
    });
  });

  async function answer(request: IncomingMessage): Promise<Reply> {
    try {
      const body = await readJson(request, config.maxBodyBytes);
      if (!body.ok) return problem(body.reason === 'too_large' ? 413 : 400, body.reason, body.message);
      const url = URL.parse(request.url ?? '/', 'http://inventory');
      if (url === null) return problem(400, 'invalid', 'the address cannot be read');
      const reply = router.dispatch(request.method ?? 'GET', url, body.value);
      // Before the client hears of it: what was confirmed must survive a crash.
      store.save();
      return reply;
    } catch (error) {
      console.error(error);
      return problem(500, 'internal', 'the request failed; the log says why');
    }
  }
}
