/** What tools that plan tasks write, each with a text for every task. */
import assert from 'node:assert/strict';
import { importerFor } from '../../src/core/decompose/import/importers.ts';
import { inputOf } from './import-fixture.ts';

/** The files of a tool, and the one that an import is asked for. */
export interface Source {
  readonly named: string;
  readonly files: ReadonlyMap<string, string>;
}

/** A tool: how it writes so many tasks, each with a text that names a path, and the ways it has to name one. */
export interface Tool {
  readonly write: (texts: readonly string[]) => Source;
  readonly notations: readonly ((glob: string) => string)[];
  /** How a task says in words what is to be done, where that is not all that it is given. */
  readonly removing?: (words: string) => string;
  /** Whether the tool's phases are an order of their own. */
  readonly isOrdered?: boolean;
}

const words: readonly ((glob: string) => string)[] = [
  (glob) => `Change \`${glob}\``,
  (glob) => `Update \`${glob}\`, and nothing else`,
  (glob) => `Take the old form out of (\`${glob}\`)`,
  (glob) => `**\`${glob}\`**: the new form`,
  // Without code marks.
  (glob) => `Change ${glob} so that it works`,
];

export const tools: Readonly<Record<string, Tool>> = {
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
    removing: (text) => `---\n\n## Description\n\n${text}.\n`,
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

/** What the importer of its tool makes of it; `repo`: further files that exist. */
export function proposalOf({ named, files }: Source, repo: readonly string[] = []) {
  const input = inputOf(new Map([...files, ['repo.txt', repo.join('\n')]]), named);
  const importer = importerFor(input.path, input.text);
  assert.ok(importer, named);
  const { proposal, spec, findings } = importer.read(input);
  assert.ok(proposal, findings.map(({ message }) => message).join('\n'));
  return { proposal, spec, input };
}
