import { measuredLayout, sampledText, type SampledText } from './layout.ts';
import { fileNaming, identifierNaming } from './naming.ts';
import {
  add,
  mostFrequent,
  ofAll,
  sampleOf,
  settingsFiles,
  sourceFiles,
  type ConventionLanguage,
  type SourceFile,
} from './sources.ts';
import { errorConventions } from './error-conventions.ts';
import { importConventions } from './import-conventions.ts';
import { testConventions } from './test-conventions.ts';
import { decidedLayout, formatters, linters, pythonLineLength, type Settings } from './tooling.ts';
import { thousands } from '../text/printing.ts';

export interface ConventionsRequest {
  /** Every tracked file, repository-relative, in any order. */
  readonly files: readonly string[];
  /** The text of one of `conventionSources(files)`; `null` when it is not to be had. Asked once a file. */
  readonly textOf: (path: string) => string | null;
  /** What the spec says the work is written in; used where the repository says nothing. */
  readonly technology?: string | null;
}

export type ConventionTopic = 'language' | 'names' | 'tests' | 'layout' | 'linter' | 'imports' | 'errors';

/** One statement about how the repository is written, with what it rests on. */
export interface ConventionFact {
  readonly topic: ConventionTopic;
  /** A clause without a full stop: `file names are kebab-case (213 of 220)`. */
  readonly text: string;
  /** How often it was seen among how many; `null` when a settings file says it. */
  readonly share: { readonly count: number; readonly of: number } | null;
}

export interface Conventions {
  readonly facts: readonly ConventionFact[];
  /** Two paragraphs for `conventions.md`: names and tests, then layout, imports and errors. */
  readonly text: string;
}

/**
 * What the repository itself shows of how it is written: every statement with its count or the settings file it was
 * read from, and directories that keep another rule by name. Names come from all paths, the rest from settings files
 * and a sample of 400 sources (every n-th by path), so the same repository gives the same text in whatever order its
 * files come. In a repository without sources it says what is not known.
 */
export function measureConventions(request: ConventionsRequest): Conventions {
  const { files, textOf } = request;
  const sources = sourceFiles(files);
  const technology = request.technology?.trim() || null;
  if (sources.length === 0) return unknown(technology);
  const settings: Settings = new Map(settingsFiles(files).map((path) => [path, textOf(path) ?? '']));
  const sample = sampleOf(sources).flatMap((file) => {
    const text = textOf(file.path);
    return text === null || text.includes('\0') ? [] : [sampledText(file, text)];
  });
  const facts = [
    ...languageFacts(sources),
    ...nameFacts(sources, sample),
    ...testFacts(sources, sample, settings, technology),
    ...layoutFacts(sample, settings),
    ...importFacts(sample, sources),
    ...errorFacts(sample),
  ];
  const first = new Set<ConventionTopic>(['language', 'names', 'tests']);
  const paragraph = (part: readonly ConventionFact[]): string => part.map((fact) => sentence(fact.text)).join(' ');
  return {
    facts,
    text: `${paragraph(facts.filter((fact) => first.has(fact.topic)))}

${[paragraph(facts.filter((fact) => !first.has(fact.topic))), closing].filter((part) => part !== '').join(' ')}`,
  };
}

/** What fewer files or imports show is chance. */
const fewest = 3;

const closing =
  'Where the spec wants it otherwise, the spec wins; where nothing is said, write as the neighbouring code is written. Take names and types from the contracts as ' +
  'they are, in the same spelling everywhere, and do not rename or reformat what exists.';

/** What to say before there is anything to measure. */
function unknown(technology: string | null): Conventions {
  const language = technology
    ? `There are no sources yet, so nothing could be measured: the spec asks for ${technology}`
    : 'There are no sources yet and the spec names no technology, so the language is open: ask before you choose one';
  const rest =
    'naming, layout, imports and the place of tests are not decided by anything in the repository: follow what the tools of the language propose, and the first slices set the example for the later ones';
  const facts: ConventionFact[] = [
    { topic: 'language', text: language, share: null },
    { topic: 'layout', text: rest, share: null },
  ];
  return { facts, text: `${sentence(language)}\n\n${sentence(rest)} ${closing}` };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function languageFacts(sources: readonly SourceFile[]): ConventionFact[] {
  const counts = new Map<ConventionLanguage, number>();
  for (const { language } of sources) add(counts, language);
  const ordered = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const [main, ...others] = ordered;
  if (!main) return [];
  const rest = others
    .filter(([, count]) => count >= 0.02 * sources.length)
    .slice(0, 3)
    .map(([language, count]) => `${language} (${thousands(count)})`);
  const share = { count: main[1], of: sources.length };
  const beside = rest.length > 0 ? `, beside ${rest.join(', ')}` : '';
  return [{ topic: 'language', text: `the sources are ${main[0]} (${ofAll(share, 'files')})${beside}`, share }];
}

function nameFacts(sources: readonly SourceFile[], sample: readonly SampledText[]): ConventionFact[] {
  const naming = fileNaming(sources)
    .filter(({ style }) => style.of >= 3)
    .slice(0, 3);
  const many = new Set(sources.filter(({ test }) => !test).map(({ language }) => language)).size > 1;
  const facts: ConventionFact[] = naming.map(({ language, style, within, elsewhere }) => {
    const who = many ? `${language} files of several words` : 'files of several words';
    const mixed = style.count < 0.6 * style.of ? 'mostly, but not clearly, ' : '';
    const other = elsewhere
      .slice(0, 3)
      .map((item) => `in \`${item.directory}\` ${item.style.value} (${ofAll(item.style, 'there')})`);
    return {
      topic: 'names',
      text: `${who} are named ${mixed}in ${style.value} (${ofAll(style, 'files')}${within === '' ? '' : `, all in \`${within}\``})${other.length > 0 ? `, but ${other.join(', ')}` : ''}`,
      share: { count: style.count, of: style.of },
    };
  });
  const identifiers = identifierNaming(sample);
  for (const language of [...new Set(identifiers.map((item) => item.language))].slice(0, 2)) {
    const own = identifiers.filter((item) => item.language === language);
    const parts = own.map(({ kind, style }) => `${kind} ${style.value} (${ofAll(style, '')}`.trimEnd() + ')');
    const share = own.reduce((sum, { style }) => ({ count: sum.count + style.count, of: sum.of + style.of }), {
      count: 0,
      of: 0,
    });
    facts.push({ topic: 'names', text: `in ${language}, ${parts.join(', ')}`, share });
  }
  return facts;
}

function testFacts(
  sources: readonly SourceFile[],
  sample: readonly SampledText[],
  settings: Settings,
  technology: string | null,
): ConventionFact[] {
  const { runner, place, naming, example } = testConventions({ sources, sample, settings });
  const by = runner ? `run by ${runner.name} (${runner.because})` : null;
  if (!place) {
    const inside = sample.filter((file) => file.language === 'Rust' && file.text.includes('#[cfg(test)]')).length;
    if (inside > 0)
      return [
        {
          topic: 'tests',
          text: `tests stand at the end of the file they test (${inside} files)${by ? `, ${by}` : ''}`,
          share: null,
        },
      ];
    const where = technology
      ? `where the tools of ${technology} look for them`
      : 'where the tools of the language look for them';
    return [
      {
        topic: 'tests',
        text: `there are no tests yet${by ? `, though ${by.replace('run by', 'they would be run by')}` : ''}: put them ${where}`,
        share: null,
      },
    ];
  }
  const called = naming ? `, are named \`${naming.value}\` (${ofAll(naming, '').trimEnd()})` : '';
  return [
    {
      topic: 'tests',
      text: `tests stand ${place.text} (${ofAll(place.share, 'test files')})${called}${by ? ` and are ${by}` : ''}${!called && example ? `, like \`${example}\`` : ''}`,
      share: { count: place.share.count, of: place.share.of },
    },
  ];
}

function layoutFacts(sample: readonly SampledText[], settings: Settings): ConventionFact[] {
  const tools = formatters(settings);
  const decided = decidedLayout(tools);
  const languages = new Map<ConventionLanguage, number>();
  for (const { language } of sample) add(languages, language);
  // Several languages have several layouts; the one with the most files is described.
  const main = mostFrequent(languages)?.value;
  const own = sample.filter((file) => file.language === main);
  const measured = measuredLayout(own);
  const parts: string[] = [];
  let share: { count: number; of: number } | null = null;
  for (const key of ['indent', 'quotes', 'semicolons'] as const) {
    const said = decided[key];
    const seen = measured[key];
    if (said !== null) parts.push(String(said));
    else if (seen && seen.of >= fewest && seen.count >= 0.6 * seen.of) {
      parts.push(`${seen.value} (${ofAll(seen, 'files')})`);
      share ??= { count: seen.count, of: seen.of };
    }
  }
  const ruled = main === 'Python' ? pythonLineLength(settings) : null;
  if (decided.lineLength !== null) parts.push(`lines of at most ${decided.lineLength}`);
  else if (ruled) parts.push(`lines of at most ${ruled.length} (\`${ruled.path}\`)`);
  else if (measured.lineLength) {
    const { limit } = measured.lineLength;
    parts.push(`lines of at most ${limit} (${ofAll(measured.lineLength, 'lines')})`);
  }
  const real = tools.filter((tool) => tool.name !== 'editorconfig');
  const source = (real.length > 0 ? real : tools).map((tool) => `${tool.name} (\`${tool.path}\`)`);
  const facts: ConventionFact[] = [];
  const builtIn = main === 'Go' ? 'gofmt' : main === 'Rust' && real.length === 0 ? 'rustfmt' : null;
  if (parts.length > 0 || source.length > 0) {
    const who =
      source.length > 0
        ? `layout is set by ${[...new Set(source)].join(' and ')}`
        : builtIn
          ? `layout is ${builtIn}'s`
          : `no formatter is set up; ${main ?? 'the code'} is laid out with`;
    const join = source.length > 0 || builtIn ? (parts.length > 0 ? ': ' : '') : ' ';
    facts.push({ topic: 'layout', text: `${who}${join}${parts.join(', ')}`, share });
  }
  const checks = linters(settings);
  if (checks.length > 0) {
    const names = checks.map((tool) => `${tool.name} (\`${tool.path}\`)`).join(' and ');
    facts.push({ topic: 'linter', text: `${names} must pass`, share: null });
  }
  return facts;
}

function importFacts(sample: readonly SampledText[], sources: readonly SourceFile[]): ConventionFact[] {
  const imports = importConventions(sample, sources);
  const facts: ConventionFact[] = [];
  const state = (text: string, share: { readonly count: number; readonly of: number }, what: string): void => {
    if (share.of < fewest) return;
    facts.push({
      topic: 'imports',
      text: `${text} (${ofAll(share, what).trimEnd()})`,
      share: { count: share.count, of: share.of },
    });
  };
  if (imports.modules) state(`modules are ${imports.modules.value}`, imports.modules, 'files');
  if (imports.relative) state(`relative imports are written ${imports.relative.value}`, imports.relative, 'imports');
  if (imports.alias)
    state(`own code is imported by the alias \`${imports.alias.value}\``, imports.alias, 'imports of own code');
  if (imports.types) {
    const { count, of } = imports.types;
    const usual = count >= 0.5 * of;
    if (usual) state('types are imported with `import type`', imports.types, 'files that import some');
  }
  if (imports.python)
    state(`Python modules of this repository are imported by ${imports.python.value} paths`, imports.python, 'imports');
  return facts;
}

function errorFacts(sample: readonly SampledText[]): ConventionFact[] {
  const ways = errorConventions(sample);
  if (ways.length === 0) return [];
  // Not of all files: one in which nothing can fail says nothing of the way.
  const parts = ways.map((way) => `${way.text} (${way.count} ${way.language} files)`);
  return [
    {
      topic: 'errors',
      text: `what goes wrong is ${parts.join(' and ')}`,
      share: { count: ways[0]?.count ?? 0, of: ways[0]?.of ?? 0 },
    },
  ];
}
