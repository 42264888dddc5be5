import path from 'node:path';
import { readFile } from 'node:fs/promises';
import type { Finding } from '../core/finding.ts';
import { defaultLimits, noSettings, ruleLevels } from '../core/lint/config.ts';
import type { LintLimits, LintSettings, RuleLevel } from '../core/lint/config.ts';
import { readLintSettings, settingsFiles } from '../core/lint/settings.ts';

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

/** The repository's own settings, with what is wrong with them. */
export async function repositorySettings(
  root: string,
): Promise<{ readonly settings: LintSettings; readonly file: string | null; readonly problems: readonly Finding[] }> {
  for (const file of settingsFiles) {
    const text = await readFile(path.join(root, file), 'utf8').catch(() => null);
    if (text !== null && text.length <= 1_000_000) return { ...readLintSettings(text, file), file };
  }
  return { settings: noSettings, file: null, problems: [] };
}

function isEmpty(settings: LintSettings): boolean {
  return Object.keys(settings.rules).length === 0 && Object.keys(settings.limits).length === 0;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
