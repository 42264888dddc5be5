import { languageOf } from '../code/languages.ts';
import type { TestCase, TestFile, TestReader } from '../code/tests.ts';
import type { ChangedText } from './changed-text.ts';
import type { Doubt, DoubtKind, DoubtPlace } from '../run/doubt.ts';
import { checkAwareDoubts } from './check-aware.ts';
import { lineDoubts } from './test-lines.ts';
import { shortened } from '../text/printing.ts';

export interface TestChanges {
  readonly doubts: readonly Doubt[];
  /** Whether tests changed, all of them were read, and none lost an assertion: then fewer tests are a tidier file. */
  readonly keptAll: boolean;
}

/** Whether runners look for tests in a file, by the conventions of the languages that can be read. */
export function isTestPath(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (
    /[._-](?:test|tests|spec|specs|e2e)\.[cm]?[jt]sx?$/i.test(name) ||
    /^(?:test[_-].*|.*[_-]tests?|test|tests|conftest)\.py$/.test(name) ||
    /_test\.(?:go|rb|exs?)$|_spec\.rb$|^test_.*\.rb$/.test(name) ||
    /(?:Test|Tests|TestCase|IT|Spec|Specs)\.(?:java|kt|cs|php|scala)$/.test(name) ||
    (/(?:^|\/)(?:__tests__|tests?|specs?|e2e)\//i.test(path) &&
      /\.(?:[cm]?[jt]sx?|py|go|rb|rs|java|cs|php)$/.test(name))
  );
}

const SNAPSHOT =
  /(?:^|\/)__snapshots__\/|\.snap$|\.ambr$|\.approved\.\w+$|\.verified\.\w+$|(?:^|\/)__image_snapshots__\//;

/** Files that tests compare with, by where they stand. */
const GOLDEN =
  /(?:^|\/)(?:golden|goldens|expected|expectations?|baselines?|approved|testdata|fixtures)\/|\.golden(?:\.\w+)?$|[._-]expected\.\w+$|(?:^|\/)expected[._-][\w.-]+$/i;

/** Pictures and the like, of which there is no text to compare. */
export function unreadSnapshots(
  changes: readonly { readonly path: string; readonly change: string }[],
  read: readonly ChangedText[],
): Doubt[] {
  const known = new Set(read.map(({ path }) => path));
  return changes.flatMap(({ path, change }) =>
    change !== 'added' && !known.has(path) && (SNAPSHOT.test(path) || GOLDEN.test(path))
      ? [one('expectation-changed', 'a file that tests compare with is another now', path)]
      : [],
  );
}

interface Side {
  readonly path: string;
  readonly file: TestFile;
  readonly text: string;
}

/**
 * What a diff does to tests, as doubts to confirm. Tests that are new, renamed, moved, split, folded into a table or
 * written otherwise with the same expectations raise none. `files` are all changed files; of those that are no tests only
 * the way they know of a check is looked at.
 */
export function testChanges(files: readonly ChangedText[], reader: TestReader | null): TestChanges {
  const doubts: Doubt[] = [];
  const before: Side[] = [];
  const after: Side[] = [];
  let unread = false;
  for (const file of files) {
    const was = file.before !== null && isTestFile(file.from, file.before);
    const is = file.after !== null && isTestFile(file.path, file.after);
    if (was && file.before !== null && file.after !== null && !is && !isTestFile(file.path, file.after))
      doubts.push(
        one('test-removed', `${file.from} is called ${file.path} now, where no test is looked for`, file.path),
      );
    const read = (path: string, text: string, into: Side[]): void => {
      const found = reader?.readTests(path, text) ?? null;
      if (found) into.push({ path, file: found, text });
      else unread = true;
    };
    if (was && file.before !== null) read(file.from, file.before, before);
    if (is && file.after !== null) read(file.path, file.after, after);
    if (was && file.after === null && !before.some((side) => side.path === file.from))
      doubts.push(one('test-removed', `the tests in ${file.from} were deleted`, file.from));
    doubts.push(...snapshotDoubts(file), ...checkAwareDoubts(file, was || is), ...lineDoubts(file, was || is));
  }
  const comparison = new Comparison(files, before, after);
  doubts.push(...comparison.doubts());
  return { doubts: gathered(doubts), keptAll: before.length > 0 && !unread && comparison.keptAll };
}

/** Whether {@link testChanges} asks its reader about any of these files: there is a grammar for no other. */
export function readsTests(files: readonly ChangedText[]): boolean {
  const reads = (path: string, text: string | null): boolean =>
    text !== null && languageOf(path) !== null && isTestFile(path, text);
  return files.some(({ from, path, before, after }) => reads(from, before) || reads(path, after));
}

/** Rust keeps tests in the file that they are about. */
function isTestFile(path: string, text: string): boolean {
  return isTestPath(path) || (path.endsWith('.rs') && /#\[(?:\w+::)*test\]/.test(text));
}

function one(kind: DoubtKind, summary: string, path: string, line: number | null = null): Doubt {
  return { kind, summary, severity: 'high', places: [{ path, line }] };
}

/** One doubt a kind and sentence, with all its places. */
function gathered(doubts: readonly Doubt[]): Doubt[] {
  const found = new Map<string, Doubt & { places: DoubtPlace[] }>();
  for (const doubt of doubts) {
    const key = `${doubt.kind} ${doubt.severity} ${doubt.summary}`;
    const known = found.get(key);
    if (known) known.places.push(...doubt.places);
    else found.set(key, { ...doubt, places: [...doubt.places] });
  }
  return [...found.values()];
}

interface Placed extends TestCase {
  readonly path: string;
}

const LITERAL =
  /(?<![\w.$])-?\d[\w.]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\b(?:true|false|null|nil|None|True|False|undefined)\b/g;

/** Literals of a text and how often each stands there; quotes of any kind are the same. */
function literals(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [literal] of text.matchAll(LITERAL)) {
    const plain = literal.replace(/^(["'`])(.*)\1$/s, '"$2"');
    found.set(plain, (found.get(plain) ?? 0) + 1);
  }
  return found;
}

/** What asserts, and what declares tests. */
const OF_RUNNERS = /^(?:assert|expect|chai|should|test|it|describe|suite|t)$/;

class Comparison {
  keptAll = true;
  readonly #files: readonly ChangedText[];
  readonly #before: ReadonlyMap<string, Side>;
  readonly #after: ReadonlyMap<string, Side>;
  /** By the path that a file had. */
  readonly #changed: ReadonlyMap<string, ChangedText>;
  /** Files that are no tests and are deleted. */
  readonly #deleted: ReadonlySet<string>;
  readonly #had: Map<string, number>;
  readonly #has: Map<string, number>;
  readonly #fewerAssertions: boolean;
  readonly #found: Doubt[] = [];

  constructor(files: readonly ChangedText[], before: readonly Side[], after: readonly Side[]) {
    this.#files = files;
    this.#before = new Map(before.map((side) => [side.path, side]));
    this.#after = new Map(after.map((side) => [side.path, side]));
    this.#changed = new Map(files.map((file) => [file.from, file]));
    this.#deleted = new Set(
      files.flatMap((file) => (file.after === null && !isTestPath(file.from) ? [stemOf(file.from)] : [])),
    );
    this.#had = literals(before.map((side) => side.text).join('\n'));
    this.#has = literals(after.map((side) => side.text).join('\n'));
    const sum = (sides: readonly Side[]): number =>
      sides.reduce((total, { file: { tests, hooked } }) => total + assertionsOf(tests) + hooked * tests.length, 0);
    this.#fewerAssertions = sum(after) < sum(before);
  }

  doubts(): readonly Doubt[] {
    const old = placed([...this.#before.values()]);
    const now = placed([...this.#after.values()]);
    const pairs = matched(old, now);
    const gone = old.filter((test) => !pairs.has(test));
    for (const [was, is] of pairs) this.#compare(was, is);
    const isFolded =
      now.some((test) => test.many) && now.filter((t) => t.many).length > old.filter((t) => t.many).length;
    const fewer = hasFewer(now, old);
    for (const test of gone) this.#judgeGone(test, isFolded, fewer, now.length > 0);
    this.#selections(old, now, pairs);
    for (const file of this.#files) {
      this.#standIns(file);
      this.#stubs(file);
    }
    this.#exits();
    return this.#found;
  }

  #add(
    kind: DoubtKind,
    summary: string,
    { path, line }: { readonly path: string; readonly line: number | null },
  ): void {
    this.keptAll = false;
    this.#found.push(one(kind, summary, path, line));
  }

  /** Literals of assertions that the changed tests as a whole hold less often than before. */
  #lost(assertions: readonly string[]): string[] {
    return [...literals(assertions.join('\n')).keys()].filter(
      (literal) => (this.#has.get(literal) ?? 0) < (this.#had.get(literal) ?? 0),
    );
  }

  #compare(was: Placed, is: Placed): void {
    if (was.state === 'runs' && (is.state === 'skipped' || is.state === 'todo'))
      this.#add('test-skipped', `the test ${quoted(is)} is ${is.state === 'todo' ? 'a todo' : 'skipped'} now`, is);
    if (is.condition !== null && was.condition === null)
      this.#add('test-skipped', `the test ${quoted(is)} is declared only under a condition now`, is);
    if (is.leavesAt !== null && was.leavesAt === null)
      this.#add('test-leaves-early', `the test ${quoted(is)} returns before its end now`, {
        path: is.path,
        line: is.leavesAt,
      });
    else if (is.mayLeaveAt !== null && was.mayLeaveAt === null && was.assertions.length > 0)
      this.#add('test-leaves-early', `the test ${quoted(is)} may return before its assertions now`, {
        path: is.path,
        line: is.mayLeaveAt,
      });
    if (is.inverted && !was.inverted) this.#add('test-weaker', `the test ${quoted(is)} has to fail now`, is);
    if (is.swallowedAt !== null && was.swallowedAt === null && was.assertions.length > 0) {
      this.#add('test-weaker', `what the assertions of the test ${quoted(is)} throw is dropped now`, {
        path: is.path,
        line: is.swallowedAt,
      });
      return;
    }
    if (was.assertions.length === 0) return;
    const wrapped = is.assertions.find(
      (assertion) =>
        /throw|raise|reject/i.test(assertion) &&
        was.assertions.some((other) => other !== assertion && other.length > 8 && assertion.includes(other)),
    );
    if (wrapped !== undefined && !was.assertions.includes(wrapped)) {
      this.#add('test-weaker', `the test ${quoted(is)} expects that its assertion fails now`, is);
      return;
    }
    const free = was.assertions.filter((assertion) => !was.guarded.includes(assertion));
    const tied = is.guarded.filter((assertion) => free.includes(assertion));
    if (tied.length > 0 && !is.many) {
      this.#add('test-weaker', `the test ${quoted(is)} asserts only under a condition now`, is);
      return;
    }
    const kept = new Set(is.assertions);
    const dropped = was.assertions.filter((assertion) => !kept.has(assertion));
    if (dropped.length === 0 && is.assertions.length >= was.assertions.length) return;
    if (is.assertions.length === 0 && this.#fewerAssertions) {
      this.#add('test-weaker', `the test ${quoted(is)} asserts nothing any more`, is);
      return;
    }
    const lost = this.#lost(dropped).filter((literal) => !isIn(is.body, literal));
    const fewer = is.assertions.length < was.assertions.length && !is.many;
    if (fewer && this.#fewerAssertions)
      this.#add(
        'test-weaker',
        `the test ${quoted(is)} has fewer assertions (${was.assertions.length} before, ${is.assertions.length} now)`,
        is,
      );
    else if (lost.length > 0)
      this.#add(
        'expectation-changed',
        `the test ${quoted(is)} expects something else now (${lost.slice(0, 3).join(', ')} is gone)`,
        is,
      );
    else if (dropped.length > 0 && dropped.every(isStrict) && is.assertions.every((a) => kept.has(a) && isVague(a)))
      this.#add('test-weaker', `the test ${quoted(is)} only asserts that something is there now`, is);
  }

  #judgeGone(test: Placed, isFolded: boolean, fewer: boolean, someLeft: boolean): void {
    // What was skipped ran nothing, and what tested nothing proves nothing when it goes.
    if (test.state !== 'runs' && test.state !== 'only') return;
    if (this.#subjectWent(test.path)) return;
    const lost = this.#lost(test.assertions);
    // A table names a value once that two tests named before.
    if (isFolded && test.assertions.length > 0 && lost.every((literal) => this.#has.has(literal))) return;
    const keeps = lost.length === 0 && !fewer;
    if (keeps && someLeft) return;
    const file = this.#changed.get(test.path);
    const whole = file?.after === null ? 'with its file ' : '';
    this.#add('test-removed', `the test ${quoted(test)} was deleted ${whole}`.trim(), {
      path: file?.after === null ? test.path : (file?.path ?? test.path),
      line: null,
    });
  }

  /** Whether what a test file was about is deleted in the same change. */
  #subjectWent(path: string): boolean {
    if (this.#deleted.has(stemOf(path))) return true;
    const imported = this.#before.get(path)?.file.imported.values() ?? [];
    return [...imported].some((origin) => this.#deleted.has(stemOf(origin)));
  }

  #selections(old: readonly Placed[], now: readonly Placed[], pairs: ReadonlyMap<Placed, Placed>): void {
    const wasOnly = new Set([...pairs].flatMap(([was, is]) => (was.state === 'only' ? [is] : [])));
    const siblings = now.length > 1 || old.length > 1;
    for (const test of now)
      if (test.state === 'only' && !wasOnly.has(test) && siblings)
        this.#add('selection-narrowed', `only ${quoted(test)} and its like run now (.only)`, test);
  }

  /** A name that was taken from a file and is made in the test file now; a file that others took is replaced by a mock. */
  #standIns({ from, path }: ChangedText): void {
    const was = this.#before.get(from)?.file;
    const is = this.#after.get(path)?.file;
    if (!was || !is) return;
    for (const [name, origin] of was.imported) {
      const line = is.declared.get(name);
      if (OF_RUNNERS.test(name) && line !== undefined && !was.declared.has(name) && !is.imported.has(name)) {
        this.#add('check-bent', `${name} is not taken from ${origin} any more but made in the test itself`, {
          path,
          line,
        });
        continue;
      }
      if (!origin.startsWith('.') && !/^[a-z_]\w*(?:\.\w+)*$/.test(origin)) continue;
      if (was.declared.has(name) || is.imported.has(name) || line === undefined) continue;
      this.#add('subject-replaced', `${name} is not taken from ${origin} any more but made in the test itself`, {
        path,
        line,
      });
    }
    const mocked = new Set(was.mocks.map((mock) => mock.text));
    const origins = new Set([...was.imported.values()].flatMap((origin) => [origin, stemOf(origin)]));
    const names = new Set(was.imported.keys());
    for (const mock of is.mocks) {
      if (mocked.has(mock.text)) continue;
      const parts = mock.text.split('.');
      const isTheirs = mock.text.startsWith('.')
        ? origins.has(mock.text) || origins.has(stemOf(mock.text))
        : parts.some((part) => names.has(part)) || origins.has(parts.slice(0, -1).join('.'));
      if (isTheirs)
        this.#add('subject-replaced', `a mock stands in for ${mock.text}, which the tests were about`, {
          path,
          line: mock.line,
        });
    }
  }

  /** A function of what the tests are about gets another answer while they run. */
  #stubs({ from, path }: ChangedText): void {
    const was = this.#before.get(from)?.file;
    const is = this.#after.get(path)?.file;
    if (!was || !is) return;
    const before = new Set(was.stubs.map(({ text }) => text));
    const local = [...was.imported.values()].filter((origin) => origin.startsWith('.'));
    const asserted = was.tests.flatMap(({ assertions }) => assertions).join('\n');
    // Assertions are kept without blanks: `assert total(1)` reads `asserttotal(1)`.
    const isAbout = (name: string): boolean => new RegExp(`(?:\\b|assert|not|await)${name}\\b`).test(asserted);
    for (const { text, line } of is.stubs) {
      if (before.has(text)) continue;
      const root = /^\w+/.exec(text)?.[0] ?? '';
      const origin = is.imported.get(root) ?? root;
      const taken = [...was.imported].flatMap(([name, from_]) => (from_ === origin ? [name] : []));
      const isTheirs =
        isAbout(root) ||
        taken.some(isAbout) ||
        (local.includes(origin) && (new Set(local).size === 1 || stemOf(origin) === stemOf(path)));
      if (isTheirs && !OF_RUNNERS.test(root))
        this.#add('subject-replaced', `${text}, which the tests are about, is replaced in the test`, { path, line });
    }
  }

  #exits(): void {
    for (const [from, file] of this.#changed) {
      const side = this.#after.get(file.path);
      if (!side) continue;
      const was = this.#before.get(from);
      if (side.file.exits.length <= (was?.file.exits.length ?? 0)) continue;
      const added = side.file.exits.at(-1);
      this.#add('check-bent', `the test file ends the process itself with ${added?.text ?? 'an exit'}`, {
        path: side.path,
        line: added?.line ?? null,
      });
    }
  }
}

/** Whether the first have fewer assertions than the second, all in all. */
function hasFewer(fewer: readonly TestCase[], more: readonly TestCase[]): boolean {
  return assertionsOf(fewer) < assertionsOf(more);
}

function assertionsOf(tests: readonly TestCase[]): number {
  return tests.reduce((total, test) => total + test.assertions.length, 0);
}

function placed(sides: readonly Side[]): Placed[] {
  return sides.flatMap(({ path, file }) => file.tests.map((test) => ({ ...test, path })));
}

/** Old tests with what became of them: by name, then by body, then by what they assert. Each is taken once. */
function matched(old: readonly Placed[], now: readonly Placed[]): Map<Placed, Placed> {
  const pairs = new Map<Placed, Placed>();
  const taken = new Set<Placed>();
  const keys: readonly ((test: Placed) => string | null)[] = [
    (test) => `${stemOf(test.path)}\0${test.name}`,
    (test) => test.name,
    (test) => (test.body === '' ? null : test.body),
    (test) => (test.assertions.length === 0 ? null : test.assertions.join('\n')),
  ];
  for (const key of keys) {
    const free = new Map<string, Placed[]>();
    for (const test of now) {
      const name = taken.has(test) ? null : key(test);
      if (name === null) continue;
      const same = free.get(name);
      if (same) same.push(test);
      else free.set(name, [test]);
    }
    for (const test of old) {
      const name = pairs.has(test) ? null : key(test);
      const found = name === null ? undefined : free.get(name)?.shift();
      if (!found) continue;
      pairs.set(test, found);
      taken.add(found);
    }
  }
  return pairs;
}

/** `sum` of `src/sum.test.js`, `./sum.js`, `test_sum.py`, `SumTest.java`. */
function stemOf(path: string): string {
  return path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.[cm]?[jt]sx?$|\.(?:py|go|rb|rs|java|cs|php|kt)$/, '')
    .replace(/[._-](?:tests?|specs?|e2e)$/i, '')
    .replace(/^tests?_/, '')
    .replace(/(?:Tests?|TestCase|IT|Spec)$/, '')
    .toLowerCase();
}

function quoted(test: TestCase): string {
  const name = test.name.replaceAll(/\s+/g, ' ');
  return `"${shortened(name, 60)}"`;
}

function isIn(body: string, literal: string): boolean {
  const plain = literal.replace(/^"(.*)"$/s, '$1').replaceAll(/\s+/g, '');
  return literals(body).has(literal) || (literal.startsWith('"') && plain !== '' && body.includes(plain));
}

const VAGUE =
  /toBeTruthy|toBeDefined|toBeFalsy|\.ok\(|isOk|isDefined|assertTrue\(True|assert\(true|assert\w*Not(?:Null|None|Equal)|notEqual|\.not\.|not_to|isinstance|instanceof|typeof|toBeInstanceOf|InstanceOf|doesNotThrow|expect\.any|be_truthy|be_a\b|is_(?:ok|some)\(\)/;
const isVague = (assertion: string): boolean => VAGUE.test(assertion);
const isStrict = (assertion: string): boolean =>
  !VAGUE.test(assertion) && /equal|toBe|toEqual|==|Equal|eq\b|eq!/i.test(assertion);

/** Entries of a snapshot that went or read otherwise now; new ones are what new tests bring. */
function snapshotDoubts({ path, from, before, after }: ChangedText): Doubt[] {
  const isSnapshot = SNAPSHOT.test(from);
  if (before === null || before === after || (!isSnapshot && (!GOLDEN.test(from) || isTestPath(from)))) return [];
  const what = isSnapshot ? 'a snapshot' : 'a file that tests compare with';
  if (after === null) return [one('expectation-changed', `${what} was deleted`, from)];
  const now = new Set(after.split('\n'));
  const lines = before.split('\n');
  const changed = lines.findIndex((line) => line.trim() !== '' && !now.has(line));
  return changed < 0 ? [] : [one('expectation-changed', `${what} holds something else now`, path, changed + 1)];
}
