import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { languageIds, languageOf } from '../../src/core/code/languages.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';
import { caseCount } from './case-count.ts';

const dir = path.join(import.meta.dirname, '../fixtures/code');
const samples = new Map(
  readdirSync(dir).map((file) => [languageOf(file), { file, text: readFileSync(path.join(dir, file), 'utf8') }]),
);

suite('reading bad source files', () => {
  for (const language of languageIds) {
    test(`${language}: nothing throws, nothing hangs, and every line named exists`, async () => {
      const reader = await openCodeReader();
      const sample = samples.get(language);
      assert.ok(reader && sample);
      const { file, text } = sample;
      const part = fc
        .tuple(fc.nat(text.length), fc.nat(text.length))
        .map(([a, b]) => text.slice(Math.min(a, b), Math.max(a, b)));
      const junk = fc.oneof(
        fc.nat(text.length).map((end) => text.slice(0, end)),
        fc.array(fc.oneof(part, fc.string({ unit: 'binary' })), { maxLength: 5 }).map((parts) => parts.join('')),
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.uint8Array({ maxLength: 600 }).map((bytes) => new TextDecoder('latin1').decode(bytes)),
        fc
          .array(
            fc.constantFrom(
              '(',
              '{',
              '[',
              '<',
              '"',
              "'",
              '`',
              '#',
              '\n',
              '/*',
              '"""',
              'class ',
              'def ',
              'end',
              ';',
              '}',
              '\0',
              '\ud800',
            ),
            { maxLength: 200 },
          )
          .map((parts) => parts.join('')),
      );
      fc.assert(
        fc.property(junk, (bad) => {
          const outline = reader.read(file, bad);
          assert.ok(outline, 'it was given up');
          const lines = bad.split('\n').length;
          for (const { name, firstLine, lastLine } of outline.symbols)
            assert.ok(
              name !== '' && firstLine >= 1 && firstLine <= lastLine && lastLine <= lines,
              `${name} ${firstLine}-${lastLine} of ${lines}`,
            );
          for (const { specifier, line } of outline.imports) assert.ok(specifier !== '' && line >= 1 && line <= lines);
          for (const { first, last } of outline.free) assert.ok(first >= 1 && first <= last && last <= lines);
        }),
        { numRuns: caseCount(100, 500) },
      );
    });
  }

  test('what fits no grammar is given up, however slow the parser is with it', async () => {
    const impatient = await openCodeReader(['go'], { patience: 200 });
    assert.ok(impatient);
    // Minutes with all the patience in the world.
    assert.equal(impatient.read('a.go', '/*"\n'.repeat(50_000)), null);
    assert.deepEqual(
      impatient.read('b.go', 'package a\n\ntype Order struct{}\n')?.symbols.map(({ name }) => name),
      ['Order'],
    );
  });

  test('deep nesting and one long line end in time', async () => {
    const size = caseCount(10_000, 50_000);
    const reader = await openCodeReader();
    for (const [, sample] of samples) {
      for (const text of [
        '('.repeat(size),
        '{'.repeat(size),
        'class A {'.repeat(size / 10),
        `${'x+'.repeat(2 * size)}1`,
        '"'.repeat(2 * size - 1),
        'module A\n'.repeat(size / 20),
      ]) {
        reader?.read(sample.file, text);
      }
    }
    assert.equal(reader?.read('a.ts', 'class A {}')?.symbols[0]?.name, 'A', 'it reads nothing any more');
  });

  test('2,000 files do not fill the memory', async () => {
    const reader = await openCodeReader();
    const sample = samples.get('typescript');
    assert.ok(reader && sample);
    const read = (from: number, to: number): void => {
      // Each text is another one, so that none is remembered.
      for (let i = from; i < to; i++) assert.ok(reader.read('a.ts', `// ${i}\n${sample.text}`));
    };
    read(0, 200);
    const before = process.memoryUsage();
    read(200, 2_200);
    const after = process.memoryUsage();
    // The parser's memory is one growing buffer, which lies outside of the heap.
    const grown = after.external + after.arrayBuffers - before.external - before.arrayBuffers;
    assert.ok(grown < 4_000_000, `the memory outside of the heap grew by ${grown} bytes`);
  });
});
