import type { CodeAction, Range } from 'vscode-languageserver';
import { CodeActionKind } from 'vscode-languageserver';
import type { Finding } from '../core/text/finding.ts';
import { fixAll } from '../core/lint/engine/fix.ts';
import { readMarkdown } from '../core/text/markdown.ts';
import type { Markdown } from '../core/text/markdown.ts';
import { SourceText } from '../core/text/source.ts';
import { rulePageUri } from '../protocol/lsp.ts';
import { toDiagnostic, toEdits, toOffset, toRange, touches } from './convert.ts';
import { textStart } from '../core/text/byte-order-mark.ts';

export const fixAllKind = `${CodeActionKind.SourceFixAll}.slicewave`;
export const codeActionKinds: string[] = [CodeActionKind.QuickFix, fixAllKind];

export interface CodeActionRequest {
  readonly findings: readonly Finding[];
  readonly file: string;
  readonly text: string;
  readonly uri: string;
  readonly range: Range;
  /** Kinds that are wanted, each with what lies below it; `undefined`: all. */
  readonly only: readonly string[] | undefined;
  readonly rulePages: string | undefined;
  /** Whether the client can open a rule's page by command. */
  readonly canOpen: boolean;
}

/** Quick fixes, ways to let a finding stand, and explanations for a range; and one action for the whole file. */
export function codeActions(request: CodeActionRequest): CodeAction[] {
  const { findings, file, text, uri, range, only, rulePages } = request;
  const wants = (kind: string): boolean => !only || only.some((one) => kind === one || kind.startsWith(`${one}.`));
  const source = new SourceText(file, text);
  const actions: CodeAction[] = [];
  if (wants(CodeActionKind.QuickFix)) {
    const here = findings
      .map((found) => ({ found, diagnostic: toDiagnostic(found, rulePages) }))
      .filter(({ diagnostic }) => touches(diagnostic.range, range));
    for (const { found, diagnostic } of here) {
      if (!found.fix) continue;
      actions.push({
        title: found.fix.title,
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnostic],
        // Editors apply what is preferred on one key; a guess has to be read first.
        ...(found.fix.guess ? {} : { isPreferred: true }),
        edit: { changes: { [uri]: toEdits(source, found.fix.edits) } },
      });
    }
    const markdown = /\.md$/i.test(file) && here.length > 0 ? readMarkdown(source) : null;
    const offered = new Set<string>();
    for (const { found, diagnostic } of here) {
      const edit = markdown && suppression(found, markdown);
      if (edit && !offered.has(edit.title)) {
        offered.add(edit.title);
        const at = toRange(source, { start: edit.at, end: edit.at });
        actions.push({
          title: edit.title,
          kind: CodeActionKind.QuickFix,
          diagnostics: [diagnostic],
          edit: { changes: { [uri]: [{ range: at, newText: edit.text }] } },
        });
      }
    }
    for (const code of new Set(here.map(({ found }) => found.code))) {
      if (rulePages === undefined || !request.canOpen) continue;
      const title = `Explain ${code}`;
      actions.push({
        title,
        kind: CodeActionKind.QuickFix,
        diagnostics: here.filter(({ found }) => found.code === code).map(({ diagnostic }) => diagnostic),
        command: { title, command: 'vscode.open', arguments: [rulePageUri(rulePages, code)] },
      });
    }
  }
  if (wants(fixAllKind)) {
    const fixed = fixAll(text, file, findings);
    if (fixed.applied.length > 0) {
      actions.push({
        title: 'Fix all Slicewave findings in this file',
        kind: fixAllKind,
        edit: {
          changes: {
            [uri]: toEdits(
              source,
              fixed.applied.flatMap((found) => found.fix?.edits ?? []),
            ),
          },
        },
      });
    }
  }
  return actions;
}

/** A comment above the finding, or for the whole file where no line can take one; the reason is for the person to give. */
function suppression(
  found: Finding,
  markdown: Markdown,
): { readonly title: string; readonly at: number; readonly text: string } | null {
  // A suppression of what is wrong with a suppression would never come to an end.
  if (found.code.startsWith('suppression.')) return null;
  const { source, frontMatter } = markdown;
  const eol = source.text.includes('\r\n') ? '\r\n' : '\n';
  const at = toOffset(source, { line: found.line - 1, character: 0 });
  const reason = 'why it may stay';
  if (frontMatter && frontMatter.body.start <= at && at < frontMatter.body.end) {
    const indent = /^[ \t]*/.exec(source.line(found.line))?.[0] ?? '';
    const text = `${indent}# slicewave-disable-next-line ${found.code}: ${reason}${eol}`;
    return { title: `Suppress ${found.code} for the next line…`, at, text };
  }
  const line = markdown.lines.find((one) => one.start <= at && at <= one.end);
  const inBlock = line?.kind === 'fence' || line?.kind === 'comment' || line?.kind === 'front-matter';
  const top = frontMatter ? frontMatter.span.end : textStart(source.text);
  if (!inBlock) {
    const indent = /^[ \t]*/.exec(source.line(found.line))?.[0] ?? '';
    const text = `${indent}<!-- slicewave-disable-next-line ${found.code}: ${reason} -->${eol}`;
    return { title: `Suppress ${found.code} for the next line…`, at: Math.max(at, top), text };
  }
  const text = `<!-- slicewave-disable-file ${found.code}: ${reason} -->${eol}`;
  return { title: `Suppress ${found.code} in this file…`, at: top, text };
}
