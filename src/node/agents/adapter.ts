import type { AgentId, AgentRow, DecomposingAgentId } from '../../core/agent/agents.ts';

/**
 * The door between the runner and an agent's command line. An adapter is pure translation: it says which process to
 * start and what the lines that process prints mean. The runner starts the process, records the events, enforces the
 * time limit and ends the process group, so no adapter can forget to.
 */

/** What the runner asks an adapter to start. All paths are absolute. */
export interface AgentRequest {
  readonly plan: string;
  readonly slice: string;
  readonly runId: string;
  readonly attempt: number;
  /** The worktree the agent works in; also its working directory. */
  readonly worktree: string;
  /** Holds the whole prompt (or, on resume, only the new message). Written before the agent starts. */
  readonly promptFile: string;
  /** A directory the adapter may name files in (schemas, last message). Inside the run directory; exists. */
  readonly scratchDir: string;
  /** `prompt`: a new session. `resume`: send the prompt file's text into the session `sessionId`. */
  readonly mode: 'prompt' | 'resume';
  /** For `prompt`: the id the session should get when the agent lets us choose (a UUID). For `resume`: the session. */
  readonly sessionId: string;
  readonly model?: string;
  /** Where the hook entry finds the slice's scope: `JSON` of `ScopePolicy`, see `src/core/gate/policy.ts`. */
  readonly policyFile: string;
  /** argv that starts this very slicewave (`[execPath, 'dist/cli.js']`), for hooks that call back into it. */
  readonly slicewave: readonly string[];
  /** Program and arguments for the `command` adapter. */
  readonly command?: readonly string[];
  /** The caller's environment plus `SLICEWAVE_*`. The adapter adds to it, never replaces it. */
  readonly env: Readonly<Record<string, string>>;
}

/** A process to start, without a shell. */
export interface AgentInvocation {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A file to feed to standard input; absent: standard input is closed. */
  readonly stdinFile?: string;
}

/** What an agent was seen doing, in the order it was printed. */
export type AgentEvent =
  | { readonly type: 'session'; readonly sessionId: string; readonly model?: string; readonly version?: string }
  /** Something the agent said. The last one is searched for the final report. */
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'command_started'; readonly id: string; readonly command: string }
  /** `exitCode` is `null` when the agent's stream does not say it. */
  | {
      readonly type: 'command';
      readonly id: string;
      readonly command: string;
      readonly exitCode: number | null;
      readonly durationMs: number | null;
    }
  /** A file tool that the agent reports as done. `path` as printed (absolute or relative to the worktree). */
  | { readonly type: 'edit'; readonly tool: string; readonly path: string }
  /** A tool use refused by a hook or a permission rule. */
  | { readonly type: 'denied'; readonly tool: string; readonly target: string; readonly reason: string }
  | {
      readonly type: 'usage';
      readonly inputTokens: number;
      readonly outputTokens: number;
      readonly costUsd: number | null;
    }
  /** The agent's own last word on the session. Absent when it died. */
  | { readonly type: 'finished'; readonly isError: boolean; readonly text: string };

/** Turns what an agent prints into events. Never throws: a line it does not know yields nothing. */
export interface AgentReader {
  /** One line of standard output, without the line end. */
  line(text: string, atMs: number): readonly AgentEvent[];
  /** Called once when the process has ended; may yield a last `finished` for agents without an event stream. */
  end(atMs: number): readonly AgentEvent[];
}

/** Absolute paths that an agent writes itself, wherever it works; a confined one keeps them. */
export interface AgentState {
  /** Made when they are missing, as the agent itself would at its first start. */
  readonly directories: readonly string[];
  /** What in them steers later sessions, of the person's own too: settings, hooks, instructions. */
  readonly kept: readonly string[];
}

export interface AgentDetection {
  readonly found: boolean;
  readonly version?: string;
  readonly path?: string;
  /** When not found: what to install or set, in one sentence. */
  readonly remedy?: string;
}

/** A tool use that an agent asks about before it happens. */
export interface AskedToolUse {
  /** The file it would write, as named by the agent; `null`: it names none. */
  readonly file: string | null;
  /** The command line it would run; `null`: it runs none. */
  readonly command: string | null;
  /** Where relative paths start; `null`: in the worktree. */
  readonly cwd: string | null;
  /** The tool's own input, for what an edit would make of a file's symbols. */
  readonly input: Readonly<Record<string, unknown>>;
}

/** How an agent asks `slicewave hook <name>` before it uses a tool, and how a refusal reaches it. */
export interface AgentHook {
  readonly name: string;
  /** What was asked on standard input; `null`: nothing that a scope rules on. Throws when it cannot be read. */
  read(call: unknown): AskedToolUse | null;
  /** What to print to refuse. Printing nothing allows. */
  refusal(reason: string): string;
}

export interface AgentAdapter extends AgentRow {
  readonly id: AgentId;
  readonly hook?: AgentHook;
  /** Where the agent keeps its sessions and settings. Absent: it keeps nothing that the tool knows of. */
  state?(env: Readonly<Record<string, string>>): AgentState;
  invoke(request: AgentRequest): AgentInvocation;
  createReader(): AgentReader;
}

/** What a decomposer asks an agent: one prompt, on standard input, to be answered by JSON of a schema. */
export interface AgentQuestion {
  /** The repository's primary checkout, which the agent may read and nothing else. */
  readonly root: string;
  /** Absent: a new session. */
  readonly sessionId: string | null;
  /** The id that a new session should get, when the agent lets us choose. */
  readonly newSession: string;
  readonly model?: string;
  readonly schema: string;
  /** A file with the schema. */
  readonly schemaFile: string;
}

/** An agent that cuts specs into slices as well. */
export interface DecomposingAdapter extends AgentAdapter {
  readonly id: DecomposingAgentId;
  /** The arguments that ask, read-only. */
  ask(question: AgentQuestion): readonly string[];
}
