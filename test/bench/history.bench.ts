import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import path from 'node:path';
import type { CodeFile } from '../../src/core/code/model.ts';
import { couplings } from '../../src/core/judge/coupling.ts';
import { HISTORY_LIMITS, type CoChange } from '../../src/core/judge/coupling-history.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { LOG, readHistory, type History } from '../../src/node/judge/history.ts';
import { planOf, scope, slice } from '../unit/plan-fixture.ts';
import { pairs, spread, type Report, type Spread } from './figure.ts';

const FILES = 4_000;
const NEW_COMMITS = 100;
const SIZES = [2_000, 20_000];
const ROUNDS = 7;

/**
 * What it costs to learn which files changed together: reading, counting and keeping the whole history, beside the very
 * `git log` that is read, thrown away; then with the cache, and after more commits.
 */
export async function run(report: Report): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), 'slicewave-bench-history-'));
  try {
    const perCommit: { readonly commits: number; readonly ours: Spread; readonly git: Spread }[] = [];
    for (const commits of SIZES) {
      const root = path.join(home, String(commits));
      makeRepository(root, commits);
      const size = `${commits} commits, ${FILES} files`;
      const cacheFile = path.join(home, `${commits}.json`);
      const cold = await pairs(
        ROUNDS,
        async () => {
          rmSync(cacheFile, { force: true });
          return timed(() => read(root, cacheFile, 'git'));
        },
        () => timed(() => plainLog(root)),
      );
      const noise = await pairs(
        ROUNDS,
        () => timed(() => plainLog(root)),
        () => timed(() => plainLog(root)),
      );
      report({
        name: 'history of files that changed together, cold',
        size,
        unit: 'ms',
        value: cold.a,
        against: { name: 'the same git log, to nowhere', value: cold.b },
        ratio: cold.ratio,
        goal: { of: 'ratio', atMost: 3 },
        notes: [
          'with the cache written and synced to disk',
          `git log against itself: ${noise.ratio.median.toFixed(2)} x (${noise.ratio.min.toFixed(2)}..${noise.ratio.max.toFixed(2)})`,
        ],
      });
      perCommit.push({ commits, ours: cold.a, git: cold.b });
      const warm = await pairs(
        ROUNDS,
        () => timed(() => read(root, cacheFile, 'cache')),
        () => timed(() => plainLog(root)),
      );
      report({
        name: 'the same from the cache',
        size,
        unit: 'ms',
        value: warm.a,
        against: { name: 'the same git log, to nowhere', value: warm.b },
        ratio: warm.ratio,
      });
      const more: number[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        addCommits(root, commits + round * NEW_COMMITS, NEW_COMMITS);
        const took = await timed(() => read(root, cacheFile, 'cache-and-git'));
        if (round > 0) more.push(took);
      }
      report({ name: `the same after ${NEW_COMMITS} more commits`, size, unit: 'ms', value: spread(more) });
      if (commits === SIZES.at(-1)) {
        const { coChange } = await read(root, cacheFile, 'cache');
        reportCouplings(report, coChange, size);
      }
    }
    const [small, large] = [perCommit[0], perCommit.at(-1)];
    if (small && large) {
      const growth = (key: 'ours' | 'git'): Spread =>
        spread([large[key].median / large.commits / (small[key].median / small.commits)]);
      report({
        name: `growth per commit, ${small.commits} to ${large.commits}`,
        size: 'of the medians above',
        unit: 'x',
        value: growth('ours'),
        against: { name: 'of git log', value: growth('git') },
      });
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The judge itself, over that history: scopes of twenty files, three imports in each, read by no parser. */
function reportCouplings(report: Report, history: CoChange, size: string): void {
  const repoFiles = Array.from({ length: FILES }, (_, i) => fileName(i));
  const random = randomFrom(7);
  const codes = new Map(
    repoFiles.map((from): [string, CodeFile] => {
      const imports = Array.from({ length: 3 }, (_, k) => {
        const specifier = path.posix.relative(path.posix.dirname(from), fileName(random(FILES)));
        return { specifier: specifier.startsWith('.') ? specifier : `./${specifier}`, names: [], line: k + 1 };
      });
      return [from, { language: 'typescript', symbols: [], imports, broken: false }];
    }),
  );
  for (const count of [100, 1_000]) {
    const slices = Array.from({ length: count }, (_, i) => {
      const modify = Array.from({ length: 20 }, (_, k) => fileName((i * 20 + k) % FILES));
      return slice(`S${i}`, {
        scope: scope({ modify: count * 20 <= FILES ? modify : modify.slice(0, FILES / count) }),
      });
    });
    const plan = planOf(slices);
    const graph = planGraph(plan);
    let found = 0;
    const times = Array.from({ length: ROUNDS }, () => {
      const began = performance.now();
      const code = (file: string): CodeFile | null => codes.get(file) ?? null;
      found = couplings({ plan, graph, repoFiles, code, text: () => null, history }).pairs.length;
      return performance.now() - began;
    });
    report({
      name: `couplings of ${count} slices`,
      size,
      unit: 'ms',
      value: spread(times),
      notes: [`${found} pairs with evidence; parsing is not in it`],
    });
  }
}

async function read(root: string, cacheFile: string, source: History['source']): Promise<History> {
  const result = await readHistory({ root, cacheFile });
  if (!result.ok) throw new Error(result.failure.message);
  // A measurement of something else would look good.
  if (result.value.source !== source) throw new Error(`came from ${result.value.source} instead of ${source}`);
  return result.value;
}

/** What `readHistory` reads, by the same git with the same arguments. */
async function plainLog(root: string): Promise<void> {
  const out = openSync(devNull, 'w');
  try {
    const args = ['--no-pager', '-C', root, ...LOG, `--max-count=${HISTORY_LIMITS.mostCommits}`, 'HEAD', '--'];
    const child = spawn('git', args, { stdio: ['ignore', out, 'inherit'] });
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`git log ended with ${String(code)}`);
  } finally {
    closeSync(out);
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function makeRepository(root: string, commits: number): void {
  mkdirSync(root);
  git(root, 'init', '-q', '-b', 'main');
  addCommits(root, 0, commits);
}

/** Commits of one to eight neighbouring files; every hundredth touches sixty, and every fiftieth moves one. */
function addCommits(root: string, first: number, count: number): void {
  const random = randomFrom(first + 1);
  const file = path.join(root, '.git', 'bench-import');
  const out = openSync(file, 'w');
  for (let c = first; c < first + count; c++) {
    const lines = ['commit refs/heads/main', `committer B <b@b> ${1_600_000_000 + c * 60} +0000`, 'data 1', 'w'];
    if (c === first && first > 0) lines.push('from refs/heads/main^0');
    const around = random(FILES);
    const many = c % 100 === 99 ? 60 : 1 + random(8);
    for (let k = 0; k < many; k++) {
      const text = `commit ${c} file ${k} of this commit\n`;
      lines.push(`M 100644 inline ${fileName((around + random(12) + k) % FILES)}`, `data ${text.length}`, text);
    }
    if (c % 50 === 49) {
      lines.push(`M 100644 inline moving/m${c}`, 'data 2', 'm\n');
      if (c >= 99) lines.push(`R moving/m${c - 50} moved/m${c - 50}`);
    }
    writeSync(out, `${lines.join('\n')}\n`);
  }
  closeSync(out);
  const input = openSync(file, 'r');
  const made = spawnSync('git', ['fast-import', '--quiet'], { cwd: root, stdio: [input, 'ignore', 'inherit'] });
  closeSync(input);
  rmSync(file);
  if (made.status !== 0) throw new Error('git fast-import failed');
}

function fileName(i: number): string {
  return `src/part${Math.floor(i / 200)}/module${Math.floor(i / 20) % 10}/file${i}.ts`;
}

function git(root: string, ...args: readonly string[]): void {
  if (spawnSync('git', args, { cwd: root, stdio: 'inherit' }).status !== 0) throw new Error(`git ${args[0]} failed`);
}

function randomFrom(start: number): (below: number) => number {
  let seed = start;
  return (below) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}
