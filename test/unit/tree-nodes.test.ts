import assert from 'node:assert/strict';
import type { AuditedDifference } from '../../src/core/audit/report.ts';
import { auditStop } from '../../src/core/run/audit-stop.ts';
import type { RunEvent, RunEventBody, Stop } from '../../src/core/run/model.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { foldPlan } from '../../src/core/run/fold.ts';
import type { RunFacts } from '../../src/core/run/state-model.ts';
import { childNodes, faceOf, rootNodes, type TreeNode } from '../../src/extension/tree/tree-nodes.ts';
import type { OpenPlan } from '../../src/extension/open-plan.ts';
import { planOf, slice } from './plan-fixture.ts';

/** The tree as text: what stands in the view, one row a line, with what its menus offer. */
function drawn(plans: readonly OpenPlan[]): string {
  const lines: string[] = [];
  const draw = (nodes: readonly TreeNode[], indent: string): void => {
    for (const node of nodes) {
      const face = faceOf(node);
      lines.push(`${indent}${face.label} — ${face.description} [${face.context}]`);
      draw(childNodes(node), `${indent}  `);
    }
  };
  draw(rootNodes(plans), '');
  return lines.join('\n');
}

function idsIn(plans: readonly OpenPlan[]): readonly string[] {
  const ids = (nodes: readonly TreeNode[]): readonly string[] =>
    nodes.flatMap((node) => [faceOf(node).id, ...ids(childNodes(node))]);
  return ids(rootNodes(plans));
}

function foldedTooltips(plans: readonly OpenPlan[]): readonly string[] {
  const texts = (nodes: readonly TreeNode[]): readonly string[] =>
    nodes.flatMap((node) => [faceOf(node).tooltip, ...texts(childNodes(node))]);
  return texts(rootNodes(plans));
}

function facts(slice: string, alive: boolean, ...bodies: readonly RunEventBody[]): RunFacts {
  const t = '2026-01-05T09:00:00.000Z';
  const runId = `20260105T090000000Z-${slice}`;
  const started: RunEventBody = {
    type: 'run_started',
    run_id: runId,
    plan: 'TS-1-shop',
    slice,
    attempt: 1,
    mode: 'fresh',
    pid: 1,
    pid_started: '1',
    host: 'here',
    worktree: `/w/${slice}`,
    branch: null,
  };
  const events = [started, ...bodies].map((body): RunEvent => ({ v: 1, t, ...body }));
  return { runId, events, alive };
}

const agent: RunEventBody = { type: 'agent_started', adapter: 'demo', version: null, session_id: 's', pid: 2 };

function changed(path: string, inScope: boolean): RunEventBody {
  const file = {
    path,
    change: 'modified',
    additions: 3,
    deletions: 1,
    oldMode: '100644',
    newMode: '100644',
    inScope,
    symbols: [],
  } as const;
  return { type: 'scope_checked', files: [file], violations: inScope ? [] : [path] };
}

function plan(runs: readonly RunFacts[]): OpenPlan {
  const shop = planOf([slice('A1'), slice('A2'), slice('B1', { deps: ['A1'] }), slice('C1', { deps: ['B1'] })], {
    mergePoints: [{ id: 'MP1', needs: ['A2', 'B1'], unlocks: ['C1'], verify: ['npm test'] }],
  });
  const graph = planGraph(shop);
  const decisions = [
    {
      v: 1,
      t: '2026-01-05T08:00:00.000Z',
      by: 'me',
      type: 'plan_started',
      base_commit: 'b',
      base_name: 'main',
      prepared_commit: 'b',
    },
  ] as const;
  const state = foldPlan({ plan: shop, graph, decisions, runs, now: Date.parse('2026-01-05T09:10:00.000Z') });
  return { root: '/r', dir: shop.dir, state, failure: null };
}

suite('the tree', () => {
  test('shows batches, waves, merge points and what can start', () => {
    assert.equal(
      drawn([plan([])]),
      `TS-1-shop — idle · 0/4 verified [plan;run]
  Batch 1 — 0/3 verified · ready [batch]
    Wave 1 — 0/2 verified [wave;run]
      A1 Slice A1 — ready · critical [slice;task;run;skip]
      A2 Slice A2 — ready [slice;task;run;skip]
    Wave 2 — 0/1 verified [wave]
      B1 Slice B1 — blocked by A1 · critical [slice;task;skip]
    MP1 — waiting for A2, B1 · unlocks C1 [checkpoint]
  Batch 2 — 0/1 verified · blocked [batch]
    Wave 3 — 0/1 verified [wave]
      C1 Slice C1 — blocked by MP1 · critical [slice;task;skip]`,
    );
  });

  test('shows what waits for the person first, with runs and files below their slice', () => {
    const stop = {
      condition: 'unexpected-scope',
      detail: 'src/x.ts was modified',
      question: 'Approve?',
      paths: ['src/x.ts'],
    } as const;
    const runs = [
      facts(
        'A1',
        false,
        agent,
        changed('src/a.ts', true),
        { type: 'verified', tree: 't', tests_passed: true },
        { type: 'committed', commit: 'c' },
      ),
      facts('A2', false, agent, changed('src/x.ts', false), {
        type: 'ended',
        end: 'stopped',
        reason: null,
        detail: null,
        stop,
      }),
      facts('B1', true, agent),
    ];
    assert.equal(
      drawn([plan(runs)]),
      `TS-1-shop — running · 1/4 verified · 1 need you [plan;stop]
  Needs you — 1 slice waits [attention]
    A2: src/x.ts was modified — unexpected-scope · unblocks 1 [question;task;retry;skip;answer;approve;worktree;trace;diff;inspect]
  Batch 1 — 1/3 verified · active [batch]
    Wave 1 — 1/2 verified [wave]
      A1 Slice A1 — verified [slice;task;worktree;trace;diff;inspect]
        Attempt 1 — verified · 1 file · checks passed · demo [run;trace;diff;inspect]
          src/a.ts — modified · +3 −1 · in scope [file]
      A2 Slice A2 — stopped · critical [slice;task;retry;skip;answer;approve;worktree;trace;diff;inspect]
        Attempt 1 — stopped · 1 file · 1 out of scope · demo [run;trace;diff;inspect]
          src/x.ts — modified · +3 −1 · out of scope [file]
    Wave 2 — 0/1 verified · 1 running [wave]
      B1 Slice B1 — running [slice;task;stop;terminal;worktree;trace;diff;inspect]
        Attempt 1 — running · demo [run;trace;diff;inspect]
    MP1 — waiting for A2, B1 · unlocks C1 [checkpoint]
  Batch 2 — 0/1 verified · blocked [batch]
    Wave 3 — 0/1 verified [wave]
      C1 Slice C1 — blocked by MP1 · critical [slice;task;skip]`,
    );
  });

  test('shows violations before what unblocks more, with who did what and what was put back', () => {
    const asks: RunEventBody = {
      type: 'ended',
      end: 'needs_input',
      reason: null,
      detail: null,
      stop: { condition: 'unclear-instructions', detail: 'the agent asks', question: 'Which?', paths: [] },
    };
    const found: readonly AuditedDifference[] = [
      {
        kind: 'checkout-file',
        what: 'src/c.ts',
        change: 'changed',
        blame: 'suspected',
        evidence: null,
        put_back: false,
        among: ['A2', 'A1'],
      },
      {
        kind: 'ref-deleted',
        what: 'refs/heads/keep',
        change: 'gone',
        blame: 'proven',
        evidence: 'git branch -D keep',
        put_back: true,
        among: ['A2'],
      },
      { kind: 'head', what: 'HEAD', change: 'changed', blame: 'person', evidence: null, put_back: false, among: [] },
    ];
    const stop = auditStop('A2', found);
    const runs = [
      facts('A1', false, { type: 'sandbox', by: 'bubblewrap 0.8.0', why_not: null }, agent, asks),
      facts(
        'A2',
        false,
        { type: 'sandbox', by: null, why_not: 'switched off' },
        agent,
        { type: 'audited', found },
        { type: 'ended', end: 'stopped', reason: null, detail: null, stop },
      ),
    ];
    const lines = drawn([plan(runs)]).split('\n');
    const from = (start: string, count: number): readonly string[] => {
      const at = lines.findIndex((line) => line.trim().startsWith(start));
      return lines.slice(at, at + count).map((line) => line.trim());
    };
    assert.deepEqual(from('Needs you', 4), [
      'Needs you — 2 slices wait [attention]',
      'A2: refs/heads/keep was removed by A2 (git branch -D keep); it was put back (and 1 more) — violation: outside-worktree · unblocks 1 [question;task;retry;skip;approve;worktree;trace;diff;inspect]',
      'refs/heads/keep was removed — by A2 (git branch -D keep) · put back [violation]',
      'src/c.ts of the primary checkout was changed — while one of A2, A1 worked · still changed [violation]',
    ]);
    assert.match(from('A1: Which?', 1)[0] ?? '', /^A1: Which\? — unclear-instructions · unblocks 2 \[/);
    assert.match(from('A1 Slice', 1)[0] ?? '', /— needs input · critical \[/);
    assert.match(from('A1 Slice', 2)[1] ?? '', /— needs input · demo · confined by bubblewrap 0\.8\.0 \[/);
    assert.match(from('A2 Slice', 1)[0] ?? '', /— stopped · not confined/);
    assert.deepEqual(from('A2 Slice', 3).slice(1), [
      'Attempt 1 — stopped · demo · 2 violations · not confined: switched off [run;trace;diff;inspect]',
      'refs/heads/keep was removed — by A2 (git branch -D keep) · put back [violation]',
    ]);
    assert.equal(new Set(idsIn([plan(runs)])).size, idsIn([plan(runs)]).length, 'every row has an id of its own');
  });

  test('a worktree that was replaced cannot be approved; what a person may approve is still offered', () => {
    const stopped = (condition: Stop['condition'], paths: readonly string[]): RunFacts =>
      facts('A1', false, agent, {
        type: 'ended',
        end: 'stopped',
        reason: null,
        detail: null,
        stop: { condition, detail: 'something', question: 'What now?', paths },
      });
    const row = (run: RunFacts): string | undefined => /^ {4}A1: .*$/m.exec(drawn([plan([run])]))?.[0];
    const rest = 'worktree;trace;diff;inspect]';
    assert.equal(
      row(stopped('worktree-replaced', ['/w/A1'])),
      `    A1: something — violation: worktree-replaced · unblocks 2 [question;task;retry;skip;${rest}`,
    );
    assert.equal(
      row(stopped('secrets-auth-production', ['.env'])),
      `    A1: something — violation: secrets-auth-production · unblocks 2 [question;task;retry;skip;answer;approve;${rest}`,
    );
    assert.equal(
      row(stopped('time-limit', [])),
      `    A1: something — time-limit · unblocks 2 [question;task;retry;skip;answer;${rest}`,
    );
  });

  test('shows a plan that cannot be read with the reason', () => {
    const failure = { reason: 'bad-plan', message: 'manifest.json is no JSON', remedy: 'Mend line 3.' } as const;
    const broken: OpenPlan = { root: '/r', dir: 'parallel/TS-2', state: null, failure };
    assert.equal(drawn([broken]), 'TS-2 — manifest.json is no JSON [plan;unreadable]');
  });

  test('a plan that was changed by hand can be accepted, at the plan and at what is said of it', () => {
    const shop = plan([]);
    assert.ok(shop.state);
    const warnings = [
      { kind: 'plan', summary: 'tasks/A1.md changed', remedy: null, paths: ['parallel/x/tasks/A1.md'] },
      { kind: 'evidence', summary: 'a line is not ours', remedy: null, paths: [] },
    ] as const;
    const text = drawn([{ ...shop, state: { ...shop.state, warnings } }]);
    assert.match(text, /^TS-1-shop — .* \[plan;run;accept\]$/m);
    assert.match(text, /tasks\/A1\.md changed — plan \[warning;accept\]$/m);
    assert.match(text, /a line is not ours — evidence \[warning\]$/m);
    assert.doesNotMatch(drawn([shop]), /accept/);
  });

  test('what somebody changed meanwhile is told at the slice, and nothing waits', () => {
    const found: AuditedDifference = {
      kind: 'checkout-file',
      what: 'notes.txt',
      change: 'changed',
      blame: 'person',
      evidence: null,
      put_back: false,
      among: ['A1'],
    };
    const shop = plan([facts('A1', true, agent, { type: 'audited', found: [found] })]);
    assert.match(drawn([shop]), /A1 Slice A1 — running · 1 changed meanwhile/);
    assert.deepEqual(shop.state?.attention, []);
    assert.ok(
      foldedTooltips([shop]).some((text) =>
        text.includes(
          'notes.txt of the primary checkout changed while A1 worked, and nothing shows by whom: was it you?',
        ),
      ),
    );
  });

  test('gives every row an id of its own', () => {
    const ids: string[] = [];
    const walk = (nodes: readonly TreeNode[]): void => {
      for (const node of nodes) {
        ids.push(faceOf(node).id);
        walk(childNodes(node));
      }
    };
    walk(
      rootNodes([plan([facts('A1', true, agent, changed('src/a.ts', true))]), { ...plan([]), dir: 'parallel/other' }]),
    );
    assert.equal(new Set(ids).size, ids.length);
  });
});
