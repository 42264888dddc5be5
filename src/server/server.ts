import {
  CodeActionKind,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  TextDocuments,
  TextDocumentSyncKind,
} from 'vscode-languageserver';
import type { Connection, InitializeParams, InitializeResult } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { countFindings } from '../core/lint/format.ts';
import { lintWorkspaceRequest } from '../protocol/lsp.ts';
import type { LintWorkspaceResult } from '../protocol/lsp.ts';
import { toCodeActions, toDiagnostic } from './convert.ts';
import { filePath, Folder } from './folder.ts';

/** Typing pauses shorter than this are not linted. */
const typingDelay = 150;
/** Checkouts and saves change many files at once; they are read together. */
const diskDelay = 300;

/** What can change on disk and matter: our files, and the contracts that plans name. */
const watchedFiles = ['**/*.md', '**/manifest.json', '**/contracts/**'];

/**
 * The Slicewave language server on a connection: findings of open documents and of every file of the workspace as
 * diagnostics, quick fixes as code actions. It only reads. Nothing happens before `connection.listen()`.
 */
export function serve(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  const folders: Folder[] = [];
  const loose = new Folder(null);
  /** What the editor shows now, so that only changes are sent. */
  const published = new Map<string, string>();
  let canRegister = false;
  let canWatchFolders = false;
  let timer: NodeJS.Timeout | undefined;
  let rescan = false;
  let scanning: Promise<number> = Promise.resolve(0);

  const folderOf = (uri: string): { folder: Folder; name: string } => {
    let best: { folder: Folder; name: string } | null = null;
    for (const folder of folders) {
      const name = folder.pathOf(uri);
      // Folders may be nested; the innermost one owns the document.
      if (name !== null && (best === null || name.length < best.name.length)) best = { folder, name };
    }
    return best ?? { folder: loose, name: uri };
  };

  const publish = (): void => {
    const seen = new Set<string>();
    for (const folder of [...folders, loose]) {
      for (const [name, findings] of folder.findings()) {
        const uri = folder.uriOf(name);
        if (seen.has(uri) || folderOf(uri).folder !== folder) continue;
        seen.add(uri);
        const diagnostics = findings.map(toDiagnostic);
        const version = documents.get(uri)?.version;
        const state = JSON.stringify([version, diagnostics]);
        if (published.get(uri) === state) continue;
        published.set(uri, state);
        void connection.sendDiagnostics({ uri, diagnostics, ...(version === undefined ? {} : { version }) });
      }
    }
    for (const uri of published.keys()) {
      if (seen.has(uri)) continue;
      published.delete(uri);
      void connection.sendDiagnostics({ uri, diagnostics: [] });
    }
  };

  const scan = (): Promise<number> => {
    // One scan after the other: two at once could finish in the wrong order and bring old text back.
    scanning = scanning
      .then(async () => {
        let files = 0;
        for (const folder of folders) files += await folder.scan();
        return files;
      })
      .catch((error: unknown) => {
        connection.console.error(`reading the workspace failed: ${String(error)}`);
        return 0;
      });
    return scanning;
  };

  const schedule = (delay: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const again = rescan;
      rescan = false;
      void (again ? scan().then(publish) : Promise.resolve(publish()));
    }, delay);
  };

  const setFolders = (uris: readonly string[]): void => {
    folders.length = 0;
    for (const uri of uris) {
      const root = filePath(uri);
      if (root !== null) folders.push(new Folder(root));
    }
    for (const document of documents.all()) {
      const { folder, name } = folderOf(document.uri);
      folder.open(name, document.uri, document.getText());
    }
    rescan = true;
  };

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    const { workspace } = params.capabilities;
    canRegister = workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    canWatchFolders = workspace?.workspaceFolders === true;
    setFolders(params.workspaceFolders?.map((folder) => folder.uri) ?? (params.rootUri ? [params.rootUri] : []));
    return {
      serverInfo: { name: 'slicewave' },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Full,
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  });

  connection.onInitialized(() => {
    if (canRegister) {
      void connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: watchedFiles.map((globPattern) => ({ globPattern })),
      });
    }
    if (canWatchFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(() => {
        void connection.workspace.getWorkspaceFolders().then((current) => {
          setFolders(current?.map((folder) => folder.uri) ?? []);
          schedule(0);
        });
      });
    }
    schedule(0);
  });

  documents.onDidChangeContent(({ document }) => {
    const { folder, name } = folderOf(document.uri);
    folder.open(name, document.uri, document.getText());
    schedule(typingDelay);
  });

  documents.onDidClose(({ document }) => {
    const { folder, name } = folderOf(document.uri);
    void folder.close(name).then(() => schedule(0));
  });

  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri, type } of changes) {
      const { folder, name } = folderOf(uri);
      // A known file is read again by itself; whether a new one is ignored only git knows.
      if (type === FileChangeType.Changed && folder.textOf(name) !== null)
        void folder.refresh(name).then(() => schedule(diskDelay));
      else rescan = true;
    }
    schedule(diskDelay);
  });

  connection.onCodeAction((params) => {
    const { uri } = params.textDocument;
    const { folder, name } = folderOf(uri);
    const text = folder.textOf(name);
    if (text === null) return [];
    // Edits must fit the text as it is now, so findings are computed anew rather than taken from the last publication.
    return toCodeActions(folder.findings().get(name) ?? [], text, uri, params.range);
  });

  connection.onRequest(lintWorkspaceRequest, async (): Promise<LintWorkspaceResult> => {
    clearTimeout(timer);
    rescan = false;
    const files = await scan();
    publish();
    const all = [...folders, loose].flatMap((folder) => [...folder.findings().values()].flat());
    return { files, counts: countFindings(all) };
  });

  connection.onShutdown(() => clearTimeout(timer));
  documents.listen(connection);
}
