import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { readYaml } from '../../src/core/text/yaml.ts';
import type { Finding } from '../../src/core/text/finding.ts';
import { readJson } from '../../src/core/text/json.ts';
import type { RepositoryFacts } from '../../src/core/scope/repository-facts.ts';
import { fixAll } from '../../src/core/lint/engine/fix.ts';
import { lintFile, lintWorkspace } from '../../src/core/lint/lint.ts';
import { readLintSettings } from '../../src/core/lint/engine/settings.ts';
import { readMarkdown } from '../../src/core/text/markdown.ts';
import { SourceText } from '../../src/core/text/source.ts';
import { assertGrowth, cpuTime } from '../unit/cost.ts';
import { caseWorkspaces, corpusWorkspaces } from '../unit/lint-cases/real-files.ts';
import { clean, plan } from '../unit/lint-cases/workspace.ts';

/** Another seed, or more inputs: SLICEWAVE_FUZZ_SEED=7 SLICEWAVE_FUZZ_INPUTS=1000000 mocha test/long/lint-fuzz.test.ts */
const seed = Number(process.env['SLICEWAVE_FUZZ_SEED'] ?? 20261121);
const inputs = Number(process.env['SLICEWAVE_FUZZ_INPUTS'] ?? 100_000);
/** Milliseconds of processor time that no generated input may take: usual is one. A large one may if it grows no faster. */
const patience = 1_000;
/** Mutated real files are cut to this, so that there can be many. */
const piece = 3_000;

type Random = (below: number) => number;

/** Mulberry32 for one input: any of them can be made again from the seed and its number. */
function randomOf(index: number): Random {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return (below) => Math.floor(next() * below);
}

const names = [
  'specs/a.md',
  'docs/b.spec.md',
  `${plan}/tasks/task-001.md`,
  `${plan}/tasks/task-002.md`,
  `${plan}/manifest.json`,
  '.claude/skills/policy/SKILL.md',
  'x.skill.md',
  'AGENTS.md',
  'CLAUDE.md',
  '.claude/agents/reviewer.md',
  '.agent-runs/r1/trace.json',
];

/** One of every kind, for the inputs that take long. */
const kinds = names.filter((name) => !/docs\/|task-002|x\.skill|CLAUDE/.test(name));

/** What the formats are made of, and what text is feared for. */
const tokens = [
  '---\n¦# ¦## Scope\n¦## Checklist\n¦- [ ] ¦- ¦* ¦1. ¦> ¦```¦~~~¦`¦``¦\n¦\n\n¦\r\n¦\r',
  'CREATE: ¦MODIFY:¦**BOUNDARY**: ¦src/**¦src/{a,b}.ts¦::Symbol¦a.b¦[¦]¦{¦}¦(¦)¦"¦\'',
  'id: ¦deps: ¦task-001¦wave: 1¦: ¦, ¦&a ¦*a¦<<: ¦|\n  ¦>-\n ¦!!str ¦? ¦- - - ¦\t¦    ',
  '"waves": [¦"tasks": [{¦"number": 1¦"id": "x"¦true¦null¦-1e9¦\\u0000¦\\¦//¦/* ¦ */',
  '## Outcome\n¦## In scope\n¦## Out of scope\n¦## Evidence\n¦## Slices\n¦A1¦MP1: A1 -> A2¦WS-A¦(after A1)¦(files: x)¦(estimate: 3h)',
  '<!-- ¦ -->¦<!-- slicewave-disable-next-line ¦slicewave-disable-file ¦spec.cycle¦: why¦# slicewave-disable-next-line ',
  'allowed-tools: ¦Bash(git:*)¦Write(src/**)¦--dangerously-skip-permissions¦name: ¦description: ¦npm test¦$(x)¦&&¦ | ',
  '\uFEFF¦\0¦😀¦👨‍👩‍👧¦\ud83d¦\udc00¦שלום¦مرحبا¦\u202e¦\u2066¦é¦ﬀ¦İ¦ß¦日本¦\u2028¦\u0085¦\u00a0¦\u200b¦﷽',
  '__proto__¦constructor¦toString¦https://x.y/z?¦../..¦/etc/passwd¦C:\\x¦~/¦@import¦%2e¦NaN¦1e999¦0x1¦2026-01-01',
].flatMap((group) => group.split('¦'));

let realTexts: readonly string[] = [];

function real(random: Random): string {
  const text = realTexts[random(realTexts.length)] ?? '';
  if (text.length <= piece) return text;
  // Mostly from the start, where the front matter is.
  const start = random(3) > 0 ? 0 : random(text.length - piece);
  return text.slice(start, start + piece);
}

/** Some changes to a text, from a letter to a block. */
function mutated(text: string, random: Random): string {
  let result = text;
  for (let times = 1 + random(6); times > 0; times--) {
    const at = random(result.length + 1);
    const end = Math.min(result.length, at + random(random(4) === 0 ? 300 : 12));
    const token = tokens[random(tokens.length)] ?? '';
    switch (random(9)) {
      case 0:
        result = result.slice(0, at) + result.slice(end);
        break;
      case 1:
        result = result.slice(0, at) + token + result.slice(at);
        break;
      case 2:
        result = result.slice(0, at) + token + result.slice(end);
        break;
      case 3:
        result = result.slice(0, at) + result.slice(at, end).repeat(1 + random(8)) + result.slice(end);
        break;
      case 4: {
        const other = real(random);
        const from = random(other.length + 1);
        result = result.slice(0, at) + other.slice(from, from + random(200)) + result.slice(end);
        break;
      }
      case 5: {
        const lines = result.split('\n');
        const moved = lines.splice(random(lines.length), 1 + random(3));
        lines.splice(random(lines.length + 1), 0, ...moved);
        result = lines.join('\n');
        break;
      }
      case 6: {
        const lineEnds = ['\r\n', '\r', '\n', '\n\n'];
        result = result.replace(/\r?\n/g, lineEnds[random(lineEnds.length)] ?? '\n');
        break;
      }
      case 7:
        result = random(2) === 0 ? `\uFEFF${result}` : result.replaceAll(' ', random(2) === 0 ? '\t' : '\u00a0');
        break;
      default:
        result = result.slice(0, at) + String.fromCharCode(random(65_536)) + result.slice(at);
    }
    if (result.length > piece * 4) result = result.slice(0, piece * 4);
  }
  return result;
}

function bytes(random: Random): string {
  const buffer = Buffer.alloc(random(400));
  const range = random(2) === 0 ? 256 : 128;
  for (let i = 0; i < buffer.length; i++) buffer[i] = random(range);
  return buffer.toString(random(2) === 0 ? 'utf8' : 'latin1');
}

function soup(random: Random): string {
  let text = random(2) === 0 ? '---\n' : '';
  for (let count = random(60); count > 0; count--) text += tokens[random(tokens.length)] ?? '';
  return text;
}

/** Few and large: what makes a pattern backtrack or a reader recurse. */
const largeAt = (n: (count: number) => number): readonly (readonly [name: string, text: string])[] => [
  ...[
    'a',
    ' ',
    '\t',
    '`',
    '*',
    '[',
    '(',
    '<!--',
    '-->',
    '#',
    '- ',
    '> ',
    '{a,',
    '**/',
    '|',
    '\\',
    '"',
    "'",
    '<',
    '&',
    ':',
    ', ',
    '::',
    '😀',
    'ש',
    '\0',
    '\r',
    '\n',
    '\r\n',
    '- [ ] ',
    '`a` ',
    'x/y ',
    'a.b ',
    '@a ',
    '-- ',
    '--a ',
    'A1 ',
    'MP1: ',
    '\u202e',
    'http://',
    '../',
    '$(',
    '&& ',
  ].map((unit): readonly [string, string] => [
    `${JSON.stringify(unit)} over and over`,
    unit.repeat(Math.ceil(n(110_000) / unit.length)),
  ]),
  ['deep quotes', Array.from({ length: n(400) }, (_, i) => `${'> '.repeat(i)}x\n`).join('')],
  ['deep lists', Array.from({ length: n(400) }, (_, i) => `${'  '.repeat(i)}- x\n`).join('')],
  ['deep YAML', `---\n${Array.from({ length: n(400) }, (_, i) => `${' '.repeat(i)}a:\n`).join('')}---\n`],
  ['deep flow YAML', `---\na: ${'['.repeat(n(5_000))}\n---\n# x\n`],
  ['deep closed flow YAML', `---\na: ${'{a: '.repeat(n(1_000))}1${'}'.repeat(n(1_000))}\n---\n# x\n`],
  // As long as front matter may be.
  ...[
    '- [ ]\n',
    '[\n',
    '{a,\n',
    'a: b: c\n',
    '%a\n',
    '\tx\n',
    '&& \n',
    '- - - - a\n',
    '- &a\n',
    '? - : \n',
    '!!x\n',
    '"a\n',
    'a: |\n',
  ].map((unit): readonly [string, string] => [
    `front matter of ${JSON.stringify(unit)}`,
    `---\nid: a\n${unit.repeat(Math.floor(n(29_900) / unit.length))}---\n# x\n`,
  ]),
  ...['[', '{', '{a: ', '- ', '? ', 'a: ', '!!x ', '&a ', '"', "'", 'x, '].map((unit): readonly [string, string] => [
    `a line of front matter of ${JSON.stringify(unit)}`,
    `---\nid: a\nb: ${unit.repeat(Math.floor(n(9_900) / unit.length))}\n---\n# x\n`,
  ]),
  ['deep JSON', '{"tech_spec_id":'.repeat(n(20_000))],
  ['deep closed JSON', `{"tech_spec_id": ${'['.repeat(n(20_000))}${']'.repeat(n(20_000))}}`],
  [
    'aliases that multiply',
    `---\na: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: n(12) }, (_, i) => `${String.fromCharCode(98 + i)}: &${String.fromCharCode(98 + i)} [${`*${String.fromCharCode(97 + i)},`.repeat(9)}]\n`).join('')}---\n`,
  ],
  [
    'many headings',
    Array.from({ length: n(4_000) }, (_, i) => `${'#'.repeat(1 + (i % 6))} Scope ${i}\n\nCREATE: a${i}.ts\n`).join(''),
  ],
  ['many fences', '```ts a.ts\nx\n```\n'.repeat(n(5_000))],
  ['many comments', '<!-- slicewave-disable-next-line spec.cycle: why -->\n'.repeat(n(3_000))],
  ['many suppressed codes', `<!-- slicewave-disable-file ${'spec.cycle,'.repeat(n(5_000))}: why -->\n`],
  ['comments never closed', '<!-- slicewave-disable-file\n'.repeat(n(5_000))],
  [
    'a long scope',
    `## Scope\n\nCREATE: ${'src/{a,b}/**/*.ts, '.repeat(n(3_000))}\nMODIFY: ${'x.ts::A.b, '.repeat(n(3_000))}\nBOUNDARY: ${'**/a*b*c*d*e, '.repeat(n(300))}\n`,
  ],
  [
    'many slices',
    `# T\n\n## Slices\n\n${Array.from({ length: n(1_500) }, (_, i) => `- A${i}: x (after A${i + 1})\n`).join('')}`,
  ],
  ['many keys', `---\n${Array.from({ length: n(5_000) }, (_, i) => `k${i}: ${i}\n`).join('')}---\n`],
  ['the same key', `---\n${'id: x\n'.repeat(n(5_000))}---\n`],
  ['many tools', `---\nname: a\nallowed-tools: ${'Bash(git:*) '.repeat(n(8_000))}\n---\n`],
];
const large = largeAt((count) => count);
/** The same texts, made of half as much. */
const halved = largeAt((count) => Math.ceil(count / 2)).map(([, text]) => text);

const facts: RepositoryFacts = {
  files: ['README.md', 'package.json', 'src/a.ts', 'src/index.ts'],
  scripts: new Map([['', new Set(['test'])]]),
  programs: new Set(['npm', 'git']),
  textOf: (file) => (file.endsWith('.ts') ? 'export class Router {\n  go() {}\n}\n' : null),
};

function checkFindings(findings: readonly Finding[], textOf: (file: string) => string | undefined): void {
  const sources = new Map<string, SourceText>();
  for (const found of findings) {
    const text = textOf(found.file);
    // Findings about a directory or a missing file stand at the start of a file that is not there.
    if (text === undefined) {
      assert.deepEqual([found.span.start, found.line, found.column], [0, 1, 1], found.code);
      continue;
    }
    let source = sources.get(found.file);
    if (!source) sources.set(found.file, (source = new SourceText(found.file, text)));
    const { start, end } = found.span;
    assert.ok(start >= 0 && start <= end && end <= text.length, `${found.code} at ${start}-${end} of ${text.length}`);
    assert.deepEqual(source.position(start), { line: found.line, column: found.column }, found.code);
    assert.deepEqual(source.position(end), { line: found.endLine, column: found.endColumn }, found.code);
    assert.ok(found.message !== '' && found.message.length <= 1_000, `${found.code}: ${found.message.length} letters`);
    for (const { span } of found.fix?.edits ?? [])
      assert.ok(span.start >= 0 && span.start <= span.end && span.end <= text.length, `the fix of ${found.code}`);
  }
}

/** Everything that reads a text from outside; gives what the findings were. */
function readAll(text: string, name: string, random: Random): void {
  const repository = random(2) === 0 ? facts : null;
  const findings = lintFile(text, name, { repository });
  checkFindings(findings, (file) => (file === name ? text : undefined));
  fixAll(text, name, findings);
  switch (random(8)) {
    case 0: {
      const files = new Map(clean).set(name, text);
      checkFindings(lintWorkspace(files, repository), (file) => files.get(file));
      break;
    }
    case 1:
      readJson(text);
      break;
    case 2:
      readYaml(text);
      break;
    case 3:
      for (const file of ['lint.yaml', 'lint.json']) checkFindings(readLintSettings(text, file).problems, () => text);
      break;
    case 4:
      readMarkdown(new SourceText(name, text));
  }
}

suite('lint of anything', () => {
  // Mocha asks for whole stacks; what users run does not, and a parser that makes an error for every line would pay for it.
  const { stackTraceLimit } = Error;

  suiteTeardown(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  suiteSetup(() => {
    Error.stackTraceLimit = 10;
    realTexts = [
      ...new Set([...caseWorkspaces(), ...corpusWorkspaces()].flatMap(({ files }) => [...files.values()])),
    ].filter((text) => text !== '');
    assert.ok(realTexts.length > 40);
  });

  /** Does `work`, about one input; what goes wrong is told with the input. */
  function about(text: string, { label, name, index }: Input, work: () => void): void {
    try {
      work();
    } catch (error) {
      const kept = path.join(mkdtempSync(path.join(tmpdir(), 'slicewave-fuzz-')), 'input');
      writeFileSync(kept, Buffer.from(text, 'utf16le'));
      throw new Error(
        `seed ${seed}, input ${index} (${label}) as ${name}: ${JSON.stringify(text.slice(0, 2_000))}${text.length > 2_000 ? '...' : ''} (UTF-16 in ${kept})`,
        { cause: error },
      );
    }
  }

  interface Input {
    readonly label: string;
    readonly name: string;
    readonly index: number;
  }

  test('large and deep inputs, as every kind of file', () => {
    let index = 0;
    const wrong: string[] = [];
    for (const [place, [label, text]] of large.entries())
      for (const name of kinds)
        try {
          const input = { label, name, index: index++ };
          const small = halved[place] ?? '';
          const read = (some: string) => () => readAll(some, name, randomOf(-input.index - 1));
          about(text, input, () =>
            assertGrowth(label, {
              half: read(small),
              whole: read(text),
              times: text.length / small.length,
              free: patience,
            }),
          );
        } catch (error) {
          wrong.push(`${label} as ${name}: ${String(error instanceof Error ? error.cause : error)}`);
        }
    assert.deepEqual(wrong, []);
  });

  test(`${inputs.toLocaleString('en')} generated inputs: no throw, no wait, positions inside the text`, () => {
    for (let index = 0; index < inputs; index++) {
      const random = randomOf(index);
      const way = random(20);
      const [label, text] =
        way < 13
          ? ['a mutated real file', mutated(real(random), random)]
          : way < 16
            ? ['tokens', soup(random)]
            : way < 18
              ? ['bytes', bytes(random)]
              : ['mutated bytes and tokens', mutated(soup(random) + bytes(random), random)];
      const name = names[random(names.length)] ?? 'specs/a.md';
      about(text, { label, name, index }, () => {
        const took = cpuTime(() => readAll(text, name, randomOf(-index - 1)));
        assert.ok(took <= patience, `${Math.round(took)} ms`);
      });
    }
  });
});
