import assert from 'node:assert/strict';
import { bullets, codeSpan, fenced, tableCell } from '../../src/core/text/markdown-writing.ts';
import { readMarkdown } from '../../src/core/text/markdown.ts';
import { SourceText } from '../../src/core/text/source.ts';

suite('markdown writing', () => {
  test('a fence is longer than any inside, so that the block comes back whole', () => {
    assert.equal(fenced('a', 'ts'), '```ts\na\n```');
    for (const content of ['plain', '```\ninner\n```', '`````', 'a `code` b', '~~~', '']) {
      const { fences } = readMarkdown(new SourceText('a.md', `${fenced(content, 'text')}\n\nAfter.\n`));
      assert.deepEqual(
        fences.map((fence) => [fence.language, fence.content.replace(/\n$/, ''), fence.closed]),
        [['text', content, true]],
      );
    }
  });

  test('a code span has more backticks than the text', () => {
    assert.equal(codeSpan('npm test'), '`npm test`');
    assert.equal(codeSpan('echo `date`'), '`` echo `date` ``');
    assert.equal(codeSpan('a `` b'), '``` a `` b ```');
  });

  test('a cell stays one cell', () => {
    assert.equal(tableCell('a | b\n  c'), 'a \\| b c');
  });

  test('a list', () => {
    assert.equal(bullets(['a', 'b']), '- a\n- b');
    assert.equal(bullets([]), '');
  });
});
