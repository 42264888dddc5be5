import assert from 'node:assert/strict';
import { bench, cursor, manifest, places, prompt, shop, spec, task } from './language-fixture.ts';
import type { Bench } from './language-fixture.ts';
import { assertGrowth } from './cost.ts';

function hover(at: Bench): { readonly words: string; readonly lines: readonly string[] } {
  const found = at.language.hover(at.file, at.offset);
  assert.ok(found, 'there is a hover');
  const text = at.files.get(at.file) ?? '';
  return {
    words: text.slice(found.span.start, found.span.end),
    lines: found.markdown.split('\n').filter((line) => line !== ''),
  };
}

suite('hover', () => {
  test('a slice: where it stands in the plan, what it touches, and who else does', () => {
    assert.deepEqual(hover(cursor(manifest, '"task-002"', '"task-|002"')), {
      words: 'task-002',
      lines: [
        '**task-002-login** Login',
        'wave 2 · batch 2 · 2h00m · **critical** · acme:django',
        'after task-001-users',
        '- MODIFY: `apps/users/**` (2 files)',
        '- BOUNDARY: `apps/mail.py` (1 file)',
        'Also written by, perhaps at the same time:',
        '- A3: 50 % (reslice), for example `apps/users/views.py`',
      ],
    });
  });

  test('the state of a slice, when somebody knows it', () => {
    const marked = (shop[spec] ?? '').replace('- A3:', '- A3|:');
    const lines = hover(bench({ [spec]: marked }, (slice) => (slice === 'A3' ? 'running' : null))).lines;
    assert.ok(lines.includes('State: running'), lines.join('\n'));
    const silent = hover(bench({ [spec]: marked })).lines;
    assert.ok(!silent.some((line) => line.startsWith('State')));
  });

  test('a scope path: its files, and other slices that write there', () => {
    assert.deepEqual(hover(cursor(task('task-002-login'), 'apps/users/**', 'apps/us|ers/**')), {
      words: 'apps/users/**',
      lines: [
        '`apps/users/**`',
        '2 files:',
        '- `apps/users/forms.py`',
        '- `apps/users/views.py`',
        'Also written by task-001-users (`apps/users/models.py`), A3 (`apps/users/views.py`)',
      ],
    });
    assert.deepEqual(
      hover(cursor(task('task-001-users'), 'apps/users/api.py', 'apps/users/a|pi.py')).lines.slice(0, 2),
      ['`apps/users/api.py`', 'matches no file yet'],
    );
  });

  test('workstreams, merge points, contracts, a slice in a prompt, a rule', () => {
    assert.deepEqual(hover(cursor(task('task-003-reset'), 'WS-A', 'WS|-A')).lines, [
      '**WS-A** Users',
      '2 slices: task-001-users, A3',
      'Boundary: `apps/users/**`',
    ]);
    assert.deepEqual(hover(cursor(manifest, '"MP1"', '"MP|1"')).lines, ['**MP1** task-001-users → A3']);
    assert.deepEqual(hover(cursor(task('task-003-reset'), '[users.py]', '[use|rs.py]')).lines, [
      'Contract `contracts/users.py`',
      'Written to `apps/contracts/users.py` before any agent starts',
      'provided by task-001-users · read by A3',
    ]);
    assert.equal(hover(cursor(prompt, 'A3 (Reset)', 'A|3 (Reset)')).lines[0], '**A3** Reset by mail');
    const rule = bench({ [spec]: '# S\n\n<!-- slicewave-disable-next-line spec.outcome-|missing: x -->\n' });
    assert.equal(hover(rule).words, 'spec.outcome-missing');
    assert.match(hover(rule).lines[0] ?? '', /^\*\*spec\.outcome-missing\*\* \(/);
  });

  test('what completion offers: keys, agents, skills, stop conditions, directives, sections', () => {
    const first = (file: string, words: string, marked: string): string | undefined =>
      hover(cursor(file, words, marked)).lines.join(' ');
    const login = task('task-002-login');
    assert.equal(
      first(login, 'deps: [', 'de|ps: ['),
      '**deps** Slices that must be verified before this one may start',
    );
    assert.match(first(login, 'MODIFY: apps', 'MOD|IFY: apps') ?? '', /^\*\*MODIFY\*\* What the slice may change/);
    assert.match(
      first(task('task-003-reset'), '- unclear instr', '- unclear in|str') ?? '',
      /^\*\*unclear instructions\*\*/,
    );
    assert.match(first(login, '## Scope', '## Sc|ope') ?? '', /^\*\*Scope\*\* ```markdown CREATE/);
    assert.match(first(manifest, '"tech_spec_id"', '"tech|_spec_id"') ?? '', /The spec this plan decomposes/);
    assert.match(first(manifest, '"agent": "claude", "p', '"agent": "cla|ude", "p') ?? '', /Claude Code.*boundary/);
    const described = '---\nname: careful\ndescription: Looks twice.\n---\n';
    const skilled = bench({
      'skills/careful/SKILL.md': described,
      [login]: (shop[login] ?? '').replace('deps:', 'skills: [care|ful]\ndeps:'),
    });
    assert.deepEqual(hover(skilled), { words: 'careful', lines: ['**careful**', 'Looks twice.'] });
  });

  test('answers wherever completion has something to say of the word that stands there', () => {
    const { language, files } = bench();
    let asked = 0;
    for (const [file, text] of files)
      for (const { 0: word, index } of text.matchAll(/[\w.-]*\w/g)) {
        const end = index + word.length;
        const offered = language
          .complete(file, end)
          .find(
            (one) => text.slice(one.span.start, end) === one.label && (one.detail ?? one.documentation) !== undefined,
          );
        if (offered === undefined) continue;
        asked += 1;
        assert.ok(language.hover(file, end - 1), `${file}: ${offered.label}`);
      }
    assert.ok(asked > 50, String(asked));
  });

  test('leaves the keys of a manifest to an editor that knows its schema', () => {
    const at = cursor(manifest, '"tech_spec_id"', '"tech|_spec_id"');
    assert.equal(at.language.hover(at.file, at.offset, true), null);
  });

  test('words of a file never become markup', () => {
    const title = '<img src=x> [a](command:x) **b** `c`';
    const text = (shop[task('task-003-reset')] ?? '')
      .replace('title: Reset by mail', `title: '${title}'`)
      .replace('id: A3', 'id: A|3');
    const [first] = hover(bench({ [task('task-003-reset')]: text })).lines;
    assert.equal(first, '**A3** \\<img src=x\\> \\[a\\](command:x) \\*\\*b\\*\\* \\`c\\`');
  });

  test('words without a meaning have no hover', () => {
    const at = cursor(task('task-001-users'), 'User model', 'User| model');
    assert.equal(at.language.hover(at.file, at.offset), null);
    const other = bench({ 'notes/x.md': 'task-001|-users' });
    assert.equal(other.language.hover(other.file, other.offset), null);
  });
});

suite('outline, links, lenses, colours', () => {
  const at = bench();
  const { language } = at;

  test('a task spec: its sections with their directives, exactly selected', () => {
    const [root] = language.outline(task('task-001-users'));
    assert.equal(root?.name, 'task-001-users: User model');
    assert.deepEqual(
      root?.children.map((one) => [one.name, one.children.map((inner) => `${inner.name} ${inner.detail}`)]),
      [
        ['Scope', ['CREATE 2 entries', 'MODIFY 1 entry', 'BOUNDARY 1 entry']],
        ['Requirements', []],
      ],
    );
    const modify = root?.children[0]?.children[1];
    assert.deepEqual(modify && places(at, [{ file: task('task-001-users'), span: modify.span }]), [
      'task-001-users.md:15: MODIFY:\n- `apps/users/views.py::UserView.get` - the read side',
    ]);
  });

  test('a spec and a manifest: slices, workstreams, merge points, waves', () => {
    const names = (
      list: readonly { readonly name: string; readonly children: readonly { readonly name: string }[] }[],
    ): string[] => list.flatMap((one) => [one.name, ...names(one.children as typeof list)]);
    assert.deepEqual(names(language.outline(spec)), ['Shop', 'Workstreams', 'WS-A: Users', 'A3', 'MP1']);
    assert.deepEqual(names(language.outline(manifest)), [
      'tech_spec_id',
      'workstreams',
      'WS-A',
      'waves',
      'Wave 1',
      'task-001-users',
      'Wave 2',
      'task-002',
      'A3',
      'merge_points',
      'MP1',
      'contracts',
      'contracts/users.py',
      'metadata',
    ]);
    const contains = (outer: { start: number; end: number }, inner: { start: number; end: number }): boolean =>
      outer.start <= inner.start && inner.end <= outer.end;
    const check = (list: ReturnType<typeof language.outline>): void => {
      for (const one of list) {
        assert.ok(contains(one.span, one.selection), one.name);
        for (const child of one.children) assert.ok(contains(one.span, child.span), `${child.name} in ${one.name}`);
        check([...one.children]);
      }
    };
    for (const file of at.files.keys()) check(language.outline(file));
  });

  test('folding: front matter, sections, directives with bullets, sections of a prompt', () => {
    const lines = (file: string): string[] => {
      const text = at.files.get(file) ?? '';
      const line = (offset: number): number => text.slice(0, offset).split('\n').length;
      return language.folding(file).map(({ start, end }) => `${line(start)}-${line(end)}`);
    };
    assert.deepEqual(lines(task('task-001-users')), ['1-8', '10-21', '12-17', '19-21', '15-16']);
    assert.deepEqual(lines(prompt), ['1-3', '4-5']);
    assert.deepEqual(lines(manifest), []);
  });

  test('links lead to files that exist', () => {
    const linked = (file: string): string[] =>
      language
        .links(file)
        .map(({ span, target }) => `${(at.files.get(file) ?? '').slice(span.start, span.end)} -> ${target}`);
    assert.deepEqual(linked(task('task-003-reset')), [
      'users.py -> parallel/TS-7-shop/contracts/users.py',
      'apps/mail.py -> apps/mail.py',
      'apps/users/views.py -> apps/users/views.py',
    ]);
    assert.deepEqual(linked(manifest), [
      'prompts/task-001.txt -> parallel/TS-7-shop/prompts/task-001.txt',
      'contracts/users.py -> parallel/TS-7-shop/contracts/users.py',
      'specs/TS-7.spec.md -> specs/TS-7.spec.md',
    ]);
  });

  test('lenses above a task and in the manifest', () => {
    assert.deepEqual(
      language.lenses(task('task-002-login')).map((lens) => [lens.title, lens.action, lens.slice]),
      [
        ['Run', 'run', 'task-002-login'],
        ['Open worktree', 'open-worktree', 'task-002-login'],
        ['Overlaps with 1: A3 50 %', null, 'task-002-login'],
      ],
    );
    assert.deepEqual(
      places(
        at,
        language.lenses(manifest).map((lens) => ({ file: manifest, span: lens.span })),
      ),
      ['manifest.json:6: task-002', 'manifest.json:6: A3'],
    );
    assert.deepEqual(language.lenses(spec), []);
  });

  test('colours: directives, paths and names, in order and without overlap', () => {
    const text = at.files.get(task('task-003-reset')) ?? '';
    const list = language.tokens(task('task-003-reset'));
    assert.deepEqual(
      list.map(({ span, kind }) => `${kind} ${text.slice(span.start, span.end)}`),
      [
        'slice A3',
        'slice task-001',
        'workstream WS-A',
        'contract users.py',
        'slice A3',
        'directive CREATE',
        'path apps/mail.py',
        'directive MODIFY',
        'path apps/users/views.py',
        'directive BOUNDARY',
        'path apps/users/models.py',
        'stop-condition unclear instructions',
      ],
    );
  });

  test('colours: stop conditions, around the names in them', () => {
    const name = task('task-003-reset');
    const text = (shop[name] ?? '')
      .replace('title:', 'stop: [no network]\ntitle:')
      .replace('unclear instructions', 'WS-A has to\n  change, or task-002-login');
    const colours = bench({ [name]: text }).language.tokens(name);
    assert.deepEqual(
      colours
        .filter(({ span }) => span.start > text.indexOf('## Stop') || span.start < text.indexOf('title:'))
        .map(({ span, kind }) => `${kind} ${text.slice(span.start, span.end)}`),
      [
        'slice A3',
        'stop-condition no network',
        'workstream WS-A',
        'stop-condition  has to',
        'stop-condition change, or ',
        'slice task-002-login',
      ],
    );
  });

  test('what a megabyte of anything costs is what half of it lets expect', () => {
    const front = '---\nid: task-001\n---\n\n';
    for (const [name, head, part, most] of [
      ['specs/big.md', '', '# x\n', 250_000],
      ['specs/big.md', '## Risks\n\n- ', 'A1 ', 330_000],
      ['specs/big.md', '## Workstreams\n\n', '- A1: Slice (after B2; files: src/a.ts)\n', 25_000],
      [task('task-001-users'), `${front}## Scope\n\n`, 'CREATE: a.ts\n', 75_000],
      [task('task-001-users'), `${front}## Stop conditions\n\n`, '- x A1 WS-A\n', 80_000],
    ] as const) {
      const [half, whole] = [most / 2, most].map((count) => bench({ [name]: head + part.repeat(count) }).language);
      for (const ask of ['outline', 'folding', 'tokens', 'links', 'layout'] as const)
        assertGrowth(`${ask} of ${JSON.stringify(part)}`, {
          half: () => half![ask](name),
          whole: () => whole![ask](name),
        });
    }
  });
});
