import assert from 'node:assert/strict';
import { textStart, withoutByteOrderMark } from '../../src/core/text/byte-order-mark.ts';

suite('byte order mark', () => {
  test('one mark at the beginning is taken away, and nothing else', () => {
    for (const [text, start, rest] of [
      ['\ufeff{}', 1, '{}'],
      ['{}', 0, '{}'],
      ['', 0, ''],
      ['\ufeff', 1, ''],
      ['a\ufeff', 0, 'a\ufeff'],
      ['\ufeff\ufeffa', 1, '\ufeffa'],
    ] as const) {
      assert.equal(textStart(text), start);
      assert.equal(withoutByteOrderMark(text), rest);
    }
  });
});
