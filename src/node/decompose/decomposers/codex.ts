import { decomposerAgent } from '../agent.ts';
import type { Decomposer } from './decomposer.ts';
import { draftInRounds } from './rounds.ts';

/** Codex, headless, in its read-only sandbox. */
export const codexDecomposer: Decomposer = (request) => {
  const { root, runAgent } = request;
  const { model } = request.options;
  const agent = runAgent ?? decomposerAgent({ id: 'codex', root, ...(model ? { model } : {}) });
  return draftInRounds({ ...request, title: 'Codex', reads: true, agent });
};
