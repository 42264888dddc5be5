import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import type { Finding } from '../../src/core/text/finding.ts';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { fileKind, mayBeOurs } from '../../src/core/lint/engine/kind.ts';
import { lintWorkspace } from '../../src/core/lint/lint.ts';
import { lintSkill } from '../../src/core/lint/skill/skill.ts';
import { applyFix } from './caret.ts';

/**
 * Files of the shapes that public repositories hold, one directory a repository, and what the linter says of them.
 * `test/golden/corpus.txt` holds every finding with the verdict of the person who looked at it: `right`, or `wrong: why`.
 * `UPDATE_GOLDEN=1` rewrites it; findings that are new there stay `unreviewed` until somebody says what they are.
 */
const corpus = join(import.meta.dirname, '..', 'fixtures', 'corpus');
const golden = join(import.meta.dirname, '..', 'golden', 'corpus.txt');

interface Repository {
  readonly name: string;
  readonly files: ReadonlyMap<string, string>;
  readonly facts: RepositoryFacts;
  readonly findings: readonly Finding[];
}

function readRepository(name: string): Repository {
  const root = join(corpus, name);
  const names = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
  const texts = new Map(names.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const scripts = new Map<string, ReadonlySet<string>>();
  for (const [file, text] of texts) {
    if (basename(file) !== 'package.json') continue;
    const { scripts: own = {} } = JSON.parse(text) as { scripts?: Record<string, string> };
    scripts.set(dirname(file) === '.' ? '' : dirname(file), new Set(Object.keys(own)));
  }
  const facts: RepositoryFacts = { files: names, scripts, programs: null, textOf: (file) => texts.get(file) ?? null };
  const files = new Map(
    names.flatMap((file) => {
      const contract = file.includes('/contracts/');
      return mayBeOurs(file) || contract ? [[file, contract ? '' : (texts.get(file) ?? '')]] : [];
    }),
  );
  return { name, files, facts, findings: lintWorkspace(files, facts) };
}

const line = (repository: Repository, { file, line, column, severity, code, message }: Finding): string =>
  `${repository.name}/${file}:${line}:${column} ${severity} ${code} ${message}`;

/** What a verdict is about: the place and the code. Other words for the same finding do not change it. */
const keyOf = (text: string): string => {
  const [, place = '', code = ''] = /^(.*?:\d+:\d+) \w+ (\S+)/.exec(text) ?? [];
  return `${place} ${code}`;
};

/** Findings by their place and code, with the verdict each was given. */
function reviewed(): Map<string, string> {
  const verdicts = new Map<string, string>();
  if (!existsSync(golden)) return verdicts;
  for (const row of readFileSync(golden, 'utf8').split('\n')) {
    const at = row.indexOf(' | ');
    if (at > 0 && !row.startsWith('#')) verdicts.set(keyOf(row.slice(at + 3)), row.slice(0, at));
  }
  return verdicts;
}

function figures(verdicts: readonly { readonly verdict: string; readonly severity: string }[]): string {
  const share = (all: readonly { readonly verdict: string }[]): string => {
    const right = all.filter(({ verdict }) => verdict === 'right').length;
    return `${right} of ${all.length} right${all.length === 0 ? '' : ` (${((100 * right) / all.length).toFixed(1)} %)`}`;
  };
  return [
    `# all: ${share(verdicts)}`,
    ...['error', 'warning', 'info', 'hint'].map(
      (severity) => `# ${severity}: ${share(verdicts.filter((each) => each.severity === severity))}`,
    ),
  ].join('\n');
}

suite('corpus', () => {
  let repositories: readonly Repository[] = [];

  suiteSetup(() => {
    repositories = readdirSync(corpus, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
      .map(readRepository);
  });

  test('enough files of every kind', () => {
    const kinds = repositories.flatMap(({ files }) => [...files].map(([file, text]) => fileKind(file, text)));
    const count = (...of: readonly string[]) => kinds.filter((kind) => kind !== null && of.includes(kind)).length;
    assert.ok(count('skill', 'instructions') >= 60, `${count('skill', 'instructions')} skills and instructions`);
    assert.ok(count('task', 'manifest', 'spec') >= 20, `${count('task', 'manifest', 'spec')} task specs and plans`);
  });

  test('every finding is known and was looked at; at least 95 % of the errors are real', () => {
    const verdicts = reviewed();
    const rows = repositories.flatMap((repository) =>
      repository.findings.map((found) => {
        const text = line(repository, found);
        return { text, severity: found.severity, verdict: verdicts.get(keyOf(text)) ?? 'unreviewed' };
      }),
    );
    const text = `${figures(rows)}\n${rows.map((row) => `${row.verdict} | ${row.text}`).join('\n')}\n`;
    if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, text);
    else assert.equal(text, existsSync(golden) ? readFileSync(golden, 'utf8') : '');
    for (const row of rows) assert.match(row.verdict, /^(?:right|wrong: .+)$/, row.text);
    const errors = rows.filter((row) => row.severity === 'error');
    const real = errors.filter((row) => row.verdict === 'right');
    assert.ok(real.length >= 0.95 * errors.length, `${real.length} of ${errors.length} errors are real`);
  });

  test('a skill has an error exactly where the validator of the format refuses it', () => {
    const skills = repositories.flatMap((repository) =>
      [...repository.files]
        .filter(([file]) => /(?:^|\/)(?:SKILL|skill)\.md$/.test(file))
        .map(([file, text]) => ({ repository, file, text })),
    );
    for (const { repository, file, text } of skills) {
      const errors = repository.findings.filter((found) => found.file === file && found.severity === 'error');
      const refusals = validate(text, basename(dirname(file)));
      // What one agent added is refused by the validator and only pointed out by the linter, as are YAML's brackets.
      const grave = refusals.filter((why) => why !== 'field' && why !== 'style');
      assert.equal(
        errors.length > 0,
        grave.length > 0,
        `${repository.name}/${file}: ${errors.map((found) => found.code).join()} against ${refusals.join()}`,
      );
      const mild = repository.findings.filter((found) => found.file === file && found.code === 'skill.not-portable');
      if (refusals.length > 0 && grave.length === 0) assert.ok(mild.length > 0, `${file}: ${refusals.join()}`);
    }
    assert.ok(skills.filter(({ text, file }) => validate(text, basename(dirname(file))).length === 0).length >= 25);
  });

  test('every quick fix removes its finding, adds no error, and leaves other lines alone', () => {
    let applied = 0;
    for (const repository of repositories) {
      for (const found of repository.findings) {
        if (!found.fix) continue;
        applied++;
        const before = repository.files.get(found.file) ?? '';
        const after = applyFix(before, found);
        const left = lintWorkspace(new Map(repository.files).set(found.file, after), repository.facts);
        const count = (all: readonly Finding[], of: (each: Finding) => boolean): number => all.filter(of).length;
        const same = (each: Finding): boolean =>
          each.file === found.file && each.code === found.code && each.message === found.message;
        const grave = (each: Finding): boolean => each.severity === 'error';
        const text = line(repository, found);
        assert.ok(count(left, same) < count(repository.findings, same), `still there: ${text}`);
        assert.ok(count(left, grave) <= count(repository.findings, grave), `a new error after: ${text}`);
        const lineAt = (offset: number): number => before.slice(0, offset).split('\n').length - 1;
        const [old, now] = [before.split('\n'), after.split('\n')];
        const first = Math.min(...found.fix.edits.map(({ span }) => lineAt(span.start)));
        const behind = old.length - 1 - Math.max(...found.fix.edits.map(({ span }) => lineAt(span.end)));
        assert.deepEqual(now.slice(0, first), old.slice(0, first), text);
        if (behind > 0) assert.deepEqual(now.slice(-behind), old.slice(-behind), text);
      }
    }
    assert.ok(applied >= 30, `${applied} fixes`);
  });

  test('the linter and the validator agree on front matter that nobody has written yet', () => {
    const letters = [
      'a',
      'b',
      '1',
      '-',
      'B',
      '_',
      ' ',
      'é',
      'e\u0301',
      'ß',
      '日',
      'Ω',
      'ﬁ',
      '²',
      'ⅷ',
      'İ',
      '😀',
      'नि',
      '.',
    ];
    const name = fc.array(fc.constantFrom(...letters), { maxLength: 6 }).map((all) => all.join(''));
    const long = fc.constantFrom('', ' ', 'x', 'é'.repeat(500), '😀'.repeat(501), 'é'.repeat(1024), '😀'.repeat(1025));
    const field = (key: string, value: string): string => `${key}: '${value}'\n`;
    fc.assert(
      fc.property(
        fc.record({
          name: fc.option(name),
          directory: fc.option(name.filter((words) => words !== '' && !/^\.+$/.test(words))),
          description: fc.option(long),
          compatibility: fc.option(long),
          other: fc.constantFrom(
            '',
            'license: 1\n',
            'metadata:\n  a: 1\n',
            'allowed-tools: Read\n',
            'name: again\n',
            'x: a: b\n',
          ),
          before: fc.constantFrom('', '', '', '\n', '\uFEFF', '# a\n'),
        }),
        ({ name, directory, description, compatibility, other, before }) => {
          const dir = directory ?? (name || 'a');
          const text = `${before}---\n${name === null ? '' : field('name', name)}${
            description === null ? '' : field('description', description)
          }${compatibility === null ? '' : field('compatibility', compatibility)}${other}---\n# A\n`;
          const errors = lintSkill(text, `skills/${dir}/SKILL.md`).filter(
            ({ severity, code }) => severity === 'error' || code === 'skill.yaml-strict',
          );
          const grave = validate(text, dir).filter((why) => why !== 'field' && why !== 'style');
          assert.equal(
            errors.length > 0,
            grave.length > 0,
            `${errors.map(({ code }) => code).join()} against ${grave.join()}`,
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('an agent that Claude Code loads has no error', () => {
    let loaded = 0;
    for (const repository of repositories) {
      for (const [file, text] of repository.files) {
        if (!file.startsWith('.claude/agents/')) continue;
        // It needs a name and a description between two lines of dashes; whether that is YAML does not matter to it.
        const head = /^---\r?\n([^]*?)\r?\n---/.exec(text)?.[1] ?? '';
        if (!/^name:\s*\S/m.test(head) || !/^description:\s*\S/m.test(head)) continue;
        loaded++;
        assert.deepEqual(
          repository.findings.filter((found) => found.file === file && found.severity === 'error'),
          [],
          file,
        );
      }
    }
    assert.ok(loaded >= 10, `${loaded} agents`);
  });
});

/**
 * What `skills-ref validate` of agentskills/agentskills refuses, written from its source and not from the linter's: the
 * text must start with `---`, the front matter ends at the next `---` wherever that stands, it is read as StrictYAML
 * (every scalar is text; no repeated keys, no brackets, anchors or tags), and then the fields are checked.
 */
function validate(text: string, directory: string): string[] {
  if (!text.startsWith('---')) return ['start'];
  const second = text.indexOf('---', 3);
  if (second < 0) return ['end'];
  const yaml = text.slice(3, second);
  const document = parseDocument(yaml, { schema: 'failsafe', uniqueKeys: true });
  if (document.errors.length > 0) return ['yaml'];
  const fields: unknown = document.toJS();
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return ['map'];
  const data = fields as Record<string, unknown>;
  const refusals: string[] = [];
  const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const length = (words: string): number => Array.from(words).length;

  const allowed = ['name', 'description', 'license', 'allowed-tools', 'metadata', 'compatibility'];
  if (Object.keys(data).some((key) => !allowed.includes(key))) refusals.push('field');
  if (/^\s*[\w-]*:?\s*-?\s*[[{]/m.test(yaml.replace(/: *[|>][^]*?(?=^\w)/gm, ':\n'))) refusals.push('style');

  const name = asText(data['name'])?.trim().normalize('NFKC') ?? '';
  if (name === '') refusals.push('name');
  else if (
    length(name) > 64 ||
    name !== name.toLowerCase() ||
    name.startsWith('-') ||
    name.endsWith('-') ||
    name.includes('--') ||
    !Array.from(name).every((letter) => letter === '-' || /^[\p{L}\p{N}]$/u.test(letter)) ||
    directory.normalize('NFKC') !== name
  )
    refusals.push('name');
  const description = asText(data['description']) ?? '';
  if (description.trim() === '' || length(description) > 1024) refusals.push('description');
  if ('compatibility' in data) {
    const compatibility = asText(data['compatibility']);
    if (compatibility === null || length(compatibility) > 500) refusals.push('compatibility');
  }
  return refusals;
}
