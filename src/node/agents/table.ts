import type { AgentAdapter, AgentDetection, AgentId } from './adapter.ts';
import { claudeAdapter } from './claude.ts';
import { codexAdapter } from './codex.ts';
import { commandAdapter } from './command.ts';
import { demoAdapter } from './demo.ts';
import { environment, findProgram, runProcess } from '../process/processes.ts';

/** Every agent Slicewave can start: to add one, write its adapter file and one line here. */
const AGENTS: Readonly<Record<AgentId, AgentAdapter>> = {
  claude: claudeAdapter,
  codex: codexAdapter,
  command: commandAdapter,
  demo: demoAdapter,
};

export const AGENT_IDS = Object.keys(AGENTS) as readonly AgentId[];

export function isAgentId(name: string): name is AgentId {
  return Object.hasOwn(AGENTS, name);
}

export function agentOf(id: AgentId): AgentAdapter {
  return AGENTS[id];
}

/**
 * The agent that a task spec's `agent` names. Plans of the older tool name plugin agents (`python-experts:django-expert`),
 * which live inside Claude Code; anything that is not one of ours therefore goes to Claude.
 */
export function agentFor(name: string | null): AgentId {
  return name !== null && isAgentId(name) ? name : 'claude';
}

const INSTALL: Readonly<Record<string, string>> = {
  claude: 'Install it with `npm install -g @anthropic-ai/claude-code`, or name it with SLICEWAVE_CLAUDE_PATH.',
  codex: 'Install it with `npm install -g @openai/codex`, or name it with SLICEWAVE_CODEX_PATH.',
};

/** Looks an agent's program up; with `version`, also starts it once to ask. */
export async function detectAgent(
  id: AgentId,
  options: { readonly version: boolean; readonly cwd: string },
): Promise<AgentDetection> {
  const adapter = AGENTS[id];
  if (!adapter.program) return { found: true };
  const env = environment();
  const named = env[`SLICEWAVE_${id.toUpperCase()}_PATH`];
  const found = await findProgram(named ?? adapter.program, env);
  if (!found) {
    return {
      found: false,
      remedy: named
        ? `SLICEWAVE_${id.toUpperCase()}_PATH names ${named}, which cannot be started.`
        : (INSTALL[id] ?? ''),
    };
  }
  if (!options.version) return { found: true, path: found };
  let text = '';
  await runProcess({
    program: found,
    args: ['--version'],
    cwd: options.cwd,
    env,
    timeout: 15_000,
    onStdout: (chunk) => (text += chunk),
  });
  const version = /\d+\.\d+\.\d+\S*/.exec(text)?.[0];
  return { found: true, path: found, ...(version ? { version } : {}) };
}
