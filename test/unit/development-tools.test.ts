/** What development tools do in worktrees: the table, and the pattern that hides every test of one. */
import assert from 'node:assert/strict';
import { hidingPatternOf, toolNotes } from '../../src/core/setup/development-tools.ts';

/** What Jest 30.5.2 prints where it found no test. */
const printed = (patterns: string): string => `No tests found, exiting with code 1
Run with \`--passWithNoTests\` to exit with code 0
In /r.worktrees/T-1/A1
  2 files checked.
  testMatch: **/__tests__/**/*.?([mc])[jt]s?(x), **/?(*.)+(spec|test).?([mc])[jt]s?(x) - 1 match
  testPathIgnorePatterns: ${patterns} - 0 matches
  testRegex:  - 0 matches
Pattern:  - 0 matches
`;

suite('development tools in worktrees', () => {
  const notes = (
    files: Readonly<Record<string, string>>,
    worktrees = '/r.worktrees',
    setup: readonly string[] = [],
  ): readonly string[] =>
    toolNotes(
      { has: (name) => Object.hasOwn(files, name), textOf: (name) => files[name] ?? null },
      { root: '/r', worktrees, setup },
    ).map(({ title, isWarning }) => `${title}${isWarning ? '!' : ''}`);

  test('the ignore pattern that matches the checkout itself is found in what Jest prints', () => {
    const dir = '/r.worktrees/T-1/A1';
    assert.equal(hidingPatternOf(printed(String.raw`/node_modules/, \.worktrees/`), dir), String.raw`\.worktrees/`);
    assert.equal(hidingPatternOf(printed('/node_modules/'), dir), null);
    assert.equal(hidingPatternOf(printed('/node_modules/, (unclosed'), dir), null);
    assert.equal(hidingPatternOf('Tests: 3 passed', dir), null);
  });

  test('only what applies is said, as a warning where there is something to do', () => {
    assert.deepEqual(notes({ 'package.json': '{"devDependencies":{"vitest":"5.1.2","husky":"9.1.7"}}' }), [
      'Vitest',
      'husky',
    ]);
    assert.deepEqual(notes({ 'vitest.config.ts': '' }, '/r/.worktrees'), ['Vitest!']);
    assert.deepEqual(notes({ 'turbo.json': '{"globalPassThroughEnv":["SLICEWAVE_PORT"]}' }), ['Turborepo']);
    const fixed = `export default { webServer: { port: 3000 } }`;
    assert.deepEqual(notes({ 'playwright.config.ts': fixed }), ['Playwright!']);
    const own = `export default { webServer: { port: Number(process.env.SLICEWAVE_PORT ?? 3000) } }`;
    assert.deepEqual(notes({ 'playwright.config.ts': own }), ['Playwright']);
    const rooted = `module.exports = { testPathIgnorePatterns: ['<rootDir>/.worktrees/'] }`;
    assert.deepEqual(notes({ 'jest.config.js': rooted }), ['Jest']);
    assert.deepEqual(notes({ 'jest.config.js': `module.exports = { testPathIgnorePatterns: ['worktrees'] }` }), [
      'Jest!',
    ]);
    assert.deepEqual(notes({ 'package.json': '{}' }), []);
    const simple = '{"simple-git-hooks":{"pre-commit":"npm test"},"devDependencies":{"simple-git-hooks":"2.14.0"}}';
    assert.deepEqual(notes({ 'package.json': simple }), ['simple-git-hooks']);
    const hooks = { '.pre-commit-config.yaml': '' };
    assert.deepEqual(notes(hooks, '/w', ['pip install -e .', 'pre-commit install-hooks']), ['pre-commit']);
    assert.deepEqual(notes(hooks, '/w', ['uv run pre-commit install']), ['pre-commit!']);
  });
});
