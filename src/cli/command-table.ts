import type { Command } from './command.ts';

/**
 * Every command: name, one line, and where it lives. A module says the rest; it is loaded when its
 * command is called, so that `slicewave --version` and the hooks start as fast as node itself.
 * To add one: its file in `commands/`, a row here, and `npm run generate` for the README and docs/commands.md.
 */
export const COMMANDS: readonly {
  readonly name: string;
  readonly summary: string;
  readonly load?: () => Promise<Command>;
  readonly internal?: boolean;
}[] = [
  {
    name: 'init',
    summary: 'Make an empty plan directory for a spec',
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'decompose',
    summary: 'Turn a spec into a plan of slices',
    load: async () => (await import('./commands/decompose.ts')).decompose,
  },
  {
    name: 'validate',
    summary: 'Check a plan: files, dependencies, scopes, hidden coupling, contracts',
    load: async () => (await import('./commands/validate.ts')).validate,
  },
  {
    name: 'plan',
    summary: 'Show waves, batches, merge points and the critical path',
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  {
    name: 'scope',
    summary: 'Ask who may write a path, or how the scopes of slices relate',
    load: async () => (await import('./commands/scope.ts')).scope,
  },
  {
    name: 'replan',
    summary: 'Change a plan while it runs: what is verified stays, the difference is shown first',
    load: async () => (await import('./commands/replan.ts')).replan,
  },
  {
    name: 'migrate',
    summary: 'Write a manifest of the older form in the current one',
    load: async () => (await import('./commands/migrate.ts')).migrate,
  },
  {
    name: 'accept',
    summary: 'Run a plan by its directory as it stands now',
    load: async () => (await import('./commands/accept.ts')).accept,
  },
  {
    name: 'tick',
    summary: 'Tick off what is verified in the tasks that a plan was imported from',
    load: async () => (await import('./commands/tick.ts')).tick,
  },
  {
    name: 'run',
    summary: 'Run the slices of a plan, in parallel, each in its worktree',
    load: async () => (await import('./commands/run.ts')).run,
  },
  {
    name: 'status',
    summary: 'Show where a plan stands',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'answer',
    summary: "Answer a slice's question; its agent goes on in the same session",
    load: async () => (await import('./commands/decide.ts')).answer,
  },
  {
    name: 'approve',
    summary: 'Approve what a slice stopped on: paths out of scope, or checks that fail',
    load: async () => (await import('./commands/decide.ts')).approve,
  },
  {
    name: 'retry',
    summary: 'Give a slice another attempt',
    load: async () => (await import('./commands/decide.ts')).retry,
  },
  {
    name: 'skip',
    summary: 'Go on without a slice; what waits for it starts without its work',
    load: async () => (await import('./commands/decide.ts')).skip,
  },
  {
    name: 'stop',
    summary: 'Stop a running slice; its work is snapshotted',
    load: async () => (await import('./commands/decide.ts')).stop,
  },
  {
    name: 'integrate',
    summary: 'Merge and verify all slices on a branch of their own',
    load: async () => (await import('./commands/integrate.ts')).integrate,
  },
  {
    name: 'trace',
    summary: 'List, show and compare the evidence of runs',
    load: async () => (await import('./commands/trace.ts')).trace,
  },
  {
    name: 'profile',
    summary: 'Show where the time of a plan went, and what would have shortened it',
    load: async () => (await import('./commands/profile.ts')).profile,
  },
  {
    name: 'exec',
    summary: 'Run one slice, or any command, and leave evidence',
    load: async () => (await import('./commands/exec.ts')).exec,
  },
  {
    name: 'clean',
    summary: 'Remove worktrees whose work is safe elsewhere',
    load: async () => (await import('./commands/clean.ts')).clean,
  },
  {
    name: 'lint',
    summary: 'Check specs, plans, task specs, skills, agent instructions and traces',
    load: async () => (await import('./commands/lint.ts')).lint,
  },
  {
    name: 'lsp',
    summary: 'Serve findings, completion and more to an editor: the language server, over standard input and output',
    load: async () => (await import('./commands/lsp.ts')).lsp,
  },
  {
    name: 'doctor',
    summary: 'Check this machine and repository: git, agents, programs, hooks, disk',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'demo',
    summary: 'See the whole loop on the bundled example, without an account or a key',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  { name: 'hook', summary: '', internal: true, load: async () => (await import('./commands/hook.ts')).hook },
  {
    name: 'demo-agent',
    summary: '',
    internal: true,
    load: async () => (await import('./commands/demo-agent.ts')).demoAgent,
  },
];
