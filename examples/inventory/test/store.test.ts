import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { openStore } from '../src/store/store.ts';

interface Note {
  text: string;
}

suite('store', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'inventory-store-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('hands out copies, so that nobody changes a record by accident', () => {
    const notes = openStore(null).collection<Note>('notes');
    const note = { text: 'first' };
    notes.put('1', note);
    note.text = 'changed outside';
    const read = notes.get('1');
    assert.deepEqual(read, { text: 'first' });
    if (read !== undefined) read.text = 'changed after reading';
    assert.deepEqual(notes.all(), [{ text: 'first' }]);
  });

  test('lists records in order of id', () => {
    const notes = openStore(null).collection<Note>('notes');
    notes.put('b', { text: 'second' });
    notes.put('a', { text: 'first' });
    assert.deepEqual(
      notes.all().map((note) => note.text),
      ['first', 'second'],
    );
  });

  test('says whether a deleted record existed', () => {
    const notes = openStore(null).collection<Note>('notes');
    notes.put('1', { text: 'first' });
    assert.equal(notes.delete('1'), true);
    assert.equal(notes.delete('1'), false);
    assert.equal(notes.size, 0);
  });

  test('finds everything again after it was saved', () => {
    const file = join(folder, 'deep', 'data.json');
    const store = openStore(file);
    store.collection<Note>('notes').put('1', { text: 'kept' });
    assert.equal(store.save(), true);
    assert.deepEqual(openStore(file).collection<Note>('notes').get('1'), { text: 'kept' });
    assert.deepEqual(readdirSync(join(folder, 'deep')), ['data.json'], 'no draft is left behind');
  });

  test('writes only when something changed', () => {
    const store = openStore(join(folder, 'data.json'));
    assert.equal(store.save(), false);
    store.collection<Note>('notes').put('1', { text: 'first' });
    assert.equal(store.save(), true);
    assert.equal(store.save(), false);
  });

  for (const [what, text] of [
    ['torn JSON', '{"version": 1, "coll'],
    ['another version', '{"version": 2, "collections": {}}'],
    ['a list', '[]'],
  ] as const) {
    test(`refuses ${what} and names the file`, () => {
      const file = join(folder, 'data.json');
      writeFileSync(file, text);
      assert.throws(() => openStore(file), /data\.json/);
    });
  }
});
