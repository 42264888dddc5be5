import assert from 'node:assert/strict';
import { estimateTokenCount } from 'tokenx';
import { assemblePrompt } from '../../src/core/context/prompt.ts';
import {
  contextBudget,
  contextBudgets,
  usualContext,
  type ContextBudgetRequest,
} from '../../src/core/judge/context-budget.ts';
import { symbolExcerpt } from '../../src/core/context/symbol-excerpt.ts';
import type { OutlineReader } from '../../src/core/code/outline.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Plan, Slice } from '../../src/core/plan/model.ts';
import { planOf, scope, slice } from './plan-fixture.ts';
import { assertLinear } from './cost.ts';

/** About this many tokens of prose that no two paths share. */
function prose(tokens: number, seed: string): string {
  let text = `# ${seed}\n`;
  for (let i = 0; estimateTokenCount(text) < tokens; i++)
    text += `the ${seed} number ${i} is kept where others look for it\n`.repeat(5);
  return text;
}

interface World {
  readonly slice?: Partial<Slice>;
  readonly plan?: Partial<Plan>;
  readonly texts: Readonly<Record<string, string>>;
  readonly contextTokens?: number;
}

function request({ slice: given = {}, plan: around = {}, texts, contextTokens }: World): ContextBudgetRequest {
  const one = slice('A1', { title: 'Orders', ...given });
  return {
    plan: planOf([one], around),
    slice: one,
    files: Object.keys(texts),
    textOf: (path) => texts[path] ?? null,
    ...(contextTokens === undefined ? {} : { limits: { contextTokens } }),
  };
}

const dir = 'parallel/TS-1-shop';

suite('context budget', () => {
  test('layers add up to what the real prompt would take, and nothing is advised when it fits', () => {
    const world = request({
      slice: { scope: scope({ modify: ['src/a.ts'] }), layers: ['store'] },
      plan: { layers: { store: ['src/store/*'] } },
      texts: {
        'CLAUDE.md': prose(300, 'rules'),
        'src/CLAUDE.md': prose(200, 'nested'),
        'src/a.ts': prose(500, 'a'),
        'src/store/s.ts': prose(400, 's'),
        'src/other.ts': prose(9_000, 'other'),
        [`${dir}/context.md`]: prose(200, 'context'),
      },
    });
    const budget = contextBudget(world);
    const sources = new Map(world.files.map((path) => [path, world.textOf(path) ?? '']));
    const prompt = assemblePrompt({ plan: world.plan, slice: world.slice, graph: planGraph(world.plan), sources });
    assert.deepEqual(
      { total: budget.total, layers: budget.layers, dropped: budget.dropped },
      { total: prompt.tokens, layers: prompt.layers, dropped: prompt.dropped },
    );
    assert.equal(
      budget.layers.reduce((sum, layer) => sum + layer.tokens, 0),
      budget.total,
    );
    const tokens = Object.fromEntries(budget.layers.map(({ name, tokens: count }) => [name, count]));
    for (const [name, least] of [
      ['global', 500],
      ['layer', 600],
      ['task', 500],
      ['instructions', 500],
    ] as const)
      assert.ok((tokens[name] ?? 0) >= least, `${name} ${tokens[name]}`);
    assert.deepEqual([budget.over, budget.advice, budget.limit], [0, [], 12_000]);
    assert.ok(budget.total < usualContext);
    assert.deepEqual(budget.largest[0]?.path, 'src/a.ts');
  });

  test('over the limit: what frees the most first, and what the prompt would only point to', () => {
    const budget = contextBudget(
      request({
        slice: { scope: scope({ modify: ['src/big.ts', 'src/small.ts'] }) },
        texts: {
          'src/big.ts': prose(9_000, 'big'),
          'src/small.ts': prose(2_000, 'small'),
          'CLAUDE.md': prose(3_000, 'rules'),
        },
      }),
    );
    assert.ok(budget.over > 2_000 && budget.over < 4_500, String(budget.over));
    assert.deepEqual(
      budget.advice.map(({ kind, path }) => [kind, path]),
      [
        ['point', 'src/big.ts'],
        ['point', 'src/small.ts'],
        ['shorten', 'CLAUDE.md'],
      ],
    );
    assert.match(
      budget.advice[0]?.text ?? '',
      /^point to src\/big\.ts \(9,\d{3} tokens\) instead of quoting it \(frees 9,\d{3} tokens\)$/,
    );
    assert.ok(budget.dropped.length > 0);
    const sorted = budget.advice.map((item) => item.frees);
    assert.deepEqual(
      sorted,
      sorted.toSorted((a, b) => b - a),
    );
  });

  test('a glob that takes in many files is to be narrowed; following the advice frees what it says', () => {
    const texts = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`src/m${i}.ts`, prose(1_500, `m${i}`)]));
    const wide = contextBudget(request({ slice: { scope: scope({ modify: ['src/**'] }) }, texts }));
    const [first] = wide.advice;
    assert.deepEqual([first?.kind, first?.path], ['narrow', 'src/**']);
    assert.match(first?.text ?? '', /stands for 12 files/);
    const narrow = contextBudget(
      request({ slice: { scope: scope({ modify: [wide.largest[0]?.path ?? ''] }) }, texts }),
    );
    assert.equal(narrow.over, 0);
    const freed = wide.total - narrow.total;
    assert.ok(Math.abs(freed - (first?.frees ?? 0)) < 0.05 * freed, `${freed} ${first?.frees}`);
  });

  test('contracts of others, layers and symbols', () => {
    const contracts = [
      { path: 'contracts/own.ts', target: null, provider: null, consumers: ['A1'] },
      { path: 'contracts/foreign.ts', target: null, provider: 'B1', consumers: ['C1'] },
    ];
    const texts = {
      [`${dir}/contracts/own.ts`]: prose(500, 'own'),
      [`${dir}/contracts/foreign.ts`]: prose(6_000, 'foreign'),
      'lib/a.ts': prose(1_500, 'la'),
      'lib/b.ts': prose(1_500, 'lb'),
      'lib/c.ts': prose(1_500, 'lc'),
      'src/x.ts': prose(3_000, 'x'),
    };
    const { advice } = contextBudget(
      request({
        slice: { scope: scope({ modify: ['src/x.ts::Order'] }), layers: ['lib'] },
        plan: { contracts, layers: { lib: ['lib/*'] } },
        texts,
      }),
    );
    assert.deepEqual(
      advice.map(({ kind, path }) => [kind, path]),
      [
        ['contracts', 'contracts/foreign.ts'],
        ['narrow', 'lib/*'],
        ['point', 'src/x.ts'],
        ['contracts', 'contracts/own.ts'],
      ],
    );
    assert.match(advice[2]?.text ?? '', /only Order of it is in scope/);
  });

  suite('symbols', () => {
    const classes = ['Order', 'Invoice', 'Refund'];
    const source = `import { a } from './a.ts';\n\n${classes
      .map(
        (name) =>
          `/** ${name}. */\nexport class ${name} {\n${`  total(): number {\n    return this.lines.length + ${name.length};\n  }\n`.repeat(60)}}\n`,
      )
      .join('\n')}`;
    let code: OutlineReader;
    suiteSetup(async () => {
      const reader = await openCodeReader(['typescript']);
      assert.ok(reader);
      code = reader;
    });

    const of = (modify: string, contextTokens = 12_000): ContextBudgetRequest => ({
      ...request({ slice: { scope: scope({ modify: [modify] }) }, texts: { 'src/x.ts': source }, contextTokens }),
      code,
    });

    test('only what the scope names is quoted, with the imports, and it says what is missing', () => {
      const world = of('src/x.ts::Invoice');
      const { text } = assemblePrompt({
        plan: world.plan,
        slice: world.slice,
        graph: planGraph(world.plan),
        sources: new Map([['src/x.ts', source]]),
        code,
      });
      assert.match(
        text,
        /import \{ a \} from '\.\/a\.ts';\n\.\.\. \(\d+ lines left out\)\n\/\*\* Invoice\. \*\/\nexport class Invoice \{/,
      );
      assert.doesNotMatch(text, /class (Order|Refund)/);
      assert.ok(contextBudget(world).total < contextBudget(of('src/x.ts')).total - 1_000);
    });

    test('naming them is advised, and frees what is said when it is done', () => {
      const whole = contextBudget(of('src/x.ts', 2_500));
      const [advice] = whole.advice;
      assert.deepEqual([advice?.kind, advice?.path], ['symbols', 'src/x.ts']);
      assert.match(advice?.text ?? '', /it holds `Order`, `Invoice`, `Refund`\) instead of the whole file/);
      const named = contextBudget(of('src/x.ts::Invoice', 2_500));
      const freed = whole.total - named.total;
      assert.ok(Math.abs(freed - (advice?.frees ?? 0)) < 0.05 * freed, `${freed} ${advice?.frees}`);
    });

    test('a symbol that is not there yet, or a file that cannot be parsed, is quoted whole', () => {
      assert.equal(
        contextBudget(of('src/x.ts::Missing')).total,
        contextBudget(of('src/x.ts')).total + difference('Missing'),
      );
      const parsed = code.read('src/x.ts', source);
      assert.ok(parsed);
      assert.equal(symbolExcerpt(source, { ...parsed, broken: true }, ['Order']), null);
      assert.equal(symbolExcerpt(source, parsed, []), null);
      assert.equal(symbolExcerpt(source, parsed, ['Order', 'Invoice', 'Refund']), null);
      const member = symbolExcerpt(source, parsed, ['Refund.total']) ?? '';
      assert.ok(member.includes('export class Refund {') && member.includes('total(): number'));
      assert.doesNotMatch(member, /class (Order|Invoice)/);
    });

    /** The name itself stands in the prompt's list of files. */
    function difference(name: string): number {
      const tokens = (modify: string): number => contextBudget({ ...of(modify), textOf: () => null }).total;
      return tokens(`src/x.ts::${name}`) - tokens('src/x.ts');
    }
  });

  test('when its own words are too many, the slice is to be split', () => {
    const world = request({ texts: {} });
    const task = { ...world.slice.task, requirements: prose(8_000, 'wish') };
    const long = { ...world.slice, task };
    const budget = contextBudget({ ...world, plan: planOf([long]), slice: long, limits: { contextTokens: 8_000 } });
    assert.deepEqual([budget.advice[0]?.kind, budget.advice[0]?.path], ['split', 'A1']);
  });

  test('the files of a plan that is not written yet are given, and win', () => {
    const world = request({ texts: { [`${dir}/context.md`]: 'old' } });
    const small = contextBudget(world);
    const large = contextBudget({ ...world, planFiles: new Map([['context.md', prose(1_000, 'new')]]) });
    assert.ok(large.total - small.total > 900);
  });

  test('the order of the files does not matter; many slices are measured at once', () => {
    const of = (count: number) => ({
      plan: planOf(
        Array.from({ length: count }, (_, i) => slice(`S${i}`, { scope: scope({ modify: [`src/p${i}/**`] }) })),
      ),
      files: Array.from({ length: 100 * count }, (_, i) => `src/p${i % (2 * count)}/f${i}.ts`),
      textOf: (): string => 'export const a = 1;\n'.repeat(10),
    });
    assertLinear('slices', 200, (count) => assert.equal(contextBudgets(of(count)).length, count));
    const given = of(200);
    const one = given.plan.slices[3]!;
    assert.deepEqual(
      contextBudget({ ...given, slice: one, files: given.files.toReversed() }),
      contextBudgets(given)[3],
    );
  });
});
