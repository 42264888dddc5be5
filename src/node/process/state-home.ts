import { lstatSync, mkdirSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';

/**
 * The directory of what Slicewave keeps for one user on one machine, outside of every repository. `XDG_STATE_HOME` names
 * its place; otherwise it lies in the home that the system knows the account by, not in `HOME`: programs are run under a
 * `HOME` of their own, and all of them must mean the same place. No agent and no check has any business here.
 */
export function stateHome(env: NodeJS.ProcessEnv = process.env): string {
  const named = env['XDG_STATE_HOME'];
  if (named !== undefined && path.isAbsolute(named)) return path.join(named, 'slicewave');
  if (process.platform === 'win32' && env['LOCALAPPDATA']) return path.join(env['LOCALAPPDATA'], 'slicewave');
  return path.join(accountHome(), '.local', 'state', 'slicewave');
}

/** Where compiled code of the command line is kept: made, and nobody else's; `null`: it cannot be made. */
export function compiledCode(): string | null {
  const dir = path.join(stateHome(), 'compiled');
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const { uid } = lstatSync(dir);
    return uid === (process.getuid?.() ?? uid) ? dir : null;
  } catch {
    return null;
  }
}

/** The home of the account; `null`: there is no account. Asked once: the system looks it up in a file each time. */
let account: string | null | undefined;

/** Containers run under numbers that no account has: there, `HOME` has to do. */
function accountHome(): string {
  if (account === undefined) {
    account = null;
    try {
      const { homedir: home } = userInfo();
      if (path.isAbsolute(home) && home !== '/') account = home;
    } catch {
      // No such account.
    }
  }
  return account ?? homedir();
}
