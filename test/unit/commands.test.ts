import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { COMMAND_IDS, commandRow, type CommandId } from '../../src/extension/command-ids.ts';

interface MenuEntry {
  readonly command: string;
  readonly when?: string;
}

const root = path.join(import.meta.dirname, '../..');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly enablement?: string }[];
    readonly menus: Readonly<Record<string, readonly MenuEntry[]>>;
    readonly keybindings: readonly MenuEntry[];
    readonly viewsWelcome: readonly { readonly contents: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
    readonly walkthroughs: readonly {
      readonly steps: readonly { readonly description: string; readonly media: { readonly markdown: string } }[];
    }[];
  };
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
};
const { commands, menus, keybindings, configuration, viewsWelcome, walkthroughs } = manifest.contributes;

suite('package.json against the extension', () => {
  test('contributes exactly the commands that are registered', () => {
    assert.deepEqual(commands.map((entry) => entry.command).toSorted(), [...COMMAND_IDS].toSorted());
  });

  test('disables without trust exactly the commands that the code refuses', () => {
    const disabled = commands.filter((entry) => entry.enablement?.includes('isWorkspaceTrusted'));
    assert.deepEqual(
      disabled.map((entry) => entry.command).toSorted(),
      COMMAND_IDS.filter((id) => commandRow(id).trusted).toSorted(),
    );
  });

  test('names only commands that exist in menus, keys, welcome texts and walkthrough', () => {
    const known = (id: string): boolean => (COMMAND_IDS as readonly string[]).includes(id);
    const named = [...Object.values(menus).flat(), ...keybindings].map((entry) => entry.command);
    const texts = [
      ...viewsWelcome.map((entry) => entry.contents),
      ...walkthroughs.flatMap((entry) => entry.steps.map((step) => step.description)),
    ];
    for (const text of texts) for (const link of text.matchAll(/command:([\w.]+)/g)) named.push(link[1] ?? '');
    const ours = named.filter((id) => id.startsWith('slicewave.'));
    assert.ok(ours.length > COMMAND_IDS.length);
    assert.deepEqual(
      ours.filter((id) => !known(id)),
      [],
    );
  });

  test('hides from the palette what needs an argument', () => {
    const hidden = menus['commandPalette']?.filter((entry) => entry.when === 'false').map((entry) => entry.command);
    const expected: readonly CommandId[] = ['slicewave.openFileDiff', 'slicewave.openInspectedFile'];
    assert.deepEqual(hidden?.toSorted(), [...expected].toSorted());
  });

  test('declares every setting that is read, and describes it', () => {
    const text = readFileSync(path.join(root, 'src/extension/settings.ts'), 'utf8');
    const read = [...text.matchAll(/values\.get<[^>]*(?:<[^>]*>)?[^>]*>\('([\w.]+)'/g)].map(
      (entry) => `slicewave.${entry[1]}`,
    );
    assert.ok(read.length >= 10, `found ${read.length}`);
    assert.deepEqual([...new Set(read)].toSorted(), Object.keys(configuration.properties).toSorted());
    for (const [key, schema] of Object.entries(configuration.properties)) {
      const description = schema['markdownDescription'];
      assert.ok(typeof description === 'string' && description.length > 40, `${key} has no useful description`);
      const values = schema['enum'];
      const explained = schema['enumDescriptions'];
      if (Array.isArray(values)) assert.equal(Array.isArray(explained) ? explained.length : 0, values.length, key);
    }
  });

  test('restricts only settings that exist', () => {
    for (const key of manifest.capabilities.untrustedWorkspaces.restrictedConfigurations) {
      assert.ok(key in configuration.properties, key);
    }
  });

  test('has a text for every step of the walkthrough', () => {
    for (const { steps } of walkthroughs) {
      assert.equal(steps.length, 4);
      for (const step of steps) assert.match(readFileSync(path.join(root, step.media.markdown), 'utf8'), /^## /);
    }
  });
});
