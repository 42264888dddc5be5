/**
 * Plays the demo agent's script against the spec of `inventory/` without Slicewave, and fails when the example no longer
 * holds together: `node examples/check.ts`. Each slice is played on a tree that has only what the slices it depends on
 * have left there, so a missing `after` shows up as a failing check.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob } from 'node:path';
import { parse } from 'yaml';

interface Slice {
  readonly id: string;
  readonly workstream: string;
  readonly after: readonly string[];
  readonly files: readonly string[];
  readonly verify: string;
}

interface Step {
  readonly say?: string;
  readonly write?: string;
  readonly from?: string;
  readonly run?: string;
  readonly wait?: number;
}

interface Attempt {
  readonly steps: readonly Step[];
  readonly report: { readonly status: string; readonly question?: string; readonly tests_passed: boolean };
}

type Script = Record<string, { readonly attempts: readonly Attempt[] }>;

const inventory = join(import.meta.dirname, 'inventory');
const demo = join(inventory, '.slicewave/demo');
const root = dirname(import.meta.dirname);

const spec = readFileSync(join(inventory, 'specs/TS-0042-inventory.spec.md'), 'utf8');
const boundaries = new Map<string, readonly string[]>();
const slices: Slice[] = [];
let workstream = '';
for (const line of spec.split('\n')) {
  workstream = /^### (WS-\w+):/.exec(line)?.[1] ?? workstream;
  const boundary = /^Boundary: (.+)$/.exec(line)?.[1];
  if (boundary !== undefined) boundaries.set(workstream, boundary.replaceAll('`', '').split(', '));
  const item = /^- ([A-Z]\d): .+? \((?:after ([^;]+); )?files: ([^;]+); verify: ([^;]+); estimate: \d+h\)$/.exec(line);
  if (item === null) continue;
  const [, id = '', after, files = '', verify = ''] = item;
  slices.push({ id, workstream, after: after?.split(', ') ?? [], files: files.split(', '), verify });
}
const byId = new Map(slices.map((slice) => [slice.id, slice]));
const script = (parse(readFileSync(join(demo, 'agent.yaml'), 'utf8')) as { slices: Script }).slices;
const [, contractPath = '', contract = ''] = /```ts (\S+)\n(.*?)```/s.exec(spec) ?? [];

const temp = mkdtempSync(join(tmpdir(), 'slicewave-example-'));
try {
  checkDeclarations();
  const start = plant('start', []);
  assert.equal(existsSync(join(start, contractPath)), false, 'the contract is written by the tool');
  expectPass(start, 'node --test test/**/*.test.ts');
  checkTypes(start);

  const seen = { outOfScope: [] as string[], asked: [] as string[], contradicted: [] as string[] };
  for (const slice of slices) play(slice, seen);
  assert.deepEqual(seen, { outOfScope: ['B2'], asked: ['D1'], contradicted: ['A2'] });

  const end = plant('end', slices);
  expectPass(end, 'node --test test/**/*.test.ts');
  checkTypes(end);
  console.log(`${slices.length} slices; waits on the longest path: ${Math.max(...slices.map(waited)) / 1000} s`);
} finally {
  rmSync(temp, { recursive: true, force: true });
}

function checkDeclarations(): void {
  assert.deepEqual(Object.keys(script).toSorted(), slices.map((slice) => slice.id).toSorted());
  const owners = slices.flatMap((slice) => slice.files.map((file) => file));
  assert.equal(new Set(owners).size, owners.length, 'no file belongs to two slices');
  for (const slice of slices) {
    for (const file of slice.files) {
      const inside = [...boundaries].filter(([, globs]) => globs.some((glob) => matchesGlob(file, glob)));
      assert.deepEqual(
        inside.map(([id]) => id),
        [slice.workstream],
        `${file} lies in one boundary`,
      );
    }
  }
  const drafts = new Set(
    Object.values(script).flatMap(({ attempts }) =>
      attempts.flatMap(({ steps }) => steps.flatMap((step) => step.from ?? [])),
    ),
  );
  const provided = readdirSync(join(demo, 'files'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(demo.length + 1));
  const expected = new Set([
    ...slices.flatMap((slice) => slice.files.map((file) => `files/${slice.id}/${file}`)),
    ...drafts,
  ]);
  assert.deepEqual(provided.toSorted(), [...expected].toSorted(), 'no file of the script is missing or left over');
}

/** A git repository as it is at the start, with the contract when slices were done, and the final files of those. */
function plant(name: string, done: readonly Slice[], withContract = done.length > 0): string {
  const tree = join(temp, name);
  cpSync(inventory, tree, { recursive: true });
  if (withContract) {
    mkdirSync(dirname(join(tree, contractPath)), { recursive: true });
    writeFileSync(join(tree, contractPath), contract);
  }
  for (const slice of done) for (const file of slice.files) copy(`files/${slice.id}/${file}`, join(tree, file));
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=example', '-c', 'user.email=example@localhost', ...args], {
      cwd: tree,
      encoding: 'utf8',
    });
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', name);
  return tree;
}

function play(slice: Slice, seen: Record<'outOfScope' | 'asked' | 'contradicted', string[]>): void {
  const tree = plant(
    slice.id,
    slices.filter((other) => ancestors(slice).has(other.id)),
    true,
  );
  const passedBefore = passes(tree, slice.verify);
  const attempts = script[slice.id]?.attempts ?? [];
  for (const [index, { steps, report }] of attempts.entries()) {
    for (const step of steps) {
      if (step.write !== undefined) copy(step.from ?? `files/${slice.id}/${step.write}`, join(tree, step.write));
      if (step.run !== undefined) expectPass(tree, step.run);
      if (step.wait !== undefined) assert.ok(step.wait >= 300 && step.wait <= 1500, `${slice.id}: wait ${step.wait}`);
    }
    const changed = execFileSync('git', ['status', '--porcelain', '--untracked-files=all'], {
      cwd: tree,
      encoding: 'utf8',
    })
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.slice(3));
    const outside = changed.filter((file) => !slice.files.includes(file));
    const verified = passes(tree, slice.verify);
    const isLast = index === attempts.length - 1;
    if (report.status === 'NEEDS_INPUT') {
      assert.ok(report.question);
      assert.equal(isLast, false);
      seen.asked.push(slice.id);
    } else if (outside.length > 0) {
      assert.equal(isLast, false);
      assert.ok(verified, 'only the scope is wrong');
      seen.outOfScope.push(slice.id);
    } else if (!verified) {
      assert.equal(isLast, false);
      assert.ok(report.tests_passed, 'the claim is wrong');
      assert.ok(passedBefore, 'the failure is the slice’s own');
      seen.contradicted.push(slice.id);
    } else {
      assert.ok(isLast);
      assert.deepEqual(changed.toSorted(), slice.files.toSorted(), `${slice.id} leaves exactly its files`);
    }
  }
  checkTypes(tree);
  console.log(`${slice.id}  ${slice.workstream}  after ${slice.after.join(', ') || '-'}: ${slice.verify}`);
}

/** Everything a slice builds on, over any number of steps. */
function ancestors(slice: Slice): Set<string> {
  return new Set(slice.after.flatMap((id) => [id, ...ancestors(byId.get(id) ?? assert.fail(`no slice ${id}`))]));
}

/** Milliseconds of simulated work until the slice is done, if nothing else took time. */
function waited(slice: Slice): number {
  const own = (script[slice.id]?.attempts ?? []).flatMap(({ steps }) => steps.map((step) => step.wait ?? 0));
  return own.reduce(
    (sum, wait) => sum + wait,
    Math.max(0, ...slice.after.map((id) => waited(byId.get(id) ?? assert.fail(id)))),
  );
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join(demo, from), to);
}

function execute(tree: string, command: string): { readonly status: number | null; readonly output: string } {
  const [program = '', ...args] = command.split(' ');
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: tree, encoding: 'utf8', env });
  return { status, output: stdout + stderr };
}

function passes(tree: string, command: string): boolean {
  return execute(tree, command).status === 0;
}

function expectPass(tree: string, command: string): void {
  const { status, output } = execute(tree, command);
  assert.equal(status, 0, `${command} in ${tree}\n${output}`);
}

function checkTypes(tree: string): void {
  const types = join(root, 'node_modules/@types');
  expectPass(tree, `${join(root, 'node_modules/.bin/tsc')} --noEmit -p . --typeRoots ${types}`);
}
