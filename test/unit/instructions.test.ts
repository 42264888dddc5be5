import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DuplicateText } from '../../src/core/lint/skill/duplicates.ts';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { lintFile } from '../../src/core/lint/lint.ts';
import { deadRule, readToolRules } from '../../src/core/lint/skill/tool-rules.ts';
import { readYaml } from '../../src/core/text/yaml.ts';
import { SourceText } from '../../src/core/text/source.ts';
import { applyFix } from './caret.ts';
import { assertLinear } from './cost.ts';

const words = (text: string, file: string, code: RegExp): string[] =>
  lintFile(text, file)
    .filter((found) => code.test(found.code))
    .map((found) => text.slice(found.span.start, found.span.end));

suite('instructions', () => {
  test('tool rules: commas and blanks divide, parentheses hold together, places are exact', () => {
    const read = (value: string): string[] => {
      const text = `tools: ${value}\n`;
      const source = new SourceText('a.md', text);
      const map = readYaml(text).value;
      const entry = map?.kind === 'map' ? map.entries[0] : undefined;
      const rules = readToolRules(source, entry?.value);
      for (const rule of rules) assert.equal(text.slice(rule.span.start, rule.span.end), rule.text);
      return rules.map((rule) => rule.text);
    };
    assert.deepEqual(read('Read, Grep Bash(git diff:*, x),mcp__a__*'), [
      'Read',
      'Grep',
      'Bash(git diff:*, x)',
      'mcp__a__*',
    ]);
    assert.deepEqual(read('["Read", "Bash(npm run test *)"]'), ['Read', 'Bash(npm run test *)']);
    assert.deepEqual(read('"Read, Edit(src/**)"'), ['Read', 'Edit(src/**)']);
    assert.deepEqual(read('\n  - Read\n  - Bash(ls *)'), ['Read', 'Bash(ls *)']);
    assert.deepEqual(read('>-\n  Read\n  Write'), ['Read', 'Write']);
    assert.deepEqual(read('Bash(git status, Read, Edit'), ['Bash(git status', 'Read', 'Edit']);
    assert.deepEqual(read('5'), []);
  });

  test('rules without effect, and rules that only look like it', () => {
    const dead = (rule: string): string | null => {
      const source = new SourceText('a.md', `"${rule}"`);
      const [read] = readToolRules(source, { kind: 'scalar', value: rule, span: { start: 0, end: rule.length + 2 } });
      const found = read ? deadRule(read) : null;
      return found && (found.instead ?? 'dead');
    };
    for (const rule of ['Read', 'Write', 'Write(*)', 'Bash(*)', 'Bash(git * main)', 'Edit(/src/**)', 'Read(~/.zshrc)'])
      assert.equal(dead(rule), null, rule);
    for (const rule of ['Agent(Explore)', 'WebFetch(domain:x.org)', 'Skill(a)', 'mcp__x__y', '*', 'FutureTool'])
      assert.equal(dead(rule), null, rule);
    assert.equal(dead('Write(src/**)'), 'Edit(src/**)');
    assert.equal(dead('MultiEdit(a.ts)'), 'Edit(a.ts)');
    assert.equal(dead('Glob(**/*.ts)'), 'Read(**/*.ts)');
    assert.equal(dead('Read(/home/me/x)'), 'Read(//home/me/x)');
    assert.equal(dead('bash'), 'Bash');
    assert.equal(dead('WebFecth'), null, 'two letters changed places: nothing is claimed');
    assert.equal(dead('Gerp'), null);
    assert.equal(dead('Grepp'), 'Grep');
    for (const rule of ['read_file', 'Bash(git:* push)', 'Bash(git', 'WebFetch(x.org)', 'terminal'])
      assert.equal(dead(rule), 'dead', rule);
  });

  test('a bare tool name is judged only where it must be one of Claude Code', () => {
    const text = '---\nname: a\ndescription: d\nallowed-tools: read_file shell\n---\n';
    assert.deepEqual(words(text, '.claude/skills/a/SKILL.md', /permission/), ['read_file', 'shell']);
    assert.deepEqual(words(text, '.cursor/skills/a/SKILL.md', /permission/), []);
  });

  test('bypass flags: orders are found, bans and warnings in any usual language are not', () => {
    const flags = (line: string): number => words(`# A\n\n${line}\n`, 'AGENTS.md', /bypass/).length;
    for (const line of [
      'Run `claude --dangerously-skip-permissions -p x`.',
      'Use `--yolo` so that it does not stop.',
      '- when hooks are slow: use git commit -m x --no-verify',
      '```sh\ncodex exec --sandbox danger-full-access "x"\n```',
      '```json\n{ "defaultMode": "bypassPermissions" }\n```',
      '```sh\nHUSKY=0 git push\n```',
    ])
      assert.equal(flags(line), 1, line);
    for (const line of [
      'Never run `claude --dangerously-skip-permissions`.',
      'Do not:\n\n- use `--yolo`\n- run `git commit --no-verify`',
      'NEVER skip hooks (--no-verify) or signing.',
      'No `--no-verify`. Use the hooks.',
      '`--yolo` must not be used.',
      'Use `--yolo` only in a container.',
      'Ask the user before you use `--no-verify`.',
      '| `--yolo` | skips approvals |',
      'The hook rejects `git commit --no-verify`.',
      '`git commit --no-verify` は絶対に使わない',
      '禁止使用 `git commit --no-verify`',
      'Niemals `git commit --no-verify` verwenden.',
      'No uses nunca `git push --no-verify`.',
      '### Bad example\n\n```sh\ngit commit --no-verify\n```',
      '```sh\n# never do this\ngit commit --no-verify\n```',
      '```diff\n- git commit --no-verify\n```',
      '<!-- run it with --yolo -->',
      'The `disableBypassPermissionsMode` setting.',
    ])
      assert.equal(flags(line), 0, line);
  });

  test('contradictions: the same act allowed and forbidden, not an exception, a condition or another place', () => {
    const found = (body: string): number => words(`# A\n\n${body}\n`, 'AGENTS.md', /contradiction/).length;
    for (const body of [
      'You may push to main. Never push to main.',
      '## Allowed\n- install packages\n\n## Forbidden\n- installing packages',
      '## Allowed\n- Edit any file\n\n## Limits\n- Do not edit files outside the task',
      '- Do not push.\n- You may push after the tests.',
    ])
      assert.equal(found(body), 1, body);
    for (const body of [
      'You may edit files. Never edit `.env`.',
      'You may commit. Do not commit without review.',
      '## apps\n\nYou may run `make`.\n\n## services\n\nDo not run `make`.',
      '## Allowed\n- never push\n\n## Forbidden\n- push',
      '**Will:**\n- write tests\n\n**Will Not:**\n- write code',
    ])
      assert.equal(found(body), 0, body);
  });

  test('a tool against a ban: only where the ban covers what the tool is for', () => {
    const tools = (body: string): string[] =>
      words(
        `---\nname: a\ndescription: d\ntools: Write, Edit, Bash(git commit:*)\n---\n${body}\n`,
        '.claude/agents/a.md',
        /contradiction/,
      );
    assert.deepEqual(tools('You must never modify project files.'), ['Write', 'Edit']);
    assert.deepEqual(tools('**Hard rule:** Do not edit code.'), ['Edit']);
    assert.deepEqual(tools('Never commit.'), ['Bash(git commit:*)']);
    for (const body of [
      'Never modify files outside of `docs/`.',
      'Do not write code yet.',
      '## Phase 1\n\nDo not modify any files.',
      '## If tests fail\n\n- Do not commit',
      '> Do NOT modify any file.',
      'Do not commit secrets.',
      'If CI is red, never commit.',
    ])
      assert.deepEqual(tools(body), [], body);
  });

  test('references: what is looked up, and what only looks like a file', () => {
    const files = ['CLAUDE.md', 'docs/a.md', 'docs/b c.md', 'src/x.ts', 'skills/s/SKILL.md', 'skills/s/scripts/run.py'];
    const repository: RepositoryFacts = { files: files.sort(), scripts: new Map(), programs: null, textOf: () => null };
    const missing = (text: string, file = 'CLAUDE.md'): string[] =>
      lintFile(text, file, { repository })
        .filter((found) => /reference/.test(found.code))
        .map((found) => text.slice(found.span.start, found.span.end));
    for (const text of [
      '[a](docs/a.md) [b](docs/b%20c.md#x) [b](<docs/b c.md>) [dir](docs/) [line](src/x.ts:12) [up](../else.md)',
      '[a](https://x.org/y.md) [a](mailto:a@b.md) [a](#x) [text](link) [a](path/to/file.md) `[a](gone.md)`',
      '@docs/a.md @README @app.route @pytest.fixture a@b.md @scope/ui.js `@gone.md`',
      '```\n[a](gone.md) @gone.md\n```\n<!-- [a](gone.md) -->',
      'Example:\n\n- [a](gone.md)',
      'Create `docs/new.md` first. Plans: `docs/plans/<date>.md`. Lists `docs/gone.md` nowhere.',
    ])
      assert.deepEqual(missing(text), [], text);
    assert.deepEqual(missing('See [a](docs/A.md) and [b](gone.md "title").'), ['docs/A.md', 'gone.md']);
    assert.deepEqual(missing('![i](gone.png)\n\n[r]: docs/gone.md\n'), ['gone.png', 'docs/gone.md']);
    assert.deepEqual(missing('Read `docs/gone.md`. @gone.md'), ['docs/gone.md', '@gone.md']);
    const skill = 'skills/s/SKILL.md';
    assert.deepEqual(missing('Run `python scripts/run.py x` or `scripts/gone.py`.', skill), ['scripts/gone.py']);
    assert.deepEqual(missing('Run `scripts/deploy.sh` in the project. Write `assets/out.png`.', skill), []);
    assert.deepEqual(missing('See [a](gone.md).', 'unlisted/AGENTS.md'), [], 'a file the facts do not know');
  });

  test('a colon in a description has a quick fix that mends it', () => {
    const text = "---\nname: a\ndescription: It's for: this\nlicense: MIT\n---\n# A\n";
    const broken = lintFile(text, 'skills/a/SKILL.md').filter((found) => found.severity === 'error');
    assert.deepEqual(
      broken.map((found) => found.code),
      ['skill.yaml'],
    );
    assert.ok(broken[0]);
    const fixed = applyFix(text, broken[0]);
    assert.equal(fixed, text.replace("It's for: this", "'It''s for: this'"));
    assert.ok(!lintFile(fixed, 'skills/a/SKILL.md').some((found) => found.severity === 'error'));
  });

  test('shared text is the same whichever way the files came to be', () => {
    const line = 'every change has a test that fails without it, and the test says in its name what would break';
    const block = (...numbers: number[]): string => numbers.map((n) => `- ${n}: ${line}`).join('\n');
    const texts = ['', block(1, 2, 3), block(1, 2, 3, 4), `# A\n\n${block(2, 3, 4)}`, block(9, 2, 3, 4), block(5, 6)];
    const names = ['AGENTS.md', 'CLAUDE.md', 'a/AGENTS.md', 'skills/x/SKILL.md'];
    const all = (index: DuplicateText) =>
      Object.fromEntries(names.map((name) => [name, index.findings(name).map((found) => [found.line, found.message])]));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...names), fc.option(fc.constantFrom(...texts)), fc.boolean()), {
          maxLength: 15,
        }),
        (steps) => {
          const index = new DuplicateText();
          const last = new Map<string, string>();
          for (const [name, text, look] of steps) {
            if (text === null) {
              index.delete(name);
              last.delete(name);
            } else {
              index.set(name, text);
              last.set(name, text);
            }
            if (look) all(index);
          }
          const fresh = new DuplicateText();
          for (const [name, text] of last) fresh.set(name, text);
          assert.deepEqual(all(index), all(fresh));
        },
      ),
    );
    const two = new DuplicateText();
    two.set('AGENTS.md', block(1, 2, 3, 4));
    two.set('CLAUDE.md', `# C\n\n${block(2, 3, 4)}\n\nmore\n`);
    assert.deepEqual(all(two)['AGENTS.md'], []);
    assert.match(JSON.stringify(all(two)['CLAUDE.md']), /these 3 lines stand in AGENTS\.md too \(line 2\)/);
    two.set('CLAUDE.md', block(1, 2, 3, 4));
    assert.match(
      JSON.stringify(all(two)['CLAUDE.md']),
      /says the same as AGENTS\.md: let it hold one line, @AGENTS\.md/,
    );
  });

  test('any text is judged without a throw, in time, and within itself', () => {
    const piece = fc.constantFrom(
      '---\n',
      'name: ',
      'tools: Bash(',
      '](',
      '"',
      '`',
      '@a.md ',
      '## Allowed\n',
      '- push\n',
      'Never push. ',
      'if ',
      '--yolo',
      'git commit ',
      '|',
      '\t',
      '\r\n',
      '\n\n',
      '{"v":1,',
      '"claims":{',
      '[]}',
      '😀',
    );
    const files = ['AGENTS.md', '.claude/agents/a.md', 'skills/a/SKILL.md', '.agent-runs/1/trace.json', 'CLAUDE.md'];
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 40 }).map((all) => all.join('')),
        ),
        (file, text) => {
          for (const found of lintFile(text, file))
            assert.ok(found.span.start >= 0 && found.span.end <= text.length && found.span.start <= found.span.end);
        },
      ),
    );
    const many = 300_000;
    for (const part of [
      '](',
      '](a "',
      '`',
      '``x`',
      '@a.',
      'if ',
      'a: b\n',
      '- push\n',
      '[a]: ',
      '(',
      '| ',
      'git commit ',
    ]) {
      for (const file of files) {
        assertLinear(`${JSON.stringify(part)} in ${file}`, many, (size) =>
          lintFile(`# A\n\n${part.repeat(Math.floor(size / part.length))}`, file),
        );
      }
    }
  });
});
