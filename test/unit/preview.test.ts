import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { answerIn } from '../../src/core/decompose/answer.ts';
import { importers } from '../../src/core/decompose/import/importers.ts';
import { previewOf, type PreviewSource } from '../../src/core/decompose/preview.ts';
import { withoutRepeats } from '../../src/core/decompose/repeated-findings.ts';
import { roundsText } from '../../src/core/decompose/rounds.ts';
import { DECOMPOSERS, decomposerOf } from '../../src/core/decompose/table.ts';
import { earlierUsage } from '../../src/core/decompose/usage.ts';
import { finding, type Finding } from '../../src/core/text/finding.ts';
import { filesOnly, judge } from '../../src/core/judge/judge.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import type { RunEventBody } from '../../src/core/run/model.ts';
import type { RunFacts } from '../../src/core/run/state-model.ts';
import { readSpec } from '../../src/core/spec/read.ts';
import { SourceText } from '../../src/core/text/source.ts';
import { previewMarkdown } from '../../src/core/view/preview-markdown.ts';
import { previewText } from '../../src/core/view/preview-text.ts';
import { planned, proposed } from '../decompose-fixture.ts';
import { assertLinear } from './cost.ts';

const specText = `---
id: TS-7
title: Shop
confidence: MEDIUM
---

# Shop

## Outcome

It sells.

## Open questions

- Who holds the key?
- None
`;
const { spec } = readSpec(specText, 'specs/TS-7-shop.spec.md');

interface Shape {
  readonly id: string;
  readonly deps?: readonly string[];
  readonly create?: readonly string[];
  readonly modify?: readonly string[];
}

function sourceOf(slices: readonly Shape[], making: Partial<PreviewSource['making']> = {}): PreviewSource {
  const proposal = proposed({
    slices: slices.map((slice) => ({ title: `Slice ${slice.id}`, verify: ['make test'], ...slice })),
  });
  const dir = 'parallel/TS-7-shop';
  const { files, plan } = planned(proposal, { spec, specPath: spec.file, dirName: 'TS-7-shop' });
  const graph = planGraph(plan);
  const judgement = judge({ plan, files, repository: filesOnly([]) });
  return {
    dir,
    files,
    exists: false,
    loaded: { plan, graph, findings: judgement.findings },
    judgement,
    making: {
      by: 'structure',
      spec,
      specPath: spec.file,
      rounds: null,
      earlier: null,
      ...making,
    },
  };
}

/** Six slices; A and B write the same three files, C shares one of four with A, D and E none; F waits for all. */
const SHARED: readonly Shape[] = [
  { id: 'A', create: ['a1', 'a2', 'a3'] },
  { id: 'B', create: ['a1', 'a2', 'a3'] },
  { id: 'C', create: ['a1', 'c2', 'c3', 'c4'] },
  { id: 'D', create: ['d1'] },
  { id: 'E', create: ['e1'] },
  { id: 'F', create: ['f1'], deps: ['A', 'B', 'C', 'D', 'E'] },
];

function agentRun(slice: string, adapter: string, usage: readonly [number, number, number | null]): RunFacts {
  const started: RunEventBody = {
    type: 'run_started',
    run_id: `run-${slice}`,
    plan: 'TS-1',
    slice,
    attempt: 1,
    mode: 'fresh',
    pid: 1,
    pid_started: '',
    host: '',
    worktree: '',
    branch: null,
  };
  const agent: RunEventBody = { type: 'agent_started', adapter, version: null, session_id: 's', pid: 1 };
  const [input_tokens, output_tokens, cost_usd] = usage;
  const used: RunEventBody = { type: 'agent_usage', input_tokens, output_tokens, cost_usd };
  const events = [started, agent, used].map((body) => ({ v: 1 as const, t: '2026-01-01T00:00:00Z', ...body }));
  return { runId: `run-${slice}`, events, alive: false };
}

suite('preview of a decomposition', () => {
  test('shows only slices that share something in the matrix, with percent and verdict', () => {
    const { matrix } = previewOf(sourceOf(SHARED));
    assert.deepEqual(matrix.slices, ['A', 'B', 'C']);
    assert.equal(matrix.more, 0);
    const text = previewText(previewOf(sourceOf(SHARED)), { ascii: true });
    const at = text.indexOf('Overlap matrix');
    assert.deepEqual(text.slice(at, text.indexOf('\n\n', at)).split('\n'), [
      'Overlap matrix',
      '         A      B      C',
      '  A         100%!   33%~',
      '  B                 33%~',
      '  C',
      '  percent of the smaller write set that both write; ! one after the other, ~ cut differently',
    ]);
  });

  test('counts what finds no room in the matrix, and numbers long ids', () => {
    const many = Array.from({ length: 30 }, (_, i) => ({ id: `a-long-name-of-slice-${i}`, create: ['same'] }));
    const preview = previewOf(sourceOf(many));
    assert.equal(preview.matrix.slices.length, 16);
    assert.equal(preview.matrix.more, 14);
    const text = previewText(preview, { ascii: true, width: 80 });
    const lines = text.slice(text.indexOf('Overlap matrix')).split('\n');
    assert.match(lines[1] ?? '', /^ +1 +2 +3/);
    assert.ok(lines.slice(0, 8).every((line) => line.length <= 100));
    assert.match(text, /and \d+ more slices that share something/);
  });

  test('tells findings by file, the files with errors first, and errors before the rest', () => {
    const preview = previewOf(sourceOf(SHARED));
    const severities = preview.findings.map((group) => group.findings[0]?.severity);
    const rank = ['error', 'warning', 'info', 'hint'];
    assert.deepEqual(
      severities,
      severities.toSorted((a, b) => rank.indexOf(a ?? '') - rank.indexOf(b ?? '')),
    );
    for (const { findings } of preview.findings) {
      const own = findings.map((finding) => rank.indexOf(finding.severity));
      assert.deepEqual(
        own,
        own.toSorted((a, b) => a - b),
      );
    }
    assert.ok(preview.counts.error > 0);
  });

  test('estimates the time for one agent, for as many as are worth it, and for as many as can work', () => {
    const { estimate } = previewOf(sourceOf(SHARED));
    assert.equal(estimate.workMinutes, 6 * 120);
    assert.deepEqual([estimate.agents[0]?.agents, estimate.agents[0]?.makespanMinutes], [1, 720]);
    assert.equal(estimate.agents.filter((row) => row.advised).length, 1);
    assert.equal(estimate.agents.at(-1)?.makespanMinutes, 240);
  });

  test('has no price without earlier runs, and says so', () => {
    const preview = previewOf(sourceOf(SHARED));
    assert.equal(preview.estimate.usage, null);
    const text = previewText(preview, { ascii: true });
    assert.match(text, /cost +no earlier runs to estimate cost from/);
    assert.doesNotMatch(text, /\$\d/);
  });

  test('estimates cost and tokens from what earlier slices used, all attempts counted', () => {
    const earlier = earlierUsage([
      agentRun('A', 'claude', [1000, 100, 0.5]),
      agentRun('A', 'claude', [1000, 100, 0.5]),
      agentRun('B', 'claude', [1000, 100, 3]),
      agentRun('C', 'codex', [4000, 400, null]),
      agentRun('D', 'demo', [9, 9, 9]),
      agentRun('E', 'claude', [0, 0, null]),
    ]);
    assert.deepEqual(earlier, {
      slices: 3,
      agents: ['claude', 'codex'],
      attempts: 4 / 3,
      inputTokens: 7000 / 3,
      outputTokens: 700 / 3,
      cost: { slices: 2, mean: 2, low: 1, high: 3 },
    });
    const text = previewText(previewOf(sourceOf(SHARED, { earlier })), { ascii: true });
    assert.match(
      text,
      /tokens +about 14,000 in and 1,400 out, with 1\.3 attempts a slice, from 3 earlier slices of claude, codex/,
    );
    assert.match(
      text,
      /cost +about \$12\.00: \$2\.00 a slice on average \(\$1\.00 to \$3\.00\), from 2 earlier slices/,
    );
    const free = earlierUsage([agentRun('C', 'codex', [4000, 400, null])]);
    assert.match(
      previewText(previewOf(sourceOf(SHARED, { earlier: free })), { ascii: true }),
      /cost +earlier runs tell tokens, but no cost to estimate from/,
    );
    assert.equal(earlierUsage([agentRun('D', 'demo', [9, 9, 9])]), null);
  });

  test('measures context, and names what is over the budget', () => {
    const source = sourceOf(SHARED);
    const [first] = source.judgement.contexts;
    assert.ok(first);
    const contexts = [
      { ...first, slice: 'A', total: 5000, limit: 12_000, over: 0 },
      { ...first, slice: 'B', total: 13_000, limit: 12_000, over: 1000 },
    ];
    const text = previewText(previewOf({ ...source, judgement: { ...source.judgement, contexts } }), { ascii: true });
    assert.match(text, /18,000 tokens in all \(2 of 6 slices measured\); the most is B with 13,000 of 12,000/);
    assert.match(text, /Context over budget \(1\)\n {2}B {2}13,000 of 12,000 tokens: /);
    assert.match(text, /over the budget: B/);
  });

  test('tells what the spec leaves open, and that nothing is written yet', () => {
    const preview = previewOf(sourceOf(SHARED));
    assert.deepEqual(preview.open, ['Who holds the key?', 'The spec itself says that its confidence is medium.']);
    const markdown = previewMarkdown(preview);
    for (const part of [
      '**Nothing is written yet.**',
      '- Who holds the key?',
      '## Findings',
      '### Wave 2',
      '## Overlaps',
      'A         100%!',
      '## Estimate',
      'no earlier runs to estimate cost from',
      '- parallel/TS-7-shop/manifest.json (',
    ])
      assert.ok(markdown.includes(part), `${part} is missing in\n${markdown}`);
  });

  test('is the same whoever made it, but for who that was and how often it was corrected', () => {
    const rounds = {
      list: [
        { number: 1, problems: ['no JSON'], errors: 0, warnings: 0 },
        { number: 2, problems: [], errors: 2, warnings: 1 },
      ],
      end: 'used-up',
      chosen: 2,
      detail: null,
    } as const;
    const mine = previewText(previewOf(sourceOf(SHARED)), { ascii: true });
    const theirs = previewText(previewOf(sourceOf(SHARED, { by: 'claude', rounds })), { ascii: true });
    const [head, tail] = theirs.split('Made by: ');
    // An agent is asked for estimates; those of the structure are guessed where the spec has none.
    assert.equal(head, mine.split('Made by: ')[0]?.replace(/(?<=in all), guessed: .*/, ''));
    assert.equal(
      tail,
      'Claude Code\nRounds: 2 rounds; 2 errors and 1 warning left: it was asked to correct them as often as it may be; the best answer, of round 2, is shown\n',
    );
    assert.equal(
      roundsText({ ...rounds, list: rounds.list.slice(0, 1), end: 'sound' }),
      '1 round; nothing is left to correct',
    );
  });

  test('what stands in a section is not said again as a finding, and counts all the same', () => {
    const preview = previewOf(
      sourceOf([
        { id: 'A', create: ['a'], modify: ['app.ts::list'] },
        { id: 'B', create: ['b'], modify: ['app.ts::list'] },
        { id: 'C', create: ['c', 'c'] },
      ]),
    );
    const text = previewText(preview, { ascii: true });
    const all = preview.findings.flatMap((group) => group.findings);
    const told = all.filter(({ code }) => code === 'plan.overlap').length;
    assert.ok(told > 0);
    assert.match(text, new RegExp(`\nFindings \\(${all.length}, ${told} of them told above\\)\n`));
    assert.ok(!text.includes(' plan.overlap '));
    assert.match(text, new RegExp(`\n${preview.counts.warning} warnings?, `));
    const markdown = previewMarkdown(preview);
    assert.ok(!markdown.includes(', plan.overlap)'));
    assert.match(
      markdown,
      new RegExp(`\n${told} more ${told === 1 ? 'is' : 'are'} told below, with what to do\n\n## Waves\n`),
    );
    assert.match(markdown, /\n## How to cut it better\n\n- A and B share 50 %: /);
  });

  test('what is said of the source of an import is not said again of the plan', () => {
    const found = (code: string, line: number): Finding =>
      finding(new SourceText('x.md', 'a\nb\nc\n'), code, 'error', code, { start: line, end: line + 1 });
    const codes = (list: readonly Finding[]): string =>
      withoutRepeats(list)
        .map(({ code }) => code)
        .join(' ');
    const [told, again] = [found('import.no-files', 0), found('task.scope-missing', 0)];
    assert.equal(codes([told, again, found('plan.cycle', 0)]), 'import.no-files plan.cycle');
    assert.equal(codes([again]), 'task.scope-missing');
    // Told of one of two: then the plan tells of both.
    assert.equal(codes([told, again, found('task.scope-missing', 2)]).split(' ').length, 3);
    assert.equal(codes([found('import.cycle', 0), found('plan.cycle', 0), found('plan.cycle', 2)]), 'import.cycle');
  });

  test('one pair that shares something needs no matrix', () => {
    const text = previewText(previewOf(sourceOf(SHARED.slice(0, 2))), { ascii: true });
    assert.ok(text.includes('Overlaps (1)') && !text.includes('Overlap matrix'));
  });

  test('hours that nobody estimated are called guessed', () => {
    const said = (slices: string): string => {
      const declared = readSpec(`# Shop\n\n## Slices\n\n${slices}`, spec.file).spec;
      const source = sourceOf([
        { id: 'A1', create: ['a'] },
        { id: 'B1', create: ['b'] },
      ]);
      const preview = previewOf({ ...source, making: { ...source.making, spec: declared } });
      return /^ {2}work .*$/m.exec(previewText(preview, { ascii: true }))?.[0] ?? '';
    };
    const [a, b] = ['- A1: x (files: a; estimate: 2h)\n', '- B1: y (files: b; estimate: 2h)\n'];
    assert.match(said(''), /4h00m in all, guessed: nothing read gives an estimate/);
    assert.match(said(a), /4h00m in all; 1 of 2 slices have no estimate of their own and are guessed/);
    assert.match(said(a + b), /4h00m in all$/);
  });

  test('words of a plan cannot steer the terminal', () => {
    const source = sourceOf([{ id: 'A', create: ['a'] }]);
    const evil = {
      ...spec,
      openQuestions: { ...spec.openQuestions!, items: [{ text: 'a\u001b[2Jb', span: { start: 0, end: 1 } }] },
    };
    const text = previewText(previewOf({ ...source, making: { ...source.making, spec: evil } }), { ascii: true });
    assert.ok(!text.includes('\u001b'));
  });
});

suite('table of decomposers', () => {
  const manifest = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    readonly contributes: {
      readonly configuration: {
        readonly properties: Readonly<
          Record<string, { readonly enum?: string[]; readonly enumDescriptions?: string[] }>
        >;
      };
    };
  };

  test('is what the setting offers, with the same words', () => {
    const setting = manifest.contributes.configuration.properties['slicewave.decomposer'];
    const rows = DECOMPOSERS.filter((row) => row.kind !== 'import');
    assert.deepEqual(setting?.enum, [...rows.map((row) => row.id), 'ask']);
    assert.deepEqual(
      setting?.enumDescriptions?.slice(0, -1),
      rows.map((row) => row.how),
    );
  });

  test('has a row for every importer, by its own title', () => {
    const titles = (rows: readonly { readonly id: string; readonly title: string }[]) =>
      Object.fromEntries(rows.map((row) => [row.id, row.title]));
    assert.deepEqual(titles(DECOMPOSERS.filter((row) => row.kind === 'import')), titles(importers));
    assert.equal(decomposerOf('claude').title, 'Claude Code');
  });

  test('what each agent gets, and at most three questions, are on the first screen', () => {
    const source = sourceOf([
      { id: 'A1', create: ['src/a.ts'] },
      { id: 'B1', deps: ['A1'], modify: ['src/b.ts'] },
    ]);
    const asked = previewOf({
      ...source,
      loaded: {
        ...source.loaded,
        plan: {
          ...source.loaded.plan,
          slices: source.loaded.plan.slices.map((slice) => ({ ...slice, verify: [] })),
          mergePoints: [{ id: 'MP1', needs: ['A1'], unlocks: ['B1'], verify: [] }],
        },
      },
    });
    assert.equal(asked.questions.length, 4);
    const text = previewText(asked, { ascii: true });
    assert.match(
      text,
      /\nQuestions \(4\)\n {2}Who holds the key\?\n {2}.*\n {2}Which command proves .*MP1\?\n {2}and 1 more/,
    );
    assert.match(text, /\nMerge points are checked with\n {2}MP1 {2}no check\n/);
    assert.match(
      previewText(previewOf(source), { ascii: true }),
      /\nWhat each agent gets\n {2}A1 {2}\+ src\/a\.ts; check: make test; [\d,]+ tokens\n {2}B1 {2}~ src\/b\.ts; check: make test; /,
    );
  });
});

suite('answer of an agent', () => {
  const plan = { slices: [{ id: 'A', title: 'x {y} "z" \\' }] };
  const json = JSON.stringify(plan, null, 2);

  test('is found wherever it stands', () => {
    const texts: readonly string[] = [
      json,
      `Here:\n\`\`\`json\n${json}\n\`\`\`\nDone.`,
      `I thought {about} it: ${json} That {is} all.`,
      `A stray { brace. ${json}`,
      `${JSON.stringify({ slices: [], note: 'a first try' })}\n${json}`,
      `${json}\n{"event":"done"}`,
      `\`\`\`json\n{"broken": \n\`\`\`\n${json}`,
    ];
    for (const text of texts) {
      const found = answerIn(text);
      assert.ok('value' in found, text);
      assert.deepEqual(found.value, plan, text);
    }
  });

  test('that is none is told apart', () => {
    const problem = (text: string): string => {
      const found = answerIn(text);
      return 'problem' in found ? found.problem : 'none';
    };
    assert.match(problem(''), /no JSON object/);
    assert.match(problem('[1, 2]'), /no JSON object/);
    assert.match(problem('only {words} here'), /no JSON object/);
    assert.match(problem(json.slice(0, -3)), /ends before it is complete/);
    assert.match(problem(json.replace('"title":', '"title"')), /cannot be read/);
    assert.match(problem('x'.repeat(4 * 1024 * 1024 + 1)), /larger than 4 MB/);
  });

  test('reading a flood of braces takes time that grows with it', () => {
    assertLinear('open braces', 1_000_000, (count) => answerIn('{'.repeat(count)));
    assertLinear('pairs of braces', 500_000, (count) => answerIn('{}'.repeat(count)));
    assertLinear('deep objects', 100_000, (count) => answerIn(`${'{"slices":'.repeat(count)}1${'}'.repeat(count)}`));
  });
});
