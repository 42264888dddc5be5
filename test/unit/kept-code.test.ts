import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CodeFile, CodeReader } from '../../src/core/code/model.ts';
import { KeptCode } from '../../src/node/judge/kept-code.ts';
import { learnedDirectory } from '../../src/node/judge/learned.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';

const program = 'one program';
const texts = Array.from(
  { length: 6 },
  (_, i) =>
    `import { part${i} } from './part${i}.ts';\n\nexport class Shop${i} {\n  open(): void {}\n}\n// späte Öffnung ${i}\n`,
);

suite('kept code', () => {
  let dir: string;
  let file: string;
  /** The real reader, which counts what it is asked. */
  let reader: CodeReader;
  let asked: string[];

  setup(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'slicewave-kept-code-'));
    file = path.join(dir, 'learned', 'code.jsonl');
    const real = await openCodeReader(['typescript', 'python']);
    assert.ok(real);
    asked = [];
    reader = {
      read: (name, text) => {
        asked.push(text);
        return real.read(name, text);
      },
      lacking: () => real.lacking?.() ?? [],
    };
  });

  teardown(() => rmSync(dir, { recursive: true, force: true }));

  const open = (given: Partial<Parameters<typeof KeptCode.open>[0]> = {}): Promise<KeptCode> =>
    KeptCode.open({ reader, file, program, ...given });
  const readAll = (code: CodeReader): (CodeFile | null)[] => texts.map((text) => code.read('src/a.ts', text));

  test('what was read once is not read again, by another process neither, and is the same', async () => {
    const first = await open();
    const read = readAll(first);
    assert.equal(read[3]?.symbols[0]?.name, 'Shop3');
    assert.deepEqual(read[3].imports, [{ specifier: './part3.ts', names: ['part3'], line: 1 }]);
    assert.equal(asked.length, texts.length);
    await first.keep();
    assert.equal(statSync(file).mode & 0o077, 0);
    asked = [];
    assert.deepEqual(readAll(await open()), read);
    assert.deepEqual(asked, []);
  });

  test('another text, another language or another program is read anew', async () => {
    const first = await open();
    readAll(first);
    await first.keep();
    asked = [];
    const then = await open();
    then.read('src/a.ts', `${texts[0]} `);
    then.read('src/a.py', texts[0] ?? '');
    assert.equal(asked.length, 2);
    readAll(await open({ program: 'another' }));
    assert.equal(asked.length, 2 + texts.length);
  });

  test('a file that is cut off anywhere gives right answers, and what is kept after that is found', async () => {
    const first = await open();
    const read = readAll(first);
    await first.keep();
    const whole = readFileSync(file);
    for (let size = 0; size < whole.length; size += 97) {
      writeFileSync(file, whole.subarray(0, size));
      const torn = await open();
      assert.deepEqual(readAll(torn), read);
      await torn.keep();
      asked = [];
      assert.deepEqual(readAll(await open()), read);
      assert.deepEqual(asked, [], `cut off at ${size}`);
    }
  });

  test('lines of another form count as none', async () => {
    const first = await open();
    const read = readAll(first);
    await first.keep();
    const lines = readFileSync(file, 'utf8').split('\n');
    const spoilt = [
      '{}',
      'null',
      '[]',
      '{"language":"python","symbols":[],"imports":[],"broken":false}',
      '{"language":"typescript","symbols":[{}],"imports":[],"broken":false}',
      '{"language":"typescript","symbols":[],"imports":[null],"broken":false}',
      'nonsense',
    ];
    for (const other of spoilt) {
      writeFileSync(file, lines.map((line) => (line === '' ? '' : `${line.slice(0, 65)}${other}`)).join('\n'));
      assert.deepEqual(readAll(await open()), read);
    }
  });

  test('two that keep at once lose nothing of each other', async () => {
    const [one, other] = [await open(), await open()];
    for (const text of texts.slice(0, 4)) one.read('src/a.ts', text);
    for (const text of texts.slice(2)) other.read('src/a.ts', text);
    await Promise.all([one.keep(), other.keep()]);
    asked = [];
    readAll(await open());
    assert.deepEqual(asked, []);
  });

  test('a file that has grown too large is begun anew with what was asked for', async () => {
    const first = await open();
    readAll(first);
    await first.keep();
    const large = await open({ mostBytes: 100 });
    large.read('src/a.ts', texts[1] ?? '');
    await large.keep();
    asked = [];
    readAll(await open());
    assert.deepEqual(
      asked,
      texts.filter((_, i) => i !== 1),
    );
  });

  test('where nothing can be kept everything is read', async () => {
    mkdirSync(file, { recursive: true });
    const code = await open();
    const read = readAll(code);
    assert.equal(read[0]?.symbols[0]?.name, 'Shop0');
    await code.keep();
    assert.deepEqual(readAll(await open()), read);
  });

  test('a file without a grammar here is for the reader to judge', async () => {
    const code = await open();
    assert.equal(code.read('notes.txt', 'hello'), null);
    assert.deepEqual(code.lacking(), reader.lacking?.());
  });

  test('its place is one for each repository, in the state of the user', () => {
    const place = learnedDirectory({ commonDir: '/work/shop/.git' }, '/home/ann/state');
    assert.equal(path.dirname(path.dirname(place)), '/home/ann/state');
    assert.notEqual(place, learnedDirectory({ commonDir: '/work/other/.git' }, '/home/ann/state'));
    assert.equal(place, learnedDirectory({ commonDir: '/work/shop/../shop/.git' }, '/home/ann/state'));
  });
});
