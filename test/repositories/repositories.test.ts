/** From a plan to a branch in repositories of every shape; a row of `rows.ts` each. */
import assert from 'node:assert/strict';
import { REPOSITORIES, type RepositoryRow } from './rows.ts';
import { PLAN, Site } from './site.ts';

suite('repositories of every shape', () => {
  for (const row of REPOSITORIES)
    test(`${row.name}: ${row.right}`, async function () {
      this.timeout(300_000);
      const site = new Site();
      try {
        await wholeLoop(site, row);
      } finally {
        site.remove();
      }
    });
});

async function wholeLoop(site: Site, row: RepositoryRow): Promise<void> {
  const { plan = PLAN, slices = ['A1', 'B1'], into = 'main' } = row;
  const where = row.build(site);
  if (row.spec !== undefined) {
    const made = await site.cli(where, 'decompose', row.spec, '--yes');
    assert.equal(made.code, 0, `decompose\n${made.out}\n${made.err}`);
    site.commit(where, 'plan');
  }
  const ran = await site.run(where, plan, ...(row.runOptions ?? []));
  if (row.unrunnable) {
    assert.match(ran.err, row.unrunnable);
    assert.notEqual(ran.code, 0);
    return;
  }
  assert.equal(ran.code, 0, `run\n${ran.out}\n${ran.err}`);
  assert.equal(await site.states(where, plan), slices.map((id) => `${id} verified`).join(', '));
  assert.equal(site.git(where, 'status', '--porcelain'), '', 'the run left the checkout as it was');
  await row.between?.(site, where);
  const start = site.git(where, 'rev-parse', `refs/heads/${into}`);
  const integrated = await site.cli(where, 'integrate', plan, '--into', into);
  const said = `integrate\n${integrated.out}\n${integrated.err}`;
  if (row.refused) {
    assert.match(integrated.err, row.refused);
    assert.equal(integrated.code, 1, said);
    assert.equal(site.git(where, 'rev-parse', `refs/heads/${into}`), start);
    return;
  }
  assert.equal(integrated.code, 0, said);
  for (const id of slices)
    assert.match(site.git(where, 'grep', '-h', id, `refs/heads/${into}`, '--', ':/*.txt'), new RegExp(id), said);
  assert.equal(site.git(where, 'status', '--porcelain', '--untracked-files=no'), '');
  await row.after?.(site, where);
}
