import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { CLI, Project } from '../engine/fixture.ts';
import { gitThatWrites } from '../engine/git-log.ts';
import { spread, type Report } from './figure.ts';

/**
 * What a slice more costs in processes of git and in processor time (everything that is started included), beside a shell
 * script with plain git that makes the same worktrees, commits and checks. A chain, so that nothing is shared.
 */
export async function run(report: Report): Promise<void> {
  const [few, many] = [2, 6];
  const size = `a chain of ${few} and of ${many} slices`;
  const counted = new Map<number, readonly string[]>();
  const ours = { small: [] as number[], large: [] as number[] };
  const bare = { small: [] as number[], large: [] as number[] };
  for (const slices of [few, many])
    counted.set(slices, await inChain(slices, (project) => gitStarts(project, runOf(project))));
  for (let round = 0; round < 3; round++)
    for (const [at, slices] of [['small', few] as const, ['large', many] as const]) {
      ours[at].push(await inChain(slices, (project) => processorSeconds(project, runOf(project))));
      bare[at].push(await inChain(slices, (project) => processorSeconds(project, bareScript(project, slices))));
    }
  const bareStarts = await inChain(few, (project) => gitStarts(project, bareScript(project, few)));
  const each = ((counted.get(many)?.length ?? 0) - (counted.get(few)?.length ?? 0)) / (many - few);
  const kinds = new Map<string, number>();
  for (const kind of counted.get(many) ?? []) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  report({
    name: 'git processes for a slice more',
    size,
    unit: 'processes',
    value: spread([each]),
    against: { name: 'a bare script', value: spread([bareStarts.length / few]) },
    notes: [
      `${counted.get(few)?.length} in all for ${few}, ${counted.get(many)?.length} for ${many}`,
      `by command, for ${many}: ${[...kinds]
        .sort((a, b) => b[1] - a[1])
        .map(([kind, count]) => `${kind} ${count}`)
        .join(', ')}`,
    ],
  });
  const perSlice = ({ small, large }: typeof ours): readonly number[] =>
    large.map((seconds, round) => (seconds - (small[round] ?? Number.NaN)) / (many - few));
  const [value, against] = [perSlice(ours), perSlice(bare)];
  report({
    name: 'processor time for a slice more',
    size,
    unit: 's',
    value: spread(value),
    against: { name: 'a bare script', value: spread(against) },
    ratio: spread(value.map((seconds, round) => seconds / (against[round] ?? Number.NaN))),
  });
}

async function inChain<T>(slices: number, work: (project: Project) => Promise<T>): Promise<T> {
  const project = await Project.create({
    slices: Array.from({ length: slices }, (_, i) => ({ id: `S${i + 1}`, deps: i === 0 ? [] : [`S${i}`] })),
  });
  writeFileSync(path.join(project.home, 'agent.sh'), 'echo $1 > src/$1.txt\n');
  try {
    return await work(project);
  } finally {
    await project.close();
  }
}

function runOf(project: Project): readonly string[] {
  const agent = `/bin/sh '${path.join(project.home, 'agent.sh')}' {slice}`;
  const options = ['--agent', 'command', '--agent-command', agent, '--max-parallel', '1', '--json'];
  return [process.execPath, CLI, 'run', project.planDir, ...options];
}

/** The same by hand: a worktree, the agent, a commit, and its check in a checkout of the commit. */
function bareScript(project: Project, slices: number): readonly string[] {
  const script = [
    'set -e',
    'git worktree add --quiet --detach ../bare/check HEAD',
    'at=HEAD',
    `for i in $(seq ${slices}); do`,
    '  git worktree add --quiet -b bare/S$i ../bare/S$i $at',
    `  (cd ../bare/S$i && sh '${path.join(project.home, 'agent.sh')}' S$i && git add --all && git commit --quiet -m S$i)`,
    '  at=bare/S$i',
    '  (cd ../bare/check && git checkout --quiet --detach $at && test -s src/S$i.txt)',
    'done',
  ];
  return ['sh', '-c', script.join('\n')];
}

/** Seconds of all processors that a command takes with all that it starts and waits for. */
async function processorSeconds(project: Project, command: readonly string[]): Promise<number> {
  const out = await outputOf(project, ['sh', '-c', '"$@" > /dev/null || exit; times', 'sh', ...command], {});
  const [, children = ''] = out.trim().split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/** The commands of git that a command starts. */
async function gitStarts(project: Project, command: readonly string[]): Promise<readonly string[]> {
  const git = gitThatWrites(project);
  await outputOf(project, command, git.env);
  return git.started().map((start) => start.command);
}

function outputOf(project: Project, command: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const options = { cwd: project.root, env: { ...project.env, ...env }, maxBuffer: 64 << 20 };
    execFile(program, args, options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}
