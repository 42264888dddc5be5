import { safeName, shortHash } from '../text/safe-name.ts';

/** Where plans are when nobody says otherwise. */
const HOME = 'parallel';

/**
 * What a plan is known by, from its directory relative to the repository: its state, its branches, its worktrees. A plan
 * in the repository's own `parallel/` has the name of its directory. Anywhere else two directories may have one name, so
 * the place is part of the id, and a short hash of the whole path, so that two paths never meet in one.
 */
export function planIdOf(dir: string): string {
  const [name = '', ...above] = dir.split('/').toReversed();
  if (dir === '' || (above.length === 1 && above[0] === HOME)) return name;
  const place = (above[0] === HOME ? above.slice(1) : above).toReversed().join('-');
  return `${safeName([name, place].filter((part) => part !== '').join('-'))}-${shortHash(dir)}`.replace(/^-/, '');
}
