import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { fileHunks } from '../../src/core/code/hunks.ts';
import { symbolsTouched, type CodeVersion } from '../../src/core/code/touched.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';
import { caseCount } from './case-count.ts';

const reader = await openCodeReader();
const home = mkdtempSync(path.join(tmpdir(), 'sw-touched-'));

function version(file: string, text: string): CodeVersion {
  const outline = reader?.read(file, text);
  assert.ok(outline);
  return { outline, text };
}

/** What changed between two texts, by git's own diff: `symbol change first-last`, `-` before lines of the old text. */
function touched(before: string, after: string, file = 'a.ts', context = 0): string[] {
  writeFileSync(path.join(home, 'old'), before);
  writeFileSync(path.join(home, 'new'), after);
  let diff = '';
  try {
    execFileSync('git', ['diff', '--no-index', '--text', `-U${context}`, 'old', 'new'], {
      cwd: home,
      encoding: 'utf8',
    });
  } catch (error) {
    diff = (error as { stdout: string }).stdout;
  }
  const [hunks] = fileHunks(diff).values();
  return symbolsTouched(version(file, before), version(file, after), hunks?.hunks ?? []).map(
    ({ symbol, change, lines, side }) =>
      `${symbol ?? '(file)'} ${change} ${side === 'old' ? '-' : ''}${lines.first}-${lines.last}`,
  );
}

const cart = `import { a } from './a.ts';

/** A cart. */
export class Cart {
  items = [];

  add(item) {
    this.items.push(item);
  }

  total() {
    return this.items.length;
  }
}

export const MAX = 3;
`;

suite('symbols that a change touches', () => {
  suiteTeardown(() => rmSync(home, { recursive: true, force: true }));

  test('a line inside a method is the method, whatever the context of the diff', () => {
    const after = cart.replace('return this.items.length', 'return 3');
    for (const context of [0, 3, 100])
      assert.deepEqual(touched(cart, after, 'a.ts', context), ['Cart.total modified 12-12']);
  });

  test('a method that comes, goes, or gets another name', () => {
    const grown = cart.replace('  total() {', '  clear() {\n    this.items = [];\n  }\n\n  total() {');
    assert.deepEqual(touched(cart, grown), ['Cart.clear added 11-13']);
    assert.deepEqual(touched(grown, cart), ['Cart.clear deleted -11-13']);
    assert.deepEqual(touched(cart, cart.replace('total()', 'sum()')), [
      'Cart.sum added 11-11',
      'Cart.total deleted -11-11',
    ]);
  });

  test('a method whose lines the diff shares with its neighbour touches the new one only', () => {
    const grown = cart.replace(
      '  total() {\n    return this.items.length;\n  }\n',
      '  total() {\n    return this.items.length;\n  }\n\n  size() {\n    return 1;\n  }\n',
    );
    // Git may draw `}` + blank + `size() {` instead of the method as it was written.
    const shifted = [{ removed: null, added: { first: 13, last: 16 }, at: 13 }];
    const symbols = symbolsTouched(version('a.ts', cart), version('a.ts', grown), shifted).map((touch) => touch.symbol);
    assert.deepEqual(symbols, ['Cart.size']);
    assert.deepEqual(touched(cart, grown), ['Cart.size added 15-17']);
  });

  test('a method that is moved is touched although its text is the same', () => {
    const add = '  add(item) {\n    this.items.push(item);\n  }\n\n';
    const moved = cart
      .replace(add, '')
      .replace('    return this.items.length;\n  }\n', (end) => `${end}\n${add.trimEnd()}\n`);
    const names = touched(cart, moved).map((line) => line.split(' ')[0]);
    assert.equal(names.length, 1);
    assert.ok(names[0] === 'Cart.add' || names[0] === 'Cart.total');
  });

  test("imports, comments and blank lines at the top are free; other lines are the file's", () => {
    const imported = cart.replace("'./a.ts';\n", "'./a.ts';\nimport {\n  b,\n  c,\n} from './b.ts';\n// Why.\n\n");
    assert.deepEqual(touched(cart, imported), []);
    assert.deepEqual(touched(cart, `${cart}start();\n`), ['(file) modified 17-17']);
    assert.deepEqual(touched(cart, cart.replace('/** A cart. */', '/** The cart. */')), ['Cart modified 3-3']);
    assert.deepEqual(touched(cart, cart.replace('class Cart', 'class Cart extends Base')), ['Cart modified 4-4']);
    assert.deepEqual(touched(cart, cart.replaceAll('\n\n', '\n\n\n')), []);
  });

  test('what is swallowed, commented out or let free without a line of its own changed is touched', () => {
    const two = 'function foo() {\n  one();\n}\n\nfunction bar() {\n  two();\n}\n\nstart();\n';
    // The end of `foo` goes behind `bar`, and behind the call.
    assert.deepEqual(touched(two, two.replace('  one();\n}\n', '  one();\n').replace('start', '}\nstart'), 'a.js'), [
      'foo modified 8-8',
      'bar deleted -5-7',
    ]);
    assert.deepEqual(touched(two, `${two.replace('  one();\n}\n', '  one();\n')}}\n`, 'a.js'), [
      'foo modified 9-9',
      'bar deleted -5-7',
      '(file) modified -9-9',
    ]);
    const hidden = two.replace('function bar', '/*\nfunction bar').replace('start', '*/\nstart');
    assert.deepEqual(touched(two, hidden, 'a.js'), ['bar deleted -5-7']);
    assert.deepEqual(touched(hidden, two, 'a.js'), ['bar added 5-7']);
    const called = two.replace('start();', '/*\nstart();\n*/');
    assert.deepEqual(touched(two, called, 'a.js'), ['(file) modified -9-9']);
    assert.deepEqual(touched(called, two, 'a.js'), ['(file) modified 9-9']);
    // Ruby and PHP take a method inside another one.
    const ruby = 'def foo\n  1\nend\n\ndef bar\n  2\nend\n';
    assert.deepEqual(touched(ruby, `${ruby.replace('  1\nend\n', '  1\n')}end\n`, 'a.rb'), [
      'foo modified 7-7',
      'bar deleted -5-7',
    ]);
  });

  test('a statement outside of every symbol that is moved is touched', () => {
    const before = 'const a = 1;\nstart(a);\nconst b = 2;\nconst c = 3;\n';
    const after = 'start(a);\nconst a = 1;\nconst b = 2;\nconst c = 3;\n';
    const names = touched(before, after, 'a.js').map((line) => line.split(' ')[0]);
    assert.equal(names.length, 1);
    assert.ok(names[0] === '(file)' || names[0] === 'a');
    const far = 'const a = 1;\nconst b = 2;\nconst c = 3;\nstart(a);\n';
    assert.deepEqual(touched(before, far, 'a.js'), ['(file) modified 4-4']);
  });

  test('an import line is free only when nothing else stands on it', () => {
    for (const line of [
      "import b from './b.ts'; /* b */ start(); /* and on */",
      "const { x } = require(start('./b.js'));",
      'require(start());',
    ])
      assert.deepEqual(touched(cart, cart.replace("'./a.ts';\n", `'./a.ts';\n${line}\n`), 'a.ts').length, 1, line);
    for (const line of ["import b from './b.ts'; /* b */ // and on", "const x = require('./b.js').x; /* b */ /* c */"])
      assert.deepEqual(touched(cart, cart.replace("'./a.ts';\n", `'./a.ts';\n${line}\n`), 'a.ts'), [], line);
    const rust = 'use a::b;\n\nfn f() {}\n';
    assert.deepEqual(touched(rust, rust.replace('b;', 'b; #[x] start!{}'), 'a.rs').length, 1);
  });

  test('what shares a line with a symbol is not the symbol', () => {
    const methods = 'class A {\n  f() {\n    return 1;\n  }\n\n  g() {}\n}\n';
    const cases: readonly (readonly [string, string, string, readonly string[]])[] = [
      ['a.js', 'function f() {\n}\n', 'function f() {\n} evil();\n', ['(file)']],
      ['a.js', 'function f() {\n}\n', 'evil(); function f() {\n}\n', ['(file)']],
      ['a.js', methods, methods.replace('  }\n', '  } static { evil(); }\n'), ['A']],
      ['a.js', 'class A { f() { return 1; } }\n', 'class A extends B { f() { return 1; } }\n', ['A']],
      ['a.js', 'class A { f() { return 1; } }\n', 'class A { f() { return 2; } }\n', ['A.f']],
      ['a.js', 'const a = 1, b = 2;\n', 'const a = 3, b = 2;\n', ['a']],
      ['a.js', 'const a = 1; const b = 2;\n', 'const a = 1; const b = 2; start();\n', ['(file)']],
      ['a.js', 'const a = 1;\n', 'const a = 1; // one\n', []],
      ['a.py', 'x = 1\n', 'x = 1; evil()\n', ['(file)']],
      ['a.py', 'class A: x = 1\n', 'class A(B): x = 1\n', ['A']],
      ['a.go', 'package a\n\nfunc f() {\n}\n', 'package a\n\nfunc f() {\n}; var g = h()\n', ['g']],
      ['a.rs', 'fn f() {\n}\n', 'fn f() {\n} evil!{}\n', ['(file)']],
      ['A.java', 'class A {\n  void f() {\n  }\n}\n', 'class A {\n  void f() {\n  } static { evil(); }\n}\n', ['A']],
      [
        'A.cs',
        'class A {\n  void F() {\n  }\n}\n',
        'class A {\n  void F() {\n  } static A() { evil(); }\n}\n',
        ['A.A'],
      ],
      ['a.rb', 'def f\nend\n', 'def f\nend.then { evil }\n', ['(file)']],
      ['a.rb', 'class A\n  private def x\n  end\nend\n', 'class A\n  public def x\n  end\nend\n', ['A']],
      ['a.php', '<?php\nfunction f() {\n}\n', '<?php\nfunction f() {\n} evil();\n', ['(file)']],
    ];
    for (const [file, before, after, expected] of cases)
      assert.deepEqual(
        touched(before, after, file).map((line) => line.split(' ')[0]),
        expected,
        after,
      );
  });

  test('a blank line in a text is a part of it', () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ['a.ts', 'export const T = `a\nb`;\n', 'T'],
      ['a.py', 'T = """a\nb"""\n', 'T'],
      ['a.go', 'package p\n\nvar T = `a\nb`\n', 'T'],
      ['a.rs', 'const T: &str = "a\nb";\n', 'T'],
      ['A.java', 'class A {\n  String T = """\n    a\nb""";\n}\n', 'A.T'],
      ['A.cs', 'class A {\n  string T = @"a\nb";\n}\n', 'A.T'],
      ['A.cs', 'class A {\n  string T = """\n  a\nb\n  """;\n}\n', 'A.T'],
      ['a.rb', 'T = <<~X\n  a\nb\nX\n', 'T'],
      ['a.php', '<?php\nconst T = <<<X\na\nb\nX;\n', 'T'],
      ['a.php', '<p>a\nb</p>\n<?php\nconst T = 1;\n', '(file)'],
    ];
    for (const [file, before, symbol] of cases)
      assert.match(
        touched(before, before.replace('a\nb', 'a\n\nb'), file).join(),
        new RegExp(`^${symbol.replace(/[()]/g, '.')} modified [\\d-]+$`),
        file,
      );
  });

  test('comments that tools obey, and imports that run code, are not free', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['a.ts', '// @ts-nocheck'],
      ['a.ts', '/* eslint-disable no-eval */'],
      ['a.js', "const { a = evil() } = require('a');"],
      ['a.js', "const { [evil()]: a } = require('a');"],
      ['a.py', '# -*- coding: unicode_escape -*-'],
      ['a.go', '//go:build ignore'],
      ['a.go', '// int x(void) { return evil(); }\nimport "C"'],
      ['a.rb', '# frozen_string_literal: true'],
      ['a.rb', 'require "#{evil}"'],
      ['a.rb', "autoload evil, 'x'"],
      ['a.rb', "require 'x' do\n  evil\nend"],
      ['a.php', 'include evil();'],
      ['a.php', "include __DIR__ . evil('/x.php');"],
      ['a.cs', '// <auto-generated/>'],
    ];
    const rest: Readonly<Record<string, string>> = {
      go: 'package a\n\nfunc F() {}\n',
      py: 'import a\n\n\ndef f():\n    pass\n',
      rb: 'def f\nend\n',
      cs: 'class A {}\n',
    };
    for (const [file, line] of cases) {
      const body = rest[file.slice(2)] ?? 'function f() {}\n';
      const head = file.endsWith('php') ? '<?php\n' : line.endsWith('"C"') ? 'package a\n\n' : '';
      const text = line.endsWith('"C"') ? 'func F() {}\n' : body;
      assert.match(touched(`${head}\n${text}`, `${head}${line}\n\n${text}`, file).join(), /^\(file\) modified/, line);
      // Right above a symbol it is still the file's.
      assert.match(touched(`${head}${text}`, `${head}${line}\n${text}`, file).join(), /\(file\) modified/, line);
    }
    for (const line of ["const { a, b: [c] } = require('x');", '// eslint-disable-next-line', '// why'])
      assert.deepEqual(touched('\nfunction f() {}\n', `${line}\n\nfunction f() {}\n`, 'a.js'), [], line);
    for (const line of ["require 'x'", "autoload :X, 'x'", '# why'])
      assert.deepEqual(touched('\ndef f\nend\n', `${line}\n\ndef f\nend\n`, 'a.rb'), [], line);
    for (const line of ["include __DIR__ . '/x.php';", "require_once('x.php');"])
      assert.deepEqual(touched('<?php\n\nfunction f() {}\n', `<?php\n${line}\n\nfunction f() {}\n`, 'a.php'), [], line);
  });

  test('own lines of a class that are moved past its members are touched', () => {
    const before = 'class A {\n  static a = 1;\n  static { use(A.a); }\n  static b = 2;\n  static c = 3;\n}\n';
    const block = '  static { use(A.a); }\n';
    const after = before.replace(block, '').replace('  static b = 2;\n', `  static b = 2;\n${block}`);
    assert.ok(touched(before, after, 'a.js').some((line) => line.startsWith('A modified')));
  });

  test('whatever two versions do not share in the same order is reported', () => {
    const piece = fc.constantFrom(
      'function a() {\n  1;\n}\n',
      'function b() {\n  2;\n}\n',
      'const c = 3;\n',
      'start();\n',
      'class D {\n  e() {}\n  static { f(); }\n}\n',
      'class D { e() {} g() {} }\n',
      '// note\n',
      '\n',
      'const h = 1, i = 2; stop();\n',
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const names = new Set(touched(before, after, 'a.js').map((line) => line.split(' ')[0]));
        const left = (of: string): string[] =>
          version('a.js', of).outline.owners.flatMap((owners, row) =>
            owners
              .filter(({ symbol }) => !names.has(symbol ?? '(file)'))
              .map((owner) => `${owner.symbol} ${owner.text ?? of.split('\n')[row]}`),
          );
        assert.deepEqual(left(after), left(before));
      }),
      { numRuns: caseCount(30, 150) },
    );
  });

  test('a file that comes or goes touches everything in it', () => {
    const all = (before: CodeVersion | null, after: CodeVersion | null): string[] =>
      symbolsTouched(before, after, []).map((touch) => `${touch.symbol ?? '(file)'} ${touch.change}`);
    const names = ['Cart', 'Cart.items', 'Cart.add', 'Cart.total', 'MAX'];
    assert.deepEqual(
      all(null, version('a.ts', cart)),
      names.map((name) => `${name} added`),
    );
    assert.deepEqual(
      all(version('a.ts', cart), null),
      names.map((name) => `${name} deleted`),
    );
  });

  test('Python, Go and Rust: decorators, receivers, impl blocks', () => {
    const python = 'class A:\n    @one\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n';
    assert.deepEqual(touched(python, python.replace('@one', '@two'), 'a.py'), ['A.f modified 2-2']);
    const go = 'package a\n\ntype A struct{}\n\n// F does.\nfunc (a *A) F() int {\n\treturn 1\n}\n';
    assert.deepEqual(touched(go, go.replace('// F does.', '// F did.'), 'a.go'), ['A.F modified 5-5']);
    const rust = 'struct A;\nimpl A {\n    fn f() {}\n}\nimpl B for A {\n    fn g() {}\n}\n';
    assert.deepEqual(touched(rust, rust.replace('fn g() {}', 'fn g() { x() }'), 'a.rs'), ['A.g modified 6-6']);
    assert.deepEqual(touched(rust, rust.replace('impl B for A', 'impl C for A'), 'a.rs'), ['A modified 5-5']);
  });

  test('a random edit inside one method of a generated file touches exactly that method', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    const shape = fc.uniqueArray(fc.tuple(name, name), {
      selector: (pair) => pair.join(),
      minLength: 1,
      maxLength: 12,
    });
    const statement = fc.constantFrom('x += 1;', 'if (x) {', '}', '// note', 'call(x, y);', 'for (const z of x) {');
    /** Bodies that parse whatever they hold: brackets stand in a comment. */
    const body = fc.array(
      statement.map((text) => (/[{}]/.test(text) ? `// ${text}` : text)),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(
        shape,
        fc.array(body, { minLength: 12, maxLength: 12 }),
        fc.nat(),
        body,
        (methods, bodies, pick, fresh) => {
          const at = pick % methods.length;
          const render = (own: readonly (readonly string[])[]): string => {
            const classes = [...new Set(methods.map(([owner]) => owner))].sort();
            return classes
              .map((owner) => {
                const inside = methods.flatMap(([of, method], i) =>
                  of === owner
                    ? [
                        `  ${method}() {\n${(own[i] ?? []).map((line) => `    ${line}\n`).join('')}    end${i}();\n  }\n`,
                      ]
                    : [],
                );
                return `export class C${owner} {\n${inside.join('\n')}}\n`;
              })
              .join('\n');
          };
          const changed = bodies.map((old, i) => (i === at ? fresh : old));
          const [owner, method] = methods[at] ?? ['', ''];
          const found = touched(render(bodies), render(changed)).map((line) => line.split(' ')[0]);
          const same = JSON.stringify(bodies[at]) === JSON.stringify(fresh);
          assert.deepEqual(found, same ? [] : [`C${owner}.${method}`]);
        },
      ),
      { numRuns: caseCount(30, 150) },
    );
  });
});
