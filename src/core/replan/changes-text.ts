import type { Finding } from '../text/finding.ts';
import { minutes } from '../text/duration.ts';
import { label } from './field-words.ts';
import type { FieldChange, PartChanges, PlanDiff } from './changes.ts';
import type { ReplanNote } from './reconcile.ts';
import { printable, printableLine } from '../text/printing.ts';

/** What is shown before anything is written. */
export interface ReplanSummary {
  readonly plan: string;
  readonly diff: PlanDiff;
  readonly notes: readonly ReplanNote[];
  /** Running slices that are stopped first. */
  readonly stop: readonly string[];
  readonly blocked: readonly string[];
}

const COLOURS = { added: '32', removed: '31', changed: '33', quiet: '90', strong: '1' } as const;
type Colour = keyof typeof COLOURS;

/** The difference of two plans for the terminal: `+ A4`, `- B2`, `~ C1  MODIFY + src/x.ts`. Ends with a line break. */
export function replanText(
  summary: ReplanSummary,
  options: { readonly ascii: boolean; readonly colour?: boolean },
): string {
  const paint = (text: string, colour: Colour): string =>
    options.colour ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
  const arrow = options.ascii ? '->' : '→';
  const lines = [`${paint(printable(summary.plan), 'strong')}: ${sentence(summary.diff)}`];
  for (const row of rows(summary, arrow)) {
    const sign = row.sign === '+' ? 'added' : row.sign === '-' ? 'removed' : 'changed';
    lines.push(`  ${paint(row.sign, sign)} ${printable(row.text)}`);
    for (const detail of row.details) lines.push(`      ${printableLine(detail)}`);
  }
  if (!summary.diff.same) lines.push('', ...figures(summary.diff, arrow));
  if (summary.stop.length > 0) lines.push('', `Stopped first: ${summary.stop.map(printable).join(', ')}`);
  if (summary.notes.length > 0) {
    lines.push('', 'Notes', ...summary.notes.map(({ about, text }) => `  ${printable(about)} ${printable(text)}`));
  }
  if (summary.blocked.length > 0) {
    lines.push('', paint('Not possible', 'removed'), ...summary.blocked.map((text) => `  ${printable(text)}`));
  }
  return `${lines.join('\n')}\n`;
}

/** The same as a Markdown document, with what is found in the new plan and was not in the old one. */
export function replanMarkdown(summary: ReplanSummary, findings: readonly Finding[] = []): string {
  const lines = [
    `# Re-planning ${printable(summary.plan)}`,
    '',
    `${sentence(summary.diff)}. ${summary.blocked.length > 0 ? '**It cannot be changed like this.**' : '**Nothing is written yet.**'}`,
  ];
  const list = rows(summary, '->');
  if (list.length > 0) lines.push('', '## Changes', '');
  for (const row of list) {
    lines.push(`- \`${row.sign}\` ${printable(row.text)}`);
    for (const detail of row.details) lines.push(`  - \`${printable(detail).replaceAll('`', "'")}\``);
  }
  if (!summary.diff.same) lines.push('', '## The whole', '', ...figures(summary.diff, '->').map((line) => `- ${line}`));
  if (summary.stop.length > 0) lines.push('', `Stopped first: ${summary.stop.join(', ')}.`);
  if (summary.notes.length > 0)
    lines.push(
      '',
      '## Notes',
      '',
      ...summary.notes.map(({ about, text }) => `- **${printable(about)}** ${printable(text)}`),
    );
  if (summary.blocked.length > 0)
    lines.push('', '## Not possible', '', ...summary.blocked.map((text) => `- ${printable(text)}`));
  if (findings.length > 0)
    lines.push(
      '',
      '## New findings',
      '',
      ...findings.map(
        ({ severity, message, file, line, code }) =>
          `- ${severity}: ${printable(message)} (${printable(file)}:${line}, ${code})`,
      ),
    );
  return `${lines.join('\n')}\n`;
}

/** The `replan --json` object (`v: 1`); fields may be added, none removed. */
export function replanJson(summary: ReplanSummary): Readonly<Record<string, unknown>> {
  const { diff } = summary;
  return {
    v: 1,
    plan: summary.plan,
    same: diff.same,
    kept: diff.kept,
    changed: diff.changed,
    added: diff.added.map(({ id, title }) => ({ id, title })),
    cut: diff.cut,
    split: diff.split,
    merged: diff.merged,
    merge_points: diff.mergePoints,
    contracts: diff.contracts,
    workstreams: diff.workstreams,
    waves: diff.waves,
    critical_path: diff.criticalPath,
    makespan_minutes: diff.makespanMinutes,
    stop: summary.stop,
    notes: summary.notes,
    blocked: summary.blocked,
  };
}

/** `2 added, 1 cut, 1 changed, 4 kept` */
export function sentence(diff: PlanDiff): string {
  if (diff.same) return 'no slice changes';
  const parts = [
    [diff.added.length, 'added'],
    [diff.cut.length, 'cut'],
    [diff.changed.length, 'changed'],
    [diff.kept.length, 'kept'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');
}

interface Row {
  readonly sign: '+' | '-' | '~';
  readonly text: string;
  readonly details: readonly string[];
}

function rows(summary: ReplanSummary, arrow: string): Row[] {
  const { diff } = summary;
  const found: Row[] = [];
  for (const { from, into } of diff.split)
    found.push({ sign: '~', text: `${from} is split ${arrow} ${into.join(', ')}`, details: [] });
  for (const { from, into } of diff.merged)
    found.push({ sign: '~', text: `${from.join(' + ')} are merged ${arrow} ${into}`, details: [] });
  for (const { id, title } of diff.cut) found.push({ sign: '-', text: `${id}  ${title}`, details: [] });
  for (const { id, title, fields } of diff.added) {
    const told = fields.filter(({ field }) => ['deps', 'create', 'modify', 'verify'].includes(field));
    found.push({
      sign: '+',
      text: `${id}  ${title}`,
      details: told.map(({ field, added }) => `${label(field)}: ${added.join(', ')}`),
    });
  }
  for (const { id, fields } of diff.changed) found.push({ sign: '~', text: id, details: details(fields) });
  for (const [name, parts] of [
    ['merge point', diff.mergePoints],
    ['contract', diff.contracts],
    ['workstream', diff.workstreams],
  ] as const)
    found.push(...partRows(name, parts));
  return found;
}

function partRows(name: string, parts: PartChanges): Row[] {
  return [
    ...parts.removed.map((id): Row => ({ sign: '-', text: `${name} ${id}`, details: [] })),
    ...parts.added.map((id): Row => ({ sign: '+', text: `${name} ${id}`, details: [] })),
    ...parts.changed.map(({ id, fields }): Row => ({ sign: '~', text: `${name} ${id}`, details: details(fields) })),
  ];
}

function details(fields: readonly FieldChange<string>[]): string[] {
  return fields.flatMap(({ field, removed, added }) => [
    ...removed.map((value) => `${label(field)} - ${value}`),
    ...added.map((value) => `${label(field)} + ${value}`),
  ]);
}

function figures(diff: PlanDiff, arrow: string): string[] {
  const path = (ids: readonly string[]): string => ids.map(printable).join(` ${arrow} `) || 'none';
  const same = path(diff.criticalPath.before) === path(diff.criticalPath.after);
  return [
    `Waves: ${diff.waves.before.length} before, ${diff.waves.after.length} after`,
    `Time with enough agents: ${minutes(diff.makespanMinutes.before)} before, ${minutes(diff.makespanMinutes.after)} after`,
    same
      ? `Critical path: ${path(diff.criticalPath.after)}, as before`
      : `Critical path: ${path(diff.criticalPath.after)} (before: ${path(diff.criticalPath.before)})`,
  ];
}
