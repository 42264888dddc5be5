import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';
import type { IGrammar, IRawGrammar } from 'vscode-textmate';
import { assertLinear } from './cost.ts';

const directory = path.resolve(import.meta.dirname, '../../syntaxes');
const files = readdirSync(directory).filter((name) => name.endsWith('.json'));
const read = (name: string) => JSON.parse(readFileSync(path.join(directory, name), 'utf8')) as RawGrammar;
const hostScope = 'text.html.markdown';

interface Rule {
  readonly match?: string;
  readonly begin?: string;
  readonly name?: string;
  readonly include?: string;
  readonly patterns?: readonly Rule[];
  readonly captures?: Readonly<Record<string, Rule>>;
}

interface RawGrammar extends Rule {
  readonly scopeName: string;
  readonly injectionSelector: string;
  readonly repository: Readonly<Record<string, Rule>>;
}

/**
 * As much of VS Code's Markdown grammar as injections meet, with its scope names and the shape of its rules: blocks that
 * begin by eating their markers, headings as one match whose words are read again, code and comments of their own.
 */
const host = {
  scopeName: hostScope,
  patterns: [{ include: '#front-matter' }, { include: '#block' }],
  repository: {
    'front-matter': {
      begin: '\\A-{3}\\s*$',
      end: '(^|\\G)-{3}\\s*$',
      contentName: 'meta.embedded.block.frontmatter',
      patterns: [
        { match: '#.*$', name: 'comment.line.number-sign.yaml' },
        { match: '^([\\w-]+)(:)', captures: { 1: { name: 'entity.name.tag.yaml' } } },
      ],
    },
    block: {
      patterns: [
        { include: '#heading' },
        { include: '#quote' },
        { include: '#fence' },
        { include: '#list' },
        { include: '#comment' },
        { include: '#paragraph' },
      ],
    },
    heading: {
      match: '(?:^|\\G)[ ]{0,3}(#{1,6}\\s+(.*?)(\\s+#{1,6})?\\s*)$',
      captures: { 1: { name: 'markup.heading.markdown', patterns: [{ include: '#inline' }] } },
    },
    quote: {
      begin: '(^|\\G)[ ]{0,3}(>) ?',
      while: '(^|\\G)\\s*(>) ?',
      name: 'markup.quote.markdown',
      patterns: [{ include: '#block' }],
    },
    fence: {
      begin: '(^|\\G)(\\s*)(`{3,}|~{3,})\\s*([^`~]*)$',
      end: '(^|\\G)(\\2|\\s{0,3})(\\3)\\s*$',
      name: 'markup.fenced_code.block.markdown',
    },
    list: {
      begin: '(^|\\G)([ ]{0,3})([*+-]|[0-9]+[.)])([ \\t])',
      while: '((^|\\G)([ ]{2,4}|\\t))|(^[ \\t]*$)',
      name: 'markup.list.markdown',
      patterns: [{ include: '#block' }],
    },
    comment: { begin: '<!--', end: '-->', name: 'comment.block.html' },
    paragraph: {
      begin: '(^|\\G)[ ]{0,3}(?=[^ \\t\\n])',
      while: '(^|\\G)((?=\\s*[-=]{3,}\\s*$)|[ ]{4,}(?=[^ \\t\\n]))',
      name: 'meta.paragraph.markdown',
      patterns: [{ include: '#inline' }],
    },
    inline: {
      patterns: [
        { include: '#comment' },
        { match: '(`+)([^`]|(?!(?<!`)\\1(?!`))`)*+(\\1)', name: 'markup.inline.raw.string.markdown' },
        { match: '(\\*\\*|__)(?=\\S)(.*?)(\\1)', name: 'markup.bold.markdown' },
      ],
    },
  },
};

/** The words of a text that Slicewave's grammars name, each with its innermost scope, in their order. */
function scopesOf(grammar: IGrammar, text: string): string[] {
  const found: string[] = [];
  let stack = textmate.INITIAL;
  for (const line of text.split('\n')) {
    const result = grammar.tokenizeLine(line, stack);
    assert.ok(!result.stoppedEarly);
    stack = result.ruleStack;
    for (const { startIndex, endIndex, scopes } of result.tokens) {
      const scope = scopes.at(-1) ?? '';
      const words = line.slice(startIndex, endIndex).trim();
      if (scope.endsWith('.slicewave') && !scope.startsWith('meta.') && words !== '')
        found.push(`${words} -> ${scope.replace(/\.slicewave$/, '')}`);
    }
  }
  return found;
}

suite('grammars', () => {
  let grammar: IGrammar;

  suiteSetup(async () => {
    const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');
    await oniguruma.loadWASM(new Uint8Array(readFileSync(wasm)).buffer);
    const known = new Map<string, unknown>([
      [hostScope, host],
      ...files.map((name): [string, unknown] => [read(name).scopeName, read(name)]),
    ]);
    const registry = new textmate.Registry({
      onigLib: Promise.resolve({
        createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
        createOnigString: (text) => new oniguruma.OnigString(text),
      }),
      loadGrammar: (scope) => Promise.resolve((known.get(scope) ?? null) as IRawGrammar | null),
      getInjections: (scope) => (scope === hostScope ? files.map((name) => read(name).scopeName) : []),
    });
    const loaded = await registry.loadGrammar(hostScope);
    assert.ok(loaded);
    grammar = loaded;
  });

  const colours = (text: string, ...expected: string[]) => assert.deepEqual(scopesOf(grammar, text), expected, text);

  test('are the ones package.json names, refer only to what they hold, and never span lines', () => {
    const { contributes } = JSON.parse(readFileSync(path.join(directory, '../package.json'), 'utf8')) as {
      contributes: { grammars: { scopeName: string; path: string; injectTo: string[] }[] };
    };
    assert.deepEqual(
      contributes.grammars
        .map((entry) => `${entry.scopeName} ${path.basename(entry.path)} ${entry.injectTo.join()}`)
        .sort(),
      files.map((name) => `${read(name).scopeName} ${name} ${hostScope}`).sort(),
    );
    for (const file of files) {
      const raw = read(file);
      assert.match(raw.injectionSelector, /^L:text\.html\.markdown - .*fenced_code/);
      const used = new Set<string>();
      const look = (rule: Rule): void => {
        // A rule over several lines could swallow the Markdown that follows.
        assert.equal(rule.begin, undefined);
        if (rule.include) used.add(rule.include.slice(1));
        if (rule.name) assert.match(rule.name, /\.(?:slicewave|markdown|yaml)$/);
        for (const child of [...(rule.patterns ?? []), ...Object.values(rule.captures ?? {})]) look(child);
      };
      for (const rule of [{ patterns: raw.patterns ?? [] }, ...Object.values(raw.repository)]) look(rule);
      assert.deepEqual([...used].sort(), Object.keys(raw.repository).sort());
    }
  });

  test('scope directives in every dialect', () => {
    for (const line of [
      'CREATE: a.ts',
      '- CREATE: a.ts',
      '* CREATE: a.ts',
      '1. CREATE: a.ts',
      '**CREATE**: a.ts',
      '**CREATE:** a.ts',
      '- **CREATE**: a.ts',
      '__CREATE__: a.ts',
      '`CREATE`: a.ts',
      '  CREATE: a.ts',
      '> CREATE: a.ts',
      '### CREATE: a.ts',
      'CREATE: `a.ts`',
    ])
      colours(
        line,
        'CREATE -> keyword.control.scope',
        ': -> punctuation.separator.key-value',
        'a.ts -> string.unquoted.path',
      );
    for (const [word, line] of [
      ['Create', 'Create: a.ts'],
      ['modify', '- modify: a.ts'],
      ['Boundary', 'Boundary: a.ts'],
      ['Modify', '**Modify**: a.ts'],
    ] as const)
      colours(
        line,
        `${word} -> keyword.control.scope`,
        ': -> punctuation.separator.key-value',
        'a.ts -> string.unquoted.path',
      );
    colours('### BOUNDARY', 'BOUNDARY -> keyword.control.scope');
    for (const line of ['CREATE (new): none', 'CREATE (new): none ', '**CREATE** (new): none'])
      colours(
        line,
        'CREATE -> keyword.control.scope',
        '(new) -> comment.line.remark',
        ': -> punctuation.separator.key-value',
        'none -> constant.language.empty',
      );
  });

  test('paths, globs, symbols and remarks in directives and in the items below them', () => {
    colours(
      'MODIFY: config/settings.py::Apps.ready - one, src/{a,b}/**, Makefile (why)',
      'MODIFY -> keyword.control.scope',
      ': -> punctuation.separator.key-value',
      'config/settings.py -> string.unquoted.path',
      ':: -> keyword.operator.symbol',
      'Apps.ready -> entity.name.function.symbol',
      '- one -> comment.line.remark',
      'src/ -> string.unquoted.path',
      '{ -> keyword.operator.glob',
      'a -> string.unquoted.path',
      ', -> keyword.operator.glob',
      'b -> string.unquoted.path',
      '} -> keyword.operator.glob',
      '/ -> string.unquoted.path',
      '** -> keyword.operator.glob',
      'Makefile -> string.unquoted.path',
      '(why) -> comment.line.remark',
    );
    colours(
      '- `apps/users/models.py::User` - the model',
      'apps/users/models.py -> string.unquoted.path',
      ':: -> keyword.operator.symbol',
      'User -> entity.name.function.symbol',
    );
    for (const item of ['- `src/stock/**`', '- src/stock/**'])
      colours(item, 'src/stock/ -> string.unquoted.path', '** -> keyword.operator.glob');
  });

  test('specs: merge points, workstreams, waves, slices and what they say of themselves', () => {
    for (const line of ['MP1: A8 + B3 -> C1', '- **MP1**: A8 + B3 → C1', '**MP1:** A8 + B3 => C1 (verify: npm test)']) {
      assert.deepEqual(
        scopesOf(grammar, line).filter((found) => / -> (?:entity|keyword\.operator)/.test(found)),
        [
          'MP1 -> entity.name.type.merge-point',
          'A8 -> entity.name.tag.slice',
          '+ -> keyword.operator.needs',
          'B3 -> entity.name.tag.slice',
          `${/->|→|=>/.exec(line)?.[0]} -> keyword.operator.unlocks`,
          'C1 -> entity.name.tag.slice',
        ],
        line,
      );
    }
    colours(
      '- A3: Endpoint (after A1, B2; files: apps/a.py; verify: pytest)',
      'A3 -> entity.name.tag.slice',
      ': -> punctuation.separator.key-value',
      'after -> keyword.other.attribute',
      'A1 -> entity.name.tag.slice',
      'B2 -> entity.name.tag.slice',
      'files -> keyword.other.attribute',
      ': -> punctuation.separator.key-value',
      'verify -> keyword.other.attribute',
      ': -> punctuation.separator.key-value',
    );
    colours('### WS-A: Users', 'WS-A -> entity.name.type.workstream');
    colours('# TS-0042: Inventory', 'TS-0042 -> entity.name.type.spec');
    colours('# task-001-users: Users', 'task-001-users -> entity.name.tag.slice');
    colours('# A1: Product catalogue', 'A1 -> entity.name.tag.slice');
    colours('## Wave 12: Endpoints', '12 -> constant.numeric.wave');
  });

  test('front matter: ids and waves; keys keep the colour that YAML gives them', () => {
    colours(
      '---\nid: task-002-orders\nwave: 2\ndeps: [task-001, A1]\nblocks:\n  - task-003\nworkstream: WS-A\ntitle: task 7\n---\n',
      'task-002-orders -> entity.name.tag.slice',
      '2 -> constant.numeric.wave',
      'task-001 -> entity.name.tag.slice',
      'A1 -> entity.name.tag.slice',
      'task-003 -> entity.name.tag.slice',
      'WS-A -> entity.name.type.workstream',
    );
    const { ruleStack } = grammar.tokenizeLine('---', textmate.INITIAL);
    for (const line of ['deps: [a1]', 'id: task-001', 'wave: 2', 'title: x'])
      assert.ok(grammar.tokenizeLine(line, ruleStack).tokens[0]?.scopes.includes('entity.name.tag.yaml'), line);
  });

  test('stop conditions, required output, evidence fields', () => {
    colours('## Stop conditions', 'Stop conditions -> keyword.other.stop');
    colours('### Required Output', 'Required Output -> keyword.other.required-output');
    colours('## Final reply format', 'Final reply format -> keyword.other.final-reply');
    for (const line of ['- files_changed', '- `files_changed`: paths', '1. files_changed: paths', 'files_changed: x'])
      colours(line, 'files_changed -> variable.other.property');
  });

  test('suppression comments, in Markdown and in front matter', () => {
    const found = (verb: string, ...codes: string[]) => [
      `${verb} -> keyword.control.suppress`,
      ...codes.map((code) => `${code} -> constant.other.rule`),
      ': -> punctuation.separator.key-value',
      'we know -> string.unquoted.reason',
    ];
    const kept = (text: string) =>
      scopesOf(grammar, text).filter((entry) => !/punctuation\.definition\.comment|comment\.block/.test(entry));
    assert.deepEqual(
      kept('<!-- slicewave-disable-next-line task.stop-missing, plan.cycle: we know -->'),
      found('slicewave-disable-next-line', 'task.stop-missing', 'plan.cycle'),
    );
    assert.deepEqual(
      kept('---\n# slicewave-disable-file task.agent-missing: we know\nid: x\n---'),
      found('slicewave-disable-file', 'task.agent-missing'),
    );
    assert.deepEqual(kept('<!-- slicewave is nice -->'), []);
    // What follows a comment is Markdown again.
    assert.equal(kept('<!-- slicewave-disable-file a.b: c -->\n\nCREATE: a.ts').at(-1), 'a.ts -> string.unquoted.path');
  });

  test('ordinary Markdown keeps its own colours', () => {
    for (const text of [
      'We CREATE: value, as std::vector does',
      'Create: a new account',
      '- Create: an account',
      'Please modify the config (after lunch)',
      'The Boundary: where the sea begins',
      '## Goal',
      '## Allowed',
      '# Create',
      'the stop conditions and the required output of it',
      '## How stop conditions work',
      'files of task-001 and WS-A, A1 and MP1, TS-0042 by name',
      'see tasks/task-001.md and src/**/*.ts',
      '- a::b in C++, and **input/output** of it',
      '- **input/output**: what goes in',
      '- Note: this',
      '- v2: this',
      'my files_changed variable',
      'wave: hello',
      'Wave 2 of the pandemic',
      '```\nCREATE: a.ts\nMP1: A1 -> B1\n```',
      '<!-- CREATE: a.ts -->',
      '<!--\nCREATE: a.ts\n-->',
      '| CREATE: a | MODIFY: b |',
      '[CREATE](https://x.y/z)',
    ])
      colours(text);
  });

  test('no pattern takes more than its share of time over a line of 100 kB, whatever is in it', () => {
    const size = 100_000;
    const patterns = files.flatMap((name) => {
      const matches = (rule: Rule): string[] => [
        ...(rule.match === undefined ? [] : [rule.match]),
        ...(rule.patterns ?? []).flatMap(matches),
      ];
      return Object.values(read(name).repository).flatMap(matches);
    });
    assert.ok(patterns.length > 15);
    const scanner = new oniguruma.OnigScanner(patterns);
    const pieces = [
      'x',
      'a/',
      '*',
      '( ',
      '{',
      '{a,',
      '[',
      '`',
      '- ',
      'a.b::',
      'A1 + ',
      'a, ',
      '\t',
      '日',
      '(after A1, ',
    ];
    const starts = ['', 'CREATE: '];
    for (const piece of [...pieces, '<!-- slicewave-disable-file a.b: ', '- CREATE: ']) {
      for (const start of starts) {
        assertLinear(`${JSON.stringify(start)} and ${JSON.stringify(piece)}`, size, (length) => {
          const text = new oniguruma.OnigString(start + piece.repeat(Math.ceil(length / piece.length)));
          scanner.findNextMatchSync(text, 0);
          // The rest of a directive is looked at by itself.
          if (start !== '') scanner.findNextMatchSync(text, start.length);
          text.dispose();
        });
      }
    }
  });

  test('a line as long as VS Code reads is read to its end, and nested ones too', () => {
    // VS Code gives up on lines over 20,000 characters.
    const words = (word: string) => word.repeat(Math.floor(20_000 / word.length)).trimEnd();
    assert.ok(scopesOf(grammar, `CREATE: ${words('apps/users/models.py::User - why, ')}`).length > 1_000);
    assert.ok(scopesOf(grammar, words('- CREATE: a/b.ts ')).length > 1);
  });
});
