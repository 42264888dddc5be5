/**
 * Brings what is kept in files up to date with the tables that it follows from: commands, menus and the choices of
 * settings in package.json, and the table of agents wherever a document has its marks.
 *
 *   node .config/generate.ts [--check]   (`--check` writes nothing, and exits with 1 when a file is not current)
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { AGENTS } from '../src/core/agent/agents.ts';
import { DECOMPOSERS } from '../src/core/decompose/table.ts';
import { COMMAND_IDS, commandRow } from '../src/extension/command-ids.ts';
import { MENUS } from './menus.ts';

const root = path.dirname(import.meta.dirname);
const isCheck = process.argv.includes('--check');

interface Setting {
  enum?: readonly string[];
  enumDescriptions?: readonly string[];
}

interface Manifest {
  readonly contributes: {
    commands: readonly object[];
    menus: Readonly<Record<string, readonly object[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
  };
}

function packageJson(text: string): string {
  const manifest = JSON.parse(text) as Manifest;
  const { contributes } = manifest;
  contributes.commands = COMMAND_IDS.map((id) => {
    const { title, icon, trusted, enabled } = commandRow(id);
    const enablement = trusted ? 'isWorkspaceTrusted' : enabled;
    return { command: id, title, category: 'Slicewave', icon: `$(${icon})`, ...(enablement ? { enablement } : {}) };
  });
  const palette = COMMAND_IDS.flatMap((command) => {
    const { palette: when } = commandRow(command);
    return when === undefined ? [] : [{ command, when }];
  });
  contributes.menus = { commandPalette: palette, ...MENUS };
  const { properties } = contributes.configuration;
  choices(properties, 'slicewave.agent', [
    [
      'plan',
      'The agent that each task spec names. In a repository with `.slicewave/demo/agent.yaml` (the bundled example) the demo agent runs instead, unless you choose `plan` explicitly.',
    ],
    ...AGENTS.map(({ id, about }): Choice => [id, about]),
  ]);
  choices(properties, 'slicewave.decomposer', [
    ...DECOMPOSERS.filter(({ kind }) => kind !== 'import').map(({ id, how }): Choice => [id, how]),
    ['ask', 'Ask each time.'],
  ]);
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

type Choice = readonly [value: string, description: string];

function choices(properties: Readonly<Record<string, Setting>>, name: string, rows: readonly Choice[]): void {
  const setting = properties[name];
  if (!setting) throw new Error(`package.json has no setting ${name}`);
  setting.enum = rows.map(([value]) => value);
  setting.enumDescriptions = rows.map(([, description]) => description);
}

const OPEN = '<!-- agents: written by npm run generate -->';
const CLOSE = '<!-- /agents -->';

/** The table of agents between its marks; a text without them stays as it is. */
function withAgents(text: string): string {
  const start = text.indexOf(OPEN);
  const end = text.indexOf(CLOSE, start);
  if (start < 0 || end < 0) return text;
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  const rows = AGENTS.map(
    ({ id, title, about, boundary, resumable, showsCommands, tellsCost }) =>
      `| \`${id}\` | ${title}: ${about.replaceAll('#', '').replace(/\.$/, '')} | ${boundary} | ${yes(resumable)} | ${yes(showsCommands)} | ${yes(tellsCost)} |`,
  );
  const table = [
    '| id | what it is | how its boundary is enforced early | goes on in its session | its commands are seen | tells its cost |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
  return `${text.slice(0, start)}${OPEN}\n\n${table.join('\n')}\n\n${text.slice(end)}`;
}

const docs = path.join(root, 'docs');
const documents = [
  'README.md',
  ...(existsSync(docs) ? readdirSync(docs).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])) : []),
];
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
if (!documents.some((file) => read(file).includes(OPEN) && read(file).includes(CLOSE))) {
  console.error(`no document holds the table of agents: put ${OPEN} and ${CLOSE} where it belongs`);
  process.exit(1);
}
const stale = [
  { file: 'package.json', text: packageJson(read('package.json')) },
  ...documents.map((file) => ({ file, text: withAgents(read(file)) })),
].filter(({ file, text }) => text !== read(file));
for (const { file, text } of stale) {
  if (isCheck) console.error(`${file} is not what the tables say: run npm run generate`);
  else {
    writeFileSync(path.join(root, file), text);
    console.log(`${file} is written`);
  }
}
process.exitCode = isCheck && stale.length > 0 ? 1 : 0;
