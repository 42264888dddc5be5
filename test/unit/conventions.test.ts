import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { measureConventions, type Conventions } from '../../src/core/conventions/measure.ts';
import { fileNaming, nameStyle } from '../../src/core/conventions/naming.ts';
import { conventionSources, isTestPath, sampleOf, sourceFiles } from '../../src/core/conventions/sources.ts';
import { assertLinear } from './cost.ts';

const root = path.join(import.meta.dirname, '../..');

function measure(texts: Readonly<Record<string, string>>, technology: string | null = null): Conventions {
  return measureConventions({ files: Object.keys(texts), textOf: (file) => texts[file] ?? null, technology });
}

/** The files of a directory that git knows, read from the disk. */
function onDisk(directory: string): {
  readonly files: readonly string[];
  readonly textOf: (file: string) => string | null;
} {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: directory, encoding: 'utf8' })
    .split('\0')
    .filter((file) => file !== '');
  const textOf = (file: string): string | null => {
    const full = path.join(directory, file);
    // What is deleted but not committed is still listed.
    return existsSync(full) ? readFileSync(full, 'utf8') : null;
  };
  return { files, textOf };
}

/** As many modules as asked for, with whatever stands in them. */
function modules(count: number, name: (i: number) => string, text: (i: number) => string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [name(i), text(i)]));
}

const words = 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda omega sigma tau'.split(' ');
const pair = (i: number): readonly [string, string] => [
  words[i % words.length] ?? '',
  words[(i * 5 + 3) % words.length] ?? '',
];

const python: Record<string, string> = {
  'pyproject.toml': '[tool.black]\nline-length = 100\n\n[tool.ruff]\nselect = ["E"]\n\n[tool.pytest.ini_options]\n',
  ...modules(
    12,
    (i) => `apps/users/${pair(i).join('_')}.py`,
    (i) => `"""Doc: def NotAFunction(): pass"""
from apps.core import base_model
from apps.users.models import User


MAX_SIZE_${i} = 10


class UserThing${i}(base_model.Base):
    def full_name(self):
        if not self.name:
            raise ValueError("no name")
        return "a" + "b"


def load_user_${i}(user_id):
    return User(user_id)
`,
  ),
  ...modules(
    5,
    (i) => `tests/test_${pair(i).join('_')}.py`,
    () => 'import pytest\n\n\ndef test_it_works():\n    assert True\n',
  ),
};

const go: Record<string, string> = {
  'go.mod': 'module example.org/shop\n',
  ...modules(
    8,
    (i) => `internal/stock/${pair(i).join('_')}.go`,
    () =>
      'package stock\n\nimport "fmt"\n\nfunc Load() error {\n\tif err != nil {\n\t\treturn fmt.Errorf("load: %w", err)\n\t}\n\treturn nil\n}\n',
  ),
  ...modules(
    4,
    (i) => `internal/stock/${pair(i).join('_')}_test.go`,
    () => 'package stock\n\nimport "testing"\n\nfunc TestLoad(t *testing.T) {\n\tt.Parallel()\n}\n',
  ),
};

suite('conventions: names', () => {
  test('a name shows its style, or none', () => {
    const seen = ['low-stock', 'low_stock', 'lowStock', 'LowStock', 'LOW_STOCK', 'HTTPServer', 'stock', 'Button', 'a1'];
    assert.deepEqual(seen.map(nameStyle), [
      'kebab-case',
      'snake_case',
      'camelCase',
      'PascalCase',
      'SCREAMING_SNAKE_CASE',
      'PascalCase',
      null,
      'PascalCase',
      null,
    ]);
  });

  test('directories with a rule of their own are named, the highest that keeps it', () => {
    const files = [
      ...words.map((word) => `src/core/${word}-file.ts`),
      ...words
        .slice(0, 6)
        .map((word) => `web/components/forms/${word}Form.ts`.replace(/forms\/./, (c) => c.toUpperCase())),
      ...words.slice(0, 5).map((word) => `web/components/Big${word}.ts`),
      'web/one-odd-file.ts',
    ];
    const [naming] = fileNaming(sourceFiles(files));
    assert.equal(naming?.style.value, 'kebab-case');
    assert.deepEqual(
      naming?.elsewhere.map((item) => [item.directory, item.style.value]),
      [['web', 'PascalCase']],
    );
    const { text } = measureConventions({ files, textOf: () => null });
    assert.match(
      text,
      /named mostly, but not clearly, in kebab-case \(15 of 26 files\), but in `web` PascalCase \(11 of 12 there\)/,
    );
  });

  test('tests, generated files and foreign code say nothing of names', () => {
    assert.deepEqual(
      sourceFiles(['vendor/a_b.go', 'src/x.min.js', 'api/user_pb2.py', 'dist/AbC.js', 'src/user-list.ts', 'a.md']).map(
        (file) => file.path,
      ),
      ['src/user-list.ts'],
    );
    assert.deepEqual(fileNaming(sourceFiles(['test/aB.ts', 'src/a_b.test.ts'])), []);
    for (const file of ['a/x_test.go', 'src/x.spec.tsx', 'tests/a.py', 'a/test_x.py', 'src/test/java/FooTest.java'])
      assert.ok(isTestPath(file), file);
    for (const file of ['src/latest.ts', 'src/contest/x.py', 'specs/x.md']) assert.ok(!isTestPath(file), file);
  });
});

suite('conventions: whole repositories', () => {
  test('this one: kebab-case, mocha, oxfmt, extensions, with counts that add up', () => {
    const { facts, text } = measureConventions(onDisk(root));
    assert.match(text, /sources are TypeScript \(\d+ of \d+ files\)/);
    assert.match(text, /named in kebab-case \((\d+) of \1 files\)/);
    assert.match(text, /Tests stand in `test` .* run by mocha \(`\.mocharc\.json`\)/);
    assert.match(
      text,
      /Layout is set by oxfmt \(`\.oxfmtrc\.json`\): 2 spaces \(.*single quotes, semicolons.*lines of at most 120/,
    );
    assert.match(text, /Relative imports are written with the extension `\.ts`/);
    assert.match(text, /`import type`/);
    assert.equal(text.split('\n\n').length, 2);
    for (const { share } of facts) assert.ok(!share || share.count <= share.of);
    const [language] = facts;
    const sources = onDisk(root).files.filter((file) => /\.[cm]?tsx?$/.test(file) && !file.endsWith('.d.ts'));
    assert.ok((language?.share?.count ?? 0) <= sources.length && (language?.share?.count ?? 0) > 0.8 * sources.length);
  });

  test('the example: nothing is set up, so everything is measured', () => {
    const { text } = measureConventions(onDisk(path.join(root, 'examples/inventory')));
    assert.match(
      text,
      /No formatter is set up; TypeScript is laid out with 2 spaces \(\d+ of \d+ files\), single quotes/,
    );
    assert.match(text, /run by node --test \(`package\.json`\)/);
  });

  test('Python: settings win over what is measured, docstrings are no code', () => {
    const { text } = measure(python);
    assert.match(
      text,
      /In Python, constants SCREAMING_SNAKE_CASE \(12 of 12\), functions snake_case \(29 of 29\), types PascalCase \(12 of 12\)/,
    );
    assert.match(
      text,
      /Tests stand in `tests` \(5 of 5 test files\), are named `test_\*\.py` \(5 of 5\) and are run by pytest \(`pyproject\.toml`\)/,
    );
    assert.match(
      text,
      /Layout is set by black \(`pyproject\.toml`\): 4 spaces \(\d+ of \d+ files\), double quotes \(12 of 12 files\), lines of at most 100/,
    );
    assert.match(text, /Ruff \(`pyproject\.toml`\) must pass/);
    assert.match(text, /imported by absolute paths \(24 of 24 imports\)/);
    assert.match(text, /raised as an exception \(12 Python files\)/);
  });

  test("Python: the longest line is the linter's where no formatter says one", () => {
    const texts = { ...python, 'pyproject.toml': '[tool.ruff]\nline-length = 110\n\n[tool.ruff.lint]\nselect = []\n' };
    assert.match(measure(texts).text, /No formatter is set up;[^.]*lines of at most 110 \(`pyproject\.toml`\)/);
  });

  test('two languages, two ways to name a test; components say nothing of functions', () => {
    const texts = {
      ...modules(
        6,
        (i) => `web/rate-form${i}.tsx`,
        (i) => `export function RateForm${i}() {}\n`,
      ),
      ...modules(
        6,
        (i) => `web/load-rate${i}.ts`,
        (i) => `export function loadRate${i}() {}\n`,
      ),
      ...modules(
        4,
        (i) => `web/load-rate${i}.test.ts`,
        () => '',
      ),
      ...modules(
        3,
        (i) => `go/rate${i}_test.go`,
        () => '',
      ),
      ...modules(
        9,
        (i) => `go/rate${i}.go`,
        () => '',
      ),
    };
    const { text } = measure(texts);
    assert.match(text, /are named `\*\.test\.ts` or `\*_test\.go` \(7 of 7\)/);
    assert.match(text, /functions camelCase \(6 of 6\)/);
    assert.match(text, /TypeScript files of several words are named in kebab-case/);
  });

  test('Go: gofmt, tests beside the code, wrapped errors', () => {
    const { text } = measure(go);
    assert.match(text, /named in snake_case \(8 of 8 files\)/);
    assert.match(
      text,
      /Tests stand beside what they test \(4 of 4 test files\), are named `\*_test\.go` \(4 of 4\) and are run by go test/,
    );
    assert.match(text, /Layout is gofmt's: tabs/);
    assert.match(text, /wrapped with `fmt\.Errorf` and `%w` \(8 Go files\)/);
  });

  test('JavaScript: what its settings say of quotes, semicolons and modules', () => {
    const { text } = measure({
      'package.json': '{"scripts":{"test":"vitest run"},"prettier":{"semi":false,"tabWidth":4}}',
      ...modules(
        6,
        (i) => `src/${pair(i).join('-')}.js`,
        () => "const a = require('./b')\nconst c = require('@/x')\n\nmodule.exports = { a, c }\n",
      ),
      'src/a.test.js': "import { test } from 'vitest'\n",
    });
    assert.match(text, /prettier \(`package\.json`\): 4 spaces, single quotes \(7 of 7 files\), no semicolons/);
    assert.match(text, /Modules are CommonJS \(6 of 7 files\)/);
    assert.match(text, /relative imports are written without an extension \(6 of 6 imports\)/i);
    assert.match(text, /alias `@\/` \(6 of 12 imports of own code\)/);
    assert.match(text, /run by vitest \(`package\.json`\)/);
  });

  test('an empty repository: what is not known is said', () => {
    assert.match(
      measure({}, 'python').text,
      /There are no sources yet, so nothing could be measured: the spec asks for python/,
    );
    assert.match(measure({ 'README.md': '# x' }).text, /the language is open: ask before you choose one/);
    assert.equal(measure({}).text.split('\n\n').length, 2);
  });

  test('any text is read, and the same text says the same', () => {
    const files = ['src/a-b.ts', 'src/c_d.py', 'a/b.go', 'src/lib.rs', '.prettierrc', 'pyproject.toml', 'package.json'];
    const piece = fc.constantFrom(
      '"""',
      '/*',
      '`',
      "'",
      '"',
      '[tool.black]',
      'import ',
      'export const x = ',
      '{',
      ' '.repeat(300),
      '\n',
    );
    const text = fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(text, { minLength: files.length, maxLength: files.length }), (texts) => {
        const given = Object.fromEntries(files.map((file, i) => [file, texts[i] ?? '']));
        const measured = measure(given);
        assert.equal(measured.text.split('\n\n').length, 2);
        for (const { share } of measured.facts) assert.ok(!share || (share.count > 0 && share.count <= share.of));
        assert.deepEqual(measure(given), measured);
      }),
      { numRuns: 100 },
    );
  });

  test('any text is measured in time that grows with it', () => {
    for (const [head, part, most] of [
      ['const a = x', ' ', 100_000],
      ['', 'x,', 50_000],
      ['', '/*', 50_000],
      ['', '"""\n', 20_000],
      ['', 'export \n', 20_000],
    ] as const)
      assertLinear(JSON.stringify(part), most, (count) => {
        const text = head + part.repeat(count);
        measure({ 'src/a.ts': text, 'src/b.py': text });
      });
  });

  test('broken and binary texts are no reason to throw', () => {
    const files = ['package.json', 'pyproject.toml', 'src/a.ts', 'src/b.py', '.prettierrc'];
    for (const text of ['', '{', '\0\0', '"""', '/*', '[tool.black', '\u2028'.repeat(10)])
      assert.equal(measure(Object.fromEntries(files.map((file) => [file, text]))).text.split('\n\n').length, 2);
    assert.ok(measureConventions({ files, textOf: () => null }).text.length > 0);
  });
});

suite('conventions: the sample', () => {
  const files = Array.from(
    { length: 20_000 },
    (_, i) => `src/part-${i % 50}/${pair(i).join(i % 50 === 7 ? '_' : '-')}-${i}.ts`,
  );
  const text = "import { a } from './a.ts';\n\nexport function makeThing(): string {\n  return 'x';\n}\n".repeat(20);

  test('the order of the files does not matter', () => {
    const textOf = (file: string): string => `${text}// ${file}`;
    assert.deepEqual(measureConventions({ files: files.toReversed(), textOf }), measureConventions({ files, textOf }));
    const shuffled = Object.fromEntries(Object.entries(python).toReversed());
    assert.deepEqual(measure(shuffled), measure(python));
  });

  test('20,000 files: 400 of them are read, each once, and only those announced', () => {
    const asked: string[] = [];
    measureConventions({
      files,
      textOf: (file) => {
        asked.push(file);
        return text;
      },
    });
    assert.equal(asked.length, 400);
    assert.deepEqual(asked.toSorted(), [...conventionSources(files)].toSorted());
    assert.equal(new Set(asked.map((file) => file.split('/')[1])).size, 50);
    assert.equal(sampleOf(sourceFiles(files)).length, 400);
    assertLinear('files', files.length, (count) =>
      measureConventions({ files: files.slice(0, count), textOf: () => text }),
    );
  });
});
