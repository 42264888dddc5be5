import type { Span } from '../text/source.ts';

/** The heading and body of one section. `items` are its top-level list items, without their markers. */
export interface SpecSection {
  readonly heading: Span;
  readonly body: Span;
  /** The body as written, trimmed. */
  readonly text: string;
  readonly items: readonly { readonly text: string; readonly span: Span }[];
}

/** `### WS-A: Users` with `Boundary: apps/users/**`. */
export interface SpecWorkstream {
  readonly id: string;
  readonly name: string;
  readonly boundary: readonly string[];
  readonly span: Span;
}

/** A slice that is ticked: it is done. */
export interface DoneSlice {
  readonly id: string;
  readonly title: string;
  readonly span: Span;
}

/** `- A3: Registration endpoint (after A1, B2; files: apps/users/api.py; verify: pytest apps/users; estimate: 3h)`. */
export interface SpecSlice {
  readonly id: string;
  readonly title: string;
  readonly after: readonly string[];
  readonly files: readonly string[];
  readonly verify: readonly string[];
  readonly estimateMinutes: number | null;
  /** From an explicit `workstream:`, the heading it stands under, or the id's letter (`A3` -> `WS-A`), in that order. */
  readonly workstream: string | null;
  readonly agent: string | null;
  /** What it must not touch. */
  readonly boundary: readonly string[];
  /** Nested list items below the slice: its requirements. */
  readonly details: readonly string[];
  readonly span: Span;
}

/** `MP1: A8 + B3 -> C1`; `verify: cmd` may follow in parentheses. */
export interface SpecMergePoint {
  readonly id: string;
  readonly needs: readonly string[];
  readonly unlocks: readonly string[];
  readonly verify: readonly string[];
  readonly span: Span;
}

/** A fenced block with a file name under Contracts. `path` is repository-relative as the author wrote it. */
export interface SpecContract {
  readonly path: string;
  readonly language: string;
  readonly content: string;
  readonly span: Span;
}

export type SpecAnswer = 'outcome' | 'in_scope' | 'out_of_scope' | 'evidence';

export interface Spec {
  readonly file: string;
  /** From the front matter, else from a file name such as `TS-0042-inventory.spec.md`. */
  readonly id: string | null;
  readonly title: string;
  readonly status: 'draft' | 'approved' | null;
  readonly technology: string | null;
  readonly confidence: 'HIGH' | 'MEDIUM' | 'LOW' | null;
  readonly answers: Readonly<Record<SpecAnswer, SpecSection | null>>;
  readonly workstreams: readonly SpecWorkstream[];
  readonly slices: readonly SpecSlice[];
  /** Declared, and ticked. */
  readonly done: readonly DoneSlice[];
  readonly mergePoints: readonly SpecMergePoint[];
  readonly contracts: readonly SpecContract[];
  readonly conventions: SpecSection | null;
  readonly testPlan: SpecSection | null;
  readonly constraints: SpecSection | null;
  readonly risks: SpecSection | null;
  readonly openQuestions: SpecSection | null;
  readonly stopConditions: SpecSection | null;
}
