import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileSymbols } from '../../src/core/language/outline-symbols.ts';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { lintFile } from '../../src/core/lint/lint.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';
import { Workspace } from '../../src/node/workspace/workspace.ts';
import { repositoryOf } from './lint-cases/repository.ts';

const code = await openCodeReader();
const shop = `// The hidden word is here.
export class Cart {
  total() {
    const hidden = 1;
    return hidden;
  }
}
export class Order {
  total() {}
}
`;
const facts: RepositoryFacts = {
  ...repositoryOf({ 'src/shop.ts': shop, 'src/half.ts': 'class {{{ hidden', 'src/x.lua': 'function hidden() end' }),
  code,
};

/** The messages about symbols for a scope that names these. */
function messages(...entries: readonly string[]): string[] {
  const text = `---\nid: task-001\nagent: claude\n---\n# task-001: T\n\n## Scope\n\nMODIFY: ${entries.join(', ')}\nBOUNDARY: .env*\n`;
  return lintFile(text, 'parallel/x/tasks/task-001.md', { repository: facts })
    .filter((finding) => finding.code === 'task.symbol-unknown')
    .map((finding) => finding.message);
}

suite('symbols for the linter and the editor', () => {
  test('what a file declares may be named, as people write it', () => {
    assert.deepEqual(messages('src/shop.ts::Cart', 'src/shop.ts::Cart.total', 'src/shop.ts::Order#total'), []);
  });

  test('a word of the file is no symbol, and a near one is offered', () => {
    assert.deepEqual(messages('src/shop.ts::hidden'), [
      'src/shop.ts declares no hidden, so no change of it would be in scope',
    ]);
    assert.deepEqual(messages('src/shop.ts::Cart.totl'), [
      'src/shop.ts declares no Cart.totl; did you mean Cart.total?',
    ]);
    assert.deepEqual(messages('src/shop.ts::total'), [
      'src/shop.ts declares no total; name one of Cart.total, Order.total',
    ]);
  });

  test('where nothing can be parsed the word decides', () => {
    assert.deepEqual(messages('src/half.ts::hidden', 'src/x.lua::hidden'), []);
    assert.equal(messages('src/half.ts::shown', 'src/x.lua::shown').length, 2);
  });

  test('the parser is loaded only when something names a symbol', async () => {
    const workspace = new Workspace(import.meta.dirname);
    assert.equal(await workspace.codeReader(new Map([['a.md', 'MODIFY: src/shop.ts, see a :: b']])), null);
    assert.ok(await workspace.codeReader(new Map([['a.md', 'MODIFY: `src/shop.ts::Cart`']])));
  });

  test('every symbol has the place of its name, in every language', () => {
    const dir = path.join(import.meta.dirname, '../fixtures/code');
    for (const file of readdirSync(dir)) {
      const text = readFileSync(path.join(dir, file), 'utf8');
      const symbols = fileSymbols(file, text, code);
      assert.ok(symbols.length > 3, file);
      for (const { name, span } of symbols) {
        const word = text.slice(span.start, span.end);
        if (word !== '') assert.equal(word, name.slice(name.lastIndexOf('.') + 1), `${file}: ${name}`);
        // What has no name of its own stands at its first line.
        else assert.match(name, /^default$|operator|~|\.this$/, `${file}: ${name}`);
        assert.doesNotMatch(
          text.slice(text.lastIndexOf('\n', span.start - 1) + 1, span.start),
          /^\s*(?:\/\/|\*)/,
          `${file}: ${name} in a comment`,
        );
      }
    }
    const [cart] = fileSymbols('a.ts', '/** Cart is a Cart. */\nexport class Cart {}\n', code);
    assert.deepEqual(cart?.span, { start: 36, end: 40 });
  });

  test('a file under the hands of somebody falls back to the shape of its lines', () => {
    const typing = 'export class Cart {\n  total() {\n    if (\n  }\n}\n';
    assert.deepEqual(
      fileSymbols('a.ts', typing, code).map((symbol) => symbol.name),
      ['Cart', 'Cart.total'],
    );
  });
});
