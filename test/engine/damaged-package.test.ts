import { strict as assert } from 'node:assert';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { CLI } from './fixture.ts';

suite('An installation of which parts are missing or damaged', () => {
  let home: string;
  let root: string;

  setup(() => {
    home = mkdtempSync(path.join(tmpdir(), 'slicewave-damaged-'));
    root = path.join(home, 'work');
    const write = (file: string, text: string): void => {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    };
    write('a.py', 'import b\n');
    write('b.ts', 'export const b = 1;\n');
    write('parallel/TS-1/manifest.json', '{"tech_spec_id": "TS-1", "waves": []}');
    for (const [id, file] of [
      ['A', 'a.py'],
      ['B', 'b.ts'],
    ] as const)
      write(
        `parallel/TS-1/tasks/${id}.md`,
        `---\nid: ${id}\n---\n# ${id}: Work\n\n## Scope\n\nMODIFY:\n- \`${file}\`\n`,
      );
    const git = (...args: readonly string[]): void =>
      void execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@t', ...args], { cwd: root, stdio: 'ignore' });
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'start');
    cpSync(path.dirname(CLI), path.join(home, 'dist'), { recursive: true });
    writeFileSync(path.join(home, 'package.json'), '{"type": "module"}');
  });

  teardown(() => rmSync(home, { recursive: true, force: true }));

  const grammar = (name: string): string => path.join(home, 'dist/grammars', name);

  function plan(): { readonly leftOut: readonly string[]; readonly err: string } {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(home, 'dist', path.basename(CLI)), 'plan', '--json'],
      { cwd: root, encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
    const { left_out: leftOut } = JSON.parse(stdout) as { readonly left_out: readonly string[] };
    return { leftOut, err: stderr };
  }

  test('a grammar that is gone or cut short is said, for the languages of the plan only', () => {
    assert.deepEqual(plan().leftOut, []);
    rmSync(grammar('tree-sitter-ruby.wasm'));
    assert.deepEqual(plan().leftOut, []);
    rmSync(grammar('tree-sitter-python.wasm'));
    truncateSync(grammar('tree-sitter-typescript.wasm'), 5_000);
    const { leftOut, err } = plan();
    assert.deepEqual(leftOut, [
      'imports and symbols of python, typescript: the grammar that comes with Slicewave is missing or damaged, install it again',
    ]);
    assert.equal(err, '');
  });

  test('so is the parser itself, and it says nothing of its own', () => {
    const said =
      'imports and symbols of source files: the parser that comes with Slicewave is missing or damaged, install it again';
    truncateSync(grammar('web-tree-sitter.wasm'), 50_000);
    assert.deepEqual(plan(), { leftOut: [said], err: '' });
    rmSync(grammar('web-tree-sitter.wasm'));
    assert.deepEqual(plan(), { leftOut: [said], err: '' });
  });
});
