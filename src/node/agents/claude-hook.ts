import type { AgentHook, AskedToolUse } from './adapter.ts';

/**
 * The `PreToolUse` hook of Claude Code. It stands by itself: each edit of an agent starts a process for it, which loads
 * nothing that only a runner needs.
 */
export const claudeHook: AgentHook = { name: 'pre-tool-use', read, refusal };

/** What a `PreToolUse` hook is asked on standard input. */
function read(call: unknown): AskedToolUse | null {
  if (typeof call !== 'object' || call === null) throw new Error('the tool use is not an object');
  const { tool_input: input, cwd } = call as { tool_input?: unknown; cwd?: unknown };
  if (typeof input !== 'object' || input === null) return null;
  const { file_path: file, notebook_path: notebook, command } = input as Record<string, unknown>;
  return {
    file: typeof file === 'string' ? file : typeof notebook === 'string' ? notebook : null,
    command: typeof command === 'string' ? command : null,
    cwd: typeof cwd === 'string' ? cwd : null,
    input: { ...input },
  };
}

function refusal(reason: string): string {
  const decision = { hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason: reason };
  return `${JSON.stringify({ hookSpecificOutput: decision })}\n`;
}
