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
  'id-words': specWith(
    'Passwords',
    `\n## Slices\n\n- auth: Hash (files: src/auth/hash.ts; verify: npm test; estimate: 4h)\n- login-page: Login (after auth; files: src/auth/login.ts, src/auth/session.ts; verify: npx vitest run test/auth)\n`,
  ),
  'id-letter-dash': specWith(
    'Passwords',
    `\n## Slices\n\n- T-1: Hash (files: src/auth/hash.ts; verify: npm test; estimate: 4h)\n- T-2: Login (after T-1; files: src/auth/login.ts, src/auth/session.ts; verify: npx vitest run test/auth)\n`,
  ),
  'id-ticket': specWith(
    'Passwords',
    `\n## Slices\n\n* AUTH-1: Hash (files: src/auth/hash.ts; verify: npm test; estimate: 4h)\n* AUTH-12: Login (after AUTH-1; files: src/auth/login.ts, src/auth/session.ts; verify: npx vitest run test/auth)\n`,
  ),
  'id-number': specWith(
    'Passwords',
    `\n## Slices\n\n- 1: Hash (files: src/auth/hash.ts; verify: npm test; estimate: 4h)\n- 2: Login (after 1; files: src/auth/login.ts, src/auth/session.ts; verify: npx vitest run test/auth)\n`,
  ),
  'id-dash-title': specWith(
    'Passwords',
    `\n## Slices\n\n- A1 - Hash (files: src/auth/hash.ts; verify: npm test; estimate: 4h)\n- A2 - Login (after A1; files: src/auth/login.ts, src/auth/session.ts; verify: npx vitest run test/auth)\n`,
  ),
  'id-dotted': specWith(
    'Passwords',
    `\n## Slices\n\n- S1.1: Hash (files: src/auth/hash.ts; verify: npm test; estimate: 4h)\n- S1.10: Login (after S1.1; files: src/auth/login.ts, src/auth/session.ts; verify: npx vitest run test/auth)\n`,
  ),
  'id-slice': specWith(
    'Passwords',
    `\n## Slices\n\n- Slice 1: Hash (files: src/auth/hash.ts; verify: npm test; estimate: 4h)\n- Slice 2: Login (after Slice 1; files: src/auth/login.ts, src/auth/session.ts; verify: npx vitest run test/auth)\n`,
  ),
  'numbered-list': specWith(
    'Passwords',
    `\n## Slices\n\n1. Hash (files: src/auth/hash.ts; verify: npm test; estimate: 4h)\n2. Login (after 1; files: src/auth/login.ts, src/auth/session.ts; verify: npx vitest run test/auth)\n`,
  ),
  'sub-headings': specWith(
    'Passwords',
    `\n## Slices\n\n### Hash\nFiles: src/auth/hash.ts\nVerify: npm test\nEstimate: 4h\n\n### Login\n**After**: Hash\n**Files**:\n- src/auth/login.ts\n- \`src/auth/session.ts\`\n\n**Verify**: \`npx vitest run test/auth\`\n`,
  ),
  'boxes-of-slices': specWith(
    'Passwords',
    `\n## Slices\n\n- [x] A0: Library (files: package.json)\n- [ ] A1: Hash (after A0; files: src/auth/hash.ts; verify: npm test; estimate: 4h)\n- [ ] A2: Login (after A1; files: src/auth/login.ts, src/auth/session.ts; verify: npx vitest run test/auth)\n`,
  ),
  'prose-sentences': specWith(
    'Hash with argon2 in src/auth/hash.ts. Rehash in src/auth/login.ts when somebody logs in, and cover that in test/auth/login.test.ts. src/auth/legacy.ts is gone.',
  ),
  'prose-new-files': specWith(
    'Add a session store in src/auth/session.ts with its test in test/auth/session.test.ts. The login route in src/routes/login.ts sets the cookie. Describe both in docs/sessions.md.',
  ),
  'prose-one-concern': specWith(
    'Passwords shorter than twelve characters are refused in src/auth/login.ts; test/auth/login.test.ts proves it.',
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
