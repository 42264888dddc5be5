import { agentRow, type DecomposingAgentId } from '../../../core/agent/agents.ts';
import { decomposerAgent } from './agent-turns.ts';
import type { Decomposer } from './decomposer.ts';
import { draftInRounds } from './rounds.ts';

/** An agent, headless, that can read the repository and nothing else. */
export function agentDecomposer(id: DecomposingAgentId): Decomposer {
  return (request) => {
    const { root, runAgent } = request;
    const { model } = request.options;
    const agent = runAgent ?? decomposerAgent({ id, root, ...(model ? { model } : {}) });
    return draftInRounds({ ...request, title: agentRow(id).title, reads: true, agent });
  };
}
