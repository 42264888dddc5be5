import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkScope } from '../../src/core/gate/scope-check.ts';
import { ruleOnEdit } from '../../src/core/gate/policy.ts';
import { Library } from '../../src/core/language/readings.ts';
import { lintWorkspace } from '../../src/core/lint/lint.ts';
import { readMarkdown } from '../../src/core/text/markdown.ts';
import { scopesOverlap } from '../../src/core/scope/meeting.ts';
import { pathInScope, scopeVerdict } from '../../src/core/scope/contain.ts';
import { SourceText } from '../../src/core/text/source.ts';
import { addToScope } from '../../src/core/task/edit.ts';
import { readTaskSpec } from '../../src/core/task/read.ts';
import { readScope } from '../../src/core/task/scope.ts';
import { Git } from '../../src/node/git/git.ts';
import { nameRules } from '../../src/node/git/repository.ts';
import { readRepositoryFacts } from '../../src/node/workspace/repository-facts.ts';
import { clean, plan, task, taskFile } from './lint-cases/workspace.ts';
import { scope } from './plan-fixture.ts';

function read(text: string) {
  const source = new SourceText('task.md', text);
  return readScope(readMarkdown(source), { start: 0, end: text.length });
}

suite('scope exceptions', () => {
  const text = [
    'MODIFY:',
    '- `src/**` - the app',
    '- `!src/legacy/**` - others need it',
    '- !`src/a.ts`',
    '- !src/m.py::Order',
    'CREATE: new/*.ts, !new/index.ts, `\\!odd.md`',
    'BOUNDARY: docs/**',
    '',
  ].join('\n');

  test('are read as boundaries that keep their place', () => {
    const { scope: found, findings } = read(text);
    assert.deepEqual(
      found.boundary.map((one) => [one.path, one.symbol, one.exceptOf ?? null, one.note]),
      [
        ['docs/**', null, null, null],
        ['new/index.ts', null, 'create', null],
        ['src/legacy/**', null, 'modify', 'others need it'],
        ['src/a.ts', null, 'modify', null],
        ['src/m.py', 'Order', 'modify', null],
      ],
    );
    assert.deepEqual(
      found.modify.map((one) => one.path),
      ['src/**'],
    );
    assert.deepEqual(
      found.create.map((one) => one.path),
      ['new/*.ts', '!odd.md'],
    );
    for (const one of found.boundary) assert.equal(text.slice(one.span.start, one.span.end), one.text);
    assert.deepEqual(findings, []);
  });

  test('in any order of the directives, and an exception to BOUNDARY is told', () => {
    const lines = text.trim().split('\n');
    const turned = [lines[6], lines[5], ...lines.slice(0, 5)].join('\n');
    const paths = (own: ReturnType<typeof read>): unknown => own.scope.boundary.map((one) => one.path);
    assert.deepEqual(paths(read(turned)), paths(read(text)));
    const { scope: found, findings } = read('BOUNDARY: docs/**, !docs/a.md\n');
    assert.deepEqual(
      findings.map((one) => one.code),
      ['task.boundary-prose'],
    );
    assert.deepEqual(
      found.boundary.map((one) => one.path),
      ['docs/**', null],
    );
  });

  test('bind the gate, the hook and the overlaps', () => {
    const { scope: own } = read(text);
    assert.equal(pathInScope(own, 'src/b.ts'), 'modify');
    assert.equal(pathInScope(own, 'src/legacy/b.ts'), 'boundary');
    assert.equal(pathInScope(own, 'new/index.ts'), 'boundary');
    const verdict = scopeVerdict(own, { path: 'src/a.ts', kind: 'modified' });
    assert.equal(verdict.ok, false);
    const policy = { v: 1, plan: 'P', slice: 'S', worktree: '/w', scope: own, approved: [] } as const;
    assert.equal(ruleOnEdit(policy, 'src/legacy/x.ts', 'x').allow, false);
    assert.equal(ruleOnEdit(policy, 'src/other/x.ts', 'x').allow, true);
    assert.equal(scopesOverlap({ scope: own }, { scope: scope({ modify: ['src/legacy/x.ts'] }) }), null);
    assert.notEqual(scopesOverlap({ scope: own }, { scope: scope({ modify: ['src/x.ts'] }) }), null);
    assert.equal(scopesOverlap({ scope: own }, { scope: scope({ modify: ['src/m.py::Order.total'] }) }), null);
  });

  test('stay as they are when the scope grows', () => {
    const task = `# T\n\n## Scope\n\n${text}\n## Requirements\n\nx\n`;
    const grown = addToScope(task, 'task.md', { create: ['more.ts'], modify: ['lib/a.ts', '!b.md'] });
    for (const line of text.split('\n').filter((one) => one.startsWith('- '))) assert.ok(grown.includes(line), line);
    const before = readTaskSpec(task, 'task.md').task.scope;
    const after = readTaskSpec(grown, 'task.md').task.scope;
    const said = (list: typeof before.boundary): unknown =>
      list.map(({ path, symbol, exceptOf }) => [path, symbol, exceptOf]);
    assert.deepEqual(said(after.boundary), said(before.boundary));
    assert.deepEqual(
      after.modify.map((one) => one.path),
      ['src/**', 'lib/a.ts', '!b.md'],
    );
    const only = 'MODIFY: !src/a.ts\n';
    assert.deepEqual(
      read(addToScope(only, 'task.md', { create: [], modify: ['src/b.ts'] })).scope.boundary.map((one) => one.path),
      ['src/a.ts'],
    );
  });
});

suite('names of files', () => {
  test('are compared as git says the file system does', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'slicewave-names-'));
    try {
      execFileSync('git', ['init', '-q', dir]);
      const git = new Git(dir);
      const set = (name: string, value: string): void => {
        execFileSync('git', ['-C', dir, 'config', name, value]);
      };
      set('core.ignorecase', 'false');
      set('core.precomposeunicode', 'false');
      assert.deepEqual(await nameRules(git), {});
      set('core.ignorecase', 'yes');
      assert.deepEqual(await nameRules(git), { caseInsensitive: true });
      set('core.precomposeunicode', 'true');
      assert.deepEqual(await nameRules(git), { caseInsensitive: true, composed: true });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test('the linter, the overlaps of the editor and what a path is called go by it', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'slicewave-names-'));
    try {
      execFileSync('git', ['init', '-q', dir]);
      const files = new Map([
        ...clean,
        [
          taskFile('task-003'),
          task(
            'task-003',
            'deps: [task-001]\nagent: claude\n',
            'CREATE: src/q.ts\nMODIFY: SRC/Index.ts\nBOUNDARY: docs/**',
          ),
        ],
      ]);
      const seen = async (): Promise<readonly [string[], string[]]> => {
        const facts = await readRepositoryFacts(dir);
        const language = new Library({ files, repository: () => facts }).plan(plan);
        return [
          lintWorkspace(files, facts)
            .map((found) => found.code)
            .filter((code) => code === 'plan.overlap'),
          language.overlaps.map((one) => one.witness),
        ];
      };
      execFileSync('git', ['-C', dir, 'config', 'core.ignorecase', 'false']);
      assert.deepEqual(await seen(), [[], []]);
      execFileSync('git', ['-C', dir, 'config', 'core.ignorecase', 'true']);
      const [codes, witnesses] = await seen();
      assert.deepEqual(codes, ['plan.overlap']);
      assert.deepEqual(
        witnesses.map((one) => one.toLowerCase()),
        ['src/index.ts'],
      );
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test('the gate and the hook go by it', () => {
    const own = scope({ modify: ['src/User.ts', 'src/caf\u00e9.ts'], boundary: ['src/Locked/**'] });
    const names = { caseInsensitive: true, composed: true };
    const change = (file: string) =>
      ({ path: file, change: 'modified', leadsOutside: false }) as unknown as Parameters<typeof checkScope>[2][number];
    const check = (rules: typeof names | undefined, file: string): number =>
      checkScope('S', own, [change(file)], new Set(), rules).violations.length;
    assert.equal(check(undefined, 'src/user.ts'), 1);
    assert.equal(check(names, 'src/user.ts'), 0);
    assert.equal(check(names, 'src/cafe\u0301.ts'), 0);
    assert.equal(check(names, 'SRC/locked/x'), 1);
    const policy = { v: 1, plan: 'P', slice: 'S', worktree: '/w', scope: own, approved: [] } as const;
    assert.equal(ruleOnEdit(policy, 'src/user.ts', 'x').allow, false);
    assert.equal(ruleOnEdit({ ...policy, names }, 'src/user.ts', 'x').allow, true);
  });
});
