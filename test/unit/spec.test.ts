import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readSpec } from '../../src/core/spec/read.ts';
import { assertFinding, caret } from './caret.ts';

const file = 'specs/TS-0042-inventory.spec.md';
const read = (text: string) => readSpec(text, file);

suite('spec', () => {
  test('the four answers under every accepted heading, at any level, in any order', () => {
    const headings = {
      outcome: [
        'Outcome',
        'Goal',
        'GOALS',
        'Objective',
        'Objectives:',
        'Problem statement',
        '1. Goal',
        'What outcome are we after?',
      ],
      in_scope: ['In scope', 'Scope', 'Scope boundary', '**In Scope**', 'Scope (phase 1)'],
      out_of_scope: ['Out of scope', 'Non-goals', 'Non-Goals — for now'],
      evidence: ['Evidence', 'Acceptance criteria', 'Success Criteria', 'Definition of done', 'Verification'],
    } as const;
    for (const [answer, accepted] of Object.entries(headings)) {
      for (const heading of accepted) {
        const { spec } = read(`# T\n\n#### Other\n\nx\n\n### ${heading}\n\n- yes\n\n## Else\n`);
        const section = spec.answers[answer as keyof typeof headings];
        assert.equal(section?.text, '- yes', heading);
        assert.deepEqual(
          section?.items.map((item) => item.text),
          ['yes'],
        );
      }
    }
    assert.equal(read('# T\n## Scope of the study\nx').spec.answers.in_scope, null);
    assert.equal(read('# T\n```\n## Outcome\nx\n```\n').spec.answers.outcome, null);
  });

  test('what is out of scope is no part of what is in scope; the more telling heading wins; an empty one loses', () => {
    const { answers } = read(
      '# T\n## Scope\n- a\n### Out of scope\n- b\n### In scope\n- c\n## Goal\n## Objectives\nwords',
    ).spec;
    assert.equal(answers.in_scope?.text, '- c');
    assert.equal(answers.out_of_scope?.text, '- b');
    assert.equal(answers.outcome?.text, 'words');
    assert.equal(read('# T\n## Scope\n- a\n### Out of scope\n- b').spec.answers.in_scope?.text, '- a');
  });

  test('front matter, with the file name as the last resort', () => {
    const { spec, findings } = read(
      '---\nid: TS-0007\nstatus: Approved\ntechnology: python\nconfidence: medium\n---\n# TS-0007: Inventory\n',
    );
    assert.deepEqual(findings, []);
    assert.deepEqual(
      [spec.id, spec.title, spec.status, spec.technology, spec.confidence],
      ['TS-0007', 'Inventory', 'approved', 'python', 'MEDIUM'],
    );
    assert.deepEqual([read('').spec.id, read('').spec.title], ['TS-0042', 'TS-0042-inventory']);
    const at = caret('---\nconfidence: |perhaps|\n---\n');
    assertFinding(read(at.text).findings, 'spec.front-matter', at);
  });

  test('workstreams, slices with everything they can say, and merge points', () => {
    const { spec, findings } = read(`# T
## Workstreams
### WS-A: Users
Boundary: \`apps/users/**\`, apps/{a,b}/**

- A1: Model (files: apps/users/models.py, apps/{x,y}.py; verify: \`pytest -k "a; b"\`; verify: ruff check; estimate: 3h; boundary: apps/orders/**)
  - keep the old table
  - after: B1
- [ ] **A2**: Endpoint (JSON) (after A1, B1; agent: python-experts:django-expert)
- A3 - No details
- a note that is no slice
### WS-B: Products
- B1: Thing (workstream: C)
MP1: A2 + B1 -> A3 (verify: npm test)

## Out of scope
- A9: not a slice
- MP2: A1, A2 → A3
`);
    assert.deepEqual(findings, []);
    assert.deepEqual(
      spec.workstreams.map(({ id, name, boundary }) => ({ id, name, boundary })),
      [
        { id: 'WS-A', name: 'Users', boundary: ['apps/users/**', 'apps/{a,b}/**'] },
        { id: 'WS-B', name: 'Products', boundary: [] },
      ],
    );
    assert.deepEqual(
      spec.slices.map(({ span: _span, ...slice }) => slice),
      [
        {
          id: 'A1',
          title: 'Model',
          after: ['B1'],
          files: ['apps/users/models.py', 'apps/{x,y}.py'],
          verify: ['pytest -k "a; b"', 'ruff check'],
          estimateMinutes: 180,
          workstream: 'WS-A',
          agent: null,
          boundary: ['apps/orders/**'],
          details: ['keep the old table'],
        },
        {
          id: 'A2',
          title: 'Endpoint (JSON)',
          after: ['A1', 'B1'],
          files: [],
          verify: [],
          estimateMinutes: null,
          workstream: 'WS-A',
          agent: 'python-experts:django-expert',
          boundary: [],
          details: [],
        },
        {
          id: 'A3',
          title: 'No details',
          after: [],
          files: [],
          verify: [],
          estimateMinutes: null,
          workstream: 'WS-A',
          agent: null,
          boundary: [],
          details: [],
        },
        {
          id: 'B1',
          title: 'Thing',
          after: [],
          files: [],
          verify: [],
          estimateMinutes: null,
          workstream: 'WS-C',
          agent: null,
          boundary: [],
          details: [],
        },
      ],
    );
    assert.deepEqual(
      spec.mergePoints.map(({ span: _span, ...point }) => point),
      [
        { id: 'MP1', needs: ['A2', 'B1'], unlocks: ['A3'], verify: ['npm test'] },
        { id: 'MP2', needs: ['A1', 'A2'], unlocks: ['A3'], verify: [] },
      ],
    );
  });

  test('contracts: the name behind the language, in the line above, in a comment; none is said', () => {
    const at = caret(
      '## Contracts\n`src/a.ts`:\n```ts\nA\n```\n```yaml api.yaml\nB\n```\n```ts title="src/c.ts"\nC\n```\n~~~py\n# src/d.py\nD\n~~~\n|```js|\nE\n```\n## Else\n```ts src/no.ts\n```\n',
    );
    const { spec, findings } = read(at.text);
    assert.deepEqual(
      spec.contracts.map(({ path, language, content }) => [path, language, content]),
      [
        ['src/a.ts', 'ts', 'A\n'],
        ['api.yaml', 'yaml', 'B\n'],
        ['src/c.ts', 'ts', 'C\n'],
        ['src/d.py', 'py', '# src/d.py\nD\n'],
      ],
    );
    assertFinding(findings, 'spec.contract-name', at);
    assert.equal(read('## Contracts\n`../../etc/x.ts`\n```ts\n```').spec.contracts.length, 0);
  });

  test('contradictions are underlined', () => {
    for (const [code, marked] of [
      ['spec.unknown-slice', '## Slices\n- A1: x (after |B9|)\n'],
      ['spec.unknown-slice', '## Slices\n- A1: x\n- MP1: A1 -> |C1|\n'],
      ['spec.duplicate-slice', '## Slices\n- A1: x\n- |A1|: y\n'],
      ['spec.duplicate-merge-point', '## Slices\n- A1: x\n- A2: y\n\nMP1: A1 -> A2\n\n|MP1: A2 -> A1|\n'],
      ['spec.merge-point', '## Slices\n\n|MP1: A8 and then some|\n'],
      ['spec.estimate', '## Slices\n- A1: x (estimate: |soon|)\n'],
      ['spec.yaml', '---\nid: [|-|--\n---\n'],
    ] as const) {
      const at = caret(marked);
      if (code === 'spec.yaml') assert.ok(read(at.text).findings.some((found) => found.code === code));
      else assertFinding(read(at.text).findings, code, at);
    }
  });

  test('never throws, and every span lies in the text', () => {
    const piece = fc.constantFrom(
      '# ',
      '## Outcome\n',
      '## Slices\n',
      '### WS-A: U\n',
      'Boundary: a/**\n',
      '- A1: x',
      ' (after ',
      'A1',
      ', ',
      '; files: ',
      '; verify: `',
      '`',
      ')',
      '\n',
      '  - ',
      'MP1: ',
      ' -> ',
      '+',
      '## Contracts\n',
      '```ts a.ts\n',
      '```\n',
      '---\n',
      'id: ',
      '(',
      '"',
      "'",
      '\r\n',
      '😀',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 80 }).map((all) => all.join('')),
        ),
        (text) => {
          const { spec, findings } = read(text);
          const spans = [
            ...findings.map((f) => f.span),
            ...spec.slices.map((s) => s.span),
            ...spec.mergePoints.map((p) => p.span),
            ...spec.contracts.map((c) => c.span),
          ];
          for (const span of spans) assert.ok(span.start >= 0 && span.start <= span.end && span.end <= text.length);
          assert.equal(new Set(spec.slices.map((slice) => slice.id)).size, spec.slices.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
