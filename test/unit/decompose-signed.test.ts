import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CodeReader } from '../../src/core/code/model.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';
import { cutByStructure } from '../decompose-fixture.ts';

const golden = path.join(import.meta.dirname, '../golden/decompose-signed');

const files: Readonly<Record<string, string>> = {
  'package.json': '{ "scripts": { "test": "vitest run" } }',
  'src/auth/login.ts': "import { hash } from './hash.ts';\nexport const login = () => hash();\n",
  'src/auth/hash.ts': 'export const hash = () => 1;\n',
  'src/auth/legacy.ts': 'export const old = 1;\n',
  'src/routes/login.ts': "import { old } from '../auth/legacy.ts';\nvoid old;\n",
  'test/auth/login.test.ts': "import '../../src/auth/login.ts';\n",
  'README.md': '',
};

function specWith(inScope: string, more = ''): string {
  return `# Passwords\n\n## Outcome\n\nPasswords are safe.\n\n## In scope\n\n${inScope}\n\n## Out of scope\n\nSingle sign-on.\n\n## Evidence\n\n\`npm test\` passes.\n${more}`;
}

const specs: Readonly<Record<string, string>> = {
  'sloppy-text': specWith(
    'we should swap md5 for argon2 in src/auth/hash.ts and migrate on login (src/auth/login.ts). also drop src/auth/legacy.ts, nobody needs it. readme too',
  ),
  'sloppy-boxes': specWith(
    '- [ ] src/auth/hash.ts: argon2 instead of md5\n- [ ] src/auth/login.ts: rehash on login\n- [ ] delete src/auth/legacy.ts + its import in src/routes/login.ts',
  ),
  'odd-ids': specWith(
    'Passwords',
    `\n## Slices\n\n- auth: Hash (files: src/auth/hash.ts; verify: npm test; estimate: 4h)\n- T-1: Login (after auth; files: src/auth/login.ts)\n- AUTH-2: Route (after T-1; files: src/routes/login.ts)\n- S1.10: Readme (files: README.md)\n`,
  ),
  table: specWith(
    'Passwords',
    `\n## Slices\n\n| id | title | files | after | verify |\n|---|---|---|---|---|\n| A1 | Hash | src/auth/hash.ts | | npm test |\n| A2 | Login | src/auth/login.ts | A1 | npx vitest run test/auth |\n`,
  ),
};

suite('decompose: specs whose plans a lead signed', () => {
  let code: CodeReader | null = null;
  suiteSetup(async () => {
    code = await openCodeReader();
  });

  for (const [name, specText] of Object.entries(specs)) {
    test(name, () => {
      const { proposal, findings, read } = cutByStructure({
        specPath: 'specs/passwords.md',
        specText,
        repoFiles: Object.keys(files),
        texts: new Map(Object.entries(files)),
        sources: { textOf: (file) => files[file] ?? null, code },
      });
      const rows = (proposal?.slices ?? []).flatMap((slice) => [
        `${slice.id} ${slice.title} (${slice.estimate})${slice.deps.length > 0 ? ` after ${slice.deps.join(', ')}` : ''}`,
        ...slice.create.map((file) => `  + ${file}`),
        ...slice.modify.map((file) => `  ${slice.removed?.includes(file) ? '-' : '~'} ${file}`),
        ...slice.requirements.map((line) => `  "${line}"`),
        `  checks: ${slice.verify.join('; ')}`,
      ]);
      const told = [
        ...rows,
        'Findings',
        ...[...read, ...findings].map(({ severity, message }) => `  ${severity} ${message}`),
        '',
      ].join('\n');
      const kept = path.join(golden, `${name}.txt`);
      if (process.env['UPDATE_GOLDEN']) {
        mkdirSync(golden, { recursive: true });
        writeFileSync(kept, told);
      }
      assert.equal(told, readFileSync(kept, 'utf8'));
    });
  }
});
