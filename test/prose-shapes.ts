/** Three repositories of the shapes that people have, a spec in running text for each, and how a person would cut it. */

/** One slice as a person wrote it down: its files, and the slices that it waits for. */
export interface HandSlice {
  readonly id: string;
  readonly files: readonly string[];
  readonly after: readonly string[];
}

export interface Shape {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly spec: string;
  readonly byHand: readonly HandSlice[];
}

interface Words {
  readonly title: string;
  readonly outcome: string;
  readonly inScope: string;
  readonly outOfScope: string;
  readonly evidence: string;
}

function spec({ title, outcome, inScope, outOfScope, evidence }: Words): string {
  return `# ${title}\n\n## Outcome\n\n${outcome}\n\n## In scope\n\n${inScope}\n\n## Out of scope\n\n${outOfScope}\n\n## Evidence\n\n${evidence}\n`;
}

const camel = (name: string): string => name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
const pascal = (name: string): string => camel(`-${name}`);

/** A hundred small files that one index lists. */
function library(): Shape {
  const modules: Readonly<Record<string, readonly string[]>> = {
    array: [
      'chunk',
      'compact',
      'difference',
      'flatten',
      'group-by',
      'intersect',
      'partition',
      'sample',
      'shuffle',
      'sort-by',
      'union',
      'window',
      'zip',
    ],
    string: [
      'camel-case',
      'capitalise',
      'dedent',
      'escape',
      'kebab-case',
      'left-pad',
      'pad',
      'repeat',
      'slugify',
      'template',
      'truncate',
      'words',
      'wrap',
    ],
    date: [
      'add-days',
      'add-months',
      'difference-in-days',
      'end-of-month',
      'format',
      'is-leap-year',
      'parse',
      'start-of-day',
      'start-of-month',
    ],
    number: ['clamp', 'in-range', 'mean', 'median', 'round', 'sum'],
    object: ['deep-equal', 'invert', 'map-values', 'merge', 'omit', 'pick'],
  };
  const files: Record<string, string> = {
    'package.json': '{ "name": "bits", "type": "module", "scripts": { "test": "node --test" } }\n',
    'package-lock.json': '{}\n',
    'README.md': '# bits\n',
    'CHANGELOG.md': '# Changes\n',
    'docs/left-pad.md': '# leftPad\n',
    'docs/dates.md': '# Dates\n',
    'src/internal/assert.ts': 'export function assert(ok: boolean): void {\n  if (!ok) throw new RangeError();\n}\n',
  };
  const all = Object.entries(modules).flatMap(([folder, names]) => names.map((name) => ({ folder, name })));
  for (const { folder, name } of all) {
    files[`src/${folder}/${name}.ts`] =
      `import { assert } from '../internal/assert.ts';\n\nexport function ${camel(name)}(value: number): number {\n  assert(value > 0);\n  return value;\n}\n`;
    files[`test/${folder}/${name}.test.ts`] =
      `import { ${camel(name)} } from '../../src/${folder}/${name}.ts';\n\n${camel(name)}(1);\n`;
  }
  files['src/index.ts'] = all
    .map(({ folder, name }) => `export { ${camel(name)} } from './${folder}/${name}.ts';\n`)
    .join('');
  files['src/date/end-of-month.ts'] =
    `import { startOfMonth } from './start-of-month.ts';\n\nexport const endOfMonth = (value: number): number => startOfMonth(value);\n`;
  return {
    name: 'a library of 100 files',
    files,
    spec: spec({
      title: 'Text as readers see it',
      outcome: 'Words are cut where a reader would cut them, in any script, and weeks begin where the user lives.',
      inScope: `Add a grapheme splitter in src/internal/graphemes.ts, with tests in test/internal/graphemes.test.ts. src/string/truncate.ts uses the grapheme splitter instead of code units. So do src/string/pad.ts and src/string/wrap.ts, which go through the splitter too.

chunk in \`src/array/chunk.ts\` refuses sizes below one, like \`src/array/window.ts\` does today. The start of a month in src/date/start-of-month.ts takes a time zone; src/date/end-of-month.ts takes one as well.

Add a first day of the week in src/date/start-of-week.ts, cover it in test/date/start-of-week.test.ts and export it from src/index.ts. src/string/left-pad.ts is gone: it was deprecated two years ago. docs/left-pad.md goes away with it. The README lists what is new, and docs/dates.md explains weeks.`,
      outOfScope: 'Numbers. `src/object/` stays as it is.',
      evidence: '`npm test` passes.',
    }),
    byHand: [
      { id: 'splitter', files: ['src/internal/graphemes.ts', 'test/internal/graphemes.test.ts'], after: [] },
      { id: 'truncate', files: ['src/string/truncate.ts', 'test/string/truncate.test.ts'], after: ['splitter'] },
      {
        id: 'pad and wrap',
        files: ['src/string/pad.ts', 'test/string/pad.test.ts', 'src/string/wrap.ts', 'test/string/wrap.test.ts'],
        after: ['splitter'],
      },
      { id: 'chunk', files: ['src/array/chunk.ts', 'test/array/chunk.test.ts'], after: [] },
      { id: 'start of month', files: ['src/date/start-of-month.ts', 'test/date/start-of-month.test.ts'], after: [] },
      {
        id: 'end of month',
        files: ['src/date/end-of-month.ts', 'test/date/end-of-month.test.ts'],
        after: ['start of month'],
      },
      { id: 'week', files: ['src/date/start-of-week.ts', 'test/date/start-of-week.test.ts'], after: [] },
      { id: 'index', files: ['src/index.ts'], after: ['week'] },
      {
        id: 'left pad',
        files: ['src/string/left-pad.ts', 'test/string/left-pad.test.ts', 'docs/left-pad.md'],
        after: ['index'],
      },
      { id: 'documents', files: ['README.md', 'docs/dates.md'], after: [] },
    ],
  };
}

/** Thirty packages of one repository, most of which rest on a few. */
function monorepo(): Shape {
  const needs: Readonly<Record<string, readonly string[]>> = {
    core: [],
    money: ['core'],
    log: ['core'],
    http: ['core', 'log'],
    queue: ['core', 'log'],
    cache: ['core'],
    auth: ['core', 'http'],
    users: ['core', 'auth'],
    catalogue: ['core'],
    search: ['catalogue'],
    stock: ['catalogue'],
    cart: ['money', 'catalogue'],
    'legacy-vat': ['core'],
    checkout: ['cart', 'legacy-vat'],
    payment: ['money', 'http'],
    invoice: ['money', 'checkout'],
    receipt: ['money'],
    shipping: ['http'],
    returns: ['stock'],
    coupons: ['money'],
    reviews: ['users'],
    wishlist: ['users', 'catalogue'],
    mail: ['queue'],
    sms: ['queue'],
    push: ['queue'],
    reports: ['core'],
    admin: ['users', 'reports'],
    'shop-web': ['cart', 'checkout'],
    'shop-api': ['checkout', 'payment'],
    tools: [],
  };
  const files: Record<string, string> = {
    'package.json':
      '{ "name": "acme", "private": true, "workspaces": ["packages/*"], "scripts": { "test": "npm test --workspaces" } }\n',
    'package-lock.json': '{}\n',
    'CHANGELOG.md': '# Changes\n',
    'docs/architecture.md': '# Packages\n',
  };
  for (const [name, uses] of Object.entries(needs)) {
    const dir = `packages/${name}`;
    files[`${dir}/package.json`] =
      `{ "name": "@acme/${name}", "main": "src/index.ts", "scripts": { "test": "node --test" } }\n`;
    files[`${dir}/src/index.ts`] = `export { ${camel(name)} } from './${name}.ts';\n`;
    files[`${dir}/src/${name}.ts`] =
      `${uses.map((other) => `import { ${camel(other)} } from '@acme/${other}';\n`).join('')}\nexport const ${camel(name)} = [${uses.map(camel).join(', ')}];\n`;
    files[`${dir}/test/${name}.test.ts`] =
      `import { ${camel(name)} } from '../src/${name}.ts';\n\nvoid ${camel(name)};\n`;
  }
  return {
    name: 'a monorepo of 30 packages',
    files,
    spec: spec({
      title: 'Amounts that add up',
      outcome: 'A total is the sum of what is printed, to the cent, in every country that we sell to.',
      inScope: `- Rounding half to even in \`packages/money/\`
- Totals of a cart are kept in cents: \`packages/cart/src/cart.ts\`
- New package \`packages/tax/\`: works out the tax of a cart by country
- \`packages/checkout/\` uses the new package instead of the old one
- Delete \`packages/legacy-vat/\`
- Invoices (\`packages/invoice/\`) print the tax on a line of its own
- Receipts (\`packages/receipt/\`) do the same
- Logs in \`packages/log/src/log.ts\` are one JSON object a line
- E-mails are sent again after a failure, in \`packages/mail/\` and \`packages/queue/\`
- The changelog gets an entry, and docs/architecture.md shows the new package`,
      outOfScope: '- Coupons\n- `packages/shop-web/`',
      evidence: '- `npm test` passes\n- An invoice of three countries adds up',
    }),
    byHand: [
      { id: 'money', files: ['packages/money/**'], after: [] },
      { id: 'cart', files: ['packages/cart/src/cart.ts', 'packages/cart/test/cart.test.ts'], after: ['money'] },
      { id: 'tax', files: ['packages/tax/**'], after: [] },
      { id: 'checkout', files: ['packages/checkout/**'], after: ['cart', 'tax'] },
      { id: 'vat', files: ['packages/legacy-vat/**'], after: ['checkout'] },
      { id: 'invoice', files: ['packages/invoice/**'], after: ['money', 'checkout'] },
      { id: 'receipt', files: ['packages/receipt/**'], after: ['money'] },
      { id: 'log', files: ['packages/log/src/log.ts', 'packages/log/test/log.test.ts'], after: [] },
      { id: 'mail', files: ['packages/mail/**', 'packages/queue/**'], after: ['log'] },
      { id: 'documents', files: ['CHANGELOG.md', 'docs/architecture.md'], after: [] },
    ],
  };
}

/** A service with a front end, a back end, and types that both take. */
function service(): Shape {
  const things = ['booking', 'room', 'guest', 'invoice', 'season', 'rate', 'user', 'message'];
  const files: Record<string, string> = {
    'package.json':
      '{ "name": "inn", "private": true, "workspaces": ["server", "web", "shared"], "scripts": { "test": "npm test --workspaces" } }\n',
    'package-lock.json': '{}\n',
    'server/package.json': '{ "name": "@inn/server", "scripts": { "test": "node --test" } }\n',
    'web/package.json': '{ "name": "@inn/web", "scripts": { "test": "vitest run" } }\n',
    'shared/package.json': '{ "name": "@inn/shared", "scripts": { "test": "node --test" } }\n',
    'docs/api.md': '# API\n',
    'server/src/mail/send.ts': 'export const send = (text: string): string => text;\n',
    'server/test/send.test.ts': "import { send } from '../src/mail/send.ts';\nsend('');\n",
    'web/src/api.ts': 'export const get = (path: string): Promise<unknown> => fetch(path);\n',
    'e2e/booking.spec.ts': 'void 0;\n',
  };
  for (const name of things) {
    files[`shared/src/${name}.ts`] = `export interface ${pascal(name)} {\n  readonly id: string;\n}\n`;
    files[`server/src/db/${name}s.ts`] =
      `import type { ${pascal(name)} } from '../../../shared/src/${name}.ts';\n\nexport const find = (id: string): ${pascal(name)} => ({ id });\n`;
    files[`server/src/routes/${name}s.ts`] =
      `import { find } from '../db/${name}s.ts';\n\nexport const route = (id: string): string => find(id).id;\n`;
    files[`server/test/routes/${name}s.test.ts`] =
      `import { route } from '../../src/routes/${name}s.ts';\n\nroute('1');\n`;
    files[`web/src/pages/${pascal(name)}s.tsx`] =
      `import { get } from '../api.ts';\nimport type { ${pascal(name)} } from '../../../shared/src/${name}.ts';\n\nexport const Page = (item: ${pascal(name)}) => get(item.id);\n`;
    files[`web/src/pages/${pascal(name)}s.test.tsx`] = `import { Page } from './${pascal(name)}s.tsx';\n\nvoid Page;\n`;
  }
  files['server/src/app.ts'] = things
    .map((name) => `import { route as ${name} } from './routes/${name}s.ts';\n`)
    .join('');
  files['server/src/routes/invoices.ts'] =
    `import { find } from '../db/invoices.ts';\nimport { send } from '../mail/send.ts';\n\nexport const route = (id: string): string => send(find(id).id);\n`;
  return {
    name: 'a service with a front end and a back end',
    files,
    spec: spec({
      title: 'Guests cancel by themselves',
      outcome: 'A guest who cancels in time does so without a call, and sees what it costs before.',
      inScope: `### Back end

A booking can be cancelled: the state is in \`shared/src/booking.ts\`, and \`server/src/db/bookings.ts\` keeps it. Add a fee calculator in \`server/src/fees.ts\` with its tests in \`server/test/fees.test.ts\`. The routes in \`server/src/routes/bookings.ts\` use the fee calculator and refuse what is too late.

Mail goes out through a queue in server/src/mail/queue.ts. \`server/src/mail/send.ts\` puts into it what it sent at once before.

### Front end

The page of bookings (\`web/src/pages/Bookings.tsx\`) shows the fee and asks before it cancels. Add a dialog in \`web/src/components/Confirm.tsx\`, tested in \`web/src/components/Confirm.test.tsx\`; the page uses the dialog. Seasons in \`web/src/pages/Seasons.tsx\` say until when one may cancel.

### The rest

- An end-to-end test in \`e2e/cancel.spec.ts\`
- The API is described in \`docs/api.md\``,
      outOfScope: '- Refunds\n- `server/src/db/invoices.ts`',
      evidence: '- `npm test` passes\n- `npx playwright test e2e/cancel.spec.ts` passes',
    }),
    byHand: [
      { id: 'state', files: ['shared/src/booking.ts'], after: [] },
      { id: 'store', files: ['server/src/db/bookings.ts'], after: ['state'] },
      { id: 'fees', files: ['server/src/fees.ts', 'server/test/fees.test.ts'], after: [] },
      {
        id: 'routes',
        files: ['server/src/routes/bookings.ts', 'server/test/routes/bookings.test.ts'],
        after: ['store', 'fees'],
      },
      { id: 'queue', files: ['server/src/mail/queue.ts'], after: [] },
      { id: 'mail', files: ['server/src/mail/send.ts', 'server/test/send.test.ts'], after: ['queue'] },
      { id: 'dialog', files: ['web/src/components/Confirm.tsx', 'web/src/components/Confirm.test.tsx'], after: [] },
      {
        id: 'page',
        files: ['web/src/pages/Bookings.tsx', 'web/src/pages/Bookings.test.tsx'],
        after: ['state', 'dialog', 'routes'],
      },
      { id: 'seasons', files: ['web/src/pages/Seasons.tsx', 'web/src/pages/Seasons.test.tsx'], after: [] },
      { id: 'end to end', files: ['e2e/cancel.spec.ts'], after: ['routes', 'page', 'mail', 'seasons'] },
      { id: 'documents', files: ['docs/api.md'], after: [] },
    ],
  };
}

export const shapes: readonly Shape[] = [library(), monorepo(), service()];
