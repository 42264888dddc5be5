import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { languageIds, languageOf } from '../../src/core/code/languages.ts';
import { findSymbol, symbolName } from '../../src/core/code/naming.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';

const dir = path.join(import.meta.dirname, '../fixtures/code');

/** What each file of `test/fixtures/code` holds, read by hand: symbols, then imports, then lines that matter to nobody. */
const expected: Readonly<Record<string, string>> = {
  'Cart.java': String.raw`
Cart class 7-51
Cart.MAX property 13
Cart.MIN property 13
Cart.items property 15-16
Cart.Cart method 22-24
Cart.add method 26-34
Cart.add method 36
Cart.Kind enum 38-42
Cart.Kind.size method 41
Cart.Line class 44-46
Cart.Line.Line method 45
Cart.Visitor interface 48
Cart.Visitor.visit method 48
Cart.Visitor.DEPTH property 48
Cart.Priced interface 50
Cart.Priced.value method 50
import 3 java.util.List List
import 4 com.shop.Money
import 5 com.shop.Money.of of
free 2-6 14 17 21 25 35 37 40 43 47 49 52
`,
  'Cart.tsx': String.raw`
Props interface 3-6
Props.items property 4
Props.row method 5
Row variable 8-11
Cart function 13-23
default variable 26
import 1 react memo,ReactNode
free 1-2 7 12 24 27
`,
  'Order.cs': String.raw`
Order class 8-13
Order.Total property 12
Cart class 15-40
Cart._a property 17
Cart._b property 17
Cart.Max property 18
Cart.Name property 19
Cart.Changed property 20
Cart.this property 21
Cart.Cart method 23
Cart.~Cart method 24
Cart.AddAsync method 26-32
Cart.operator + method 34
Cart.Price method 35
Cart.Kind enum 37
Cart.Line class 38
Cart.Line.Count property 38
Cart.Handler type 39
IPriced interface 42
IPriced.Price method 42
IPriced.Total property 42
Money class 43
Debugging class 45
Debugging.Dump method 45
import 1 System
import 2 System.Math
import 3 System.Text.Json
import 4 Shop.Money
free 1-5 7 14 22 25 33 36 41 47
`,
  'User.php': String.raw`
LIMIT variable 14
MODE variable 15
User class 17-37
User.A property 25
User.B property 25
User.name property 26
User.other property 26
User.__construct method 28
User.make method 30-36
Priced interface 39
Priced.price method 39
Loud class 40
Loud.volume property 40
Loud.shout method 40
Suit enum 41-45
Suit.label method 44
helper function 47-50
old function 53
import 7 App\Http\Request Request
import 8 App\Support\Money Money
import 8 App\Support\Str Str
import 9 App\helper helper
import 11 ./bootstrap.php
import 12 legacy.php
free 2 4 6-13 16 24 27 29 38 46 51 55
`,
  'cart.go': String.raw`
Cart class 12-19
Cart.Items property 15-16
Cart.mu property 17
Cart.rw property 17
Store interface 22-26
Store.Get method 24
ID type 27
A variable 31
B variable 32
Max variable 35-36
Min variable 35-36
Cart.Add method 38-43
Cart.Len method 45
New function 47-50
import 4 fmt
import 7 context
import 8 example.com/shop/money
import 9 embed
free 1 3-11 20 29 34 37 44 46 51
`,
  'cart.jsx': String.raw`
Cart class 5-13
Cart.defaults property 6
Cart.state property 7
Cart.#secret method 8
Cart.open method 9
Cart.render method 10-12
Row function 14
ids function 15
Cart.legacy method 16
Row variable 17
make function 18
default class 19
default.close method 19
import 2 node:path
import 3 ./join join,sep
free 2-4 20
`,
  'cart.rb': String.raw`
Shop module 7-55
Shop.VERSION property 9
Shop.Cart class 11-44
Shop.Cart.items property 14
Shop.Cart.total property 14
Shop.Cart.MAX property 15
Shop.Cart.initialize method 17-19
Shop.Cart.load method 21-23
Shop.Cart.empty method 26
Shop.Cart.<< method 29-33
Shop.Cart.total= method 35-37
Shop.Cart.hidden? method 41
Shop.Cart.secret method 43
Shop.Cart.Line class 46-48
Shop.Cart.Line.count method 47
Shop.Point property 50-52
Shop.Point.length method 51
Shop.open method 54
helper function 57
import 3 json
import 4 ./item
import 5 shop/money Money
free 2-6 10 16 20 24 28 34 38 40 42 45 49 53 56 58
`,
  'models.py': String.raw`
MAX_AGE variable 12
a variable 13
b variable 13
ujson variable 19
User class 25-51
User.name property 32
User.age property 33
User.save method 35-38
User.full_name method 40-42
User.full_name method 44-45
User.Meta class 47-51
User.Meta.ordering property 48
User.Meta.check method 50-51
load function 54-56
Users type 58
square variable 59
import 4 os
import 4 app.money
import 5 .base Model,Field
import 9 . signals
import 10 typing
import 17 ujson
import 22 .orders Order
import 51 lazy
free 2-11 15 17 20 22-24 31 34 39 43 46 49 52-53 57 60
`,
  'order.ts': String.raw`
MAX_ITEMS variable 11
MIN_ITEMS variable 12
Id type 14
Priced interface 17-20
Priced.price property 18
Priced.discount method 19
Order class 23-54
Order.#count property 28
Order.items property 31-32
Order.total method 33-36
Order.constructor method 38-40
Order.find method 42
Order.find method 43
Order.find method 44-47
Order.send method 49-51
Order.close method 52
Order.[Symbol.iterator] method 53
pay function 56
pay function 57-59
State enum 60-62
routes variable 63
routes.list method 63
routes.get method 63
host variable 64
first variable 64
default function 65-67
declared function 68
import 3 ./item.ts Item
import 4 ../db/index.ts default,query,Row
import 5 money
import 6 ./polyfill
import 7 legacy
import 8 ./basket.ts Basket
import 66 ./lazy.ts
free 1-7 9-10 13 15 22 30 37 41 48 55 69
`,
  'response.js': String.raw`
res variable 2
earlyHints function 3-5
Shop.open method 6
default variable 8
free 9
`,
  'stock.rs': String.raw`
MAX variable 10-11
COUNT variable 12
Ids type 13
Item class 15-22
Item.name property 19-20
Item.kind property 21
Kind enum 24
Item class 26-35
Item.WEIGHT property 27
Item.weigh method 29-34
Item class 37-39
Item.fmt method 38
Store interface 41-45
Store.Key type 42
Store.get method 43
Store.has method 44
check function 48
item function 51-53
weighs function 58-59
import 3 std fmt
import 3 std::collections HashMap,HashSet
import 4 crate::order self,Order
import 5 super
import 6 serde Serialize
import 7 alloc
import 8 self::shelf
import 57 super
free 1-7 9 14 23 25 28 36 40 46 50 54 57 61
`,
};
import { assertLinear } from './cost.ts';

suite('symbols and imports of source files', () => {
  test('every language has a file, and every file an expectation', () => {
    assert.deepEqual(readdirSync(dir).sort(), Object.keys(expected).sort());
    const read = new Set<string | null>(Object.keys(expected).map(languageOf));
    assert.deepEqual(
      languageIds.filter((id) => !read.has(id)),
      [],
    );
  });

  for (const [file, wanted] of Object.entries(expected)) {
    test(file, async () => {
      const reader = await openCodeReader();
      const outline = reader?.read(file, readFileSync(path.join(dir, file), 'utf8'));
      assert.ok(outline, 'the file was not read');
      assert.equal(outline.broken, false);
      const range = (first: number, last: number): string => (first === last ? `${first}` : `${first}-${last}`);
      const found = [
        ...outline.symbols.map((s) => `${s.name} ${s.kind} ${range(s.firstLine, s.lastLine)}`),
        ...outline.imports.map(
          (i) => `import ${i.line} ${i.specifier}${i.names.length > 0 ? ` ${i.names.join(',')}` : ''}`,
        ),
        `free ${outline.free.map((lines) => range(lines.first, lines.last)).join(' ')}`,
      ];
      assert.equal(found.join('\n'), wanted.trim());
    });
  }

  test('only the languages asked for are read, and only what has a grammar', async () => {
    const reader = await openCodeReader(['python']);
    assert.ok(reader);
    assert.ok(reader.read('a.py', 'x = 1'));
    for (const file of ['a.ts', 'a.xyz', 'Makefile', '.py/x', 'py'])
      assert.equal(reader.read(file, 'x = 1'), null, file);
    assert.equal(reader.read('a.py', 'x = 1\n'.repeat(200_000)), null, 'a file of more than a megabyte was read');
  });

  test('the end of a name decides, whatever its case', () => {
    assert.deepEqual(['a.TS', 'x/b.d.ts', 'c.tsx', 'd.mjs', 'e.pyi', 'F.CS', 'g', 'h.', '.ts'].map(languageOf), [
      'typescript',
      'typescript',
      'tsx',
      'javascript',
      'python',
      'c-sharp',
      null,
      null,
      'typescript',
    ]);
  });

  test('a dot in a quoted name is no step to a member', async () => {
    const reader = await openCodeReader();
    const text = "const routes = { users() {}, 'users.delete'() {}, 'no-dot'() {} };";
    assert.deepEqual(
      reader?.read('a.js', text)?.symbols.map(({ name }) => name),
      ['routes', 'routes.users', 'routes.no-dot', "routes.['users.delete']"],
    );
  });

  test('generated files of one line, or one name upon the other, are read in time', async () => {
    // What is counted is processor time: on a busy machine the clock may not end it.
    const reader = await openCodeReader(undefined, { patience: 600_000 });
    type Many = (part: (i: number) => string, by?: string) => string;
    const texts: readonly ((many: Many) => string)[] = [
      (many) => many((i) => `const a${i}=1;`),
      (many) => `class A{${many((i) => `m${i}(){}`)}}`,
      (many) => many(() => '/**/'),
      (many) => many(() => '/*\n*/'),
      (many) => `const {${many((i) => `a${i}`, ',\n')}} = x;`,
    ];
    for (const textOf of texts)
      assertLinear(
        textOf((part) => part(0)),
        40_000,
        (count) => {
          const text = textOf((part, by = '') => Array.from({ length: count }, (_, i) => part(i)).join(by));
          assert.ok(reader?.read('a.js', text));
        },
      );
  });

  test('a file that does not parse says so', async () => {
    const reader = await openCodeReader();
    assert.equal(reader?.read('a.ts', 'class {{{ function')?.broken, true);
    assert.equal(reader?.read('a.ts', '')?.broken, false);
  });

  test('symbols are found as people write them', () => {
    const names = ['Shop', 'Shop.Cart', 'Shop.Cart.add', 'Shop.Cart.#secret', 'Order.add', 'total'];
    const found = ['Shop::Cart#add', 'Cart.add', 'Cart->add()', 'add', 'Cart.#secret', 'total', 'otal', 'Shop.Cart'];
    assert.deepEqual(
      found.map((name) => findSymbol(name, names)),
      ['Shop.Cart.add', 'Shop.Cart.add', 'Shop.Cart.add', null, 'Shop.Cart.#secret', 'total', null, 'Shop.Cart'],
    );
    assert.equal(symbolName('App\\Models\\User::make'), 'App.Models.User.make');
  });
});
