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
import { claudeHook } from './claude-hook.ts';
import { numberOf, objectOf, objectsOf, parseJsonLine, textOf } from './json-line.ts';
import type { JsonObject } from './json-line.ts';
import { nodeVariables } from '../process/processes.ts';
import { shellQuoted } from '../../core/text/shell-quoting.ts';

/** Tools that run a command line; their input's `command` is what was run. */
const commandTools: ReadonlySet<string> = new Set(['Bash', 'PowerShell', 'Monitor']);
/** Tools that write the file their input names. */
const fileTools: ReadonlySet<string> = new Set(['Write', 'Edit', 'MultiEdit', 'NotebookEdit']);
/** Tools that would take the agent out of its worktree, or bring it back after its run has been judged. */
const withheldTools = ['EnterWorktree', 'ExitWorktree', 'CronCreate', 'ScheduleWakeup'];

/**
 * Claude Code, headless. Edits inside the worktree and commands are allowed by its own permission system (the user's
 * deny rules still win); a `PreToolUse` hook asks this slicewave about every one of them before it happens.
 */
export const claudeAdapter: DecomposingAdapter = {
  ...agentRow('claude'),
  hook: claudeHook,
  state,
  invoke,
  ask,
  createReader: () => new ClaudeReader(),
};

/**
 * Sessions, shell snapshots and the credentials that are renewed. `~/.claude.json` beside it is not written: Claude Code
 * works without.
 */
function state(env: AgentRequest['env']): AgentState {
  const home = env['CLAUDE_CONFIG_DIR'] || path.join(env['HOME'] || homedir(), '.claude');
  const steering = ['settings.json', 'settings.local.json', 'CLAUDE.md', 'rules', 'agents', 'commands', 'skills'];
  return {
    directories: [home],
    kept: [...steering, 'hooks', 'plugins', 'output-styles'].map((name) => path.join(home, name)),
  };
}

function invoke(request: AgentRequest): AgentInvocation {
  return {
    program: request.env['SLICEWAVE_CLAUDE_PATH'] || 'claude',
    args: [
      '-p',
      '--output-format=stream-json',
      '--verbose',
      // Without these events a denial by a hook looks like any other failed tool.
      '--include-hook-events',
      // Accepts edits below the working directory only; what else asks is refused, as nobody is there to answer.
      '--permission-mode=acceptEdits',
      '--allowedTools=Bash',
      `--disallowedTools=${withheldTools.join(',')}`,
      // Tools of other servers could write files no hook of ours sees, and every slice would start them again.
      '--strict-mcp-config',
      `--settings=${JSON.stringify(settings(request))}`,
      request.mode === 'resume' ? `--resume=${request.sessionId}` : `--session-id=${request.sessionId}`,
      ...(request.model === undefined ? [] : [`--model=${request.model}`]),
    ],
    env: { ...request.env, SLICEWAVE_POLICY_FILE: request.policyFile },
    stdinFile: request.promptFile,
  };
}

/**
 * Given inline, because hooks in a repository's own settings are not reliably found from a linked worktree. They are
 * merged with the user's and the project's settings, whose own hooks still run once.
 */
function settings(request: AgentRequest): JsonObject {
  const assigned = Object.entries(nodeVariables())
    .map(([key, value]) => `${key}=${value} `)
    .join('');
  const hook = {
    type: 'command',
    // Claude Code lets a tool pass when its hook fails with any code but 2. Ours must not be passed by breaking.
    // On Windows too a POSIX shell reads it: Claude Code runs hooks in Git Bash.
    command: `${assigned}${[...request.slicewave, 'hook', 'pre-tool-use'].map(shellQuoted).join(' ')} || exit 2`,
    timeout: 60,
  };
  return {
    hooks: { PreToolUse: [{ matcher: [...fileTools, ...commandTools].join('|'), hooks: [hook] }] },
    // A user or a project that has switched hooks off must not switch off the boundary.
    disableAllHooks: false,
    // What it would remember belongs to a worktree that is going to be removed.
    autoMemoryEnabled: false,
  };
}

/** Only tools that read: nothing it could write with, nothing it could run. */
function ask(question: AgentQuestion): readonly string[] {
  return [
    '-p',
    '--output-format=stream-json',
    '--verbose',
    '--permission-mode=dontAsk',
    '--tools=Read,Glob,Grep',
    '--allowedTools=Read,Glob,Grep',
    '--strict-mcp-config',
    `--json-schema=${question.schema}`,
    question.sessionId === null ? `--session-id=${question.newSession}` : `--resume=${question.sessionId}`,
    ...(question.model ? [`--model=${question.model}`] : []),
  ];
}

interface ToolUse {
  readonly tool: string;
  readonly input: JsonObject;
  readonly atMs: number;
}

/** Reads `--output-format stream-json`. Usage events add up; the last word comes at the end, see {@link end}. */
class ClaudeReader implements AgentReader {
  /** Tool uses without a result yet, by id. */
  readonly #open = new Map<string, ToolUse>();
  /** Commands the agent sent to the background; they end by a notification of their own. */
  readonly #background = new Map<string, ToolUse>();
  readonly #hookReasons = new Set<string>();
  readonly #reportedDenials = new Set<string>();
  #sessionSeen = false;
  #reported = { inputTokens: 0, outputTokens: 0, costUsd: 0 };
  #lastWord: AgentEvent | undefined;

  line(text: string, atMs: number): readonly AgentEvent[] {
    const line = parseJsonLine(text);
    switch (line?.['type']) {
      case 'system':
        return this.#system(line, atMs);
      case 'assistant':
        return this.#assistant(line, atMs);
      case 'user':
        return this.#user(line, atMs);
      case 'result':
        return this.#result(line);
      default:
        return [];
    }
  }

  /**
   * A session may print several results: it goes on by itself when a background command ends. So only the end of the
   * process tells which one was the last. Commands that were cut off by it are reported without an exit code.
   */
  end(): readonly AgentEvent[] {
    const unfinished = [...this.#open, ...this.#background].filter(([, use]) => commandTools.has(use.tool));
    this.#open.clear();
    this.#background.clear();
    const events = unfinished.map(([id, use]) => commandEvent(id, use, { exitCode: null, durationMs: null }));
    return this.#lastWord === undefined ? events : [...events, this.#lastWord];
  }

  #system(line: JsonObject, atMs: number): readonly AgentEvent[] {
    switch (line['subtype']) {
      case 'init': {
        const sessionId = textOf(line['session_id']);
        if (this.#sessionSeen || sessionId === undefined) return [];
        this.#sessionSeen = true;
        const model = textOf(line['model']);
        const version = textOf(line['claude_code_version']);
        return [{ type: 'session', sessionId, ...(model && { model }), ...(version && { version }) }];
      }
      case 'hook_response': {
        const reason = line['hook_event'] === 'PreToolUse' ? denialReason(textOf(line['stdout']) ?? '') : undefined;
        if (reason !== undefined) this.#hookReasons.add(reason);
        return [];
      }
      case 'task_notification': {
        const id = textOf(line['tool_use_id']) ?? '';
        const use = this.#background.get(id);
        if (use === undefined) return [];
        this.#background.delete(id);
        const exitCode = textOf(line['summary'])?.match(/\bexit code (\d+)\)?\s*$/)?.[1];
        const outcome = { exitCode: exitCode === undefined ? null : Number(exitCode), durationMs: atMs - use.atMs };
        return [commandEvent(id, use, outcome)];
      }
      default:
        return [];
    }
  }

  #assistant(line: JsonObject, atMs: number): readonly AgentEvent[] {
    const message = objectOf(line['message']);
    // What a sub-agent says is said to the agent. A synthetic message is the client's error text, in the result too.
    const isSaid = textOf(line['parent_tool_use_id']) === undefined && message['model'] !== '<synthetic>';
    return objectsOf(message['content']).flatMap((block): readonly AgentEvent[] => {
      const text = textOf(block['text']);
      if (block['type'] === 'text' && text !== undefined && isSaid) return [{ type: 'message', text }];
      const id = textOf(block['id']);
      const tool = textOf(block['name']);
      if (block['type'] !== 'tool_use' || id === undefined || tool === undefined) return [];
      const use = { tool, input: objectOf(block['input']), atMs };
      this.#open.set(id, use);
      const command = textOf(use.input['command']);
      return commandTools.has(tool) && command !== undefined ? [{ type: 'command_started', id, command }] : [];
    });
  }

  #user(line: JsonObject, atMs: number): readonly AgentEvent[] {
    const content = objectsOf(objectOf(line['message'])['content']);
    // Describes the result when the line holds just one, which is how the agent prints them.
    const details = objectOf(line['tool_use_result']);
    return content.flatMap((block): readonly AgentEvent[] => {
      const id = textOf(block['tool_use_id']) ?? '';
      const use = this.#open.get(id);
      if (block['type'] !== 'tool_result' || use === undefined) return [];
      this.#open.delete(id);
      return this.#toolResult(id, use, { block, details, atMs });
    });
  }

  #toolResult(
    id: string,
    use: ToolUse,
    { block, details, atMs }: { readonly block: JsonObject; readonly details: JsonObject; readonly atMs: number },
  ): readonly AgentEvent[] {
    const isError = block['is_error'] === true;
    const text = resultText(block['content']);
    const reason = isError ? this.#refusal(text) : undefined;
    if (reason !== undefined) {
      this.#reportedDenials.add(id);
      return [deniedEvent(use.tool, use.input, reason)];
    }
    if (commandTools.has(use.tool)) {
      if (textOf(details['backgroundTaskId']) !== undefined) {
        this.#background.set(id, use);
        return [];
      }
      // The client refused the call itself (a missing parameter, say), so nothing was run.
      if (text.startsWith('<tool_use_error>') && isError) return [];
      const printed = /^Exit code (\d+)/.exec(text)?.[1];
      const failed = printed === undefined ? null : Number(printed);
      const exitCode = isError || details['interrupted'] === true ? failed : 0;
      return [commandEvent(id, use, { exitCode, durationMs: atMs - use.atMs })];
    }
    if (isError || !fileTools.has(use.tool)) return [];
    const path = textOf(details['filePath']) ?? targetOf(use.input);
    return [{ type: 'edit', tool: use.tool, path }];
  }

  /** Why a tool use was refused; `undefined` when it was tried and failed. */
  #refusal(text: string): string | undefined {
    const trimmed = text.trim();
    if (this.#hookReasons.has(trimmed)) return trimmed;
    const byExitCode = /^PreToolUse:\S+ hook error: (?:\[[^\n]*?\]: )?([\s\S]+)$/.exec(trimmed)?.[1];
    if (byExitCode !== undefined) return byExitCode;
    const isRule = /^(Claude requested permissions to |Permission to use |This command requires approval)/.test(
      trimmed,
    );
    return isRule ? trimmed : undefined;
  }

  #result(line: JsonObject): readonly AgentEvent[] {
    // The list is the client's own and complete, but comes only now; most were reported when they happened.
    const denials = objectsOf(line['permission_denials']).flatMap((denial): readonly AgentEvent[] => {
      const id = textOf(denial['tool_use_id']) ?? '';
      if (this.#reportedDenials.has(id)) return [];
      this.#reportedDenials.add(id);
      const tool = textOf(denial['tool_name']) ?? 'unknown tool';
      return [deniedEvent(tool, objectOf(denial['tool_input']), 'refused by a hook or a permission rule')];
    });
    const isError = line['is_error'] === true || line['subtype'] !== 'success';
    const errors = Array.isArray(line['errors']) ? line['errors'].filter((error) => typeof error === 'string') : [];
    const text = textOf(line['result']) ?? textOf(errors.join('\n')) ?? (isError ? textOf(line['subtype']) : undefined);
    this.#lastWord = { type: 'finished', isError, text: text ?? '' };
    return [...denials, ...this.#usage(line)];
  }

  /** The client prints running totals of its process, sub-agents included; what was reported before is taken off. */
  #usage(line: JsonObject): readonly AgentEvent[] {
    const models = Object.values(objectOf(line['modelUsage'])).map(objectOf);
    const count = (...keys: readonly string[]): number =>
      models
        .flatMap((model) => keys.map((key) => numberOf(model[key]) ?? 0))
        .reduce((total, tokens) => total + tokens, 0);
    const before = this.#reported;
    const total = {
      inputTokens: count('inputTokens', 'cacheReadInputTokens', 'cacheCreationInputTokens'),
      outputTokens: count('outputTokens'),
      costUsd: numberOf(line['total_cost_usd']) ?? before.costUsd,
    };
    this.#reported = total;
    const inputTokens = Math.max(0, total.inputTokens - before.inputTokens);
    const outputTokens = Math.max(0, total.outputTokens - before.outputTokens);
    const costUsd = Math.max(0, total.costUsd - before.costUsd);
    return inputTokens + outputTokens + costUsd === 0 ? [] : [{ type: 'usage', inputTokens, outputTokens, costUsd }];
  }
}

function commandEvent(
  id: string,
  use: ToolUse,
  outcome: { readonly exitCode: number | null; readonly durationMs: number | null },
): AgentEvent {
  return { type: 'command', id, command: targetOf(use.input), ...outcome };
}

function deniedEvent(tool: string, input: JsonObject, reason: string): AgentEvent {
  return { type: 'denied', tool, target: targetOf(input), reason };
}

/** What a tool use is about: its file, its command line, or whatever its input says. */
function targetOf(input: JsonObject): string {
  return (
    textOf(input['file_path']) ??
    textOf(input['notebook_path']) ??
    textOf(input['command']) ??
    textOf(input['url']) ??
    JSON.stringify(input).slice(0, 200)
  );
}

/** A result is a text, or blocks of which the texts count. */
function resultText(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((block) => textOf(block['text']) ?? '')
    .join('');
}

/** The reason in a hook's answer that denies; `undefined` for every other answer. */
function denialReason(stdout: string): string | undefined {
  const answer = parseJsonLine(stdout.replaceAll(/\s*\n\s*/g, ' '));
  const decision = objectOf(answer?.['hookSpecificOutput']);
  if (decision['permissionDecision'] === 'deny') return textOf(decision['permissionDecisionReason'])?.trim();
  return answer?.['decision'] === 'block' ? textOf(answer['reason'])?.trim() : undefined;
}
