import { rulesOf } from './languages.ts';
import type { CodeFile, CodeImport, CodeReader, CodeSymbol, LanguageId } from './model.ts';
import { childrenOf, type LanguageRules, type SyntaxNode } from './syntax.ts';

/** Lines from 1, both inclusive. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/** Who has a line, or a part of it. */
export interface LineOwner {
  /** The innermost symbol; `null`: outside of every symbol. */
  readonly symbol: string | null;
  /** Its part of a line that it shares with others; `null`: the whole line. */
  readonly text: string | null;
}

/** What a parser saw, and whose each line of the file is. */
export interface CodeOutline extends CodeFile {
  /**
   * Comments and import statements outside of every symbol, and blank lines but for those in texts; in order, without
   * overlap. Comments that tools obey for the whole file are not among them.
   */
  readonly free: readonly Lines[];
  /** By line, from 0. None where the line is free. */
  readonly owners: readonly (readonly LineOwner[])[];
}

/** A reader that also tells the free lines, which the check of symbols needs. */
export interface OutlineReader extends CodeReader {
  read(path: string, text: string): CodeOutline | null;
}

/** Comments to the end of a line. `#[` and `#!` begin attributes. */
const nothingBehind = /^[;,]?\s*(?:\/\*(?:(?!\*\/).)*\*\/\s*)*(?:\/\/.*|#(?![[!]).*)?$/;

/** Deeper nesting is generated or malicious. */
const deepest = 100;
/** A longer line is generated, and free for nobody. */
const longest = 5_000;

/** One declaration that binds more names is generated: what stands between its first and last line is the file's. */
const mostNames = 20;

/** Literals in which a blank line is a part of the text. Names that a grammar does not know are passed over. */
const texts = [
  'delimited_symbol',
  'encapsed_string',
  'heredoc',
  'heredoc_body',
  'interpolated_string_expression',
  'nowdoc',
  'raw_string_literal',
  'regex',
  'shell_command_expression',
  'string',
  'string_array',
  'string_literal',
  'subshell',
  'symbol_array',
  'template_string',
  'text',
  'text_interpolation',
  'uninterpreted',
  'verbatim_string_literal',
];

/**
 * Whether compilers read a text in another way than the parser: a lone carriage return ends a line and with it a comment
 * for many, not for git and not for every grammar. What a comment holds may then be code.
 */
export function isTwofold(language: LanguageId, text: string): boolean {
  return /\r(?!\n|$)/.test(text) || (rulesOf(language).twofold?.test(text) ?? false);
}

/** The symbols, imports and free lines of a parsed file. */
export function outlineOf(language: LanguageId, root: SyntaxNode, text: string): CodeOutline {
  const rules = rulesOf(language);
  const walk = new Walk(rules, text);
  walk.into(childrenOf(root), null, null, 0);
  walk.keepBlankLines(root.descendantsOfType(texts));
  const free = walk.freeLines();
  const imports = root.descendantsOfType(Object.keys(rules.imports)).flatMap((node): CodeImport[] => {
    if (!node) return [];
    const line = node.startPosition.row + 1;
    return (rules.imports[node.type]?.(node) ?? [])
      .filter(({ specifier }) => specifier !== '')
      .map((found) => ({ ...found, line }));
  });
  return {
    language,
    symbols: walk.symbols.toSorted(
      (a, b) => a.firstLine - b.firstLine || b.lastLine - a.lastLine || depthOf(a.name) - depthOf(b.name),
    ),
    imports,
    free,
    owners: walk.owners(),
    broken: root.hasError,
  };
}

function depthOf(name: string): number {
  return name.split('.').length;
}

interface Place {
  readonly row: number;
  readonly column: number;
}

/** From a place to the one behind the end. */
interface Range {
  readonly start: Place;
  readonly end: Place;
}

/** What has a part of the file; outer ones come before what they hold. `null`: a part that is nobody's. */
interface Span extends Range {
  readonly symbols: readonly string[] | null;
}

class Walk {
  readonly symbols: CodeSymbol[] = [];
  readonly #rules: LanguageRules;
  readonly #lines: readonly string[];
  readonly #free: boolean[];
  readonly #spans: Span[] = [];

  constructor(rules: LanguageRules, text: string) {
    this.#rules = rules;
    this.#lines = text.split('\n');
    this.#free = this.#lines.map((line) => line.trim() === '');
  }

  /** `around`: the range of a statement that wraps a single declaration. */
  into(nodes: readonly SyntaxNode[], owner: string | null, around: Range | null, depth: number): void {
    const { declares, holds, opens, comments, onlyImports } = this.#rules;
    if (depth > deepest) return;
    nodes.forEach((node, at) => {
      const { type } = node;
      if (comments.has(type)) {
        if (this.#isObeyed(nodes, at)) return;
        this.#spans.push({ ...rangeOf(node), symbols: null });
        if (owner === null) this.#release(node);
        return;
      }
      if (owner === null && onlyImports(node)) {
        this.#release(node);
        return;
      }
      const rule = declares[type];
      const names = rule ? (rule.names?.(node) ?? [node.childForFieldName('name')?.text ?? '']) : [];
      const named = names.filter((name) => name !== '');
      if (rule && named.length > 0) {
        const range = around ?? this.#rangeWithin(nodes, at);
        const kind = typeof rule.kind === 'string' ? rule.kind : rule.kind(node);
        const full = named.map((name) => (owner === null ? name : `${owner}.${name}`));
        this.#spans.push({ ...range, symbols: [...new Set(full)] });
        for (const name of full) {
          this.symbols.push({
            name,
            kind: insideOf(name, kind),
            firstLine: range.start.row + 1,
            lastLine: range.end.row + 1,
          });
        }
        const members = rule.members?.(node) ?? null;
        const [first] = full;
        if (members && first !== undefined) this.into(childrenOf(members), first, null, depth + 1);
      } else if (holds.has(type)) {
        const inner = childrenOf(node);
        const single = inner.filter((child) => !comments.has(child.type) && !this.#rules.above.has(child.type));
        const whole = around ?? this.#rangeWithin(nodes, at);
        if (single.length !== 1) this.#leaveGaps(whole, inner);
        this.into(inner, owner, single.length === 1 ? whole : null, depth + 1);
      } else if (opens.has(type)) this.into(childrenOf(node), owner, null, depth + 1);
    });
  }

  /** What stands between the parts of a statement, `export const` and commas, is nobody's. */
  #leaveGaps({ start, end }: Range, inner: readonly SyntaxNode[]): void {
    let from = start;
    for (const child of inner) {
      const { start: to, end: next } = rangeOf(child);
      this.#spans.push({ start: from, end: to, symbols: null });
      from = next;
    }
    this.#spans.push({ start: from, end, symbols: null });
  }

  /** Whether a comment is code for somebody: a tool that obeys it, or C above Go's `import "C"`. */
  #isObeyed(nodes: readonly SyntaxNode[], at: number): boolean {
    const { obeyed, comments, onlyImports } = this.#rules;
    const node = nodes[at];
    if (!node || !obeyed) return false;
    if (obeyed.test(node.text)) return true;
    // Not past code or a blank line: cgo does not look further either.
    const { row } = rangeOf(node).end;
    const below = nodes[at + 1];
    if (!below || below.startPosition.row > row + 1) return false;
    if (comments.has(below.type)) return below.startPosition.row > row && this.#isObeyed(nodes, at + 1);
    return below.type === 'import_declaration' && !onlyImports(below);
  }

  /** A node's range with the comments and attributes right above it, and the text of its heredocs. */
  #rangeWithin(nodes: readonly SyntaxNode[], at: number): Range {
    const node = nodes[at];
    if (!node) return { start: { row: 0, column: 0 }, end: { row: 0, column: 0 } };
    let { start, end } = rangeOf(node);
    for (let above = at - 1; above >= 0; above--) {
      const other = nodes[above];
      if (!other || !(this.#rules.comments.has(other.type) || this.#rules.above.has(other.type))) break;
      // A blank line parts them, and what follows code on its line belongs to that code.
      if (rangeOf(other).end.row < start.row - 1 || !this.#beginsLine(other)) break;
      if (this.#rules.comments.has(other.type) && this.#isObeyed(nodes, above)) break;
      if (other.startPosition.row < start.row || other.startPosition.column < start.column) start = other.startPosition;
    }
    for (let below = at + 1; this.#rules.below?.has(nodes[below]?.type ?? '') ?? false; below++) {
      const other = nodes[below];
      if (other) ({ end } = rangeOf(other));
    }
    return { start, end };
  }

  #beginsLine({ startPosition: { row, column } }: SyntaxNode): boolean {
    return (this.#lines[row] ?? '').slice(0, column).trim() === '';
  }

  /** Marks the lines of a comment or an import as free, unless something else stands on them too. */
  #release(node: SyntaxNode): void {
    const last = rangeOf(node).end.row;
    for (let row = node.startPosition.row; row <= last; row++) {
      const line = this.#lines[row] ?? '';
      if (line.length > longest || (row === node.startPosition.row && !this.#beginsLine(node))) continue;
      const behind = row === node.endPosition.row ? line.slice(node.endPosition.column).trim() : '';
      if (nothingBehind.test(behind)) this.#free[row] = true;
    }
  }

  /** A blank line in a text is a part of it. */
  keepBlankLines(literals: readonly (SyntaxNode | null)[]): void {
    for (const literal of literals) {
      if (!literal) continue;
      const { start, end } = rangeOf(literal);
      for (let row = start.row + 1; row <= end.row; row++) this.#free[row] = false;
    }
  }

  /** Whose each line is. Asked for after `freeLines`. */
  owners(): LineOwner[][] {
    // Inside a span's first and last line all is its own, or of what it holds.
    const within: (readonly string[] | undefined)[] = [];
    const edges = new Map<number, Span[]>();
    for (const span of this.#spans) {
      for (const row of new Set([span.start.row, span.end.row])) {
        const here = edges.get(row);
        if (here) here.push(span);
        else edges.set(row, [span]);
      }
      if (!span.symbols) continue;
      const inner = span.symbols.length > mostNames ? undefined : span.symbols;
      for (let row = span.start.row + 1; row < span.end.row; row++) within[row] = inner;
    }
    return this.#lines.map((line, row) => {
      if (this.#free[row] === true) return [];
      const spans = edges.get(row);
      const base = within[row] ?? outside;
      return spans?.some(({ symbols }) => symbols !== null)
        ? shared(line, row, base, spans)
        : base.map((symbol) => ({ symbol, text: null }));
    });
  }

  freeLines(): Lines[] {
    const found: { first: number; last: number }[] = [];
    // The comment above a declaration is a part of it.
    for (const { start, end, symbols } of this.#spans) {
      for (let row = start.row; symbols && row <= end.row; row++)
        if ((this.#lines[row] ?? '').trim() !== '') this.#free[row] = false;
    }
    this.#free.forEach((free, row) => {
      if (!free) return;
      const before = found.at(-1);
      if (before?.last === row) before.last = row + 1;
      else found.push({ first: row + 1, last: row + 1 });
    });
    return found;
  }
}

const outside: readonly null[] = [null];
const closing = /[\s;,]/;

/** Who has which part of a line on which something begins or ends; `base` has what is left. */
function shared(line: string, row: number, base: readonly (string | null)[], spans: readonly Span[]): LineOwner[] {
  const first = line.search(/\S/);
  let last = line.length;
  while (last > 0 && closing.test(line[last - 1] ?? '')) last--;
  // By character: 0 for the base, 1 for nobody, then the spans.
  const whose = new Int32Array(line.length);
  spans.forEach(({ start, end, symbols }, index) => {
    // A line's indentation and what closes it belong to who begins and ends it.
    const from = start.row < row || (symbols && start.column <= first) ? 0 : start.column;
    const to = end.row > row || (symbols && end.column >= last) ? line.length : end.column;
    if (to > from) whose.fill(symbols ? index + 2 : 1, from, to);
  });
  const parts = new Map<number, string>();
  for (let at = 0; at < line.length;) {
    const who = whose[at] ?? 0;
    let end = at + 1;
    while (end < line.length && whose[end] === who) end++;
    if (who !== 1) parts.set(who, (parts.get(who) ?? '') + line.slice(at, end));
    at = end;
  }
  const found: LineOwner[] = [];
  for (const [who, part] of parts) {
    if (/^[\s;,]*$/.test(part)) continue;
    const text = part === line ? null : part;
    for (const symbol of who === 0 ? base : (spans[who - 2]?.symbols ?? [])) found.push({ symbol, text });
  }
  return found;
}

/** Some grammars end a line's node at the beginning of the next line. */
function rangeOf({ startPosition: start, endPosition: end }: SyntaxNode): Range {
  return end.column === 0 && end.row > start.row
    ? { start, end: { row: end.row - 1, column: Number.MAX_SAFE_INTEGER } }
    : { start, end };
}

function insideOf(name: string, kind: CodeSymbol['kind']): CodeSymbol['kind'] {
  if (!name.includes('.')) return kind;
  return kind === 'function' ? 'method' : kind === 'variable' ? 'property' : kind;
}
