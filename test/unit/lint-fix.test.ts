import assert from 'node:assert/strict';
import type { Finding } from '../../src/core/text/finding.ts';
import { applyEdits, fixAll, fixFiles, isSafe } from '../../src/core/lint/engine/fix.ts';
import { LintSession, lintFile, lintWorkspace, ordered } from '../../src/core/lint/lint.ts';
import { rules } from '../../src/core/lint/engine/rules.ts';
import { SourceText } from '../../src/core/text/source.ts';
import { caseWorkspaces, corpusWorkspaces, type Workspace } from './lint-cases/real-files.ts';
import { clean } from './lint-cases/workspace.ts';

/** What a reader says of a text that it cannot parse. */
const syntaxCodes: ReadonlySet<string> = new Set(
  rules.map((rule) => rule.code).filter((code) => /\.(?:yaml|json|unreadable)$/.test(code)),
);

/** Text with its line ends, or with a byte order mark, as other editors write it. */
const writings: readonly [name: string, write: (text: string) => string][] = [
  ['as it is', (text) => text],
  ['with CRLF', (text) => text.replace(/\r?\n/g, '\r\n')],
  ['with a byte order mark', (text) => (text.startsWith('\uFEFF') ? text : `\uFEFF${text}`)],
];

function written(workspace: Workspace, write: (text: string) => string): Map<string, string> {
  return new Map(
    [...workspace.files].map(([file, text]) => [
      file,
      file.endsWith('.json') && write('\n') !== '\r\n' ? text : write(text),
    ]),
  );
}

function same(found: Finding) {
  return (other: Finding): boolean =>
    other.file === found.file && other.code === found.code && other.message === found.message;
}

/** Every promise a quick fix makes, for one finding of a workspace. */
function checkFix(
  found: Finding,
  files: ReadonlyMap<string, string>,
  before: readonly Finding[],
  workspace: Workspace,
): void {
  assert.ok(found.fix);
  const text = files.get(found.file);
  assert.ok(text !== undefined, `${found.file} is there`);
  const { edits } = found.fix;
  assert.ok(edits.length > 0 && found.fix.title !== '');
  const sorted = edits.toSorted((a, b) => a.span.start - b.span.start);
  for (const [index, { span, text: added }] of sorted.entries()) {
    assert.ok(span.start >= (sorted[index - 1]?.span.end ?? 0) && span.end >= span.start && span.end <= text.length);
    for (const edge of [span.start, span.end])
      assert.ok(!(text[edge - 1] === '\r' && text[edge] === '\n'), 'no line end is cut in two');
    if (/\r\n/.test(text) && !/(?:^|[^\r])\n/.test(text))
      assert.ok(!/(?:^|[^\r])\n/.test(added), `line ends stay CRLF: ${JSON.stringify(added)}`);
    else if (!text.includes('\r')) assert.ok(!added.includes('\r'));
  }
  const fixed = applyEdits(text, edits);
  assert.notEqual(fixed, text, 'something changes');

  // Lines that no edit touches are the same, in the same order.
  const source = new SourceText('', text);
  const touched = new Set<number>();
  for (const { span } of edits) {
    const last = source.position(span.end).line;
    for (let line = source.position(span.start).line; line <= last; line++) touched.add(line);
  }
  const lines = text.split(/(?<=\n)/);
  const kept = lines.filter((_, index) => !touched.has(index + 1) && index < lines.length - 1);
  let at = 0;
  for (const line of kept) {
    const next = fixed.indexOf(line, at);
    assert.ok(next >= 0, `the line ${JSON.stringify(line)} is kept`);
    at = next + line.length;
  }

  const after = lintWorkspace(new Map(files).set(found.file, fixed), workspace.repository);
  const count = (findings: readonly Finding[], matches: (one: Finding) => boolean): number =>
    findings.filter(matches).length;
  assert.ok(
    count(after, same(found)) < count(before, same(found)),
    `the fix "${found.fix.title}" removes the finding\n${fixed}`,
  );
  const unreadable = (one: Finding): boolean => one.file === found.file && syntaxCodes.has(one.code);
  assert.ok(count(after, unreadable) <= count(before, unreadable), `the file can still be read\n${fixed}`);
}

suite('quick fixes', () => {
  test('codes that say a file cannot be parsed are known to this test', () => {
    for (const code of ['spec.yaml', 'task.yaml', 'skill.yaml', 'manifest.json'])
      assert.ok(syntaxCodes.has(code), code);
  });

  for (const [title, workspaces] of [
    ['case', caseWorkspaces],
    ['corpus file', corpusWorkspaces],
  ] as const)
    for (const [writing, write] of writings)
      test(`every fix of every ${title} ${writing}: parses, lacks the finding, touches nothing else`, () => {
        let fixes = 0;
        const wrong: string[] = [];
        for (const workspace of workspaces()) {
          const files = written(workspace, write);
          const findings = lintWorkspace(files, workspace.repository);
          for (const found of findings) {
            if (!found.fix) continue;
            fixes++;
            try {
              checkFix(found, files, findings, workspace);
            } catch (error) {
              wrong.push(
                `${workspace.name}: ${found.file}:${found.line} ${found.code} ${error instanceof Error ? error.message : String(error)}`,
              );
            }
          }
        }
        assert.ok(fixes > 10, `${fixes} fixes`);
        assert.deepEqual(wrong, []);
      });

  for (const [title, workspaces] of [
    ['case', caseWorkspaces],
    ['corpus directory', corpusWorkspaces],
  ] as const)
    test(`fixing all of every ${title} ends, and doing it again changes nothing`, () => {
      for (const { name, files, repository } of workspaces()) {
        const session = new LintSession();
        session.setRepository(repository);
        for (const [file, text] of files) session.set(file, text);
        const before = [...session.findings().values()].flat();
        const fixed = fixFiles(session, () => true);
        for (const { file, before: old, text } of fixed) {
          assert.equal(old, files.get(file));
          assert.equal(text, session.files.get(file));
          assert.notEqual(text, old);
        }
        assert.deepEqual(
          fixFiles(session, () => true),
          [],
          `${name}: nothing is left to do`,
        );
        const left = [...session.findings().values()].flat();
        assert.ok(left.length <= before.length, `${name}: ${left.length} findings after, ${before.length} before`);
        assert.deepEqual(
          left.filter(isSafe).map((found) => `${found.file} ${found.code} ${found.fix?.title}`),
          [],
          name,
        );
      }
    });
});

suite('fixing all', () => {
  const edit = (start: number, end: number, text: string) => ({ span: { start, end }, text });
  const found = (code: string, ...edits: readonly ReturnType<typeof edit>[]): Finding => ({
    code,
    severity: 'warning',
    message: code,
    file: 'a.md',
    span: { start: 0, end: 1 },
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 2,
    fix: { title: code, edits },
  });

  test('fixes that meet wait for the next pass; the first one wins', () => {
    const { text, applied } = fixAll('abcdef', 'a.md', [
      found('one', edit(0, 2, 'X')),
      found('two', edit(1, 3, 'Y')),
      found('three', edit(2, 2, 'Z')),
      found('four', edit(4, 5, 'E'), edit(3, 3, '-')),
      { ...found('five', edit(5, 6, '!')), file: 'b.md' },
    ]);
    assert.equal(text, 'Xc-dEf');
    assert.deepEqual(
      applied.map((one) => one.code),
      ['one', 'four'],
    );
  });

  test('words in angle brackets are for a person', () => {
    assert.ok(!isSafe(found('a', edit(0, 0, '## Outcome\n\n<who can do what>\n'))));
    assert.ok(isSafe(found('a', edit(0, 0, '## Stop conditions\n\n- unclear instructions\n'))));
    const { fix: _fix, ...without } = found('a');
    assert.ok(!isSafe(without));
    const session = new LintSession();
    session.set('specs/a.md', '# T\n');
    assert.deepEqual(
      fixFiles(session, () => true),
      [],
    );
  });

  test('a guess is offered and never applied', () => {
    const guess: Finding = { ...found('a'), fix: { title: 'Change to E2', edits: [edit(0, 1, 'E2')], guess: true } };
    assert.ok(!isSafe(guess));
    assert.deepEqual(fixAll('E3', 'a.md', [guess]), { text: 'E3', applied: [] });
  });

  test('what may be meant otherwise, or would give rights, is a guess', () => {
    const task = (front: string, scope: string): string =>
      `---\n${front}agent: claude\n---\n# T\n\n## Scope\n\n${scope}\n\n## Stop conditions\n\n- unclear instructions\n\n## Evidence\n\n- [ ] \`node --test\` passes\n`;
    const agent = (fields: string): string => `---\nname: a\ndescription: Reviews\n${fields}---\nReview.\n`;
    const skill = (name: string): string => `---\nname: ${name}\ndescription: Releases. Use when asked to.\n---\nDo.\n`;
    const bound = 'CREATE: src/a/**\nMODIFY: none\nBOUNDARY: .env*';
    const plan = 'parallel/p/manifest.json';
    const manifest = '{"tech_spec_id": "p", "waves": []}';
    const cases: [code: string, guess: boolean, file: string, text: string, others?: Record<string, string>][] = [
      ['instructions.agent-model', true, '.claude/agents/a.md', agent('model: sonet\n')],
      ['instructions.permission-unknown', true, '.claude/agents/a.md', agent('tools: Reed\n')],
      ['instructions.permission-unknown', true, '.claude/agents/a.md', agent('tools: Bash()\n')],
      ['instructions.permission-unknown', true, '.claude/agents/a.md', agent('tools: read\n')],
      ['instructions.agent-name', true, '.claude/agents/a.md', agent('').replace('name: a', 'name: B C')],
      ['instructions.agent-name', false, '.claude/agents/a.md', agent('').replace('name: a', 'name: A')],
      ['skill.name', true, '.claude/skills/release/SKILL.md', skill('publish')],
      ['skill.name', false, '.claude/skills/release/SKILL.md', skill('Release')],
      ['suppression.unknown-code', true, 'specs/a.md', '# T\n\n<!-- slicewave-disable-next-line spec.cycl: x -->\n'],
      ['task.scope-missing', true, 'tasks/task-001-a.md', task('id: A1\n', 'BOUNDARY: .env*')],
      ['task.boundary-missing', true, 'tasks/task-001-a.md', task('id: A1\n', 'CREATE: src/a/**')],
      ['task.scope-directory', true, 'tasks/task-001-a.md', task('id: A1\n', bound.replace('/**', ''))],
      [
        'plan.unknown-dependency',
        true,
        'parallel/p/tasks/a.md',
        task('id: A1\ndeps: [cartt]\n', bound),
        {
          [plan]: manifest,
          'parallel/p/tasks/b.md': task('id: cart\n', bound),
        },
      ],
      [
        'plan.self-dependency',
        true,
        'parallel/p/tasks/a.md',
        task('id: A1\ndeps: [A1]\n', bound),
        {
          [plan]: manifest,
        },
      ],
      [
        'plan.blocks-disagree',
        true,
        'parallel/p/tasks/a.md',
        task('id: A1\nblocks: [B1]\n', bound),
        {
          [plan]: manifest,
          'parallel/p/tasks/b.md': task('id: B1\n', bound),
        },
      ],
      [
        'plan.blocks-disagree',
        false,
        'parallel/p/tasks/a.md',
        task('id: A1\ndeps: [B1]\nblocks: [B1]\n', bound),
        {
          [plan]: manifest,
          'parallel/p/tasks/b.md': task('id: B1\n', bound),
        },
      ],
    ];
    for (const [code, guess, file, text, others = {}] of cases) {
      const findings = lintWorkspace(new Map([[file, text], ...Object.entries(others)]));
      const one = findings.find((other) => other.code === code && other.file === file);
      assert.ok(one?.fix, `${code} has a fix: ${findings.map((other) => other.code).join(' ')}\n${text}`);
      assert.equal(isSafe(one), !guess, `${code} ${one.fix.title}`);
    }
  });

  test('a name in other letters keeps them', () => {
    const [one] = lintFile('---\nname: Prüfer Zwei\ndescription: Reviews\n---\nReview.\n', '.claude/agents/a.md');
    assert.equal(one?.code, 'instructions.agent-name');
    assert.equal(one.fix?.title, 'Change to prüfer-zwei');
  });

  test('edits outside the text are left out rather than cut', () => {
    assert.equal(fixAll('abc', 'a.md', [found('a', edit(2, 9, 'x'))]).text, 'abc');
  });

  test('only the files asked for are fixed', () => {
    const session = new LintSession();
    for (const [file, text] of clean) session.set(file, text.replace(/\n## Stop conditions[^]*$/, '\n'));
    const skill = '.claude/skills/policy/SKILL.md';
    assert.deepEqual(
      fixFiles(session, (file) => file === skill).map(({ file }) => file),
      [skill],
    );
  });

  test('findings stay in order', () => {
    const findings = lintWorkspace(new Map([['specs/a.md', '# T\n']]));
    assert.deepEqual(ordered(findings.toReversed()), findings);
  });
});
