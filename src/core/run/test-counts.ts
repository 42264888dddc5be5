/**
 * Numbers of tests, read from what test runners print: their summaries and their machine formats. A green exit code says
 * little alone; a filter that matches nothing, a file full of skipped tests and a replayed result all "pass" in a second.
 */

/** What a check's output says of its tests. */
export interface TestCounts {
  /** Passed or failed. */
  readonly ran: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly todo: number;
  /** Whether these are all: some runners tell packages, not tests, or leave out those that passed. */
  readonly exact: boolean;
  /** Whether what is printed was kept from an earlier run: all of it, or a part. */
  readonly replayed: 'all' | 'some' | null;
}

/** What a successful check proves. `unknown`: it prints no numbers, as a linter or a compiler does. */
export type Coverage = 'tests' | 'none' | 'skipped' | 'replayed' | 'unknown';

export function coverageOf(counts: TestCounts | null): Coverage {
  if (counts === null) return 'unknown';
  if (counts.replayed === 'all') return 'replayed';
  if (counts.ran > 0) return 'tests';
  if (counts.skipped + counts.todo > 0) return 'skipped';
  return counts.exact ? 'none' : 'unknown';
}

/** The rest of a sentence that begins with the check: why a green exit code proves nothing. */
export function coverageText(coverage: Coverage): string {
  switch (coverage) {
    case 'none':
      return 'ran no test';
    case 'skipped':
      return 'skipped every test';
    case 'replayed':
      return 'replayed an earlier result from a cache';
    case 'tests':
      return 'ran tests';
    case 'unknown':
      return 'prints no number of tests';
  }
}

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  todo: number;
  exact: boolean;
}

type Part = Partial<Tally>;

/** `null` when the output is none of this runner's. One entry for each of its summaries. */
type Reader = (text: string) => readonly Part[] | null;

/**
 * The counts in a check's whole output, standard output and error together; `null` when no known runner speaks in it.
 * Several summaries (workspaces, packages, doc tests) are added up.
 */
export function readTestCounts(output: string): TestCounts | null {
  const printed = output.replaceAll(ANSI, '').replaceAll('\r\n', '\n');
  const text = withoutPrefixes(printed);
  const replayed = replayedIn(printed) ?? replayedIn(text);
  let parts = runners.flatMap((read) => read(text) ?? []);
  if (parts.length === 0) parts = [...(leftover(text) ?? [])];
  if (parts.length === 0 && replayed === null) return null;
  const sum: Tally = { passed: 0, failed: 0, skipped: 0, todo: 0, exact: parts.length > 0 };
  for (const part of parts) {
    sum.passed += part.passed ?? 0;
    sum.failed += part.failed ?? 0;
    sum.skipped += part.skipped ?? 0;
    sum.todo += part.todo ?? 0;
    if (part.exact === false) sum.exact = false;
  }
  return { ...sum, ran: sum.passed + sum.failed, replayed };
}

// oxlint-disable-next-line no-control-regex -- the escape character is what colours begin with
const ANSI = /\u001B\[[0-9;?]*[A-Za-z]/g;

/** Turborepo and `lerna --stream` write the task before each line: `web:test: `. */
function withoutPrefixes(text: string): string {
  const isPrefixed = /^\S+: cache (?:hit|miss|bypass)\b|^lerna /m.test(text);
  return isPrefixed ? text.replaceAll(/^[@\w./-]+:(?:[\w:-]+:)? /gm, '') : text;
}

const number = (text: string | undefined): number => Number(text ?? 0);

/** Counts of the form `3 passed, 1 skipped`, each word under the name that it counts for. */
function listed(line: string, words: Readonly<Record<string, keyof Omit<Tally, 'exact'>>>): Part {
  const part: Part = {};
  for (const [, count, word = ''] of line.matchAll(/(\d+)\s+([a-z]+)/gi)) {
    const name = words[word.toLowerCase()];
    if (name) part[name] = (part[name] ?? 0) + number(count);
  }
  return part;
}

function all(text: string, pattern: RegExp): RegExpExecArray[] {
  return [...text.matchAll(pattern)];
}

const none: Part = {};

/** node:test, tape: `# tests 3` and `ℹ tests 3`, then a line for each word. */
function nodeTest(text: string): readonly Part[] | null {
  const parts: Part[] = [];
  for (const [, mark, word = '', count] of all(
    text,
    /^[ \t]*(#|ℹ) (tests|pass|fail|cancelled|skipped|todo) +(\d+)[ \t]*$/gm,
  )) {
    if (mark === undefined) continue;
    if (word === 'tests') parts.push({});
    const part = parts.at(-1);
    if (!part) continue;
    if (word === 'pass') part.passed = number(count);
    else if (word === 'fail' || word === 'cancelled') part.failed = (part.failed ?? 0) + number(count);
    else if (word === 'skipped') part.skipped = number(count);
    else if (word === 'todo') part.todo = number(count);
  }
  const [first] = parts;
  if (!first) return null;
  // A file in which no test was found or selected counts as a test that passed, under the name of the file.
  const files = all(text, /^(?:✔ \S+\.[cm]?[jt]sx? \([\d.]+ms\)|ok \d+ - \S+\.[cm]?[jt]sx?)$/gm).length;
  first.passed = Math.max(0, (first.passed ?? 0) - files);
  return parts;
}

function mocha(text: string): readonly Part[] | null {
  const found = all(text, /^[ \t]*(\d+) passing\b.*(?:\n[ \t]*(\d+) pending\b.*)?(?:\n[ \t]*(\d+) failing\b.*)?/gm);
  return found.length === 0
    ? null
    : found.map(([, passed, skipped, failed]) => ({
        passed: number(passed),
        skipped: number(skipped),
        failed: number(failed),
      }));
}

/** `--reporter json` of mocha; the object may stand among other output. */
function mochaJson(text: string): readonly Part[] | null {
  const stats = all(text, /"stats"\s*:\s*\{([^{}]*)\}/g).flatMap(([, body = '']) => {
    const value = (name: string): number | null => {
      const found = new RegExp(`"${name}"\\s*:\\s*(\\d+)`).exec(body)?.[1];
      return found === undefined ? null : Number(found);
    };
    const passed = value('passes');
    return passed === null ? [] : [{ passed, failed: value('failures') ?? 0, skipped: value('pending') ?? 0 }];
  });
  return stats.length > 0 ? stats : null;
}

/** `--json` of jest, `--reporter=json` of vitest. */
function jestJson(text: string): readonly Part[] | null {
  if (!text.includes('"numTotalTests"')) return null;
  const value = (name: string): number => number(new RegExp(`"${name}"\\s*:\\s*(\\d+)`).exec(text)?.[1]);
  const pending = value('numPendingTests');
  return [
    {
      passed: value('numPassedTests'),
      failed: value('numFailedTests'),
      skipped: pending,
      todo: value('numTodoTests'),
    },
  ];
}

const words = {
  passed: 'passed',
  failed: 'failed',
  skipped: 'skipped',
  todo: 'todo',
  pending: 'skipped',
  error: 'failed',
  errors: 'failed',
  xfailed: 'todo',
  xpassed: 'passed',
  incomplete: 'todo',
} as const;

/** jest `Tests: 1 skipped, 2 passed, 3 total`, vitest `Tests  2 passed | 1 todo (3)`, Pest `Tests: 2 passed (5 assertions)`. */
function jest(text: string): readonly Part[] | null {
  const found = [
    ...all(text, /^[ \t]*Tests:[ \t]+(\d+ [a-z].*)$/gm),
    ...all(text, /^[ \t]*Tests[ \t]{2,}(\d+ [a-z].*)$/gm),
  ].map(([, line = '']) => listed(line, words));
  const empty = all(text, /^(?:No tests found\b|No test files found\b|[ \t]*Tests[ \t]+no tests\b)/gm);
  return found.length + empty.length === 0 ? null : [...found, ...empty.map(() => none)];
}

function bun(text: string): readonly Part[] | null {
  const found = all(text, /^Ran (\d+) tests? across \d+ files?\b/gm);
  if (found.length === 0) return null;
  const counts = all(text, /^[ \t]*(\d+) (pass|fail|skip|todo)[ \t]*$/gm);
  const of = (word: string): number => counts.reduce((sum, [, n, w]) => (w === word ? sum + number(n) : sum), 0);
  return [{ passed: of('pass'), failed: of('fail'), skipped: of('skip'), todo: of('todo') }];
}

/** `=== 3 passed, 1 skipped in 0.1s ===`, and without the rule under `-q`. */
function pytest(text: string): readonly Part[] | null {
  const found = all(text, /^=*[ \t]*((?:\d+ [a-z]+(?:, )?)+) in [\d.]+ ?s(?:econds)?\b.*$/gm);
  const empty = all(text, /^=*[ \t]*(?:no tests ran|\d+ deselected) in [\d.]+s/gm);
  return found.length + empty.length === 0
    ? null
    : [...found.map(([, line = '']) => listed(line, words)), ...empty.map(() => none)];
}

function unittest(text: string): readonly Part[] | null {
  const found = all(text, /^Ran (\d+) tests? in [\d.]+s\n+(?:(?:OK|FAILED|NO TESTS RAN)(?: \((.*)\))?)?/gm);
  return found.length === 0
    ? null
    : found.map(([, total, rest = '']) => {
        const of = (name: string): number => number(new RegExp(`\\b${name}=(\\d+)`).exec(rest)?.[1]);
        const failed = of('failures') + of('errors') + of('unexpected successes');
        const skipped = of('skipped');
        const todo = /(?<!un)expected failures=(\d+)/.exec(rest)?.[1];
        return {
          failed,
          skipped,
          todo: number(todo),
          passed: Math.max(0, number(total) - failed - skipped - number(todo)),
        };
      });
}

/** `ok  \tpackage\t0.1s`; the point of a TAP stream has one blank. */
const GO_PACKAGE = /^(ok|FAIL|\?)(?: {2,}\t?| *\t)\S+[ \t]+(.*)$/gm;

/** Packages, and under `-v` tests. A package that is `ok` ran some test unless it says so; how many is not told. */
function go(text: string): readonly Part[] | null {
  const packages = all(text, GO_PACKAGE).filter(
    ([, mark, rest = '']) => mark !== '?' || rest.includes('[no test files]'),
  );
  const tests = all(text, /^([ \t]*)--- (PASS|FAIL|SKIP): (\S+)/gm);
  const warned = /^testing: warning: no tests to run$/m.test(text);
  if (packages.length + tests.length === 0) return warned ? [none] : null;
  const verbose = /^=== RUN\b/m.test(text) || tests.some(([, , outcome]) => outcome === 'PASS');
  const of = (outcome: string): number =>
    tests.filter(([, , word, name = '']) => word === outcome && isLeaf(name, tests)).length;
  const counted = { passed: of('PASS'), failed: of('FAIL'), skipped: of('SKIP') };
  if (verbose || tests.length > 0) {
    const quiet = !verbose && packages.some(([, mark, rest = '']) => mark === 'ok' && !rest.includes('no tests'));
    return [{ ...counted, passed: counted.passed + (quiet ? 1 : 0), exact: !quiet }];
  }
  return packages.map(([, mark, rest = '']): Part => {
    if (/\[no tests? (?:to run|files)\]/.test(rest)) return none;
    if (mark === 'ok') return { passed: 1, exact: false };
    return { failed: 1, exact: false };
  });
}

/** A test with subtests is counted by them. */
function isLeaf(name: string, tests: readonly RegExpExecArray[]): boolean {
  return !tests.some(([, , , other = '']) => other.startsWith(`${name}/`));
}

/** `go test -json`: one object a line. */
function goJson(text: string): readonly Part[] | null {
  const tests = new Map<string, string>();
  let seen = false;
  for (const line of text.split('\n')) {
    if (!line.startsWith('{') || !line.includes('"Action"')) continue;
    const action = /"Action":"(\w+)"/.exec(line)?.[1] ?? '';
    const test = /"Test":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
    seen = true;
    if (test !== undefined && /^(?:pass|fail|skip)$/.test(action))
      tests.set(`${/"Package":"([^"]*)"/.exec(line)?.[1] ?? ''} ${test}`, action);
  }
  if (!seen) return null;
  const parents = new Set([...tests.keys()].flatMap((key) => (key.includes('/') ? ancestors(key) : [])));
  const of = (action: string): number =>
    [...tests].filter(([key, outcome]) => outcome === action && !parents.has(key)).length;
  return [{ passed: of('pass'), failed: of('fail'), skipped: of('skip') }];
}

function ancestors(key: string): string[] {
  const start = key.indexOf(' ');
  const found: string[] = [];
  for (let at = key.indexOf('/', start); at >= 0; at = key.indexOf('/', at + 1)) found.push(key.slice(0, at));
  return found;
}

function cargo(text: string): readonly Part[] | null {
  const found = all(text, /^test result: \w+\. (\d+) passed; (\d+) failed(?:; (\d+) ignored)?/gm).map(
    ([, passed, failed, skipped]) => ({ passed: number(passed), failed: number(failed), skipped: number(skipped) }),
  );
  const nextest = all(text, /^[ \t]*Summary \[.*\][ \t]+(\d+)(?:\/\d+)? tests? run: (.*)$/gm).map(([, , line = '']) =>
    listed(line, words),
  );
  return found.length + nextest.length === 0 ? null : [...found, ...nextest];
}

function rspec(text: string): readonly Part[] | null {
  const found = all(text, /^(\d+) examples?, (\d+) failures?(?:, (\d+) pending)?/gm).map(
    ([, total, failed, pending]) => ({
      failed: number(failed),
      skipped: number(pending),
      passed: Math.max(0, number(total) - number(failed) - number(pending)),
    }),
  );
  const minitest = all(
    text,
    /^(\d+) (?:runs|tests), \d+ assertions, (\d+) failures, (\d+) errors(?:, (\d+) (?:skips|pendings))?/gm,
  ).map(([, total, failures, errors, skips]) => {
    const failed = number(failures) + number(errors);
    return { failed, skipped: number(skips), passed: Math.max(0, number(total) - failed - number(skips)) };
  });
  return found.length + minitest.length === 0 ? null : [...found, ...minitest];
}

function phpunit(text: string): readonly Part[] | null {
  const fine = all(text, /^OK \((\d+) tests?, \d+ assertions?\)/gm).map(([, total]) => ({ passed: number(total) }));
  const others = all(text, /^Tests: (\d+), Assertions: \d+(.*)$/gm).map(([, total, rest = '']) => {
    const of = (name: string): number => number(new RegExp(`\\b${name}: (\\d+)`).exec(rest)?.[1]);
    const failed = of('Failures') + of('Errors');
    const skipped = of('Skipped');
    const todo = of('Incomplete');
    return { failed, skipped, todo, passed: Math.max(0, number(total) - failed - skipped - todo) };
  });
  const empty = all(text, /^No tests executed!/gm).map(() => none);
  const found = [...fine, ...others, ...empty];
  return found.length === 0 ? null : found;
}

function dotnet(text: string): readonly Part[] | null {
  const found = all(text, /\bFailed:\s+(\d+), Passed:\s+(\d+), Skipped:\s+(\d+), Total:\s+\d+/g).map(
    ([, failed, passed, skipped]) => ({ passed: number(passed), failed: number(failed), skipped: number(skipped) }),
  );
  const platform = all(
    text,
    /^[ \t]*total: \d+\n[ \t]*failed: (\d+)\n[ \t]*succeeded: (\d+)\n[ \t]*skipped: (\d+)/gm,
  ).map(([, failed, passed, skipped]) => ({
    passed: number(passed),
    failed: number(failed),
    skipped: number(skipped),
  }));
  const empty = all(text, /^[ \t]*No test (?:is available in|matches the given testcase filter)\b/gm).map(() => none);
  const parts = [...found, ...platform, ...empty];
  return parts.length === 0 ? null : parts;
}

/** Surefire and Failsafe: the line of a module's results, or those of its classes where there is none. */
function surefire(text: string): readonly Part[] | null {
  const lines = all(
    text,
    /^(?:\[\w+\] )?[ \t]*Tests run: (\d+), Failures: (\d+), Errors: (\d+)(?:, Skipped: (\d+))?(.*)$/gm,
  );
  const totals = lines.filter(([, , , , , rest = '']) => rest.trim() === '');
  const found = (totals.length > 0 ? totals : lines).map(([, total, failures, errors, skipped]) => {
    const failed = number(failures) + number(errors);
    return { failed, skipped: number(skipped), passed: Math.max(0, number(total) - failed - number(skipped)) };
  });
  const empty = all(text, /^(?:\[INFO\] )?(?:No tests to run\.|Tests are skipped\.)/gm).map(() => none);
  return found.length + empty.length === 0 ? null : [...found, ...empty];
}

/** Gradle tells no numbers of tests that pass, only what became of the task. */
function gradle(text: string): readonly Part[] | null {
  const completed = all(text, /^(\d+) tests? completed(?:, (\d+) failed)?(?:, (\d+) skipped)?/gm).map(
    ([, total, failed, skipped]) => ({
      failed: number(failed),
      skipped: number(skipped),
      passed: Math.max(0, number(total) - number(failed) - number(skipped)),
    }),
  );
  if (completed.length > 0) return completed;
  const tasks = gradleTasks(text);
  if (tasks.length === 0) return null;
  return tasks.map((state): Part => (/NO-SOURCE|SKIPPED/.test(state) ? none : { passed: 1, exact: false }));
}

/** What Gradle writes behind each of its test tasks; empty for one that was executed. */
function gradleTasks(text: string): string[] {
  return all(
    text,
    /^> Task :(?:[\w:-]+:)?\w*[tT]est(?:[A-Z]\w*)?(?: (UP-TO-DATE|FROM-CACHE|NO-SOURCE|SKIPPED))?$/gm,
  ).map(([, state = '']) => state);
}

/** TAP of whoever prints no summary behind it: the points at the outermost level. */
function tap(text: string): readonly Part[] | null {
  const isTap = /^TAP version \d+$/m.test(text) || /^1\.\.\d+/m.test(text);
  if (!isTap) return null;
  const part: Tally = { passed: 0, failed: 0, skipped: 0, todo: 0, exact: true };
  // A point with points of its own is counted by them: they stand indented before it, or in braces behind it.
  let deepest = 0;
  for (const [, indent = '', not, rest = ''] of all(text, /^([ \t]*)(not )?ok\b(.*)$/gm)) {
    const isParent = deepest > indent.length || rest.endsWith('{');
    deepest = indent.length;
    if (isParent) continue;
    if (/#\s*skip/i.test(rest)) part.skipped++;
    else if (/#\s*todo/i.test(rest)) part.todo++;
    else if (not === undefined) part.passed++;
    else part.failed++;
  }
  return [part];
}

/** The dot reporter of node:test, which prints nothing else while all goes well: a dot for skipped ones too. */
function dots(text: string): readonly Part[] | null {
  const line = text.trim();
  if (!/^[.X]+(?:\s+[.X]+)*(?:\s+Failed tests:[\s\S]*)?$/.test(line)) return null;
  const marks = line.replace(/\s+Failed tests:[\s\S]*$/, '');
  return [{ passed: marks.split('.').length - 1, failed: marks.split('X').length - 1, exact: false }];
}

/** Playwright, and others that count on lines of their own: `  12 passed (3.4s)`. */
function lines(text: string): readonly Part[] | null {
  const found = all(text, /^[ \t]*(\d+) (passed|failed|skipped|flaky|todo)\b[^\n]*$/gm);
  if (found.length === 0) return null;
  const of = (word: string): number => found.reduce((sum, [, n, w]) => (w === word ? sum + number(n) : sum), 0);
  return [{ passed: of('passed') + of('flaky'), failed: of('failed'), skipped: of('skipped'), todo: of('todo') }];
}

/** Each knows its runner by words that others do not use, so that all may be asked. */
const runners: readonly Reader[] = [
  nodeTest,
  mocha,
  mochaJson,
  jestJson,
  jest,
  bun,
  pytest,
  unittest,
  go,
  goJson,
  cargo,
  rspec,
  phpunit,
  dotnet,
  surefire,
  gradle,
];

/** Asked when none of the runners speaks: what these look for stands in the output of many. */
function leftover(text: string): readonly Part[] | null {
  return tap(text) ?? dots(text) ?? lines(text);
}

/** Tasks whose replay matters; a build that comes from a cache says nothing about the tests. */
const CHECKING = /test|spec|check|verify|e2e|lint/i;

/** Whether a build tool, or the runner itself, shows a result that it kept from an earlier run. */
function replayedIn(text: string): TestCounts['replayed'] {
  const marks: boolean[] = [];
  for (const [, task = '', what] of all(text, /^(\S+): cache (hit|miss|bypass)\b/gm))
    if (CHECKING.test(task)) marks.push(what === 'hit');
  if (marks.length === 0) {
    const turbo = /^[ \t]*Cached:[ \t]+(\d+) cached, (\d+) total/m.exec(text);
    if (turbo) marks.push(...shares(number(turbo[1]), number(turbo[2])));
  }
  const tasks = all(
    text,
    /^[ \t]*(?:>|✔|✓)?[ \t]*nx run (\S+)(?:[ \t]+\[(existing outputs match the cache|local cache|remote cache).*)?$/gm,
  ).filter(([, task = '']) => CHECKING.test(task));
  const nx = /Nx read the output from the cache instead of running the command for (\d+) out of (\d+) tasks?/.exec(
    text,
  );
  if (tasks.length > 0) marks.push(...tasks.map(([, , kept]) => kept !== undefined));
  else if (nx) marks.push(...shares(number(nx[1]), number(nx[2])));
  for (const [, mark, rest = ''] of all(text, GO_PACKAGE))
    if (mark === 'ok' && !rest.includes('[no test')) marks.push(rest.includes('(cached)'));
  for (const state of gradleTasks(text)) if (!/NO-SOURCE|SKIPPED/.test(state)) marks.push(state !== '');
  const own = all(text, /^.*\((?:cached|from cache)\).*$/gim).filter(
    ([line = '']) => /\bpass|\bok\b/i.test(line) && !/^ok {2}/.test(line),
  );
  if (marks.length === 0 && own.length > 0) return 'all';
  if (!marks.includes(true)) return null;
  return marks.includes(false) ? 'some' : 'all';
}

function shares(kept: number, total: number): boolean[] {
  return [...(kept > 0 ? [true] : []), ...(kept < total ? [false] : [])];
}
