import { field, plain, scalarText, type DocumentMap, type DocumentValue } from '../text/document.ts';
import type { Fix } from '../text/finding.ts';
import type { Manifest } from './model.ts';
import { manifestSchema } from './schema.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fix that writes a manifest of the older form anew in the current one. What the current form has a place for moves
 * there; everything else is kept under its own key. `undefined` when the result would not be a valid manifest, for
 * instance because no spec is named.
 */
export function migration(text: string, root: DocumentMap, manifest: Manifest): Fix | undefined {
  const spec = field(root, 'tech_spec')?.value;
  const tasks = field(root, 'tasks')?.value;
  const whole = spec?.kind === 'scalar' ? scalarText(spec) : null;
  const isPath = whole !== null && /[/\\]|\.md$/i.test(whole);
  const path = isPath ? whole : manifest.specPath;
  const name = path?.replace(/^.*[/\\]/, '') ?? '';
  const named = isPath
    ? (/^[A-Za-z]+-\d+/.exec(name)?.[0] ?? name.replace(/(?:\.spec)?\.md$/i, ''))
    : manifest.techSpecId;
  const given = field(root, 'tech_spec_id')?.value;
  const id = isPath && given?.kind === 'scalar' && given.value ? scalarText(given) : named;
  const written = taskFields(tasks);
  const waveFields = fieldsOfWaves(tasks);
  const { tech_spec: _spec, tasks: _tasks, tech_spec_id: ownId, title: ownTitle, metadata, ...others } = fields(root);
  const isObject = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  // Where the two say different things, both are kept; one of them under the spec.
  const second = {
    ...(typeof ownId === 'string' && ownId !== id ? { tech_spec_id: ownId } : {}),
    ...(typeof ownTitle === 'string' && ownTitle !== manifest.title ? { manifest_title: ownTitle } : {}),
    ...(metadata === undefined || isObject ? {} : { metadata }),
  };
  const result = {
    tech_spec_id: id,
    ...(manifest.title === null ? {} : { title: manifest.title }),
    ...others,
    ...leftover('tech_spec', spec, { id, title: manifest.title, path, file: path }, second),
    ...leftover('tasks', tasks, { total: undefined, waves: undefined, files: undefined }),
    waves: manifest.waves.map((wave) => ({
      number: wave.number,
      ...waveFields.get(wave.number),
      tasks: wave.tasks.map((task) => ({ ...written.get(task.id.value), id: task.id.value })),
      ...(wave.validation ? { validation: wave.validation.value } : {}),
    })),
    metadata: {
      ...(isObject ? metadata : {}),
      ...(path ? { tech_spec: path } : {}),
      total_tasks: manifest.waves.reduce((sum, wave) => sum + wave.tasks.length, 0),
    },
  };
  if (!manifestSchema.safeParse(result).success) return undefined;
  return {
    title: 'Write it in the current form',
    edits: [{ span: { start: 0, end: text.length }, text: inFormOf(result, text) }],
  };
}

/** In the form of the text that it takes the place of. */
function inFormOf(value: object, like: string): string {
  const indent = /\n([ \t]+)"/.exec(like)?.[1] ?? '  ';
  const newline = like.includes('\r\n') ? '\r\n' : '\n';
  return `${JSON.stringify(value, null, indent)}\n`.replaceAll('\n', newline);
}

/**
 * A migrated manifest with its tasks in the waves that `waveOf` gives by id. The older form may list files alone, and all
 * of them then stand in wave 1, whatever they wait for. A manifest that has waves of its own is given back as it is.
 */
export function withWaves(text: string, waveOf: (id: string) => number | null): string {
  const value = JSON.parse(text) as { waves: { number: number; tasks: { id: string }[] }[] };
  const [only, ...more] = value.waves;
  if (!only || more.length > 0 || Object.keys(only).some((key) => key !== 'number' && key !== 'tasks')) return text;
  const waves = new Map<number, { id: string }[]>();
  for (const task of only.tasks) {
    const wave = waveOf(task.id) ?? only.number;
    waves.set(wave, [...(waves.get(wave) ?? []), task]);
  }
  if (waves.size < 2) return text;
  const sorted = [...waves].toSorted(([a], [b]) => a - b).map(([number, tasks]) => ({ number, tasks }));
  return inFormOf({ ...value, waves: sorted }, text);
}

function fields(value: DocumentValue | undefined): Fields {
  return value?.kind === 'map' ? (plain(value) as Fields) : {};
}

/**
 * What an object holds besides what moved elsewhere, under the object's own name. A value moved when it is the one that
 * now stands elsewhere, or `undefined` here: in whatever form.
 */
function leftover(key: string, value: DocumentValue | undefined, moved: Fields, more: Fields = {}): Fields {
  const kept = Object.entries(fields(value)).filter(
    ([name, entry]) => !(name in moved) || (moved[name] !== undefined && moved[name] !== entry),
  );
  const all = { ...Object.fromEntries(kept), ...more };
  return Object.keys(all).length === 0 ? {} : { [key]: all };
}

function items(value: DocumentValue | undefined): readonly DocumentValue[] {
  if (value?.kind === 'list') return value.items;
  return value?.kind === 'map' ? value.entries.map((entry) => entry.value) : [];
}

/** What is written about each task, wherever it is listed; the file that only named it goes, the rest stays. */
function taskFields(tasks: DocumentValue | undefined): Map<string, Fields> {
  const found = new Map<string, Fields>();
  const add = (value: DocumentValue): void => {
    const { id, file, path, wave: _wave, ...rest } = fields(value);
    const name = [id, file, path].find((word) => typeof word === 'string');
    if (typeof name !== 'string') return;
    // The reader calls a task by its file's name where it has no id.
    for (const known of new Set([name, name.replace(/^.*\//, '').replace(/\.md$/, '')])) {
      const places = {
        ...(id !== undefined && file !== undefined ? { file } : {}),
        ...(id !== undefined && path !== undefined ? { path } : {}),
      };
      found.set(known, { ...found.get(known), ...rest, ...places });
    }
  };
  for (const wave of items(field(tasks, 'waves')?.value))
    for (const task of items(wave.kind === 'list' ? wave : field(wave, 'tasks')?.value)) add(task);
  for (const file of items(field(tasks, 'files')?.value)) add(file);
  return found;
}

/** What a wave has besides its number, tasks and validation: a name, a remark. */
function fieldsOfWaves(tasks: DocumentValue | undefined): Map<number, Fields> {
  const found = new Map<number, Fields>();
  const waves = field(tasks, 'waves')?.value;
  const read = (value: DocumentValue, number: number): void => {
    const { number: _number, wave: _wave, tasks: _tasks, validation: _validation, ...rest } = fields(value);
    if (Object.keys(rest).length > 0) found.set(number, rest);
  };
  const numbered = (value: DocumentValue, fallback: number): number => {
    const { number, wave } = fields(value);
    return typeof number === 'number' ? number : typeof wave === 'number' ? wave : fallback;
  };
  if (waves?.kind === 'list') waves.items.forEach((value, index) => read(value, numbered(value, index + 1)));
  else if (waves?.kind === 'map')
    waves.entries.forEach((entry, index) => read(entry.value, Number(/\d+/.exec(entry.key)?.[0] ?? index + 1)));
  return found;
}
