import { readdirSync } from 'node:fs';
import path from 'node:path';
import { defineConfig, type OxlintOverride } from 'oxlint';
import { forbiddenRoom, isDoor, LAYERS, notADoor, roomOf } from './.config/layers.ts';

const root = import.meta.dirname;

/** Every folder and every TypeScript file below `src`, relative to the root, with forward slashes. */
const entries = readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true }).map((entry) => ({
  path: path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
  isFolder: entry.isDirectory(),
}));

/**
 * What the layer table forbids the files of `folder` to import, or `file` alone when it is a room itself: as patterns of
 * specifiers, which are all the linter looks at. The architecture check looks at the files that are really imported.
 */
function restricted(folder: string, file = `${folder}/any.ts`): OxlintOverride['rules'] {
  const forbid = (to: string, end: string, why: string): RestrictedPattern => {
    const relative = path.posix.relative(folder, to);
    const specifier = `${relative.startsWith('.') ? '' : './'}${relative}`.replaceAll('.', '\\.');
    return { regex: `^${specifier}${end}`, message: `${why} (.config/layers.ts)` };
  };
  const patterns = LAYERS.flatMap((layered) => {
    const own = roomOf(layered, file);
    if (own !== null && !layered.rooms.some((room) => room.name === own)) return [];
    if (own === null)
      return entries
        .filter((entry) => !entry.isFolder && roomOf(layered, entry.path) !== null && !isDoor(layered, entry.path))
        .map((entry) => forbid(entry.path, '$', notADoor(layered)));
    return layered.rooms.flatMap(({ name }) => {
      const why = forbiddenRoom(layered, own, name);
      const room = `${layered.folder}/${name}`;
      return why === null ? [] : [forbid(room, name.endsWith('.ts') ? '$' : '/', why)];
    });
  });
  const without = LAYERS[0]?.rooms.find(({ name }) => file.startsWith(`src/${name}/`))?.without ?? [];
  if (without.length > 0) {
    const modules = without.map((module) => module.replaceAll('*', '.*')).join('|');
    patterns.push({ regex: `^(?:${modules})$`, message: 'not in this layer (.config/layers.ts)' });
  }
  return patterns.length > 0 ? { 'no-restricted-imports': ['error', { patterns }] } : {};
}

interface RestrictedPattern {
  readonly regex: string;
  readonly message: string;
}

const folders = entries
  .filter(({ isFolder }) => isFolder)
  .map(({ path: folder }): OxlintOverride => ({
    files: [`${folder}/*.ts`],
    rules: restricted(folder),
  }));

/** Files that are rooms of their own, after the folder they stand in: the last one counts. */
const files = LAYERS.flatMap(({ folder, rooms }) =>
  rooms
    .filter(({ name }) => name.endsWith('.ts'))
    .map(({ name }): OxlintOverride => ({
      files: [`${folder}/${name}`],
      rules: restricted(folder, `${folder}/${name}`),
    })),
);

// oxlint-disable-next-line import/no-default-export -- the linter reads it so
export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'promise'],
  categories: {
    correctness: 'error',
    suspicious: 'error',
  },
  env: {
    builtin: true,
    es2024: true,
  },
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/switch-exhaustiveness-check': 'off',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/no-unnecessary-type-arguments': 'off',
    'typescript/consistent-return': 'off',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'import/no-unassigned-import': 'off',
    'no-shadow': 'off',
    'no-await-in-loop': 'off',
    'no-underscore-dangle': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-await-expression-member': 'off',
    'promise/always-return': 'off',
    'promise/no-multiple-resolved': 'off',
    'no-console': 'off',
    'no-restricted-imports': 'off',
    'import/no-named-as-default-member': 'off',
    'unicorn/require-post-message-target-origin': 'off',
    'typescript/no-unnecessary-boolean-literal-compare': 'off',
    'unicorn/no-new-array': 'off',
    'typescript/no-misused-spread': 'off',
    'typescript/unbound-method': 'off',
    'no-unmodified-loop-condition': 'off',
  },
  ignorePatterns: ['dist', 'node_modules', 'examples', 'test/fixtures', 'test/host/out', '**/node_modules'],
  overrides: [
    ...folders,
    ...files,
    {
      files: ['src/core/**'],
      rules: {
        'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'performance', 'fetch'],
      },
    },
  ],
});
