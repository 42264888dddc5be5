import * as z from 'zod';
import { locate, plain } from '../../text/document.ts';
import { readYaml } from '../../text/yaml.ts';
import type { DocumentProblem, DocumentValue } from '../../text/document.ts';
import { finding } from '../../text/finding.ts';
import type { Finding } from '../../text/finding.ts';
import { readJson } from '../../text/json.ts';
import { SourceText } from '../../text/source.ts';
import type { Span } from '../../text/source.ts';
import { defaultLimits, noSettings, ruleLevels } from './config.ts';
import type { LintLimits, LintSettings } from './config.ts';
import { rules } from './rules.ts';
import { distance } from '../../text/edit-distance.ts';

const levels = z
  .record(z.string(), z.enum(ruleLevels))
  .describe('Levels by rule: a code ("task.stop-missing"), all rules of a kind of file ("task.*"), or "*"');
const globs = z.array(z.string().min(1));

const limitNames = Object.keys(defaultLimits) as readonly (keyof LintLimits)[];
/** The largest value that means anything, for limits that have one: a share, and the two in percent. */
const largest: Partial<LintLimits> = { scopeShare: 1, parallelBelow: 100, serialAbove: 100 };
const limits = z
  .strictObject(
    Object.fromEntries(
      limitNames.map((name) => {
        const most = largest[name];
        const number = z.number().min(0);
        return [name, (most === undefined ? number : number.max(most)).optional()];
      }),
    ),
  )
  .describe('What counts as too much');

/** Where a repository keeps its settings, the first that is there. */
export const settingsFiles = ['.slicewave/lint.yaml', '.slicewave/lint.yml', '.slicewave/lint.json'];

/** `.slicewave/lint.yaml` or `.slicewave/lint.json`; the editor's setting `slicewave.lint.rules` has the shape of `rules`. */
export const lintSettingsSchema = z
  .strictObject({
    $schema: z.string().optional(),
    rules: levels.optional(),
    limits: limits.optional(),
    ignore: globs.optional().describe('Globs of files about which nothing is said'),
    overrides: z
      .array(z.strictObject({ files: globs.min(1), rules: levels }))
      .optional()
      .describe('Levels for some files only; they win over rules'),
  })
  .describe('Settings of slicewave lint');

/**
 * Reads a settings file, YAML or (by its name) JSON. Problems are findings in that file: errors make the settings unusable,
 * and they are then empty; warnings name what has no effect, such as a rule that does not exist. Never throws.
 */
export function readLintSettings(
  text: string,
  file: string,
): { readonly settings: LintSettings; readonly problems: readonly Finding[] } {
  const source = new SourceText(file, text);
  const json = /\.json$/i.test(file);
  const { value, problems } = json ? readJson(text) : readYaml(text.replace(/^\uFEFF/, ' '));
  const found = problems.map((problem) => syntax(source, problem));
  if (found.some(({ severity }) => severity === 'error')) return { settings: noSettings, problems: found };
  // A file with nothing but comments sets nothing.
  if (value === null || (value.kind === 'scalar' && value.value === null))
    return { settings: noSettings, problems: found };
  const checked = lintSettingsSchema.safeParse(plain(value));
  if (!checked.success) {
    for (const issue of checked.error.issues) found.push(...schemaFindings(source, value, issue));
    return { settings: noSettings, problems: found };
  }
  const { rules: own = {}, limits: changed = {}, ignore = [], overrides = [] } = checked.data;
  const tables: PropertyKey[][] = [['rules'], ...overrides.map((_, index) => ['overrides', index, 'rules'])];
  for (const path of tables) {
    const table = locate(value, path);
    if (!table.complete || table.value.kind !== 'map') continue;
    for (const { key, keySpan } of table.value.entries)
      if (!isKnown(key)) found.push(finding(source, 'settings.unknown-rule', 'warning', unknownRule(key), keySpan));
  }
  return { settings: { rules: own, limits: definedOnly(changed), ignore, overrides }, problems: found };
}

function unknownRule(key: string): string {
  const near = rules.filter(({ code }) => distance(code, key, 2) <= 2);
  const [only] = near;
  return only !== undefined && near.length === 1
    ? `there is no rule "${key}"; did you mean "${only.code}"?`
    : `there is no rule "${key}"; \`slicewave lint --explain\` lists them all`;
}

function isKnown(key: string): boolean {
  if (key === '*') return true;
  return key.endsWith('.*')
    ? rules.some(({ code }) => code.startsWith(key.slice(0, -1)))
    : rules.some(({ code }) => code === key);
}

function definedOnly(given: Readonly<Record<string, number | undefined>>): Partial<LintLimits> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function syntax(source: SourceText, { message, span, tolerated }: DocumentProblem): Finding {
  return finding(source, 'settings.syntax', tolerated ? 'warning' : 'error', message, span);
}

/** What people call the types of a settings file. */
const typeNames: Readonly<Record<string, string>> = {
  object: 'a mapping of keys to values',
  record: 'a mapping of rules to levels',
  array: 'a list',
  string: 'text',
  number: 'a number',
};

function schemaFindings(source: SourceText, root: DocumentValue, issue: z.core.$ZodIssue): Finding[] {
  const { value, keySpan } = locate(root, issue.path);
  const at = (message: string, span: Span): Finding => finding(source, 'settings.schema', 'error', message, span);
  const whole = issue.path.length === 0;
  const name = whole ? 'the settings' : `"${issue.path.join('.')}"`;
  if (issue.code === 'unrecognized_keys') {
    const known = issue.path.at(-1) === 'limits' ? limitNames : Object.keys(lintSettingsSchema.shape).slice(1);
    return issue.keys.map((key) => {
      const entry = value.kind === 'map' ? value.entries.find((one) => one.key === key) : undefined;
      return at(
        `${name} ${whole ? 'have' : 'has'} no key "${key}"; there are ${known.join(', ')}`,
        entry?.keySpan ?? value.span,
      );
    });
  }
  if (issue.code === 'invalid_value')
    return [at(`${name} must be one of ${issue.values.map(String).join(', ')}`, value.span)];
  if (issue.code === 'invalid_type')
    return [at(`${name} must be ${typeNames[issue.expected] ?? issue.expected}`, keySpan ?? value.span)];
  if (issue.code === 'too_big' && issue.origin === 'number')
    return [at(`${name} must be at most ${issue.maximum}`, value.span)];
  if (issue.code === 'too_small' && issue.origin === 'number')
    return [at(`${name} must be at least ${issue.minimum}`, value.span)];
  return [at(`${name}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`, keySpan ?? value.span)];
}
