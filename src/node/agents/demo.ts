import { agentRow } from '../../core/agent/agents.ts';
import type { AgentAdapter, AgentEvent, AgentReader } from './adapter.ts';
import { nodeVariables } from '../process/processes.ts';

/**
 * The bundled scripted program (`slicewave demo-agent`). It makes the edits that a script in the repository prescribes
 * and prints one JSON object a line. It is no model and says so; everything around it is the real thing.
 */
export const demoAdapter: AgentAdapter = {
  ...agentRow('demo'),
  invoke(request) {
    const [program = '', ...args] = request.slicewave;
    return {
      program,
      args: [...args, 'demo-agent'],
      env: { ...request.env, ...nodeVariables(), SLICEWAVE_ATTEMPT: String(request.attempt) },
    };
  },
  createReader: () => new DemoReader(),
};

class DemoReader implements AgentReader {
  line(text: string): readonly AgentEvent[] {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return [];
    }
    if (typeof value !== 'object' || value === null) return [];
    if ('say' in value && typeof value.say === 'string') return [{ type: 'message', text: value.say }];
    if ('wrote' in value && typeof value.wrote === 'string')
      return [{ type: 'edit', tool: 'write', path: value.wrote }];
    if ('ran' in value && typeof value.ran === 'string') {
      const exit = 'exit_code' in value && typeof value.exit_code === 'number' ? value.exit_code : null;
      const duration = 'duration_ms' in value && typeof value.duration_ms === 'number' ? value.duration_ms : null;
      return [{ type: 'command', id: value.ran, command: value.ran, exitCode: exit, durationMs: duration }];
    }
    if ('finished' in value && typeof value.finished === 'string') {
      return [{ type: 'finished', isError: false, text: value.finished }];
    }
    return [];
  }

  end(): readonly AgentEvent[] {
    return [];
  }
}
