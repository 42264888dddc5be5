/** Files that go away: what a spec or a tool's task says of them, to the plan that is written. */
import assert from 'node:assert/strict';
import { isRemovedFile } from '../../src/core/task/model.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { decomposed, planned, specWith } from '../decompose-fixture.ts';
import { proposalOf, tools } from './import-tools.ts';

const repoFiles = [
  'package.json',
  'src/throttle.ts',
  'src/rate-limiter.ts',
  'src/server.ts',
  'src/old_queue.ts',
  'src/lib.ts',
  'src/legacy/a.ts',
];
const texts = new Map([['package.json', '{ "scripts": { "test": "node --test" } }']]);

/** Of each slice the files that its task spec says are removed, and its checks. */
function removedBy({ slices }: Plan): readonly (readonly [removed: readonly string[], checks: readonly string[]])[] {
  return slices.map(({ scope, verify }) => [
    scope.modify.filter(isRemovedFile).flatMap((entry) => entry.path ?? []),
    verify,
  ]);
}

suite('files that a slice removes', () => {
  const gone = 'test ! -e src/throttle.ts';
  const declared: readonly (readonly [form: string, spec: string])[] = [
    ['in a line, by its title', '## Slices\n\n- A1: Remove the old throttle (files: src/throttle.ts)\n'],
    ['in a line, by its path', '## Slices\n\n- A1: Delete src/throttle.ts (files: src/throttle.ts)\n'],
    [
      'by a bullet below it',
      '## Slices\n\n- A1: Clean up (files: src/throttle.ts, src/server.ts)\n  - `src/throttle.ts` is gone\n',
    ],
    ['below a heading of its own', '## Slices\n\n### A1: Drop throttle\n\nFiles: src/throttle.ts\n'],
    [
      'in a table',
      '## Slices\n\n| id | title | files |\n| --- | --- | --- |\n| A1 | Retire throttle.ts | src/throttle.ts |\n',
    ],
    ['in a box', '## Tasks\n\n- [ ] A1: Remove the `throttle` module (files: src/throttle.ts)\n'],
  ];
  for (const [form, more] of declared)
    test(`declared ${form}`, () => {
      const specText = specWith({ id: 'TS-1', evidence: 'npm test', more });
      const { plan } = decomposed({ specPath: 'specs/a.md', specText, repoFiles, texts });
      assert.deepEqual(removedBy(plan), [[['src/throttle.ts'], [gone, 'npm test']]]);
    });

  test('checks that are declared stay as they are', () => {
    const more = '## Slices\n\n- A1: Remove the throttle (files: src/throttle.ts; verify: npm run lint)\n';
    const specText = specWith({ id: 'TS-1', more });
    const { plan } = decomposed({ specPath: 'specs/a.md', specText, repoFiles, texts });
    assert.deepEqual(removedBy(plan), [[['src/throttle.ts'], ['npm run lint']]]);
  });

  const staying: readonly (readonly [why: string, line: string])[] = [
    ['something is removed from it', '- A1: Remove the flag (files: src/server.ts)'],
    ['something in it is removed', '- A1: Remove the throttle from the server (files: src/server.ts)'],
    ['a part of it is', '- A1: Remove server (files: src/server.ts::limit)'],
    ['it does not exist', '- A1: Remove the queue (files: src/queue.ts)'],
    ['it is a glob', '- A1: Remove legacy (files: src/legacy/*.ts)'],
    ['it replaces what goes', '- A1: Delete src/throttle.ts (files: src/rate-limiter.ts)'],
    ['it is kept', '- A1: Remove the throttle, keep src/server.ts as it is (files: src/server.ts)'],
    ['its name only begins so', '- A1: Remove the rate (files: src/rate-limiter.ts)'],
    ['another name ends so', '- A1: Tidy up, ib.ts is gone (files: src/lib.ts)'],
  ];
  for (const [why, line] of staying)
    test(`none: ${why}`, () => {
      const specText = specWith({ id: 'TS-1', evidence: 'npm test', more: `## Slices\n\n${line}\n` });
      const { plan } = decomposed({ specPath: 'specs/a.md', specText, repoFiles, texts });
      assert.deepEqual(removedBy(plan), [[[], ['npm test']]]);
    });

  const going: readonly (readonly [why: string, line: string, removed: readonly string[]])[] = [
    ['a name of several words', 'Remove the old rate limiter (files: src/rate-limiter.ts)', ['src/rate-limiter.ts']],
    ['a path from here', 'Tidy up, ./src/lib.ts is gone (files: src/lib.ts)', ['src/lib.ts']],
    ['a name that begins so', 'Remove old queue (files: src/old_queue.ts)', ['src/old_queue.ts']],
    [
      'two names',
      'Delete rate limiter and the throttle (files: src/rate-limiter.ts, src/throttle.ts, src/server.ts)',
      ['src/rate-limiter.ts', 'src/throttle.ts'],
    ],
    [
      'one by its name, in a part of the title',
      'Drop the use of lib.ts in the server, throttle.ts goes away too (files: src/lib.ts, src/throttle.ts)',
      ['src/throttle.ts'],
    ],
  ];
  for (const [why, line, removed] of going)
    test(why, () => {
      const specText = specWith({ id: 'TS-1', more: `## Slices\n\n- A1: ${line}\n` });
      const { plan } = decomposed({ specPath: 'specs/a.md', specText, repoFiles, texts });
      assert.deepEqual(removedBy(plan)[0]![0], removed);
    });

  for (const [name, tool] of Object.entries(tools))
    test(`imported from ${name}`, () => {
      const say = tool.removing ?? ((text: string) => text);
      const tasks = ['Remove `src/throttle.ts` for good', 'Take the flag out of `src/server.ts`'].map(say);
      const { proposal, spec, input } = proposalOf(tool.write(tasks), repoFiles);
      const { plan } = planned(proposal, { spec, specPath: input.path, dirName: 'x' });
      const all = removedBy(plan);
      assert.deepEqual(
        all.flatMap(([removed]) => removed),
        ['src/throttle.ts'],
      );
      const [, checks] = all.find(([removed]) => removed.length > 0)!;
      assert.ok(checks.includes(gone), checks.join('; '));
    });
});
