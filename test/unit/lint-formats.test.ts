import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Draft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { unifiedDiff } from '../../src/core/lint/engine/diff.ts';
import { explainRule, listRules, nearRules } from '../../src/core/lint/engine/explain.ts';
import { countedSeverity, formatFindings, lintReport } from '../../src/core/lint/engine/format.ts';
import { githubAnnotations } from '../../src/core/lint/engine/github.ts';
import { lintFile, LintSession } from '../../src/core/lint/lint.ts';
import { rules } from '../../src/core/lint/engine/rules.ts';
import { sarifLog } from '../../src/core/lint/engine/sarif.ts';
import { readLintSettings } from '../../src/core/lint/engine/settings.ts';
import type { Finding } from '../../src/core/text/finding.ts';
import { assertLinear } from './cost.ts';

const schemaFile = path.join(import.meta.dirname, '../fixtures/sarif/sarif-schema-2.1.0.json');
const schema: unknown = JSON.parse(readFileSync(schemaFile, 'utf8'));

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly originalUriBaseIds?: object;
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly suppressions?: readonly unknown[];
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string };
          readonly region: object;
        };
      }[];
      readonly fixes?: readonly {
        readonly artifactChanges: readonly {
          readonly replacements: readonly { readonly deletedRegion: object; readonly insertedContent: object }[];
        }[];
      }[];
    }[];
  }[];
}

/** Checks a log against the published schema, and gives it back typed. */
function valid(log: object): Log {
  const ajv = new Draft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  const check = ajv.compile(schema as object);
  // Through JSON, as readers get it.
  const parsed: unknown = JSON.parse(JSON.stringify(log));
  assert.ok(check(parsed), JSON.stringify(check.errors, null, 2));
  return parsed as Log;
}

const broken = '# T\n\n## Outcome\n\nGood.\n\n## In scope\n\n- x\n\n## Evidence\n';

suite('lint as SARIF', () => {
  const file = 'specs/ü b#1%.md';
  const findings = lintFile(broken, file);
  const textOf = (): string => broken;

  test('validates, and says everything that is known', () => {
    assert.ok(findings.length > 0);
    const [found] = findings;
    assert.ok(found);
    const log = valid(sarifLog({ findings, version: '1.2.3', root: 'file:///r/a%20b', textOf }));
    const [run] = log.runs;
    assert.ok(run);
    assert.deepEqual(
      run.tool.driver.rules.map((rule) => rule.id),
      rules.map((rule) => rule.code),
    );
    assert.deepEqual(run.originalUriBaseIds, { SRCROOT: { uri: 'file:///r/a%20b/' } });
    assert.equal(run.results.length, findings.length);
    for (const [index, result] of run.results.entries()) {
      assert.equal(run.tool.driver.rules[result.ruleIndex]?.id, result.ruleId);
      assert.equal(result.message.text, findings[index]?.message);
      const place = result.locations[0]?.physicalLocation;
      assert.equal(
        new URL(place?.artifactLocation.uri ?? '', 'file:///r/').href,
        'file:///r/specs/%C3%BC%20b%231%25.md',
      );
      assert.equal(place?.artifactLocation.uriBaseId, 'SRCROOT');
      assert.deepEqual(place?.region, {
        startLine: findings[index]?.line,
        startColumn: findings[index]?.column,
        endLine: findings[index]?.endLine,
        endColumn: findings[index]?.endColumn,
      });
    }
  });

  test('fixes are replacements at exact places; a byte order mark is not counted', () => {
    const text = '\uFEFF---\nid: a\nid: b\n---\n# T\n';
    const marked = `\uFEFF${broken}`;
    for (const whole of [text, marked]) {
      const own = lintFile(whole, 'specs/a.md');
      const log = valid(sarifLog({ findings: own, version: '0.0.0', textOf: () => whole }));
      const fixes = log.runs[0]?.results.flatMap((result) => result.fixes ?? []) ?? [];
      assert.equal(fixes.length, own.filter((found) => found.fix).length);
      assert.ok(fixes.length > 0);
    }
    const title = lintFile(marked, 'specs/a.md').find((found) => found.line === 1 && found.column > 2);
    assert.ok(title);
    const log = valid(sarifLog({ findings: [title], version: '0.0.0', textOf: () => marked }));
    assert.deepEqual(log.runs[0]?.results[0]?.locations[0]?.physicalLocation.region, {
      startLine: 1,
      startColumn: title.column - 1,
      endLine: title.endLine,
      endColumn: title.endColumn - 1,
    });
  });

  test('suppressed findings are there, with their reason', () => {
    const session = new LintSession();
    const text = `<!-- slicewave-disable-file spec.answer-empty: a draft -->\n${broken}`;
    session.set('specs/a.md', text);
    const own = [...session.findings().values()].flat();
    const log = valid(
      sarifLog({ findings: own, suppressed: session.suppressed(), version: '0.0.0', textOf: () => text }),
    );
    const results = log.runs[0]?.results ?? [];
    assert.deepEqual(
      results.flatMap((result) => (result.suppressions ? [[result.ruleId, result.suppressions]] : [])),
      [['spec.answer-empty', [{ kind: 'inSource', status: 'accepted', justification: 'a draft' }]]],
    );
  });

  test('nothing found, files outside the repository, texts that are gone', () => {
    assert.deepEqual(valid(sarifLog({ findings: [], version: '0.0.0', textOf: () => undefined })).runs[0]?.results, []);
    const [found] = findings;
    assert.ok(found);
    const places = ['../x/a.md', '/abs/a.md', 'C:/abs/a.md', 'half \ud83d.md'].map((name) => ({
      ...found,
      file: name,
    }));
    const log = valid(sarifLog({ findings: places, version: '0.0.0', textOf: () => undefined }));
    assert.deepEqual(
      log.runs[0]?.results.map((result) => result.locations[0]?.physicalLocation.artifactLocation.uri),
      ['../x/a.md', 'file:///abs/a.md', 'file:///C%3A/abs/a.md', 'half%20%EF%BF%BD.md'],
    );
  });

  test('the schema says no to what is wrong: the test above can fail', () => {
    const log = sarifLog({ findings: [], version: '0.0.0', textOf }) as { version: string };
    assert.throws(() => valid({ ...log, version: '2.0.0' }), assert.AssertionError);
    assert.throws(() => valid({ ...log, runs: [{}] }), assert.AssertionError);
  });
});

suite('lint as annotations', () => {
  const found = (more: Partial<Finding>): Finding => ({
    code: 'task.stop-missing',
    severity: 'error',
    message: 'm',
    file: 'a.md',
    span: { start: 0, end: 1 },
    line: 2,
    column: 3,
    endLine: 2,
    endColumn: 9,
    ...more,
  });

  test('one command for each finding, with its severity and place', () => {
    assert.equal(
      githubAnnotations([
        found({}),
        found({ severity: 'warning' }),
        found({ severity: 'info' }),
        found({ severity: 'hint', endLine: 4 }),
      ]),
      [
        '::error file=a.md,line=2,endLine=2,col=3,endColumn=9,title=task.stop-missing::m',
        '::warning file=a.md,line=2,endLine=2,col=3,endColumn=9,title=task.stop-missing::m',
        '::notice file=a.md,line=2,endLine=2,col=3,endColumn=9,title=task.stop-missing::m',
        '::notice file=a.md,line=2,endLine=4,title=task.stop-missing::m',
        '',
      ].join('\n'),
    );
    assert.equal(githubAnnotations([]), '');
  });

  test('nothing in a file can end the command or start another', () => {
    assert.equal(
      githubAnnotations([found({ file: 'a,b:c%\n.md', message: '100%\r\n::error::x, y: z' })]),
      '::error file=a%2Cb%3Ac%25%0A.md,line=2,endLine=2,col=3,endColumn=9,title=task.stop-missing::100%25%0D%0A::error::x, y: z\n',
    );
  });
});

suite('unified diff', () => {
  test('as people know it', () => {
    assert.equal(unifiedDiff('a.md', 'x\n', 'x\n'), '');
    assert.equal(
      unifiedDiff('a.md', '1\n2\n3\n4\n5\n6\n7\n8\n', '1\n2\n3\n4\nfive\n6\n7\n8\n9'),
      '--- a/a.md\n+++ b/a.md\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n+9\n\\ No newline at end of file\n',
    );
  });

  test('git applies it and gets the new text, whatever the texts are', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'slicewave-diff-'));
    try {
      const line = fc.constantFrom('a\n', 'b\n', 'c\r\n', '\n', 'é\n', '-- x\n', '@@\n');
      const text = fc
        .tuple(fc.array(line, { maxLength: 40 }), fc.constantFrom('', 'end', 'end\r'))
        .map(([l, e]) => l.join('') + e);
      const near = text.chain((before) =>
        fc
          .array(fc.record({ at: fc.nat(40), count: fc.nat(2), lines: fc.array(line, { maxLength: 2 }) }), {
            maxLength: 4,
          })
          .map((changes) => {
            const lines = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
            for (const { at, count, lines: added } of changes)
              if (at <= lines.length && (at < lines.length || before.endsWith('\n') || before === ''))
                lines.splice(at, count, ...added);
            return { before, after: lines.join('') };
          }),
      );
      const pairs = fc
        .sample(near, { numRuns: 400, seed: 7 })
        .filter(({ before, after }) => before !== after && before !== '' && after !== '');
      assert.ok(pairs.length > 50);
      let patch = '';
      mkdirSync(path.join(dir, 'x'));
      pairs.forEach(({ before, after }, index) => {
        writeFileSync(path.join(dir, 'x', `${index}.md`), before);
        patch += unifiedDiff(`x/${index}.md`, before, after);
      });
      execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd: dir, input: patch });
      pairs.forEach(({ after }, index) =>
        assert.equal(readFileSync(path.join(dir, 'x', `${index}.md`), 'utf8'), after, String(index)),
      );
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test('texts with nothing in common take time that grows with them', () => {
    assertLinear('lines', 20_000, (count) => {
      const lines = (word: string): string => Array.from({ length: count }, (_, i) => `${word}${i}\n`).join('');
      assert.ok(unifiedDiff('a', lines('a'), lines('b')).length > 5 * count);
    });
  });
});

suite('lint explained', () => {
  test('every rule has a page and stands in the list', () => {
    const list = listRules();
    for (const rule of rules) {
      const page = explainRule(rule.code) ?? '';
      assert.ok(page.startsWith(`# ${rule.code} (${rule.severity})\n\n${rule.summary}\n`), rule.code);
      assert.ok(list.includes(`  ${rule.code} `), rule.code);
    }
    assert.equal(explainRule('task.nothing'), null);
    assert.equal(explainRule('toString'), null);
    assert.match(list, /^Task specs$/m);
  });

  test('a mistyped code leads to those that may have been meant', () => {
    assert.ok(nearRules('tasks.stop-missing').includes('task.stop-missing'));
    assert.ok(nearRules('task.stopmissing').every((code) => code.startsWith('task.')));
    assert.equal(nearRules('skill.nam')[0], 'skill.name', 'its own kind first');
    assert.deepEqual(nearRules('zzz'), []);
  });
});

suite('lint settings', () => {
  const problems = (text: string, file = 'lint.yaml'): string[] =>
    readLintSettings(text, file).problems.map(
      (found) => `${found.line}:${found.column} ${found.severity} ${found.message}`,
    );

  test('all there is, in YAML and in JSON', () => {
    const wanted = {
      rules: { 'task.stop-missing': 'error', 'spec.*': 'off' },
      limits: { taskHours: 6 },
      ignore: ['drafts/**'],
      overrides: [{ files: ['parallel/**'], rules: { '*': 'info' } }],
    };
    const yaml =
      '# ours\nrules:\n  task.stop-missing: error\n  spec.*: "off"\nlimits: {taskHours: 6}\nignore: [drafts/**]\noverrides:\n  - files: [parallel/**]\n    rules: {"*": info}\n';
    assert.deepEqual(readLintSettings(yaml, 'lint.yaml'), { settings: wanted, problems: [] });
    assert.deepEqual(readLintSettings(`\uFEFF${yaml}`, 'lint.yml').settings, wanted);
    assert.deepEqual(readLintSettings(JSON.stringify(wanted), 'lint.json'), { settings: wanted, problems: [] });
    for (const empty of ['', '# nothing\n', '{}']) assert.deepEqual(problems(empty), []);
  });

  test('`off` needs no quotes, though other readers of YAML take it for false', () => {
    assert.deepEqual(readLintSettings('rules:\n  spec.*: off\n', 'lint.yaml').settings.rules, { 'spec.*': 'off' });
  });

  test('what is wrong is said at its place', () => {
    assert.deepEqual(problems('rules:\n  task.stop-missing: fatal\n'), [
      '2:22 error "rules.task.stop-missing" must be one of off, hint, info, warning, error',
    ]);
    assert.deepEqual(problems('rules: {}\nignored: []\n'), [
      '2:1 error the settings have no key "ignored"; there are rules, limits, ignore, overrides',
    ]);
    assert.match(
      problems('limits:\n  hours: 3\n')[0] ?? '',
      /^2:3 error "limits" has no key "hours"; there are .*taskHours/,
    );
    for (const [text, message] of [
      ['limits: {taskHours: much}\n', '1:10 error "limits.taskHours" must be a number'],
      ['limits: {taskHours: -1}\n', '1:21 error "limits.taskHours" must be at least 0'],
      ['limits: {scopeShare: 30}\n', '1:22 error "limits.scopeShare" must be at most 1'],
      ['limits: {serialAbove: 101}\n', '1:23 error "limits.serialAbove" must be at most 100'],
      ['ignore: drafts\n', '1:1 error "ignore" must be a list'],
      ['rules: [a]\n', '1:1 error "rules" must be a mapping of rules to levels'],
      ['- a\n', '1:1 error the settings must be a mapping of keys to values'],
      [
        'rules: {spec.vage-limit: off}\n',
        '1:9 warning there is no rule "spec.vage-limit"; did you mean "spec.vague-limit"?',
      ],
    ] as const)
      assert.deepEqual(problems(text), [message]);
    assert.deepEqual(problems('limits: {scopeShare: 1, serialAbove: 100, taskHours: 1000}\n'), []);
    assert.match(problems('rules: [\n')[0] ?? '', /error/);
    assert.match(problems('{"rules": }', 'lint.json')[0] ?? '', /^1:11 error /);
    assert.deepEqual(problems('overrides:\n  - rules: {}\n').length, 1);
  });

  test('unknown codes are said and change nothing else', () => {
    const { settings, problems: found } = readLintSettings(
      'rules:\n  task.stop-mising: off\n  tasks.*: off\n  task.*: hint\noverrides:\n  - files: [a]\n    rules: {x: off}\n',
      'lint.yaml',
    );
    assert.deepEqual(
      found.map(({ line, column, severity }) => [line, column, severity]),
      [
        [2, 3, 'warning'],
        [3, 3, 'warning'],
        [7, 13, 'warning'],
      ],
    );
    assert.equal(settings.rules['task.*'], 'hint');
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.constantFrom('a.yaml', 'a.json'), (text, file) => {
        for (const found of readLintSettings(text, file).problems) assert.ok(found.span.end <= text.length);
      }),
      { numRuns: 500 },
    );
  });
});

suite('lint output of many findings', () => {
  test('5,000 findings are written in no time, in every format', () => {
    const text = Array.from({ length: 5_000 }, (_, i) => `- [x](y) 日本 line ${i}\t${'words '.repeat(8)}\n`).join('');
    const [model] = lintFile('# T\n', 'specs/a.md');
    assert.ok(model);
    const findings = Array.from({ length: 5_000 }, (_, i): Finding => {
      const start = 40 * i;
      return {
        ...model,
        file: `specs/${i % 50}.md`,
        line: i + 1,
        endLine: i + 1,
        column: 3,
        endColumn: 8,
        span: { start, end: start + 5 },
        fix: { title: 'Mend it', edits: [{ span: { start, end: start + 5 }, text: 'x' }] },
      };
    });
    const textOf = (): string => text;
    const formats: readonly (readonly [string, (some: readonly Finding[]) => string])[] = [
      ['text', (some) => formatFindings(some, { textOf, nameOf: (file) => file, color: true })],
      ['json', (some) => JSON.stringify(lintReport(some))],
      ['github', (some) => githubAnnotations(some)],
      ['sarif', (some) => JSON.stringify(sarifLog({ findings: some, version: '0.0.0', textOf }), null, 2)],
    ];
    for (const [name, write] of formats) {
      assert.ok(write(findings).length > 100_000, name);
      assertLinear(name, findings.length, (count) => write(findings.slice(0, count)));
    }
  });

  test('numbers have the right word', () => {
    assert.equal(countedSeverity(1, 'warning'), '1 warning');
    assert.equal(countedSeverity(0, 'error'), '0 errors');
    assert.equal(countedSeverity(2, 'info'), '2 info');
  });
});
