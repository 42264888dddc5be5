import type { Claims, FileChange, Verification } from './model.ts';
import { coverageOf, coverageText } from './test-counts.ts';
import { oneLine } from '../text/printing.ts';

/** What is compared: the agent's last report, and what the tool saw itself. */
export interface ClaimsAndFacts {
  readonly claims: Claims;
  /** `null`: the run ended before anybody looked, so nothing is known of files. */
  readonly files: readonly FileChange[] | null;
  /** Commands seen in the agent's event stream. */
  readonly commands: readonly string[];
  /** Whether that stream shows commands at all; otherwise a claimed command cannot be refuted. */
  readonly observesCommands: boolean;
  readonly verification: readonly Verification[];
  /** Where the agent worked, absolute: agents name files by their whole path too. */
  readonly worktree?: string | null;
}

/** The claims that observation refutes, one sentence each. */
export function contradictionsOf(input: ClaimsAndFacts): string[] {
  const { claims, files, verification } = input;
  const found: string[] = [];
  const failing = verification.filter((check) => check.outcome !== 'passed');
  if (claims.testsPassed === true && failing.length > 0) {
    for (const check of failing) {
      found.push(`claims that tests pass, but \`${check.command}\` ${outcomeText(check)}`);
    }
  }
  found.push(...refutedCount(input));
  if (claims.filesChanged && files !== null) {
    const changed = new Set(files.flatMap((file) => (file.from ? [file.path, file.from] : [file.path])));
    const named = claims.filesChanged.map((written) => claimedPaths(written, changed, input.worktree ?? null));
    const claimed = new Set(named.flat());
    for (const paths of named) {
      if (paths.length > 0 && !paths.some((path) => covers(path, changed)))
        found.push(`claims to have changed ${paths.join(' -> ')}, which is as it was`);
    }
    const folders = [...claimed].filter((path) => !changed.has(path));
    for (const file of files) {
      const own = claimed.has(file.path) || (file.from !== undefined && claimed.has(file.from));
      if (!own && !folders.some((folder) => isBelow(file.path, folder)))
        found.push(`changed ${file.path} and does not say so`);
    }
  }
  if (claims.commandsRun && input.observesCommands) {
    for (const command of claims.commandsRun) {
      const wanted = squeeze(command);
      if (wanted !== '' && !input.commands.some((seen) => squeeze(seen).includes(wanted))) {
        found.push(`claims to have run \`${command}\`, which was not seen`);
      }
    }
  }
  return found;
}

/**
 * A number of passed tests that no check comes to. An agent may have run more than the checks do: where its commands are
 * seen and one of them is none of the checks, its number may be of that one.
 */
function refutedCount({ claims, verification, commands, observesCommands }: ClaimsAndFacts): string[] {
  const claimed = claims.testCount ?? null;
  if (claimed === null) return [];
  const counts = verification.flatMap((check) => (check.counts ? [check.counts] : []));
  // What is not counted everywhere cannot refute a number.
  if (counts.length === 0 || counts.length < verification.length) return [];
  const checks = verification.map((check) => squeeze(check.command));
  if (observesCommands && commands.some((seen) => /test|spec|check/i.test(seen) && !checks.includes(squeeze(seen))))
    return [];
  const ran = counts.reduce((sum, count) => sum + count.ran, 0);
  const all = counts.reduce((sum, count) => sum + count.ran + count.skipped + count.todo, 0);
  return claimed > all ? [`claims ${claimed} passed tests, but the checks ran ${ran}`] : [];
}

/** What a check that did not prove anything came to, as the rest of a sentence. */
export function outcomeText(check: Pick<Verification, 'outcome' | 'exitCode' | 'counts'>): string {
  switch (check.outcome) {
    case 'no-coverage':
      // Runs recorded before numbers were read hold none.
      return check.counts ? coverageText(coverageOf(check.counts)) : 'ran no test';
    case 'not-found':
      return 'could not be started';
    case 'timed-out':
      return 'did not end in time';
    case 'passed':
      return 'passed';
    case 'failed':
      return `ended with ${check.exitCode ?? 'a signal'}`;
  }
}

/** What agents write behind a path: `(modified)`, `(new file)`, ` - added the route`. */
const REMARK = /(?:\s+(?:\([^()]*\)|\[[^[\]]*\]|[-–—]\s.*)|\s*:\s.*)$/;
/** What they write before it: a list mark, git's letters, a word. */
const MARK = /^(?:[-*•]\s+|(?:[AMDRC]|\?\?)\d*\s+|(?:added|modified|deleted|renamed|created|removed|updated):?\s+)/i;

/**
 * The paths that one entry of a claimed list means, as git names them. A path that was changed is taken as it stands,
 * however odd; otherwise marks and remarks go, `a -> b` is two paths, and what lies in the worktree loses its prefix.
 */
export function claimedPaths(written: string, changed: ReadonlySet<string>, worktree: string | null): string[] {
  const whole = within(written, worktree);
  if (whole === '') return [];
  if (changed.has(whole)) return [whole];
  const arrow = written.split(/\s+(?:->|=>|→)\s+/);
  if (arrow.length === 2) return arrow.flatMap((part) => claimedPaths(part, changed, worktree));
  for (const shorter of [written.replace(REMARK, ''), written.replace(MARK, '')]) {
    if (shorter !== written && shorter.trim() !== '') return claimedPaths(shorter, changed, worktree);
  }
  return [whole];
}

function within(written: string, worktree: string | null): string {
  const path = bare(written);
  const root = worktree === null ? '' : bare(worktree).replace(/\/$/, '');
  if (root !== '' && isBelow(path, root)) return bare(path.slice(root.length + 1));
  // The system may know the worktree by another name (`/private/var` for `/var`).
  const tail = root.split('/').slice(-3).join('/');
  const at = tail.split('/').length === 3 && path.startsWith('/') ? path.indexOf(`/${tail}/`) : -1;
  return at < 0 ? path : path.slice(at + tail.length + 2);
}

function covers(path: string, changed: ReadonlySet<string>): boolean {
  if (changed.has(path)) return true;
  for (const file of changed) if (isBelow(file, path)) return true;
  return false;
}

function isBelow(file: string, folder: string): boolean {
  return file.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** A path as agents write it, in the form that git has it. */
export function bare(path: string): string {
  return path
    .trim()
    .replace(/^(["'`])(.*)\1$/, '$2')
    .replaceAll('\\', '/')
    .replaceAll(/\/(?:\.\/)+/g, '/')
    .replace(/^(?:\.\/+)+/, '')
    .replace(/(?<=.)\/+$/, '');
}

/** A command without what differs between two ways of writing it down. */
export function squeeze(command: string): string {
  return oneLine(command);
}
