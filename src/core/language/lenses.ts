import type { Span } from '../text/source.ts';
import { nameSpaceOf } from './occurrences.ts';
import type { Library, Reading } from './readings.ts';

/** A line of text above a place. `action` is what a client may do when it is clicked; `null`: it only informs. */
export interface Lens {
  readonly span: Span;
  readonly title: string;
  readonly action: 'run' | 'open-worktree' | null;
  readonly planDir: string;
  readonly slice: string;
}

/** Above the title of a task spec, and above each slice of a manifest: run it, open its worktree, who it collides with. */
export function lenses(library: Library, reading: Reading): Lens[] {
  if (reading.kind !== 'task' && reading.kind !== 'manifest') return [];
  const space = nameSpaceOf(library, reading.file);
  const view = space?.plan;
  if (!view?.plan) return [];
  const own =
    reading.kind === 'task'
      ? ownSlice(view.plan.slices.find((slice) => slice.file === reading.file)?.id, reading)
      : manifestSlices(reading, space?.occurrences ?? []);
  return own.flatMap(({ id, span }): Lens[] => {
    const base = { span, planDir: view.dir, slice: id };
    const found: Lens[] = [];
    if (reading.kind === 'task') {
      const state = library.sources.stateOf?.(view.dir, id) ?? null;
      found.push(
        { ...base, title: 'Run', action: 'run' },
        { ...base, title: 'Open worktree', action: 'open-worktree' },
        ...(state === null ? [] : [{ ...base, title: state, action: null }]),
      );
    }
    const others = view.overlaps.filter((one) => one.a === id || one.b === id);
    if (others.length > 0) {
      const named = others.slice(0, 3).map((one) => `${one.a === id ? one.b : one.a} ${one.percent} %`);
      const rest = others.length > 3 ? `, ${others.length - 3} more` : '';
      found.push({ ...base, title: `Overlaps with ${others.length}: ${named.join(', ')}${rest}`, action: null });
    }
    return found;
  });
}

function ownSlice(id: string | undefined, reading: Reading): { readonly id: string; readonly span: Span }[] {
  if (id === undefined) return [];
  const heading = reading.markdown.sections.find((section) => section.level === 1);
  return [{ id, span: heading?.span ?? { start: 0, end: 0 } }];
}

/** The places at which the waves list slices: the first of each. */
function manifestSlices(
  reading: Reading,
  occurrences: readonly { readonly file: string; readonly kind: string; readonly name: string; readonly span: Span }[],
): { readonly id: string; readonly span: Span }[] {
  const waves =
    reading.json?.kind === 'map' ? reading.json.entries.find((entry) => entry.key === 'waves')?.value.span : null;
  if (!waves) return [];
  const seen = new Set<string>();
  return occurrences.flatMap((one) => {
    const inWaves = one.file === reading.file && one.span.start >= waves.start && one.span.end <= waves.end;
    if (!inWaves || one.kind !== 'slice' || seen.has(one.name)) return [];
    seen.add(one.name);
    return [{ id: one.name, span: one.span }];
  });
}
