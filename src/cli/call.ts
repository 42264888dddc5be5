import { parseArgs } from 'node:util';
import { report, UsageError, type Command, type Invocation, type Option, type Terminal } from './command.ts';

/** Parses a command's arguments, runs it, and turns a wrong call into one clear message: the one catch of the CLI. */
export async function call(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  const cut = args.indexOf('--');
  const own = cut < 0 ? args : args.slice(0, cut);
  if (own.includes('--help') || own.includes('-h')) {
    terminal.out(help(command));
    return 0;
  }
  try {
    return await command.run({ ...parse(command, own), rest: cut < 0 ? [] : args.slice(cut + 1), terminal });
  } catch (error) {
    if (!(error instanceof UsageError)) {
      // Loaded only then: what goes well starts faster without it.
      const failure = (await import('../node/git/unforeseen.ts')).failureOf(error);
      if (failure === null) throw error;
      return report(terminal, failure, own.includes('--json'));
    }
    terminal.err(
      `slicewave ${command.name}: ${error.message}\n  ${error.remedy || `See \`slicewave ${command.name} --help\`.`}\n`,
    );
    return 2;
  }
}

function parse(command: Command, args: readonly string[]): Pick<Invocation, 'positionals' | 'options'> {
  const options: Record<string, Option> = { ...command.options, 'no-color': { type: 'boolean', help: '' } };
  try {
    const parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: Object.fromEntries(
        Object.entries(options).map(([name, { type, short, multiple }]) => [
          name,
          { type, ...(short ? { short } : {}), ...(multiple ? { multiple } : {}) },
        ]),
      ),
    });
    return { positionals: parsed.positionals, options: parsed.values as Invocation['options'] };
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error);
    throw new UsageError(message);
  }
}

function help(command: Command): string {
  const rows = Object.entries(command.options).map(([name, option]): [string, string] => {
    const short = option.short ? `-${option.short}, ` : '    ';
    return [`${short}--${name}${option.type === 'string' ? ` ${option.value ?? '<value>'}` : ''}`, option.help];
  });
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return [
    `slicewave ${command.name}: ${command.summary}`,
    '',
    `Usage: slicewave ${command.name} ${command.usage}`.trimEnd(),
    ...(rows.length > 0 ? ['', 'Options:', ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)] : []),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    ...(command.notes ? ['', ...command.notes] : []),
    '',
  ].join('\n');
}
