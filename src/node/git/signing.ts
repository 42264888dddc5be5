import { GitError, type Git, type GitOptions } from './git.ts';
import { settingsAsEnvironment } from './hardening.ts';
import type { RecordedSettings } from './settings.ts';

/** How the user signs commits: what git is told for one that is to be signed. */
export interface Signer {
  readonly env: Readonly<Record<string, string>>;
  readonly timeLimit: number;
}

/** A signer may ask for a passphrase in a window of its own; where nobody answers, it must not hold up the run. */
const PATIENCE = 30_000;
/** Where it waited in vain once: a signer that was unlocked meanwhile needs no more. */
const PATIENCE_AFTER = 3000;
/** Tells runners that the signer was seen to wait in vain. No agent has a say in the environment of a runner. */
export const SIGNER_WAITED = 'SLICEWAVE_SIGNER_WAITED';

/** What git takes where nothing is set. Said aloud, so that nothing set since the plan started takes its place. */
const DEFAULTS: readonly (readonly [string, string])[] = [
  ['gpg.format', 'openpgp'],
  ['gpg.program', 'gpg'],
  ['gpg.openpgp.program', 'gpg'],
  ['gpg.x509.program', 'gpgsm'],
  ['gpg.ssh.program', 'ssh-keygen'],
  ['gpg.ssh.defaultkeycommand', ''],
];

/**
 * Whether the user's policy (`commit.gpgSign`) is that commits are signed, and how, by the settings that the plan started
 * with: an agent could name a program of its own as the signer. `null`: they are not.
 */
export function signerOf({ config }: RecordedSettings, env: NodeJS.ProcessEnv = process.env): Signer | null {
  // The last one is the tool's own `false`, which all its calls are made with.
  const asked = config.filter(([key]) => key === 'commit.gpgsign').at(-2);
  if (!asked || !(asked[1] === null || /^(?:true|yes|on|[1-9]\d*)$/i.test(asked[1]))) return null;
  return {
    env: signingSettings({ config }, env),
    timeLimit: env[SIGNER_WAITED] === undefined ? PATIENCE : PATIENCE_AFTER,
  };
}

/** The settings by which signatures are made and verified, as the plan started with them, as environment. */
export function signingSettings(
  { config }: Pick<RecordedSettings, 'config'>,
  env: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  const own = config.flatMap(([key, value]) => (SIGNING.test(key) && value !== null ? [[key, value] as const] : []));
  // With a default for `gpg.openpgp.program` the older name for the same thing would have no say.
  const isNamed = new Set(own.map(([key]) => key));
  const defaults = DEFAULTS.filter(
    ([key]) => !isNamed.has(key) && !(key === 'gpg.openpgp.program' && isNamed.has('gpg.program')),
  );
  return settingsAsEnvironment([...defaults, ...own], env);
}

const SIGNING = /^gpg\.|^user\.signingkey$/;

/** A commit, and why it is not signed although it should be; `null`: it is as it should be. */
export interface Signed {
  readonly commit: string;
  readonly unsigned: string | null;
}

/**
 * A commit of a tree by the user, signed where their policy asks for it. Work is not lost for a signature: where the
 * signer cannot do it (it waits for a person, its key is locked or gone), the commit is made without, and that is said.
 */
export async function commitAsUser(
  git: Git,
  {
    tree,
    parents,
    message,
    signer,
  }: {
    readonly tree: string;
    readonly parents: readonly string[];
    readonly message: string;
    readonly signer: Signer | null;
  },
): Promise<Signed> {
  if (signer === null) return { commit: await git.commitTree(tree, parents, message), unsigned: null };
  const { sign, ...options } = asUser(await git.author(), signer);
  const args = ['commit-tree', ...sign, tree, ...parents.flatMap((parent) => ['-p', parent])];
  const input = message.endsWith('\n') ? message : `${message}\n`;
  try {
    return { commit: await git.text(args, { ...options, input }), unsigned: null };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return { commit: await git.commitTree(tree, parents, message), unsigned: whyUnsigned(error) };
  }
}

/** How a command that makes a commit is called: with which options after it, and in which environment. */
export function asUser(
  author: Readonly<Record<string, string>>,
  signer: Signer | null,
): Pick<GitOptions, 'env' | 'timeLimit'> & { readonly sign: readonly string[] } {
  if (signer === null) return { sign: [], env: author };
  return { sign: ['-S'], env: { ...author, ...signer.env }, timeLimit: signer.timeLimit };
}

/**
 * Tries a signer out, on a commit that no name will stand for. What it said where it cannot sign; `null`: it can. A
 * command that changes files first and signs then must not find that out in the middle.
 */
export async function whyNotSigning(git: Git, signer: Signer): Promise<string | null> {
  const tree = await git.treeOf('HEAD');
  const { unsigned } = await commitAsUser(git, { tree, parents: [], message: 'slicewave: can it be signed?', signer });
  return unsigned;
}

/** What a person hears before agents are paid, where their policy cannot be kept. */
export function unsignedAhead(why: string): string {
  return `commit.gpgSign asks for signed commits, and none can be signed now (${why}): they will be made without a signature`;
}

export const SIGNING_REMEDY = 'Make `git commit -S` work here (unlock the key, mend gpg.program or user.signingKey).';

export function unsignedText(what: string, why: string): string {
  return `${what} is not signed, though commit.gpgSign asks for it: ${why}`;
}

/** What git and the signer said. Each signer has its own words; a commit that fails for another reason fails again. */
function whyUnsigned(error: GitError): string {
  const lines = error.stderr.split('\n').map((line) => line.replace(/^(?:error|fatal): /, '').trim());
  const said = lines.filter((line) => line !== '' && !line.startsWith('failed to write commit object'));
  return said.slice(0, 3).join('; ');
}

/** Of the commits that one name has and another has not, those without a signature. */
export async function unsignedBetween(git: Git, from: string, to: string): Promise<readonly string[]> {
  const commits = (await git.text(['rev-list', `${from}..${to}`])).split('\n').filter((id) => id !== '');
  if (commits.length === 0) return [];
  const unsigned: string[] = [];
  // `<id> commit <size>`, the commit, a line end.
  let rest = await git.bytes(['cat-file', '--batch'], { input: `${commits.join('\n')}\n` });
  for (const id of commits) {
    const end = rest.indexOf(10);
    const size = Number(rest.subarray(0, end).toString('latin1').split(' ')[2]);
    const commit = rest.subarray(end + 1, end + 1 + size).toString('latin1');
    const headers = commit.slice(0, commit.indexOf('\n\n'));
    if (!/^gpgsig(?:-sha256)? /m.test(headers)) unsigned.push(id);
    rest = rest.subarray(end + 2 + size);
  }
  return unsigned;
}
