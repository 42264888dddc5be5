import { rules } from './rules.ts';
import type { Rule } from '../rules/rule.ts';

/** What the rules of a kind are about, by the first word of their codes. */
export const KIND_TITLES: Readonly<Record<string, string>> = {
  spec: 'Specs',
  task: 'Task specs',
  manifest: 'Manifests',
  plan: 'Plans',
  judge: 'Decompositions (slicewave plan, decompose and validate)',
  skill: 'Skills',
  instructions: 'Agent instructions',
  trace: 'Traces',
  suppression: 'Suppressions',
};

/** The page of one rule as Markdown: heading, severity, summary, details; `null` when there is no such rule. */
export function explainRule(code: string): string | null {
  const rule: Rule | undefined = rules.find((one) => one.code === code);
  if (!rule) return null;
  return (
    [`# ${rule.code} (${rule.severity})`, rule.summary, ...(rule.details ? [rule.details.trim()] : [])].join('\n\n') +
    '\n'
  );
}

/** Every rule with its severity and summary, by kind of file. */
export function listRules(): string {
  const width = Math.max(...rules.map((rule) => rule.code.length));
  const byKind = new Map<string, Rule[]>();
  for (const rule of rules) {
    const kind = rule.code.slice(0, rule.code.indexOf('.'));
    byKind.set(kind, [...(byKind.get(kind) ?? []), rule]);
  }
  return [...byKind]
    .map(([kind, own]) =>
      [
        KIND_TITLES[kind] ?? kind,
        ...own.map((rule) => `  ${rule.code.padEnd(width)}  ${rule.severity.padEnd(7)}  ${rule.summary}`),
        '',
      ].join('\n'),
    )
    .join('\n');
}

/** Codes that a mistyped one may have meant: those of the same kind, or with the same second word. */
export function nearRules(code: string): readonly string[] {
  const [kind = '', name = ''] = code.split('.', 2);
  const ofKind = rules.filter((rule) => rule.code.startsWith(`${kind}.`));
  const containing = rules
    .filter((rule) => name.length > 2 && rule.code.includes(name))
    .toSorted((a, b) => Number(ofKind.includes(b)) - Number(ofKind.includes(a)));
  return (containing.length > 0 ? containing : ofKind).map((rule) => rule.code);
}
