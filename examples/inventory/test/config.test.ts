import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readConfig } from '../src/config.ts';

suite('config', () => {
  test('has a default for every setting', () => {
    assert.deepEqual(readConfig({}), {
      host: '127.0.0.1',
      port: 8080,
      dataFile: 'data/inventory.json',
      maxBodyBytes: 65_536,
    });
  });

  test('takes settings from the environment', () => {
    const config = readConfig({ INVENTORY_HOST: '::1', INVENTORY_PORT: '0', INVENTORY_MAX_BODY: '1024' });
    assert.equal(config.host, '::1');
    assert.equal(config.port, 0);
    assert.equal(config.maxBodyBytes, 1024);
  });

  test('keeps data in memory on request', () => {
    assert.equal(readConfig({ INVENTORY_DATA: 'memory' }).dataFile, null);
  });

  for (const port of ['http', '-1', '80.5', '70000']) {
    test(`refuses port ${port} and names the variable`, () => {
      assert.throws(() => readConfig({ INVENTORY_PORT: port }), /INVENTORY_PORT/);
    });
  }
});
