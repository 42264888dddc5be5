import type { Finding, Fix } from '../text/finding.ts';
import { finding } from '../text/finding.ts';
import { hasKnownExtension } from '../text/mentions.ts';
import type { SourceText, Span } from '../text/source.ts';
import { parameterNames } from '../text/parameter-names.ts';
import type { Scope, ScopeEntry } from './model.ts';

type Key = keyof Scope;

export const emptyScope = /^(?:\[\s*\]|[_*(]*(?:none|n\/a|nothing|empty)[_*)]*\.?|-|–|—|\(\s*\))$/i;
/** Single words that are no path, although they could be. */
const vague = /^(?:all|any|anything|everything|others?|rest|tbd|tba|todo|etc\.?|\d+)$/i;
const extensionless =
  /^(?:Makefile|Dockerfile|Containerfile|Procfile|Gemfile|Rakefile|Justfile|LICENSE|README|CODEOWNERS)$/;

/** Splits at commas outside braces, brackets, parentheses and code marks. A remark that holds commas stays whole. */
export function splitEntries(text: string, area: Span, bulleted: boolean): Span[] {
  let { start, end } = shrink(text, area);
  if (start >= end || emptyScope.test(text.slice(start, end))) return [];
  const closed = closings(text, start, end);
  if (text[start] === '[' && closed.get(start) === end - 1 && isList(text.slice(start + 1, end - 1))) {
    ({ start, end } = shrink(text, { start: start + 1, end: end - 1 }));
    bulleted = false;
  }
  const parts: Span[] = [];
  let from = start;
  let at = start;
  let inNote = false;
  while (at < end) {
    const c = text[at] ?? '';
    if (c === '`') {
      const close = text.indexOf('`', at + 1);
      at = close < 0 || close >= end ? at + 1 : close + 1;
      const joined = /^[ \t]+(?:and|&|\+)[ \t]+(?=`)/.exec(text.slice(at, end));
      if (joined && !inNote) {
        parts.push({ start: from, end: at });
        at += joined[0].length;
        from = at;
      }
      continue;
    }
    if (c === '{' || c === '(' || c === '[') {
      at = (closed.get(at) ?? at) + 1;
      continue;
    }
    if ((c <= ' ' || c >= '\u00a0') && /^\s(?:[-–—]|->|→)\s/.test(text.slice(at, at + 4))) inNote = true;
    if ((c === ',' || c === ';') && !(inNote && (bulleted || !startsLikePath(text, at + 1, end)))) {
      parts.push({ start: from, end: at });
      from = at + 1;
      inNote = false;
    }
    at++;
  }
  parts.push({ start: from, end });
  return parts
    .map((part) => shrink(text, part))
    .filter((part) => part.start < part.end && !emptyScope.test(text.slice(part.start, part.end)));
}

/** Whether `[...]` as the whole of an entry is a list of paths rather than a class of letters. */
function isList(inside: string): boolean {
  return (
    inside.includes(',') ||
    /^\s*(?:$|[`"'])/.test(inside) ||
    (/[^.]{2}|[/\\]/.test(inside) && looksLikePath(inside.trim()))
  );
}

/** Whether what follows a comma looks like the next path, rather than the rest of a sentence. */
function startsLikePath(text: string, at: number, end: number): boolean {
  const next = /^\s*(`[^`]+`|[^\s,]+)/.exec(text.slice(at, end))?.[1];
  return next !== undefined && looksLikePath(next.replaceAll('`', ''));
}

function looksLikePath(word: string): boolean {
  if (extensionless.test(word) || word.includes('::')) return true;
  if (/^[a-z]+:\/\//i.test(word)) return false;
  if (/[/\\*]/.test(word)) return !/^(?:and\/or|n\/a|w\/o?|i\/o)$/i.test(word) && /[\w*]/.test(word);
  return (
    /^\.?[\w@{}[\]-]+(?:\.[\w{}@,-]+)+$/.test(word) &&
    !/^(?:e\.g|i\.e|etc)\.?$/i.test(word) &&
    !/^\d+(?:\.\d+)+$/.test(word)
  );
}

/** Parts a path from its remark as both are read now. A guess: a path with spaces may have been meant. */
function splitFix(text: string, span: Span, words: string, note: string | null): Fix | undefined {
  const rest = note?.trim() ?? '';
  if (rest === '' || !text.startsWith(words) || text.slice(words.length).trim() !== rest) return undefined;
  return {
    title: 'Part the path from the remark',
    guess: true,
    edits: [
      {
        span: { start: span.start + words.length, end: span.end - (text.length - text.trimEnd().length) },
        text: ` - ${rest}`,
      },
    ],
  };
}

export function readEntry(source: SourceText, span: Span, key: Key, findings: Finding[]): ScopeEntry[] {
  const text = source.text.slice(span.start, span.end);
  const entry = (path: string | null, symbol: string | null, note: string | null): ScopeEntry => ({
    path,
    symbol,
    note: note === null || note.trim() === '' ? null : note.trim(),
    text,
    span,
    ...(excepting ? { exceptOf: key } : {}),
  });
  const negated = /^((?:\*\*|__)?`*)!(?=[^\s!`]|`[^`]+`)/.exec(text);
  const excepting = negated !== null && key !== 'boundary';
  const {
    words,
    note,
    unclear,
    inCode = false,
  } = splitNote(negated ? negated[1] + text.slice(negated[0].length) : text);
  if (negated && !excepting && words !== null) {
    findings.push(
      finding(
        source,
        'task.boundary-prose',
        'warning',
        `"${clip(text)}" asks for an exception to BOUNDARY, which has none; name only what the slice must not touch`,
        span,
      ),
    );
    return [entry(null, null, text)];
  }
  if (words === null) {
    findings.push(
      finding(
        source,
        key === 'boundary' ? 'task.boundary-prose' : 'task.scope-prose',
        'warning',
        key === 'boundary'
          ? `"${clip(text)}" is not a path, so this boundary cannot be enforced; it is only told to the agent`
          : `"${clip(text)}" is not a path, so it gives the slice no right to ${key} anything`,
        span,
      ),
    );
    return [entry(null, null, text)];
  }
  if (unclear) {
    findings.push(
      finding(
        source,
        'task.scope-unclear',
        'warning',
        `read as the path "${clip(words)}" with a remark; put a path with spaces in backticks, or " - " before a remark`,
        span,
        splitFix(text, span, words, note),
      ),
    );
  }
  const cut = words.indexOf('::');
  const rawPath = cut < 0 ? words : words.slice(0, cut);
  const path = normalise(rawPath, inCode);
  if (path === null) {
    findings.push(
      finding(
        source,
        'task.scope-outside',
        'error',
        `"${clip(rawPath)}" lies outside the repository; scope paths are relative to its root`,
        span,
      ),
    );
    return [entry(null, null, text)];
  }
  if (cut < 0) {
    const last = path.slice(path.lastIndexOf('/') + 1);
    if (/^[\w-]+$/.test(last) && !extensionless.test(last)) {
      const at = span.start + text.indexOf(rawPath) + rawPath.length;
      findings.push(
        finding(
          source,
          'task.scope-directory',
          'hint',
          `"${clip(path)}" names one file; write "${clip(path)}/**" when it is a directory`,
          span,
          {
            title: `Mean the whole directory ${clip(path)}/**`,
            edits: [{ span: { start: at, end: at }, text: '/**' }],
            guess: true,
          },
        ),
      );
    }
    const [parameter] = parameterNames(path);
    // What is told of a slice's own files is not told again of each boundary that they are in.
    if (parameter !== undefined && key !== 'boundary') {
      findings.push(
        finding(
          source,
          'task.scope-brackets',
          'hint',
          `"${clip(path)}" is read as the file of that very name, as web frameworks have it: ${parameter.name} is no choice of characters here`,
          span,
        ),
      );
    }
    return [entry(path, null, note)];
  }
  const symbols = words
    .slice(cut + 2)
    .replace(/^\{(.*)\}$/, '$1')
    .split(',')
    .map((symbol) =>
      symbol
        .trim()
        .replace(/\(.*\)$/, '')
        .replaceAll('::', '.')
        .replaceAll('#', '.'),
    )
    .filter((symbol) => symbol !== '');
  if (symbols.length === 0) {
    findings.push(
      finding(
        source,
        'task.symbol-missing',
        'warning',
        'a symbol is expected after "::"; the whole file is meant until then',
        span,
      ),
    );
    return [entry(path, null, note)];
  }
  for (const symbol of symbols) {
    if (!/^[\p{L}_$~][\p{L}\p{N}_$]*(?:\.[\p{L}_$~#][\p{L}\p{N}_$]*)*$/u.test(symbol)) {
      findings.push(
        finding(
          source,
          'task.symbol-shape',
          'warning',
          `"${clip(symbol)}" is not a symbol: use Class, function, Class.method or a variable`,
          span,
        ),
      );
    }
  }
  return symbols.map((symbol) => entry(path, symbol, note));
}

/** Separates the path words from the remark. `words` is `null` when the entry is prose only. */
function splitNote(text: string): {
  words: string | null;
  note: string | null;
  unclear: boolean;
  inCode?: boolean;
} {
  const alone = /^`([^`\s]+)`$/.exec(text)?.[1];
  if (alone !== undefined) return { words: alone, note: null, unclear: false, inCode: true };
  const link = /^\[([^\]]+)\]\([^)]*\)(.*)$/.exec(text);
  if (link) text = `\`${(link[1] ?? '').replaceAll('`', '')}\`${link[2] ?? ''}`;
  const ticked = /^(?:\*\*|__)?`+([^`]+)`+(?:\*\*|__)?(.*)$/.exec(text);
  if (ticked) {
    const suffix = /^(::[^\s`(]+)(.*)$/.exec(ticked[2] ?? '') ?? /^(::)?`([^`]+)`(.*)$/.exec(ticked[2] ?? '');
    let words = (ticked[1] ?? '').trim();
    let rest = ticked[2] ?? '';
    if (suffix && rest.startsWith('::')) {
      words += suffix.length === 4 ? `::${suffix[2] ?? ''}` : (suffix[1] ?? '');
      rest = suffix.at(-1) ?? '';
    }
    // A code span may hold the remark as well: `apps/a.py - the model`.
    const inside = /^(\S+)\s+(?:[-–—]|->|→|:)\s+(.*)$/.exec(words);
    if (inside && looksLikePath(inside[1] ?? ''))
      return { words: inside[1] ?? '', note: `${inside[2] ?? ''}${rest}`, unclear: false };
    return { words, note: noteOf(rest), unclear: false, inCode: true };
  }
  const dashed = /^(.*?)\s+(?:[-–—]{1,2}|->|→|#)\s+(.*)$/.exec(text) ?? /^(\S*?[^\s:]):\s+(.*)$/.exec(text);
  let head = dashed ? (dashed[1] ?? '') : text;
  let note = dashed ? (dashed[2] ?? '') : null;
  const bracket = /^(\S+)\s+(\(.*)$/.exec(head);
  if (bracket) {
    head = bracket[1] ?? '';
    note = [noteOf(bracket[2] ?? ''), note].filter((part) => part !== null && part !== '').join(' - ');
  }
  head = head.trim();
  // Blanks inside braces do not end a path: `a.py::{A, B}`.
  head = head.replace(/\{[^{}]*\}/g, (group) => group.replace(/\s+/g, ''));
  if (!/\s/.test(head)) {
    const bare = head.endsWith('::') ? head : withoutStop(head);
    const path = looksLikePath(bare) || isOneName(bare);
    return { words: path ? bare : null, note: path ? note : null, unclear: false };
  }
  const [first = '', ...rest] = head.split(/\s+/);
  if (!looksLikePath(first)) return { words: null, note: null, unclear: false };
  const remark = [rest.join(' '), note].filter((part) => part !== null && part !== '').join(' - ');
  return { words: first, note: remark, unclear: true };
}

/** A dot that ends a sentence is no part of a name; one that could be is kept. */
function withoutStop(word: string): string {
  if (!word.endsWith('.')) return word.replace(/[,;:]$/, '');
  const rest = word.slice(0, -1);
  return hasKnownExtension(rest) || vague.test(rest) ? rest : word;
}

/** Whether an entry without blanks is a name or a glob, where it stands alone. */
function isOneName(word: string): boolean {
  if (vague.test(word.replace(/\?+$/, ''))) return false;
  if (/^[a-z]+:\/\//i.test(word) || /["'<>|:]/.test(word)) return false;
  if (/^(?:e\.g|i\.e|etc|n\/a|w\/o?|i\/o|and\/or)\.?$/i.test(word) || /^\d+(?:\.\d+)+$/.test(word)) return false;
  // A wildcard, or a file's name in any script, with the marks that frameworks put into names.
  return (
    /[*?]|\[[^\]]+\]|\{[^{}]*,.*\}/.test(word) ||
    /^[^\s/]*[\p{L}\p{N}][^\s/]*\.[^\s/]+$/u.test(word) ||
    /^[\w.-]*\w[\w.-]*$/.test(word)
  );
}

function noteOf(rest: string): string {
  const text = rest.trim().replace(/^(?:[-–—]{1,2}|->|→|:|#)\s*/, '');
  const bracketed = /^\(([^()]*)\)$/.exec(text);
  return bracketed ? (bracketed[1] ?? '') : text;
}

/**
 * Repository-relative with forward slashes; `null` when it leaves the repository. Outside of code marks a backslash before
 * a mark is Markdown's; in them it is the glob's own, and takes the mark for itself.
 */
function normalise(raw: string, inCode: boolean): string | null {
  if (/^[\w*@-][\w*@.-]*(?:\/[\w*@-][\w*@.-]*)+$/.test(raw)) return raw;
  // `\!` at the beginning is a name's own, wherever it stands: without it the entry would be an exception.
  let path = raw.trim().replace(/^\\!/, '!');
  if (!inCode) path = path.replace(/\\([*_[\]{}()?!])/g, '$1');
  if (/^[A-Za-z]:[\\/]/.test(path) || /^~(?:$|[\w.-]*\/)/.test(path)) return null;
  path = path.replace(/\\(?![*?[\]{}!,\\])/g, '/').replace(/\/{2,}/g, '/');
  if (path.startsWith('/')) path = path.slice(1);
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '.') continue;
    if (part === '..') {
      if (parts.length === 0) return null;
      parts.pop();
    } else parts.push(part);
  }
  path = parts.join('/');
  if (path === '') return /[./\\]/.test(raw) ? '**' : null;
  return path.endsWith('/') ? `${path}**` : path;
}

/** The bracket that closes each one, by their offsets. Kinds are not mixed up in paths, so each is counted for itself. */
function closings(text: string, start: number, end: number): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  const open: Readonly<Record<string, number[]>> = { '}': [], ')': [], ']': [] };
  for (let at = start; at < end; at++) {
    const c = text[at] ?? '';
    if (c === '{') open['}']?.push(at);
    else if (c === '(') open[')']?.push(at);
    else if (c === '[') open[']']?.push(at);
    else {
      const from = open[c]?.pop();
      if (from !== undefined) found.set(from, at);
    }
  }
  return found;
}

function shrink(text: string, { start, end }: Span): Span {
  while (end > start && /[\s,;]/.test(text[end - 1] ?? '')) end--;
  while (start < end && /[\s,;]/.test(text[start] ?? '')) start++;
  return { start, end };
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
