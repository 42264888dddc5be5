import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { importerFor, importerOf, importers, mainFileOf } from '../../src/core/decompose/import/importers.ts';
import type { ImportResult } from '../../src/core/decompose/import/model.ts';
import { filesOnly, judge } from '../../src/core/judge/judge.ts';
import { proposalSchema } from '../../src/core/plan/proposal.ts';
import { planName } from '../../src/core/decompose/write.ts';
import { readSpec } from '../../src/core/spec/read.ts';
import { planned } from '../decompose-fixture.ts';
import { described, fixtureFiles, inputOf } from './import-fixture.ts';

interface Case {
  readonly fixture: string;
  /** What a person names: a directory or a file. */
  readonly named: string;
  readonly main: string;
  readonly id: string;
  readonly dirName: string;
  /** Codes of the errors that the judge finds in what a messy source gives. */
  readonly errors?: readonly string[];
}

const cases: readonly Case[] = [
  {
    fixture: 'spec-kit-albums',
    named: 'specs/001-photo-albums',
    main: 'specs/001-photo-albums/tasks.md',
    id: 'spec-kit',
    dirName: '001-photo-albums',
  },
  {
    fixture: 'spec-kit-messy',
    named: 'specs/007-import/tasks.md',
    main: 'specs/007-import/tasks.md',
    id: 'spec-kit',
    dirName: '007-csv-import',
  },
  {
    fixture: 'openspec-recent-votes',
    named: 'openspec/changes/add-recent-votes/proposal.md',
    main: 'openspec/changes/add-recent-votes/tasks.md',
    id: 'openspec',
    dirName: 'add-recent-votes',
  },
  {
    fixture: 'openspec-messy',
    named: './openspec/changes/refactor-storage/',
    main: 'openspec/changes/refactor-storage/tasks.md',
    id: 'openspec',
    dirName: 'refactor-storage',
  },
  {
    fixture: 'kiro-uploads',
    named: '.kiro/specs/image-uploads',
    main: '.kiro/specs/image-uploads/tasks.md',
    id: 'kiro',
    dirName: 'image-uploads',
  },
  {
    fixture: 'kiro-messy',
    named: '.kiro/specs/chat',
    main: '.kiro/specs/chat/tasks.md',
    id: 'kiro',
    dirName: 'chat',
  },
  {
    fixture: 'task-master-tagged',
    named: '.taskmaster',
    main: '.taskmaster/tasks/tasks.json',
    id: 'task-master',
    dirName: 'taskmaster-accounts',
  },
  {
    fixture: 'task-master-flat-messy',
    named: 'tasks/tasks.json',
    main: 'tasks/tasks.json',
    id: 'task-master',
    dirName: 'taskmaster-master',
    errors: ['plan.cycle', 'task.scope-missing'],
  },
  {
    fixture: 'backlog-board',
    named: 'backlog',
    main: 'backlog/config.yml',
    id: 'backlog',
    dirName: 'backlog-invoices',
  },
  {
    fixture: 'backlog-messy',
    named: 'backlog/tasks',
    main: 'backlog/config.yml',
    id: 'backlog',
    dirName: 'backlog',
    errors: ['plan.cycle', 'task.scope-missing'],
  },
  {
    fixture: 'github-release',
    named: 'docs/issue-120.md',
    main: 'docs/issue-120.md',
    id: 'github-tasks',
    dirName: 'GH-120-profiles-for-the-command-line',
  },
  {
    fixture: 'github-messy',
    named: 'todo.md',
    main: 'todo.md',
    id: 'github-tasks',
    dirName: 'todo',
    errors: ['task.scope-missing'],
  },
];

function read(fixture: string, named: string): ImportResult {
  const input = inputOf(fixtureFiles(fixture), named);
  const importer = importerFor(input.path, input.text);
  assert.ok(importer, `nothing recognises ${input.path}`);
  return importer.read(input);
}

suite('importers', () => {
  for (const one of cases) {
    suite(one.fixture, () => {
      const input = inputOf(fixtureFiles(one.fixture), one.named);

      test('what is named leads to its main file and its importer', () => {
        assert.equal(input.path, one.main);
        assert.equal(importerFor(input.path, input.text)?.id, one.id);
      });

      test('reads as the golden text', () => {
        const golden = path.join(import.meta.dirname, '../golden/imports', `${one.fixture}.txt`);
        const text = described(read(one.fixture, one.named));
        if (process.env['UPDATE_GOLDEN']) {
          mkdirSync(path.dirname(golden), { recursive: true });
          writeFileSync(golden, text);
        }
        assert.equal(text, readFileSync(golden, 'utf8'));
      });

      test('its plan is written, read back and judged', () => {
        const { spec, proposal } = read(one.fixture, one.named);
        assert.ok(proposal);
        assert.deepEqual(
          proposalSchema.safeParse(proposal).data,
          proposal,
          'the proposal is one that a decomposer may give',
        );
        assert.equal(planName(spec, input.path), one.dirName);
        const place = { spec, specPath: input.path, dirName: one.dirName };
        const { files, plan, loaded } = planned(proposal, place);
        assert.deepEqual(
          loaded.filter((finding) => finding.severity === 'error'),
          [],
        );
        assert.deepEqual(
          plan.slices.map((slice) => slice.id).toSorted(),
          proposal.slices.map((slice) => slice.id).toSorted(),
        );
        const judged = judge({ plan, files, repository: filesOnly(input.repoFiles) }).findings;
        const errors = judged.filter((finding) => finding.severity === 'error').map((finding) => finding.code);
        assert.deepEqual([...new Set(errors)].toSorted(), one.errors ?? []);
      });

      test('the order of the repository and of the companions does not matter', () => {
        const turned = {
          ...input,
          repoFiles: input.repoFiles.toReversed(),
          companions: new Map([...input.companions].toReversed()),
        };
        assert.equal(
          described(importerOf(one.id)?.read(turned) as ImportResult),
          described(read(one.fixture, one.named)),
        );
      });
    });
  }

  test('every fixture of the table has another importer than a spec, and a spec has none', () => {
    const spec = `---\nid: TS-1\n---\n# X\n\n## Outcome\n\nIt works.\n\n## In scope\n\n- [ ] \`src/x.ts\` (#12)\n\n## Out of scope\n\n- y\n\n## Evidence\n\n- [ ] \`npm test\` passes\n`;
    assert.equal(importerFor('specs/TS-1-x.spec.md', spec), null);
    assert.equal(importerFor('docs/x.md', spec), null);
    assert.equal(readSpec(spec, 'docs/x.md').spec.id, 'TS-1');
    assert.equal(importerFor('README.md', '# Tool\n\n- [ ] finish\n'), null);
    assert.equal(importerFor('package.json', '{"tasks": []}'), null);
    assert.equal(mainFileOf('src', ['src/a.ts']), null);
    assert.equal(mainFileOf('openspec/changes/archive', ['openspec/changes/archive/tasks.md']), null);
    assert.deepEqual([...new Set(cases.map((one) => one.id))].toSorted(), importers.map((one) => one.id).toSorted());
    assert.equal(importerOf('jira'), null);
  });

  test('one task of a board brings its sub-tasks and what it waits for', () => {
    const { proposal, findings } = read('backlog-board', 'backlog/tasks/task-4 - Export.md');
    assert.deepEqual(
      proposal?.slices.map((slice) => slice.id),
      ['TASK-3-1', 'TASK-3-2', 'TASK-4'],
    );
    assert.ok(findings.some((finding) => finding.code === 'import.part'));
  });
});
