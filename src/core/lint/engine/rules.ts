import { finding } from '../../text/finding.ts';
import type { Finding, Fix, Severity } from '../../text/finding.ts';
import type { SourceText, Span } from '../../text/source.ts';
import { instructionsRules } from '../rules/instructions.ts';
import { judgeRules } from '../rules/judge.ts';
import { manifestRules } from '../rules/manifest.ts';
import { planRules } from '../rules/plan.ts';
import { skillRules } from '../rules/skill.ts';
import { specRules } from '../rules/spec.ts';
import { suppressionRules } from '../rules/suppression.ts';
import { taskRules } from '../rules/task.ts';
import { traceRules } from '../rules/trace.ts';

/** Every finding that reading and linting can report. Codes are stable once released. */
export const rules = [
  ...specRules,
  ...taskRules,
  ...manifestRules,
  ...planRules,
  ...judgeRules,
  ...skillRules,
  ...instructionsRules,
  ...traceRules,
  ...suppressionRules,
] as const;

export type RuleCode = (typeof rules)[number]['code'];

const bySeverity = new Map<string, Severity>(rules.map((rule) => [rule.code, rule.severity]));

/** A finding of a rule in the table, with the rule's severity. */
export function report(source: SourceText, code: RuleCode, message: string, span?: Span, fix?: Fix): Finding {
  return finding(source, code, bySeverity.get(code) ?? 'warning', message, span, fix);
}
