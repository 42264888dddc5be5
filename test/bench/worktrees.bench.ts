import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { openRepository, type Repository } from '../../src/node/git/repository.ts';
import { ensureWorktree, lockWorktree, unlockWorktree } from '../../src/node/git/worktree.ts';
import { Project } from '../engine/fixture.ts';
import { number, pairs, spread, type Pairs, type Report } from './figure.ts';

const TREES = 8;
const FILES = [300, 3000] as const;

/**
 * Eight worktrees at once, made and locked as runners make them, against eight plain `git worktree add`, also at once.
 * What is made is taken away again between the measurements.
 */
export async function run(report: Report): Promise<void> {
  const seen: Pairs[] = [];
  for (const files of FILES) {
    const project = await Project.create({ slices: [{ id: 'S1' }] }, { files: sources(files) });
    // The engine's git reads the environment of this process.
    process.env['GIT_CONFIG_GLOBAL'] = project.env['GIT_CONFIG_GLOBAL'];
    try {
      const repository = await openRepository(project.root);
      if (!repository.ok) throw new Error(repository.failure.message);
      const places = Array.from({ length: TREES }, (_, i) => ({
        path: path.join(project.home, 'trees', `S${i}`),
        branch: `slicewave/bench/S${i}`,
      }));
      const base = project.git('rev-parse', 'HEAD');
      let startedAgain = 0;
      const measure = async (make: (place: Place) => Promise<number>): Promise<number> => {
        const start = performance.now();
        for (const again of await Promise.all(places.map(make))) startedAgain += again;
        const took = performance.now() - start;
        await remove(repository.value, places);
        return took;
      };
      const result = await pairs(
        files > 1000 ? 2 : 3,
        () => measure((place) => ours(repository.value, place, base)),
        () => measure((place) => plain(project, place, base)),
        files < 1000,
      );
      seen.push(result);
      report({
        name: `${TREES} worktrees at once`,
        size: `${files} files`,
        unit: 'ms',
        value: result.a,
        against: { name: 'git worktree add', value: result.b },
        ratio: result.ratio,
        ...(files === 3000 ? { goal: { of: 'ratio' as const, atMost: 1.1 } } : {}),
        notes: [
          `of the plain ones, ${startedAgain} failed because another was just being made, and were started again`,
        ],
      });
    } finally {
      delete process.env['GIT_CONFIG_GLOBAL'];
      await project.close();
    }
  }
  const [few, many] = seen;
  if (!few || !many) return;
  report({
    name: `growth of ${TREES} worktrees`,
    size: `${FILES[0]} to ${FILES[1]} files, that is ${FILES[1] / FILES[0]} times as many`,
    unit: 'x',
    value: spread([many.a.median / few.a.median]),
    notes: [`git worktree add grows by ${number(many.b.median / few.b.median)} x`],
  });
}

interface Place {
  readonly path: string;
  readonly branch: string;
}

/** Files of 2 KB in directories of thirty. */
function sources(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `src/part${Math.floor(i / 30)}/file${i}.ts`,
      `export const value${i} = ${i};\n`.repeat(60),
    ]),
  );
}

async function ours(repository: Repository, { path: dir, branch }: Place, base: string): Promise<number> {
  const made = await ensureWorktree(repository, {
    path: dir,
    branch,
    base,
    mode: 'fresh',
    ours: false,
    snapshot: async () => base,
  });
  if (!made.ok) throw new Error(made.failure.message);
  await lockWorktree(repository, dir, 'slicewave bench');
  return 0;
}

/** Git gives up when it meets another one in the middle of its work; whoever does this plainly has to start it again. */
async function plain(project: Project, place: Place, base: string): Promise<number> {
  for (let again = 0; ; again++) {
    const said = await worktreeAdd(project, place, base);
    if (said === null) return again;
    if (!said.includes('commondir') || again > 50) throw new Error(`git worktree add failed: ${said}`);
  }
}

/** What git said when it failed; `null` when it did not. */
function worktreeAdd(project: Project, { path: dir, branch }: Place, base: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['worktree', 'add', '--quiet', '-B', branch, dir, base], {
      cwd: project.root,
      env: project.env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0 ? null : said));
  });
}

async function remove(repository: Repository, places: readonly Place[]): Promise<void> {
  for (const place of places) {
    await unlockWorktree(repository, place.path);
    rmSync(place.path, { recursive: true, force: true });
  }
  await repository.git.run(['worktree', 'prune']);
  await repository.git.run(['branch', '-D', ...places.map((place) => place.branch)]);
}
