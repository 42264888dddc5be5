/** Renames in the plan of the bundled example, as the decomposer writes it. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { createLanguage } from '../../src/core/language/language.ts';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { mayBeOurs } from '../../src/core/lint/engine/kind.ts';
import { lintWorkspace } from '../../src/core/lint/lint.ts';
import { decomposed, inventory } from '../decompose-fixture.ts';
import { applied } from './language-fixture.ts';

const dir = 'parallel/TS-0042-inventory';
const manifest = `${dir}/manifest.json`;
const spec = 'specs/TS-0042-inventory.spec.md';

type Files = ReadonlyMap<string, string>;

const example: Files = (() => {
  const { texts } = inventory();
  const files = new Map([...texts].filter(([name]) => /^(?:specs|src|test|skills|package\.json)/.test(name)));
  const source = { specPath: spec, specText: files.get(spec) ?? '', repoFiles: [...files.keys()], texts: files };
  const written = decomposed(source);
  assert.equal(written.dirName, path.basename(dir));
  for (const [name, text] of written.files) files.set(`${dir}/${name}`, text);
  return files;
})();

function world(files: Files) {
  const repository: RepositoryFacts = {
    files: [...files.keys()].sort(),
    scripts: new Map(),
    programs: null,
    textOf: (name) => files.get(name) ?? null,
  };
  const ours = new Map([...files].filter(([name]) => mayBeOurs(name) || name.startsWith(`${dir}/contracts/`)));
  return { repository, ours, language: createLanguage({ files: ours, repository: () => repository }) };
}

/** The files after the name at a place of the manifest was renamed. */
function renamed(files: Files, from: string, to: string): Files {
  const offset = (files.get(manifest) ?? '').indexOf(`"${from}"`) + 1;
  assert.ok(offset > 0, from);
  const result = world(files).language.rename(manifest, offset, { name: to, canMove: true });
  assert.ok(result.ok, result.ok ? '' : result.failure.message);
  const after = new Map(files);
  for (const [file, edits] of result.value.edits) after.set(file, applied(after.get(file) ?? '', edits));
  for (const move of result.value.moves) {
    after.set(move.to, after.get(move.from) ?? '');
    after.delete(move.from);
  }
  return after;
}

function findings(files: Files): string[] {
  const { ours, repository } = world(files);
  return lintWorkspace(ours, repository).map((found) => `${found.file}:${found.line} ${found.code} ${found.message}`);
}

/** Lines that still hold a name as a whole word. */
function holding(files: Files, name: string): string[] {
  const word = new RegExp(`(?<![\\w/-])${name.replaceAll('.', '\\.')}(?![\\w-])`);
  return [...files].flatMap(([file, text]) =>
    text.split('\n').flatMap((line) => (word.test(line) ? [`${path.basename(file)}: ${line}`] : [])),
  );
}

const ids = [...new Set([...(example.get(manifest) ?? '').matchAll(/"id": "([A-Z]\d)"/g)].map((one) => one[1] ?? ''))];

suite('renames in the example', () => {
  test('every slice, workstream, merge point: nothing keeps the old name, lint says the same, and back is as before', () => {
    assert.equal(ids.length, 11);
    const before = findings(example);
    for (const [from, to] of [
      ...ids.map((id) => [id, `Z${id.slice(1)}0`] as const),
      ['WS-A', 'WS-Q'],
      ['MP1', 'MP7'],
    ] as const) {
      const after = renamed(example, from, to);
      assert.deepEqual(holding(after, from), [], from);
      assert.deepEqual(
        findings(after).map((one) => one.replaceAll(to, from)),
        before,
        from,
      );
      assert.deepEqual(renamed(after, to, from), example);
    }
  });

  test('the references of a name are the same wherever one asks', () => {
    const { language } = world(example);
    for (const id of [...ids, 'WS-C', 'MP1']) {
      const all = language.references(manifest, (example.get(manifest) ?? '').indexOf(`"${id}"`) + 1, true);
      assert.ok(new Set(all.map((one) => one.file)).size > 2, id);
      for (const { file, span } of all) {
        assert.deepEqual(language.references(file, span.start, true), all);
        assert.deepEqual(language.references(file, span.end, true), all);
      }
    }
  });

  test('the spec keeps its rows of the test plan and its risks', () => {
    const after = renamed(example, 'C1', 'C9').get(spec) ?? '';
    assert.match(after, /as they were when it was placed \| C9 \|$/m);
    assert.match(after, /records of one promise\. C9 has to reserve/);
  });

  test('a contract gets its new name; the path that it is written to stays, in scopes too', () => {
    const after = renamed(example, 'contracts/inventory.ts', 'contracts/shop.ts');
    assert.ok(after.has(`${dir}/contracts/shop.ts`) && !after.has(`${dir}/contracts/inventory.ts`));
    assert.match(after.get(manifest) ?? '', /"path": "contracts\/shop.ts",\s*"target": "src\/contracts\/inventory.ts"/);
    const task = after.get(`${dir}/tasks/task-005-order-placement.md`) ?? '';
    assert.match(task, /^contracts: \[contracts\/shop.ts\]$/m);
    assert.match(task, /^- `src\/contracts\/inventory.ts`$/m);
    assert.equal(after.get(spec), example.get(spec));
    assert.deepEqual(renamed(after, 'contracts/shop.ts', 'contracts/inventory.ts'), example);
  });

  test('exceptions in a scope stay as they are, byte by byte, also where they hold an id', () => {
    const file = [...example.keys()].find((name) => name.startsWith(`${dir}/tasks/`)) ?? '';
    const exceptions = 'MODIFY: !src/A1/**, `!A1`, !src/A1.ts, !docs/WS-A/x.md\n';
    const text = (example.get(file) ?? '').replace(/^BOUNDARY:/m, `${exceptions}BOUNDARY:`);
    assert.ok(text.includes(exceptions));
    const files = new Map([...example, [file, text]]);
    for (const [from, to] of [
      ['A1', 'Z9'],
      ['WS-A', 'WS-Z'],
    ] as const) {
      const after = renamed(files, from, to);
      assert.ok(
        [...after.values()].some((one) => one.includes(exceptions)),
        from,
      );
      assert.deepEqual(renamed(after, to, from), files);
    }
  });

  test('longer words, paths and code that hold an id are left alone', () => {
    const prompt = `${dir}/prompts/task-001.txt`;
    const foreign = 'A10, A1-x, src/A1/a.ts, A1.ts, xA1\n```ts\nconst A1 = 1; // contracts of WS-A\n```\n';
    const files = new Map([...example, [prompt, `${example.get(prompt)}${foreign}`]]);
    assert.ok(renamed(files, 'A1', 'Z9').get(prompt)?.endsWith(foreign));
    assert.ok(renamed(files, 'WS-A', 'WS-Z').get(prompt)?.endsWith(foreign));
  });
});
