/** From a spec to a branch in repositories of every shape; a row of `rows.ts` each. */
import assert from 'node:assert/strict';
import process from 'node:process';
import type { RepositoryRow } from './row.ts';
import { REPOSITORIES } from './rows.ts';
import { PLAN, Site, SPEC } from './site.ts';

/** All of them, or what stands for them: every third, so some of each kind. */
const rows = REPOSITORIES.filter((_row, at) => process.env['SLICEWAVE_ALL_CASES'] === '1' || at % 3 === 0);

suite('repositories of every shape', () => {
  for (const row of rows)
    test(`${row.name}: ${row.right}`, async () => {
      const site = new Site();
      try {
        await wholeLoop(site, row);
      } finally {
        site.remove();
      }
    });
});

async function wholeLoop(site: Site, row: RepositoryRow): Promise<void> {
  const { into = 'main' } = row;
  const where = row.build(site);
  const made = await site.cli(where, 'decompose', SPEC, '--dir', PLAN, '--yes');
  if (row.unrunnable && made.code !== 0) {
    assert.match(made.err, row.unrunnable);
    return;
  }
  assert.equal(made.code, 0, `decompose\n${made.out}\n${made.err}`);
  if (!row.uncommitted) site.commit(where, 'plan');
  const status = site.git(where, 'status', '--porcelain');
  const ran = await site.run(where, ...(row.runOptions ?? []));
  if (row.unrunnable) {
    assert.match(ran.err, row.unrunnable);
    assert.notEqual(ran.code, 0);
    assert.ok(!ran.out.includes('running'), `nobody was paid\n${ran.out}`);
    return;
  }
  assert.equal(ran.code, 0, `run\n${ran.out}\n${ran.err}`);
  for (const id of ['A1', 'B1']) assert.match(ran.out, new RegExp(`^\\S+ ${id} +verified(?:, 1 doubt)?$`, 'm'));
  assert.equal(site.git(where, 'status', '--porcelain'), status, 'the run left the checkout as it was');
  if (row.says) assert.match(`${ran.out}\n${ran.err}`, row.says);
  await row.between?.(site, where);
  const tracked = site.git(where, 'status', '--porcelain', '--untracked-files=no');
  const start = site.git(where, 'rev-parse', `refs/heads/${into}`);
  const integrated = await site.cli(where, 'integrate', PLAN, '--into', into);
  const said = `integrate\n${integrated.out}\n${integrated.err}`;
  if (row.refused) {
    assert.match(integrated.err, row.refused);
    assert.equal(integrated.code, 1, said);
    assert.equal(site.git(where, 'rev-parse', `refs/heads/${into}`), start);
    return;
  }
  assert.equal(integrated.code, 0, said);
  for (const id of ['A1', 'B1'])
    assert.match(site.git(where, 'grep', '-h', id, `refs/heads/${into}`, '--', ':/*.txt'), new RegExp(id), said);
  assert.equal(site.git(where, 'status', '--porcelain', '--untracked-files=no'), tracked, said);
  await row.after?.(site, where);
}
