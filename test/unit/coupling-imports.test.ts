import { strict as assert } from 'node:assert';
import { importedFiles } from '../../src/core/judge/coupling-imports.ts';
import { RepositoryTree } from '../../src/core/judge/coupling-tree.ts';
import { DeclaringFiles } from '../../src/core/judge/declaring-files.ts';
import { judge, reader, writing, type Files } from './coupling-fixture.ts';

/** What the imports of a file mean, by the real parser. */
function meant(files: Files, path: string): string[] {
  const tree = new RepositoryTree(Object.keys(files), (name) => files[name] ?? null);
  const code = reader.read(path, files[path] ?? '');
  assert.ok(code);
  return code.imports.flatMap((item) => importedFiles(tree, path, code.language, item));
}

suite('what an import means', () => {
  const cases: readonly (readonly [name: string, from: string, files: Files, expected: string[]])[] = [
    [
      'TypeScript: endings, index files, what is written as JavaScript',
      'src/a.ts',
      {
        'src/a.ts': "import './b';\nimport './c.js';\nexport * from './dir';\nconst d = await import('../d');\n",
        'src/b.tsx': '',
        'src/c.ts': '',
        'src/dir/index.ts': '',
        'd.ts': '',
      },
      ['src/b.tsx', 'src/c.ts', 'src/dir/index.ts', 'd.ts'],
    ],
    [
      'TypeScript: packages from elsewhere and paths out of the repository are none',
      'a.ts',
      { 'a.ts': "import 'react';\nimport '../../etc';\nimport './missing';\n", 'react.ts': '', 'etc.ts': '' },
      [],
    ],
    [
      'TypeScript: paths of the nearest configuration, also of one it extends',
      'app/src/a.ts',
      {
        'app/src/a.ts': "import '@/b';\nimport '@/deep/c';\nimport 'exact';\n",
        'app/tsconfig.json': '{ // comment\n "extends": "../tsconfig.base" }',
        'tsconfig.base.json':
          '{"compilerOptions": {"paths": {"@/*": ["app/src/*"], "@/deep/*": ["lib/*"], "exact": ["lib/exact.ts"]}}}',
        'app/src/b.ts': '',
        'lib/c.ts': '',
        'lib/exact.ts': '',
      },
      ['app/src/b.ts', 'lib/c.ts', 'lib/exact.ts'],
    ],
    [
      'TypeScript: a package of the same repository by its name, unless two have it',
      'apps/web/a.ts',
      {
        'apps/web/a.ts': "import '@acme/core';\nimport '@acme/core/money';\nimport 'twin';\n",
        'packages/core/package.json': '{"name": "@acme/core"}',
        'packages/core/src/index.ts': '',
        'packages/core/src/money.ts': '',
        'x/package.json': '{"name": "twin"}',
        'x/index.ts': '',
        'y/package.json': '{"name": "twin"}',
        'y/index.ts': '',
      },
      ['packages/core/src/index.ts', 'packages/core/src/money.ts'],
    ],
    [
      'Python: absolute from the top, relative from the package, submodules by name',
      'apps/users/views.py',
      {
        'apps/users/views.py':
          'import json\nimport apps.orders.models\nfrom .models import User\nfrom . import forms, helper\nfrom ..orders import api\n',
        'apps/users/__init__.py': '',
        'apps/__init__.py': '',
        'apps/users/json.py': '',
        'apps/users/models.py': '',
        'apps/users/forms.py': '',
        'apps/orders/__init__.py': '',
        'apps/orders/models.py': '',
        'apps/orders/api/__init__.py': '',
      },
      [
        'apps/orders/models.py',
        'apps/users/models.py',
        'apps/users/__init__.py',
        'apps/users/forms.py',
        'apps/orders/api/__init__.py',
      ],
    ],
    [
      'Python: a source directory is a root; a name that two roots have is none',
      'back/run.py',
      {
        'back/run.py': 'import shop.cart\nimport twice\n',
        'back/src/shop/cart.py': '',
        'twice.py': '',
        'back/twice.py': '',
      },
      ['back/src/shop/cart.py'],
    ],
    [
      'Go: a package of the module without its tests; another module of the repository by its name',
      'svc/main.go',
      {
        'svc/main.go':
          'package main\nimport (\n "fmt"\n "acme.io/svc/cart"\n "acme.io/lib/money"\n "acme.io/svcother"\n)\n',
        'svc/go.mod': 'module acme.io/svc\n',
        'svc/cart/cart.go': '',
        'svc/cart/cart_test.go': '',
        'svc/other/x.go': '',
        'lib/go.mod': 'module acme.io/lib\n',
        'lib/money/money.go': '',
      },
      ['svc/cart/cart.go', 'lib/money/money.go'],
    ],
    [
      'Rust: crate, super and self; other crates are none',
      'core/src/orders/total.rs',
      {
        'core/src/orders/total.rs':
          'use crate::stock::Item;\nuse super::tax;\nuse super::Order;\nuse serde::Serialize;\nmod inner;\n',
        'core/src/lib.rs': '',
        'core/src/stock.rs': '',
        'core/src/orders/mod.rs': '',
        'core/src/orders/tax.rs': '',
        'core/src/orders/total/inner.rs': '',
        'core/src/serde.rs': '',
      },
      ['core/src/stock.rs', 'core/src/orders/tax.rs', 'core/src/orders/mod.rs', 'core/src/orders/total/inner.rs'],
    ],
    [
      'Java: classes, static members and packages; a class that is there twice is none',
      'src/main/java/com/shop/Cart.java',
      {
        'src/main/java/com/shop/Cart.java':
          'package com.shop;\nimport com.shop.order.Order;\nimport static com.shop.tax.Tax.rate;\nimport com.shop.all.*;\nimport java.util.List;\nimport com.shop.Twin;\n',
        'src/main/java/com/shop/order/Order.java': '',
        'src/main/java/com/shop/tax/Tax.java': '',
        'src/main/java/com/shop/all/One.java': '',
        'src/main/java/com/shop/all/Two.java': '',
        'src/test/java/com/shop/all/OneTest.java': '',
        'src/List.java': '',
        'a/com/shop/Twin.java': '',
        'b/com/shop/Twin.java': '',
      },
      [
        'src/main/java/com/shop/order/Order.java',
        'src/main/java/com/shop/tax/Tax.java',
        'src/main/java/com/shop/all/One.java',
        'src/main/java/com/shop/all/Two.java',
      ],
    ],
    [
      'C#: a namespace of a project',
      'src/Shop.Api/Start.cs',
      {
        'src/Shop.Api/Start.cs': 'using System.Collections;\nusing Shop.Orders;\nusing Shop.Core.Money;\n',
        'src/Shop/Shop.csproj': '',
        'src/Shop/Orders/Order.cs': '',
        'src/Shop.Core/Shop.Core.csproj': '',
        'src/Shop.Core/Money/Euro.cs': '',
        'src/Shop/Collections/List.cs': '',
      },
      ['src/Shop/Orders/Order.cs', 'src/Shop.Core/Money/Euro.cs'],
    ],
    [
      'Ruby: beside the file, and on the load path',
      'lib/shop/cart.rb',
      {
        'lib/shop/cart.rb': "require_relative 'order'\nrequire 'shop/tax'\nrequire 'json'\n",
        'lib/shop/order.rb': '',
        'lib/shop/tax.rb': '',
        'json.rb': '',
      },
      ['lib/shop/order.rb', 'lib/shop/tax.rb'],
    ],
    [
      'PHP: classes by composer.json, files beside this one',
      'app/Http/Cart.php',
      {
        'app/Http/Cart.php': "<?php\nuse App\\Models\\User;\nuse Vendor\\Thing;\nrequire __DIR__ . '/bootstrap.php';\n",
        'composer.json': '{"autoload": {"psr-4": {"App\\\\": "app/"}}}',
        'app/Models/User.php': '',
        'app/Thing.php': '',
        'app/Http/bootstrap.php': '',
      },
      ['app/Models/User.php', 'app/Http/bootstrap.php'],
    ],
  ];
  for (const [name, from, files, expected] of cases)
    test(name, () => assert.deepEqual(meant(files, from).toSorted(), expected.toSorted()));
});

suite('what hands on is not what declares', () => {
  const files: Files = {
    'core/package.json': '{"name": "@acme/core"}',
    'core/src/index.ts':
      "export * from './cart.js';\nexport { Tax } from './tax.js';\nexport * from './loop.js';\nexport const own = 1;\n",
    'core/src/cart.ts': 'export class Cart {}\nexport function total() {}\n',
    'core/src/tax.ts': 'export class Tax {}\n',
    'core/src/loop.ts': "export * from './index.js';\n",
    'web/a.ts': "import { Cart, Tax, own, nowhere } from '@acme/core';\nimport * as all from '@acme/core';\n",
    'web/b.ts': "import { total } from '@acme/core';\n",
    'shop/__init__.py': 'from shop.orders import Order\n',
    'shop/orders.py': 'class Order:\n    pass\n',
    'main.py': 'from shop import Order\n',
  };
  const taken = (path: string) => {
    const tree = new RepositoryTree(Object.keys(files), (name) => files[name] ?? null);
    const declaring = new DeclaringFiles(tree, (name) => reader.read(name, files[name] ?? ''));
    const code = declaring.read(path);
    assert.ok(code);
    return code.imports.flatMap((item) => declaring.taken(path, code.language, item));
  };

  test('a name is followed to the file that declares it, and what cannot be followed stays', () => {
    assert.deepEqual(taken('web/a.ts'), [
      { to: 'core/src/cart.ts', names: ['Cart'] },
      { to: 'core/src/tax.ts', names: ['Tax'] },
      { to: 'core/src/index.ts', names: ['own', 'nowhere'] },
      { to: 'core/src/index.ts', names: [] },
    ]);
    assert.deepEqual(taken('main.py'), [{ to: 'shop/orders.py', names: ['Order'] }]);
  });

  test('slices are coupled through it, and not with who only adds a line to it', () => {
    const pairs = (modify: string): string[] =>
      judge({ files, slices: [writing('A', [modify]), writing('B', ['web/b.ts'])] }).pairs.map(
        ({ a, b }) => `${a} ${b}`,
      );
    assert.deepEqual(pairs('core/src/cart.ts'), ['A B']);
    assert.deepEqual(pairs('core/src/cart.ts::total'), ['A B']);
    assert.deepEqual(pairs('core/src/cart.ts::Cart'), []);
    assert.deepEqual(pairs('core/src/tax.ts'), []);
    assert.deepEqual(pairs('core/src/index.ts'), []);
  });
});
