import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createLanguage } from '../../src/core/language/language.ts';
import type { Language } from '../../src/core/language/language.ts';
import { LintSession, lintWorkspace } from '../../src/core/lint/lint.ts';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { KnownOverlaps } from '../../src/core/scope/known-overlaps.ts';
import { findOverlaps } from '../../src/core/scope/overlap.ts';
import { planOf, scope, slice } from './plan-fixture.ts';
import { clean, manifestFile, plan, taskFile } from './lint-cases/workspace.ts';

const SLICES = 14;
const nameOf = (slice: number): string => `task-${String(slice + 1).padStart(3, '0')}`;

const template = (clean.get(taskFile('task-002')) ?? '').replaceAll('task-002', '@');

/** A plan of several waves, in which scopes meet literally, by wildcards and by classes. */
function workspace(): Map<string, string> {
  const files = new Map(clean);
  for (let slice = 0; slice < SLICES; slice++) files.set(taskFile(nameOf(slice)), taskText(slice));
  const waves = Array.from({ length: Math.ceil(SLICES / 5) }, (_, wave) => ({
    number: wave + 1,
    tasks: Array.from({ length: Math.min(5, SLICES - wave * 5) }, (__, i) => ({
      id: nameOf(wave * 5 + i),
      agent: i === 4 ? 'codex' : 'claude',
    })),
    ...(wave === 1 ? {} : { validation: 'npm test' }),
  }));
  const manifest = {
    tech_spec_id: 'TS-1',
    technology: 'typescript',
    waves,
    contracts: ['contracts/types.ts'],
    merge_points: [{ id: 'MP1', needs: [nameOf(0), nameOf(1)], unlocks: [nameOf(8)] }],
    metadata: { total_tasks: SLICES, max_parallel: 5 },
  };
  files.set(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
  return files;
}

function taskText(slice: number): string {
  const name = nameOf(slice);
  const deps = slice < 5 ? '' : nameOf(slice - 5);
  const blocks = slice + 5 < SLICES ? nameOf(slice + 5) : '';
  const named = slice === 0 ? '[contracts/more.ts]' : '[contracts/types.ts]';
  const text = withLine(template.replaceAll('@', name), 'contracts', named);
  return withLine(withLine(text, 'deps', `[${deps}]`), 'blocks', `[${blocks}]`).replace(
    /^CREATE: .*$/m,
    () => `CREATE: src/area${slice % 4}/part${slice}.ts`,
  );
}

/** One line of the front matter, added when there is none. */
function withLine(text: string, key: string, value: string): string {
  const line = new RegExp(`^${key}:.*$`, 'm');
  return line.test(text)
    ? text.replace(line, () => `${key}: ${value}`)
    : text.replace(/^id:.*$/m, (id) => `${id}\n${key}: ${value}`);
}

const facts = (files: readonly string[]): RepositoryFacts => ({
  files,
  scripts: new Map([['', new Set(['test'])]]),
  programs: new Set(['npm', 'node']),
  textOf: (file) => (files.includes(file) ? 'export class Router {}\n' : null),
});
const repositories = [
  null,
  facts(['package.json', 'src/area0/part0.ts', 'src/index.ts']),
  facts(['src/area1/old.ts', 'src/area1/x.ts', 'src/area2/[id].ts', 'src/index.ts']),
];

const scopeWords = [
  'src/area0/part0.ts',
  'src/area1/part1.ts, src/area1/x.ts',
  'src/area1/*.ts',
  'src/area{0,1}/part0.ts',
  'src/**',
  'src/**/x.ts',
  'src/area2/[id].ts',
  'src/area2/i.ts',
  'src/index.ts',
  'src/index.ts::Router',
  'src/index.ts::Other',
  `${plan}/contracts/more.ts`,
  `${plan}/contracts/*.ts`,
  `${plan}/**`,
  'the new page',
];

/** What a person may do to one file of a plan. */
const edits: readonly ((text: string, words: EditWords) => string)[] = [
  (text, { at }) => text.replace(/^## Requirements$/m, () => `## Requirements\n\n- ${'word '.repeat(at + 1)}`),
  (text, { scope }) => text.replace(/^CREATE: .*$/m, () => `CREATE: ${scope}`),
  (text, { scope }) => text.replace(/^MODIFY: .*$/m, () => `MODIFY: ${scope}`),
  (text, { scope }) => text.replace(/^BOUNDARY: .*$/m, () => `BOUNDARY: ${scope}`),
  (text, { scope }) => text.replace(/^CREATE: (.*)$/m, (_, before: string) => `CREATE: ${before}, ${scope}`),
  (text, { name, other }) => withLine(text, 'deps', `[${name}, ${other}]`),
  (text, { name }) => withLine(text, 'deps', `[${name}]`),
  (text, { name }) => withLine(text, 'blocks', `[${name}]`),
  (text, { name, at }) => withLine(text, 'id', at === 0 ? 'not an id' : at === 1 ? `${name}-more` : name),
  (text, { at }) => withLine(text, 'wave', String(at)),
  (text, { at }) => withLine(text, 'estimate', `${at + 1}h`),
  (text, { at }) => withLine(text, 'workstream', `WS-${'AB'[at % 2]}`),
  (text, { at }) => withLine(text, 'agent', ['claude', 'codex', 'nobody'][at % 3] ?? ''),
  (text, { at }) => withLine(text, 'contracts', ['[contracts/types.ts]', '[contracts/more.ts]', '[]'][at % 3] ?? ''),
  (text, { at }) => withLine(text, 'skills', ['[policy]', '[unknown]', '[]'][at % 3] ?? ''),
  (text, { at }) => withLine(text, 'deps', ['[', '"[:', '{ a: ['][at % 3] ?? ''),
  (text) => text.replaceAll('- [ ]', '- [x]'),
  (text) => text.replace('`npm test`', '`nosuchprogram --now`'),
  (text, { at }) => (at % 2 === 0 ? text.replaceAll('\n', '\r\n') : text.replaceAll('\r\n', '\n')),
  (text) => text.replace(/^# /m, '<!-- slicewave-disable-file plan.overlap, plan.create-twice: known -->\n# '),
];

interface EditWords {
  readonly name: string;
  readonly other: string;
  readonly scope: string;
  readonly at: number;
}

const manifestEdits: readonly ((text: string, words: EditWords) => string)[] = [
  (text, { name, other }) => text.replace(`"${name}"`, `"${other}"`),
  (text) => text.replace('"contracts/types.ts"', '"contracts/types.ts", "contracts/more.ts"'),
  (text, { at }) => text.replace(/"max_parallel": \d+/, `"max_parallel": ${at}`),
  (text) => text.replace('"waves": [', '"waves": [['),
  (text, { name }) => text.replace(/"unlocks": \[[^\]]*\]/, `"unlocks": ["${name}"]`),
  (text) => text.replace('"tech_spec_id"', '"tech_spec_was"'),
  () => workspace().get(manifestFile) ?? '',
];

const step = fc.record({
  what: fc.constantFrom(
    ...([
      'edit',
      'edit',
      'edit',
      'edit',
      'edit',
      'manifest',
      'gone',
      'back',
      'contract',
      'skill',
      'repository',
    ] as const),
  ),
  slice: fc.nat(SLICES),
  edit: fc.nat(edits.length - 1),
  manifest: fc.nat(manifestEdits.length - 1),
  words: fc.record({
    name: fc.nat(SLICES).map(nameOf),
    other: fc.constantFrom('task-001', 'task-0', 'task-006', 'none'),
    scope: fc.constantFrom(...scopeWords),
    at: fc.nat(5),
  }),
  repository: fc.constantFrom(...repositories),
  look: fc.constantFrom('findings', 'language', 'both', 'no'),
});

suite('a session of the linter', () => {
  test('whatever is edited, added, removed or broken: what it finds, and what the editor shows, is what a fresh look gives', () => {
    let seen = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 16 }), (steps) => {
        const session = new LintSession();
        const files = workspace();
        let repository: RepositoryFacts | null = null;
        for (const [name, text] of files) session.set(name, text);
        const language = createLanguage({
          files: session.files,
          repository: () => repository,
          reader: session.reader,
          loaded: (dir) => session.plan(dir),
          revision: () => session.revision,
          thresholds: () => session.limits,
        });
        const set = (name: string, text: string | null): void => {
          if (text === null) {
            session.delete(name);
            files.delete(name);
          } else {
            session.set(name, text);
            files.set(name, text);
          }
        };
        const compare = (what: (typeof steps)[number]['look'], slice: number): void => {
          if (what === 'findings' || what === 'both') {
            const found = [...session.findings().values()].flat();
            seen += found.length;
            const now = found.map((one) => JSON.stringify(one)).sort();
            assert.deepEqual(
              now,
              lintWorkspace(files, repository)
                .map((one) => JSON.stringify(one))
                .sort(),
            );
          }
          if (what === 'language' || what === 'both') {
            const fresh = createLanguage({ files, repository: () => repository, thresholds: () => session.limits });
            for (const name of [taskFile(nameOf(slice)), manifestFile, taskFile(nameOf(0))])
              assert.deepEqual(shown(language, name), shown(fresh, name));
          }
        };
        for (const { what, slice, edit, manifest, words, repository: other, look } of steps) {
          const name = taskFile(nameOf(slice));
          if (what === 'repository') session.setRepository((repository = other));
          else if (what === 'gone') set(name, null);
          else if (what === 'back') set(name, taskText(slice));
          else if (what === 'contract')
            set(`${plan}/contracts/more.ts`, files.has(`${plan}/contracts/more.ts`) ? null : '');
          else if (what === 'skill') {
            const skill = '.claude/skills/policy/SKILL.md';
            set(skill, files.has(skill) ? null : (clean.get(skill) ?? ''));
          } else if (what === 'manifest') {
            const text = files.get(manifestFile) ?? '';
            set(manifestFile, manifestEdits[manifest]?.(text, words) ?? text);
          } else set(name, edits[edit]?.(files.get(name) ?? taskText(slice), words) ?? null);
          compare(look, slice);
        }
        compare('both', 1);
      }),
      { numRuns: 50 },
    );
    assert.ok(seen > 1_000, `only ${seen} findings were compared`);
  });

  /** What alone may change, and where somebody stands who must see it: the words there, in another file. */
  const alone: readonly {
    readonly what: string;
    readonly before?: Readonly<Record<string, (text: string) => string>>;
    readonly file: string;
    readonly change: (text: string) => string;
    readonly at?: { readonly file: string; readonly words: string };
  }[] = [
    {
      what: 'a contract file appears that a slice may write',
      before: { [taskFile('task-003')]: (text) => withScope(text, 'CREATE', `${plan}/contracts/more.ts`) },
      file: `${plan}/contracts/more.ts`,
      change: () => 'export {};\n',
    },
    {
      what: 'a boundary takes a contract out of a scope',
      before: { [taskFile('task-003')]: (text) => withScope(text, 'CREATE', `${plan}/contracts/*.ts`) },
      file: taskFile('task-003'),
      change: (text) => withScope(text, 'BOUNDARY', `${plan}/contracts/types.ts`),
    },
    {
      what: 'a workstream is first written in another way',
      before: {
        [taskFile('task-003')]: (text) => withLine(text, 'workstream', 'WS-R'),
        [taskFile('task-004')]: (text) => withLine(text, 'workstream', 'ws-q'),
        [taskFile('task-005')]: (text) => withLine(text, 'workstream', 'WS-Q'),
      },
      file: taskFile('task-003'),
      change: (text) => withLine(text, 'workstream', 'Ws-Q'),
      at: { file: taskFile('task-004'), words: 'ws-q' },
    },
    {
      what: 'a merge point of the spec is gone',
      before: {
        'specs/TS-1-demo.md': (text) => text.replace('MP1:', 'MP7:'),
        [taskFile('task-004')]: (text) => `${text}\n- Mind the risk: MP7 comes late\n`,
      },
      file: 'specs/TS-1-demo.md',
      change: (text) => text.replace('MP7:', 'MP8:'),
      at: { file: taskFile('task-004'), words: 'MP7' },
    },
    {
      what: 'a contract is there that a task spec names',
      before: { [taskFile('task-004')]: (text) => withLine(text, 'contracts', '[contracts/more.ts]') },
      file: `${plan}/contracts/more.ts`,
      change: () => '',
      at: { file: taskFile('task-004'), words: 'contracts/more.ts' },
    },
  ];
  for (const { what, before = {}, file, change, at } of alone) {
    test(`what it keeps goes by all that decides it: ${what}`, () => {
      const files = workspace();
      for (const [name, edit] of Object.entries(before)) files.set(name, edit(files.get(name) ?? ''));
      const session = new LintSession();
      for (const [name, text] of files) session.set(name, text);
      const language = createLanguage({
        files: session.files,
        repository: () => null,
        reader: session.reader,
        loaded: (dir) => session.plan(dir),
        revision: () => session.revision,
        thresholds: () => session.limits,
      });
      const seen = (of: Language): unknown =>
        at ? of.references(at.file, (of.textOf(at.file) ?? '').indexOf(at.words) + 1, true) : null;
      const found = (all: Iterable<unknown>): string[] => [...all].map((one) => JSON.stringify(one)).sort();
      const kept = { found: found([...session.findings().values()].flat()), seen: seen(language) };
      const text = change(files.get(file) ?? '');
      files.set(file, text);
      session.set(file, text);
      const fresh = {
        found: found(lintWorkspace(files, null)),
        seen: seen(createLanguage({ files, repository: () => null, thresholds: () => session.limits })),
      };
      assert.notDeepEqual(at ? fresh.seen : fresh.found, at ? kept.seen : kept.found, 'the change is seen');
      assert.deepEqual({ found: found([...session.findings().values()].flat()), seen: seen(language) }, fresh);
    });
  }
});

function withScope(text: string, key: string, scope: string): string {
  return text.replace(new RegExp(`^${key}: .*$`, 'm'), () => `${key}: ${scope}`);
}

suite('known overlaps', () => {
  test('of scopes and dependencies that change are those that are found anew', () => {
    const count = 16;
    const words = [...scopeWords, 'src/area1/part1.ts', 'src/area1/new.ts', 'src/area1/**', 'src/area2/[ab].ts'];
    const writes = fc.uniqueArray(fc.constantFrom(...words), { maxLength: 3 });
    const change = fc.record({
      slice: fc.nat(count - 1),
      what: fc.constantFrom('create', 'create', 'modify', 'boundary', 'dep', 'estimate'),
      writes,
      dep: fc.nat(count - 1),
    });
    const repoFiles = ['src/area1/x.ts', 'src/area1/old.ts', 'src/index.ts', 'src/area2/i.ts'];
    let pairs = 0;
    fc.assert(
      fc.property(
        fc.array(writes, { minLength: count, maxLength: count }),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        (scopes, changes) => {
          const known = new KnownOverlaps();
          const slices = scopes.map((create, i) => slice(nameOf(i), { scope: scope({ create }) }));
          const compare = (): void => {
            const whole = planOf([...slices]);
            const graph = planGraph(whole);
            const found = known.of(whole, graph, repoFiles, {});
            pairs += found.length;
            assert.deepEqual(found, findOverlaps(whole, graph, repoFiles, {}));
          };
          compare();
          for (const { slice: place, what, writes: entries, dep } of changes) {
            const before = slices[place]!;
            if (what === 'dep') slices[place] = { ...before, deps: [nameOf(dep)] };
            else if (what === 'estimate') slices[place] = { ...before, estimateMinutes: 10 * (dep + 1) };
            else slices[place] = { ...before, scope: { ...before.scope, [what]: scope({ [what]: entries })[what] } };
            compare();
          }
        },
      ),
      { numRuns: 300 },
    );
    assert.ok(pairs > 10_000, `only ${pairs} pairs were compared`);
  });

  const cases: readonly {
    readonly what: string;
    readonly there: readonly string[];
    readonly scopes: readonly string[];
    readonly to: string;
  }[] = [
    {
      what: 'a file that two classes match is named for the first time',
      there: [],
      scopes: ['src/other.ts', 'src/q/[ab].ts', 'src/q/[bc].ts'],
      to: 'src/q/b.ts',
    },
    {
      what: 'a file called as a class is written is named, while the class means files that are there',
      there: ['src/q/a.ts', 'src/q/c.ts'],
      scopes: ['src/other.ts', 'src/q/[ab].ts', 'src/q/{a,*]}.ts', 'src/q/{c,*]}.ts'],
      to: 'src/q/\\[ab].ts',
    },
  ];
  for (const { what, there, scopes, to } of cases) {
    test(`what a class stands for goes by what is named: ${what}`, () => {
      const known = new KnownOverlaps();
      const slices = scopes.map((create, i) => slice(nameOf(i), { scope: scope({ create: [create] }) }));
      const of = (): { readonly known: unknown; readonly fresh: unknown } => {
        const whole = planOf([...slices]);
        const graph = planGraph(whole);
        return { known: known.of(whole, graph, there, {}), fresh: findOverlaps(whole, graph, there, {}) };
      };
      const others = (found: unknown): unknown[] => (found as { a: number }[]).filter(({ a }) => a > 0);
      const before = of();
      slices[0] = slice(nameOf(0), { scope: scope({ create: [to] }) });
      const after = of();
      assert.notDeepEqual(others(after.fresh), others(before.fresh), 'two others share more or less than before');
      assert.deepEqual(after.known, after.fresh);
    });
  }
});

/** All that an editor asks after a keystroke. */
function shown(language: Language, name: string): unknown {
  const { plan: of } = language.planOf(name) ?? { plan: null };
  return {
    slices: of?.slices.map((slice) => slice.id),
    lenses: language.lenses(name),
    tokens: language.tokens(name),
    links: language.links(name),
    outline: language.outline(name),
    folding: language.folding(name),
    hover: language.hover(name, (language.textOf(name) ?? '').indexOf('task-0') + 2),
    references: language.references(name, (language.textOf(name) ?? '').indexOf('task-0') + 2, true),
  };
}
