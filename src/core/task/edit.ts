import { headingKey, readMarkdown } from '../text/markdown.ts';
import { SourceText } from '../text/source.ts';
import { emptyScope } from './scope-entry.ts';
import { readScope, scopeHeadings } from './scope.ts';

/**
 * The task spec's text with paths added to its scope, in the style each directive is already written in: as bullets,
 * inline, as a new directive, or in a new section at the end. Everything else keeps its bytes; a path, or a
 * `path::Symbol`, that is listed already is not added again.
 */
export function addToScope(
  text: string,
  file: string,
  paths: { readonly create: readonly string[]; readonly modify: readonly string[] },
): string {
  let grown = text;
  for (const key of ['create', 'modify'] as const) grown = addEntries(grown, file, key, paths[key]);
  return grown;
}

function addEntries(text: string, file: string, key: 'create' | 'modify', paths: readonly string[]): string {
  const markdown = readMarkdown(new SourceText(file, text));
  const section = markdown.sections.find((candidate) => scopeHeadings.includes(headingKey(candidate.text)));
  const area = section?.body ?? { start: markdown.frontMatter?.span.end ?? 0, end: text.length };
  const { scope, directives } = readScope(markdown, area);
  const known = new Set(
    scope[key].map((entry) => (entry.symbol === null ? entry.path : `${entry.path}::${entry.symbol}`)),
  );
  const fresh = [...new Set(paths)].filter((path) => !known.has(path));
  if (fresh.length === 0) return text;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  // A name that begins with `!` would be read as an exception.
  const words = fresh.map((path) => `\`${path.startsWith('!') ? '\\' : ''}${path}\``);
  const insert = (at: number, addition: string): string => text.slice(0, at) + addition + text.slice(at);

  const directive = directives.find((candidate) => candidate.key === key);
  if (directive?.lastBullet) {
    const { marker, end } = directive.lastBullet;
    return insert(end, words.map((word) => eol + marker + word).join(''));
  }
  if (directive) {
    const inline = text.slice(directive.inline.start, directive.inline.end);
    const list = inline.trim();
    const from = directive.inline.start + (inline.length - inline.trimStart().length);
    if (list === '' || emptyScope.test(list)) {
      const gap = /\s$/.test(text.slice(0, from)) ? '' : ' ';
      return text.slice(0, from) + gap + words.join(', ') + text.slice(directive.inline.end);
    }
    // In front: behind a remark, a comma could be read as part of the remark.
    return list.startsWith('[') && list.endsWith(']')
      ? insert(from + 1, `${words.join(', ')}, `)
      : insert(from, `${words.join(', ')}, `);
  }
  const line = `${key.toUpperCase()}: ${words.join(', ')}${eol}`;
  if (section) {
    const boundary = directives.find((candidate) => candidate.key === 'boundary');
    if (boundary) return insert(text.lastIndexOf('\n', boundary.inline.start - 1) + 1, line);
    const last = Math.max(
      -1,
      ...directives.map((other) => other.inline.end),
      ...[...scope.create, ...scope.modify, ...scope.boundary.filter((entry) => entry.exceptOf)].map(
        (entry) => entry.span.end,
      ),
    );
    if (last >= 0) {
      const end = text.slice(last).search(/\r?\n/);
      return insert(end < 0 ? text.length : last + end, eol + line.trimEnd());
    }
    return insert(section.body.start, (/[\r\n]$/.test(text.slice(0, section.body.start)) ? '' : eol) + line);
  }
  return `${text.trimEnd()}${text.trim() === '' ? '' : eol + eol}## Scope${eol}${eol}${line}`;
}
