import type { Finding } from '../text/finding.ts';

/** What is found where a task stands in another tool's file, and what the plan that is written from it shows again. */
const echoes: readonly {
  readonly code: string;
  readonly again: readonly string[];
  /** One finding for each; else one tells of all. */
  readonly each: boolean;
}[] = [
  { code: 'import.cycle', again: ['plan.cycle'], each: false },
  { code: 'import.no-files', again: ['task.scope-missing'], each: true },
  { code: 'import.no-check', again: ['task.checklist-not-executable', 'plan.wave-unvalidated'], each: false },
];

/**
 * Findings without those that say of the plan what another says of its source already: it is mended there, and the plan
 * need not be written yet. The same order.
 */
export function withoutEchoes(findings: readonly Finding[]): readonly Finding[] {
  const count = (code: string): number => findings.filter((found) => found.code === code).length;
  const silent = new Set(
    echoes.flatMap(({ code, again, each }) => {
      const told = count(code);
      if (told === 0) return [];
      // An importer that finds one thing very often tells the first ones only; then the plan tells the rest.
      return again.filter((other) => !each || count(other) <= told);
    }),
  );
  return silent.size === 0 ? findings : findings.filter(({ code }) => !silent.has(code));
}
