import type { SampledText } from './layout.ts';
import { add, mostFrequent, type ConventionLanguage, type Share, type SourceFile } from './sources.ts';
import type { Settings } from './tooling.ts';

export interface TestHabits {
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

export function testHabits(request: {
  readonly sources: readonly SourceFile[];
  readonly sample: readonly SampledText[];
  readonly settings: Settings;
}): TestHabits {
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
): TestHabits['runner'] {
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

function testPlace(sources: readonly SourceFile[], tests: readonly SourceFile[]): TestHabits['place'] {
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

/** How sources take in other files, by imports over a sample. */
export interface ImportHabits {
  readonly modules: Share<'ES modules' | 'CommonJS'> | null;
  /** Relative imports in TypeScript and JavaScript, by how the path ends. */
  readonly relative: Share | null;
  /** Imports by an alias of the own sources: `@/`, `~/`, `#`. */
  readonly alias: Share | null;
  /** Files that mark what is a type when they import it. */
  readonly types: { readonly count: number; readonly of: number } | null;
  readonly python: Share<'absolute' | 'relative'> | null;
}

export function importHabits(sample: readonly SampledText[], sources: readonly SourceFile[]): ImportHabits {
  const modules = new Map<'ES modules' | 'CommonJS', number>();
  const relative = new Map<string, number>();
  const alias = new Map<string, number>();
  const python = new Map<'absolute' | 'relative', number>();
  let own = 0;
  let typed = 0;
  let untyped = 0;
  const packages = new Set(
    sources
      .filter((file) => file.language === 'Python')
      .flatMap((file) => file.path.replace(/^src\//, '').split('/')[0] ?? []),
  );
  for (const { language, code } of sample) {
    if (language === 'Python') {
      for (const match of code.matchAll(/^(?:from[ \t]+(\.*)([\w.]*)[ \t]+import|import[ \t]+([\w.]+))/gm)) {
        const [, dots = '', from = '', whole = ''] = match;
        if (dots !== '') add(python, 'relative');
        else if (packages.has((from || whole).split('.')[0] ?? '')) add(python, 'absolute');
      }
    }
    if (!/^(TypeScript|JavaScript|Vue|Svelte)$/.test(language)) continue;
    const es = [
      ...code.matchAll(/^(?:import|export)\b[^'"`;]*?\bfrom\s+['"]([^'"\n]+)['"]|^import\s+['"]([^'"\n]+)['"]/gm),
    ];
    const required = [...code.matchAll(/\brequire\(\s*['"]([^'"\n]+)['"]\s*\)/g)];
    if (es.length !== required.length) add(modules, es.length > required.length ? 'ES modules' : 'CommonJS');
    for (const match of [...es, ...required]) {
      const path = match[1] ?? match[2] ?? '';
      if (/^\.{1,2}\//.test(path)) {
        own++;
        const ending = /\.(?:[cm]?[jt]sx?|vue|svelte)$/.exec(path)?.[0];
        if (ending !== undefined || !/\.\w+$/.test(path))
          add(relative, ending === undefined ? 'without an extension' : `with the extension \`${ending}\``);
      } else if (/^(@\/|~\/|#)/.test(path)) {
        own++;
        add(alias, /^(@\/|~\/|#)/.exec(path)?.[0] ?? '');
      }
    }
    if (language !== 'TypeScript') continue;
    // A file counts when it could have marked a type: it imports one, by the word `type` or by a name in capitals.
    if (/^import type\b|^import \{[^}]*\btype [A-Z]/m.test(code)) typed++;
    else if (/^import \{[^}]*\b[A-Z][a-z]\w*\b[^}]*\} from ['"]\./m.test(code)) untyped++;
  }
  const mostRelative = mostFrequent(relative);
  const mostAlias = mostFrequent(alias);
  return {
    modules: mostFrequent(modules),
    relative: mostRelative,
    alias: mostAlias && mostAlias.count >= 0.1 * own ? { ...mostAlias, of: own } : null,
    types: typed + untyped >= 5 && typed > 0 ? { count: typed, of: typed + untyped } : null,
    python: mostFrequent(python),
  };
}

/** How what goes wrong is told, by files of a sample without tests; `null` where no way is the usual one. */
export interface ErrorHabits {
  readonly language: ConventionLanguage;
  readonly text: string;
  readonly count: number;
  readonly of: number;
}

const errorMarks: readonly (readonly [RegExp, RegExp, string])[] = [
  [/^(TypeScript|JavaScript)$/, /\bok: (?:false|true)\b/, 'returned as a value with `ok`'],
  [/^(TypeScript|JavaScript)$/, /\bthrow new [A-Z]\w*Error\(/, 'thrown as an error'],
  [/^Python$/, /^[ \t]+raise [A-Z]\w*/m, 'raised as an exception'],
  [/^Go$/, /fmt\.Errorf\([^)\n]*%w/, 'wrapped with `fmt.Errorf` and `%w`'],
  [/^Go$/, /\bif err != nil \{/, 'returned as an `error`'],
  [/^Rust$/, /\banyhow::|\bthiserror::/, 'carried by `anyhow` or `thiserror`'],
  [/^Rust$/, /-> (?:[\w:]+::)?Result</, 'returned as a `Result`'],
];

/** The two most frequent ways; what fewer than three files do is chance. */
export function errorHabits(sample: readonly SampledText[]): readonly ErrorHabits[] {
  const perLanguage = new Map<ConventionLanguage, number>();
  const counts = new Map<string, ErrorHabits>();
  for (const file of sample) {
    if (file.test) continue;
    add(perLanguage, file.language);
    for (const [language, mark, text] of errorMarks) {
      if (!language.test(file.language) || !mark.test(file.code)) continue;
      const key = `${file.language} ${text}`;
      counts.set(key, { language: file.language, text, count: (counts.get(key)?.count ?? 0) + 1, of: 0 });
    }
  }
  return [...counts.values()]
    .map((habit) => ({ ...habit, of: perLanguage.get(habit.language) ?? 0 }))
    .filter((habit) => habit.count >= 3)
    .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
    .slice(0, 2);
}
