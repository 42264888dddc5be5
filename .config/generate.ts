/**
 * Brings what is kept in files up to date with the tables that it follows from: commands, menus and the choices of
 * settings in package.json, and what the documents show of tables, between marks (`documents.ts`).
 *
 *   node .config/generate.ts [--check]   (`--check` writes nothing, and exits with 1 when a file is not current)
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { AGENTS } from '../src/core/agent/agents.ts';
import { DECOMPOSERS } from '../src/core/decompose/table.ts';
import { COMMAND_IDS, commandRow } from '../src/extension/command-ids.ts';
import { currentDocuments } from './documents.ts';
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

const docs = path.join(root, 'docs');
const documents = ['README.md', ...readdirSync(docs).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const current = await currentDocuments(new Map(documents.map((file) => [file, read(file)])));
const stale = [
  { file: 'package.json', text: packageJson(read('package.json')) },
  ...[...current].map(([file, text]) => ({ file, text })),
].filter(({ file, text }) => text !== read(file));
for (const { file, text } of stale) {
  if (isCheck) console.error(`${file} is not what the tables say: run npm run generate`);
  else {
    writeFileSync(path.join(root, file), text);
    console.log(`${file} is written`);
  }
}
process.exitCode = isCheck && stale.length > 0 ? 1 : 0;
