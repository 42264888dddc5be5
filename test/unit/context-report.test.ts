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

  const asked = 'Which port shall it be?';
  const ask = { status: 'NEEDS_INPUT', question: asked };
  const pretty = JSON.stringify(ask, null, 2);
  const framed = (mark: string, text: string): string => text.replaceAll(/^/gm, mark);

  test('a question in any dress is a question', () => {
    const coloured = pretty.replaceAll(/"[^"]*"/g, '\u001b[32m$&\u001b[0m').replaceAll(/[{}]/g, '\u001b[1m$&\u001b[0m');
    const dresses: Readonly<Record<string, string>> = {
      'escape codes': coloured,
      'a link of a terminal': `\u001b]8;;https://a.b\u0007${pretty}\u001b]8;;\u0007`,
      'a box': `╭────╮\n${framed('│ ', `\`\`\`json\n${pretty}\n\`\`\``).replaceAll(/$/gm, '   │')}\n╰────╯`,
      'a quote': framed('> ', `\`\`\`json\n${pretty}\n\`\`\``),
      'line ends of Windows': fenced(ask).replaceAll('\n', '\r\n'),
      'comments and commas': `{"status": "needs-input", "question": "${asked}", // which\n /* end */}`,
      'no comma': `{"status": "NEEDS_INPUT"\n "question": "${asked}"}`,
      'quotes of Python': `{'status': 'NEEDS_INPUT', 'question': '${asked}', 'files_changed': None}`,
      'typographic quotes': `{“status”: “NEEDS_INPUT”, “question”: “${asked}”}`,
      'no quotes': `{status: NEEDS_INPUT, question: ${asked}}`,
      'no end': pretty.slice(0, -1),
      'a list': `[${pretty}]`,
      'a result around it': JSON.stringify({
        type: 'result',
        status: 'success',
        result: `Done so far.\n${fenced(ask)}`,
      }),
      'events around it': `${JSON.stringify({ message: { content: [{ type: 'text', text: pretty }] } })}\n{"type":"usage","n":3}`,
      'a text in a text': JSON.stringify(pretty),
      'a name around it': JSON.stringify({ report: ask }),
      'other words': JSON.stringify({ status: 'Waiting for user input', questions: [asked] }),
      'no status': JSON.stringify({ question: asked, files_changed: [] }),
      'behind another report': `${fenced(full)}\n\nstatus: NEEDS_INPUT\nquestion: ${asked}`,
      'logs behind it': `${fenced(ask)}\n{"status":"ok","port":1}\n`,
      lines: `status: NEEDS_INPUT\nquestion: ${asked}\n`,
      Markdown: `\u001b[33m**Status:** NEEDS_INPUT\u001b[0m\n**Question:** ${asked}\n`,
      'a list of Markdown': `- **Status**: ⚠️ \`NEEDS_INPUT\`\n- **Question**: ${asked}`,
      headings: `## Status\n\nNEEDS_INPUT\n\n## Question\n\n${asked}\n`,
      'a table': `| field | value |\n| --- | --- |\n| Status | NEEDS_INPUT |\n| Question | ${asked} |`,
      elements: `<report><status>NEEDS_INPUT</status><question>${asked}</question></report>`,
      YAML: `---\nstatus: needs input\nquestion: |\n  ${asked}\n---`,
      'one line': `STATUS: NEEDS_INPUT - ${asked}`,
      'the word alone': `I have looked at it.\n\nNEEDS_INPUT: ${asked}`,
      'a question below': `**Status: NEEDS_INPUT**\n\n${asked}`,
      'a question above': `${asked}\n\nStatus: NEEDS_INPUT`,
    };
    for (const [dress, text] of Object.entries(dresses)) {
      const report = parseReport(text);
      assert.deepEqual([report?.status, report?.question], ['NEEDS_INPUT', asked], dress);
    }
    assert.equal(
      parseReport('{"status": "NEEDS_INPUT", "question": "Which port\nshall it be?"}')?.question,
      'Which port\nshall it be?',
    );
  });

  test('an agent that says it is not done is not done', () => {
    for (const word of ['BLOCKED', 'stuck', 'FAILED', 'partial', 'in progress', 'not done', 'Incomplete']) {
      const report = parseReport(fenced({ status: word, spec_summary: 'No access', files_changed: [] }));
      assert.equal(report?.status, 'BLOCKED', word);
    }
    assert.equal(parseReport(fenced({ status: 'BLOCKED', reason: 'No access' }))?.question, 'No access');
  });

  test('what only looks like a question is none', () => {
    const form =
      '"status": "COMPLETE | NEEDS_INPUT | BLOCKED",\n"question": "only with NEEDS_INPUT or BLOCKED: the one"';
    for (const text of [
      `\`\`\`json\n{${form}}\n\`\`\`\nTo ask, end your turn with the completion signal, status NEEDS_INPUT, and the question.`,
      form,
      "return res.json({ status: 'blocked', question: q });",
      'status: blocked users cannot log in\nBLOCKED requests: 3',
      '+status: NEEDS_INPUT\n-question: which?',
    ])
      assert.equal(parseReport(text)?.status ?? null, null, text);
    const complete = { ...full, spec_summary: 'Answers {"status": "BLOCKED"} and\nstatus: NEEDS_INPUT' };
    assert.equal(parseReport(fenced(complete))?.status, 'COMPLETE');
    assert.equal(parseReport(`status: NEEDS_INPUT\n${fenced(full)}`)?.status, 'COMPLETE');
    assert.equal(parseReport(fenced({ status: 'COMPLETE', reason: 'It works' }))?.question, null);
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
    assertLinear('objects', 20_000, (count) => assert.equal(parseReport('{"a":'.repeat(count)), null));
    assertLinear('statuses', 20_000, (count) =>
      assert.ok(parseReport('status: NEEDS_INPUT, {"status":\n'.repeat(count))),
    );
    assertLinear('marks', 40_000, (count) => assert.equal(parseReport(`status${'- '.repeat(count)}`), null));
    assertLinear('fences', 20_000, (count) => assert.equal(parseReport('```json\n'.repeat(count)), null));
  });
});
