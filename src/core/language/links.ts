import { nameSpaceOf } from './occurrences.ts';
import type { Library, Reading } from './readings.ts';
import { pathPlaces } from './scope-places.ts';
import type { Span } from '../text/source.ts';

/** A path in a text that leads to a file that exists, both by repository-relative path. */
export interface Link {
  readonly span: Span;
  readonly target: string;
}

/** Files that a scope, a contract list, a `tech_spec` or a `prompt_file` names and that are there. */
export function links(library: Library, reading: Reading): Link[] {
  const { repository } = library;
  const known = new Set(repository?.files ?? []);
  const exists = (path: string): boolean => known.has(path) || library.sources.files.has(path);
  const found: Link[] = [];
  for (const place of pathPlaces(reading)) if (exists(place.path)) found.push({ span: place.span, target: place.path });
  const space = nameSpaceOf(library, reading.file);
  for (const one of space?.occurrences ?? []) {
    if (one.file !== reading.file || one.kind !== 'contract') continue;
    const inPlan = space?.plan?.inRepository(one.name) ?? '';
    if (exists(inPlan)) found.push({ span: one.span, target: inPlan });
  }
  const named = /(?:^|[\s{,])"?(tech_spec|prompt_file)"?[ \t]*:[ \t]*["']?([^"'\s,}]+)/g;
  const area = reading.kind === 'manifest' ? reading.text.length : (reading.markdown.frontMatter?.span.end ?? 0);
  for (const match of reading.text.slice(0, area).matchAll(named)) {
    const written = match[2] ?? '';
    const path = written.replaceAll('\\', '/').replace(/^\.?\//, '');
    const inPlan = match[1] === 'prompt_file' ? (space?.plan?.inRepository(path) ?? '') : '';
    const target = inPlan !== '' && exists(inPlan) ? inPlan : path;
    if (!exists(target)) continue;
    const start = match.index + match[0].length - written.length;
    found.push({ span: { start, end: start + written.length }, target });
  }
  let end = 0;
  return found
    .sort((a, b) => a.span.start - b.span.start)
    .filter(({ span }) => {
      if (span.start < end) return false;
      end = span.end;
      return true;
    });
}
