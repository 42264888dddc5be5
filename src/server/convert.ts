import type { CodeAction, Diagnostic, Range } from 'vscode-languageserver';
import { CodeActionKind, DiagnosticSeverity } from 'vscode-languageserver';
import { assertNever } from '../core/result.ts';
import type { Finding, Severity } from '../core/finding.ts';
import { SourceText } from '../core/source.ts';
import type { Span } from '../core/source.ts';
import { diagnosticSource } from '../protocol/lsp.ts';

/** A finding as the protocol has it: lines and characters from 0. */
export function toDiagnostic(found: Finding): Diagnostic {
  return {
    range: {
      start: { line: found.line - 1, character: found.column - 1 },
      end: { line: found.endLine - 1, character: found.endColumn - 1 },
    },
    severity: toSeverity(found.severity),
    code: found.code,
    source: diagnosticSource,
    message: found.message,
  };
}

/** The quick fixes for a range of a document whose text is `text`. */
export function toCodeActions(findings: readonly Finding[], text: string, uri: string, range: Range): CodeAction[] {
  const source = new SourceText(uri, text);
  return findings.flatMap((found): CodeAction[] => {
    const diagnostic = toDiagnostic(found);
    if (!found.fix || !touches(diagnostic.range, range)) return [];
    const edits = found.fix.edits.map((edit) => ({ range: toRange(source, edit.span), newText: edit.text }));
    return [
      {
        title: found.fix.title,
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnostic],
        isPreferred: true,
        edit: { changes: { [uri]: edits } },
      },
    ];
  });
}

function toRange(source: SourceText, span: Span): Range {
  const start = source.position(span.start);
  const end = source.position(span.end);
  return {
    start: { line: start.line - 1, character: start.column - 1 },
    end: { line: end.line - 1, character: end.column - 1 },
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

function touches(a: Range, b: Range): boolean {
  const before = (x: Range, y: Range): boolean =>
    x.end.line < y.start.line || (x.end.line === y.start.line && x.end.character < y.start.character);
  return !before(a, b) && !before(b, a);
}
