import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseReport } from '../../src/core/context/report.ts';
import { assertLinear } from './cost.ts';

const full = {
  status: 'COMPLETE',
  spec_summary: 'Users can register',
  slice_plan: 'model, then API',
  files_changed: ['a.ts'],
  commands_run: ['npm test'],
  tests_passed: true,
  test_count: 42,
  risk_notes: [{ summary: 'slow', severity: 'high', suggested_action: 'index it' }],
  review_needed: false,
  question: null,
  learnings: ['use port 0'],
};

const claims = {
  status: 'COMPLETE',
  specSummary: 'Users can register',
  slicePlan: 'model, then API',
  filesChanged: ['a.ts'],
  commandsRun: ['npm test'],
  testsPassed: true,
  testCount: 42,
  riskNotes: [{ summary: 'slow', severity: 'high', suggestedAction: 'index it' }],
  reviewNeeded: false,
  question: null,
  learnings: ['use port 0'],
};

const fenced = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;

suite('final report', () => {
  test('the last fenced block of a message', () => {
    assert.deepEqual(
      parseReport(`Done.\n\n${fenced({ status: 'BLOCKED' })}\n\nNow really:\n\n${fenced(full)}\n\nBye.`),
      claims,
    );
  });

  test('a later block of something else does not hide it', () => {
    assert.deepEqual(parseReport(`${fenced(full)}\n\n\`\`\`sh\nnpm test\n\`\`\`\n\n${fenced({ name: 'x' })}`), claims);
  });

  test('a bare object, with prose, quotes and braces around it', () => {
    assert.deepEqual(
      parseReport(`He said "{ wait.\nHere: ${JSON.stringify({ ...full, slice_plan: 'model, then API' })} {}`),
      claims,
    );
  });

  test('other spellings that agents use', () => {
    const report = parseReport(
      fenced({
        Status: 'needs-input',
        filesChanged: [{ path: 'a.ts', change: 'added' }],
        commands_run: [{ command: 'npm test', exit_code: 0 }, 'ls'],
        testsPassed: 'no',
        riskNotes: ['may be slow', { risk: 'x', severity: 'scary', action: 'y' }],
        question: 'Which one?',
        learnings: 'one only',
        slice_plan: ['first', 'second'],
      }).replace('"second"', '"second",'),
    );
    assert.deepEqual(report, {
      status: 'NEEDS_INPUT',
      specSummary: null,
      slicePlan: 'first\nsecond',
      filesChanged: ['a.ts'],
      commandsRun: ['npm test', 'ls'],
      testsPassed: false,
      testCount: null,
      riskNotes: [
        { summary: 'may be slow', severity: 'medium', suggestedAction: '' },
        { summary: 'x', severity: 'medium', suggestedAction: 'y' },
      ],
      reviewNeeded: null,
      question: 'Which one?',
      learnings: ['one only'],
    });
  });

  test('how many tests passed, as a number or in the words of the summary', () => {
    const counts: readonly (readonly [report: Readonly<Record<string, unknown>>, count: number | null])[] = [
      [{ status: 'COMPLETE', testsRun: 7 }, 7],
      [{ status: 'COMPLETE', tests_passed: 12 }, 12],
      [{ status: 'COMPLETE', spec_summary: 'Users can register; 42/42 tests passed.' }, 42],
      [{ status: 'COMPLETE', slice_plan: ['model', '3 new tests pass'] }, 3],
      [{ status: 'COMPLETE', spec_summary: 'See test 42, which passes.' }, null],
      [{ status: 'COMPLETE', test_count: -1 }, null],
      [{ status: 'COMPLETE', test_count: 1.5 }, null],
    ];
    for (const [report, count] of counts)
      assert.equal(parseReport(fenced(report))?.testCount, count, JSON.stringify(report));
  });

  test('an unclosed fence, as when an agent is cut off after the object', () => {
    assert.deepEqual(parseReport(`text\n\`\`\`json\n${JSON.stringify(full)}\n`), claims);
  });

  test('no report', () => {
    for (const text of [
      '',
      'Done.',
      '```json\n{"status": "COMP',
      '{}',
      '[1]',
      fenced([1]),
      fenced({ name: 'x' }),
      'null',
    ]) {
      assert.equal(parseReport(text), null, text);
    }
  });

  test('an unknown status is no status', () => {
    assert.equal(parseReport(fenced({ status: 'MAYBE' }))?.status, null);
  });

  test('never throws, and finds a report in any surroundings', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseReport(text)));
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(full)), (value, key) => {
        const report = parseReport(fenced({ [key]: value }));
        assert.ok(report);
      }),
    );
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/[`~{}]/.test(text)),
        (text) => {
          assert.deepEqual(parseReport(`${text}\n${fenced(full)}`), claims);
        },
      ),
    );
  });

  test('long output is read in time that grows with it', () => {
    assertLinear('braces', 100_000, (count) => assert.equal(parseReport('{'.repeat(count)), null));
    assertLinear('fences', 20_000, (count) => assert.equal(parseReport('```json\n'.repeat(count)), null));
  });
});
