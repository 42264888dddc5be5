/** The samples of docs/formats.md are read by what reads such files, and its tables name what the code has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseReport } from '../../src/core/context/report.ts';
import { lintReport } from '../../src/core/lint/engine/format.ts';
import { readLintSettings } from '../../src/core/lint/engine/settings.ts';
import { lintTrace } from '../../src/core/lint/trace/trace.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { loadPlan } from '../../src/core/plan/load.ts';
import { foldPlan } from '../../src/core/run/fold.ts';
import type { Decision, RunEvent } from '../../src/core/run/model.ts';
import { traceOf } from '../../src/core/run/trace.ts';
import { readSkill } from '../../src/core/skill/read.ts';
import { readSpec } from '../../src/core/spec/read.ts';
import { readTaskSpec } from '../../src/core/task/read.ts';
import { statusJson } from '../../src/cli/status-json.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const page = read('docs/formats.md');

/** The block whose fence has this name behind its language. */
function sample(name: string, of = page): string {
  const body = new RegExp(String.raw`^\`\`\`\w+ ${name}\n([\s\S]*?)^\`\`\`$`, 'm').exec(of)?.[1];
  assert.ok(body !== undefined, `no sample ${name}`);
  return body;
}

const lines = (name: string): readonly unknown[] =>
  sample(name)
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

const plan = 'parallel/TS-0042-inventory';
const events = lines('events') as readonly RunEvent[];
const decisions = lines('decisions') as readonly Decision[];
const runId = events[0]?.type === 'run_started' ? events[0].run_id : '';

function loaded() {
  const task = (id: string, deps: string): string =>
    sample('task').replaceAll('A1', id).replace('deps: []', `deps: [${deps}]`).replace('workstream: WS-A\n', '');
  return loadPlan(
    new Map([
      ['manifest.json', sample('manifest')],
      ['contracts/product.ts', ''],
      ['tasks/task-001-a1.md', sample('task')],
      ['tasks/task-002-b1.md', task('B1', '')],
      ['tasks/task-003-a2.md', task('A2', 'A1')],
      ['tasks/task-004-c1.md', task('C1', 'A2')],
    ]),
    plan,
  );
}

/** The names between code marks in the sentence that begins so. */
function named(start: string): readonly string[] {
  const at = page.indexOf(start);
  assert.ok(at >= 0, start);
  const sentence = page.slice(at + start.length, page.indexOf('.\n', at)).split(/\. `slicewave|\) and /)[0] ?? '';
  return [...sentence.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
}

/** The keys that an interface has at its top level. */
function keysOf(file: string, name: string): readonly string[] {
  const body =
    new RegExp(String.raw`^export interface ${name} [^\n]*\{\n([\s\S]*?)^\}`, 'm').exec(read(file))?.[1] ?? '';
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, key = '']) => key);
}

/** The literal members of a union, in the model of runs where no file is named: `type: '...'` of its objects, or strings alone. */
function members(name: string, file = 'src/core/run/model.ts'): readonly string[] {
  const text = read(file);
  const start = text.indexOf(`export type ${name} =`);
  assert.ok(start >= 0, name);
  const next = text.indexOf('\nexport ', start + 1);
  const body = text.slice(start, next < 0 ? undefined : next);
  const types = [...body.matchAll(/readonly type: '([\w-]+)'/g)].map(([, type = '']) => type);
  return types.length > 0 ? types : [...body.matchAll(/^ {2}\| '([\w-]+)'/gm)].map(([, word = '']) => word);
}

/** The names in the first column of the table under a head. */
function firstColumn(head: string): readonly string[] {
  const at = page.indexOf(head);
  assert.ok(at >= 0, head);
  const table = page.slice(at, page.indexOf('\n\n', at)).split('\n').slice(2);
  return table.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name));
}

suite('formats', () => {
  test('the spec has its four answers, slices and merge point, and no finding', () => {
    const { spec, findings } = readSpec(sample('spec'), 'specs/TS-0042-inventory.spec.md');
    assert.deepEqual(findings, []);
    assert.ok(Object.values(spec.answers).every((answer) => answer !== null));
    assert.deepEqual(
      spec.slices.map(({ id, workstream }) => [id, workstream]),
      [
        ['A1', 'WS-A'],
        ['A2', 'WS-A'],
        ['B1', 'WS-B'],
        ['C1', 'WS-C'],
      ],
    );
    assert.deepEqual(
      spec.mergePoints.map(({ id, needs, unlocks }) => [id, needs, unlocks]),
      [['MP1', ['A2', 'B1'], ['C1']]],
    );
  });

  test('manifest and task specs make a plan without a finding', () => {
    assert.deepEqual(readTaskSpec(sample('task'), `${plan}/tasks/task-001-a1.md`).findings, []);
    const { plan: made, findings } = loaded();
    assert.deepEqual(
      findings.filter(({ severity }) => severity !== 'hint'),
      [],
    );
    assert.deepEqual(
      made?.slices.map(({ id, deps }) => [id, deps]),
      [
        ['A1', []],
        ['B1', []],
        ['A2', ['A1']],
        ['C1', ['A2']],
      ],
    );
    assert.deepEqual(
      made?.mergePoints.map(({ id }) => id),
      ['MP1'],
    );
    assert.equal(made?.limits.maxCostUsd, 5);
  });

  test('the skill has every part', () => {
    const { skill, findings } = readSkill(sample('skill'), 'skills/release-notes/SKILL.md');
    assert.deepEqual(findings, []);
    for (const part of ['goal', 'allowed', 'requiredOutput', 'stopConditions', 'finalReply'] as const)
      assert.ok(skill[part], part);
  });

  test('the trace is that of the events, and has no finding', () => {
    const trace = traceOf(runId, events, false);
    assert.deepEqual(JSON.parse(sample('trace')), trace);
    assert.deepEqual(lintTrace(sample('trace'), `.agent-runs/${runId}/trace.json`), []);
  });

  test('the final report is understood', () => {
    const claims = parseReport(`All done.\n\n\`\`\`json\n${sample('report')}\`\`\`\n`);
    assert.deepEqual(
      [claims?.status, claims?.testsPassed, claims?.testCount, claims?.riskNotes.length, claims?.learnings.length],
      ['COMPLETE', true, 6, 1, 1],
    );
  });

  test('events, doubts, warnings, decisions and stop conditions are all there, and no others', () => {
    assert.deepEqual(firstColumn('| event | when |').toSorted(), members('RunEventBody').toSorted());
    assert.deepEqual(firstColumn('| decision | meaning |').toSorted(), members('DecisionBody').toSorted());
    const doubts = members('DoubtKind', 'src/core/run/doubt.ts');
    assert.deepEqual(firstColumn('| doubt | what is doubted |').toSorted(), doubts.toSorted());
    const declared = /export type WarningKind =([^;]+);/.exec(read('src/core/run/warning.ts'))?.[1] ?? '';
    const warnings = [...declared.matchAll(/'([\w-]+)'/g)].map(([, kind = '']) => kind);
    assert.ok(warnings.length > 1);
    assert.deepEqual(
      firstColumn("| warning | what a person should know of a plan's records |").toSorted(),
      warnings.toSorted(),
    );
    const stops = [...(/A stop names its condition: (.*)/.exec(page)?.[1] ?? '').matchAll(/`([\w-]+)`/g)];
    assert.deepEqual(
      stops.map(([, name]) => name),
      members('StopCondition'),
    );
  });

  test('the status of the sample has the fields that are told', () => {
    const { plan: made } = loaded();
    assert.ok(made);
    const facts = { plan: made, graph: planGraph(made), decisions, runs: [{ runId, events, alive: false }], now: 0 };
    const state = foldPlan(facts);
    assert.equal(state.slices.find(({ id }) => id === 'A1')?.state, 'verified');
    assert.deepEqual(named('the last line of `slicewave run --json`:'), Object.keys(statusJson(state)));
  });

  test('plan, preview and lint have the fields that are told', () => {
    const wanted = keysOf('src/core/view/plan-json.ts', 'PlanJson');
    assert.deepEqual(named('`slicewave plan --json`:').toSorted(), wanted.toSorted());
    assert.deepEqual(
      named('`slicewave decompose --json` has these and ').toSorted(),
      keysOf('src/core/view/preview-json.ts', 'PreviewJson').toSorted(),
    );
    const report = lintReport(readTaskSpec('# x: y', 'tasks/task-001.md').findings);
    assert.deepEqual(Object.keys(report), ['v', 'findings', 'counts']);
    const told = /`slicewave lint --json`: `v`, `findings` \((.*?)\)/.exec(page)?.[1] ?? '';
    const settings = readLintSettings('rules: { x.y: off }', '.slicewave/lint.yaml');
    const [one] = lintReport(settings.problems).findings;
    assert.ok(one);
    assert.deepEqual(
      [...told.matchAll(/`(\w+)`/g)].map(([, name]) => name),
      Object.keys(one),
    );
  });

  test('the settings of the recipes are settings', () => {
    assert.deepEqual(readLintSettings(sample('lint', read('docs/recipes.md')), '.slicewave/lint.yaml').problems, []);
  });
});
