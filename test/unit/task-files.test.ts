/**
 * Task files in the shapes that people have, each with the right slices beside it: id, title, what is created (+) and
 * changed (~), what it waits for; then everything that is said of the rest, by line. One fixture is a small repository:
 * the first file is the one that is named.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { importerFor, mainFileOf } from '../../src/core/decompose/import/importers.ts';
import { projectSources } from '../../src/core/decompose/project.ts';
import { loadPlan } from '../../src/core/plan/load.ts';
import { scopeEntryText } from '../../src/core/view/scope-text.ts';

const directory = path.join(import.meta.dirname, '../fixtures/task-files');
/** What is said of every file that is no whole spec, or has no tests. */
const usual = new Set(['import.answer-missing', 'import.no-check']);

interface Fixture {
  readonly named: string;
  readonly files: ReadonlyMap<string, string>;
  readonly also: readonly string[];
  readonly right: string;
}

function fixtureOf(text: string): Fixture {
  const parts = text
    .split(/^=== /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)] as const);
  const files = new Map(parts.filter(([name]) => !name.startsWith('(')));
  const special = (name: string): string => parts.find(([other]) => other === name)?.[1] ?? '';
  const also = special('(also there)').split('\n');
  return {
    named: [...files.keys()][0] ?? '',
    files,
    also: also.filter((line) => line !== ''),
    right: special('(right)'),
  };
}

interface Line {
  readonly id: string;
  readonly title: string;
  readonly create: readonly string[];
  readonly modify: readonly string[];
  readonly deps: readonly string[];
}

function lineOf({ id, title, create, modify, deps }: Line): string {
  const files = [...create.map((file) => `+${file}`), ...modify.map((file) => `~${file}`)];
  return `${[id, title, files.join(' ') || 'no file', ...(deps.length > 0 ? [`after ${deps.join(', ')}`] : [])].join(' | ')}\n`;
}

/** A plan that is one already, as the engine loads it. */
function planLines({ named, files }: Fixture): string {
  const dir = path.posix.dirname(named);
  const own = [...files].map(([file, text]) => [file.slice(dir.length + 1), text] as const);
  const { plan, findings } = loadPlan(new Map(own), dir);
  assert.ok(plan);
  const slices = plan.slices.map((slice) =>
    lineOf({
      ...slice,
      create: slice.scope.create.map(scopeEntryText),
      modify: slice.scope.modify.map(scopeEntryText),
    }),
  );
  return [...slices, ...findings.map(({ code, file, line }) => `${code} ${file.slice(dir.length + 1)}:${line}\n`)].join(
    '',
  );
}

function importLines({ named, files, also }: Fixture): string {
  const repoFiles = [...files.keys(), ...also];
  const main = mainFileOf(named, repoFiles) ?? named;
  const text = files.get(main) ?? '';
  const importer = importerFor(main, text);
  assert.ok(importer, `nothing recognises ${main}`);
  const companions = importer.companions(main, repoFiles).flatMap((file) => {
    const companion = files.get(file);
    return companion === undefined ? [] : [[file, companion] as const];
  });
  const sources = new Set(projectSources(repoFiles));
  const { proposal, findings, spec } = importer.read({
    path: main,
    text,
    companions: new Map(companions),
    repoFiles,
    texts: new Map([...files].filter(([file]) => sources.has(file))),
  });
  const points = (proposal?.merge_points ?? []).map(
    ({ needs, unlocks }) => `${needs.join(' + ')} -> ${unlocks.join(', ')}\n`,
  );
  return [
    `${importer.id}: ${spec.title}${spec.technology ? ` (${spec.technology})` : ''}\n`,
    ...(proposal?.slices ?? []).map(lineOf),
    ...points,
    ...findings
      .filter(({ code }) => !usual.has(code))
      .map(({ code, line, message }) => `${line}: ${code}: ${message}\n`),
  ].join('');
}

suite('task files as people have them', () => {
  const names = readdirSync(directory).toSorted();

  test('there are forty', () => {
    assert.ok(names.length >= 40, String(names.length));
  });

  for (const name of names) {
    test(name.replace('.txt', ''), () => {
      const file = path.join(directory, name);
      const whole = readFileSync(file, 'utf8');
      const fixture = fixtureOf(whole);
      const lines = fixture.named.endsWith('/manifest.json') ? planLines(fixture) : importLines(fixture);
      if (process.env['UPDATE_GOLDEN'])
        writeFileSync(
          file,
          whole.replace(/^=== \(right\)\n[\s\S]*$/m, () => `=== (right)\n${lines}`),
        );
      else assert.equal(lines, fixture.right);
    });
  }
});
