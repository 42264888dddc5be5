import type {
  CodeLens,
  CompletionItem,
  Diagnostic,
  DocumentSymbol,
  FoldingRange,
  Position,
  Range,
  TextEdit as ProtocolEdit,
} from 'vscode-languageserver';
import { CompletionItemKind, DiagnosticSeverity, InsertTextFormat, SymbolKind } from 'vscode-languageserver';
import { assertNever } from '../core/text/result.ts';
import type { Finding, Severity, TextEdit } from '../core/text/finding.ts';
import type { Completion } from '../core/language/candidates.ts';
import type { Lens } from '../core/language/lenses.ts';
import type { OutlineEntry, Token } from '../core/language/outline.ts';
import type { SourceText, Span } from '../core/text/source.ts';
import { diagnosticSource, rulePageUri } from '../protocol/lsp.ts';
import type { ServerOptions } from '../protocol/lsp.ts';

/** A finding as the protocol has it: lines and characters from 0. `pages`: the scheme of rule pages, when there are. */
export function toDiagnostic(found: Finding, pages?: string): Diagnostic {
  return {
    range: {
      start: { line: found.line - 1, character: found.column - 1 },
      end: { line: found.endLine - 1, character: found.endColumn - 1 },
    },
    severity: toSeverity(found.severity),
    code: found.code,
    ...(pages === undefined ? {} : { codeDescription: { href: rulePageUri(pages, found.code) } }),
    source: diagnosticSource,
    message: found.message,
  };
}

export function toRange(source: SourceText, span: Span): Range {
  const start = source.position(span.start);
  const end = source.position(span.end);
  return {
    start: { line: start.line - 1, character: start.column - 1 },
    end: { line: end.line - 1, character: end.column - 1 },
  };
}

/** The offset of a position; one outside the text becomes the nearest inside, as the protocol asks. */
export function toOffset(source: SourceText, { line, character }: Position): number {
  const starts = source.lineStarts;
  if (!(line >= 0)) return 0;
  const whole = Math.trunc(line);
  const start = starts[whole];
  if (start === undefined) return source.text.length;
  return start + Math.min(Math.max(0, Math.trunc(character) || 0), source.line(whole + 1).length);
}

export function toSpan(source: SourceText, range: Range): Span {
  const start = toOffset(source, range.start);
  return { start, end: Math.max(start, toOffset(source, range.end)) };
}

export function toEdits(source: SourceText, edits: readonly TextEdit[]): ProtocolEdit[] {
  return edits.map((edit) => ({ range: toRange(source, edit.span), newText: edit.text }));
}

/** Whether two ranges share a place, their ends included. */
export function touches(a: Range, b: Range): boolean {
  const before = (x: Range, y: Range): boolean =>
    x.end.line < y.start.line || (x.end.line === y.start.line && x.end.character < y.start.character);
  return !before(a, b) && !before(b, a);
}

export function toCompletionItem(source: SourceText, one: Completion, commands: ReadonlySet<string>): CompletionItem {
  const suggest = 'editor.action.triggerSuggest';
  return {
    label: one.label,
    kind: completionKinds[one.kind],
    // Shown beside every entry, and by clients that do not know that, for the chosen one.
    ...(one.detail === undefined ? {} : { detail: one.detail, labelDetails: { description: one.detail } }),
    ...(one.documentation === undefined ? {} : { documentation: one.documentation }),
    // The editor compares the label with the text of the range, which may begin with a quote.
    ...(one.insert.startsWith('"') && !one.label.startsWith('"') ? { filterText: one.label } : {}),
    ...(one.snippet ? { insertTextFormat: InsertTextFormat.Snippet } : {}),
    textEdit: { range: toRange(source, one.span), newText: one.insert },
    ...(one.again && commands.has(suggest) ? { command: { title: '', command: suggest } } : {}),
  };
}

const completionKinds: Readonly<Record<Completion['kind'], CompletionItemKind>> = {
  slice: CompletionItemKind.Reference,
  workstream: CompletionItemKind.Module,
  'merge-point': CompletionItemKind.Event,
  file: CompletionItemKind.File,
  folder: CompletionItemKind.Folder,
  symbol: CompletionItemKind.Function,
  agent: CompletionItemKind.Value,
  skill: CompletionItemKind.Value,
  contract: CompletionItemKind.Interface,
  section: CompletionItemKind.Snippet,
  'stop-condition': CompletionItemKind.Text,
  key: CompletionItemKind.Property,
  value: CompletionItemKind.EnumMember,
  rule: CompletionItemKind.Constant,
  directive: CompletionItemKind.Keyword,
};

/** `headings`: the client lists them itself, so only what stands in them is given. */
export function toSymbols(source: SourceText, entries: readonly OutlineEntry[], headings: boolean): DocumentSymbol[] {
  return entries.flatMap((entry): DocumentSymbol[] => {
    const children = toSymbols(source, entry.children, headings);
    if (headings && entry.kind === 'section') return children;
    return [
      {
        name: entry.name,
        detail: entry.detail,
        kind: symbolKinds[entry.kind],
        range: toRange(source, entry.span),
        selectionRange: toRange(source, entry.selection),
        children,
      },
    ];
  });
}

const symbolKinds: Readonly<Record<OutlineEntry['kind'], SymbolKind>> = {
  section: SymbolKind.String,
  slice: SymbolKind.Object,
  workstream: SymbolKind.Namespace,
  'merge-point': SymbolKind.Event,
  wave: SymbolKind.Array,
  contract: SymbolKind.Interface,
  directive: SymbolKind.Field,
  key: SymbolKind.Key,
};

export function toFoldingRanges(source: SourceText, spans: readonly Span[]): FoldingRange[] {
  return spans.flatMap((span) => {
    const { start, end } = toRange(source, span);
    return end.line > start.line ? [{ startLine: start.line, endLine: end.line }] : [];
  });
}

const lensCommands: Readonly<Record<NonNullable<Lens['action']>, string>> = {
  run: 'slicewave.runSlice',
  'open-worktree': 'slicewave.openWorktree',
};

/** `null` for a lens whose command this client does not have. `root` and the plan's directory are what commands take. */
export function toCodeLens(
  source: SourceText,
  lens: Lens,
  client: { readonly commands: ReadonlySet<string>; readonly root: string | null; readonly planDir: string },
): CodeLens | null {
  const range = toRange(source, lens.span);
  // Without a command a lens is text that cannot be clicked.
  if (lens.action === null) return { range, command: { title: lens.title, command: '' } };
  const command = lensCommands[lens.action];
  if (!client.commands.has(command) || client.root === null) return null;
  const target = { root: client.root, planDir: client.planDir, slice: lens.slice };
  return { range, command: { title: lens.title, command, arguments: [target] } };
}

export const tokenTypes: readonly string[] = ['keyword', 'class', 'namespace', 'event', 'interface', 'string', 'macro'];
const tokenIndex: Readonly<Record<Token['kind'], number>> = {
  directive: 0,
  slice: 1,
  workstream: 2,
  'merge-point': 3,
  contract: 4,
  path: 5,
  'stop-condition': 6,
};

/** Tokens as the protocol packs them: five numbers each, places relative to the token before. */
export function toTokenData(source: SourceText, tokens: readonly Token[]): number[] {
  const data: number[] = [];
  let line = 0;
  let character = 0;
  for (const { span, kind } of tokens) {
    const { start } = toRange(source, span);
    data.push(start.line - line, start.line === line ? start.character - character : start.character);
    data.push(span.end - span.start, tokenIndex[kind], 0);
    ({ line, character } = start);
  }
  return data;
}

/** What the client said of itself, in a form that need not be checked again. */
export function readOptions(value: unknown): ServerOptions {
  const given = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const { rulePages, commands, schemas, headings, lint } = given;
  return {
    ...(typeof rulePages === 'string' && /^[a-z][a-z0-9.+-]*$/i.test(rulePages) ? { rulePages } : {}),
    commands: Array.isArray(commands) ? commands.filter((name) => typeof name === 'string') : [],
    schemas: schemas === true,
    headings: headings === true,
    lint,
  };
}

function toSeverity(severity: Severity): DiagnosticSeverity {
  switch (severity) {
    case 'error':
      return DiagnosticSeverity.Error;
    case 'warning':
      return DiagnosticSeverity.Warning;
    case 'info':
      return DiagnosticSeverity.Information;
    case 'hint':
      return DiagnosticSeverity.Hint;
    default:
      return assertNever(severity);
  }
}
