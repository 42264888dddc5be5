import type { Doubt, DoubtKind } from '../run/doubt.ts';
import type { ChangedText } from './test-changes.ts';

/** Ways to end well whatever went wrong. */
const SWALLOWS: readonly RegExp[] = [
  /\|\|\s*(?:true|:|exit 0|echo\b|\/bin\/true)/,
  /;\s*(?:exit 0|true|:)\s*(?:$|["'&;])/,
  /\bset \+e\b/,
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
];

/** Settings that say which tests there are. */
const SELECTS =
  /\b(?:testPathIgnorePatterns|testMatch|testRegex|testNamePattern|testIgnore|exclude|excludes|ignore|collect_ignore(?:_glob)?|norecursedirs|addopts|python_files|python_functions|deselect|spec|grep|fgrep|invert|filter|excludeGroups|excludedGroups|useJUnitPlatform|failIfNoSpecifiedTests|forbidOnly|retries|retryTimes|bail)\b/;

const RUNNER_SETTINGS =
  /(?:^|\/)(?:(?:jest|vitest|vite|karma|playwright|cypress|ava|wdio)[\w.-]*\.(?:[cm]?[jt]s|json)|\.mocharc(?:\.\w+)?|pytest\.ini|tox\.ini|setup\.cfg|pyproject\.toml|phpunit\.xml(?:\.dist)?|\.rspec|pom\.xml|build\.gradle(?:\.kts)?|nextest\.toml|turbo\.json|nx\.json|project\.json)$/;
const BUILD_FILES = /(?:^|\/)(?:GNUmakefile|[Mm]akefile|[\w.-]+\.mk|[Jj]ustfile|Taskfile\.ya?ml|Rakefile|noxfile\.py)$/;
const SHELL = /\.(?:sh|bash|zsh|cmd|bat|ps1)$/;
const CHECKING = /test|spec|check|verify|lint|e2e|ci\b|pytest|jest|vitest|mocha/i;

/** Changes of scripts and settings by which a check would pass whatever happens, or run less than it did. */
export function scriptChanges(files: readonly ChangedText[]): Doubt[] {
  return files.flatMap((file): Doubt[] => {
    // A script that a run adds can hide nothing from a check that was there before.
    if (file.after === null || file.before === null) return [];
    if (/(?:^|\/)(?:package|composer|deno)\.jsonc?$/.test(file.path))
      return packageDoubts(file, file.before, file.after);
    if (RUNNER_SETTINGS.test(file.path)) return lineDoubts(file, file.before, file.after, 'settings');
    if (BUILD_FILES.test(file.path) || (SHELL.test(file.path) && CHECKING.test(file.path)))
      return lineDoubts(file, file.before, file.after, 'script');
    return [];
  });
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
  const settings = lineDoubts({ ...file, path: file.path }, withoutScripts(before), withoutScripts(after), 'settings');
  return [...found, ...settings.map((one) => ({ ...one, places: [{ path: file.path, line: null }] }))];
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
    const shown = line.length > 80 ? `${line.slice(0, 77)}...` : line;
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
    else if (what === 'settings' && SELECTS.test(line) && !line.startsWith('import '))
      found.push(doubt('selection-narrowed', `a setting of the tests changed: ${shown}`, file.path, at + 1));
  });
  return found;
}
