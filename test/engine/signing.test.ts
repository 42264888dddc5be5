/** What the user sets for their commits, and the tool's commits keep to: who makes them, and whether they are signed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Git } from '../../src/node/git/git.ts';
import { openRepository } from '../../src/node/git/repository.ts';
import { readSettings } from '../../src/node/git/settings.ts';
import { doctor } from '../../src/node/run/doctor.ts';
import type { PreflightCheck } from '../../src/node/run/preflight.ts';
import { commitAsUser, SIGNER_WAITED, signerOf, unsignedBetween, whyNotSigning } from '../../src/node/git/signing.ts';
import { fake, Project } from './fixture.ts';

const KEY_PROGRAM = 'ssh-keygen';

/** A key that no passphrase protects, and beside it the public half. */
function makeKey(file: string): void {
  execFileSync(KEY_PROGRAM, ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file]);
}

suite('commits of a user who signs', function () {
  this.timeout(240_000);
  let project: Project;
  let key: string;

  const set = (...settings: readonly (readonly [string, string])[]): void => {
    for (const [name, value] of settings) project.git('config', name, value);
  };

  setup(async () => {
    project = await Project.create({ slices: [{ id: 'A1', verify: [fake('check')] }] });
    key = path.join(project.home, 'key');
    makeKey(key);
    const allowed = path.join(project.home, 'allowed');
    writeFileSync(allowed, `test@example.com ${readFileSync(`${key}.pub`, 'utf8')}`);
    set(['commit.gpgSign', 'true'], ['gpg.format', 'ssh'], ['user.signingKey', `${key}.pub`]);
    set(['gpg.ssh.allowedSignersFile', allowed]);
  });

  teardown(() => project.close());

  test('slices and merges are signed, and what lands on their branch is', async () => {
    const { code, out, err } = await project.run();
    assert.equal(code, 0, out + err);
    const branch = `slicewave/${project.planId}/A1`;
    project.git('verify-commit', branch);
    assert.equal(project.git('log', '-1', '--format=%an', branch), 'Test');
    // The person went on meanwhile: a merge is needed.
    project.git('commit', '--quiet', '--no-gpg-sign', '--allow-empty', '-m', 'meanwhile');
    const integrated = await project.cli('integrate', project.planDir, '--into', 'main');
    assert.equal(integrated.code, 0, integrated.out + integrated.err);
    project.git('verify-commit', 'main');
    project.git('verify-commit', `slicewave/${project.planId}/integration`);
    assert.match(integrated.out + integrated.err, /signatures/);
    // Snapshots are the tool's own and nobody's to sign.
    const snapshot = project.git('for-each-ref', '--format=%(objectname)', 'refs/slicewave/runs').split('\n')[0] ?? '';
    assert.doesNotMatch(project.git('cat-file', 'commit', snapshot), /^gpgsig /m);
  });

  test('a signer that cannot sign costs no work, and is named in run and integrate', async () => {
    rmSync(key);
    const { code, out, err } = await project.run();
    assert.equal(code, 0, out + err);
    assert.match(out + err, /the commit is not signed, though commit\.gpgSign asks for it: .*key/i);
    const warned = (out + err).indexOf('commit.gpgSign asks for signed commits, and none can be signed now (');
    const started = (out + err).search(/^(?:[\d:]+ )?A1 +running/m);
    assert.ok(warned >= 0 && warned < started, out + err);
    assert.match(out + err, /Make `git commit -S` work here/);
    const integrated = await project.cli('integrate', project.planDir, '--into', 'main');
    assert.equal(integrated.code, 0, integrated.out + integrated.err);
    assert.match(
      integrated.out + integrated.err,
      /signatures: \d commits? (?:is|are) not signed, though commit\.gpgSign/,
    );
    assert.equal(project.git('show', 'main:src/A1.txt'), 'A1 saw start.txt');
  });
});

suite('what a person set for merges of their own', function () {
  this.timeout(240_000);
  let project: Project;
  let base: string;
  let integration: string;

  suiteSetup(async () => {
    project = await Project.create({ slices: [{ id: 'A1', verify: [fake('check')] }] });
    project.git('config', 'merge.verifySignatures', 'true');
    project.git('config', 'merge.ff', 'only');
    const { code, out, err } = await project.run();
    assert.equal(code, 0, out + err);
    base = project.git('rev-parse', 'main');
  });
  suiteTeardown(() => project.close());

  const integrate = async (): Promise<{ code: number | null; said: string }> => {
    const { code, out, err } = await project.cli('integrate', project.planDir, '--into', 'main');
    integration = project.git('rev-parse', `slicewave/${project.planId}/integration`);
    return { code, said: out + err };
  };

  test('merges what is unsigned nowhere, says why, and what to do', async () => {
    // A setting that comes later has no say: the one of the plan's start is kept.
    project.git('config', 'merge.verifySignatures', 'false');
    const { code, said } = await integrate();
    assert.notEqual(code, 0, said);
    assert.match(said, /main was not moved: merge\.verifySignatures asks for a signature that can be verified/);
    assert.match(said, /--no-verify-signatures/);
    assert.doesNotMatch(said, /main now holds it/);
    assert.equal(project.git('rev-parse', 'main'), base);
    assert.equal(project.git('status', '--porcelain', '--untracked-files=no', '--', 'src'), '');
  });

  test('makes no merge commit where only fast-forwards are allowed', async () => {
    forget('merge.verifysignatures');
    project.git('commit', '--quiet', '--allow-empty', '-m', 'meanwhile');
    base = project.git('rev-parse', 'main');
    const { code, said } = await integrate();
    assert.notEqual(code, 0, said);
    assert.match(said, /main was not moved: merge\.ff=only allows no merge commit/);
    assert.equal(project.git('rev-parse', 'main'), base);
  });

  test('what a branch sets for its merges is kept where it forbids, and leaves nothing out of a merge', async () => {
    forget('merge.ff');
    project.git('config', 'branch.main.mergeOptions', '--ff-only');
    const refused = await integrate();
    assert.match(refused.said, /main was not moved: branch\.main\.mergeOptions allows no merge commit/);
    project.git('config', 'branch.main.mergeOptions', '--squash -s ours');
    const { code, said } = await integrate();
    assert.equal(code, 0, said);
    assert.match(said, /main now holds it/);
    project.git('merge-base', '--is-ancestor', integration, 'main');
    assert.equal(project.git('show', 'main:src/A1.txt'), 'A1 saw start.txt');
  });

  /** As if the setting had not been there at the start. */
  function forget(key: string): void {
    const file = path.join(project.runsDir, 'settings', `${project.planId}.json`);
    const settings: unknown = JSON.parse(readFileSync(file, 'utf8'));
    assert.ok(typeof settings === 'object' && settings !== null && 'config' in settings);
    assert.ok(Array.isArray(settings.config));
    const config: readonly unknown[] = settings.config;
    const kept = config.filter((one) => !(Array.isArray(one) && one[0] === key));
    const own = config.findLast((one) => Array.isArray(one) && one[0] === key);
    writeFileSync(file, JSON.stringify({ ...settings, config: [...kept, own] }));
  }
});

suite('signing', () => {
  let top: string;
  setup(() => {
    top = mkdtempSync(path.join(tmpdir(), 'sw-sign-'));
    const git = (...args: readonly string[]): unknown =>
      execFileSync('git', ['-C', top, ...args], { env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' } });
    git('init', '--quiet');
    git('config', 'user.name', 'T');
    git('config', 'user.email', 't@t');
    git('commit', '--quiet', '--allow-empty', '-m', 'one');
  });
  teardown(() => rmSync(top, { recursive: true, force: true }));

  test('is asked for by the last word of the user, not by the one that the tool adds', async () => {
    const repository = await openRepository(top);
    assert.ok(repository.ok);
    const asks = async (): Promise<boolean> => signerOf(await readSettings(repository.value)) !== null;
    assert.equal(await asks(), false);
    for (const [value, expected] of [
      ['true', true],
      ['no', false],
      ['1', true],
      ['off', false],
    ] as const) {
      execFileSync('git', ['-C', top, 'config', 'commit.gpgsign', value]);
      assert.equal(await asks(), expected, value);
    }
  });

  test('a signer that was set after the plan had started is not asked', async () => {
    const key = path.join(top, 'key');
    makeKey(key);
    const set = (name: string, value: string): unknown => execFileSync('git', ['-C', top, 'config', name, value]);
    set('commit.gpgsign', 'true');
    set('gpg.format', 'ssh');
    set('user.signingkey', key);
    const repository = await openRepository(top);
    assert.ok(repository.ok);
    const signer = signerOf(await readSettings(repository.value));
    assert.ok(signer);
    const [trap, ran] = [path.join(top, 'trap'), path.join(top, 'ran')];
    writeFileSync(trap, `#!/bin/sh\n: > '${ran}'\nexit 1\n`);
    chmodSync(trap, 0o755);
    for (const name of ['gpg.ssh.program', 'gpg.program', 'gpg.openpgp.program', 'gpg.x509.program']) set(name, trap);
    for (const format of ['openpgp', 'x509', 'ssh']) {
      set('gpg.format', format);
      assert.equal(await whyNotSigning(repository.value.git, signer), null);
    }
    assert.ok(!existsSync(ran));
    assert.throws(() =>
      execFileSync('git', ['-C', top, 'commit', '--quiet', '--allow-empty', '-m', 'two'], { stdio: 'ignore' }),
    );
    assert.ok(existsSync(ran), 'the trap is one');
  });

  test('a machine whose signer cannot sign is told of, and one whose signer can', async () => {
    const key = path.join(top, 'key');
    makeKey(key);
    const set = (name: string, value: string): unknown => execFileSync('git', ['-C', top, 'config', name, value]);
    const signing = async (): Promise<PreflightCheck | undefined> =>
      (await doctor(top)).find((check) => check.name === 'signing');
    assert.equal(await signing(), undefined);
    set('commit.gpgsign', 'true');
    set('gpg.format', 'ssh');
    set('user.signingkey', key);
    assert.equal((await signing())?.status, 'ok');
    rmSync(key);
    const lacking = await signing();
    assert.equal(lacking?.status, 'warning');
    assert.match(lacking?.detail ?? '', /they will be made without a signature/);
    assert.match(lacking?.remedy ?? '', /git commit -S/);
  });

  test('runners wait no second time for a signer that waited in vain', async () => {
    execFileSync('git', ['-C', top, 'config', 'commit.gpgsign', 'true']);
    const repository = await openRepository(top);
    assert.ok(repository.ok);
    const settings = await readSettings(repository.value);
    const first = signerOf(settings, {})?.timeLimit ?? 0;
    assert.ok((signerOf(settings, { [SIGNER_WAITED]: '1' })?.timeLimit ?? 0) < first / 4);
  });

  test('a signer that waits for a person is ended, and the commit is made without', async () => {
    const waits = path.join(top, 'waits');
    writeFileSync(waits, '#!/bin/sh\nexec sleep 600\n');
    chmodSync(waits, 0o755);
    const env = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'gpg.program', GIT_CONFIG_VALUE_0: waits };
    const git = new Git(top);
    const signer = { env, timeLimit: 300 };
    assert.match((await whyNotSigning(git, signer)) ?? '', /did not end in 0\.3 seconds/);
    const tree = await git.treeOf('HEAD');
    const made = await commitAsUser(git, { tree, parents: ['HEAD'], message: 'two', signer });
    assert.match(made.unsigned ?? '', /did not end/);
    assert.deepEqual(await unsignedBetween(git, 'HEAD', made.commit), [made.commit]);
  });
});
