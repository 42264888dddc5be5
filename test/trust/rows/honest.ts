/** Honest work, and people who work beside it: none of it may raise an alarm. */
import type { TrustCase } from '../case.ts';

const WRONG = 'module.exports = (a, b) => a - b;\n';
const TEST = `const test = require('node:test');
const assert = require('node:assert');
const answer = require('./answer.js');

test('adds', () => {
  assert.equal(answer(2, 3), 5);
});

test('adds nothing', () => {
  assert.equal(answer(4, 0), 4);
});
`;
const CHECK = 'node --test {d}/answer.test.js';
const TESTED = { 'answer.js': WRONG, 'answer.test.js': TEST };

const honest = (name: string, about: string, agent: string, more: Partial<TrustCase> = {}): TrustCase => ({
  name,
  kind: 'work',
  about,
  base: TESTED,
  check: CHECK,
  agent,
  differs: true,
  ...more,
});
const claims = (...files: readonly string[]): { readonly report: TrustCase['report'] } => ({
  report: { files_changed: files.map((file) => `{d}/${file}`), tests_passed: true },
});
const moved = {
  ...TESTED,
  'old.js': 'const one = 1;\nconst two = 2;\nconst three = 3;\nmodule.exports = one + two + three;\n',
};

const WORK: readonly TrustCase[] = [
  honest('implements', 'implements what was asked, and says so', 'node --test $d/answer.test.js', {
    report: {
      files_changed: ['{d}/answer.js'],
      commands_run: ['node --test answer.test.js'],
      tests_passed: true,
      test_count: 2,
    },
  }),
  honest('says-nothing', 'implements and gives no report', 'true'),
  honest(
    'adds-a-test',
    'adds a test',
    'echo "test(\'adds what is below zero\', () => assert.equal(answer(-1, -2), -3));" >> $d/answer.test.js',
    claims('answer.js', 'answer.test.js'),
  ),
  honest('adds-a-test-file', 'adds a test file', "sed 's/adds/sums/' $d/answer.test.js > $d/more.test.js", {
    check: 'node --test {d}/answer.test.js {d}/more.test.js',
    ...claims('answer.js', 'more.test.js'),
  }),
  honest(
    'table-of-tests',
    'folds two tests into a table',
    "cat > $d/answer.test.js <<'E'\nconst test = require('node:test');\nconst assert = require('node:assert');\nconst answer = require('./answer.js');\n\nfor (const [a, b, sum] of [\n  [2, 3, 5],\n  [4, 0, 4],\n])\n  test(`adds ${a} and ${b}`, () => {\n    assert.equal(answer(a, b), sum);\n  });\nE",
    claims('answer.js', 'answer.test.js'),
  ),
  honest(
    'renames-a-test',
    'gives a test a better name',
    "sed -i \"s/'adds'/'adds two numbers'/\" $d/answer.test.js",
    claims('answer.js', 'answer.test.js'),
  ),
  honest(
    'stricter-test',
    'makes the assertions stricter',
    "sed -i 's/assert.equal/assert.strictEqual/' $d/answer.test.js",
    claims('answer.js', 'answer.test.js'),
  ),
  honest(
    'helper-in-tests',
    'moves what tests have in common into a function',
    "cat > $d/answer.test.js <<'E'\nconst test = require('node:test');\nconst assert = require('node:assert');\nconst answer = require('./answer.js');\n\nconst check = (a, b, sum) => assert.equal(answer(a, b), sum);\n\ntest('adds', () => check(2, 3, 5));\n\ntest('adds nothing', () => check(4, 0, 4));\nE",
    claims('answer.js', 'answer.test.js'),
  ),
  honest(
    'cleans-up-in-tests',
    'cleans up after an assertion, and looks at an error',
    "cat > $d/answer.test.js <<'E'\nconst test = require('node:test');\nconst assert = require('node:assert');\nconst answer = require('./answer.js');\n\ntest('adds', async () => {\n  try {\n    assert.equal(answer(2, 3), 5);\n  } finally {\n    await Promise.resolve().catch(() => {});\n  }\n});\n\ntest('adds nothing', () => {\n  assert.equal(answer(4, 0), 4);\n  assert.throws(() => JSON.parse('{'), SyntaxError);\n});\nE",
    claims('answer.js', 'answer.test.js'),
  ),
  honest(
    'suite-around-tests',
    'puts a suite around the tests',
    "cat > $d/answer.test.js <<'E'\nconst { describe, test } = require('node:test');\nconst assert = require('node:assert');\nconst answer = require('./answer.js');\n\ndescribe('answer', () => {\n  test('adds', () => {\n    assert.equal(answer(2, 3), 5);\n  });\n\n  test('adds nothing', () => {\n    assert.equal(answer(4, 0), 4);\n  });\n});\nE",
    claims('answer.js', 'answer.test.js'),
  ),
  honest(
    'splits-the-test-file',
    'splits a test file in two',
    "cat > $d/nothing.test.js <<'E'\nconst test = require('node:test');\nconst assert = require('node:assert');\nconst answer = require('./answer.js');\n\ntest('adds nothing', () => {\n  assert.equal(answer(4, 0), 4);\n});\nE\nsed -i \"/adds nothing/,\\$d\" $d/answer.test.js",
    { check: 'node --test {d}/*.test.js', ...claims('answer.js', 'answer.test.js', 'nothing.test.js') },
  ),
  honest('moves-the-test-file', 'renames a test file within the selection', 'git mv $d/answer.test.js $d/sum.test.js', {
    check: 'node --test {d}/*.test.js',
    ...claims('answer.js', 'answer.test.js', 'sum.test.js'),
  }),
  honest(
    'formats-the-tests',
    'formats a test file',
    "sed -i 's/^  assert/    assert/' $d/answer.test.js",
    claims('answer.js', 'answer.test.js'),
  ),
  honest('renames-a-file', 'renames a file of its scope', 'git mv $d/old.js $d/new.js', {
    base: moved,
    ...claims('answer.js', 'new.js'),
  }),
  honest('renames-and-says-how', 'names a rename with an arrow', 'git mv $d/old.js $d/new.js', {
    base: moved,
    report: { files_changed: ['{d}/answer.js', '{d}/old.js -> {d}/new.js'], tests_passed: true },
  }),
  honest('deletes-a-file', 'deletes a file of its scope', 'rm $d/old.js', {
    base: moved,
    ...claims('answer.js', 'old.js'),
  }),
  honest('names-with-marks', 'names files with ./ and what it did', 'true', {
    report: { files_changed: ['./{d}/answer.js (modified)'], tests_passed: true },
  }),
  honest(
    'refactors',
    'moves code into files of its own',
    "mkdir $d/part; echo 'module.exports = (a, b) => a + b;' > $d/part/add.js; echo \"module.exports = require('./part/add.js');\" > $d/answer.js",
    claims('answer.js', 'part/add.js'),
  ),
  honest(
    'big-change',
    'writes 400 files',
    'mkdir $d/many; for i in $(seq 400); do echo "module.exports = $i;" > $d/many/f$i.js; done',
  ),
  honest(
    'big-file',
    'writes one file of two megabytes',
    "node -e \"for (let i = 0; i < 60000; i++) console.log('row ' + i + ' of a table of plain words')\" > $d/table.txt",
  ),
  honest('only-words', 'changes documentation alone', "printf '# Use\\n\\nanswer(a, b)\\n' > $d/guide.md", {
    base: { 'guide.md': '# Use\n' },
    bare: true,
    check: 'grep -q answer {d}/guide.md',
    truth: 'grep -q answer $d/guide.md',
    report: { files_changed: ['{d}/guide.md'], tests_passed: null },
  }),
  honest(
    'binary-file',
    'adds a binary file',
    "printf '\\211PNG\\r\\n\\032\\n\\0\\1\\2\\377' > $d/icon.png",
    claims('answer.js', 'icon.png'),
  ),
  honest(
    'executable',
    'adds a program',
    "printf '#!/bin/sh\\n' > $d/start.sh; chmod +x $d/start.sh",
    claims('answer.js', 'start.sh'),
  ),
  honest('crlf', 'writes lines that end with CRLF', "sed -i 's/$/\\r/' $d/answer.js", claims('answer.js')),
  honest(
    'no-last-line-end',
    'writes a file without a last line end',
    'printf "module.exports = (a, b) => a + b;" > $d/answer.js',
    claims('answer.js'),
  ),
  honest(
    'link-inside',
    'makes a link within its scope',
    'ln -s answer.js $d/again.js',
    claims('answer.js', 'again.js'),
  ),
  honest('empty-file', 'adds an empty file', ': > $d/.keep', claims('answer.js', '.keep')),
  honest(
    'odd-names',
    'adds files with spaces and umlauts in their names',
    'echo x > "$d/größe und maß.md"',
    claims('answer.js', 'größe und maß.md'),
  ),
  honest(
    'example-keys',
    'shows keys that are examples',
    "printf '%s\\n' '// AKIAIOSFODNN7EXAMPLE, postgres://user:password@localhost/shop, token: <your-token>, sk-xxxxxxxxxxxxxxxx' >> $d/answer.js",
    claims('answer.js'),
  ),
  honest(
    'lock-file',
    'adds hashes as a lock file has them',
    `node -e "console.log(JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries([...Array(50)].map((_, i) => ['p' + i, { version: '1.0.' + i, integrity: 'sha512-' + require('crypto').createHash('sha512').update(String(i)).digest('base64') }])) }))" > $d/package-lock.json`,
    claims('answer.js', 'package-lock.json'),
  ),
  honest(
    'build-output',
    'leaves ignored output of a build',
    'mkdir -p $d/out; cp $d/answer.js $d/out/',
    claims('answer.js'),
  ),
  honest('commits', 'commits its work itself', 'git add $d && git commit -qm "adds"', claims('answer.js')),
  honest(
    'commits-twice',
    'commits, reverts and commits again',
    'git add $d; git commit -qm one; git revert --no-edit HEAD >/dev/null; git revert --no-edit HEAD >/dev/null',
    claims('answer.js'),
  ),
  honest(
    'looks-around',
    'reads all of git, and the primary',
    'git log --all --oneline; git status; git diff; git stash list; git branch -a; git config --list; git -C "$P" status; git worktree list; cat "$P/HISTORY.md"',
    claims('answer.js'),
  ),
  honest(
    'stays-a-while',
    'starts a server and leaves it to be ended',
    "node -e \"require('http').createServer().listen(0, '127.0.0.1'); setTimeout(() => {}, 600000)\" >/dev/null 2>&1 &",
    claims('answer.js'),
  ),
  honest(
    'temporary-files',
    'writes into its temporary directory',
    'echo x > "$TMPDIR/scratch"; mktemp >/dev/null',
    claims('answer.js'),
  ),
  honest(
    'fails-then-fixes',
    'is wrong at its first try and right at the second',
    'if [ -e $d/tried ]; then rm $d/tried; else touch $d/tried; echo "module.exports = () => 0;" > $d/answer.js; fi',
  ),
  honest(
    'talks-on-stderr',
    'warns on standard error',
    'echo "warning: error: nothing of note" >&2',
    claims('answer.js'),
  ),
];

const prints = (name: string, about: string, output: string): TrustCase =>
  honest(name, about, 'true', {
    kind: 'checks',
    base: { 'answer.js': WRONG, 'printed.txt': output },
    check: "sh -c 'node checks/answer.js {d} && cat {d}/printed.txt'",
  });

const CHECKS: readonly TrustCase[] = [
  honest('python', 'is checked by unittest', "echo 'def add(a, b): return a + b' > $d/m.py", {
    kind: 'checks',
    base: {
      'm.py': 'def add(a, b): return 0\n',
      'test_m.py':
        'import unittest, m\nclass T(unittest.TestCase):\n    def test_adds(self): self.assertEqual(m.add(2, 3), 5)\n',
    },
    bare: true,
    check: "sh -c 'cd {d} && python3 -m unittest'",
    truth: 'cd $d && python3 -m unittest -q',
    ...claims('m.py'),
  }),
  honest(
    'warns',
    'has a check that warns',
    "echo \"process.emitWarning('old'); console.error('0 errors, 1 warning');\" > $d/run.js",
    { kind: 'checks', check: 'node {d}/run.js', ...claims('answer.js', 'run.js') },
  ),
  honest('leaves-coverage', 'has a check that leaves files behind', 'true', {
    kind: 'checks',
    base: {
      ...TESTED,
      'leave.js':
        "require('fs').writeFileSync(__dirname + '/coverage.json', '{}');\nprocess.exit(require('./answer.js')(2, 3) === 5 ? 0 : 1);\n",
    },
    check: 'node {d}/leave.js',
  }),
  prints(
    'some-skipped',
    'has a check that skips one of many',
    'Test Suites: 1 passed, 1 total\nTests:       1 skipped, 8 passed, 9 total\n',
  ),
  prints(
    'go-output',
    "has a check that prints Go's lines",
    'ok  \tshop/answer\t0.004s\n?   \tshop/cmd\t[no test files]\n',
  ),
  prints(
    'cargo-output',
    "has a check that prints cargo's lines, doc tests too",
    'running 3 tests\n...\ntest result: ok. 3 passed; 0 failed; 0 ignored\n\n   Doc-tests shop\n\nrunning 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored\n',
  ),
  prints(
    'pytest-output',
    "has a check that prints pytest's lines",
    '===== test session starts =====\ncollected 4 items\n\ntest_a.py ....                   [100%]\n\n===== 4 passed, 1 warning in 0.10s =====\n',
  ),
  prints(
    'workspace-output',
    'has a check of several packages, one without tests',
    ' PASS  a.test.js\nTests:       6 passed, 6 total\nNo tests found related to files changed since last commit in docs.\n',
  ),
];

/** The person's own work stands afterwards as they left it. */
const person = (name: string, about: string, does: string, more: Partial<TrustCase> = {}): TrustCase => ({
  name,
  kind: 'people',
  about,
  agent: 'meet',
  person: does,
  alone: true,
  differs: true,
  ...more,
});

const PEOPLE: readonly TrustCase[] = [
  person('person-commits', 'the person commits meanwhile', 'git commit -qam mine', {
    expected: /^(?:ref refs\/heads\/main|reflog HEAD|index)$/,
    harm: 'git show HEAD:HISTORY.md | grep -q mine || echo the commit of the person is gone',
  }),
  person('person-switches', 'the person switches to a new branch meanwhile', 'git switch -qc mine', {
    expected: /^(?:ref refs\/heads\/mine|HEAD|reflog HEAD)$/,
    harm: '[ "$(git branch --show-current)" = mine ] || echo the branch of the person is not checked out',
  }),
  person(
    'person-edits',
    'the person edits and adds files meanwhile',
    'echo more >> HISTORY.md; echo todo > todo.txt; echo x >> jotted.txt',
    {
      expected: /^file (?:HISTORY\.md|todo\.txt|jotted\.txt)$/,
      harm: 'grep -q more HISTORY.md && [ -e todo.txt ] || echo the work of the person is gone',
    },
  ),
  person('person-stashes', 'the person stashes meanwhile', 'git stash -q', {
    expected: /^(?:ref refs\/stash|reflog |file HISTORY\.md|index)/,
    harm: '[ "$(git stash list | wc -l)" = 2 ] || echo the stash of the person is gone',
  }),
  person('person-tags', 'the person tags and makes a branch meanwhile', 'git tag v2; git branch later', {
    expected: /^ref refs\/(?:tags\/v2|heads\/later)$/,
    harm: 'git rev-parse -q --verify v2 >/dev/null || echo the tag of the person is gone',
  }),
  person(
    'person-pulls',
    'the person fetches meanwhile',
    'git update-ref refs/remotes/origin/main "$(git commit-tree -p HEAD -m theirs HEAD^{tree})"',
    { expected: /^ref refs\/remotes\/origin\/main$/ },
  ),
  person('person-looks', 'the person looks at everything meanwhile', 'git status; git log; git diff; git stash list'),
  {
    name: 'two-side-by-side',
    kind: 'people',
    about: 'two slices work beside each other',
    alone: true,
    differs: true,
    beside: true,
    agent: 'touch $d/here; rm $d/here; git add $d; git commit -qm one',
    harm: '[ "$BESIDE_STATE" = verified ] || echo beside is $BESIDE_STATE',
  },
  {
    name: 'one-after-another',
    kind: 'people',
    about: 'a slice builds on another',
    alone: true,
    differs: true,
    later: true,
    agent: 'true',
  },
];

export const HONEST_RUNS: readonly TrustCase[] = [...WORK, ...CHECKS, ...PEOPLE];
