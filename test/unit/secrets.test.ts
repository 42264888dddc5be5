import assert from 'node:assert/strict';
import { secretLintProfiler } from '@secretlint/profiler';
import { textsIn } from '../../src/core/gate/blob-texts.ts';
import { knownSecrets } from '../../src/core/gate/known-secrets.ts';
import { createRedactor } from '../../src/core/gate/redact.ts';
import { scanChanges } from '../../src/node/run/secrets.ts';
import { changed } from './changed-fixture.ts';

const token = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
const line = `const key = "${token}";\n`;
const utf16 = Buffer.from(line, 'utf16le');

suite('what the bytes of a file say', () => {
  const hidden: Readonly<Record<string, Buffer>> = {
    'plain text': Buffer.from(line),
    'among NUL bytes': Buffer.from(`\0\0\u0001${line}\0`),
    'UTF-16 with a mark': Buffer.from(`\ufeff${line}`, 'utf16le'),
    'UTF-16, little end first': utf16,
    'UTF-16, big end first': Buffer.from(utf16).swap16(),
    base64: Buffer.from(`data: ${Buffer.from(line).toString('base64')}`),
    'base64 in lines': Buffer.from(
      Buffer.from(line.repeat(6))
        .toString('base64')
        .replaceAll(/(.{76})/g, '$1\n'),
    ),
    'base64 of UTF-16': Buffer.from(utf16.toString('base64')),
    'base64 twice': Buffer.from(Buffer.from(Buffer.from(line).toString('base64')).toString('base64')),
    // As Python's `base64.b85encode` and git's binary patches write it.
    base85: Buffer.from('key=bZ={AZXi7%B4=oDUtuvqGGjADG-WkLHeoSBGGjADG-WkLHeoSBGGjADG-WkLHX;'),
  };
  for (const [name, bytes] of Object.entries(hidden)) {
    test(`a token is seen: ${name}`, () => assert.ok(textsIn(bytes).some((text) => text.includes(token))));
  }
});

suite('what changed is scanned', () => {
  test('and nothing of a file is kept for the next: of 32 marks a file, each was looked for among all', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `src/f${i}.ts`);
    const bytes = new Map<string, Buffer>(names.map((name, i) => [`b:${name}`, Buffer.from(i === 7 ? line : 'a\n')]));
    const { found, unread } = await scanChanges({
      blobs: { read: (asked) => Promise.resolve(new Map(asked.map((name) => [name, bytes.get(name) ?? Buffer.of()]))) },
      from: 'a',
      to: 'b',
      changes: names.map(changed),
      known: [],
    });
    assert.deepEqual([found.map(({ path }) => path), unread], [['src/f7.ts'], []]);
    await new Promise(setImmediate);
    assert.deepEqual(await secretLintProfiler.getEntries(), []);
  });
});

suite('values that are known to be secret', () => {
  const file = (text: string) => knownSecrets({}, [{ name: '.env', text }]).map(({ value }) => value);

  test('by name, in addresses, and made at random', () => {
    assert.deepEqual(
      file(
        'export DB_PASSWORD=hunter2-correct-horse # comment\nAPI_TOKEN="ab\\ncd#efgh12"\nDATABASE_URL=postgres://u:s3cr3tpw99@db/x\nVALUE=a8f5f167f44f4964e6c998dee827110c\n',
      ).sort(),
      ['a8f5f167f44f4964e6c998dee827110c', 'ab\ncd#efgh12', 'hunter2-correct-horse', 's3cr3tpw99'],
    );
  });

  test('innocent ones are left', () => {
    const text = `PORT=3000\nNODE_ENV=development\nDEBUG=true\nSECRET=true\nSORT_KEY=created_at\nURL=https://example.com/path\nPASSWORD=changeme-please\nSMTP_PASS=inventory\nLOG_LEVEL=information\nAWS_REGION=eu-central-1\nSECRET_KEY=short\nTOKEN_FILE=/run/secrets/token\nNEXT_PUBLIC_API_KEY=abcdef1234567890abcdef\n`;
    assert.deepEqual(file(text), []);
    const redact = createRedactor({ NODE_ENV: 'development', A_TOKEN: 'true' }, [{ name: '.env', text }]);
    const said = 'port 3000, development, true, created_at, inventory, https://example.com/path';
    assert.equal(redact(said), said);
  });

  test('they are blanked as they stand, in JSON, in addresses and in base64', () => {
    const value = 'hunter2 "correct" horse';
    const redact = createRedactor({}, [{ name: '.env', text: `DB_PASSWORD='${value}'` }]);
    for (const before of ['', 'a', 'ab']) {
      const encoded = Buffer.from(`${before}${value}\n`).toString('base64');
      assert.match(redact(encoded), /\[redacted\]/);
    }
    for (const form of [value, JSON.stringify(value), encodeURIComponent(value)])
      assert.doesNotMatch(redact(form), /hunter2/);
  });
});
