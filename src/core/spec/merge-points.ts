import { finding, type Finding } from '../text/finding.ts';
import type { Markdown } from '../text/markdown.ts';
import type { SourceText, Span } from '../text/source.ts';
import { ids, splitAttributes, unquote } from './attributes.ts';
import type { SpecMergePoint, SpecSlice } from './model.ts';

const mergePointLine = /^(?:[-*+•]\s+|>\s*)?[*_`]*(?:Merge point\s+)?(MP-?\d+[a-z]?)[*_`]*\s*(?::|=)\s*[*_]*\s*(.*)$/i;

/** The merge points, wherever they stand; each id once. */
export function readMergePoints(markdown: Markdown, findings: Finding[]): SpecMergePoint[] {
  const { source } = markdown;
  const points: SpecMergePoint[] = [];
  for (const line of markdown.lines) {
    if (line.kind !== 'text' && line.kind !== 'item' && line.kind !== 'heading') continue;
    const raw = source.text.slice(line.start, line.end);
    const indent = raw.length - raw.trimStart().length;
    const text = raw.trim().replace(/^#{1,6}\s+/, '');
    const match = mergePointLine.exec(text);
    if (!match) continue;
    const id = (match[1] ?? '').toUpperCase();
    const span = {
      start: line.start + indent + (raw.trim().length - text.length) + text.indexOf(match[1] ?? ''),
      end: line.start + raw.trimEnd().length,
    };
    const { title, attributes } = splitAttributes(match[2] ?? '');
    const sides = title.split(/\s*(?:--?>|=>|→|⇒|\bunlocks\b)\s*/i);
    const needs = ids(sides[0] ?? '');
    const unlocks = ids(sides[1] ?? '');
    if (sides.length !== 2 || needs.length === 0 || unlocks.length === 0) {
      findings.push(
        finding(
          source,
          'spec.merge-point',
          'warning',
          `a merge point reads "${id}: A8 + B3 -> C1": slices it needs, an arrow, slices it unlocks`,
          span,
        ),
      );
      continue;
    }
    if (points.some((point) => point.id === id)) {
      findings.push(
        finding(source, 'spec.duplicate-merge-point', 'error', `the merge point ${id} is declared twice`, span),
      );
      continue;
    }
    points.push({
      id,
      needs,
      unlocks,
      verify: attributes.filter(({ key }) => key === 'verify').map(({ value }) => unquote(value)),
      span,
    });
  }
  return points;
}

/** A finding for every id that a slice or a merge point names and the spec does not declare. */
export function referenceFindings(
  source: SourceText,
  slices: readonly SpecSlice[],
  mergePoints: readonly SpecMergePoint[],
): Finding[] {
  const known = new Set(slices.map((slice) => slice.id));
  if (known.size === 0) return [];
  const findings: Finding[] = [];
  const check = (id: string, span: Span, who: string): void => {
    if (!known.has(id))
      findings.push(
        finding(
          source,
          'spec.unknown-slice',
          'error',
          `${who} names the slice ${id}, which this spec does not declare`,
          wordSpan(source, span, id),
        ),
      );
  };
  for (const slice of slices) for (const id of slice.after) if (!/^MP-?\d/.test(id)) check(id, slice.span, slice.id);
  for (const point of mergePoints) for (const id of [...point.needs, ...point.unlocks]) check(id, point.span, point.id);
  return findings;
}

/** The last place a word stands at in a range: ids are named behind what they belong to. */
function wordSpan(source: SourceText, span: Span, word: string): Span {
  const at = source.text.slice(span.start, span.end).lastIndexOf(word);
  return at < 0 ? span : { start: span.start + at, end: span.start + at + word.length };
}
