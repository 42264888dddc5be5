import { decomposerAgent } from '../agent.ts';
import type { Decomposer } from './decomposer.ts';
import { draftInRounds } from './rounds.ts';

/** Claude Code, headless, with tools that read and nothing else. */
export const claudeDecomposer: Decomposer = (request) => {
  const { root, runAgent } = request;
  const { model } = request.options;
  const agent = runAgent ?? decomposerAgent({ id: 'claude', root, ...(model ? { model } : {}) });
  return draftInRounds({ ...request, title: 'Claude Code', reads: true, agent });
};
