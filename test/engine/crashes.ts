import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { finish, nothingIsLeft, progress } from './aftermath.ts';
import { fake, Project, until, type PlanShape, type Running } from './fixture.ts';

/** What came of many kills. */
export interface Crashes {
  readonly kills: number;
  readonly plans: number;
  /** How often each thing happened. */
  readonly what: Readonly<Record<string, number>>;
  /** What was lost, done twice or left behind; empty: nothing. */
  readonly problems: readonly string[];
}

const PLAN: PlanShape = {
  slices: [{ id: 'A1', workstream: 'WS-A' }, { id: 'B1' }, { id: 'C1' }],
  mergePoints: [{ id: 'MP1', needs: ['A1', 'B1'], unlocks: ['C1'], verify: ['test -s src/A1.txt'] }],
  contracts: [{ path: 'contracts/shape.txt', target: 'src/shape.txt', text: 'one shape for all\n' }],
};
const SLICES = ['A1', 'B1', 'C1'] as const;
const HOUR = 3_600_000;
const OWN = (command: string): boolean => /cli\.js (?:run|exec|integrate) /.test(command);
const RUNNER = (command: string): boolean => /cli\.js exec /.test(command);
const SCHEDULER = (command: string): boolean => /cli\.js run /.test(command);
const EVERYTHING = (): boolean => true;

/** What goes wrong before, beside or after a kill. The plain ones come more often. */
const DISTURBANCES = [
  'everything',
  'everything',
  'slicewave alone',
  'a runner',
  'the scheduler',
  'a torn line',
  'two schedulers',
  'a full disk',
  'read-only state',
] as const;

/**
 * Kills what works on small plans again and again, at moments that `seed` chooses, each start with another clock, until
 * `kills` are reached; every plan is finished in the end and compared with one that nobody disturbed. `perPlan`: how many
 * kills a plan has to bear. `runners`: how many are started at once, on the same slices, of the first plan.
 */
export async function crash({
  kills,
  perPlan,
  runners,
  seed,
}: {
  readonly kills: number;
  readonly perPlan: number;
  readonly runners: number;
  readonly seed: number;
}): Promise<Crashes> {
  const random = randomOf(seed);
  const what: Record<string, number> = {};
  const problems: string[] = [];
  const calm = await Project.create(PLAN);
  let tree: string;
  try {
    await finish(calm);
    tree = calm.finalTree;
  } finally {
    await calm.close();
  }
  let done = 0;
  let plans = 0;
  while (done < kills) {
    const bearing = Math.min(perPlan, kills - done);
    plans++;
    const plan = await BatteredPlan.create({ random, what, problems, name: `seed ${seed}, plan ${plans}` });
    try {
      done += await plan.bear(bearing, plans === 1 ? runners : 0);
      await plan.end(tree);
    } finally {
      await plan.close();
    }
  }
  return { kills: done, plans, what, problems };
}

interface Battering {
  readonly random: (below: number) => number;
  readonly what: Record<string, number>;
  readonly problems: string[];
  readonly name: string;
}

class BatteredPlan {
  readonly #project: Project;
  readonly #random: (below: number) => number;
  readonly #what: Record<string, number>;
  readonly #problems: string[];
  readonly #name: string;
  readonly #isMounted: boolean;
  #before: ReturnType<typeof progress> = { runs: new Set(), agentDone: new Set() };

  private constructor(project: Project, { random, what, problems, name }: Battering, isMounted: boolean) {
    this.#project = project;
    this.#random = random;
    this.#what = what;
    this.#problems = problems;
    this.#name = name;
    this.#isMounted = isMounted;
  }

  static async create(given: Battering): Promise<BatteredPlan> {
    const project = await Project.create(PLAN);
    mkdirSync(project.runsDir);
    const plan = new BatteredPlan(project, given, canMount());
    // A disk of its own for the state, which can be filled up and made read-only.
    if (plan.#isMounted) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', project.runsDir]);
    const own = project.handlerOf('agent');
    project.on('agent', async (call) => {
      const twin = project.calls.find(
        (other) => other !== call && other.role === 'agent' && other.cwd === call.cwd && lives(other.pid),
      );
      if (twin) plan.#problem(`two agents at once in ${path.basename(call.cwd)}`);
      await own?.(call);
    });
    return plan;
  }

  /** Gives the number of kills. */
  async bear(kills: number, runners: number): Promise<number> {
    let done = 0;
    await this.#crowd(runners);
    while (done < kills) {
      const kind = DISTURBANCES[this.#random(DISTURBANCES.length)] ?? 'everything';
      if (!this.#isMounted && (kind === 'a full disk' || kind === 'read-only state')) continue;
      this.#project.clock = (this.#random(5) - 2) * HOUR;
      if (process.env['SLICEWAVE_TEST_SAYS']) console.log(`${this.#name}: kill ${done}: ${kind}`);
      done += await this.#disturb(kind);
      this.#what[kind] = (this.#what[kind] ?? 0) + 1;
      this.#compare(kind);
    }
    return done;
  }

  async #disturb(kind: (typeof DISTURBANCES)[number]): Promise<number> {
    const project = this.#project;
    const filler = path.join(project.runsDir, 'filler');
    if (kind === 'read-only state') {
      // What an earlier kill left alive has files open for writing, which keeps the disk from being read-only.
      project.kill();
      await this.#dead();
      const paid = project.callsOf('agent').length;
      await this.#remount('ro');
      const { code, err } = await project.run();
      if (code === 0 && project.callsOf('agent').length > paid) this.#problem('an agent was paid without evidence');
      if (/\n\s+at /.test(err)) this.#problem(`a stack trace for a read-only state: ${err.slice(0, 200)}`);
      project.kill();
      await this.#dead();
      await this.#remount('rw');
      return 0;
    }
    const started = [this.#start()];
    if (kind === 'two schedulers') started.push(this.#start());
    await this.#someProgress(started);
    let kills = 1;
    if (kind === 'a full disk') {
      fill(filler);
      await this.#someProgress(started);
    } else if (kind === 'a runner' || kind === 'the scheduler') {
      kills += Math.min(1, project.kill(kind === 'a runner' ? RUNNER : SCHEDULER));
      await this.#someProgress(started);
    }
    project.kill(kind === 'slicewave alone' ? OWN : EVERYTHING);
    if (kind !== 'slicewave alone') await this.#dead();
    await Promise.all(started.map(({ finished }) => finished));
    rmSync(filler, { force: true });
    if (kind === 'a torn line') this.#tear();
    return kills;
  }

  /** Everybody wants the same slices; one of them each gets one, and the others are told. */
  async #crowd(runners: number): Promise<void> {
    if (runners === 0) return;
    const project = this.#project;
    const started = project.startRun();
    await until('the plan is started', () => project.runIds().length > 0);
    project.kill();
    await started.finished;
    await this.#dead();
    const agent = ['--agent', 'command', '--agent-command', fake('agent')];
    const crowd = Array.from({ length: runners }, (_, at) =>
      project.start(['exec', project.planDir, SLICES[at % 2] ?? 'A1', ...agent]),
    );
    const ended = await Promise.all(crowd.map(({ finished }) => finished));
    const worked = ended.filter(({ code }) => code === 0).length;
    if (worked !== 2) this.#problem(`of ${runners} runners for two slices ${worked} did the work`);
    for (const { code, err } of ended)
      if (code !== 0 && !/is being worked on|verified|waits for/.test(err))
        this.#problem(`a runner said: ${err.slice(0, 300)}`);
    const agents = project.callsOf('agent').toSorted().join(' ');
    if (!/^A1( A1)? B1( B1)?$/.test(agents)) this.#problem(`the agents of the crowd: ${agents}`);
    this.#what['runners at once'] = (this.#what['runners at once'] ?? 0) + runners;
    this.#before = progress(project);
  }

  /** Runs what is left, or integrates it. */
  #start(): Running {
    const isDone = SLICES.every((slice) =>
      this.#project.events().some((event) => event.slice === slice && event.type === 'committed'),
    );
    return isDone ? this.#project.start(['integrate', this.#project.planDir]) : this.#project.startRun();
  }

  /** Until a few more events, or processes, were seen, or there is nothing to wait for. */
  async #someProgress(started: readonly Running[]): Promise<void> {
    const project = this.#project;
    let isOver = false;
    void Promise.all(started.map(({ finished }) => finished)).then(() => (isOver = true));
    const wanted = 1 + this.#random(12);
    const events = project.events().length;
    const seen = new Set<number>();
    await until('something happens', () => {
      for (const { pid } of project.processes()) seen.add(pid);
      return isOver || project.events().length >= events + wanted || seen.size >= 3 * wanted;
    });
  }

  /** Half of the line that was written last is lost. */
  #tear(): void {
    const { runsDir } = this.#project;
    const files = readdirSync(runsDir, { recursive: true, encoding: 'utf8' })
      .filter((name) => /(?:^|\/)events\.jsonl$|^plans\/.*\.jsonl$/.test(name))
      .map((name) => ({ file: path.join(runsDir, name), at: statSync(path.join(runsDir, name)).mtimeMs }))
      .toSorted((a, b) => b.at - a.at);
    const [last] = files;
    if (!last) return;
    const text = readFileSync(last.file);
    const start = text.lastIndexOf('\n', text.length - 2) + 1;
    if (text.length - start > 2) truncateSync(last.file, start + 1 + this.#random(text.length - start - 2));
  }

  /** Nothing whose agent was known to be done has got another one. */
  #compare(kind: string): void {
    const { runs, agentDone } = this.#before;
    const again = this.#project
      .events()
      .filter(({ type, run, slice }) => type === 'agent_started' && !runs.has(run) && agentDone.has(slice))
      .map(({ slice }) => slice);
    if (again.length > 0) this.#problem(`an agent that was done was started again for ${again.join(', ')} (${kind})`);
    this.#before = progress(this.#project);
  }

  /** Finishes the plan undisturbed. */
  async end(tree: string): Promise<void> {
    const project = this.#project;
    project.clock = 0;
    try {
      const died = (await project.status()).slices.filter(({ stop }) => stop?.condition === 'runner-died');
      for (const { id } of died) await project.cli('retry', project.planDir, id);
      // What failed for want of a disk is tried again by the next start.
      await project.run();
      await finish(project);
      this.#compare('the end');
      if (project.finalTree !== tree) this.#problem('the tree is another one in the end');
      for (const slice of SLICES) {
        const commits = project.events().filter((event) => event.slice === slice && event.type === 'committed').length;
        if (commits !== 1) this.#problem(`${slice} was committed ${commits} times`);
      }
      nothingIsLeft(project);
    } catch (error) {
      this.#problem(error instanceof Error ? error.message : String(error));
    }
  }

  async close(): Promise<void> {
    this.#project.kill();
    await this.#dead();
    if (this.#isMounted) execFileSync('umount', ['--lazy', this.#project.runsDir]);
    await this.#project.close();
  }

  async #dead(): Promise<void> {
    await until('what was killed is dead', () => this.#project.processes().length === 0);
  }

  async #remount(how: 'ro' | 'rw'): Promise<void> {
    const args = ['-o', `remount,${how}`, this.#project.runsDir];
    await until(`the disk is ${how}`, () => spawnSync('mount', args, { stdio: 'ignore' }).status === 0);
  }

  #problem(text: string): void {
    this.#problems.push(`${this.#name}: ${text}`);
  }
}

function lives(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

function fill(file: string): void {
  for (let size = 1 << 22; size >= 1; size >>= 1) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // Full for pieces of that size.
    }
  }
}

/** Whether this user may give a directory a disk of its own. */
export function canMount(): boolean {
  const dir = mkdtempSync(path.join(tmpdir(), 'sw-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The same numbers for the same seed (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
