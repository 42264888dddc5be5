import type { OpenEngine } from '../../node/engine.ts';
import { splitCommand } from '../../core/text/words.ts';
import { isSandboxMode, type SandboxMode } from '../../core/sandbox/policy.ts';
import { dashboardText } from '../../core/view/dashboard.ts';
import { printable } from '../../core/text/printing.ts';
import { nextActions } from '../../core/run/next.ts';
import { shellWord } from '../../core/text/shell-quoting.ts';
import { doneText } from '../../core/view/standing.ts';
import type { PlanState } from '../../core/run/state-model.ts';
import type { Budget } from '../../core/manifest/model.ts';
import type { PlanGraph } from '../../core/plan/graph-model.ts';
import type { RunLimits } from '../../core/run/limits-model.ts';
import { AGENT_IDS, isAgentId, type AgentId } from '../../core/agent/agents.ts';
import { childLauncher } from '../../node/run/launcher.ts';
import { DEFAULT_PARALLEL, type RunOutcome } from '../../node/run/model.ts';
import {
  EXIT,
  flag,
  report,
  text,
  UsageError,
  wholeNumber,
  type Command,
  type ExitCode,
  type Invocation,
  type Terminal,
} from '../command.ts';
import { askYesNo } from '../ask.ts';
import { LiveView } from '../live.ts';
import { abortOnSignals, openPlan } from '../open.ts';
import { spentJson } from '../../core/view/profile-text.ts';
import { actionJson, statusJson } from '../status-json.ts';

export const SANDBOX = {
  type: 'string',
  value: '<mode>',
  help: 'Confinement of agents and checks by the operating system: auto, required, off',
} as const;

/** The mode that `--sandbox` names. */
export function sandboxOption(invocation: Invocation): { sandbox?: SandboxMode } {
  const sandbox = text(invocation, 'sandbox');
  if (sandbox === undefined) return {};
  if (!isSandboxMode(sandbox)) throw new UsageError(`--sandbox takes auto, required or off, not ${sandbox}`);
  return { sandbox };
}

export const run: Command = {
  name: 'run',
  summary: 'Run the slices of a plan, in parallel, each in its worktree',
  usage: '[plan] [options]',
  options: {
    agent: {
      type: 'string',
      value: '<id>',
      help: `Agent for every slice, instead of the plan's own: ${AGENT_IDS.join(', ')}`,
    },
    'agent-command': {
      type: 'string',
      value: '<command>',
      help: 'Program and arguments for --agent command; {prompt_file}, {slice} and {worktree} are filled in',
    },
    model: { type: 'string', value: '<name>', help: 'Model the agent is asked to use' },
    'max-parallel': {
      type: 'string',
      value: '<n>',
      help: `Agents at a time (default: the plan's, else ${DEFAULT_PARALLEL})`,
    },
    'budget-usd': { type: 'string', value: '<n>', help: 'No agent starts when the plan has cost so much in all' },
    'budget-tokens': { type: 'string', value: '<n>', help: 'The same by tokens, in and out' },
    'budget-minutes': { type: 'string', value: '<n>', help: 'The same by minutes of this run' },
    only: { type: 'string', value: '<ids>', multiple: true, help: 'Only these slices (comma-separated or repeated)' },
    from: {
      type: 'string',
      value: '<ids>',
      multiple: true,
      help: 'Only these slices and all that wait for them, directly or not',
    },
    base: {
      type: 'string',
      value: '<commit>',
      help: 'Commit the plan starts from, when it was not started yet (default: HEAD)',
    },
    sandbox: SANDBOX,
    barrier: { type: 'boolean', help: 'Strict waves: nothing of a wave starts before the one before it is done' },
    wait: { type: 'boolean', help: 'Keep running while slices wait for an answer' },
    'dry-run': { type: 'boolean', help: 'Show what would start, start nothing' },
    ascii: { type: 'boolean', help: 'Plain ASCII instead of box characters' },
    json: { type: 'boolean', help: 'Stream events as JSON lines; the last one is the status' },
  },
  examples: [
    'slicewave run parallel/TS-0042-inventory',
    'slicewave run TS-0042-inventory --agent codex --max-parallel 3',
    'slicewave run --agent command --agent-command "my-agent --task {prompt_file}"',
    'slicewave run --only A1,B1 --dry-run',
    'slicewave run --from B2',
  ],
  notes: [
    'What the plan itself says, in its manifest.json; each key may be left out:',
    '  "setup": ["npm ci"]          makes each worktree ready; [] is none, without it the lock files decide',
    '  "limits": { "max_parallel": 4, "max_retries": 2, "timeout_minutes": 60, "max_cost_usd": 5, "budget_usd": 40 }',
    '  "merge_points": [{ "id": "MP1", "needs": ["A2", "B1"], "unlocks": ["C1"], "verify": ["npm test"] }]',
    'The agent of a slice: `agent: codex` at the top of its task spec.',
  ],
  run: execute,
};

async function execute(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation;
  const json = flag(invocation, 'json');
  const agent = agentOption(invocation);
  const sandbox = sandboxOption(invocation);
  const wanted = limitsOption(invocation);
  const opened = await openPlan(terminal, invocation.positionals[0]);
  if (!opened.ok) return report(terminal, opened.failure, json);
  const { engine, dir } = opened.value;
  const from = idsOption(invocation, 'from');
  const loaded = from.length > 0 ? await engine.load(dir) : null;
  if (loaded && !loaded.ok) return report(terminal, loaded.failure, json);
  const only = [...(wanted.only ?? []), ...(loaded ? withDependents(loaded.value.graph, from) : [])];
  const limits = only.length > 0 ? { ...wanted, only } : wanted;
  if (flag(invocation, 'dry-run')) return dryRun(invocation, engine, dir, limits);
  const asked = json ? null : await askToAccept(terminal, engine, dir);
  if (asked !== null) return asked;

  const emit = (event: Record<string, unknown>): void =>
    terminal.out(`${JSON.stringify({ v: 1, t: new Date().toISOString(), ...event })}\n`);
  const live = json ? null : new LiveView(terminal, { ascii: flag(invocation, 'ascii'), redraw: terminal.interactive });
  const signal = abortOnSignals(() => live?.note('stopping: agents are ended, their work is kept ...'));
  const seen = new Map<string, string>();
  const problems: string[] = [];
  const result = await engine.run({
    planDir: dir,
    limits,
    ...agent,
    ...sandbox,
    ...(text(invocation, 'model') ? { model: text(invocation, 'model') ?? '' } : {}),
    ...(text(invocation, 'base') ? { base: text(invocation, 'base') ?? '' } : {}),
    launcher: childLauncher((node, message) => {
      problems.push(`${node}: ${message}`);
      if (json) emit({ type: 'problem', node, message });
      else live?.note(`${node}: ${message}`);
    }),
    signal,
    waitForAnswers: flag(invocation, 'wait'),
    onProgress: (line) => (json ? emit({ type: 'progress', message: line }) : live?.note(line)),
    onState: (state) => {
      live?.update(state);
      if (!json) return;
      for (const slice of state.slices) {
        const key = `${slice.state} ${slice.run?.runId ?? ''}`;
        if (seen.get(slice.id) === key) continue;
        seen.set(slice.id, key);
        emit({
          type: 'slice',
          slice: slice.id,
          state: slice.state,
          run_id: slice.run?.runId ?? null,
          attempt: slice.run?.attempt ?? 0,
          ...(slice.run?.end && slice.run.spent ? { spent_ms: spentJson(slice.run.spent) } : {}),
        });
      }
    },
    onAction: (action) => json && emit({ type: 'action', action: actionJson(action) }),
  });
  live?.close();
  if (!result.ok) return report(terminal, result.failure, json);
  const { outcome, state } = result.value;
  if (json) terminal.out(`${JSON.stringify(statusJson(state))}\n`);
  else {
    if (!terminal.interactive)
      terminal.out(`\n${dashboardText(state, { ascii: flag(invocation, 'ascii'), colour: terminal.colour })}`);
    terminal.out(`\n${closing(outcome, { state, only: limits.only ?? null, problems })}\n`);
  }
  return {
    done: EXIT.done,
    failed: EXIT.failed,
    waiting: EXIT.waiting,
    spent: EXIT.waiting,
    interrupted: EXIT.interrupted,
  }[outcome];
}

/** A plan that was edited since it was started: whoever sits at a terminal says whether it is run like that. */
async function askToAccept(terminal: Terminal, engine: OpenEngine, dir: string): Promise<ExitCode | null> {
  if (!terminal.interactive) return null;
  const state = await engine.state(dir);
  const changed = state.ok ? state.value.warnings.find(({ kind }) => kind === 'plan') : undefined;
  if (!changed) return null;
  terminal.out(
    `Changed since the plan was started:\n${changed.paths.map((file) => `  ${printable(file)}\n`).join('')}`,
  );
  const answer = await askYesNo(
    'Run it like that?',
    abortOnSignals(() => undefined),
  );
  if (answer === 'interrupted') return EXIT.interrupted;
  if (answer === 'no') {
    terminal.out('It is run as it was; slices whose task spec changed wait.\n');
    return null;
  }
  const accepted = await engine.accept(dir);
  return accepted.ok ? null : report(terminal, accepted.failure, false);
}

function closing(
  outcome: RunOutcome,
  {
    state,
    only,
    problems,
  }: { readonly state: PlanState; readonly only: readonly string[] | null; readonly problems: readonly string[] },
): string {
  const plan = shellWord(state.dir);
  switch (outcome) {
    case 'done':
      return doneText(state, only);
    case 'waiting':
      return 'Some slices wait for you; see above for the command that settles each. Then run again.';
    case 'spent':
      return `The budget is used up; the slices that are left were not started. Raise it (\`slicewave run --help\`, or limits in manifest.json), and \`slicewave run ${plan}\` goes on.`;
    case 'interrupted':
      return `Stopped. Nothing is lost; \`slicewave run ${plan}\` goes on from here.`;
    case 'failed':
      return problems.length > 0
        ? `Some slices could not be run:\n  ${problems.join('\n  ')}`
        : `Some slices failed or could not start; \`slicewave status ${plan}\` shows which.`;
  }
}

async function dryRun(
  invocation: Invocation,
  engine: OpenEngine,
  dir: string,
  limits: Partial<RunLimits>,
): Promise<ExitCode> {
  const { terminal } = invocation;
  const json = flag(invocation, 'json');
  const loaded = await engine.load(dir);
  if (!loaded.ok) return report(terminal, loaded.failure, json);
  const bad = await engine.unrunnable(loaded.value, { limits });
  if (bad) return report(terminal, bad, json);
  const state = await engine.state(dir);
  if (!state.ok) return report(terminal, state.failure, json);
  const { plan, graph } = loaded.value;
  const full: RunLimits = {
    maxParallel: limits.maxParallel ?? plan.limits.maxParallel ?? DEFAULT_PARALLEL,
    only: limits.only ?? null,
    barrier: limits.barrier ?? false,
  };
  const actions = nextActions(state.value, graph, full, new Set());
  const setup = await engine.setup(loaded.value);
  if (json) {
    terminal.out(`${JSON.stringify({ ...statusJson(state.value), setup, would_start: actions.map(actionJson) })}\n`);
    return EXIT.done;
  }
  terminal.out(dashboardText(state.value, { ascii: flag(invocation, 'ascii'), colour: terminal.colour }));
  const named = actions.map((action) =>
    action.type === 'checkpoint' ? action.checkpoint : `${action.slice} (attempt ${action.attempt}, ${action.mode})`,
  );
  const said = plan.setup === null ? 'as the lock files say' : 'as manifest.json says';
  if (setup.length === 0) terminal.out(`\nSet-up of each worktree: none, ${said}.\n`);
  else terminal.out(`\nSet-up of each worktree, ${said}:\n${setup.map((line) => `  ${printable(line)}\n`).join('')}`);
  terminal.out(`\nWould start now: ${named.length > 0 ? named.join(', ') : 'nothing'}. Nothing was started.\n`);
  return EXIT.done;
}

export function agentOption(invocation: Invocation): { agent?: AgentId; agentCommand?: readonly string[] } {
  const agent = text(invocation, 'agent');
  const command = text(invocation, 'agent-command');
  const argv = text(invocation, 'agent-argv');
  if (agent !== undefined && !isAgentId(agent)) {
    throw new UsageError(`there is no agent ${agent}`, `Agents: ${AGENT_IDS.join(', ')}.`);
  }
  if (argv !== undefined) return { agent: 'command', agentCommand: parseArgv(argv) };
  if (command !== undefined) {
    if (agent !== undefined && agent !== 'command') throw new UsageError('--agent-command goes with --agent command');
    const line = splitCommand(command);
    if (!line.ok) throw new UsageError(`--agent-command: ${line.failure.message}`);
    const [step, ...more] = line.value;
    if (!step || more.length > 0) throw new UsageError('--agent-command takes one program with its arguments');
    const env = Object.entries(step.env).map(([name, value]) => `${name}=${value}`);
    return { agent: 'command', agentCommand: env.length > 0 ? ['env', ...env, ...step.words] : step.words };
  }
  if (agent === 'command') throw new UsageError('--agent command needs --agent-command "<program and arguments>"');
  return agent === undefined ? {} : { agent };
}

function parseArgv(json: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(json);
    if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return value;
  } catch {
    // Falls through to the message below.
  }
  throw new UsageError('--agent-argv takes a JSON array of strings');
}

function budgetOption(invocation: Invocation): Partial<Budget> | null {
  const positive = (name: string): number | null => {
    const value = text(invocation, name);
    if (value === undefined) return null;
    if (!/^\d{1,12}(?:\.\d{1,6})?$/.test(value) || Number(value) <= 0)
      throw new UsageError(`--${name} must be a number above 0, not "${value}"`);
    return Number(value);
  };
  const [costUsd, tokens, minutes] = [positive('budget-usd'), positive('budget-tokens'), positive('budget-minutes')];
  const budget = {
    ...(costUsd === null ? {} : { costUsd }),
    ...(tokens === null ? {} : { tokens }),
    ...(minutes === null ? {} : { minutes }),
  };
  return Object.keys(budget).length > 0 ? budget : null;
}

/** Ids of an option that may be repeated, and takes several with commas. */
function idsOption(invocation: Invocation, name: string): readonly string[] {
  const given = invocation.options[name];
  return (Array.isArray(given) ? (given as string[]) : [])
    .flatMap((part) => part.split(','))
    .map((id) => id.trim())
    .filter((id) => id !== '');
}

/** Slices with all that cannot start before them. Those that the plan has not stay, to be told. */
function withDependents({ schedule }: PlanGraph, ids: readonly string[]): readonly string[] {
  const found = new Set(ids);
  for (const id of found) for (const next of schedule.get(id)?.dependents ?? []) found.add(next);
  return [...found];
}

function limitsOption(invocation: Invocation): Partial<RunLimits> {
  const ids = idsOption(invocation, 'only');
  const maxParallel = wholeNumber(invocation, 'max-parallel');
  const budget = budgetOption(invocation);
  return {
    ...(budget ? { budget } : {}),
    ...(maxParallel ? { maxParallel } : {}),
    ...(ids.length > 0 ? { only: ids } : {}),
    barrier: flag(invocation, 'barrier'),
  };
}
