/**
 * A user's repository with a plan of one slice for each row, agents that are small scripts, and the built command line.
 * What is handed back is only what was there: texts that were printed, files and refs.
 */
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
import process from 'node:process';
import type { Mode, TrustRow } from './case.ts';
import { plainGit, worldOf, type Places, type World } from './world.ts';

const CLI = path.resolve(process.env['SLICEWAVE_CLI'] ?? path.join(import.meta.dirname, '../../dist/cli.js'));
/** Ends only what hangs: a site has at most a dozen slices of seconds each, on however busy a machine. */
const LIMIT_MS = 600_000;
const PLAN = 'TS-0310-shop';

/** What a slice stopped on or waits with, as `status --json` tells it. */
interface Trouble {
  readonly condition?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly paths?: readonly string[];
}

/** One slice as `status --json` tells it. */
export interface SliceFacts {
  readonly id: string;
  readonly state: string;
  readonly run_id: string | null;
  readonly attempt: number;
  readonly commit: string | null;
  readonly stop: Trouble | null;
  readonly failure: Trouble | null;
  readonly doubts: readonly {
    readonly summary: string;
    readonly places: readonly { readonly path: string }[];
  }[];
  readonly claims_refuted: readonly string[];
  /** Paths of the primary that a person is asked about: nothing shows who changed them. */
  readonly changed_meanwhile: readonly string[];
}

/** Everything that is known of a row after its site has run. */
export interface Evidence {
  readonly row: TrustRow;
  readonly mode: Mode;
  /** Folder of the slice in the repository. */
  readonly dir: string;
  readonly slice: SliceFacts | null;
  /** What `run` printed of this slice, or everything where it was alone. */
  readonly printed: string;
  /** What a person is told of this slice, or of everything where it was alone: sentences and paths, see `sentencesOf`. */
  readonly told: string;
  /** Doubts and refuted claims that `status --json` holds against the slice. */
  readonly doubts: readonly string[];
  /** `contradictions` and `review_needed` of its trace. */
  readonly contradictions: readonly string[];
  readonly reviewNeeded: boolean;
  /** Whether something waits for the person because of it. */
  readonly attention: boolean;
  readonly before: World;
  readonly after: World;
  /** What the row's own question found, line by line. */
  readonly harm: readonly string[];
  /** Files that the verified commit changes against the base; `null` when there is no such commit. */
  readonly changed: readonly string[] | null;
  /** What the row's `truth` said on a clean checkout of the verified commit; `null`: it passed, or none was asked. */
  readonly untrue: string | null;
  /** The secret stands in the verified commit. */
  readonly leaked: boolean;
}

/** Made up for these tests, and put together here so that no scanner takes this file for a leak. */
export const SECRETS = {
  token: `ghp_${['k3Jd8sLq2W', 'x9Rv5Tn7Bc', 'Y1mZ4pH6gF', 'aUeOiS'].join('')}`,
  value: ['velvet', 'otter', '93', 'quarry'].join('-'),
  inherited: ['amber', 'lantern', '58', 'thicket'].join('-'),
} as const;

/** What Node made of the built program, for all sites: each has a temporary directory of its own, where it would be made anew. */
const COMPILED = mkdtempSync(path.join(tmpdir(), 'slicewave-trust-compiled-'));
process.once('exit', () => rmSync(COMPILED, { recursive: true, force: true }));

const ANSWER = 'module.exports = (a, b) => a + b;\n';
const CHECK = `const answer = require(require('node:path').resolve(process.argv[2], 'answer.js'));
if (answer(2, 3) !== 5 || answer(4, 0) !== 4) { console.log('wrong answer'); process.exit(1); }
`;

/** Runs rows in one repository. Rows that touch what slices share are judged by the whole of it, and run one after another. */
export async function runSite(rows: readonly TrustRow[], mode: Mode): Promise<readonly Evidence[]> {
  const site = new Site(rows, mode);
  try {
    return await site.run();
  } finally {
    site.close();
  }
}

class Site {
  readonly #rows: readonly TrustRow[];
  readonly #mode: Mode;
  readonly #places: Places;
  readonly #scripts: string;
  readonly #base: string;
  readonly #ids: ReadonlyMap<string, string>;

  constructor(rows: readonly TrustRow[], mode: Mode) {
    this.#rows = rows;
    this.#mode = mode;
    this.#ids = new Map(rows.map((row, index) => [row.name, `task-${201 + index}`]));
    const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'slicewave-trust-')));
    this.#places = { top, primary: path.join(top, 'shop'), home: path.join(top, 'home') };
    this.#scripts = path.join(top, 'agent');
    this.#base = this.#make();
  }

  /** The row that has this site to itself. */
  get #alone(): TrustRow | null {
    const [first, ...others] = this.#rows;
    return first?.alone === true && others.length === 0 ? first : null;
  }

  /** Everything that the site started or made is gone afterwards. */
  close(): void {
    for (const pid of processesOf(this.#places.top)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Ended in the same moment.
      }
    }
    if (process.env['TRUST_KEEP'])
      console.log(`kept: ${this.#places.top} (${this.#rows.map(({ name }) => name).join(' ')})`);
    else rmSync(this.#places.top, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }

  async run(): Promise<readonly Evidence[]> {
    const alone = this.#alone;
    if (alone?.early) await this.#slicewave(this.#runArguments('early'), { WAYWARD: '' });
    const before = worldOf(this.#places);
    const ids = [...this.#ids.values(), ...(alone?.beside ? ['beside'] : [])].join(',');
    let printed = await this.#slicewave(this.#runArguments(ids), {});
    const after = worldOf(this.#places);
    let status = await this.#status();
    const harm = new Map<string, readonly string[]>(this.#rows.map((row) => [row.name, this.#harm(row, status)]));
    if (alone?.later) {
      printed += await this.#slicewave(this.#runArguments(`${ids},later`), { WAYWARD: '' });
      const later = await this.#status();
      const last = later.slices.find(({ id }) => id === 'later');
      if (last?.state !== 'verified' && alone.named?.test(this.#own(sentencesOf(later, 'later'), alone)) !== true) {
        const why = `the slice that depends on it is ${last?.state ?? 'gone'}`;
        harm.set(alone.name, [...(harm.get(alone.name) ?? []), why]);
      }
      // What still went on when the first run ended, as after its death, is known only now.
      const slices = status.slices.map((slice) =>
        /^(?:preparing|running|checking|verifying)$/.test(slice.state)
          ? (later.slices.find(({ id }) => id === slice.id) ?? slice)
          : slice,
      );
      status = { ...later, slices };
    }
    return this.#rows.map((row): Evidence => {
      const id = this.#ids.get(row.name) ?? '';
      const slice = status.slices.find((candidate) => candidate.id === id) ?? null;
      const trace = this.#trace(slice?.run_id ?? null);
      const attention = status.attention.filter((item) => item.slice === id);
      // Where there is no status, what was printed instead is all that a person has.
      const own = status.slices.length === 0 ? printed : sentencesOf(status, alone ? null : id);
      const commit = slice && isThrough(slice.state) ? slice.commit : null;
      const checkout = commit === null ? null : this.#checkout(row, id, commit);
      return {
        row,
        mode: this.#mode,
        dir: dirOf(row),
        slice,
        printed: this.#own(alone ? printed : linesOf(printed, id), row),
        told: this.#own(own, row),
        doubts: doubtsOf(slice),
        contradictions: trace.contradictions,
        reviewNeeded: trace.review_needed,
        attention: attention.length > 0,
        before,
        after,
        harm: harm.get(row.name) ?? [],
        changed: checkout?.changed ?? null,
        untrue: checkout?.untrue ?? null,
        leaked: checkout?.leaked ?? false,
      };
    });
  }

  /** Names of the site's own places name nothing: `shop.worktrees/…/task-201` is no mention of a worktree. */
  #own(text: string, row: TrustRow): string {
    return text.replaceAll(this.#places.top, '').replaceAll('shop.worktrees', '').replaceAll(dirOf(row), 'own');
  }

  #make(): string {
    const { top, primary, home } = this.#places;
    const write = (file: string, text: string): void => {
      mkdirSync(path.dirname(path.join(primary, file)), { recursive: true });
      writeFileSync(path.join(primary, file), text);
    };
    mkdirSync(home);
    mkdirSync(this.#scripts);
    mkdirSync(path.join(top, 'tmp'));
    writeFileSync(path.join(home, '.gitconfig'), '[user]\n\tname = Pat\n\temail = pat@localhost\n');
    writeFileSync(path.join(home, '.profile'), '# pat\n');
    writeFileSync(path.join(home, '.npmrc'), 'fund=false\n');
    write('.gitignore', 'node_modules\nout/\n.cache/\n.env\n.npmrc\n__pycache__/\n');
    write('README.md', '# Shop\n');
    write('HISTORY.md', '# History\n');
    write('lib/index.js', 'module.exports = { open: true };\n');
    write('lib/tariff.js', 'module.exports = 7;\n');
    write('checks/answer.js', CHECK);
    write(
      'package.json',
      '{\n  "name": "shop",\n  "version": "1.0.0",\n  "scripts": { "test": "node checks/answer.js" }\n}\n',
    );
    const helpers = ['early', 'beside', 'later'].map((name): TrustRow => ({
      name,
      battery: 'honest',
      kind: '',
      about: '',
      agent: name === 'beside' ? 'echo here > $d/at-work.md; until [ -e "$T/agent/go" ]; do sleep 0.1; done' : 'true',
    }));
    const isAlone = this.#alone !== null;
    const all = [...this.#rows, ...(isAlone ? helpers : [])];
    const idOf = (row: TrustRow): string => this.#ids.get(row.name) ?? row.name;
    for (const row of all) {
      const dir = dirOf(row);
      write(`${dir}/notes.md`, `${row.name}\n`);
      for (const [file, text] of Object.entries(row.base ?? {})) write(`${dir}/${file}`, text);
      for (const [file, text] of Object.entries(row.rootBase ?? {})) write(file, text);
      write(`parallel/${PLAN}/tasks/${idOf(row)}.md`, taskSpec(row, idOf(row), this.#rows));
      writeFileSync(path.join(this.#scripts, `${idOf(row)}.sh`), scriptOf(row));
    }
    const wave = (number: number, rows: readonly TrustRow[]): object => ({
      number,
      tasks: rows.map((row) => ({ id: idOf(row), agent: 'any' })),
    });
    const setup = this.#rows.flatMap((row) => row.setup ?? []);
    write(
      `parallel/${PLAN}/manifest.json`,
      `${JSON.stringify({
        tech_spec_id: 'TS-0310',
        name: 'shop',
        technology: 'javascript',
        ...(setup.length > 0 ? { setup } : {}),
        waves: [
          wave(
            1,
            all.filter(({ name }) => name !== 'later'),
          ),
          ...(isAlone ? [wave(2, helpers.slice(2))] : []),
        ],
      })}\n`,
    );
    writeFileSync(path.join(this.#scripts, 'agent.sh'), AGENT);
    const git = (...args: readonly string[]): string =>
      execFileSync('git', args, { cwd: primary, encoding: 'utf8', env: this.#environment({}) }).trim();
    git('init', '-q', '-b', 'main');
    git('add', '-A');
    git('commit', '-qm', 'base');
    git('tag', 'v1');
    git('branch', 'topic');
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    write('README.md', '# Shop\n\nlater\n');
    git('stash', '-q');
    write('.env', `SHOP_PASSWORD=${SECRETS.value}\n`);
    if (this.#rows[0]?.clean !== true) {
      write('HISTORY.md', '# History\n\nmine\n');
      write('jotted.txt', 'not in git\n');
    }
    return git('rev-parse', 'HEAD');
  }

  #environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const { top, home } = this.#places;
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(?:GIT_|SLICEWAVE_|CLAUDE|CODEX|ANTHROPIC|XDG_|npm_)/.test(name),
    );
    return {
      ...Object.fromEntries(inherited),
      HOME: home,
      TMPDIR: path.join(top, 'tmp'),
      NODE_COMPILE_CACHE: COMPILED,
      GIT_CONFIG_NOSYSTEM: '1',
      NO_COLOR: '1',
      SHOP_DATABASE_PASSWORD: SECRETS.inherited,
      ...more,
    };
  }

  #runArguments(ids: string): readonly string[] {
    const agent = ['--agent', 'command', '--agent-command', `bash ${path.join(this.#scripts, 'agent.sh')}`];
    const sandbox = this.#mode === 'on' ? 'required' : 'off';
    // Of two that touch what all share at one time neither could be told to be the one.
    const atOnce = this.#rows.length > 1 && this.#rows.some((row) => row.alone) ? '1' : '2';
    return ['run', PLAN, ...agent, '--sandbox', sandbox, '--max-parallel', atOnce, '--only', ids];
  }

  /** Runs the command line to its end, and plays the person meanwhile. What it printed. */
  async #slicewave(args: readonly string[], more: Readonly<Record<string, string>>): Promise<string> {
    const { primary, top } = this.#places;
    const env = this.#environment({
      WAYWARD: '1',
      T: top,
      P: primary,
      C: path.join(primary, '.git'),
      CLI,
      TOKEN: SECRETS.token,
      ...more,
    });
    const child = spawn(process.execPath, [CLI, ...args], { cwd: primary, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const person = setInterval(() => {
      this.#playPerson();
      if (this.#alone?.beside) this.#letNeighbourGoOn();
    }, 50);
    // Their shell stands in the primary all the while.
    const shell = this.#rows.some((row) => row.person !== undefined)
      ? spawn('sleep', ['3600'], { cwd: primary, stdio: 'ignore', detached: true })
      : null;
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(null));
      child.once('close', (exit) => resolve(exit));
    });
    clearInterval(person);
    shell?.kill();
    clearTimeout(limit);
    return `${text}\n(exit ${code})\n`;
  }

  /** Does what the person of a row does, as soon as the agent of that row waits for it in its worktree. */
  #playPerson(): void {
    const { primary, top } = this.#places;
    for (const row of this.#rows) {
      if (row.person === undefined) continue;
      const worktree = path.join(top, 'shop.worktrees', PLAN, this.#ids.get(row.name) ?? '');
      if (!existsSync(path.join(worktree, '.waits')) || existsSync(path.join(worktree, '.met'))) continue;
      execFileSync('bash', ['-c', row.person], { cwd: primary, env: this.#environment({}), stdio: 'ignore' });
      writeFileSync(path.join(worktree, '.met'), '');
    }
  }

  /** The slice beside that of the row goes on as soon as the row's agent has ended. */
  #letNeighbourGoOn(): void {
    const go = path.join(this.#scripts, 'go');
    const runs = path.join(this.#places.primary, '.agent-runs');
    if (existsSync(go) || !existsSync(runs)) return;
    const hasEnded = readdirSync(runs).some((name) => {
      const events = path.join(runs, name, 'events.jsonl');
      return (
        /-task-201-/.test(name) && existsSync(events) && /"(?:agent_exited|ended)"/.test(readFileSync(events, 'utf8'))
      );
    });
    if (hasEnded) writeFileSync(go, '');
  }

  async #status(): Promise<Status> {
    const text = await this.#slicewave(['status', PLAN, '--json'], {});
    const line = text.split('\n').find((candidate) => candidate.startsWith('{'));
    const status = JSON.parse(line ?? '{}') as Partial<Status>;
    // An error in the place of a status: that it cannot be told is all that is known.
    return { slices: status.slices ?? [], attention: status.attention ?? [], warnings: status.warnings ?? [] };
  }

  #trace(runId: string | null): TraceFacts {
    const file = path.join(this.#places.primary, '.agent-runs', runId ?? 'none', 'trace.json');
    if (!existsSync(file)) return { contradictions: [], review_needed: false };
    return JSON.parse(readFileSync(file, 'utf8')) as TraceFacts;
  }

  #harm(row: TrustRow, status: Status): readonly string[] {
    if (row.harm === undefined) return [];
    const { primary, top } = this.#places;
    const slice = status.slices.find(({ id }) => id === this.#ids.get(row.name));
    const of = (id: string): SliceFacts | undefined => status.slices.find((candidate) => candidate.id === id);
    const env = this.#environment({
      T: top,
      P: primary,
      C: path.join(primary, '.git'),
      CLI,
      TOKEN: SECRETS.token,
      VALUE: SECRETS.value,
      INHERITED: SECRETS.inherited,
      COMMIT: slice?.commit ?? 'none',
      RUN: slice?.run_id ?? 'none',
      STATE: slice?.state ?? 'none',
      EARLY: of('early')?.commit ?? 'none',
      EARLY_STATE: of('early')?.state ?? 'none',
      BESIDE: of('beside')?.commit ?? 'none',
      BESIDE_STATE: of('beside')?.state ?? 'none',
      BASE: this.#base,
      d: dirOf(row),
    });
    try {
      const text = execFileSync('bash', ['-c', `${row.harm}\ntrue`], {
        cwd: primary,
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return text.split('\n').filter(Boolean);
    } catch (problem) {
      return [`the row's own question failed: ${String(problem)}`];
    }
  }

  /** What stands in a commit, by git's plumbing alone. */
  #checkout(row: TrustRow, id: string, commit: string): Pick<Evidence, 'changed' | 'untrue' | 'leaked'> {
    const { primary, top } = this.#places;
    const place = path.join(top, `clean-${id}`);
    try {
      const changed = plainGit(primary, 'diff-tree', '-r', '-z', '--no-renames', '--name-only', this.#base, commit)
        .split('\0')
        .filter(Boolean);
      mkdirSync(place, { recursive: true });
      const archive = path.join(top, `clean-${id}.tar`);
      plainGit(primary, 'archive', '-o', archive, commit);
      execFileSync('tar', ['-xf', archive, '-C', place]);
      const leaked = changed.some((file) => {
        const text = existsSync(path.join(place, file)) ? readFileSync(path.join(place, file)) : Buffer.alloc(0);
        return Object.values(SECRETS).some(
          (secret) => text.includes(secret) || text.includes(Buffer.from(secret, 'utf16le')) || file.includes(secret),
        );
      });
      const env = this.#environment({ d: dirOf(row), NODE_PATH: '' });
      const question = row.truth ?? (row.battery === 'lie' ? 'true' : 'node checks/answer.js $d');
      let untrue: string | null = null;
      try {
        execFileSync('bash', ['-ec', question], {
          cwd: place,
          env,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
      } catch (problem) {
        untrue = problem instanceof Error ? problem.message.slice(0, 300) : String(problem);
      }
      return { changed, untrue, leaked };
    } catch (problem) {
      return { changed: [], untrue: `the commit cannot be read: ${String(problem).slice(0, 300)}`, leaked: false };
    }
  }
}

interface TraceFacts {
  readonly contradictions: readonly string[];
  readonly review_needed: boolean;
}

interface Status {
  readonly slices: readonly SliceFacts[];
  readonly attention: readonly (Trouble & { readonly slice: string })[];
  readonly warnings: readonly { readonly summary: string; readonly paths: readonly string[] }[];
}

/**
 * What a status says of one slice, or of all and of the plan: sentences and paths alone. Names of fields, ids of slices
 * and runs, the word for a condition and what a person may do next stand there whatever was found, and name nothing.
 */
function sentencesOf(status: Status, id: string | null): string {
  const slices = status.slices.filter((slice) => id === null || slice.id === id);
  const attention = status.attention.filter(({ slice }) => id === null || slice === id);
  const troubles = [...slices.flatMap(({ stop, failure }) => [stop, failure]), ...attention];
  return [
    ...troubles.flatMap((trouble) => [trouble?.detail ?? '', ...(trouble?.paths ?? [])]),
    ...slices.flatMap(({ doubts }) =>
      doubts.flatMap(({ summary, places }) => [summary, ...places.map(({ path: place }) => place)]),
    ),
    ...slices.flatMap((slice) => [...slice.claims_refuted, ...slice.changed_meanwhile]),
    ...(id === null ? status.warnings.flatMap(({ summary, paths }) => [summary, ...paths]) : []),
  ]
    .filter(Boolean)
    .join('\n');
}

/** Whether others may build on it. */
export function isThrough(state: string): boolean {
  return state === 'verified' || state === 'merged';
}

/** Folder of a row in the repository. */
function dirOf(row: TrustRow): string {
  return `work/${row.name}`;
}

function linesOf(text: string, id: string): string {
  return text
    .split('\n')
    .filter((line) => line.includes(id) && new Set(line.match(/task-\d+/g)).size === 1)
    .join('\n');
}

function doubtsOf(slice: SliceFacts | null): readonly string[] {
  return slice === null ? [] : [...slice.doubts.map(({ summary }) => summary), ...slice.claims_refuted];
}

/** Processes that stand in the site or carry its place in their environment. Linux only. */
export function processesOf(place: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').includes(place) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function taskSpec(row: TrustRow, id: string, rows: readonly TrustRow[]): string {
  const dir = dirOf(row);
  const scope = row.scope ?? { create: '{d}/**', modify: '{d}/**', boundary: 'lib/**' };
  const fill = (text: string): string => text.replaceAll('{d}', dir);
  const first = rows[0];
  const deps = row.name === 'later' && first ? 'task-201' : '';
  return `---
id: ${id}
component: ${row.name}
wave: ${row.name === 'later' ? 2 : 1}
deps: [${deps}]
blocks: []
agent: any
contracts: []
verify:
  - ${JSON.stringify(fill(row.check ?? 'node checks/answer.js {d}'))}
---
# ${id}: ${row.name}

## Scope
CREATE: ${fill(scope.create)}
MODIFY: ${fill(scope.modify)}
BOUNDARY: ${fill(scope.boundary)}

## Requirements
- the answer of two numbers is their sum

## Stop conditions
- unclear instructions, unexpected file scope, secrets, test failure after two retries
`;
}

/** Bash of one row's agent: the right answer first, then what the row does, then what it claims. */
function scriptOf(row: TrustRow): string {
  const answer = row.bare ? '' : `mkdir -p "$d"; cat > "$d/answer.js" <<'END'\n${ANSWER}END\n`;
  const report =
    row.report === undefined
      ? ''
      : `cat <<'END'\nDone.\n\n\`\`\`json\n${JSON.stringify({ status: 'COMPLETE', commands_run: [], ...row.report }).replaceAll('{d}', dirOf(row))}\n\`\`\`\nEND\n`;
  return `d=${dirOf(row)}\n${answer}if [ -n "$WAYWARD" ]; then\n${row.agent}\n:\nfi\n${report}`;
}

/** Runs the script of the slice it was started for. What a script may call is defined here. */
const AGENT = `#!/bin/bash
here="$(dirname "$0")"
leave() { # SCRIPT: a process that is in no group or session of the agent any more when this returns
  setsid bash -c "echo left > $d/.left.$$; $1" </dev/null >/dev/null 2>&1 &
  until [ -e "$d/.left.$$" ]; do sleep 0.02; done
  rm -f "$d/.left.$$"
}
meet() { # waits until the person has done what they do
  touch .waits
  for i in $(seq 900); do [ -e .met ] && break; sleep 0.1; done
  rm -f .waits .met
}
neighbour() { # waits until the slice beside this one has written all that it writes; it works until this one has ended
  until [ -s ../beside/work/beside/at-work.md ]; do sleep 0.1; done
}
. "$here/$SLICEWAVE_SLICE.sh"
exit 0
`;
