import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stateHome } from '../process/state-home.ts';

/** What one user signs evidence with on one machine. */
export interface EvidenceKey {
  /** Says which key it is and nothing of the key itself: eight hexadecimal digits. */
  readonly id: string;
  readonly secret: Buffer;
}

const known = new Map<string, EvidenceKey>();

/**
 * The key of this user on this machine, made on first use; of several first users at once, all get the same. It is in a
 * file that only its owner can read, outside of every repository, and in no environment.
 *
 * @throws when the place for it can neither be read nor written.
 */
export function evidenceKey(dir: string = stateHome()): EvidenceKey {
  const held = known.get(dir);
  if (held) return held;
  const file = path.join(dir, 'evidence.key');
  let secret = readKey(file);
  if (!secret) {
    try {
      secret = makeKey(file);
    } catch (error) {
      throw new Error(
        `the key that evidence is signed with cannot be kept in ${dir}: ${error instanceof Error ? error.message : String(error)}; name another place in XDG_STATE_HOME`,
        { cause: error },
      );
    }
  }
  const key = { id: createHash('sha256').update('id').update(secret).digest('hex').slice(0, 8), secret };
  known.set(dir, key);
  return key;
}

function readKey(file: string): Buffer | null {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return /^[0-9a-f]{64}$/.test(text) ? Buffer.from(text, 'hex') : null;
  } catch {
    return null;
  }
}

/** Written aside and linked into place: whoever is second finds the name taken, by a file that is whole. */
function makeKey(file: string): Buffer {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
  writeFileSync(aside, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(aside, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
  const secret = readKey(file);
  if (!secret) throw new Error(`${file} is no key`);
  return secret;
}
