import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { changedLines } from '../../src/extension/evidence/changed-lines.ts';

suite('lines of a diff', () => {
  test('names added and changed lines by their place in the new file', () => {
    const diff = `diff --git a/src/a.ts b/src/a.ts
--- a/src/a.ts
+++ b/src/a.ts
@@ -1,3 +1,4 @@
 one
-two
+TWO
+two and a half
 three
@@ -10 +11,0 @@
-gone
`;
    assert.deepEqual(
      [...changedLines(diff)],
      [
        [
          'src/a.ts',
          [
            { first: 2, last: 3 },
            { first: 11, last: 11 },
          ],
        ],
      ],
    );
  });

  test('takes lines that look like headers for what they are', () => {
    const diff = `diff --git a/x.sql b/x.sql
--- a/x.sql
+++ b/x.sql
@@ -1,2 +1,2 @@
--- a comment
+++ b/not-a-file
 select 1
`;
    assert.deepEqual([...changedLines(diff).keys()], ['x.sql']);
    assert.deepEqual(changedLines(diff).get('x.sql'), [{ first: 1, last: 1 }]);
  });

  test('leaves deleted files out and takes quoted names apart', () => {
    const diff = `diff --git a/old b/old
--- a/old
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git "a/\\303\\244 \\"b\\".ts" "b/\\303\\244 \\"b\\".ts"
--- /dev/null
+++ "b/\\303\\244 \\"b\\".ts"
@@ -0,0 +1 @@
+x
`;
    assert.deepEqual([...changedLines(diff)], [['ä "b".ts', [{ first: 1, last: 1 }]]]);
  });

  test('agrees with git on any two texts', () => {
    const line = fc.constantFrom('a', 'b', '-- c', '++ d', '');
    const dir = mkdtempSync(path.join(tmpdir(), 'slicewave-lines-'));
    try {
      fc.assert(
        fc.property(fc.array(line, { maxLength: 12 }), fc.array(line, { maxLength: 12 }), (before, after) => {
          writeFileSync(path.join(dir, 'a'), before.map((text) => `${text}\n`).join(''));
          writeFileSync(path.join(dir, 'b'), after.map((text) => `${text}\n`).join(''));
          let diff = '';
          try {
            execFileSync('git', ['diff', '--no-index', '--unified=1', 'a', 'b'], { cwd: dir });
          } catch (error) {
            diff = String((error as { stdout: Buffer }).stdout);
          }
          const added = new Set<number>();
          for (const range of changedLines(diff).values()) {
            for (const { first, last } of range) for (let at = first; at <= last; at++) added.add(at);
          }
          // Every line that git calls added is named, and nothing outside the new file but the place of a removal.
          let number = 0;
          let inHunk = false;
          for (const text of diff.split('\n')) {
            const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(text);
            if (hunk) {
              number = Number(hunk[1]) + (hunk[2] === '0' ? 1 : 0);
              inHunk = true;
            } else if (inHunk && text.startsWith('+')) {
              assert.ok(added.has(number), `${number} of\n${diff}`);
              number++;
            } else if (inHunk && text.startsWith(' ')) number++;
          }
          for (const at of added) assert.ok(at >= 1 && at <= Math.max(1, after.length), `${at} of ${after.length}`);
        }),
        { numRuns: 60 },
      );
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
