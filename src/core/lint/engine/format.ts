import type { Finding, Severity } from '../../text/finding.ts';
import { SourceText } from '../../text/source.ts';
import { isSafe } from './fix.ts';
import { counted, markedLine } from '../../text/printing.ts';

/** The shape of `lint --json`; fields may be added, none removed. */
export interface LintReport {
  readonly v: 1;
  readonly findings: readonly {
    readonly code: string;
    readonly severity: Severity;
    readonly message: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly end_line: number;
    readonly end_column: number;
    /** Whether `lint --fix` mends it. */
    readonly fixable: boolean;
  }[];
  readonly counts: Readonly<Record<Severity, number>>;
}

export function countFindings(findings: readonly Finding[]): Record<Severity, number> {
  const counts: Record<Severity, number> = { error: 0, warning: 0, info: 0, hint: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

export function lintReport(findings: readonly Finding[]): LintReport {
  return {
    v: 1,
    findings: findings.map((found) => ({
      code: found.code,
      severity: found.severity,
      message: found.message,
      file: found.file,
      line: found.line,
      column: found.column,
      end_line: found.endLine,
      end_column: found.endColumn,
      fixable: isSafe(found),
    })),
    counts: countFindings(findings),
  };
}

export interface FormatOptions {
  /** ANSI colours; off by default. */
  readonly color?: boolean;
  /** The text of a file by its path, for the quoted source lines; without it, or where it gives `undefined`, none are quoted. */
  readonly textOf?: (file: string) => string | undefined;
  /** How a file is called in the output; its repository-relative path by default. */
  readonly nameOf?: (file: string) => string;
  /** What the last line counts, where more was found than is printed here. */
  readonly counted?: readonly Finding[];
}

const colors: Readonly<Record<Severity, number>> = { error: 31, warning: 33, info: 36, hint: 90 };
/** Columns of a source line that are shown; longer lines are cut around the words in question. */
const lineWidth = 120;

/** Findings for people: place, severity, code and message, then the source line with carets under the exact words. */
export function formatFindings(findings: readonly Finding[], options: FormatOptions = {}): string {
  const paint = (code: number, text: string): string => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const sources = new Map<string, SourceText | null>();
  const sourceOf = (file: string): SourceText | null => {
    let source = sources.get(file);
    if (source === undefined) {
      const text = options.textOf?.(file);
      source = text === undefined ? null : new SourceText(file, text);
      sources.set(file, source);
    }
    return source;
  };
  const names = new Map<string, string>();
  const nameOf = (file: string): string => {
    let name = names.get(file);
    if (name === undefined) names.set(file, (name = markedLine(options.nameOf?.(file) ?? file)));
    return name;
  };
  const lines: string[] = [];
  for (const found of findings) {
    const place = `${nameOf(found.file)}:${found.line}:${found.column}`;
    const fixable = isSafe(found) ? paint(90, ' (fixable)') : '';
    lines.push(
      `${paint(1, place)} ${paint(colors[found.severity], found.severity)} ${paint(90, found.code)} ${markedLine(found.message)}${fixable}`,
    );
    const source = sourceOf(found.file);
    if (source)
      lines.push(
        ...quote(source, found).map((line, index) => (index === 1 ? paint(colors[found.severity], line) : line)),
      );
  }
  lines.push(summary(options.counted ?? findings));
  return lines.join('\n') + '\n';
}

/** `1 error`, `2 warnings`, `3 info`. */
export function countedSeverity(count: number, severity: Severity): string {
  return counted(count, severity, severity === 'info' ? severity : `${severity}s`);
}

function summary(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'no findings';
  const counts = countFindings(findings);
  const words = (['error', 'warning', 'info', 'hint'] as const)
    .filter((severity) => counts[severity] > 0)
    .map((severity) => countedSeverity(counts[severity], severity));
  const fixable = findings.filter(isSafe).length;
  return words.join(', ') + (fixable > 0 ? ` (${fixable} fixable)` : '');
}

function quote(source: SourceText, found: Finding): string[] {
  const raw = source.line(found.line);
  if (raw.trim() === '') return [];
  const from = found.column - 1;
  const to = found.endLine === found.line ? found.endColumn - 1 : raw.length;
  const cut = raw.length > lineWidth && from > lineWidth / 2 ? from - Math.floor(lineWidth / 2) : 0;
  const shown = raw.slice(cut, cut + lineWidth);
  const number = String(found.line);
  const pad = columns(shown.slice(0, Math.max(0, from - cut)));
  const width = Math.max(1, columns(shown.slice(Math.max(0, from - cut), Math.max(0, to - cut))).length);
  return [`  ${number} | ${markedLine(expand(shown))}`, `  ${' '.repeat(number.length)} | ${pad}${'^'.repeat(width)}`];
}

/** As many spaces as a text takes columns in a terminal: wide characters take two, combining ones none. */
function columns(text: string): string {
  let count = 0;
  for (const c of expand(text)) {
    if (/\p{M}|\u200d|[\ufe00-\ufe0f]/u.test(c)) continue;
    count +=
      /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
        c,
      ) && c > '\u00ff'
        ? 2
        : 1;
  }
  return ' '.repeat(count);
}

function expand(text: string): string {
  return text.replaceAll('\t', '    ');
}
