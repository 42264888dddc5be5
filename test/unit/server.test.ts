import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { CodeAction } from 'vscode-languageserver';
import { countFindings } from '../../src/core/lint/engine/format.ts';
import { lintWorkspace } from '../../src/core/lint/lint.ts';
import { readRepositoryFacts } from '../../src/node/workspace/repository-facts.ts';
import { readWorkspaceFiles } from '../../src/node/workspace/workspace-files.ts';
import { lintWorkspaceRequest } from '../../src/protocol/lsp.ts';
import { LspClient } from './lsp-client.ts';

const run = promisify(execFile);
const server = path.resolve(import.meta.dirname, '../../src/server/main.ts');

async function directory(files: Record<string, string>): Promise<string> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'slicewave lint ü-')));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  return root;
}

suite('language server', () => {
  let client: LspClient;

  setup(async () => {
    client = new LspClient({
      server: [server, '--stdio'],
      root: await directory({
        'specs/a.md': '# A\n\n## Outcome\n\nx\n\n## In scope\n\nx\n\n## Evidence\n\nx\n',
        'parallel/P/manifest.json':
          '{"tech_spec_id": "T", "waves": [{"number": 1, "tasks": [{"id": "task-001", "agent": "x"}]}]}',
        'parallel/P/tasks/task-001.md':
          '---\nid: task-001\ndeps: [task-404]\n---\n# task-001: T\n\n## Scope\nCREATE: a.ts\nBOUNDARY: b.ts\n\n## Checklist\n- `npm test` passes\n\n## Stop conditions\n- unclear\n',
        'README.md': '# Not ours\n',
        'package.json': '{ "scripts": { "test": "x" } }',
      }),
    });
    await client.start();
  });

  teardown(async () => {
    await client.stop();
    await rm(client.root, { recursive: true });
  });

  test('files nobody opened are in the Problems panel; a repair on disk takes them out', async () => {
    await client.until(
      () => client.codes('specs/a.md').length > 0 && client.codes('parallel/P/tasks/task-001.md').length > 0,
    );
    assert.deepEqual(client.codes('specs/a.md'), ['spec.out-of-scope-missing']);
    assert.deepEqual(client.codes('parallel/P/tasks/task-001.md'), ['plan.unknown-dependency']);
    assert.deepEqual(client.diagnostics('parallel/P/tasks/task-001.md')[0]?.range, {
      start: { line: 2, character: 7 },
      end: { line: 2, character: 15 },
    });
    assert.deepEqual(client.codes('README.md'), []);

    await writeFile(path.join(client.root, 'parallel/P/tasks/task-404.md'), '');
    await client.notify('workspace/didChangeWatchedFiles', {
      changes: [{ uri: client.uri('parallel/P/tasks/task-404.md'), type: 1 }],
    });
    await client.until(
      () =>
        client.codes('parallel/P/tasks/task-001.md').length === 0 &&
        client.codes('parallel/P/tasks/task-404.md').length > 0,
    );
    assert.ok(client.codes('parallel/P/tasks/task-404.md').includes('task.scope-missing'));
  });

  test('an open document is linted as it is typed, and its quick fix repairs it', async () => {
    await client.until(() => client.codes('specs/a.md').length > 0);
    const uri = client.uri('specs/a.md');
    const text = '# A\n\n## Outcome\n\nx\n\n## In scope\n\nx\n\n## Out of scope\n\nx\n';
    await client.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'markdown', version: 1, text } });
    await client.until(() => client.codes('specs/a.md').includes('spec.evidence-missing'));
    assert.deepEqual(client.codes('specs/a.md'), ['spec.evidence-missing']);

    const [diagnostic] = client.diagnostics('specs/a.md');
    assert.ok(diagnostic);
    const actions = await client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: diagnostic.range,
      context: { diagnostics: [diagnostic] },
    });
    assert.deepEqual(
      actions.map((action) => action.title),
      ['Add a section "Evidence"', 'Suppress spec.evidence-missing for the next line…'],
    );
    const [edit] = actions[0]?.edit?.changes?.[uri] ?? [];
    assert.match(edit?.newText ?? '', /^\n\n## Evidence\n/);
    assert.deepEqual(edit?.range.start, { line: 12, character: 1 });

    await client.notify('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ text: `${text}\n## Evidence\n\nx\n` }],
    });
    await client.until(() => client.codes('specs/a.md').length === 0);
    await client.notify('textDocument/didClose', { textDocument: { uri } });
    await client.until(() => client.codes('specs/a.md').includes('spec.out-of-scope-missing'));
  });

  test('on request the whole workspace is read and counted', async () => {
    await writeFile(path.join(client.root, 'p.skill.md'), '# P\n');
    const result = await client.request<{ files: number; counts: Record<string, number> }>(lintWorkspaceRequest, {});
    const all = lintWorkspace(await readWorkspaceFiles(client.root), await readRepositoryFacts(client.root));
    assert.deepEqual(result, { files: 5, counts: countFindings(all) });
    await client.until(() => client.codes('p.skill.md').length > 0);
    const own = all.filter((found) => found.file === 'p.skill.md').map((found) => found.code);
    assert.ok(own.includes('skill.stop-missing'));
    assert.deepEqual(client.codes('p.skill.md'), own);
  });
});

suite('language server with several folders', () => {
  let client: LspClient;
  const name = 'sub/specs/a.spec.md';
  /** One finding, where the file on disk has four. */
  const better = '# A\n\n## Outcome\n\nx\n\n## In scope\n\nx\n\n## Out of scope\n\nx\n';

  setup(async () => {
    client = new LspClient({
      server: [server, '--stdio'],
      root: await directory({ [name]: '# A\n' }),
      capabilities: { workspace: { workspaceFolders: true } },
    });
    await client.start();
    await client.until(() => client.codes(name).length === 4);
  });

  teardown(async () => {
    await client.stop();
    await rm(client.root, { recursive: true });
  });

  const count = (): Promise<{ files: number; counts: Record<string, number> }> =>
    client.request(lintWorkspaceRequest, {});
  const close = (): Promise<void> =>
    client.notify('textDocument/didClose', { textDocument: { uri: client.uri(name) } });

  test("a document that another folder comes to own is the disk's again when it is closed there", async () => {
    await client.open(name, better);
    await client.until(() => client.codes(name).length === 1);
    await client.setFolders([client.root, path.join(client.root, 'sub')]);
    await count();
    await count();
    await close();
    await client.until(() => client.codes(name).length === 4);
    // Back with the outer folder, which once had it open.
    await client.setFolders([client.root]);
    // The server asks for the folders before it answers the first of these.
    await count();
    await count();
    assert.equal(client.codes(name).length, 4);
  });

  test('what a nested folder holds is counted once', async () => {
    const alone = await count();
    assert.equal(alone.files, 1);
    await client.setFolders([client.root, path.join(client.root, 'sub')]);
    // The answer to the question for the folders comes back after this one.
    await count();
    assert.deepEqual(await count(), alone);
  });

  test('an open document without a folder is one in a folder when it gets one, and nothing of it stays behind', async () => {
    await client.setFolders([]);
    await client.until(() => client.codes(name).length === 0);
    await client.open(name, better);
    await client.until(() => client.codes(name).length === 1);
    await client.setFolders([client.root]);
    await count();
    await close();
    await client.until(() => client.codes(name).length === 4);
    await client.setFolders([]);
    await client.until(() => client.codes(name).length === 0);
    assert.deepEqual((await count()).counts, { error: 0, warning: 0, info: 0, hint: 0 });
  });

  test('parameters that say nothing are refused, with every place taken to the nearest', async () => {
    const textDocument = { uri: client.uri(name) };
    for (const [method, params] of [
      ['hover', {}],
      ['hover', { textDocument: null }],
      ['completion', { textDocument: { uri: 5 } }],
      ['definition', { textDocument }],
      ['definition', { textDocument, position: { line: 'x', character: 0 } }],
      ['rename', { textDocument, position: { line: 0, character: 0 }, newName: 7 }],
      ['documentSymbol', {}],
    ] as const)
      await assert.rejects(client.request(`textDocument/${method}`, params), { code: -32602 }, method);
    for (const position of [
      { line: -1, character: -5 },
      { line: 0.5, character: 0.5 },
      { line: 1e9, character: 1e9 },
    ])
      assert.equal(await client.request('textDocument/hover', { textDocument, position }), null);
    assert.deepEqual(client.log, []);
  });
});

suite('workspace files', () => {
  const files = {
    'specs/a.md': 'A',
    'ignored/b.md': 'B',
    'public/manifest.json': '{}',
    'src/c.ts': 'C',
    'p/contracts/t.ts': 'T',
  };

  test('with git: untracked files count, ignored ones do not', async () => {
    const root = await directory({ ...files, '.gitignore': 'ignored/\n' });
    await run('git', ['init', '-q'], { cwd: root });
    await run('git', ['add', 'specs'], { cwd: root });
    assert.deepEqual(
      [...(await readWorkspaceFiles(root))],
      [
        ['p/contracts/t.ts', ''],
        ['public/manifest.json', '{}'],
        ['specs/a.md', 'A'],
      ],
    );
    await rm(root, { recursive: true });
  });

  test('programs that a repository names in its settings are not started', async () => {
    const root = await directory({ 'a.md': 'A' });
    await run('git', ['init', '-q'], { cwd: root });
    await writeFile(path.join(root, 'spy.sh'), `#!/bin/sh\ntouch '${root}/started'\n`, { mode: 0o755 });
    await run('git', ['config', 'core.fsmonitor', `'${root}/spy.sh'`], { cwd: root });
    await run('git', ['status'], { cwd: root });
    await rm(path.join(root, 'started'));
    assert.deepEqual([...(await readWorkspaceFiles(root)).keys()], ['a.md']);
    await assert.rejects(access(path.join(root, 'started')));
    await rm(root, { recursive: true });
  });

  test('without git: generated directories are left out, links are not followed', async () => {
    const outside = await directory({ 'secret.md': 'S' });
    const root = await directory({ ...files, 'node_modules/x/readme.md': 'N' });
    await symlink(outside, path.join(root, 'linked'));
    await symlink(path.join(outside, 'secret.md'), path.join(root, 'link.md'));
    assert.deepEqual(
      [...(await readWorkspaceFiles(root)).keys()],
      ['ignored/b.md', 'p/contracts/t.ts', 'public/manifest.json', 'specs/a.md'],
    );
    await rm(root, { recursive: true });
    await rm(outside, { recursive: true });
  });
});
