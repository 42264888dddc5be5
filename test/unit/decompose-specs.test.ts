import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { editedPrompt } from '../../src/core/context/prompt.ts';
import { filesOnly, judge } from '../../src/core/judge/judge.ts';
import { contextBudgets } from '../../src/core/judge/context-budget.ts';
import { scaffoldContracts } from '../../src/core/judge/contract-scaffold.ts';
import { missingContractMessage, missingContracts } from '../../src/core/judge/contracts.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { overlaps } from '../../src/core/scope/overlap.ts';
import { decomposed, specNames, specOf } from '../decompose-fixture.ts';

const root = path.join(import.meta.dirname, '../..');
const goldens = path.join(root, 'test/golden/decompose-specs');
const names = specNames();

function decompose(name: string, reverse = false) {
  const given = specOf(name);
  const repoFiles = reverse ? given.repoFiles.toReversed() : given.repoFiles;
  const made = decomposed({ ...given, repoFiles });
  const { plan, files, read, findings, loaded } = made;
  const judged = judge({ plan, files, repository: filesOnly(repoFiles) }).findings;
  return { ...given, ...made, graph: planGraph(plan), findings: [...read, ...findings, ...loaded, ...judged] };
}

/** What a lead wants to know of a plan, as text. */
function summary(name: string): string {
  const { proposal, plan, graph, files, findings, specPath, specText, files: planned, texts } = decompose(name);
  const repoFiles = specOf(name).repoFiles;
  const lines: string[] = [
    `${plan.title}: ${plan.slices.length} slices, ${graph.waves.length} waves, ${graph.batches.length} batches`,
  ];
  graph.batches.forEach((waves, i) => {
    const members = waves.map((wave) => (graph.waves[wave - 1] ?? []).join(' '));
    lines.push(`  batch ${i + 1}: ${members.join(' | ')}`);
  });
  for (const point of plan.mergePoints)
    lines.push(
      `  ${point.id}: ${point.needs.join(' + ')} -> ${point.unlocks.join(', ')} (verify: ${point.verify.join(', ')})`,
    );
  lines.push(
    `  critical path: ${graph.criticalPath.join(' -> ')}, ${graph.makespanMinutes / 60} h; widest wave: ${graph.width}`,
  );
  const shared = overlaps(plan, graph, repoFiles);
  for (const { a, b, percent, verdict, witness } of shared)
    lines.push(`  overlap: ${a} and ${b} ${percent} % ${verdict} (${witness})`);
  lines.push('');
  lines.push('Slices');
  for (const slice of proposal.slices) {
    const schedule = graph.schedule.get(slice.id);
    lines.push(
      `  ${slice.id} ${slice.title} [wave ${schedule?.wave}, batch ${schedule?.batch}${slice.workstream ? `, ${slice.workstream}` : ''}, ${slice.estimate}]`,
    );
    const say = (key: string, values: readonly string[]): void => {
      if (values.length > 0) lines.push(`    ${key}: ${values.join(', ')}`);
    };
    say('after', slice.deps);
    say('+', slice.create);
    say('~', slice.modify);
    say('!', slice.boundary);
    say('verify', slice.verify);
    say('contracts', slice.contracts);
  }
  lines.push('', 'Contracts');
  for (const contract of proposal.contracts)
    lines.push(
      `  ${contract.path}: provided by ${contract.provider ?? '(nobody in particular)'}, used by ${contract.consumers.join(', ')}`,
    );
  const missing = missingContracts({ plan });
  for (const item of missing) lines.push(`  missing: ${missingContractMessage(item, plan)}`);
  for (const item of scaffoldContracts({ plan, missing, spec: { path: specPath, text: specText }, repoFiles }))
    lines.push(`  scaffold: ${item.path} (${item.open} to be agreed)`);
  lines.push('', 'Context');
  const budgets = contextBudgets({
    plan,
    graph,
    files: repoFiles,
    textOf: (file) => texts.get(file) ?? null,
    planFiles: planned,
  });
  const largest = budgets.toSorted((a, b) => b.total - a.total)[0];
  lines.push(
    `  largest: ${largest?.slice}, ${largest?.total} tokens; over budget: ${budgets.filter((item) => item.over > 0).length}`,
  );
  lines.push('', 'Conventions', ...(proposal.conventions ?? '').split('\n').map((line) => `  ${line}`.trimEnd()));
  lines.push('', 'Findings');
  for (const finding of findings)
    lines.push(`  ${finding.severity} ${finding.code} ${finding.file}:${finding.line} ${finding.message}`);
  lines.push('', 'Files', ...[...files.keys()].map((file) => `  ${file}`));
  return `${lines.join('\n')}\n`;
}

suite('decompose: specs of the shape that people write', () => {
  for (const name of names) {
    test(`${name}: the plan as a lead reads it`, () => {
      const kept = path.join(goldens, `${name}.txt`);
      const text = summary(name);
      if (process.env['UPDATE_GOLDEN']) {
        mkdirSync(goldens, { recursive: true });
        writeFileSync(kept, text);
      }
      assert.equal(text, readFileSync(kept, 'utf8'));
    });

    test(`${name}: no prompt looks edited by hand as soon as it is written`, () => {
      const { files, plan, graph } = decompose(name);
      const edited = plan.slices.filter((slice) => editedPrompt(plan, slice, graph, files) !== null);
      assert.deepEqual(
        edited.map(({ id }) => id),
        [],
      );
    });

    test(`${name}: no error, written whole, the same whatever the order of the files`, () => {
      const first = decompose(name);
      assert.deepEqual(
        first.findings.filter((finding) => finding.severity === 'error').map((finding) => finding.message),
        [],
      );
      assert.deepEqual([...decompose(name, true).files], [...first.files]);
      const written = new Set(first.files.keys());
      for (const file of [
        'manifest.json',
        'context.md',
        'conventions.md',
        'architecture.md',
        'task-graph.md',
        'test-plan.md',
        'prompts/agent-prompts.md',
      ])
        assert.ok(written.has(file), file);
      const count = first.proposal.slices.length;
      assert.equal([...written].filter((file) => /^tasks\/task-\d{3}-[\w-]+\.md$/.test(file)).length, count);
      assert.equal([...written].filter((file) => /^prompts\/task-\d{3}\.txt$/.test(file)).length, count);
      assert.equal([...written].filter((file) => file.startsWith('contracts/')).length, first.spec.contracts.length);
      for (const [file, text] of first.files) {
        assert.ok(text.endsWith('\n') && text.trim() !== '', file);
        assert.doesNotMatch(text, /undefined|\[object Object\]|NaN/, file);
      }
      for (const slice of first.plan.slices) {
        assert.ok(slice.verify.length > 0 && slice.scope.boundary.length > 0 && slice.stop.length >= 4, slice.id);
        assert.ok(first.files.get('architecture.md')?.includes(`| ${slice.id} |`), slice.id);
        assert.ok(first.files.get('task-graph.md')?.includes(slice.id), slice.id);
      }
    });
  }

  test('a fix in two steps has no use for a second agent', () => {
    const { graph } = decompose('quiet-flag');
    assert.equal(graph.width, 1);
    assert.deepEqual(graph.criticalPath, ['A1', 'A2']);
  });

  test('forty slices in nine batches, and a merge point gates exactly what it names', () => {
    const { graph, plan } = decompose('billing-platform');
    assert.equal(plan.slices.length, 40);
    assert.equal(graph.batches.length, 9);
    assert.deepEqual(graph.waves[0], ['A1', 'B1', 'E1']);
    assert.deepEqual(graph.batches[0], [1]);
    assert.deepEqual(graph.schedule.get('C1')?.deps.toSorted(), ['A8', 'B3']);
  });

  test('a contract is said to be provided and to be needed where it is, in the plan and in each prompt', () => {
    const { plan, files } = decompose('billing-platform');
    const ledger = plan.contracts.find(({ path: file }) => file === 'contracts/ledger.ts');
    assert.deepEqual(
      [ledger?.provider, ledger?.consumers],
      ['A8', ['A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7', 'C1', 'C7']],
    );
    const role = (slice: string, contract: string): string | undefined => {
      const number = /task-(\d+)/.exec(plan.slices.find(({ id }) => id === slice)?.file ?? '')?.[1];
      const prompt = files.get(`prompts/task-${number}.txt`) ?? '';
      return new RegExp(`^packages/contracts/src/${contract}\\.ts \\((.*)\\):$`, 'm').exec(prompt)?.[1];
    };
    assert.equal(role('A8', 'ledger'), 'contract; you provide it, C1, C7 rely on it');
    assert.equal(role('A1', 'ledger'), 'contract; A8 provides it later, on top of your work');
    assert.equal(role('C1', 'ledger'), 'contract; A8 provides it, you rely on it');
    assert.equal(role('B3', 'identity'), 'contract; you provide it, B4, B6, C1, D7 rely on it');
    assert.equal(role('A8', 'identity'), 'contract of others: B3 and B4, B6, C1, D7');
  });
});
