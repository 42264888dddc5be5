import { isSeq, parseDocument } from 'yaml';
import type { ProposedSlice } from '../plan/proposal.ts';
import { parseEstimate } from '../text/estimate.ts';
import { addToScope } from '../task/edit.ts';
import type { ScopeEntry, TaskSpec } from '../task/model.ts';
import { readTaskSpec } from '../task/read.ts';
import { fieldChanges, type FieldChange, type SliceField } from './changes.ts';
import { isAbout } from './proposal-of.ts';

/**
 * A task spec's text with the fields that differ between two versions of its slice, and nothing else, changed: comments,
 * unknown keys, notes behind paths and sections of one's own stay. `null` when the text is written in a way in which
 * that cannot be done; then it has to be written anew.
 */
export function editTaskSpec(text: string, file: string, before: ProposedSlice, after: ProposedSlice): string | null {
  const changes = fieldChanges(before, after);
  let edited = frontMatter(text, file, changes, after);
  if (edited === null) return null;
  const title = changes.find(({ field }) => field === 'title');
  if (title) edited = edited.replace(/^# .*$/m, (line) => line.replace(before.title, () => after.title));
  for (const change of changes) {
    if (change.field === 'create' || change.field === 'modify' || change.field === 'boundary')
      edited = scope(edited, file, change.field, change);
    else if (change.field === 'requirements')
      edited = section(edited, file, /^requirements?$/i, 'Requirements', after.requirements);
    else if (change.field === 'checklist') edited = items(edited, file, change, '- [ ] ', /^checklist$/i, 'Checklist');
    else if (change.field === 'stop')
      edited = items(edited, file, change, '- ', /^stop conditions?$/i, 'Stop conditions');
    else if (change.field === 'verify') edited = withoutChecks(edited, file, change.removed);
  }
  return says(readTaskSpec(edited, file).task, changes, after) ? edited : null;
}

const keys: Partial<Record<SliceField, string>> = {
  title: 'title',
  workstream: 'workstream',
  deps: 'deps',
  verify: 'verify',
  estimate: 'estimate',
  agent: 'agent',
  contracts: 'contracts',
};

function frontMatter(text: string, file: string, changes: readonly FieldChange[], after: ProposedSlice): string | null {
  const wanted = changes.filter(({ field }) => keys[field] !== undefined);
  if (wanted.length === 0) return text;
  const span = readTaskSpec(text, file).task.frontMatter;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const inner = span
    ? /^(---[ \t]*\r?\n)([\s\S]*?)(---[ \t]*(?:\r?\n)?)$/.exec(text.slice(span.start, span.end))
    : null;
  if (span && !inner) return null;
  // Numbers stay the text they were written as: `001` and `1.10` are ids.
  const document = parseDocument(inner?.[2]?.replaceAll('\r\n', '\n') ?? '', {
    schema: 'failsafe',
    customTags: ['null', 'bool'],
  });
  if (document.errors.length > 0) return null;
  for (const { field } of wanted) {
    const key = [keys[field] ?? field, ...(field === 'deps' ? ['dependencies', 'depends_on'] : [])].find((name) =>
      document.has(name),
    );
    // The title may stand in the heading alone.
    if (key === undefined && field === 'title') continue;
    const name = key ?? keys[field] ?? field;
    const value = after[field];
    const known = document.get(name, true);
    if (value === null) document.delete(name);
    else if (isSeq(known) && Array.isArray(value)) {
      // Item by item, so that a comment behind one of them stays.
      const texts = known.items.map(String);
      for (let i = texts.length - 1; i >= 0; i--) if (!value.includes(texts[i] ?? '')) known.delete(i);
      for (const item of value) if (!texts.includes(item)) known.add(document.createNode(item));
      if (known.items.length === 0) known.flow = true;
    } else {
      document.set(name, document.createNode(value));
      const node = document.get(name, true);
      if (isSeq(node)) node.flow = field !== 'verify' || node.items.length === 0;
    }
  }
  const written = document.toString({ lineWidth: 0, flowCollectionPadding: false }).replaceAll('\n', eol);
  if (!span || !inner) return `---${eol}${written}---${eol}${eol}${text}`;
  return `${text.slice(0, span.start)}${inner[1]}${written}${inner[3]}${text.slice(span.end)}`;
}

function scope(text: string, file: string, key: 'create' | 'modify' | 'boundary', change: FieldChange): string {
  let edited = text;
  for (const gone of change.removed) {
    const entry = entriesOf(edited, file, key).find((candidate) => nameOf(candidate) === gone);
    if (entry) edited = withoutEntry(edited, entry);
  }
  if (key !== 'boundary') {
    return addToScope(edited, file, { create: [], modify: [], [key]: change.added });
  }
  for (const path of change.added) edited = withBoundary(edited, file, path);
  return edited;
}

function entriesOf(text: string, file: string, key: 'create' | 'modify' | 'boundary'): readonly ScopeEntry[] {
  return readTaskSpec(text, file).task.scope[key];
}

function nameOf(entry: ScopeEntry): string {
  return entry.symbol === null ? (entry.path ?? '') : `${entry.path ?? ''}::${entry.symbol}`;
}

/** The whole bullet when it holds nothing else; otherwise the entry with the comma that parts it from the next. */
function withoutEntry(text: string, entry: ScopeEntry): string {
  const start = text.lastIndexOf('\n', entry.span.start - 1) + 1;
  const found = text.indexOf('\n', entry.span.end);
  const end = found < 0 ? text.length : found + 1;
  const line = text.slice(start, end);
  if (/^\s*(?:[-*+•]|\d+[.)])\s/.test(line) && readTaskSpecLine(line) <= 1)
    return text.slice(0, start) + text.slice(end);
  const tail = text.slice(entry.span.end, end);
  const comma = /^[`\s]*,\s*/.exec(tail);
  if (comma) return text.slice(0, entry.span.start) + text.slice(entry.span.end + comma[0].length);
  const head = text.slice(start, entry.span.start).replace(/\s*,\s*`?$/, '');
  return text.slice(0, start) + head + tail.replace(/^`/, '');
}

/** Entries of one bullet. */
function readTaskSpecLine(line: string): number {
  const { scope: read } = readTaskSpec(`## Scope\n\nMODIFY:\n${line}\n`, 'line.md').task;
  return read.modify.length;
}

function withBoundary(text: string, file: string, path: string): string {
  const entries = entriesOf(text, file, 'boundary');
  if (entries.some((entry) => nameOf(entry) === path)) return text;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  // An exception stands under CREATE or MODIFY, where another path would be granted.
  const last = entries.findLast((entry) => entry.exceptOf === undefined);
  if (last) {
    const start = text.lastIndexOf('\n', last.span.start - 1) + 1;
    const found = text.slice(last.span.end).search(/\r?\n/);
    const end = found < 0 ? text.length : last.span.end + found;
    const marker = /^\s*(?:[-*+•])\s+/.exec(text.slice(start, end))?.[0];
    return marker === undefined
      ? `${text.slice(0, end)}, \`${path}\`${text.slice(end)}`
      : `${text.slice(0, end)}${eol}${marker}\`${path}\`${text.slice(end)}`;
  }
  const { scopeSection } = readTaskSpec(text, file).task;
  const at = scopeSection
    ? scopeSection.body.start + text.slice(scopeSection.body.start, scopeSection.body.end).trimEnd().length
    : text.trimEnd().length;
  return `${text.slice(0, at)}${eol}${eol}${scopeSection ? '' : `## Scope${eol}${eol}`}BOUNDARY:${eol}- \`${path}\`${text.slice(at)}`;
}

/** Replaces the body of a section, or adds the section at the end. */
function section(text: string, file: string, title: RegExp, heading: string, lines: readonly string[]): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const body = lines.map((line) => `- ${line}`).join(eol);
  const found = readTaskSpec(text, file).task.sections.find((candidate) => title.test(candidate.title.trim()));
  if (!found) return `${text.trimEnd()}${eol}${eol}## ${heading}${eol}${eol}${body}${eol}`;
  const old = text.slice(found.body.start, found.body.end);
  const lead = /^\s*/.exec(old)?.[0] ?? '';
  const tail = old.trim() === '' ? '' : (/\s*$/.exec(old)?.[0] ?? '');
  return `${text.slice(0, found.body.start)}${old.trim() === '' ? eol + eol : lead}${body}${tail || eol}${text.slice(found.body.end)}`;
}

/** Takes list items out of a section, and adds others behind its last one. */
function items(
  text: string,
  file: string,
  change: FieldChange,
  marker: string,
  title: RegExp,
  heading: string,
): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const found = readTaskSpec(text, file).task.sections.find((candidate) => title.test(candidate.title.trim()));
  const fresh = change.added.map((item) => `${marker}${item}`);
  if (!found)
    return fresh.length === 0 ? text : `${text.trimEnd()}${eol}${eol}## ${heading}${eol}${eol}${fresh.join(eol)}${eol}`;
  const bare = (line: string): string => line.replace(/^\s*[-*+•]\s+(?:\[[ xX]\]\s+)?/, '').trim();
  const lines = text
    .slice(found.body.start, found.body.end)
    .split(/\r?\n/)
    .filter((line) => !change.removed.includes(bare(line)) || !/^\s*[-*+•]\s/.test(line));
  const last = lines.findLastIndex((line) => line.trim() !== '');
  lines.splice(last + 1, 0, ...(last < 0 ? [''] : []), ...fresh);
  return text.slice(0, found.body.start) + lines.join(eol) + text.slice(found.body.end);
}

/** Checklist and evidence items that only say that a command passes go with the command. */
function withoutChecks(text: string, file: string, commands: readonly string[]): string {
  const { checklist } = readTaskSpec(text, file).task;
  let edited = text;
  for (const item of checklist.toReversed()) {
    if (!commands.some((command) => isAbout(item.text, command))) continue;
    const start = edited.lastIndexOf('\n', item.span.start - 1) + 1;
    const end = edited.indexOf('\n', item.span.end);
    edited = edited.slice(0, start) + (end < 0 ? '' : edited.slice(end + 1));
  }
  return edited;
}

/** Whether the edited text reads as what was wanted, in every field that was to change. */
function says(task: TaskSpec, changes: readonly FieldChange[], after: ProposedSlice): boolean {
  const sorted = (list: readonly string[]): string => JSON.stringify([...new Set(list)].toSorted());
  return changes.every(({ field }) => {
    switch (field) {
      case 'title':
        return task.title === after.title;
      case 'workstream':
        return (task.workstream?.value ?? null) === after.workstream;
      case 'agent':
        return (task.agent?.value ?? null) === after.agent;
      case 'estimate':
        return task.estimateMinutes === parseEstimate(after.estimate);
      case 'deps':
        return sorted(task.deps.map(({ value }) => value)) === sorted(after.deps);
      case 'verify':
        return sorted(task.verify.map(({ value }) => value)) === sorted(after.verify);
      case 'create':
      case 'modify':
      case 'boundary':
        return sorted(task.scope[field].filter(({ path }) => path !== null).map(nameOf)) === sorted(after[field]);
      // What these say is prose; that it stands there is enough.
      default:
        return true;
    }
  });
}
