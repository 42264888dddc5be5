import { agentRow, installHint, pathVariable, type AgentId } from '../../core/agent/agents.ts';
import { environment, findProgram, runProcess } from '../process/processes.ts';
import type { AgentDetection } from './adapter.ts';

/** Looks an agent's program up; with `version`, also starts it once to ask. */
export async function detectAgent(
  id: AgentId,
  options: { readonly version: boolean; readonly cwd: string },
): Promise<AgentDetection> {
  const { program } = agentRow(id);
  if (program === undefined) return { found: true };
  const env = environment();
  const named = env[pathVariable(id)];
  const found = await findProgram(named ?? program, env);
  if (!found) {
    const remedy = named ? `${pathVariable(id)} names ${named}, which cannot be started.` : installHint(id);
    return { found: false, remedy };
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
