import { type Markdown } from '../text/markdown.ts';
import type { Span } from '../text/source.ts';
import { attributeOf, splitAttributes, splitOutside, unquote } from './attributes.ts';
import type { SpecWorkstream } from './model.ts';

export const workstreamHeading = /^(?:(WS-[A-Za-z0-9]+)|Workstream\s+([A-Z0-9]+))\b[*_]*\s*[:–—-]?\s*(.*)$/i;
export const workstreamItem = /^[*_`]*(WS-[A-Za-z0-9]+)[*_`]*\s*[:–—]\s*(.+)$/;

/** A workstream with the part of the spec in which its slices stand. */
export type PlacedWorkstream = SpecWorkstream & { readonly body: Span };

/** The workstreams that headings or items name, each once. */
export function readWorkstreams(markdown: Markdown): PlacedWorkstream[] {
  const found: PlacedWorkstream[] = [];
  const add = (id: string, name: string, boundary: readonly string[], span: Span, body: Span): void => {
    if (!found.some((other) => other.id === id))
      found.push({ id, name: name === '' ? id : name, boundary, span, body });
  };
  for (const section of markdown.sections) {
    const match = workstreamHeading.exec(section.text.replace(/^[*_`]+/, ''));
    if (!match) continue;
    const boundary: string[] = [];
    for (const line of markdown.lines) {
      if (
        line.start < section.body.start ||
        line.end > section.body.end ||
        line.kind === 'fence' ||
        line.kind === 'comment'
      )
        continue;
      const text = markdown.source.text.slice(line.start, line.end);
      const paths = boundaryLine(text);
      if (paths !== null)
        boundary.push(
          ...splitOutside(paths, ',')
            .map(unquote)
            .filter((path) => path !== ''),
        );
    }
    add(
      (match[1] ?? `WS-${match[2] ?? ''}`).toUpperCase(),
      unquote(match[3] ?? ''),
      boundary,
      section.span,
      section.body,
    );
  }
  for (const item of markdown.items) {
    const match = workstreamItem.exec(item.text);
    if (!match) continue;
    const { title, attributes } = splitAttributes(match[2] ?? '');
    const boundary = attributes
      .filter(({ key }) => key === 'boundary')
      .flatMap(({ value }) => splitOutside(value, ',').map(unquote));
    add((match[1] ?? '').toUpperCase(), title, boundary, item.span, { start: 0, end: 0 });
  }
  return found;
}

/** What a line `Boundary: ...` holds. */
export function boundaryLine(text: string): string | null {
  const words = text.replace(/^\s*(?:[-*+•]\s+)?/, '');
  const attribute = attributeOf(words);
  return attribute?.key === 'boundary' && attribute.colon && attribute.value !== '' && /^[*_]*boundary/i.test(words)
    ? attribute.value
    : null;
}
