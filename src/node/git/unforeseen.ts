import type { Result } from '../../core/text/result.ts';
import { fail, type EngineFailure } from '../failure.ts';
import { GitError } from './git.ts';
import { WorktreeReplaced } from './place.ts';

/** What git says when it fails, in the words of whoever has to mend it. The first row that fits holds. */
const GIT_FAILURES: readonly { readonly says: RegExp; readonly message: string; readonly remedy: string }[] = [
  {
    says: /ENOENT|not found: git/,
    message: 'git could not be started',
    remedy: 'Install git 2.38 or newer and put it on the path.',
  },
  {
    says: /it did not end in|it was cancelled/,
    message: 'git did not end',
    remedy: 'See what it waits for (a signer, a network drive, a lock), then run again.',
  },
  {
    says: /No space left|Disk quota|file too large/i,
    message: 'the disk is full',
    remedy: 'Make room (`slicewave clean` shows what worktrees take), then run again; nothing is lost.',
  },
  {
    says: /Read-only file system|Permission denied|insufficient permission|Operation not permitted/i,
    message: 'git may not write where it has to',
    remedy: 'Give the repository and its worktrees back to you (owner, permissions, mount), then run again.',
  },
  {
    says: /\.lock'?: File exists|Another git process seems to be running|Unable to create '[^']*\.lock'/,
    message: 'another git is at work in the repository, or one that was killed has left its lock',
    remedy: 'When no other git runs there, delete the file that git names, then run again.',
  },
  {
    says: /could not fetch|promisor remote|Could not read from remote|unable to access|Could not resolve host/i,
    message: 'git had to fetch a part of this partial clone, and could not',
    remedy: 'Get the network back, or fetch everything once (`git fetch --refetch`), then run again.',
  },
  {
    says: /corrupt|bad object|object file .* is empty|unable to read (?:tree|sha1)|missing (?:blob|tree|commit)|invalid object|loose object|bad signature|index file smaller|unable to find [0-9a-f]{40}/i,
    message: 'the repository is damaged',
    remedy: '`git fsck` names what is broken; what is in another clone can be fetched from there. Then run again.',
  },
  {
    says: /dubious ownership/,
    message: 'git refuses the repository: it is owned by someone else',
    remedy: 'Run `git config --global --add safe.directory <path>`, then run again.',
  },
  {
    says: /bad (?:boolean |numeric )?config|unable to parse|invalid value for|unknown value/i,
    message: 'a setting of git cannot be read',
    remedy: 'Mend the setting that git names (`git config --list --show-origin` says where it stands), then run again.',
  },
  {
    says: /filter .*failed|external filter/,
    message: 'a filter that an attribute asks for failed',
    remedy: 'Install or mend the program of the filter (`git config --get-regexp ^filter`), then run again.',
  },
  {
    says: /cannot lock ref|reference already exists|cannot create '?refs|exists; cannot create/,
    message: 'a branch or ref is in the way of one that has to be made',
    remedy: 'Rename or delete the ref that git names, then run again.',
  },
  {
    says: /not a git command|unknown option|usage: git/i,
    message: 'this git is too old',
    remedy: 'Install git 2.38 or newer.',
  },
  {
    says: /unable to create (?:file|leading)|File name too long|Invalid path|unable to write|Is a directory|Not a directory/i,
    message: 'git could not write a file',
    remedy: 'See whether something is in its place, or its name is none here; then run again.',
  },
];

/** Of what Node says of files, that which a person can do something about. */
const FILE_FAILURES: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on the disk, then run again; nothing is lost.',
  EDQUOT: 'Make room in your quota, then run again; nothing is lost.',
  EROFS: 'Mount it so that it can be written, then run again.',
  EACCES: 'Give the file back to you (owner, permissions), then run again.',
  EPERM: 'Give the file back to you (owner, permissions), then run again.',
  EISDIR: 'Something else stands in the place of that file: move it away, then run again.',
  ENOTDIR: 'Something else stands in the place of that directory: move it away, then run again.',
  EMFILE: 'Let this user have more files open at once (`ulimit -n`), then run again.',
  ENFILE: 'The machine has too many files open; end other programs, then run again.',
  EIO: 'The disk gives errors: look after it before anything else.',
};

const UNMADE =
  'See that its disk can be written, and that no link above it leads to what is not there; then run again.';

/** An error of git, or of files, as a failure with what to do; `null`: a fault of the program, which needs its trace. */
export function failureOf(error: unknown): EngineFailure | null {
  if (error instanceof WorktreeReplaced)
    return fail('git', error.message, 'Look at what stands there; nothing was done in it.').failure;
  if (error instanceof GitError) {
    const row = GIT_FAILURES.find(({ says }) => says.test(error.stderr));
    const said = error.said || `exit code ${error.exitCode}`;
    const command = `git ${error.args[0] ?? ''}`;
    return fail(
      'git',
      row ? `${row.message} (${command}: ${said})` : `${command} failed: ${said}`,
      row?.remedy ?? 'Mend what git names, then run again; `slicewave doctor` looks at the machine and the repository.',
    ).failure;
  }
  if (!(error instanceof Error)) return null;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    const remedy = FILE_FAILURES[code];
    if (remedy !== undefined) return fail('write', error.message, remedy).failure;
    // Of a directory to be made with those above it, Node (22.23) says that it is missing where the disk is read-only.
    if (code === 'ENOENT' && 'syscall' in at && at.syscall === 'mkdir' && 'path' in at)
      return fail('write', `${String(at.path)} cannot be made`, UNMADE).failure;
  }
  return null;
}

/** `work`, with an error of git or of files as its failure. Other errors are thrown on. */
export async function foreseen<T>(work: () => Promise<Result<T, EngineFailure>>): Promise<Result<T, EngineFailure>> {
  try {
    return await work();
  } catch (error) {
    const failure = failureOf(error);
    if (failure === null) throw error;
    return { ok: false, failure };
  }
}
