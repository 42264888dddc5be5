import assert from 'node:assert/strict';
import {
  guardsSensitive,
  sensitiveWords,
  vagueEvidence,
  vagueLimits,
  vagueOutcome,
  vagueScopeItem,
} from '../../src/core/lint/spec/words.ts';

type Row = readonly [text: string, words: string | null];

function check(
  rows: readonly Row[],
  look: (text: string) => { readonly words: string; readonly span: { start: number; end: number } } | null | undefined,
) {
  for (const [text, words] of rows) {
    const found = look(text) ?? null;
    assert.equal(found?.words ?? null, words, text);
    if (found) assert.equal(text.slice(found.span.start - 7, found.span.end - 7), found.words, text);
  }
}

suite('words of a spec', () => {
  test('outcomes: praise alone is vague; a person, a number, a name or a behaviour is not', () => {
    check(
      [
        ['Improve the code base.', 'Improve'],
        ['A better, more robust import.', 'better'],
        ['Modernise billing and streamline the whole process', 'Modernise'],
        ['Better error handling.\n', 'Better'],
        ['Users get a better search.', null],
        ['Improve p95 latency to 200 ms', null],
        ['`slicewave lint` is better', null],
        ['The import rejects broken rows; a more robust parser is behind it.', null],
        ['Improve src/import/rows.ts', null],
        ['Improve the "Orders" page', null],
        ['Import of orders', null],
        ['Bessere Qualität der Einfuhr', null],
        ['', null],
        ['<!-- improve -->', null],
      ],
      (text) => vagueOutcome(text, 7),
    );
  });

  test('scope items: lists without an end, and words that fit every project', () => {
    check(
      [
        ['Products, stock, etc.', 'etc.'],
        ['Orders and so on', 'and so on'],
        ['Update the docs as needed', 'as needed'],
        ['Various improvements', 'Various improvements'],
        ['General clean-up', 'General clean-up'],
        ['Orders, products and more', 'and more'],
        ['bug fixes', 'bug fixes'],
        ['Clean up `src/http/**`', null],
        ['Kinds of issue (overflow, injection, etc.)', null],
        ['Orders; everything else stays', null],
        ['Everything else', 'Everything else'],
        ['orders', null],
        ['Search with sorting and paging', null],
        ['Orders of 10 lines and more than one currency', null],
        ['`etc` directory of the image', null],
        ['Payment by card', null],
        ['Backend', null],
        ['The `everything else` page', null],
      ],
      (text) => vagueScopeItem(text, 7),
    );
  });

  test('evidence: a judgement with nothing to check it by', () => {
    check(
      [
        ['Search works well', 'works well'],
        ['The code is clean', 'is clean'],
        ['Everything works as expected', 'Everything works as expected'],
        ['The page looks good', 'looks good'],
        ['No known issues', 'No known issues'],
        ['Good test coverage', 'Good test coverage'],
        ['`npm test` works without problems', null],
        ['Search works as expected: "tea" gives mugs', null],
        ['The importer runs without issues on 10,000 rows', null],
        ['The demo works well when the network is off', null],
        ['A test shows that the last item cannot be sold twice', null],
        ['The report is readable by screen readers, reviewed by Ana', null],
        ['An order can be placed', null],
      ],
      (text) => vagueEvidence(text, 7),
    );
  });

  test('limits: a word for a number in a sentence without one', () => {
    check(
      [
        ['The page loads fast.', 'fast'],
        ['It has 3 tabs. Search answers quickly.', 'quickly'],
        ['Handles many users', 'many'],
        ['The service is secure', 'is secure'],
        ['It must be scalable', 'scalable'],
        ['Replies as soon as possible', 'as soon as possible'],
        ['The page loads fast, within 300 ms.', null],
        ['Many of the routes stay', null],
        ['A one-to-many relation', null],
        ['It fails fast', null],
        ['A fast-forward merge', null],
        ['As soon as the order ships, the stock goes', null],
        ['How many items were sold is shown', null],
        ['A body too large is refused', null],
        ['`fast` is a mode', null],
        ['FastAPI serves it', null],
        ['Two hundred users, many of them at once', null],
        ['Secure cookies are set', null],
      ],
      (text) => vagueLimits(text, 7)[0],
    );
  });

  test('what is sensitive, unless it is ruled out', () => {
    check(
      [
        ['Users log in with a password', 'password'],
        ['Rotate the API keys', 'API keys'],
        ['Login by mail', 'Login'],
        ['A copy of the production database', 'production database'],
        ['OAuth for partners', 'OAuth'],
        ['No login and no passwords', null],
        ['Orders, without authentication', null],
        ['The author of a note', null],
        ['`password` column', null],
        ['Tokens of a context window', null],
        ['A secret santa list', null],
      ],
      (text) => sensitiveWords(text, 7),
    );
    assert.ok(guardsSensitive('Anything touches secrets, logins or the data of a real shop'));
    assert.ok(!guardsSensitive('The task can be read in two ways'));
  });
});
