import assert from 'node:assert/strict';
import fc from 'fast-check';
import { shellQuoted } from '../../src/core/text/shell-quoting.ts';
import { splitCommand } from '../../src/core/text/words.ts';

/** The words a shell would see. */
function words(line: string): readonly string[] {
  const split = splitCommand(line);
  assert.ok(split.ok, split.ok ? '' : split.failure.message);
  const [step, ...others] = split.value;
  assert.ok(step && others.length === 0 && step.patterns.length === 0);
  return step.words;
}

suite('shell quoting', () => {
  test('a quote ends the quoting, is escaped, and opens it again', () => {
    assert.equal(shellQuoted("it's"), "'it'\\''s'");
    assert.equal(shellQuoted(''), "''");
    assert.equal(shellQuoted('$HOME `date` *'), "'$HOME `date` *'");
  });

  test('property: words that are quoted and joined are the same words to a shell, whatever is in them', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("'", "''", 'a b', '$(id)', '"', '\\', "\\'", 'A=b', ';', '&&', '\n'),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (list) => {
        assert.deepEqual(words(list.map(shellQuoted).join(' ')), list);
      }),
    );
  });
});
