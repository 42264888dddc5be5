import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

interface Rule {
  readonly match?: string;
  readonly begin?: string;
  readonly name?: string;
  readonly include?: string;
  readonly patterns?: readonly Rule[];
  readonly captures?: Readonly<Record<string, Rule>>;
}

interface Grammar extends Rule {
  readonly scopeName: string;
  readonly injectionSelector: string;
  readonly repository: Readonly<Record<string, Rule>>;
}

const directory = path.resolve(import.meta.dirname, '../../syntaxes');
const load = (name: string) => JSON.parse(readFileSync(path.join(directory, name), 'utf8')) as Grammar;
const files = readdirSync(directory).filter((name) => name.endsWith('.json'));

function* rulesOf(rule: Rule): Generator<Rule> {
  yield rule;
  for (const child of [...(rule.patterns ?? []), ...Object.values(rule.captures ?? {})]) yield* rulesOf(child);
}

/** The scopes named words of a line get, by the rule that matches first; enough of TextMate for rules without `begin`. */
function scopes(grammar: Grammar, line: string): Record<string, string> {
  const found: Record<string, string> = {};
  const flatten = (rules: readonly Rule[]): Rule[] =>
    rules.flatMap((rule) =>
      rule.include
        ? flatten([grammar.repository[rule.include.slice(1)] ?? {}])
        : rule.patterns && !rule.match
          ? flatten(rule.patterns)
          : [rule],
    );
  const scan = (text: string, from: number, to: number, rules: readonly Rule[]): void => {
    let at = from;
    while (at < to) {
      let best: { rule: Rule; match: RegExpExecArray } | undefined;
      for (const rule of rules) {
        const source = rule.match ?? '';
        const pattern = new RegExp(source.replaceAll('(?i:', '(?:'), `dg${source.includes('(?i:') ? 'i' : ''}`);
        pattern.lastIndex = at;
        const match = pattern.exec(text.slice(0, to));
        if (match && (!best || match.index < best.match.index)) best = { rule, match };
      }
      if (!best) return;
      const { rule, match } = best;
      if (rule.name) found[match[0]] = rule.name;
      for (const [group, capture] of Object.entries(rule.captures ?? {})) {
        const range = match.indices?.[Number(group)];
        if (!range) continue;
        if (capture.name) found[text.slice(...range)] = capture.name;
        if (capture.patterns) scan(text, range[0], range[1], flatten(capture.patterns));
      }
      at = Math.max(match.index + match[0].length, at + 1);
    }
  };
  scan(line, 0, line.length, flatten(grammar.patterns ?? []));
  return found;
}

suite('grammars', () => {
  test('add to Markdown, refer only to what they hold, and never span lines', () => {
    assert.deepEqual(files, ['slicewave-skill.tmLanguage.json', 'slicewave-task.tmLanguage.json']);
    for (const file of files) {
      const grammar = load(file);
      assert.match(grammar.injectionSelector, /^L:text\.html\.markdown - .*fenced_code/);
      const used = new Set<string>();
      for (const rule of [
        ...(grammar.patterns ?? []),
        ...Object.values(grammar.repository).flatMap((entry) => [...rulesOf(entry)]),
      ]) {
        // A rule over several lines could swallow the Markdown that follows.
        assert.equal(rule.begin, undefined);
        if (rule.include) {
          assert.ok(grammar.repository[rule.include.slice(1)], rule.include);
          used.add(rule.include.slice(1));
        }
        if (rule.name) assert.match(rule.name, /\.(?:slicewave|markdown)$/);
      }
      assert.deepEqual([...used].sort(), Object.keys(grammar.repository).sort());
    }
  });

  test('task specs: directives, paths, symbols, remarks', () => {
    const grammar = load('slicewave-task.tmLanguage.json');
    const keyword = 'keyword.control.scope.slicewave';
    for (const line of [
      'CREATE: a.ts',
      '- CREATE: a.ts',
      '**CREATE**: a.ts',
      '**CREATE:** a.ts',
      '**CREATE** (new files): a.ts',
      'CREATE (new): a.ts',
      '  CREATE: a.ts',
    ]) {
      assert.equal(scopes(grammar, line)['CREATE'], keyword, line);
      assert.equal(scopes(grammar, line)['a.ts'], 'string.unquoted.path.slicewave', line);
    }
    const line = scopes(grammar, 'MODIFY: config/settings.py::Apps.ready - one, src/{a,b}/**, none (why)');
    assert.equal(line['config/settings.py'], 'string.unquoted.path.slicewave');
    assert.equal(line['::'], 'keyword.operator.symbol.slicewave');
    assert.equal(line['Apps.ready'], 'entity.name.function.symbol.slicewave');
    assert.equal(line['- one'], 'comment.line.remark.slicewave');
    assert.equal(line['**'], 'keyword.operator.glob.slicewave');
    assert.equal(line['none'], 'constant.language.empty.slicewave');
    assert.equal(line['(why)'], 'comment.line.remark.slicewave');
    assert.deepEqual(scopes(grammar, 'We CREATE: value, as std::vector does'), {});
  });

  test('specs: merge points, workstreams, slices; stop conditions; ids', () => {
    const grammar = load('slicewave-task.tmLanguage.json');
    for (const line of ['MP1: A8 + B3 -> C1', '- **MP1**: A8 + B3 → C1', '**MP1:** A8 + B3 => C1 (verify: npm test)']) {
      const found = scopes(grammar, line);
      assert.equal(found['MP1'], 'entity.name.type.merge-point.slicewave', line);
      for (const id of ['A8', 'B3', 'C1']) assert.equal(found[id], 'entity.name.tag.slice.slicewave', line);
    }
    const slice = scopes(grammar, '- A3: Endpoint (after A1, B2; files: apps/a.py; verify: pytest)');
    assert.deepEqual(
      [slice['A3'], slice['B2'], slice['after'], slice['files'], slice['verify']],
      [
        'entity.name.tag.slice.slicewave',
        'entity.name.tag.slice.slicewave',
        'keyword.other.attribute.slicewave',
        'keyword.other.attribute.slicewave',
        'keyword.other.attribute.slicewave',
      ],
    );
    assert.equal(scopes(grammar, '## Stop conditions')['Stop conditions'], 'keyword.other.stop.slicewave');
    assert.deepEqual(scopes(grammar, 'the stop conditions'), {});
    assert.equal(scopes(grammar, '### WS-A: Users')['WS-A'], 'entity.name.type.workstream.slicewave');
    assert.equal(scopes(grammar, 'Boundary: apps/users/**')['Boundary'], 'keyword.control.scope.slicewave');
    assert.equal(
      scopes(grammar, 'deps: [task-001, task-002-users]')['task-002-users'],
      'entity.name.tag.slice.slicewave',
    );
    assert.deepEqual(scopes(grammar, 'tasks/task-001.md'), {});
  });

  test('skills: policy headings and evidence fields', () => {
    const grammar = load('slicewave-skill.tmLanguage.json');
    for (const [heading, scope] of [
      ['Goal', 'goal'],
      ['Allowed', 'allowed'],
      ['Required Output', 'required-output'],
      ['Final reply format', 'final-reply'],
    ] as const) {
      assert.equal(scopes(grammar, `## ${heading}`)[heading], `keyword.other.${scope}.slicewave`);
      assert.deepEqual(scopes(grammar, `the ${heading} of it`), {});
    }
    assert.equal(scopes(grammar, '- files_changed')['files_changed'], 'variable.other.property.slicewave');
  });
});
