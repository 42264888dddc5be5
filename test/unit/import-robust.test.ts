import assert from 'node:assert/strict';
import fc from 'fast-check';
import { importerFor, importerOf, importers } from '../../src/core/decompose/import/importers.ts';
import type { ImportInput, ImportResult } from '../../src/core/decompose/import/model.ts';
import { proposalSchema, type Proposal } from '../../src/core/plan/proposal.ts';
import { planned } from '../decompose-fixture.ts';
import { described, fixtureFiles, inputOf } from './import-fixture.ts';
import { assertLinear } from './cost.ts';

const inputs = (
  [
    ['spec-kit', 'spec-kit-albums', 'specs/001-photo-albums'],
    ['spec-kit', 'spec-kit-messy', 'specs/007-import/tasks.md'],
    ['openspec', 'openspec-recent-votes', 'openspec/changes/add-recent-votes'],
    ['kiro', 'kiro-uploads', '.kiro/specs/image-uploads'],
    ['task-master', 'task-master-tagged', '.taskmaster'],
    ['task-master', 'task-master-flat-messy', 'tasks/tasks.json'],
    ['backlog', 'backlog-board', 'backlog/tasks/task-2 - List-invoices.md'],
    ['backlog', 'backlog-board', 'backlog'],
    ['github-tasks', 'github-release', 'docs/issue-120.md'],
    ['github-tasks', 'github-messy', 'todo.md'],
  ] as const
).map(([id, fixture, named]) => ({ id, input: inputOf(fixtureFiles(fixture), named) }));

function input(path: string, text: string, more: Partial<ImportInput> = {}): ImportInput {
  return { path, text, companions: new Map(), repoFiles: [], texts: new Map(), ...more };
}

function read(id: string, given: ImportInput): ImportResult {
  const importer = importerOf(id);
  assert.ok(importer);
  return importer.read(given);
}

const codes = (result: ImportResult): string[] => result.findings.map((finding) => finding.code);

/** Whether `later` waits for `first`, at once or by way of others. */
function waits(proposal: Proposal, later: string, first: string): boolean {
  const deps = new Map(proposal.slices.map((slice) => [slice.id, slice.deps]));
  const seen = new Set<string>();
  const stack = [...(deps.get(later) ?? [])];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (at === first) return true;
    if (!seen.has(at)) stack.push(...(deps.get(at) ?? []));
    seen.add(at);
  }
  return false;
}

/** What must hold of every import, whatever was read. */
function sound(result: ImportResult, given: ImportInput): void {
  const { proposal, findings } = result;
  for (const finding of findings) {
    assert.match(finding.code, /^import\.[a-z-]+$/);
    assert.ok(finding.line >= 1 && finding.column >= 1 && finding.span.start <= finding.span.end);
    assert.match(finding.message, /^[^A-Z]|^[A-Z\d-]/);
  }
  if (!proposal) {
    assert.ok(
      findings.some((finding) => finding.severity === 'error'),
      'no proposal without a reason',
    );
    return;
  }
  const ids = proposal.slices.map((slice) => slice.id.toLowerCase());
  assert.equal(new Set(ids).size, ids.length, 'ids are unique');
  const known = new Set(proposal.slices.map((slice) => slice.id));
  for (const slice of proposal.slices) {
    assert.ok(
      slice.deps.every((dep) => known.has(dep) && (dep !== slice.id || codes(result).includes('import.cycle'))),
    );
  }
  const read = proposalSchema.safeParse(proposal);
  assert.ok(read.success, JSON.stringify(read.error?.issues.slice(0, 3)));
  const created = proposal.slices.flatMap((slice) => slice.create);
  assert.equal(new Set(created).size, created.length, 'a file is created once');
  assert.ok(created.every((file) => !given.repoFiles.includes(file)));
}

suite('importers: bad input', () => {
  test('a truncated file never throws, and gives a sound proposal or a reason', () => {
    for (const { id, input: given } of inputs) {
      const step = Math.max(1, Math.floor(given.text.length / 60));
      for (let end = 0; end <= given.text.length; end += step) {
        const cut = { ...given, text: given.text.slice(0, end) };
        sound(read(id, cut), cut);
      }
    }
  });

  test('texts of odd pieces never throw, in the main file and in the companions', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '- [ ] ',
        '- [x] ',
        '- [ ]* ',
        '- [-] ',
        '  ',
        '\t',
        '\n',
        '\r\n',
        '\r',
        '## ',
        '### 1. ',
        '1.1 ',
        '1. ',
        'T001 ',
        'T999a ',
        'TXXX ',
        '[P] ',
        '[US1] ',
        '`src/a.ts` ',
        'src/b/ ',
        '`../x` ',
        '`**/*.ts` ',
        '`a::B` ',
        '(depends on T001, T003-T001) ',
        'blocked by #1 ',
        '#1 ',
        'o/r#2 ',
        '_Requirements: 1.1, 2_',
        '```',
        '```json\n{"waves":[{"tasks":["1"]}]}\n```\n',
        '---\n',
        'id: task-1\n',
        'status: To Do\n',
        'dependencies: [task-1, task-2]\n',
        '{"tasks":[',
        '{"id":1,"title":"x","dependencies":[1]}',
        ']}',
        ',',
        '"',
        '<!--',
        '-->',
        '\uFEFF',
        '\u0000',
        '🎯',
        '**Checkpoint**: x\n',
        'Checkpoint ',
        '## Dependencies\n',
        'T001 -> T002\n',
        '└── ',
        '[a](https://github.com/o/r/issues/3) ',
        '## Acceptance Criteria\n',
        '#1 ok\n',
      ),
      fc.string({ maxLength: 12 }),
    );
    const text = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.constantFrom(...inputs), text, text, ({ id, input: given }, main, other) => {
        const odd = {
          ...given,
          text: main,
          companions: new Map([...given.companions.keys()].map((path) => [path, other])),
        };
        sound(read(id, odd), odd);
        const known = new Map([...given.companions].map(([path, words]) => [path, other + words]));
        const half = { ...given, companions: known };
        sound(read(id, half), half);
        for (const importer of importers) importer.recognises(given.path, main);
      }),
      { numRuns: 250 },
    );
  });

  test('what is read can be written and read back, whatever it was', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...inputs),
        fc.nat(),
        fc.nat(),
        fc.string({ maxLength: 6 }),
        ({ id, input: given }, at, size, words) => {
          const start = at % given.text.length;
          const broken = { ...given, text: given.text.slice(0, start) + words + given.text.slice(start + (size % 40)) };
          const result = read(id, broken);
          sound(result, broken);
          if (!result.proposal) return;
          const { plan } = planned(result.proposal, { spec: result.spec, specPath: given.path, dirName: 'x' });
          assert.equal(plan.slices.length, result.proposal.slices.length);
        },
      ),
      { numRuns: 80 },
    );
  });

  test('line ends and a byte order mark change nothing', () => {
    for (const { id, input: given } of inputs) {
      const plain = given.text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
      const expected = read(id, { ...given, text: plain }).proposal;
      for (const text of [plain.replaceAll('\n', '\r\n'), `\uFEFF${plain}`]) {
        assert.deepEqual(read(id, { ...given, text }).proposal, expected, `${id}: ${given.path}`);
      }
    }
  });

  test('long runs of any sign are read in time that grows with them', () => {
    const mains = new Map(inputs.map(({ id, input: given }) => [id, given]));
    const runs = [
      '`',
      '[',
      ']( a',
      '(',
      '- ',
      ', ',
      ':',
      '.',
      '_',
      '*',
      ' ',
      '\t',
      '<!--',
      '{',
      '/',
      '@a ',
      '#',
      '(depends on ',
      '1.',
    ];
    for (const [id, given] of mains) {
      for (const run of runs) {
        assertLinear(`${id}: ${run}`, 20_000, (count) => {
          const text = `## 1. Work\n- [ ] 1. T001 build ${run.repeat(count)} \`src/a.ts\`\n`;
          sound(read(id, { ...given, text }), given);
        });
      }
    }
  });

  test('ids and paths that lead out, steer a terminal or a shell become none of a plan', () => {
    const odd = '../../etc/passwd $(rm -rf /) `/etc/x` `../up.ts` \u001B[31m\u202E `C:\\x` `a/../../b.ts`';
    const texts: Readonly<Record<string, string>> = {
      'spec-kit': `## Phase 1: ${odd}\n- [ ] T001 do ${odd} in \`src/a.ts\`\n`,
      openspec: `## 1. ${odd}\n- [ ] 1.1 do ${odd} in \`src/a.ts\`\n`,
      kiro: `- [ ] 1. do ${odd} in \`src/a.ts\`\n`,
      'task-master': JSON.stringify({
        tasks: [
          { id: odd, title: odd, details: `${odd} src/a.ts`, dependencies: [odd, '__proto__'], status: 'pending' },
        ],
      }),
      backlog: `---\nid: task-7\ntitle: ${JSON.stringify(odd)}\nstatus: To Do\n---\n${odd} \`src/a.ts\`\n`,
      'github-tasks': `- [ ] ${odd} in \`src/a.ts\`\n`,
    };
    for (const { id, input: given } of inputs) {
      // The settings of a board hold no task.
      if (id === 'backlog' && !given.path.endsWith('.md')) continue;
      const result = read(id, { ...given, companions: new Map(), text: texts[id] ?? '' });
      sound(result, given);
      assert.ok(result.proposal, id);
      for (const { id: name, create, modify } of result.proposal.slices) {
        assert.match(name, /^[A-Za-z0-9][A-Za-z0-9_-]*$/);
        for (const file of [...create, ...modify])
          assert.doesNotMatch(file, /(?:^|\/)\.\.(?:\/|$)|^\/|^[A-Za-z]:|\p{Cc}/u);
      }
      const { files } = planned(result.proposal, { spec: result.spec, specPath: given.path, dirName: 'x' });
      for (const file of files.keys()) assert.match(file, /^(?!.*(?:^|\/)\.\.(?:\/|$))[A-Za-z0-9][\w./-]*$/);
    }
  });

  test('tasks in a code block that is never closed are said, with its place', () => {
    const text = '## 1. Work\n- [ ] 1. T001 first in `src/a.ts`\n\n```\nexample\n- [ ] 2. T002 second in `src/b.ts`\n';
    for (const id of ['spec-kit', 'openspec', 'kiro', 'github-tasks']) {
      const { input: given } = inputs.find((one) => one.id === id)!;
      const open = (words: string): readonly (readonly [number, number])[] =>
        read(id, { ...given, companions: new Map(), text: words })
          .findings.filter(({ code }) => code === 'import.code-open')
          .map(({ line, column }) => [line, column]);
      assert.deepEqual(open(text), [[4, 1]], id);
      assert.deepEqual(open(`${text}\`\`\`\n`), []);
      assert.deepEqual(open(text.replace('- [ ] 2', '2')), []);
    }
  });

  test('every open line of a task list is in the plan or a finding on its line, in whatever box and nesting', () => {
    const boxes = {
      open: ['[ ]', '[]', '[  ]', '[-]', '[~]', '[/]', '[?]', '[>]', '[!]', '\\[ \\]', '☐', '⬜'],
      done: ['[x]', '[X]', '[ x]', '[x ]', '[✓]', '[✔]', '☑'],
      none: ['', '[P]', '[1]'],
    } as const;
    const kinds: Readonly<
      Record<string, { readonly path: string; readonly id: (n: number, part?: number) => string }>
    > = {
      'spec-kit': { path: 'specs/1/tasks.md', id: (n, part = 0) => `T${String(n * 10 + part).padStart(3, '0')}` },
      openspec: { path: 'openspec/changes/cart/tasks.md', id: (n, part) => `1.${n}${part ? `.${part}` : ''}` },
      kiro: { path: '.kiro/specs/cart/tasks.md', id: (n, part) => (part ? `${n}.${part}` : `${n}.`) },
      'github-tasks': { path: 'todo.md', id: () => '' },
    };
    for (const [kind, { path, id }] of Object.entries(kinds)) {
      for (const state of ['open', 'done', 'none'] as const) {
        for (const box of boxes[state]) {
          for (const marker of ['-', '*', '+', '7.', '7)']) {
            for (const nested of [false, true]) {
              for (const above of nested ? ['[ ]', '[x]', ''] : ['']) {
                const own = `${box} ${nested ? id(2, 1) : id(2)} Write src/own.ts`;
                const lines = [
                  '## 1. Work',
                  `- [ ] ${id(1)} Write src/first.ts`,
                  ...(nested
                    ? [`- ${above} ${id(2)} Write src/outer.ts`, `    ${marker} ${own}`]
                    : [`${marker} ${own}`]),
                  `- [ ] ${id(3)} Write src/last.ts`,
                ];
                const text = `${lines.join('\n')}\n`;
                const { proposal, findings } = read(kind, input(path, text));
                const plan = JSON.stringify(proposal?.slices ?? []);
                const line = lines.findIndex((one) => one.includes('own.ts')) + 1;
                const isSaid = plan.includes('own.ts') || findings.some((finding) => finding.line === line);
                const what = `${kind}:\n${text}${JSON.stringify(findings.map(({ code, line: at }) => [code, at]))}`;
                assert.ok(plan.includes('first.ts') && plan.includes('last.ts'), what);
                if (state === 'open') assert.ok(plan.includes('own.ts'), what);
                else if (state === 'done') assert.ok(!plan.includes('own.ts') || above !== '', what);
                // Words below a task are part of it; at the margin they are a line that is left out.
                else assert.ok(isSaid || above === '[x]' || (kind === 'github-tasks' && nested), what);
                if (['[?]', '[>]', '[!]'].includes(box))
                  assert.ok(
                    findings.some((finding) => finding.code === 'import.box' && finding.line === line),
                    what,
                  );
              }
            }
          }
        }
      }
      for (const stray of [
        `${id(4) || '[ ]'} Write src/own.ts`,
        '[ ] Write src/own.ts',
        '| src/own.ts | [ ] |',
        '-[ ] Write src/own.ts',
        '– [ ] Write src/own.ts',
        '> - [ ] Write src/own.ts',
        'Task 1.4: Write src/own.ts',
        '### 1.4 Write src/own.ts',
      ]) {
        const text = `## 1. Work\n- [ ] ${id(1)} Write src/first.ts\n\n${stray}\n`;
        const { findings } = read(kind, input(path, text));
        if (/^\d\.\s/.test(stray)) continue;
        assert.ok(
          findings.some(({ code, line }) => code === 'import.left-out' && line === 4),
          `${kind}: ${stray}`,
        );
      }
    }
  });

  test('parts that Kiro marks as optional are left out and said, also as formatters write the mark', () => {
    for (const mark of ['[ ]*', '[ ]\\*', '[ ] *', '[ ] \\*', '\\[ \\]\\*']) {
      const text = `# Implementation Plan\n\n- [ ] 1. Store\n  - [ ] 1.1 Write the store in src/a.ts\n  - ${mark} 1.2 Tests in test/a.test.ts\n- ${mark} 2. Guide in docs/guide.md\n  - [ ] 2.1 Words in docs/words.md\n- [ ] 3. View in src/b.ts\n- [x] 4. Old in src/old.ts\n  - ${mark} 4.1 Tests in test/old.test.ts\n`;
      const { proposal, findings } = read('kiro', input('.kiro/specs/cart/tasks.md', text));
      const plan = JSON.stringify(proposal);
      assert.ok(plan.includes('src/a.ts') && plan.includes('src/b.ts'), mark);
      assert.doesNotMatch(plan, /test\/a\.test|guide|words|old/, mark);
      const said = findings.find(({ code }) => code === 'import.optional')?.message ?? '';
      assert.match(said, /1\.2, 2, 4\.1$/, `${mark}: ${said}`);
    }
  });

  test('a sub-task of a board may wait for the task above it, at once or by way of another', () => {
    const card = (id: string, deps: string, parent: string, words: string): [string, string] => [
      `backlog/tasks/${id} - x.md`,
      `---\nid: ${id}\ntitle: ${id}\nstatus: To Do\ndependencies: [${deps}]\n${parent === '' ? '' : `parent_task_id: ${parent}\n`}---\n\n## Description\n\n${words}\n`,
    ];
    const board = (...cards: readonly (readonly [string, string])[]): ImportResult =>
      read('backlog', input('backlog/config.yml', 'project_name: P\n', { companions: new Map(cards) }));
    for (const below of ['Write src/store.ts', 'Umbrella']) {
      const { proposal, findings } = board(
        card('TASK-1', '', '', below),
        card('TASK-1.1', 'TASK-1', 'TASK-1', 'Write src/disk.ts'),
        card('TASK-1.2', 'TASK-1.1', 'TASK-1', 'Write src/cache.ts'),
        card('TASK-1.3', '', 'TASK-1', 'Write src/other.ts'),
      );
      assert.ok(!findings.some(({ code }) => code === 'import.cycle' || code === 'import.merged'), below);
      assert.ok(proposal);
      assert.ok(waits(proposal, 'TASK-1-2', 'TASK-1-1'));
      if (below === 'Umbrella') continue;
      assert.ok(waits(proposal, 'TASK-1-1', 'TASK-1') && waits(proposal, 'TASK-1', 'TASK-1-3'));
    }
    const circle = board(card('TASK-1', 'TASK-1.1', '', 'src/a.ts'), card('TASK-1.1', 'TASK-1', 'TASK-1', 'src/b.ts'));
    assert.ok(codes(circle).includes('import.cycle'));
  });

  test('what is open below a finished task of Task Master is imported, and parts that are put off are said', () => {
    const part = (id: number, status: string, file: string): object => ({ id, title: `Part in ${file}`, status });
    const { proposal, findings } = read(
      'task-master',
      input(
        '.taskmaster/tasks/tasks.json',
        JSON.stringify({
          tasks: [
            {
              id: 1,
              title: 'Store',
              status: 'done',
              subtasks: [part(1, 'done', 'src/a.ts'), part(2, 'pending', 'src/b.ts'), part(3, 'deferred', 'src/c.ts')],
            },
            { id: 2, title: 'View in src/d.ts', status: 'done', subtasks: [part(1, 'done', 'src/e.ts'), { id: 2 }] },
            {
              id: 3,
              title: 'Long in src/f.ts',
              status: 'pending',
              details: Array.from({ length: 90 }, (_, i) => `line ${i}`).join('\n'),
            },
          ],
        }),
      ),
    );
    const plan = JSON.stringify(proposal);
    assert.match(plan, /1\.2 Part in src\/b\.ts/);
    assert.doesNotMatch(plan, /1\.3 Part|src\/d\.ts/);
    assert.match(plan, /line 89/);
    const of = (code: string): string[] => findings.filter((one) => one.code === code).map(({ message }) => message);
    assert.match(of('import.open-parts')[0] ?? '', /^1 is done, and 1\.2 in it is not/);
    assert.match(of('import.deferred')[0] ?? '', /1\.3$/);
    assert.equal(of('import.entry-invalid').length, 1);
  });

  test('nothing to do says why', () => {
    assert.deepEqual(
      codes(read('spec-kit', input('specs/1/tasks.md', ''))).filter((code) => code === 'import.no-tasks'),
      ['import.no-tasks'],
    );
    assert.ok(codes(read('kiro', input('.kiro/specs/x/tasks.md', '- [x] 1. Done\n'))).includes('import.all-done'));
    assert.ok(
      codes(read('task-master', input('.taskmaster/tasks/tasks.json', '{"tasks": []}'))).includes('import.no-tasks'),
    );
  });

  test('a syntax error of JSON is found at its place, and nothing is planned on half a file', () => {
    const result = read(
      'task-master',
      input('tasks.json', '{"tasks": [\n  {"id": 1, "title": "a"},\n  {"id": 2, "title": b}\n]}'),
    );
    assert.equal(result.proposal, null);
    const found = result.findings.find((finding) => finding.code === 'import.json');
    assert.deepEqual([found?.severity, found?.line, found?.column], ['error', 3, 22]);
  });

  test('ten thousand tasks are read in time that grows with them', () => {
    const list = (count: number): ImportInput =>
      input(
        'specs/1/tasks.md',
        `## Phase 1: User Story 1 - x\n${Array.from({ length: count }, (_, i) => `- [ ] T${1000 + i} [P] Thing in src/d${i % 50}/f${i}.ts (depends on T${1000 + Math.max(0, i - 1)})`).join('\n')}`,
      );
    assertLinear('tasks', 10_000, (count) => assert.ok(read('spec-kit', list(count)).proposal));
  });
});

suite('importers: rules', () => {
  test('Task Master: every dependency between open tasks is an order of slices', () => {
    const graph = fc.integer({ min: 2, max: 25 }).chain((size) =>
      fc
        .array(fc.tuple(fc.integer({ min: 1, max: size }), fc.integer({ min: 1, max: size }), fc.nat({ max: 3 })), {
          maxLength: 40,
        })
        .map((edges) => ({ size, edges })),
    );
    fc.assert(
      fc.property(graph, fc.integer({ min: 1, max: 6 }), ({ size, edges }, files) => {
        const pairs = edges.filter(([a, b]) => a < b);
        const tasks = Array.from({ length: size }, (_, i) => ({
          id: i + 1,
          title: `Task ${i + 1}`,
          description: `In src/f${(i * 7) % files}.ts`,
          status: 'pending',
          dependencies: pairs.filter(([, later]) => later === i + 1).map(([first]) => first),
        }));
        // Listed in any order: the numbers and not the places decide.
        const given = input('.taskmaster/tasks/tasks.json', JSON.stringify({ master: { tasks: tasks.toReversed() } }));
        const { proposal } = read('task-master', given);
        assert.ok(proposal);
        for (const [first, later] of pairs)
          assert.ok(waits(proposal, `task-${later}`, `task-${first}`), `${later} waits for ${first}`);
        for (const a of proposal.slices) {
          for (const b of proposal.slices) {
            if (a === b || ![...a.create, ...a.modify].some((file) => [...b.create, ...b.modify].includes(file)))
              continue;
            assert.ok(
              waits(proposal, a.id, b.id) !== waits(proposal, b.id, a.id),
              `${a.id} and ${b.id} share a file and have one order`,
            );
          }
        }
      }),
      { numRuns: 80 },
    );
  });

  test('Spec Kit: every open task is in one slice, same files in one slice of a phase, phases in order', () => {
    const task = fc.record({
      story: fc.integer({ min: 1, max: 3 }),
      file: fc.integer({ min: 0, max: 9 }),
      parallel: fc.boolean(),
      done: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(task, { minLength: 1, maxLength: 50 }), (tasks) => {
        const rows = tasks.map((one, i) => ({ ...one, id: `T${String(i + 10).padStart(3, '0')}` }));
        const stories = [1, 2, 3].map((story) => {
          const own = rows.filter((row) => row.story === story);
          return `## Phase ${story + 2}: User Story ${story} - S\n\n${own.map((row) => `- [${row.done ? 'x' : ' '}] ${row.id} ${row.parallel ? '[P] ' : ''}[US${story}] Work in src/s${story}/f${row.file}.ts`).join('\n')}\n`;
        });
        const text = `## Phase 1: Setup\n\n- [ ] T001 Set up src/setup.ts\n\n${stories.join('\n')}\n## Phase 6: Polish\n\n- [ ] T900 Mend src/polish.ts\n`;
        const given = input('specs/1/tasks.md', text);
        const result = read('spec-kit', given);
        sound(result, given);
        const { proposal } = result;
        assert.ok(proposal);
        const homeOf = (id: string): string[] =>
          proposal.slices
            .filter((slice) => slice.id === id || slice.requirements.some((line) => line.startsWith(`${id}: `)))
            .map((slice) => slice.id);
        const place = new Map<string, string>();
        for (const row of rows) {
          const home = homeOf(row.id);
          assert.equal(home.length, row.done ? 0 : 1, row.id);
          if (row.done) continue;
          const key = `${row.story}/${row.file}`;
          assert.equal(place.get(key) ?? home[0], home[0], 'one file of a story, one slice');
          place.set(key, home[0] ?? '');
          const [setup] = homeOf('T001');
          const [polish] = homeOf('T900');
          assert.ok(home[0] === setup || waits(proposal, home[0] ?? '', setup ?? ''), 'stories wait for the setup');
          assert.ok(home[0] === polish || waits(proposal, polish ?? '', home[0] ?? ''), 'polish waits for the stories');
        }
      }),
      { numRuns: 60 },
    );
  });

  test('OpenSpec: groups that name each other stay in order, others may run at the same time', () => {
    const three = (number: number, words: string): string =>
      [1, 2, 3].map((part) => `- [ ] ${number}.${part} Part ${part}: ${words}`).join('\n');
    const text = `## 1. Store
${three(1, 'add `OrderStore` in `src/orders/store.ts`')}
## 2. Billing page
${three(2, 'page in `src/billing/page.ts`')}
## 3. Orders page
${three(3, 'show `OrderStore.list()` in `src/orders/page.ts`')}
## 4. Documentation
${three(4, 'write `docs/orders.md`')}`;
    const { proposal, findings } = read('openspec', input('openspec/changes/x/tasks.md', text));
    assert.ok(proposal);
    assert.deepEqual(
      proposal.slices.map((slice) => [slice.id, slice.deps]),
      [
        ['task-1', []],
        ['task-2', []],
        ['task-3', ['task-1']],
        ['task-4', ['task-2', 'task-3']],
      ],
    );
    const dropped = findings.find((finding) => finding.code === 'import.order-dropped');
    assert.deepEqual([dropped?.line, dropped?.severity], [6, 'info']);
  });

  test('a file that a task only points to is not its to write', () => {
    const text =
      '- [ ] T001 Implement the client per contracts/api.yaml in src/client.ts\n- [ ] T002 Check against docs/rules.md\n';
    const { proposal } = read('spec-kit', input('specs/1/tasks.md', text));
    assert.deepEqual(
      proposal?.slices.flatMap((slice) => slice.create),
      ['src/client.ts'],
    );
  });

  test('a bare file name means the one file of that name, and a new one at the top only when it belongs there', () => {
    const paths = (words: string): readonly string[] =>
      read(
        'github-tasks',
        input('issue-1.md', `- [ ] ${words}\n`, { repoFiles: ['src/deep/store.ts', 'a/x.ts', 'b/x.ts'] }),
      ).proposal?.slices.flatMap((slice) => [...slice.create, ...slice.modify]) ?? [];
    assert.deepEqual(paths('Change `store.ts`'), ['src/deep/store.ts']);
    assert.deepEqual(paths('Change `x.ts`'), []);
    assert.deepEqual(paths('Change `package.json`'), ['package.json']);
    assert.deepEqual(paths('Emit `users/created`'), []);
    assert.deepEqual(paths('Create `README.md` in `src/deep/`'), ['src/deep/README.md']);
    assert.deepEqual(paths('In `src/deep/`: write `src/deep/a.ts`'), ['src/deep/a.ts']);
    assert.deepEqual(paths('Ignore `dist/**`, `**/*.js` and `*.mjs` in `lint.config.js`'), ['lint.config.js']);
    assert.deepEqual(paths('Show it in `app/[slug]/page.tsx`'), ['app/[slug]/page.tsx']);
    assert.deepEqual(paths('Create the model in `src/models/[entity1].py`'), []);
  });

  test('circles that only the grouping makes become one slice', () => {
    const text = `## Phase 1: Core
${Array.from({ length: 8 }, (_, i) => `- [ ] T00${i + 1} [P] Part in src/f${i}.ts${i === 0 ? ' (depends on T008)' : ''}${i === 7 ? ' (depends on T002)' : ''}`).join('\n')}
`;
    const result = read('spec-kit', input('specs/1/tasks.md', text));
    assert.ok(codes(result).includes('import.merged'));
    assert.ok(!codes(result).includes('import.cycle'));
    assert.equal(result.proposal?.slices.length, 1);
  });

  test('the golden texts hold what a person would ask for', () => {
    const albums = described(read('spec-kit', inputs[0]?.input as ImportInput));
    assert.ok(!albums.includes('T099'), 'an example in a code block is no task');
    assert.equal(importerFor('specs/001-photo-albums/tasks.md', inputs[0]?.input.text ?? '')?.id, 'spec-kit');
  });
});
