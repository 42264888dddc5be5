import assert from 'node:assert/strict';
import { asCounted, byCodeUnit } from '../../src/core/text/order.ts';
import {
  abridged,
  counted,
  markedLine,
  oneLine,
  printable,
  printableLine,
  thousands,
} from '../../src/core/text/printing.ts';

suite('printing', () => {
  test('nothing that steers a terminal or breaks a line is left', () => {
    assert.equal(printable('a\u001b[31mred\u0007 b'), 'a [31mred  b');
    assert.equal(printable('one\r\ntwo\u2028three\u2029four'), 'one two three four');
    assert.equal(printable('left \u202eright\u2066'), 'left  right');
    assert.equal(printable(' \u0000plain text\t'), 'plain text');
  });

  test('an indentation stays where it says something', () => {
    assert.equal(printableLine('    a\u001bb '), '    a b');
    assert.equal(printableLine('a'), 'a');
  });

  test('a quoted line keeps its columns', () => {
    const line = 'a\u001b[1mb\u202ec\u009bd';
    assert.equal(markedLine(line), 'a\ufffd[1mb\ufffdc\ufffdd');
    assert.equal(markedLine(line).length, line.length);
  });

  test('one line', () => {
    assert.equal(oneLine('  a\n\n b\t\u00a0c\u2028d '), 'a b c d');
    assert.equal(oneLine('\n'), '');
  });

  test('a text that is to be read keeps its end, where the remedy stands', () => {
    assert.equal(abridged('short'), 'short');
    const long = abridged(`it failed ${'x'.repeat(5_000)} mend it with \`git branch -m a b\``);
    assert.equal(long.length, 1_000);
    assert.match(long, /^it failed x+ \.\.\. x+ mend it with `git branch -m a b`$/);
  });

  test('numbers', () => {
    assert.deepEqual(
      [counted(1, 'slice'), counted(0, 'slice'), counted(2, 'batch', 'batches')],
      ['1 slice', '0 slices', '2 batches'],
    );
    assert.deepEqual([0, 999, 1000, 12_000.4, 1_234_567].map(thousands), ['0', '999', '1,000', '12,000', '1,234,567']);
  });

  test('the order does not depend on a language', () => {
    assert.deepEqual(['b', 'ä', 'B', 'a', 'a'].toSorted(byCodeUnit), ['B', 'a', 'a', 'b', 'ä']);
  });

  test('ids stand in the order that people count in', () => {
    const ids = ['', '7', '10', 'A-2', 'A1', 'A01', 'A1.2', 'A1.10', 'A2', 'A10', `A${'9'.repeat(400)}`, 'B', 'a1'];
    const counted = ['', '7', '10', 'A01', 'A1', 'A1.2', 'A1.10', 'A2', 'A10', `A${'9'.repeat(400)}`, 'A-2', 'B', 'a1'];
    assert.deepEqual(ids.toSorted(asCounted), counted);
    assert.deepEqual(ids.toReversed().sort(asCounted), counted);
  });
});
