import type { Finding } from '../text/finding.ts';

/** Findings about a task in another tool's file, and those about the plan written from it that repeat them. */
const repeats: readonly {
  readonly code: string;
  readonly again: readonly string[];
  /** Each repeats one; otherwise one stands for all. */
  readonly each: boolean;
}[] = [
  { code: 'import.cycle', again: ['plan.cycle'], each: false },
  { code: 'import.no-files', again: ['task.scope-missing'], each: true },
  { code: 'import.no-check', again: ['task.checklist-not-executable', 'plan.wave-unvalidated'], each: false },
];

/**
 * The findings, in their order, without those about the plan that repeat one about its source: it is mended there, and
 * the plan need not exist yet.
 */
export function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  const count = (code: string): number => findings.filter((found) => found.code === code).length;
  const silent = new Set(
    repeats.flatMap(({ code, again, each }) => {
      const told = count(code);
      if (told === 0) return [];
      // An importer that finds one thing very often tells the first ones only; then the plan tells the rest.
      return again.filter((other) => !each || count(other) <= told);
    }),
  );
  return silent.size === 0 ? findings : findings.filter(({ code }) => !silent.has(code));
}
