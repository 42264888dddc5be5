import { LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import type {
  CancellationToken,
  Connection,
  Diagnostic,
  DocumentDiagnosticReport,
  WorkspaceDiagnosticReport,
  WorkspaceDocumentDiagnosticReport,
} from 'vscode-languageserver';
import { DocumentDiagnosticReportKind } from 'vscode-languageserver';
import type { Finding } from '../core/text/finding.ts';
import { toDiagnostic } from './convert.ts';
import type { Workspace } from './workspace.ts';

interface Report {
  readonly id: string;
  readonly findings: readonly Finding[];
  readonly items: readonly Diagnostic[];
}

interface Waiting {
  readonly known: ReadonlyMap<string, string>;
  readonly answer: (report: WorkspaceDiagnosticReport | ResponseError<unknown>) => void;
}

/** The result id of a document about which nothing was ever said. */
const nothing = 'none';

export interface DiagnosticsOptions {
  readonly connection: Connection;
  readonly workspace: Workspace;
  /** `pull`: the client asks, and can be told to ask again. `push`: the server sends. Never both, or every finding would be shown twice. */
  readonly mode: 'pull' | 'push';
  readonly rulePages: string | undefined;
  /** The version of an open document; `undefined` for one that is not open. */
  readonly versionOf: (uri: string) => number | undefined;
}

/** Findings as diagnostics, of open documents and of files nobody opened. */
export class Diagnostics {
  readonly #options: DiagnosticsOptions;
  readonly #reports = new Map<string, Report>();
  /** What was pushed to the client last. */
  readonly #published = new Map<string, string>();
  readonly #waiting = new Set<Waiting>();
  /** Documents whose findings changed since the client was last told. */
  #changed = new Set<string>();
  #count = 0;

  constructor(options: DiagnosticsOptions) {
    this.#options = options;
  }

  /** The report of one document, as it is now. */
  document(uri: string, previous: string | undefined): DocumentDiagnosticReport {
    const { folder, name } = this.#options.workspace.ownerOf(uri);
    const report = this.#take(uri, folder.findings().get(name) ?? []);
    const resultId = report?.id ?? nothing;
    if (previous === resultId) return { kind: DocumentDiagnosticReportKind.Unchanged, resultId };
    return { kind: DocumentDiagnosticReportKind.Full, resultId, items: [...(report?.items ?? [])] };
  }

  /**
   * What differs from what the client knows. When nothing does the answer waits until something changes: a client that
   * asks in a loop then costs nothing.
   */
  async all(
    previous: readonly { readonly uri: string; readonly value: string }[],
    token: CancellationToken,
  ): Promise<WorkspaceDiagnosticReport | ResponseError<unknown>> {
    const known = new Map(previous.map(({ uri, value }) => [uri, value]));
    this.#takeAll();
    const items = this.#changes(known);
    if (items.length > 0) return { items };
    if (token.isCancellationRequested) return new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    return new Promise((resolve) => {
      const waiting: Waiting = {
        known,
        answer: (report) => {
          this.#waiting.delete(waiting);
          resolve(report);
        },
      };
      this.#waiting.add(waiting);
      token.onCancellationRequested(() =>
        waiting.answer(new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled')),
      );
    });
  }

  /**
   * Looks at everything again and tells the client. `typed`: the documents whose own text changed since the last time;
   * a client that asks does so for these by itself.
   */
  update(typed: ReadonlySet<string>): void {
    this.#takeAll();
    const changed = this.#changed;
    this.#changed = new Set();
    if (this.#options.mode === 'push') {
      this.#publish();
      return;
    }
    for (const waiting of this.#waiting) {
      const items = this.#changes(waiting.known);
      if (items.length > 0) waiting.answer({ items });
    }
    const others = [...changed].some((uri) => !typed.has(uri) && this.#options.versionOf(uri) !== undefined);
    if (others) void this.#options.connection.languages.diagnostics.refresh().catch(() => undefined);
  }

  /** Lets go of requests that wait. */
  close(): void {
    for (const waiting of this.#waiting)
      waiting.answer(
        new ResponseError(LSPErrorCodes.ServerCancelled, 'the server is shutting down', { retriggerRequest: false }),
      );
  }

  #takeAll(): void {
    const { workspace } = this.#options;
    const seen = new Set<string>();
    for (const folder of workspace.folders) {
      for (const [name, findings] of folder.findings()) {
        const uri = folder.uriOf(name);
        if (seen.has(uri) || workspace.ownerOf(uri).folder !== folder) continue;
        seen.add(uri);
        const before = this.#reports.get(uri);
        if (this.#take(uri, findings) !== before) this.#changed.add(uri);
      }
    }
    for (const [uri, report] of this.#reports) {
      if (seen.has(uri) || report.items.length === 0) continue;
      this.#take(uri, []);
      this.#changed.add(uri);
    }
  }

  /** Keeps the report of a document, and its id for as long as it says the same. */
  #take(uri: string, findings: readonly Finding[]): Report | undefined {
    const before = this.#reports.get(uri);
    if (!before && findings.length === 0) return undefined;
    if (before?.findings.length === findings.length && before.findings.every((found, i) => found === findings[i]))
      return before;
    const items = findings.map((found) => toDiagnostic(found, this.#options.rulePages));
    if (before && JSON.stringify(before.items) === JSON.stringify(items)) return before;
    const report = { id: String(++this.#count), findings, items };
    this.#reports.set(uri, report);
    return report;
  }

  #changes(known: ReadonlyMap<string, string>): WorkspaceDocumentDiagnosticReport[] {
    const items: WorkspaceDocumentDiagnosticReport[] = [];
    for (const uri of new Set([...this.#reports.keys(), ...known.keys()])) {
      const report = this.#reports.get(uri);
      const resultId = report?.id ?? nothing;
      const before = known.get(uri);
      if (before === resultId || (before === undefined && (report?.items.length ?? 0) === 0)) continue;
      items.push({
        kind: DocumentDiagnosticReportKind.Full,
        uri,
        version: this.#options.versionOf(uri) ?? null,
        resultId,
        items: [...(report?.items ?? [])],
      });
    }
    return items;
  }

  #publish(): void {
    const { connection, versionOf } = this.#options;
    for (const [uri, { id, items }] of this.#reports) {
      const version = versionOf(uri);
      const state = `${id} ${version ?? ''}`;
      if (this.#published.get(uri) === state || (items.length === 0 && !this.#published.has(uri))) continue;
      this.#published.set(uri, state);
      const told = connection.sendDiagnostics({
        uri,
        diagnostics: [...items],
        ...(version === undefined ? {} : { version }),
      });
      // A client that went away needs no findings.
      void told.catch(() => undefined);
    }
  }
}
