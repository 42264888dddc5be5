import assert from 'node:assert/strict';
import fc from 'fast-check';
import { scopeContains, scopeDifference, scopeIntersection, type ScopeAnswer } from '../../src/core/scope/algebra.ts';
import type { Scope } from '../../src/core/task/model.ts';
import { allPaths, globs, oracle } from './glob-oracle.ts';
import { entry, scope } from './plan-fixture.ts';
import { caseCount } from './case-count.ts';

suite('scope algebra', () => {
  const cases: [
    a: Parameters<typeof scope>[0],
    b: Parameters<typeof scope>[0],
    both: string | null,
    onlyA: string | null,
  ][] = [
    [{ modify: ['src/**'] }, { modify: ['src/a.ts'] }, 'src/a.ts', 'src/a'],
    [{ modify: ['src/a.ts'] }, { create: ['src/**'] }, 'src/a.ts', null],
    [{ modify: ['src/**'], boundary: ['src/a.ts'] }, { modify: ['src/a.ts'] }, null, 'src/a'],
    [{ modify: ['src/**'] }, { modify: ['src/**'], boundary: ['src/a/**'] }, 'src/a', 'src/a/a'],
    [{ modify: ['src/**'], boundary: ['src/a/**'] }, { modify: ['src/**'], boundary: ['src/a/**'] }, 'src/a', null],
    [{ modify: ['m.py::User'] }, { modify: ['m.py::User.save'] }, 'm.py::User.save', 'm.py::User'],
    [{ modify: ['m.py::User.save'] }, { modify: ['m.py::User'] }, 'm.py::User.save', null],
    [{ modify: ['m.py::User'] }, { modify: ['m.py::Users'] }, null, 'm.py::User'],
    [{ modify: ['m.py'] }, { modify: ['m.py::User'] }, 'm.py::User', 'm.py'],
    [
      { modify: ['m.py::User'] },
      { modify: ['m.py'], boundary: ['m.py::User.secret'] },
      'm.py::User',
      'm.py::User.secret',
    ],
    [{ modify: ['{a,b}.ts'] }, { modify: ['a.ts', 'b.ts'] }, 'a.ts', null],
    [{ modify: ['a.ts'] }, { boundary: ['a.ts'] }, null, 'a.ts'],
    [{}, { modify: ['a.ts'] }, null, null],
  ];
  const text = (answer: ScopeAnswer): string | null =>
    answer.witness && answer.witness.path + (answer.witness.symbol === null ? '' : `::${answer.witness.symbol}`);
  for (const [left, right, both, onlyA] of cases) {
    test(`${JSON.stringify(left)} and ${JSON.stringify(right)}`, () => {
      const [a, b] = [scope(left), scope(right)];
      assert.equal(text(scopeIntersection(a, b)), both);
      assert.equal(text(scopeDifference(a, b)), onlyA);
      assert.equal(scopeContains(b, a).contains, onlyA === null);
    });
  }

  const count = caseCount(1_500, 10_000);

  test(`${count.toLocaleString('en')} pairs of scopes against brute force`, () => {
    const paths = allPaths(5);
    const pool = [...new Set(fc.sample(globs, { numRuns: 300, seed: 23 }))]
      .slice(0, 120)
      .flatMap((glob, i) => [glob, i % 4 === 0 ? glob.replace('a', 'A') : glob]);
    /** What may be written of a file: the rest of it, and each symbol itself. */
    const symbols = [null, 'S', 'S.t', 'U'];
    const entries = fc
      .tuple(fc.constantFrom(...pool), fc.constantFrom(null, null, null, null, 'S', 'S.t', 'U'))
      .map(([path, symbol]) => ({ ...entry(path), path, symbol }));
    const list = (maxLength: number) => fc.array(entries, { maxLength });
    const scopes = fc
      .record({ create: list(2), modify: list(2), boundary: list(1), except: list(1) })
      .map(({ create, modify, boundary, except }): Scope => ({
        create,
        modify,
        boundary: [...boundary, ...except.map((one) => ({ ...one, exceptOf: 'modify' as const }))],
      }));
    const masks = new Map<string, Uint8Array>();
    const maskOf = (glob: string, fold: boolean): Uint8Array => {
      const key = `${fold} ${glob}`;
      let mask = masks.get(key);
      if (!mask) {
        const pattern = oracle(glob, fold);
        masks.set(key, (mask = Uint8Array.from(paths, (path) => (pattern.test(path) ? 1 : 0))));
      }
      return mask;
    };
    const inside = (symbol: string | null, outer: string | null): boolean =>
      outer === null || `${symbol ?? ''}.`.startsWith(`${outer}.`);
    const holds = (own: Scope, symbol: string | null, at: (glob: string) => boolean): boolean => {
      const names = (list: Scope['create']): boolean => list.some((one) => inside(symbol, one.symbol) && at(one.path!));
      return names([...own.create, ...own.modify]) && !names(own.boundary);
    };
    let pairs = 0;
    const seen = { met: 0, contained: 0, left: 0, inexact: 0 };
    fc.assert(
      fc.property(scopes, scopes, fc.boolean(), (a, b, caseInsensitive) => {
        pairs++;
        const options = { caseInsensitive };
        const found = scopeIntersection(a, b, options);
        const rest = scopeDifference(a, b, options);
        const around = scopeContains(b, a, options);
        seen.inexact += Number(!found.exact) + Number(!rest.exact);
        assert.equal(around.contains, rest.witness === null);
        assert.deepEqual(around.witness, rest.witness);
        const at = (answer: ScopeAnswer, own: Scope): boolean =>
          holds(own, answer.witness!.symbol, (glob) => oracle(glob, caseInsensitive).test(answer.witness!.path));
        if (found.witness) {
          seen.met++;
          assert.ok(at(found, a) && at(found, b), `${found.witness.path} is not in both`);
        }
        if (rest.witness) {
          seen.left++;
          assert.ok(at(rest, a) && !at(rest, b), `${rest.witness.path} is not in the difference`);
        } else seen.contained++;
        if (found.witness && rest.witness) return;
        for (const symbol of symbols) {
          for (let i = 0; i < paths.length; i++) {
            const here = (glob: string): boolean => maskOf(glob, caseInsensitive)[i] === 1;
            if (!holds(a, symbol, here)) continue;
            const inB = holds(b, symbol, here);
            if (inB) assert.ok(found.witness, `${paths[i]}::${symbol} is in both`);
            else assert.ok(rest.witness, `${paths[i]}::${symbol} is in the difference`);
          }
        }
      }),
      { numRuns: count, seed: 5 },
    );
    assert.equal(pairs, count);
    assert.equal(seen.inexact, 0);
    assert.ok(Math.min(seen.met, seen.left, seen.contained) > count / 10, JSON.stringify(seen));
  });
});
