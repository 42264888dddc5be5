import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import type { MessageConnection } from 'vscode-languageserver/node';

/** The built language server with one document open, as an editor that starts it over stdio. */
export class LintServer {
  readonly #process: ChildProcess;
  readonly #connection: MessageConnection;
  readonly #root: string;
  /** Whether the server can be asked for diagnostics; else its quick fixes are asked for, which need the same work. */
  #pulls = false;
  #uri = '';
  #version = 1;

  private constructor(root: string, script: string) {
    this.#root = root;
    this.#process = spawn(
      process.execPath,
      ['--expose-gc', '--require', path.join(import.meta.dirname, 'memory-probe.cjs'), script, '--stdio'],
      { stdio: ['pipe', 'pipe', 'inherit', 'ipc'] },
    );
    if (!this.#process.stdout || !this.#process.stdin) throw new Error('the server has no pipes');
    this.#connection = createMessageConnection(
      new StreamMessageReader(this.#process.stdout),
      new StreamMessageWriter(this.#process.stdin),
    );
    this.#connection.onRequest('client/registerCapability', () => null);
    this.#connection.onRequest('workspace/configuration', ({ items }: { items: readonly unknown[] }) =>
      items.map(() => null),
    );
    this.#connection.onRequest('workspace/diagnostic/refresh', () => null);
    this.#connection.listen();
  }

  /** Starts it on a directory and waits until it has read everything below. */
  static async start(root: string, script: string): Promise<LintServer> {
    const server = new LintServer(root, script);
    const { capabilities } = await server.#connection.sendRequest<{
      readonly capabilities: { readonly diagnosticProvider?: unknown };
    }>('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: { textDocument: { diagnostic: {}, publishDiagnostics: {} } },
      workspaceFolders: [{ uri: pathToFileURL(root).href, name: 'bench' }],
    });
    server.#pulls = capabilities.diagnosticProvider !== undefined;
    await server.#connection.sendNotification('initialized', {});
    await server.#connection.sendRequest('slicewave/lintWorkspace', {});
    return server;
  }

  /** How it is asked for what it found. */
  get how(): string {
    return this.#pulls ? 'textDocument/diagnostic' : 'textDocument/codeAction';
  }

  async open(name: string, text: string): Promise<void> {
    this.#uri = pathToFileURL(path.join(this.#root, name)).href;
    await this.#connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri: this.#uri, languageId: 'markdown', version: this.#version, text },
    });
  }

  async change(text: string): Promise<void> {
    await this.#connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: this.#uri, version: ++this.#version },
      contentChanges: [{ text }],
    });
  }

  /** Waits for the findings of the open document as it is now. */
  async diagnostics(): Promise<void> {
    const textDocument = { uri: this.#uri };
    const range = { start: { line: 0, character: 0 }, end: { line: 1_000, character: 0 } };
    if (this.#pulls) await this.#connection.sendRequest('textDocument/diagnostic', { textDocument });
    else
      await this.#connection.sendRequest('textDocument/codeAction', {
        textDocument,
        range,
        context: { diagnostics: [] },
      });
  }

  /** Bytes, after a collection. */
  async memory(): Promise<NodeJS.MemoryUsage> {
    const answer = once(this.#process, 'message');
    this.#process.send('memory');
    const [usage] = (await answer) as [NodeJS.MemoryUsage];
    return usage;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    await this.#connection.sendRequest('shutdown');
    await this.#connection.sendNotification('exit');
    await ended;
    this.#connection.dispose();
  }
}
