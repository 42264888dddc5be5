import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import type { CancellationToken, Diagnostic, InitializeResult, PublishDiagnosticsParams } from 'vscode-languageserver';

export interface LspClientOptions {
  readonly root: string;
  /** The script that is the server, and what is passed to it. */
  readonly server: readonly string[];
  readonly capabilities?: object;
  readonly initializationOptions?: object;
  /** What `workspace/configuration` answers for the section `slicewave.lint`. */
  readonly lint?: () => unknown;
}

/** A plain JSON-RPC client of a language server in a process of its own, as any editor starts it. */
export class LspClient {
  readonly root: string;
  /** Requests and notifications of the server, by method. */
  readonly heard: string[] = [];
  /** What the server wrote into its log. */
  readonly log: string[] = [];
  readonly #options: LspClientOptions;
  readonly #process;
  readonly #connection;
  readonly #diagnostics = new Map<string, readonly Diagnostic[]>();
  #changed: () => void = () => {};
  #folders: readonly string[];

  constructor(options: LspClientOptions) {
    this.#options = options;
    this.root = options.root;
    this.#folders = [options.root];
    this.#process = spawn(process.execPath, [...options.server], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#connection = createMessageConnection(
      new StreamMessageReader(this.#process.stdout),
      new StreamMessageWriter(this.#process.stdin),
    );
    this.#connection.onNotification(
      'textDocument/publishDiagnostics',
      ({ uri, diagnostics }: PublishDiagnosticsParams) => {
        this.#diagnostics.set(uri, diagnostics);
        this.#hear('textDocument/publishDiagnostics');
      },
    );
    this.#connection.onNotification('window/logMessage', ({ message }: { message: string }) => {
      this.log.push(message);
    });
    this.#connection.onRequest(
      'client/registerCapability',
      ({ registrations }: { registrations: { method: string }[] }) => {
        for (const { method } of registrations) this.#hear(`register ${method}`);
        return null;
      },
    );
    this.#connection.onRequest('workspace/diagnostic/refresh', () => {
      this.#hear('workspace/diagnostic/refresh');
      return null;
    });
    this.#connection.onRequest('workspace/workspaceFolders', () =>
      this.#folders.map((folder) => ({ uri: pathToFileURL(folder).href, name: path.basename(folder) })),
    );
    this.#connection.onRequest('workspace/configuration', ({ items }: { items: readonly unknown[] }) =>
      items.map(() => options.lint?.() ?? null),
    );
    this.#connection.listen();
  }

  async start(): Promise<InitializeResult> {
    const result = await this.#connection.sendRequest<InitializeResult>('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: this.#options.capabilities ?? {
        workspace: { didChangeWatchedFiles: { dynamicRegistration: true } },
      },
      ...(this.#options.initializationOptions ? { initializationOptions: this.#options.initializationOptions } : {}),
      workspaceFolders: [{ uri: pathToFileURL(this.root).href, name: 'x' }],
    });
    await this.notify('initialized', {});
    return result;
  }

  uri(name: string): string {
    return pathToFileURL(path.join(this.root, name)).href;
  }

  /** The name of a file by its URI. */
  name(uri: string): string {
    return decodeURIComponent(uri).slice(decodeURIComponent(pathToFileURL(this.root).href).length + 1);
  }

  notify(method: string, params: object): Promise<void> {
    return this.#connection.sendNotification(method, params);
  }

  request<T>(method: string, params: object, token?: CancellationToken): Promise<T> {
    return token ? this.#connection.sendRequest(method, params, token) : this.#connection.sendRequest(method, params);
  }

  async open(name: string, text: string, version = 1): Promise<string> {
    const uri = this.uri(name);
    await this.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'markdown', version, text } });
    return uri;
  }

  /** Makes these directories the folders of the workspace; only for clients with `workspace.workspaceFolders`. */
  async setFolders(folders: readonly string[]): Promise<void> {
    this.#folders = folders;
    await this.notify('workspace/didChangeWorkspaceFolders', { event: { added: [], removed: [] } });
  }

  /** What was published for a file; for clients that are told. */
  diagnostics(name: string): readonly Diagnostic[] {
    return this.#diagnostics.get(this.uri(name)) ?? [];
  }

  codes(name: string): string[] {
    return this.diagnostics(name).map((diagnostic) => String(diagnostic.code));
  }

  /** Waits for the message that makes the condition true; the test's own time limit is the limit. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#changed = resolve));
  }

  async stop(): Promise<void> {
    const ended = new Promise<number | null>((resolve) => this.#process.once('exit', resolve));
    await this.#connection.sendRequest('shutdown');
    await this.#connection.sendNotification('exit');
    assert.equal(await ended, 0);
    this.#connection.dispose();
  }

  #hear(what: string): void {
    this.heard.push(what);
    this.#changed();
  }
}
