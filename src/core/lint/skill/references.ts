import type { Finding } from '../../text/finding.ts';
import type { Markdown } from '../../text/markdown.ts';
import type { Span } from '../../text/source.ts';
import type { RepositoryFacts } from '../../scope/repository-facts.ts';
import { repositoryIndex } from '../../scope/repository-index.ts';
import { report } from '../engine/rules.ts';
import { readStatements } from './statements.ts';

interface Reference {
  /** The path as it is meant, without anchor, line number or title. */
  readonly path: string;
  readonly span: Span;
  readonly what: 'link' | 'import' | 'path';
}

/** A list of files this long was cut off, so that a missing name proves nothing. */
const cutOff = 200_000;

/** References to files that are not there. Silent when nobody knows what the repository holds. */
export function referenceFindings(
  markdown: Markdown,
  kind: 'skill' | 'instructions',
  repository: RepositoryFacts | null,
): Finding[] {
  const { source } = markdown;
  if (!repository || repository.files.length >= cutOff) return [];
  const index = repositoryIndex(repository);
  // A file that the list does not know lies elsewhere, or the list is older than it.
  if (!index.has(source.file)) return [];
  const exists = (place: string): boolean =>
    place === '' || index.has(place) || index.isDirectory(place) || index.isInsideEntry(place);
  const directory = source.file.includes('/') ? source.file.slice(0, source.file.lastIndexOf('/')) : '';
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const { path, span, what } of references(markdown, kind)) {
    const places = [resolve(directory, path), resolve('', path)].filter((place) => place !== null);
    // A path that leaves the repository cannot be looked up.
    if (places.length < 2 || seen.has(path) || places.some(exists)) continue;
    seen.add(path);
    const near = places.map((place) => caseless(repository, place)).find((name) => name !== undefined);
    const advice = near === undefined ? 'create it or mend the reference' : `there is ${near}`;
    const message =
      what === 'import'
        ? `this imports ${path}, which does not exist, so nothing is imported: ${advice}`
        : `this refers to ${path}, which does not exist: ${advice}`;
    findings.push(report(source, `${kind}.reference-missing`, message, span));
  }
  return findings;
}

function caseless(repository: RepositoryFacts, path: string): string | undefined {
  const wanted = path.toLowerCase();
  return repository.files.find((file) => file.length === path.length && file.toLowerCase() === wanted);
}

/** A path from a directory, both relative to the repository; `null` when it leaves it. */
function resolve(directory: string, path: string): string | null {
  const parts = directory === '' ? [] : directory.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

const link = /\]\(\s*(<[^<>\n]+>|[^()\s]+(?:\([^()\s]*\)[^()\s]*)*)(?:\s+["'(][^\n]{0,300}?["')])?\s*\)/g;
const definition = /^[ ]{0,3}\[[^\]\n]+\]:[ \t]*(<[^<>\n]+>|\S+)/;
const importPath =
  /(?:^|(?<=\s))@((?:\.{1,2}\/)?[\w][\w./-]*\.(?:mdc?|txt|jsonc?|ya?ml|toml|[jt]sx?|py|rs|go|sh|rb|java|kt|sql|css|html|xml))(?=[\s,;:)]|[.](?:\s|$)|$)/g;
const codeSpan = /(`+)([^`\n]+)\1/g;
const ownPath = /^(?:\.\/)?(?:scripts|references|assets)\/[\w./-]*[\w-]\.[A-Za-z][A-Za-z0-9]{0,5}$/;
const documentPath = /^(?:\.{1,2}\/)?(?:[\w.-]+\/)+[\w.-]+\.(?:md|mdc)$/;
const runner =
  /^(?:[A-Z_]+=\S+\s+)*(?:python3?|node|bash|sh|ruby|perl|deno run|bun(?: run)?|tsx|npx tsx|uv run(?: python3?)?)\s+(?:-\w+\s+)?(\S+)/;

/** Words that make a path one that is still to be made, or one of many. */
const example =
  /\b(?:e\.g\.|for example|for instance|such as|example|like this|creat\w+|generat\w+|writ\w+ (?:to|it|them|the)|sav\w+|output\w*|produc\w+|put (?:it|them|the)|add a|new file|optional\w*|if (?:it|they|one|any|present|available|exist\w*)|when (?:it|they|present|available)|may (?:have|exist|contain)|would|could|template|placeholder|typical\w*|usual\w*|structure|layout|convention|named?|and so on|etc|(?:in|from|of) (?:the|your|their|a) (?:project|repo|repository|workspace|app|codebase)|user['’]s)\b|\bif\b[^.]{0,100}\bexists?\b/i;
/** Words right before a path that is still to be made. */
const making = /\b(?:writ|add|export|render|copy|emit|log)\w*(?:\s+\w+){0,2}\s+$/i;
const reading =
  /\b(?:see|read|refer|follow|described|documented|consult|check|details?|load|open|run|use|execute|call|invoke|via|with)\b/i;

function* references(markdown: Markdown, kind: 'skill' | 'instructions'): Generator<Reference> {
  const { source } = markdown;
  const { text } = source;
  /** Whether the nearest line that introduces something speaks of an example. */
  let shown = false;
  for (const line of markdown.lines) {
    if (line.kind !== 'text' && line.kind !== 'item' && line.kind !== 'heading') continue;
    const raw = text.slice(line.start, line.end);
    if (line.kind !== 'item') {
      const introduces = line.kind === 'heading' || /[:：>]\W*$/.test(raw);
      shown = introduces && /\b(?:examples?|sample|template)\b/i.test(raw);
    }
    if (shown) continue;
    if (!/[\]@]/.test(raw)) continue;
    // What stands in code is shown, not linked; blanks keep the places.
    const words = raw.replace(codeSpan, (code) => ' '.repeat(code.length));
    for (const found of words.matchAll(link)) {
      const target = found[1] ?? '';
      const start = line.start + found.index + found[0].indexOf(target);
      const path = linkPath(target);
      if (path !== null) yield { path, span: inner(target, start), what: 'link' };
    }
    const defined = definition.exec(words);
    const target = defined?.[1] ?? '';
    const path = defined && !words.trimStart().startsWith('[^') ? linkPath(target) : null;
    if (path !== null) yield { path, span: inner(target, line.start + words.lastIndexOf(target)), what: 'link' };
    if (!/(?:^|\/)(?:CLAUDE(?:\.local)?|GEMINI)\.md$/.test(source.file)) continue;
    for (const found of words.matchAll(importPath)) {
      const path = (found[1] ?? '').replace(/\.$/, '');
      // `@scope/name.js` is a package; a private file is ignored by git and missing for good reason.
      if (isPlaceholder(path) || path.endsWith('.local.md') || /^[\w.-]+\/[\w.-]+\.js$/.test(path)) continue;
      const start = line.start + found.index + 1;
      yield { path, span: { start: start - 1, end: start + path.length }, what: 'import' };
    }
  }
  // An agent is carried from project to project; what it reads there need not be here.
  const isAgent = /(?:^|\/)\.claude\/agents\//.test(source.file);
  for (const statement of readStatements(markdown)) {
    if (!statement.text.includes('`')) continue;
    const plain = statement.text.replace(codeSpan, ' ');
    if (example.test(plain) || example.test(statement.heading) || /\bexample|\boutput|\bcreate/i.test(statement.lead))
      continue;
    for (const found of statement.text.matchAll(codeSpan)) {
      const code = (found[2] ?? '').trim();
      if (making.test(statement.text.slice(Math.max(0, found.index - 40), found.index))) continue;
      const path = pathIn(code, isAgent ? 'agent' : kind, plain);
      if (path === null) continue;
      const start = statement.span.start + found.index + found[0].indexOf(path);
      yield { path: path.replace(/^\.\//, ''), span: { start, end: start + path.length }, what: 'path' };
    }
  }
}

/** The path a code span names, when it can only be a file that ought to be there. */
function pathIn(code: string, kind: 'skill' | 'instructions' | 'agent', around: string): string | null {
  const word = /\s/.test(code) ? (runner.exec(code)?.[1] ?? '') : code;
  if (word === '' || isPlaceholder(word)) return null;
  if (kind === 'skill') return ownPath.test(word) ? word : null;
  return kind === 'instructions' && documentPath.test(word) && reading.test(around) ? word : null;
}

function linkPath(target: string): string | null {
  const bare = target.replace(/^<|>$/g, '').replace(/[#?].*$/, '');
  if (bare === '' || /^[a-z][a-z0-9+.-]*:/i.test(bare) || /^[/~\\]/.test(bare)) return null;
  let path = bare;
  try {
    path = decodeURIComponent(bare);
  } catch {
    // A percent sign that encodes nothing belongs to the name.
  }
  path = path.replace(/:\d+(?:[-:]\d+)?$/, '').replaceAll('\\', '/');
  // `[text](word)` without a dot or a slash is more often a placeholder than a file.
  return isPlaceholder(path) || !/[./]/.test(path) || path.startsWith('www.') ? null : path;
}

/** Whether a path stands for others: globs, variables, `path/to/x`, `your-file`, `...`. */
function isPlaceholder(path: string): boolean {
  return (
    /[*?<>{}$|"'`[\]…]|\.{3}|%[A-Z]/.test(path) ||
    /(?:^|[/._-])(?:path\/to|your|my|foo|bar|baz|example|xxx+|nnn+|yyyy|name|filename|placeholder|url|link|some)(?=$|[/._-])/i.test(
      path,
    ) ||
    /(?:^|\/)(?:path|file|page|doc)\.\w+$/i.test(path) ||
    /(?:^|\/)(?:node_modules|dist|build|out|target|coverage|tmp|\.git|\.venv|vendor)\//.test(path)
  );
}

function inner(target: string, start: number): Span {
  const open = target.startsWith('<') ? 1 : 0;
  const anchor = target.search(/[#?]/);
  return { start: start + open, end: start + (anchor < 0 ? target.length - open : anchor) };
}
