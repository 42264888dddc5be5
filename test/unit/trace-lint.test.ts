import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lintFile } from '../../src/core/lint/lint.ts';
import type { Claims, FileChange, RunEvent, RunEventBody, Verification } from '../../src/core/run/model.ts';
import { traceOf } from '../../src/core/run/trace.ts';
import { changed } from './changed-fixture.ts';

const file = '.agent-runs/20260102T030405Z-abc/trace.json';

const change = (path: string, inScope = true): FileChange => ({
  ...changed(path),
  inScope,
  symbols: [],
});
const check = (command: string, outcome: Verification['outcome']): Verification => ({
  command,
  exitCode: outcome === 'passed' ? 0 : 1,
  durationMs: 5,
  output: '',
  outcome,
});
const claims = (said: Partial<Claims>): Claims => ({
  status: 'COMPLETE',
  specSummary: null,
  slicePlan: null,
  filesChanged: null,
  commandsRun: null,
  testsPassed: null,
  riskNotes: [],
  reviewNeeded: null,
  question: null,
  learnings: [],
  ...said,
});

/** The trace of a run, as the runner writes it. */
function trace(run: {
  readonly adapter?: string;
  readonly said: Claims;
  readonly files?: readonly FileChange[];
  readonly commands?: readonly string[];
  readonly checks?: readonly Verification[];
  readonly verified?: boolean;
}) {
  const bodies: RunEventBody[] = [
    {
      type: 'run_started',
      run_id: 'r1',
      plan: 'p',
      slice: 'task-001',
      attempt: 1,
      mode: 'fresh',
      pid: 1,
      pid_started: 'x',
      host: 'h',
      worktree: '/w',
      branch: 'b',
    },
    { type: 'agent_started', adapter: run.adapter ?? 'claude', version: '2', session_id: 's', pid: 2 },
    ...(run.commands ?? []).map((command): RunEventBody => ({
      type: 'agent_command',
      command,
      exit_code: 0,
      duration_ms: 1,
    })),
    { type: 'agent_report', claims: run.said },
    { type: 'snapshot', commit: 'c'.repeat(40), tree: 't'.repeat(40) },
    { type: 'scope_checked', files: run.files ?? [], violations: [] },
    ...(run.checks ?? []).map((result): RunEventBody => ({ type: 'verification', result })),
    ...(run.verified
      ? [
          { type: 'verified', tree: 't'.repeat(40), tests_passed: true } as const,
          { type: 'ended', end: 'verified', reason: null, detail: null, stop: null } as const,
        ]
      : []),
  ];
  const events = bodies.map((body, index): RunEvent => ({ v: 1, t: `2026-01-02T03:04:${10 + index}Z`, ...body }));
  return traceOf('r1', events, false);
}

const lint = (value: unknown) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return lintFile(text, file).map((found) => [found.code, text.slice(found.span.start, found.span.end)]);
};

suite('trace lint', () => {
  test('an honest run that was verified has no findings', () => {
    const honest = trace({
      said: claims({ filesChanged: ['./src/a.ts'], commandsRun: ['npm  test'], testsPassed: true }),
      files: [change('src/a.ts')],
      commands: ['cd app && npm test'],
      checks: [check('npm test', 'passed')],
      verified: true,
    });
    assert.equal(honest.state, 'verified');
    assert.deepEqual(lint(honest), []);
  });

  test('every contradiction that the gate found is underlined where it was said, and nothing else', () => {
    const path = fc.constantFrom('a.ts', 'b.ts', 'c/d.ts');
    const command = fc.constantFrom('npm test', 'npm run lint', 'make');
    fc.assert(
      fc.property(
        fc.record({
          adapter: fc.constantFrom('claude', 'codex', 'gemini'),
          said: fc
            .record({
              filesChanged: fc.option(fc.uniqueArray(path)),
              commandsRun: fc.option(fc.uniqueArray(command)),
              testsPassed: fc.option(fc.boolean()),
            })
            .map(claims),
          files: fc.uniqueArray(path).map((all) => all.map((name) => change(name))),
          commands: fc.uniqueArray(command),
          checks: fc.array(
            fc
              .tuple(command, fc.constantFrom<Verification['outcome']>('passed', 'failed', 'timed-out', 'no-coverage'))
              .map(([name, outcome]) => check(name, outcome)),
            { maxLength: 3 },
          ),
        }),
        (run) => {
          const written = trace(run);
          const text = JSON.stringify(written, null, 2);
          const refuted = lintFile(text, file).filter((found) => found.code === 'trace.claim-refuted');
          // Two checks of the same command that fail alike are one finding.
          assert.equal(refuted.length, new Set(written.contradictions).size, JSON.stringify(written.contradictions));
          for (const found of refuted) assert.notEqual(text.slice(found.span.start, found.span.end).trim(), '');
        },
      ),
    );
  });

  test('results without evidence', () => {
    const good = trace({
      said: claims({}),
      files: [change('a.ts')],
      checks: [check('npm test', 'passed')],
      verified: true,
    });
    const missing = (edited: object) =>
      lint({ ...good, ...edited }).filter(([code]) => code === 'trace.evidence-missing');
    assert.deepEqual(missing({}), []);
    assert.deepEqual(missing({ verification: [] }), [['trace.evidence-missing', 'true']]);
    assert.deepEqual(missing({ verification: [], tests_passed: null }), [], 'a person approved');
    assert.deepEqual(missing({ verification: [], tests_passed: false }), [['trace.evidence-missing', '"verified"']]);
    assert.deepEqual(missing({ ended_at: null }), [['trace.evidence-missing', '"ended_at"']]);
    assert.deepEqual(missing({ snapshot_commit: null }), [['trace.evidence-missing', '"snapshot_commit"']]);
    assert.deepEqual(missing({ snapshot_commit: null, commit: 'd' }), []);
    const red = { command: 'x', exit_code: 1, outcome: 'failed' };
    assert.deepEqual(missing({ verification: [red] }), [['trace.evidence-missing', 'true']]);
    assert.deepEqual(missing({ verification: [{ ...red, waived: true }] }), []);
    assert.deepEqual(missing({ verification: [{ ...red, base_exit_code: 1 }] }), [], 'it failed before');
  });

  test('out of scope, other versions, and what is no trace', () => {
    assert.deepEqual(lint(trace({ said: claims({}), files: [change('a.ts'), change('b.ts', false)] })), [
      ['trace.out-of-scope', '"b.ts"'],
    ]);
    assert.deepEqual(lint({ v: 2, state: 'verified', tests_passed: true }), [['trace.unknown-version', '2']]);
    assert.deepEqual(lint({ state: 'verified' }), [['trace.unknown-version', '{']]);
    assert.deepEqual(lint('[]'), [['trace.json', '[]']]);
    assert.deepEqual(lint('{"v": 1, // x\n}')[0]?.[0], 'trace.json');
    assert.deepEqual(lint('{"v": 1, "state": "verified"'), [['trace.json', '"']]);
    assert.deepEqual(lint('{"v": 1, "files_changed": 5, "claims": [], "verification": {}, "state": []}'), []);
  });
});
