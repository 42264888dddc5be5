import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Project, SMALL } from './fixture.ts';

/** Compares with `test/golden/cli/<name>.txt`; `UPDATE_GOLDEN=1` writes it. */
function golden(name: string, text: string): void {
  const file = path.join(import.meta.dirname, '../golden/cli', `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] || !existsSync(file)) {
    assert.ok(process.env['UPDATE_GOLDEN'], `${file} is missing: UPDATE_GOLDEN=1 writes it`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  assert.equal(text, readFileSync(file, 'utf8'));
}

/** What differs from run to run: times, ids of runs, hashes, directories. */
function steady(text: string, project: Project): string {
  return text
    .replaceAll(project.root, '<repository>')
    .replaceAll(project.home, '<home>')
    .replace(/\d{8}T\d{9}Z-([A-Z]\w*)-[a-z0-9]{8}/g, '<run of $1>')
    .replace(/\b[0-9a-f]{10,40}\b/g, '<commit>')
    .replace(/\b\d+(?:\.\d+)?(?:ms|s|m)\b/g, '<time>');
}

suite('what the command line says', () => {
  let project: Project;

  suiteSetup(async () => {
    project = await Project.create(SMALL);
  });

  suiteTeardown(async () => {
    await project.close();
  });

  test('help of every command', async () => {
    const { out } = await project.cli('--help');
    golden('help', out);
    const names = [...out.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].flatMap(([, name]) => name ?? []);
    assert.ok(names.length > 10, names.join(' '));
    const pages = await Promise.all(names.map(async (name) => (await project.cli(name, '--help')).out));
    for (const [index, name] of names.entries()) golden(`help-${name}`, pages[index] ?? '');
  });

  test('a plan, before and after its run', async () => {
    golden('plan', steady((await project.cli('plan', project.planDir, '--ascii')).out, project));
    golden('status-before', steady((await project.cli('status', project.planDir, '--ascii')).out, project));
    assert.equal((await project.run()).code, 0);
    golden('status-after', steady((await project.cli('status', project.planDir, '--ascii')).out, project));
  });
});
