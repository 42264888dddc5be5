import assert from 'node:assert/strict';
import * as z from 'zod';
import { jsonSchemas } from '../../src/core/schemas.ts';

/** What an editor makes of the schema: only the JSON counts, not the zod objects it came from. */
function accepts(name: string, value: unknown): boolean {
  const schema: unknown = JSON.parse(JSON.stringify(jsonSchemas()[name]));
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value).success;
}

suite('JSON schemas', () => {
  test('are plain JSON of a dialect editors know', () => {
    for (const schema of Object.values(jsonSchemas())) {
      assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema);
      assert.equal((schema as { $schema: string }).$schema, 'http://json-schema.org/draft-07/schema#');
    }
    assert.deepEqual(Object.keys(jsonSchemas()), ['manifest', 'task', 'lint']);
  });

  test('accept and refuse manifests as the reader does', () => {
    const whole = {
      tech_spec_id: 'T',
      waves: [{ number: 1, tasks: [{ id: 'a', agent: 'x', extra: 1 }], validation: 'x' }],
      contracts: ['a', { path: 'b' }],
      unknown: true,
    };
    assert.ok(accepts('manifest', whole));
    for (const wrong of [
      { waves: [] },
      { ...whole, waves: {} },
      { ...whole, merge_points: [{ id: 'MP1' }] },
      { ...whole, limits: { max_parallel: 0 } },
      { ...whole, tech_spec_id: '' },
    ]) {
      assert.ok(!accepts('manifest', wrong), JSON.stringify(wrong));
    }
  });

  test('accept and refuse front matter as the reader does', () => {
    assert.ok(accepts('task', { id: 'a', deps: ['b'], blocks: 'c, d', estimate: '3h', kind: 'ops', anything: [] }));
    assert.ok(accepts('task', { id: 'a', deps: null, agent: null }));
    for (const wrong of [
      { id: 'a', kind: 'magic' },
      { id: 'a', attempts: 0 },
      { id: 'a', deps: { b: 1 } },
      { id: 'a', wave: 'two' },
    ]) {
      assert.ok(!accepts('task', wrong), JSON.stringify(wrong));
    }
  });

  test('describe their fields, for hovers and completion', () => {
    const { properties } = jsonSchemas()['manifest'] as { properties: Record<string, { description?: string }> };
    assert.match(properties['tech_spec_id']?.description ?? '', /spec/);
  });

  test('accept and refuse lint settings as the reader does', () => {
    for (const right of [
      {},
      { rules: { 'task.*': 'off' }, limits: { taskHours: 2 }, ignore: ['drafts/**'] },
      { overrides: [{ files: ['a'], rules: { '*': 'hint' } }] },
    ])
      assert.ok(accepts('lint', right), JSON.stringify(right));
    for (const wrong of [
      { rules: { 'task.*': 'no' } },
      { limits: { hours: 2 } },
      { ignore: 'drafts' },
      { overrides: [{ files: [], rules: {} }] },
      { other: 1 },
    ])
      assert.ok(!accepts('lint', wrong), JSON.stringify(wrong));
  });
});
