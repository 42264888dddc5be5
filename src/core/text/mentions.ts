import { looksLikeCommand } from './command-shape.ts';

/** Inline code spans of a Markdown text, fenced blocks left out. */
export function codeSpans(text: string): string[] {
  const prose = text.replaceAll(/^[ \t]*(`{3,}|~{3,})[\s\S]*?(?:^[ \t]*\1[ \t]*$|$(?![\s\S]))/gm, '');
  // By runs, each looked at once: one expression for it takes minutes where many are never closed.
  const runs = [...prose.matchAll(/`+/g)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
  const lengthOf = (run: (typeof runs)[number]): number => run.end - run.start;
  const nextAlike = new Int32Array(runs.length).fill(-1);
  const seen = new Map<number, number>();
  for (let i = runs.length - 1; i >= 0; i--) {
    nextAlike[i] = seen.get(lengthOf(runs[i]!)) ?? -1;
    seen.set(lengthOf(runs[i]!), i);
  }
  const spans: string[] = [];
  for (let i = 0; i < runs.length; i++) {
    const close = nextAlike[i]!;
    if (close < 0) continue;
    spans.push(prose.slice(runs[i]!.end, runs[close]!.start).trim());
    i = close;
  }
  return spans;
}

/** A text without the stars of bold words; those in code spans, and of a glob, stay. */
export function withoutBold(text: string): string {
  return text.replaceAll(/`[^`\n]*`|(?<![*/])\*\*(?=[^\s*/])|(?<=[^\s*/])\*\*(?![*/])/g, (found, at: number) =>
    found === '**' && !isOfPath(text, at, 2) ? '' : found,
  );
}

/**
 * A text without the marks of emphasis and code: what stood in code marks stays as it is (`src/*.ts`, `user_id`), and so
 * do the stars of a glob.
 */
export function withoutMarks(text: string): string {
  return text.replaceAll(
    /`+([^`\n]+)`+|`|(?<![*/])\*{1,3}(?=[^\s*/])|(?<=[^\s*/])\*{1,3}(?![*/])|(?<![\p{L}\p{N}])_{1,3}(?=\S)|(?<=\S)_{1,3}(?![\p{L}\p{N}])/gu,
    (found, code: string | undefined, at: number) =>
      code ?? (found.startsWith('*') && isOfPath(text, at, found.length) ? found : ''),
  );
}

/** Nobody writes longer paths; beyond, a word with thousands of stars would be looked at for each of them. */
const LONGEST_SIDE = 200;

/** Whether stars stand inside a word with a slash, so that they are no emphasis: `src/{a*,b}.ts`. */
function isOfPath(text: string, at: number, length: number): boolean {
  const before = /[^\s`]*$/.exec(text.slice(Math.max(0, at - LONGEST_SIDE), at))![0];
  const after = /^[^\s`]*/.exec(text.slice(at + length, at + length + LONGEST_SIDE))![0];
  return (
    (before.includes('/') || after.includes('/')) &&
    /[\p{L}\p{N}/]/u.test(before) &&
    after.replace(/[*.,:;!?)'"]+$/, '') !== ''
  );
}

/** The repository's files and the directories they make, for telling a path from other words with a slash. */
export class RepoPaths {
  readonly files: ReadonlySet<string>;
  readonly directories: ReadonlySet<string>;

  constructor(files: readonly string[]) {
    this.files = new Set(files);
    const directories = new Set<string>();
    for (const file of files) {
      for (let end = file.indexOf('/'); end >= 0; end = file.indexOf('/', end + 1)) directories.add(file.slice(0, end));
    }
    this.directories = directories;
  }
}

/**
 * The files, directories (as `dir/**`) and globs that a Markdown text names, in order, without duplicates. A code span
 * with a slash or a file name counts; a bare word only when it is in the repository or can hardly be anything else.
 */
export function pathsIn(text: string, repo: RepoPaths): string[] {
  const found = new Set<string>();
  const spans = codeSpans(text);
  for (const span of spans) {
    const path = asPath(span, repo, true);
    if (path) found.add(path);
  }
  const bare = text.replaceAll(/`[^`\n]*`/g, ' ').replaceAll(/\[[^\][]*\]\(([^()]*)\)/g, ' $1 ');
  for (const word of bare.split(/[\s;()"'<>|]+/).flatMap(partedByCommas)) {
    const path = asPath(word.replace(/(?<![.:!?])[.:!?]+$/, ''), repo, false);
    if (path) found.add(path);
  }
  return [...found];
}

/** A comma between braces parts nothing: `src/{a,b}.ts` is one word. */
function partedByCommas(word: string): readonly string[] {
  if (!word.includes('{')) return word.split(',');
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < word.length; i++) {
    if (word[i] === '{') depth++;
    else if (word[i] === '}') depth--;
    else if (word[i] === ',' && depth === 0) {
      parts.push(word.slice(start, i));
      start = i + 1;
    }
    if (depth < 0) break;
  }
  // Of a brace that nothing closes nobody can say what it holds.
  return depth === 0 ? [...parts, word.slice(start)] : word.split(',').filter((part) => !/[{}]/.test(part));
}

/** A name may have letters of any script, and classes that exclude (`[!a]`). */
const barePart = String.raw`(?:[\p{L}\p{M}\p{N}_.@+*?{}[\],~-]|\[[!^][^\]/]+\])+`;
const bareName = new RegExp(`^${barePart}(?:/${barePart})*$`, 'u');
/** In code marks also whole parts as web frameworks write them: `(shop)`, `$id`. */
const markedPart = String.raw`(?:${barePart}|\([\p{L}\p{N}_.-]+\)|[\w.-]*\$[\w.$-]*)`;
const markedName = new RegExp(`^${markedPart}(?:/${markedPart})*$`, 'u');

const mediaType = /^(application|text|image|audio|video|multipart|font|message)\//;

/** What editors and people put behind a file to name lines of it: `src/a.ts:12`, `src/a.ts:12-20`, `src/a.ts#L12`. */
const linesBehind = /(?<=\.\w{1,8})(?::\d{1,9}(?:[:-]\d{1,9})?|#L\d{1,9}(?:-L?\d{1,9})?)$/;

function asPath(word: string, repo: RepoPaths, inCode: boolean): string | null {
  const [file = '', symbol] = word.replace(/^\.\//, '').replace(linesBehind, '').split('::');
  const name = file.replace(/(?<!\/)\/+$/, '');
  if (!(inCode ? markedName : bareName).test(name) || /^[@~-]|^\.\.?(\/|$)|\/\.\.(\/|$)/.test(name)) return null;
  if (repo.files.has(name)) return symbol ? `${name}::${symbol}` : name;
  if (repo.directories.has(name)) return inCode || name.includes('/') || file.endsWith('/') ? `${name}/**` : null;
  const extension = /\.[A-Za-z][A-Za-z0-9]{0,7}$/.test(name);
  const root = name.slice(0, name.indexOf('/'));
  if (!name.includes('/') && inCode && file.endsWith('/')) return `${name}/**`;
  // `.json` is an ending, `.oxlintrc.json` a file.
  if (!name.includes('/'))
    return inCode && extension && !/^\.[^.]*$|[()]/.test(name) && knownExtension.test(name) ? name : null;
  if (mediaType.test(name) && !repo.directories.has(root)) return null;
  if (!inCode && !extension && !file.endsWith('/') && !repo.directories.has(root)) return null;
  if (/[*?[{]/.test(name)) return name;
  if (symbol) return `${name}::${symbol}`;
  return extension && !file.endsWith('/') ? name : `${name}/**`;
}

/** Whether a word ends like the name of a source file, a document or a setting. */
export function hasKnownExtension(word: string): boolean {
  return knownExtension.test(word);
}

/** Without a slash, `orders.place` and `1.5` look like files; what people write as files ends in one of these. */
const knownExtension =
  /\.(m?[jt]sx?|c[jt]s|py|rb|go|rs|java|kt|swift|php|cs|c|h|cc|cpp|hpp|vue|svelte|css|scss|html?|sql|prisma|proto|graphql|ya?ml|toml|json|ini|cfg|md|rst|adoc|txt|sh|tf|xml|gradle)$/i;

/** The commands a Markdown text shows as code spans, without duplicates. */
export function commandsIn(text: string): string[] {
  return [...new Set(codeSpans(text).filter(looksLikeCommand))];
}

/** The words of a name or a sentence that can carry meaning, in lower case, plural and singular alike. */
export function stems(text: string): Set<string> {
  const words =
    text
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  return new Set(
    words.map((word) =>
      word
        .replace(/ies$/, 'y')
        .replace(/([rnt]ch|sh|ss|x)es$/, '$1')
        .replace(/(ss|[^s])s$/, '$1'),
    ),
  );
}
