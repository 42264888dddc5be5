import assert from 'node:assert/strict';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { applyRuleSettings, noSettings } from '../../src/core/lint/engine/config.ts';
import type { LintSettings } from '../../src/core/lint/engine/config.ts';
import { lintFile, lintPlan, LintSession, lintWorkspace } from '../../src/core/lint/lint.ts';
import { applyFix } from './caret.ts';
import { clean, plan, skill, spec, taskFile } from './lint-cases/workspace.ts';

const nothing: RepositoryFacts = { files: [], scripts: new Map(), programs: null, textOf: () => null };
const file = 'specs/TS-1-demo.md';
const outcome = '## Outcome\n\nAnyone can order.';
const empty = '## Outcome\n\nTBD';

/** The codes found in the demo spec in which the outcome became `to`. */
function codes(to: string, options: { readonly from?: string; readonly newline?: string } = {}): string[] {
  const { from = outcome, newline = '\n' } = options;
  assert.ok(spec.includes(from));
  const text = spec.replace(from, () => to).replaceAll('\n', newline);
  return lintWorkspace(new Map(clean).set(file, text), nothing)
    .filter((found) => found.file === file && /^(?:suppression|spec)\.(?!scope|places)/.test(found.code))
    .map((found) => `${found.line}:${found.code}`);
}

suite('suppressions', () => {
  const next = '<!-- slicewave-disable-next-line spec.answer-empty: decided on Monday -->\n';
  const base = codes(outcome);

  test('the finding on the next line is hidden, and only that one', () => {
    assert.deepEqual(codes(empty), [...base, '8:spec.answer-empty'].sort(byLine));
    assert.deepEqual(codes(next + empty), base);
    assert.deepEqual(codes(`${next}\n${empty}`), base, 'blank lines may stand between: formatters put them there');
    assert.deepEqual(
      codes(`${next}Some words.\n\n${empty}`),
      [...base, '8:suppression.unused', '11:spec.answer-empty'].sort(byLine),
    );
  });

  for (const [name, newline] of [
    ['CRLF', '\r\n'],
    ['lone CR', '\r'],
  ] as const) {
    test(`with ${name}`, () => assert.deepEqual(codes(next + empty, { newline }), codes(outcome, { newline })));
  }

  test('comments stack, take several codes, and may span lines', () => {
    assert.deepEqual(
      codes(
        `<!-- slicewave-disable-next-line spec.estimate, spec.answer-empty: why -->\n<!-- slicewave-disable-next-line\n  spec.duplicate-slice: because\n  of this -->\n${empty}`,
      ),
      [...base, '8:suppression.unused', '10:suppression.unused'].sort(byLine),
    );
  });

  test('a whole file', () => {
    const whole = '<!-- slicewave-disable-file spec.answer-empty: a template -->';
    assert.deepEqual(codes(`${empty}\n\n${whole}`), base);
    assert.deepEqual(codes(`${outcome}\n\n${whole}`), [...base, '12:suppression.unused'].sort(byLine));
  });

  test('front matter has YAML comments', () => {
    const from = 'status: approved\n';
    assert.deepEqual(codes('status: maybe\n', { from }), ['3:spec.front-matter', ...base]);
    const comment = '# slicewave-disable-next-line spec.front-matter: our own state\n';
    assert.deepEqual(codes(`${comment}status: maybe\n`, { from }), base);
    assert.deepEqual(
      codes(`${comment.replace('next-line', 'file')}status: maybe\n`, { from }),
      base,
      'for the whole file',
    );
    assert.deepEqual(
      codes(`note: |\n  ${comment}status: maybe\n`, { from }),
      ['5:spec.front-matter', ...base],
      'in a block of text it is text',
    );
    assert.deepEqual(codes(`status: approved ${comment}`, { from }), ['3:suppression.malformed', ...base]);
  });

  test('in code, in a comment that never ends and in other files it is nothing', () => {
    assert.deepEqual(codes(`${outcome}\n\n\`\`\`md\n${next}\`\`\`\n`), base);
    assert.deepEqual(lintFile('<!-- slicewave-disable-next-line x', 'specs/a.md', {}).length, 4);
    assert.deepEqual(lintFile(`${next}# Read me\n`, 'README.md'), []);
  });

  test('what is wrong with a comment is said where it is', () => {
    const wrong: [comment: string, code: string][] = [
      ['slicewave-disable-line spec.answer-empty: x', 'malformed'],
      ['slicewave-ignore spec.answer-empty: x', 'malformed'],
      ['slicewave-disable-next-line', 'malformed'],
      ['slicewave-disable-next-line : why', 'malformed'],
      ['slicewave-disable-next-line spec.answer-empty decided on Monday', 'malformed'],
      ['slicewave-disable-next-line spec.answer-empty', 'reason-missing'],
      ['slicewave-disable-next-line spec.answer-empty:  ', 'reason-missing'],
      ['slicewave-disable-next-line spec.*: why', 'unknown-code'],
      ['slicewave-disable-next-line nonsense: why', 'unknown-code'],
    ];
    for (const [comment, code] of wrong)
      assert.deepEqual(
        codes(`<!-- ${comment} -->\n${empty}`),
        [...base, `8:suppression.${code}`, '9:spec.answer-empty'].sort(byLine),
        comment,
      );
    assert.deepEqual(
      codes(`Words <!-- slicewave-disable-next-line spec.answer-empty: x -->\n\n${outcome}`),
      [...base, '8:suppression.malformed'].sort(byLine),
    );
  });

  test('nothing is called unused when the repository was not looked at', () => {
    const text = spec.replace(outcome, next + outcome);
    const found = [...lintWorkspace(new Map(clean).set(file, text)), ...lintFile(text, file)];
    assert.deepEqual(
      found.filter(({ code }) => code.startsWith('suppression.')),
      [],
    );
  });

  test('the removal of one code of several keeps the others and the reason', () => {
    const at = (list: string): string => `<!-- slicewave-disable-next-line ${list}: why -->\n${empty}`;
    const fixed = (list: string): string => {
      const text = spec.replace(outcome, at(list));
      const found = lintWorkspace(new Map([[file, text]]), nothing).find((one) => one.code === 'suppression.unused');
      assert.ok(found);
      return applyFix(text, found);
    };
    for (const list of [
      'spec.cycle, spec.answer-empty',
      'spec.answer-empty, spec.cycle',
      'spec.answer-empty,spec.cycle',
    ])
      assert.equal(fixed(list), spec.replace(outcome, at('spec.answer-empty')));
  });

  test('plans, single files and sessions all respect them', () => {
    const task = taskFile('task-001');
    const broken = (clean.get(task) ?? '').replace(/\n## Stop conditions[^]*$/, '\n');
    const stops = (text: string): number =>
      lintWorkspace(new Map(clean).set(task, text)).filter((found) => found.code === 'task.stop-missing').length;
    assert.equal(stops(broken), 1);
    const comment = '<!-- slicewave-disable-file task.stop-missing: kept elsewhere -->\n';
    const quiet = broken.replace('## Scope', `${comment}\n## Scope`);
    assert.equal(stops(quiet), 0);
    assert.deepEqual(
      lintFile(quiet, task).filter((found) => found.code === 'task.stop-missing'),
      [],
    );
    const files = new Map(
      [...new Map(clean).set(task, quiet)].flatMap(([name, text]) =>
        name.startsWith(`${plan}/`) ? [[name.slice(plan.length + 1), text] as const] : [],
      ),
    );
    assert.deepEqual(
      lintPlan(files, plan).filter((found) => found.code === 'task.stop-missing'),
      [],
    );
    const session = new LintSession();
    session.set('SKILL.md', `${skill}\n${comment}`);
    session.findings();
    session.set('SKILL.md', skill.replace('## Stop conditions', '## Stop'));
    assert.deepEqual(session.suppressed(), []);
  });

  test('what was hidden is kept with its reason, under the severity the settings give it', () => {
    const session = new LintSession();
    session.set(file, spec.replace(outcome, next + empty));
    session.setSettings({ ...noSettings, rules: { 'spec.answer-empty': 'hint' } });
    session.findings();
    assert.deepEqual(
      session.suppressed().map(({ finding, reason }) => [finding.code, finding.severity, finding.line, reason]),
      [['spec.answer-empty', 'hint', 9, 'decided on Monday']],
    );
    session.setSettings({ ...noSettings, rules: { '*': 'off' } });
    assert.equal(session.findings().size, 0);
    assert.deepEqual(session.suppressed(), []);
  });

  /** A comment between any two lines must leave what is read as it was: only line numbers move. */
  test('comments change nothing about how a file is read', () => {
    for (const [name, text] of [...clean, ['specs/messy.md', messy] as const]) {
      if (!name.endsWith('.md')) continue;
      const files = new Map(clean).set(name, text);
      const before = lintWorkspace(files).map(words(files));
      const lines = text.split('\n');
      const closing = lines.indexOf('---', 1);
      let fence = false;
      for (let i = 1; i < lines.length; i++) {
        if (lines[i - 1]?.startsWith('```')) fence = !fence;
        if (fence) continue;
        const inYaml = text.startsWith('---') && i <= closing;
        const comment = inYaml
          ? '# slicewave-disable-next-line trace.nothing: why'
          : '<!-- slicewave-disable-next-line spec.cycle: why -->';
        const changed = new Map(clean).set(name, [...lines.slice(0, i), comment, ...lines.slice(i)].join('\n'));
        const after = lintWorkspace(changed).filter((found) => !found.code.startsWith('suppression.'));
        assert.deepEqual(after.map(words(changed)), before, `${name}, above line ${i + 1}: ${lines[i]}`);
      }
    }
  });
});

const messy = `# T

## Outcome
TBD

## In scope
- orders that
  go on
- payment

## Out of scope
payment

## Evidence
- [ ] x

## Slices
- A1: Model (files: src/model.ts)
  more words
- A2: Endpoint (after A7)
- A2: Again

MP1: A1 -> A9
`;

function words(files: ReadonlyMap<string, string>) {
  return (found: { file: string; code: string; message: string; span: { start: number; end: number } }): string =>
    `${found.file} ${found.code} ${found.message.replace(/\bline \d+/g, 'line N')} ${(files.get(found.file) ?? '').slice(found.span.start, found.span.end)}`;
}

function byLine(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1);
}

suite('settings', () => {
  const findings = lintFile('# T\n', 'specs/a.md');

  test('an exact code wins over its kind, and that over *', () => {
    const levels = (rulesOf: LintSettings['rules']): (string | undefined)[] => {
      const kept = applyRuleSettings(findings, { ...noSettings, rules: rulesOf });
      return ['spec.outcome-missing', 'spec.in-scope-missing'].map(
        (code) => kept.find((found) => found.code === code)?.severity,
      );
    };
    assert.deepEqual(levels({}), ['error', 'error']);
    assert.deepEqual(levels({ '*': 'off', 'spec.*': 'info', 'spec.outcome-missing': 'hint' }), ['hint', 'info']);
    assert.deepEqual(levels({ 'spec.outcome-missing': 'off' }), [undefined, 'error']);
    assert.deepEqual(levels({ '*': 'off' }), [undefined, undefined]);
    assert.deepEqual(
      levels(
        Object.fromEntries([
          ['task.*', 'off'],
          ['toString', 'off'],
        ]),
      ),
      ['error', 'error'],
    );
  });

  test('ignored files and levels for some files', () => {
    assert.deepEqual(applyRuleSettings(findings, { ...noSettings, ignore: ['specs/**'] }), []);
    assert.equal(applyRuleSettings(findings, { ...noSettings, ignore: ['other/**'] }).length, findings.length);
    const overrides: LintSettings['overrides'] = [
      { files: ['specs/**'], rules: { 'spec.*': 'hint' } },
      { files: ['specs/a.md'], rules: { 'spec.outcome-missing': 'off' } },
    ];
    const kept = applyRuleSettings(findings, { ...noSettings, rules: { '*': 'info' }, overrides });
    assert.deepEqual([...new Set(kept.map((found) => found.severity))], ['hint']);
    assert.ok(!kept.some((found) => found.code === 'spec.outcome-missing'));
  });

  test('limits reach the rules', () => {
    const session = new LintSession();
    for (const [name, text] of clean) session.set(name, text);
    const task = taskFile('task-001');
    session.set(task, (clean.get(task) ?? '').replace('deps: []', 'deps: []\nestimate: 3h'));
    const long = (): number =>
      [...session.findings().values()].flat().filter((found) => found.code === 'task.too-long').length;
    assert.equal(long(), 0);
    session.setSettings({ ...noSettings, limits: { taskHours: 2 } });
    assert.equal(long(), 1);
    session.setSettings(noSettings);
    assert.equal(long(), 0);
  });
});
