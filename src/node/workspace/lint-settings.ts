import path from 'node:path';
import { readFile } from 'node:fs/promises';
import type { Finding } from '../../core/text/finding.ts';
import { type LintSettings, noSettings } from '../../core/lint/engine/config.ts';
import { readLintSettings, settingsFiles } from '../../core/lint/engine/settings.ts';

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
