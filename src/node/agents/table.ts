import { DEFAULT_AGENT, isAgentId, type AgentId, type DecomposingAgentId } from '../../core/agent/agents.ts';
import type { AgentAdapter, DecomposingAdapter } from './adapter.ts';
import { claudeAdapter } from './claude.ts';
import { codexAdapter } from './codex.ts';
import { commandAdapter } from './command.ts';
import { demoAdapter } from './demo.ts';

/** What carries out each row of the table of agents. */
const ADAPTERS: { readonly [Id in AgentId]: Id extends DecomposingAgentId ? DecomposingAdapter : AgentAdapter } = {
  claude: claudeAdapter,
  codex: codexAdapter,
  command: commandAdapter,
  demo: demoAdapter,
};

export function agentOf<Id extends AgentId>(id: Id): (typeof ADAPTERS)[Id] {
  return ADAPTERS[id];
}

/**
 * The agent that a task spec's `agent` names. Plans of the older tool name plugin agents (`python-experts:django-expert`),
 * which live inside Claude Code; anything that is not one of ours therefore goes to Claude.
 */
export function agentFor(name: string | null): AgentId {
  return name !== null && isAgentId(name) ? name : DEFAULT_AGENT;
}
