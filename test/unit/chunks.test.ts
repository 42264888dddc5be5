import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRedactor } from '../../src/core/gate/redact.ts';
import { LineSplitter, Tail } from '../../src/core/text/chunks.ts';
import { commandAdapter } from '../../src/node/agents/command.ts';
import { assertLinear } from './cost.ts';

suite('text that comes in chunks', () => {
  test('lines are the same however they are cut', () => {
    const part = fc.stringMatching(/^[ab\r\n]{0,12}$/);
    fc.assert(
      fc.property(fc.array(part), (chunks) => {
        const splitter = new LineSplitter();
        const lines = chunks.flatMap((chunk) => splitter.take(chunk));
        const last = splitter.end();
        const whole = chunks.join('').split('\n');
        const expected = (whole.at(-1) === '' ? whole.slice(0, -1) : whole).map((line) => line.replace(/\r$/, ''));
        assert.deepEqual(last === null ? lines : [...lines, last], expected);
        assert.equal(splitter.end(), null);
      }),
    );
  });

  test('a line that does not end is handed on in parts, and none of it is lost', () => {
    const splitter = new LineSplitter();
    const chunk = 'x'.repeat(1 << 20);
    const lines = Array.from({ length: 40 }, () => splitter.take(chunk)).flat();
    assert.deepEqual(
      lines.map((line) => line.length >> 20),
      [17, 17],
    );
    assert.equal(splitter.end()?.length, 6 << 20);
  });

  test('a tail is the end of all that was added', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 9 })), fc.integer({ min: 1, max: 20 }), (parts, most) => {
        const tail = new Tail(most);
        for (const part of parts) tail.add(part);
        assert.equal(tail.text, parts.join('').slice(-most));
      }),
    );
  });

  test('chunks cost what their length lets expect, with a line end in each, in all or in none', () => {
    const chunk = '0123456789abcdef'.repeat(4096);
    for (const end of ['\n', ''])
      assertLinear(`chunks with ${JSON.stringify(end)}`, 400, (size) => {
        const splitter = new LineSplitter();
        for (let i = 0; i < size; i++) splitter.take(chunk + end);
      });
    assertLinear('short lines', 1_000_000, (size) => {
      const splitter = new LineSplitter();
      let lines = 0;
      for (let i = 0; i < size; i += 1000) lines += splitter.take('a\n'.repeat(1000)).length;
      assert.equal(lines, size);
    });
  });

  test('an agent of any kind may print short lines without end', () => {
    assertLinear('lines of an agent', 400_000, (size) => {
      const reader = commandAdapter.createReader();
      for (let i = 0; i < size; i++) reader.line(`line ${i}`, 0);
      const [end] = reader.end(0);
      assert.ok(end?.type === 'finished' && end.text.endsWith(`line ${size - 1}\n`));
    });
  });

  test('the redactor looks for addresses where there are some', () => {
    const redact = createRedactor({});
    for (const part of ['0123456789abcdef', 'a', 'http://', 'x:y@', 'authorization:', '\n', 'sk-', 'eyJ'])
      assertLinear(part, 2_000_000, (size) => redact(part.repeat(size / part.length)));
    assert.equal(
      redact('Authorization: Bearer abc https://me:secret@host/ git+ssh://a:b@c'),
      'Authorization: Bearer [redacted] https://me:[redacted]@host/ git+ssh://a:[redacted]@c',
    );
  });
});
