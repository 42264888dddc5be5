import { strict as assert } from 'node:assert';
import { foldersOf, sameNames } from '../../src/core/run/same-names.ts';

suite('names that are one where case or accents do not count', () => {
  const cases: readonly {
    readonly name: string;
    readonly added: readonly string[];
    readonly there: readonly string[];
    readonly places: readonly string[];
  }[] = [
    { name: 'case', added: ['src/Price.js'], there: ['src/price.js', 'src/Price.js'], places: ['src/Price.js'] },
    { name: 'two new ones', added: ['a/x', 'a/X'], there: ['a/x', 'a/X'], places: ['a/x', 'a/X'] },
    { name: 'a folder', added: ['Src/new.js'], there: ['src', 'Src', 'Src/new.js'], places: ['Src'] },
    { name: 'accents', added: ['cafe\u0301.md'], there: ['caf\u00e9.md', 'cafe\u0301.md'], places: ['cafe\u0301.md'] },
    { name: 'old ones are not this change', added: ['b'], there: ['a', 'A', 'b'], places: [] },
    { name: 'other names', added: ['src/prices.js'], there: ['src/price.js', 'src/prices.js'], places: [] },
  ];
  for (const { name, added, there, places } of cases)
    test(name, () => {
      const doubt = sameNames(added, there);
      assert.deepEqual(doubt?.places.map(({ path }) => path) ?? [], places);
      assert.equal(doubt === null, places.length === 0);
    });

  test('both are named, the second form of an accent so that it can be seen', () => {
    const doubt = sameNames(['cafe\u0301'], ['caf\u00e9', 'cafe\u0301']);
    assert.equal(
      doubt?.summary,
      'caf\u00e9 and cafe\\u0301 are one name where case or the form of accents does not count',
    );
  });

  test('the folders of new files and all above them, each once', () => {
    assert.deepEqual(foldersOf(['a/b/c.js', 'a/b/d.js', 'a/e.js', 'f']), ['', 'a/b', 'a']);
  });
});
