import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  changedTogether,
  CoChangeCollector,
  type ChangedTogether,
  type CoChange,
} from '../../src/core/judge/coupling-history.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Slice } from '../../src/core/plan/model.ts';
import { scopesOverlap } from '../../src/core/scope/meeting.ts';
import { historyOf, judge, writing } from './coupling-fixture.ts';
import { planOf } from './plan-fixture.ts';

suite('Couplings, whatever the plan', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const paths = names.map((name) => `src/${name}.ts`);
  const subset = fc.subarray(paths);
  const repository = fc.record({
    imports: fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 10 }),
    scopes: fc.array(fc.subarray([...paths, 'src/[ab].ts', 'src/{c,d}.ts', 'pkg/package.json'], { maxLength: 3 }), {
      minLength: 2,
      maxLength: 7,
    }),
    deps: fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { maxLength: 5 }),
    commits: fc.array(subset, { maxLength: 25 }),
    seed: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 40, maxLength: 40 }),
  });

  function worldOf({
    imports,
    scopes,
    deps,
    commits,
  }: Omit<typeof repository extends fc.Arbitrary<infer T> ? T : never, 'seed'>) {
    const files: Record<string, string> = { 'package-lock.json': '', 'pkg/package.json': '{}' };
    for (const name of names) {
      const own = imports.filter(([from, to]) => from === name && to !== name);
      files[`src/${name}.ts`] = own.map(([, to]) => `import './${to}.ts';\n`).join('');
    }
    files['src/index.ts'] = names
      .slice(0, 3)
      .map((name) => `export * from './${name}.ts';\n`)
      .join('');
    const slices = scopes.map((modify, i) =>
      writing(`S${i}`, [...modify], {
        deps: [...new Set(deps.flatMap(([x, y]) => (y === i && x < y && x < scopes.length ? [`S${x}`] : [])))],
      }),
    );
    return { files, slices, commits };
  }

  function shuffled<T>(items: readonly T[], keys: readonly number[]): T[] {
    return items
      .map((item, i) => ({ item, key: keys[i % keys.length]! }))
      .sort((x, y) => x.key - y.key)
      .map(({ item }) => item);
  }

  test('the order of slices, files and commits makes no difference', () => {
    fc.assert(
      fc.property(repository, ({ seed, ...given }) => {
        const world = worldOf(given);
        const other = {
          files: Object.fromEntries(shuffled(Object.entries(world.files), seed)),
          slices: shuffled(world.slices, seed),
          commits: shuffled(world.commits, seed),
        };
        assert.deepEqual(judge(other), judge(world));
      }),
      { numRuns: 150 },
    );
  });

  test('pairs are exactly those without order and overlap for which something speaks; imports and history by brute force', () => {
    let seen = 0;
    fc.assert(
      fc.property(repository, (given) => {
        const world = worldOf(given);
        const found = judge(world);
        const graph = planGraph(planOf(world.slices));
        const waits = (from: string, to: string): boolean =>
          graph.edges.some((edge) => edge.from === from && (edge.to === to || waits(edge.to, to)));
        const oracle = bruteChanges(world.commits);
        for (const [i, a] of world.slices.entries()) {
          for (const b of world.slices.slice(i + 1)) {
            const pair = found.pairs.find((one) => one.a === a.id && one.b === b.id);
            if (waits(a.id, b.id) || waits(b.id, a.id) || scopesOverlap(a, b)) {
              assert.equal(pair, undefined);
              continue;
            }
            const [mine, theirs] = [writtenBy(a), writtenBy(b)];
            const imports = (from: ReadonlySet<string>, to: ReadonlySet<string>): string[] =>
              given.imports
                .map(([x, y]) => [`src/${x}.ts`, `src/${y}.ts`] as const)
                .filter(([x, y]) => x !== y && from.has(x) && to.has(y))
                .map(([x, y]) => `${x} ${y}`);
            const expected = new Set([...imports(mine, theirs), ...imports(theirs, mine)]);
            const said = (pair?.evidence ?? []).flatMap((item) =>
              item.kind === 'import' ? [`${item.from} ${item.to}`] : [],
            );
            assert.deepEqual(new Set(said), expected);
            assert.equal(said.length, expected.size);
            const strong = oracle.filter(
              (one) =>
                one.together >= 3 &&
                one.confidence >= 0.3 &&
                ((mine.has(one.a) && theirs.has(one.b)) || (mine.has(one.b) && theirs.has(one.a))),
            );
            const counted = (pair?.evidence ?? []).filter((item) => item.kind === 'history');
            assert.equal(counted.length, Math.min(3, strong.length));
            for (const { kind: _kind, ...one } of counted)
              assert.ok(strong.some((other) => JSON.stringify(sorted(other)) === JSON.stringify(sorted(one))));
            seen += expected.size + strong.length;
          }
        }
      }),
      { numRuns: 150 },
    );
    assert.ok(seen > 100, `only ${seen} pieces of evidence were compared`);
  });

  function writtenBy({ scope }: Slice): Set<string> {
    const texts = scope.modify.map((entry) => entry.path ?? '');
    return new Set(
      [...paths, 'pkg/package.json'].filter(
        (path) =>
          texts.includes(path) ||
          (texts.includes('src/[ab].ts') && /[ab]\.ts$/.test(path)) ||
          (texts.includes('src/{c,d}.ts') && /[cd]\.ts$/.test(path)),
      ),
    );
  }

  test('counts of pairs are those of a count by hand, whatever is asked', () => {
    const limits = { least: fc.nat(4), confidence: fc.constantFrom(0, 0.3, 0.5, 1) };
    fc.assert(
      fc.property(fc.array(subset, { maxLength: 40 }), subset, fc.record(limits), (commits, asked, given) => {
        const query = { leastTogether: Math.max(1, given.least), leastConfidence: given.confidence };
        const found = changedTogether(historyOf(commits), { wanted: (path) => asked.includes(path), ...query });
        const expected = bruteChanges(commits).filter(
          (one) =>
            asked.includes(one.a) &&
            asked.includes(one.b) &&
            one.together >= query.leastTogether &&
            one.confidence >= query.leastConfidence,
        );
        const byName = (list: readonly ChangedTogether[]) => list.map((one) => JSON.stringify(sorted(one))).sort();
        assert.deepEqual(byName(found), byName(expected));
        for (const [i, one] of found.entries()) assert.ok(i === 0 || found[i - 1]!.confidence >= one.confidence);
      }),
    );
  });

  test('a history read in two parts is the history read in one, renames included', () => {
    const commit = fc.record({
      paths: subset,
      rename: fc.option(fc.tuple(fc.constantFrom(...paths), fc.constantFrom(...paths))),
    });
    fc.assert(
      fc.property(
        fc.array(commit, { maxLength: 20 }),
        fc.nat(20),
        fc.integer({ min: 1, max: 25 }),
        (list, cut, most) => {
          const limits = { mostFiles: 4, mostCommits: most };
          const read = (commits: typeof list): CoChangeCollector => {
            const collector = new CoChangeCollector(limits);
            for (const { paths, rename } of commits) {
              const renames = rename && rename[0] !== rename[1] ? [{ from: rename[0], to: rename[1] }] : [];
              collector.commit([...paths, ...renames.map(({ to }) => to)], renames);
            }
            return collector;
          };
          const parts = read(list.slice(0, cut));
          parts.older(read(list.slice(cut)).finish());
          assert.deepEqual(named(parts.finish()), named(read(list).finish()));
        },
      ),
    );
  });

  function named({ files, start, touched }: CoChange): string[][] {
    return Array.from({ length: start.length - 1 }, (_, c) =>
      [...touched.subarray(start[c], start[c + 1])].map((n) => files[n] ?? '?').sort(),
    );
  }

  function sorted(one: ChangedTogether): unknown[] {
    return [one.a, one.b, one.together, one.changesA, one.changesB, one.confidence];
  }

  function bruteChanges(commits: readonly (readonly string[])[]): ChangedTogether[] {
    const found: ChangedTogether[] = [];
    for (const a of paths) {
      for (const b of paths) {
        const together = commits.filter((one) => one.includes(a) && one.includes(b)).length;
        if (a >= b || together === 0) continue;
        const [changesA, changesB] = [a, b].map((path) => commits.filter((one) => one.includes(path)).length) as [
          number,
          number,
        ];
        found.push({ a, b, together, changesA, changesB, confidence: together / Math.min(changesA, changesB) });
      }
    }
    return found;
  }
});
