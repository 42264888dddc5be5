import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import Draft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { LspClient } from '../unit/lsp-client.ts';
import { CLI } from './fixture.ts';

const good =
  '# A\n\n## Outcome\n\nAnyone can order.\n\n## In scope\n\n- `src/orders`\n\n## Out of scope\n\n- payment\n\n## Evidence\n\n- [ ] `node --test` passes\n';
const bad = good.replace('Anyone can order.', 'TBD');
/** Nothing is wrong with it but what a fix mends. */
const mendable = good.replace(
  '## Out of scope',
  '<!-- slicewave-disable-next-line spec.cycle: it was there once -->\n## Out of scope',
);

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

suite('slicewave lint', () => {
  let top: string;
  let root: string;

  setup(() => {
    top = realpathSync(mkdtempSync(path.join(tmpdir(), 'slicewave lint cli ü-')));
    root = path.join(top, 'repo');
    mkdirSync(root);
    execFileSync('git', ['init', '--quiet'], { cwd: root });
    put('specs/good.md', good);
  });

  teardown(() => rmSync(top, { recursive: true, force: true }));

  function put(file: string, content: string | Buffer): string {
    const full = path.resolve(root, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, content);
    return full;
  }

  async function lint(args: readonly string[] = [], cwd = root): Promise<Ended> {
    const child = spawn(process.execPath, [CLI, 'lint', ...args], {
      cwd,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  }

  async function codes(args: readonly string[] = [], cwd = root): Promise<string[]> {
    const { out } = await lint(['--json', ...args], cwd);
    const report = JSON.parse(out) as { findings: { file: string; code: string; severity: string }[] };
    return report.findings.map((found) => `${found.file} ${found.severity} ${found.code}`);
  }

  test('exit codes: nothing, errors, warnings up to a number', async () => {
    assert.deepEqual(await lint(), { code: 0, out: 'no findings\n1 file checked\n', err: '' });
    put('specs/bad.md', bad);
    const failed = await lint();
    assert.equal(failed.code, 1);
    assert.match(failed.out, /^specs\/bad\.md:3:4 error spec\.answer-empty .*\n {2}3 \| ## Outcome\n {4}\| {4}\^{7}\n/);
    assert.match(failed.out, /\n1 error\n2 files checked\n$/);
    put('specs/bad.md', mendable);
    assert.deepEqual(await codes(), ['specs/bad.md warning suppression.unused']);
    assert.equal((await lint()).code, 0);
    assert.equal((await lint(['--max-warnings', '1'])).code, 0);
    const many = await lint(['--max-warnings', '0']);
    assert.equal(many.code, 1);
    assert.match(many.err, /^1 warning, but at most 0 may be there/);
    const quiet = await lint(['--max-warnings', '0', '--quiet']);
    assert.equal(quiet.code, 1, 'what is not shown still counts');
    assert.match(quiet.out, /^no findings\n/);
  });

  test('a wrong call ends with 2 and says what is wrong', async () => {
    put('src/a.ts', '');
    const calls: [args: string[], message: RegExp][] = [
      [['missing.md'], /there is no missing\.md/],
      [['src'], /nothing to check in src/],
      [['src/a.ts'], /nothing to check in src\/a\.ts/],
      [['--format', 'xml'], /must be one of text, json, sarif, github, not "xml"/],
      [['--json', '--format', 'sarif'], /exclude each other/],
      [['--max-warnings', '-1'], /max-warnings/],
      [['--max-warnings', 'many'], /whole number from 0/],
      [['--config', 'none.yaml'], /cannot read the settings none\.yaml: there is no such file\n/],
      [['--config', 'src'], /cannot read the settings src: it is a directory\n/],
      [['--fix', '--fix-dry-run'], /exclude each other/],
      [['--fix-dry-run', '--json'], /takes no --format/],
      [['--explain', 'task.nothing-at-all'], /there is no rule task\.nothing-at-all\n.*task\.stop-missing/],
      [['--unknown'], /unknown/i],
    ];
    for (const [args, message] of calls) {
      const ended = await lint(args);
      assert.equal(ended.code, 2, args.join(' '));
      assert.match(ended.err, message);
      assert.equal(ended.out, '');
    }
  });

  test('from a subdirectory: what is below it, paths as seen from there, the whole repository known', async () => {
    put('specs/bad.md', bad);
    put('docs/deep/x.spec.md', bad);
    const deep = path.join(root, 'docs/deep');
    assert.match((await lint([], deep)).out, /^x\.spec\.md:3:4 /);
    assert.match((await lint(['../../specs'], deep)).out, /^\.\.\/\.\.\/specs\/bad\.md:3:4 /);
    assert.deepEqual(await codes([], deep), ['docs/deep/x.spec.md error spec.answer-empty']);
    assert.equal((await codes(['../..'], deep)).length, 2);
    put('src/a.ts', '');
    assert.deepEqual(await lint([], path.join(root, 'src')), {
      code: 0,
      out: 'no findings\n0 files checked\n',
      err: '',
    });
  });

  test('files that git ignores, and files elsewhere, when they are named', async () => {
    put('.gitignore', '.agent-runs/\nprivate/\n');
    put('private/x.spec.md', bad);
    put('.agent-runs/r1/trace.json', '{ "v": 99 }\n');
    put('../elsewhere/y.spec.md', bad);
    assert.deepEqual(await codes(), []);
    assert.deepEqual(await codes(['private/x.spec.md']), ['private/x.spec.md error spec.answer-empty']);
    assert.deepEqual(await codes(['private']), ['private/x.spec.md error spec.answer-empty']);
    assert.deepEqual(await codes(['../elsewhere']), ['../elsewhere/y.spec.md error spec.answer-empty']);
    assert.deepEqual(await codes([path.join(top, 'elsewhere/y.spec.md')]), [
      '../elsewhere/y.spec.md error spec.answer-empty',
    ]);
    for (const named of ['.agent-runs/r1/trace.json', '.agent-runs'])
      assert.ok(
        (await codes([named])).some(
          (found) => found.startsWith('.agent-runs/r1/trace.json ') && found.includes(' trace.'),
        ),
        named,
      );
  });

  test('links that lead round in a circle, in a directory that is named', async () => {
    put('.gitignore', 'round/\n');
    put('round/x.spec.md', bad);
    for (const name of ['one', 'two', 'three']) symlinkSync('.', path.join(root, 'round', name));
    assert.deepEqual(await codes(['round']), ['round/x.spec.md error spec.answer-empty']);
    assert.deepEqual(await codes(['round/one']), ['round/one/x.spec.md error spec.answer-empty']);
  });

  test('--fix applies no guess, and says that there is one', async () => {
    const agent = '---\nname: Reviewer\ndescription: Reviews\nmodel: sonet\n---\nReview.\n';
    const file = put('.claude/agents/reviewer.md', agent);
    assert.match((await lint()).out, /did you mean sonnet\?\n/, 'it is not called fixable');
    const fixed = await lint(['--fix']);
    assert.equal(readFileSync(file, 'utf8'), agent.replace('Reviewer', 'reviewer'));
    assert.match(fixed.err, /^1 finding has a fix that somebody must look at or fill in/);
  });

  test('settings of the repository, and others by --config', async () => {
    put('specs/bad.md', bad);
    put('.slicewave/lint.yaml', 'rules:\n  spec.answer-empty: warning\n');
    assert.deepEqual(await codes(), ['specs/bad.md warning spec.answer-empty']);
    assert.deepEqual(await codes([], path.join(root, 'specs')), ['specs/bad.md warning spec.answer-empty']);
    put('other.json', '{"rules": {"*": "off"}}');
    assert.deepEqual(await codes(['--config', 'other.json']), []);
    put('other.json', '{"ignore": ["specs/bad.md"]}');
    assert.deepEqual(await codes(['--config', '../other.json'], path.join(root, 'specs')), []);

    put('.slicewave/lint.yaml', 'rules:\n  spec.answer-empty: fatal\n');
    const wrong = await lint();
    assert.equal(wrong.code, 2);
    assert.match(
      wrong.err,
      /^\.slicewave\/lint\.yaml:2:22 error settings\.schema "rules\.spec\.answer-empty" must be one of off, hint, info, warning, error\n {2}2 \| {3}spec\.answer-empty: fatal\n {4}\| {22}\^{5}\n/,
    );
    put('.slicewave/lint.yaml', 'rules:\n  spec.anwser-empty: off\n');
    const unknown = await lint();
    assert.equal(unknown.code, 1, 'an unknown rule is said, and the rest goes on');
    assert.match(
      unknown.err,
      /^\.slicewave\/lint\.yaml:2:3 warning settings\.unknown-rule there is no rule "spec\.anwser-empty"/,
    );
  });

  test('--fix mends files in place, and keeps everything else about them', async () => {
    const crlf = put('specs/crlf.md', `\uFEFF${mendable.replaceAll('\n', '\r\n')}`);
    const plain = put('specs/plain.md', mendable);
    chmodSync(plain, 0o640);
    const latin = put('specs/latin.md', Buffer.from(mendable.replace('payment', 'paym\u00e9nt'), 'latin1'));
    const untouched = put('specs/bad.md', bad);
    const link = path.join(root, 'specs/link.md');
    symlinkSync('plain.md', link);
    const before = readFileSync(latin);
    const fixed = await lint(['--fix']);
    assert.equal(fixed.code, 1);
    assert.match(
      fixed.out,
      /fixed specs\/crlf\.md\n {2}suppression\.unused: Remove the suppression\nfixed specs\/plain\.md\n/,
    );
    assert.match(fixed.err, /cannot fix specs\/latin\.md: .*not valid UTF-8/);
    assert.equal(readFileSync(crlf, 'utf8'), `\uFEFF${good.replaceAll('\n', '\r\n')}`);
    assert.equal(readFileSync(plain, 'utf8'), good);
    assert.equal(statSync(plain).mode & 0o777, 0o640);
    assert.deepEqual(readFileSync(latin), before);
    assert.equal(readFileSync(untouched, 'utf8'), bad);
    rmSync(latin);
    rmSync(untouched);
    const again = await lint(['--fix']);
    assert.equal(again.code, 0);
    assert.match(again.out, /^no findings\n/);
  });

  test('--fix touches only what is asked for, and keeps other formats clean', async () => {
    const a = put('specs/a.md', mendable);
    const b = put('specs/b.md', mendable);
    const ended = await lint(['--fix', '--json', 'specs/b.md']);
    assert.deepEqual((JSON.parse(ended.out) as { findings: unknown[] }).findings, []);
    assert.match(ended.err, /^fixed specs\/b\.md\n/);
    assert.equal(readFileSync(a, 'utf8'), mendable);
    assert.equal(readFileSync(b, 'utf8'), good);
  });

  test('--fix-dry-run changes nothing, and git can apply what it prints', async () => {
    const a = put('specs/a.md', mendable);
    const b = put('specs/b.md', mendable.replaceAll('\n', '\r\n').trimEnd());
    const dry = await lint(['--fix-dry-run']);
    assert.equal(dry.code, 0);
    assert.equal(dry.err, 'would fix 2 findings in 2 files\n');
    assert.equal(readFileSync(a, 'utf8'), mendable);
    execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd: root, input: dry.out });
    assert.equal(readFileSync(a, 'utf8'), good);
    assert.equal(readFileSync(b, 'utf8'), good.replaceAll('\n', '\r\n').trimEnd());
    assert.deepEqual(await lint(['--fix-dry-run']), { code: 0, out: '', err: 'would fix 0 findings in 0 files\n' });
  });

  test('SARIF holds to its schema, with what comments suppress', async () => {
    put('specs/bad.md', bad);
    put('specs/ü %.md', `<!-- slicewave-disable-file spec.answer-empty: a draft -->\n${bad}`);
    const { code, out } = await lint(['--format', 'sarif']);
    assert.equal(code, 1);
    const log = JSON.parse(out) as {
      runs: {
        originalUriBaseIds: { SRCROOT: { uri: string } };
        results: {
          suppressions?: unknown[];
          locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
        }[];
      }[];
    };
    const ajv = new Draft04.default({ strict: false, unicodeRegExp: false });
    addFormats.default(ajv);
    const schema: unknown = JSON.parse(
      readFileSync(path.join(import.meta.dirname, '../fixtures/sarif/sarif-schema-2.1.0.json'), 'utf8'),
    );
    const check = ajv.compile(schema as object);
    assert.ok(check(log), JSON.stringify(check.errors));
    const [run] = log.runs;
    const found = run?.results.map((result) => [
      decodeURI(
        new URL(result.locations[0]?.physicalLocation.artifactLocation.uri ?? '', run.originalUriBaseIds.SRCROOT.uri)
          .pathname,
      ),
      result.suppressions?.length ?? 0,
    ]);
    assert.deepEqual(
      found,
      [
        [path.join(root, 'specs/bad.md'), 0],
        [path.join(root, 'specs/ü %.md'), 1],
      ].map(([file, count]) => [
        String(file)
          .replace('%', '%25')
          .replace(/%25\.md$/, '%.md'),
        count,
      ]),
    );
  });

  test('annotations for GitHub are relative to the repository', async () => {
    put('specs/bad.md', bad);
    const { out } = await lint(['--format', 'github'], path.join(root, 'specs'));
    assert.match(
      out,
      /^::error file=specs\/bad\.md,line=3,endLine=3,col=4,endColumn=11,title=spec\.answer-empty::[^\n]+\n$/,
    );
  });

  test('every rule is explained', async () => {
    const list = await lint(['--explain']);
    assert.equal(list.code, 0);
    assert.match(list.out, /^Specs\n/);
    assert.match(list.out, /^ {2}suppression\.unused +warning +A suppression hides nothing/m);
    const page = await lint(['--explain', 'suppression.unused', 'suppression.malformed']);
    assert.match(page.out, /^# suppression\.unused \(warning\)\n\n[^]*\n# suppression\.malformed \(warning\)\n\n/);
  });

  test('outside of any repository', async () => {
    const lone = path.join(top, 'lone');
    mkdirSync(lone);
    writeFileSync(path.join(lone, 'x.spec.md'), bad);
    assert.deepEqual(await codes([], lone), ['x.spec.md error spec.answer-empty']);
  });
});

suite('slicewave lsp', () => {
  for (const args of [['lsp'], ['lsp', '--stdio']])
    test(`${args.join(' ')} speaks the protocol over standard input and output`, async () => {
      const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'slicewave-lsp-')));
      mkdirSync(path.join(root, 'specs'));
      writeFileSync(path.join(root, 'specs/bad.md'), bad);
      const client = new LspClient({ server: [CLI, ...args], root });
      try {
        await client.start();
        await client.until(() => client.codes('specs/bad.md').includes('spec.answer-empty'));
      } finally {
        await client.stop();
        rmSync(root, { recursive: true, force: true });
      }
    });

  test('it ends when its editor goes away', async () => {
    const child = spawn(process.execPath, [CLI, 'lsp'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await new Promise((resolve) => child.once('spawn', resolve));
    const closed = once(child, 'close');
    child.stdin.end();
    await closed;
  });
});
