import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { Project, type SliceShape } from '../engine/fixture.ts';
import { number, spread, type Report } from './figure.ts';

/**
 * The makespan of an uneven plan through the real `slicewave run`, from the start of the process to its end, against
 * the plan's critical path: the sum of what the agents on it sleep, which no scheduler can beat. The agents do nothing
 * else, so all the rest is ours: scheduler, runner start, worktree, gate, commit. Then the same plan in strict waves,
 * and with longer agents, where the same cost weighs less.
 */
export async function run(report: Report): Promise<void> {
  const lanes = 4;
  const plan = unevenPlan(lanes, 6);
  const size = `${plan.slices.length} slices, ${plan.slices.flatMap((slice) => slice.deps ?? []).length} edges, ${lanes} at a time`;
  for (const { stretch, rounds } of [
    { stretch: 1, rounds: 2 },
    { stretch: 2, rounds: 1 },
  ]) {
    const longest = criticalPath(plan, stretch);
    const free: Observed[] = [];
    const strict: Observed[] = [];
    for (let round = 0; round < rounds; round++) {
      free.push(await observe(plan, stretch, []));
      if (stretch === 1) strict.push(await observe(plan, stretch, ['--barrier']));
    }
    const took = free.map((run) => run.seconds);
    report({
      name: `makespan against the critical path, agents of ${number(0.2 * stretch)} to ${number(2 * stretch)} s`,
      size,
      unit: 's',
      value: spread(took),
      against: { name: `critical path (${longest.slices.length} slices)`, value: spread([longest.seconds]) },
      ratio: spread(took.map((seconds) => seconds / longest.seconds)),
      goal: { of: 'ratio', atMost: 1.05 },
      notes: breakdown(free, longest),
    });
    if (strict.length > 0) {
      report({
        name: 'makespan against strict waves (--barrier)',
        size,
        unit: 's',
        value: spread(took),
        against: { name: '--barrier', value: spread(strict.map((run) => run.seconds)) },
        ratio: spread(strict.map((run, i) => (took[i] ?? Number.NaN) / run.seconds)),
        notes: [
          `sleeping alone, strict waves take ${number(barrierSeconds(plan, stretch))} s and free ones ${number(longest.seconds)} s: ratio ${number(longest.seconds / barrierSeconds(plan, stretch))}`,
        ],
      });
    }
  }
}

interface UnevenPlan {
  readonly slices: readonly SliceShape[];
  readonly seconds: ReadonlyMap<string, number>;
}

/** Lanes of slices that wait for the one before them, one in three for the neighbour's too; 0.2 to 2 s each. */
function unevenPlan(lanes: number, depth: number): UnevenPlan {
  let seed = 7;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const slices: SliceShape[] = [];
  const seconds = new Map<string, number>();
  const name = (lane: number, step: number): string => `${'ABCDEFGH'[lane] ?? 'Z'}${step + 1}`;
  for (let step = 0; step < depth; step++) {
    for (let lane = 0; lane < lanes; lane++) {
      const deps = step === 0 ? [] : [name(lane, step - 1)];
      if (step > 0 && random() < 1 / 3) deps.push(name((lane + 1) % lanes, step - 1));
      const id = name(lane, step);
      slices.push({ id, deps });
      seconds.set(id, Math.round((0.2 + 1.8 * random()) * 100) / 100);
    }
  }
  return { slices, seconds };
}

interface CriticalPath {
  readonly seconds: number;
  readonly slices: readonly string[];
}

function criticalPath({ slices, seconds }: UnevenPlan, stretch: number): CriticalPath {
  const best = new Map<string, CriticalPath>();
  for (const { id, deps = [] } of slices) {
    const before = deps
      .map((dep) => best.get(dep))
      .reduce((a, b) => ((b?.seconds ?? 0) > (a?.seconds ?? 0) ? b : a), undefined);
    best.set(id, {
      seconds: (before?.seconds ?? 0) + (seconds.get(id) ?? 0) * stretch,
      slices: [...(before?.slices ?? []), id],
    });
  }
  return [...best.values()].reduce((a, b) => (b.seconds > a.seconds ? b : a), { seconds: 0, slices: [] });
}

function barrierSeconds({ slices, seconds }: UnevenPlan, stretch: number): number {
  const wave = new Map<string, number>();
  const longest: number[] = [];
  for (const { id, deps = [] } of slices) {
    const at = Math.max(-1, ...deps.map((dep) => wave.get(dep) ?? 0)) + 1;
    wave.set(id, at);
    longest[at] = Math.max(longest[at] ?? 0, (seconds.get(id) ?? 0) * stretch);
  }
  return longest.reduce((a, b) => a + b, 0);
}

interface Observed {
  readonly seconds: number;
  /** Slice -> when it was launched, by the scheduler's own stream, and the times of its events. */
  readonly attempts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly began: number;
  readonly ended: number;
}

async function observe(plan: UnevenPlan, stretch: number, options: readonly string[]): Promise<Observed> {
  const project = await projectOf(plan, stretch);
  try {
    const began = Date.now();
    const start = performance.now();
    const launched = new Map<string, number>();
    const running = project.start([
      'run',
      project.planDir,
      ...agentOf(project),
      '--max-parallel',
      '4',
      '--json',
      ...options,
    ]);
    let partial = '';
    running.child.stdout?.on('data', (chunk: string) => {
      partial += chunk;
      for (let end = partial.indexOf('\n'); end >= 0; end = partial.indexOf('\n')) {
        const event = JSON.parse(partial.slice(0, end)) as {
          readonly type?: string;
          readonly action?: { readonly slice?: string };
        };
        partial = partial.slice(end + 1);
        if (event.type === 'action' && event.action?.slice) launched.set(event.action.slice, Date.now());
      }
    });
    const finished = await running.finished;
    const seconds = (performance.now() - start) / 1000;
    if (finished.code !== 0)
      throw new Error(`the run ended with ${finished.code}: ${finished.err || finished.out.slice(-2000)}`);
    const attempts = new Map<string, Map<string, number>>();
    for (const { slice, type, event } of project.events()) {
      const times = attempts.get(slice) ?? new Map<string, number>([['launched', launched.get(slice) ?? Number.NaN]]);
      if (!times.has(type)) times.set(type, Date.parse(String(event['t'])));
      attempts.set(slice, times);
    }
    return { seconds, attempts, began, ended: Date.now() };
  } finally {
    await project.close();
  }
}

/** The cheapest agent there is: a shell that sleeps and writes its one file. */
async function projectOf(plan: UnevenPlan, stretch: number): Promise<Project> {
  const project = await Project.create({ slices: plan.slices });
  const cases = plan.slices.map(({ id }) => `${id}) sleep ${((plan.seconds.get(id) ?? 0) * stretch).toFixed(2)};;`);
  writeFileSync(path.join(project.home, 'agent.sh'), `case $1 in\n${cases.join('\n')}\nesac\necho $1 > src/$1.txt\n`);
  return project;
}

function agentOf(project: Project): readonly string[] {
  return ['--agent', 'command', '--agent-command', `/bin/sh '${path.join(project.home, 'agent.sh')}' {slice}`];
}

/** Consecutive facts of an attempt, and what lies between them. */
const PHASES: readonly { readonly name: string; readonly from: string; readonly to: string }[] = [
  { name: 'runner start', from: 'launched', to: 'run_started' },
  { name: 'base and worktree', from: 'run_started', to: 'worktree_ready' },
  { name: 'prompt and agent start', from: 'worktree_ready', to: 'agent_started' },
  { name: 'agent', from: 'agent_started', to: 'agent_exited' },
  { name: 'scope check', from: 'agent_exited', to: 'scope_checked' },
  { name: 'verification', from: 'scope_checked', to: 'verified' },
  { name: 'commit', from: 'verified', to: 'committed' },
  { name: 'end of the run', from: 'committed', to: 'ended' },
];

function breakdown(runs: readonly Observed[], { seconds, slices }: CriticalPath): string[] {
  const all = (pick: (run: Observed) => readonly number[]): number => spread(runs.flatMap(pick)).median;
  const phase = (from: string, to: string): number =>
    all((run) =>
      [...run.attempts.values()].flatMap((times) => {
        const took = (times.get(to) ?? Number.NaN) - (times.get(from) ?? Number.NaN);
        return Number.isNaN(took) ? [] : [took];
      }),
    );
  const agent = spread(
    [...(runs[0]?.attempts.values() ?? [])].map(
      (times) => (times.get('agent_exited') ?? 0) - (times.get('agent_started') ?? 0),
    ),
  );
  const parts = PHASES.filter(({ name }) => name !== 'agent').map(
    ({ name, from, to }) => `${name} ${phase(from, to).toFixed(0)}`,
  );
  const handover = all((run) =>
    slices.slice(1).flatMap((id, i) => {
      const gap =
        (run.attempts.get(id)?.get('launched') ?? Number.NaN) -
        (run.attempts.get(slices[i] ?? '')?.get('ended') ?? Number.NaN);
      return Number.isNaN(gap) ? [] : [gap];
    }),
  );
  const first = all((run) => [
    Math.min(...[...run.attempts.values()].map((times) => times.get('launched') ?? Infinity)) - run.began,
  ]);
  const last = all((run) => [
    run.ended - Math.max(...[...run.attempts.values()].map((times) => times.get('ended') ?? 0)),
  ]);
  const makespan = spread(runs.map((run) => run.seconds)).median;
  return [
    `median per attempt, ms: ${parts.join(', ')} (agents took ${number(agent.median / 1000)} s at the median)`,
    `on the critical path, ms: ${handover.toFixed(0)} from one slice's end to the next one's launch; ${first.toFixed(0)} to the first launch, ${last.toFixed(0)} after the last end`,
    `above the critical path: ${number(makespan - seconds)} s, that is ${number((makespan - seconds) / slices.length)} s for each of its ${slices.length} slices; ` +
      `with agents of ${number((makespan - seconds) / slices.length / 0.05)} s and more this is below 5 %`,
  ];
}
