// Here `process` is the global: importing it would read every property of it, and so open standard input, at each start.
import type { Terminal } from './command.ts';
import { COMMANDS } from './command-table.ts';

declare const SLICEWAVE_VERSION: string;

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
  // A hook is small, and who starts it may not write where compiled code is kept.
  if (name !== 'hook') await keepCompiled();
  const { call } = await import('./call.ts');
  const command = await entry.load();
  // Editors stay connected for hours.
  if (name !== 'hook' && name !== 'lsp') await optimizeLater();
  return call(command, args, terminalOf(args));
}

/**
 * Node 22 and newer keep compiled code between starts; a plan of twenty slices starts hundreds of processes. What is kept
 * is run as it is: it lies where no agent and no check may write, not in the temporary directory, which is Node's choice.
 */
async function keepCompiled(): Promise<void> {
  const { enableCompileCache } = await import('node:module');
  if (!enableCompileCache) return;
  const { compiledCode } = await import('../node/process/state-home.ts');
  const dir = compiledCode();
  if (dir !== null) enableCompileCache(dir);
}

/**
 * A command is over before most of what its functions gain by being optimized has paid for that: about a plan of a
 * thousand slices it took as much processor time as a third of everything else. What runs ten times as long as it
 * otherwise would have to is optimized all the same. The flag has another name in each engine, and one that is not known is
 * complained of, so an engine that nobody has tried stays as it is.
 */
async function optimizeLater(): Promise<void> {
  const major = Number.parseInt(process.versions.v8 ?? '', 10);
  const flag = major === 11 ? 'interrupt-budget=675840' : major === 12 ? 'invocation-count-for-turbofan=30000' : null;
  if (flag !== null) (await import('node:v8')).setFlagsFromString(`--${flag}`);
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
