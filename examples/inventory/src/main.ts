import { readConfig } from './config.ts';
import { createInventoryServer } from './http/server.ts';
import { openStore } from './store/store.ts';

const config = readConfig(process.env);
const store = openStore(config.dataFile);
const server = createInventoryServer({ config, store });

server.listen(config.port, config.host, () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  console.log(`inventory listens on http://${config.host}:${port}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close(() => store.save());
    server.closeIdleConnections();
  });
}
