import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { CLI } from '../engine/fixture.ts';
import { pairs, spread, type Report } from './figure.ts';
import { workload } from './plan-workload.ts';

const COUNT = 100;
const ROUNDS = 3;
const PATIENCE = 30_000;

/**
 * Whole processes that check the dependencies of 100 tasks, three each: Task Master's, ours, and a bare start of node.
 * In four waves, and in twenty, where a search that follows every path has three to the nineteenth of them to follow.
 */
export async function taskManager(report: Report, tools: string): Promise<void> {
  for (const waves of [4, 20]) await sideBySide(report, tools, waves);
}

async function sideBySide(report: Report, tools: string, waves: number): Promise<void> {
  const root = mkdtempSync(path.join(tmpdir(), 'slicewave-bench-tasks-'));
  try {
    const theirs = path.join(root, 'theirs');
    const ours = path.join(root, 'ours');
    write(theirs, ours, waves);
    const home = path.join(tools, 'node_modules/task-master-ai');
    const { version } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8')) as {
      readonly version: string;
    };
    const rival = path.join(home, 'dist/task-master.js');
    let unfinished = false;
    const start = async (cwd: string, args: readonly string[], expected?: RegExp): Promise<number> => {
      const began = performance.now();
      const done = spawnSync(process.execPath, args, {
        cwd,
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1', TASKMASTER_SKIP_AUTO_UPDATE: '1', TASKMASTER_ANONYMOUS_TELEMETRY: '0' },
        input: '',
        timeout: PATIENCE,
        killSignal: 'SIGKILL',
      });
      const time = performance.now() - began;
      if (done.signal === 'SIGKILL') {
        unfinished = true;
        return time;
      }
      if (done.status !== 0 || (expected && !expected.test(done.stdout)))
        throw new Error(`${args.join(' ')}: ${done.status} ${(done.stdout + done.stderr).slice(0, 1000)}`);
      return time;
    };
    const validate = (): Promise<number> => start(theirs, [rival, 'validate-dependencies'], /valid/i);
    const floor: number[] = [];
    for (let round = 0; round < ROUNDS; round++) floor.push(await start(root, ['-e', '0']));
    for (const [name, args] of [
      ['slicewave plan', ['plan', 'parallel/TS-1-bench']],
      ['slicewave validate', ['validate', 'parallel/TS-1-bench']],
    ] as const) {
      const seen = await pairs(waves > 4 ? 1 : ROUNDS, () => start(ours, [CLI, ...args]), validate, waves <= 4);
      report({
        name,
        size: `${COUNT} tasks, three dependencies each, ${waves} waves, whole processes`,
        unit: 'ms',
        value: seen.a,
        against: { name: `task-master-ai ${version} validate-dependencies`, value: seen.b },
        ratio: seen.ratio,
        goal: { of: 'ratio', atMost: 1 },
        notes: [
          `a bare start of node takes ${spread(floor).median.toFixed(0)} ms; \`plan\` also finds overlaps over the repository`,
          ...(unfinished ? [`the other had not finished after ${PATIENCE / 1000} s and was ended`] : []),
        ],
      });
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The same hundred tasks for both. */
function write(theirs: string, ours: string, waves: number): void {
  const { plan } = workload(COUNT, waves);
  const number = new Map(plan.slices.map(({ id }, i) => [id, i + 1]));
  const tasks = plan.slices.map(({ id, title, deps }) => ({
    id: number.get(id)!,
    title,
    description: title,
    details: '',
    testStrategy: '',
    status: 'pending',
    priority: 'medium',
    dependencies: deps.map((dep) => number.get(dep)!),
    subtasks: [],
  }));
  mkdirSync(path.join(theirs, '.taskmaster/tasks'), { recursive: true });
  const now = '2026-01-01T00:00:00.000Z';
  const metadata = { created: now, updated: now, description: 'bench' };
  writeFileSync(path.join(theirs, '.taskmaster/tasks/tasks.json'), JSON.stringify({ master: { tasks, metadata } }));
  writeFileSync(path.join(theirs, '.taskmaster/config.json'), '{}');

  const dir = path.join(ours, 'parallel/TS-1-bench');
  mkdirSync(path.join(dir, 'tasks'), { recursive: true });
  const names = new Map(plan.slices.map(({ id }, i) => [id, `task-${String(i + 1).padStart(3, '0')}`]));
  writeFileSync(
    path.join(dir, 'manifest.json'),
    JSON.stringify({ tech_spec_id: 'TS-1', name: 'bench', waves: [], tasks: [...names.values()] }),
  );
  for (const { id, title, deps, estimateMinutes, scope } of plan.slices) {
    const name = names.get(id)!;
    writeFileSync(
      path.join(dir, 'tasks', `${name}.md`),
      `---\nid: ${name}\ndeps: [${deps.map((dep) => names.get(dep)!).join(', ')}]\nestimate: ${estimateMinutes}m\n---\n# ${title}\n\n## Scope\nCREATE: ${scope.create[0]!.text}\n\n## Requirements\n- Make it.\n`,
    );
  }
  const git = (...args: readonly string[]): void => {
    const done = spawnSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args], {
      cwd: ours,
    });
    if (done.status !== 0) throw new Error(`git ${args[0]}: ${done.stderr.toString()}`);
  };
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'a plan');
}
