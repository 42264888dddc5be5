import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ruleOnEdit } from '../../src/core/gate/policy.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Slice } from '../../src/core/plan/model.ts';
import { pathInScope, scopeVerdict, symbolsInScope, symbolsOverlap } from '../../src/core/scope/contain.ts';
import { compileGlob, globsIntersect, globsMeet, type GlobOptions } from '../../src/core/scope/glob.ts';
import { MeetingIndex } from '../../src/core/scope/glob-index.ts';
import { GlobTrie } from '../../src/core/scope/glob-trie.ts';
import { scopeMeetings, scopesOverlap } from '../../src/core/scope/meeting.ts';
import { overlaps, verdictOf } from '../../src/core/scope/overlap.ts';
import { allPaths, globs, oracle } from './glob-oracle.ts';
import { planOf, scope, slice } from './plan-fixture.ts';
import { assertLinear } from './cost.ts';
import { caseCount } from './case-count.ts';

const creating = (id: string, create: string[], given: Partial<Slice> = {}): Slice =>
  slice(id, { scope: scope({ create }), ...given });
const modifying = (id: string, modify: string[], given: Partial<Slice> = {}): Slice =>
  slice(id, { scope: scope({ modify }), ...given });

suite('scope overlap', () => {
  const cases: [a: Parameters<typeof scope>[0], b: Parameters<typeof scope>[0], witness: string | null][] = [
    [{ create: ['src/a.ts'] }, { modify: ['src/a.ts'] }, 'src/a.ts'],
    [{ create: ['src/a.ts'] }, { create: ['src/b.ts'] }, null],
    [{ modify: ['src/a*.ts'] }, { modify: ['src/*b.ts'] }, 'src/ab.ts'],
    [{ modify: ['src/{a,b}.ts'] }, { modify: ['src/{b,c}.ts'] }, 'src/b.ts'],
    [{ modify: ['m.py::User'] }, { modify: ['m.py::Order'] }, null],
    [{ modify: ['m.py::User'] }, { modify: ['m.py::User.save'] }, 'm.py'],
    [{ modify: ['m.py::User'] }, { modify: ['m.py::Users'] }, null],
    [{ modify: ['m.py::User'] }, { modify: ['m.py'] }, 'm.py'],
    [{ modify: ['m.py::User'] }, { modify: ['*.py'] }, 'm.py'],
    [{ modify: ['src/**'], boundary: ['src/users/**'] }, { modify: ['src/users/*'] }, null],
    [{ modify: ['src/**'], boundary: ['src/users/**'] }, { modify: ['src/users'] }, 'src/users'],
    [{ modify: ['src/**'] }, { modify: ['src/*.ts'], boundary: ['**/*.ts'] }, null],
    [{ modify: ['m.py'], boundary: ['m.py::Order'] }, { modify: ['m.py::Order.total'] }, null],
    [{ modify: ['m.py'], boundary: ['m.py::Order'] }, { modify: ['m.py::User'] }, 'm.py'],
    [{ modify: ['src/**'], boundary: [null] }, { modify: ['src/a'] }, 'src/a'],
    [{ boundary: ['src/a.ts'] }, { modify: ['src/a.ts'] }, null],
  ];
  for (const [a, b, witness] of cases) {
    test(`${JSON.stringify(a)} and ${JSON.stringify(b)}: ${witness}`, () => {
      assert.equal(scopesOverlap({ scope: scope(a) }, { scope: scope(b) })?.witness ?? null, witness);
      assert.equal(scopesOverlap({ scope: scope(b) }, { scope: scope(a) })?.witness ?? null, witness);
    });
  }

  test('names in brackets that web frameworks use are those files alone, for the judge, the check of a run and the hooks', () => {
    const routes = planOf([
      slice('A', { scope: scope({ modify: ['app/[slug]/page.tsx'] }) }),
      slice('B', { scope: scope({ modify: ['app/[user]/page.tsx'] }) }),
      slice('C', { scope: scope({ create: ['app/[...slug]/page.tsx'] }) }),
      slice('D', { scope: scope({ modify: ['src/[ab].ts'] }) }),
      slice('E', { scope: scope({ modify: ['src/a.ts'] }) }),
    ]);
    const files = ['app/[slug]/page.tsx', 'app/[user]/page.tsx', 'src/a.ts', 'src/b.ts'];
    assert.deepEqual(
      overlaps(routes, planGraph(routes), files).map(({ a, b, witness }) => [a, b, witness]),
      [['D', 'E', 'src/a.ts']],
    );
    const [first] = routes.slices;
    const verdict = (path: string): boolean => scopeVerdict(first!.scope, { path, kind: 'modified' }).ok;
    assert.deepEqual(['app/[slug]/page.tsx', 'app/s/page.tsx', 'app/[user]/page.tsx'].map(verdict), [
      true,
      false,
      false,
    ]);
    const policy = { v: 1, plan: 'p', slice: 'A', worktree: '/w', scope: first!.scope, approved: [] } as const;
    assert.equal(ruleOnEdit(policy, 'app/[slug]/page.tsx', '').allow, true);
    assert.equal(ruleOnEdit(policy, 'app/l/page.tsx', '').allow, false);
  });

  test('the 20 % / 50 % rule, on the files of the repository', () => {
    assert.deepEqual(
      [0, 0.19, 0.2, 0.5, 0.51, 1].map((share) => verdictOf(share)),
      ['parallel', 'parallel', 'reslice', 'reslice', 'serial', 'serial'],
    );
    const files = Array.from({ length: 10 }, (_, i) => [`src/a/${i}.ts`, `src/b/${i}.ts`]).flat();
    const of = (a: string[], b: string[]): [number, string] => {
      const plan = planOf([modifying('A', a), modifying('B', b)]);
      const found = overlaps(plan, planGraph(plan), files);
      assert.equal(found.length, 1);
      return [found[0]!.percent, found[0]!.verdict];
    };
    assert.deepEqual(of(['src/a/**'], ['src/b/**', 'src/a/0.ts']), [10, 'parallel']);
    assert.deepEqual(of(['src/a/**'], ['src/b/*.ts', 'src/a/[0-3].ts']), [40, 'reslice']);
    assert.deepEqual(of(['src/a/**'], ['src/a/[0-3].ts', 'src/b/0.ts']), [80, 'serial']);
    assert.deepEqual(of(['src/**'], ['src/a/1.ts']), [100, 'serial']);
    assert.deepEqual(of(['new/*.ts'], ['new/a*', 'src/a/*']), [100, 'serial']);
    assert.deepEqual(of(['src/a/0.ts::A', 'src/a/0.ts::B', 'src/a/0.ts::C'], ['src/a/0.ts::A.x', 'src/b/*']), [
      33.3,
      'reslice',
    ]);
  });

  test('a pair that can only meet in a file that does not exist yet is shown, at 0 %', () => {
    const plan = planOf([modifying('A', ['src/a*.ts']), modifying('B', ['src/*b.ts'])]);
    assert.deepEqual(overlaps(plan, planGraph(plan), ['src/a1.ts', 'src/1b.ts']), [
      { a: 'A', b: 'B', percent: 0, verdict: 'parallel', witness: 'src/ab.ts' },
    ]);
  });

  test('pairs that the graph orders, and slices on a cycle, are left out', () => {
    const all = { scope: scope({ modify: ['x'] }) };
    const plan = planOf([
      slice('A', all),
      slice('B', { ...all, deps: ['A'] }),
      slice('C', { ...all, deps: ['B'] }),
      slice('W1', { ...all, workstream: 'W', deps: ['C'] }),
      slice('W2', { ...all, workstream: 'W', deps: ['C'] }),
      slice('K', { ...all, deps: ['K'] }),
      slice('free', all),
    ]);
    const pairs = overlaps(plan, planGraph(plan)).map(({ a, b, percent }) => `${a} ${b} ${percent}`);
    assert.deepEqual(pairs, ['A free 100', 'B free 100', 'C free 100', 'W1 free 100', 'W2 free 100']);
  });

  test('ignores case when asked', () => {
    const plan = planOf([creating('A', ['src/User.ts']), creating('B', ['src/user.ts'])]);
    assert.deepEqual(overlaps(plan, planGraph(plan)), []);
    assert.equal(overlaps(plan, planGraph(plan), [], { caseInsensitive: true })[0]?.percent, 100);
  });

  const globs = fc.constantFrom(
    'src/a.ts',
    'src/b.ts',
    './src/a.ts',
    'src/*.ts',
    'src/{a,c}.ts',
    'src/[ab].ts',
    'src/[id].ts',
    'src/',
    'src/**/a.ts',
    '**/*.ts',
    'lib/*',
    'lib/x/y.ts',
    '*',
    'a*',
    '*b',
    'src/a.ts::A',
    'src/a.ts::A.b',
    'src/a.ts::B',
  );
  const scopes = fc.record({
    create: fc.array(globs, { maxLength: 2 }),
    modify: fc.array(globs, { maxLength: 2 }),
    boundary: fc.array(globs, { maxLength: 1 }),
  });

  test('property: the indexed search finds exactly the pairs that comparing all finds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(scopes, fc.option(fc.nat({ max: 9 }), { nil: null })), { minLength: 2, maxLength: 10 }),
        (given) => {
          const plan = planOf(
            given.map(([parts, dep], i) =>
              slice(`S${i}`, { scope: scope(parts), deps: dep !== null && dep < i ? [`S${dep}`] : [] }),
            ),
          );
          const graph = planGraph(plan);
          const before = new Map<string, Set<string>>();
          for (const id of graph.order) {
            const { deps } = graph.schedule.get(id)!;
            before.set(id, new Set(deps.flatMap((dep) => [dep, ...before.get(dep)!])));
          }
          const expected: string[] = [];
          plan.slices.forEach((a, i) =>
            plan.slices.slice(i + 1).forEach((b) => {
              if (!before.get(b.id)!.has(a.id) && scopesOverlap(a, b)) expected.push(`${a.id} ${b.id}`);
            }),
          );
          const found = overlaps(plan, graph, ['src/a.ts', 'lib/x/y.ts', 'README.md']);
          assert.deepEqual(
            found.map((o) => `${o.a} ${o.b}`),
            expected,
          );
          for (const { a, b, percent, witness } of found) {
            assert.ok(percent >= 0 && percent <= 100);
            for (const id of [a, b]) {
              const at = plan.slices.find((s) => s.id === id)!.scope;
              assert.ok(['create', 'modify'].includes(pathInScope(at, witness)!), `${witness} in ${id}`);
            }
          }
        },
      ),
      { numRuns: caseCount(100, 500) },
    );
  });

  test('property: long scopes meet exactly where comparing every entry with every other finds it', () => {
    const long = fc.record({
      create: fc.array(globs, { maxLength: 30 }),
      modify: fc.array(globs, { maxLength: 30 }),
      boundary: fc.array(globs, { maxLength: 12 }),
    });
    fc.assert(
      fc.property(long, long, fc.boolean(), (left, right, caseInsensitive) => {
        const [a, b] = [scope(left), scope(right)];
        const inside = (symbol: string | null, wall: string): boolean => `${symbol}.`.startsWith(`${wall}.`);
        const expected: string[] = [];
        for (const one of [...a.create, ...a.modify]) {
          for (const other of [...b.create, ...b.modify]) {
            if (!symbolsOverlap(one.symbol, other.symbol)) continue;
            const except = [...a.boundary, ...b.boundary]
              .filter(({ symbol }) => symbol === null || inside(one.symbol, symbol) || inside(other.symbol, symbol))
              .map((wall) => wall.path!);
            const witness = globsIntersect(one.path!, other.path!, { except, caseInsensitive });
            if (witness !== null) expected.push(`${one.text} ${other.text} ${witness}`);
          }
        }
        assert.deepEqual(
          [...scopeMeetings(a, b, { caseInsensitive })].map((met) => `${met.a.text} ${met.b.text} ${met.witness}`),
          expected,
        );
      }),
      { numRuns: caseCount(60, 300) },
    );
  });

  test('two scopes of thousands of entries are compared without a look at every pair', () => {
    for (const pathOf of [(i: number) => `src/d${i % 50}/f${i}.ts`, (i: number) => `src/**/f${i}.ts`]) {
      assertLinear(pathOf(0), 5_000, (count) => {
        const paths = (letter: string): string[] =>
          Array.from({ length: count }, (_, i) => pathOf(i).replace('f', letter));
        const plan = planOf([
          slice('S0', { scope: scope({ create: [...paths('a'), 'last.ts'], boundary: paths('c') }) }),
          slice('S1', { scope: scope({ create: [...paths('b'), 'last.ts'] }) }),
        ]);
        assert.deepEqual(
          overlaps(plan, planGraph(plan)).map((overlap) => overlap.witness),
          ['last.ts'],
        );
      });
    }
  });
});

suite('globs that look alike', () => {
  const count = caseCount(1_000, 2_000);
  const kinds: readonly (readonly [name: string, globOf: (side: string, i: number) => string])[] = [
    ['in the middle of a name, behind its wildcards', (side, i) => `look/*/x*y${side}${i}?.ts`],
    ['in the middle of a name, in front of them', (side, i) => `look/*/x?y${side}${i}*.ts`],
    ['next to a class and a brace group', (side, i) => `look/*/x[0-9]y${side}${i}*z.{ts,tsx}`],
    ['by a directory far from both ends', (side, i) => `look/*/a/b/c/d/e/${side}${i}/a/b/c/d/e/*/x.ts`],
    ['by a name behind any directories', (side, i) => `look/**/${side}*b${i}.ts`],
    ['from one side only', (side, i) => (side === 'a' ? `look/**/a${i}/**/x.ts` : `look/q*/${side}${i}/q*/x.ts`)],
  ];
  for (const [name, globOf] of kinds) {
    test(`and are told apart ${name}: the one pair that meets is found, and twice as many cost about twice as much`, () => {
      const all = (side: string, size: number): string[] => Array.from({ length: size }, (_, i) => globOf(side, i));
      assertLinear(name, count, (size) => {
        // The last of the second scope is one from among the first one's.
        const shared = globOf('a', Math.floor(size * 0.6));
        const plan = planOf([
          slice('S0', { scope: scope({ modify: all('a', size) }) }),
          slice('S1', { scope: scope({ modify: [...all('b', size), shared] }) }),
        ]);
        const found = overlaps(plan, planGraph(plan));
        assert.ok(found[0]);
        assert.ok(compileGlob(shared).matches(found[0].witness), found[0].witness);
      });
      assertLinear(`${name}, none meets`, count, (size) => {
        const apart = planOf([
          slice('S0', { scope: scope({ modify: all('a', size) }) }),
          slice('S1', { scope: scope({ modify: all('b', size) }) }),
        ]);
        assert.deepEqual(overlaps(apart, planGraph(apart)), []);
      });
    });
  }

  /** The same globs as somebody else writes them, where names are compared in another way. */
  const spellings: readonly (readonly [options: GlobOptions, spell: (glob: string, i: number) => string])[] = [
    [{}, (glob) => glob],
    [{ caseInsensitive: true }, (glob, i) => (i % 2 === 0 ? glob : glob.toUpperCase())],
    [{ composed: true }, (glob, i) => glob.replaceAll('b', i % 2 === 0 ? '\u00e9' : 'e\u0301')],
    [
      { caseInsensitive: true, composed: true },
      (glob, i) => (i % 2 === 0 ? glob.replaceAll('b', '\u00e9') : glob.replaceAll('b', 'e\u0301').toUpperCase()),
    ],
  ];

  /** Of many globs, by place, those that match a path that it matches: read off the paths, by regular expressions. */
  const sharing = (many: readonly string[]): ReadonlySet<number>[] => {
    const found = many.map(() => new Set<number>());
    const expressions = many.map((glob) => oracle(glob));
    for (const path of allPaths(4)) {
      const matching = expressions.flatMap((expression, i) => (expression.test(path) ? [i] : []));
      for (const i of matching) for (const j of matching) found[i]!.add(j);
    }
    return found;
  };

  test('property: the walk from either side leaves out no glob that meets, whatever it may find too much', () => {
    fc.assert(
      fc.property(fc.array(globs, { minLength: 2, maxLength: 40 }), fc.constantFrom(...spellings), (many, spelling) => {
        const [options, spell] = spelling;
        const all = many.map((glob, i) => compileGlob(spell(glob, i), options));
        const [meeting] = sharing(many);
        for (const backwards of [true, false]) {
          const found = new GlobTrie(all, backwards).couldMeet(all[0]!, { steps: Infinity, found: Infinity });
          assert.ok(found);
          for (const other of new Set([
            ...meeting!,
            ...all.flatMap((glob, i) => (globsMeet(glob, all[0]!) ? [i] : [])),
          ]))
            assert.ok(found.includes(other), `${all[0]!.source} ${all[other]!.source} ${backwards}`);
        }
      }),
      { numRuns: caseCount(150, 1_000) },
    );
  });

  test('property: an index of very many gives all that meet, from whichever side and however often it was asked', () => {
    fc.assert(
      fc.property(
        fc.array(globs, { minLength: 200, maxLength: 300 }),
        fc.constantFrom(...spellings),
        (many, [options, spell]) => {
          const all = many.map((glob, i) => compileGlob(spell(glob, i), options));
          const index = new MeetingIndex([...all.keys()], (i) => all[i]!);
          const others = new MeetingIndex(
            [...all.keys()].filter((i) => i % 2 === 0),
            (i) => all[i]!,
          );
          sharing(many).forEach((meeting, i) => {
            const expected = new Set([...meeting, ...all.flatMap((glob, j) => (globsMeet(all[i]!, glob) ? [j] : []))]);
            for (const found of [
              index.couldMeet(all[i]!),
              index.couldMeetItem(i),
              ...(i % 2 === 0 ? [index.couldMeet(all[i]!, others)] : []),
            ]) {
              const missing = [...expected].filter((j) => !found.includes(j));
              assert.deepEqual(missing, [], `${all[i]!.source} ${missing.map((j) => all[j]!.source).join(' ')}`);
              assert.deepEqual(
                found,
                found.toSorted((x, y) => x - y),
              );
            }
          });
        },
      ),
      { numRuns: caseCount(2, 12) },
    );
  });

  test('property: what is told apart by rows of names has no path in common', () => {
    fc.assert(
      fc.property(fc.array(globs, { minLength: 2, maxLength: 12 }), fc.constantFrom(...spellings), (many, spelling) => {
        const [options, spell] = spelling;
        const all = many.map((glob, i) => compileGlob(spell(glob, i), options));
        sharing(many).forEach((meeting, i) => {
          for (const j of meeting) assert.ok(globsMeet(all[i]!, all[j]!), `${all[i]!.source} ${all[j]!.source}`);
        });
      }),
      { numRuns: caseCount(150, 1_000) },
    );
  });
});

suite('scope containment', () => {
  const rules = scope({
    create: ['src/new.ts', 'src/gen/**', 'both.ts'],
    modify: ['src/old/**', 'm.py::User', 'm.py::Cart.add', 'both.ts', '{a/b,c}'.repeat(12)],
    boundary: ['src/old/locked/**', 'm.py::User.secret', null],
  });

  test('which part of the scope names a path', () => {
    const expected: [string, ReturnType<typeof pathInScope>][] = [
      ['src/new.ts', 'create'],
      ['./src/new.ts', 'create'],
      ['src/gen/a/b', 'create'],
      ['src/old/x', 'modify'],
      ['src/old/locked/x', 'boundary'],
      ['both.ts', 'create'],
      ['m.py', 'modify'],
      ['other', null],
      ['src/old/../new.ts', null],
      ['../src/new.ts', null],
      ['/src/new.ts', null],
      ['SRC/new.ts', null],
      ['', null],
    ];
    for (const [path, part] of expected) assert.equal(pathInScope(rules, path), part, path);
    assert.equal(pathInScope(rules, 'SRC/New.ts', { caseInsensitive: true }), 'create');
    assert.equal(pathInScope(rules, 'src/OLD/Locked/x', { caseInsensitive: true }), 'boundary');
  });

  test('verdicts', () => {
    const verdict = (kind: Parameters<typeof scopeVerdict>[1]['kind'], path: string, from?: string): string => {
      const result = scopeVerdict(rules, { kind, path, ...(from === undefined ? {} : { from }) });
      return result.ok ? result.as : `${result.reason} ${result.path}`;
    };
    assert.equal(verdict('added', 'src/new.ts'), 'create');
    assert.equal(verdict('modified', 'src/new.ts'), 'create');
    assert.equal(verdict('added', 'both.ts'), 'create');
    assert.equal(verdict('modified', 'both.ts'), 'modify');
    assert.equal(verdict('added', 'src/old/more.ts'), 'modify');
    assert.equal(verdict('deleted', 'src/old/x'), 'modify');
    assert.equal(verdict('deleted', 'src/new.ts'), 'delete-not-allowed src/new.ts');
    assert.equal(verdict('deleted', 'README.md'), 'outside README.md');
    assert.equal(verdict('renamed', 'src/new.ts', 'src/old/x'), 'create');
    assert.equal(verdict('renamed', 'src/new.ts', 'README.md'), 'outside README.md');
    assert.equal(verdict('renamed', 'README.md', 'src/old/x'), 'outside README.md');
    assert.equal(verdict('renamed', 'src/old/a', 'src/old/locked/a'), 'boundary src/old/locked/a');
    assert.equal(verdict('copied', 'src/new.ts', 'README.md'), 'create');
    assert.equal(verdict('type-changed', 'src/old/locked/x'), 'boundary src/old/locked/x');
    assert.equal(verdict('modified', 'src/old/../../etc/passwd'), 'unsafe-path src/old/../../etc/passwd');
    assert.equal(verdict('added', '/src/new.ts'), 'unsafe-path /src/new.ts');
  });

  test('a glob too complex to follow grants nothing', () => {
    assert.ok(compileGlob('{a/b,c}'.repeat(12)).approximate);
    assert.equal(pathInScope(rules, 'c'.repeat(12)), null);
  });

  test('symbols', () => {
    assert.deepEqual(symbolsInScope(rules, 'm.py'), { allowed: ['User', 'Cart.add'], forbidden: ['User.secret'] });
    assert.deepEqual(symbolsInScope(rules, 'src/old/x'), { allowed: null, forbidden: [] });
    assert.deepEqual(symbolsInScope(rules, 'README.md'), { allowed: [], forbidden: [] });
  });
});
