import { field, textList } from '../text/document.ts';
import { rules } from '../lint/engine/rules.ts';
import { stopConditions } from '../lint/engine/templates.ts';
import { headingKey, within } from '../text/markdown.ts';
import { taskFrontMatterSchema } from '../task/schema.ts';
import {
  agents,
  contracts,
  Cursor,
  item,
  mergePoints,
  pathOrSymbol,
  paths,
  slices,
  specs,
  workstreams,
} from './candidates.ts';
import type { Completion } from './candidates.ts';
import { jsonCursor } from './json-cursor.ts';
import { schemaAbout, schemaKeys, schemaValues } from './manifest-schema.ts';
import type { Span } from '../text/source.ts';
import type { Library } from './readings.ts';
import { scopeArea } from './scope-places.ts';
import { placeholders, sections } from './section-templates.ts';

export interface CompletionRequest {
  readonly library: Library;
  readonly file: string;
  readonly offset: number;
  /** Whether the editor knows the manifest's schema itself, so that its keys would be offered twice. */
  readonly schemaKnown?: boolean;
}

/** Front matter of specs; that of task specs has a schema. */
const specKeys: Readonly<Record<string, readonly string[]>> = {
  id: [],
  title: [],
  status: ['draft', 'approved'],
  technology: [],
  confidence: ['HIGH', 'MEDIUM', 'LOW'],
};
const skillKeys: Readonly<Record<string, readonly string[]>> = {
  name: [],
  description: [],
  license: [],
  compatibility: [],
  'allowed-tools': [],
  metadata: [],
};

/** What can stand at the offset, unfiltered: the editor compares with what is typed. */
export function complete(request: CompletionRequest): Completion[] {
  const { library, file } = request;
  const reading = library.reading(file);
  if (!reading || request.offset < 0 || request.offset > reading.text.length) return [];
  const at = new Cursor(library, reading, request.offset);
  if (reading.kind === 'manifest') return inManifest(at, request.schemaKnown === true);
  if (reading.kind !== 'spec' && reading.kind !== 'task' && reading.kind !== 'skill' && reading.kind !== 'instructions')
    return [];
  return inSuppression(at) ?? (at.inFrontMatter ? inFrontMatter(at) : inBody(at));
}

const directives: Readonly<Record<string, string>> = {
  CREATE: 'What the slice makes: it must not exist before, and must afterwards.',
  MODIFY: 'What the slice may change: files, globs, or symbols of a file (`src/cart.ts::Cart.total`).',
  BOUNDARY: 'What it may read and never change, also where CREATE or MODIFY would let it.',
};

const idWord = /[\w.-]*$/;
const pathWord = /[^\s,;`"'()[\]]*$/;

function inSuppression(at: Cursor): Completion[] | null {
  if (!/slicewave-(?:disable|enable)[\w-]*\s+(?:[\w.-]+\s*,\s*)*[\w.-]*$/.test(at.before)) return null;
  const { start, end } = at.word(idWord);
  const kind = at.reading.kind ?? '';
  const fit = rules.filter(
    (rule) => !/^(?:spec|task|manifest|skill|trace|instructions)\./.test(rule.code) || rule.code.startsWith(`${kind}.`),
  );
  return fit.map((rule) => ({
    label: rule.code,
    kind: 'rule',
    detail: rule.severity,
    documentation: rule.summary,
    insert: rule.code,
    span: { start, end },
  }));
}

function inFrontMatter(at: Cursor): Completion[] {
  const { before, reading } = at;
  // Behind a closed list or value, and in a comment, nothing more of the value can stand.
  if (/(?:^|\s)#/.test(before) || /\][ \t]*$/.test(before)) return [];
  if (/^[\w-]*$/.test(before)) return frontMatterKeys(at);
  const own = /^([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*)$/.exec(before);
  let key = own?.[1];
  if (key === undefined) {
    // An item of a list belongs to the key above it.
    for (const line of at.above()) {
      const found = /^([A-Za-z_][\w-]*)[ \t]*:/.exec(line);
      if (found) {
        key = found[1];
        break;
      }
      if (!/^[ \t]*(?:-|#|$)|^[ \t]+\S|^\]/.test(line)) break;
    }
  }
  if (key === undefined) return [];
  const listed = new Set(
    textList(field(reading.markdown.frontMatter?.map, key)?.value)
      .filter((one) => at.offset < one.span.start || at.offset > one.span.end)
      .map((one) => one.value),
  );
  switch (key) {
    case 'deps':
    case 'dependencies':
    case 'depends_on':
    case 'runtime_deps':
    case 'blocks': {
      const self =
        at.space?.plan?.plan?.slices.find((slice) => slice.file === reading.file)?.id ?? reading.task.id?.value;
      return slices(at, at.word(idWord)).filter((one) => one.label !== self && !listed.has(one.label));
    }
    case 'agent':
      return agents(at, at.word(/[\w:.-]*$/));
    case 'skills':
      return at.library.skills().map(({ name, about }) => ({
        ...item(name, 'skill', at.word(/[\w:.-]*$/)),
        ...(about === null ? {} : { documentation: about }),
      }));
    case 'workstream':
      return workstreams(at, at.word(idWord));
    case 'contracts':
      return contracts(at, at.word(pathWord));
    case 'tech_spec':
      return specs(at, at.word(pathWord));
    case 'stop':
      return stopConditions.map((name) => stopCondition(name, at.word(/[^-\s[,"'][^[,"']*$|$/)));
    default:
      return valuesOf(at, key).map((name) => item(name, 'value', at.word(idWord)));
  }
}

function frontMatterKeys(at: Cursor): Completion[] {
  const { reading } = at;
  const word = at.word(/[\w-]*$/);
  const known =
    reading.kind === 'task'
      ? Object.entries(taskFrontMatterSchema.shape).map(([key, type]) => ({ key, about: type.description }))
      : Object.keys(reading.kind === 'spec' ? specKeys : skillKeys).map((key) => ({ key, about: undefined }));
  const opened = reading.text.indexOf('\n') + 1;
  const rest = reading.text.slice(opened);
  const close = rest.search(/^(?:---|\.\.\.)[ \t]*$/m);
  // Without an end the front matter goes as far as the person has come.
  const written = close < 0 ? reading.text.slice(0, at.offset) : reading.text.slice(0, opened + close);
  const present = new Set(
    [...written.matchAll(/^([A-Za-z_][\w-]*)[ \t]*:/gm)]
      .filter((match) => match.index !== at.lineStart)
      .map((match) => match[1]),
  );
  const colon = reading.text[at.offset] === ':' ? '' : ': ';
  return known
    .filter(({ key }) => !present.has(key))
    .map(({ key, about }) => ({
      label: key,
      kind: 'key',
      ...(about === undefined ? {} : { documentation: about }),
      insert: `${key}${colon}`,
      span: { start: word.start, end: word.end },
    }));
}

function valuesOf(at: Cursor, key: string): readonly string[] {
  if (at.reading.kind === 'spec') return specKeys[key] ?? [];
  if (at.reading.kind !== 'task') return [];
  return key === 'kind' ? ['engineering', 'support', 'ops', 'sales', 'product'] : [];
}

function inBody(at: Cursor): Completion[] {
  const { before, reading } = at;
  const line = reading.markdown.lines.find((one) => one.start <= at.offset && at.offset <= one.end);
  const inFence = line?.kind === 'fence';
  const heading = inFence ? null : /^(#{1,6})[ \t]+(.*)$/.exec(before);
  if (heading) return sectionNames(at, heading[1] ?? '##', heading[2] ?? '');
  const inside = (names: readonly string[]): boolean =>
    reading.markdown.sections.some(
      (one) => names.includes(headingKey(one.text)) && one.body.start <= at.offset && at.offset <= one.body.end,
    );
  if (
    inside(['stop conditions', 'stop condition', 'stop rules']) &&
    /^[ \t]*[-*+][ \t]+(?:\[[ xX]\][ \t]+)?[^`]*$/.test(before)
  ) {
    const typed = /^[ \t]*[-*+][ \t]+(?:\[[ xX]\][ \t]+)?/.exec(before)?.[0].length ?? 0;
    const present = at.others.toLowerCase();
    return stopConditions
      .filter((name) => !present.includes(`- ${name}`))
      .map((name) => stopCondition(name, { start: at.lineStart + typed, end: at.offset }));
  }
  if (reading.kind === 'task') return inScope(at);
  return reading.kind === 'spec' && !inFence ? inSpecLine(at) : [];
}

function stopCondition(name: string, span: Span): Completion {
  return { ...item(name, 'stop-condition', span), documentation: 'The agent stops here and asks, with one question.' };
}

function sectionNames(at: Cursor, marks: string, typed: string): Completion[] {
  const { reading } = at;
  const start = at.offset - typed.length;
  const present = new Set(
    reading.markdown.sections
      .filter((one) => !within({ start, end: start }, one.block))
      .map((one) => headingKey(one.text)),
  );
  // What follows up to the next heading is this section's text already.
  const rest = /^\s*#{1,6}\s/.test(reading.text.slice(at.offset)) ? '' : reading.text.slice(at.offset).trim();
  const newline = reading.text.includes('\r\n') ? '\r\n' : '\n';
  return (sections[reading.kind ?? ''] ?? [])
    .filter(({ title }) => !present.has(headingKey(title)))
    .map(({ title, body }) => {
      // A body is brought along only where it cannot land in front of something.
      const bare = body.trim() === '' || rest !== '' || marks.length !== 2;
      const insert = bare ? title : `${title}\n${placeholders(body.trimEnd())}\n`;
      return {
        label: title,
        kind: 'section',
        insert: insert.replaceAll('\n', newline),
        ...(bare ? {} : { snippet: true }),
        ...(body.trim() === '' ? {} : { documentation: `\`\`\`markdown\n${body.trim()}\n\`\`\`` }),
        span: { start, end: at.offset },
      };
    });
}

function inScope(at: Cursor): Completion[] {
  const { reading, before } = at;
  const area = scopeArea(reading);
  if (at.offset < area.start || at.offset > area.end) return [];
  const directive =
    /^[ \t]*(?:[-*+•][ \t]+)?[*_`]*(?:(?:CREATE|MODIFY|BOUNDARY)\b[^:]*|(?:Create|Modify|Boundary|create|modify|boundary)\b[*_` \t]*(?:\([^)]*\))?[*_` \t]*):(?!:)/.exec(
      before,
    );
  if (!directive && /^[ \t]*[A-Z]*$/.test(before)) {
    const word = at.word(/[A-Z]*$/);
    const present = at.others.slice(area.start, area.end);
    const keys = Object.entries(directives).filter(([key]) => !new RegExp(`^[\\s*_-]*${key}\\b`, 'm').test(present));
    if (!reading.markdown.sections.some((one) => one.body.start === area.start)) return [];
    const colon = reading.text[at.offset] === ':' ? '' : ': ';
    return keys.map(([key, documentation]) => ({
      ...item(key, 'directive', word),
      documentation,
      insert: `${key}${colon}`,
    }));
  }
  if (!directive && !/^[ \t]*(?:(?:[-*+•]|\d{1,9}[.)])[ \t]|\S*[ \t]*$|.*,)/.test(before)) return [];
  // What stands in front of the list must be a directive, not a list of another kind.
  if (!directive && !under(at)) return [];
  // Behind " - " or "(" stands a remark.
  const own = before.slice(before.lastIndexOf(',') + 1);
  if (
    /\s[-–—]\s|\s\(/.test(
      directive ? own.replace(/^[^:]*:/, '') : own.replace(/^[ \t]*(?:[-*+•]|\d{1,9}[.)])[ \t]+/, ''),
    )
  )
    return [];
  return pathOrSymbol(at, at.word(pathWord));
}

function under(at: Cursor): boolean {
  for (const line of at.above()) {
    if (/^[ \t]*(?:[-*+•][ \t]+)?(?:#{1,6}[ \t]+)?[*_`]*(?:CREATE|MODIFY|BOUNDARY)\b/i.test(line)) return true;
    if (/^#{1,6}\s/.test(line)) return false;
  }
  return false;
}

function inSpecLine(at: Cursor): Completion[] {
  const { before } = at;
  if (/^[*_\s]*Boundary[*_]*\s*:[*_]*[^\n]*$/i.test(before)) return pathOrSymbol(at, at.word(pathWord));
  const attribute =
    /(?:^|[(;])[*_\s-]*(after|deps|depends on|needs|files?|workstream|agent)[*_]*(?:\s*:[*_]*\s*|\s+)[^;()]*$/i.exec(
      before,
    )?.[1];
  const point = /^\s*(?:[-*+]\s+)?[*_`]*(?:Merge point\s+)?MP-?\d+[a-z]?[*_`]*\s*[:=][^(]*$/i.test(before);
  const own = /^\s*[-*+]\s+[*_`]*([A-Z]{1,3}\d+[a-z]?|[Tt]ask-\d+[\w-]*)/.exec(before)?.[1];
  if (point) return slices(at, at.word(idWord));
  switch (attribute?.toLowerCase()) {
    case 'after':
    case 'deps':
    case 'depends on':
    case 'needs':
      return [...slices(at, at.word(idWord)).filter((one) => one.label !== own), ...mergePoints(at, at.word(idWord))];
    case 'file':
    case 'files':
      return pathOrSymbol(at, at.word(pathWord));
    case 'workstream':
      return workstreams(at, at.word(idWord));
    case 'agent':
      return agents(at, at.word(/[\w:.-]*$/));
    default:
      return [];
  }
}

function inManifest(at: Cursor, schemaKnown: boolean): Completion[] {
  const cursor = jsonCursor(at.reading.text, at.offset);
  if (!cursor) return [];
  const { path, writes, typed, keys } = cursor;
  const span = { start: cursor.start, end: cursor.end };
  const quoted = (list: readonly Completion[]): Completion[] =>
    typed !== null ? [...list] : list.map((one) => ({ ...one, insert: JSON.stringify(one.insert) }));
  if (writes === 'key') {
    if (schemaKnown) return [];
    return schemaKeys(path)
      .filter(({ key }) => !keys.includes(key))
      .map(({ key, about }) => ({
        label: key,
        kind: 'key',
        ...(about === undefined ? {} : { documentation: about }),
        insert: typed === null ? `${JSON.stringify(key)}: ` : key,
        span,
      }));
  }
  const word = { start: cursor.start, end: cursor.end, typed: typed ?? '' };
  const shape = path.map((step) => (typeof step === 'number' ? '#' : step)).join('/');
  if (/^waves\/#\/tasks\/#(?:\/id)?$/.test(shape)) {
    const waves = field(at.reading.json, 'waves')?.value.span;
    const listed = new Set(
      at.space?.occurrences
        .filter((one) => one.file === at.reading.file && waves && within(one.span, waves))
        .filter((one) => one.span.start !== cursor.start)
        .map((one) => one.name),
    );
    const all = slices(at, word);
    return quoted(all.some((one) => !listed.has(one.label)) ? all.filter((one) => !listed.has(one.label)) : all);
  }
  if (
    /^(?:merge_points\/#\/(?:needs|unlocks)\/#|contracts\/#\/(?:provider|consumers\/#)|metadata\/critical_path\/#)$/.test(
      shape,
    )
  )
    return quoted(slices(at, word));
  if (shape.endsWith('/agent')) return quoted(agents(at, word));
  if (/^contracts\/#(?:\/path)?$/.test(shape)) return quoted(contracts(at, word));
  if (shape.endsWith('/prompt_file')) {
    const plan = at.space?.plan;
    const prefix = plan?.inRepository('') ?? '';
    return quoted(
      (plan ? at.library.prompts(plan) : []).map((one) => item(one.file.slice(prefix.length), 'file', word)),
    );
  }
  if (/^metadata\/tech_spec$/.test(shape)) return quoted(specs(at, word));
  if (/^(?:workstreams\/#\/boundary\/#|layers\/[^/]+\/#|contracts\/#\/target)$/.test(shape))
    return typed === null ? [] : paths(at, { ...word, end: cursor.end });
  if (schemaKnown) return [];
  const about = schemaAbout(path);
  return schemaValues(path).map((value) => ({
    label: String(value),
    kind: 'value',
    ...(about === null ? {} : { documentation: about }),
    insert: typed === null ? JSON.stringify(value) : String(value),
    span,
  }));
}
