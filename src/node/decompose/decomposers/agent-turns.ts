import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LineSplitter } from '../../../core/text/chunks.ts';
import { agentRow, pathVariable, type DecomposingAgentId } from '../../../core/agent/agents.ts';
import { answerIn, type Answer } from '../../../core/decompose/answer.ts';
import { proposalJsonSchema } from '../../../core/plan/proposal.ts';
import { abridged } from '../../../core/text/printing.ts';
import { success, type Result } from '../../../core/text/result.ts';
import { objectOf, parseJsonLine } from '../../agents/json-line.ts';
import { detectAgent } from '../../agents/detect.ts';
import { agentOf } from '../../agents/table.ts';
import type { DecomposerAgent, DecomposerAnswer, DecomposerTurn } from '../model.ts';
import type { EngineFailure } from '../../failure.ts';
import { environment, findProgram, runProcess, type SpawnOutcome } from '../../process/processes.ts';
import { temporaryDirectory } from '../../process/temporary.ts';
import { fail } from '../../failure.ts';

/** How long an agent may think about one answer. */
export const ANSWER_MINUTES = 20;

export interface DecomposerOptions {
  readonly id: DecomposingAgentId;
  /** The repository's primary checkout, which the agent reads. */
  readonly root: string;
  readonly model?: string;
  /** Default: this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may think about one answer. Default `ANSWER_MINUTES`. */
  readonly minutes?: number;
}

/** The real agent, headless and read-only, in the repository's primary checkout. */
export function decomposerAgent(options: DecomposerOptions): DecomposerAgent {
  const { id, root } = options;
  const env = options.env ?? environment();
  return async (turn) => {
    const name = env[pathVariable(id)] || (agentRow(id).program ?? id);
    const program = await findProgram(name, env);
    if (program === null) {
      const { remedy } = await detectAgent(id, { version: false, cwd: root });
      const { title } = agentRow(id);
      return fail(
        'agent',
        `${title} was not found (${name})`,
        remedy || `Install ${title}, or decompose with --with structure.`,
      );
    }
    const scratch = await temporaryDirectory('decompose');
    try {
      return await ask({ ...turn, ...options, env, scratch, program });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  };
}

interface Question extends DecomposerTurn, DecomposerOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly scratch: string;
  readonly program: string;
}

async function ask(question: Question): Promise<Result<DecomposerAnswer, EngineFailure>> {
  const { id, root, scratch, signal, onProgress, minutes = ANSWER_MINUTES } = question;
  const promptFile = path.join(scratch, 'prompt.txt');
  await writeFile(promptFile, question.prompt);
  const schema = JSON.stringify(question.schema ?? proposalJsonSchema());
  const schemaFile = path.join(scratch, 'schema.json');
  await writeFile(schemaFile, schema);
  const newSession = randomUUID();
  const reader = agentOf(id).createReader();
  let sessionId = question.sessionId ?? newSession;
  let answer: Answer | null = null;
  let lastMessage = '';
  let problem = '';
  let trouble = '';
  let isSilent = true;
  const take = (line: string): void => {
    const said = objectOf(parseJsonLine(line));
    if (said['type'] !== undefined) isSilent = false;
    // Claude Code gives structured output beside the text of its last word; Codex gives it as its last message.
    const structured = said['structured_output'];
    if (typeof structured === 'object' && structured !== null) answer = { value: structured };
    // Not yet the end: Codex says so each time that it tries to reach its model again, for as long as it takes.
    if (said['type'] === 'error' && typeof said['message'] === 'string') {
      trouble = abridged(said['message'].trim().split('\n')[0] ?? '');
      onProgress(trouble);
    }
    for (const event of reader.line(line, Date.now())) takeEvent(event);
  };
  const takeEvent = (event: ReturnType<typeof reader.line>[number]): void => {
    if (event.type === 'session') sessionId = event.sessionId;
    else if (event.type === 'message') {
      lastMessage = event.text;
      // The answer itself is no news to read along.
      if (!/^\s*(\{|```)/.test(event.text)) onProgress(firstLine(event.text));
    } else if (event.type === 'command_started') onProgress(`runs ${firstLine(event.command)}`);
    else if (event.type === 'finished') {
      if (event.isError) problem = event.text || 'it ended with an error';
      else lastMessage = event.text || lastMessage;
    }
  };
  const lines = new LineSplitter();
  let errors = '';
  const outcome = await runProcess({
    program: question.program,
    args: agentOf(id).ask({ ...question, newSession, schema, schemaFile }),
    cwd: root,
    env: question.env,
    stdinFile: promptFile,
    outputIntoFile: true,
    signal,
    timeout: minutes * 60_000,
    onStdout: (chunk) => {
      for (const line of lines.take(chunk)) take(line);
    },
    onStderr: (chunk) => (errors = (errors + chunk).slice(-4000)),
  });
  const last = lines.end();
  if (last !== null) take(last);
  for (const event of reader.end(Date.now())) takeEvent(event);
  const { title, signIn = 'see its manual' } = agentOf(id);
  const ended = endedBadly(outcome, { title, program: question.program, minutes, trouble });
  if (ended) return ended;
  const given = answer ?? answerIn(lastMessage);
  // A program that says nothing at all is not asked again: it is another one, or broken.
  if ('problem' in given && (problem !== '' || outcome.exitCode !== 0 || isSilent)) {
    const code = outcome.exitCode === 0 ? 'it ended without a word' : `exit code ${outcome.exitCode ?? 'none'}`;
    return fail(
      'agent',
      `${title} failed: ${problem || lastLine(errors) || code}`,
      `Check that ${question.program} works by itself and is signed in (${signIn}), then try again.`,
    );
  }
  return success({ answer: given, sessionId });
}

export interface AskedProcess {
  readonly title: string;
  readonly program: string;
  readonly minutes: number;
  /** What it said last of what kept it from answering; empty: nothing. */
  readonly trouble: string;
}

/** Why an agent's process gave no answer; `null` when it ended by itself, however. */
export function endedBadly(
  outcome: SpawnOutcome,
  { title, program, minutes, trouble }: AskedProcess,
): { readonly ok: false; readonly failure: EngineFailure } | null {
  switch (outcome.outcome) {
    case 'aborted':
      return cancelled();
    case 'not-found':
      return fail('agent', `${program} could not be started: ${outcome.error ?? ''}`, 'Check the path of the agent.');
    case 'timed-out':
      return fail(
        'agent',
        `${title} gave no answer within ${minutes} minutes${trouble === '' ? '' : ` (${trouble})`}`,
        'Try again, or decompose with --with structure.',
      );
    case 'exited':
      return null;
  }
}

export function cancelled(): { readonly ok: false; readonly failure: EngineFailure } {
  return fail('cancelled', 'The decomposition was cancelled', 'Nothing was written. Start it again when you want to.');
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 160);
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
