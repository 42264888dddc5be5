import assert from 'node:assert/strict';
import { applied, bench, cursor, manifest, places, prompt, shop, spec, task } from './language-fixture.ts';
import type { Bench } from './language-fixture.ts';
import { loadPlan } from '../../src/core/plan/load.ts';

const references = (at: Bench, declarations = true): string[] =>
  places(at, at.language.references(at.file, at.offset, declarations));
const definition = (at: Bench): string[] => places(at, at.language.definition(at.file, at.offset));

/** The files after a rename, moved ones under their new name. */
function renamed(at: Bench, name: string, canMove = true): Map<string, string> {
  const result = at.language.rename(at.file, at.offset, { name, canMove });
  assert.ok(result.ok, result.ok ? '' : result.failure.message);
  const files = new Map(at.files);
  for (const [file, edits] of result.value.edits) files.set(file, applied(files.get(file) ?? '', edits));
  for (const { from, to } of result.value.moves) {
    files.set(to, files.get(from) ?? '');
    files.delete(from);
  }
  return files;
}

function refused(at: Bench, name: string, canMove = true): string {
  const result = at.language.rename(at.file, at.offset, { name, canMove });
  assert.ok(!result.ok, 'the rename is refused');
  return `${result.failure.reason}: ${result.failure.message}`;
}

function planOf(files: ReadonlyMap<string, string>) {
  const dir = 'parallel/TS-7-shop';
  const own = [...files].flatMap(([file, text]) =>
    file.startsWith(`${dir}/`) ? [[file.slice(dir.length + 1), text] as const] : [],
  );
  const { plan, findings } = loadPlan(new Map(own), dir);
  assert.ok(plan);
  return { plan, errors: findings.filter((found) => found.severity === 'error').map((found) => found.message) };
}

suite('navigation', () => {
  test('references of a slice: ids, short forms, the spec, prompts and prose, each at its exact words', () => {
    const at = cursor(task('task-002-login'), 'id: task-002-login', 'id: task-0|02-login');
    assert.deepEqual(references(at), [
      'manifest.json:6: task-002',
      'manifest.json:10: task-002-login',
      'task-001-users.md:5: task-002',
      'task-001-users.md:21: task-002-login',
      'task-002-login.md:2: task-002-login',
      'task-002-login.md:5: task-002-login',
      'TS-7.spec.md:12: task-002-login',
      'TS-7.spec.md:14: task-002-login',
      'task-001.txt:3: task-002-login',
    ]);
    assert.equal(references(at, false).length, 8);
  });

  test('a short id counts in prose only where ids are to be expected', () => {
    const at = cursor(manifest, '"id": "A3"', '"id": "A3|"');
    assert.deepEqual(references(at), [
      'manifest.json:6: A3',
      'manifest.json:8: A3',
      'manifest.json:9: A3',
      'task-003-reset.md:2: A3',
      'task-003-reset.md:8: A3',
      'TS-7.spec.md:12: A3',
      'TS-7.spec.md:14: A3',
      'task-001.txt:3: A3',
    ]);
  });

  test('definitions: the task spec, from there the spec; workstream, merge point, contract, scope path and symbol', () => {
    assert.deepEqual(definition(cursor(manifest, '"task-002"', '"tas|k-002"')), [
      'task-002-login.md:2: task-002-login',
    ]);
    assert.deepEqual(definition(cursor(task('task-003-reset'), 'id: A3', 'id: A|3')), ['TS-7.spec.md:12: A3']);
    assert.deepEqual(definition(cursor(task('task-003-reset'), 'WS-A', 'WS|-A')), ['manifest.json:3: WS-A']);
    assert.deepEqual(definition(cursor(spec, 'MP1:', 'MP|1:')), ['manifest.json:8: MP1']);
    assert.deepEqual(definition(cursor(task('task-003-reset'), '[users.py]', '[use|rs.py]')), ['users.py:1: ']);
    assert.deepEqual(definition(cursor(task('task-003-reset'), 'MODIFY: apps/users', 'MODIFY: apps/us|ers')), [
      'views.py:1: ',
    ]);
    assert.deepEqual(definition(cursor(task('task-001-users'), 'UserView.get', 'UserView.g|et')), ['views.py:5: get']);
    assert.deepEqual(definition(cursor(task('task-001-users'), 'apps/users/api.py', 'apps/us|ers/api.py')), []);
    assert.deepEqual(definition(cursor(prompt, 'task-002-login', 'task-002-|login')), [
      'task-002-login.md:2: task-002-login',
    ]);
  });

  test('a spec without a plan has names of its own', () => {
    const at = bench({
      [manifest]: null,
      [spec]: '# S\n\n## Slices\n\n- A1: First\n- A2: Second (after A|1)\n\nMP1: A1 -> A2\n',
    });
    assert.deepEqual(references(at), ['TS-7.spec.md:5: A1', 'TS-7.spec.md:6: A1', 'TS-7.spec.md:8: A1']);
    assert.deepEqual(definition(at), ['TS-7.spec.md:5: A1']);
  });

  test('renaming a slice renames its file too, and the plan reads as before', () => {
    const at = cursor(manifest, '"task-002"', '"task-0|02"');
    const files = renamed(at, 'task-002-session');
    assert.ok(files.has(task('task-002-session')) && !files.has(task('task-002-login')));
    assert.ok(![...files.values()].some((text) => text.includes('task-002-login')));
    const before = planOf(at.files);
    const after = planOf(files);
    assert.deepEqual(after.errors, before.errors);
    const renamedIds = (ids: readonly string[]): string[] =>
      ids.map((id) => (id === 'task-002-login' ? 'task-002-session' : id));
    assert.deepEqual(
      after.plan.slices.map((slice) => slice.id),
      renamedIds(before.plan.slices.map((slice) => slice.id)),
    );
    assert.deepEqual(
      after.plan.slices.map((slice) => slice.deps),
      before.plan.slices.map((slice) => renamedIds(slice.deps)),
    );
    assert.deepEqual(after.plan.mergePoints, before.plan.mergePoints);
  });

  test('an editor that cannot move files renames the id alone', () => {
    const files = renamed(cursor(manifest, '"task-002"', '"task-0|02"'), 'task-002-session', false);
    assert.ok(files.has(task('task-002-login')));
    assert.deepEqual(
      planOf(files).plan.slices.map((slice) => slice.id),
      ['task-001-users', 'task-002-session', 'A3'],
    );
  });

  test('a file that is not called after its slice stays; a path that holds the id is not the id', () => {
    const files = renamed(cursor(manifest, '"id": "A3"', '"id": "A3|"'), 'B1');
    assert.ok(files.has(task('task-003-reset')));
    assert.match(files.get(prompt) ?? '', /task-002-login \(Login\), B1 \(Reset\)/);
    assert.match(files.get(task('task-001-users')) ?? '', /A3 stays as it is/);
    const kept = renamed(
      cursor(manifest, '"task-001-users", "agent"', '"task-001-users|", "agent"'),
      'task-001-people',
    );
    assert.match(kept.get(manifest) ?? '', /"prompt_file": "prompts\/task-001.txt"/);
  });

  test('renames of workstreams, merge points and contracts', () => {
    const stream = renamed(cursor(spec, 'WS-A', 'WS|-A'), 'WS-U');
    for (const file of [spec, manifest, task('task-001-users'), task('task-003-reset')]) {
      assert.match(stream.get(file) ?? '', /WS-U/);
      assert.doesNotMatch(stream.get(file) ?? '', /WS-A/);
    }
    const point = renamed(cursor(manifest, '"MP1"', '"MP|1"'), 'MP2');
    assert.match(point.get(spec) ?? '', /^MP2: task-001-users/m);
    const contract = renamed(cursor(task('task-003-reset'), '[users.py]', '[use|rs.py]'), 'people.py');
    assert.ok(contract.has('parallel/TS-7-shop/contracts/people.py'));
    assert.match(contract.get(manifest) ?? '', /"contracts\/people.py", "target": "apps\/contracts\/users.py"/);
    assert.match(contract.get(task('task-003-reset')) ?? '', /contracts: \[people.py\]/);
    assert.match(contract.get(task('task-001-users')) ?? '', /contracts: \[contracts\/people.py\]/);
    assert.match(contract.get(prompt) ?? '', /parallel\/TS-7-shop\/contracts\/people.py/);
  });

  test('"Workstream A" is WS-A as well', () => {
    const marked = (shop[spec] ?? '').replace('### WS-A: Users', '### Workstream |A: Users');
    const files = renamed(bench({ [spec]: marked }), 'WS-B');
    assert.match(files.get(spec) ?? '', /### WS-B: Users/);
    assert.match(files.get(manifest) ?? '', /"id": "WS-B"/);
  });

  test('what cannot be renamed says why', () => {
    const slice = cursor(task('task-002-login'), 'id: task-002-login', 'id: task-0|02-login');
    assert.equal(
      refused(slice, 'task-001-users'),
      'taken: task-001-users is taken: this plan has that name already, capitals aside',
    );
    assert.equal(refused(slice, 'Task-001-users').slice(0, 6), 'taken:');
    assert.equal(refused(slice, 'task-001'), 'taken: task-001 already means the slice task-001-users');
    assert.match(refused(slice, 'a b'), /^invalid: "a b" is no id of a slice/);
    assert.match(refused(slice, 'login'), /^invalid: the spec would not read "login" as a slice/);
    assert.match(refused(slice, 'task-003-reset'), /^taken:/);
    assert.match(refused(slice, 'task-002-login'), /^taken: it is called/);
    assert.match(refused(cursor(spec, 'WS-A', 'WS|-A'), 'A'), /^invalid: "A" is no workstream/);
    const contract = cursor(task('task-003-reset'), '[users.py]', '[use|rs.py]');
    assert.match(refused(contract, '../people.py'), /^invalid:/);
    assert.match(refused(contract, 'people.py', false), /^cannot-move: this editor cannot rename files/);
    assert.match(refused(cursor(manifest, '"TS-7"', '"TS|-7"'), 'x'), /^no-name: put the cursor on the id/);
    assert.match(refused(bench({ 'README.md': 'a|b' }), 'x'), /^no-name:/);
    const nameless = { ...shop, [task('task-002-login')]: '# Login\n\n## Scope\n\nMODIFY: apps/a.py\n' };
    const at = bench({ ...nameless, [manifest]: (shop[manifest] ?? '').replace('"task-002"', '"task-0|02"') });
    assert.match(refused(at, 'task-002-session', false), /^cannot-move: task-002-login is named by its file alone/);
  });
});
