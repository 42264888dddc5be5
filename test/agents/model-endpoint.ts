/**
 * A scripted model on loopback. It stands in for the two vendors' services, never for the agents: the real command
 * lines talk to it, use their own tools, hooks and sandboxes, and print their own event streams.
 *
 * It speaks Anthropic Messages (`POST /v1/messages`, Claude Code) and OpenAI Responses (`POST /v1/responses`, Codex),
 * both as server-sent events. Several agents may use one endpoint at once: every request is given to the conversation
 * whose marker stands in the first user message that holds one.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One tool the model asks the agent to use, by the agent's own name for it (`Write`, `exec_command`). */
export interface ToolUse {
  readonly tool: string;
  /** An object; a string for Codex's free-form tools (`apply_patch`). */
  readonly input: unknown;
}

/** What the model does when it is asked next. */
export type Turn =
  /** Says something and ends its turn, so the agent ends too. */
  | { readonly say: string }
  /** Uses a tool, after saying something when `saying` is given. */
  | (ToolUse & { readonly saying?: string })
  /** Uses several tools at once. */
  | { readonly tools: readonly ToolUse[] }
  /** Runs a command with whatever tool the asking agent has for it. */
  | { readonly exec: string }
  /** Writes a file with whatever tool the asking agent has for it. `path` is absolute. */
  | { readonly write: string; readonly content: string }
  /** Keeps the agent waiting; the next turn of the script then answers the same request. */
  | { readonly hold: Promise<unknown> }
  /** Fails with an HTTP status; the agent's own retry is answered by the next turn of the script. */
  | { readonly status: number; readonly retryAfterSeconds?: number }
  /** Cuts the connection in the middle of a text; the agent's own retry is answered by the next turn. */
  | { readonly cut: true };

/** The turns in order, or a function for conversations of unknown length (such as "always cut"). */
export type Conversation = readonly Turn[] | ((request: ModelRequest) => Turn);

export interface ModelRequest {
  readonly protocol: 'anthropic' | 'openai';
  /** The key of the script that answered; `null`: no marker matched. */
  readonly marker: string | null;
  /** Titles, summaries and the like: a request without tools, answered with a short text, uses up no turn. */
  readonly sideQuestion: boolean;
  /** The agent's own id for its session. */
  readonly sessionId: string | null;
  readonly model: string;
  /** Names of the tools the agent offered. */
  readonly tools: readonly string[];
  /** All user texts in order, among them what the agent itself put in front (environment, instructions). */
  readonly userTexts: readonly string[];
  /** What the model said earlier in this conversation. */
  readonly assistantTexts: readonly string[];
  /** Everything the tools answered so far. Codex does not mark errors; the text tells. */
  readonly toolResults: readonly { readonly id: string; readonly text: string; readonly isError: boolean }[];
  /** The whole request as it came. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ModelEndpoint {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly url: string;
  /** All requests in the order they came, side questions included. */
  readonly requests: readonly ModelRequest[];
  /** The main-loop requests of one conversation. */
  requestsOf(marker: string): readonly ModelRequest[];
  /** Turns of that conversation not used yet. For a function: 0. */
  turnsLeft(marker: string): number;
  /** Resolves as soon as the conversation has asked `count` times (main loop only); at once when it already has. */
  asked(marker: string, count: number): Promise<void>;
  /** What went wrong in the script itself: unknown conversations and scripts that ran out. Assert that it is empty. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

/** Token counts reported for every answered request. */
export const usagePerTurn = { inputTokens: 100, outputTokens: 20 } as const;

/** Starts an endpoint on a free port. The key `''` answers conversations that hold no other marker. */
export async function startModelEndpoint(options: {
  readonly script: Readonly<Record<string, Conversation>>;
}): Promise<ModelEndpoint> {
  const scripts = new Map<string, Turn[] | ((request: ModelRequest) => Turn)>(
    Object.entries(options.script).map(([marker, turns]) => [marker, typeof turns === 'function' ? turns : [...turns]]),
  );
  const requests: ModelRequest[] = [];
  const problems: string[] = [];
  let waiting: { readonly marker: string; readonly count: number; readonly resolve: () => void }[] = [];
  let serial = 0;

  const requestsOf = (marker: string): readonly ModelRequest[] =>
    requests.filter((request) => request.marker === marker && !request.sideQuestion);

  const record = (request: ModelRequest): void => {
    requests.push(request);
    const stillWaiting = waiting.filter((waiter) => {
      const isReached = requestsOf(waiter.marker).length >= waiter.count;
      if (isReached) waiter.resolve();
      return !isReached;
    });
    waiting = stillWaiting;
  };

  const nextTurn = async (request: ModelRequest): Promise<Exclude<Turn, { hold: unknown }>> => {
    for (;;) {
      const script = request.marker === null ? undefined : scripts.get(request.marker);
      const turn = typeof script === 'function' ? script(request) : script?.shift();
      if (turn === undefined) {
        const problem =
          request.marker === null
            ? `no marker in: ${request.userTexts.join(' | ').slice(-300)}`
            : `the script of ${request.marker} has no turn left`;
        problems.push(problem);
        // 400 is not retried by either agent, so a wrong script fails at once instead of in a minute.
        return { status: 400 };
      }
      if (!('hold' in turn)) return turn;
      await turn.hold;
    }
  };

  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await readAll(message);
    const path = (message.url ?? '').split('?')[0];
    const protocol = path === '/v1/messages' ? 'anthropic' : path === '/v1/responses' ? 'openai' : undefined;
    if (message.method !== 'POST' || protocol === undefined) {
      response.writeHead(message.method === 'HEAD' || message.url === '/' ? 200 : 404).end();
      return;
    }
    const body = asRecord(JSON.parse(text));
    const request =
      protocol === 'anthropic'
        ? readAnthropic(body, [...scripts.keys()])
        : readOpenAi(body, message.headers, [...scripts.keys()]);
    record(request);
    const stream = protocol === 'anthropic' ? streamAnthropic : streamOpenAi;
    const turn: Exclude<Turn, { hold: unknown }> = request.sideQuestion ? { say: 'Scripted' } : await nextTurn(request);
    if (response.destroyed) return;
    if ('status' in turn) {
      const headers = turn.retryAfterSeconds === undefined ? {} : { 'retry-after': String(turn.retryAfterSeconds) };
      response.writeHead(turn.status, { 'content-type': 'application/json', ...headers });
      const kind = turn.status === 429 ? 'rate_limit_error' : turn.status < 500 ? 'invalid_request_error' : 'api_error';
      response.end(JSON.stringify({ type: 'error', error: { type: kind, message: `scripted ${turn.status}` } }));
      return;
    }
    // After a cut stream Claude Code asks once more without streaming.
    if (protocol === 'anthropic' && body.stream !== true && !('cut' in turn)) {
      serial += 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(anthropicMessage(turn, String(serial), request.model)));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    const send = (event: Readonly<Record<string, unknown>>): void => {
      response.write(`event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`);
    };
    serial += 1;
    stream(turn, { id: String(serial), model: request.model, tools: request.tools, send });
    // Only what has left this process can be seen by the agent before the cut.
    if ('cut' in turn) response.write(': cut\n\n', () => response.socket?.destroy());
    else response.end();
  };

  const server = createServer((message, response) => {
    answer(message, response).catch((error: unknown) => {
      problems.push(`endpoint: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    problems,
    requestsOf,
    turnsLeft: (marker) => {
      const script = scripts.get(marker);
      return script === undefined || typeof script === 'function' ? 0 : script.length;
    },
    asked: (marker, count) =>
      new Promise((resolve) => {
        if (requestsOf(marker).length >= count) resolve();
        else waiting.push({ marker, count, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

// ---------------------------------------------------------------- reading requests

function readAnthropic(body: Readonly<Record<string, unknown>>, markers: readonly string[]): ModelRequest {
  const userTexts: string[] = [];
  const assistantTexts: string[] = [];
  const toolResults: { id: string; text: string; isError: boolean }[] = [];
  for (const message of asList(body.messages)) {
    const blocks =
      typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : asList(message.content);
    for (const block of blocks) {
      if (block.type === 'text' && message.role === 'user') userTexts.push(asText(block.text));
      if (block.type === 'text' && message.role === 'assistant') assistantTexts.push(asText(block.text));
      if (block.type === 'tool_result') {
        toolResults.push({
          id: asText(block.tool_use_id),
          text: textOf(block.content),
          isError: block.is_error === true,
        });
      }
    }
  }
  const tools = asList(body.tools).map((tool) => asText(tool.name));
  const metadata = asText(asRecord(body.metadata).user_id);
  return {
    protocol: 'anthropic',
    marker: markerIn(userTexts, markers),
    sideQuestion: tools.length === 0,
    // `..._session_<uuid>` in some versions, a JSON text with `session_id` in others.
    sessionId: metadata.match(/session(?:_id)?[\W_]*([0-9a-f]{8}-[0-9a-f-]{27})/i)?.[1] ?? null,
    model: asText(body.model),
    tools,
    userTexts,
    assistantTexts,
    toolResults,
    body,
  };
}

function readOpenAi(
  body: Readonly<Record<string, unknown>>,
  headers: IncomingMessage['headers'],
  markers: readonly string[],
): ModelRequest {
  const userTexts: string[] = [];
  const assistantTexts: string[] = [];
  const toolResults: { id: string; text: string; isError: boolean }[] = [];
  const tools = asList(body.tools).map((tool) => asText(tool.name) || asText(tool.type));
  for (const item of asList(body.input)) {
    if (item.type === 'message') {
      const text = textOf(item.content);
      if (item.role === 'user') userTexts.push(text);
      if (item.role === 'assistant') assistantTexts.push(text);
    }
    if (item.type === 'function_call_output' || item.type === 'custom_tool_call_output') {
      toolResults.push({ id: asText(item.call_id), text: textOf(item.output), isError: false });
    }
    // Newer models are offered their tools as an item of the input.
    if (item.type === 'additional_tools') tools.push(...asList(item.tools).map((tool) => asText(tool.name)));
  }
  const session = headers['session-id'] ?? body.prompt_cache_key;
  return {
    protocol: 'openai',
    marker: markerIn(userTexts, markers),
    sideQuestion: tools.length === 0,
    sessionId: typeof session === 'string' ? session : null,
    model: asText(body.model),
    tools,
    userTexts,
    assistantTexts,
    toolResults,
    body,
  };
}

/** The marker that stands first in the first text that holds any; of two at the same place the longer one. */
function markerIn(texts: readonly string[], markers: readonly string[]): string | null {
  for (const text of texts) {
    const found = markers
      .filter((marker) => marker !== '' && text.includes(marker))
      .sort((a, b) => text.indexOf(a) - text.indexOf(b) || b.length - a.length);
    if (found[0] !== undefined) return found[0];
  }
  return markers.includes('') ? '' : null;
}

// ---------------------------------------------------------------- writing answers

interface Answering {
  readonly id: string;
  readonly model: string;
  readonly tools: readonly string[];
  readonly send: (event: Readonly<Record<string, unknown>>) => void;
}

type Spoken = Exclude<Turn, { hold: unknown } | { status: unknown }>;

function anthropicContent(turn: Spoken, id: string): readonly Readonly<Record<string, unknown>>[] {
  const spoken = spokenText(turn);
  const uses = toolUses(turn, 'anthropic').map((use, nth) => ({
    type: 'tool_use',
    id: `toolu_${id}_${nth}`,
    name: use.tool,
    input: use.input,
  }));
  return spoken === undefined ? uses : [{ type: 'text', text: spoken }, ...uses];
}

function anthropicMessage(turn: Spoken, id: string, model: string): Readonly<Record<string, unknown>> {
  const content = anthropicContent(turn, id);
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: content.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: usagePerTurn.inputTokens, output_tokens: usagePerTurn.outputTokens },
  };
}

/** The same message, told block by block. */
function streamAnthropic(turn: Spoken, { id, model, send }: Answering): void {
  const { content, stop_reason, stop_sequence, usage, ...message } = anthropicMessage(turn, id, model);
  const opening = { ...message, content: [], stop_reason: null, stop_sequence: null };
  send({
    type: 'message_start',
    message: { ...opening, usage: { input_tokens: usagePerTurn.inputTokens, output_tokens: 1 } },
  });
  asList(content).forEach((block, index) => {
    const isText = block.type === 'text';
    const content_block = isText ? { type: 'text', text: '' } : { ...block, input: {} };
    const delta = isText
      ? { type: 'text_delta', text: block.text }
      : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) };
    send({ type: 'content_block_start', index, content_block });
    send({ type: 'content_block_delta', index, delta });
    if (!('cut' in turn)) send({ type: 'content_block_stop', index });
  });
  if ('cut' in turn) return;
  send({ type: 'message_delta', delta: { stop_reason, stop_sequence }, usage });
  send({ type: 'message_stop' });
}

function streamOpenAi(turn: Spoken, { id, tools, send }: Answering): void {
  send({ type: 'response.created', response: { id: `resp_${id}` } });
  let index = 0;
  const done = (item: Readonly<Record<string, unknown>>): void => {
    send({ type: 'response.output_item.done', output_index: index, item });
    index += 1;
  };
  const said = (text: string): void =>
    done({ type: 'message', role: 'assistant', id: `msg_${id}`, content: [{ type: 'output_text', text }] });
  const spoken = spokenText(turn);
  if ('cut' in turn) {
    const item = { type: 'message', role: 'assistant', id: `msg_${id}`, content: [] };
    send({ type: 'response.output_item.added', output_index: 0, item });
    send({ type: 'response.output_text.delta', output_index: 0, item_id: `msg_${id}`, delta: spoken });
    return;
  }
  if (spoken !== undefined) said(spoken);
  toolUses(turn, 'openai', tools).forEach((use, nth) => {
    const call = { id: `fc_${id}_${nth}`, call_id: `call_${id}_${nth}`, name: use.tool };
    if (typeof use.input === 'string') done({ ...call, type: 'custom_tool_call', input: use.input });
    else done({ ...call, type: 'function_call', arguments: JSON.stringify(use.input) });
  });
  const { inputTokens, outputTokens } = usagePerTurn;
  send({
    type: 'response.completed',
    response: {
      id: `resp_${id}`,
      usage: {
        input_tokens: inputTokens,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: outputTokens,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: inputTokens + outputTokens,
      },
    },
  });
}

function spokenText(turn: Spoken): string | undefined {
  if ('say' in turn) return turn.say;
  if ('cut' in turn) return 'I was about to';
  return 'saying' in turn ? turn.saying : undefined;
}

function toolUses(turn: Spoken, protocol: ModelRequest['protocol'], tools: readonly string[] = []): readonly ToolUse[] {
  if ('tools' in turn) return turn.tools;
  if ('tool' in turn) return [turn];
  if ('exec' in turn) {
    if (protocol === 'anthropic') return [{ tool: 'Bash', input: { command: turn.exec, description: 'scripted' } }];
    return [{ tool: 'exec_command', input: { cmd: turn.exec } }];
  }
  if ('write' in turn) {
    if (protocol === 'anthropic') return [{ tool: 'Write', input: { file_path: turn.write, content: turn.content } }];
    if (tools.includes('apply_patch')) return [{ tool: 'apply_patch', input: patchThatAdds(turn.write, turn.content) }];
    const heredoc = `apply_patch <<'SCRIPTED'\n${patchThatAdds(turn.write, turn.content)}SCRIPTED\n`;
    return [{ tool: 'exec_command', input: { cmd: heredoc } }];
  }
  return [];
}

function patchThatAdds(path: string, content: string): string {
  const lines = content.replace(/\n$/, '').split('\n');
  return `*** Begin Patch\n*** Add File: ${path}\n${lines.map((line) => `+${line}\n`).join('')}*** End Patch\n`;
}

// ---------------------------------------------------------------- untyped JSON

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function asList(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(asRecord) : [];
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textOf(content: unknown): string {
  return typeof content === 'string'
    ? content
    : asList(content)
        .map((part) => asText(part.text))
        .join('');
}

async function readAll(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
