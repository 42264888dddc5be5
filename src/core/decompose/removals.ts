import { shellWord } from '../text/shell-quoting.ts';
import { isGlob, splitSymbol } from './boundary.ts';
import { intentOf } from './clauses.ts';

/** Files that are named in checks of one slice. */
export const mostNamed = 3;

/** "Remove the old throttle": a verb, and what is removed. What follows a preposition is where, and so more than a name. */
const removingTitle =
  /^(?:(?:finally|then|please)\s+)?(?:remove|delete|drop|retire|get rid of|scrap|kill|throw (?:away|out))\s+(.+?)[.!]?$/i;
/** Words before a name that are none of it, unless the file is called so: `old_queue.ts`. */
const beforeName = /^(?:the|our|all|old|legacy|unused|dead|obsolete|deprecated|former|stale|file|module|script)\s+/i;

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
  const objects = (removingTitle.exec(title.replaceAll('`', '').trim())?.[1] ?? '').split(/,\s*(?:and\s+)?|\s+and\s+/i);
  return plain.filter((path) => {
    // The file by its place, else by its name alone; of neither, the title may still mean it.
    const file = path.slice(path.lastIndexOf('/') + 1);
    const named = [path, file].find((name) => said.some((text) => names(text, name)));
    if (named !== undefined) return said.some((text) => names(text, named) && intentOf(named, text) === 'remove');
    return objects.some((words) => isNameOf(words, file));
  });
}

/** Whether a text holds a file's name as a whole: `b.ts` is not in `lib.ts`. */
function names(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = text.startsWith('./', at - 2) && at > 1 ? '' : text.charAt(at - 1);
    if (!/[\w./-]/.test(before) && !/[\w-]/.test(text.charAt(at + name.length))) return true;
  }
  return false;
}

/** Whether words are the name of a file, however it is written: "rate limiter" of `rate-limiter.ts`. */
function isNameOf(words: string, file: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');
  const own = [plain(file), plain(file.replace(/(?<=.)\.[^.]*$/, ''))];
  for (let rest = words.trim(); ; rest = rest.replace(beforeName, '')) {
    if (own.includes(plain(rest)) || own.includes(plain(rest.replace(/\s+(?:file|module|script|code)$/i, ''))))
      return true;
    if (!beforeName.test(rest)) return false;
  }
}

/** Checks that these files are gone. */
export function goneChecks(removed: readonly string[]): readonly string[] {
  return removed.slice(0, mostNamed).map((path) => `test ! -e ${shellWord(path)}`);
}
