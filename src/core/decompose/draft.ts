import type { Severity } from '../text/finding.ts';
import type { Span } from '../text/source.ts';
import type { Spec } from '../spec/model.ts';
import type { RepoPaths } from '../text/mentions.ts';
import type { ImportOrder } from './import-order.ts';
import type { ProjectFacts } from './project.ts';

/** A slice before its files were told apart into new and existing ones. */
export interface Draft {
  readonly id: string;
  readonly title: string;
  readonly workstream: string | null;
  readonly deps: readonly string[];
  readonly writes: readonly string[];
  /** Of these, what goes away. */
  readonly removed?: readonly string[];
  readonly requirements: readonly string[];
  readonly checklist: readonly string[];
  readonly verify: readonly string[];
  readonly estimateMinutes: number;
  readonly agent: string | null;
  /** What the spec says it must not touch, besides what nobody may. */
  readonly forbidden?: readonly string[];
  readonly span: Span;
}

/** What both ways of drafting slices look at. */
export interface DraftContext {
  readonly spec: Spec;
  readonly specPath: string;
  readonly specText: string;
  readonly repo: RepoPaths;
  readonly facts: ProjectFacts;
  /** Repository paths of contracts and of what the spec puts out of scope: nobody's. */
  readonly forbidden: readonly string[];
  /** Which files take from which; `null` where nobody reads the sources. */
  readonly imports: ImportOrder | null;
  /** Of files that say how the repository is tested, at least. */
  readonly textOf: (path: string) => string | null;
  report(code: string, severity: Severity, message: string, span?: Span): void;
}

/** Dependencies before dependents; ties, and what is on a cycle, keep the order of the spec. */
export function inOrder(drafts: readonly Draft[]): Draft[] {
  const left = [...drafts];
  const done = new Set<string>();
  const ids = new Set(drafts.map((draft) => draft.id));
  const ordered: Draft[] = [];
  while (left.length > 0) {
    const ready = left.findIndex((draft) => draft.deps.every((id) => done.has(id) || !ids.has(id)));
    const [next] = left.splice(Math.max(0, ready), 1);
    if (!next) break;
    done.add(next.id);
    ordered.push(next);
  }
  return ordered;
}
