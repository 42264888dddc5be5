/**
 * A repository with one plan, the two real agents turned to a scripted model, and the built command line: everything a
 * person has, with the model's answers known beforehand.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunEvent, RunEventBody, Trace } from '../../src/core/run/model.ts';
import { createAgentHome } from './agent-home.ts';
import { startModelEndpoint } from './model-endpoint.ts';
import type { Conversation, ModelEndpoint, ModelRequest, Turn } from './model-endpoint.ts';

/** The command line as users get it. `SLICEWAVE_TEST_CLI` names another build of it. */
const cli = process.env['SLICEWAVE_TEST_CLI'] ?? path.resolve(import.meta.dirname, '../../dist/cli.js');

/** Far above what one command takes on a busy machine, far below "it hangs". */
const limitMs = 300_000;

export interface SliceFixture {
  readonly agent: 'claude' | 'codex';
  readonly create?: readonly string[];
  readonly modify?: readonly string[];
  readonly deps?: readonly string[];
  readonly verify?: readonly string[];
}

/** What `run --json` and `status --json` say of one slice; see `src/cli/status-json.ts`. */
export interface SliceStatus {
  readonly id: string;
  readonly state: string;
  readonly run_id: string | null;
  readonly attempt: number;
  readonly commit: string | null;
  readonly worktree: string | null;
  readonly stop: { readonly condition: string; readonly question: string; readonly paths: readonly string[] } | null;
  readonly failure: { readonly reason: string; readonly detail: string } | null;
}

export interface PlanStatus {
  readonly state: string;
  readonly slices: readonly SliceStatus[];
  readonly attention: readonly { readonly slice: string; readonly condition: string; readonly question: string }[];
}

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PlanRun extends Ended {
  readonly status: PlanStatus;
}

/** One recorded attempt: its summary, and the events behind it. */
export interface RecordedRun {
  readonly trace: Trace;
  readonly events: readonly RunEvent[];
  of<T extends RunEventBody['type']>(type: T): readonly Extract<RunEvent, { readonly type: T }>[];
}

export interface PlanSite {
  readonly root: string;
  readonly endpoint: ModelEndpoint;
  readonly planDir: string;
  readonly runsDir: string;
  /** The home directory that the agents see. */
  readonly home: string;
  /** Where a slice works. */
  worktree(slice: string): string;
  /** Main-loop requests of a slice's agent, over all its sessions. */
  asked(slice: string): readonly ModelRequest[];
  /** Resolves when a slice's agent has asked the model `count` times. */
  whenAsked(slice: string, count: number): Promise<void>;
  /** Any command, to its end. */
  slicewave(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** `slicewave run --json`, to its end. */
  run(args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<PlanRun>;
  /** The same, for a test that interrupts it. */
  startRun(): { readonly pid: number; readonly ended: Promise<PlanRun> };
  /** The attempts at a slice, oldest first. */
  runs(slice: string): readonly RecordedRun[];
  git(...args: readonly string[]): string;
  /** Living processes that work for this site: runners, agents, and whatever those started. Linux only. */
  processes(): readonly number[];
  dispose(): Promise<void>;
}

/** `file` and the text that `node checks/says.mjs` wants in it. */
export function says(file: string, text: string): string {
  return `node checks/says.mjs ${file} '${text}'`;
}

/** The last message of an agent, as the prompt asks for it. */
export function report(fields: Readonly<Record<string, unknown>> = {}): Turn {
  const claims = { status: 'COMPLETE', files_changed: [], commands_run: [], tests_passed: true, ...fields };
  return { say: `This is what I did.\n\n\`\`\`json\n${JSON.stringify(claims, null, 2)}\n\`\`\`` };
}

/** `script` gives each slice's conversation; it may name absolute paths in worktrees that do not exist yet. */
export async function createPlanSite(
  slices: Readonly<Record<string, SliceFixture>>,
  script: (worktree: (slice: string, file: string) => string, root: string) => Readonly<Record<string, Conversation>>,
): Promise<PlanSite> {
  const top = realpathSync(mkdtempSync(path.join(tmpdir(), "slicewave plan it's ü-")));
  const root = path.join(top, 'shop');
  const worktrees = path.join(top, 'shop.worktrees');
  const plan = 'TS-7-shop';
  const planDir = path.join(root, 'parallel', plan);
  writeRepository(root, planDir, slices);
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe', env: withoutGit(process.env) }).trim();
  git('init', '-q', '-b', 'main');
  git('config', 'user.name', 'Person');
  git('config', 'user.email', 'person@localhost');
  git('add', '-A');
  git('commit', '-q', '-m', 'base');

  const worktree = (slice: string): string => path.join(worktrees, plan, slice);
  const conversations = script((slice, file) => path.join(worktree(slice), file), root);
  const endpoint = await startModelEndpoint({
    script: Object.fromEntries(Object.entries(conversations).map(([slice, turns]) => [markerOf(slice), turns])),
  });
  const home = createAgentHome(endpoint.url);
  const runsDir = path.join(root, '.agent-runs');

  const start = (
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): { pid: number; ended: Promise<Ended> } => {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: root,
      env: { ...home.env, SLICEWAVE_WORKTREES: worktrees, SLICEWAVE_SANDBOX: 'off', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    const ended = new Promise<Ended>((resolve, reject) => {
      const limit = setTimeout(() => {
        child.kill('SIGKILL');
        reject(
          new Error(`slicewave ${args.join(' ')} did not end within ${limitMs} ms:\n${stdout.slice(-2000)}\n${stderr}`),
        );
      }, limitMs);
      child.once('error', reject);
      child.once('close', (exitCode) => {
        clearTimeout(limit);
        resolve({ exitCode, stdout, stderr });
      });
    });
    return { pid: child.pid ?? 0, ended };
  };
  const toPlanRun = (ended: Ended): PlanRun => {
    const last = ended.stdout.trimEnd().split('\n').at(-1) ?? '';
    const status = last.startsWith('{') ? (JSON.parse(last) as PlanStatus) : null;
    assert.ok(status?.slices, `run --json ended without a status: ${ended.stdout.slice(-2000)}\n${ended.stderr}`);
    return { ...ended, status };
  };
  const runArgs = ['run', planDir, '--json'];

  const processes = (): readonly number[] => processesOf(top);
  return {
    root,
    endpoint,
    planDir,
    runsDir,
    home: home.path,
    worktree,
    asked: (slice) => endpoint.requestsOf(markerOf(slice)),
    whenAsked: (slice, count) => endpoint.asked(markerOf(slice), count),
    slicewave: (args, env) => start(args, env).ended,
    run: async (args = [], env = {}) => toPlanRun(await start([...runArgs, ...args], env).ended),
    startRun: () => {
      const { pid, ended } = start(runArgs);
      return { pid, ended: ended.then(toPlanRun) };
    },
    runs: (slice) => recordedRuns(runsDir, slice),
    git,
    processes,
    dispose: async () => {
      for (const pid of processes()) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // Ended in the same moment.
        }
      }
      await endpoint.close();
      home.dispose();
      rmSync(top, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

/** The status of one slice; fails when there is none. */
export function sliceOf(status: PlanStatus, id: string): SliceStatus {
  const slice = status.slices.find((candidate) => candidate.id === id);
  assert.ok(slice, `no slice ${id} in the status`);
  return slice;
}

/** `A1 verified, B1 stopped`: all slices at a glance. */
export function statesOf(status: PlanStatus): Readonly<Record<string, string>> {
  return Object.fromEntries(status.slices.map((slice) => [slice.id, slice.state]));
}

/** Stands once in each prompt, whatever other slices it speaks of. */
function markerOf(slice: string): string {
  return `=== OBJECTIVE ===\n${slice}: `;
}

/** What git itself exports to hooks must not reach the test's own repository. */
function withoutGit(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_')));
}

function writeRepository(root: string, planDir: string, slices: Readonly<Record<string, SliceFixture>>): void {
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  write('README.md', '# Shop\n');
  write('config.txt', 'colour = red\n');
  write(
    'checks/says.mjs',
    `import { readFileSync } from 'node:fs';
const [file, wanted] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');
console.log(text.includes(wanted) ? 'ok' : 'wanted <' + wanted + '> in ' + file + ', found <' + text.trim() + '>');
process.exit(text.includes(wanted) ? 0 : 1);
`,
  );
  const dir = path.relative(root, planDir);
  const ids = Object.keys(slices);
  const waveOf = (id: string): number => 1 + Math.max(0, ...(slices[id]?.deps ?? []).map(waveOf));
  const waves = [...new Set(ids.map(waveOf))].sort((a, b) => a - b);
  write(
    `${dir}/manifest.json`,
    `${JSON.stringify(
      {
        tech_spec_id: 'TS-7',
        name: 'shop',
        waves: waves.map((number) => ({
          number,
          tasks: ids.filter((id) => waveOf(id) === number).map((id) => ({ id, agent: slices[id]?.agent })),
        })),
        limits: { max_parallel: 3, timeout_minutes: 5 },
      },
      null,
      2,
    )}\n`,
  );
  ids.forEach((id, index) => {
    const { agent, create = [], modify = [], deps = [], verify = [] } = slices[id] ?? { agent: 'claude' };
    const list = (paths: readonly string[]): string =>
      paths.length === 0 ? ' none' : `\n${paths.map((p) => `- \`${p}\``).join('\n')}`;
    write(
      `${dir}/tasks/task-${String(index + 1).padStart(3, '0')}-${id.toLowerCase()}.md`,
      `---
id: ${id}
wave: ${waveOf(id)}
deps: [${deps.join(', ')}]
agent: ${agent}
verify:
${verify.map((command) => `  - ${JSON.stringify(command)}\n`).join('')}---

# ${id}: Part ${id}

## Scope

CREATE:${list(create)}

MODIFY:${list(modify)}

BOUNDARY:
- \`docs/**\`

## Requirements

- Do what part ${id} needs
`,
    );
  });
}

function recordedRuns(runsDir: string, slice: string): readonly RecordedRun[] {
  const names = existsSync(runsDir) ? readdirSync(runsDir).filter((name) => name.includes(`-${slice}-`)) : [];
  return names.sort().map((name) => {
    const dir = path.join(runsDir, name);
    const lines = readFileSync(path.join(dir, 'events.jsonl'), 'utf8').trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line) as RunEvent);
    return {
      trace: JSON.parse(readFileSync(path.join(dir, 'trace.json'), 'utf8')) as Trace,
      events,
      of: <T extends RunEventBody['type']>(type: T) =>
        events.filter((event): event is Extract<RunEvent, { readonly type: T }> => event.type === type),
    };
  });
}

/** By what stands in their environment: a process that left its group or lost its parent is found as well. */
function processesOf(place: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').includes(place) ? [Number(name)] : [];
    } catch {
      // Not ours to read, or ended in the same moment.
      return [];
    }
  });
}
