import { agentRow } from '../../core/agent/agents.ts';
import type { AgentAdapter, AgentEvent, AgentReader } from './adapter.ts';

const KEPT = 256_000;

/** Any program. Exit code 0 means that it is done; what it prints is searched for a final report. */
export const commandAdapter: AgentAdapter = {
  ...agentRow('command'),
  invoke(request) {
    const [program = '', ...args] = (request.command ?? []).map((word) =>
      word
        .replaceAll('{prompt_file}', request.promptFile)
        .replaceAll('{slice}', request.slice)
        .replaceAll('{worktree}', request.worktree),
    );
    return { program, args, env: { ...request.env } };
  },
  createReader: () => new PlainReader(),
};

/** For agents without an event stream: everything printed is the last message. */
class PlainReader implements AgentReader {
  #text = '';

  line(text: string): readonly AgentEvent[] {
    this.#text = `${this.#text}${text}\n`.slice(-KEPT);
    return [];
  }

  end(): readonly AgentEvent[] {
    return [{ type: 'finished', isError: false, text: this.#text }];
  }
}
