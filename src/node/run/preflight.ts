import { readdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import { laneOf } from '../../core/run/names.ts';
import { TOOL_TEXTS, toolNotes } from '../../core/setup/development-tools.ts';
import { SETUP_TOOLS, toolsOf, type ProjectFiles } from '../../core/setup/tools.ts';
import { splitCommand } from '../../core/text/words.ts';
import { hooksDir, type Repository } from '../git/repository.ts';
import { readSettings } from '../git/settings.ts';
import { SIGNING_REMEDY, signerOf, unsignedAhead, whyNotSigning } from '../git/signing.ts';
import { submodulesOf } from '../git/submodules.ts';
import { includedFiles, worktreeRoot } from '../git/worktree.ts';
import { environment, findProgram } from '../process/processes.ts';
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

/**
 * What would keep worktrees of this repository from being made, set up and checked, found out before anything is paid.
 * Nothing is started but git. `loaded`: the plan that is to run; without one, what holds for all. Where the signer was
 * asked before, `signing` is left out.
 */
export async function preflight(
  repository: Repository,
  { loaded, signing }: { readonly loaded: LoadedPlan | null; readonly signing: boolean },
): Promise<readonly PreflightCheck[]> {
  const root = await worktreeRoot(repository);
  const plan = loaded?.plan ?? { setup: null };
  const [project, setup] = await Promise.all([projectIn(repository.root, TOOL_TEXTS), setupIn(plan, repository.root)]);
  const found = await Promise.all([
    programs({ loaded, setup, project }),
    names(repository, loaded),
    signing ? signer(repository) : Promise.resolve([]),
    hooks(repository),
    submodules(repository),
    included(repository),
    disk({ repository, root, lanes: lanesOf(loaded), project }),
  ]);
  const tools = toolNotes(project, { root: repository.root, worktrees: root }).map((note) => ({
    name: note.title,
    status: note.isWarning ? ('warning' as const) : ('ok' as const),
    detail: note.detail,
    remedy: note.remedy,
  }));
  return [...found.flat(), ...lockFiles(plan.setup, project), ...tools];
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
      for (const program of programsOf(command)) {
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

/** Programs that are looked up on the path. */
function programsOf(command: string): readonly string[] {
  const line = splitCommand(command);
  if (!line.ok) return [];
  return line.value.flatMap(({ words: [program = ''] }) =>
    program === '' || program === 'cd' || program.includes('/') || program.includes('$') ? [] : [program],
  );
}

function checksOf({ plan }: LoadedPlan): readonly string[] {
  return [
    ...plan.slices.flatMap((slice) => slice.verify),
    ...plan.mergePoints.flatMap((point) => point.verify),
    ...plan.waveChecks.map((check) => validationCommand(check, plan.technology)),
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
  const lanes = lanesOf(loaded);
  const alike = lanes.find((lane, at) =>
    lanes.some((other, then) => then > at && other !== lane && fold(other) === fold(lane)),
  );
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
            detail: `${lanes.filter((lane) => fold(lane) === fold(alike)).join(' and ')} are one name where case does not count`,
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
  const dir = await hooksDir(repository);
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
}: {
  readonly repository: Repository;
  readonly root: string;
  readonly lanes: readonly string[];
  readonly project: ProjectFiles;
}): Promise<readonly PreflightCheck[]> {
  const space = await statfs(await nearest(root)).catch(() => null);
  if (space === null) return [];
  const free = space.bavail * space.bsize;
  const gib = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);
  const tracked = await repository.git.fields(['ls-tree', '-r', '-l', '-z', '--full-tree', 'HEAD']);
  const bytes = tracked.reduce((sum, line) => sum + (Number(/^\S+ \S+ \S+ +(\d+)\t/.exec(line)?.[1]) || 0), 0);
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
