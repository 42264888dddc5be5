import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileGlob, globContains, globEscapes, globsIntersect, meetGlobs } from '../../src/core/scope/glob.ts';
import { allPaths, globs, oracle } from './glob-oracle.ts';

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
    ['app/[id]/page.tsx', ['app/[id]/page.tsx'], ['app/i/page.tsx', 'app/x/page.tsx']],
    ['[slug].ts', ['[slug].ts'], ['s.ts', 'u.ts']],
    ['*/[user-id]*.ts', ['a/[user-id].ts', 'a/[user-id].test.ts'], ['a/u.ts', 'a/i.ts']],
    ['{[slug],[id]}.ts', ['[slug].ts', '[id].ts'], ['s.ts', 'i.ts']],
    ['[...rest].ts', ['[...rest].ts'], ['r.ts', '..ts']],
    ['[[...slug]]/p', ['[[...slug]]/p'], ['slug/p', 's]/p']],
    ['💥[slug].ts', ['💥[slug].ts'], ['💥s.ts']],
    ['[ab].ts', ['a.ts', 'b.ts', '[ab].ts'], ['c.ts']],
    ['[abcd].ts', ['a.ts', 'd.ts', '[abcd].ts'], ['e.ts']],
    ['[a-zA-Z0-9_].ts', ['a.ts', 'Z.ts', '_.ts'], ['-.ts']],
    ['[_a-z].ts', ['q.ts', '_.ts'], ['A.ts']],
    ['[!abd].ts', ['c.ts'], ['a.ts', 'd.ts']],
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

  test('intersection is exact: over ten thousand pairs against brute force', () => {
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

  test('exceptions and containment are exact against brute force', () => {
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

  test('hostile globs stay fast', () => {
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

  test('tools that compare globs fail here', () => {
    const cases: [a: string, b: string, witness: string | null][] = [
      ['src/{b,c}/x.ts', 'src/c/x.ts', 'src/c/x.ts'],
      ['src/{b,c}/x.ts', 'src/a/x.ts', null],
      ['a*.ts', '*b.ts', 'ab.ts'],
      ['apps/*/models.py', 'apps/users/*.py', 'apps/users/models.py'],
      ['foo', 'foobar', null],
      ['foo/**', 'foobar/**', null],
      ['src/foo', 'src/foo/**', null],
      ['{a,b{c,d{e,f}}}.ts', 'bdf.ts', 'bdf.ts'],
      ['{a,b{c,d{e,f}}}.ts', 'bd.ts', null],
      ['src/{a,b/{c,d}}/*.ts', 'src/b/d/x.ts', 'src/b/d/x.ts'],
      ['dir/*', 'dir/deep/below/x.ts', 'dir/deep/below/x.ts'],
      ['dir/', 'dir/x', 'dir/x'],
      ['a/**/z', '**/m/z', 'a/m/z'],
      ['a/**/b/**/c', 'a/c', null],
      ['a/**/b/**/c', 'a/b/c', 'a/b/c'],
      ['**/x/**', 'y/**', 'y/x/a'],
      ['[a-m]*.ts', '[k-z]*.ts', 'k.ts'],
      ['[!a-m].ts', '[a-m].ts', null],
      ['*.test.ts', '*.spec.ts', null],
      ['**/*.test.ts', '**/user*.ts', 'user.test.ts'],
      ['a?c', 'ab?', 'abc'],
      ['src/*/index.ts', 'src/index.ts', null],
      ['src/**/index.ts', 'src/index.ts', 'src/index.ts'],
    ];
    for (const [a, b, witness] of cases) {
      assert.equal(globsIntersect(a, b), witness, `${a} and ${b}`);
      const turned = globsIntersect(b, a);
      assert.equal(turned === null, witness === null, `${b} and ${a}`);
      if (turned !== null) assert.ok(oracle(a).test(turned) && oracle(b).test(turned), turned);
    }
  });

  test('says when an answer is not certain', () => {
    const wide = `src/${'x{a/b,c}'.repeat(12)}`;
    assert.ok(compileGlob(wide).approximate);
    assert.deepEqual(meetGlobs(wide, 'zz/**'), { witness: null, exact: true });
    assert.equal(meetGlobs(wide, 'src/xc*').exact, false);
    assert.equal(globEscapes('src/xq', [wide]).exact, false);
    assert.equal(globContains(wide, 'src/xq'), false);
    assert.equal(globContains('**', wide), true);
  });

  test('exceptions whose states explode when determinised are still followed to the end', () => {
    const nth = Array.from({ length: 14 }, (_, i) => `*a${'?'.repeat(i + 8)}`);
    const found = meetGlobs('[ab]*[ab]', '*', { except: nth });
    assert.equal(found.exact, true);
    assert.ok(found.witness !== null && !nth.some((glob) => compileGlob(glob).matches(found.witness!)));
    assert.deepEqual(meetGlobs(`[ab]${'?'.repeat(16)}`, '*', { except: [`[ab]${'?'.repeat(16)}`, ...nth] }), {
      witness: null,
      exact: true,
    });
    assert.deepEqual(meetGlobs('src/**', '**/*.ts', { except: ['src/a/**', 'src/**/x*.ts', 'src/**'] }), {
      witness: null,
      exact: true,
    });
  });

  test('compares composed names where the file system does', () => {
    const [composed, apart] = ['src/caf\u00e9.ts', 'src/cafe\u0301.ts'];
    assert.equal(globsIntersect(composed, apart), null);
    assert.equal(globsIntersect(composed, apart, { composed: true }), composed);
    assert.ok(compileGlob('src/caf?.ts', { composed: true }).matches(apart));
    assert.ok(!compileGlob('src/caf?.ts').matches(apart));
    assert.ok(compileGlob('SRC/CAFE\u0301.ts', { composed: true, caseInsensitive: true }).matches(composed));
  });

  test('names the files of a glob without wildcards', () => {
    assert.deepEqual(compileGlob('a/{b,c}.ts').texts, ['a/b.ts', 'a/c.ts']);
    assert.deepEqual(compileGlob('app/[id]/p.ts').texts, ['app/[id]/p.ts']);
    assert.equal(compileGlob('a/*.ts').texts, null);
    assert.equal(compileGlob('a/').texts, null);
    assert.equal(compileGlob('a/b*').prefix, 'a/b');
  });
});
