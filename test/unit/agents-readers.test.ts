/**
 * The readers against what the real command lines printed (`test/agents/recordings`, from sessions with a scripted
 * model), and against everything else a process might print.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { AgentAdapter, AgentEvent, AgentRequest } from '../../src/node/agents/adapter.ts';
import { claudeAdapter } from '../../src/node/agents/claude.ts';
import { codexAdapter } from '../../src/node/agents/codex.ts';

function recording(name: string): readonly string[] {
  const url = new URL(`../agents/recordings/${name}.jsonl`, import.meta.url);
  return readFileSync(url, 'utf8').trimEnd().split('\n');
}

/** Ten milliseconds pass with every line. */
function read(adapter: AgentAdapter, lines: readonly string[]): readonly AgentEvent[] {
  const reader = adapter.createReader();
  const events = lines.flatMap((line, index) => reader.line(line, index * 10));
  return [...events, ...reader.end(lines.length * 10)];
}

/** One line per event, without what differs between recordings. */
function told(events: readonly AgentEvent[]): readonly string[] {
  return events.map((event) => {
    switch (event.type) {
      case 'session':
        return `session ${event.model ?? '-'} ${event.version ?? '-'}`;
      case 'message':
        return `message ${event.text}`;
      case 'command_started':
        return `started ${event.id} ${event.command}`;
      case 'command':
        return `command ${event.id} ${event.command} -> ${event.exitCode}`;
      case 'edit':
        return `edit ${event.tool} ${event.path}`;
      case 'denied':
        return `denied ${event.tool} ${event.target}: ${event.reason}`;
      case 'usage':
        return `usage ${event.inputTokens} ${event.outputTokens} ${event.costUsd?.toFixed(4) ?? null}`;
      case 'finished':
        return `finished ${event.isError ? 'with an error' : 'well'}: ${event.text}`;
    }
  });
}

const worktree = '/tmp/recorded/A1';

suite('agents: reading Claude Code', () => {
  const session = recording('claude-session');

  test('a session with edits, denials, commands, a background command and a sub-agent', () => {
    assert.deepEqual(told(read(claudeAdapter, session)), [
      'session claude-opus-4-8[1m] 2.1.197',
      'message I write the module.',
      `edit Write ${worktree}/users.ts`,
      `denied Write ${worktree}/FORBID.ts: slice A1 may not write FORBID; stay in scope`,
      'started toolu_3_0 echo EXIT2',
      'denied Bash echo EXIT2: exit2 reason',
      "denied Write /tmp/outside.txt: Claude requested permissions to write to /tmp/outside.txt, but you haven't granted it yet.",
      "denied WebFetch https://example.com: Claude requested permissions to use WebFetch, but you haven't granted it yet.",
      `edit Edit ${worktree}/users.ts`,
      'started toolu_9_0 sleep 3',
      'command toolu_9_0 sleep 3 -> 143',
      'started toolu_10_0 sleep 0.2; echo one',
      'started toolu_10_1 echo two; exit 7',
      'command toolu_10_0 sleep 0.2; echo one -> 0',
      'command toolu_10_1 echo two; exit 7 -> 7',
      'started toolu_11_0 sleep 0.5; exit 4',
      'started toolu_13_0 echo from below',
      'command toolu_13_0 echo from below -> 0',
      'message All done.',
      'usage 1500 300 0.0150',
      'command toolu_11_0 sleep 0.5; exit 4 -> 4',
      'message Really all done.',
      'usage 100 20 0.0010',
      'finished well: Really all done.',
    ]);
  });

  test('the duration of a command runs from its use to its own result, also when two run at once', () => {
    const lineOf = (needle: string): number => session.findIndex((line) => line.includes(needle));
    const used = lineOf('"id":"toolu_10_1"');
    const answered = lineOf('"tool_use_id":"toolu_10_1"');
    const command = read(claudeAdapter, session).find((event) => event.type === 'command' && event.id === 'toolu_10_1');
    assert.ok(command?.type === 'command' && answered > used && used > 0);
    assert.equal(command.durationMs, (answered - used) * 10);
  });

  test('denials are reported at the end when the hook events are missing, and none twice', () => {
    const denied = (lines: readonly string[]): readonly string[] =>
      read(claudeAdapter, lines).flatMap((event) => (event.type === 'denied' ? `${event.tool} ${event.target}` : []));
    const withoutHooks = session.filter((line) => !line.includes('"subtype":"hook_'));
    assert.equal(denied(session).length, 4);
    assert.equal(denied(withoutHooks).length, 4);
    assert.deepEqual(new Set(denied(withoutHooks)), new Set(denied(session)));
  });

  test('a session that died leaves its open commands without an exit code, and no last word', () => {
    const used = session.findIndex((line) => line.includes('"id":"toolu_9_0"'));
    const events = told(read(claudeAdapter, session.slice(0, used + 1)));
    assert.deepEqual(events.slice(-2), ['started toolu_9_0 sleep 3', 'command toolu_9_0 sleep 3 -> null']);
  });

  test('a refused request is an error although its subtype is "success"', () => {
    const lines = recording('claude-refused');
    assert.ok(lines.some((line) => line.includes('"subtype":"success","is_error":true')));
    assert.deepEqual(told(read(claudeAdapter, lines)), [
      'session claude-opus-4-8[1m] 2.1.197',
      'finished with an error: API Error: 400 scripted 400',
    ]);
  });

  test("an unknown session is an error with the client's own words", () => {
    const events = told(read(claudeAdapter, recording('claude-unknown-session')));
    assert.equal(events.length, 1);
    assert.match(events[0] ?? '', /^finished with an error: No conversation found with session ID: [0-9a-f-]+$/);
  });
});

suite('agents: reading Codex', () => {
  const session = recording('codex-session');

  test('a session with commands, patches, failures and reconnections', () => {
    assert.ok(session.some((line) => line.includes('Reconnecting')));
    assert.deepEqual(told(read(codexAdapter, session)), [
      'session - -',
      'started item_0 echo "it\'s $HOME"; exit 7',
      'command item_0 echo "it\'s $HOME"; exit 7 -> 7',
      `edit apply_patch ${worktree}/a.txt`,
      `edit apply_patch ${worktree}/users.ts`,
      'started item_2 true',
      'command item_2 true -> 0',
      'message All done.',
      'usage 600 120 null',
      'finished well: All done.',
    ]);
  });

  test('a command that never ended has no exit code, and reconnections alone are a failure', () => {
    const lines = [
      '{"type":"item.started","item":{"id":"item_0","type":"command_execution","command":"/bin/bash -lc \'npm test\'"}}',
      '{"type":"error","message":"Reconnecting... 5/5 (stream disconnected)"}',
    ];
    assert.deepEqual(told(read(codexAdapter, lines)), [
      'started item_0 npm test',
      'command item_0 npm test -> null',
      'finished with an error: Reconnecting... 5/5 (stream disconnected)',
    ]);
  });

  test('a refused request is an error with the message of the service', () => {
    assert.deepEqual(told(read(codexAdapter, recording('codex-refused'))), [
      'session - -',
      'finished with an error: scripted 400',
    ]);
  });

  test('the shell around a command is taken off, and nothing else', () => {
    const commands: readonly (readonly [printed: string, read: string])[] = [
      ["/bin/bash -lc 'npm test'", 'npm test'],
      ['/bin/bash -lc true', 'true'],
      ['bash -c "echo \\"a\\" \\$b \\n"', 'echo "a" $b \\n'],
      ["/usr/bin/zsh -lc 'echo '\\''a'\\'''", "echo 'a'"],
      ["/bin/bash -lc 'a' 'b'", "/bin/bash -lc 'a' 'b'"],
      ["/bin/bash -lc 'never closed", "/bin/bash -lc 'never closed"],
      ['bash run.sh', 'bash run.sh'],
      ['powershell.exe -Command Get-Item', 'powershell.exe -Command Get-Item'],
    ];
    for (const [printed, expected] of commands) {
      const item = { id: 'i', type: 'command_execution', command: printed, exit_code: 0, status: 'completed' };
      assert.deepEqual(told(read(codexAdapter, [JSON.stringify({ type: 'item.completed', item })])), [
        `command i ${expected} -> 0`,
      ]);
    }
  });
});

suite('agents: reading anything', () => {
  for (const [adapter, name] of [
    [claudeAdapter, 'claude-session'],
    [codexAdapter, 'codex-session'],
  ] as const) {
    const session = recording(name);

    test(`${adapter.title}: prose, other JSON and torn lines yield nothing`, () => {
      const garbage = [
        '',
        '   ',
        'WARNING: proceeding',
        '[]',
        'null',
        '"text"',
        '42',
        '{',
        '{}',
        '{"type":7}',
        '{"type":"new"}',
      ];
      const torn = session.map((line) => line.slice(0, -1));
      assert.deepEqual(read(adapter, [...garbage, ...torn, '\u0000\ufffd', '[{"type":"result"}]']), []);
    });

    test(`${adapter.title}: garbage between the lines changes nothing`, () => {
      const mixed = session.flatMap((line) => [line, 'noise', line.slice(0, line.length / 2)]);
      assert.deepEqual(told(read(adapter, mixed)), told(read(adapter, session)));
    });

    test(`${adapter.title}: a line of the right type and the wrong shape never throws`, () => {
      const parsed = session.map((line): unknown => JSON.parse(line));
      const wrong = fc
        .tuple(fc.constantFrom(...parsed), fc.nat(), fc.jsonValue({ maxDepth: 2 }))
        .map(([line, at, value]) => JSON.stringify(withValueAt(line, { at, value })));
      fc.assert(
        fc.property(fc.array(fc.oneof(wrong, fc.constantFrom(...session), fc.string()), { maxLength: 12 }), (lines) => {
          for (const event of read(adapter, lines)) assert.doesNotThrow(() => told([event]));
        }),
        { numRuns: 500 },
      );
    });
  }
});

/** The JSON with the value at one of its places (counted in depth-first order, round and round) replaced. */
function withValueAt(json: unknown, { at, value }: { readonly at: number; readonly value: unknown }): unknown {
  let places = 0;
  JSON.stringify(json, (_key, inner: unknown) => ((places += 1), inner));
  let place = 0;
  return JSON.parse(
    JSON.stringify(json, (_key, inner: unknown) => (place++ === at % places ? value : inner)) ?? 'null',
  );
}

suite('agents: starting', () => {
  const request: AgentRequest = {
    plan: 'TS-1',
    slice: 'A1',
    runId: 'r1',
    attempt: 1,
    worktree: '/w/A1',
    promptFile: '/r/prompt.txt',
    scratchDir: '/r',
    mode: 'prompt',
    sessionId: '11111111-2222-4333-8444-555555555555',
    policyFile: '/r/policy.json',
    slicewave: ["/it's/node", '/dist/cli.js'],
    env: { PATH: '/bin', SLICEWAVE_SLICE: 'A1' },
  };

  for (const adapter of [claudeAdapter, codexAdapter]) {
    test(`${adapter.title}: the prompt comes by standard input, the environment is kept, nothing is bypassed`, () => {
      for (const mode of ['prompt', 'resume'] as const) {
        const invocation = adapter.invoke({ ...request, mode, model: '--dangerously-anything' });
        assert.equal(invocation.program, adapter.program);
        assert.equal(invocation.stdinFile, request.promptFile);
        assert.deepEqual({ ...invocation.env, ...request.env }, invocation.env);
        assert.ok(invocation.args.includes('--model=--dangerously-anything'), 'a value never becomes a flag');
        const flags = invocation.args.filter((arg) => !arg.startsWith('--model=')).join(' ');
        assert.doesNotMatch(flags, /dangerously|bypass|danger-full-access/);
      }
    });

    test(`${adapter.title}: the program can be given by path`, () => {
      const variable = `SLICEWAVE_${adapter.id.toUpperCase()}_PATH`;
      assert.equal(adapter.invoke({ ...request, env: { [variable]: '/opt/x' } }).program, '/opt/x');
      assert.equal(adapter.invoke({ ...request, env: { [variable]: '' } }).program, adapter.program);
    });
  }

  test('Claude Code: the hook is a quoted command that fails closed', () => {
    const { args, env } = claudeAdapter.invoke(request);
    const settings = args.find((arg) => arg.startsWith('--settings='))?.slice('--settings='.length) ?? '';
    const parsed = JSON.parse(settings) as {
      readonly hooks: {
        readonly PreToolUse: readonly { readonly matcher: string; readonly hooks: readonly unknown[] }[];
      };
    };
    const command = `'/it'\\''s/node' '/dist/cli.js' 'hook' 'pre-tool-use' || exit 2`;
    assert.deepEqual(parsed.hooks.PreToolUse[0]?.hooks, [{ type: 'command', command, timeout: 60 }]);
    for (const tool of ['Write', 'Edit', 'MultiEdit', 'NotebookEdit', 'Bash']) {
      assert.ok(parsed.hooks.PreToolUse[0]?.matcher.split('|').includes(tool), tool);
    }
    assert.equal(env['SLICEWAVE_POLICY_FILE'], request.policyFile);
  });

  test('Codex: the sandbox holds in a resumed session too, unless the user chose another', () => {
    for (const mode of ['prompt', 'resume'] as const) {
      const args = codexAdapter.invoke({ ...request, mode }).args;
      assert.ok(args.includes('--sandbox=workspace-write') && args.includes('--cd=/w/A1'));
      assert.equal(args.at(-1), '-');
    }
    const chosen = codexAdapter.invoke({ ...request, env: { SLICEWAVE_CODEX_SANDBOX: 'read-only' } }).args;
    assert.ok(chosen.includes('--sandbox=read-only'));
  });
});
