import * as assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { importCycles, sourceImports } from '../../.config/imports.ts';
import { forbiddenImport, LAYERS, layersMarkdown } from '../../.config/layers.ts';
import oxlint from '../../oxlint.config.ts';

suite('The layer table', () => {
  test('a room uses those below it, and no others', () => {
    assert.equal(forbiddenImport('src/core/judge/judge.ts', 'src/core/plan/model.ts'), null);
    assert.equal(forbiddenImport('src/core/judge/judge.ts', 'src/core/judge/serial.ts'), null);
    assert.equal(
      forbiddenImport('src/core/plan/model.ts', 'src/core/judge/judge.ts'),
      'judge does not stand below plan in src/core',
    );
    assert.equal(
      forbiddenImport('src/core/lint/engine/fix.ts', 'src/core/lint/lint.ts'),
      'lint.ts does not stand below engine in src/core/lint',
    );
  });

  test('a layer that names what it uses may use nothing else, and doors are for everybody outside', () => {
    assert.equal(forbiddenImport('src/cli/main.ts', 'src/protocol/dashboard.ts'), 'cli uses core and node only');
    assert.equal(forbiddenImport('src/cli/main.ts', 'src/node/engine.ts'), null);
    assert.match(forbiddenImport('src/cli/main.ts', 'src/node/git/worktree.ts') ?? '', /^the doors of src\/node are /);
    assert.match(forbiddenImport('src/core/plan/model.ts', 'src/new/thing.ts') ?? '', /new does not stand below core/);
  });

  test('imports are read from the text: types, re-exports, dynamic ones; files that are not there are none', () => {
    const root = mkdtempSync(path.join(tmpdir(), 'slicewave-layers-'));
    try {
      mkdirSync(path.join(root, 'src/deep'), { recursive: true });
      const files = {
        'src/a.ts': `import type { B } from './b.ts';\nimport {\n  type C,\n} from "./deep/c.ts";\nimport './d.ts';\n`,
        'src/b.ts': `export type { A } from './a.ts';\n// see ./d.ts, from './nowhere.ts'\n`,
        'src/deep/c.ts': `export type D = import('../d.ts').D;\nexport const later = () => import('../e.ts');\n`,
        'src/d.ts': '',
        'src/e.ts': `export * from './d.ts';\n`,
      };
      for (const [file, text] of Object.entries(files)) writeFileSync(path.join(root, file), text);
      const graph = sourceImports(root);
      assert.deepEqual(Object.fromEntries(graph), {
        'src/a.ts': ['src/b.ts', 'src/deep/c.ts', 'src/d.ts'],
        'src/b.ts': ['src/a.ts'],
        'src/deep/c.ts': ['src/d.ts', 'src/e.ts'],
        'src/d.ts': [],
        'src/e.ts': ['src/d.ts'],
      });
      assert.deepEqual(importCycles(graph), [['src/a.ts', 'src/b.ts']]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  test('a cycle through several files is one group, and a file may import itself as little', () => {
    const graph = new Map([
      ['a', ['b', 'x']],
      ['b', ['c']],
      ['c', ['a']],
      ['x', ['x']],
      ['y', ['a']],
    ]);
    assert.deepEqual(importCycles(graph), [['x'], ['a', 'b', 'c']]);
  });

  test('the linter forbids what the table forbids', () => {
    const forbidden = (folder: string, specifier: string): boolean => {
      const found = oxlint.overrides?.filter(({ files }) => files.includes(`${folder}/*.ts`)) ?? [];
      return JSON.stringify(found.map(({ rules }) => rules?.['no-restricted-imports'] ?? null)).includes('regex')
        ? found.some(({ rules }) => {
            const rule = rules?.['no-restricted-imports'] as unknown as [string, { patterns: { regex: string }[] }];
            return rule[1].patterns.some(({ regex }) => new RegExp(regex).test(specifier));
          })
        : false;
    };
    assert.ok(forbidden('src/core/plan', '../judge/judge.ts'));
    assert.ok(!forbidden('src/core/judge', '../plan/model.ts'));
    assert.ok(forbidden('src/core/decompose/import', '../../view/dashboard.ts'));
    assert.ok(forbidden('src/core/lint/engine', '../lint.ts'));
    assert.ok(forbidden('src/core/text', 'node:fs'));
    assert.ok(forbidden('src/webview', '../node/engine.ts'));
    assert.ok(!forbidden('src/cli', '../node/engine.ts'));
    assert.ok(forbidden('src/server', 'vscode-languageclient/node.js'));
  });

  test('its Markdown has a row for each room', () => {
    const text = layersMarkdown();
    for (const { folder, rooms } of LAYERS) {
      assert.ok(text.includes(`### \`${folder}\`\n`));
      for (const { name, holds } of rooms) assert.ok(text.includes(`| \`${name}\` | ${holds} | `));
    }
  });
});
