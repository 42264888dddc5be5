import { agentRow } from '../../core/agent/agents.ts';
import { Tail } from '../../core/text/chunks.ts';
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
  readonly #said = new Tail(KEPT);

  line(text: string): readonly AgentEvent[] {
    this.#said.add(`${text}\n`);
    return [];
  }

  end(): readonly AgentEvent[] {
    return [{ type: 'finished', isError: false, text: this.#said.text }];
  }
}
