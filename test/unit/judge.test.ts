import assert from 'node:assert/strict';
import type { Proposal } from '../../src/core/plan/proposal.ts';
import { CoChangeCollector } from '../../src/core/judge/coupling-history.ts';
import { filesOnly, judge, type Judgement, type JudgeRequest } from '../../src/core/judge/judge.ts';
import { orderSerialPairs } from '../../src/core/judge/serial.ts';
import type { JudgeCode } from '../../src/core/lint/rules/judge.ts';
import { judgeRules } from '../../src/core/lint/rules/judge.ts';
import { noSettings } from '../../src/core/lint/engine/config.ts';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { Slice } from '../../src/core/plan/model.ts';
import { loadPlan } from '../../src/core/plan/load.ts';
import { overlaps } from '../../src/core/scope/overlap.ts';
import { applyOperations } from '../../src/core/replan/operations.ts';
import { proposedOperations } from '../../src/core/replan/proposed.ts';
import { readSpec } from '../../src/core/spec/read.ts';
import { judgementMarkdown } from '../../src/core/view/judgement-markdown.ts';
import { isInSections, judgementSections } from '../../src/core/view/judgement-text.ts';
import { planned, proposed } from '../decompose-fixture.ts';
import { planOf, scope, slice } from './plan-fixture.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';

type Given = Record<string, unknown> & { readonly id: string };

const specPath = 'specs/TS-7-shop.spec.md';
const dir = 'parallel/TS-7-shop';
const place = { spec: readSpec('# Shop\n', specPath).spec, specPath, dirName: 'TS-7-shop' };

function proposalOf(slices: readonly Given[], given: Record<string, unknown> = {}): Proposal {
  return proposed({
    slices: slices.map((slice) => ({
      title: `Work on ${slice.id}`,
      boundary: ['secret/**'],
      requirements: ['it works'],
      verify: ['make'],
      agent: 'claude',
      ...slice,
    })),
    ...given,
  });
}

function judged(proposal: Proposal, more: Partial<JudgeRequest> = {}): Judgement {
  const { files, plan } = planned(proposal, place);
  return judge({ plan, files, repository: filesOnly([]), ...more });
}

function repositoryOf(texts: Readonly<Record<string, string>>): RepositoryFacts {
  return { ...filesOnly(Object.keys(texts).sort()), textOf: (file) => texts[file] ?? null };
}

const streams = {
  workstreams: [
    { id: 'WS-A', name: 'Orders', boundary: ['src/orders/**'] },
    { id: 'WS-B', name: 'Stock', boundary: ['src/stock/**'] },
    { id: 'WS-C', name: 'Reports', boundary: ['src/reports/**'] },
  ],
};
const shop = {
  'src/orders/order.ts': "import { Stock } from '../stock/stock.ts';\nexport class Order {}\n",
  'src/stock/stock.ts': 'export class Stock {}\n',
  'src/reports/sales.ts': 'export const sales = 1;\n',
};
const orders: Given = { id: 'A1', workstream: 'WS-A', modify: ['src/orders/order.ts'] };
const stock: Given = { id: 'B1', workstream: 'WS-B', modify: ['src/stock/stock.ts'] };
const reports: Given = { id: 'C1', workstream: 'WS-C', modify: ['src/reports/sales.ts'] };

suite('judge', () => {
  /** For each code: what must be found, by the words, and what comes close and must not. */
  const cases: Readonly<
    Record<
      Exclude<JudgeCode, 'judge.ordered'>,
      { found: () => Promise<Judgement>; words: RegExp; quiet: () => Promise<Judgement> }
    >
  > = {
    'judge.coupling': {
      found: async () => judged(proposalOf([orders, stock], streams), await parsed()),
      words: /src\/orders\/order\.ts:1 of A1 imports .*which B1 may write; write a contract/,
      quiet: async () => judged(proposalOf([{ ...orders, deps: ['B1'] }, stock], streams), await parsed()),
    },
    'judge.contract-needed': {
      found: async () => judged(proposalOf([orders, stock], streams), await parsed()),
      words: /WS-A \(Orders\) relies on WS-B \(Stock\) and no contract says on what: A1 on B1/,
      quiet: async () =>
        judged(
          proposalOf(
            [
              { ...orders, deps: ['B1'], contracts: ['contracts/stock.ts'] },
              { ...stock, contracts: ['contracts/stock.ts'] },
            ],
            {
              ...streams,
              contracts: [
                {
                  path: 'contracts/stock.ts',
                  content: 'export interface Stock {}\n',
                  provider: 'B1',
                  consumers: ['A1'],
                },
              ],
            },
          ),
        ),
    },
    'judge.merge-point': {
      found: async () => judged(proposalOf([orders, stock, { ...reports, deps: ['A1', 'B1'] }], streams)),
      words:
        /C1 builds on .*; add \{ "id": "MP1", "needs": \["A1", "B1"\], "unlocks": \["C1"\], "verify": \["make"\] \} to merge_points/,
      quiet: async () =>
        judged(
          proposalOf([orders, stock, reports], {
            ...streams,
            merge_points: [{ id: 'MP1', needs: ['A1', 'B1'], unlocks: ['C1'] }],
          }),
        ),
    },
  };
  async function parsed(): Promise<Partial<JudgeRequest>> {
    const code = await openCodeReader();
    assert.ok(code);
    return { repository: { ...repositoryOf(shop), code } };
  }
  const of = (found: Judgement, code: string) => found.findings.filter((finding) => finding.code === code);

  for (const [code, { found, words, quiet }] of Object.entries(cases)) {
    test(`${code} is found at the title of the slice it is about, and what comes close is not`, async () => {
      const [first, ...rest] = of(await found(), code);
      assert.ok(first);
      assert.equal(rest.length, 0);
      assert.match(first.message, words);
      assert.equal(first.severity, judgeRules.find((rule) => rule.code === code)?.severity);
      assert.ok(first.file.startsWith(`${dir}/tasks/`) && first.span.end > first.span.start);
      assert.deepEqual(of(await quiet(), code), []);
    });
  }

  test('of many contracts a handful is shown, the others are folded, and each has its evidence', () => {
    const numbers = Array.from({ length: 8 }, (_, i) => i + 1);
    const many = proposalOf(
      numbers.flatMap((n): Given[] => [
        { id: `P${n}`, workstream: `WS-P${n}`, create: [`src/p${n}/levels.ts`] },
        {
          id: `C${n}`,
          workstream: `WS-C${n}`,
          create: [`src/c${n}/order.ts`],
          requirements: [`Ask \`src/p${n}/levels.ts\` first`],
        },
      ]),
      {
        workstreams: numbers.flatMap((n) =>
          ['P', 'C'].map((side) => ({
            id: `WS-${side}${n}`,
            name: `${side}${n}`,
            boundary: [`src/${side.toLowerCase()}${n}/**`],
          })),
        ),
      },
    );
    const found = judged(many);
    assert.equal(of(found, 'judge.contract-needed').length, 8);
    const { plan } = planned(many, place);
    const section = judgementSections(found, plan).find(({ title }) => title === 'Contracts to be written (8)');
    const evidence = (lines: readonly string[] = []): string[] =>
      lines.flatMap((line) => /names src\/p(\d)\/levels\.ts/.exec(line)?.[1] ?? []);
    assert.deepEqual(evidence(section?.lines), ['1', '2', '3', '4', '5']);
    assert.deepEqual(evidence(section?.folded), ['6', '7', '8']);
    assert.ok(section?.lines.includes('and 3 more'));
    const [told] = judgementSections(found, plan, { drafts: '' }).filter(({ folded }) => folded !== undefined);
    assert.ok(told?.lines.some((line) => line.startsWith('and 3 more; with --json each has its evidence')));
    assert.ok(of(found, 'judge.contract-needed').every((finding) => isInSections(finding, found)));
    const [first = '', folded = ''] = judgementMarkdown(plan, found).split('<details>');
    assert.deepEqual(evidence(first.split('\n')), ['1', '2', '3', '4', '5']);
    assert.match(first, /^- 8 contracts to be written: see below$/m);
    assert.deepEqual(evidence(folded.split('</details>')[0]?.split('\n')), ['6', '7', '8']);
  });

  test('no contract is asked for where the order of the plan settles it; what the words of a slice name is asked for', async () => {
    const ordered = judged(proposalOf([{ ...orders, deps: ['B1'] }, stock], streams), await parsed());
    assert.deepEqual(of(ordered, 'judge.contract-needed'), []);
    assert.deepEqual([ordered.contracts.missing.length, ordered.contracts.crossings.length], [1, 0]);
    const made: Given = { id: 'B1', workstream: 'WS-B', create: ['src/stock/levels.ts'] };
    const naming = { ...orders, requirements: ['Ask `src/stock/levels.ts` first'] };
    assert.deepEqual(
      of(judged(proposalOf([naming, made], streams)), 'judge.contract-needed').map(({ message }) => message),
      [
        'WS-A (Orders) relies on WS-B (Stock) and no contract says on what: A1 on B1 (A1 names src/stock/levels.ts); write down the interface before either starts, and name it in both',
      ],
    );
  });

  test('levels and comments hide what is meant', async () => {
    const proposal = proposalOf([orders, stock], streams);
    const off = {
      ...(await parsed()),
      settings: { ...noSettings, rules: { 'judge.contract-needed': 'off' as const } },
    };
    assert.deepEqual(of(judged(proposal, off), 'judge.contract-needed'), []);
    const files = new Map(planned(proposal, place).files);
    const task = [...files.keys()].find((name) => name.startsWith('tasks/task-001'))!;
    files.set(
      task,
      files
        .get(task)!
        .replace(
          '\n# A1',
          '\n<!-- slicewave-disable-file judge.contract-needed: the two teams share a room -->\n\n# A1',
        ),
    );
    const { plan } = loadPlan(files, dir);
    assert.ok(plan);
    assert.deepEqual(
      of(judge({ plan, files, repository: filesOnly([]), ...(await parsed()) }), 'judge.contract-needed'),
      [],
    );
  });

  test('thresholds are settings: what is shared of the smaller scope, in percent', () => {
    const both = proposalOf([
      { id: 'A1', modify: ['a', 'b', 'c'] },
      { id: 'B1', modify: ['c', 'd', 'e'] },
    ]);
    const verdict = (limits: object): string | undefined =>
      judged(both, { repository: filesOnly(['a', 'b', 'c', 'd', 'e']), settings: { ...noSettings, limits } })
        .overlaps[0]?.verdict;
    assert.equal(verdict({}), 'reslice');
    assert.equal(verdict({ parallelBelow: 40 }), 'parallel');
    assert.equal(verdict({ serialAbove: 30 }), 'serial');
  });

  test('a pair that shares too much comes with advice that was tried', () => {
    const { advice } = judged(
      proposalOf([
        { id: 'A1', modify: ['src/a.ts', 'src/b.ts', 'src/c.ts'] },
        { id: 'B1', modify: ['src/c.ts', 'src/d.ts', 'src/e.ts'] },
      ]),
      { repository: filesOnly(['src/a.ts', 'src/b.ts', 'src/c.ts', 'src/d.ts', 'src/e.ts']) },
    );
    assert.equal(advice.length, 1);
    const [first] = advice[0]!.advice;
    assert.ok(first?.verified);
    assert.match(first.text, /src\/c\.ts/);
    assert.equal(first.percentAfter, 0);
  });

  test('history couples files that changed together', () => {
    const collector = new CoChangeCollector();
    for (let i = 0; i < 8; i++) collector.commit(['src/orders/order.ts', 'src/reports/sales.ts']);
    const found = judged(proposalOf([orders, reports], streams), {
      repository: repositoryOf(shop),
      history: collector.finish(),
    });
    assert.match(of(found, 'judge.coupling')[0]?.message ?? '', /changed together in 8 of the 8 commits/);
    assert.deepEqual(
      of(judged(proposalOf([orders, reports], streams), { repository: repositoryOf(shop) }), 'judge.coupling'),
      [],
    );
  });

  test('each slice has its context measured, by layer', () => {
    const { contexts } = judged(proposalOf([orders, stock], streams), { repository: repositoryOf(shop) });
    assert.deepEqual(
      contexts.map(({ slice }) => slice),
      ['A1', 'B1'],
    );
    for (const { total, layers } of contexts) {
      assert.ok(total > 0);
      assert.equal(
        layers.reduce((sum, layer) => sum + layer.tokens, 0),
        total,
      );
    }
  });

  test('the order of slices and files makes no difference', async () => {
    const code = await openCodeReader();
    const slices = [orders, stock, { ...reports, deps: ['A1', 'B1'] }];
    const files = Object.fromEntries(Object.entries(shop).toReversed());
    const seen = (found: Judgement): unknown => ({
      findings: found.findings.map(({ code: rule, message }) => `${rule} ${message}`).sort(),
      couplings: found.couplings,
      makespan: found.graph.makespanMinutes,
      agents: found.agents.agents,
      missing: found.contracts.missing.length,
    });
    assert.deepEqual(
      seen(judged(proposalOf(slices, streams), { repository: { ...repositoryOf(shop), code } })),
      seen(
        judged(proposalOf(slices.toReversed(), streams), {
          repository: { ...repositoryOf(files), files: Object.keys(files), code },
        }),
      ),
    );
  });
});

suite('judge: the same words, whichever slice stands first in the plan', () => {
  const of = (id: string, modify: string[], given: Partial<Slice> = {}): Slice =>
    slice(id, { workstream: `WS-${id[0]}`, scope: scope({ modify }), ...given });
  const alone = { workstream: null };
  /** What is said of the slices in their order, which must be what is said of them in any other. */
  function told(slices: readonly Slice[], repository: RepositoryFacts = filesOnly([])): Judgement {
    const [found, turned] = [slices, slices.toReversed()].map((all) => {
      const plan = { ...planOf(slices), slices: all };
      return judge({ plan, files: new Map(), repository });
    });
    assert.deepEqual(words(turned!), words(found!));
    return found!;
  }
  const words = ({ overlaps: shared, advice, contracts, mergePoints, findings }: Judgement): unknown => ({
    shared: shared.map(({ a, b, witness }) => [...[a, b].sort(), witness].join(' ')).sort(),
    advice: advice.map(({ overlap: { a, b }, advice: all }) => [[a, b].sort(), all.map(({ text }) => text)]),
    missing: contracts.missing,
    scaffolds: contracts.scaffolds,
    mergePoints,
    findings,
  });

  test('the path that shows why a merge point is worth having', () => {
    const { mergePoints } = told([
      of('A2', ['src/*/.ts', 'db/0001.sql']),
      of('B1', ['db/*.sql', 'src/a/*']),
      of('C1', ['docs/c.md'], { deps: ['A2', 'B1'] }),
    ]);
    assert.match(mergePoints[0]!.reason, /, and A2 and B1 both write src\/a\/\.ts: /);
  });

  test('who waits for whom where both ways cost the same, and who joins whom', () => {
    const { advice } = told([of('S2', ['src/a.ts'], alone), of('S10', ['src/a.ts'], alone)]);
    const texts = advice[0]!.advice.map(({ text }) => text);
    assert.match(texts[0]!, /^let S10 wait for S2: /);
    assert.match(texts[1]!, /^join S10 into S2, /);
  });

  test('for which pairs there is advice, where more share as much than get any, and who waits for a slice of its own', () => {
    const { advice } = told(Array.from({ length: 8 }, (_, i) => of(`S${i + 5}`, ['src/a.ts', `src/${i}.ts`], alone)));
    assert.equal(advice.length, 20);
    assert.deepEqual(
      ['S5', 'S6', 'S7', 'S8', 'S9', 'S10', 'S11', 'S12'].map(
        (id) => advice.filter(({ overlap: { a, b } }) => a === id || b === id).length,
      ),
      [7, 7, 7, 5, 4, 4, 3, 3],
    );
    const own = advice[0]!.advice.find(({ kind }) => kind === 'own-slice');
    assert.match(own!.text, /and let S5, S6, S7 and 5 more wait for it$/);
  });

  test('which interface lacks a contract, by what, and what a contract begins with', () => {
    const { contracts } = told([
      of('A10', ['src/a10.ts'], { deps: ['C1'] }),
      of('A2', ['src/a2.ts'], { deps: ['C2'] }),
      of('B1', ['src/b.ts'], { deps: ['C2', 'C1'] }),
      of('C1', ['src/c1.ts']),
      of('C2', ['src/c2.ts']),
    ]);
    assert.deepEqual(
      contracts.missing.map(({ slices: pairs, witness }) => [
        witness.kind === 'dep' && `${witness.to} on ${witness.from}`,
        pairs.map(({ provider, consumer }) => `${consumer} on ${provider}`),
      ]),
      [
        ['A2 on C2', ['A2 on C2', 'A10 on C1']],
        ['B1 on C1', ['B1 on C1', 'B1 on C2']],
      ],
    );
    assert.deepEqual(contracts.scaffolds[0]!.consumers, ['A2', 'A10', 'B1']);
  });
});

suite('judge: taking what it proposes', () => {
  test('contracts and merge points become part of the plan, and nothing is missing any more', () => {
    const before = proposalOf([orders, stock, { ...reports, deps: ['A1', 'B1'] }], streams);
    const found = judged(before);
    assert.equal(found.contracts.missing.length, 2);
    assert.equal(found.mergePoints.length, 1);
    const operations = proposedOperations(found, { contracts: true, mergePoints: true });
    const applied = applyOperations(before, operations, { repoFiles: [], taken: new Set() });
    assert.ok(applied.ok);
    const { contracts, merge_points: points } = applied.value.proposal;
    assert.deepEqual(points, [{ id: 'MP1', needs: ['A1', 'B1'], unlocks: ['C1'], verify: ['make'] }]);
    assert.deepEqual(
      contracts.map(({ path, provider, consumers }) => [path, provider, consumers]),
      [
        ['contracts/orders.ts', 'A1', ['C1']],
        ['contracts/stock.ts', 'B1', ['C1']],
      ],
    );
    const after = judged(applied.value.proposal);
    assert.deepEqual(after.contracts.missing, []);
    assert.deepEqual(after.mergePoints, []);
    assert.deepEqual(
      after.findings.filter(({ code }) => code.startsWith('judge.') || code === 'plan.merge-point-idle'),
      [],
    );
    assert.equal(after.graph.makespanMinutes, found.graph.makespanMinutes);
    const again = applyOperations(applied.value.proposal, operations, { repoFiles: [], taken: new Set() });
    assert.equal(again.ok ? '' : again.failure.reason, 'impossible');
  });

  test('a merge point that exists gains what it unlocks', () => {
    const before = proposalOf([orders, stock, reports], {
      ...streams,
      merge_points: [{ id: 'MP1', needs: ['A1'], unlocks: ['C1'], verify: ['make all'] }],
    });
    const grown = { kind: 'merge-point' as const, id: 'MP1', needs: ['A1'], unlocks: ['B1'], verify: ['make'] };
    const applied = applyOperations(before, [grown], { repoFiles: [], taken: new Set() });
    assert.ok(applied.ok);
    assert.deepEqual(applied.value.proposal.merge_points, [
      { id: 'MP1', needs: ['A1'], unlocks: ['C1', 'B1'], verify: ['make all'] },
    ]);
    const bad = applyOperations(before, [{ ...grown, id: 'A1' }], { repoFiles: [], taken: new Set() });
    assert.equal(bad.ok ? '' : bad.failure.reason, 'impossible');
  });
});

suite('judge: pairs that share most of what they write', () => {
  test('wait for each other, along the order of the plan, without edges that others imply', () => {
    const proposal = proposalOf(['A', 'B', 'C'].map((id) => ({ id, modify: ['src/one.ts'] })));
    const { plan } = planned(proposal, place);
    const graph = planGraph(plan);
    const { proposal: after, added } = orderSerialPairs(proposal, graph, overlaps(plan, graph));
    assert.deepEqual(
      after.slices.map(({ id, deps }) => [id, deps]),
      [
        ['A', []],
        ['B', ['A']],
        ['C', ['B']],
      ],
    );
    assert.deepEqual(
      added.map(({ before, after: later }) => `${before} ${later}`),
      ['A B', 'B C'],
    );
    const settled = planned(after, place).plan;
    assert.deepEqual(overlaps(settled, planGraph(settled)), []);
    assert.equal(planGraph(settled).cycles.length, 0);
  });

  test('nothing is added where they share less', () => {
    const proposal = proposalOf([
      { id: 'A', modify: ['src/one.ts', 'src/two.ts', 'src/three.ts'] },
      { id: 'B', modify: ['src/three.ts', 'src/four.ts', 'src/five.ts'] },
    ]);
    const { plan } = planned(proposal, place);
    const graph = planGraph(plan);
    assert.equal(orderSerialPairs(proposal, graph, overlaps(plan, graph)).proposal, proposal);
  });
});
