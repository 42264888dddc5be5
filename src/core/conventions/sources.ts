import { thousands } from '../text/printing.ts';
import { byCodeUnit } from '../text/order.ts';

/** Of one language a file belongs to, as conventions speak of it. */
export type ConventionLanguage =
  | 'TypeScript'
  | 'JavaScript'
  | 'Python'
  | 'Go'
  | 'Rust'
  | 'Java'
  | 'Kotlin'
  | 'C#'
  | 'Ruby'
  | 'PHP'
  | 'Swift'
  | 'Vue'
  | 'Svelte'
  | 'C++';

const languages: readonly (readonly [RegExp, ConventionLanguage])[] = [
  [/\.[cm]?tsx?$/i, 'TypeScript'],
  [/\.[cm]?jsx?$/i, 'JavaScript'],
  [/\.pyi?$/i, 'Python'],
  [/\.go$/i, 'Go'],
  [/\.rs$/i, 'Rust'],
  [/\.java$/i, 'Java'],
  [/\.kts?$/i, 'Kotlin'],
  [/\.cs$/i, 'C#'],
  [/\.rb$/i, 'Ruby'],
  [/\.php$/i, 'PHP'],
  [/\.swift$/i, 'Swift'],
  [/\.vue$/i, 'Vue'],
  [/\.svelte$/i, 'Svelte'],
  [/\.(cc|cpp|cxx|hpp|hh)$/i, 'C++'],
];

/** Nobody's style: what is taken over, generated, minified, or kept for tests to look at. */
const notWritten =
  /(^|\/)(node_modules|vendor|third[_-]party|bower_components|dist|build|out|target|generated|__generated__|__snapshots__|fixtures|testdata|golden|\.venv|venv|site-packages)\/|\.min\.[a-z]+$|\.d\.ts$|[._-](pb|pb2|generated|gen)\.[a-z]+$|_pb2(_grpc)?\.py$|\/migrations\/\d+_\w+\.py$/i;

const testFile =
  /(^|\/)(tests?|__tests__|spec|e2e)\/|[._-](test|spec)\.[a-z]+$|(^|\/)test_[^/]+\.py$|(^|\/)conftest\.py$|[a-z0-9](Tests?|Spec|IT)\.(java|kt|cs|swift|php)$/;

/** Whether a path is that of a test, by the names and places that languages and runners use. */
export function isTestPath(path: string): boolean {
  return testFile.test(path);
}

/** What a file is about by its name, in small letters: `test/stock.test.ts` and `src/stock.ts` are both about `stock`. */
export function testedName(path: string): string {
  return path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.[^.]+$/, '')
    .replace(/(?:[._-](?:test|spec|tests))$|^test[_-]/i, '')
    .toLowerCase();
}

/** The language a path is written in; `null` for what is no source. */
export function languageOfPath(path: string): ConventionLanguage | null {
  const dot = path.lastIndexOf('.');
  if (dot < 0) return null;
  return languages.find(([ending]) => ending.test(path))?.[1] ?? null;
}

/** A source file that people of this repository wrote. */
export interface SourceFile {
  readonly path: string;
  readonly language: ConventionLanguage;
  readonly test: boolean;
}

/** The sources among a repository's files, by code unit order. */
export function sourceFiles(files: readonly string[]): readonly SourceFile[] {
  const found: SourceFile[] = [];
  for (const path of files) {
    const language = languageOfPath(path);
    if (language !== null && !notWritten.test(path)) found.push({ path, language, test: isTestPath(path) });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Files whose texts are looked at, at most: enough for a share to be right within a few percent. */
const sampleSize = 400;

/** Every n-th source, so that each directory and language is there in proportion, and always the same ones. */
export function sampleOf(sources: readonly SourceFile[], size: number = sampleSize): readonly SourceFile[] {
  if (sources.length <= size) return sources;
  return Array.from({ length: size }, (_, i) => sources[Math.floor((i * sources.length) / size)]).filter(
    (file) => file !== undefined,
  );
}

/** Settings of tools that say how a repository is written and tested, where they stand at its root or in `.config`. */
const settings =
  /^(\.config\/)?(package\.json|pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|go\.mod|Cargo\.toml|\.editorconfig|\.prettierrc(\.(json5?|ya?ml|toml|[cm]?js|ts))?|prettier\.config\.[cm]?[jt]s|\.?oxfmtrc\.jsonc?|biome\.jsonc?|\.?rustfmt\.toml|\.?ruff\.toml|\.flake8|\.clang-format|\.golangci\.ya?ml|(es|ox)lint\.config\.[cm]?[jt]s|\.eslintrc(\.(json|ya?ml|[cm]?js))?|\.?oxlintrc\.jsonc?|\.rubocop\.yml|\.mocharc\.(jsonc?|ya?ml|[cm]?js)|(vitest|jest|playwright|cypress|karma)\.conf(ig)?\.[cm]?[jt]s(on)?|tsconfig\.json|phpunit\.xml(\.dist)?|\.rspec|conftest\.py|deno\.jsonc?)$/;

/** The settings files of a repository, by code unit order. */
export function settingsFiles(files: readonly string[]): readonly string[] {
  return files.filter((path) => settings.test(path)).sort(byCodeUnit);
}

/** The files whose texts `measureConventions` wants: settings and a sample of the sources. At most some 450. */
export function conventionSources(files: readonly string[]): readonly string[] {
  return [...new Set([...settingsFiles(files), ...sampleOf(sourceFiles(files)).map((file) => file.path)])];
}

/** A thing that was counted: how often it was seen among how many. */
export interface Share<T extends string = string> {
  readonly value: T;
  readonly count: number;
  readonly of: number;
}

/** The most frequent value; ties go to the one that sorts first, so that no order of files decides. */
export function mostFrequent<T extends string>(counts: ReadonlyMap<T, number>): Share<T> | null {
  let best: Share<T> | null = null;
  let of = 0;
  for (const count of counts.values()) of += count;
  for (const [value, count] of counts)
    if (!best || count > best.count || (count === best.count && value < best.value)) best = { value, count, of };
  return best;
}

/** One more of a value. */
export function add<T>(counts: Map<T, number>, value: T, by: number = 1): void {
  counts.set(value, (counts.get(value) ?? 0) + by);
}

/** `213 of 220 files`, with the same separator of thousands everywhere. */
export function ofAll(share: { readonly count: number; readonly of: number }, what: string): string {
  return `${thousands(share.count)} of ${thousands(share.of)} ${what}`;
}
