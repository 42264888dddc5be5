import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { noSettings } from '../core/lint/engine/config.ts';
import type { LintSettings } from '../core/lint/engine/config.ts';
import type { Finding } from '../core/text/finding.ts';
import { fileKind, mayBeOurs } from '../core/lint/engine/kind.ts';
import type { RepositoryFacts } from '../core/scope/repository-facts.ts';
import { readLintSettings, settingsFiles } from '../core/lint/engine/settings.ts';
import { toPosix } from '../node/paths.ts';
import type { Workspace } from '../node/workspace/workspace.ts';
import { UsageError } from './command.ts';

const maxNamedBytes = 4_000_000;

/** What a call of `slicewave lint` is about. */
export interface LintInput {
  /** Texts by path relative to the root: all that is linted together, of which only `wanted` is reported. */
  readonly texts: Map<string, string>;
  readonly wanted: (file: string) => boolean;
  /** What the repository holds besides. */
  readonly facts: RepositoryFacts;
  /** How many files were not read, at least, because there are too many. */
  readonly leftOut: number;
}

/**
 * Reads the repository and the files that are named: these count also when git ignores them or when they lie elsewhere.
 * Without names everything below the working directory is meant.
 */
export async function readLintInput(workspace: Workspace, cwd: string, named: readonly string[]): Promise<LintInput> {
  const { root } = workspace;
  let leftOut = 0;
  const { files: texts, facts } = await workspace.look({ onLeftOut: (atLeast) => void (leftOut = atLeast) });
  const wanted: string[] = [];
  for (const given of named) {
    const full = path.resolve(cwd, given);
    const name = nameIn(root, full);
    wanted.push(name);
    const info = await stat(full).catch(() => null);
    if (!info) throw new UsageError(`there is no ${given}`);
    if (info.isDirectory()) {
      if ([...texts.keys()].some((file) => isUnder(file, name))) continue;
      for (const file of await filesBelow(full)) await add(texts, root, file);
    } else if (!texts.has(name)) await add(texts, root, full);
  }
  if (named.length === 0) wanted.push(nameIn(root, cwd));
  const isWanted = (file: string): boolean => wanted.some((name) => isUnder(file, name));
  const anything = [...texts].some(([file, text]) => isWanted(file) && fileKind(file, text) !== null);
  if (named.length > 0 && !anything) {
    throw new UsageError(
      `there is nothing to check in ${named.join(', ')}`,
      'Checked are specs (*.spec.md, or below specs/), plan directories, task specs, skills, agent instructions and traces.',
    );
  }
  return { texts, facts, wanted: isWanted, leftOut };
}

/** A path as it is called in findings: relative to the root, with forward slashes; `''` is the root itself. */
export function nameIn(root: string, full: string): string {
  return toPosix(path.relative(root, full));
}

function isUnder(file: string, name: string): boolean {
  return name === '' ? !file.startsWith('../') && !path.isAbsolute(file) : file === name || file.startsWith(`${name}/`);
}

async function add(texts: Map<string, string>, root: string, full: string): Promise<void> {
  const name = nameIn(root, full);
  if (!mayBeOurs(name)) return;
  const info = await stat(full).catch(() => null);
  if (!info?.isFile()) return;
  if (info.size > maxNamedBytes) throw new UsageError(`${full} is too large to check`);
  const text = await readFile(full, 'utf8').catch((error: unknown) => {
    throw new UsageError(`cannot read ${full}: ${readFault(error)}`);
  });
  texts.set(name, text);
}

/** Links below are not followed: `readdir` would, and two that lead round in a circle keep it busy for ever. */
async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const files: string[] = [];
  for (const entry of entries) {
    const full = path.join(dir, entry.name);
    if (entry.isFile()) files.push(full);
    else if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== '.git')
      files.push(...(await filesBelow(full)));
  }
  return files.sort();
}

/** Why a file could not be read, in words for people where the case is a common one. */
function readFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'EACCES') return 'permission denied';
  return error.message;
}

/** The settings of a call: the file that is named, or the repository's own; `source` is its text for messages. */
export async function loadSettings(
  root: string,
  cwd: string,
  given: string | undefined,
): Promise<{
  readonly settings: LintSettings;
  readonly problems: readonly Finding[];
  readonly file: string | null;
  readonly text: string;
}> {
  const full =
    given === undefined
      ? settingsFiles.map((name) => path.join(root, name)).find((file) => existsSync(file))
      : path.resolve(cwd, given);
  if (full === undefined) return { settings: noSettings, problems: [], file: null, text: '' };
  const text = await readFile(full, 'utf8').catch((error: unknown) => {
    throw new UsageError(`cannot read the settings ${given ?? full}: ${readFault(error)}`);
  });
  const file = nameIn(cwd, full);
  return { ...readLintSettings(text, file), file, text };
}
