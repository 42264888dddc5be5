import type { SampledText } from './layout.ts';
import { add, mostFrequent, type Share, type SourceFile } from './sources.ts';
import type { Settings } from './tooling.ts';

export interface TestConventions {
  /** What runs the tests, and what says so. */
  readonly runner: { readonly name: string; readonly because: string } | null;
  /** Where tests stand; `null` without tests. */
  readonly place: { readonly text: string; readonly share: Share } | null;
  /** `*.test.ts`, `test_*.py`. */
  readonly naming: Share | null;
  readonly example: string | null;
}

const runnerOfScript =
  /\b(vitest|jest|mocha|ava|node --test|bun test|deno test|playwright|cypress|karma|tap|pytest|jasmine)\b/;
const runnerOfImport: Readonly<Record<string, RegExp>> = {
  vitest: /from ['"]vitest['"]/,
  'node --test': /from ['"]node:test['"]|require\(['"]node:test['"]\)/,
  jest: /from ['"]@jest\/globals['"]/,
  'bun test': /from ['"]bun:test['"]/,
  playwright: /from ['"]@playwright\/test['"]/,
  ava: /from ['"]ava['"]/,
  "Django's test runner": /^from django\.test import/m,
  unittest: /^(?:import unittest|from unittest import)/m,
  pytest: /^(?:import pytest|from pytest import)/m,
};

export function testConventions(request: {
  readonly sources: readonly SourceFile[];
  readonly sample: readonly SampledText[];
  readonly settings: Settings;
}): TestConventions {
  const { sources, sample, settings } = request;
  const tests = sources.filter((file) => file.test && !/(^|\/)(conftest|__init__)\.py$/.test(file.path));
  return {
    runner: testRunner(sample, settings, sources),
    place: testPlace(sources, tests),
    naming: testNaming(tests),
    example: tests[0]?.path ?? null,
  };
}

function testRunner(
  sample: readonly SampledText[],
  settings: Settings,
  sources: readonly SourceFile[],
): TestConventions['runner'] {
  const files = sample.filter((file) => file.test);
  const imports = new Map<string, number>();
  for (const file of files)
    for (const [name, pattern] of Object.entries(runnerOfImport)) if (pattern.test(file.text)) add(imports, name);
  const imported = mostFrequent(imports);
  const script = /"test"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(settings.get('package.json') ?? '')?.[1];
  const named = script === undefined ? undefined : runnerOfScript.exec(script)?.[1];
  if (named !== undefined) return { name: named, because: '`package.json`' };
  const config = [...settings.keys()].flatMap((path) => {
    const name = path.replace(/^\.config\//, '');
    const runner =
      /^(vitest|jest|karma)\.conf/.exec(name)?.[1] ??
      (name.startsWith('.mocharc') ? 'mocha' : /^(pytest\.ini|conftest\.py)$/.test(name) ? 'pytest' : null) ??
      (name.startsWith('phpunit.xml') ? 'PHPUnit' : /^\.rspec$/.test(name) ? 'RSpec' : null);
    return runner ? [{ name: runner, because: `\`${path}\`` }] : [];
  })[0];
  if (config) return config;
  if (/^\[tool\.pytest/m.test(settings.get('pyproject.toml') ?? ''))
    return { name: 'pytest', because: '`pyproject.toml`' };
  if (/^\[(tool:)?pytest\]/m.test(`${settings.get('setup.cfg') ?? ''}\n${settings.get('tox.ini') ?? ''}`))
    return { name: 'pytest', because: settings.has('setup.cfg') ? '`setup.cfg`' : '`tox.ini`' };
  if (imported) {
    const because = `imported by ${imported.count} of ${files.length} test files`;
    return { name: imported.value, because };
  }
  if (settings.has('go.mod') && sources.some((file) => file.test && file.language === 'Go'))
    return { name: 'go test', because: '`go.mod`' };
  if (settings.has('Cargo.toml')) return { name: 'cargo test', because: '`Cargo.toml`' };
  return null;
}

function testPlace(sources: readonly SourceFile[], tests: readonly SourceFile[]): TestConventions['place'] {
  if (tests.length === 0) return null;
  const directories = new Set(sources.filter((file) => !file.test).map((file) => directoryOf(file.path)));
  const counts = new Map<string, number>();
  for (const { path } of tests) {
    const parts = path.split('/');
    const kept = parts.findIndex((part) => /^(tests?|__tests__|spec|e2e)$/.test(part));
    if (kept === 0) add(counts, `in \`${parts[0] ?? ''}\``);
    else if (kept > 0 && kept < parts.length - 1) {
      add(
        counts,
        parts[kept] === '__tests__'
          ? 'in a `__tests__` directory beside what they test'
          : `in a \`${parts[kept] ?? ''}\` directory of each part`,
      );
    } else if (directories.has(directoryOf(path))) add(counts, 'beside what they test');
    else add(counts, `in \`${directoryOf(path) || '.'}\``);
  }
  const share = mostFrequent(counts);
  return share ? { text: share.value, share: { ...share, of: tests.length } } : null;
}

function testNaming(tests: readonly SourceFile[]): Share | null {
  const counts = new Map<string, number>();
  for (const { path } of tests) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const ending = name.slice(name.lastIndexOf('.'));
    const mark = /[._-](test|spec)(?=\.[a-z]+$)/.exec(name)?.[0];
    if (mark !== undefined) add(counts, `*${mark}${ending}`);
    else if (name.startsWith('test_')) add(counts, `test_*${ending}`);
    else if (/(Tests?|Spec|IT)\.[a-z]+$/.test(name))
      add(counts, `*${/(Tests?|Spec|IT)\.[a-z]+$/.exec(name)?.[0] ?? ''}`);
  }
  const share = mostFrequent(counts);
  if (!share) return null;
  // `*.test.ts` beside `*.test.tsx`, or two languages: the second way is no exception to the first.
  counts.delete(share.value);
  const other = mostFrequent(counts);
  const also = other && other.count >= Math.max(3, 0.2 * tests.length) ? other : null;
  return {
    value: also ? `${share.value}\` or \`${also.value}` : share.value,
    count: share.count + (also?.count ?? 0),
    of: tests.length,
  };
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
