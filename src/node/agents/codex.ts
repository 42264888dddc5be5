import { homedir } from 'node:os';
import path from 'node:path';
import { agentRow } from '../../core/agent/agents.ts';
import type {
  AgentEvent,
  AgentInvocation,
  AgentQuestion,
  AgentReader,
  AgentRequest,
  AgentState,
  DecomposingAdapter,
} from './adapter.ts';
import { numberOf, objectOf, objectsOf, parseJsonLine, textOf } from './json-line.ts';
import type { JsonObject } from './json-line.ts';

/**
 * Codex, headless, in its own operating-system sandbox. It has no path rules, so what it may touch inside the worktree
 * is judged at the end of the run. Provider, credentials and network access come from the user's `config.toml`.
 */
export const codexAdapter: DecomposingAdapter = {
  ...agentRow('codex'),
  state,
  invoke,
  ask,
  createReader: () => new CodexReader(),
};

/** Sessions, logs, databases and the credentials that are renewed. */
function state(env: AgentRequest['env']): AgentState {
  const home = env['CODEX_HOME'] || path.join(env['HOME'] || homedir(), '.codex');
  const steering = ['config.toml', 'AGENTS.md', 'AGENTS.override.md', 'hooks.json', 'hooks', 'rules', 'prompts'];
  return { directories: [home], kept: [...steering, 'plugins'].map((name) => path.join(home, name)) };
}

/**
 * `SLICEWAVE_CODEX_SANDBOX` chooses another sandbox (`read-only`, `danger-full-access`) for machines where the kernel
 * does not offer what the default one needs.
 */
function invoke(request: AgentRequest): AgentInvocation {
  return {
    program: request.env['SLICEWAVE_CODEX_PATH'] || 'codex',
    args: [
      'exec',
      '--json',
      `--sandbox=${request.env['SLICEWAVE_CODEX_SANDBOX'] || 'workspace-write'}`,
      `--cd=${request.worktree}`,
      // Nobody is there to approve. What the sandbox refuses is refused.
      '--config=approval_policy="never"',
      ...handedOn(request.env),
      ...(request.model === undefined ? [] : [`--model=${request.model}`]),
      // `resume` itself knows neither a sandbox nor a directory; it takes those given to `exec`.
      ...(request.mode === 'resume' ? ['resume', '--', request.sessionId, '-'] : ['-']),
    ],
    env: request.env,
    stdinFile: request.promptFile,
  };
}

/** Its read-only sandbox keeps it from writing. */
function ask(question: AgentQuestion): readonly string[] {
  return [
    'exec',
    '--json',
    '--sandbox=read-only',
    `--cd=${question.root}`,
    '--config=approval_policy="never"',
    `--output-schema=${question.schemaFile}`,
    ...(question.model ? [`--model=${question.model}`] : []),
    ...(question.sessionId === null ? ['-'] : ['resume', '--', question.sessionId, '-']),
  ];
}

/**
 * A user's `shell_environment_policy` may keep variables from commands: by a list of its own, or all with `KEY` in their
 * name. Git without one of the first fails altogether, and the commit hook needs to know the slice.
 */
function handedOn(env: AgentRequest['env']): readonly string[] {
  const settings = Object.keys(env).filter((name) => /^GIT_CONFIG_(?:KEY|VALUE)_\d+$/.test(name));
  const names = ['GIT_CONFIG_COUNT', ...settings, 'SLICEWAVE_POLICY_FILE'];
  return names.flatMap((name) => {
    const value = env[name];
    // A JSON string is a TOML string, too.
    return value === undefined ? [] : [`--config=shell_environment_policy.set.${name}=${JSON.stringify(value)}`];
  });
}

/**
 * Reads `codex exec --json`. The stream has blind spots: a command the sandbox refused to let write, and a patch
 * outside of the worktree, leave no line in it. Usage is the session's total, which after a resume includes the
 * earlier runs.
 */
class CodexReader implements AgentReader {
  /** Commands still running, by item id. */
  readonly #running = new Map<string, { readonly command: string; readonly atMs: number }>();
  #lastMessage = '';
  #lastError: string | undefined;
  #lastWord: AgentEvent | undefined;

  line(text: string, atMs: number): readonly AgentEvent[] {
    const line = parseJsonLine(text);
    const item = objectOf(line?.['item']);
    switch (line?.['type']) {
      case 'thread.started': {
        const sessionId = textOf(line['thread_id']);
        return sessionId === undefined ? [] : [{ type: 'session', sessionId }];
      }
      case 'item.started':
        return this.#started(item, atMs);
      case 'item.completed':
        return this.#completed(item, atMs);
      case 'turn.completed': {
        this.#lastWord = { type: 'finished', isError: false, text: this.#lastMessage };
        const usage = objectOf(line['usage']);
        const inputTokens = numberOf(usage['input_tokens']) ?? 0;
        const outputTokens = numberOf(usage['output_tokens']) ?? 0;
        return [{ type: 'usage', inputTokens, outputTokens, costUsd: null }];
      }
      case 'turn.failed':
        this.#lastWord = this.#failure(textOf(objectOf(line['error'])['message']));
        return [];
      case 'error':
        // Not yet the end: the client reports every reconnection this way.
        this.#lastError = textOf(line['message']);
        return [];
      default:
        return [];
    }
  }

  /** Yields the last word (a failure when only errors were printed), after the commands that never ended. */
  end(): readonly AgentEvent[] {
    const unfinished = [...this.#running].map(([id, { command }]): AgentEvent => ({
      type: 'command',
      id,
      command,
      exitCode: null,
      durationMs: null,
    }));
    this.#running.clear();
    const lastWord = this.#lastWord ?? (this.#lastError === undefined ? undefined : this.#failure(undefined));
    return lastWord === undefined ? unfinished : [...unfinished, lastWord];
  }

  #failure(message: string | undefined): AgentEvent {
    const text = message ?? this.#lastError ?? 'the turn failed';
    // An answer of the model's service is passed on as it came.
    const answer = textOf(objectOf(parseJsonLine(text)?.['error'])['message']);
    return { type: 'finished', isError: true, text: answer ?? text };
  }

  #started(item: JsonObject, atMs: number): readonly AgentEvent[] {
    const id = textOf(item['id']);
    if (item['type'] !== 'command_execution' || id === undefined) return [];
    const command = commandOf(item);
    this.#running.set(id, { command, atMs });
    return [{ type: 'command_started', id, command }];
  }

  #completed(item: JsonObject, atMs: number): readonly AgentEvent[] {
    const id = textOf(item['id']) ?? '';
    switch (item['type']) {
      case 'agent_message': {
        const text = textOf(item['text']);
        if (text === undefined) return [];
        this.#lastMessage = text;
        return [{ type: 'message', text }];
      }
      case 'command_execution': {
        const started = this.#running.get(id);
        this.#running.delete(id);
        const command = commandOf(item);
        if (item['status'] === 'declined') {
          const reason = textOf(item['aggregated_output']) ?? 'refused by a rule';
          return [{ type: 'denied', tool: 'exec_command', target: command, reason }];
        }
        const durationMs = started === undefined ? null : atMs - started.atMs;
        return [{ type: 'command', id, command, exitCode: numberOf(item['exit_code']) ?? null, durationMs }];
      }
      case 'file_change': {
        const paths = objectsOf(item['changes']).flatMap((change) => textOf(change['path']) ?? []);
        if (item['status'] === 'completed') return paths.map((path) => ({ type: 'edit', tool: 'apply_patch', path }));
        if (item['status'] !== 'declined') return [];
        return paths.map((target) => ({ type: 'denied', tool: 'apply_patch', target, reason: 'refused by a rule' }));
      }
      default:
        return [];
    }
  }
}

function commandOf(item: JsonObject): string {
  const printed = textOf(item['command']) ?? '';
  return withoutShell(printed) ?? printed;
}

/**
 * `/bin/bash -lc 'npm test'` is the shell the client wraps around every command; the command the agent asked for, and
 * talks about in its report, is `npm test`. `undefined` when the text is anything else.
 */
function withoutShell(printed: string): string | undefined {
  const quoted = /^(?:\S*\/)?(?:ba|z|da)?sh -l?c ([\s\S]+)$/.exec(printed)?.[1];
  if (quoted === undefined) return undefined;
  const part = /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)/y;
  let word = '';
  while (part.lastIndex < quoted.length) {
    const match = part.exec(quoted);
    // A blank outside of quotes: more than one word, so not what the client writes.
    if (match === null) return undefined;
    const [, single, double, escaped, bare] = match;
    word += single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? bare ?? '';
  }
  return word;
}
