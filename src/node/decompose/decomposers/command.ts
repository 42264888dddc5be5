import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Tail } from '../../../core/text/chunks.ts';
import { answerIn, LARGEST_ANSWER } from '../../../core/decompose/answer.ts';
import { decomposeAgain } from '../../../core/decompose/feedback.ts';
import { proposalJsonSchema } from '../../../core/plan/proposal.ts';
import { abridged } from '../../../core/text/printing.ts';
import { success } from '../../../core/text/result.ts';
import { ANSWER_MINUTES, endedBadly, lastLine } from './agent-turns.ts';
import type { DecomposerAgent } from '../model.ts';
import type { Decomposer } from './decomposer.ts';
import { environment, findProgram, runProcess } from '../../process/processes.ts';
import { temporaryDirectory } from '../../process/temporary.ts';
import { fail } from '../../failure.ts';
import { draftInRounds } from './rounds.ts';

/** One argument of a process holds no more on Linux; a prompt as large as this belongs into a file. */
const LONGEST_ARGUMENT = 120_000;

/** Any program that is given a prompt and prints a JSON object. */
export const commandDecomposer: Decomposer = (request) => {
  const { root, runAgent } = request;
  const command = request.options.command ?? [];
  const [program = ''] = command;
  if (!runAgent && program === '') {
    return Promise.resolve(
      fail(
        'agent',
        'The decomposer command needs a program',
        'Give it as --agent-command "my-agent --task {prompt_file}", or in the setting slicewave.agentCommand.',
      ),
    );
  }
  const agent = runAgent ?? commandAgent({ command, root });
  return draftInRounds({ ...request, title: path.basename(program) || 'The command', reads: true, agent });
};

export interface CommandOptions {
  /**
   * Program and arguments. In the arguments `{prompt_file}` becomes a file with the prompt, `{prompt}` the prompt
   * itself, `{schema_file}` a file with the JSON Schema of the answer. The prompt is on standard input too.
   */
  readonly command: readonly string[];
  /** The repository's primary checkout: where the program runs. */
  readonly root: string;
  /** How long it may take for one answer. Default `ANSWER_MINUTES`. */
  readonly minutes?: number;
}

/** A program without sessions: every turn gets the whole story. */
export function commandAgent(options: CommandOptions): DecomposerAgent {
  const { command, root, minutes = ANSWER_MINUTES } = options;
  const [program = '', ...words] = command;
  let instructions = '';
  let lastAnswer = '';
  return async (turn) => {
    const env = environment();
    const found = await findProgram(program, env);
    if (found === null)
      return fail(
        'agent',
        `${program} was not found`,
        'Check the program in --agent-command or slicewave.agentCommand.',
      );
    const isFirst = turn.sessionId === null;
    if (isFirst) instructions = turn.prompt;
    const prompt = isFirst ? instructions : decomposeAgain(instructions, lastAnswer, turn.prompt);
    if (prompt.length > LONGEST_ARGUMENT && words.some((word) => word.includes('{prompt}'))) {
      return fail(
        'agent',
        `the prompt of ${prompt.length} characters is too long for an argument`,
        'Use {prompt_file} instead of {prompt} in the command.',
      );
    }
    const scratch = await temporaryDirectory('decompose');
    try {
      const promptFile = path.join(scratch, 'prompt.txt');
      const schemaFile = path.join(scratch, 'schema.json');
      await writeFile(promptFile, prompt);
      await writeFile(schemaFile, JSON.stringify(turn.schema ?? proposalJsonSchema(), null, 2));
      const values: Readonly<Record<string, string>> = {
        prompt_file: promptFile,
        schema_file: schemaFile,
        prompt,
      };
      const printed = new Tail(2 * LARGEST_ANSWER);
      let errors = '';
      const outcome = await runProcess({
        program: found,
        args: words.map((word) => word.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)),
        cwd: root,
        env,
        stdinFile: promptFile,
        outputIntoFile: true,
        signal: turn.signal,
        timeout: minutes * 60_000,
        // The answer is the last object, so of a flood the end is kept; a whole one that is too large is told apart.
        onStdout: (chunk) => printed.add(chunk),
        onStderr: (chunk) => {
          errors = (errors + chunk).slice(-4000);
          const line = lastLine(chunk);
          if (line) turn.onProgress(line.slice(0, 160));
        },
      });
      const ended = endedBadly(outcome, {
        title: program,
        program: found,
        minutes,
        trouble: abridged(lastLine(errors)),
      });
      if (ended) return ended;
      const { text } = printed;
      const answer = answerIn(text);
      if ('problem' in answer && outcome.exitCode !== 0) {
        const detail = abridged(lastLine(errors) || lastLine(text)) || `exit code ${outcome.exitCode ?? 'none'}`;
        return fail('agent', `${program} failed: ${detail}`, 'Check that the command works by itself, then try again.');
      }
      // Whoever prints nothing when it is asked for the first time would print nothing again.
      if (text.trim() === '' && isFirst) {
        const detail = abridged(lastLine(errors));
        return fail(
          'agent',
          `${program} printed nothing${detail === '' ? '' : `; its last word was: ${detail}`}`,
          'It has to print the JSON object to standard output. Check that the command works by itself, then try again.',
        );
      }
      lastAnswer = 'value' in answer ? JSON.stringify(answer.value, null, 2) : text.slice(-20_000);
      return success({ answer, sessionId: turn.sessionId ?? randomUUID() });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  };
}
