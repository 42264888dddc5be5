/** The documents for people: what they say of the code and can be checked is checked here. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { currentDocuments } from '../../.config/documents.ts';
import { COMMANDS } from '../../src/cli/command-table.ts';
import { EXIT, type Command, type Terminal } from '../../src/cli/command.ts';
import { call } from '../../src/cli/call.ts';
import { readYaml } from '../../src/core/text/yaml.ts';
import { COMMANDS as EDITOR_COMMANDS } from '../../src/extension/command-ids.ts';

const root = path.resolve(import.meta.dirname, '../..');
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'AGENTS.md',
  ...readdirSync(path.join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const texts = new Map(documents.map((file) => [file, read(file)]));
/** The pages of rules show what is wrong as well. */
const samplesAreRight = (file: string): boolean => file !== 'docs/lint-rules.md';

interface Fence {
  readonly language: string;
  readonly body: string;
}

function fences(text: string): readonly Fence[] {
  return [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, info = '', body = '']) => ({
    language: info.split(' ')[0] ?? '',
    body,
  }));
}

/** A text without its fenced blocks, in which headings, links and code spans are what they look like. */
function prose(text: string): string {
  return text.replaceAll(/^```[^\n]*\n[\s\S]*?^```$/gm, '');
}

function codeSpans(text: string): readonly string[] {
  return [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code.replaceAll(String.raw`\|`, '|'));
}

/** The anchors that a page's headings get where it is shown. */
function anchors(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [, title = ''] of prose(text).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; found.has(anchor); n++) anchor = `${slug}-${n}`;
    found.add(anchor);
  }
  return found;
}

/** The command lines of `slicewave` in a page: shell blocks and code spans. */
function commandLines(text: string): readonly string[] {
  const lines = fences(text).flatMap(({ language, body }) => (language === 'sh' ? body.split('\n') : []));
  return [...lines, ...codeSpans(text)].flatMap((line) => /(?:^|&& )slicewave (.*)$/.exec(line)?.[1] ?? []);
}

/** The words before a remark or what is done with the output; a quoted text is one word. */
function words(line: string): readonly string[] {
  const found: string[] = [];
  for (const [word] of line.matchAll(/"[^"]*"|\S+/g)) {
    if (/^(?:#.*|>|\||&&)$/.test(word)) break;
    found.push(word);
  }
  return found;
}

async function commandOf(name: string): Promise<Command | null> {
  return (await COMMANDS.find((row) => row.name === name && !row.internal)?.load?.()) ?? null;
}

suite('documents', () => {
  for (const [file, text] of texts) {
    test(`${file}: links lead somewhere`, () => {
      for (const [, target = ''] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [name = '', anchor] = target.split('#');
        const to = name === '' ? file : path.posix.join(path.posix.dirname(file), name);
        assert.ok(existsSync(path.join(root, to)), `${target} is not there`);
        if (anchor !== undefined) assert.ok(anchors(read(to)).has(anchor), `${to} has no heading for #${anchor}`);
      }
    });

    test(`${file}: files of this project that it names exist`, () => {
      const names = codeSpans(text).filter((code) =>
        /^(?:src|test|docs|\.config|examples|media)\/[\w./*-]*$/.test(code),
      );
      // Those of samples are of somebody's project, and what a failed test leaves is there only then.
      const ofProject = names.filter(
        (name) => !/^src\/(?:products|stock|orders|report|app|store|old|export)\b|^test\/host\/shots\//.test(name),
      );
      for (const name of ofProject) {
        const [fixed = ''] = name.split('*');
        assert.ok(existsSync(path.join(root, fixed)), `${name} is not there`);
      }
    });

    test(`${file}: commands and their options exist`, async () => {
      for (const line of commandLines(text)) {
        const [name = '', ...rest] = words(line);
        if (name.startsWith('-') || name.startsWith('<')) continue;
        const command = await commandOf(name);
        assert.ok(command, `slicewave ${line}: there is no command ${name}`);
        const end = rest.indexOf('--');
        for (const word of end < 0 ? rest : rest.slice(0, end)) {
          const option = /^--([\w-]+)/.exec(word)?.[1];
          const short = /^-(\w)$/.exec(word)?.[1];
          if (option !== undefined && option !== 'help' && option !== 'no-color')
            assert.ok(Object.hasOwn(command.options, option), `slicewave ${line}: there is no --${option}`);
          if (short !== undefined && short !== 'h')
            assert.ok(
              Object.values(command.options).some((known) => known.short === short),
              `slicewave ${line}: there is no -${short}`,
            );
        }
      }
    });

    test(`${file}: npm scripts, settings and variables that it names exist`, () => {
      const manifest = JSON.parse(read('package.json')) as {
        readonly scripts: object;
        readonly contributes: { readonly configuration: { readonly properties: object } };
      };
      for (const [, script = ''] of text.matchAll(/npm run ([\w:-]+)/g))
        if (samplesAreRight(file) && script !== 'codemod')
          assert.ok(Object.hasOwn(manifest.scripts, script), `npm run ${script}`);
      const { properties } = manifest.contributes.configuration;
      for (const code of codeSpans(text))
        if (/^slicewave\.[a-zA-Z.]+$/.test(code) && code !== 'slicewave.worktrees')
          assert.ok(
            Object.hasOwn(properties, code) || Object.hasOwn(EDITOR_COMMANDS, code),
            `${code} is no setting and no command`,
          );
      for (const code of codeSpans(text).filter((span) => /^SLICEWAVE_[A-Z_]+$/.test(span)))
        assert.ok(variables().has(code), `nothing reads or sets ${code}`);
    });

    test(`${file}: commands of VS Code that it names exist`, () => {
      const titles = new Set<string>(Object.values(EDITOR_COMMANDS).map(({ title }) => title));
      for (const [, title = ''] of text.matchAll(/\*\*Slicewave: ([^*]+)\*\*/g))
        assert.ok(titles.has(title), `there is no command "${title}"`);
    });

    test(`${file}: JSON and YAML in it can be read`, () => {
      for (const { language, body } of fences(text)) {
        if (!samplesAreRight(file)) continue;
        if (language === 'json') JSON.parse(body);
        if (language === 'jsonl') for (const line of body.trim().split('\n')) JSON.parse(line);
        if (language === 'yaml') assert.deepEqual(readYaml(body).problems, []);
      }
    });
  }

  test('what is generated in them follows from the tables', async () => {
    assert.deepEqual([...(await currentDocuments(texts))], [...texts]);
    await assert.rejects(currentDocuments(new Map([['README.md', '# Nothing']])), /no document holds agents/);
    const lost = new Map([...texts, ['docs/x.md', '<!-- nowhere: written by npm run generate -->']]);
    await assert.rejects(currentDocuments(lost), /nothing is generated by the name nowhere/);
  });

  test('the exit codes are those of the commands', () => {
    const told = [...read('docs/commands.md').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    assert.deepEqual(told, Object.values(EXIT));
  });

  test('the README is half of what it was, and has its picture', () => {
    assert.ok(read('README.md').split('\n').length <= 96);
    assert.ok(Buffer.byteLength(read('README.md')) <= 8_600);
    assert.ok(statSync(path.join(root, 'docs/images/dashboard.png')).size > 10_000);
  });

  test('every word of the glossary stands there once, and where it says', () => {
    const rows = [...read('docs/glossary.md').matchAll(/^\| (.+?) \| .+ \| \[.+?\]\(\.\.\/(.+?)\) \| `(\w+)` \|$/gm)];
    assert.equal(
      rows.length,
      read('docs/glossary.md')
        .split('\n')
        .filter((line) => line.startsWith('| ')).length - 2,
    );
    assert.ok(rows.length > 40);
    for (const [, word = '', file = '', name = ''] of rows)
      assert.match(
        read(file),
        new RegExp(String.raw`^export (?:async )?(?:const|function\*?|class|interface|type) ${name}\b`, 'm'),
        `${word}: ${file} exports no ${name}`,
      );
    const all = rows.map(([, word]) => word);
    assert.deepEqual(all, [...new Set(all)]);
  });

  test('the locks and refs of the architecture are those of the code', () => {
    const text = read('docs/architecture.md');
    const locks = read('src/node/state/locks.ts');
    for (const [, name = ''] of text.matchAll(/`(\w+(?:Lock|Lease))`/g))
      assert.match(locks, new RegExp(String.raw`export function ${name}\b`), name);
    for (const [, name = ''] of locks.matchAll(/export function (\w+(?:Lock|Lease))\(repository/g))
      assert.ok(text.includes(`\`${name}\``), `${name} has no row`);
    const kinds = new Set([...sources().matchAll(/`refs\/slicewave\/(\w+)\//g)].map(([, kind = '']) => kind));
    const told = new Set([...text.matchAll(/`refs\/slicewave\/(\w+)\//g)].map(([, kind = '']) => kind));
    assert.deepEqual([...told].toSorted(), [...kinds].toSorted());
  });

  test('the linter finds nothing in them', async () => {
    const lint = await commandOf('lint');
    assert.ok(lint);
    let printed = '';
    const terminal: Terminal = {
      colour: false,
      interactive: false,
      width: 100,
      cwd: root,
      out: (text) => void (printed += text),
      err: (text) => void (printed += text),
    };
    const code = await call(lint, ['--json', 'AGENTS.md', 'README.md', 'docs'], terminal);
    const { findings } = JSON.parse(printed) as { readonly findings: readonly unknown[] };
    assert.deepEqual(findings, []);
    assert.equal(code, EXIT.done);
  });
});

let allSources: string | undefined;
function sources(): string {
  allSources ??= readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(path.join(root, 'src', name), 'utf8'))
    .join('\n');
  return allSources;
}

function variables(): ReadonlySet<string> {
  const tests = read('test/host/ui/dashboard.test.ts') + read('test/host/install.ts');
  const found = new Set([...`${sources()}${tests}`.matchAll(/\bSLICEWAVE_[A-Z_]+\b/g)].map(([name]) => name));
  // Made of the table of agents.
  for (const id of ['CLAUDE', 'CODEX']) found.add(`SLICEWAVE_${id}_PATH`);
  return found;
}
