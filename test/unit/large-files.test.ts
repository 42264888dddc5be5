import assert from 'node:assert/strict';
import { largeFiles, sizesText } from '../../src/core/gate/large-files.ts';

const MIB = 1024 * 1024;
const named = (...sizes: readonly number[]) => sizes.map((size, at) => ({ path: `out/${at}.bin`, size: size * MIB }));
const paths = (...sizes: readonly number[]): string[] => largeFiles(named(...sizes)).map(({ path }) => path);

suite('files that are larger than sources', () => {
  test('one by itself, and none that is not', () => {
    assert.deepEqual(paths(1, 110, 2), ['out/1.bin']);
    assert.deepEqual(paths(50, 49), []);
    assert.deepEqual(paths(51), ['out/0.bin']);
    assert.deepEqual(paths(), []);
  });

  test('many that come to too much: as many as have to go, the largest first', () => {
    assert.deepEqual(paths(...Array.from({ length: 110 }, () => 1)).length, 10);
    assert.deepEqual(paths(40, 45, 30), ['out/1.bin']);
    assert.deepEqual(paths(60, 45, 60, 50), ['out/0.bin', 'out/2.bin']);
  });

  test('in words, with the first five', () => {
    assert.equal(sizesText(named(110, 1.5)), 'out/0.bin (110 MiB), out/1.bin (1.5 MiB)');
    assert.match(sizesText(named(60, 60, 60, 60, 60, 60, 60)), /out\/4\.bin \(60 MiB\) and 2 more$/);
  });
});
