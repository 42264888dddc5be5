import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fileSymbols } from '../../src/core/language/outline-symbols.ts';

function names(file: string, text: string): string[] {
  const found = fileSymbols(file, text);
  for (const { name, span } of found)
    assert.equal(text.slice(span.start, span.end), name.slice(name.lastIndexOf('.') + 1), `${name} in its place`);
  return found.map((symbol) => symbol.name);
}

suite('symbols of a file', () => {
  test('TypeScript and JavaScript', () => {
    const text = `import x from 'y';
/* class Not {} */
export const LIMIT = 3;
export type Id = string;
export interface Shop {
  name: string;
}
export abstract class Cart<T> extends Base {
  readonly #items = [];
  static create(): Cart { const local = 1; return x; }
  async *items() {
    if (x) { for (const a of b) use(a); }
  }
  get total(): number { return 1; }
}
export default async function pay(card) {
  function inner() {}
}
const later = () => {
  const hidden = 2;
};
`;
    assert.deepEqual(names('a.ts', text), [
      'LIMIT',
      'Id',
      'Shop',
      'Cart',
      'Cart.#items',
      'Cart.create',
      'Cart.items',
      'Cart.total',
      'pay',
      'later',
    ]);
  });

  test('Python and Ruby, by indentation', () => {
    const text = `LIMIT = 3\nclass User(Base):\n    """doc"""\n    def save(self):\n        def inner():\n            pass\n\n    class Meta:\n        x = 1\n\nasync def run():\n    y = 2\nif LIMIT == 3:\n    pass\n`;
    assert.deepEqual(names('a.py', text), ['LIMIT', 'User', 'User.save', 'User.Meta', 'run']);
    const ruby = `module Shop\n  class Cart\n    MAX = 3\n    def add(x)\n      y\n    end\n    def self.all\n    end\n  end\nend\n`;
    assert.deepEqual(names('a.rb', ruby), ['Shop', 'Shop.Cart', 'Shop.Cart.add', 'Shop.Cart.all']);
  });

  test('Go, Rust, Java, C#, PHP', () => {
    const go = `package a\n\ntype Cart struct {\n\tn int\n}\n\nfunc (c *Cart) Add(x int) error {\n\treturn nil\n}\n\nfunc New() *Cart { return nil }\n\nvar Max = 3\n`;
    assert.deepEqual(names('a.go', go), ['Cart', 'Cart.Add', 'New', 'Max']);
    const rust = `pub struct Cart;\nimpl Cart {\n    pub async fn add(&self) {\n        let x = 1;\n    }\n}\nimpl fmt::Display for Cart {\n    fn fmt(&self) {}\n}\npub(crate) fn new() -> Cart { Cart }\nconst MAX: u8 = 3;\n`;
    assert.deepEqual(names('a.rs', rust), ['Cart', 'Cart.add', 'Cart.fmt', 'new', 'MAX']);
    const java = `package a;\n\npublic final class Cart {\n  private int n = call(1);\n  public Cart() {\n    if (n > 1) { run(); }\n  }\n  @Override\n  public List<Item> items(int a) {\n    return x;\n  }\n}\n`;
    assert.deepEqual(names('a.java', java), ['Cart', 'Cart.Cart', 'Cart.items']);
    const csharp = `namespace A\n{\n  public class Cart\n  {\n    public async Task<int> Add(int x)\n    {\n    }\n  }\n}\n`;
    assert.deepEqual(names('a.cs', csharp), ['Cart', 'Cart.Add']);
    const php = `<?php\nfinal class Cart {\n  public function add($x) {\n  }\n}\nfunction pay() {}\n`;
    assert.deepEqual(names('a.php', php), ['Cart', 'Cart.add', 'pay']);
  });

  test('other files have none; broken ones do not throw', () => {
    assert.deepEqual(names('a.md', 'class X {}'), []);
    const piece = fc.constantFrom(
      'class A {',
      '}',
      'def f():',
      '  ',
      '\n',
      '"',
      '/*',
      'func (a *B) c(',
      'impl X',
      'x'.repeat(3000),
      '(',
      '::',
      '\r\n',
      'namespace a {',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.constantFrom('ts', 'py', 'rb', 'go', 'rs', 'java', 'cs', 'php'),
        (parts, kind) => {
          const text = parts.join('');
          for (const { span } of fileSymbols(`a.${kind}`, text))
            assert.ok(span.start >= 0 && span.end <= text.length && span.start < span.end);
        },
      ),
      { numRuns: 500 },
    );
  });
});
