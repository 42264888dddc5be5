import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  CoChangeCollector,
  HISTORY_LIMITS,
  type CoChange,
  type HistoryLimits,
} from '../../core/judge/coupling-history.ts';
import { failure, success, type Result } from '../../core/text/result.ts';
import { untrustedGit } from '../git/file-list.ts';
import { GitError, type Git } from '../git/git.ts';
import { writeWhole } from '../state/whole-write.ts';
import { learnedDirectory } from './learned.ts';

export interface HistoryRequest {
  /** Any directory of the checkout. */
  readonly root: string;
  /** Where what was read is kept for the next time; `null`: nowhere. See `historyFile`. */
  readonly cacheFile: string | null;
  readonly limits?: HistoryLimits;
  readonly signal?: AbortSignal;
  /** Called now and then while git is read, with the number of commits so far. */
  readonly onProgress?: (commits: number) => void;
}

export interface HistoryFailure {
  readonly reason: 'no-git' | 'no-repository' | 'aborted' | 'git';
  /** For the person: what is wrong. */
  readonly message: string;
}

export interface History {
  readonly coChange: CoChange;
  /** The newest commit that was read; `null` in a repository without commits. */
  readonly head: string | null;
  /** Where it came from: the cache as it is, the cache with newer commits, or git alone. */
  readonly source: 'cache' | 'cache-and-git' | 'git';
  /** Whether this is a shallow clone, in which older commits are missing. */
  readonly isShallow: boolean;
}

/** The cache's place: one for all worktrees of a repository, out of it. */
export function historyFile(repository: { readonly commonDir: string }): string {
  return path.join(learnedDirectory(repository), 'history.json');
}

/**
 * The files that each commit before HEAD touched, from one pass of `git log`. With a cache only what came after the
 * commit it ends at is read; when that is no ancestor of HEAD any more, when a limit or the depth of a shallow clone has
 * changed, or the file is damaged, everything is read anew.
 *
 * Merges are left out: what they bring has been counted in the commits they merge. A file that was moved unchanged is
 * followed (exact renames compare ids and cost next to nothing); one that was moved and edited in the same commit starts
 * anew, because telling that needs the content of every file. The oldest commits of a shallow clone are left out: they
 * seem to add everything.
 *
 * Git is started so that no setting of the repository can start another program or reach the network.
 */
export async function readHistory(request: HistoryRequest): Promise<Result<History, HistoryFailure>> {
  const { root, cacheFile, signal } = request;
  const limits = request.limits ?? HISTORY_LIMITS;
  const untrusted = await untrustedGit(root);
  if (untrusted === null)
    return failure({ reason: 'no-git', message: 'git was not found: install it and put it on the path' });
  const git: GitCall = (args, onStdout) => callGit({ git: untrusted, signal }, args, onStdout);

  const [place, cached] = await Promise.all([
    git(['rev-parse', '--path-format=absolute', '--git-path', 'shallow', '--quiet', '--verify', 'HEAD^{commit}']),
    cacheFile === null ? null : readCache(cacheFile, limits),
  ]);
  if (signal?.aborted) return aborted();
  const isBorn = place.failure === null;
  // Where there is no commit yet, the place is told all the same.
  if (!isBorn && place.stdout === '')
    return failure({ reason: 'no-repository', message: `${root} has no history to read: ${place.failure}` });
  const [, shallowFile = '', head = ''] = /^(.*?)(?:\r?\n([0-9a-f]{40,64}))?\r?\n$/s.exec(place.stdout) ?? [];
  if (!isBorn || head === '')
    return success({
      coChange: new CoChangeCollector(limits).finish(),
      head: null,
      source: 'git' as const,
      isShallow: false,
    });
  const shallow = (await readFile(shallowFile, 'utf8').catch(() => '')).split(/\s+/).filter(Boolean);
  shallow.sort();
  const isShallow = shallow.length > 0;

  const usable = cached && cached.shallow.join() === shallow.join() ? cached : null;
  if (usable?.head === head) return success({ coChange: usable.coChange, head, source: 'cache' as const, isShallow });
  const known = usable && (await git(['merge-base', '--is-ancestor', usable.head, head])).failure === null;

  const collector = new CoChangeCollector(limits);
  const reader = new LogReader(collector, new Set(shallow));
  let reported = 0;
  const range = known ? [`${usable.head}..${head}`] : [head];
  const { failure: broken } = await git([...LOG, `--max-count=${limits.mostCommits}`, ...range, '--'], (chunk) => {
    reader.push(chunk);
    if (collector.commits < reported + PROGRESS) return;
    reported = collector.commits;
    request.onProgress?.(reported);
  });
  if (signal?.aborted) return aborted();
  if (broken !== null) return failure({ reason: 'git', message: `git log broke off: ${broken}` });
  reader.end();
  if (known) collector.older(usable.coChange);
  const coChange = collector.finish();
  // A cache that cannot be written costs time at the next call and nothing else.
  if (cacheFile !== null)
    await writeWhole(cacheFile, cacheText({ head, shallow, coChange }, limits)).catch(() => undefined);
  return success({ coChange, head, source: known ? ('cache-and-git' as const) : ('git' as const), isShallow });
}

/** Commits between two reports of progress. */
const PROGRESS = 500;

/** What `readHistory` runs, without the range. */
export const LOG: readonly string[] = [
  'log',
  '-z',
  '--no-merges',
  '--no-relative',
  '--no-notes',
  '--ignore-submodules=none',
  '-M100%',
  '--name-status',
  '--format=%x01%H',
];

/** Reads the fields of `git log -z --name-status` as they come. */
class LogReader {
  readonly #collector: CoChangeCollector;
  readonly #skip: ReadonlySet<string>;
  #rest = '';
  /** Of the entry that is being read: its status, and the old name of a rename once it is known. */
  #status = '';
  #from: string | null = null;
  #hash: string | null = null;
  #paths: string[] = [];
  #renames: { from: string; to: string }[] = [];

  constructor(collector: CoChangeCollector, skip: ReadonlySet<string>) {
    this.#collector = collector;
    this.#skip = skip;
  }

  push(chunk: string): void {
    let from = 0;
    for (let end = chunk.indexOf('\0'); end >= 0; end = chunk.indexOf('\0', from)) {
      const text = chunk.slice(from, end);
      this.#field(this.#rest === '' ? text : this.#rest + text);
      this.#rest = '';
      from = end + 1;
    }
    this.#rest += chunk.slice(from);
  }

  end(): void {
    if (this.#hash !== null && !this.#skip.has(this.#hash)) this.#collector.commit(this.#paths, this.#renames);
    this.#hash = null;
  }

  #field(text: string): void {
    if (this.#status === '') {
      if (text.charCodeAt(0) === 1) {
        this.end();
        this.#hash = text.slice(1);
        this.#paths = [];
        this.#renames = [];
      } else this.#status = text.charCodeAt(0) === 10 ? text.slice(1) : text;
      return;
    }
    const kind = this.#status.charAt(0);
    if ((kind === 'R' || kind === 'C') && this.#from === null) {
      this.#from = text;
      return;
    }
    this.#paths.push(text);
    if (kind === 'R' && this.#from !== null) this.#renames.push({ from: this.#from, to: text });
    this.#status = '';
    this.#from = null;
  }
}

interface GitAnswer {
  readonly stdout: string;
  /** What git said instead of an answer, one line. */
  readonly failure: string | null;
}

type GitCall = (args: readonly string[], onStdout?: (chunk: string) => void) => Promise<GitAnswer>;

async function callGit(
  { git, signal }: { readonly git: Git; readonly signal?: AbortSignal },
  args: readonly string[],
  onStdout?: (chunk: string) => void,
): Promise<GitAnswer> {
  try {
    const { stdout } = await git.run(args, { ...(signal ? { signal } : {}), ...(onStdout ? { onStdout } : {}) });
    return { stdout, failure: null };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const said = error.stderr.trim().split('\n', 1)[0];
    return { stdout: error.stdout, failure: said || `exit code ${error.exitCode}` };
  }
}

function aborted(): { readonly ok: false; readonly failure: HistoryFailure } {
  return failure({ reason: 'aborted', message: 'reading the history was cancelled' });
}

interface Cached {
  readonly head: string;
  /** The commits at which a shallow clone ends, sorted. */
  readonly shallow: readonly string[];
  readonly coChange: CoChange;
}

const CACHE_VERSION = 1;

/** One line for the numbers of a commit would be twice as long: starts are kept as how many files each commit has. */
function cacheText({ head, shallow, coChange }: Cached, limits: HistoryLimits): string {
  const { files, start, touched } = coChange;
  const sizes = Array.from(start.subarray(1), (end, c) => end - start[c]!);
  return JSON.stringify({ v: CACHE_VERSION, limits, head, shallow, files, sizes, touched: [...touched] });
}

/** `null` for anything that is not exactly what `cacheText` writes with these limits. */
async function readCache(file: string, limits: HistoryLimits): Promise<Cached | null> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (!isCacheForm(value) || value.v !== CACHE_VERSION) return null;
    if (value.limits.mostFiles !== limits.mostFiles || value.limits.mostCommits !== limits.mostCommits) return null;
    const start = new Uint32Array(value.sizes.length + 1);
    for (let c = 0; c < value.sizes.length; c++) {
      const size = value.sizes[c]!;
      if (!(Number.isInteger(size) && size >= 0 && size <= limits.mostFiles)) return null;
      start[c + 1] = start[c]! + size;
    }
    const count = value.files.length;
    if (start[value.sizes.length] !== value.touched.length) return null;
    if (!value.touched.every((n) => Number.isInteger(n) && n >= 0 && n < count)) return null;
    const coChange = { files: value.files, start, touched: Uint32Array.from(value.touched) };
    return { head: value.head, shallow: value.shallow, coChange };
  } catch {
    return null;
  }
}

interface CacheForm {
  readonly v: unknown;
  readonly limits: { readonly mostFiles?: unknown; readonly mostCommits?: unknown };
  readonly head: string;
  readonly shallow: readonly string[];
  readonly files: readonly string[];
  readonly sizes: readonly number[];
  readonly touched: readonly number[];
}

function isCacheForm(value: unknown): value is CacheForm {
  if (typeof value !== 'object' || value === null) return false;
  const form = value as { readonly [key: string]: unknown };
  const strings = (list: unknown): boolean => Array.isArray(list) && list.every((item) => typeof item === 'string');
  return (
    typeof form['head'] === 'string' &&
    /^[0-9a-f]{40,64}$/.test(form['head']) &&
    typeof form['limits'] === 'object' &&
    form['limits'] !== null &&
    strings(form['shallow']) &&
    strings(form['files']) &&
    Array.isArray(form['sizes']) &&
    Array.isArray(form['touched'])
  );
}
