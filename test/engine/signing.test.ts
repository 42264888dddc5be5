/** What the user sets for their commits, and the tool's commits keep to: who makes them, and whether they are signed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Git } from '../../src/node/git/git.ts';
import { openRepository } from '../../src/node/git/repository.ts';
import { readSettings } from '../../src/node/git/settings.ts';
import { commitAsUser, signerOf, unsignedBetween, whyNotSigning } from '../../src/node/git/signing.ts';
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
    const integrated = await project.cli('integrate', project.planDir, '--into', 'main');
    assert.equal(integrated.code, 0, integrated.out + integrated.err);
    assert.match(
      integrated.out + integrated.err,
      /signatures: \d commits? (?:is|are) not signed, though commit\.gpgSign/,
    );
    assert.equal(project.git('show', 'main:src/A1.txt'), 'A1 saw start.txt');
  });
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
