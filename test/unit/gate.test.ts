import assert from 'node:assert/strict';
import { changed } from './changed-fixture.ts';
import { assertLinear } from './cost.ts';
import { contradictionsOf } from '../../src/core/run/claims.ts';
import { parseReport } from '../../src/core/context/report.ts';
import { ruleOnCommand, ruleOnEdit, type ScopePolicy } from '../../src/core/gate/policy.ts';
import { createRedactor, redactValue } from '../../src/core/gate/redact.ts';
import { checkScope, type ObservedChange } from '../../src/core/gate/scope-check.ts';
import { namedOnPurpose, sensitivityOf } from '../../src/core/gate/sensitive.ts';
import type { Claims, Verification } from '../../src/core/run/model.ts';
import { readTaskSpec } from '../../src/core/task/read.ts';
import type { Scope } from '../../src/core/task/model.ts';

function scope(text: string): Scope {
  return readTaskSpec(`---\nid: A1\n---\n# A1: x\n\n## Scope\n\n${text}\n`, 'tasks/task-001.md').task.scope;
}

const usual = scope('CREATE:\n- `src/new/**`\nMODIFY:\n- `src/old.ts`\nBOUNDARY:\n- `src/new/secret-part/**`');

function change(path: string, kind: ObservedChange['change'], more: Partial<ObservedChange> = {}): ObservedChange {
  return { ...changed(path), change: kind, leadsOutside: false, ...more };
}

const check = (changes: readonly ObservedChange[], approved: readonly string[] = []) =>
  checkScope('A1', usual, changes, new Set(approved));

suite('the scope check at the end of a run', () => {
  test('a new file whose name is an entry in another form says so, in the reason and in the question', () => {
    const accents = checkScope(
      'A1',
      scope('CREATE:\n- `src/caf\u00e9.ts`'),
      [change('src/cafe\u0301.ts', 'added')],
      new Set(),
    );
    for (const text of [accents.violations[0], accents.stop?.question])
      assert.match(text ?? '', /`src\/caf\u00e9\.ts` with its accents in another Unicode form \(NFD instead of NFC\)/);
    const capitals = checkScope('A1', scope('CREATE:\n- `src/Price.ts`'), [change('src/price.ts', 'added')], new Set());
    assert.match(capitals.stop?.question ?? '', /it is `src\/Price\.ts` with other capitals/);
    const other = checkScope('A1', scope('CREATE:\n- `src/price.ts`'), [change('src/prices.ts', 'added')], new Set());
    assert.doesNotMatch(other.stop?.question ?? '', /another name/);
  });

  test('lets through what the scope names', () => {
    const result = check([change('src/new/a.ts', 'added'), change('src/old.ts', 'modified')]);
    assert.equal(result.stop, null);
    assert.ok(result.files.every((file) => file.inScope));
  });

  test('stops on what it does not name, and lists exactly those paths', () => {
    const result = check([
      change('src/old.ts', 'modified'),
      change('src/other.ts', 'modified'),
      change('x.ts', 'added'),
    ]);
    assert.equal(result.stop?.condition, 'unexpected-scope');
    assert.deepEqual(result.stop?.paths, ['src/other.ts', 'x.ts']);
    assert.deepEqual(
      result.files.map((file) => file.inScope),
      [true, false, false],
    );
  });

  test('a boundary wins over a wider glob', () => {
    assert.deepEqual(check([change('src/new/secret-part/a.ts', 'added')]).stop?.paths, ['src/new/secret-part/a.ts']);
  });

  test('a rename is judged at both ends', () => {
    const result = check([change('src/new/a.ts', 'renamed', { from: 'src/elsewhere.ts' })]);
    assert.deepEqual(result.stop?.paths, ['src/elsewhere.ts', 'src/new/a.ts']);
  });

  test('a symlink that leads out of the worktree is a violation even where a file would be in scope', () => {
    const link = change('src/new/link', 'added', { newMode: '120000', linkTarget: '/etc', leadsOutside: true });
    assert.match(check([link]).violations.join(), /leads out of the worktree/);
    assert.equal(check([{ ...link, linkTarget: 'a.ts', leadsOutside: false }]).stop, null);
  });

  test('an embedded repository is a violation', () => {
    assert.match(
      check([change('src/new/sub', 'added', { newMode: '160000' })]).violations.join(),
      /repository of its own/,
    );
  });

  test('approved paths pass, and only they', () => {
    const result = check([change('x.ts', 'added'), change('y.ts', 'added')], ['x.ts']);
    assert.deepEqual(result.stop?.paths, ['y.ts']);
  });

  test('a sensitive path in scope by accident stops; one that is named does not', () => {
    assert.equal(check([change('src/new/.env', 'added')]).stop?.condition, 'secrets-auth-production');
    const named = scope('CREATE:\n- `src/auth/login.ts`\n- `src/auth/**`');
    assert.equal(checkScope('A1', named, [change('src/auth/login.ts', 'added')], new Set()).stop, null);
  });
});

suite('sensitive paths', () => {
  test('knows secrets, auth and production data, and leaves examples alone', () => {
    assert.equal(sensitivityOf('.env'), 'secrets');
    assert.equal(sensitivityOf('config/prod.pem'), 'secrets');
    assert.equal(sensitivityOf('src/Auth/session.ts'), 'auth');
    assert.equal(sensitivityOf('db/production/users.sql'), 'production data');
    assert.equal(sensitivityOf('.env.example'), null);
    assert.equal(sensitivityOf('src/author.ts'), null);
  });

  test('a wide glob names nothing on purpose', () => {
    assert.equal(namedOnPurpose(scope('CREATE:\n- `src/**`'), 'src/auth/a.ts'), false);
    assert.equal(namedOnPurpose(scope('CREATE:\n- `src/auth/**`'), 'src/auth/a.ts'), true);
  });
});

suite('the policy at the edit', () => {
  const policy: ScopePolicy = {
    v: 1,
    plan: 'P',
    slice: 'A1',
    worktree: '/w',
    scope: usual,
    approved: ['src/given.ts'],
  };

  test('allows the scope, denies the rest with a reason the agent can act on', () => {
    assert.deepEqual(ruleOnEdit(policy, 'src/new/a.ts', 'x'), { allow: true });
    const denied = ruleOnEdit(policy, 'src/other.ts', 'x');
    assert.ok(!denied.allow);
    assert.match(denied.reason, /src\/other\.ts is in neither CREATE nor MODIFY of slice A1.*NEEDS_INPUT/s);
    assert.ok(!ruleOnEdit(policy, null, '/etc/passwd').allow);
    assert.ok(ruleOnEdit(policy, 'src/given.ts', 'x').allow, 'approved paths pass');
  });

  test('denies git commands that leave the slice, allows the usual ones', () => {
    for (const command of [
      'git push',
      'git checkout main',
      'cd x && git switch -c y',
      'git -C . push origin',
      'git worktree add ../x',
      'git branch -D x',
    ]) {
      assert.equal(ruleOnCommand(policy, command).allow, false, command);
    }
    for (const command of [
      'git status',
      'git diff',
      'git commit -m "push it"',
      'git checkout -- src/old.ts',
      'npm test',
      'git log --oneline',
    ]) {
      assert.equal(ruleOnCommand(policy, command).allow, true, command);
    }
  });
});

suite('claims against observation', () => {
  const claims: Claims = {
    status: 'COMPLETE',
    specSummary: null,
    slicePlan: null,
    filesChanged: ['src/old.ts', './src/ghost.ts'],
    commandsRun: ['npm  test'],
    testsPassed: true,
    riskNotes: [],
    reviewNeeded: false,
    question: null,
    learnings: [],
  };
  const failing: Verification = { command: 'npm test', exitCode: 1, durationMs: 1, output: '', outcome: 'failed' };
  const files = [
    { ...change('src/old.ts', 'modified'), inScope: true, symbols: [] },
    { ...change('src/new/b.ts', 'added'), inScope: true, symbols: [] },
  ];

  test('names each claim that what was seen refutes', () => {
    assert.deepEqual(
      contradictionsOf({ claims, files, commands: ['ls'], observesCommands: true, verification: [failing] }),
      [
        'claims that tests pass, but `npm test` ended with 1',
        'claims to have changed src/ghost.ts, which is as it was',
        'changed src/new/b.ts and does not say so',
        'claims to have run `npm  test`, which was not seen',
      ],
    );
  });

  test('an agent whose commands cannot be seen is not refuted by not seeing them', () => {
    const found = contradictionsOf({ claims, files, commands: [], observesCommands: false, verification: [] });
    assert.ok(found.every((line) => !line.includes('npm')));
  });

  const said = (filesChanged: readonly string[]): string[] =>
    contradictionsOf({
      claims: { ...claims, testsPassed: null, filesChanged },
      files: [
        { ...change('src/old.ts', 'modified'), inScope: true, symbols: [] },
        { ...change('src/new/c.ts', 'renamed', { from: 'src/was.ts' }), inScope: true, symbols: [] },
      ],
      commands: [],
      observesCommands: false,
      verification: [],
      worktree: '/home/u/r.worktrees/p/A1',
    });

  for (const list of [
    ['src/old.ts', 'src/new/c.ts'],
    ['./src/old.ts', './/src/new/c.ts'],
    ['/home/u/r.worktrees/p/A1/src/old.ts', '/private/home/u/r.worktrees/p/A1/src/new/c.ts'],
    ['src/old.ts (modified)', 'src/was.ts -> src/new/c.ts'],
    ['M src/old.ts', '- src/was.ts → src/new/c.ts (renamed)'],
    ['`src/old.ts`', 'R100 src/was.ts'],
    ['src/old.ts - adds the total', 'src/new/'],
    ['src\\old.ts', 'src/new/c.ts: moved'],
  ]) {
    test(`reads ${list.join(', ')}`, () => assert.deepEqual(said(list), []));
  }

  test('a claim about another file stays refuted, however it is written', () => {
    assert.deepEqual(said(['src/old.ts', 'src/new/c.ts', '/home/u/r.worktrees/p/A1/src/ghost.ts (new)']), [
      'claims to have changed src/ghost.ts, which is as it was',
    ]);
    assert.deepEqual(said(['src/ol', 'src/new/c.ts']), [
      'claims to have changed src/ol, which is as it was',
      'changed src/old.ts and does not say so',
    ]);
  });

  const counted = { ran: 2, passed: 2, failed: 0, skipped: 1, todo: 0, exact: true, replayed: null };
  const passing: Verification = { ...failing, exitCode: 0, outcome: 'passed', counts: counted };
  const numbered = (testCount: number, verification: readonly Verification[], commands: readonly string[] = []) =>
    contradictionsOf({
      claims: { ...claims, filesChanged: null, commandsRun: null, testCount },
      files,
      commands,
      observesCommands: commands.length > 0,
      verification,
    });

  test('a number of tests that the checks do not come to is refuted', () => {
    assert.deepEqual(numbered(42, [passing]), ['claims 42 passed tests, but the checks ran 2']);
    assert.deepEqual(numbered(2, [passing]), []);
    assert.deepEqual(numbered(4, [passing, passing]), []);
  });

  test('it is not where a check prints no number, or the agent was seen to run other tests', () => {
    assert.deepEqual(numbered(42, [passing, { ...failing, exitCode: 0, outcome: 'passed' }]), []);
    assert.deepEqual(numbered(42, [passing], ['npm run test:all']), []);
    assert.equal(numbered(42, [passing], ['npm test']).length, 1);
  });

  test('the number is read from a field and from words', () => {
    const count = (report: object) => parseReport(JSON.stringify(report))?.testCount;
    assert.equal(count({ tests_passed: true, test_count: 42 }), 42);
    assert.equal(count({ tests_passed: 7 }), 7);
    assert.equal(count({ status: 'COMPLETE', spec_summary: 'Done, all 42 tests passed.' }), 42);
    assert.equal(count({ status: 'COMPLETE', spec_summary: '12/12 passing' }), 12);
    assert.equal(count({ status: 'COMPLETE', spec_summary: 'adds 3 tests' }), null);
  });
});

suite('redaction', () => {
  const redact = createRedactor({
    MY_API_KEY: 'correct-horse-battery',
    PATH: '/usr/bin',
    SHORT_TOKEN: 'abc',
    PWD: '/home/long-enough',
  });

  test('blanks secret values of the environment, by name, and leaves others', () => {
    assert.equal(
      redact('x correct-horse-battery y /usr/bin abc /home/long-enough'),
      'x [redacted] y /usr/bin abc /home/long-enough',
    );
  });

  test('blanks the usual shapes', () => {
    const token = `ghp_${'a1B2'.repeat(9)}`;
    assert.equal(redact(`token ${token}.`), 'token [redacted].');
    assert.equal(redact('Authorization: Bearer abcdef123456'), 'Authorization: Bearer [redacted]');
    assert.equal(redact('postgres://me:hunter22@db/x'), 'postgres://me:[redacted]@db/x');
    assert.equal(redact('-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----'), '[redacted]');
  });

  test('one long word costs what its length costs', () => {
    assertLinear('a long word', 400_000, (size) => redact('x'.repeat(size)));
    assertLinear('a long word of dots', 400_000, (size) => redact('a.'.repeat(size / 2)));
  });

  test('reaches every string of a value', () => {
    assert.deepEqual(redactValue({ a: ['correct-horse-battery'], b: { c: 1, d: null } }, redact), {
      a: ['[redacted]'],
      b: { c: 1, d: null },
    });
  });
});
