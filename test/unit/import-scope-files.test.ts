/** Paths and globs as the task files of other tools name them, read by the importers, against brute force. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { importerFor } from '../../src/core/decompose/import/importers.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { overlaps } from '../../src/core/scope/overlap.ts';
import { planned } from '../decompose-fixture.ts';
import { caseCount } from './case-count.ts';
import { allPaths, globs, oracle } from './glob-oracle.ts';
import { inputOf } from './import-fixture.ts';

const SLICES = 12;
/** Below a directory and with an ending, as prose names files. */
const universe = [...allPaths(4), '.', '..'].map((one) => `src/${one}.ts`);

const written = globs
  .filter((glob) => !/(^|[/{,])\.*(?=[/},]|$)/.test(glob.replace(/\/$/, '')) && !/\/\/|\/$|^\//.test(glob))
  .map((glob) => `src/${glob}.ts`);

interface Source {
  readonly named: string;
  readonly files: ReadonlyMap<string, string>;
}

/** A tool: how it writes so many tasks, each with a text that names a path, and the ways it has to name one. */
interface Tool {
  readonly write: (texts: readonly string[]) => Source;
  readonly notations: readonly ((glob: string) => string)[];
  /** Whether the tool's phases are an order of their own. */
  readonly isOrdered?: boolean;
}

const words: readonly ((glob: string) => string)[] = [
  (glob) => `Change \`${glob}\``,
  (glob) => `Update \`${glob}\`, and nothing else`,
  (glob) => `Take the old form out of (\`${glob}\`)`,
  (glob) => `**\`${glob}\`**: the new form`,
];

const tools: Readonly<Record<string, Tool>> = {
  'Backlog.md': {
    write: (texts) => ({
      named: 'backlog/config.yml',
      files: new Map([
        ['backlog/config.yml', 'project_name: x\nstatuses: ["To Do", "In Progress", "Done"]\n'],
        ...texts.map((text, i): readonly [string, string] => [
          `backlog/tasks/task-${i + 1} - One.md`,
          `---\nid: TASK-${i + 1}\ntitle: One\nstatus: To Do\ndependencies: []\n${text}`,
        ]),
      ]),
    }),
    notations: [
      (glob) => `modified_files:\n  - '${glob}'\n---\n`,
      (glob) => `modified_files:\n  - "${glob}"\n---\n`,
      (glob) => `modified_files: ['${glob}']\n---\n`,
      (glob) => `references:\n  - zz/other.ts\n---\n\n## Implementation Plan\n\n1. Change \`${glob}\`\n`,
      ...words.map((say) => (glob: string) => `---\n\n## Description\n\n${say(glob)}.\n`),
    ],
  },
  Kiro: {
    write: (texts) => ({
      named: '.kiro/specs/x/tasks.md',
      files: new Map([
        [
          '.kiro/specs/x/tasks.md',
          `# Implementation Plan\n\n${texts.map((t, i) => `- [ ] ${i + 1}. ${t}`).join('\n')}\n`,
        ],
      ]),
    }),
    isOrdered: true,
    notations: [
      ...words,
      (glob) => `Do it\n  - Change \`${glob}\`\n  - _Requirements: 1.1_`,
      (glob) => `Do it\n  - **File**: \`${glob}\``,
    ],
  },
  OpenSpec: {
    write: (texts) => ({
      named: 'openspec/changes/x/tasks.md',
      files: new Map([
        [
          'openspec/changes/x/tasks.md',
          texts.map((text, i) => `## ${i + 1}. Part ${i + 1}\n\n- [ ] ${i + 1}.1 ${text}\n`).join('\n'),
        ],
      ]),
    }),
    isOrdered: true,
    notations: [...words, (glob) => `Do it\n  - in \`${glob}\``],
  },
  'Spec Kit': {
    write: (texts) => ({
      named: 'specs/001-x/tasks.md',
      files: new Map([
        [
          'specs/001-x/tasks.md',
          `# Tasks: X\n\n${texts
            .map(
              (text, i) =>
                `## Phase ${i + 1}: User Story ${i + 1} - One (Priority: P1)\n\n- [ ] T${String(i + 1).padStart(3, '0')} [US${i + 1}] ${text}\n`,
            )
            .join('\n')}`,
        ],
      ]),
    }),
    notations: words,
  },
  'Task Master': {
    write: (texts) => ({
      named: '.taskmaster/tasks/tasks.json',
      files: new Map([
        [
          '.taskmaster/tasks/tasks.json',
          JSON.stringify({
            master: {
              tasks: texts.map((details, i) => ({
                id: i + 1,
                title: `One ${i + 1}`,
                description: 'Do it.',
                details,
                status: 'pending',
                dependencies: [],
                subtasks: [],
              })),
            },
          }),
        ],
      ]),
    }),
    notations: [...words, (glob) => `1. Begin.\n2. Change \`${glob}\`.\n3. End.`],
  },
  'a list of an issue': {
    write: (texts) => ({
      named: 'docs/issue-12.md',
      files: new Map([
        ['docs/issue-12.md', `# Work\n\n## Tasks\n\n${texts.map((text) => `- [ ] ${text}`).join('\n')}\n`],
      ]),
    }),
    notations: words,
  },
};

function proposalOf({ named, files }: Source) {
  const input = inputOf(files, named);
  const importer = importerFor(input.path, input.text);
  assert.ok(importer, named);
  const { proposal, spec, findings } = importer.read(input);
  assert.ok(proposal, findings.map(({ message }) => message).join('\n'));
  return { proposal, spec, input };
}

/** Each slice writes what its task names, and two slices that write the same file are in order or said to overlap. */
function check(tool: Tool, all: readonly string[], notations: readonly number[]): number {
  const texts = all.map((glob, i) => tool.notations[notations[i]! % tool.notations.length]!(glob));
  const { proposal, spec, input } = proposalOf(tool.write(texts));
  const scopes = proposal.slices.map(({ create, modify }) => [...create, ...modify]);
  // Small tasks may have been put into one slice; none of their paths is lost, and none comes in.
  const read = new Set(scopes.flat());
  for (const [i, glob] of all.entries())
    assert.ok(read.has(glob), `not read as written: ${glob}, written\n${texts[i]}\n${JSON.stringify(scopes)}`);
  assert.deepEqual(
    [...read].filter((path) => !all.includes(path)),
    [],
  );
  const { plan } = planned(proposal, { spec, specPath: input.path, dirName: 'x' });
  const graph = planGraph(plan);
  const found = new Map(overlaps(plan, graph).map(({ a, b, witness }) => [`${a} ${b}`, witness]));
  const expressions = plan.slices.map(({ scope }) =>
    [...scope.create, ...scope.modify].flatMap(({ path }) => (path === null ? [] : oracle(path))),
  );
  const isIn = (path: string, slice: number): boolean => expressions[slice]!.some((one) => one.test(path));
  const before = new Map<string, Set<string>>();
  for (const id of graph.order) {
    const deps = graph.schedule.get(id)?.deps ?? [];
    before.set(id, new Set(deps.flatMap((dep) => [dep, ...(before.get(dep) ?? [])])));
  }
  let met = 0;
  for (const [a, first] of plan.slices.entries())
    for (const [b, second] of plan.slices.entries()) {
      if (b <= a) continue;
      const pair = `${first.id} and ${second.id}: ${JSON.stringify([first.scope, second.scope].map(({ create, modify }) => [...create, ...modify].map((one) => one.path)))}`;
      const shared = universe.find((one) => isIn(one, a) && isIn(one, b));
      const isOrdered = before.get(first.id)?.has(second.id) || before.get(second.id)?.has(first.id);
      const witness = found.get(`${first.id} ${second.id}`);
      if (shared !== undefined) met++;
      if (shared !== undefined && !isOrdered) assert.notEqual(witness, undefined, `missed ${shared} of ${pair}`);
      if (witness !== undefined) assert.ok(isIn(witness, a) && isIn(witness, b), `${witness} is not in both: ${pair}`);
      // A class may also be the name of a file, longer than those that are looked at.
      const isPlain = ![first, second].some(({ scope }) => JSON.stringify(scope).includes('['));
      if (isPlain && (second.deps.includes(first.id) || first.deps.includes(second.id)))
        assert.ok(
          tool.isOrdered || shared !== undefined || longer.some((one) => isIn(one, a) && isIn(one, b)),
          `an order is invented for ${pair}`,
        );
    }
  return met;
}

/** For globs that meet only in longer paths. */
const longer = allPaths(8)
  .filter((one) => one.length > 4)
  .map((one) => `src/${one}.ts`);

suite('paths as the importers read them', () => {
  for (const [name, tool] of Object.entries(tools)) {
    test(`${name}: globs are read as written, and what meets is in order or said`, () => {
      let met = 0;
      fc.assert(
        fc.property(
          fc.uniqueArray(written, { minLength: SLICES, maxLength: SLICES }),
          fc.array(fc.nat({ max: 1_000 }), { minLength: SLICES, maxLength: SLICES }),
          (all, notations) => {
            met += check(tool, all, notations);
          },
        ),
        { numRuns: caseCount(6, 60) },
      );
      assert.ok(met > 0);
    });
  }

  test('names as web frameworks and people have them, in code marks', () => {
    const names = [
      'app/(shop)/page.tsx',
      'app/routes/$id.edit.tsx',
      'app/[slug]/page.tsx',
      'app/[...rest]/route.ts',
      'docs/übersicht.md',
      'src/[!_]*.ts',
      '**/legacy.ts',
      'src/{a,b/c}.ts',
    ];
    for (const [name, { write }] of Object.entries(tools)) {
      if (name === 'Backlog.md') continue;
      const { proposal } = proposalOf(write(names.map((one) => `Change \`${one}\``)));
      const read = proposal.slices.flatMap(({ create, modify }) => [...create, ...modify]);
      assert.deepEqual(read.toSorted(), names.toSorted(), name);
    }
    const { proposal } = proposalOf(tools['Kiro']!.write(['Change `src/**/user_id*.ts`, **all** of _them_']));
    assert.equal(proposal.slices[0]?.title, 'Change src/**/user_id*.ts, all of them');
  });
});
