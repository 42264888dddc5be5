import { INSTALLED_AGENT_IDS } from '../../core/agent/agents.ts';
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { splitCommand } from '../../core/text/words.ts';
import { inside } from '../../node/paths.ts';
import type { Command } from '../command.ts';

const step = z.union([
  z.object({ say: z.string() }).strict(),
  z.object({ write: z.string(), from: z.string().optional() }).strict(),
  z.object({ remove: z.string() }).strict(),
  z.object({ run: z.string() }).strict(),
  z.object({ wait: z.number().min(0).max(60_000) }).strict(),
]);
const scriptSchema = z.object({
  slices: z.record(
    z.string(),
    z.object({
      attempts: z.array(z.object({ steps: z.array(step), report: z.record(z.string(), z.unknown()) })).min(1),
    }),
  ),
});

/**
 * The demo agent: a scripted program, not a model. It really edits files and really runs commands in its worktree, as a
 * script in the repository prescribes, so that the whole loop can be seen without an account. Not a mock of an agent:
 * everything that judges its work is the real thing.
 */
export const demoAgent: Command = {
  name: 'demo-agent',
  summary: 'The scripted program behind the agent `demo`',
  usage: '',
  options: {},
  examples: ['SLICEWAVE_SLICE=A1 slicewave demo-agent'],
  internal: true,
  run: async ({ terminal }) => {
    const slice = process.env['SLICEWAVE_SLICE'] ?? '';
    const attempt = Number(process.env['SLICEWAVE_ATTEMPT'] ?? '1');
    const home = path.join(process.cwd(), '.slicewave', 'demo');
    const file = path.join(home, 'agent.yaml');
    if (!existsSync(file)) {
      terminal.err(
        `The demo agent follows a script, and this repository has none (.slicewave/demo/agent.yaml). Choose a real agent: ${INSTALLED_AGENT_IDS.join(' or ')}.\n`,
      );
      return 2;
    }
    const script = scriptSchema.safeParse(parse(readFileSync(file, 'utf8')));
    if (!script.success) {
      terminal.err(
        `${file}: ${script.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}\n`,
      );
      return 2;
    }
    const attempts = script.data.slices[slice]?.attempts;
    const chosen = attempts?.[Math.min(attempt, attempts.length) - 1];
    if (!chosen) {
      terminal.err(`The demo agent's script says nothing about slice ${slice}.\n`);
      return 2;
    }
    const emit = (value: unknown): void => terminal.out(`${JSON.stringify(value)}\n`);
    emit({ say: `Demo agent: a scripted program, not a model (slice ${slice}, attempt ${attempt})` });
    const wrote: string[] = [];
    const ran: string[] = [];
    for (const action of chosen.steps) {
      if ('say' in action) emit({ say: action.say });
      else if ('wait' in action) await new Promise((resolve) => setTimeout(resolve, action.wait * patience()));
      else if ('remove' in action) rmSync(within(action.remove), { force: true });
      else if ('run' in action) {
        ran.push(action.run);
        emit({ ran: action.run, ...(await runStep(action.run)) });
      } else {
        const to = within(action.write);
        mkdirSync(path.dirname(to), { recursive: true });
        copyFileSync(path.join(home, action.from ?? path.join('files', slice, action.write)), to);
        wrote.push(action.write);
        emit({ wrote: action.write });
      }
    }
    const report = { files_changed: wrote, commands_run: ran, ...chosen.report };
    emit({ finished: `\`\`\`json\n${JSON.stringify(report, null, 2)}\n\`\`\`` });
    return 0;
  },
};

/** Waits only make the demo watchable; tests set `SLICEWAVE_DEMO_SPEED=0`. */
function patience(): number {
  const speed = Number(process.env['SLICEWAVE_DEMO_SPEED'] ?? '1');
  return Number.isFinite(speed) && speed >= 0 ? speed : 1;
}

/** A script may write outside its slice's scope (that is what it demonstrates), but never outside the worktree. */
function within(file: string): string {
  const full = path.resolve(process.cwd(), file);
  if (!inside(process.cwd(), full)) throw new Error(`the demo script leaves the worktree: ${file}`);
  return full;
}

async function runStep(command: string): Promise<{ exit_code: number; duration_ms: number }> {
  const began = performance.now();
  const line = splitCommand(command);
  let code = 127;
  for (const part of line.ok ? line.value : []) {
    const [program = '', ...args] = part.words;
    code = await new Promise<number>((resolve) => {
      const child = spawn(program, args, {
        stdio: ['ignore', 'ignore', 'ignore'],
        env: { ...process.env, ...part.env },
      });
      child.once('error', () => resolve(127));
      child.once('close', (exit) => resolve(exit ?? 1));
    });
    if (code !== 0) break;
  }
  return { exit_code: code, duration_ms: Math.round(performance.now() - began) };
}
