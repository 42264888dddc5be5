import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileGlob, globContains, globsIntersect } from '../../src/core/scope/glob.ts';

/** An independent reading of the language: expand braces as text, then translate to a regular expression. */
function oracle(glob: string): RegExp {
  const text = glob.replace(/^(\.?\/)+/, '');
  if (glob !== '' && (text === '' || text === '.')) return /./;
  const one = (alternative: string): string => {
    let source = alternative.replace(/\/+/g, '/').replace(/^\//, '');
    if (source === '') return '(?!)';
    source = source.replace(/\/\*{0,2}$/, '/**');
    const parts = source.split('/').map((part) => (/^\*{2,}$/.test(part) ? '**' : part));
    const pattern = parts.map((part, index) => {
      const last = index === parts.length - 1;
      if (part === '**') return last ? '(?:[^/]+/)*[^/]+' : '(?:[^/]+/)*';
      const name = part.replace(/\[[!^]?[^\]]+\]|\*+|\?|[.]/g, (found) => {
        if (found.startsWith('*')) return '[^/]*';
        if (found === '?') return '[^/]';
        if (found === '.') return '\\.';
        const inside = found.slice(1, -1).replace(/^[!^]/, '^');
        return inside.startsWith('^')
          ? `(?:[^/${inside.slice(1)}]|${quote(found)})`
          : `(?:[${inside}]|${quote(found)})`;
      });
      return name + (last ? '' : '/');
    });
    return pattern.join('');
  };
  return new RegExp(`^(?:${expandText(text).map(one).join('|')})$`, 'u');
}

const quote = (text: string): string => text.replace(/[[\]^.]/g, '\\$&');

/** Shell expansion of a text whose braces are balanced and always hold a comma. */
function expandText(text: string): string[] {
  const open = text.indexOf('{');
  if (open < 0) return [text];
  const cuts = [open];
  let depth = 0;
  let at = open;
  for (; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) break;
    else if (text[at] === ',' && depth === 1) cuts.push(at);
  }
  cuts.push(at);
  const options = cuts.slice(1).map((cut, i) => text.slice(cuts[i]! + 1, cut));
  return options.flatMap((option) => expandText(text.slice(0, open) + option + text.slice(at + 1)));
}

/** Every path over `ab./` up to a length, without segments that are empty, `.` or `..`. */
function allPaths(most: number): string[] {
  const paths: string[] = [];
  let level = [''];
  for (let length = 1; length <= most; length++) {
    level = level
      .flatMap((text) => ['a', 'b', '.', '/'].map((c) => text + c))
      .filter((t) => !/(^|\/)\//.test(t) && t !== '/');
    paths.push(...level);
  }
  return paths.filter((path) => path.split('/').every((part) => !['', '.', '..'].includes(part)));
}

const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'ab', '.') },
  { weight: 3, arbitrary: fc.constantFrom('*', '?', '*', '**') },
  { weight: 1, arbitrary: fc.constantFrom('[ab]', '[!a]', '[^b]', '[a-b]', '[.a]') },
);
const piece: fc.Memo<string> = fc.memo((depth) =>
  depth <= 1
    ? name
    : fc.oneof(
        { weight: 6, arbitrary: name },
        { weight: 2, arbitrary: fc.constant('/') },
        {
          weight: 1,
          arbitrary: fc
            .array(
              fc.array(piece(depth - 1), { maxLength: 2 }).map((p) => p.join('')),
              { minLength: 2, maxLength: 3 },
            )
            .map((options) => `{${options.join(',')}}`),
        },
      ),
);
const globs = fc.array(piece(3), { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));

suite('glob', () => {
  const matching: [glob: string, yes: string[], no: string[]][] = [
    ['src/a.ts', ['src/a.ts', './src/a.ts'], ['src/a.tsx', 'a.ts', 'src/A.ts', '/src/a.ts']],
    ['./src/*.ts', ['src/a.ts', 'src/.ts', 'src/.a.ts'], ['src/b/a.ts', 'src/a.js']],
    ['src/*', ['src/a', 'src/b/c'], ['src', 'srcs/a']],
    ['src/', ['src/a', 'src/b/c'], ['src', 'a/src/b']],
    ['src/**', ['src/a', 'src/b/c'], ['src']],
    ['*', ['a', '.env'], ['a/b']],
    ['**/*.py', ['a.py', 'x/y/a.py'], ['a.pyc']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/xb', 'ab']],
    ['a**b', ['ab', 'axb'], ['a/b']],
    ['file?.ts', ['file1.ts', 'fileé.ts', 'file😀.ts'], ['file.ts', 'file12.ts', 'file/.ts']],
    ['[a-c]x', ['ax', 'cx', '[a-c]x'], ['dx', 'x']],
    ['[!a-c]x', ['dx', '-x'], ['ax', '/x']],
    ['[]a]', [']', 'a'], ['b']],
    ['[a', ['[a'], ['a']],
    ['app/[id]/page.tsx', ['app/[id]/page.tsx', 'app/i/page.tsx'], ['app/x/page.tsx']],
    ['[[...slug]]/p', ['[[...slug]]/p'], ['slug/p']],
    ['{a,b}.ts', ['a.ts', 'b.ts'], ['c.ts', '{a,b}.ts']],
    ['{a,b/{c,d}}/e', ['a/e', 'b/c/e', 'b/d/e'], ['b/e', 'c/e']],
    ['x{,.test}.ts', ['x.ts', 'x.test.ts'], ['x.spec.ts']],
    ['{a}', ['{a}'], ['a']],
    ['{a', ['{a'], ['a']],
    ['a,b}', ['a,b}'], ['a']],
    ['{a/*,b}', ['a/x/y', 'b'], ['b/x', 'a']],
    ['a/{*,b}', ['a/x/y', 'a/b'], ['a']],
    ['\\*.ts', ['*.ts'], ['a.ts']],
    ['\\[id\\].ts', ['[id].ts'], ['i.ts']],
    ['a\\{b,c\\}', ['a{b,c}'], ['ab']],
    ['', [], ['a', '']],
    ['./', ['a', 'a/b'], ['', '..']],
    ['.', ['a', 'a/b'], ['../a']],
    ['/src/a', ['src/a'], ['/src/a']],
    ['a//b', ['a/b'], ['a//b']],
    ['**', ['a', 'a/b/c', '.git/config'], ['a/../b', './../a', 'a//b', 'a/']],
    ['src/../a', [], ['src/../a', 'a']],
    ['Ünï/*.ts', ['Ünï/x.ts'], ['ünï/x.ts']],
  ];
  for (const [glob, yes, no] of matching) {
    test(`matches ${glob || '(empty)'}`, () => {
      for (const path of yes) assert.equal(compileGlob(glob).matches(path), true, path);
      for (const path of no) assert.equal(compileGlob(glob).matches(path), false, path);
    });
  }

  test('ignores case when asked', () => {
    const is = (glob: string, path: string): boolean => compileGlob(glob, { caseInsensitive: true }).matches(path);
    assert.ok(is('README.md', 'readme.MD'));
    assert.ok(is('[A-C]*.TS', 'bx.ts'));
    assert.ok(!is('[!A-C].ts', 'B.ts'));
    assert.ok(is('ÄÖ/**', 'äö/Σ'));
    assert.equal(globsIntersect('SRC/*.ts', 'src/A*', { caseInsensitive: true })?.toLowerCase(), 'src/a.ts');
    assert.equal(globsIntersect('SRC/*.ts', 'src/A*'), null);
  });

  const crossing: [a: string, b: string, witness: string | null][] = [
    ['a*.ts', '*b.ts', 'ab.ts'],
    ['src/{b,c}.ts', 'src/c.*', 'src/c.ts'],
    ['src/**', 'src/a/b.ts', 'src/a/b.ts'],
    ['src/**/test/*.ts', 'src/x/**', 'src/x/test/a'],
    ['**/*.ts', '**/*.py', null],
    ['src/a*', 'src/b*', null],
    ['[ab].ts', '[bc].ts', 'b.ts'],
    ['[!a].ts', 'a.ts', null],
    ['app/[id]/page.tsx', 'app/**', 'app/[id]/page.tsx'],
    ['?', '.', '.'],
    ['[.]', '?', null],
    ['src/*', 'src/', 'src/a'],
    ['a/**/c', 'a/b/*', 'a/b/c'],
    ['', '**', null],
  ];
  for (const [a, b, witness] of crossing) {
    test(`${a || '(empty)'} and ${b} meet in ${witness}`, () => {
      for (const found of [globsIntersect(a, b), globsIntersect(b, a)]) {
        if (witness === null) assert.equal(found, null);
        else {
          assert.notEqual(found, null);
          assert.ok(compileGlob(a).matches(found!) && compileGlob(b).matches(found!), found!);
        }
      }
    });
  }

  test('intersection is exact: over ten thousand pairs against brute force', function () {
    this.timeout(60_000);
    const pool = [...new Set(fc.sample(globs, { numRuns: 400, seed: 7 }))].slice(0, 160);
    const paths = allPaths(7);
    const matched = pool.map((glob) => {
      const expected = oracle(glob);
      const ours = compileGlob(glob);
      const hits = new Uint8Array(paths.length);
      paths.forEach((path, i) => {
        hits[i] = expected.test(path) ? 1 : 0;
        assert.equal(ours.matches(path), hits[i] === 1, `${glob} against ${path}`);
      });
      return { glob, expected, hits };
    });
    let pairs = 0;
    let meeting = 0;
    for (const a of matched) {
      for (const b of matched) {
        if (a.glob > b.glob) continue;
        pairs++;
        const witness = globsIntersect(a.glob, b.glob);
        if (witness === null) {
          assert.equal(
            paths.find((_, i) => a.hits[i] && b.hits[i]),
            undefined,
            `${a.glob} and ${b.glob}`,
          );
        } else {
          meeting++;
          assert.ok(a.expected.test(witness) && b.expected.test(witness), `${a.glob} and ${b.glob}: ${witness}`);
          assert.ok(
            witness.split('/').every((part) => !['', '.', '..'].includes(part)),
            witness,
          );
          assert.ok(compileGlob(a.glob).matches(witness) && compileGlob(b.glob).matches(witness), witness);
        }
      }
    }
    assert.ok(pairs >= 10_000, String(pairs));
    assert.ok(meeting > 1_000 && meeting < pairs - 1_000, String(meeting));
  });

  test('exceptions and containment are exact against brute force', function () {
    this.timeout(60_000);
    const pool = [...new Set(fc.sample(globs, { numRuns: 200, seed: 11 }))].slice(0, 26);
    const paths = allPaths(6);
    const hits = pool.map((glob) => paths.filter((path) => compileGlob(glob).matches(path)));
    const sets = hits.map((found) => new Set(found));
    let held = 0;
    pool.forEach((a, i) => {
      pool.forEach((b, j) => {
        const contained = globContains(b, a);
        if (contained) {
          held++;
          assert.equal(
            hits[i]!.find((path) => !sets[j]!.has(path)),
            undefined,
            `${a} in ${b}`,
          );
        }
        pool.forEach((except, k) => {
          const witness = globsIntersect(a, b, { except: [except] });
          if (witness === null) {
            assert.equal(
              hits[i]!.find((p) => sets[j]!.has(p) && !sets[k]!.has(p)),
              undefined,
              `${a} ${b} - ${except}`,
            );
          } else {
            assert.ok(
              [a, b].every((g) => compileGlob(g).matches(witness)),
              `${a} ${b}: ${witness}`,
            );
            assert.ok(!compileGlob(except).matches(witness), `${a} ${b} - ${except}: ${witness}`);
          }
        });
        if (!contained) assert.notEqual(globsIntersect(a, '**', { except: [b] }), null, `${a} in ${b}`);
      });
    });
    assert.ok(held > pool.length, String(held));
  });

  test('containment', () => {
    assert.ok(globContains('src/**', 'src/{a,b}/*.ts'));
    assert.ok(globContains(['src/a/**', 'src/b/**'], 'src/{a,b}/*.ts'));
    assert.ok(!globContains('src/**', '**/*.ts'));
    assert.ok(!globContains('src/*.ts', 'src/**'));
    assert.ok(globContains('**', '[!a]?*'));
  });

  test('hostile globs stay fast', function () {
    this.timeout(5_000);
    const stars = '*a'.repeat(40);
    assert.equal(compileGlob(`${stars}b`).matches('a'.repeat(5_000)), false);
    assert.notEqual(globsIntersect(`${stars}*`, `${'*b'.repeat(40)}*`), null);
    const braces = '{a,b,c,d}'.repeat(40);
    assert.equal(compileGlob(braces).approximate, false);
    assert.equal(compileGlob(braces).matches('abcd'.repeat(10)), true);
    assert.equal(globsIntersect(braces, '{a,b}'.repeat(39)), null);
    const slashes = 'src/x' + '{a/b,c}'.repeat(40);
    assert.equal(compileGlob(slashes).approximate, true);
    assert.notEqual(globsIntersect(slashes, 'src/xc*'), null);
    assert.equal(globsIntersect(slashes, 'test/**'), null);
    compileGlob('{'.repeat(20_000));
    compileGlob('['.repeat(5_000));
    compileGlob('{a,'.repeat(2_000) + '}'.repeat(2_000));
  });

  test('names the files of a glob without wildcards', () => {
    assert.deepEqual(compileGlob('a/{b,c}.ts').texts, ['a/b.ts', 'a/c.ts']);
    assert.deepEqual(compileGlob('app/[id]/p.ts').texts, ['app/[id]/p.ts']);
    assert.equal(compileGlob('a/*.ts').texts, null);
    assert.equal(compileGlob('a/').texts, null);
    assert.equal(compileGlob('a/b*').prefix, 'a/b');
  });
});
