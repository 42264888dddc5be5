import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readAnyYaml, readYaml } from '../../src/core/text/yaml.ts';
import { readFlatYaml } from '../../src/core/text/flat-yaml.ts';

/** Words that people write, and words that mean something to YAML. */
const word = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[A-Za-z0-9_./-]{1,12}$/) },
  { weight: 3, arbitrary: fc.stringMatching(/^[A-Za-z0-9"'`#:,@&*!|>%?=~<+$(){}[\]\\ .-]{1,16}$/) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'task-001',
      'plugin:name',
      'WS-A',
      '2h',
      '2-4h',
      '12',
      '0',
      '01',
      '-3',
      '+3',
      '1.5',
      '1e3',
      '0x1f',
      '0o17',
      'true',
      'False',
      'null',
      'NULL',
      '~',
      'yes',
      '.inf',
      '-.INF',
      '.nan',
      '1_000',
      '2024-01-01',
      '12:30',
      '.5',
      'node --test test/a.test.ts',
      'npm run x -- --fix',
      'apps/a.py::User',
      'http://x.y/z',
      'a # b',
      'a: b',
      'a:',
      'C# code',
      '日本語',
      'naïve',
      '🙂 ok',
      '"quoted, text"',
      "'it''s'",
      '"a\\n"',
      "'a'",
      '""',
      '&a x',
      '*a',
      '!!str x',
      '- x',
      '? x',
      '-',
      '--',
      '---',
      '...',
      '[a',
      'a]',
      '{a: b}',
      '<<',
      '=',
      '%',
      'x y  z',
      '\u00a0x',
      'x\u2028y',
      'x\u3000',
      '1\u2003',
    ),
  },
);
/** Eight times in ten the first, so that whole files stay readable. */
const mostly = (usual: string, ...others: string[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(...others) });
const keys = fc.constantFrom('id', 'title', 'wave', 'deps', 'blocks', 'agent', 'verify', 'tech_spec', 'estimate');

function entriesOf(word: fc.Arbitrary<string>, wild: boolean): fc.Arbitrary<string> {
  const key = wild ? fc.oneof({ weight: 12, arbitrary: keys }, { weight: 1, arbitrary: word }) : keys;
  const gap = wild ? mostly(' ', '', '  ', '\t') : mostly(' ', '  ');
  const tail = wild ? mostly('', ' ', '  ', ' # remark', '\t') : mostly('', ' ');
  const items = fc.array(word, { minLength: 1, maxLength: 4 });
  return fc.oneof(
    fc.tuple(key, gap, word, tail).map(([k, space, value, end]) => `${k}:${space}${value}${end}`),
    fc.tuple(key, tail).map(([k, end]) => `${k}:${end}`),
    fc
      .tuple(key, gap, fc.array(word, { maxLength: 4 }), mostly(', ', ',', ' , '), tail)
      .map(([k, space, list, comma, end]) => `${k}:${space}[${list.join(comma)}]${end}`),
    fc
      .tuple(key, mostly('  ', '', ' ', '\n  '), items)
      .map(([k, indent, list]) => [`${k}:`, ...list.map((item) => `${indent}- ${item}`)].join('\n')),
    ...(wild
      ? [
          fc
            .tuple(key, fc.array(fc.tuple(mostly('  ', '', '    '), word), { maxLength: 4 }))
            .map(([k, list]) => [`${k}:`, ...list.map(([indent, item]) => `${indent}- ${item}`)].join('\n')),
          fc.constantFrom('', '', ' ', '# remark', '  more words', '---', 'no colon'),
        ]
      : [fc.constant('')]),
  );
}

const textOf = (entry: fc.Arbitrary<string>) =>
  fc
    .tuple(
      fc.uniqueArray(entry, { maxLength: 6, selector: (line) => line.split(':')[0] }),
      mostly('\n', '\r\n', '\r'),
      fc.boolean(),
    )
    .map(([lines, feed, last]) => (lines.join('\n') + (last ? '\n' : '')).replaceAll('\n', feed));
const tame = textOf(entriesOf(fc.stringMatching(/^[A-Za-z0-9_./-]{1,12}$/), false));
const wild = textOf(entriesOf(word, true));
const characters = fc.constantFrom(
  ...'\n\n  \t\r:-[],#"\'{}&*!|>%@`\\a0.~?',
  '\u0085',
  '\u00a0',
  '\ufeff',
  '日',
  '🙂',
  '\u2028',
  '\u3000',
);
/** Front matter with a few characters put in, taken out or replaced. */
const mutated = fc
  .tuple(fc.oneof(tame, wild), fc.array(fc.tuple(fc.nat(), characters, fc.nat(2)), { minLength: 1, maxLength: 3 }))
  .map(([text, edits]) =>
    edits.reduce((result, [place, character, removed]) => {
      const at = place % (result.length + 1);
      return result.slice(0, at) + character + result.slice(at + removed);
    }, text),
  );

suite('flat YAML', () => {
  test('answers exactly what the yaml package answers, or nothing', () => {
    let answered = 0;
    const runs = 80_000;
    fc.assert(
      fc.property(fc.oneof(tame, wild, mutated), fc.constantFrom(0, 4), (text, offset) => {
        const value = readFlatYaml(text, offset);
        if (value === null) return;
        answered++;
        assert.deepEqual({ value, problems: [] }, readAnyYaml(text, offset));
      }),
      { numRuns: runs },
    );
    // Else the property would hold for a reader that never answers.
    assert.ok(answered > 10_000, `answered ${answered} of ${runs}`);
  });

  test('answers for the front matter that people and tools write', () => {
    for (const text of [
      'id: task-001-users\ntitle: Users and roles\nwave: 2\ndeps: [task-001, task-002]\nblocks: []\nagent: plugin:name\n',
      'verify:\n  - node --test test/a.test.ts\n  - "npm run lint"\nestimate: 2h\n',
      "skills:\n- 'a'\n- b\n\nkind: engineering",
      'id: 7\r\ncomponent:\r\ndeps: [a]\r\n',
      'name: pdf\ndescription: Reads PDF files (text, tables). Use when the user names a .pdf\nlicense: MIT\n',
    ]) {
      assert.ok(readFlatYaml(text, 4), text);
      assert.deepEqual(readYaml(text, 4), readAnyYaml(text, 4));
    }
  });

  test('leaves to the package what needs more of YAML', () => {
    for (const text of [
      '',
      'a: b # remark\n',
      'a: &x b\n',
      'a: |\n  text\n',
      'a:\n  b: c\n',
      'a: b\n  c\n',
      'a: b\na: c\n',
      'a: "b\\n"\n',
      'a: 0x10\n',
      'a: [b, [c]]\n',
      '- a\n',
      'a\n',
    ])
      assert.equal(readFlatYaml(text, 0), null, JSON.stringify(text));
  });
});
