import { repositoryIndex } from '../scope/repository-index.ts';
import { headingKey } from '../text/markdown.ts';
import type { Span } from '../text/source.ts';
import type { Scope, ScopeEntry } from '../task/model.ts';
import { scopeHeadings } from '../task/scope.ts';
import type { Library, Reading } from './readings.ts';

/** A path as a file writes it, with the words of the path alone. */
export interface PathPlace {
  readonly path: string;
  readonly symbol: string | null;
  readonly key: keyof Scope | 'contract' | 'boundary-of-workstream' | 'spec' | 'files';
  readonly span: Span;
}

const keys: readonly (keyof Scope)[] = ['create', 'modify', 'boundary'];

/** Where the scope directives of a task spec stand: the body of its scope section, else everything below the front matter. */
export function scopeArea(reading: Reading): Span {
  const section = reading.markdown.sections.find((one) => scopeHeadings.includes(headingKey(one.text)));
  return section?.body ?? { start: reading.markdown.frontMatter?.span.end ?? 0, end: reading.text.length };
}

/** The scope entry at an offset of a task spec, with its symbol when the offset's own one is not the first. */
export function scopeAt(reading: Reading, offset: number): (ScopeEntry & { readonly key: keyof Scope }) | null {
  if (reading.kind !== 'task') return null;
  for (const key of keys) {
    const here = reading.task.scope[key].filter((entry) => entry.span.start <= offset && offset <= entry.span.end);
    if (here.length === 0) continue;
    const named = here.find((entry) => {
      if (entry.symbol === null) return false;
      const at = entry.text.indexOf(entry.symbol, entry.text.indexOf('::'));
      return at >= 0 && entry.span.start + at <= offset && offset <= entry.span.start + at + entry.symbol.length;
    });
    const entry = named ?? here[0];
    if (entry) return { ...entry, key };
  }
  return null;
}

/** Every path that a task spec's scope or a spec's slices and workstreams write down, in the order of the text. */
export function pathPlaces(reading: Reading): PathPlace[] {
  const found: PathPlace[] = [];
  const seen = new Set<number>();
  const add = (path: string, symbol: string | null, key: PathPlace['key'], within: Span): void => {
    const at = reading.text.slice(within.start, within.end).indexOf(path);
    if (at < 0) return;
    const start = within.start + at;
    if (seen.has(start)) return;
    seen.add(start);
    found.push({ path, symbol, key, span: { start, end: start + path.length } });
  };
  if (reading.kind === 'task') {
    for (const key of keys)
      for (const entry of reading.task.scope[key])
        if (entry.path !== null) add(entry.path, entry.symbol, key, entry.span);
  }
  if (reading.kind === 'spec') {
    const starts = reading.spec.slices.map((slice) => slice.span.start).sort((a, b) => a - b);
    let next = 0;
    for (const slice of reading.spec.slices.toSorted((a, b) => a.span.end - b.span.end)) {
      // The list of files may stand in the item or below it.
      while (next < starts.length && (starts[next] ?? 0) < slice.span.end) next++;
      const end = starts[next] ?? reading.text.length;
      for (const path of slice.files) add(path, null, 'files', { start: slice.span.start, end });
    }
    for (const stream of reading.spec.workstreams) {
      const section = reading.markdown.sections.find((one) => one.span.start === stream.span.start);
      for (const path of stream.boundary) add(path, null, 'boundary-of-workstream', section?.body ?? stream.span);
    }
  }
  return found.sort((a, b) => a.span.start - b.span.start);
}

/** The repository's files that a scope path matches; `null` when nobody knows them. */
export function matchingFiles(library: Library, path: string): readonly string[] | null {
  const { repository } = library;
  return repository && repositoryIndex(repository).matching(path);
}
