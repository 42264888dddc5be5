/**
 * Installs the editors whose lines in docs/editors.md are tried: `node test/editors/install.ts`. Debian's Neovim, and its
 * Emacs with eglot. Does nothing where they are, and on systems without apt, where the lines are tried by hand.
 */
import { spawnSync } from 'node:child_process';
import { Installer, installNow } from '../installing.ts';

interface Editor {
  readonly packages: readonly string[];
  /** Ends with 0 where the editor has all that its line needs. */
  readonly probe: readonly [program: string, ...args: string[]];
}

const EDITORS = {
  neovim: { packages: ['neovim'], probe: ['nvim', '--version'] },
  emacs: {
    packages: ['emacs-nox', 'elpa-eglot', 'elpa-markdown-mode'],
    probe: ['emacs', '--batch', '-f', 'package-activate-all', '-l', 'eglot', '-l', 'markdown-mode'],
  },
} as const satisfies Readonly<Record<string, Editor>>;

export function hasEditor(name: keyof typeof EDITORS): boolean {
  const [program, ...args] = EDITORS[name].probe;
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Whether they can be installed here, so that a missing one is a fault. */
export function areInstallable(): boolean {
  return process.platform === 'linux' && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
}

async function installEditors(): Promise<void> {
  if (!areInstallable()) return;
  const absent = (Object.keys(EDITORS) as (keyof typeof EDITORS)[]).filter((name) => !hasEditor(name));
  if (absent.length === 0) return;
  await new Installer('editors').debian(
    absent.flatMap((name) => EDITORS[name].packages),
    { missing: `The tests need ${absent.join(' and ')}.`, otherwise: 'Install them with your system’s packages' },
  );
}

if (process.argv[1] === import.meta.filename) await installNow(installEditors);
