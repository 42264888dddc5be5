/** The table of set-ups: which tool a project has, what it runs, and what a set-up depends on. */
import assert from 'node:assert/strict';
import { PackageView } from '../../src/core/decompose/package-view.ts';
import { isSetupInput, SETUP_TOOLS, setupOf, toolsOf, type ProjectFiles } from '../../src/core/setup/tools.ts';

const project = (files: Readonly<Record<string, string>>): ProjectFiles => ({
  has: (name) => Object.hasOwn(files, name),
  textOf: (name) => files[name] ?? null,
});
const titles = (files: Readonly<Record<string, string>>): readonly string[] =>
  toolsOf(project(files)).map(({ title }) => title);

suite('the table of set-ups', () => {
  test('each tool is known by what it leaves in a repository', () => {
    const known: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ['npm', { 'package.json': '{"workspaces":["packages/*"]}', 'package-lock.json': '{}' }],
      ['npm', { 'npm-shrinkwrap.json': '{}' }],
      ['pnpm', { 'pnpm-lock.yaml': '', 'package-lock.json': '{}' }],
      ['Yarn 1', { 'yarn.lock': '# yarn lockfile v1\n' }],
      ['Yarn 1', { 'yarn.lock': '', 'package.json': '{"packageManager": "yarn@1.22.22"}', '.yarnrc.yml': '' }],
      ['Yarn', { 'yarn.lock': '__metadata:\n  version: 8\n' }],
      ['Yarn', { 'yarn.lock': '', '.yarnrc.yml': 'nodeLinker: node-modules\n' }],
      ['Yarn', { 'yarn.lock': '# yarn lockfile v1\n', 'package.json': '{"packageManager":"yarn@4.18.1"}' }],
      ['Bun', { 'bun.lock': '', 'package.json': '{}' }],
      ['Bun', { 'bun.lockb': '' }],
      ['uv', { 'uv.lock': '', 'requirements.txt': 'flask==3\n' }],
      ['Poetry', { 'poetry.lock': '' }],
      ['pip', { 'requirements.txt': '# pinned\nflask==3\n' }],
      ['Cargo', { 'Cargo.lock': '' }],
      ['Go', { 'go.mod': 'module x', 'go.sum': '' }],
      ['Gradle', { gradlew: '' }],
      ['Gradle', { 'settings.gradle.kts': '' }],
      ['Maven', { 'pom.xml': '' }],
      ['Composer', { 'composer.lock': '{}' }],
      ['Bundler', { 'Gemfile.lock': '' }],
    ];
    for (const [title, files] of known) assert.deepEqual(titles(files), [title], JSON.stringify(files));
    assert.deepEqual(
      SETUP_TOOLS.map(({ title }) => title).filter((title) => !known.some(([other]) => other === title)),
      [],
    );
  });

  test('nothing is installed where nothing says what', () => {
    const bare: readonly Readonly<Record<string, string>>[] = [
      {},
      { 'package.json': '{}' },
      { 'requirements.txt': '# none yet\n\n' },
      { 'go.mod': 'module x' },
    ];
    for (const files of bare) assert.deepEqual(setupOf(project(files)), []);
  });

  test('of one kind one tool, of several kinds each', () => {
    const files = { 'pnpm-lock.yaml': '', 'package-lock.json': '', 'uv.lock': '', 'Gemfile.lock': '', gradlew: '' };
    assert.deepEqual(setupOf(project(files)), [
      'pnpm install --frozen-lockfile',
      'uv sync --locked',
      './gradlew --no-daemon --quiet dependencies',
      'BUNDLE_FROZEN=true bundle install',
    ]);
  });

  test('Yarn 1 is frozen by its own flag', () => {
    assert.deepEqual(setupOf(project({ 'yarn.lock': '# yarn lockfile v1\n' })), ['yarn install --frozen-lockfile']);
    assert.deepEqual(setupOf(project({ 'yarn.lock': '__metadata:\n' })), ['yarn install --immutable']);
  });

  test('the files that show a tool are among those that its set-up depends on', () => {
    const apart = new Set(['gradlew']);
    for (const { files } of SETUP_TOOLS)
      for (const file of files) assert.ok(apart.has(file) || isSetupInput(`packages/a/${file}`), file);
    for (const file of ['packages/a/package.json', 'pnpm-workspace.yaml', '.npmrc', 'gradle/libs.versions.toml'])
      assert.ok(isSetupInput(file), file);
    for (const file of ['src/package.json.ts', 'docs/yarn.lock.md', 'src/a.ts']) assert.ok(!isSetupInput(file), file);
  });
});

suite('the set-up of a package', () => {
  const setup = (
    around: Readonly<Record<string, string>>,
    own: Readonly<Record<string, string>>,
  ): readonly string[] => {
    const files = [...Object.keys(around), ...Object.keys(own).map((name) => `apps/a b/${name}`)];
    return new PackageView('apps/a b', files).setup(project(around), project(own));
  };

  test('is the repository’s where the package has no tool of its own', () => {
    assert.deepEqual(setup({ 'package-lock.json': '{}' }, { 'package.json': '{}' }), ['npm ci']);
    assert.deepEqual(setup({ gradlew: '' }, { 'build.gradle': '' }), ['./gradlew --no-daemon --quiet dependencies']);
  });

  test('is its own for each kind of tool that it has, run where it lies; those of other kinds stay at the top', () => {
    assert.deepEqual(setup({ 'pnpm-lock.yaml': '' }, { 'bun.lock': '' }), [
      "cd 'apps/a b' && bun install --frozen-lockfile",
    ]);
    assert.deepEqual(setup({ 'package-lock.json': '{}' }, { 'uv.lock': '' }), [
      'npm ci',
      "cd 'apps/a b' && uv sync --locked",
    ]);
    assert.deepEqual(setup({}, { 'composer.lock': '{}' }), [
      "cd 'apps/a b' && composer install --no-interaction --no-progress",
    ]);
  });

  test('keeps the environment of the top, in which programs are found', () => {
    const pip = ['python3 -m venv .venv', '.venv/bin/python -m pip install --quiet -r requirements.txt'];
    const pinned = { 'requirements.txt': 'flask==3\n' };
    assert.deepEqual(setup(pinned, pinned), [...pip, ...pip.map((line) => `cd 'apps/a b' && ${line}`)]);
  });
});
