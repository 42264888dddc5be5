import { readdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { agentRow, type AgentId } from '../../core/agent/agents.ts';
import { laneOf } from '../../core/run/names.ts';
import { fileIndex } from '../../core/scope/file-index.ts';
import { compileGlob } from '../../core/scope/glob.ts';
import { packageAround, packagePaths } from '../../core/scope/package-paths.ts';
import { TOOL_TEXTS, toolNotes } from '../../core/setup/development-tools.ts';
import { SETUP_TOOLS, toolsOf, type ProjectFiles } from '../../core/setup/tools.ts';
import { shortened } from '../../core/text/printing.ts';
import { programsOf } from '../../core/text/words.ts';
import { hooksDir, type Repository } from '../git/repository.ts';
import { readSettings } from '../git/settings.ts';
import { SIGNING_REMEDY, signerOf, unsignedAhead, whyNotSigning } from '../git/signing.ts';
import { submodulesOf } from '../git/submodules.ts';
import { includedFiles, worktreeRoot } from '../git/worktree.ts';
import { environment, findProgram } from '../process/processes.ts';
import { agentFor } from '../agents/table.ts';
import { detectAgent } from '../agents/detect.ts';
import type { RunRequest } from './model.ts';
import { projectIn, setupIn } from './setup.ts';
import { validationCommand } from './verify.ts';

/** One thing that was looked at before a plan runs, with what to do when it is not right. */
export interface PreflightCheck {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'error';
  readonly detail: string;
  readonly remedy: string;
}

const LOW_DISK = 2 * 1024 ** 3;
/** Entries of installed packages that are looked at for their size; what is beyond is not counted. */
const MOST_ENTRIES = 200_000;

export interface PreflightRequest {
  /** The plan that is to run; `null`: what holds for all. */
  readonly loaded: LoadedPlan | null;
  /** Left out where the signer was asked before. */
  readonly signing: boolean;
  /** Who is to work, where a run of the plan is about to start; absent: that is not settled yet. */
  readonly run?: Pick<RunRequest, 'agent' | 'agentCommand' | 'limits'>;
  /** Where the worktrees of all plans stand; absent: it is asked for. */
  readonly worktrees?: string;
}

/**
 * What would keep worktrees of this repository from being made, set up, worked in and checked, found out before anything
 * is paid. Nothing is started but git.
 */
export async function preflight(
  repository: Repository,
  { loaded, signing, run, worktrees }: PreflightRequest,
): Promise<readonly PreflightCheck[]> {
  const root = worktrees ?? (await worktreeRoot(repository));
  const plan = loaded?.plan ?? { setup: null };
  const [project, setup] = await Promise.all([projectIn(repository.root, TOOL_TEXTS), setupIn(plan, repository.root)]);
  const tracked = trackedFiles(
    await repository.git.fields(['ls-tree', '-r', '-l', '-z', '--full-tree', 'HEAD'], { accept: [0, 128] }),
  );
  const found = await Promise.all([
    programs({ loaded, setup, project }),
    loaded ? agents(loaded, run) : Promise.resolve([]),
    names(repository, loaded),
    filters(repository, tracked),
    signing ? signer(repository) : Promise.resolve([]),
    hooks(repository),
    submodules(repository),
    included(repository),
    disk({ repository, root, lanes: lanesOf(loaded), project, tracked }),
  ]);
  const tools = toolNotes(project, { root: repository.root, worktrees: root, setup }).map((note) => ({
    name: note.title,
    status: note.isWarning ? ('warning' as const) : ('ok' as const),
    detail: note.detail,
    remedy: note.remedy,
  }));
  const paths = loaded ? packageMix(loaded, tracked) : [];
  return [...found.flat(), ...paths, ...lockFiles(plan.setup, project), ...tools];
}

/** Commands of a set-up and of checks start without a shell; what these would be to one is found by none on the path. */
async function programs({
  loaded,
  setup,
  project,
}: {
  readonly loaded: LoadedPlan | null;
  readonly setup: readonly string[];
  readonly project: ProjectFiles;
}): Promise<readonly PreflightCheck[]> {
  const checks = loaded ? checksOf(loaded) : [];
  const table = new Set(SETUP_TOOLS.flatMap((tool) => tool.commands(project)));
  const venv = toolsOf(project).some((tool) => tool.programs !== undefined && setup.length > 0);
  // What a set-up of the person's own installs, and what a virtual environment holds, nobody knows before.
  const isOpen = venv || setup.some((command) => !table.has(command));
  const missing: PreflightCheck[] = [];
  const told = new Set<string>();
  const look = async (commands: readonly string[], what: string): Promise<void> => {
    for (const command of commands)
      for (const program of programsOf(command).filter(isLookedUp)) {
        if (told.has(program) || (await findProgram(program, environment())) !== null) continue;
        told.add(program);
        missing.push({
          name: 'programs',
          status: what === 'set-up' || !isOpen ? 'error' : 'warning',
          detail: `${program}: not found on the path that agents will have, and the ${what} needs it: ${command}`,
          remedy:
            what === 'set-up'
              ? `Install ${program}, or say another \`setup\` in manifest.json ([] for none).`
              : `Install ${program}, or start it as the project does (npx, uv run).`,
        });
      }
  };
  await look(setup, 'set-up');
  await look(checks, 'check');
  if (missing.length > 0) return missing;
  const counted = [...new Set([...setup, ...checks])];
  const detail =
    counted.length === 0
      ? 'no set-up is needed'
      : `the programs of set-up and checks are there${setup.length > 0 ? `; set-up: ${setup.join(', ')}` : ''}`;
  return [{ name: 'programs', status: 'ok', detail, remedy: '' }];
}

/** Whether a program is looked up on the path. */
function isLookedUp(program: string): boolean {
  return program !== '' && program !== 'cd' && !/[/$]/.test(program);
}

/** The program of a line that git gives to a shell; empty where that is no plain word. */
function firstProgram(line: string): string {
  const [program = ''] = programsOf(line);
  return /[$`~]/.test(program) ? '' : program;
}

function checksOf({ plan }: LoadedPlan): readonly string[] {
  return [
    ...plan.slices.flatMap((slice) => slice.verify),
    ...plan.mergePoints.flatMap((point) => point.verify),
    ...plan.waveChecks.map((check) => validationCommand(check, plan.technology)),
  ];
}

/** Whom the plan names, or the run in their place; each needs a program that a person has to install. */
async function agents(loaded: LoadedPlan, run: PreflightRequest['run']): Promise<readonly PreflightCheck[]> {
  const only = run?.limits.only ?? null;
  const slices = loaded.plan.slices.filter(({ id }) => only === null || only.includes(id));
  const wanted = new Map<AgentId, string[]>();
  for (const { id, agent } of slices) {
    const by = run?.agent ?? agentFor(agent);
    const theirs = wanted.get(by);
    if (theirs) theirs.push(id);
    else wanted.set(by, [id]);
  }
  const checks = await Promise.all(
    [...wanted].map(async ([id, theirs]): Promise<readonly PreflightCheck[]> => {
      const who = shortened(theirs.join(', '));
      const { title } = agentRow(id);
      if (id === 'command' && run && (run.agentCommand ?? []).length === 0) {
        const detail = `${who}: the agent \`command\` has no program`;
        return [
          { name: 'agents', status: 'error', detail, remedy: 'Say it: --agent-command "<program and arguments>".' },
        ];
      }
      const [program = ''] = id === 'command' ? (run?.agentCommand ?? []) : [];
      // A path may mean something that only a worktree has.
      if (program !== '' && !program.includes('/') && (await findProgram(program, environment())) === null) {
        const detail = `${program}: not found on the path, and ${who} ${theirs.length === 1 ? 'is' : 'are'} for it`;
        return [{ name: 'agents', status: 'error', detail, remedy: `Install ${program}, or name it by its path.` }];
      }
      const { found, remedy } = await detectAgent(id, { version: false, cwd: '/' });
      if (found) return [];
      return [
        {
          name: 'agents',
          // Who starts the run may still choose another one.
          status: run ? 'error' : 'warning',
          detail: `${title} was not found, and ${who} ${theirs.length === 1 ? 'is' : 'are'} for it`,
          remedy: `${remedy ?? ''} Or have another one do it: \`slicewave run --agent <name>\`.`.trim(),
        },
      ];
    }),
  );
  return checks.flat();
}

interface TrackedFile {
  readonly name: string;
  readonly bytes: number;
}

/** What `ls-tree -r -l -z` says. */
function trackedFiles(lines: readonly string[]): readonly TrackedFile[] {
  return lines.flatMap((line) => {
    const [, bytes, name] = /^\S+ \S+ \S+ +(\d+|-)\t([^]+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, bytes: Number(bytes) || 0 }];
  });
}

/** Attributes are read from as many files; who has more has the same filters in those that are left out. */
const MOST_ATTRIBUTES = 500;

/**
 * Filters by which git keeps other bytes than a checkout has (Git LFS, git-crypt). Where one is required and cannot be
 * started, git makes no worktree; where none is set up, worktrees hold what is kept: pointers, or what is encrypted.
 */
async function filters(repository: Repository, tracked: readonly TrackedFile[]): Promise<readonly PreflightCheck[]> {
  const files = tracked.map(({ name }) => name).filter((name) => path.posix.basename(name) === '.gitattributes');
  if (files.length === 0) return [];
  const grep = ['grep', '-h', '-o', '-I', '-E', '-e', '^[^#].*[[:space:]]filter=[^[:space:]]+', 'HEAD', '--'];
  const { stdout } = await repository.git.run([...grep, ...files.slice(0, MOST_ATTRIBUTES)], { accept: [0, 1] });
  const named = new Map<string, string>();
  for (const [, pattern = '', name = ''] of stdout.matchAll(/^\s*(\S+).*\sfilter=(\S+)$/gm))
    if (!named.has(name)) named.set(name, pattern);
  if (named.size === 0) return [];
  const { config } = await readSettings(repository);
  const setting = (key: string): string | null => config.findLast(([name]) => name === key)?.[1] ?? null;
  const checks: PreflightCheck[] = [];
  for (const [name, pattern] of named) {
    const command = setting(`filter.${name}.process`) ?? setting(`filter.${name}.smudge`);
    const program = command === null ? '' : firstProgram(command);
    const isLfs = name === 'lfs';
    const install = isLfs ? 'Install Git LFS, then `git lfs install`.' : `Set up the filter ${name}.`;
    const isMissing = program !== '' && (await findProgram(program, environment())) === null;
    if (isMissing) {
      const required = setting(`filter.${name}.required`) === 'true';
      checks.push({
        name: 'filters',
        status: required ? 'error' : 'warning',
        detail: `${program}: not found, and git keeps ${pattern} with it (filter=${name})${required ? ': no worktree can be made' : ''}`,
        remedy: install,
      });
    } else if (command === null && setting(`filter.${name}.clean`) === null) {
      checks.push({
        name: 'filters',
        status: 'warning',
        detail: `${pattern} ${isLfs ? 'is kept by Git LFS' : `goes through the filter ${name}`}, which is not set up here: worktrees have ${isLfs ? 'pointers in place of the files' : 'what git keeps'}`,
        remedy: install,
      });
    }
  }
  return checks;
}

/** What a plan that lies in a package names as seen from there: its scopes are read from the top of the repository. */
function packageMix({ plan }: LoadedPlan, tracked: readonly TrackedFile[]): readonly PreflightCheck[] {
  const files = tracked.map(({ name }) => name);
  const known = new Set(files);
  const dir = packageAround(`${plan.dir}/manifest.json`, (name) => known.has(name));
  if (dir === null) return [];
  const index = fileIndex(files, {});
  const mixed = plan.slices.flatMap(({ id, scope }) =>
    packagePaths(scope, dir, (glob) => index.matching(compileGlob(glob))).map((found) => ({ id, ...found })),
  );
  const [first, ...others] = mixed;
  if (first === undefined) return [];
  const more = others.length > 0 ? `, and ${others.length} more like it` : '';
  return [
    {
      name: 'paths',
      status: 'warning',
      detail: `${plan.dir} lies in the package ${dir}, and paths of plans are read from the top of the repository: ${first.path} of ${first.id} ${first.isAtTop ? 'is the file there' : 'is nothing there'}${more}`,
      remedy: `Write ${first.inPackage} if that is meant; \`slicewave lint ${plan.dir}\` names each.`,
    },
  ];
}

/** Git keeps a branch in a file of its name: no branch can stand below another one. */
async function names(repository: Repository, loaded: LoadedPlan | null): Promise<readonly PreflightCheck[]> {
  const taken = ['slicewave', ...(loaded ? [`slicewave/${loaded.plan.id}`] : [])];
  const refs = await repository.git.fields([
    'for-each-ref',
    '--format=%(refname:short)%00',
    ...taken.map((name) => `refs/heads/${name}`),
  ]);
  const inTheWay = refs.map((ref) => ref.trim()).filter((ref) => taken.includes(ref.replace(/^heads\//, '')));
  const byFolded = new Map<string, string[]>();
  for (const lane of lanesOf(loaded)) {
    const alike = byFolded.get(fold(lane));
    if (alike) alike.push(lane);
    else byFolded.set(fold(lane), [lane]);
  }
  const alike = [...byFolded.values()].find((lanes) => lanes.length > 1);
  return [
    ...inTheWay.map((branch): PreflightCheck => {
      const remedy = `Rename it: git branch -m ${branch} ${branch}-old`;
      return {
        name: 'names',
        status: 'error',
        detail: `the branch ${branch} is in the way of slicewave/<plan>/<slice>`,
        remedy,
      };
    }),
    ...(alike === undefined
      ? []
      : [
          {
            name: 'names',
            status: 'warning' as const,
            detail: `${alike.join(' and ')} are one name where case does not count`,
            remedy: 'Rename one of them (slicewave replan): on macOS and Windows they would share a worktree.',
          },
        ]),
  ];
}

const fold = (name: string): string => name.normalize('NFC').toLowerCase();

function lanesOf(loaded: LoadedPlan | null): readonly string[] {
  return loaded ? [...new Set(loaded.plan.slices.map((slice) => laneOf(loaded.plan, slice.id)))] : [];
}

/** What is installed from no lock file differs from worktree to worktree, so the table installs nothing then. */
function lockFiles(setup: readonly string[] | null, project: ProjectFiles): readonly PreflightCheck[] {
  if (setup !== null || toolsOf(project).some(({ kind }) => kind === 'node')) return [];
  const named = /"(?:dev|optional)?[dD]ependencies"\s*:\s*\{\s*"/.test(project.textOf('package.json') ?? '');
  if (!named) return [];
  const detail = 'package.json names dependencies and no lock file says which, so worktrees get none';
  return [
    {
      name: 'lock file',
      status: 'warning',
      detail,
      remedy: 'Commit a lock file, or say the `setup` in manifest.json.',
    },
  ];
}

async function signer(repository: Repository): Promise<readonly PreflightCheck[]> {
  const asked = signerOf(await readSettings(repository));
  if (asked === null) return [];
  const whyNot = await whyNotSigning(repository.git, asked);
  if (whyNot !== null)
    return [{ name: 'signing', status: 'warning', detail: unsignedAhead(whyNot), remedy: SIGNING_REMEDY }];
  return [
    {
      name: 'signing',
      status: 'ok',
      detail: 'commits in your name are signed, as commit.gpgSign asks for',
      remedy: '',
    },
  ];
}

async function hooks(repository: Repository): Promise<readonly PreflightCheck[]> {
  const { dir } = await hooksDir(repository);
  const entries = await readdir(dir).catch((): string[] => []);
  const found = entries.filter((name) => /^[a-z]+(?:-[a-z]+)+$/.test(name));
  if (found.length === 0) return [];
  const detail = `${found.join(', ')} of ${path.relative(repository.root, dir) || dir} run at the commits of agents too`;
  return [{ name: 'hooks', status: 'ok', detail, remedy: '' }];
}

async function submodules(repository: Repository): Promise<readonly PreflightCheck[]> {
  const all = await submodulesOf(repository.git);
  if (all.length === 0) return [];
  const bare: string[] = [];
  for (const { path: at } of all)
    if (!(await stat(path.join(repository.root, at, '.git')).catch(() => null))) bare.push(at);
  if (bare.length === 0)
    return [
      {
        name: 'submodules',
        status: 'ok',
        detail: `worktrees get ${all.map(({ path: at }) => at).join(', ')} from your checkout`,
        remedy: '',
      },
    ];
  const detail = `${bare.join(', ')} ${bare.length === 1 ? 'is' : 'are'} not initialised in your checkout, so worktrees have ${bare.length === 1 ? 'it' : 'them'} empty`;
  return [{ name: 'submodules', status: 'warning', detail, remedy: `git submodule update --init --recursive` }];
}

async function included(repository: Repository): Promise<readonly PreflightCheck[]> {
  const { files, leftOut } = await includedFiles(repository);
  const left = leftOut.map((detail): PreflightCheck => {
    const remedy = 'Take it out of .worktreeinclude, or put a file in its place.';
    return { name: '.worktreeinclude', status: 'warning', detail: `not copied: ${detail}`, remedy };
  });
  if (files.length === 0) return left;
  return [
    { name: '.worktreeinclude', status: 'ok', detail: `${files.length} files go into every worktree`, remedy: '' },
    ...left,
  ];
}

/** A slice has a worktree and a checkout for its checks; each holds what git tracks and what a set-up installs. */
async function disk({
  repository,
  root,
  lanes,
  project,
  tracked,
}: {
  readonly repository: Repository;
  readonly root: string;
  readonly lanes: readonly string[];
  readonly project: ProjectFiles;
  readonly tracked: readonly TrackedFile[];
}): Promise<readonly PreflightCheck[]> {
  const space = await statfs(await nearest(root)).catch(() => null);
  if (space === null) return [];
  const free = space.bavail * space.bsize;
  const gib = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);
  const bytes = tracked.reduce((sum, file) => sum + file.bytes, 0);
  let installed = 0;
  for (const { makes } of toolsOf(project))
    if (makes !== null) installed += await sizeOf(path.join(repository.root, makes));
  const each = 2 * (bytes + installed);
  const needed = each * Math.max(1, lanes.length);
  const detail = `${gib(free)} GiB free at ${root}; ${lanes.length > 1 ? `${lanes.length} worktrees with their checks take` : 'a worktree with its checks takes'} about ${gib(needed)} GiB`;
  const status = needed > free ? 'error' : free - needed < LOW_DISK ? 'warning' : 'ok';
  const remedy = 'See what `slicewave clean` could remove, or set another place with `git config slicewave.worktrees`.';
  return [{ name: 'disk', status, detail, remedy: status === 'ok' ? '' : remedy }];
}

/** The directory itself, or the first one above it that is there. */
async function nearest(dir: string): Promise<string> {
  for (let at = dir; ; at = path.dirname(at))
    if (path.dirname(at) === at || (await stat(at).catch(() => null))?.isDirectory()) return at;
}

/** Bytes below a directory; links are not followed. Packages are many small files: each takes a block of the disk. */
async function sizeOf(dir: string): Promise<number> {
  let [bytes, seen] = [0, 0];
  const open = [dir];
  for (let at = open.pop(); at !== undefined && seen < MOST_ENTRIES; at = open.pop()) {
    const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
    seen += entries.length;
    const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(at ?? '', entry.name));
    const sizes = await Promise.all(files.map(async (file) => (await stat(file).catch(() => null))?.size ?? 0));
    bytes += sizes.reduce((sum, size) => sum + Math.ceil(size / 4096) * 4096, 0);
    open.push(...entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(at ?? '', entry.name)));
  }
  return bytes;
}
