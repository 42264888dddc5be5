import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { plain } from '../../src/core/text/document.ts';
import { readYaml } from '../../src/core/text/yaml.ts';
import { readTaskSpec } from '../../src/core/task/read.ts';
import type { Scope } from '../../src/core/task/model.ts';
import { applied, bench, task } from './language-fixture.ts';

const file = task('task-001-users');

function laidOut(text: string, range: { readonly start: number; readonly end: number } | null = null): string {
  // The mark at the start is the one that is taken out, so that a `|` of the text stays.
  return applied(text, bench({ [file]: `|${text}` }).language.layout(file, range));
}

/** What a scope means, entry by entry. */
function meaning(text: string): unknown {
  const { scope } = readTaskSpec(text, file).task;
  const entries = (key: keyof Scope): unknown =>
    scope[key].map((entry) => [entry.path, entry.symbol, entry.note, entry.path === null ? entry.text : null]);
  return [entries('create'), entries('modify'), entries('boundary')];
}

suite('layout', () => {
  test('the scope in its normal form', () => {
    const text = `# T

## Scope

- **BOUNDARY**: b.py
* Modify:
    * \`c.py\` - why, and how
  -  d.py   
**CREATE** (new files): e.py,f.py

## Checklist
`;
    assert.equal(
      laidOut(text),
      `# T

## Scope

CREATE (new files): e.py, f.py

MODIFY:
- \`c.py\` - why, and how
- d.py

BOUNDARY: b.py

## Checklist
`,
    );
  });

  test('exceptions stay under their directive, between the entries they follow, byte by byte', () => {
    const written = `---
id: task-001-users
---
# T

## Scope

MODIFY: src/**, !src/\`x\`.ts, \`!src/old/**\`, lib/a.ts
BOUNDARY: docs/**, !docs/a.md

## Checklist
`;
    assert.equal(laidOut(written), written);
    const bullets = written.replace(
      /^MODIFY: .*$/m,
      'MODIFY:\n- src/** - all of it\n- !src/`x`.ts\n- `!src/old/**`\n- lib/a.ts\n',
    );
    assert.equal(laidOut(bullets), bullets);
    // Out of form: only what stands around the entries changes.
    const loose = written.replace(', !docs/a.md', ',!docs/a.md').replace('MODIFY: src', '**Modify**:  src');
    assert.equal(laidOut(loose), written);
    assert.deepEqual(meaning(laidOut(loose)), meaning(loose));
  });

  test('what the decomposer writes is in its normal form', () => {
    const golden = path.resolve(import.meta.dirname, '../golden/decompose-inventory/tasks');
    const names = readdirSync(golden);
    assert.ok(names.length > 0);
    for (const name of names) {
      const text = readFileSync(path.join(golden, name), 'utf8');
      assert.equal(laidOut(text), text);
    }
  });

  test('prose and comments among the directives are not moved', () => {
    for (const line of [
      'All of it is new.',
      '<!-- slicewave-disable-next-line task.boundary-prose: known -->',
      '```',
      '### More',
    ]) {
      const text = `# T\n\n## Scope\n\nMODIFY: a.py\n${line}\nCREATE: b.py\n`;
      assert.equal(laidOut(text), text);
    }
  });

  test('the front matter: blanks and lists, never keys, comments, quotes or blocks of text', () => {
    const text = `---
id:   T1
# why
deps: [A1,A2 ,A3]   # all of them
blocks: [B1,B2]
verify:
- npm test
-  npm run "lint  all"
title: "a:  b"
stop: |
  one:   two
   - three
---
# T1: T
`;
    assert.equal(
      laidOut(text),
      text
        .replace('id:   T1', 'id: T1')
        .replace('[B1,B2]', '[B1, B2]')
        .replace('- npm test\n-  npm', '  - npm test\n  - npm'),
    );
  });

  test('a range: only what it touches; line ends stay what they are', () => {
    const text = '---\r\nid:  T1\r\n---\r\n# T1: T\r\n\r\n## Scope\r\n\r\nMODIFY: b.py\r\nCREATE: a.py\r\n';
    const scope = text.indexOf('## Scope');
    const ordered = 'CREATE: a.py\r\nMODIFY: b.py';
    assert.equal(
      laidOut(text, { start: scope, end: text.length }),
      text.replace('MODIFY: b.py\r\nCREATE: a.py', ordered),
    );
    assert.equal(laidOut(text, { start: 0, end: 10 }), text.replace('id:  T1', 'id: T1'));
    assert.equal(laidOut(text), text.replace('id:  T1', 'id: T1').replace('MODIFY: b.py\r\nCREATE: a.py', ordered));
  });

  test('whatever is written, the scope means the same before and after, and once is enough', () => {
    const entry = fc.constantFrom(
      'a.py',
      'src/**',
      '`b/c.ts`',
      'x.py::A.b',
      '`d.py` - a, b',
      'e.py (old, new)',
      '{a,b}.ts',
      'everything else',
      'none',
      '[]',
      'a b',
      'q.py: remark',
      '"z.py"',
      "it's.py",
      'n.py -- gone',
      '!src/a.py',
      '`!b/c.ts`',
    );
    const key = fc.constantFrom(
      'CREATE',
      'MODIFY',
      'BOUNDARY',
      '**CREATE**',
      '**Modify:**',
      '- BOUNDARY',
      '  create',
      'CREATE (new)',
      '### MODIFY',
      'MODIFY only',
      '`BOUNDARY`',
    );
    const bullet = fc.constantFrom('- ', '* ', '  - ', '\t- ', '1. ', '- [ ] ', '    ', '');
    const line = fc.oneof(
      fc
        .tuple(key, fc.array(entry, { maxLength: 3 }), fc.constantFrom(', ', ',', ' ,', '; '))
        .map(([k, list, comma]) => `${k}: ${list.join(comma)}`),
      fc.tuple(bullet, entry).map(([mark, one]) => mark + one),
      fc.constantFrom('', '', '   ', 'Prose.', '<!-- note -->', '```', 'CREATE:', 'BOUNDARY:  ', '> MODIFY: a.py'),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), (lines, eol) => {
        const text = ['---', 'id: x', '---', '# x: X', '', '## Scope', '', ...lines, '', '## More', '- z.py', ''].join(
          eol,
        );
        const once = laidOut(text);
        assert.deepEqual(meaning(once), meaning(text));
        assert.equal(laidOut(once), once);
      }),
      { numRuns: 300 },
    );
  });

  test('whatever is written, the front matter means the same before and after', () => {
    const line = fc.constantFrom(
      'a:  1',
      'b: [x,y ]',
      'c:',
      '- x',
      '  -   y',
      'd: |',
      '   text:  z',
      '# note',
      'e: "q,  r"',
      "f: 'it''s'",
      'g:\t2',
      '- k: v',
      '  m: n',
      'h: {a: 1,b: 2}',
      'i: [a, [b,c]]',
      '',
      '  ',
      'j: &x 1',
      'k: *x',
      'l: >-',
      '- - a',
      'm: [a,',
      '  b]',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
        const text = ['---', ...lines, '---', '# x: X', ''].join('\n');
        const after = laidOut(text);
        const value = (whole: string): unknown => {
          const read = readYaml(whole.slice(4, whole.indexOf('\n---', 3) + 1));
          return [read.value && plain(read.value), read.problems.length];
        };
        assert.deepEqual(value(after), value(text));
        assert.equal(laidOut(after), after);
      }),
      { numRuns: 300 },
    );
  });
});
