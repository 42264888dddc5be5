import path from 'node:path';
import { previewOf, type Preview } from '../../core/decompose/preview.ts';
import { DEFAULT_CORRECTIONS, MOST_CORRECTIONS } from '../../core/decompose/rounds.ts';
import { AGENTS, isDecomposingAgent, type DecomposingAgentId } from '../../core/agent/agents.ts';
import { decomposerList, decomposerOf, isDecomposerId, type DecomposerId } from '../../core/decompose/table.ts';
import { previewJson } from '../../core/view/preview-json.ts';
import { previewText } from '../../core/view/preview-text.ts';
import { splitCommand } from '../../core/text/words.ts';
import type { Decomposition } from '../../node/decompose/model.ts';
import type { Engine } from '../../node/engine.ts';
import { askYesNo } from '../ask.ts';
import {
  EXIT,
  flag,
  report,
  required,
  text,
  UsageError,
  type Command,
  type ExitCode,
  type Invocation,
} from '../command.ts';
import { abortOnSignals, openHere } from '../open.ts';

const SCOPE_AGENTS: readonly string[] = [
  ...AGENTS.filter(({ decomposes }) => decomposes).map(({ id }) => id),
  'command',
];

/** What came of trying the checks. */
type Tried = Awaited<ReturnType<Engine['tryChecks']>>;

export const decompose: Command = {
  name: 'decompose',
  summary: 'Turn a spec into a plan of slices',
  usage: '<spec> [options]',
  options: {
    with: {
      type: 'string',
      value: '<id>',
      help: `Who cuts the slices: ${decomposerList()} (default: what the file is, else structure, offline)`,
    },
    yes: { type: 'boolean', short: 'y', help: 'Write the plan without asking' },
    dir: { type: 'string', value: '<dir>', help: "The plan directory (default: parallel/<the spec's id and name>)" },
    replace: { type: 'boolean', help: 'Replace a plan that is there; prompts edited by hand are kept' },
    rounds: {
      type: 'string',
      value: '<n>',
      help: `How often an agent may correct its slices, 0 to ${MOST_CORRECTIONS} (default: ${DEFAULT_CORRECTIONS})`,
    },
    last: { type: 'boolean', help: 'Take what an agent answered last for this spec; nobody is asked again' },
    model: { type: 'string', value: '<name>', help: 'Model the agent is asked to use' },
    'agent-command': {
      type: 'string',
      value: '<command>',
      help: 'For --with command: program and arguments; {prompt_file}, {prompt} and {schema_file} are filled in',
    },
    'scopes-from': {
      type: 'string',
      value: '<agent>',
      help: `Whom to ask, once for all, where imported tasks work that name no file: ${SCOPE_AGENTS.join(', ')}`,
    },
    'accept-guesses': {
      type: 'boolean',
      help: 'With --yes: also write the scopes that are guessed for tasks that name no file',
    },
    'try-checks': {
      type: 'boolean',
      help: 'Run the set-up and all checks that are shown on the commit checked out, before you are asked',
    },
    'dry-run': { type: 'boolean', help: 'Show the plan, ask nothing, write nothing' },
    ascii: { type: 'boolean', help: 'Plain ASCII instead of arrows and rules' },
    json: { type: 'boolean', help: 'Print one JSON object instead of text; asks nothing' },
  },
  examples: [
    'slicewave decompose specs/TS-0042-inventory.spec.md',
    'slicewave decompose specs/TS-0042-inventory.spec.md --yes',
    'slicewave decompose specs/TS-0042-inventory.spec.md --with claude --rounds 4',
    'slicewave decompose specs/TS-0042-inventory.spec.md --with command --agent-command "my-agent --task {prompt_file}"',
    'slicewave decompose specs/TS-0042-inventory.spec.md --last --yes',
    'slicewave decompose specs/TS-0042-inventory.spec.md --try-checks',
    'slicewave decompose .kiro/specs/login',
    'slicewave decompose .taskmaster/tasks/tasks.json --dry-run',
    'slicewave decompose .taskmaster/tasks/tasks.json --scopes-from claude',
  ],
  run: execute,
};

/** Exit codes: 0 written (or shown, with `--dry-run`), 1 declined or with errors, 2 wrong call, 3 waits for a yes. */
async function execute(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation;
  const json = flag(invocation, 'json');
  const spec = required(invocation, 0, 'the spec');
  const by = decomposerOption(invocation);
  const scopesFrom = scopesOption(invocation, by);
  const command = commandOption(invocation, by === 'command' || scopesFrom === 'command');
  const corrections = correctionsOption(invocation);
  const last = lastOption(invocation);
  const engine = await openHere(terminal);
  if (!engine.ok) return report(terminal, engine.failure, json);
  const dir = text(invocation, 'dir');
  const model = text(invocation, 'model');
  let asking = false;
  const signal = abortOnSignals(() => !asking && terminal.err('cancelling ...\n'));
  const made = await engine.value.decompose(path.resolve(terminal.cwd, spec), {
    signal,
    ...(by ? { with: by } : {}),
    ...(command ? { command } : {}),
    ...(corrections === undefined ? {} : { corrections }),
    ...(model ? { model } : {}),
    ...(last ? { last } : {}),
    ...(scopesFrom ? { scopesFrom } : {}),
    // A yes that is given beforehand is none to what nobody has seen.
    guesses: flag(invocation, 'yes') && !flag(invocation, 'accept-guesses') ? 'shown' : 'taken',
    ...(dir ? { dir: path.relative(engine.value.root, path.resolve(terminal.cwd, dir)) } : {}),
    onProgress: (line) => terminal.err(`${line}\n`),
  });
  if (!made.ok) return report(terminal, made.failure, json);
  const preview = previewOf(made.value);
  const result = preview.counts.error > 0 ? EXIT.failed : EXIT.done;
  let checks: Tried | null = null;
  const show = (written: boolean): void => showPreview(invocation, { made: made.value, preview, written, checks });
  const replace = flag(invocation, 'replace');

  if (!json) show(false);
  if (flag(invocation, 'try-checks')) {
    const say = (line: string): void => terminal.err(`${line}\n`);
    checks = await engine.value.tryChecks(made.value.loaded, { signal, say });
    if (signal.aborted) return EXIT.interrupted;
    if (!json) terminal.out(`\n${trialText(checks)}`);
  }
  if (flag(invocation, 'dry-run')) {
    if (json) show(false);
    else terminal.out(`\nNothing was written. It would be ${preview.files.length} files in ${preview.dir}.\n`);
    return result;
  }
  if (preview.exists && !replace) {
    if (json) show(false);
    terminal.err(
      `slicewave: ${preview.dir} holds a plan already\n  Give --replace to write over it (prompts edited by hand are kept), or --dir <dir> for another place. A plan under way is changed with \`slicewave replan\`.\n`,
    );
    return EXIT.usage;
  }
  if (!flag(invocation, 'yes')) {
    if (json || !terminal.interactive) {
      if (json) show(false);
      else terminal.out(`\n${howToWrite(preview, terminal.interactive)}\n`);
      return EXIT.waiting;
    }
    asking = true;
    terminal.out('\n');
    const answer = await askYesNo(questionOf(preview), signal);
    if (answer !== 'yes') {
      terminal.out(`${answer === 'interrupted' ? '\n' : ''}Nothing was written.\n`);
      return answer === 'interrupted' ? EXIT.interrupted : EXIT.failed;
    }
  }
  const written = await engine.value.write(made.value, { replace });
  if (!written.ok) return report(terminal, written.failure, json);
  if (json) show(true);
  else
    terminal.out(
      `\nWrote ${preview.files.length} files to ${written.value.dir}. Next: ${nextOf(preview, written.value.dir)}\n`,
    );
  return result;
}

function trialText(checks: Tried): string {
  if (checks.length === 0) return 'There is no check to try.\n';
  return checks
    .map(
      ({ status, detail, remedy }) => `${status.padEnd(7)} ${detail}\n${remedy ? `${' '.repeat(8)}${remedy}\n` : ''}`,
    )
    .join('');
}

function showPreview(
  invocation: Invocation,
  shown: {
    readonly made: Decomposition;
    readonly preview: Preview;
    readonly written: boolean;
    /** What came of trying the checks; `null`: they were not tried. */
    readonly checks: Tried | null;
  },
): void {
  const { terminal } = invocation;
  const { made, preview, written, checks } = shown;
  if (flag(invocation, 'json')) {
    terminal.out(
      `${JSON.stringify({ ...previewJson(preview, { written }), ...(checks === null ? {} : { checks }) })}\n`,
    );
    return;
  }
  terminal.out(
    previewText(preview, {
      ascii: flag(invocation, 'ascii'),
      colour: terminal.colour,
      width: terminal.width,
      textOf: (file) => made.files.get(file.slice(made.dir.length + 1)),
    }),
  );
}

function questionOf(preview: Preview): string {
  const { error } = preview.counts;
  const errors = error > 0 ? ` with ${error} ${error === 1 ? 'error' : 'errors'}` : '';
  const verb = preview.exists ? 'Replace what is there and write' : 'Write';
  return `${verb} ${preview.files.length} files to ${preview.dir}${errors}${withGuesses(preview)}?`;
}

function withGuesses({ guesses: { list, taken } }: Preview): string {
  if (list.length === 0 || !taken) return '';
  return ` with ${list.length === 1 ? 'a guessed scope' : `${list.length} guessed scopes`}`;
}

/** A plan with errors is not for agents yet. */
function nextOf(preview: Preview, dir: string): string {
  const { error } = preview.counts;
  if (error === 0) return `slicewave run ${dir}`;
  return `mend ${error === 1 ? 'the error' : `the ${error} errors`}, then slicewave validate ${dir}`;
}

/** Without a terminal nobody can be asked. */
function howToWrite(preview: Preview, interactive: boolean): string {
  // An agent that is asked again may answer differently, and costs again.
  const guesses = preview.guesses.list.length > 0 ? ' --accept-guesses' : '';
  const yes = `${preview.rounds || preview.guesses.asked ? '--last --yes' : '--yes'}${guesses}`;
  const where = interactive ? '' : ', or decompose in a terminal, where you are asked';
  return `Nothing was written. Give ${yes} to write these ${preview.files.length} files to ${preview.dir}${where}.`;
}

function decomposerOption(invocation: Invocation): DecomposerId | undefined {
  const by = text(invocation, 'with');
  if (by === undefined) return undefined;
  if (!isDecomposerId(by)) throw new UsageError(`there is no decomposer ${by}`, `Decomposers: ${decomposerList()}.`);
  return by;
}

/** Only tasks that were written for other tools are asked about; whoever cuts a spec says where slices work. */
function scopesOption(
  invocation: Invocation,
  by: DecomposerId | undefined,
): DecomposingAgentId | 'command' | undefined {
  const name = text(invocation, 'scopes-from');
  if (name === undefined) return undefined;
  if (name !== 'command' && !isDecomposingAgent(name))
    throw new UsageError(`${name} cannot be asked for scopes`, `Choose one of: ${SCOPE_AGENTS.join(', ')}.`);
  if (by !== undefined && decomposerOf(by).kind !== 'import')
    throw new UsageError(
      `--scopes-from does not go with --with ${by}`,
      `${decomposerOf(by).title} says where slices work: leave one of them out.`,
    );
  return name;
}

function commandOption(invocation: Invocation, isAsked: boolean): readonly string[] | undefined {
  const command = text(invocation, 'agent-command');
  if (command === undefined) {
    if (isAsked) {
      throw new UsageError(
        '--with command and --scopes-from command need --agent-command',
        'For example: --agent-command "my-agent --task {prompt_file}".',
      );
    }
    return undefined;
  }
  if (!isAsked)
    throw new UsageError('--agent-command goes with --with command or --scopes-from command', 'Add one of them.');
  const split = splitCommand(command);
  const [only] = split.ok ? split.value : [];
  if (!split.ok) throw new UsageError(`--agent-command: ${split.failure.message}`);
  if (!only || split.value.length !== 1 || Object.keys(only.env).length > 0)
    throw new UsageError('--agent-command takes one program and its arguments', 'Put more into a script.');
  return only.words;
}

/** What was answered is there already; whatever says how to ask contradicts it. */
function lastOption(invocation: Invocation): boolean {
  if (!flag(invocation, 'last')) return false;
  const asking = ['with', 'rounds', 'model', 'agent-command', 'scopes-from'].find(
    (name) => text(invocation, name) !== undefined,
  );
  if (asking !== undefined)
    throw new UsageError(`--${asking} does not go with --last`, 'With --last nobody is asked: leave one of them out.');
  return true;
}

function correctionsOption(invocation: Invocation): number | undefined {
  const value = text(invocation, 'rounds');
  if (value === undefined) return undefined;
  if (!/^\d{1,2}$/.test(value) || Number(value) > MOST_CORRECTIONS)
    throw new UsageError(`--rounds must be a whole number from 0 to ${MOST_CORRECTIONS}, not "${value}"`);
  return Number(value);
}
