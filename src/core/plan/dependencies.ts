import { failure, success, type Result } from '../text/result.ts';
import type { DependencyChanges } from '../manifest/model.ts';

/** What installs packages in a repository, told by its lock file. */
export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'uv';

type Step = 'remove' | 'upgrade' | 'add' | 'addDev';

/** The order the plan format prescribes: what leaves first cannot clash with what comes. */
const ORDER: readonly Step[] = ['remove', 'upgrade', 'add', 'addDev'];

const WORDS: Readonly<Record<PackageManager, Readonly<Record<Step, readonly string[]>>>> = {
  npm: {
    remove: ['npm', 'uninstall', '--no-audit', '--no-fund'],
    upgrade: ['npm', 'install', '--save-exact', '--no-audit', '--no-fund'],
    add: ['npm', 'install', '--save-exact', '--no-audit', '--no-fund'],
    addDev: ['npm', 'install', '--save-dev', '--save-exact', '--no-audit', '--no-fund'],
  },
  pnpm: {
    remove: ['pnpm', 'remove'],
    upgrade: ['pnpm', 'add', '--save-exact'],
    add: ['pnpm', 'add', '--save-exact'],
    addDev: ['pnpm', 'add', '--save-dev', '--save-exact'],
  },
  yarn: {
    remove: ['yarn', 'remove'],
    upgrade: ['yarn', 'add', '--exact'],
    add: ['yarn', 'add', '--exact'],
    addDev: ['yarn', 'add', '--dev', '--exact'],
  },
  uv: {
    remove: ['uv', 'remove'],
    upgrade: ['uv', 'add', '--upgrade'],
    add: ['uv', 'add'],
    addDev: ['uv', 'add', '--dev'],
  },
};

/**
 * The commands that bring a repository to the plan's dependencies, in the order remove, upgrade, add, add_dev; each a
 * list of words to start without a shell. A package that looks like an option is refused.
 */
export function dependencyCommands(
  changes: DependencyChanges,
  manager: PackageManager,
): Result<readonly (readonly string[])[], { readonly message: string }> {
  const commands: (readonly string[])[] = [];
  for (const step of ORDER) {
    const packages = changes[step];
    const odd = packages.find((name) => name.startsWith('-') || name.trim() === '');
    if (odd !== undefined) return failure({ message: `"${odd}" is no package` });
    if (packages.length > 0) commands.push([...WORDS[manager][step], ...packages]);
  }
  return success(commands);
}
