/** A small repository whose spec is cut badly: slices that share files, import each other and changed together. */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { specWith } from '../../decompose-fixture.ts';
import { temporaryRepository } from '../../repository.ts';

export const shopSpec = 'specs/TS-0900-shop.spec.md';
export const shopPlan = 'TS-0900-shop';
/** What Spec Kit leaves in a repository. */
export const albums = 'specs/001-photo-albums/tasks.md';

const files: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "shop", "type": "module", "scripts": { "test": "node --test" } }\n',
  'src/shop/price.ts':
    'export interface Price {\n  readonly cents: number;\n}\nexport function price(cents: number): Price {\n  return { cents };\n}\n',
  'src/shop/cart.ts':
    "import { price, type Price } from './price.ts';\n\nexport class Cart {\n  total(): Price {\n    return price(1);\n  }\n}\n",
  'src/app.ts': "import { Cart } from './shop/cart.ts';\n\nexport const app = new Cart();\n",
  'test/app.test.ts': "import { app } from '../src/app.ts';\n\nvoid app;\n",
  [shopSpec]: specWith({
    id: 'TS-0900',
    evidence: 'npm test',
    more: `## Open questions

- Who holds the key?

## Slices

- A1: Prices (files: src/shop/price.ts, test/price.test.ts; verify: npm test)
- B1: Cart (files: src/shop/cart.ts, src/app.ts, test/cart.test.ts; verify: npm test)
- B2: Till (after B1; files: src/shop/till.ts, src/shop/desk.ts; verify: npm test; estimate: 1h)
- C1: Door (files: src/shop/till.ts, src/shop/door.ts, src/shop/bell.ts; verify: npm test; estimate: 2h)
- C2: Window (files: src/app.ts, src/shop/window.ts, src/shop/blind.ts, src/shop/pane.ts; verify: npm test)
`,
  }),
};

const scratch: string[] = [];
process.once('exit', () => {
  for (const dir of scratch) rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
});

/** The repository, with `beside`: a folder next to it for what must not be part of it. Removed at the end of the test run. */
export function shop(): { readonly folder: string; readonly beside: string } {
  const albumFiles = path.resolve(import.meta.dirname, '../../fixtures/imports/spec-kit-albums/specs');
  const repository = temporaryRepository(files, { prefix: 'slicewave-shop-', name: 'shop', files: 'added' });
  const { root: folder, beside, write, commit } = repository;
  scratch.push(beside);
  cpSync(albumFiles, path.join(folder, 'specs'), { recursive: true });
  commit('first');
  // Two files that no import joins change together, again and again.
  for (const round of ['one', 'two', 'three', 'four', 'five', 'six']) {
    write('src/shop/price.ts', `${files['src/shop/price.ts']}// ${round}\n`);
    write('src/app.ts', `${files['src/app.ts']}// ${round}\n`);
    commit(round);
  }
  return { folder, beside };
}

/**
 * A program that answers as a decomposer: the n-th call prints the n-th of these, and then the last one again. It notes
 * its calls in `calls.log` beside it.
 */
export function scriptedDecomposer(
  dir: string,
  answers: readonly unknown[],
): { readonly command: readonly string[]; readonly calls: string } {
  const calls = path.join(dir, 'calls.log');
  const script = path.join(dir, 'decomposer.mjs');
  const texts = JSON.stringify(answers.map((answer) => (typeof answer === 'string' ? answer : JSON.stringify(answer))));
  writeFileSync(
    script,
    `import { appendFileSync, readFileSync } from 'node:fs';
const log = ${JSON.stringify(calls)};
appendFileSync(log, 'called\\n');
const call = readFileSync(log, 'utf8').split('\\n').length - 2;
const answers = ${texts};
console.log(answers[Math.min(call, answers.length - 1)]);
`,
  );
  return { command: [process.execPath, script, '{prompt_file}'], calls };
}
