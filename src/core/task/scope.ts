import type { Finding } from '../text/finding.ts';
import type { Markdown } from '../text/markdown.ts';
import { tableCells } from '../text/table.ts';
import type { Span } from '../text/source.ts';
import type { Scope, ScopeEntry } from './model.ts';
import { readEntry, splitEntries } from './scope-entry.ts';

type Key = keyof Scope;

/** What stands between key and colon: nothing, a remark in brackets, or (after a key in capitals) a few words. */
const directive =
  /^[ \t]*(?:[-*+•][ \t]+)?(?:#{1,6}[ \t]+)?(?:>[ \t]*)?(\*\*|__|`)?(CREATE|MODIFY|BOUNDARY|Create|Modify|Boundary|create|modify|boundary)(\1(?=[\s:：(]))?([ \t]*(?:\([^)\n]*\)|[-–—,/][^:：\n]{0,60}?|[ \t][^:：\n]{0,60}?)?)[ \t]*(\*\*|__|`)?[ \t]*(?::(?!:)|：)/;
const headingDirective = /^ {0,3}#{1,6}[ \t]+[*_`]*(CREATE|MODIFY|BOUNDARY)[*_`]*[ \t]*(?:\([^)]*\))?[ \t]*$/i;
const bullet = /^([ \t]*)(?:[-*+•]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?/;
/**
 * Lines that were read as one entry without a finding: most slices of a plan wall off the same directories. So few that
 * the texts they were cut from do not stay for long.
 */
const plainBullets = new Map<string, Omit<ScopeEntry, 'span' | 'exceptOf'>>();
const mostPlain = 1_000;

/** Headings under which the directives stand. */
export const scopeHeadings: readonly string[] = [
  'scope',
  'file scope',
  'files',
  'scope notation',
  'scope & boundary',
  'scope and boundary',
];

/** Where a directive stands, for edits that add to it. */
export interface ScopeDirective {
  readonly key: Key;
  /** What follows the colon on the directive's own line; empty when bullets follow. */
  readonly inline: Span;
  /** The last bullet's marker with its indentation, and the end of its line. */
  readonly lastBullet: { readonly marker: string; readonly end: number } | null;
}

/**
 * Reads the scope directives between two offsets. Prose between them is ignored; prose as an entry is kept, unenforced.
 *
 * `!path` under CREATE or MODIFY is an exception: the slice must not write it, wherever else it is named, as if it stood
 * under BOUNDARY. It becomes an entry of `boundary` that keeps its own place (see `ScopeEntry.exceptOf`), behind those
 * of BOUNDARY: first CREATE's, then MODIFY's, so the order of the directives does not matter. The last word is not
 * that of the later line, as in a `.gitignore`: what is taken out stays out. `\!path` is a name that begins with `!`.
 */
export function readScope(
  markdown: Markdown,
  area: Span,
): { readonly scope: Scope; readonly directives: readonly ScopeDirective[]; readonly findings: readonly Finding[] } {
  const { source } = markdown;
  const entries: Record<Key, ScopeEntry[]> = { create: [], modify: [], boundary: [] };
  const directives: { key: Key; inline: Span; lastBullet: ScopeDirective['lastBullet'] }[] = [];
  const findings: Finding[] = [];
  let key: Key | null = null;
  /** A line without a bullet continues a directive only directly under it, or after a comma. */
  let continues = false;
  let gap = false;
  /** Of the table that is being read, which directive each column holds. */
  let columns: readonly (Key | null)[] | null = null;

  const take = (span: Span, bulleted: boolean): void => {
    if (!key) return;
    const text = source.text.slice(span.start, span.end);
    const known = bulleted ? plainBullets.get(text) : undefined;
    if (known) {
      entries[key].push({ ...known, span });
      return;
    }
    const before = findings.length;
    const parts = splitEntries(source.text, span, bulleted);
    const read = parts.flatMap((part) => readEntry(source, part, key as Key, findings));
    for (const entry of read) entries[key].push(entry);
    const [entry] = read;
    // An exception means another thing under each directive.
    if (!bulleted || !entry || read.length > 1 || entry.text !== text || entry.exceptOf || findings.length > before)
      return;
    if (plainBullets.size >= mostPlain) plainBullets.clear();
    const { path, symbol, note } = entry;
    plainBullets.set(text, { path, symbol, note, text });
  };

  for (const line of markdown.lines) {
    if (line.start < area.start || line.end > area.end) continue;
    if (line.kind === 'front-matter' || line.kind === 'comment') continue;
    if (line.kind === 'blank') {
      gap = true;
      continue;
    }
    const text = source.text.slice(line.start, line.end);
    if (line.kind === 'fence') {
      // Some plans put the whole scope, or the list under a key, into a code block.
      if (/^[ \t]*(?:`{3,}|~{3,})/.test(text)) continue;
    }
    const found = directive.exec(text);
    const named = found?.[2];
    if (found && named && (named === named.toUpperCase() || /^[ \t]*(?:\(.*\))?[ \t]*$/.test(found[4] ?? ''))) {
      key = named.toLowerCase() as Key;
      const rest = unmarked(source.text, found, line);
      directives.push({ key, inline: rest, lastBullet: null });
      take(rest, false);
      const tail = source.text.slice(rest.start, rest.end).trim();
      continues = tail === '' || tail.endsWith(',');
      gap = false;
      continue;
    }
    const cells = line.kind === 'text' && /^[ \t]*\|/.test(text) ? tableCells(source.text, line) : null;
    if (cells) {
      // A table ends a list of entries; its rows, or its columns, name the directives.
      key = null;
      if (cells.every((cell) => /^:?-+:?$/.test(source.text.slice(cell.start, cell.end)))) continue;
      const keys = cells.map((cell) => keyOf(source.text.slice(cell.start, cell.end)));
      const [first] = cells;
      if (keys.filter((one) => one !== null).length > 1 || (keys[0] !== null && cells.length === 1)) columns = keys;
      else if (keys[0]) columns = [null, keys[0]];
      else if (first && source.text.slice(first.start, first.end) !== '' && columns?.[0] === null) columns = null;
      if (columns === keys) continue;
      for (const [i, cell] of cells.entries()) {
        key = columns?.[i] ?? null;
        if (!key || cell.start === cell.end) continue;
        directives.push({ key, inline: cell, lastBullet: null });
        take(cell, false);
      }
      key = null;
      continue;
    }
    columns = null;
    const heading = text.includes('#') ? headingDirective.exec(text)?.[1] : undefined;
    if (heading) {
      key = heading.toLowerCase() as Key;
      directives.push({ key, inline: { start: line.end, end: line.end }, lastBullet: null });
      continues = true;
      gap = false;
      continue;
    }
    if (line.kind === 'heading') {
      key = null;
      continue;
    }
    if (!key) continue;
    const marker = bullet.exec(text);
    if (marker) {
      const current = directives.at(-1);
      if (current) current.lastBullet = { marker: /^\s*\S+\s+/.exec(text)?.[0] ?? '- ', end: line.end };
      take({ start: line.start + marker[0].length, end: line.end }, true);
      continues = text.trimEnd().endsWith(',');
    } else if (line.kind === 'fence' || (!gap && (continues || /^[ \t]{2,}/.test(text)))) {
      take({ start: line.start, end: line.end }, false);
      continues = continues && (text.trimEnd().endsWith(',') || line.kind === 'fence' || !text.includes(','));
    }
    gap = false;
  }
  const exceptions = (['create', 'modify'] as const).flatMap((of) =>
    entries[of].filter((e) => e.exceptOf !== undefined),
  );
  if (exceptions.length === 0) return { scope: entries, directives, findings };
  const granted = (of: 'create' | 'modify'): ScopeEntry[] => entries[of].filter((e) => e.exceptOf === undefined);
  const scope = {
    create: granted('create'),
    modify: granted('modify'),
    boundary: [...entries.boundary, ...exceptions],
  };
  return { scope, directives, findings };
}

/**
 * What follows a directive's colon on its line. Marks that are opened before the key belong to the key, and end at its
 * colon, behind it, or at the end of the line; all other stars and code marks are the entry's own (`MODIFY: **\/x.ts`).
 */
function unmarked(text: string, found: RegExpExecArray, { start, end }: Span): Span {
  const from = start + found[0].length;
  const mark = found[1] ?? '';
  if (mark === '' || found[3] || found[5]) return { start: from, end };
  const rest = text.slice(from, end);
  if (rest.startsWith(mark)) return { start: from + mark.length, end };
  const blank = rest.length - rest.trimStart().length;
  if (rest.startsWith(mark, blank) && /^(?:\s|$)/.test(rest.slice(blank + mark.length)))
    return { start: from + blank + mark.length, end };
  return rest.trimEnd().endsWith(mark) && rest.trim().length > mark.length
    ? { start: from, end: from + rest.trimEnd().length - mark.length }
    : { start: from, end };
}

/** The directive that a table cell names alone, with or without emphasis and a colon. */
function keyOf(cell: string): Key | null {
  const word = /^[*_`]*(create|modify|boundary)[*_`]*[:：]?[*_`]*$/i.exec(cell)?.[1];
  return word === undefined ? null : (word.toLowerCase() as Key);
}
