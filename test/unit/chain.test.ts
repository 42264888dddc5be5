import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readDecision, readEvent } from '../../src/core/run/schema.ts';
import { BEGINNING, seal, unseal } from '../../src/node/state/chain.ts';
import { evidenceKey, type EvidenceKey } from '../../src/node/state/evidence-key.ts';

const key: EvidenceKey = { id: 'aaaaaaaa', secret: Buffer.alloc(32, 1) };
const other: EvidenceKey = { id: 'bbbbbbbb', secret: Buffer.alloc(32, 2) };

/** A file of so many lines, each after the one before it. */
function written(count: number, name = 'run x', by = key): string[] {
  let last = BEGINNING;
  return Array.from({ length: count }, (_, number) => {
    const sealed = seal({ v: 1, number, text: '"}\n,"chain":"' }, last, name, by);
    last = sealed.digest;
    return sealed.text;
  });
}

const origins = (lines: readonly string[], name = 'run x'): string[] =>
  unseal(`${lines.join('\n')}\n`, name, key).map((line) => `${line.origin}${line.afterGap ? ' after a gap' : ''}`);

suite('evidence: chained digests', () => {
  test('what was sealed holds, and is read as it was', () => {
    const lines = unseal(`${written(3).join('\n')}\n`, 'run x', key);
    assert.deepEqual(
      lines.map((line) => [line.origin, line.value]),
      [0, 1, 2].map((number) => ['own', { v: 1, number, text: '"}\n,"chain":"' }]),
    );
  });

  test('a changed line, a line under another name and a line used twice are forged', () => {
    const lines = written(2);
    assert.deepEqual(origins([lines[0] ?? '', (lines[1] ?? '').replace('"number":1', '"number":7')]), [
      'own',
      'forged',
    ]);
    assert.deepEqual(origins(lines, 'run y'), ['forged', 'forged']);
    assert.deepEqual(origins([...lines, lines[1] ?? '']), ['own', 'own', 'forged']);
  });

  test('a line that is put in between or after takes nothing from those around it', () => {
    const [first = '', second = ''] = written(2);
    assert.deepEqual(origins([first, '{"v":1}', second, '{"v":1}']), ['own', 'plain', 'own', 'plain']);
    assert.deepEqual(origins([first, 'not json', second]), ['own', 'plain', 'own']);
  });

  test('a line that is taken out or moved is missed where it stood', () => {
    const [first = '', second = '', third = ''] = written(3);
    assert.deepEqual(origins([first, third]), ['own', 'own after a gap']);
    assert.deepEqual(origins([second, third]), ['own after a gap', 'own']);
    assert.deepEqual(origins([second, first]), ['own after a gap', 'own after a gap']);
  });

  test("lines of another machine's key are told apart from forged ones", () => {
    assert.deepEqual(origins([...written(1, 'run x', other), ...written(1)]), ['foreign', 'own']);
  });
});

suite('evidence: the key', () => {
  test('of many first users at once all get the same, and only its owner can read it', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'sw-key-'));
    try {
      const script = `import { evidenceKey } from ${JSON.stringify(new URL('../../src/node/state/evidence-key.ts', import.meta.url).href)}; console.log(evidenceKey(process.argv[1]).id);`;
      const together = `for i in 1 2 3 4; do "$0" --input-type=module -e "$1" "$2" & done; wait`;
      const { stdout, stderr } = spawnSync('sh', ['-c', together, process.execPath, script, dir], { encoding: 'utf8' });
      const ids = stdout.trim().split('\n');
      assert.equal(ids.length, 4, stderr);
      assert.deepEqual([...new Set(ids)], [evidenceKey(dir).id]);
      assert.deepEqual(readdirSync(dir), ['evidence.key']);
      if (process.platform !== 'win32') assert.equal(statSync(path.join(dir, 'evidence.key')).mode & 0o777, 0o600);
      assert.doesNotMatch(readFileSync(path.join(dir, 'evidence.key'), 'utf8'), new RegExp(evidenceKey(dir).id));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test('a place that cannot hold it is an error that names it', () => {
    assert.throws(() => evidenceKey('/dev/null/slicewave'), /dev\/null\/slicewave.*XDG_STATE_HOME/);
  });
});

suite('evidence: shapes', () => {
  test('an event or a decision without what is read of it is none; kinds that are not known here pass', () => {
    const at = { v: 1, t: '2026-11-29T00:00:00.000Z' };
    assert.notEqual(readEvent({ ...at, type: 'committed', commit: 'c' }), null);
    for (const event of [
      null,
      3,
      [],
      {},
      { type: 'committed' },
      { ...at, type: 'committed' },
      { ...at, type: 'ended', end: 'merged' },
    ])
      assert.equal(readEvent(event), null, JSON.stringify(event));
    assert.notEqual(readEvent({ ...at, type: 'from-later' }), null);
    assert.notEqual(readEvent({ ...at, type: 'toString' }), null);
    assert.equal(readDecision({ ...at, type: 'approved', slice: 'A1', run_id: 'r', paths: 'src', waive: [] }), null);
    assert.notEqual(
      readDecision({ ...at, type: 'approved', slice: 'A1', run_id: 'r', paths: ['src'], waive: [] }),
      null,
    );
  });
});
