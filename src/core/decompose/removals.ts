import { shellWord } from '../text/shell-quoting.ts';
import { isGlob, splitSymbol } from './boundary.ts';
import { intentOf } from './clauses.ts';

/** Files that are named in checks of one slice. */
export const mostNamed = 3;

/** "Remove the old throttle", up to what is removed; what follows a preposition is where, and so more than a name. */
const removingTitle =
  /^(?:(?:finally|then|please)\s+)?(?:remove|delete|drop|retire|get rid of|scrap|kill|throw (?:away|out))\s+(?:(?:the|our|all|old|legacy|unused|dead|obsolete|deprecated|former|stale)\s+)*(?:(?:file|module|script)\s+)?(.+?)(?:\s+(?:file|module|script|code))?[.!]?$/i;

/**
 * Of the files that a slice writes, those that its words say are removed: a sentence says it of the path, or the title
 * names the file as what is removed ("Remove the old throttle" of `src/throttle.ts`). Only files that exist, and no
 * globs, go; where words say it of a part, or of something in the file, the file stays.
 */
export function removalsIn(
  writes: readonly string[],
  {
    title,
    texts,
    exists,
  }: {
    readonly title: string;
    readonly texts: readonly string[];
    readonly exists: (path: string) => boolean;
  },
): readonly string[] {
  const plain = writes.filter((path) => splitSymbol(path).symbol === null && !isGlob(path) && exists(path));
  if (plain.length === 0) return [];
  const said = [title, ...texts];
  const object = removingTitle.exec(title.replaceAll('`', '').trim())?.[1];
  return plain.filter((path) => {
    const about = said.filter((text) => text.includes(path));
    if (about.length > 0) return about.some((text) => intentOf(path, text) === 'remove');
    return object !== undefined && isNameOf(object, path);
  });
}

/** Whether words are the name of a file, however it is written: "rate limiter" of `src/rate-limiter.ts`. */
function isNameOf(words: string, path: string): boolean {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');
  return plain(words) === plain(file) || plain(words) === plain(file.replace(/(?<=.)\.[^.]*$/, ''));
}

/** Checks that these files are gone. */
export function goneChecks(removed: readonly string[]): readonly string[] {
  return removed.slice(0, mostNamed).map((path) => `test ! -e ${shellWord(path)}`);
}
