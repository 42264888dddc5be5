import {
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  DocumentFormattingRequest,
  DocumentRangeFormattingRequest,
  ErrorCodes,
  FileChangeType,
  LSPErrorCodes,
  ResponseError,
  TextDocuments,
  TextDocumentSyncKind,
} from 'vscode-languageserver';
import type { CancellationToken, Connection, InitializeParams, InitializeResult } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { countFindings } from '../core/lint/engine/format.ts';
import { mayBeOurs } from '../core/lint/engine/kind.ts';
import { settingsFiles } from '../core/lint/engine/settings.ts';
import { lintSection, lintWorkspaceRequest } from '../protocol/lsp.ts';
import type { LintWorkspaceResult } from '../protocol/lsp.ts';
import { readOptions } from './convert.ts';
import { Diagnostics } from './diagnostics.ts';
import { featureCapabilities, hasDocument, registerFeatures } from './features.ts';
import type { ClientAbilities } from './features.ts';
import type { Folder } from './folder.ts';
import { editorSettings } from './settings.ts';
import type { FileEvent } from '../node/workspace/workspace.ts';
import { Workspace } from './workspace.ts';

/** Typing pauses shorter than this are not linted, unless the client asks. */
const typingDelay = 150;
/** Checkouts and saves change many files at once; they are read together. */
const diskDelay = 300;
/** A build makes files for as long as it runs; only that they exist can matter, and that can wait. */
const othersDelay = 1500;

/** Directories whose files come and go without anybody caring. */
const noise = /(?:^|\/)(?:\.git|node_modules|\.agent-runs|__pycache__|\.venv)(?:\/|$)/;
const EVENTS = {
  [FileChangeType.Created]: 'made',
  [FileChangeType.Changed]: 'changed',
  [FileChangeType.Deleted]: 'gone',
} as const satisfies Record<FileChangeType, FileEvent>;
/** Files that can be put in order. Others keep the formatter that the person chose for Markdown. */
const formatted = [
  '**/tasks/*.md',
  '**/*.spec.md',
  '**/specs/**/*.md',
  '**/tech-specs/**/*.md',
  '**/SKILL.md',
  '**/*.skill.md',
];

/**
 * The Slicewave language server on a connection: findings of open documents and of every file of the workspace, fixes,
 * completion, navigation and layout for specs, plans and skills. It only reads. Nothing happens before
 * `connection.listen()`.
 */
export function serve(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  const workspace = new Workspace((message) => connection.console.error(message));
  const versionOf = (uri: string): number | undefined => documents.get(uri)?.version;
  let client: ClientAbilities = { options: readOptions(null), documentChanges: false, moves: false };
  let diagnostics: Diagnostics | null = null;
  let can = { watch: false, folders: false, configuration: false, configurationChange: false, format: false };
  let timer: NodeJS.Timeout | undefined;
  let scanTimer: NodeJS.Timeout | undefined;
  let scanAt = 0;
  /** Not every directory is watched, by nobody. */
  let isBlind = false;
  let closed = false;
  /** The first look at the workspace; whoever asks before it is over would be told half the truth. */
  let ready: Promise<unknown> = Promise.resolve();
  /** Documents typed in since the client was last told. */
  let typed = new Set<string>();

  const update = (): void => {
    const own = typed;
    typed = new Set();
    if (!closed) diagnostics?.update(own);
  };

  const failed = (error: unknown): void =>
    connection.console.error(`looking for findings failed: ${error instanceof Error ? error.stack : String(error)}`);

  const schedule = (delay: number): void => {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => {
      try {
        update();
      } catch (error) {
        failed(error);
      }
    }, delay);
  };

  /** Reads the disk again, once for all that is asked until then; the sooner of two delays counts. */
  const scheduleScan = (delay: number): void => {
    if (closed || (scanTimer && scanAt <= Date.now() + delay && scanAt > Date.now())) return;
    clearTimeout(scanTimer);
    scanAt = Date.now() + delay;
    scanTimer = setTimeout(() => {
      scanTimer = undefined;
      void workspace.scan().then(update).catch(failed);
    }, delay);
  };

  /** Something happened to a file on disk. */
  const happened = (folder: Folder, name: string, event: FileEvent): void => {
    const isAsked = folder.isAsked(name);
    const isSetting = /(?:^|\/)(?:package\.json|\.gitignore)$/.test(name) || settingsFiles.includes(name);
    if (isAsked) folder.forgetTexts();
    if (event === 'changed') {
      if (folder.textOf(name) !== null) void folder.refresh(name).then(() => schedule(diskDelay), failed);
      if (!isAsked && !isSetting) return;
    }
    // Whether a new file is ignored only git knows, so the whole folder is read.
    scheduleScan(mayBeOurs(name) || isAsked || isSetting ? diskDelay : othersDelay);
  };

  /** For clients that cannot watch: the server does it itself. */
  const watchFolders = (): void => {
    if (can.watch) return;
    for (const folder of workspace.folders) {
      folder.watch({
        leavesOut: (name) => noise.test(name),
        onEvent: (name, event) => happened(folder, name, event),
        onLimit: () => {
          isBlind = true;
          connection.console.warn(
            'the system gives no more watches (on Linux: fs.inotify.max_user_watches); changes in some directories are seen when a document is opened or saved',
          );
        },
      });
    }
  };

  const setFolders = (uris: readonly string[]): void => {
    workspace.setFolders(uris);
    watchFolders();
    for (const document of documents.all()) workspace.adopt(document.uri, document.getText());
  };

  /** Settings of each folder, from a client that can be asked. */
  const askSettings = async (): Promise<void> => {
    if (!can.configuration) return;
    await Promise.all(
      workspace.folders.map(async (folder) => {
        const scopeUri = folder.root === null ? undefined : folder.uriOf('');
        const section: unknown = await connection.workspace
          .getConfiguration({ section: lintSection, ...(scopeUri === undefined ? {} : { scopeUri }) })
          .catch(() => null);
        folder.setEditorSettings(editorSettings(section));
      }),
    );
  };

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    const { workspace: inWorkspace, textDocument } = params.capabilities;
    const options = readOptions(params.initializationOptions);
    const edits = inWorkspace?.workspaceEdit;
    client = {
      options,
      documentChanges: edits?.documentChanges === true,
      moves: edits?.documentChanges === true && edits.resourceOperations?.includes('rename') === true,
    };
    can = {
      watch: inWorkspace?.didChangeWatchedFiles?.dynamicRegistration === true,
      folders: inWorkspace?.workspaceFolders === true,
      configuration: inWorkspace?.configuration === true,
      configurationChange: inWorkspace?.didChangeConfiguration?.dynamicRegistration === true,
      format: textDocument?.formatting?.dynamicRegistration === true,
    };
    // One that cannot be told to ask again would go on showing what is no longer so.
    const pull = textDocument?.diagnostic !== undefined && inWorkspace?.diagnostics?.refreshSupport === true;
    diagnostics = new Diagnostics({
      connection,
      workspace,
      mode: pull ? 'pull' : 'push',
      rulePages: textDocument?.publishDiagnostics?.codeDescriptionSupport === false ? undefined : options.rulePages,
      versionOf,
    });
    setFolders(params.workspaceFolders?.map((folder) => folder.uri) ?? (params.rootUri ? [params.rootUri] : []));
    for (const folder of workspace.folders) folder.setEditorSettings(editorSettings(options.lint));
    return {
      serverInfo: { name: 'slicewave' },
      capabilities: {
        ...featureCapabilities,
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: !can.watch },
        ...(pull
          ? {
              diagnosticProvider: { identifier: 'slicewave', interFileDependencies: true, workspaceDiagnostics: true },
            }
          : {}),
        ...(can.format ? {} : { documentFormattingProvider: true, documentRangeFormattingProvider: true }),
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  });

  connection.onInitialized(() => {
    const register = (what: Promise<unknown>): void =>
      void what.catch((error: unknown) =>
        connection.console.warn(`the client refused a registration: ${String(error)}`),
      );
    if (can.watch) {
      // Everything: scopes name files of any kind, and whether one is there decides what is found and offered.
      register(
        connection.client.register(DidChangeWatchedFilesNotification.type, { watchers: [{ globPattern: '**/*' }] }),
      );
    }
    if (can.format) {
      const documentSelector = formatted.map((pattern) => ({ scheme: 'file', language: 'markdown', pattern }));
      register(connection.client.register(DocumentFormattingRequest.type, { documentSelector }));
      register(connection.client.register(DocumentRangeFormattingRequest.type, { documentSelector }));
    }
    if (can.configurationChange) {
      register(connection.client.register(DidChangeConfigurationNotification.type, { section: lintSection }));
    }
    if (can.folders) {
      connection.workspace.onDidChangeWorkspaceFolders(() => {
        void connection.workspace
          .getWorkspaceFolders()
          .then(async (current) => {
            setFolders(current?.map((folder) => folder.uri) ?? []);
            await askSettings();
            scheduleScan(0);
          })
          .catch((error: unknown) => connection.console.error(`changing the folders failed: ${String(error)}`));
      });
    }
    ready = Promise.all([askSettings(), workspace.scan()]);
    void ready.then(() => schedule(0), failed);
  });

  connection.onDidChangeConfiguration(({ settings }) => {
    const sent = sectionOf(settings, lintSection);
    if (can.configuration) void askSettings().then(() => schedule(0), failed);
    else {
      for (const folder of workspace.folders) folder.setEditorSettings(editorSettings(sent));
      schedule(0);
    }
  });

  documents.onDidChangeContent(({ document }) => {
    const { folder, name } = workspace.ownerOf(document.uri);
    folder.open(name, document.uri, document.getText());
    typed.add(document.uri);
    schedule(typingDelay);
  });

  const lookAgain = (): void => {
    if (isBlind) scheduleScan(diskDelay);
  };
  documents.onDidOpen(lookAgain);
  documents.onDidSave(lookAgain);

  documents.onDidClose(({ document }) => {
    const { folder, name } = workspace.ownerOf(document.uri);
    void folder.close(name).then(() => schedule(0), failed);
  });

  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri, type } of changes) {
      const { folder, name } = workspace.ownerOf(uri);
      if (!noise.test(name)) happened(folder, name, EVENTS[type]);
    }
  });

  registerFeatures({ connection, workspace, client: () => client, ready: () => ready, versionOf });

  connection.languages.diagnostics.on(async (params, token) => {
    if (!hasDocument(params)) throw new ResponseError(ErrorCodes.InvalidParams, 'the parameters name no document');
    const { textDocument, previousResultId } = params;
    await ready;
    if (token.isCancellationRequested || !diagnostics)
      throw new ResponseError(LSPErrorCodes.ServerCancelled, 'cancelled', { retriggerRequest: true });
    // From here on the client knows what was typed: whatever changes next it has to be told of.
    typed.delete(textDocument.uri);
    return diagnostics.document(textDocument.uri, previousResultId);
  });

  connection.languages.diagnostics.onWorkspace(async ({ previousResultIds }, token) => {
    await ready;
    const report = (await diagnostics?.all(previousResultIds, token)) ?? { items: [] };
    if (report instanceof ResponseError) throw report;
    return report;
  });

  connection.onRequest(lintWorkspaceRequest, async (...given: unknown[]): Promise<LintWorkspaceResult> => {
    // Without parameters the token is the only argument.
    const token = given.at(-1) as CancellationToken | undefined;
    clearTimeout(timer);
    clearTimeout(scanTimer);
    scanTimer = undefined;
    await workspace.scan();
    if (token?.isCancellationRequested === true) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    update();
    // A file of a nested folder is read by the outer one as well, but it counts once.
    const owned = (folder: Folder, name: string): boolean => workspace.ownerOf(folder.uriOf(name)).folder === folder;
    const files = workspace.folders.flatMap((folder) => folder.names().filter((name) => owned(folder, name)));
    const all = workspace.folders.flatMap((folder) =>
      [...folder.findings()].flatMap(([name, findings]) => (owned(folder, name) ? findings : [])),
    );
    return { files: files.length, counts: countFindings(all) };
  });

  connection.onShutdown(() => {
    closed = true;
    clearTimeout(timer);
    clearTimeout(scanTimer);
    workspace.dispose();
    diagnostics?.close();
  });
  documents.listen(connection);
}

/** `slicewave.lint` of settings as clients push them: nested, or under the whole name. */
function sectionOf(settings: unknown, section: string): unknown {
  const record = (value: unknown): Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const whole = record(settings);
  if (section in whole) return whole[section];
  return section.split('.').reduce<unknown>((value, key) => record(value)[key], settings);
}
