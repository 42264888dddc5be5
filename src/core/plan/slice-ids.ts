import { distance } from '../text/edit-distance.ts';
import { finding, type Finding } from '../text/finding.ts';
import type { SourceText, Span } from '../text/source.ts';
import type { Located } from '../task/model.ts';

/** Whether an id can name a branch and a directory. */
export function isSliceId(id: string): boolean {
  return /^[A-Za-z0-9](?:[\w.-]*[\w-])?$/.test(id) && !id.includes('..') && !/\.lock$/i.test(id) && id.length <= 100;
}

/** Finds slices by id, by file name, or by a unique beginning of either. */
export class SliceIds {
  readonly #exact = new Map<string, Set<string>>();
  /** What was asked before: manifest, `deps` and `blocks` name the same slices again and again. */
  readonly #found = new Map<string, string | readonly string[]>();
  readonly #ids: readonly string[];
  readonly #bases: readonly string[];

  constructor(tasks: readonly { readonly id: string; readonly base: string }[]) {
    this.#bases = tasks.map((task) => task.base);
    this.#ids = tasks.map((task) => task.id);
    for (const { id, base } of tasks) {
      for (const name of new Set([id, base])) {
        this.#add(name, id);
        // `task-003-config` is also known as `task-003`, `task-3` and, for lists of bare numbers, `3` and `003`.
        const short = /^(.*?)0*(\d+)(?:-.*)?$/.exec(name);
        const numbered = /^([A-Za-z]+-?\d+)-/.exec(name)?.[1];
        if (numbered !== undefined) this.#add(numbered, id, true);
        if (short && /^(?:task-?)$/i.test(short[1] ?? '')) {
          const digits = /\d+/.exec(name)?.[0] ?? '';
          for (const form of [`task-${short[2] ?? ''}`, `task-${digits}`, short[2] ?? '', digits])
            this.#add(form, id, true);
        }
      }
    }
    // Who spells a name exactly means exactly that slice.
    for (const id of this.#ids) this.#exact.set(id.toLowerCase(), new Set([id]));
  }

  /** Whether these are exactly the slices it knows. */
  isOf(tasks: readonly { readonly id: string; readonly base: string }[]): boolean {
    return (
      tasks.length === this.#ids.length &&
      tasks.every((task, index) => task.id === this.#ids[index] && task.base === this.#bases[index])
    );
  }

  #add(name: string, id: string, weak = false): void {
    const key = (weak ? '~' : '') + name.toLowerCase();
    const known = this.#exact.get(key) ?? new Set<string>();
    known.add(id);
    this.#exact.set(key, known);
  }

  /** The slice, or all that the name could mean: none, or several. */
  find(name: string): string | readonly string[] {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const found = this.#look(name);
    this.#found.set(name, found);
    return found;
  }

  #look(name: string): string | readonly string[] {
    const key = name.trim().toLowerCase().replace(/^.*\//, '').replace(/\.md$/, '');
    const shortened = /^(task-\d+)-/.exec(key)?.[1];
    const padded = /^(task-)?0*(\d+)$/.exec(key);
    const candidates =
      this.#exact.get(key) ??
      this.#exact.get(`~${key}`) ??
      (padded ? this.#exact.get(`~${padded[1] ?? ''}${padded[2] ?? ''}`) : undefined) ??
      (shortened === undefined ? undefined : this.#exact.get(shortened)) ??
      new Set<string>();
    const [only, ...others] = candidates;
    return only !== undefined && others.length === 0 ? only : [...candidates];
  }

  /** The slice that a name means; `null` when it means none or several. The same function for as long as the names are. */
  readonly resolve = (name: string): string | null => {
    const id = this.find(name);
    return typeof id === 'string' ? id : null;
  };

  /** The id closest in spelling, when it is close at all. */
  nearest(name: string): string | null {
    let best: { id: string; edits: number } | null = null;
    const limit = Math.max(1, Math.floor(name.length / 4));
    const digits = (id: string): string => (id.match(/\d+/g) ?? []).join();
    for (const id of this.#ids) {
      // `task-004` is no misspelt `task-002`: only words are misspelt.
      if (digits(id) !== digits(name)) continue;
      const edits = distance(id.toLowerCase(), name.toLowerCase(), limit);
      if (edits <= limit && (!best || edits < best.edits)) best = { id, edits };
    }
    return best?.id ?? null;
  }
}

/** Names of slices that one file uses, and how a name that means none is reported. */
interface Mentions {
  readonly where: SourceText;
  /** The code of the finding. */
  readonly code: string;
  /** What stands before the name in the finding: `depends on`. */
  readonly what: string;
}

/** The slice that a name means; `null`, with a finding, when it means none or several. */
export function resolveSlice(
  ids: SliceIds,
  name: Located<string>,
  { where, code, what }: Mentions,
  findings: Finding[],
): string | null {
  const id = ids.find(name.value);
  if (typeof id === 'string') return id;
  const near = ids.nearest(name.value);
  const reason =
    id.length > 1
      ? `could be ${id.join(' or ')}`
      : near
        ? `there is no such slice; did you mean ${near}?`
        : 'there is no such slice';
  findings.push(
    finding(
      where,
      code,
      'error',
      `${what} "${name.value}": ${reason}`,
      name.span,
      near && id.length === 0 ? replaceWord(where, name, near) : undefined,
    ),
  );
  return null;
}

/** The slices that names mean, each once; a finding for each name that means none or several. */
export function resolveSlices(
  ids: SliceIds,
  names: readonly Located<string>[],
  mentions: Mentions,
  findings: Finding[],
): string[] {
  return [...new Set(names.flatMap((name) => resolveSlice(ids, name, mentions, findings) ?? []))];
}

function replaceWord(source: SourceText, name: Located<string>, replacement: string) {
  const start = source.text.slice(name.span.start, name.span.end).indexOf(name.value);
  if (start < 0) return undefined;
  const span: Span = { start: name.span.start + start, end: name.span.start + start + name.value.length };
  return { title: `Change to ${replacement}`, edits: [{ span, text: replacement }], guess: true as const };
}
