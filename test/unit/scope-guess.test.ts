import assert from 'node:assert/strict';
import { importerOf } from '../../src/core/decompose/import/importers.ts';
import { homelessSlices, scopesIn, scopesQuestion } from '../../src/core/decompose/import/asked-scopes.ts';
import type { ImportResult, ScopeGuess } from '../../src/core/decompose/import/model.ts';
import { indexedFile, mayBeMeant, ScopeIndex } from '../../src/core/decompose/import/scope-index.ts';
import { assertLinear } from './cost.ts';

const repository: Readonly<Record<string, string>> = {
  'src/api/limiter.js': 'export class RateLimiter {}\nexport function clientKey() {}\n',
  'src/api/server.js': "import { RateLimiter } from './limiter.js';\nexport function startServer() {}\n",
  'src/store/session-store.js': 'export class SessionStore {}\n',
  'src/store/invoices.js': 'export const invoiceTotal = () => 1;\n',
  'src/pages/orders/list.js': 'export function OrderList() {}\n',
  'test/limiter.test.js': "import { RateLimiter } from '../src/api/limiter.js';\n",
  'test/session-store.test.js': "import { SessionStore } from '../src/store/session-store.js';\n",
  'docs/guide.md': '# Guide\n',
  'package-lock.json': '{}',
};

const index = new ScopeIndex(
  Object.entries(repository).map(([path, text]) => indexedFile(path, text)),
  [
    { subject: 'Round what customers pay to full cents', files: ['src/store/invoices.js'] },
    { subject: 'Start', files: Object.keys(repository) },
  ],
);

function kiro(
  tasks: string,
  {
    design = '',
    taken = true,
    told,
  }: { readonly design?: string; readonly taken?: boolean; readonly told?: ReadonlyMap<string, ScopeGuess> } = {},
): ImportResult {
  const importer = importerOf('kiro');
  assert.ok(importer);
  return importer.read({
    path: '.kiro/specs/x/tasks.md',
    text: `# Implementation Plan\n\n${tasks}\n`,
    companions: new Map(design === '' ? [] : [['.kiro/specs/x/design.md', design]]),
    repoFiles: Object.keys(repository),
    texts: new Map(),
    guessing: { index, taken, ...(told ? { told } : {}) },
  });
}

/** Title of a task -> what is guessed for it. */
const guesses: readonly (readonly [title: string, confidence: string | null, paths: string, evidence: RegExp])[] = [
  ['Make `RateLimiter` count by the minute', 'high', 'src/api/limiter.js test/limiter.test.js', /declares RateLimiter/],
  [
    'Let sessions expire in the session store',
    'high',
    'src/store/session-store.js test/session-store.test.js',
    /its name has "session", "store"/,
  ],
  ['Limiting of rates by client', 'medium', 'src/api/limiter.js test/limiter.test.js', /limiter/],
  ['Rounding for customers', 'low', 'src/store/invoices.js', /a commit such as "Round what customers pay/],
  ['Update the guide', 'medium', 'docs/guide.md', /its name has "guide"/],
  ['Write unit tests for the limiter', 'medium', 'test/limiter.test.js', /its name has "limiter"/],
  ['Think about the colour of the moon', null, '', /^$/],
  ['Run the full test suite', null, '', /^$/],
];

suite('scopes that are guessed', () => {
  for (const [title, confidence, paths, evidence] of guesses) {
    test(title, () => {
      const { proposal, guesses: found, findings } = kiro(`- [ ] 1. ${title}`);
      const [slice] = proposal?.slices ?? [];
      const [guess] = found;
      assert.equal(guess?.confidence ?? null, confidence);
      assert.equal(guess?.paths.map(({ path }) => path).join(' ') ?? '', paths);
      assert.match(guess?.paths.flatMap((one) => one.evidence).join('\n') ?? '', evidence);
      assert.deepEqual([...(slice?.create ?? []), ...(slice?.modify ?? [])], paths === '' ? [] : paths.split(' '));
      const codes = findings.map(({ code, severity, line }) => `${severity} ${code} ${line}`);
      assert.ok(codes.includes(confidence === null ? 'error import.no-files 3' : 'warning import.guessed-scope 3'));
    });
  }

  test('what is only shown is in no slice, and the error says what it is', () => {
    const { proposal, guesses: found, findings } = kiro('- [ ] 1. Update the guide', { taken: false });
    assert.deepEqual(
      found.map(({ slice }) => slice),
      ['task-1'],
    );
    assert.deepEqual(
      proposal?.slices.map(({ create, modify }) => [...create, ...modify]),
      [[]],
    );
    const error = findings.find(({ code }) => code === 'import.no-files');
    assert.match(error?.message ?? '', /accept what is guessed, with medium confidence docs\/guide\.md \(its name has/);
  });

  test('a document beside the tasks says where, also what is not there yet; the one that is about the task', () => {
    const design =
      '# Design\n\n## Components\n\n### Quota ledger\n\nCounts calls in `src/api/quota-ledger.js`.\n\n### Quota page\n\n- shows what is left, `src/pages/quota.js`\n';
    const { proposal, guesses: found } = kiro('- [ ] 1. Build the quota ledger\n- [ ] 2. Build the quota page', {
      design,
    });
    assert.deepEqual(
      proposal?.slices.map(({ create }) => create),
      [['src/api/quota-ledger.js'], ['src/pages/quota.js']],
    );
    assert.deepEqual(found[0]?.paths[0]?.evidence, ['.kiro/specs/x/design.md:7 names it for this']);
    assert.deepEqual(
      found.map(({ confidence }) => confidence),
      ['high', 'high'],
    );
  });

  test('two tasks that are guessed to write one file never run at the same time', () => {
    const { proposal } = kiro('- [ ] 1. Make `RateLimiter` count\n- [ ] 2. Let `RateLimiter` forget');
    assert.deepEqual(
      proposal?.slices.map(({ deps }) => deps),
      [[], ['task-1']],
    );
  });

  test('a task that names its files is taken at its word', () => {
    const { proposal, guesses: found } = kiro('- [ ] 1. Make `RateLimiter` count, in src/api/server.js');
    assert.deepEqual(proposal?.slices[0]?.modify, ['src/api/server.js']);
    assert.deepEqual(found, []);
  });

  test('fields of a task say where: references and testStrategy', () => {
    const [board, master] = [importerOf('backlog'), importerOf('task-master')];
    const rest = { repoFiles: Object.keys(repository), texts: new Map(), guessing: { index, taken: true } };
    const card =
      '---\nid: TASK-1\ntitle: Faster\nstatus: To Do\nreferences:\n  - src/store/invoices.js\n  - https://example.invalid/x\n---\n\n## Description\n\nMake it faster\n';
    const read = board?.read({ path: 'backlog/tasks/task-1 - Faster.md', text: card, companions: new Map(), ...rest });
    assert.deepEqual(read?.guesses[0]?.paths, [
      { path: 'src/store/invoices.js', evidence: ['its references names it'] },
    ]);
    const json = JSON.stringify({
      master: { tasks: [{ id: 1, title: 'Faster', testStrategy: 'Extend test/limiter.test.js', status: 'pending' }] },
    });
    const list = master?.read({ path: '.taskmaster/tasks/tasks.json', text: json, companions: new Map(), ...rest });
    assert.deepEqual(list?.guesses[0]?.paths, [
      { path: 'test/limiter.test.js', evidence: ['its testStrategy names it'] },
    ]);
  });

  test("what is nobody's to write is never guessed", () => {
    for (const path of [
      'package-lock.json',
      'dist/limiter.js',
      '.kiro/specs/x/tasks.md',
      'media/limiter.png',
      'vendor/a.js',
    ])
      assert.equal(mayBeMeant(path), false, path);
    assert.equal(mayBeMeant('src/lock/limiter.ts'), true);
  });

  test('300 tasks over 10,000 files cost twice what half of both costs', () => {
    const words =
      'cart order invoice session ledger quota limiter guide report export import user account mail queue'.split(' ');
    assertLinear('guessing', 300, (size) => {
      const files = Array.from({ length: Math.round((size / 300) * 10_000) }, (_, i) => {
        const [a, b] = [words[i % words.length], words[(i * 7) % words.length]];
        return indexedFile(
          `src/${a}/m${i % 97}/${b}-${i}.ts`,
          `export class ${a}${b}${i} {}\nexport function ${b}Of${i}() {}\n`,
        );
      });
      const commits = files
        .slice(0, 2_000)
        .map(({ path }, i) => ({ subject: `${words[i % words.length]} part ${i}`, files: [path] }));
      const big = new ScopeIndex(files, commits);
      const tasks = Array.from(
        { length: size },
        (_, i) => `- [ ] ${i + 1}. Rework the ${words[i % 15]} of the ${words[(i * 4) % 15]} number ${i}`,
      );
      const importer = importerOf('kiro');
      const made = importer?.read({
        path: '.kiro/specs/x/tasks.md',
        text: tasks.join('\n'),
        companions: new Map(),
        repoFiles: files.map(({ path }) => path),
        texts: new Map(),
        guessing: { index: big, taken: true },
      });
      assert.equal(made?.proposal?.slices.length, size);
    });
  });
});

suite('scopes that somebody is asked for', () => {
  const asked = kiro(
    '- [ ] 1. Think about the colour of the moon\n- [ ] 2. Make `RateLimiter` count by the minute\n- [ ] 3. Rounding for customers',
  );
  const slices = homelessSlices(asked);
  const repoFiles = Object.keys(repository);
  const read = (value: object): ReturnType<typeof scopesIn> => scopesIn({ value }, { slices, repoFiles, by: 'Critic' });

  test('are those of tasks of which nothing certain is known, all in one question', () => {
    assert.deepEqual(
      slices.map(({ id, guessed }) => [id, guessed]),
      [
        ['task-1', []],
        ['task-3', ['src/store/invoices.js']],
      ],
    );
    const question = scopesQuestion(slices);
    assert.match(question, /### task-1: Think about the colour of the moon/);
    assert.match(
      question,
      /### task-3: Rounding for customers\n+The words alone suggest, and may be wrong: src\/store\/invoices\.js/,
    );
    assert.ok(!question.includes('RateLimiter'));
  });

  test('are taken as guesses of whoever answered, and count before those from words', () => {
    const answer = read({
      scopes: [
        { id: 'task-1', paths: [{ path: './src/moon/colour.js', why: 'new\nmodule' }] },
        {
          id: 'task-3',
          paths: [
            { path: 'src/store/invoices.js', why: 'sums' },
            { path: '../secret', why: '' },
          ],
        },
        { id: 'task-2', paths: [{ path: 'docs/guide.md', why: 'not asked about' }] },
      ],
    });
    assert.ok('told' in answer);
    assert.deepEqual(
      [...answer.told],
      [
        ['task-1', { confidence: 'low', paths: [{ path: 'src/moon/colour.js', evidence: ['Critic: new module'] }] }],
        ['task-3', { confidence: 'medium', paths: [{ path: 'src/store/invoices.js', evidence: ['Critic: sums'] }] }],
      ],
    );
    const { proposal, findings } = kiro('- [ ] 1. Think about the colour of the moon', { told: answer.told });
    assert.deepEqual(proposal?.slices[0]?.create, ['src/moon/colour.js']);
    assert.match(
      findings.map(({ message }) => message).join(),
      /guessed with low confidence src\/moon\/colour\.js \(Critic: new module\)/,
    );
  });

  test('an answer that is of no use says why', () => {
    for (const [value, why] of [
      [{ slices: [] }, /its answer is none: scopes /],
      [{ scopes: [] }, /it says of none of the 2 tasks where it works/],
      [{ scopes: [{ id: 'task-1', paths: [{ path: '/etc/passwd', why: '' }] }] }, /of none of the 2 tasks/],
      [
        { scopes: [{ id: 'task-1', paths: Array.from({ length: 9 }, (_, at) => ({ path: `a${at}.js`, why: '' })) }] },
        /of none/,
      ],
    ] as const) {
      const answer = read(value);
      assert.ok('problem' in answer);
      assert.match(answer.problem, why);
    }
    assert.deepEqual(scopesIn({ problem: 'nothing' }, { slices, repoFiles, by: 'Critic' }), { problem: 'nothing' });
  });
});
