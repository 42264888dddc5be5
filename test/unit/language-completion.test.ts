import assert from 'node:assert/strict';
import { stopConditions } from '../../src/core/lint/engine/templates.ts';
import { applied, bench, cursor, manifest, shop, spec, task } from './language-fixture.ts';
import type { Bench } from './language-fixture.ts';

const labels = (at: Bench): string[] => at.language.complete(at.file, at.offset).map((one) => one.label);

/** The text after the completion with this label. */
function taken(at: Bench, label: string): string {
  const one = at.language.complete(at.file, at.offset).find((other) => other.label === label);
  assert.ok(one, `${label} among ${labels(at).join(', ')}`);
  assert.ok(one.span.start <= at.offset && one.span.end >= at.offset, 'the replaced range holds the cursor');
  return applied(at.files.get(at.file) ?? '', [{ span: one.span, text: one.insert }]);
}

suite('completion', () => {
  test('dependencies: other slices, without those that are listed', () => {
    const at = cursor(task('task-002-login'), 'deps: [task-001-users]', 'deps: [task-001-users, |]');
    assert.deepEqual(labels(at), ['A3']);
    assert.match(taken(at, 'A3'), /^deps: \[task-001-users, A3\]$/m);
    const typing = cursor(task('task-002-login'), 'deps: [task-001-users]', 'deps: [task-00|');
    assert.match(taken(typing, 'task-001-users'), /^deps: \[task-001-users$/m);
    const list = cursor(task('task-002-login'), 'deps: [task-001-users]', 'deps:\n  - A3\n  - |');
    assert.deepEqual(labels(list), ['task-001-users']);
  });

  test('front matter keys that are not there yet, also before it has an end', () => {
    const at = bench({ [task('task-009-new')]: '---\nid: task-009\nag|' });
    assert.ok(labels(at).includes('agent') && !labels(at).includes('id'));
    assert.equal(taken(at, 'agent'), '---\nid: task-009\nagent: ');
  });

  test('values: agents of the plan first, kinds, workstreams, contracts, skills, specs', () => {
    const front = (line: string): Bench =>
      cursor(task('task-002-login'), 'id: task-002-login\n', `id: task-002-login\n${line}\n`);
    assert.deepEqual(labels(front('agent: |')), ['claude', 'acme:django', 'codex', 'command', 'demo']);
    assert.match(taken(front('agent: acme:dj|'), 'acme:django'), /^agent: acme:django$/m);
    assert.deepEqual(labels(front('kind: |')), ['engineering', 'support', 'ops', 'sales', 'product']);
    assert.deepEqual(labels(front('workstream: W|')), ['WS-A']);
    assert.deepEqual(labels(front('contracts: [|]')), ['contracts/users.py']);
    assert.deepEqual(labels(front('skills: [|]')), ['careful']);
    assert.deepEqual(labels(front('tech_spec: sp|')), [spec]);
    assert.deepEqual(labels(front('title: |')), []);
  });

  test('scope paths, directory by directory', () => {
    const inline = cursor(task('task-002-login'), 'MODIFY: apps/users/**', 'MODIFY: apps/mail.py, apps/|');
    assert.deepEqual(labels(inline), ['**', 'users/', 'mail.py']);
    assert.match(taken(inline, 'users/'), /^MODIFY: apps\/mail.py, apps\/users\/$/m);
    const bullet = cursor(task('task-002-login'), 'MODIFY: apps/users/**', 'MODIFY:\n- `apps/users/f|`');
    assert.deepEqual(labels(bullet), ['forms.py']);
    assert.match(taken(bullet, 'forms.py'), /^- `apps\/users\/forms.py`$/m);
    assert.deepEqual(
      labels(cursor(task('task-002-login'), 'MODIFY: apps/users/**', 'MODIFY: apps/mail.py - the ap|')),
      [],
    );
  });

  test('scope paths in every dialect that is read, and between braces', () => {
    const all = ['**', 'forms.py', 'views.py'];
    for (const line of [
      'Modify: apps/users/|',
      'modify: apps/users/|',
      '`MODIFY`: apps/users/|',
      'MODIFY:\n• apps/users/|',
      'MODIFY:\n1. apps/users/|',
      '**MODIFY:** `apps/users/|`',
      'MODIFY: apps/users/{|',
      'MODIFY:\n- apps/users/{views.py,|}',
    ])
      assert.deepEqual(labels(cursor(task('task-002-login'), 'MODIFY: apps/users/**', line)), all, line);
    const inside = cursor(task('task-002-login'), 'MODIFY: apps/users/**', 'MODIFY: a.py, apps/users/{views.py,fo|}');
    assert.match(taken(inside, 'forms.py'), /^MODIFY: a\.py, apps\/users\/\{views\.py,forms\.py\}$/m);
  });

  test('nothing in comments of the front matter, behind a closed list, or for "#" in code', () => {
    for (const line of ['deps: [task-001-users] # as |', 'deps: [task-001-users]|', '# deps: |'])
      assert.deepEqual(labels(cursor(task('task-002-login'), 'deps: [task-001-users]', line)), [], line);
    assert.deepEqual(labels(cursor(task('task-002-login'), '## Scope', '```sh\n# |\n```\n\n## Scope')), []);
  });

  test('a section over text that is there already comes without a text of its own', () => {
    const over = cursor(task('task-002-login'), '## Scope', '## |\n\n- done\n\n## Scope');
    assert.match(taken(over, 'Evidence'), /^## Evidence\n\n- done$/m);
    assert.match(
      taken(cursor(task('task-002-login'), '## Scope', '## |\n\n## Scope'), 'Evidence'),
      /^## Evidence\n\n- \[ \]/m,
    );
  });

  test('symbols of a file', () => {
    const at = cursor(task('task-001-users'), '::UserView.get', '::|');
    assert.deepEqual(labels(at), ['UserView', 'UserView.get', 'LIMIT']);
    assert.match(taken(at, 'UserView'), /- `apps\/users\/views.py::UserView` - the read side/);
  });

  test('sections that are missing, with their template', () => {
    const at = bench({ [task('task-002-login')]: `${shop[task('task-002-login')]}\n## |` });
    assert.deepEqual(labels(at), ['Requirements', 'Checklist', 'Stop conditions', 'Evidence']);
    assert.ok(
      taken(at, 'Stop conditions').endsWith(
        '\n## Stop conditions\n\n' + stopConditions.map((one) => `- ${one}\n`).join(''),
      ),
    );
    assert.ok(
      at.language
        .complete(at.file, at.offset)
        .find((one) => one.label === 'Evidence')
        ?.insert.includes('`${1:command}`'),
    );
    const inSpec = bench({ [spec]: '# S\n\n## Outcome\n\nx\n\n## In |' });
    assert.ok(labels(inSpec).includes('In scope') && !labels(inSpec).includes('Outcome'));
  });

  test('stop conditions that are not there yet', () => {
    const at = bench({ [task('task-003-reset')]: `${shop[task('task-003-reset')]}- |` });
    assert.deepEqual(labels(at), stopConditions.slice(1));
  });

  test('a spec: what a slice waits for, its files, merge points, workstreams', () => {
    const after = cursor(spec, '(after task-002-login;', '(after |;');
    assert.deepEqual(labels(after), ['task-001-users', 'task-002-login', 'MP1']);
    assert.match(taken(after, 'MP1'), /- A3: Reset by mail \(after MP1; files/);
    assert.deepEqual(labels(cursor(spec, 'files: apps/mail.py', 'files: apps/m|')), ['mail.py']);
    assert.deepEqual(labels(cursor(spec, 'MP1: task-001-users + A3', 'MP1: |')), [
      'task-001-users',
      'task-002-login',
      'A3',
    ]);
    assert.deepEqual(labels(cursor(spec, 'Boundary: apps/users/**', 'Boundary: d|')), ['docs/']);
  });

  test('rules in a suppression comment', () => {
    const at = bench({ [spec]: '# S\n\n<!-- slicewave-disable-next-line spec.|' });
    assert.ok(labels(at).includes('spec.outcome-missing'));
    assert.ok(!labels(at).some((label) => label.startsWith('task.')));
    assert.equal(taken(at, 'spec.outcome-missing'), '# S\n\n<!-- slicewave-disable-next-line spec.outcome-missing');
  });

  test('a manifest: slices, agents, contracts, and keys by its schema', () => {
    const needs = cursor(manifest, '"needs": ["task-001-users"]', '"needs": ["task-001-users", "|"]');
    assert.deepEqual(labels(needs), ['task-001-users', 'task-002-login', 'A3']);
    assert.match(taken(needs, 'A3'), /"needs": \["task-001-users", "A3"\]/);
    const bare = cursor(manifest, '"needs": ["task-001-users"]', '"needs": [|]');
    assert.match(taken(bare, 'A3'), /"needs": \["A3"\]/);
    assert.deepEqual(labels(cursor(manifest, '{ "id": "A3", "agent"', '{ "id": "|", "agent"')), ['A3']);
    assert.deepEqual(labels(cursor(manifest, '"agent": "acme:django"', '"agent": "|"')), [
      'claude',
      'codex',
      'command',
      'demo',
    ]);
    assert.deepEqual(labels(cursor(manifest, '"path": "contracts/users.py"', '"path": "|"')), ['contracts/users.py']);
    assert.deepEqual(labels(cursor(manifest, '"prompts/task-001.txt"', '"|"')), ['prompts/task-001.txt']);
    assert.deepEqual(labels(cursor(manifest, '"boundary": ["apps/users/**"]', '"boundary": ["apps/|"]')), [
      '**',
      'users/',
      'mail.py',
    ]);
    const key = cursor(manifest, '"merge_points": [{ "id"', '"merge_points": [{ |"id"');
    assert.deepEqual(labels(key), ['verify']);
    const root = cursor(manifest, '  "metadata"', '  "li|": {},\n  "metadata"');
    assert.ok(labels(root).includes('limits') && !labels(root).includes('waves'));
    assert.match(taken(root, 'limits'), /^ {2}"limits": \{\},$/m);
    assert.deepEqual(root.language.complete(root.file, root.offset, true), []);
  });

  test('nothing throws, whatever is written and wherever the cursor stands', () => {
    const broken = [
      '{',
      '{"waves": [{"tasks": [{"id": "',
      '[',
      '"',
      '---\n',
      '---\nid',
      '## ',
      'CREATE: ',
      '\u0000',
      '---\r\nid: x\r\ndeps: [',
      '- (after ',
    ];
    for (const text of broken) {
      for (const file of [manifest, task('task-001-users'), spec, 'a.skill.md', 'x.txt']) {
        const at = bench({ [file]: text });
        for (let offset = -1; offset <= text.length + 1; offset++) {
          at.language.complete(file, offset);
          at.language.hover(file, offset);
          at.language.definition(file, offset);
          at.language.references(file, offset, true);
          at.language.rename(file, offset, { name: 'x1', canMove: true });
        }
        at.language.outline(file);
        at.language.folding(file);
        at.language.links(file);
        at.language.lenses(file);
        at.language.tokens(file);
        at.language.layout(file);
      }
    }
  });
});
