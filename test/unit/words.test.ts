import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fileTestOf, programsOf, splitCommand } from '../../src/core/text/words.ts';

const words = (text: string): readonly (readonly string[])[] => {
  const line = splitCommand(text);
  assert.ok(line.ok, line.ok ? '' : line.failure.message);
  return line.value.map((step) => step.words);
};

suite('splitting commands', () => {
  test('splits like a shell: spaces, quotes, escapes', () => {
    assert.deepEqual(words(`node --test "a b.ts" 'c d' e\\ f`), [['node', '--test', 'a b.ts', 'c d', 'e f']]);
    assert.deepEqual(words(`printf "say \\"hi\\"" ''`), [['printf', 'say "hi"', '']]);
  });

  test('what is asked about one file needs no program', () => {
    assert.deepEqual(programsOf('test ! -e src/old.ts && cd web && npm test'), ['cd', 'npm']);
    assert.deepEqual(programsOf('test -n x'), ['test']);
    assert.deepEqual(fileTestOf(['test', '!', '-e', 'src/old.ts']), { asks: 'e', path: 'src/old.ts', not: true });
    for (const other of [
      ['test'],
      ['test', '-e'],
      ['test', '-x', 'a'],
      ['test', '-e', 'a', '-a', '-e', 'b'],
      ['[', '-e', 'a'],
    ])
      assert.equal(fileTestOf(other), null, other.join(' '));
  });

  test('runs && in order and takes assignments before a program', () => {
    const line = splitCommand("CI=1 NAME='x y' npm test && npm run lint");
    assert.ok(line.ok);
    assert.deepEqual(line.value[0]?.env, { CI: '1', NAME: 'x y' });
    assert.deepEqual(line.value[0]?.words, ['npm', 'test']);
    assert.deepEqual(line.value[1], { env: {}, words: ['npm', 'run', 'lint'], patterns: [] });
  });

  test('marks unquoted patterns and leaves quoted ones alone', () => {
    const line = splitCommand('node --test test/*.ts "lib/*.ts"');
    assert.ok(line.ok);
    assert.deepEqual(line.value[0]?.patterns, [2]);
  });

  for (const [text, what] of [
    ['cat a | sort', 'a pipe'],
    ['echo x > y', 'a redirection'],
    ['sleep 1 &', 'a background command'],
    ['a; b', 'a list'],
    ['echo $HOME', 'a variable'],
    ['echo "`id`"', 'a substitution'],
    ['(cd x)', 'a group'],
  ] as const) {
    test(`refuses ${what} and says how to write it`, () => {
      const line = splitCommand(text);
      assert.ok(!line.ok);
      assert.match(line.failure.message, new RegExp(`^${what} needs a shell: write it as sh -c`));
    });
  }

  test('names what is incomplete', () => {
    for (const text of ["echo 'x", 'echo x &&', '&& x', '', '  ', 'a \\']) assert.ok(!splitCommand(text).ok, text);
  });

  test('quoted words come back as they were, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (list) => {
        const given = ['run', ...list];
        const text = given.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
        assert.deepEqual(words(text), [given]);
      }),
    );
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void splitCommand(text)));
  });
});
