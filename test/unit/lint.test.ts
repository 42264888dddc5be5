import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Finding } from '../../src/core/text/finding.ts';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { formatFindings, lintReport } from '../../src/core/lint/engine/format.ts';
import { fileKind } from '../../src/core/lint/engine/kind.ts';
import { lintFile, LintSession, lintWorkspace } from '../../src/core/lint/lint.ts';
import { rules } from '../../src/core/lint/engine/rules.ts';
import { applyFix, assertFinding, caret } from './caret.ts';
import { cases } from './lint-cases/all.ts';
import { clean, manifestFile, skill, task, taskFile, type Case } from './lint-cases/workspace.ts';

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
        // The linter meets plans by their manifest, so only the loader can miss one; the judge's own have another test.
        assert.match(rule.code, /^(?:plan\.(?:manifest-missing|overlap-unmeasured)|judge\..*)$/);
        return;
      }
      const { files, file, marked } = changed(found);
      const findings = lintWorkspace(files, found.repository);
      const one = assertFinding(
        findings.filter(
          (finding) =>
            finding.file === file && (finding.code !== 'plan.contract-missing' || finding.span.start === marked.start),
        ),
        rule.code,
        marked,
      );
      assert.equal(one.severity, rule.severity);
      if (found.quiet !== undefined) {
        const near = found.quiet;
        const quiet = new Map(clean).set(
          found.file,
          (clean.get(found.file) ?? '').replace(found.from, () => near),
        );
        assert.deepEqual(
          lintWorkspace(quiet, found.repository).filter((finding) => finding.code === rule.code),
          [],
          'what comes close is not found',
        );
      }
      assert.equal(one.line, marked.text.slice(0, marked.start).split('\n').length);
      if (!one.fix) return;
      const fixed = new Map(files).set(file, applyFix(marked.text, one));
      const left = lintWorkspace(fixed, found.repository).filter(
        (finding) => finding.file === file && finding.code === rule.code,
      );
      assert.deepEqual(left, [], 'the quick fix removes its finding');
    });
  }

  test('plan.overlap-unmeasured: scopes of hundreds of globs that only a comparison tells apart are said, not skipped', () => {
    const modify = (glob: (i: number) => string, count: number): string =>
      `MODIFY: ${Array.from({ length: count }, (_, i) => glob(i)).join(', ')}\nBOUNDARY: docs/**`;
    const found = (count: number, globOf: (side: string, i: number) => string): string[] => {
      const files = new Map(clean);
      for (const [name, side] of [
        ['task-003', 'a'],
        ['task-004', 'b'],
      ] as const)
        files.set(
          taskFile(name),
          task(
            name,
            'agent: claude\n',
            modify((i) => globOf(side, i), count),
          ),
        );
      return lintWorkspace(files)
        .filter(({ code }) => code === 'plan.overlap-unmeasured')
        .map(({ message, file, severity }) => `${file} ${severity} ${message}`);
    };
    // Seen from the second slice's globs they are told apart.
    assert.deepEqual(
      found(1_000, (side, i) => (side === 'a' ? `look/**/a${i}/**/x.ts` : `look/q*/b${i}/q*/x.ts`)),
      [],
    );
    const alike = (side: string, i: number): string => `look/**/${side}${i}/**/x.ts`;
    assert.deepEqual(found(300, alike), []);
    const many = found(700, alike);
    assert.equal(many.length, 2);
    assert.match(
      many[0] ?? '',
      /task-003\.md info what task-003 shares with other slices is not measured: 700 of its globs/,
    );
  });

  test('plan.overlap-unmeasured: that there are more overlaps than are looked at is said', () => {
    const names = Array.from({ length: 460 }, (_, i) => `task-${i + 1_000}`);
    const found = (count: number): string[] => {
      const files = new Map([...clean].filter(([file]) => !file.includes('/tasks/')));
      files.set(manifestFile, JSON.stringify({ name: 'p', tasks: names.slice(0, count) }));
      for (const name of names.slice(0, count))
        files.set(taskFile(name), task(name, 'agent: claude\n', 'MODIFY: src/shared.ts\nBOUNDARY: docs/**'));
      return lintWorkspace(files)
        .filter(({ code }) => code === 'plan.overlap-unmeasured')
        .map(({ file, message }) => `${file} ${message.split(':')[0]}`);
    };
    assert.deepEqual(found(20), []);
    assert.deepEqual(found(460), [
      'parallel/TS-1-demo/manifest.json only the first 100,000 pairs of slices that overlap are looked at, and there may be more',
    ]);
  });

  test('every code that is ever reported is in the table, with its severity; every code has a line and a case', () => {
    const severities = new Map<string, string>(rules.map((rule) => [rule.code, rule.severity]));
    assert.equal(severities.size, rules.length);
    for (const found of Object.values(cases)) {
      if (!found) continue;
      for (const finding of lintWorkspace(changed(found).files, found.repository))
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

  test('of an Agent Skill that is no policy no sections are asked; a policy skill is warned', () => {
    const plain = '---\nname: pdf\ndescription: Reads PDF files.\n---\n# PDF\n\nUse the tool.\n';
    assert.deepEqual(lintFile(plain, '.claude/skills/pdf/SKILL.md'), []);
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
      ['skills/a/skill.md', '', 'skill'],
      ['docs/skill.md', '# Skill', null],
      ['AGENTS.md', '', 'instructions'],
      ['packages/a/CLAUDE.md', '', 'instructions'],
      ['.github/copilot-instructions.md', '', 'instructions'],
      ['.claude/agents/team/a.md', '', 'instructions'],
      ['.claude/agents/README.md', '', null],
      ['.agent-runs/1/trace.json', '', 'trace'],
      ['test/trace.json', '', null],
      ['src/a.ts', '', null],
    ];
    const heading = (text: string): string => `---\ndescription: "x"\n---\n\n# ${text}\n`;
    kinds.push(
      ['specs/001-albums/spec.md', heading('Feature Specification: Albums'), null],
      ['specs/001-albums/plan.md', heading('Implementation Plan: Albums'), null],
      ['specs/001-albums/tasks.md', heading('Tasks: Albums'), null],
      ['specs/001-albums/data-model.md', '# Albums', null],
      ['specs/001-albums/checklists/requirements.md', '# Checklist', null],
      ['specs/001-albums/spec.md', heading('Albums'), 'spec'],
      ['specs/albums/spec.md', heading('Feature Specification: Albums'), 'spec'],
    );
    for (const [file, text, kind] of kinds) assert.equal(fileKind(file, text), kind, file);
  });

  test('a session that saw changes in any order agrees with a fresh look at the result', () => {
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

  test('a session keeps up with scopes, dependencies and the repository as they are edited', () => {
    const repositories: readonly (RepositoryFacts | null)[] = [
      null,
      ...[['src/index.ts'], ['src/b.ts', 'src/index.ts', 'src/x/c.ts']].map((files) => ({
        files,
        scripts: new Map([['', new Set(['test'])]]),
        programs: null,
        textOf: (file: string) => (files.includes(file) ? 'export class Router {}\n' : null),
      })),
    ];
    const paths = ['src/b.ts', 'src/*.ts', 'src/**', 'src/a/**', 'src/index.ts', 'src/index.ts::Router', 'src/x/c.ts'];
    const edit = fc.record({
      slice: fc.constantFrom('task-001', 'task-002', 'task-003'),
      part: fc.constantFrom('CREATE', 'MODIFY', 'BOUNDARY', 'deps', 'id', 'gone', 'repository'),
      words: fc.constantFrom(...paths),
      dep: fc.constantFrom('', 'task-001', 'task-002', 'task-003', 'task-0'),
      repository: fc.constantFrom(...repositories),
      look: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 15 }), (edits) => {
        const session = new LintSession();
        const files = new Map(clean);
        let facts: RepositoryFacts | null = null;
        for (const [name, text] of files) session.set(name, text);
        for (const { slice, part, words, dep, repository, look } of edits) {
          const name = taskFile(slice);
          if (part === 'repository') session.setRepository((facts = repository));
          else if (part === 'gone') {
            session.delete(name);
            files.delete(name);
          } else {
            const before = files.get(name) ?? (clean.get(taskFile('task-002')) ?? '').replaceAll('task-002', slice);
            const text =
              part === 'deps'
                ? before.replace(/^deps:.*/m, `deps: [${dep}]`)
                : part === 'id'
                  ? before.replace(/^id:.*/m, `id: ${dep === '' ? slice : dep}`)
                  : before.replace(new RegExp(`^${part}: .*`, 'm'), () => `${part}: ${words}`);
            session.set(name, text);
            files.set(name, text);
          }
          if (look) session.findings();
        }
        const seen = [...session.findings().values()].flat().map(key).sort();
        assert.deepEqual(seen, lintWorkspace(files, facts).map(key).sort());
      }),
      { numRuns: 300 },
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
        'specs/a.md:1:3 error spec.out-of-scope-missing this spec does not say what is out of scope: add a section "Out of scope"',
        '  1 | # T',
        '    |   ^',
        'specs/a.md:11:4 error spec.answer-empty this heading stands over no answer: say which evidence proves that it worked',
        '  11 | ## Evidence',
        '     |    ^^^^^^^^',
        '2 errors',
        '',
      ].join('\n'),
    );
    const marked = '\uFEFF---\nname: a\ndescription: Does. Use when asked to.\n---\nDo.\n';
    assert.match(
      formatFindings(lintFile(marked, '.claude/skills/a/SKILL.md')),
      /^\.claude\/skills\/a\/SKILL\.md:1:1 error skill\.front-matter .* \(fixable\)\n1 error \(1 fixable\)\n$/,
      'what --fix mends, and nothing else, is called fixable',
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
      fixable: false,
    });
    assert.deepEqual(report.counts, { error: 2, warning: 0, info: 0, hint: 0 });
  });
});
