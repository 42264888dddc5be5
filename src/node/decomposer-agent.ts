import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { proposalJsonSchema } from '../core/decompose/proposal.ts';
import { success, type Result } from '../core/result.ts';
import { objectOf, parseJsonLine } from './agents/json-line.ts';
import { agentOf, detectAgent } from './agents/table.ts';
import type { EngineFailure } from './engine-model.ts';
import { environment, findProgram, runProcess } from './processes.ts';
import { fail } from './repository.ts';

/** One turn with an agent that decomposes a spec. */
export interface DecomposerTurn {
  readonly prompt: string;
  /** The session of the earlier turn; `null` starts one. */
  readonly sessionId: string | null;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface DecomposerAnswer {
  /** The agent's answer, not validated; `undefined` when it gave none that is JSON. */
  readonly answer: unknown;
  readonly sessionId: string;
}

export type DecomposerAgent = (turn: DecomposerTurn) => Promise<Result<DecomposerAnswer, EngineFailure>>;

const minutes = 20;

export interface DecomposerOptions {
  readonly id: 'claude' | 'codex';
  /** The repository's primary checkout, which the agent reads. */
  readonly root: string;
  readonly model?: string;
  /** Default: this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The real agent, headless and read-only, in the repository's primary checkout. */
export function decomposerAgent(options: DecomposerOptions): DecomposerAgent {
  const { id, root } = options;
  const env = options.env ?? environment();
  return async (turn) => {
    const name = env[`SLICEWAVE_${id.toUpperCase()}_PATH`] || id;
    const program = await findProgram(name, env);
    if (program === null) {
      const { remedy } = await detectAgent(id, { version: false, cwd: root });
      const title = agentOf(id).title;
      return fail(
        'agent',
        `${title} was not found (${name})`,
        remedy || `Install ${title}, or decompose with --with structure.`,
      );
    }
    const scratch = await mkdtemp(path.join(tmpdir(), 'slicewave-decompose-'));
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
  const { id, root, scratch, signal, onProgress } = question;
  const promptFile = path.join(scratch, 'prompt.txt');
  await writeFile(promptFile, question.prompt);
  const schema = JSON.stringify(proposalJsonSchema());
  const schemaFile = path.join(scratch, 'schema.json');
  await writeFile(schemaFile, schema);
  const newSession = randomUUID();
  const reader = agentOf(id).createReader();
  let sessionId = question.sessionId ?? newSession;
  let answer: unknown;
  let lastMessage = '';
  let problem = '';
  const take = (line: string): void => {
    // Claude Code gives structured output beside the text of its last word; Codex gives it as its last message.
    const structured = objectOf(parseJsonLine(line))['structured_output'];
    if (structured !== undefined && structured !== null) answer = structured;
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
  let partial = '';
  let errors = '';
  const outcome = await runProcess({
    program: question.program,
    args: id === 'claude' ? claudeArguments(question, newSession, schema) : codexArguments(question, schemaFile),
    cwd: root,
    env: question.env,
    stdinFile: promptFile,
    signal,
    timeout: minutes * 60_000,
    onStdout: (chunk) => {
      const lines = (partial + chunk).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) take(line);
    },
    onStderr: (chunk) => (errors = (errors + chunk).slice(-4000)),
  });
  if (partial !== '') take(partial);
  for (const event of reader.end(Date.now())) takeEvent(event);
  const title = agentOf(id).title;
  switch (outcome.outcome) {
    case 'aborted':
      return fail(
        'cancelled',
        'The decomposition was cancelled',
        'Nothing was written. Start it again when you want to.',
      );
    case 'not-found':
      return fail(
        'agent',
        `${question.program} could not be started: ${outcome.error ?? ''}`,
        'Check the path of the agent.',
      );
    case 'timed-out':
      return fail(
        'agent',
        `${title} gave no answer within ${minutes} minutes`,
        'Try again, or decompose with --with structure.',
      );
    case 'exited':
      break;
  }
  answer ??= jsonIn(lastMessage);
  if (answer === undefined && (problem !== '' || outcome.exitCode !== 0)) {
    const detail = problem || lastLine(errors) || `exit code ${outcome.exitCode ?? 'none'}`;
    return fail(
      'agent',
      `${title} failed: ${detail}`,
      'Check that it is signed in and works by itself, then try again.',
    );
  }
  return success({ answer, sessionId });
}

/** Only tools that read: nothing it could write with, nothing it could run. */
function claudeArguments(question: Question, newSession: string, schema: string): string[] {
  return [
    '-p',
    '--output-format=stream-json',
    '--verbose',
    '--permission-mode=dontAsk',
    '--tools=Read,Glob,Grep',
    '--allowedTools=Read,Glob,Grep',
    '--strict-mcp-config',
    `--json-schema=${schema}`,
    question.sessionId === null ? `--session-id=${newSession}` : `--resume=${question.sessionId}`,
    ...(question.model ? [`--model=${question.model}`] : []),
  ];
}

function codexArguments(question: Question, schemaFile: string): string[] {
  return [
    'exec',
    '--json',
    '--sandbox=read-only',
    `--cd=${question.root}`,
    '--config=approval_policy="never"',
    `--output-schema=${schemaFile}`,
    ...(question.model ? [`--model=${question.model}`] : []),
    ...(question.sessionId === null ? ['-'] : ['resume', '--', question.sessionId, '-']),
  ];
}

/** The JSON of a message: all of it, its last fenced block, or what stands between its outermost braces. */
function jsonIn(text: string): unknown {
  const fences = [...text.matchAll(/^[ \t]*```[^\n]*\n([\s\S]*?)^[ \t]*```/gm)]
    .map((match) => match[1] ?? '')
    .toReversed();
  const braces = text.slice(Math.max(0, text.indexOf('{')), text.lastIndexOf('}') + 1);
  for (const candidate of [text, ...fences, braces]) {
    try {
      const value: unknown = JSON.parse(candidate);
      if (typeof value === 'object' && value !== null) return value;
    } catch {
      // The next candidate may be it.
    }
  }
  return undefined;
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 160);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
