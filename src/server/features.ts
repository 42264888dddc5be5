import { ErrorCodes, LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import type {
  CancellationToken,
  Connection,
  Location,
  Position,
  ServerCapabilities,
  TextDocumentEdit,
  WorkspaceEdit,
} from 'vscode-languageserver';
import { SourceText } from '../core/text/source.ts';
import type { Place, RenameEdits, RenameRefusal } from '../core/language/navigation.ts';
import type { ServerOptions } from '../protocol/lsp.ts';
import { codeActionKinds, codeActions } from './code-actions.ts';
import {
  toCodeLens,
  toCompletionItem,
  toEdits,
  toFoldingRanges,
  toOffset,
  toRange,
  toSpan,
  toSymbols,
  tokenTypes,
  toTokenData,
} from './convert.ts';
import type { Folder } from './folder.ts';
import type { Workspace } from './workspace.ts';

/** What the client can take, as far as the answers depend on it. */
export interface ClientAbilities {
  readonly options: ServerOptions;
  /** Edits of several documents in order, each with the version it is for. */
  readonly documentChanges: boolean;
  /** A rename may move files. */
  readonly moves: boolean;
}

export interface FeatureOptions {
  readonly connection: Connection;
  readonly workspace: Workspace;
  readonly client: () => ClientAbilities;
  /** Done when the workspace was read once: before, half of every answer would be missing. */
  readonly ready: () => Promise<unknown>;
  readonly versionOf: (uri: string) => number | undefined;
}

/** What the server says it can, besides diagnostics and formatting. */
export const featureCapabilities: ServerCapabilities = {
  completionProvider: { triggerCharacters: ['/', ':', '`', '"', ',', ' ', '#', '-'] },
  hoverProvider: true,
  definitionProvider: true,
  referencesProvider: true,
  renameProvider: { prepareProvider: true },
  documentSymbolProvider: { label: 'Slicewave' },
  foldingRangeProvider: true,
  documentLinkProvider: { resolveProvider: false },
  codeLensProvider: { resolveProvider: false },
  codeActionProvider: { codeActionKinds },
  semanticTokensProvider: { legend: { tokenTypes: [...tokenTypes], tokenModifiers: [] }, full: true },
};

/** Answers what editors ask about a document. A document that is none of ours gets the empty answer, whatever is asked. */
export function registerFeatures({ connection, workspace, client, ready, versionOf }: FeatureOptions): void {
  /** The one place at which what goes wrong in a feature ends: the editor gets no answer, the log says why. */
  const answer = <P, T>(what: string, empty: T, give: (params: P, token: CancellationToken) => T | Promise<T>) => {
    return async (params: P, token: CancellationToken): Promise<T | ResponseError> => {
      if (!hasDocument(params)) return new ResponseError(ErrorCodes.InvalidParams, 'the parameters name no document');
      try {
        await ready();
        if (token.isCancellationRequested) return new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
        return await give(params, token);
      } catch (error) {
        if (error instanceof ResponseError) return error;
        connection.console.error(
          `${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        return empty;
      }
    };
  };
  /** An offset in a document, or `null` when nobody knows the document. */
  const placeOf = (params: { readonly textDocument: { readonly uri: string }; readonly position: Position }) => {
    const given: Partial<Position> | null | undefined = params.position;
    const { line, character } = given ?? {};
    if (typeof line !== 'number' || typeof character !== 'number')
      throw new ResponseError(ErrorCodes.InvalidParams, 'the parameters name no position');
    const found = workspace.sourceOf(params.textDocument.uri);
    return found && { ...found, offset: toOffset(found.source, params.position) };
  };

  /** The client's schema is for manifests in the usual place; elsewhere only the server knows the keys. */
  const schemaKnown = (name: string): boolean =>
    client().options.schemas === true && /(?:^|\/)parallel\/[^/]+\/manifest\.json$/.test(name);

  connection.onCompletion(
    answer('completion', [], (params) => {
      const at = placeOf(params);
      if (!at) return [];
      const commands = new Set(client().options.commands);
      return at.folder.language
        .complete(at.name, at.offset, schemaKnown(at.name))
        .map((one) => toCompletionItem(at.source, one, commands));
    }),
  );

  connection.onHover(
    answer('hover', null, async (params) => {
      const at = placeOf(params);
      if (!at) return null;
      await at.folder.readStates(at.name);
      const found = at.folder.language.hover(at.name, at.offset, schemaKnown(at.name));
      return found && { contents: { kind: 'markdown', value: found.markdown }, range: toRange(at.source, found.span) };
    }),
  );

  connection.onDefinition(
    answer('definition', [], (params) => {
      const at = placeOf(params);
      return at ? at.folder.language.definition(at.name, at.offset).map(locating(at.folder)) : [];
    }),
  );

  connection.onReferences(
    answer('references', [], (params) => {
      const at = placeOf(params);
      if (!at) return [];
      const given: Partial<typeof params.context> | undefined = params.context;
      const { includeDeclaration } = given ?? {};
      return at.folder.language.references(at.name, at.offset, includeDeclaration !== false).map(locating(at.folder));
    }),
  );

  connection.onPrepareRename(
    answer('rename', null, (params) => {
      const at = placeOf(params);
      if (!at) return null;
      const found = at.folder.language.prepareRename(at.name, at.offset);
      if (!found.ok) throw refusal(found.failure);
      return { range: toRange(at.source, found.value.span), placeholder: found.value.name };
    }),
  );

  connection.onRenameRequest(
    answer('rename', null, (params) => {
      const at = placeOf(params);
      if (!at) return null;
      if (typeof params.newName !== 'string')
        throw new ResponseError(ErrorCodes.InvalidParams, 'the parameters name no new name');
      const { documentChanges, moves } = client();
      const renamed = at.folder.language.rename(at.name, at.offset, { name: params.newName, canMove: moves });
      if (!renamed.ok) throw refusal(renamed.failure);
      return workspaceEdit(at.folder, renamed.value, documentChanges);
    }),
  );

  connection.onDocumentSymbol(
    answer('outline', [], ({ textDocument }) => {
      const found = workspace.sourceOf(textDocument.uri);
      if (!found) return [];
      const headings = client().options.headings === true;
      return toSymbols(found.source, found.folder.language.outline(found.name), headings);
    }),
  );

  connection.onFoldingRanges(
    answer('folding', [], ({ textDocument }) => {
      const found = workspace.sourceOf(textDocument.uri);
      return found ? toFoldingRanges(found.source, found.folder.language.folding(found.name)) : [];
    }),
  );

  connection.onDocumentLinks(
    answer('links', [], ({ textDocument }) => {
      const found = workspace.sourceOf(textDocument.uri);
      if (!found || found.folder.root === null) return [];
      return found.folder.language
        .links(found.name)
        .map(({ span, target }) => ({ range: toRange(found.source, span), target: found.folder.uriOf(target) }));
    }),
  );

  connection.onCodeLens(
    answer('code lenses', [], async ({ textDocument }) => {
      const found = workspace.sourceOf(textDocument.uri);
      if (!found) return [];
      const { folder, name, source } = found;
      await folder.readStates(name);
      const commands = new Set(client().options.commands);
      return folder.language.lenses(name).flatMap((lens) => {
        const where = { commands, root: folder.repositoryRoot, planDir: folder.inRepository(lens.planDir) };
        return toCodeLens(source, lens, where) ?? [];
      });
    }),
  );

  connection.onCodeAction(
    answer('code actions', [], ({ textDocument, range, context }) => {
      const { uri } = textDocument;
      const { folder, name } = workspace.ownerOf(uri);
      const text = folder.textOf(name);
      if (text === null) return [];
      const { rulePages, commands } = client().options;
      return codeActions({
        // Edits must fit the text as it is now, so findings are computed anew rather than taken from the diagnostics.
        findings: folder.findings().get(name) ?? [],
        file: name,
        text,
        uri,
        range,
        only: context.only,
        rulePages,
        canOpen: commands?.includes('vscode.open') === true,
      });
    }),
  );

  connection.languages.semanticTokens.on(
    answer('colours', { data: [] }, ({ textDocument }) => {
      const found = workspace.sourceOf(textDocument.uri);
      return { data: found ? toTokenData(found.source, found.folder.language.tokens(found.name)) : [] };
    }),
  );

  connection.onDocumentFormatting(
    answer('formatting', [], ({ textDocument }) => {
      const found = workspace.sourceOf(textDocument.uri);
      return found ? toEdits(found.source, found.folder.language.layout(found.name)) : [];
    }),
  );

  connection.onDocumentRangeFormatting(
    answer('formatting', [], ({ textDocument, range }) => {
      const found = workspace.sourceOf(textDocument.uri);
      if (!found) return [];
      return toEdits(found.source, found.folder.language.layout(found.name, toSpan(found.source, range)));
    }),
  );

  function workspaceEdit(folder: Folder, renamed: RenameEdits, documentChanges: boolean): WorkspaceEdit {
    const edits = [...renamed.edits].map(([file, list]): TextDocumentEdit => {
      const uri = folder.uriOf(file);
      const source = new SourceText(file, folder.language.textOf(file) ?? '');
      return { textDocument: { uri, version: versionOf(uri) ?? null }, edits: toEdits(source, list) };
    });
    if (!documentChanges) {
      return {
        changes: Object.fromEntries(
          [...renamed.edits].map(([file, list]) => {
            const source = new SourceText(file, folder.language.textOf(file) ?? '');
            return [folder.uriOf(file), toEdits(source, list)];
          }),
        ),
      };
    }
    const moves = renamed.moves.map(({ from, to }) => ({
      kind: 'rename' as const,
      oldUri: folder.uriOf(from),
      newUri: folder.uriOf(to),
    }));
    return { documentChanges: [...edits, ...moves] };
  }
}

/** Whether a request says which document it is about; what comes over the wire may be anything. */
export function hasDocument(params: unknown): boolean {
  if (typeof params !== 'object' || params === null || !('textDocument' in params)) return false;
  const { textDocument } = params;
  return (
    typeof textDocument === 'object' &&
    textDocument !== null &&
    'uri' in textDocument &&
    typeof textDocument.uri === 'string'
  );
}

function locating(folder: Folder): (place: Place) => Location {
  return ({ file, span }) => {
    const source = new SourceText(file, folder.language.textOf(file) ?? '');
    return { uri: folder.uriOf(file), range: toRange(source, span) };
  };
}

/** The message is shown to the person by the editor. */
function refusal({ reason, message }: RenameRefusal): ResponseError {
  return new ResponseError(
    reason === 'invalid' ? ErrorCodes.InvalidParams : LSPErrorCodes.RequestFailed,
    message.charAt(0).toUpperCase() + message.slice(1),
  );
}
