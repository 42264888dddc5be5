import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import { lintSection, lintWorkspaceRequest, type LintWorkspaceResult, type ServerOptions } from '../../protocol/lsp.ts';
import { RULE_SCHEME } from './rule-pages.ts';
import type { Settings } from '../settings.ts';

/** What this client can do beyond the protocol. The settings are asked for by the server, folder by folder. */
const abilities: ServerOptions = {
  rulePages: RULE_SCHEME,
  commands: ['slicewave.runSlice', 'slicewave.openWorktree', 'vscode.open', 'editor.action.triggerSuggest'],
  schemas: true,
  headings: true,
};

/**
 * Findings in the Problems panel with their fixes, completion, hovers, navigation, renames, lenses and layout, from the
 * language server. It only reads, so it runs in untrusted workspaces too. Started when first needed, once.
 */
export class Linting {
  readonly #server: string;
  readonly #settings: (root?: string) => Settings;
  #starting: Promise<LanguageClient> | null = null;

  constructor(server: string, settings: (root?: string) => Settings) {
    this.#server = server;
    this.#settings = settings;
  }

  /** Starts the server, unless it runs. */
  async start(): Promise<void> {
    await this.#started();
  }

  async stop(): Promise<void> {
    const starting = this.#starting;
    this.#starting = null;
    if (!starting) return;
    const client = await starting.catch(() => null);
    if (client) await client.dispose();
  }

  /** Lints every spec, plan and skill of the workspace; the findings appear in the Problems panel. */
  async lintWorkspace(): Promise<LintWorkspaceResult> {
    const client = await this.#started();
    return client.sendRequest(lintWorkspaceRequest);
  }

  #started(): Promise<LanguageClient> {
    this.#starting ??= this.#start().catch((cause: unknown) => {
      this.#starting = null;
      throw cause;
    });
    return this.#starting;
  }

  async #start(): Promise<LanguageClient> {
    const run = { module: this.#server, transport: TransportKind.ipc };
    const client = new LanguageClient(
      'slicewave',
      'Slicewave',
      { run, debug: { ...run, options: { execArgv: ['--nolazy', '--inspect=6109'] } } },
      {
        // Which Markdown is a spec is decided by name, place or front matter: the server's business.
        documentSelector: [
          { scheme: 'file', language: 'markdown' },
          { scheme: 'file', language: 'json', pattern: '**/manifest.json' },
          { scheme: 'file', language: 'jsonc', pattern: '**/manifest.json' },
          { scheme: 'file', pattern: '**/prompts/*.txt' },
          { scheme: 'file', pattern: '**/.agent-runs/*/trace.json' },
        ],
        diagnosticCollectionName: 'slicewave',
        diagnosticPullOptions: { onChange: this.#settings().lintRun === 'onType', onSave: true, onFocus: true },
        initializationOptions: abilities,
        middleware: {
          // The server asks for its settings; what they are is read in one place, as for everything else.
          workspace: {
            configuration: ({ items }) =>
              items.map(({ section, scopeUri }) => {
                if (section !== lintSection) return null;
                const root = scopeUri === undefined ? undefined : vscode.Uri.parse(scopeUri).fsPath;
                const { lintRules, lintLimits } = this.#settings(root);
                return { rules: lintRules, limits: lintLimits };
              }),
          },
        },
      },
    );
    await client.start();
    return client;
  }
}
