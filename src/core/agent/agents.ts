/** What can be said of an agent without starting it: for settings, help, documents, the linter and `doctor`. */
export interface AgentRow {
  /** What `--agent`, a task spec's `agent` and the setting `slicewave.agent` take. */
  readonly id: string;
  readonly title: string;
  /** What it is, in one sentence: in the settings. */
  readonly about: string;
  /** How its boundary is enforced before the check at the end of the run, which holds for every agent. */
  readonly boundary: string;
  /** The program looked up on the path; `pathVariable` overrides it. Absent: nothing of its own has to be installed. */
  readonly program?: string;
  /** What to type to install the program. */
  readonly install?: string;
  /** How a person signs in, once. */
  readonly signIn?: string;
  /** Whether a later attempt can go on in the same session. */
  readonly resumable: boolean;
  /** Whether every command it runs is seen, so that a claimed one that was not seen was not run. */
  readonly showsCommands: boolean;
  /** Whether it says what its work cost, so that a limit on the cost can hold. */
  readonly tellsCost: boolean;
  /** Whether it can cut specs into slices too, as a decomposer of the same id. */
  readonly decomposes: boolean;
}

/**
 * Every agent that Slicewave can start. To add one: a row here and its adapter, `src/node/agents/<id>.ts`, which the table
 * beside the adapters asks for. Settings, help, README, completion, findings and `doctor` follow from the row
 * (`npm run generate` writes what is kept in files).
 */
export const AGENTS = [
  {
    id: 'claude',
    title: 'Claude Code',
    about: 'Claude Code (`claude` on the path).',
    boundary: 'a hook rules on every edit and command',
    program: 'claude',
    install: 'npm install -g @anthropic-ai/claude-code',
    signIn: 'start `claude` and type /login',
    resumable: true,
    showsCommands: true,
    tellsCost: true,
    decomposes: true,
  },
  {
    id: 'codex',
    title: 'Codex',
    about: 'Codex (`codex` on the path).',
    boundary: 'its own sandbox; the scope at the end of the run',
    program: 'codex',
    install: 'npm install -g @openai/codex',
    signIn: 'run `codex login`',
    resumable: true,
    showsCommands: true,
    tellsCost: false,
    decomposes: true,
  },
  {
    id: 'command',
    title: 'Command',
    about: 'The program in `#slicewave.agentCommand#`.',
    boundary: 'the scope at the end of the run',
    resumable: false,
    showsCommands: false,
    tellsCost: false,
    decomposes: false,
  },
  {
    id: 'demo',
    title: 'Demo agent (scripted program)',
    about:
      'The bundled scripted program: it makes the edits written in `.slicewave/demo/agent.yaml` and asks no model.',
    boundary: 'the scope at the end of the run',
    resumable: false,
    showsCommands: false,
    tellsCost: false,
    decomposes: false,
  },
] as const satisfies readonly AgentRow[];

export type AgentId = (typeof AGENTS)[number]['id'];
/** Agents that cut specs into slices as well. */
export type DecomposingAgentId = Extract<(typeof AGENTS)[number], { readonly decomposes: true }>['id'];

/** Works on slices for which nobody named another one. */
export const DEFAULT_AGENT: AgentId = 'claude';

export const AGENT_IDS: readonly AgentId[] = AGENTS.map((row) => row.id);

/** The agents with a program of their own: those that a person would choose for real work. */
export const INSTALLED_AGENT_IDS: readonly AgentId[] = AGENTS.filter((row) => 'program' in row).map((row) => row.id);

export function isAgentId(name: string): name is AgentId {
  return (AGENT_IDS as readonly string[]).includes(name);
}

export function isDecomposingAgent(name: string): name is DecomposingAgentId {
  return AGENTS.some((row) => row.id === name && row.decomposes);
}

export function agentRow<Id extends AgentId>(id: Id): AgentRow & { readonly id: Id } {
  // Every id of the type is in the table that the type is made of.
  return AGENTS.find((row) => row.id === id)! as AgentRow & { readonly id: Id };
}

/** Whether every command of an agent is seen. Evidence may name agents that this Slicewave does not know. */
export function showsCommands(name: string): boolean {
  return isAgentId(name) && agentRow(name).showsCommands;
}

/** The environment variable that names an agent's program: `SLICEWAVE_CLAUDE_PATH`. */
export function pathVariable(id: AgentId): string {
  return `SLICEWAVE_${id.toUpperCase()}_PATH`;
}

/** What to do when an agent's program is not there, in one sentence; empty for one that has none. */
export function installHint(id: AgentId): string {
  const { install } = agentRow(id);
  return install === undefined ? '' : `Install it with \`${install}\`, or name it with ${pathVariable(id)}.`;
}
