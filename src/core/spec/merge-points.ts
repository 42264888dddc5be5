import { finding, type Finding } from '../text/finding.ts';
import type { Markdown } from '../text/markdown.ts';
import type { SourceText } from '../text/source.ts';
import { splitAttributes, unquote } from './attributes.ts';
import type { SpecMergePoint } from './model.ts';
import { mergePointLine } from './slice-words.ts';
import { unknownSlice, type DeclaredSlices } from './slices.ts';

/** The merge points, wherever they stand; each id once. */
export function readMergePoints(markdown: Markdown, declared: DeclaredSlices, findings: Finding[]): SpecMergePoint[] {
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
    const needs = slicesOf(sides[0] ?? '', declared);
    const unlocks = slicesOf(sides[1] ?? '', declared);
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

/** The slices that one side names, by id or by title, and what looks like the id of one. */
function slicesOf(text: string, { names, done }: DeclaredSlices): string[] {
  const { ids, unknown } = names.resolve(text);
  const over = new Set(done.map(({ id }) => id));
  return [
    ...ids.filter((id) => !over.has(id)),
    ...unknown.flatMap((name) => (/^[A-Za-z][\w-]*\d[\w-]*$/.test(name) ? [name] : [])),
  ];
}

/** A finding for every slice that a merge point names and the spec does not declare. */
export function referenceFindings(
  source: SourceText,
  { slices, done }: DeclaredSlices,
  mergePoints: readonly SpecMergePoint[],
): Finding[] {
  const known = new Set([...slices, ...done].map((slice) => slice.id));
  if (known.size === 0) return [];
  return mergePoints.flatMap((point) =>
    [...point.needs, ...point.unlocks]
      .filter((name) => !known.has(name))
      .map((name) => unknownSlice({ source, span: point.span, who: point.id, name })),
  );
}
