/** Paths and globs as the task files of other tools name them, read by the importers, against brute force. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planGraph } from '../../src/core/plan/graph.ts';
import { overlaps } from '../../src/core/scope/overlap.ts';
import { pathsIn, RepoPaths, withoutMarks } from '../../src/core/text/mentions.ts';
import { planned } from '../decompose-fixture.ts';
import { caseCount } from './case-count.ts';
import { allPaths, globs, oracle } from './glob-oracle.ts';
import { proposalOf, tools, type Tool } from './import-tools.ts';

const SLICES = 12;
/** Below a directory and with an ending, as prose names files. */
const universe = [...allPaths(4), '.', '..'].map((one) => `src/${one}.ts`);

const written = globs
  .filter((glob) => !/(^|[/{,])\.*(?=[/},]|$)/.test(glob.replace(/\/$/, '')) && !/\/\/|\/$|^\//.test(glob))
  .map((glob) => `src/${glob}.ts`);

/** Each slice writes what its task names, and two slices that write the same file are in order or said to overlap. */
function check(tool: Tool, all: readonly string[], notations: readonly number[]): number {
  const texts = all.map((glob, i) => tool.notations[notations[i]! % tool.notations.length]!(glob));
  const { proposal, spec, input } = proposalOf(tool.write(texts));
  const scopes = proposal.slices.map(({ create, modify }) => [...create, ...modify]);
  // Small tasks may have been put into one slice; none of their paths is lost, and none comes in.
  const read = new Set(scopes.flat());
  for (const [i, glob] of all.entries())
    assert.ok(read.has(glob), `not read as written: ${glob}, written\n${texts[i]}\n${JSON.stringify(scopes)}`);
  assert.deepEqual(
    [...read].filter((path) => !all.includes(path)),
    [],
  );
  const { plan } = planned(proposal, { spec, specPath: input.path, dirName: 'x' });
  const graph = planGraph(plan);
  const found = new Map(overlaps(plan, graph).map(({ a, b, witness }) => [`${a} ${b}`, witness]));
  const expressions = plan.slices.map(({ scope }) =>
    [...scope.create, ...scope.modify].flatMap(({ path }) => (path === null ? [] : oracle(path))),
  );
  const isIn = (path: string, slice: number): boolean => expressions[slice]!.some((one) => one.test(path));
  const before = new Map<string, Set<string>>();
  for (const id of graph.order) {
    const deps = graph.schedule.get(id)?.deps ?? [];
    before.set(id, new Set(deps.flatMap((dep) => [dep, ...(before.get(dep) ?? [])])));
  }
  let met = 0;
  for (const [a, first] of plan.slices.entries())
    for (const [b, second] of plan.slices.entries()) {
      if (b <= a) continue;
      const pair = `${first.id} and ${second.id}: ${JSON.stringify([first.scope, second.scope].map(({ create, modify }) => [...create, ...modify].map((one) => one.path)))}`;
      const shared = universe.find((one) => isIn(one, a) && isIn(one, b));
      const isOrdered = before.get(first.id)?.has(second.id) || before.get(second.id)?.has(first.id);
      const witness = found.get(`${first.id} ${second.id}`);
      if (shared !== undefined) met++;
      if (shared !== undefined && !isOrdered) assert.notEqual(witness, undefined, `missed ${shared} of ${pair}`);
      if (witness !== undefined) assert.ok(isIn(witness, a) && isIn(witness, b), `${witness} is not in both: ${pair}`);
      // A class may also be the name of a file, longer than those that are looked at.
      const isPlain = ![first, second].some(({ scope }) => JSON.stringify(scope).includes('['));
      if (isPlain && (second.deps.includes(first.id) || first.deps.includes(second.id)))
        assert.ok(
          tool.isOrdered || shared !== undefined || longer.some((one) => isIn(one, a) && isIn(one, b)),
          `an order is invented for ${pair}`,
        );
    }
  return met;
}

/** For globs that meet only in longer paths. */
const longer = allPaths(8)
  .filter((one) => one.length > 4)
  .map((one) => `src/${one}.ts`);

suite('paths as the importers read them', () => {
  for (const [name, tool] of Object.entries(tools)) {
    test(`${name}: globs are read as written, and what meets is in order or said`, () => {
      let met = 0;
      fc.assert(
        fc.property(
          fc.uniqueArray(written, { minLength: SLICES, maxLength: SLICES }),
          fc.array(fc.nat({ max: 1_000 }), { minLength: SLICES, maxLength: SLICES }),
          (all, notations) => {
            met += check(tool, all, notations);
          },
        ),
        { numRuns: caseCount(6, 60) },
      );
      assert.ok(met > 0);
    });
  }

  test('names as web frameworks and people have them, in code marks', () => {
    const names = [
      'app/(shop)/page.tsx',
      'app/routes/$id.edit.tsx',
      'app/[slug]/page.tsx',
      'app/[...rest]/route.ts',
      'docs/übersicht.md',
      'src/[!_]*.ts',
      '**/legacy.ts',
      'src/{a,b/c}.ts',
    ];
    for (const [name, { write }] of Object.entries(tools)) {
      if (name === 'Backlog.md') continue;
      const { proposal } = proposalOf(write(names.map((one) => `Change \`${one}\``)));
      const read = proposal.slices.flatMap(({ create, modify }) => [...create, ...modify]);
      assert.deepEqual(read.toSorted(), names.toSorted(), name);
    }
    const { proposal } = proposalOf(tools['Kiro']!.write(['Change `src/**/user_id*.ts`, **all** of _them_']));
    assert.equal(proposal.slices[0]?.title, 'Change src/**/user_id*.ts, all of them');
  });
  test('names without code marks', () => {
    const names = [
      'app/[slug]/page.tsx',
      'docs/übersicht.md',
      'src/**/old.ts',
      'src/[!_]*.ts',
      'src/{a,{b,*c}}.ts',
      'src/user_id.ts',
      '**/legacy.ts',
    ];
    for (const [name, { write }] of Object.entries(tools)) {
      if (name === 'Backlog.md') continue;
      const { proposal } = proposalOf(write(names.map((one) => `Change ${one} so that it works`)));
      const read = proposal.slices.flatMap(({ create, modify }) => [...create, ...modify]);
      assert.deepEqual(read.toSorted(), names.toSorted(), name);
    }
  });

  test('lines of a file are the file', () => {
    const repo = new RepoPaths(['src/app.ts', 'Makefile']);
    for (const behind of ['', ':12', ':12:3', ':12-20', '#L12', '#L12-L20', ':12.', ':'])
      for (const file of ['src/app.ts', 'docs/übersicht.md'])
        assert.deepEqual(pathsIn(`Change ${file}${behind}`, repo), [file], behind);
    assert.deepEqual(pathsIn('`src/app.ts:12`', repo), ['src/app.ts']);
    assert.deepEqual(pathsIn('`src/app.ts::App`', repo), ['src/app.ts::App']);
    assert.deepEqual(pathsIn('at 10:30, localhost:8080 and src/{a,b.ts', repo), []);
  });

  const marks: readonly (readonly [written: string, plain: string])[] = [
    ['**bold**, *slanted*, ***both*** and _this_', 'bold, slanted, both and this'],
    ['**Files:** src/a.ts', 'Files: src/a.ts'],
    ['**src/a.ts**: the new form', 'src/a.ts: the new form'],
    ['**Change src/a.ts**', 'Change src/a.ts'],
    ['**`src/*.ts`**', 'src/*.ts'],
    ['src/**/a*.ts and **/b.ts', 'src/**/a*.ts and **/b.ts'],
    ['src/{a*,**b}/**', 'src/{a*,**b}/**'],
    ['2 * 3', '2 * 3'],
  ];
  for (const [text, plain] of marks) test(`marks: ${text}`, () => assert.equal(withoutMarks(text), plain));
});
