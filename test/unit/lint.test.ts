import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Finding } from '../../src/core/finding.ts';
import { formatFindings, lintReport } from '../../src/core/lint/format.ts';
import { fileKind } from '../../src/core/lint/kind.ts';
import { lintFile, LintSession, lintWorkspace } from '../../src/core/lint/lint.ts';
import { rules } from '../../src/core/lint/rules.ts';
import type { RuleCode } from '../../src/core/lint/rules.ts';
import { applyFix, assertFinding, caret } from './caret.ts';

const plan = 'parallel/TS-1-demo';
const manifestFile = `${plan}/manifest.json`;
const taskFile = (name: string) => `${plan}/tasks/${name}.md`;

const spec = `---
id: TS-1
status: approved
confidence: HIGH
---
# TS-1: Demo

## Outcome

Anyone can order.

## In scope

- orders

## Out of scope

- payment

## Evidence

- [ ] \`npm test\` passes

## Slices

- A1: Model (files: src/model.ts)
- A2: Endpoint (after A1)

MP1: A1 -> A2

## Contracts

\`\`\`ts src/types.ts
export {};
\`\`\`
`;

const manifest = `{
  "tech_spec_id": "TS-1",
  "technology": "typescript",
  "dependencies": { "node": { "add": ["zod@4.1.0"] } },
  "waves": [
    { "number": 1, "tasks": [{ "id": "task-001", "agent": "claude" }] },
    { "number": 2, "tasks": [{ "id": "task-002", "agent": "claude" }] }
  ],
  "contracts": ["contracts/types.ts"],
  "metadata": { "total_tasks": 2, "max_parallel": 1, "critical_path": ["task-001", "task-002"] }
}
`;

const task = (id: string, fields: string, scope: string, rest = '') => `---
id: ${id}
${fields}---
# ${id}: A title

## Scope

${scope}

## Checklist

- [ ] \`npm test\` passes

## Stop conditions

- unclear instructions
${rest}`;

const first = task(
  'task-001',
  'deps: []\nblocks: [task-002]\ncontracts: [types.ts]\n',
  'CREATE: src/a/**\nMODIFY: src/index.ts::Router\nBOUNDARY: docs/**',
);
const second = task(
  'task-002',
  'deps: [task-001]\nskills: [policy]\n',
  'CREATE: src/b.ts\nMODIFY: src/index.ts\nBOUNDARY: src/a/**',
).replace(/\n## Stop conditions[^]*$/, '\n');
const skill = `---
name: policy
description: What every agent here must keep to.
---
# Policy

## Allowed

- Edit only files named in the task

## Required output

- run_id, files_changed, commands_run, tests_passed, risk_notes, review_needed

## Stop conditions

- unclear instructions
- unexpected file scope
- secrets, auth, or production data
- test failure after two retries
`;

const clean: ReadonlyMap<string, string> = new Map([
  ['specs/TS-1-demo.md', spec],
  [manifestFile, manifest],
  [taskFile('task-001'), first],
  [taskFile('task-002'), second],
  [`${plan}/contracts/types.ts`, ''],
  ['.claude/skills/policy/SKILL.md', skill],
]);

/** The clean workspace with one file in which `from` became `to`; `to` marks the words that must be underlined. */
interface Case {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Where the finding appears, when that is another file: its words between carets. */
  readonly shown?: { readonly file: string; readonly words: string };
  /** How often the finding appears, when more than once. */
  readonly count?: number;
}

const specCase = (from: string, to: string): Case => ({ file: 'specs/TS-1-demo.md', from, to });
const firstCase = (from: string, to: string): Case => ({ file: taskFile('task-001'), from, to });
const secondCase = (from: string, to: string): Case => ({ file: taskFile('task-002'), from, to });
const manifestCase = (from: string, to: string): Case => ({ file: manifestFile, from, to });
const skillCase = (from: string, to: string): Case => ({ file: '.claude/skills/policy/SKILL.md', from, to });

const cases: Readonly<Record<RuleCode, Case | null>> = {
  'spec.yaml': specCase('id: TS-1\n', 'id: |@|TS-1\n'),
  'spec.yaml-strict': specCase('id: TS-1\n', 'id: TS-1\n|id|: TS-1\n'),
  'spec.front-matter': specCase('approved', '|maybe|'),
  'spec.outcome-missing': specCase('TS-1: Demo\n\n## Outcome', '|TS-1: Demo|\n\n## Result'),
  'spec.in-scope-missing': specCase(
    'TS-1: Demo\n\n## Outcome\n\nAnyone can order.\n\n## In scope',
    '|TS-1: Demo|\n\n## Outcome\n\nAnyone can order.\n\n## Inside',
  ),
  'spec.out-of-scope-missing': specCase(
    spec.slice(spec.indexOf('TS-1: Demo'), spec.indexOf('Out of scope') + 12),
    `|TS-1: Demo|${spec.slice(spec.indexOf('\n\n## Outcome'), spec.indexOf('Out of scope'))}Elsewhere`,
  ),
  'spec.evidence-missing': specCase(
    spec.slice(spec.indexOf('TS-1: Demo'), spec.indexOf('Evidence') + 8),
    `|TS-1: Demo|${spec.slice(spec.indexOf('\n\n## Outcome'), spec.indexOf('Evidence'))}Proofs`,
  ),
  'spec.answer-empty': specCase('Outcome\n\nAnyone can order.', '|Outcome|\n\n<what anyone can do>\n\nTBD'),
  'spec.confidence-low': specCase('confidence: HIGH', '|confidence: LOW|'),
  'spec.duplicate-slice': specCase('- A2: Endpoint', '- |A1|: Endpoint'),
  'spec.duplicate-merge-point': specCase('MP1: A1 -> A2', 'MP1: A1 -> A2\n\n|MP1: A2 -> A1|'),
  'spec.unknown-slice': specCase('after A1', 'after |A7|'),
  'spec.cycle': specCase('A1: Model (files: src/model.ts)', '|A1: Model (after A2)|'),
  'spec.merge-point': specCase('MP1: A1 -> A2', '|MP1: A1 and more|'),
  'spec.estimate': specCase('(after A1)', '(after A1; estimate: |soon|)'),
  'spec.contract-name': specCase('```ts src/types.ts', '|```ts|'),
  'task.yaml': firstCase('deps: []', 'deps: |@|x'),
  'task.yaml-strict': firstCase('deps: []\n', 'deps: []\n|deps|: []\n'),
  'task.schema': firstCase('deps: []\n', 'deps: []\nattempts: |0|\n'),
  'task.estimate': firstCase('deps: []\n', 'deps: []\nestimate: |soon|\n'),
  'task.scope-missing': firstCase('Scope\n\nCREATE: src/a/**\nMODIFY: src/index.ts::Router\n', '|Scope|\n\n'),
  'task.boundary-missing': firstCase(
    first.slice(first.indexOf('Scope'), first.indexOf('docs/**') + 7),
    '|Scope|\n\nCREATE: src/a/**',
  ),
  'task.boundary-overlap': firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |docs/x.md|'),
  'task.boundary-prose': firstCase('BOUNDARY: docs/**', 'BOUNDARY: docs/**, |all the rest|'),
  'task.scope-prose': firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |what is needed|'),
  'task.scope-unclear': firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |src/c.ts for the model|'),
  'task.scope-outside': firstCase('CREATE: src/a/**', 'CREATE: src/a/**, |../c.ts|'),
  'task.scope-directory': firstCase('BOUNDARY: docs/**', 'BOUNDARY: |docs|'),
  'task.symbol-missing': firstCase('src/index.ts::Router', '|src/index.ts::|'),
  'task.symbol-shape': firstCase('src/index.ts::Router', '|src/index.ts::a-b|'),
  'task.stop-missing': firstCase(
    first.slice(first.indexOf('task-001: A title')),
    `|task-001: A title|${first.slice(first.indexOf('\n\n## Scope'), first.indexOf('\n## Stop'))}`,
  ),
  'task.agent-missing': {
    ...manifestCase('{ "id": "task-001", "agent": "claude" }', '{ "id": "task-001" }'),
    shown: { file: taskFile('task-001'), words: 'task-001: A title' },
  },
  'task.check-missing': firstCase(
    first.slice(first.indexOf('task-001: A title'), first.indexOf('`npm test`') + 10),
    `|task-001: A title|${first.slice(first.indexOf('\n\n## Scope'), first.indexOf('`npm test`'))}everything`,
  ),
  'task.check-needs-shell': firstCase('`npm test`', '`|npm test > out|`'),
  'manifest.json': manifestCase('"TS-1"', '|TS-1|'),
  'manifest.json-strict': manifestCase('"TS-1",', '"TS-1", |// why|'),
  'manifest.schema': manifestCase('"typescript"', '|5|'),
  'manifest.legacy': {
    file: manifestFile,
    from: manifest,
    to: '{"version": "1", "tech_spec": {"id": "TS-1"}, |"tasks"|: {"files": ["task-001", "task-002"], "waves": [["task-001"]]}}',
  },
  'manifest.unpinned': manifestCase('"zod@4.1.0"', '|"zod@^4"|'),
  'manifest.validation': manifestCase('{ "number": 1,', '{ "validation": |"It should (all) work"|, "number": 1,'),
  'manifest.validation-command': manifestCase('{ "number": 1,', '{ "validation": |"npm test"|, "number": 1,'),
  'manifest.validation-source': manifestCase(
    '{ "number": 1,',
    '{ "validation": |"await import(\'./a.ts\')"|, "number": 1,',
  ),
  'plan.manifest-missing': null,
  'plan.task-file-missing': manifestCase('{ "id": "task-002",', '{ "id": "task-002" }, { "id": |"task-005"|,'),
  'plan.not-listed': {
    file: taskFile('task-003'),
    from: '',
    to: task('task-003', 'agent: claude\n', 'CREATE: src/q.ts\nBOUNDARY: docs/**').replace('task-003', '|task-003|'),
  },
  'plan.listed-twice': manifestCase('{ "id": "task-002",', '{ "id": "task-002" }, { "id": |"task-002"|,'),
  'plan.bad-id': firstCase('id: task-001', 'id: |a/../b|'),
  'plan.duplicate-id': {
    file: taskFile('task-003'),
    from: '',
    to: task('task-002', 'agent: claude\n', 'CREATE: src/q.ts\nBOUNDARY: docs/**').replace('task-002', '|task-002|'),
  },
  'plan.agent-differs': firstCase('deps: []\n', 'deps: []\nagent: |codex|\n'),
  'plan.unknown-dependency': firstCase('deps: []', 'deps: [|task-008|]'),
  'plan.self-dependency': firstCase('deps: []', 'deps: [|task-001|]'),
  'plan.cycle': firstCase('deps: []', 'deps: [|task-002|]'),
  'plan.unknown-merge-slice': manifestCase(
    '"contracts":',
    '"merge_points": [{ "id": "MP1", "needs": ["task-001", |"task-008"|], "unlocks": ["task-002"] }], "contracts":',
  ),
  'plan.blocks-disagree': secondCase('deps: [task-001]\n', 'deps: [task-001]\nblocks: [|task-001|]\n'),
  'plan.blocks-unknown': firstCase('blocks: [task-002]', 'blocks: [task-002, |task-008|]'),
  'plan.create-twice': secondCase('CREATE: src/b.ts', 'CREATE: |src/{a,c}/b.ts|'),
  'plan.modify-together': {
    file: taskFile('task-003'),
    from: '',
    to: task('task-003', 'agent: claude\n', 'CREATE: src/q.ts\nMODIFY: |src/index.ts::Router.get|\nBOUNDARY: docs/**'),
  },
  'plan.wave-order': manifestCase(
    '{ "number": 1, "tasks": [{ "id": "task-001", "agent": "claude" }] },\n    { "number": 2, "tasks": [{ "id": "task-002",',
    '{ "number": 1, "tasks": [{ "id": "task-001", "agent": "claude" }, { "id": |"task-002"|,',
  ),
  'plan.wrong-count': manifestCase('"total_tasks": 2', '"total_tasks": |3|'),
  'plan.wrong-parallel': manifestCase('"max_parallel": 1', '"max_parallel": |4|'),
  'plan.wrong-critical-path': manifestCase('["task-001", "task-002"]', '[|"task-002"|]'),
  'plan.contract-missing': firstCase('[types.ts]', '[types.ts, |other.ts|]'),
  'skill.yaml': skillCase('name: policy', 'name: |@|policy'),
  'skill.yaml-strict': skillCase('name: policy\n', 'name: policy\n|name|: policy\n'),
  'skill.name': skillCase('name: policy', 'name: |other|'),
  'skill.description': skillCase('description: What every agent here must keep to.', '|description|:'),
  'skill.not-portable': skillCase('name: policy\n', 'name: policy\n|model|: x\n'),
  'skill.allowed-missing': skillCase('Policy\n\n## Allowed', '|Policy|\n\n## Whatever'),
  'skill.required-output-missing': skillCase(
    skill.slice(skill.indexOf('Policy\n'), skill.indexOf('Required output') + 15),
    `|Policy|${skill.slice(skill.indexOf('\n\n## Allowed'), skill.indexOf('Required output'))}Else`,
  ),
  'skill.required-output-incomplete': skillCase('Required output\n\n- run_id, ', '|Required output|\n\n- '),
  'skill.stop-missing': skillCase(
    skill.slice(skill.indexOf('Policy\n')),
    `|Policy|${skill.slice(skill.indexOf('\n\n## Allowed'), skill.indexOf('## Stop'))}`,
  ),
  'skill.stop-incomplete': skillCase('Stop conditions\n\n- unclear instructions\n', '|Stop conditions|\n\n'),
  'skill.too-long': skillCase('# Policy\n', `# |Policy|\n${'word\n'.repeat(500)}`),
};

function changed({ file, from, to, shown }: Case): {
  files: Map<string, string>;
  file: string;
  marked: ReturnType<typeof caret>;
} {
  const files = new Map(clean);
  const before = files.get(file) ?? '';
  assert.ok(before.includes(from), `${file} holds ${from}`);
  if (shown) {
    files.set(file, before.replace(from, to));
    const text = files.get(shown.file) ?? '';
    const start = text.indexOf(shown.words);
    return { files, file: shown.file, marked: { text, start, end: start + shown.words.length } };
  }
  // The replacement is a function, so that `$` in the text stays what it is.
  const marked = caret(before.replace(from, () => to));
  files.set(file, marked.text);
  return { files, file, marked };
}

suite('lint', () => {
  test('a clean workspace has no findings', () => {
    assert.deepEqual(lintWorkspace(clean), []);
  });

  for (const rule of rules) {
    const found = cases[rule.code];
    test(`${rule.code}: ${rule.summary}`, () => {
      if (found === null) {
        // The linter meets plans by their manifest, so only the loader can miss one.
        assert.equal(rule.code, 'plan.manifest-missing');
        return;
      }
      const { files, file, marked } = changed(found);
      const findings = lintWorkspace(files);
      const one = assertFinding(
        findings.filter(
          (finding) =>
            finding.file === file && (finding.code !== 'plan.contract-missing' || finding.span.start === marked.start),
        ),
        rule.code,
        marked,
      );
      assert.equal(one.severity, rule.severity);
      assert.equal(one.line, marked.text.slice(0, marked.start).split('\n').length);
      if (!one.fix) return;
      const fixed = new Map(files).set(file, applyFix(marked.text, one));
      const left = lintWorkspace(fixed).filter((finding) => finding.file === file && finding.code === rule.code);
      assert.deepEqual(left, [], 'the quick fix removes its finding');
    });
  }

  test('every code that is ever reported is in the table, with its severity; every code has a line and a case', () => {
    const severities = new Map<string, string>(rules.map((rule) => [rule.code, rule.severity]));
    assert.equal(severities.size, rules.length);
    for (const found of Object.values(cases)) {
      if (!found) continue;
      for (const finding of lintWorkspace(changed(found).files))
        assert.equal(finding.severity, severities.get(finding.code), finding.code);
    }
    for (const rule of rules) assert.match(rule.summary, /^[A-Z].*\.$/);
  });

  test('words in angle brackets that a quick fix put in are no answer yet', () => {
    const text = '# T\n';
    const missing = lintFile(text, 'specs/a.md').find((finding) => finding.code === 'spec.outcome-missing');
    assert.ok(missing);
    const fixed = applyFix(text, missing);
    assert.match(fixed, /^# T\n\n## Outcome\n\n</);
    assert.ok(lintFile(fixed, 'specs/a.md').some((finding) => finding.code === 'spec.answer-empty'));
  });

  test('an Agent Skill that is no policy is only advised; a policy skill is warned', () => {
    const plain = '---\nname: pdf\ndescription: Reads PDF files.\n---\n# PDF\n\nUse the tool.\n';
    assert.deepEqual(
      [...new Set(lintFile(plain, '.claude/skills/pdf/SKILL.md').map((finding) => finding.severity))],
      ['info'],
    );
    assert.deepEqual([...new Set(lintFile('# P\n', 'p.skill.md').map((finding) => finding.severity))], ['warning']);
  });

  test('a slice leans on a skill for its stop conditions only when the skill has some', () => {
    const files = new Map(clean).set('.claude/skills/policy/SKILL.md', skill.replace(/\n## Stop[^]*/, '\n'));
    assert.ok(
      lintWorkspace(files).some(
        (finding) => finding.code === 'task.stop-missing' && finding.file === taskFile('task-002'),
      ),
    );
    files.delete('.claude/skills/policy/SKILL.md');
    assert.ok(
      !lintWorkspace(files).some((finding) => finding.code === 'task.stop-missing'),
      'a skill kept elsewhere may have them',
    );
  });

  test('documents instead of code need no file scope and no command', () => {
    assert.deepEqual(
      lintFile(
        '---\nid: task-001\nagent: x\nkind: sales\n---\n# t\n## Stop conditions\n- unclear\n',
        taskFile('task-001'),
      ).map((finding) => finding.code),
      [],
    );
  });

  test('what is ours, by path and by first lines', () => {
    const kinds: [string, string, string | null][] = [
      ['specs/a/b.md', '', 'spec'],
      ['x/tech-specs/approved/TS-1.md', '', 'spec'],
      ['docs/a.spec.md', '', 'spec'],
      ['docs/a.md', '---\ntitle: x\nslicewave: spec\n---\n', 'spec'],
      ['specs/README.md', '', null],
      ['docs/a.md', '', null],
      ['parallel/x/tasks/001.md', '', 'task'],
      ['plans/tasks/task-001.md', '', 'task'],
      ['docs/tasks/buy-milk.md', '', null],
      ['parallel/x/manifest.json', '{', 'manifest'],
      ['plans/x/manifest.json', '{"tech_spec_id": "T"}', 'manifest'],
      ['public/manifest.json', '{"name": "web app"}', null],
      ['a/SKILL.md', '', 'skill'],
      ['a/b.skill.md', '', 'skill'],
      ['src/a.ts', '', null],
    ];
    for (const [file, text, kind] of kinds) assert.equal(fileKind(file, text), kind, file);
  });

  test('a session that saw changes in any order agrees with a fresh look at the result', function () {
    this.timeout(60_000);
    const names = [...clean.keys()];
    const variants = Object.values(cases).flatMap((found) => (found ? [changed(found).files] : []));
    const step = fc.record({
      name: fc.constantFrom(...names, taskFile('task-003')),
      from: fc.constantFrom(...variants, null),
      look: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const session = new LintSession();
        const files = new Map<string, string>();
        for (const { name, from, look } of steps) {
          const text = from?.get(name);
          if (text === undefined) {
            session.delete(name);
            files.delete(name);
          } else {
            session.set(name, text);
            files.set(name, text);
          }
          if (look) session.findings();
        }
        const seen = [...session.findings().values()].flat().map(key).sort();
        assert.deepEqual(seen, lintWorkspace(files).map(key).sort());
      }),
      { numRuns: 60 },
    );
  });
});

const key = (found: Finding) => `${found.file}:${found.span.start}-${found.span.end} ${found.code} ${found.message}`;

suite('lint output', () => {
  const text = '# T\n\n## Outcome\n\nGood.\n\n## In scope\n\n\t- 日本 `x`\n\n## Evidence\n';
  const files = new Map([['specs/a.md', text]]);

  test('for people: place, code, message, and carets under the exact words', () => {
    assert.equal(
      formatFindings(lintWorkspace(files), { textOf: (file) => files.get(file) }),
      [
        'specs/a.md:1:3 error spec.out-of-scope-missing this spec does not say what is out of scope: add a section "Out of scope" (fixable)',
        '  1 | # T',
        '    |   ^',
        'specs/a.md:11:4 error spec.answer-empty this heading stands over no answer: say which evidence proves that it worked',
        '  11 | ## Evidence',
        '     |    ^^^^^^^^',
        '2 errors (1 fixable)',
        '',
      ].join('\n'),
    );
    assert.equal(formatFindings([]), 'no findings\n');
  });

  test('carets stand right behind tabs and wide characters, and in long lines', () => {
    const source = `## Slices\n\n- A1: x\n\n\t日本 ${'x'.repeat(200)}\n- A2: 日本 (after B1)\n- A3: ${'y'.repeat(150)} (after B2)\n`;
    const out = formatFindings(
      lintFile(source, 'specs/a.md').filter((finding) => finding.code === 'spec.unknown-slice'),
      { textOf: () => source },
    ).split('\n');
    assert.equal(out[1], '  6 | - A2: 日本 (after B1)');
    assert.equal(out[2], `    | ${' '.repeat('- A2: '.length + 4 + ' (after '.length)}^^`);
    assert.equal(out[5]?.indexOf('^'), out[4]?.indexOf('B2'));
  });

  test('colour is an option, and the words of a file cannot steer the terminal', () => {
    const [found] = lintWorkspace(files);
    assert.ok(found);
    assert.ok(!formatFindings([found]).includes('\u001b'));
    assert.ok(formatFindings([found], { color: true }).includes('\u001b[31merror'));
    const evil = { ...found, message: 'a\u001b[2Jb', file: 'x\u0007y' };
    for (const c of ['\u0007', '\u001b']) assert.ok(!formatFindings([evil]).includes(c));
  });

  test('for programs: stable names, lines and columns from 1', () => {
    const report = lintReport(lintWorkspace(files));
    assert.deepEqual(Object.keys(report), ['v', 'findings', 'counts']);
    assert.deepEqual(report.findings[0], {
      code: 'spec.out-of-scope-missing',
      severity: 'error',
      message: 'this spec does not say what is out of scope: add a section "Out of scope"',
      file: 'specs/a.md',
      line: 1,
      column: 3,
      end_line: 1,
      end_column: 4,
      fixable: true,
    });
    assert.deepEqual(report.counts, { error: 2, warning: 0, info: 0, hint: 0 });
  });
});
