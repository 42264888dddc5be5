import assert from 'node:assert/strict';
import { once, EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FilesWatch } from '../../src/node/workspace/files-watch.ts';

suite('watching files', () => {
  let root = '';
  let files: FilesWatch;
  /** Emits the name of what is gone. */
  const gone = new EventEmitter();

  setup(() => {
    root = realpathSync(mkdtempSync(path.join(tmpdir(), 'slicewave-files-watch-')));
    mkdirSync(path.join(root, 'src/old'), { recursive: true });
    writeFileSync(path.join(root, 'src/old/a.ts'), '1\n');
    files = new FilesWatch({
      root,
      leavesOut: () => false,
      onEvent: (name, event) => event === 'gone' && gone.emit(name),
      onLimit: () => assert.fail('the system gives no more watches'),
    });
    files.follow(['src/old/a.ts']);
  });
  teardown(() => {
    files.close();
    rmSync(root, { recursive: true, force: true });
  });

  test('a file in the place of a directory, as after a switch of branches', async () => {
    const told = once(gone, 'src/old/a.ts', { signal: AbortSignal.timeout(120_000) });
    rmSync(path.join(root, 'src/old'), { recursive: true });
    writeFileSync(path.join(root, 'src/old'), 'a file by now\n');
    await told;
  });

  test('a list of files from before that', () => {
    rmSync(path.join(root, 'src'), { recursive: true });
    writeFileSync(path.join(root, 'src'), 'a file by now\n');
    assert.doesNotThrow(() => files.follow(['src/other/b.ts']));
  });
});
