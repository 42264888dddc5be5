import type { Span } from '../text/source.ts';

/**
 * One entry of a scope directive. `path` is a glob relative to the repository root, with forward slashes, no leading
 * `./`; it is `null` when the entry is prose only ("all implementation files"), which cannot be enforced.
 */
export interface ScopeEntry {
  readonly path: string | null;
  /** `Class`, `function`, `Class.method` or `variable` after `::`. */
  readonly symbol: string | null;
  readonly note: string | null;
  /** The entry as written, for prompts and messages. */
  readonly text: string;
  readonly span: Span;
  /**
   * The directive under which an exception stands: `!path` there, which takes the path out of all that the slice may
   * write. It is an entry of `boundary` in every respect, without the `!` in `path`, behind those of BOUNDARY itself.
   */
  readonly exceptOf?: 'create' | 'modify';
}

/** What stands behind the path of a file that a slice takes away. */
export const removalNote = 'is removed';

/** Whether an entry of MODIFY says that the file goes away. */
export function isRemovedFile({ note }: Pick<ScopeEntry, 'note'>): boolean {
  return note !== null && /^(?:(?:is|are|gets?|to be) )?(?:removed?|deleted?|gone)$/i.test(note.replace(/\.$/, ''));
}

export interface Scope {
  readonly create: readonly ScopeEntry[];
  readonly modify: readonly ScopeEntry[];
  readonly boundary: readonly ScopeEntry[];
}

/** A value with the place it stands at, for findings that underline the exact words. */
export interface Located<T> {
  readonly value: T;
  readonly span: Span;
}

export type SliceKind = 'engineering' | 'support' | 'ops' | 'sales' | 'product';

export interface TaskSection {
  readonly title: string;
  readonly heading: Span;
  readonly body: Span;
  readonly text: string;
}

/** A task spec file as read: everything optional that a messy file may lack. */
export interface TaskSpec {
  readonly file: string;
  readonly id: Located<string> | null;
  readonly title: string | null;
  readonly component: string | null;
  readonly wave: Located<number> | null;
  readonly deps: readonly Located<string>[];
  readonly blocks: readonly Located<string>[];
  readonly agent: Located<string> | null;
  readonly skills: readonly string[];
  readonly techSpec: string | null;
  readonly contracts: readonly Located<string>[];
  readonly workstream: Located<string> | null;
  readonly runtimeDeps: readonly Located<string>[];
  readonly layers: readonly string[];
  /** Commands from front matter `verify` and from checklist items such as "`pytest apps/users` passes". */
  readonly verify: readonly Located<string>[];
  readonly estimateMinutes: number | null;
  readonly stop: readonly Located<string>[];
  readonly attempts: number;
  readonly kind: SliceKind;
  readonly scope: Scope;
  /** Span of the `## Scope` section's body; `null` when there is none. */
  readonly scopeSection: TaskSection | null;
  readonly requirements: string;
  readonly checklist: readonly { readonly text: string; readonly done: boolean; readonly span: Span }[];
  readonly sections: readonly TaskSection[];
  /** The span of the front matter with its fences, or `null`. */
  readonly frontMatter: Span | null;
}

/** Where things stand in a task spec that only matters when something is to be said of them. */
export interface TaskPlaces {
  /** The words of the first top-level heading. */
  readonly title: Span | undefined;
  /** The YAML of the front matter, and whether it could be read as keys with values; `null`: there is none. */
  readonly frontMatter: { readonly body: Span; readonly isMap: boolean } | null;
  /** The value of the estimate. */
  readonly estimate: Span | undefined;
  /** The heading around the first item of the checklist. */
  readonly checklist: Span | undefined;
}

/** Whether every item of the checklist is ticked: what was to be created is there then. Without a checklist, never. */
export function isDone({ checklist }: Pick<TaskSpec, 'checklist'>): boolean {
  return checklist.length > 0 && checklist.every((item) => item.done);
}
