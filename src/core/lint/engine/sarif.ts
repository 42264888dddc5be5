import type { Finding, Severity } from '../../text/finding.ts';
import { SourceText } from '../../text/source.ts';
import type { Span } from '../../text/source.ts';
import { explainRule } from './explain.ts';
import { rules } from './rules.ts';
import type { Rule } from '../rules/rule.ts';
import type { Suppressed } from './suppress.ts';
import { textStart } from '../../text/byte-order-mark.ts';

export interface SarifOptions {
  readonly findings: readonly Finding[];
  readonly suppressed?: readonly Suppressed[];
  /** Of Slicewave. */
  readonly version: string;
  /** The repository as a `file:` URI; without it the paths stay relative to wherever the reader thinks. */
  readonly root?: string;
  /** The text of a file, for the places of fixes; fixes of files without a text are left out. */
  readonly textOf: (file: string) => string | undefined;
}

interface SarifRegion {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
  hint: 'note',
};
const baseId = 'SRCROOT';

/**
 * Findings as a SARIF log, version 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/): one run, every rule described,
 * a region for every result, fixes as replacements, and what comments hide as suppressed results.
 */
export function sarifLog(options: SarifOptions): object {
  const sources = new Map<string, SourceText | null>();
  const sourceOf = (file: string): SourceText | null => {
    let source = sources.get(file);
    if (source === undefined) {
      const text = options.textOf(file);
      source = text === undefined ? null : new SourceText(file, text);
      sources.set(file, source);
    }
    return source;
  };
  const indexes = new Map<string, number>(rules.map((rule, index) => [rule.code, index]));
  const result = (found: Finding, reason: string | null): object => {
    const source = sourceOf(found.file);
    const { line, column, endLine, endColumn } = found;
    const bom = hasMark(source);
    return {
      ruleId: found.code,
      ...(indexes.has(found.code) ? { ruleIndex: indexes.get(found.code) } : {}),
      level: levels[found.severity],
      message: { text: found.message },
      locations: [
        {
          physicalLocation: {
            artifactLocation: location(found.file),
            region: region({ line, column }, { line: endLine, column: endColumn }, bom),
          },
        },
      ],
      ...(source && found.fix
        ? {
            fixes: [
              {
                description: { text: found.fix.title },
                artifactChanges: [
                  {
                    artifactLocation: location(found.file),
                    replacements: found.fix.edits.map((edit) => ({
                      deletedRegion: regionOf(source, edit.span, bom),
                      insertedContent: { text: edit.text },
                    })),
                  },
                ],
              },
            ],
          }
        : {}),
      ...(reason === null ? {} : { suppressions: [{ kind: 'inSource', status: 'accepted', justification: reason }] }),
    };
  };
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Slicewave',
            semanticVersion: options.version,
            rules: rules.map(describe),
          },
        },
        columnKind: 'utf16CodeUnits',
        ...(options.root === undefined ? {} : { originalUriBaseIds: { [baseId]: { uri: withSlash(options.root) } } }),
        results: [
          ...options.findings.map((found) => result(found, null)),
          ...(options.suppressed ?? []).map(({ finding, reason }) => result(finding, reason)),
        ],
      },
    ],
  };
}

function describe(rule: Rule): object {
  const page = explainRule(rule.code) ?? rule.summary;
  const [first = rule.summary] = (rule.details ?? '').split(/\n\s*\n/, 1);
  return {
    id: rule.code,
    shortDescription: { text: rule.summary },
    fullDescription: { text: first === '' ? rule.summary : first },
    help: { text: page, markdown: page },
    defaultConfiguration: { level: levels[rule.severity] },
  };
}

/** Paths are relative to the repository, except those of files outside of it. */
function location(file: string): object {
  const uri = file.split('/').map(encodeSegment).join('/');
  return /^(?:[A-Za-z]:)?\//.test(file)
    ? { uri: `file://${file.startsWith('/') ? '' : '/'}${uri}` }
    : { uri, uriBaseId: baseId };
}

function encodeSegment(segment: string): string {
  // Half a surrogate pair cannot be encoded.
  return encodeURIComponent(segment.toWellFormed());
}

function withSlash(uri: string): string {
  return uri.endsWith('/') ? uri : `${uri}/`;
}

/** SARIF does not count a byte order mark as part of the text. */
function hasMark(source: SourceText | null): boolean {
  return source !== null && textStart(source.text) > 0;
}

function regionOf(source: SourceText, span: Span, bom: boolean): SarifRegion {
  return region(source.position(span.start), source.position(span.end), bom);
}

function region(
  start: { readonly line: number; readonly column: number },
  end: { readonly line: number; readonly column: number },
  bom: boolean,
): SarifRegion {
  const column = (at: { readonly line: number; readonly column: number }): number =>
    bom && at.line === 1 ? Math.max(1, at.column - 1) : at.column;
  return { startLine: start.line, startColumn: column(start), endLine: end.line, endColumn: column(end) };
}
