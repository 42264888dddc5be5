/** The built language server over standard input and output, asked by a plain JSON-RPC client. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CancellationTokenSource } from 'vscode-languageserver';
import type {
  CodeAction,
  CodeLens,
  CompletionItem,
  Diagnostic,
  DocumentSymbol,
  FullDocumentDiagnosticReport,
  Hover,
  Location,
  TextEdit,
  WorkspaceDiagnosticReport,
  WorkspaceEdit,
} from 'vscode-languageserver';
import { planIdOf } from '../../src/core/plan/plan-id.ts';
import { shop, manifest, prompt, spec, task } from '../unit/language-fixture.ts';
import { LspClient } from '../unit/lsp-client.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const SERVER = path.resolve(import.meta.dirname, '../../dist/server.cjs');

/** What VS Code says of itself, as far as the server listens. */
const rich = {
  workspace: {
    configuration: true,
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
    diagnostics: { refreshSupport: true },
    workspaceEdit: { documentChanges: true, resourceOperations: ['create', 'rename', 'delete'] },
  },
  textDocument: { diagnostic: { dynamicRegistration: true }, formatting: { dynamicRegistration: true } },
};

suite('the language server over stdio', () => {
  let root: string;
  let client: LspClient;
  let lint: unknown;

  async function start(
    capabilities: object = rich,
    initializationOptions?: object,
    server: readonly string[] = [SERVER, '--stdio'],
  ): Promise<ReturnType<LspClient['start']>> {
    client = new LspClient({
      root,
      server,
      capabilities,
      lint: () => lint,
      ...(initializationOptions ? { initializationOptions } : {}),
    });
    return client.start();
  }

  async function write(name: string, text: string): Promise<void> {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }

  const pulled = async (name: string): Promise<FullDocumentDiagnosticReport> =>
    client.request('textDocument/diagnostic', { textDocument: { uri: client.uri(name) } });
  const codes = async (name: string): Promise<string[]> =>
    (await pulled(name)).items.map((one: Diagnostic) => String(one.code));
  const position = (text: string, words: string, inside = 0): { line: number; character: number } => {
    const offset = text.indexOf(words) + inside;
    const before = text.slice(0, offset).split('\n');
    return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  };
  const where = (name: string, words: string, inside = 0) => ({
    textDocument: { uri: client.uri(name) },
    position: position(shop[name] ?? '', words, inside),
  });
  const watched = (name: string, type: 1 | 2 | 3): Promise<void> =>
    client.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: client.uri(name), type }] });

  setup(async () => {
    lint = null;
    root = await realpath(await mkdtemp(path.join(tmpdir(), 'slicewave lsp ü-')));
    for (const [name, text] of Object.entries(shop)) await write(name, text);
    await write('apps/users/views.py', 'class UserView:\n    def get(self):\n        pass\n');
    await write('apps/mail.py', '');
    await write('package.json', '{ "scripts": { "test": "x" } }');
    // As much of a repository as git itself takes for one.
    for (const dir of ['objects', 'refs']) await mkdir(path.join(root, '.git', dir), { recursive: true });
    await write('.git/HEAD', 'ref: refs/heads/main\n');
  });

  teardown(async () => {
    // A clean end, whatever was asked: `stop` asserts the exit code 0.
    await client.stop();
    assert.deepEqual(client.log, []);
    await rm(root, { recursive: true });
  });

  test('findings are pulled: by document, unchanged ones by their id, and the workspace with files nobody opened', async () => {
    const { capabilities } = await start();
    assert.deepEqual(capabilities.diagnosticProvider, {
      identifier: 'slicewave',
      interFileDependencies: true,
      workspaceDiagnostics: true,
    });
    const first = await pulled(task('task-002-login'));
    assert.equal(first.kind, 'full');
    assert.ok(first.items.some((one) => one.code === 'task.stop-missing'));
    assert.ok(first.items.every((one) => one.codeDescription === undefined));
    const again = await client.request<{ kind: string; resultId: string }>('textDocument/diagnostic', {
      textDocument: { uri: client.uri(task('task-002-login')) },
      previousResultId: first.resultId,
    });
    assert.deepEqual(again, { kind: 'unchanged', resultId: first.resultId });

    const all = await client.request<WorkspaceDiagnosticReport>('workspace/diagnostic', { previousResultIds: [] });
    const names = all.items.map((one) => client.name(one.uri)).sort();
    assert.ok(names.includes(manifest) && names.includes(spec), names.join(', '));
    assert.ok(all.items.every((one) => one.kind === 'full' && one.items.length > 0));
    assert.ok(!client.heard.includes('textDocument/publishDiagnostics'), 'pulled findings are not published as well');

    // A client that knows everything waits until something changes.
    const previousResultIds = all.items.map((one) => ({ uri: one.uri, value: one.resultId ?? '' }));
    const next = client.request<WorkspaceDiagnosticReport>('workspace/diagnostic', { previousResultIds });
    await write(task('task-002-login'), `${shop[task('task-002-login')]}\n## Stop conditions\n\n- unclear\n`);
    await watched(task('task-002-login'), 2);
    const changed = (await next).items.filter((one) => client.name(one.uri) === task('task-002-login'));
    assert.equal(changed.length, 1);
    assert.ok(
      changed.every((one) => one.kind === 'full' && !one.items.some((found) => found.code === 'task.stop-missing')),
    );
  });

  test('a request that waits can be cancelled', async () => {
    await start();
    const all = await client.request<WorkspaceDiagnosticReport>('workspace/diagnostic', { previousResultIds: [] });
    const previousResultIds = all.items.map((one) => ({ uri: one.uri, value: one.resultId ?? '' }));
    const source = new CancellationTokenSource();
    const waiting = client.request('workspace/diagnostic', { previousResultIds }, source.token);
    const failed = assert.rejects(waiting, { code: -32800 });
    source.cancel();
    await failed;
    // And the server still answers.
    assert.equal((await pulled(spec)).kind, 'full');
  });

  test('one that still waits at the end does not keep the server', async () => {
    await start();
    const all = await client.request<WorkspaceDiagnosticReport>('workspace/diagnostic', { previousResultIds: [] });
    const previousResultIds = all.items.map((one) => ({ uri: one.uri, value: one.resultId ?? '' }));
    void client.request('workspace/diagnostic', { previousResultIds }).catch(() => undefined);
  });

  test('a change in one file changes what is found in another, and the client is told to ask again', async () => {
    await start();
    const refreshed = (): number => client.heard.filter((one) => one === 'workspace/diagnostic/refresh').length;
    const missing = async (): Promise<number> =>
      (await codes(manifest)).filter((code) => code === 'plan.task-file-missing').length;
    await client.open(manifest, shop[manifest] ?? '');
    const name = task('task-003-reset');
    const other = await client.open(name, shop[name] ?? '');
    assert.equal(await missing(), 0);
    const told = refreshed();
    // An incremental edit: only the id in the front matter.
    const from = position(shop[name] ?? '', 'id: A3', 4);
    await client.notify('textDocument/didChange', {
      textDocument: { uri: other, version: 2 },
      contentChanges: [{ range: { start: from, end: { ...from, character: from.character + 2 } }, text: 'B9' }],
    });
    await client.until(() => refreshed() > told);
    assert.equal(await missing(), 1);
    await rm(path.join(root, task('task-002-login')));
    await watched(task('task-002-login'), 3);
    await client.until(() => refreshed() > told + 1);
    assert.equal(await missing(), 2);
    // Closed without being saved: the disk counts again.
    await client.notify('textDocument/didClose', { textDocument: { uri: other } });
    await client.until(() => refreshed() > told + 2);
    assert.equal(await missing(), 1);
  });

  suite('for a client that cannot watch files', () => {
    const missing = (): number => client.codes(manifest).filter((code) => code === 'plan.task-file-missing').length;
    const hasCode = (name: string, code: string): boolean => client.codes(name).includes(code);

    test('sees by itself what changes, comes and goes, also in directories that were not there', async () => {
      await start({});
      const name = task('task-002-login');
      await client.until(() => hasCode(name, 'task.stop-missing'));
      assert.equal(missing(), 0);
      await write(name, `${shop[name]}\n## Stop conditions\n\n- unclear\n`);
      await client.until(() => !hasCode(name, 'task.stop-missing'));
      // As most editors save: another file, renamed to its place.
      await write('next.tmp', shop[name] ?? '');
      await rename(path.join(root, 'next.tmp'), path.join(root, name));
      await client.until(() => hasCode(name, 'task.stop-missing'));
      await rm(path.join(root, name));
      await client.until(() => missing() === 1);
      await write(name, shop[name] ?? '');
      await client.until(() => missing() === 0);

      const draft = 'plans/later/specs/draft.spec.md';
      await write(draft, '# Draft\n\n## Outcome\n\nSomething.\n');
      await client.until(() => hasCode(draft, 'spec.evidence-missing'));
      await write(draft, '# Draft\n');
      await client.until(() => hasCode(draft, 'spec.outcome-missing'));
      await rm(path.join(root, 'plans'), { recursive: true });
      await client.until(() => client.codes(draft).length === 0);
    });

    test('nothing of a directory that nobody cares about, and a file of the sources that a scope names', async () => {
      await start({});
      const name = task('task-002-login');
      const scoped = (shop[name] ?? '').replace('MODIFY: apps/users/**', 'MODIFY: apps/mall.py');
      await write(name, scoped);
      await client.until(() => hasCode(name, 'task.modify-nothing'));
      await write('node_modules/a/specs/x.spec.md', '# X\n');
      await write('apps/mall.py', '');
      await client.until(() => !hasCode(name, 'task.modify-nothing'));
      assert.deepEqual(client.codes('node_modules/a/specs/x.spec.md'), []);
    });

    test('is sent its findings when it pulls them but cannot be told to ask again', async () => {
      const { capabilities } = await start({ textDocument: { diagnostic: { dynamicRegistration: true } } });
      assert.equal(capabilities.diagnosticProvider, undefined);
      await client.until(() => hasCode(task('task-002-login'), 'task.stop-missing'));
    });
  });

  test('settings: the editor is asked, and again when it says so; the repository has its own', async () => {
    lint = { rules: { 'task.stop-missing': 'error' } };
    await start();
    const name = task('task-002-login');
    const severity = async (): Promise<unknown> =>
      (await pulled(name)).items.find((one) => one.code === 'task.stop-missing')?.severity;
    await client.open(name, shop[name] ?? '');
    assert.equal(await severity(), 1);
    lint = { rules: { 'task.*': 'off', nonsense: 7 } };
    const told = client.heard.length;
    await client.notify('workspace/didChangeConfiguration', { settings: null });
    await client.until(() => client.heard.slice(told).includes('workspace/diagnostic/refresh'));
    assert.equal(await severity(), undefined);
    lint = null;
    await write('.slicewave/lint.yaml', 'rules:\n  task.stop-missing: hint\n');
    await watched('.slicewave/lint.yaml', 1);
    const before = client.heard.length;
    await client.notify('workspace/didChangeConfiguration', { settings: null });
    await client.until(() => client.heard.slice(before).includes('workspace/diagnostic/refresh'));
    while ((await severity()) !== 4) await client.until(() => true);
  });

  test('completion, hover, definition, references, symbols, folding, links, colours', async () => {
    await start();
    const name = task('task-002-login');
    const text = (shop[name] ?? '').replace('deps: [task-001-users]', 'deps: [ta]').replace('apps/users/**', 'apps/us');
    const uri = await client.open(name, text);
    const at = (words: string) => ({ textDocument: { uri }, position: position(text, words, words.length) });
    const ids = await client.request<CompletionItem[]>('textDocument/completion', at('deps: [ta'));
    assert.deepEqual(
      ids.map((one) => one.label),
      ['task-001-users', 'A3'],
    );
    assert.deepEqual(ids[0]?.textEdit, {
      range: { start: { line: 2, character: 7 }, end: { line: 2, character: 9 } },
      newText: 'task-001-users',
    });
    const paths = await client.request<CompletionItem[]>('textDocument/completion', at('MODIFY: apps/us'));
    assert.deepEqual(
      paths.map((one) => one.label),
      ['users/'],
    );

    const hover = await client.request<Hover>('textDocument/hover', where(manifest, '"task-002"', 3));
    assert.match(JSON.stringify(hover.contents), /task-002-login.*Login/);
    const [definition] = await client.request<Location[]>('textDocument/definition', where(manifest, '"task-002"', 3));
    assert.deepEqual(definition, {
      uri,
      range: { start: { line: 1, character: 4 }, end: { line: 1, character: 18 } },
    });
    const references = await client.request<Location[]>('textDocument/references', {
      ...where(manifest, '"A3"', 2),
      context: { includeDeclaration: true },
    });
    const files = new Set(references.map((one) => client.name(one.uri)));
    for (const file of [manifest, spec, prompt, task('task-003-reset')]) assert.ok(files.has(file), file);
    const textDocument = { uri: client.uri(task('task-001-users')) };
    const symbols = await client.request<DocumentSymbol[]>('textDocument/documentSymbol', { textDocument });
    assert.equal(symbols[0]?.children?.[0]?.children?.[0]?.name, 'CREATE');
    assert.deepEqual((await client.request<object[]>('textDocument/foldingRange', { textDocument }))[0], {
      startLine: 0,
      endLine: 7,
    });
    const links = await client.request<{ target: string }[]>('textDocument/documentLink', { textDocument });
    assert.ok(
      links.some((one) => client.name(one.target) === 'apps/users/views.py'),
      JSON.stringify(links),
    );
    const colours = await client.request<{ data: number[] }>('textDocument/semanticTokens/full', { textDocument });
    assert.ok(colours.data.length > 0 && colours.data.length % 5 === 0);
    const lenses = await client.request<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } });
    assert.ok(
      lenses.every((lens) => lens.command?.command === ''),
      'a client without our commands gets only words',
    );
  });

  test('a rename edits every file with its version, and moves the task file', async () => {
    await start();
    const uri = await client.open(manifest, shop[manifest] ?? '', 7);
    const place = where(manifest, '"task-002"', 3);
    const begin = position(shop[manifest] ?? '', '"task-002"', 1);
    assert.deepEqual(await client.request('textDocument/prepareRename', place), {
      range: { start: begin, end: { ...begin, character: begin.character + 'task-002'.length } },
      placeholder: 'task-002-login',
    });
    const edit = await client.request<WorkspaceEdit>('textDocument/rename', { ...place, newName: 'task-002-session' });
    const changes = edit.documentChanges ?? [];
    assert.deepEqual(changes.at(-1), {
      kind: 'rename',
      oldUri: client.uri(task('task-002-login')),
      newUri: client.uri(task('task-002-session')),
    });
    const versions = new Map(
      changes.flatMap((one) => ('textDocument' in one ? [[one.textDocument.uri, one.textDocument.version]] : [])),
    );
    assert.equal(versions.get(uri), 7);
    assert.equal(versions.get(client.uri(prompt)), null);
    await assert.rejects(client.request('textDocument/rename', { ...place, newName: 'A3' }), /A3 is taken/);
    await assert.rejects(
      client.request('textDocument/prepareRename', where(manifest, '"waves"', 3)),
      /Put the cursor on the id/,
    );
  });

  test('a guess is offered, but neither on one key nor with all the others', async () => {
    await start(shop);
    const uri = await client.open(
      '.claude/agents/critic.md',
      '---\nname: critic\ndescription: Reviews\nmodel: sonet\n---\nReview.\n',
    );
    const actions = await client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: { start: { line: 3, character: 7 }, end: { line: 3, character: 12 } },
      context: { diagnostics: [] },
    });
    const guess = actions.find((one) => one.title === 'Change to sonnet');
    assert.ok(guess?.edit, actions.map((one) => one.title).join(', '));
    assert.equal(guess.isPreferred, undefined);
    assert.ok(!actions.some((one) => one.title.startsWith('Fix all')));
  });

  test('fixes, a fix for the whole file, a suppression that works, an explanation where it can be shown', async () => {
    await start(rich, { rulePages: 'slicewave-doc', commands: ['vscode.open', 'slicewave.runSlice'] });
    const name = task('task-002-login');
    const uri = await client.open(name, shop[name] ?? '');
    const found = (await pulled(name)).items.find((one) => one.code === 'task.stop-missing');
    assert.equal(found?.codeDescription?.href, 'slicewave-doc:/rules/task.stop-missing.md');
    const ask = (only?: string[]): Promise<CodeAction[]> =>
      client.request('textDocument/codeAction', {
        textDocument: { uri },
        range: found?.range,
        context: { diagnostics: [], ...(only ? { only } : {}) },
      });
    const all = await ask();
    const stop = all.find((one) => one.title === 'Add the usual stop conditions');
    assert.equal(stop?.isPreferred, true, 'one key applies what is certain');
    const titles = all.map((one) => one.title);
    for (const title of [
      'Add the usual stop conditions',
      'Suppress task.stop-missing for the next line…',
      'Explain task.stop-missing',
      'Fix all Slicewave findings in this file',
    ])
      assert.ok(titles.includes(title), `${title} among ${titles.join(', ')}`);
    assert.deepEqual(
      (await ask(['source.fixAll'])).map((one) => one.kind),
      ['source.fixAll.slicewave'],
    );
    assert.deepEqual(all.find((one) => one.title.startsWith('Explain task.stop'))?.command?.arguments, [
      'slicewave-doc:/rules/task.stop-missing.md',
    ]);
    const [insert] = all.find((one) => one.title.startsWith('Suppress task.stop'))?.edit?.changes?.[uri] ?? [];
    assert.ok(insert);
    await client.notify('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: insert.range, text: insert.newText }],
    });
    const left = await codes(name);
    assert.ok(
      !left.includes('task.stop-missing') && !left.some((code) => code.startsWith('suppression.')),
      left.join(', '),
    );
    const lenses = await client.request<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } });
    assert.deepEqual(lenses.find((lens) => lens.command?.title === 'Run')?.command, {
      title: 'Run',
      command: 'slicewave.runSlice',
      arguments: [{ root, planDir: 'parallel/TS-7-shop', slice: 'task-002-login' }],
    });
    assert.ok(!lenses.some((lens) => lens.command?.title === 'Open worktree'), 'only commands that the client has');
  });

  test('what the runs of a slice have come to; a folder below the top; a linked worktree', async () => {
    const options = { commands: ['slicewave.runSlice'] };
    const primary = root;
    const run = '20260101T000000000Z-aaaaaa';
    const plan = planIdOf('shop/parallel/TS-7-shop');
    const started = { v: 1, t: '2026-01-01T00:00:00.000Z', type: 'run_started', run_id: run, plan };
    const who = { slice: 'A3', attempt: 1, mode: 'fresh', pid: 1, pid_started: 'x', host: 'elsewhere' };
    const ended = {
      v: 1,
      t: '2026-01-01T00:01:00.000Z',
      type: 'ended',
      end: 'failed',
      reason: null,
      detail: 'x',
      stop: null,
    };
    await write(
      `.agent-runs/${run}/events.jsonl`,
      `${JSON.stringify({ ...started, ...who, worktree: '/x', branch: null })}\n${JSON.stringify(ended)}\n`,
    );
    await write('.git/worktrees/x/commondir', '../..\n');
    // The same repository, opened by a worktree of it, and there by a directory: one works there, on the same state.
    root = await realpath(await mkdtemp(path.join(tmpdir(), 'slicewave tree-')));
    await write('.git', `gitdir: ${primary}/.git/worktrees/x\n`);
    for (const [name, text] of Object.entries(shop)) await write(`shop/${name}`, text);
    const top = root;
    root = path.join(root, 'shop');
    await start(rich, options);
    const lenses = await client.request<CodeLens[]>('textDocument/codeLens', {
      textDocument: { uri: client.uri(task('task-003-reset')) },
    });
    assert.deepEqual(lenses[0]?.command?.arguments, [{ root: top, planDir: 'shop/parallel/TS-7-shop', slice: 'A3' }]);
    const hover = await client.request<Hover>('textDocument/hover', where(manifest, '"A3"', 2));
    assert.match(JSON.stringify(hover.contents), /State: failed/);
    await rm(primary, { recursive: true });
  });

  test('formatting, whole and in part', async () => {
    const { capabilities } = await start();
    assert.equal(capabilities.documentFormattingProvider, undefined);
    await client.until(() => client.heard.includes('register textDocument/formatting'));
    const name = task('task-002-login');
    const text = (shop[name] ?? '').replace('MODIFY: apps/users/**', 'MODIFY:   apps/users/**  ');
    const uri = await client.open(name, text);
    const options = { tabSize: 2, insertSpaces: true };
    const edits = await client.request<TextEdit[]>('textDocument/formatting', { textDocument: { uri }, options });
    assert.equal(edits.length, 1);
    const none = await client.request<TextEdit[]>('textDocument/rangeFormatting', {
      textDocument: { uri },
      range: { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } },
      options,
    });
    assert.deepEqual(none, []);
  });

  test('files that are not ours, documents nobody knows, positions outside the text: empty answers', async () => {
    await start();
    const readme = await client.open('README.md', '# Hello\n');
    for (const uri of [readme, client.uri('nowhere.md'), 'untitled:Untitled-1', 'git:/x.md?y', 'file://%zz/a.md']) {
      for (const at of [
        { line: 0, character: 1 },
        { line: 9999, character: 9999 },
      ]) {
        const params = { textDocument: { uri }, position: at };
        assert.deepEqual(await client.request('textDocument/completion', params), [], uri);
        assert.equal(await client.request('textDocument/hover', params), null);
        assert.deepEqual(await client.request('textDocument/definition', params), []);
        assert.deepEqual(
          await client.request('textDocument/references', { ...params, context: { includeDeclaration: true } }),
          [],
        );
      }
      for (const method of ['documentSymbol', 'foldingRange', 'documentLink', 'codeLens'])
        assert.deepEqual(await client.request(`textDocument/${method}`, { textDocument: { uri } }), [], method);
      const report = await client.request<FullDocumentDiagnosticReport>('textDocument/diagnostic', {
        textDocument: { uri },
      });
      assert.deepEqual(report.items, []);
    }
  });

  test('a client that cannot ask is told, through `slicewave lsp`', async () => {
    const { capabilities } = await start({}, { lint: { rules: { 'task.stop-missing': 'error' } } }, [
      CLI,
      'lsp',
      '--stdio',
    ]);
    assert.equal(capabilities.diagnosticProvider, undefined);
    assert.equal(capabilities.documentFormattingProvider, true);
    await client.until(() => client.codes(task('task-002-login')).includes('task.stop-missing'));
    assert.equal(
      client.diagnostics(task('task-002-login')).find((one) => one.code === 'task.stop-missing')?.severity,
      1,
    );
    const contract = await client.request<WorkspaceEdit>('textDocument/rename', {
      ...where(manifest, '"task-002"', 3),
      newName: 'task-002-session',
    });
    assert.ok(contract.changes?.[client.uri(manifest)] && !contract.documentChanges);
    await client.notify('workspace/didChangeConfiguration', {
      settings: { slicewave: { lint: { rules: { 'task.*': 'off' } } } },
    });
    await client.until(() => !client.codes(task('task-002-login')).includes('task.stop-missing'));
  });
});
