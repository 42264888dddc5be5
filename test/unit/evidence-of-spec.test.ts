import assert from 'node:assert/strict';
import { evidenceOf } from '../../src/core/spec/evidence.ts';
import { readSpec } from '../../src/core/spec/read.ts';

const items = (evidence: string) =>
  evidenceOf(readSpec(`# A\n\n## Evidence\n\n${evidence}\n\n## Slices\n`, 'specs/a.md').spec);

suite('the evidence of a spec', () => {
  test('commands that are said to pass are run, whatever else stands beside them', () => {
    const runs: readonly (readonly [text: string, commands: readonly string[]])[] = [
      ['`npm test` passes', ['npm test']],
      ['- `node --test "test/**/*.test.ts"` passes, with a file for each module', ['node --test "test/**/*.test.ts"']],
      ['- `npm run lint` and `npm run types` are green', ['npm run lint', 'npm run types']],
      ['- `cargo clippy --all` with no errors', ['cargo clippy --all']],
      ['- `pytest tests/unit` exits with 0', ['pytest tests/unit']],
    ];
    for (const [text, commands] of runs) {
      assert.deepEqual(
        items(text).map((item) => item.commands),
        [commands],
        text,
      );
      assert.equal(items(text)[0]?.whyNot, null, text);
    }
  });

  test('what no command shows, or shows otherwise, is for a person, and says why', () => {
    const not: readonly (readonly [text: string, why: RegExp])[] = [
      ['- A test shows that the last item cannot be sold twice', /names no command/],
      ['- `src/a.ts` has no `any`', /names no command/],
      ['- `npm run check -- --broken` fails', /does not say/],
      ['- `curl -s localhost:3000/x` returns 404', /does not say/],
      ['- `npm run migrate` exits with code 2 on an old schema', /does not say/],
      ['- `npm start`, and the page shows the list', /does not end/],
      ['- `npx vite --watch` shows it', /does not end/],
    ];
    for (const [text, why] of not) {
      const [item] = items(text);
      assert.deepEqual(item?.commands, [], text);
      assert.match(item?.whyNot ?? '', why, text);
    }
  });

  test('each item by itself, on one line; prose without a list by its paragraphs', () => {
    assert.deepEqual(
      items('- one `npm test`\n  passes\n- two').map(({ text }) => text),
      ['one `npm test` passes', 'two'],
    );
    assert.equal(items('One thing.\n\nAnother `npm test` passes.').length, 2);
    assert.deepEqual(evidenceOf(readSpec('# A\n', 'a.md').spec), []);
  });
});
