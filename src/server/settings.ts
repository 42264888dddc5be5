import { defaultLimits, noSettings, ruleLevels } from '../core/lint/engine/config.ts';
import type { LintLimits, LintSettings, RuleLevel } from '../core/lint/engine/config.ts';

/** The editor's `slicewave.lint` section, of any shape: what cannot be understood sets nothing. */
export function editorSettings(section: unknown): LintSettings {
  const { rules, limits } = record(section);
  const known: Record<string, RuleLevel> = {};
  for (const [code, level] of Object.entries(record(rules))) {
    const found = ruleLevels.find((one) => one === level);
    if (found !== undefined) known[code] = found;
  }
  const changed: Partial<Record<keyof LintLimits, number>> = {};
  for (const name of Object.keys(defaultLimits) as (keyof LintLimits)[]) {
    const value = record(limits)[name];
    if (typeof value === 'number' && value >= 0) changed[name] = value;
  }
  return { ...noSettings, rules: known, limits: changed };
}

/** The person's settings win over the repository's, rule by rule. */
export function combined(repository: LintSettings, editor: LintSettings): LintSettings {
  if (repository === noSettings && isEmpty(editor)) return noSettings;
  return {
    ...repository,
    rules: { ...repository.rules, ...editor.rules },
    limits: { ...repository.limits, ...editor.limits },
  };
}

function isEmpty(settings: LintSettings): boolean {
  return Object.keys(settings.rules).length === 0 && Object.keys(settings.limits).length === 0;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
