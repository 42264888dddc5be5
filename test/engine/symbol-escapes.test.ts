import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkScope, type ScopeCheck } from '../../src/core/gate/scope-check.ts';
import { readTaskSpec } from '../../src/core/task/read.ts';
import { changesBetween, leadsOutside, treeOfWorktree } from '../../src/node/git/changes.ts';
import { readCodeChanges } from '../../src/node/run/code-changes.ts';
import { Git } from '../../src/node/git/git.ts';

const shop = `import { money } from './money.js';

function cart(item) {
  return money(item);
}

/** Orders. */
function order() {
  return 'a much longer body, so that git sees a rename where there is one';
}

start();
`;
const before: Readonly<Record<string, string | Buffer>> = {
  'shop.js': shop,
  'torn.js': 'function cart() {\n  return (;\n}\nfunction order() {}\n',
  'latin.php': Buffer.from(
    "<?php\nfunction cart() {\n  return 1;\n}\nfunction order() {\n  return '\xe9';\n}\n",
    'latin1',
  ),
  'two.py': 'class A:\n    def key(self):\n        return 1\n\n\nclass B:\n    pass\n',
};

/** Every way out of a scope that names symbols, through git and the parser, as the gate looks at it. */
suite('a scope that names symbols', () => {
  let root: string;

  setup(() => {
    root = mkdtempSync(path.join(tmpdir(), 'sw-escape-'));
    git('init', '--quiet');
    for (const [name, text] of Object.entries(before)) writeFileSync(path.join(root, name), text);
    git('add', '--all');
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'base');
  });

  teardown(() => rmSync(root, { recursive: true, force: true }));

  function git(...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  }

  const file = (name: string): string => path.join(root, name);
  const edit = (name: string, change: (text: string) => string): void => {
    writeFileSync(file(name), change(readFileSync(file(name), 'utf8')));
  };

  async function check(scope: string): Promise<ScopeCheck> {
    const here = new Git(root);
    const tree = await treeOfWorktree(here);
    const changes = await changesBetween(here, 'HEAD', tree);
    const { scope: read } = readTaskSpec(`---\nid: A1\n---\n# A1: x\n\n## Scope\n\n${scope}\n`, 'tasks/a.md').task;
    const code = await readCodeChanges({ git: here, from: git('rev-parse', 'HEAD'), to: tree, changes, scope: read });
    const observed = changes.map((change) => ({
      ...change,
      leadsOutside: leadsOutside(change),
      code: code.get(change.path) ?? null,
    }));
    return checkScope('A1', read, observed, new Set());
  }

  async function stopped(scope: string): Promise<readonly string[]> {
    const { stop } = await check(scope);
    return stop?.condition === 'unexpected-scope' ? stop.paths : [];
  }

  const named = 'MODIFY: shop.js::cart';

  test('may change, move and drop its symbol', async () => {
    edit('shop.js', (text) => text.replace('money(item)', 'money(item, 1)'));
    assert.deepEqual(await stopped(named), []);
    const cart = /function cart[^}]*\}\n/;
    edit('shop.js', (text) => `${text.replace(cart, '')}\n${cart.exec(text)?.[0] ?? ''}`);
    assert.deepEqual(await stopped(named), []);
    edit('shop.js', (text) => text.replace(cart, ''));
    assert.deepEqual(await stopped(named), []);
  });

  test('has no whole file when the text is broken, made too large or unreadable on purpose', async () => {
    edit('shop.js', (text) => `${text}function (((\n`);
    const { stop, notes } = await check(named);
    assert.deepEqual(stop?.paths, ['shop.js']);
    assert.equal(
      stop.detail,
      'shop.js was changed, and whether the change stays with its scope (`cart`) cannot be told, because it does not parse any more',
    );
    assert.deepEqual(notes, []);
    writeFileSync(file('shop.js'), `${shop}// ${'x'.repeat(1_100_000)}\n`);
    assert.match((await check(named)).stop?.detail ?? '', /it is too large to parse/);
    writeFileSync(file('shop.js'), shop);
    edit('torn.js', (text) => text.replace('order() {}', 'order() { start(); }'));
    assert.match((await check('MODIFY: torn.js::cart')).stop?.detail ?? '', /because it does not parse$/);
    assert.equal((await check('MODIFY: torn.js')).stop, null, 'the whole file needs no parser');
  });

  test('is left by a rename, whatever the new name is', async () => {
    renameSync(file('shop.js'), file('shop.vue'));
    assert.deepEqual(await stopped(`${named}\nCREATE: shop.vue`), ['shop.js']);
    renameSync(file('shop.vue'), file('market.js'));
    assert.deepEqual(await stopped(`${named}\nCREATE: market.js::cart`), ['market.js::order', 'shop.js']);
    renameSync(file('market.js'), file('torn-too.js'));
    edit('torn-too.js', (text) => `${text}(((\n`);
    assert.deepEqual(await stopped('CREATE: torn-too.js::cart\nMODIFY: shop.js'), ['torn-too.js']);
  });

  test('does not grow by another mode, other line ends, or a link', async () => {
    chmodSync(file('shop.js'), 0o755);
    assert.deepEqual(await stopped(named), ['shop.js']);
    assert.match((await check(named)).stop?.detail ?? '', /changed its mode from 100644 to 100755/);
    assert.equal((await check('MODIFY: shop.js')).stop, null);
    chmodSync(file('shop.js'), 0o644);
    edit('shop.js', (text) => text.replaceAll('\n', '\r\n'));
    assert.deepEqual(await stopped(named), ['shop.js']);
    writeFileSync(file('shop.js'), shop);
    symlinkSync('shop.js', file('new.js'));
    assert.deepEqual(await stopped('CREATE: new.js::cart'), ['new.js']);
  });

  test('is left by swallowing, hiding, doubling and indenting what stands beside it', async () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['  return money(item);\n}\n', '  return money(item);\n', /shop\.js::order/],
      ['/** Orders. */\nfunction order', '/** Orders. *\nfunction order', /./],
      ['function order() {', 'function order() {}\nfunction cart() {\n  //', /shop\.js::order/],
      ['start();', '/*\nstart();\n*/', /outside of every symbol/],
      ["  return 'a much", "   return 'a much", /shop\.js::order/],
      ['function cart(item)', 'function basket(item)', /shop\.js::basket/],
    ];
    for (const [from, to, expected] of cases) {
      const text = shop.replace(from, to);
      writeFileSync(file('shop.js'), from.startsWith('  return money') ? `${text}}\n` : text);
      assert.match((await check(named)).stop?.detail ?? '', expected, to);
    }
    // Another text of the same symbol is what the scope names; overloads are written like that.
    writeFileSync(file('shop.js'), `${shop}\nfunction cart() {\n  return 2;\n}\n`);
    assert.deepEqual(await stopped(named), []);
  });

  test('sees bytes that are no UTF-8', async () => {
    const bytes = Buffer.from(before['latin.php'] ?? '');
    writeFileSync(file('latin.php'), Buffer.from(bytes.toString('latin1').replace('\xe9', '\xe8'), 'latin1'));
    assert.deepEqual(await stopped('MODIFY: latin.php::cart'), ['latin.php::order']);
  });

  test('keeps a boundary by a short name when a second symbol gets that name', async () => {
    edit('two.py', (text) =>
      text.replace('    pass', '    def key(self):\n        return 2').replace('return 1', 'return 3'),
    );
    assert.deepEqual(await stopped('MODIFY: two.py\nBOUNDARY: two.py::key'), ['two.py::A.key', 'two.py::B.key']);
    const { stop } = await check('MODIFY: two.py, !two.py::A');
    assert.deepEqual(stop?.paths, ['two.py::A.key']);
  });

  test('is left by what stands on its lines, and by what only a compiler sees', async () => {
    edit('shop.js', (text) => text.replace('(item);\n}', '(item);\n} steal();'));
    assert.deepEqual(await stopped(named), ['shop.js']);
    writeFileSync(file('shop.js'), shop);
    edit('two.py', (text) => `import os\n# os\ros.abort()\n\n${text}`);
    const { stop } = await check('MODIFY: two.py::A');
    assert.match(stop?.detail ?? '', /two\.py was changed, .* line ends or escapes that compilers read in another way/);
    writeFileSync(file('two.py'), before['two.py'] ?? '');
    writeFileSync(file('New.java'), 'class New {}\n\n// \\u000a class Evil {}\n');
    assert.deepEqual(await stopped('CREATE: New.java::New'), ['New.java']);
  });

  test('a short name means what it meant, whatever gets it since', async () => {
    edit('two.py', (text) => `${text.replace('return 1', 'return 3')}\n\ndef key():\n    return 4\n`);
    assert.deepEqual(await stopped('MODIFY: two.py\nBOUNDARY: two.py::key'), ['two.py::A.key', 'two.py::key']);
    // The method of the scope, and the function of its very name.
    assert.deepEqual(await stopped('MODIFY: two.py::key'), []);
    edit('two.py', (text) => text.replace('    pass', '    def key(self):\n        return 2'));
    assert.deepEqual(await stopped('MODIFY: two.py::key'), ['two.py::B', 'two.py::B.key']);
  });

  test('a file in the place of a link is more than its symbol', async () => {
    symlinkSync('shop.js', file('link.js'));
    git('add', '--all');
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'link');
    rmSync(file('link.js'));
    writeFileSync(file('link.js'), 'steal();\n\nfunction cart() {}\n');
    assert.deepEqual(await stopped('MODIFY: link.js::cart'), ['link.js']);
  });

  test('a language without a grammar counts as a whole, and says so', async () => {
    mkdirSync(file('docs'));
    writeFileSync(file('docs/a.xyz'), 'one\n');
    const { stop, notes } = await check('CREATE: docs/a.xyz::two');
    assert.equal(stop, null);
    assert.match(
      notes[0]?.summary ?? '',
      /docs\/a\.xyz: `two` could not be checked, because its language has no grammar/,
    );
  });
});
