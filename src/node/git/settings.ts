import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import writeFileAtomic from 'write-file-atomic';
import { temporaryDirectory } from '../process/temporary.ts';
import type { GlobOptions } from '../../core/scope/glob.ts';
import { expandHome } from '../paths.ts';
import { Git } from './git.ts';
import { nameRulesFrom } from './repository.ts';

const recordedForm = z.object({
  v: z.literal(1),
  /** Keys with their values, in git's order, of all levels; `null` is a key without a value. */
  config: z.array(z.tuple([z.string(), z.string().nullable()])),
  /** `info/exclude`, `info/attributes` and `info/sparse-checkout`. */
  exclude: z.string(),
  attributes: z.string(),
  sparse: z.string().nullable(),
  /** The user's own excludes and attributes. */
  user_excludes: z.string(),
  user_attributes: z.string(),
});

/** What decides how git reads the files of a worktree, as it was when the plan started. */
export type RecordedSettings = z.infer<typeof recordedForm>;

interface Place {
  readonly commonDir: string;
  readonly runsDir: string;
  readonly git: Git;
}

/** Settings with a say in what files hold, what they are called, who commits and signs; nothing that holds a password. */
const RECORDED =
  /^(?:core|user|author|committer|gpg|i18n|filter|merge|lfs|annex|extensions)\.|^commit\.gpgsign$|^remote\..+\.(?:url|fetch|promisor|partialclonefilter)$/;
/** Of these, the ones that the tool's own git directory answers for itself. */
const OWN =
  /^core\.(?:worktree|bare|repositoryformatversion|hookspath|fsmonitor|excludesfile|attributesfile|trustctime|checkstat|sshcommand|gitproxy|askpass|editor|pager|alternaterefscommand)$|^extensions\.(?!objectformat$|partialclone$)/;
const WITH_PASSWORD = /:\/\/[^/@\s]*:[^/@\s]*@/;

/** The settings that a plan goes by: those of its start; recorded now when they are not yet. */
export async function planSettings(repository: Place, plan: string): Promise<RecordedSettings> {
  const file = path.join(repository.runsDir, 'settings', `${plan}.json`);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text !== null) {
    const known = recordedForm.safeParse(parseJson(text));
    if (known.success) return known.data;
  }
  const settings = await readSettings(repository);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomic(file, `${JSON.stringify(settings)}\n`, { fsync: false });
  return settings;
}

/** Settings as git lists them, of all levels, in its order; `null` is a key without a value. */
export type ListedSettings = readonly (readonly [key: string, value: string | null])[];

export async function listSettings(git: Git): Promise<ListedSettings> {
  return (await git.fields(['config', '--list', '-z'])).map(settingIn);
}

/** The same, each with where it is from (`file:.git/config`). */
export async function listOrigins(git: Git): Promise<readonly { origin: string; setting: ListedSettings[number] }[]> {
  const fields = await git.fields(['config', '--list', '--show-origin', '-z']);
  return fields.flatMap((origin, at) => (at % 2 === 0 ? { origin, setting: settingIn(fields[at + 1] ?? '') } : []));
}

function settingIn(line: string): ListedSettings[number] {
  const end = line.indexOf('\n');
  return end < 0 ? [line, null] : [line.slice(0, end), line.slice(end + 1)];
}

/** The settings as they are now. `listed`: as they have just been listed. */
export async function readSettings({ git, commonDir }: Place, listed?: ListedSettings): Promise<RecordedSettings> {
  const gitDir = (await git.gitDir()) ?? commonDir;
  const [all, exclude, attributes, sparse] = await Promise.all([
    listed ?? listSettings(git),
    readText(path.join(commonDir, 'info', 'exclude')),
    readText(path.join(commonDir, 'info', 'attributes')),
    readFile(path.join(gitDir, 'info', 'sparse-checkout'), 'utf8').catch(() => null),
  ]);
  const last = (key: string): string | null => all.findLast(([name]) => name === key)?.[1] ?? null;
  const ofUser = (key: string, name: string): Promise<string> =>
    readText(expandHome(last(key) ?? path.join(configHome(), 'git', name)));
  return {
    v: 1,
    config: all.flatMap(([key, value]) =>
      RECORDED.test(key) && !(value !== null && WITH_PASSWORD.test(value))
        ? [[key, value] as [string, string | null]]
        : [],
    ),
    exclude,
    attributes,
    sparse,
    user_excludes: await ofUser('core.excludesfile', 'ignore'),
    user_attributes: await ofUser('core.attributesfile', 'attributes'),
  };
}

/** How names of files compare, by recorded settings. */
export function recordedNameRules({ config }: Pick<RecordedSettings, 'config'>): GlobOptions {
  const isOn = (key: string): boolean => {
    const set = config.findLast(([name]) => name === key);
    return set !== undefined && (set[1] === null || /^(?:true|yes|on|[-+]?0*[1-9]\d*[kmg]?)$/i.test(set[1]));
  };
  return nameRulesFrom({ ignoreCase: isOn('core.ignorecase'), precompose: isOn('core.precomposeunicode') });
}

/** What differs between two readings, by the name of the setting or the file; empty when nothing does. */
export function settingsDrift(before: RecordedSettings, after: RecordedSettings): readonly string[] {
  const drift: string[] = [];
  const values = ({ config }: RecordedSettings): Map<string, string> => {
    const found = new Map<string, string>();
    for (const [key, value] of config) found.set(key, `${found.get(key) ?? ''}\0${value ?? ''}`);
    return found;
  };
  const [was, is] = [values(before), values(after)];
  for (const key of new Set([...was.keys(), ...is.keys()]))
    if (!OWN.test(key) && was.get(key) !== is.get(key)) drift.push(key);
  if (before.exclude !== after.exclude) drift.push('info/exclude');
  if (before.attributes !== after.attributes) drift.push('info/attributes');
  if (before.sparse !== after.sparse) drift.push('info/sparse-checkout');
  if (before.user_excludes !== after.user_excludes) drift.push('core.excludesFile');
  if (before.user_attributes !== after.user_attributes) drift.push('core.attributesFile');
  return drift;
}

/**
 * Git in a directory by recorded settings: what files hold, which are ignored and how they are filtered is read from a
 * git directory of the tool's own, made anew here, which shares nothing but the objects (and what filters keep beside
 * them) with the repository. `dispose` removes it. The place must name the shared git directory.
 */
export async function withSettings(
  git: Git,
  settings: RecordedSettings,
): Promise<{ git: Git; dispose: () => Promise<void> }> {
  const { commonDir } = git.place;
  if (commonDir === undefined) throw new Error('a place without a git directory has no settings');
  const own = await temporaryDirectory('git');
  await Promise.all([mkdir(path.join(own, 'info')), mkdir(path.join(own, 'refs'))]);
  await Promise.all([
    writeFile(path.join(own, 'HEAD'), 'ref: refs/heads/none\n'),
    writeFile(path.join(own, 'config'), configText(settings, own, commonDir)),
    writeFile(path.join(own, 'info', 'exclude'), settings.exclude),
    writeFile(path.join(own, 'info', 'attributes'), settings.attributes),
    writeFile(path.join(own, 'excludes'), settings.user_excludes),
    writeFile(path.join(own, 'attributes'), settings.user_attributes),
    ...(settings.sparse === null ? [] : [writeFile(path.join(own, 'info', 'sparse-checkout'), settings.sparse)]),
    share(commonDir, own),
  ]);
  const made = new Git({ ...git.place, settings: own });
  made.trustedIndex = git.trustedIndex;
  return { git: made, dispose: () => rm(own, { recursive: true, force: true }) };
}

/** Of the shared git directory, what the tool's own stands in for. Everything else is where filters look for it. */
const NOT_SHARED =
  /^(?:config|config\.worktree|config\.lock|HEAD|.*_HEAD|index|index\.lock|info|hooks|refs|packed-refs|logs|worktrees|excludes|attributes|description|branches|sharedindex\..*|commondir|gitdir|locked)$/;

async function share(commonDir: string, own: string): Promise<void> {
  const entries = await readdir(commonDir, { withFileTypes: true });
  await Promise.all(
    entries
      .filter((entry) => !NOT_SHARED.test(entry.name) && (entry.isDirectory() || process.platform !== 'win32'))
      .map((entry) =>
        symlink(
          path.join(commonDir, entry.name),
          path.join(own, entry.name),
          entry.isDirectory() ? 'junction' : 'file',
        ),
      ),
  );
}

function configText(settings: RecordedSettings, own: string, commonDir: string): string {
  const objectFormat = settings.config.some(([key]) => key.startsWith('extensions.') && !OWN.test(key));
  const lines: (readonly [string, string | null])[] = [
    ['core.repositoryformatversion', objectFormat ? '1' : '0'],
    ['core.bare', 'false'],
    ...settings.config.filter(([key]) => !OWN.test(key)),
    ['core.excludesfile', path.join(own, 'excludes')],
    ['core.attributesfile', path.join(own, 'attributes')],
    // A file that was changed back to its old time is looked into, whatever the user asks of their own git.
    ['core.trustctime', 'true'],
    ['core.checkstat', 'default'],
  ];
  if (!settings.config.some(([key]) => key === 'lfs.storage')) lines.push(['lfs.storage', path.join(commonDir, 'lfs')]);
  return lines.map(([key, value]) => settingText(key, value)).join('');
}

/** One setting as a section of its own: the middle of a key may hold anything. */
function settingText(key: string, value: string | null): string {
  const first = key.indexOf('.');
  const last = key.lastIndexOf('.');
  const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const section = first === last ? key.slice(0, first) : `${key.slice(0, first)} ${quoted(key.slice(first + 1, last))}`;
  const text = value === null ? '' : ` = ${quoted(value).replaceAll('\n', '\\n').replaceAll('\t', '\\t')}`;
  return `[${section}]\n\t${key.slice(last + 1)}${text}\n`;
}

function configHome(): string {
  return process.env['XDG_CONFIG_HOME'] || path.join(homedir(), '.config');
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
