import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { CLI, Project } from '../engine/fixture.ts';
import { pairs, spread, type Report, type Spread } from './figure.ts';

/** Slices of the plan that commands are started in: as many as the bundled example has, and ten times as many. */
const SLICES = [11, 110] as const;

/**
 * Starts of the command line as whole processes, each beside an empty program on the same node: `--version` (which has
 * a goal), then the start of what is started most often: the guard of an agent's edits, `status`, and a runner up to
 * the point where it has read the plan and finds that there is nothing to do.
 */
export async function run(report: Report): Promise<void> {
  const [small, large] = await Promise.all(SLICES.map(chain));
  if (!small || !large) throw new Error('there is no project');
  try {
    for (const node of nodes()) {
      const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
      const measure = async (what: Start): Promise<Spread> => {
        const { a, b, ratio } = await pairs(
          what.rounds,
          () => timed(what.project, node, [CLI, ...what.args]),
          () => timed(what.project, node, ['-e', '0']),
        );
        report({
          name: what.name,
          size: `node ${version}`,
          unit: 'ms',
          value: a,
          against: { name: 'node -e 0', value: b },
          ratio,
          ...(what.goal ? { goal: { of: 'ratio' as const, atMost: what.goal } } : {}),
        });
        return a;
      };
      const status = (project: Project, slices: number): Start => ({
        name: `slicewave status, ${slices} slices`,
        project,
        args: ['status', project.planDir],
        rounds: 5,
      });
      await measure({ name: 'slicewave --version', project: small, args: ['--version'], rounds: 15, goal: 1.5 });
      await measure({
        name: 'slicewave hook pre-commit, outside a run',
        project: small,
        args: ['hook', 'pre-commit'],
        rounds: 5,
      });
      await measure({
        name: `slicewave exec, ${SLICES[0]} slices, refused`,
        project: small,
        args: ['exec', small.planDir, 'S1'],
        rounds: 5,
      });
      const few = await measure(status(small, SLICES[0]));
      const many = await measure(status(large, SLICES[1]));
      report({
        name: 'growth of slicewave status',
        size: `${SLICES[0]} to ${SLICES[1]} slices, that is ${SLICES[1] / SLICES[0]} times as many, node ${version}`,
        unit: 'x',
        value: spread([many.median / few.median]),
      });
    }
  } finally {
    await Promise.all([small.close(), large.close()]);
  }
}

interface Start {
  readonly name: string;
  readonly project: Project;
  readonly args: readonly string[];
  readonly rounds: number;
  /** What the ratio should stay under. */
  readonly goal?: number;
}

function chain(slices: number): Promise<Project> {
  return Project.create({
    slices: Array.from({ length: slices }, (_, i) => ({ id: `S${i + 1}`, deps: i === 0 ? [] : [`S${i}`] })),
  });
}

/** The node this bench runs on, and the first other one on the path: what users have is not what we build with. */
function nodes(): readonly string[] {
  const own = path.join('node_modules', '.bin');
  const others = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((dir) => dir !== '' && !dir.endsWith(own))
    .map((dir) => path.join(dir, 'node'))
    .filter(isProgram);
  return [...new Set([process.execPath, ...others.slice(0, 1)])];
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds from start to end; what it prints goes nowhere. */
function timed(project: Project, node: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(node, args, { cwd: project.root, env: project.env, stdio: 'ignore' });
    child.once('error', reject);
    child.once('close', () => resolve(performance.now() - start));
  });
}
