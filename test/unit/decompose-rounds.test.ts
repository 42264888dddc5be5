/** What agents are told: the question, the faults, and what is never asked of them. */
import assert from 'node:assert/strict';
import { answerIn } from '../../src/core/decompose/answer.ts';
import { withDeclared } from '../../src/core/decompose/declared.ts';
import { decomposeFeedback } from '../../src/core/decompose/feedback.ts';
import { decomposeInstructions } from '../../src/core/decompose/instructions.ts';
import type { Proposal } from '../../src/core/plan/proposal.ts';
import { mendable, roundsText } from '../../src/core/decompose/rounds.ts';
import { filesOnly, judge, type Judgement } from '../../src/core/judge/judge.ts';
import type { Plan, PlanFiles } from '../../src/core/plan/model.ts';
import { readSpec } from '../../src/core/spec/read.ts';
import { planned, proposed, specWith } from '../decompose-fixture.ts';

const specPath = 'specs/TS-7-shop.spec.md';
const specText = specWith({
  id: 'TS-7',
  evidence: 'npm test',
  more: `## Workstreams

### WS-A Stock

Boundary: src/stock/**

- A1: Stock levels (files: src/stock/levels.ts; verify: npm run stock | cat; estimate: 9h)

### WS-B Orders

Boundary: src/orders/**

- B1: Place orders (files: src/orders/place.ts; after A1; verify: npm test)

## Contracts

\`\`\`ts src/contracts/stock.ts
export interface StockLevels { available(sku: string): number }
\`\`\`
`,
});
const { spec } = readSpec(specText, specPath);
const repoFiles = ['package.json', specPath];

const slices = [
  { id: 'A1', title: 'Stock levels', workstream: 'WS-A', create: ['src/stock/levels.ts'], verify: ['npm test'] },
  {
    id: 'B1',
    title: 'Place orders',
    workstream: 'WS-B',
    deps: ['A1'],
    create: ['src/orders/place.ts'],
    verify: ['npm test'],
  },
];

const declared = (value: object, repository?: { readonly setup: readonly string[]; readonly conventions: string }) =>
  withDeclared({
    proposal: proposed(value),
    spec,
    specPath,
    specText,
    repoFiles,
    ...(repository ? { repository } : {}),
  });

interface Judged {
  readonly plan: Plan;
  readonly files: PlanFiles;
  readonly judgement: Judgement;
}

function judged(proposal: Proposal, own = spec): Judged {
  const { plan, files } = planned(proposal, { spec: own, specPath, dirName: 'TS-7-shop' });
  return { plan, files, judgement: judge({ plan, files, repository: filesOnly(repoFiles) }) };
}

suite('decompose: what the spec declares and the repository says', () => {
  test('a declared contract of which nothing is said goes to who is named after it, not to everybody', () => {
    const more = {
      id: 'X1',
      title: 'Colours of the shop',
      create: ['src/theme.ts'],
      requirements: ['They are calm'],
      verify: ['npm test'],
    };
    const { proposal, findings } = declared({ slices: [...slices, more] });
    assert.deepEqual(findings, []);
    const [contract] = proposal.contracts;
    assert.deepEqual([contract?.provider, contract?.consumers], ['A1', ['B1']]);
    assert.deepEqual(
      proposal.slices.map(({ id, contracts }) => [id, contracts]),
      [
        ['A1', ['src/contracts/stock.ts']],
        ['B1', ['src/contracts/stock.ts']],
        ['X1', []],
      ],
    );
  });

  test('what the answer says of it counts, in contracts or at the slices', () => {
    const contract = { path: 'src/contracts/stock.ts', content: '', provider: 'B1', consumers: ['A1'] };
    const [first] = declared({ slices, contracts: [contract] }).proposal.contracts;
    assert.deepEqual([first?.provider, first?.consumers], ['B1', ['A1']]);
    assert.match(first?.content ?? '', /interface StockLevels/);
    const more = { id: 'X1', title: 'Colours', create: ['src/theme.ts'], contracts: ['contracts/stock.ts'] };
    const [second] = declared({ slices: [...slices, more] }).proposal.contracts;
    assert.deepEqual([second?.provider, second?.consumers], ['A1', ['X1']]);
  });

  test('conventions and set-up that were left out are those of the repository', () => {
    const repository = { setup: ['npm ci'], conventions: 'File names are kebab-case.' };
    const { proposal } = declared({ slices }, repository);
    assert.deepEqual([proposal.conventions, proposal.setup], ['File names are kebab-case.', ['npm ci']]);
    const own = declared({ slices, conventions: 'Mine.', setup: ['make ready'] }, repository).proposal;
    assert.deepEqual([own.conventions, own.setup], ['Mine.', ['make ready']]);
  });

  test('what the spec says of a slice, of stopping and of what is out of scope is in the plan, said again or not', () => {
    const text = specText
      .replace('- Giving away', '- Giving away, in `src/free/`')
      .replace('verify: npm test)', 'verify: npm test)\n  - An order has a number')
      .replace(
        '## Contracts',
        '## Test plan\n\n| slice | what |\n|---|---|\n| B1 | no order twice |\n\n## Stop conditions\n\n- Prices change\n\n## Contracts',
      );
    const own = readSpec(text, specPath).spec;
    const proposal = proposed({ slices: [{ ...slices[0], boundary: ['src/x.ts'], stop: ['Odd'] }, slices[1]] });
    const merged = withDeclared({ proposal, spec: own, specPath, specText: text, repoFiles }).proposal;
    const [a, b] = merged.slices;
    assert.deepEqual([a?.stop, b?.stop], [['Prices change', 'Odd'], ['Prices change']]);
    assert.deepEqual(a?.boundary, ['src/x.ts', 'src/contracts/stock.ts', 'src/free/**']);
    assert.deepEqual(b?.boundary, ['src/contracts/stock.ts', 'src/free/**', 'src/stock/**']);
    assert.deepEqual([b?.requirements, b?.checklist], [['An order has a number'], ['no order twice']]);
  });

  test('declared files: a directory is all below it, and of two that name a new file one creates it', () => {
    const text = specText
      .replace('files: src/stock/levels.ts', 'files: src/stock/levels.ts, src/stock/seeds/')
      .replace('files: src/orders/place.ts', 'files: src/orders/place.ts, src/shared.ts, src/stock/levels.ts')
      .replace('estimate: 9h)', 'estimate: 9h)\n- A2: Counting (files: src/shared.ts)');
    const own = readSpec(text, specPath).spec;
    const bare = ['A1', 'A2', 'B1'].map((id) => ({ id, title: id }));
    const { proposal } = withDeclared({
      proposal: proposed({ slices: bare }),
      spec: own,
      specPath,
      specText: text,
      repoFiles,
    });
    assert.deepEqual(
      proposal.slices.map(({ id, create, modify }) => [id, create, modify]),
      [
        ['A1', ['src/stock/levels.ts', 'src/stock/seeds/**'], []],
        ['A2', ['src/shared.ts'], []],
        ['B1', ['src/orders/place.ts'], ['src/shared.ts', 'src/stock/levels.ts']],
      ],
    );
  });

  test('workstreams that only ids stand for are listed; one letter for all tells nothing apart', () => {
    const of = (ids: readonly string[]) => {
      const text = `# Shop\n\n## Slices\n\n${ids.map((id) => `- ${id}: T (files: src/${id}.ts)`).join('\n')}\n`;
      const own = readSpec(text, specPath).spec;
      const proposal = proposed({ slices: ids.map((id) => ({ id, title: id, requirements: ['x'] })) });
      const merged = withDeclared({ proposal, spec: own, specPath, specText: text, repoFiles });
      assert.deepEqual(merged.findings, []);
      return [
        merged.proposal.slices.map(({ workstream }) => workstream),
        merged.proposal.workstreams.map(({ id }) => id),
      ];
    };
    assert.deepEqual(of(['A1', 'B1']), [
      ['WS-A', 'WS-B'],
      ['WS-A', 'WS-B'],
    ]);
    assert.deepEqual(of(['A1', 'A2']), [[null, null], []]);
  });

  test('a merge point without a check of its own is verified by what the spec calls its evidence', () => {
    const points = [
      { id: 'MP1', needs: ['A1'], unlocks: ['B1'] },
      { id: 'MP2', needs: ['A1'], unlocks: ['B1'], verify: ['make both'] },
    ];
    const { proposal } = withDeclared({
      proposal: proposed({ slices, merge_points: points }),
      spec,
      specPath,
      specText,
      repoFiles,
      repository: { setup: [], conventions: '' },
    });
    assert.deepEqual(
      proposal.merge_points.map(({ verify }) => verify),
      [['npm test'], ['make both']],
    );
  });

  test('what is there twice, empty, open, unsaid or out of scope is said', () => {
    const text = specText.replace('- Giving away', '- Giving away, in `src/free/`');
    const own = readSpec(text, specPath).spec;
    const more = { title: 'T', verify: ['npm test'], requirements: ['It works'] };
    const contract = { content: 'export {}\n', consumers: ['A1'] };
    const { proposal, findings } = withDeclared({
      proposal: proposed({
        slices: [
          ...slices,
          { ...more, id: 'X1', create: ['src/free/gift.ts'], workstream: 'WS-Q' },
          { ...more, id: 'X2', create: ['src/**', '!src/free/**'], requirements: [] },
        ],
        workstreams: ['One', 'Two'].map((name) => ({ id: 'WS-X', name, boundary: [] })),
        merge_points: ['A1', 'B1'].map((id) => ({ id: 'MP1', needs: [id], unlocks: ['X1'], verify: ['npm test'] })),
        contracts: [
          { ...contract, path: 'src/contracts/one.ts' },
          { ...contract, path: 'src/contracts/one.ts' },
          { ...contract, path: 'src/contracts/two.ts', content: ' \n' },
          { ...contract, path: 'src/contracts/three.ts', content: '// A\n// To be agreed: names\n' },
        ],
      }),
      spec: own,
      specPath,
      specText: text,
      repoFiles,
    });
    assert.deepEqual(
      findings.map(({ code, severity, message }) => `${severity} ${code} ${message}`),
      [
        'warning decompose.unknown-name X1 belongs to the workstream WS-Q, which is not among the workstreams: add it, or say null',
        'warning decompose.named-twice the workstream WS-X is listed twice; the first one counts',
        'warning decompose.named-twice the merge point MP1 is listed twice; the first one counts',
        'warning decompose.named-twice the contract src/contracts/one.ts is listed twice; the first one counts',
        'warning decompose.contract-open the contract src/contracts/two.ts is empty: its `content` is the whole file',
        'warning decompose.contract-open the contract src/contracts/three.ts leaves something to be agreed (line 2): decide it, and write it down',
        'warning decompose.no-requirements X2 has no `requirements`: whoever works on it sees nothing but its task',
        'warning decompose.out-of-scope X1 may write src/free/gift.ts, and the spec puts src/free/** out of scope: leave it alone (`!src/free/**` takes it out of a glob)',
      ],
    );
    const { plan } = judged(proposal, own);
    assert.deepEqual([proposal.workstreams.length, plan.mergePoints.length, plan.contracts.length], [3, 1, 4]);
  });

  test('contracts and slices that nobody has are said', () => {
    const unknown = { ...slices[1], contracts: ['src/contracts/orders.ts'] };
    const contracts = [{ path: 'src/contracts/price.ts', content: 'export {}\n', provider: 'Z9', consumers: ['A1'] }];
    const { findings } = declared({ slices: [slices[0], unknown], contracts });
    assert.deepEqual(
      findings.map(({ code, severity, message }) => `${severity} ${code} ${message.slice(0, 60)}`),
      [
        'warning decompose.unknown-name B1 relies on the contract src/contracts/orders.ts, which is ',
        'warning decompose.unknown-name the contract src/contracts/price.ts names Z9, which is no sl',
      ],
    );
  });
});

suite('decompose: what an agent is told', () => {
  test('the question holds every rule that the judge applies, with the thresholds in force', () => {
    const asked = decomposeInstructions({
      spec,
      specPath,
      specText,
      repoFiles,
      tests: ['npm test'],
      setup: ['npm ci'],
      conventions: 'File names are kebab-case.',
      limits: { parallelBelow: 10, serialAbove: 40, taskHours: 6, contextTokens: 9000 },
    });
    for (const part of [
      /less than 10 % when both may run/,
      /Above 40 % one must wait/,
      /6 h is the most/,
      /below 9,000 tokens/,
      /`path::Symbol`/,
      /`boundary`: globs/,
      /"needs": \["A8", "B3"\]/,
      /as `provider`, the ones that rely on it under `consumers`/,
      /without a shell: no pipes/,
      /The whole suite: `npm test`\./,
      /The repository says: `npm ci`/,
      /File names are kebab-case\./,
      /At most 1000 slices and 4 MB/,
      /declares 2 slices \(A1, B1\), 2 workstreams \(WS-A, WS-B\), 1 contract \(src\/contracts\/stock\.ts\)/,
      /What it declares wins over your answer/,
    ])
      assert.match(asked, part);
    assert.match(asked, /Nothing could be measured\. [\s\S]*give two\nparagraphs on language/);
    const bare = readSpec('# Shop\n', specPath).spec;
    const open = decomposeInstructions({
      spec: bare,
      specPath,
      specText: '',
      repoFiles: [...repoFiles, 'src/shop.ts'],
      tests: [],
      setup: [],
      conventions: '',
    });
    assert.match(open, /declares no slices, workstreams, merge points or contracts/);
    assert.match(open, /less than 20 % when both/);
    assert.match(open, /Measured\. Every agent is given it/);
    assert.doesNotMatch(open, /undefined|whole suite|repository says/);
  });

  test('a contract that is missing comes with a file to start from, and adding it settles the fault', () => {
    // Without its contract the spec still has two workstreams that meet.
    const text = specText.slice(0, specText.indexOf('## Contracts'));
    const own = readSpec(text, specPath).spec;
    const unordered = slices.map((slice) => ({ ...slice, deps: [], requirements: ['Uses `src/stock/levels.ts`'] }));
    const first = proposed({ workstreams: own.workstreams, slices: unordered });
    const { judgement } = judged(first, own);
    const findings = judgement.findings.filter(({ code }) => code === 'judge.contract-needed');
    assert.equal(findings.length, 1);
    const told = decomposeFeedback({ problems: [], findings, judgement });
    assert.match(
      told,
      /^- warning: WS-B \(Orders\) relies on WS-A \(Stock\) and no contract says on what: B1 on A1 \(B1 names /m,
    );
    const path = /^path: (\S+)$/m.exec(told)?.[1];
    const content = /^```\w*\n([\s\S]*?)\n```$/m.exec(told)?.[1];
    assert.ok(path !== undefined && content !== undefined, told);
    assert.match(told, /^provider: "A1"\nconsumers: \["B1"\]\nlisted under contracts of: A1, B1$/m);
    const mended = proposed({
      workstreams: own.workstreams,
      slices: unordered.map((slice) => ({ ...slice, contracts: [path] })),
      contracts: [{ path, content, provider: 'A1', consumers: ['B1'] }],
    });
    assert.deepEqual(
      judged(mended, own).judgement.findings.filter(({ code }) => code === 'judge.contract-needed'),
      [],
    );
  });

  test('a pair that shares too much comes with ways that were tried', () => {
    const both = ['A1', 'B1'].map((id) => ({
      id,
      title: id,
      create: [`src/${id}.ts`, `src/${id}.css`],
      modify: ['src/routes.ts'],
      verify: ['npm test'],
    }));
    const bare = readSpec('# Shop\n', specPath).spec;
    const { judgement } = judged(proposed({ slices: both }), bare);
    const findings = judgement.findings.filter(({ code }) => code === 'plan.overlap');
    assert.equal(findings.length, 1);
    const told = decomposeFeedback({ problems: [], findings, judgement });
    assert.match(told, /These ways were tried on your plan, and help:\n\n- A1 and B1: \S/);
    assert.doesNotMatch(told, /Contracts that are missing|merge_points/);
  });

  test('what the spec itself settles, and what is only advice, is not asked of it', () => {
    const { proposal } = declared({ slices });
    const { plan, files, judgement } = judged(proposal);
    const codes = judgement.findings.map(({ code, severity }) => `${severity} ${code}`);
    assert.ok(
      codes.includes('warning task.too-long') && codes.includes('warning task.check-needs-shell'),
      codes.join(),
    );
    const request = { spec, plan, files, cycles: [] };
    assert.deepEqual(
      mendable({ ...request, findings: judgement.findings }).map(({ code, message }) => `${code} ${message}`),
      [],
    );
    // The same faults of a slice that is the agent's own are its to mend.
    const own = proposed({ slices: [{ ...slices[0], estimate: '9h', verify: ['npm run stock | cat'] }] });
    const bare = readSpec('# Shop\n', specPath).spec;
    const other = judged(own, bare);
    assert.deepEqual(
      mendable({ ...other, spec: bare, cycles: [], findings: other.judgement.findings }).map(({ code }) => code),
      ['task.check-needs-shell', 'task.too-long'],
    );
  });

  test('a circle that the spec declares is not its fault; one that it made is', () => {
    const circle = readSpec(specText.replace('levels.ts; verify', 'levels.ts; after B1; verify'), specPath).spec;
    const cyclic = proposed({ slices: [{ ...slices[0], deps: ['B1'] }, slices[1]] });
    const { plan, files, judgement } = judged(cyclic);
    const { cycles } = judgement.graph;
    const findings = judgement.findings.filter(({ code }) => code === 'plan.cycle');
    assert.equal(findings.length, 1);
    assert.deepEqual(mendable({ findings, spec: circle, plan, files, cycles }), []);
    assert.deepEqual(mendable({ findings, spec, plan, files, cycles }), findings);
  });

  test('each fault names its slice, errors come first, and a circle is told by what makes it', () => {
    const proposal = proposed({
      slices: [
        { id: 'A1', title: 'One', create: ['src/a.ts'], verify: [], estimate: '9h', requirements: ['x'] },
        { id: 'B1', title: 'Two', deps: ['A1', 'B2'], create: ['src/b.ts'], verify: ['npm test'] },
        { id: 'B2', title: 'Three', deps: ['B1'], create: ['src/c.ts'], verify: ['npm test'] },
        { id: 'C1', title: 'Four', create: ['src/d.ts'], modify: ['src/a.ts'], verify: ['npm test'] },
      ],
      merge_points: [
        { id: 'MP1', needs: ['C1'], unlocks: ['A1'] },
        { id: 'MP2', needs: ['A1'], unlocks: ['C1'] },
      ],
    });
    const own = readSpec(specText.replace('after A1;', 'after A1, B2;'), specPath).spec;
    const { plan, files, judgement } = judged(proposal);
    const bare = readSpec('# Shop\n', specPath).spec;
    const findings = mendable({ ...judgement, spec: bare, plan, files, cycles: judgement.graph.cycles });
    const told = decomposeFeedback({ problems: [], findings, judgement, of: { plan, spec: own } });
    const rows = told.split('\n').filter((row) => /^- (error|warning): /.test(row));
    assert.deepEqual(rows.slice(0, 4), [
      '- error: these slices wait for each other: A1 -> C1 -> A1',
      '- error: these slices wait for each other: B1 -> B2 -> B1',
      '- warning: A1: 9 hours are more than one agent should be given (4): split this slice',
      '- warning: A1: `verify` holds no command, so nothing can prove the result: give the narrowest test that does',
    ]);
    assert.equal(rows.length, findings.length);
    assert.match(
      told,
      /What makes each circle; .*:\n\n- A1 -> C1 -> A1: MP2 needs A1 and unlocks C1; MP1 needs C1 and unlocks A1\n- B1 -> B2 -> B1: B1 stands under `deps` of B2; B2 stands under `deps` of B1 \(declared by the spec, stays\)\n/,
    );
  });

  test('what the writer of the plan works out is not asked for', () => {
    const proposal = proposed({ slices: [{ ...slices[0], deps: ['A1'] }] });
    const { plan, files, judgement } = judged(proposal, readSpec('# Shop\n', specPath).spec);
    assert.ok(judgement.findings.some(({ code }) => code === 'plan.blocks-disagree'));
    const left = mendable({ ...judgement, spec, plan, files, cycles: judgement.graph.cycles });
    assert.ok(left.some(({ code }) => code === 'plan.self-dependency'));
    assert.deepEqual(
      left.filter(({ code }) => code.startsWith('plan.blocks')),
      [],
    );
  });

  test('half an answer is told apart from a broken one', () => {
    const whole = JSON.stringify({ slices, conventions: 'Use "quotes" and {braces}.' });
    const half = answerIn(`I took {care}:\n\n\`\`\`json\n${whole.slice(0, -9)}\n\`\`\`\n`);
    assert.match(
      'problem' in half ? half.problem : '',
      /ends before it is complete \(after \d+ characters, behind "id": "B1"\): /,
    );
    const broken = answerIn(`I took {care}:\n\n\`\`\`json\n${whole.replace('"id"', 'id')}\n\`\`\`\n`);
    assert.match(
      'problem' in broken ? broken.problem : '',
      /cannot be read: .*, in: \.\.\. \{"slices":\[\{id:"A1","title"/,
    );
  });

  test('the person reads that dependencies were added afterwards', () => {
    const list = [{ number: 1, problems: [], errors: 0, warnings: 1 }];
    const text = roundsText({ list, end: 'no-better', chosen: 1, detail: null, ordered: 1 });
    assert.match(text, /1 warning left: .*; 1 dependency was added to it, for slices that share too much$/);
  });
});
