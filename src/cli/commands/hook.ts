import { readFileSync } from 'node:fs';
import { answerAgent, refusalsOfCommit } from '../../node/hook.ts';
import type { Command } from '../command.ts';

/** What agents and git call back into. */
export const hook: Command = {
  name: 'hook',
  summary: 'Rule on a tool use or a commit (called by agents and git)',
  usage: 'pre-tool-use | pre-commit',
  options: {},
  examples: ['slicewave hook pre-tool-use < tool-use.json'],
  internal: true,
  async run({ positionals, terminal }) {
    const [name = ''] = positionals;
    if (name === 'pre-commit') {
      const refusals = await refusalsOfCommit();
      for (const reason of refusals) terminal.err(`slicewave: ${reason}\n`);
      return refusals.length > 0 ? 1 : 0;
    }
    const answer = await answerAgent(name, () => readFileSync(0, 'utf8'));
    if (answer !== null) {
      terminal.out(answer);
      return 0;
    }
    // Agents take this exit code for a refusal.
    terminal.err(`slicewave: no agent has a hook "${name}", so nothing is allowed by it\n`);
    return 2;
  },
};
