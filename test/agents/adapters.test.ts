/** The two adapters against the real command lines, which talk to a scripted model. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentAdapter, AgentEvent, AgentRequest } from '../../src/node/agents/adapter.ts';
import { claudeAdapter } from '../../src/node/agents/claude.ts';
import { codexAdapter } from '../../src/node/agents/codex.ts';
import { runProcess } from '../../src/node/process/processes.ts';
import { codexSandboxWorks, createAgentHome } from './agent-home.ts';
import type { AgentHome } from './agent-home.ts';
import { startModelEndpoint, usagePerTurn } from './model-endpoint.ts';
import type { Conversation, ModelEndpoint } from './model-endpoint.ts';

/** Far above what any of these sessions takes (about a second), far below "it hangs". */
const limitMs = 300_000;

interface Finished {
  readonly exitCode: number | null;
  readonly events: readonly AgentEvent[];
  readonly stderr: string;
}

/** One worktree of a real repository, in a folder whose name a shell would trip over. */
interface Site {
  readonly worktree: string;
  readonly home: AgentHome;
  readonly endpoint: ModelEndpoint;
  run(adapter: AgentAdapter, prompt: string, change?: Partial<AgentRequest>): Promise<Finished>;
}

const disposals: (() => void | Promise<void>)[] = [];

type Script = Readonly<Record<string, Conversation>>;

async function createSite(script: Script | ((worktree: string) => Script)): Promise<Site> {
  const root = mkdtempSync(join(tmpdir(), "slicewave it's $HOME; ü-"));
  disposals.push(() => rmSync(root, { recursive: true, force: true }));
  const repository = join(root, 'repo');
  const worktree = join(root, 'repo.worktrees', 'A1');
  const scratchDir = join(root, 'scratch');
  mkdirSync(repository);
  mkdirSync(scratchDir);
  const git = (...args: readonly string[]): void => {
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], {
      cwd: repository,
      stdio: 'pipe',
    });
  };
  git('init', '-q');
  git('commit', '-q', '--allow-empty', '-m', 'base');
  git('worktree', 'add', '-q', worktree);

  const endpoint = await startModelEndpoint({ script: typeof script === 'function' ? script(worktree) : script });
  disposals.unshift(() => endpoint.close());
  const home = createAgentHome(endpoint.url);
  disposals.unshift(() => home.dispose());

  const hook = join(root, 'stand-in slicewave.mjs');
  writeFileSync(hook, standInHook);
  const policyFile = join(scratchDir, 'policy.json');
  writeFileSync(policyFile, JSON.stringify({ forbidden: 'forbidden', broken: 'broken' }));

  const run: Site['run'] = async (adapter, prompt, change) => {
    const promptFile = join(scratchDir, `prompt-${randomUUID()}.txt`);
    writeFileSync(promptFile, prompt);
    const request: AgentRequest = {
      plan: 'TS-1',
      slice: 'A1',
      runId: 'r1',
      attempt: 1,
      worktree,
      promptFile,
      scratchDir,
      mode: 'prompt',
      sessionId: randomUUID(),
      policyFile,
      slicewave: [process.execPath, hook],
      env: home.env,
      ...change,
    };
    return runToEnd(adapter, request);
  };
  return { worktree, home, endpoint, run };
}

/** What `slicewave hook pre-tool-use` is to Claude Code: reads the policy, denies by answer; fails when told to. */
const standInHook = `
import { readFileSync } from 'node:fs';
if (process.argv.slice(2).join(' ') !== 'hook pre-tool-use') throw new Error('called as ' + process.argv);
const policy = JSON.parse(readFileSync(process.env.SLICEWAVE_POLICY_FILE, 'utf8'));
const { tool_input } = JSON.parse(readFileSync(0, 'utf8'));
const text = JSON.stringify(tool_input);
if (text.includes(policy.broken)) throw new Error('the hook broke');
if (text.includes(policy.forbidden)) {
  console.log(JSON.stringify({
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: 'deny',
      permissionDecisionReason: 'A1 must not touch this: ask for a larger scope',
    },
  }));
}
`;

/** Through the product's own door: what it starts agents with is tried with them. */
async function runToEnd(adapter: AgentAdapter, request: AgentRequest): Promise<Finished> {
  const invocation = adapter.invoke(request);
  const reader = adapter.createReader();
  const events: AgentEvent[] = [];
  let stderr = '';
  let partial = '';
  const ended = await runProcess({
    ...invocation,
    cwd: request.worktree,
    timeout: limitMs,
    outputIntoFile: true,
    onStdout: (chunk) => {
      const lines = (partial + chunk).split(/\r?\n/);
      partial = lines.pop() ?? '';
      for (const line of lines) events.push(...reader.line(line, Date.now()));
    },
    onStderr: (chunk) => (stderr += chunk),
  });
  assert.equal(ended.outcome, 'exited', `${adapter.title}: ${JSON.stringify([ended, events.slice(-3)])}`);
  events.push(...reader.end(Date.now()));
  return { exitCode: ended.exitCode, events, stderr };
}

function of<T extends AgentEvent['type']>(finished: Finished, type: T): readonly Extract<AgentEvent, { type: T }>[] {
  return finished.events.filter((event): event is Extract<AgentEvent, { type: T }> => event.type === type);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

suite('real agents, scripted model', () => {
  teardown(async () => {
    for (const dispose of disposals.splice(0)) await dispose();
  });

  suite('Claude Code', () => {
    test('writes files and runs commands in its worktree, and every step is seen', async () => {
      const site = await createSite((worktree) => ({
        'slice A1': [
          { write: join(worktree, 'users.ts'), content: 'export {};\n' },
          { exec: 'echo checked > checked.txt && node --version' },
          {
            tools: [
              { tool: 'Bash', input: { command: 'exit 7' } },
              { tool: 'Bash', input: { command: 'true' } },
            ],
          },
          { say: 'All done.' },
        ],
      }));
      const users = join(site.worktree, 'users.ts');
      const sessionId = randomUUID();
      const finished = await site.run(claudeAdapter, '- this is slice A1, "quoted" `and` $HOME', { sessionId });

      assert.equal(finished.exitCode, 0, finished.stderr);
      assert.deepEqual(site.endpoint.problems, []);
      assert.equal(readFileSync(users, 'utf8'), 'export {};\n');
      assert.equal(readFileSync(join(site.worktree, 'checked.txt'), 'utf8'), 'checked\n');
      const [session] = of(finished, 'session');
      assert.equal(session?.sessionId, sessionId);
      assert.equal(session?.version, '2.1.197');
      assert.deepEqual(of(finished, 'edit'), [{ type: 'edit', tool: 'Write', path: users }]);
      const commands = of(finished, 'command');
      assert.deepEqual(
        new Map(commands.map(({ command, exitCode }) => [command, exitCode])),
        new Map<string, number | null>([
          ['echo checked > checked.txt && node --version', 0],
          ['exit 7', 7],
          ['true', 0],
        ]),
      );
      assert.ok(commands.every(({ durationMs }) => durationMs !== null && durationMs >= 0 && durationMs < limitMs));
      assert.deepEqual(
        of(finished, 'command_started')
          .map(({ id }) => id)
          .sort(),
        commands.map(({ id }) => id).sort(),
      );
      assert.deepEqual(of(finished, 'denied'), []);
      assert.equal(sum(of(finished, 'usage').map(({ inputTokens }) => inputTokens)), 4 * usagePerTurn.inputTokens);
      assert.equal(sum(of(finished, 'usage').map(({ outputTokens }) => outputTokens)), 4 * usagePerTurn.outputTokens);
      assert.ok(sum(of(finished, 'usage').map(({ costUsd }) => costUsd ?? 0)) > 0);
      assert.deepEqual(of(finished, 'message'), [{ type: 'message', text: 'All done.' }]);
      assert.deepEqual(finished.events.at(-1), { type: 'finished', isError: false, text: 'All done.' });
      const [first] = site.endpoint.requestsOf('slice A1');
      assert.ok(first?.userTexts.some((text) => text.trim() === '- this is slice A1, "quoted" `and` $HOME'));
    });

    test('says a long answer to its end', async () => {
      // Several times what a socket or a pipe holds.
      const text = `whole: ${'word '.repeat(400_000)}end`;
      const { run } = await createSite({ LONG: [{ say: text }] });
      const { exitCode, events } = await run(claudeAdapter, 'LONG answer');
      assert.equal(exitCode, 0);
      const finished = events.at(-1);
      assert.ok(finished?.type === 'finished', JSON.stringify(finished).slice(0, 300));
      assert.ok(finished.text === text, `${finished.text.length} characters of ${text.length}`);
    });

    test('is denied by the hook, for files and commands, and the reason reaches the model', async () => {
      const reason = 'A1 must not touch this: ask for a larger scope';
      const site = await createSite({
        'slice A1': [
          { tool: 'Write', input: { file_path: 'forbidden.ts', content: 'x' } },
          { exec: 'touch forbidden.txt' },
          { exec: 'touch broken.txt' },
          { say: 'I stopped.' },
        ],
      });
      const finished = await site.run(claudeAdapter, 'this is slice A1');

      assert.equal(finished.exitCode, 0, finished.stderr);
      assert.equal(existsSync(join(site.worktree, 'forbidden.ts')), false);
      assert.equal(existsSync(join(site.worktree, 'forbidden.txt')), false);
      assert.equal(existsSync(join(site.worktree, 'broken.txt')), false, 'a hook that breaks must not let a tool pass');
      const [, afterWrite, afterCommand, afterBroken] = site.endpoint.requestsOf('slice A1');
      assert.deepEqual(
        afterWrite?.toolResults.map(({ text, isError }) => [text, isError]),
        [[reason, true]],
      );
      assert.deepEqual(afterCommand?.toolResults.at(-1)?.text, reason);
      assert.match(afterBroken?.toolResults.at(-1)?.text ?? '', /the hook broke/);
      const denied = of(finished, 'denied');
      assert.deepEqual(
        denied.map(({ tool, target }) => [tool, target]),
        [
          ['Write', 'forbidden.ts'],
          ['Bash', 'touch forbidden.txt'],
          ['Bash', 'touch broken.txt'],
        ],
      );
      assert.deepEqual(
        denied.slice(0, 2).map((event) => event.reason),
        [reason, reason],
      );
      assert.deepEqual(of(finished, 'edit'), []);
      assert.deepEqual(of(finished, 'command'), [], 'what was denied was not run');
    });

    test('may not write outside of its worktree, even when the hook is silent', async () => {
      const outside = join(tmpdir(), `slicewave-outside-${randomUUID()}.txt`);
      const site = await createSite({ 'slice A1': [{ write: outside, content: 'x' }, { say: 'I could not.' }] });
      const finished = await site.run(claudeAdapter, 'this is slice A1');
      assert.equal(existsSync(outside), false);
      assert.deepEqual(
        of(finished, 'denied').map(({ target }) => target),
        [outside],
      );
    });

    test('keeps its boundary in a project that switches hooks off, whose own hooks stay its own', async () => {
      const site = await createSite({ 'slice A1': [{ exec: 'touch forbidden.txt' }, { say: 'I stopped.' }] });
      mkdirSync(join(site.worktree, '.claude'));
      const theirs = { type: 'command', command: 'echo x >> their-hook.txt' };
      const settings = { disableAllHooks: true, hooks: { PreToolUse: [{ matcher: 'Bash', hooks: [theirs] }] } };
      writeFileSync(join(site.worktree, '.claude', 'settings.json'), JSON.stringify(settings));
      const finished = await site.run(claudeAdapter, 'this is slice A1');
      assert.equal(existsSync(join(site.worktree, 'forbidden.txt')), false);
      assert.equal(of(finished, 'denied').length, 1);
      assert.equal(readFileSync(join(site.worktree, 'their-hook.txt'), 'utf8'), 'x\n', 'ran exactly once');
    });

    test('asks, ends, and goes on in the same session with the answer', async () => {
      const site = await createSite({
        'slice A1': [{ say: 'Which colour?' }, { exec: 'echo blue > colour.txt' }, { say: 'Done in blue.' }],
      });
      const sessionId = randomUUID();
      const asking = await site.run(claudeAdapter, 'this is slice A1', { sessionId });
      assert.equal(asking.exitCode, 0, asking.stderr);
      assert.deepEqual(asking.events.at(-1), { type: 'finished', isError: false, text: 'Which colour?' });

      const resumed = await site.run(claudeAdapter, 'Blue, please.', { sessionId, mode: 'resume' });
      assert.equal(resumed.exitCode, 0, resumed.stderr);
      assert.equal(of(resumed, 'session')[0]?.sessionId, sessionId);
      assert.equal(readFileSync(join(site.worktree, 'colour.txt'), 'utf8'), 'blue\n');
      assert.deepEqual(resumed.events.at(-1), { type: 'finished', isError: false, text: 'Done in blue.' });
      const [asked, answered] = site.endpoint.requestsOf('slice A1');
      assert.equal(asked?.sessionId, sessionId);
      assert.equal(answered?.sessionId, sessionId);
      assert.deepEqual(answered?.assistantTexts, ['Which colour?']);
      assert.equal(answered?.userTexts.at(-1)?.trim(), 'Blue, please.');
      assert.deepEqual(site.endpoint.problems, []);
      const tokens = of(resumed, 'usage').map(({ inputTokens }) => inputTokens);
      assert.deepEqual(tokens, [2 * usagePerTurn.inputTokens], 'counts the resumed run only');
    });

    test('waits while the model thinks, and survives 429, 500 and a cut connection', async () => {
      let stopThinking = (): void => undefined;
      const thinking = new Promise<void>((resolve) => (stopThinking = resolve));
      const site = await createSite({
        'slice A1': [
          { hold: thinking },
          { status: 429, retryAfterSeconds: 1 },
          { status: 500 },
          { cut: true },
          { exec: 'echo through > through.txt' },
          { say: 'Done.' },
        ],
      });
      const running = site.run(claudeAdapter, 'this is slice A1');
      await site.endpoint.asked('slice A1', 1);
      assert.equal(site.endpoint.turnsLeft('slice A1'), 5);
      stopThinking();
      const finished = await running;
      assert.equal(finished.exitCode, 0, finished.stderr);
      assert.equal(readFileSync(join(site.worktree, 'through.txt'), 'utf8'), 'through\n');
      assert.deepEqual(finished.events.at(-1), { type: 'finished', isError: false, text: 'Done.' });
      assert.equal(site.endpoint.turnsLeft('slice A1'), 0);
    });

    for (const [name, turn] of [
      ['the connection is always cut', { cut: true }],
      ['the limit is never lifted', { status: 429 }],
      ['the request is refused', { status: 400 }],
    ] as const) {
      test(`ends with an error when ${name}`, async () => {
        const site = await createSite({ 'slice A1': () => turn });
        const finished = await site.run(claudeAdapter, 'this is slice A1');
        assert.notEqual(finished.exitCode, 0);
        const last = finished.events.at(-1);
        assert.ok(last?.type === 'finished' && last.isError, JSON.stringify(last));
        assert.match(last.text, /API Error/);
      });
    }

    test('ends with an error when the session to resume is unknown', async () => {
      const site = await createSite({ '': [{ say: 'never said' }] });
      const finished = await site.run(claudeAdapter, 'the answer', { mode: 'resume' });
      assert.notEqual(finished.exitCode, 0);
      assert.ok(of(finished, 'finished')[0]?.isError);
      assert.equal(site.endpoint.requests.length, 0);
    });
  });

  suite('Codex', () => {
    test('changes files by commands and patches, and every step is seen', async () => {
      const site = await createSite((worktree) => ({
        'slice A1': [
          { exec: "echo 'export {};' > users.ts && echo \"it's written\"" },
          { write: join(worktree, 'patched.txt'), content: 'one\ntwo\n' },
          { exec: 'exit 7' },
          { say: 'All done.' },
        ],
      }));
      const patched = join(site.worktree, 'patched.txt');
      const finished = await site.run(codexAdapter, '- this is slice A1, "quoted" `and` $HOME', { model: 'gpt-5.5' });

      assert.equal(finished.exitCode, 0, finished.stderr);
      assert.deepEqual(site.endpoint.problems, []);
      assert.equal(readFileSync(join(site.worktree, 'users.ts'), 'utf8'), 'export {};\n');
      assert.equal(readFileSync(patched, 'utf8'), 'one\ntwo\n');
      assert.deepEqual(
        of(finished, 'command').map(({ command, exitCode }) => [command, exitCode]),
        [
          ["echo 'export {};' > users.ts && echo \"it's written\"", 0],
          ['exit 7', 7],
        ],
      );
      assert.ok(of(finished, 'command').every(({ durationMs }) => durationMs !== null && durationMs >= 0));
      assert.deepEqual(of(finished, 'edit'), [{ type: 'edit', tool: 'apply_patch', path: patched }]);
      assert.deepEqual(of(finished, 'usage'), [
        {
          type: 'usage',
          inputTokens: 4 * usagePerTurn.inputTokens,
          outputTokens: 4 * usagePerTurn.outputTokens,
          costUsd: null,
        },
      ]);
      assert.deepEqual(finished.events.at(-1), { type: 'finished', isError: false, text: 'All done.' });
      const [first] = site.endpoint.requestsOf('slice A1');
      assert.equal(first?.sessionId, of(finished, 'session')[0]?.sessionId);
      assert.equal(first?.model, 'gpt-5.5');
      assert.equal(first?.userTexts.at(-1)?.trim(), '- this is slice A1, "quoted" `and` $HOME');
    });

    test('asks, ends, and goes on in the same session with the answer', async () => {
      const site = await createSite({
        'slice A1': [{ say: 'Which colour?' }, { exec: 'echo blue > colour.txt; pwd' }, { say: 'Done in blue.' }],
      });
      const asking = await site.run(codexAdapter, 'this is slice A1');
      assert.equal(asking.exitCode, 0, asking.stderr);
      assert.deepEqual(asking.events.at(-1), { type: 'finished', isError: false, text: 'Which colour?' });
      const sessionId = of(asking, 'session')[0]?.sessionId ?? '';

      const resumed = await site.run(codexAdapter, 'Blue, please.', { sessionId, mode: 'resume' });
      assert.equal(resumed.exitCode, 0, resumed.stderr);
      assert.equal(of(resumed, 'session')[0]?.sessionId, sessionId);
      assert.equal(readFileSync(join(site.worktree, 'colour.txt'), 'utf8'), 'blue\n');
      const [, answered, afterCommand] = site.endpoint.requestsOf('slice A1');
      assert.equal(answered?.sessionId, sessionId);
      assert.deepEqual(answered?.assistantTexts, ['Which colour?']);
      assert.equal(answered?.userTexts.at(-1)?.trim(), 'Blue, please.');
      assert.ok(afterCommand?.toolResults.at(-1)?.text.includes(site.worktree), 'still in its worktree');
      assert.deepEqual(site.endpoint.problems, []);
    });

    test('runs in the sandbox the user chose', async function () {
      if (!codexSandboxWorks()) this.skip();
      const site = await createSite({
        'slice A1': [{ exec: 'echo "reads all"' }, { exec: 'echo x > written.txt' }, { say: 'Done.' }],
      });
      const finished = await site.run(codexAdapter, 'this is slice A1', {
        env: { ...site.home.env, SLICEWAVE_CODEX_SANDBOX: 'read-only' },
      });
      assert.equal(finished.exitCode, 0, finished.stderr);
      const [, afterRead, afterWrite] = site.endpoint.requestsOf('slice A1');
      // The sandbox stood, and let the one command run; it is the write that it refused, in the system's own words.
      assert.match(afterRead?.toolResults.at(-1)?.text ?? '', /reads all/);
      assert.match(
        afterWrite?.toolResults.at(-1)?.text ?? '',
        /written\.txt: (?:Read-only file system|Permission denied|Operation not permitted)/,
      );
      assert.equal(existsSync(join(site.worktree, 'written.txt')), false);
      assert.deepEqual(
        of(finished, 'command').filter(({ command, exitCode }) => command.includes('written.txt') && exitCode === 0),
        [],
      );
    });

    test('survives 429, 500 and a cut connection', async () => {
      const site = await createSite({
        'slice A1': [
          { status: 429, retryAfterSeconds: 1 },
          { exec: 'echo one > one.txt' },
          { status: 500 },
          { exec: 'echo two > two.txt' },
          { cut: true },
          { say: 'Done.' },
        ],
      });
      const finished = await site.run(codexAdapter, 'this is slice A1');
      assert.equal(finished.exitCode, 0, finished.stderr);
      assert.deepEqual(
        of(finished, 'command').map(({ exitCode }) => exitCode),
        [0, 0],
      );
      assert.deepEqual(finished.events.at(-1), { type: 'finished', isError: false, text: 'Done.' });
      assert.equal(site.endpoint.turnsLeft('slice A1'), 0);
    });

    for (const [name, turn, text] of [
      ['the connection is always cut', { cut: true }, /stream disconnected/],
      ['the limit is never lifted', { status: 429 }, /429/],
      ['the request is refused', { status: 400 }, /scripted 400/],
    ] as const) {
      test(`ends with an error when ${name}`, async () => {
        const site = await createSite({ 'slice A1': () => turn });
        const finished = await site.run(codexAdapter, 'this is slice A1');
        assert.notEqual(finished.exitCode, 0);
        const last = finished.events.at(-1);
        assert.ok(last?.type === 'finished' && last.isError, JSON.stringify(last));
        assert.match(last.text, text);
      });
    }

    test('ends with an error when the session to resume is unknown', async () => {
      const site = await createSite({ '': [{ say: 'never said' }] });
      const finished = await site.run(codexAdapter, 'the answer', { mode: 'resume' });
      assert.notEqual(finished.exitCode, 0);
      assert.match(finished.stderr, /no rollout found/);
      assert.equal(site.endpoint.requests.length, 0);
    });
  });

  test('several agents of both kinds share one endpoint at the same time', async () => {
    const site = await createSite({
      'slice A1': [{ exec: 'echo A1 > a1.txt' }, { say: 'A1 done' }],
      'slice B1': [{ exec: 'echo B1 > b1.txt' }, { say: 'B1 done' }],
      'slice C1': [{ exec: 'echo C1 > c1.txt' }, { say: 'C1 done' }],
    });
    const finished = await Promise.all([
      site.run(claudeAdapter, 'this is slice A1, before slice C1'),
      site.run(codexAdapter, 'this is slice B1'),
      site.run(claudeAdapter, 'this is slice C1, after slice A1'),
    ]);
    assert.deepEqual(
      finished.map(({ events }) => events.at(-1)),
      ['A1 done', 'B1 done', 'C1 done'].map((text) => ({ type: 'finished', isError: false, text })),
    );
    for (const slice of ['A1', 'B1', 'C1']) {
      assert.equal(readFileSync(join(site.worktree, `${slice.toLowerCase()}.txt`), 'utf8'), `${slice}\n`);
    }
    assert.deepEqual(site.endpoint.problems, []);
  });
});
