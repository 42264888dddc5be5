import { rules } from '../lint/engine/rules.ts';
import type { Slice } from '../plan/model.ts';
import { scopesOverlap } from '../scope/meeting.ts';
import type { Span } from '../text/source.ts';
import type { Scope } from '../task/model.ts';
import { minutes } from '../text/duration.ts';
import { nameAt } from './navigation.ts';
import type { NameSpace, Occurrence } from './occurrences.ts';
import { complete, type CompletionRequest } from './completion.ts';
import type { Library, PlanReading } from './readings.ts';
import { matchingFiles, pathPlaces, scopeAt } from './scope-places.ts';
import { counted } from '../text/printing.ts';
import { codeSpan } from '../text/markdown-writing.ts';

/** Markdown about the words of `span`. */
export interface Hover {
  readonly markdown: string;
  readonly span: Span;
}

/** Files named one by one before the rest is only counted. */
const mostFiles = 10;
/** Other slices named one by one. */
const mostSlices = 8;

/** What is known about the name, scope path or rule at an offset; `null` when there is nothing to say. */
export function hover({ library, file, offset, schemaKnown }: CompletionRequest): Hover | null {
  const reading = library.reading(file);
  if (!reading) return null;
  const rule = ruleAt(reading.text, offset);
  if (rule) return rule;
  const named = nameAt(library, file, offset);
  if (named) {
    const markdown = aboutName(library, named.space, named.at);
    return markdown === null ? null : { markdown, span: named.at.span };
  }
  const place = pathPlaces(reading).find((one) => one.span.start <= offset && offset <= one.span.end);
  const entry = place ? null : scopeAt(reading, offset);
  const path = place?.path ?? entry?.path ?? null;
  const span = place?.span ?? entry?.span;
  if (path !== null && span) return { markdown: aboutPath(library, file, path), span };
  return aboutWord({ library, file, offset, schemaKnown }, reading.text);
}

/** What completion would say of the word that stands there: a key, an agent, a skill, a directive, a section. */
function aboutWord(request: CompletionRequest, source: string): Hover | null {
  for (const end of endsOfWord(source, request.offset)) {
    const at = complete({ ...request, offset: end });
    const one = at.find(({ label, span }) => span.start <= request.offset && source.slice(span.start, end) === label);
    if (one === undefined) continue;
    const { label, detail, documentation } = one;
    if (detail === undefined && documentation === undefined) return null;
    const said = [`**${text(label)}**${detail === undefined ? '' : ` (${text(detail)})`}`, documentation ?? []].flat();
    return { markdown: said.join('\n\n'), span: { start: one.span.start, end } };
  }
  return null;
}

/** Where the word or words at an offset may end: some names have blanks in them. */
function endsOfWord(source: string, offset: number): ReadonlySet<number> {
  const line = /^[^\r\n]*/.exec(source.slice(offset))?.[0] ?? '';
  const ends = [/^[\w:.-]*[\w-]/, /^[\w.-]*[\w-]/, /^[^,\]"'#]*[^\s,\]"'#]/, /^.*\S/].map(
    (end) => end.exec(line)?.[0].length ?? 0,
  );
  return new Set(ends.map((length) => offset + length));
}

function aboutName(library: Library, space: NameSpace, at: Occurrence): string | null {
  switch (at.kind) {
    case 'slice':
      return space.plan ? aboutSlice(library, space.plan, at.name) : aboutSpecSlice(space, at.name);
    case 'workstream':
      return aboutWorkstream(space, at.name);
    case 'merge-point':
      return aboutMergePoint(space, at.name);
    case 'contract':
      return aboutContract(space, at.name);
  }
}

function aboutSlice(library: Library, view: PlanReading, id: string): string | null {
  const slice = view.plan?.slices.find((one) => one.id === id);
  if (!slice || !view.graph) return null;
  const schedule = view.graph.schedule.get(id);
  const facts = [
    schedule ? `wave ${schedule.wave}` : 'on a cycle, so in no wave',
    schedule && view.graph.batches.length > 1 ? `batch ${schedule.batch}` : null,
    slice.workstream === null ? null : text(slice.workstream),
    minutes(slice.estimateMinutes),
    schedule ? (schedule.critical ? '**critical**' : `slack ${minutes(schedule.slack)}`) : null,
    slice.agent === null ? null : text(slice.agent),
  ].filter((fact) => fact !== null);
  const state = library.sources.stateOf?.(view.dir, id) ?? null;
  const lines = [`**${text(id)}** ${text(slice.title)}`, '', facts.join(' · ')];
  if (state !== null) lines.push('', `State: ${text(state)}`);
  const links: string[] = [];
  if (slice.deps.length > 0) links.push(`after ${ids(slice.deps)}`);
  const implied = (schedule?.deps ?? []).filter((dep) => !slice.deps.includes(dep));
  if (implied.length > 0) links.push(`also waits for ${ids(implied)}`);
  if ((schedule?.dependents.length ?? 0) > 0) links.push(`before ${ids(schedule?.dependents ?? [])}`);
  if (links.length > 0) lines.push('', links.join(' · '));
  lines.push('', ...touches(library, slice.scope));
  const others = view.overlaps.filter((one) => one.a === id || one.b === id);
  if (others.length > 0) {
    lines.push('', 'Also written by, perhaps at the same time:');
    for (const one of others.slice(0, mostSlices))
      lines.push(
        `- ${text(one.a === id ? one.b : one.a)}: ${one.percent} % (${one.verdict}), for example ${code(one.witness)}`,
      );
    if (others.length > mostSlices) lines.push(`- and ${others.length - mostSlices} more`);
  }
  return lines.join('\n');
}

/** What a scope names, one line a directive, with the number of files there are. */
function touches(library: Library, scope: Scope): string[] {
  return (['create', 'modify', 'boundary'] as const).flatMap((key): string[] => {
    const entries = scope[key];
    if (entries.length === 0) return [];
    const words = [...new Set(entries.map((entry) => entry.text.replaceAll('`', '')))];
    const shown = words.slice(0, 6).map(code).join(', ') + (words.length > 6 ? `, and ${words.length - 6} more` : '');
    const files = new Set(
      entries.flatMap((entry) => (entry.path === null ? [] : (matchingFiles(library, entry.path) ?? []))),
    );
    const count = library.repository && key !== 'create' ? ` (${counted(files.size, 'file')})` : '';
    return [`- ${key.toUpperCase()}: ${shown}${count}`];
  });
}

function aboutSpecSlice(space: NameSpace, id: string): string | null {
  const slice = space.spec?.spec.slices.find((one) => one.id === id);
  if (!slice) return null;
  const facts = [
    slice.workstream === null ? null : text(slice.workstream),
    slice.after.length > 0 ? `after ${ids(slice.after)}` : null,
    slice.estimateMinutes === null ? null : minutes(slice.estimateMinutes),
  ].filter((fact) => fact !== null);
  const lines = [`**${text(id)}** ${text(slice.title)}`];
  if (facts.length > 0) lines.push('', facts.join(' · '));
  if (slice.files.length > 0) lines.push('', `Files: ${slice.files.map(code).join(', ')}`);
  return lines.join('\n');
}

function aboutWorkstream(space: NameSpace, id: string): string | null {
  const stream =
    space.plan?.plan?.workstreams.find((one) => one.id === id) ??
    space.spec?.spec.workstreams.find((one) => one.id.toUpperCase() === id.toUpperCase());
  const slices = (space.plan?.plan?.slices ?? space.spec?.spec.slices ?? []).filter((one) => one.workstream === id);
  if (!stream && slices.length === 0) return null;
  const lines = [`**${text(id)}** ${text(stream?.name ?? '')}`, ''];
  lines.push(`${counted(slices.length, 'slice')}${slices.length > 0 ? `: ${ids(slices.map((one) => one.id))}` : ''}`);
  if (stream && stream.boundary.length > 0) lines.push('', `Boundary: ${stream.boundary.map(code).join(', ')}`);
  return lines.join('\n');
}

function aboutMergePoint(space: NameSpace, id: string): string | null {
  const point =
    space.plan?.plan?.mergePoints.find((one) => one.id === id) ??
    space.spec?.spec.mergePoints.find((one) => one.id.toUpperCase() === id.toUpperCase());
  if (!point) return null;
  const lines = [`**${text(id)}** ${ids(point.needs, ' + ')} → ${ids(point.unlocks)}`];
  if (point.verify.length > 0) lines.push('', `Verified by ${point.verify.map(code).join(', ')}`);
  return lines.join('\n');
}

function aboutContract(space: NameSpace, path: string): string | null {
  const contract = space.plan?.plan?.contracts.find((one) => one.path === path);
  if (!contract) return null;
  const lines = [`Contract ${code(path)}`];
  if (contract.target !== null) lines.push('', `Written to ${code(contract.target)} before any agent starts`);
  const parts = [
    contract.provider === null ? null : `provided by ${text(contract.provider)}`,
    contract.consumers.length === 0 ? 'read by no slice' : `read by ${ids(contract.consumers)}`,
  ].filter((part) => part !== null);
  lines.push('', parts.join(' · '));
  if (!space.plan?.contracts.includes(path)) lines.push('', 'The file does not exist in the plan directory.');
  return lines.join('\n');
}

function aboutPath(library: Library, file: string, path: string): string {
  const lines: string[] = [code(path)];
  const files = matchingFiles(library, path);
  if (files) {
    lines.push('', files.length === 0 ? 'matches no file yet' : `${counted(files.length, 'file')}:`);
    lines.push(...files.slice(0, mostFiles).map((name) => `- ${code(name)}`));
    if (files.length > mostFiles) lines.push(`- and ${files.length - mostFiles} more`);
  }
  const plan = library.planAround(file)?.plan;
  const writers = (plan?.slices ?? []).flatMap((slice): string[] => {
    if (slice.file === file) return [];
    const meeting = scopesOverlap({ scope: scopeOf(path) }, slice, library.repository?.names);
    return meeting ? [`${text(slice.id)} (${code(meeting.b.text.replaceAll('`', ''))})`] : [];
  });
  if (writers.length > 0) {
    const shown = writers.slice(0, mostSlices).join(', ');
    lines.push(
      '',
      `Also written by ${shown}${writers.length > mostSlices ? `, and ${writers.length - mostSlices} more` : ''}`,
    );
  }
  return lines.join('\n');
}

function scopeOf(path: string): Slice['scope'] {
  const entry = { path, symbol: null, note: null, text: path, span: { start: 0, end: 0 } };
  return { create: [], modify: [entry], boundary: [] };
}

/** The rule whose code stands at the offset, in a comment that switches findings off. */
function ruleAt(source: string, offset: number): Hover | null {
  const start = source.lastIndexOf('\n', offset - 1) + 1;
  const stop = source.indexOf('\n', offset);
  const line = source.slice(start, stop < 0 ? source.length : stop);
  if (!line.includes('slicewave-')) return null;
  for (const match of line.matchAll(/[a-z]+\.[a-z0-9-]+/g)) {
    const span = { start: start + match.index, end: start + match.index + match[0].length };
    if (offset < span.start || offset > span.end) continue;
    const rule = rules.find((one) => one.code === match[0]);
    if (rule) return { markdown: `**${rule.code}** (${rule.severity})\n\n${rule.summary}`, span };
  }
  return null;
}

function ids(list: readonly string[], separator = ', '): string {
  return list.map((id) => text(id)).join(separator);
}

/** Words of a file inside Markdown: nothing in them may become a link, an image or markup. */
function text(words: string): string {
  return words.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>!#|~]/g, '\\$&');
}

function code(words: string): string {
  return codeSpan(words.replace(/\s+/g, ' '));
}
