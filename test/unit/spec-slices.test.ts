import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readSpec } from '../../src/core/spec/read.ts';
import { assertFinding, caret } from './caret.ts';
import { assertLinear } from './cost.ts';

const read = (slices: string) =>
  readSpec(
    `# T\n\n## Slices\n\n${slices}\n\n## Out of scope\n\n- A99: not a slice (files: no.ts)\n`,
    'specs/t.spec.md',
  );

/** A slice on one line: what a lead looks at. */
function told(slices: string): string[] {
  const { spec } = read(slices);
  return [
    ...spec.slices.map((slice) =>
      [
        `${slice.id}: ${slice.title}`,
        slice.files.length > 0 && `files ${slice.files.join(' ')}`,
        slice.after.length > 0 && `after ${slice.after.join(' ')}`,
        slice.verify.length > 0 && `verify ${slice.verify.join(' + ')}`,
        slice.estimateMinutes !== null && `${slice.estimateMinutes}m`,
        slice.boundary.length > 0 && `not ${slice.boundary.join(' ')}`,
        ...slice.details.map((detail) => `"${detail}"`),
      ]
        .filter(Boolean)
        .join(' | '),
    ),
    ...spec.done.map(({ id }) => `done ${id}`),
  ];
}

suite('spec: slices as people write them', () => {
  const rows: readonly { readonly name: string; readonly text: string; readonly slices: readonly string[] }[] = [
    {
      name: 'any id, as it was written',
      text: `- auth: First (files: src/a.ts; verify: test -s src/a.ts; estimate: 4h)
- T-1: Second (files: src/b.ts; after: auth)
- AUTH-1: Third (files: c.ts, d.ts; after T-1, auth)
- 1: Fourth (files: e.ts)
- 001: Fifth (files: f.ts; after: 1)
- 1e3: Sixth (files: g.ts; after: 001)
- 1.10: Seventh (files: h.ts; after: 1e3)
- S1.1: Eighth (files: i.ts; after: 1.10)
- A1 - Ninth (files: j.ts)
- Slice 1: Tenth (files: k.ts; after: A1)
- [X-7] Eleventh (files: l.ts; after: Slice 1)
- \`X-8\` Twelfth (files: m.ts)
- **X-9** Thirteenth (files: n.ts)
- [X-10](https://example.com/X-10): Fourteenth (files: o.ts; after: #X-9)`,
      slices: [
        'auth: First | files src/a.ts | verify test -s src/a.ts | 240m',
        'T-1: Second | files src/b.ts | after auth',
        'AUTH-1: Third | files c.ts d.ts | after T-1 auth',
        '1: Fourth | files e.ts',
        '001: Fifth | files f.ts | after 1',
        '1e3: Sixth | files g.ts | after 001',
        '1.10: Seventh | files h.ts | after 1e3',
        'S1.1: Eighth | files i.ts | after 1.10',
        'A1: Ninth | files j.ts',
        'Slice-1: Tenth | files k.ts | after A1',
        'X-7: Eleventh | files l.ts | after Slice-1',
        'X-8: Twelfth | files m.ts',
        'X-9: Thirteenth | files n.ts',
        'X-10: Fourteenth | files o.ts | after X-9',
      ],
    },
    {
      name: 'numbered, after each other by number and by title',
      text: `1. Login page (files: src/login.ts)\n2. Session store (files: src/s.ts; after 1)\n3) Both (files: x.ts; after: Login page and session store)`,
      slices: [
        '1: Login page | files src/login.ts',
        '2: Session store | files src/s.ts | after 1',
        '3: Both | files x.ts | after 1 2',
      ],
    },
    {
      name: 'a table, in any order, under other names',
      text: `| Depends on | Task | Touches | How we know | Effort | Risk | No. |
|:--|---|:-:|--:|---|---|---|
| - | **Limiter** | \`src/{a,b}.ts\`, **/x.ts | \`npm test -- limit\` passes | 3h | low | L-1 |
| Limiter | Docs | docs/limits.md<br>README.md | | 1d | | L-2 |`,
      slices: [
        'L-1: Limiter | files src/{a,b}.ts **/x.ts | verify npm test -- limit | 180m | "Risk: low"',
        'L-2: Docs | files docs/limits.md README.md | after L-1 | 480m',
      ],
    },
    {
      name: 'a table without bars at its ends',
      text: `Task | Files\n--- | ---\n1. Login | src/[slug].ts\n2. Logout | lib/c.ts and lib/d.ts`,
      slices: ['1: Login | files src/[slug].ts', '2: Logout | files lib/c.ts lib/d.ts'],
    },
    {
      name: 'headings with attributes below them',
      text: `### Session store
Files: src/session.ts

### Login page
**Files:**
- \`src/login.ts\`
- test/login.test.ts (new)

After: Session store
Verify: npm test -- login

The page asks for mail
and password.

- it shows an error
- Not: src/legacy/**`,
      slices: [
        'session-store: Session store | files src/session.ts',
        'login-page: Login page | files src/login.ts test/login.test.ts | after session-store | verify npm test -- login | not src/legacy/** | "The page asks for mail and password." | "it shows an error"',
      ],
    },
    {
      name: 'headings that hold slices are none',
      text: `### Phase 1\n- Login (files: a.ts)\n- Logout (files: b.ts)\n### Phase 2\n1. Reports (files: c.ts; after: Phase 1)\n#### A1 Mail\n##### Files\n- d.ts\n##### Requirements\n- one`,
      slices: [
        'login: Login | files a.ts',
        'logout: Logout | files b.ts',
        'reports: Reports | files c.ts | after login logout',
        'A1: Mail | files d.ts | "one"',
      ],
    },
    {
      name: 'boxes: what is ticked is done, unless a part is open',
      text: `- [x] A1: Done (files: a.ts)\n- [ ] A2: Open (files: b.ts; after A1)\n- [x] A3: Half (files: c.ts)\n  - [x] one\n  - [ ] two\n- ✅ A4: Shipped\n- [-] A5: Next (files: d.ts)`,
      slices: [
        'A2: Open | files b.ts',
        'A3: Half | files c.ts | "one (ticked: it is there already)" | "two"',
        'A5: Next | files d.ts',
        'done A1',
        'done A4',
      ],
    },
    {
      name: 'attributes and requirements below an item',
      text: `- auth: First\n  - files: src/a.ts\n  - verify:\n    - npm test\n    - npm run lint\n  - keep the cookie name\n    of today\n- page: Second\n  Files: src/p.ts,\n  src/q.ts\n  After: auth\n- files: src/r.ts`,
      slices: [
        'auth: First | files src/a.ts | verify npm test + npm run lint | "keep the cookie name of today"',
        'page: Second | files src/p.ts src/q.ts src/r.ts | after auth',
      ],
    },
    {
      name: 'attributes without brackets, and with other separators',
      text: `- A1: foo (files: src/a.ts, src/b.ts, verify: npm test, estimate: 4h; owner: ann)\n- A2: bar [files: b.ts | after: A1]\n- A3: baz. Files: c.ts. Verify: npm test. Estimate: 1d.\n- A4: qux — files: **/x.ts; verify: npm test; npm run lint\n- A5: v2 (JSON) (after A1-A3) (files: e.ts; boundary: src/f.ts)\n- A6: release notes (after the release)`,
      slices: [
        'A1: foo | files src/a.ts src/b.ts | verify npm test | 240m | "owner: ann"',
        'A2: bar | files b.ts | after A1',
        'A3: baz | files c.ts | verify npm test | 480m',
        'A4: qux | files **/x.ts | verify npm test + npm run lint',
        'A5: v2 (JSON) | files e.ts | after A1 A2 A3 | not src/f.ts',
        'A6: release notes (after the release)',
      ],
    },
    {
      name: 'items below items that only stand above them',
      text: `* Backend\n\t* A1: foo (files: a.ts)\n\t* A2: bar (files: b.ts; after A1)\n* Frontend\n\t* B1: baz (files: c.ts; after: Backend)`,
      slices: ['A1: foo | files a.ts', 'A2: bar | files b.ts | after A1', 'B1: baz | files c.ts | after A1 A2'],
    },
    {
      name: 'punctuation of East Asia, signs, and words that are no ids',
      text: `- 登录页（files：src/login.ts；verify：npm test）\n- 会话（files：src/s.ts；after：登录页）\n- 🔐 Größe prüfen (files: a.ts)\n- feat: login (files: b.ts)\n- feat: logout (files: c.ts)`,
      slices: [
        'slice-1: 登录页 | files src/login.ts | verify npm test',
        'slice-2: 会话 | files src/s.ts | after slice-1',
        'grosse-prufen: Größe prüfen | files a.ts',
        'feat-login: feat: login | files b.ts',
        'feat-logout: feat: logout | files c.ts',
      ],
    },
    {
      name: 'lines without bullets',
      text: `A1: foo (files: a.ts)\nA2: bar (files: b.ts; after A1)`,
      slices: ['A1: foo | files a.ts', 'A2: bar | files b.ts | after A1'],
    },
  ];
  for (const { name, text, slices } of rows)
    test(name, () => {
      assert.deepEqual(told(text), slices);
      assert.deepEqual(told(text.replaceAll('\n', '\r\n')), slices, 'with Windows line ends');
    });

  test('a line that is no slice is underlined', () => {
    for (const [code, text] of [
      ['spec.slice-line', '- A1: x (files: a.ts)\n\n|All of it in order.|\n'],
      ['spec.slice-line', '- |Note: mind the cache|\n- A1: x\n'],
      ['spec.slice-line', '|```\n- A1: x\n```|\n\n- A2: y\n'],
      ['spec.slice-line', '- |Backend|\n  - A1: x (files: a.ts)\n'],
      ['spec.slice-line', '### |Phase 1|\n\n### Phase 2\n\n- A1: x\n'],
      ['spec.slice-done', '- [x] |A1|: x\n'],
      ['spec.slice-files', '- A1: x (files: a.ts, |the model|)\n'],
      ['spec.unknown-slice', '- A1: x (after: |Session store|)\n'],
    ] as const) {
      const at = caret(`# T\n\n## Slices\n\n${text}`);
      assertFinding(readSpec(at.text, 'specs/t.spec.md').findings, code, at);
    }
    for (const [table, code, place] of [
      ['| risk | cost |\n|---|---|\n| high | low |', 'spec.slice-line', [5, 1]],
      ['| title | estimate |\n|---|---|\n| x | soon |', 'spec.estimate', [7, 7]],
    ] as const)
      assert.deepEqual(
        read(table).findings.flatMap((one) => (one.code === code ? [[one.line, one.column]] : [])),
        [place],
      );
  });

  test('headings of slices and of the answers under the names that people give them', () => {
    const { spec, findings } = readSpec(
      `# T\n## What we want\na\n## Deliverables\nb\n## Won’t do\nc\n## Done when:\nd\n## Task list\n- x (files: a.ts)\n### Tests\n- e\n`,
      'specs/t.spec.md',
    );
    assert.deepEqual(
      Object.values(spec.answers).map((section) => section?.text),
      ['a', 'b', 'c', 'd'],
    );
    assert.deepEqual([spec.slices.map(({ id }) => id), findings], [['x'], []]);
    for (const heading of ['How we know', 'Tests', 'Proof'])
      assert.equal(readSpec(`# T\n## ${heading}\nx\n`, 's.md').spec.answers.evidence?.text, 'x', heading);
    assert.equal(readSpec('# T\n## Not\nx\n', 's.md').spec.answers.out_of_scope?.text, 'x');
  });

  const titles = [
    'Login page',
    '**Login page**',
    'Größe',
    '登录',
    'a [link](https://x.y/z)',
    'one — two',
    '🚀 Launch',
    '`code`',
  ];
  const ids = ['', 'A$', 'T-$', 'task-00$', '$', 'S1.$', 'AUTH_$', 'word$'];
  const dress: readonly ((id: string, title: string, more: string) => string)[] = [
    (id, title, more) => `- ${id && `${id}: `}${title} (${more})`,
    (id, title, more) => `* ${id && `**${id}** - `}${title} (${more})  `,
    (id, title, more) => `+   ${id && `\`${id}\`: `}${title} [${more}]`,
    (id, title, more) => `- [ ] ${id && `[${id}] `}${title} — ${more}`,
    (id, title, more) => `•\t${id && `${id} – `}${title}; ${more}`,
    (id, title, more) => `- ${id && `${id}：`}${title}（${more.replaceAll(':', '：').replaceAll(';', '；')}）`,
    (id, title, more) => `- ${id && `${id}: `}${title} <!-- later --> (${more})`,
    (id, title, more) => `- ${id && `${id}: `}${title}\n  - ${more.replaceAll('; ', '\n  - ')}`,
    (id, title, more) => `- ${id && `${id}: `}${title}\n  ${more.replaceAll('; ', '\n  ')}`,
    (id, title, more) => `### ${id && `${id}: `}${title}\n\n${more.replaceAll('; ', '\n\n')}\n`,
    (id, title, more) =>
      `#### ${id && `${id} — `}${title}\n* **${more.replaceAll(': ', ':** ').replaceAll('; ', '\n* **')}`,
  ];
  const noise = ['', '', '', '<!-- a comment -->', '\n---\n', '\n'];

  test('as many slices as lines that declare one, each with its files and check, however sloppy', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...dress),
        fc.array(
          fc.record({
            id: fc.constantFrom(...ids),
            title: fc.constantFrom(...titles),
            noise: fc.constantFrom(...noise),
          }),
          { minLength: 1, maxLength: 12 },
        ),
        fc.constantFrom('\n', '\r\n'),
        (line, given, newline) => {
          const text = given
            .map(({ id, title, noise: more }, i) =>
              [
                line(id.replace('$', String(i + 1)), `${title} ${i}`, `files: src/f${i}.ts; verify: npm test -- f${i}`),
                more,
              ].join('\n'),
            )
            .join('\n')
            .replaceAll('\n', newline);
          const { spec, findings } = read(text);
          assert.deepEqual(
            findings.filter(({ severity }) => severity !== 'info'),
            [],
            text,
          );
          assert.deepEqual(
            spec.slices.map(({ files, verify }) => [files, verify]),
            given.map((_, i) => [[`src/f${i}.ts`], [`npm test -- f${i}`]]),
            text,
          );
          for (const [i, { id }] of given.entries())
            if (id !== '') assert.equal(spec.slices[i]?.id, id.replace('$', String(i + 1)), text);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('300 slices, and a cost that grows with their number only', () => {
    const many = (count: number): string =>
      Array.from(
        { length: count },
        (_, i) => `- The same title (files: src/f${i}.ts; after: ${i > 0 ? 'A0' : 'none'})\n- A${i}: Other`,
      ).join('\n');
    assert.equal(read(many(300)).spec.slices.length, 600);
    assertLinear('reading slices', 4_000, (size) => read(many(size)));
  });

  test('a long line of marks costs what its length lets expect', () => {
    const parts = ['<!--', '<!-- a -->', '[a](b) ', '`[a](b)', '{', '(', '[', '{a', '*', '_', '| ', '|-', ':'];
    for (const part of parts)
      for (const line of ['- a1: First (files: src/a.ts; verify: ', '- a1: First (files: src/', '| ', '- '])
        assertLinear(`${line}${part}`, 40_000, (size) => read(`${line}${part.repeat(size / part.length)}`));
  });
});
