import assert from 'node:assert/strict';
import fc from 'fast-check';
import { plain, textList, field } from '../../src/core/text/document.ts';
import { readYaml } from '../../src/core/text/yaml.ts';
import { parseEstimate } from '../../src/core/text/estimate.ts';
import { readJson } from '../../src/core/text/json.ts';
import { headingKey, readMarkdown } from '../../src/core/text/markdown.ts';
import { SourceText } from '../../src/core/text/source.ts';

const read = (text: string) => readMarkdown(new SourceText('x.md', text));

suite('markdown', () => {
  test('headings of both kinds, with the bodies that belong to them', () => {
    const text = '# A\none\n## B ##\ntwo\n### C\nthree\n## D\nfour\n\nSetext\n======\nfive\n';
    const { sections } = read(text);
    assert.deepEqual(
      sections.map((s) => [
        s.level,
        s.text,
        text.slice(s.body.start, s.body.end).trim(),
        s.parents.map((p) => p.text).join('>'),
      ]),
      [
        [1, 'A', 'one\n## B ##\ntwo\n### C\nthree\n## D\nfour', ''],
        [2, 'B', 'two\n### C\nthree', 'A'],
        [3, 'C', 'three', 'A>B'],
        [2, 'D', 'four', 'A'],
        [1, 'Setext', 'five', ''],
      ],
    );
    assert.equal(text.slice(sections[1]?.span.start, sections[1]?.span.end), 'B');
  });

  test('what stands in code or in a comment is neither a heading nor an item', () => {
    const { sections, items, fences } = read(
      '```md\n# no\n- no\n```\n<!--\n# no\n- no\n-->\n~~~~\n```\n# no\n~~~~\n# yes\n- yes\n',
    );
    assert.deepEqual(
      sections.map((s) => s.text),
      ['yes'],
    );
    assert.deepEqual(
      items.map((i) => i.text),
      ['yes'],
    );
    assert.deepEqual(
      fences.map((f) => [f.language, f.content, f.closed]),
      [
        ['md', '# no\n- no\n', true],
        ['', '```\n# no\n', true],
      ],
    );
  });

  test('items: nesting, checkboxes, continuation lines, and a label at the margin that ends the list', () => {
    const { items } = read('- a\n  more\n  - b\n    - c\n- [x] d\n1. [ ] e\nMP1: x\n\ntext\n* * *\n');
    assert.deepEqual(
      items.map((i) => [i.depth, i.text, i.done]),
      [
        [0, 'a more', null],
        [1, 'b', null],
        [2, 'c', null],
        [0, 'd', true],
        [0, 'e', false],
      ],
    );
  });

  test('front matter: byte order mark, CRLF, an unclosed one, and a rule that is none', () => {
    for (const text of ['---\na: 1\n---\n# T', '\uFEFF---\r\na: 1\r\n---\r\n# T']) {
      const markdown = read(text);
      const entry = field(markdown.frontMatter?.map, 'a');
      assert.equal(text.slice(entry?.value.span.start, entry?.value.span.end), '1');
      assert.equal(markdown.sections[0]?.text, 'T');
    }
    assert.match(read('---\na: 1\n# T').frontMatter?.problems[0]?.message ?? '', /never closed/);
    assert.equal(read('---\n\ntext').frontMatter, null);
  });

  test('a heading is compared by its words', () => {
    for (const text of [
      'Out of scope',
      '2. OUT OF SCOPE:',
      '**Out of scope**',
      '🚫 Out of  scope',
      '3) `Out of scope`?',
    ]) {
      assert.equal(headingKey(text), 'out of scope', text);
    }
  });

  test('never throws, and every span lies in the text', () => {
    const piece = fc.constantFrom(
      '---\n',
      '# ',
      '## x\n',
      '- ',
      '  - [x] ',
      '```',
      '~~~',
      '<!--',
      '-->',
      '\n',
      '\r\n',
      '\r',
      'a: ',
      '[',
      '{',
      '&x ',
      '*x',
      '"',
      "'",
      '\t',
      'word',
      '\uFEFF',
      '===\n',
      '😀',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          const { sections, items, fences, frontMatter } = read(text);
          const spans = [
            ...sections.flatMap((s) => [s.span, s.body, s.block]),
            ...items.map((i) => i.span),
            ...fences.map((f) => f.span),
            ...(frontMatter?.problems ?? []).map((p) => p.span),
          ];
          for (const { start, end } of spans)
            assert.ok(start >= 0 && start <= end && end <= text.length, `${start}-${end} of ${text.length}`);
        },
      ),
      { numRuns: 500 },
    );
  });
});

suite('located values', () => {
  test('JSON is read as JSON.parse reads it, each value where it stands', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const read_ = readJson(text);
        assert.deepEqual(read_.problems, []);
        assert.ok(read_.value);
        assert.equal(JSON.stringify(plain(read_.value)), JSON.stringify(JSON.parse(text)));
        const walk = (node: NonNullable<typeof read_.value>): void => {
          assert.deepEqual(
            JSON.stringify(JSON.parse(text.slice(node.span.start, node.span.end))),
            JSON.stringify(plain(node)),
          );
          if (node.kind === 'list') node.items.forEach(walk);
          if (node.kind === 'map') for (const entry of node.entries) walk(entry.value);
        };
        walk(read_.value);
      }),
    );
  });

  test('what is nearly JSON is survived and reported, what is not stops at the place', () => {
    const tolerated = readJson('\uFEFF{ // why\n "a": [1, 2,], /* b */ "a": 3, }');
    assert.deepEqual(tolerated.value && plain(tolerated.value), { a: 3 });
    assert.deepEqual(
      tolerated.problems.map((p) => [p.tolerated, p.message.slice(0, 14)]),
      [
        [true, 'the file start'],
        [true, 'JSON has no co'],
        [true, 'trailing comma'],
        [true, 'JSON has no co'],
        [true, 'the key "a" is'],
        [true, 'trailing comma'],
      ],
    );
    const cases: [string, string][] = [
      ['{"a": |oops}', 'is not a JSON value'],
      ["{|'a': 1}", 'expected a key'],
      ['{"a" |1}', 'expected ":"'],
      ['[1 |2]', 'expected ","'],
      ['{"a": |"b}', 'never closed'],
      ['{} |{}', 'after the end'],
      ['|', 'empty'],
      ['["\\|', ''],
    ];
    for (const [marked, message] of cases) {
      const at = marked.indexOf('|');
      const problem = readJson(marked.replace('|', '')).problems.find((p) => !p.tolerated);
      assert.ok(problem?.message.includes(message), `${marked}: ${problem?.message}`);
      if (message !== '') assert.equal(problem?.span.start, at, marked);
    }
  });

  test('absurd nesting and alias bombs end', () => {
    assert.ok(readJson('['.repeat(100_000)).problems.length > 0);
    assert.ok(readYaml('['.repeat(20_000)).problems.length > 0);
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefghij'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghij'[i]}`).join(', ')}]`),
    ].join('\n');
    assert.match(readYaml(bomb).problems.at(-1)?.message ?? '', /too many/);
  });

  test('a list may be written as one line with commas; each word keeps its place', () => {
    for (const text of ['x: a-1, b-2', 'x: "a-1, b-2"', 'x: [a-1, b-2]', 'x:\n  - a-1\n  - b-2']) {
      const { value } = readYaml(text);
      const words = textList(field(value, 'x')?.value);
      assert.deepEqual(
        words.map((w) => w.value),
        ['a-1', 'b-2'],
        text,
      );
      assert.deepEqual(
        words.map((w) => text.slice(w.span.start, w.span.end)),
        ['a-1', 'b-2'],
        text,
      );
    }
    for (const text of ['x: none', 'x: []', 'x: (none)', 'x:', 'x: n/a', 'x: ~'])
      assert.deepEqual(textList(field(readYaml(text).value, 'x')?.value), [], text);
  });

  test('estimates', () => {
    const cases: Record<string, number | null> = {
      '3h': 180,
      '90m': 90,
      '2h 30m': 150,
      '2h30m': 150,
      '1.5 hours': 90,
      '1d': 480,
      '2-4h': 180,
      '2 to 4 hours': 180,
      '45': 45,
      '~2h': 120,
      '1w': 2400,
      '0h': null,
      soon: null,
      '': null,
      '-3h': null,
    };
    for (const [text, minutes] of Object.entries(cases)) assert.equal(parseEstimate(text), minutes, text);
  });
});
