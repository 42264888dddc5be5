import { AGENTS, pathVariable, type DecomposingAgentId } from '../agent/agents.ts';

/**
 * Who may cut a spec into slices. `offline`: needs no model. `agent`: a program that is asked and corrected. `editor`:
 * a language model that VS Code offers. `import`: reads slices that somebody wrote for another tool.
 */
export type DecomposerKind = 'offline' | 'agent' | 'editor' | 'import';

interface DecomposerRow {
  /** What `--with` and the setting `slicewave.decomposer` take. */
  readonly id: string;
  readonly title: string;
  readonly kind: DecomposerKind;
  /** One sentence. */
  readonly how: string;
  /** What must be there for it to work; empty: nothing. */
  readonly needs: string;
}

/** The agents that can be asked: a row each, made of what the table of agents says. */
const AGENT_ROWS = AGENTS.filter((agent) => agent.decomposes).map(({ id, title }) => ({
  id,
  title,
  kind: 'agent' as const,
  how: `${title} reads the repository and proposes the slices; it is shown what does not hold and corrects it.`,
  needs: `${title} on the path (or ${pathVariable(id)}), signed in`,
}));

/**
 * The formats of other tools. Rows repeat what each importer says of itself (a test compares), so that settings need
 * not load them.
 */
const IMPORTER_ROWS = [
  {
    id: 'spec-kit',
    title: 'GitHub Spec Kit tasks.md',
    kind: 'import',
    how: 'Reads the tasks.md of a Spec Kit feature with its spec and plan.',
    needs: '',
  },
  {
    id: 'openspec',
    title: 'OpenSpec change',
    kind: 'import',
    how: 'Reads an OpenSpec change: its proposal, tasks and specs.',
    needs: '',
  },
  {
    id: 'kiro',
    title: 'Kiro spec',
    kind: 'import',
    how: 'Reads a Kiro spec: requirements, design and tasks.',
    needs: '',
  },
  {
    id: 'task-master',
    title: 'Task Master tasks.json',
    kind: 'import',
    how: 'Reads the tasks.json of Task Master.',
    needs: '',
  },
  {
    id: 'backlog',
    title: 'Backlog.md tasks',
    kind: 'import',
    how: 'Reads the task files of Backlog.md.',
    needs: '',
  },
  {
    id: 'github-tasks',
    title: 'GitHub issue task list',
    kind: 'import',
    how: 'Reads the task list of a GitHub issue, kept as a Markdown file.',
    needs: '',
  },
] as const satisfies readonly (DecomposerRow & { readonly kind: 'import' })[];

export type ImporterId = (typeof IMPORTER_ROWS)[number]['id'];

export function isImporterId(name: string): name is ImporterId {
  return IMPORTER_ROWS.some((row) => row.id === name);
}

export type DecomposerId = DecomposingAgentId | ImporterId | 'structure' | 'command' | 'editor';

/**
 * Every decomposer. To add one: a row here, a file in `src/node/decompose/decomposers/` and its line in the table
 * there, which does not compile without it. An agent that decomposes needs neither: see `agents.ts`. An importer: its
 * row above, and a file in `src/core/decompose/import/` with its line in the table there.
 */
export const DECOMPOSERS: readonly (DecomposerRow & { readonly id: DecomposerId })[] = [
  {
    id: 'structure',
    title: 'Structure of the spec',
    kind: 'offline',
    how: 'By what the spec says and which files it names: no model, and the same spec always gives the same plan.',
    needs: '',
  },
  ...AGENT_ROWS,
  {
    id: 'command',
    title: 'Any agent, as a command',
    kind: 'agent',
    how: 'Any program that takes a prompt and prints a JSON object; the last one it prints is its answer.',
    needs: 'a program with its arguments (--agent-command, slicewave.agentCommand)',
  },
  {
    id: 'editor',
    title: 'Language model of VS Code',
    kind: 'editor',
    how: 'A language model that VS Code offers to extensions proposes the slices from the spec and the list of files.',
    needs: 'VS Code with an extension that provides language models, such as GitHub Copilot Chat',
  },
  ...IMPORTER_ROWS,
];

export const DECOMPOSER_IDS: readonly DecomposerId[] = DECOMPOSERS.map((row) => row.id);

export function isDecomposerId(name: string): name is DecomposerId {
  return (DECOMPOSER_IDS as readonly string[]).includes(name);
}

export function decomposerOf(id: DecomposerId): DecomposerRow & { readonly id: DecomposerId } {
  // Every id of the type is in the table that the type is made of.
  return DECOMPOSERS.find((row) => row.id === id)!;
}

/** The ids as a person picks from them: `structure, claude, codex, ...`. */
export function decomposerList(): string {
  return DECOMPOSER_IDS.join(', ');
}
