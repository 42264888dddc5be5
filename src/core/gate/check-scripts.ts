import type { Doubt, DoubtKind } from '../run/doubt.ts';
import { isTestPath } from './test-changes.ts';
import type { ChangedText } from './changed-text.ts';
import { shortened } from '../text/printing.ts';

/** Ways to end well whatever went wrong. */
const SWALLOWS: readonly RegExp[] = [
  /\|\|\s*(?:true\b|:|exit 0|return 0|echo\b(?!.*\bexit\s+[1-9])|printf\b(?!.*\bexit\s+[1-9])|\/bin\/true)/,
  /\|\|\s*(?:exit|return)\s*$/,
  /\|\s*(?:tee|cat|tail|head|true)\b/,
  /\btrap\s+['"]?(?:exit\s*0|true|:)/,
  /\bset \+o (?:errexit|pipefail)\b/,
  /^\s*(?:@?exit(?: \/b)? 0|return 0)\s*$/,
  /(?:^|\s)--?(?:collect-only|co|listTests|list-tests|dry-run|no-run|update-?snapshots?|snapshot-update|inline-snapshot=fix)\b/,
  /(?:^|\s)(?:jest|vitest)\b.*\s-u\b/,
  /\b(?:INSTA_UPDATE|UPDATE_(?:SNAPSHOTS?|GOLDENS?)|SNAPSHOT_UPDATE)=/,
  /\bscript-shell\s*=|\bignore-scripts\s*=\s*true/,
  /;\s*(?:exit 0|true|:)\s*(?:$|["'&;])/,
  /\bset \+\w*e\b/,
  /--?passWithNoTests\b|--pass-with-no-tests\b/,
  /--allow-empty\b|--no-fail(?:-on-empty)?\b|--exit-zero\b|--suppress-tests?-failures\b|--no-exit-code\b|--forceExit\b/,
  /--bail[= ]0\b|--maxfail[= ]0\b/,
  /-D(?:maven\.test\.(?:skip|failure\.ignore)|skipTests|skipITs)\b/,
  /\b(?:ignoreFailures|testFailureIgnore|maven\.test\.failure\.ignore|failIfNoTests|skipTests|maven\.test\.skip|continue-on-error|allow_failure|passWithNoTests|dangerouslyIgnoreUnhandledErrors)\b["']?\s*[:=>]\s*["']?(?:true|false)?/,
];

/** Flags that leave tests out. */
const NARROWS: readonly RegExp[] = [
  /(?:^|\s)(?:--grep|-g|--fgrep|-f|--invert|--testNamePattern|--test-name-pattern|--test-skip-pattern|-t)[= ]\S/,
  /(?:^|\s)--(?:testPathPatterns?|testPathIgnorePatterns|findRelatedTests|changedSince|onlyChanged|onlyFailures|lastCommit|changed|related|shard|exclude|ignore|deselect|ignore-glob|filter|exclude-group|skip|last-failed|lf|only-changed|test-only|example|tag|tags|project)\b/,
  /(?:^|\s)(?:-k|-m|-run|-skip|-o|-e)[= ]\S/,
  /(?:^|\s)(?:-short|-x\s+test\w*|-p\s+no:\w+|--no-cov\w*)\b/,
];

/** Settings that say which tests there are. */
const SELECTS =
  /\b(?:testPathIgnorePatterns|testMatch|testRegex|testNamePattern|testIgnore|exclude|excludes|ignore|collect_ignore(?:_glob)?|norecursedirs|addopts|python_files|python_functions|deselect|spec|grep|fgrep|invert|filter|excludeGroups|excludedGroups|useJUnitPlatform|failIfNoSpecifiedTests|forbidOnly|retries|retryTimes|bail)\b/;

/** Settings of the runners alone, where a list of files is a list of tests. */
const OF_TESTS =
  /(?:^|\/)(?:(?:jest|vitest|karma|playwright|cypress|ava|wdio)[\w.-]*|\.mocharc(?:\.\w+)?|package\.json)$/;
const LISTS = /\b(?:include|testDir|testpaths|roots|files|specs|specPattern|projects|tests)\b/;

/** Settings by which something else is tested, or the runner is another. */
const REPLACES =
  /\b(?:testRunner|runner|resolver|moduleNameMapper|alias|setupFiles(?:AfterEnv)?|globalSetup|preload|require)\b/;
const STAND_IN = /mock|fake|stub|double|dummy/i;

/** Sections of files that hold the settings of many tools. */
const SECTION = /^\[{1,2}\s*([^\]]+?)\s*\]{1,2}$/;
const TEST_SECTION = /pytest|coverage|tox|testenv|nose|unittest|test\b|profile/i;

/** What has to be covered. */
const THRESHOLD =
  /\b(branches|functions|lines|statements|fail_under|cov-fail-under|minimum|minimumCoverage|threshold|check-coverage|min_coverage|minimum_coverage)\b["']?\s*[:=>( ]\s*(\d+(?:\.\d+)?)/;

const RUNNER_SETTINGS =
  /(?:^|\/)(?:(?:jest|vitest|vite|karma|playwright|cypress|ava|wdio)[\w.-]*\.(?:[cm]?[jt]s|json)|\.mocharc(?:\.\w+)?|pytest\.ini|tox\.ini|setup\.cfg|pyproject\.toml|phpunit\.xml(?:\.dist)?|\.rspec|pom\.xml|build\.gradle(?:\.kts)?|nextest\.toml|turbo\.json|nx\.json|project\.json|\.coveragerc|\.nycrc(?:\.json)?|\.c8rc(?:\.json)?|bunfig\.toml|\.npmrc|\.yarnrc(?:\.yml)?)$/;
const BUILD_FILES =
  /(?:^|\/)(?:GNUmakefile|[Mm]akefile|[\w.-]+\.mk|[Jj]ustfile|Taskfile\.ya?ml|Rakefile|noxfile\.py)$|(?:^|\/)\.github\/workflows\/[\w.-]+\.ya?ml$|(?:^|\/)(?:\.gitlab-ci|azure-pipelines)\.ya?ml$|(?:^|\/)\.circleci\/config\.yml$/;
const SHELL = /\.(?:sh|bash|zsh|cmd|bat|ps1)$/;
const CHECKING = /test|spec|check|verify|lint|e2e|ci\b|pytest|jest|vitest|mocha/i;

/** Changes of scripts and settings by which a check would pass whatever happens, or run less than it did. */
export function scriptChanges(files: readonly ChangedText[]): Doubt[] {
  return files.flatMap((file): Doubt[] => {
    if (file.after === null)
      return file.before !== null && RUNNER_SETTINGS.test(file.from)
        ? [doubt('selection-narrowed', 'settings of the tests were deleted', file.from, null)]
        : [];
    // A script that a run adds can hide nothing from a check that was there before; settings can.
    if (file.before === null)
      return RUNNER_SETTINGS.test(file.path) ? settingsDoubts(file, '', file.after).filter(isTelling) : [];
    if (/(?:^|\/)(?:package|composer|deno)\.jsonc?$/.test(file.path))
      return packageDoubts(file, file.before, file.after);
    if (RUNNER_SETTINGS.test(file.path)) return settingsDoubts(file, file.before, file.after);
    if (BUILD_FILES.test(file.path) || (SHELL.test(file.path) && CHECKING.test(file.path)))
      return lineDoubts(file, file.before, file.after, 'script');
    // Tests are read by their own reader.
    return CHECK_FILE.test(file.path) && !isTestPath(file.path) ? tamerDoubts(file, file.before, file.after) : [];
  });
}

/** Programs that check, by their names. */
const CHECK_FILE =
  /(?:^|\/)(?:[\w.-]*[._-])?(?:check|checks|checker|verify|validate|run-?tests?|test-?runner|tests?)(?:[._-][\w.-]*)?\.(?:[cm]?[jt]s|py|rb|php)$/i;
const FAILING =
  /\b(?:process\.exit\((?!\s*0?\s*\))|process\.exitCode\s*=\s*(?!0)|sys\.exit\((?!\s*0?\s*\))|exit\(?\s*[1-9]|throw\b|raise\b|assert\w*\b|expect\b|abort\b|fail\w*\b)/g;

/** A program that checks and has fewer ways to fail than it had. */
function tamerDoubts({ path }: ChangedText, before: string, after: string): Doubt[] {
  const ways = (text: string): number => text.match(FAILING)?.length ?? 0;
  const [was, is] = [ways(before), ways(after)];
  return is < was
    ? [doubt('check-bent', `a program that checks has fewer ways to fail (${was} before, ${is} now)`, path, null)]
    : [];
}

/** In a new file of settings: what leaves tests out, and not what is no test anyway. */
function isTelling({ kind, summary }: Doubt): boolean {
  const ordinary = /node_modules|\bdist\b|\bbuild\b|\bout\b|coverage|\.git\b|fixtures|e2e|\.next|vendor|target|venv/;
  const decides =
    /Ignore|exclud|deselect|norecurse|collect_ignore|addopts.*-(?:k|m|-ignore|-deselect)|grep|invert|NamePattern|script-shell|ignore-scripts|passWithNoTests|whatever happens/i;
  return decides.test(summary) && !(kind === 'selection-narrowed' && ordinary.test(summary));
}

function doubt(kind: DoubtKind, summary: string, path: string, line: number | null): Doubt {
  return { kind, summary, severity: 'high', places: [{ path, line }] };
}

function packageDoubts(file: ChangedText, before: string, after: string): Doubt[] {
  const old = scriptsOf(before);
  const now = scriptsOf(after);
  const found: Doubt[] = [];
  for (const [name, script] of now) {
    const was = old.get(name);
    if (was === undefined && hooked(name, old) && MEDDLES.test(script))
      found.push(
        doubt('check-bent', `a new script \`${name}\` runs with the check: ${script}`, file.path, lineOf(after, name)),
      );
    if (was === undefined || was === script) continue;
    const isCheck = CHECKING.test(name) || CHECKING.test(was);
    if (!isCheck) continue;
    const line = lineOf(after, name);
    if (gained(SWALLOWS, was, script))
      found.push(
        doubt('check-bent', `the script \`${name}\` ends well whatever happens now: ${script}`, file.path, line),
      );
    else if (gained(NARROWS, was, script))
      found.push(
        doubt('selection-narrowed', `the script \`${name}\` leaves tests out now: ${script}`, file.path, line),
      );
    else if (programs(was).every((program) => !script.includes(program)))
      found.push(doubt('check-bent', `the script \`${name}\` runs something else now: ${script}`, file.path, line));
  }
  for (const [name, was] of old)
    if (!now.has(name) && /^(?:test|check|verify)\b/.test(name))
      found.push(doubt('check-bent', `the script \`${name}\` (${was}) was taken out`, file.path, null));
  // The settings of jest, mocha and the like may stand in the same file.
  const settings = settingsDoubts(file, withoutScripts(before), withoutScripts(after));
  return [...found, ...settings.map((one) => ({ ...one, places: [{ path: file.path, line: null }] }))];
}

/** What a step before or after the tests has no need to do. */
const MEDDLES = /\b(?:rm|mv|cp|sed|perl|git|touch|chmod|ln|kill|exit|curl|wget)\b|>|node\s+-e|python3?\s+-c/;

function hooked(name: string, scripts: ReadonlyMap<string, string>): boolean {
  const of = /^(?:pre|post)(.+)$/.exec(name)?.[1];
  return of !== undefined && scripts.has(of) && CHECKING.test(of);
}

function scriptsOf(text: string): ReadonlyMap<string, string> {
  const scripts = recordOf(parsed(text)?.['scripts']);
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(scripts ?? {}))
    if (typeof value === 'string') found.set(name, value);
    else if (Array.isArray(value)) found.set(name, value.join(' && '));
  return found;
}

/** What else the file says of tests, one setting a line. */
function withoutScripts(text: string): string {
  const value = parsed(text);
  if (!value) return '';
  const kept = ['jest', 'mocha', 'vitest', 'ava', 'tap', 'nx', 'c8', 'nyc'].flatMap((name) =>
    value[name] === undefined ? [] : [[name, value[name]]],
  );
  return kept.length === 0 ? '' : JSON.stringify(Object.fromEntries(kept), null, 1);
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return null;
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : null;
}

function lineOf(text: string, name: string): number | null {
  const at = text.split('\n').findIndex((line) => line.includes(`"${name}"`));
  return at < 0 ? null : at + 1;
}

/** A pattern that the text fits now and did not before, or fits more often. */
function gained(patterns: readonly RegExp[], was: string, is: string): boolean {
  const times = (pattern: RegExp, text: string): number => text.split(new RegExp(pattern.source, 'g')).length;
  return patterns.some((pattern) => times(pattern, is) > times(pattern, was));
}

/** What a script starts, as far as its words say: the first of each part that is no assignment and no wrapper. */
function programs(script: string): string[] {
  const found = script.split(/&&|\|\||[;|]/).flatMap((part) => {
    const words = part.trim().split(/\s+/);
    const plain = words.filter(
      (word) => !/^(?:\w+=.*|npx|pnpm|yarn|npm|bunx?|run|exec|cross-env|env|node|--?[\w=-]+|cd|\.+)$/.test(word),
    );
    return plain[0] === undefined ? [] : [plain[0]];
  });
  return found.length > 0 ? found : [script];
}

/** What settings say now of which tests there are, how they are run, and what has to be covered. */
function settingsDoubts(file: ChangedText, before: string, after: string): Doubt[] {
  const [old, now] = [linesOf(file.path, before), linesOf(file.path, after)];
  const had = new Set(old.map(({ text }) => text));
  const has = new Set(now.map(({ text }) => text));
  const found = lineDoubts(file, before, after, 'settings');
  const lists = (key: string): boolean => SELECTS.test(key) || (OF_TESTS.test(file.path) && LISTS.test(key));
  const isBuild = /pom\.xml$|\.gradle(?:\.kts)?$/.test(file.path);
  for (const { text, key, line } of now) {
    if (had.has(text) || text.startsWith('import ')) continue;
    const shown = shortened(text);
    if (found.some(({ places }) => places[0]?.line === line)) continue;
    if (lists(text) || (key !== null && lists(key))) {
      // Build files leave out dependencies by the same word.
      if (isBuild && !/test|\*\*|IT\b|JUnit/i.test(text)) continue;
      const named = key === null || lists(text) ? shown : `${key}: ${shown}`;
      found.push(doubt('selection-narrowed', `a setting of the tests changed: ${named}`, file.path, line));
    } else if (REPLACES.test(text) || (key !== null && REPLACES.test(key))) {
      if (/\b(?:testRunner|runner|resolver)\b/.test(text) || STAND_IN.test(text))
        found.push(doubt('subject-replaced', `a setting puts something else in its place: ${shown}`, file.path, line));
    }
  }
  const least = (lines: readonly Line[]): Map<string, number> => {
    const values = new Map<string, number>();
    for (const { text } of lines) {
      const [, name = '', value = ''] = THRESHOLD.exec(text) ?? [];
      if (name !== '') values.set(name, Math.min(values.get(name) ?? Infinity, Number(value)));
    }
    return values;
  };
  const demanded = least(now);
  for (const [name, was] of least(old)) {
    const is = demanded.get(name);
    if (is !== undefined && is >= was) continue;
    const line = now.find(({ text }) => text.includes(name))?.line ?? null;
    found.push(
      doubt(
        'check-bent',
        `less has to be covered: ${name} ${is ?? 'is not asked for'}, ${was} before`,
        file.path,
        line,
      ),
    );
  }
  if (OF_TESTS.test(file.path) || /pytest\.ini|tox\.ini|setup\.cfg|pyproject\.toml|phpunit/.test(file.path))
    for (const { text, key } of old)
      if (
        !has.has(text) &&
        key !== null &&
        (LISTS.test(key) || /^(?:testMatch|testRegex|spec|python_files)$/.test(key)) &&
        !now.some((line) => line.text.includes(text))
      )
        found.push(doubt('selection-narrowed', `${key} lost ${text}`, file.path, null));
  return found;
}

interface Line {
  readonly text: string;
  /** The name of the list that it stands in. */
  readonly key: string | null;
  readonly line: number;
}

/** Lines of settings, without comments and without the sections of other tools. */
function linesOf(path: string, whole: string): readonly Line[] {
  const hasSections = /pyproject\.toml$|setup\.cfg$|tox\.ini$/.test(path);
  let section = '';
  const open: string[] = [];
  return whole.split('\n').flatMap((raw, at): Line[] => {
    const text = raw.trim();
    const header = hasSections ? SECTION.exec(text)?.[1] : undefined;
    if (header !== undefined) section = header;
    const isKept =
      text !== '' &&
      text.length <= 2_000 &&
      !/^(?:#|\/\/|\*|<!--)/.test(text) &&
      (!hasSections || TEST_SECTION.test(section));
    const key = open.at(-1) ?? null;
    // `testMatch: [`, `testpaths =`: what follows until the bracket closes is in that list.
    const opens = /["']?([\w-]+)["']?\s*[:=]\s*[[{(]\s*$/.exec(text)?.[1];
    if (opens !== undefined) open.push(opens);
    else if (/[[{(]\s*$/.test(text)) open.push('');
    if (/^[\]})]/.test(text)) open.pop();
    return isKept ? [{ text, key: key === '' ? null : key, line: at + 1 }] : [];
  });
}

function lineDoubts(file: ChangedText, before: string, after: string, what: 'settings' | 'script'): Doubt[] {
  const known = new Map<string, number>();
  for (const line of before.split('\n')) known.set(line.trim(), (known.get(line.trim()) ?? 0) + 1);
  const found: Doubt[] = [];
  // What a changed line held before: a flag that stood there already is no news.
  const gone = before
    .split('\n')
    .filter((line) => !after.includes(line.trim()))
    .join('\n');
  after.split('\n').forEach((text, at) => {
    const line = text.trim();
    const left = known.get(line) ?? 0;
    if (left > 0) {
      known.set(line, left - 1);
      return;
    }
    if (line === '' || line.length > 2_000 || /^(?:#|\/\/|\*|<!--)/.test(line)) return;
    const shown = shortened(line);
    if (gained(SWALLOWS, gone, line) && !/:\s*false,?$/.test(line))
      found.push(
        doubt(
          'check-bent',
          `a ${what === 'script' ? 'script' : 'setting'} lets a check pass whatever happens: ${shown}`,
          file.path,
          at + 1,
        ),
      );
    else if (what === 'script' && /^\t-\s*\S/.test(text) && CHECKING.test(line))
      found.push(doubt('check-bent', `a recipe's failure is ignored: ${shown}`, file.path, at + 1));
    else if (what === 'script' && CHECKING.test(line) && gained(NARROWS, gone, line))
      found.push(doubt('selection-narrowed', `a script leaves tests out: ${shown}`, file.path, at + 1));
  });
  return found;
}
