/**
 * The lines of docs/editors.md in the real editors, word for word: findings arrive, a key of the scope is explained, and in
 * Neovim, which does not watch files, findings follow a file that another program makes.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { areInstallable, hasEditor } from './install.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const EXPLAINED = /MODIFY.*What the slice may change/;
const TASK = 'parallel/TS-1-shop/tasks/task-001-pay.md';

/** What each editor is asked to do; it writes one line of JSON for each thing that it sees. */
const NEOVIM = String.raw`
local function has(text)
  for _, one in ipairs(vim.diagnostic.get(0)) do
    if string.find(one.message, text, 1, true) then return true end
  end
  return false
end
local function say(what) vim.fn.writefile({ vim.fn.json_encode(what) }, vim.env.SEEN, 'a') end
say({ found = vim.wait(120000, function() return has('src/pay.ts') end, 50) })
vim.fn.system({ 'mkdir', 'src' })
vim.fn.system({ 'touch', 'src/pay.ts' })
say({ followed = vim.wait(120000, function() return not has('src/pay.ts') end, 50) })
vim.fn.search('MODIFY')
local answers = vim.lsp.buf_request_sync(0, 'textDocument/hover', vim.lsp.util.make_position_params(), 60000)
for _, answer in pairs(answers) do say({ hover = answer.result.contents.value }) end
vim.cmd('qa!')
`;

const EMACS = String.raw`
(require 'json)
(defun say (what) (write-region (concat (json-encode what) "\n") nil (getenv "SEEN") t 'silent))
(defun has (words)
  (seq-some (lambda (one) (string-search words (flymake-diagnostic-text one))) (flymake-diagnostics)))
(defun wait (test)
  (let ((end (+ (float-time) 120)))
    (while (and (not (funcall test)) (< (float-time) end)) (sit-for 0.05) (accept-process-output nil 0.05))
    (if (funcall test) t :json-false)))
(find-file "TASK")
; What is done after each key, for which eglot-ensure waits.
(run-hooks 'post-command-hook)
(say (list :found (wait (lambda () (has "src/pay.ts")))))
(goto-char (point-min))
(search-forward "MODI")
(let ((answer (jsonrpc-request (eglot-current-server) :textDocument/hover (eglot--TextDocumentPositionParams))))
  (say (list :hover (plist-get (plist-get answer :contents) :value))))
`.replace('TASK', TASK);

suite('editors', () => {
  let home: string;
  let project: string;

  setup(() => {
    home = mkdtempSync(path.join(tmpdir(), 'slicewave-editors-'));
    project = path.join(home, 'shop');
    mkdirSync(path.join(project, path.dirname(TASK)), { recursive: true });
    mkdirSync(path.join(home, 'bin'));
    symlinkSync(path.join(ROOT, 'dist/cli.js'), path.join(home, 'bin/slicewave'));
    execFileSync('git', ['init', '--quiet'], { cwd: project });
    const text = '---\nid: task-001-pay\ndeps: []\n---\n# task-001-pay: Pay\n\n## Scope\n\nMODIFY: src/pay.ts\n';
    writeFileSync(path.join(project, TASK), text);
  });

  teardown(() => rmSync(home, { recursive: true, force: true }));

  /** The configuration in a row of the table, without what stands around it. */
  function lineOf(editor: string): string {
    const table = readFileSync(path.join(ROOT, 'docs/editors.md'), 'utf8').split('\n');
    const row = table.find((line) => line.startsWith(`| ${editor}`));
    const line = /`([^`]+)`/.exec(row ?? '')?.[1];
    assert.ok(line, `docs/editors.md has a line for ${editor}`);
    return line;
  }

  /** Runs an editor to its end; what it has seen it writes into a file, a line of JSON for each thing. */
  function seenBy(program: string, args: readonly string[]): readonly unknown[] {
    const seen = path.join(home, 'seen');
    writeFileSync(seen, '');
    const PATH = `${path.join(home, 'bin')}${path.delimiter}${process.env['PATH']}`;
    const env = { ...process.env, HOME: home, PATH, SEEN: seen };
    execFileSync(program, args, { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = readFileSync(seen, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
  }

  if (hasEditor('neovim') || areInstallable())
    test('Neovim', () => {
      writeFileSync(path.join(home, 'init.lua'), `${lineOf('Neovim 0.7')}\n`);
      writeFileSync(path.join(home, 'try.lua'), NEOVIM);
      const quietly = ['--headless', '-i', 'NONE', '-n'];
      const seen = seenBy('nvim', [...quietly, '-u', `${home}/init.lua`, TASK, '-c', `luafile ${home}/try.lua`]);
      assert.deepEqual(seen.slice(0, 2), [{ found: true }, { followed: true }]);
      assert.match(JSON.stringify(seen[2]), EXPLAINED);
    });

  if (hasEditor('emacs') || areInstallable())
    test('Emacs', () => {
      writeFileSync(path.join(home, 'init.el'), `${lineOf('Emacs')}\n(add-hook 'markdown-mode-hook 'eglot-ensure)\n`);
      writeFileSync(path.join(home, 'try.el'), EMACS);
      // As it starts with a screen: packages first, then the person's own file. Without a screen it watches no files.
      const start = ['--batch', '-f', 'package-activate-all', '-l', path.join(home, 'init.el')];
      const seen = seenBy('emacs', [...start, '-l', path.join(home, 'try.el')]);
      assert.deepEqual(seen[0], { found: true });
      assert.match(JSON.stringify(seen[1]), EXPLAINED);
    });
});
