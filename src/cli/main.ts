// Here `process` is the global: importing it would read every property of it, and so open standard input, at each start.
import type { Command, Terminal } from './command.ts';

declare const SLICEWAVE_VERSION: string;

/**
 * Every command: name, one line, and where it lives. Modules are loaded when their command is called, so that
 * `slicewave --version` and the hooks start as fast as node itself.
 */
const COMMANDS: readonly {
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
    summary: 'Check a plan directory',
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
    summary: 'Change a plan while it runs; the difference is shown first',
    load: async () => (await import('./commands/replan.ts')).replan,
  },
  {
    name: 'migrate',
    summary: 'Write a manifest of the older form in the current one',
    load: async () => (await import('./commands/migrate.ts')).migrate,
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
    summary: "Answer a slice's question",
    load: async () => (await import('./commands/decide.ts')).answer,
  },
  {
    name: 'approve',
    summary: 'Approve what a slice stopped on',
    load: async () => (await import('./commands/decide.ts')).approve,
  },
  {
    name: 'retry',
    summary: 'Give a slice another attempt',
    load: async () => (await import('./commands/decide.ts')).retry,
  },
  { name: 'skip', summary: 'Go on without a slice', load: async () => (await import('./commands/decide.ts')).skip },
  { name: 'stop', summary: 'Stop a running slice', load: async () => (await import('./commands/decide.ts')).stop },
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
    summary: 'Serve findings, completion and more to an editor, over standard input and output',
    load: async () => (await import('./commands/lsp.ts')).lsp,
  },
  {
    name: 'doctor',
    summary: 'Check this machine: git, agents, disk',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'demo',
    summary: 'See the whole loop on the bundled example',
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

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === '--version' || name === '-v' || name === 'version') {
    process.stdout.write(`${SLICEWAVE_VERSION}\n`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const about = args[0];
    if (name === 'help' && about) return main([about, '--help']);
    process.stdout.write(overview());
    return name === undefined ? 2 : 0;
  }
  const entry = COMMANDS.find((command) => command.name === name);
  if (!entry?.load) {
    const near = COMMANDS.filter(
      (command) => !command.internal && (command.name.startsWith(name) || name.startsWith(command.name)),
    );
    process.stderr.write(
      `slicewave: there is no command ${name}\n  ${near[0] ? `Did you mean ${near[0].name}?` : 'See `slicewave --help`.'}\n`,
    );
    return 2;
  }
  // Node 22 and newer keep compiled code between starts; a plan of twenty slices starts hundreds of processes.
  (await import('node:module')).enableCompileCache?.();
  const { call } = await import('./call.ts');
  return call(await entry.load(), args, terminalOf(args));
}

function overview(): string {
  const listed = COMMANDS.filter((command) => !command.internal);
  const width = Math.max(...listed.map((command) => command.name.length));
  return [
    'slicewave: turn a written spec into slices that coding agents execute in parallel',
    '',
    'Usage: slicewave <command> [options]',
    '',
    ...listed.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'Every command has --help with examples; most have --json. NO_COLOR switches colours off.',
    '',
    'Start here:',
    '  slicewave decompose specs/TS-0042-inventory.spec.md',
    '  slicewave run parallel/TS-0042-inventory',
    '  slicewave integrate parallel/TS-0042-inventory',
    '',
  ].join('\n');
}

function terminalOf(args: readonly string[]): Terminal {
  const { env, stdout } = process;
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const off =
    (env['NO_COLOR'] ?? '') !== '' ||
    env['FORCE_COLOR'] === '0' ||
    args.includes('--no-color') ||
    env['TERM'] === 'dumb';
  return {
    colour: !off && (forced || stdout.isTTY === true),
    interactive: stdout.isTTY === true && process.stdin.isTTY === true,
    width: stdout.columns ?? 100,
    cwd: process.cwd(),
    out: (text) => void stdout.write(text),
    err: (text) => void process.stderr.write(text),
  };
}

// A reader that went away (`slicewave plan | head`) is no reason to fail, nor to leave undone what was asked for
// (`slicewave replan --cut A3 --yes | head`). What would go on for its reader alone ends.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.exit(1);
  if (process.argv[2] === 'lsp' || process.argv.includes('--watch')) process.exit(0);
});
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`slicewave: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
});
