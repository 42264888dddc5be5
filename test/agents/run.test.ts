/** Whole plans through the built command line, by the real agents, which talk to a scripted model. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { createPlanSite, report, says, sliceOf, statesOf } from './plan-fixture.ts';
import type { PlanSite, SliceFixture } from './plan-fixture.ts';

const disposals: (() => Promise<void>)[] = [];

async function siteOf(...given: Parameters<typeof createPlanSite>): Promise<PlanSite> {
  const site = await createPlanSite(...given);
  disposals.push(() => site.dispose());
  return site;
}

/** A slice with one file of its own and the check that the file says `done`. */
function part(agent: SliceFixture['agent'], file: string, more: Partial<SliceFixture> = {}): SliceFixture {
  return { agent, create: [file], verify: [says(file, 'done')], ...more };
}

/** One word for the shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** All files below a directory. */
function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(dir, name))
    .filter((file) => statSync(file).isFile());
}

suite('plans run by real agents, scripted model', () => {
  teardown(async () => {
    for (const dispose of disposals.splice(0)) await dispose();
  });

  test('the scope holds at the edit and at the end, and the person decides about what grew', async () => {
    const site = await siteOf(
      {
        A1: part('claude', 'src/a1.txt'),
        A2: part('claude', 'src/a2.txt'),
        A3: part('claude', 'src/a3.txt'),
        B1: part('codex', 'src/b1.txt'),
        B2: part('codex', 'src/b2.txt', { deps: ['A1'], modify: ['src/a1.txt'] }),
      },
      (at) => ({
        A1: [
          { write: at('A1', 'src/a1.txt'), content: 'a1 done\n' },
          { exec: 'cat src/a1.txt' },
          { exec: 'ls no-such-file' },
          report({
            spec_summary: 'A1 exists',
            files_changed: ['src/a1.txt', 'src/ghost.txt'],
            commands_run: ['cat src/a1.txt', 'npm test'],
            learnings: ['texts end with a line end'],
          }),
        ],
        A2: [
          { write: at('A2', 'docs/guide.md'), content: 'a guide\n' },
          { write: at('A2', 'src/a2.txt'), content: 'a2 done\n' },
          report({ files_changed: ['src/a2.txt'] }),
        ],
        A3: [
          { write: at('A3', 'src/a3.txt'), content: 'a3 done\n' },
          { exec: "echo 'size = 3' >> config.txt" },
          report({ files_changed: ['src/a3.txt', 'config.txt'] }),
        ],
        B1: [
          {
            exec: "mkdir -p src && echo 'b1 done' > src/b1.txt && echo 'colour = blue' > config.txt && echo x > stray.txt",
          },
          report({ files_changed: ['src/b1.txt'] }),
          { exec: 'cat config.txt; test -e stray.txt || echo gone' },
          report({ files_changed: ['src/b1.txt'] }),
        ],
        B2: [
          { exec: "grep -q 'a1 done' src/a1.txt && echo 'b2 done' > src/b2.txt" },
          report({ files_changed: ['src/b2.txt'] }),
        ],
      }),
    );
    const primary = site.git('status', '--porcelain');

    const first = await site.run();
    assert.equal(first.exitCode, 3, first.stderr);
    assert.deepEqual(statesOf(first.status), {
      A1: 'verified',
      A2: 'verified',
      A3: 'stopped',
      B1: 'stopped',
      B2: 'verified',
    });
    assert.deepEqual(site.processes(), []);

    // What the agent did is seen; what it says of itself stands beside it, and is refuted where it is not so.
    const [a1] = site.runs('A1');
    assert.ok(a1);
    assert.deepEqual(
      a1.trace.commands_run.map(({ command, exit_code, source }) => [command, exit_code, source]),
      [
        ['cat src/a1.txt', 0, 'agent'],
        ['ls no-such-file', 2, 'agent'],
      ],
    );
    assert.deepEqual(
      a1.of('agent_edit').map((edit) => edit.path),
      [path.join(site.worktree('A1'), 'src/a1.txt')],
    );
    assert.deepEqual(
      a1.trace.files_changed.map(({ path: file, change, in_scope }) => [file, change, in_scope]),
      [['src/a1.txt', 'added', true]],
    );
    assert.deepEqual(a1.trace.claims.files_changed, ['src/a1.txt', 'src/ghost.txt']);
    assert.equal(a1.trace.claims.tests_passed, true);
    assert.deepEqual(a1.trace.claims.learnings, ['texts end with a line end']);
    assert.deepEqual(a1.trace.contradictions, [
      'claims to have changed src/ghost.txt, which is as it was',
      'claims to have run `npm test`, which was not seen',
    ]);
    assert.equal(a1.trace.review_needed, true);
    assert.equal(a1.trace.tests_passed, true);
    assert.deepEqual(
      a1.trace.verification.map(({ command, exit_code, outcome }) => [command, exit_code, outcome]),
      [[says('src/a1.txt', 'done'), 0, 'passed']],
    );
    assert.equal(a1.trace.agent.version, '2.1.197');
    assert.ok(a1.trace.usage.input_tokens > 0 && (a1.trace.usage.cost_usd ?? 0) > 0);
    const commit = sliceOf(first.status, 'A1').commit ?? '';
    assert.equal(a1.trace.commit, commit);
    assert.equal(site.git('diff-tree', '--no-commit-id', '--name-only', '-r', commit), 'src/a1.txt');
    assert.equal(site.git('show', `${commit}:src/a1.txt`), 'a1 done');

    // Denied at the edit, with a reason that the model gets and acts on.
    const [a2] = site.runs('A2');
    assert.equal(a2?.trace.denied.length, 1);
    assert.equal(a2.trace.denied[0]?.tool, 'Write');
    assert.equal(a2.trace.denied[0].target, path.join(site.worktree('A2'), 'docs/guide.md'));
    const told = site.asked('A2')[1]?.toolResults.at(-1);
    assert.equal(told?.isError, true);
    assert.match(told.text, /docs\/guide\.md is inside BOUNDARY `docs\/\*\*` of slice A2.*NEEDS_INPUT/);
    assert.equal(a2.trace.denied[0].reason, told.text);
    assert.deepEqual(
      a2.trace.files_changed.map((file) => file.path),
      ['src/a2.txt'],
    );

    // What no hook of the agent can see is caught at the end.
    const [a3] = site.runs('A3');
    assert.deepEqual(a3?.trace.denied, []);
    assert.equal(a3.trace.stop?.condition, 'unexpected-scope');
    assert.deepEqual(a3.trace.stop.paths, ['config.txt']);
    assert.deepEqual(sliceOf(first.status, 'B1').stop?.paths, ['config.txt', 'stray.txt']);
    assert.equal(sliceOf(first.status, 'A3').commit, null);
    const shown = await site.slicewave(['status', site.planDir]);
    assert.match(shown.stdout, /Slice A3 changed config\.txt outside its scope/);

    const approved = await site.slicewave(['approve', site.planDir, 'A3']);
    assert.equal(approved.exitCode, 0, approved.stderr);
    const reverted = await site.slicewave([
      'retry',
      site.planDir,
      'B1',
      '--revert',
      '--note',
      'leave the colours alone',
    ]);
    assert.equal(reverted.exitCode, 0, reverted.stderr);
    const second = await site.run();
    assert.equal(second.exitCode, 0, second.stdout);
    assert.ok(second.status.slices.every((slice) => slice.state === 'verified'));
    assert.deepEqual(site.endpoint.problems, []);

    // Approved: the gate is repeated, the agent is not asked again, and the task spec says what the slice may do now.
    assert.equal(site.asked('A3').length, 3);
    const again = site.runs('A3').at(-1);
    assert.equal(again?.trace.agent.adapter, 'none');
    assert.deepEqual(
      again.trace.files_changed.map(({ path: file, in_scope }) => [file, in_scope]),
      [
        ['config.txt', true],
        ['src/a3.txt', true],
      ],
    );
    assert.match(readFileSync(path.join(site.planDir, 'tasks/task-003-a3.md'), 'utf8'), /MODIFY: `config\.txt`/);
    assert.equal(site.git('show', `${sliceOf(second.status, 'A3').commit}:config.txt`), 'colour = red\nsize = 3');

    // Reverted: the base's file, the agent told so where it was, and what it had written not lost.
    const [before, after] = site.runs('B1');
    assert.ok(before && after);
    assert.equal(after.trace.agent.session_id, before.trace.agent.session_id);
    const resumed = site.asked('B1')[2];
    assert.equal(resumed?.sessionId, before.trace.agent.session_id);
    const message = resumed.userTexts.at(-1) ?? '';
    assert.match(message, /out of scope and have been put back:\s+- config\.txt\s+- stray\.txt/);
    assert.match(message, /leave the colours alone/);
    assert.match(site.asked('B1')[3]?.toolResults.at(-1)?.text ?? '', /colour = red\s+gone/);
    assert.equal(site.git('show', `${sliceOf(second.status, 'B1').commit}:config.txt`), 'colour = red');
    assert.equal(site.git('show', `${before.trace.snapshot_commit}:config.txt`), 'colour = blue');

    assert.equal(site.git('branch', '--show-current'), 'main');
    assert.equal(site.git('status', '--porcelain', '--', ':!parallel'), primary);
    assert.deepEqual(site.processes(), []);
  });

  test('a budget that is used up starts no further agent, says so, and a larger one goes on', async () => {
    const site = await siteOf(
      { A1: part('codex', 'src/a1.txt'), A2: part('codex', 'src/a2.txt', { deps: ['A1'] }) },
      () => ({
        A1: [{ exec: "mkdir -p src && echo 'a1 done' > src/a1.txt" }, report({ files_changed: ['src/a1.txt'] })],
        A2: [{ exec: "mkdir -p src && echo 'a2 done' > src/a2.txt" }, report({ files_changed: ['src/a2.txt'] })],
      }),
    );
    const first = await site.run(['--budget-tokens', '200']);
    assert.equal(first.exitCode, 3, first.stdout);
    assert.deepEqual(statesOf(first.status), { A1: 'verified', A2: 'ready' });
    assert.match(first.stdout, /The budget is used up \(240 of 200 tokens\): no further agent starts/);
    const second = await site.run(['--budget-tokens', '1000']);
    assert.equal(second.exitCode, 0, second.stdout);
    assert.deepEqual(statesOf(second.status), { A1: 'verified', A2: 'verified' });
  });

  test('a question ends the attempt, and the answer goes on in the same session', async () => {
    const asks = (question: string): ReturnType<typeof report> =>
      report({ status: 'NEEDS_INPUT', question, tests_passed: null });
    const site = await siteOf(
      {
        A1: part('claude', 'src/a1.txt'),
        B1: part('codex', 'src/b1.txt'),
        C1: part('codex', 'src/c1.txt', { deps: ['A1', 'B1'] }),
        C2: part('codex', 'src/c2.txt'),
      },
      (at) => ({
        A1: [
          { exec: 'cat config.txt' },
          asks('Which colour?'),
          { write: at('A1', 'src/a1.txt'), content: 'green done\n' },
          report({ files_changed: ['src/a1.txt'] }),
        ],
        B1: [
          asks('How many?'),
          { exec: "mkdir -p src && echo 'three done' > src/b1.txt" },
          report({ files_changed: ['src/b1.txt'] }),
        ],
        C1: [
          { exec: 'cat src/a1.txt src/b1.txt' },
          { write: at('C1', 'src/c1.txt'), content: 'c1 done\n' },
          report({ files_changed: ['src/c1.txt'] }),
        ],
        C2: [{ write: at('C2', 'src/c2.txt'), content: 'c2 done\n' }, report({ files_changed: ['src/c2.txt'] })],
      }),
    );
    const first = await site.run();
    assert.equal(first.exitCode, 3, first.stdout);
    assert.deepEqual(statesOf(first.status), { A1: 'needs_input', B1: 'needs_input', C1: 'pending', C2: 'verified' });
    assert.deepEqual(
      new Map(first.status.attention.map(({ slice, condition, question }) => [slice, [condition, question]])),
      new Map([
        ['A1', ['unclear-instructions', 'Which colour?']],
        ['B1', ['unclear-instructions', 'How many?']],
      ]),
    );
    assert.match((await site.slicewave(['status', site.planDir])).stdout, /Which colour\?/);

    // Without an answer nobody is asked again.
    const requests = site.endpoint.requests.length;
    assert.equal((await site.run()).exitCode, 3);
    assert.equal(site.endpoint.requests.length, requests);

    assert.equal((await site.slicewave(['answer', site.planDir, 'A1', 'Green; "no" $red'])).exitCode, 0);
    assert.equal((await site.slicewave(['answer', site.planDir, 'B1', '--', '- three'])).exitCode, 0);
    // An attempt without an agent loses neither the answer nor the session nor the work.
    const nowhere = path.join(site.root, 'no-such-agent');
    const missing = await site.run([], { SLICEWAVE_CLAUDE_PATH: nowhere, SLICEWAVE_CODEX_PATH: nowhere });
    assert.equal(missing.exitCode, 1, missing.stdout);
    assert.equal(site.endpoint.requests.length, requests);
    const second = await site.run();
    assert.equal(second.exitCode, 0, second.stdout);
    assert.deepEqual(site.endpoint.problems, []);

    for (const [slice, asked, question, answer] of [
      ['A1', 2, 'Which colour?', '> Green; "no" $red'],
      ['B1', 1, 'How many?', '> - three'],
    ] as const) {
      const [one, without, two] = site.runs(slice);
      assert.equal(without?.trace.exit.reason, 'agent-missing');
      assert.equal(one?.trace.state, 'needs_input');
      assert.equal(one.trace.stop?.question, question);
      assert.equal(two?.trace.attempt, 2);
      assert.equal(two.trace.agent.session_id, one.trace.agent.session_id);
      const resumed = site.asked(slice)[asked];
      assert.equal(resumed?.sessionId, one.trace.agent.session_id);
      assert.ok(
        resumed.assistantTexts.some((text) => text.includes(question)),
        'the agent knows what it asked',
      );
      assert.ok(
        resumed.userTexts.some((text) => text.includes(`Part ${slice}`)),
        'and what it was told first',
      );
      assert.ok(resumed.userTexts.at(-1)?.includes(answer), resumed.userTexts.at(-1));
    }
    assert.match(
      site.asked('C1')[1]?.toolResults.at(-1)?.text ?? '',
      /green done\s+three done/,
      'works on what it waited for',
    );
  });

  test('a failing check is fed back in the same session, twice; then the slice stops', async () => {
    const site = await siteOf(
      {
        A1: part('claude', 'src/a1.txt'),
        A2: part('codex', 'src/a2.txt'),
        B1: part('codex', 'src/b1.txt'),
        B2: part('codex', 'src/b2.txt', { verify: ['node checks/no-such-check.mjs', says('src/b2.txt', 'done')] }),
      },
      (at) => ({
        A1: [
          { write: at('A1', 'src/a1.txt'), content: 'half\n' },
          report({ files_changed: ['src/a1.txt'], tests_passed: true }),
          { exec: 'echo done >> src/a1.txt' },
          report({ files_changed: ['src/a1.txt'] }),
        ],
        A2: [
          { exec: 'mkdir -p src && echo one > src/a2.txt' },
          report({ files_changed: ['src/a2.txt'] }),
          { exec: 'echo two >> src/a2.txt' },
          report({ files_changed: ['src/a2.txt'] }),
          { exec: 'echo three >> src/a2.txt' },
          report({ files_changed: ['src/a2.txt'] }),
        ],
        B1: [
          { exec: 'mkdir -p src && echo half > src/b1.txt' },
          report({ files_changed: ['src/b1.txt'] }),
          { exec: 'echo done >> src/b1.txt' },
          report({ files_changed: ['src/b1.txt'] }),
        ],
        B2: [
          { exec: 'mkdir -p src && echo done > src/b2.txt' },
          report({ files_changed: ['src/b2.txt'], tests_passed: false }),
          report({
            files_changed: ['src/b2.txt'],
            status: 'BLOCKED',
            question: 'The check itself is missing. Where is it?',
          }),
        ],
      }),
    );
    const ended = await site.run();
    assert.equal(ended.exitCode, 3, ended.stdout);
    assert.deepEqual(site.endpoint.problems, []);
    assert.deepEqual(statesOf(ended.status), { A1: 'verified', A2: 'stopped', B1: 'verified', B2: 'needs_input' });

    for (const slice of ['A1', 'B1']) {
      const [one, two, ...more] = site.runs(slice);
      assert.equal(more.length, 0);
      const file = `src/${slice.toLowerCase()}.txt`;
      const check = says(file, 'done');
      assert.equal(one?.trace.exit.reason, 'tests-failing');
      assert.equal(one.trace.tests_passed, false);
      assert.deepEqual(one.trace.contradictions, [`claims that tests pass, but \`${check}\` ended with 1`]);
      assert.equal(one.trace.verification[0]?.base_exit_code, 1, 'the file is not there on the base either');
      assert.equal(one.trace.commit, null);
      assert.equal(two?.trace.tests_passed, true);
      assert.deepEqual(two.trace.contradictions, []);
      assert.equal(two.trace.agent.session_id, one.trace.agent.session_id);
      const fedBack = site.asked(slice)[2];
      assert.equal(fedBack?.sessionId, one.trace.agent.session_id);
      assert.ok(fedBack.userTexts.at(-1)?.includes(check));
      assert.ok(fedBack.userTexts.at(-1)?.includes(`wanted <done> in ${file}, found <half>`));
    }

    const attempts = site.runs('A2');
    assert.deepEqual(
      attempts.map(({ trace }) => [trace.attempt, trace.exit.reason]),
      [
        [1, 'tests-failing'],
        [2, 'tests-failing'],
        [3, 'tests-failing'],
      ],
    );
    assert.deepEqual(
      attempts.map(({ trace }) => trace.state),
      ['failed', 'failed', 'stopped'],
    );
    assert.equal(new Set(attempts.map(({ trace }) => trace.agent.session_id)).size, 1);
    assert.equal(attempts.at(-1)?.trace.stop?.condition, 'tests-failing');
    assert.match(site.asked('A2')[4]?.userTexts.at(-1) ?? '', /found <one\ntwo>/);

    // Not the slice's fault: the same command fails on the base, and the agent may say so.
    const [b2] = site.runs('B2');
    assert.equal(b2?.trace.verification[0]?.base_exit_code, 1);
    assert.match(sliceOf(ended.status, 'B2').stop?.question ?? '', /Where is it\?/);
  });

  test('commands that leave the slice are denied, and a commit out of scope is refused', async () => {
    const commits = (file: string, root: string): string =>
      [
        "echo mine > config.txt; git add config.txt; git commit -qm 'config' && echo OUT OF SCOPE",
        `git restore --staged --worktree config.txt; mkdir -p src; echo done > ${file}`,
        `git add src; git commit -qm 'part' && echo IN SCOPE`,
        `git -C ${quoted(root)} commit -q --allow-empty -m 'theirs' && echo ELSEWHERE`,
        'other="$(mktemp -d)"; git init -q "$other" && git -C "$other" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m own && echo FOREIGN',
      ].join('\n');
    const site = await siteOf(
      { A1: part('claude', 'src/a1.txt'), A2: part('claude', 'src/a2.txt'), B1: part('codex', 'src/b1.txt') },
      (at, root) => ({
        A1: [
          { exec: 'git status --short && git push origin HEAD' },
          { exec: 'git checkout -q main' },
          { exec: `git -C ${quoted(root)} switch -c other` },
          { exec: 'git commit --no-verify -qm x --allow-empty' },
          { write: path.join(root, 'notes.md'), content: 'mine\n' },
          // Words that only look like it.
          { exec: "echo 'we push the checkout' && git log --oneline --grep=push && git checkout -- config.txt" },
          { write: at('A1', 'src/a1.txt'), content: 'done\n' },
          report({ files_changed: ['src/a1.txt'] }),
        ],
        A2: [{ exec: commits('src/a2.txt', root) }, report({ files_changed: ['src/a2.txt'] })],
        B1: [{ exec: commits('src/b1.txt', root) }, report({ files_changed: ['src/b1.txt'] })],
      }),
    );
    // Out of its sandbox, which lets nothing be committed at all, and with settings that keep our variables away.
    appendFileSync(
      path.join(site.home, '.codex/config.toml'),
      '[shell_environment_policy]\nignore_default_excludes = false\n',
    );
    const hooks = path.join(site.root, '.git/hooks');
    const head = site.git('rev-parse', 'HEAD');
    const ended = await site.run([], { SLICEWAVE_CODEX_SANDBOX: 'danger-full-access' });
    assert.equal(ended.exitCode, 0, ended.stdout);
    assert.deepEqual(site.endpoint.problems, []);

    const [a1] = site.runs('A1');
    assert.deepEqual(
      a1?.trace.denied.map(({ tool, reason }) => [tool, reason]),
      [
        ['Bash', 'Not in slice A1: pushing is done by the person after integration.'],
        [
          'Bash',
          'Not in slice A1: the branch of this worktree is fixed. To put a file back, write `git checkout -- <file>`.',
        ],
        [
          'Bash',
          'Not in slice A1: the branch of this worktree is fixed. To put a file back, write `git checkout -- <file>`.',
        ],
        ['Bash', 'Not in slice A1: a commit is checked against the scope.'],
        [
          'Write',
          `${path.join(site.root, 'notes.md')} is outside this slice's worktree (${site.worktree('A1')}). Write only inside it.`,
        ],
      ],
    );
    assert.equal(site.asked('A1')[1]?.toolResults.at(-1)?.text, a1.trace.denied[0]?.reason);
    assert.deepEqual(
      a1.trace.commands_run.map(({ exit_code }) => exit_code),
      [0],
      'what was denied was not run, and what only looks like it was',
    );
    for (const slice of ['A2', 'B1']) {
      const told = site.asked(slice)[1]?.toolResults.at(-1)?.text ?? '';
      assert.match(told, /slicewave: config\.txt is in neither CREATE nor MODIFY of slice/);
      assert.match(told, /is outside this slice's worktree/);
      assert.deepEqual(told.match(/^(OUT OF SCOPE|IN SCOPE|ELSEWHERE|FOREIGN)$/gm), ['IN SCOPE', 'FOREIGN'], told);
      const commit = sliceOf(ended.status, slice).commit ?? '';
      assert.equal(site.git('rev-parse', `${commit}^`), site.runs(slice)[0]?.trace.base_commit, 'one commit a slice');
      assert.equal(
        site.git('diff-tree', '--no-commit-id', '--name-only', '-r', commit),
        `src/${slice.toLowerCase()}.txt`,
      );
    }
    assert.equal(site.git('config', '--list', '--local').includes('hookspath'), false);
    assert.equal(site.git('rev-parse', 'HEAD'), head);
    assert.ok(readdirSync(hooks).every((name) => name.endsWith('.sample')));
    assert.equal(existsSync(path.join(site.root, 'notes.md')), false);
  });

  test('a missing agent, a troubled model, a secret and a write elsewhere are all told', async () => {
    // Put together here, so that no scanner finds it in this file.
    const token = ['ghp', '1aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1uV2wX'].join('_');
    const site = await siteOf(
      {
        A1: part('claude', 'src/a1.txt'),
        A2: part('claude', 'src/a2.txt'),
        B1: part('codex', 'src/b1.txt'),
        A3: part('claude', 'src/a3.txt', { deps: ['A1', 'B1'] }),
      },
      (at, root) => ({
        A1: [
          { status: 429, retryAfterSeconds: 1 },
          { write: at('A1', 'src/a1.txt'), content: 'done\n' },
          { cut: true },
          report({ files_changed: ['src/a1.txt'] }),
        ],
        A2: [
          { write: at('A2', 'src/a2.txt'), content: `token = "${token}"\ndone\n` },
          { exec: `echo the token is ${token}` },
          report({ files_changed: ['src/a2.txt'], spec_summary: `uses ${token}` }),
          { write: at('A2', 'src/a2.txt'), content: 'done without it\n' },
          report({ files_changed: ['src/a2.txt'] }),
        ],
        B1: [
          { status: 429, retryAfterSeconds: 1 },
          { exec: 'mkdir -p src && echo done > src/b1.txt' },
          { cut: true },
          report({ files_changed: ['src/b1.txt'] }),
        ],
        A3: [
          { exec: `echo hello > ${quoted(root)}/left-behind.txt && echo done > src/a3.txt` },
          report({ files_changed: ['src/a3.txt'] }),
        ],
      }),
    );
    const nowhere = path.join(site.root, 'no-such-agent');
    const missing = await site.slicewave(['run', site.planDir], { SLICEWAVE_CLAUDE_PATH: nowhere });
    assert.equal(missing.exitCode, 1, missing.stdout);
    assert.match(missing.stderr, /Claude Code was not found, and A1, A2, A3 are for it/);
    assert.ok(missing.stderr.includes(`SLICEWAVE_CLAUDE_PATH names ${nowhere}, which cannot be started.`));
    assert.deepEqual(site.runs('B1'), [], 'nothing was started, nobody was paid');

    const ended = await site.run();
    assert.equal(ended.exitCode, 3, ended.stdout);
    assert.deepEqual(statesOf(ended.status), { A1: 'verified', A2: 'stopped', B1: 'verified', A3: 'stopped' });
    assert.deepEqual(site.endpoint.problems, []);
    assert.equal(site.runs('A1').at(-1)?.trace.attempt, 1, 'an attempt without an agent costs none');

    const stop = sliceOf(ended.status, 'A2').stop;
    assert.equal(stop?.condition, 'secrets-auth-production');
    assert.deepEqual(stop.paths, ['src/a2.txt']);
    assert.match(
      readFileSync(path.join(site.worktree('A2'), 'src/a2.txt'), 'utf8'),
      new RegExp(token),
      'the work is kept',
    );
    const leaks = filesBelow(site.runsDir).filter((file) => readFileSync(file).includes(token));
    assert.deepEqual(leaks, []);
    const patch = readFileSync(
      path.join(site.runsDir, site.runs('A2').at(-1)?.trace.run_id ?? '', 'diff.patch'),
      'utf8',
    );
    assert.match(patch, /^\+token = "\[redacted\]"$/m);

    const [a3] = site.runs('A3');
    assert.equal(a3?.trace.stop?.condition, 'outside-worktree');
    assert.match(a3.trace.stop?.detail ?? '', /^left-behind\.txt of the primary checkout was made by A3 /);
    assert.deepEqual(
      a3.trace.risk_notes.map(({ severity }) => severity),
      ['critical'],
    );
    assert.equal(a3.trace.review_needed, true);
    assert.deepEqual(a3.trace.contradictions, []);
    assert.equal((await site.slicewave(['approve', site.planDir, 'A3'])).exitCode, 0);

    assert.equal((await site.slicewave(['retry', site.planDir, 'A2', '--revert'])).exitCode, 0);
    const last = await site.run();
    assert.equal(last.exitCode, 0, last.stdout);
    assert.match(site.asked('A2')[3]?.userTexts.at(-1) ?? '', /put back:\s+- src\/a2\.txt/);
    assert.equal(site.git('show', `${sliceOf(last.status, 'A2').commit}:src/a2.txt`), 'done without it');
    assert.deepEqual(
      filesBelow(site.runsDir).filter((file) => readFileSync(file).includes(token)),
      [],
    );
    assert.deepEqual(site.endpoint.problems, []);
  });

  test('Ctrl-C ends agents and all they started, keeps their work, and a second run goes on in the same sessions', async () => {
    const never = new Promise<never>(() => undefined);
    const site = await siteOf(
      {
        A1: part('claude', 'src/a1.txt'),
        B1: part('codex', 'src/b1.txt'),
        A2: part('codex', 'src/a2.txt', { deps: ['A1'] }),
        B2: part('codex', 'src/b2.txt', { deps: ['B1'] }),
      },
      (at) => ({
        A1: [
          { write: at('A1', 'src/a1.txt'), content: 'half\n' },
          { exec: 'sleep 600 > /dev/null 2>&1 & echo started' },
          { hold: never },
          { exec: 'cat src/a1.txt && echo done >> src/a1.txt' },
          report({ files_changed: ['src/a1.txt'] }),
        ],
        B1: [
          { exec: 'mkdir -p src; echo half > src/b1.txt; sleep 600 > /dev/null 2>&1 & echo started' },
          { hold: never },
          { exec: 'cat src/b1.txt && echo done >> src/b1.txt' },
          report({ files_changed: ['src/b1.txt'] }),
        ],
        A2: [{ write: at('A2', 'src/a2.txt'), content: 'done\n' }, report({ files_changed: ['src/a2.txt'] })],
        B2: [{ exec: 'mkdir -p src; echo done > src/b2.txt' }, report({ files_changed: ['src/b2.txt'] })],
      }),
    );
    const { pid, ended } = site.startRun();
    await Promise.all([site.whenAsked('A1', 3), site.whenAsked('B1', 2)]);
    if (process.platform === 'linux')
      assert.ok(site.processes().length >= 5, 'scheduler, two runners, two agents at least');
    process.kill(pid, 'SIGINT');
    const first = await ended;
    assert.equal(first.exitCode, 130, first.stdout);
    assert.deepEqual(site.processes(), []);
    assert.deepEqual(statesOf(first.status), { A1: 'failed', B1: 'failed', A2: 'pending', B2: 'pending' });

    for (const slice of ['A1', 'B1']) {
      const [run] = site.runs(slice);
      assert.ok(run);
      assert.equal(run.trace.exit.reason, 'stopped-by-user');
      assert.equal(run.of('agent_exited')[0]?.is_error, true);
      assert.equal(site.git('show', `refs/slicewave/runs/${run.trace.run_id}:src/${slice.toLowerCase()}.txt`), 'half');
      assert.equal(run.trace.commit, null);
    }

    const second = await site.run();
    assert.equal(second.exitCode, 0, second.stdout);
    assert.deepEqual(site.endpoint.problems, []);
    for (const [slice, asked] of [
      ['A1', 3],
      ['B1', 2],
    ] as const) {
      const [one, two] = site.runs(slice);
      assert.equal(two?.trace.agent.session_id, one?.trace.agent.session_id);
      const resumed = site.asked(slice)[asked];
      assert.equal(resumed?.sessionId, one?.trace.agent.session_id);
      assert.match(resumed?.userTexts.at(-1) ?? '', /You were interrupted before you were done/);
      assert.match(
        site.asked(slice)[asked + 1]?.toolResults.at(-1)?.text ?? '',
        /half/,
        'its worktree is as it left it',
      );
      assert.equal(
        site.git('show', `${sliceOf(second.status, slice).commit}:src/${slice.toLowerCase()}.txt`),
        'half\ndone',
      );
    }
    assert.deepEqual(site.processes(), []);
    assert.equal(existsSync(path.join(site.runsDir, 'plans', 'TS-7-shop.lease')), false);
  });
});
