/**
 * The layer table: which folder of the sources may import which. It stands here and nowhere else; the architecture check
 * (`architecture.ts`), the linter's configuration (`oxlint.config.ts`) and the docs read it.
 */

/** A folder or a file that stands directly in a layered folder. */
export interface Room {
  readonly name: string;
  /** What it is about, for people. */
  readonly holds: string;
  /** Of the rooms below, only these; all of them when absent. */
  readonly uses?: readonly string[];
  /** Modules that it may not import: `*` stands for any characters. */
  readonly without?: readonly string[];
}

/** A folder whose entries have an order. Each may import those that stand before it in `rooms`, types included. */
export interface LayeredFolder {
  readonly folder: string;
  /** From bottom to top; every entry of the folder has its row. */
  readonly rooms: readonly Room[];
  /** The files, relative to the folder, that files outside it may import; any file when absent. */
  readonly doors?: readonly string[];
}

export const LAYERS: readonly LayeredFolder[] = [
  {
    folder: 'src',
    rooms: [
      {
        name: 'core',
        holds: 'texts to models, findings, plans and schedules; events to states; no I/O, no process, no clock',
        without: ['node:*', 'vscode', 'vscode-*', 'simple-git'],
      },
      {
        name: 'node',
        holds: 'the engine: git, agents, runs, what is kept on disk',
        without: ['vscode', 'vscode-*'],
      },
      {
        name: 'protocol',
        holds: 'the messages between editor, language server and dashboard',
        uses: ['core'],
        without: ['node:*', 'vscode'],
      },
      { name: 'cli', holds: 'the command line', uses: ['core', 'node'], without: ['vscode', 'vscode-*'] },
      {
        name: 'server',
        holds: 'the language server',
        uses: ['core', 'node', 'protocol'],
        without: ['vscode', 'vscode-languageclient', 'vscode-languageclient/*'],
      },
      { name: 'extension', holds: 'the VS Code extension', uses: ['core', 'node', 'protocol'] },
      {
        name: 'webview',
        holds: 'the dashboard, in a browser',
        uses: ['core', 'protocol'],
        without: ['node:*', 'vscode'],
      },
    ],
  },
  {
    folder: 'src/core',
    rooms: [
      { name: 'text', holds: 'Markdown, YAML and JSON with places, findings, words, results' },
      { name: 'code', holds: 'source files: symbols, imports, what a change touches, by language' },
      { name: 'setup', holds: 'the table of tools that make a fresh checkout ready' },
      { name: 'agent', holds: 'the table of agents: what each is and can do' },
      { name: 'task', holds: 'the task spec of a slice' },
      { name: 'skill', holds: 'skills' },
      { name: 'spec', holds: 'the spec' },
      { name: 'sandbox', holds: 'what the operating system lets agents and checks do' },
      { name: 'manifest', holds: "a plan's manifest and its dialects" },
      { name: 'plan', holds: 'slices, contracts and merge points; the graph, the schedule, the proposal of a plan' },
      { name: 'scope', holds: 'globs and sets of files: what a slice may write, and where two slices meet' },
      { name: 'conventions', holds: 'how the repository is written, measured' },
      { name: 'audit', holds: 'what all runs share, before and after one; who changed it' },
      { name: 'run', holds: 'events, runs and traces; the fold that makes the state of a plan of them' },
      { name: 'gate', holds: 'what is checked between "the agent says it is done" and "verified"' },
      { name: 'context', holds: 'what an agent is given to read' },
      { name: 'lint', holds: 'the rules and what applies them' },
      { name: 'schemas.ts', holds: 'JSON Schemas for editors' },
      { name: 'judge', holds: 'whether a plan is worth running, and what would make it better' },
      { name: 'decompose', holds: 'specs and lists of tasks to proposals of plans, and those to files' },
      { name: 'replan', holds: 'changes of a plan that is there already' },
      { name: 'view', holds: 'all of these as text, Markdown and JSON' },
      { name: 'language', holds: 'completion, hover, navigation and outlines of the files people write' },
    ],
  },
  {
    folder: 'src/core/lint',
    rooms: [
      { name: 'rules', holds: 'one table of rules for each kind of file' },
      { name: 'engine', holds: 'reporting, settings, suppressions, fixes, formats' },
      { name: 'skill', holds: 'skills and instructions for agents' },
      { name: 'spec', holds: 'specs' },
      { name: 'trace', holds: 'traces' },
      { name: 'task', holds: 'task specs, one by one' },
      { name: 'plan', holds: 'what all slices of a plan together show' },
      { name: 'readings.ts', holds: 'what was read of files and found in them, kept until they change' },
      { name: 'lint.ts', holds: 'the door: files, plans and whole repositories to findings' },
    ],
  },
  {
    folder: 'src/node',
    rooms: [
      { name: 'failure.ts', holds: 'how an expected failure is said' },
      { name: 'paths.ts', holds: 'paths as files are named, and whether they lead out of a directory' },
      { name: 'process', holds: 'processes: started, watched, ended with all they started' },
      { name: 'git', holds: 'calls of git, worktrees, snapshots, changes' },
      { name: 'state', holds: 'facts, events, decisions, locks' },
      { name: 'audit', holds: 'looks at what all runs share, and puts it back' },
      { name: 'agents', holds: 'one adapter for each agent' },
      { name: 'plan', holds: 'plans on disk: found, loaded, written, migrated, prepared' },
      { name: 'workspace', holds: 'a directory as linter and judge see it: files, settings, facts, symbols' },
      { name: 'judge', holds: 'the evidence of a repository for the judge of a plan, its history among it' },
      { name: 'hook.ts', holds: 'what agents and git ask before they act; starts without the engine' },
      { name: 'replan', holds: 'a changed plan written over the old one' },
      { name: 'decompose', holds: 'decomposers, agents among them' },
      { name: 'run', holds: 'one attempt from its claim to its commit; the scheduler of many' },
      { name: 'integrate', holds: 'verified work merged, checked and handed over' },
      { name: 'engine.ts', holds: 'the door: opens the rooms' },
    ],
    doors: [
      'engine.ts',
      'hook.ts',
      'failure.ts',
      'paths.ts',
      'decompose/model.ts',
      'replan/model.ts',
      'integrate/model.ts',
      'run/model.ts',
      'workspace/workspace.ts',
      'run/runner.ts',
      'run/wrap.ts',
      'run/launcher.ts',
      'run/clean.ts',
      'run/doctor.ts',
      'plan/init.ts',
      'plan/migrate.ts',
      'git/new-repository.ts',
      'git/unforeseen.ts',
      'process/state-home.ts',
    ],
  },
  {
    folder: 'src/extension',
    rooms: [
      { name: 'command-ids.ts', holds: 'the names of the commands' },
      { name: 'settings.ts', holds: 'the settings as one typed value' },
      { name: 'notices.ts', holds: 'what is said to people at the edge of the window' },
      { name: 'open-plan.ts', holds: 'a plan with its repository and what is about to be done with it' },
      { name: 'projects.ts', holds: 'the repositories of the window and their plans' },
      { name: 'language', holds: 'the language client, pages of rules, links of findings' },
      { name: 'evidence', holds: 'traces, changes of runs, who wrote which line' },
      { name: 'decompose', holds: 'a spec to a plan, shown before it is written' },
      { name: 'replan', holds: 'a plan changed, shown before it is written' },
      { name: 'run', holds: 'runs in terminals, questions of agents, integration' },
      { name: 'dashboard', holds: 'the dashboard beside the editor' },
      { name: 'tree', holds: 'the tree of plans and slices' },
      { name: 'commands.ts', holds: 'each command with what it does' },
      { name: 'main.ts', holds: 'the door: activation' },
    ],
    doors: ['main.ts'],
  },
];

/** Why one source file may not import another; `null` when it may. Paths are relative to the root of the repository. */
export function forbiddenImport(from: string, to: string): string | null {
  for (const layered of LAYERS) {
    const own = roomOf(layered, from);
    const target = roomOf(layered, to);
    if (target === null) continue;
    const why = own === null ? (isDoor(layered, to) ? null : notADoor(layered)) : forbiddenRoom(layered, own, target);
    if (why !== null) return why;
  }
  return null;
}

/** Why the files of one room may not import those of another room of the same folder; `null` when they may. */
export function forbiddenRoom({ folder, rooms }: LayeredFolder, own: string, target: string): string | null {
  if (own === target) return null;
  const rank = rooms.findIndex((room) => room.name === own);
  const uses = rooms[rank]?.uses;
  if (uses) return uses.includes(target) ? null : `${own} uses ${uses.join(' and ')} only`;
  const isBelow = rooms.slice(0, Math.max(rank, 0)).some((room) => room.name === target);
  return isBelow ? null : `${target} does not stand below ${own} in ${folder}`;
}

/** Whether files outside a layered folder may import this file of it. */
export function isDoor({ folder, doors }: LayeredFolder, file: string): boolean {
  return !doors || doors.includes(file.slice(folder.length + 1));
}

export function notADoor({ folder, doors = [] }: LayeredFolder): string {
  return `the doors of ${folder} are ${doors.join(', ')}`;
}

/** The entry of a layered folder that a file is or lies in; `null` when it lies elsewhere. */
export function roomOf({ folder }: Pick<LayeredFolder, 'folder'>, file: string): string | null {
  if (!file.startsWith(`${folder}/`)) return null;
  return file.slice(folder.length + 1).split('/')[0] ?? null;
}

/** The table as Markdown, the top room first, as one reads a house: one section for each folder. */
export function layersMarkdown(): string {
  return LAYERS.map(({ folder, rooms, doors }) =>
    [
      `### \`${folder}\``,
      '',
      '| room | what it holds | uses |',
      '|---|---|---|',
      ...rooms.toReversed().map(({ name, holds, uses }, i) => {
        const lowest = i === rooms.length - 1;
        const below = uses ? uses.map((room) => `\`${room}\``).join(', ') : lowest ? 'nothing here' : 'all below';
        return `| \`${name}\` | ${holds} | ${below} |`;
      }),
      ...(doors ? ['', `Doors, all that others may import: ${doors.map((door) => `\`${door}\``).join(', ')}.`] : []),
      '',
    ].join('\n'),
  ).join('\n');
}
