import { strict as assert } from 'node:assert';
import { couplingText } from '../../src/core/judge/coupling-text.ts';
import { packageUses } from '../../src/core/judge/package-uses.ts';
import { judge, only, reader, writing, type Files } from './coupling-fixture.ts';

/** `from:line name to` of every use, by the real parser. */
function uses(files: Files): string[] {
  return packageUses({
    paths: Object.keys(files).toReversed(),
    code: (path) => reader.read(path, files[path] ?? ''),
    text: (path) => files[path] ?? null,
  }).map(({ from, line, name, to }) => `${from}:${line} ${name} ${to}`);
}

suite('what files of one package use of each other', () => {
  const cases: readonly (readonly [name: string, files: Files, expected: string[]])[] = [
    [
      'Go: types, and functions where they are called',
      {
        'shop/order.go':
          'package shop\n\ntype Order struct{ Total int }\n\nfunc price(o Order) int { return o.Total }\n',
        'shop/cart.go': 'package shop\n\nfunc checkout(orders []Order) int {\n\treturn price(orders[0])\n}\n',
      },
      ['shop/cart.go:3 Order shop/order.go', 'shop/cart.go:4 price shop/order.go'],
    ],
    [
      'Go: what stands in comments, strings, fields, keys and other packages is no use',
      {
        'a/order.go': 'package a\n\ntype Order struct{}\n\nfunc price() {}\n',
        'a/cart.go':
          'package a\n\nimport "x/other"\n\n// Order of things, price()\n/* Order */\nvar text = "Order" + `Order\nOrder`\nvar c = other.Order{}\nvar d = T{Order: 1}\nvar price = 3\nvar total = price + 1\n',
        'b/cart.go': 'package b\n\nvar x Order\n',
      },
      [],
    ],
    [
      'Java: the tests of a package are in it; another package is not',
      {
        'src/main/java/shop/Order.java': 'package shop;\npublic class Order {}\n',
        'src/test/java/shop/OrderTest.java': 'package shop;\nclass OrderTest {\n  Order order = new Order();\n}\n',
        'src/main/java/till/Till.java': 'package till;\nimport shop.Order;\nclass Till { Order order; }\n',
      },
      ['src/test/java/shop/OrderTest.java:3 Order src/main/java/shop/Order.java'],
    ],
    [
      'Java: an import of another class with the same name wins',
      {
        'shop/Order.java': 'package shop;\nclass Order {}\n',
        'shop/Till.java': 'package shop;\nimport other.Order;\nclass Till { Order order; }\n',
      },
      [],
    ],
    [
      'C#: a class of the same directory; a partial one belongs to several',
      {
        'Shop/Order.cs': 'namespace Shop;\npublic class Order {}\n',
        'Shop/Cart.cs': 'namespace Shop;\npublic class Cart { private Order order; private Half half; }\n',
        'Shop/Half.A.cs': 'namespace Shop;\npublic partial class Half {}\n',
        'Shop/Half.B.cs': 'namespace Shop;\npublic partial class Half {}\n',
      },
      ['Shop/Cart.cs:2 Order Shop/Order.cs'],
    ],
    [
      'PHP: a class of the same namespace, and no variable',
      {
        'src/Order.php': '<?php\nnamespace Shop;\nclass Order {}\n',
        'src/Cart.php':
          '<?php\nnamespace Shop;\nclass Cart {\n  function take() { $Order = 1; $this->Order; return new Order(); }\n}\n',
        'src/None.php': '<?php\nnamespace Shop;\nclass None { public $Order; }\n',
      },
      ['src/Cart.php:4 Order src/Order.php'],
    ],
    [
      'languages that import what they use are left alone',
      { 'a.py': 'class Order: pass\n', 'b.py': 'Order()\n', 'c.ts': 'export class Order {}', 'd.ts': 'new Order()' },
      [],
    ],
  ];
  for (const [name, files, expected] of cases) test(name, () => assert.deepEqual(uses(files), expected));

  test('what is never closed is read in one go', () => {
    const hostile = `package a\n${'/*"'.repeat(100_000)}`;
    const symbol = { name: 'Order', kind: 'class', firstLine: 1, lastLine: 1 } as const;
    const found = packageUses({
      paths: ['a/x.go', 'a/y.go'],
      code: (path) => ({ language: 'go', symbols: path === 'a/y.go' ? [symbol] : [], imports: [], broken: true }),
      text: (path) => (path === 'a/x.go' ? hostile : ''),
    });
    assert.deepEqual(found, []);
  });

  test('couple the slices that may write them, with the one that is used first', () => {
    const files = {
      'shop/order.go': 'package shop\n\ntype Order struct{}\n',
      'shop/cart.go': 'package shop\n\nfunc checkout(orders []Order) {}\n',
    };
    const pair = only(judge({ files, slices: [writing('A', ['shop/cart.go']), writing('B', ['shop/order.go'])] }));
    assert.deepEqual([pair.before, pair.after, pair.score], ['B', 'A', 25]);
    assert.match(couplingText(pair), /shop\/cart\.go:3 of A uses Order of shop\/order\.go, which B may write$/);
    // A scope that names another symbol of the file does not bring what is used.
    const other = [writing('A', ['shop/cart.go']), writing('B', ['shop/order.go::Other'])];
    assert.deepEqual(judge({ files, slices: other }).pairs, []);
  });
});
