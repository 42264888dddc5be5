import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { readConfig } from '../src/config.ts';
import { inventoryRoutes } from '../src/http/routes.ts';
import { openStore } from '../src/store/store.ts';

const root = new URL('../', import.meta.url);
const api = readFileSync(new URL('docs/api.md', root), 'utf8');
const readme = readFileSync(new URL('README.md', root), 'utf8');

suite('documentation', () => {
  test('describes the routes the service has, and no others', () => {
    const served = inventoryRoutes({ store: openStore(null), now: () => new Date(0) }).map(
      ({ method, pattern }) => `${method} ${pattern}`,
    );
    const described = [...api.matchAll(/^### `([A-Z]+ \/[^`]*)`$/gm)].map((heading) => heading[1]);
    assert.deepEqual(described.toSorted(), served.toSorted());
  });

  test('names every setting with its default', () => {
    const settings = [...readme.matchAll(/^\| `(INVENTORY_\w+)` \| `([^`]+)` \|/gm)];
    const environment = Object.fromEntries(settings.map(([, name, value]) => [name, value]));
    assert.equal(settings.length, Object.keys(readConfig({})).length);
    assert.deepEqual(readConfig(environment), readConfig({}));
  });

  test('links to files that exist', () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map((link) => link[1] ?? '');
    assert.ok(links.length > 0);
    for (const link of links) assert.ok(existsSync(new URL(link, root)), link);
  });
});
