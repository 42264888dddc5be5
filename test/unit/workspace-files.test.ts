import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readWorkspaceFile, readWorkspaceFiles } from '../../src/node/workspace/workspace-files.ts';

suite('workspace files', () => {
  let root: string;
  let outside: string;

  setup(() => {
    root = mkdtempSync(path.join(tmpdir(), 'slicewave files ü-'));
    outside = mkdtempSync(path.join(tmpdir(), 'slicewave outside-'));
    writeFileSync(path.join(outside, 'secret.md'), 'S');
  });

  teardown(() => {
    rmSync(root, { recursive: true, force: true });
    rmSync(outside, { recursive: true, force: true });
  });

  test('more than 10,000 task specs are read, whole and in order', async () => {
    mkdirSync(path.join(root, 'tasks'));
    const names = Array.from({ length: 10_500 }, (_, i) => `tasks/task-${String(i).padStart(5, '0')}.md`);
    for (const name of names) writeFileSync(path.join(root, name), `# ${name} ✓\r\n`);
    const files = await readWorkspaceFiles(root, { onLeftOut: () => assert.fail('nothing is left out') });
    assert.deepEqual(
      [...files],
      names.map((name) => [name, `# ${name} ✓\r\n`]),
    );
  });

  test('whoever asks is told when files are left out', async () => {
    for (const name of ['a.md', 'b.md', 'c.md', 'd.md']) writeFileSync(path.join(root, name), name);
    const told: number[] = [];
    const files = await readWorkspaceFiles(root, { most: 2, onLeftOut: (count) => told.push(count) });
    assert.deepEqual([...files.keys()], ['a.md', 'b.md']);
    assert.equal(told.length, 1);
    assert.ok((told[0] ?? 0) >= 1);
  });

  test('links, pipes, directories, large files and paths that lead out are not read', async function () {
    if (process.platform === 'win32') this.skip();
    symlinkSync(path.join(outside, 'secret.md'), path.join(root, 'link.md'));
    symlinkSync(outside, path.join(root, 'linked'));
    execFileSync('mkfifo', [path.join(root, 'pipe.md')]);
    mkdirSync(path.join(root, 'directory.md'));
    writeFileSync(path.join(root, 'large.md'), 'x'.repeat(1_000_001));
    writeFileSync(path.join(root, 'empty.md'), '');
    for (const name of ['link.md', 'linked/secret.md', 'pipe.md', 'directory.md', 'large.md', '../x.md', 'none.md'])
      assert.equal(await readWorkspaceFile(root, name), null, name);
    assert.equal(await readWorkspaceFile(root, 'empty.md'), '');
    writeFileSync(path.join(root, 'manifest.json'), ' '.repeat(2_000_000));
    assert.equal((await readWorkspaceFile(root, 'manifest.json'))?.length, 2_000_000);
  });
});
