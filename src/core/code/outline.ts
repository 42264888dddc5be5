import { rulesOf } from './languages.ts';
import type { CodeFile, CodeImport, CodeReader, CodeSymbol, LanguageId } from './model.ts';
import { childrenOf, type LanguageRules, type SyntaxNode } from './syntax.ts';

/** Lines from 1, both inclusive. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/** What a parser saw, and which lines of the file matter to nobody else. */
export interface CodeOutline extends CodeFile {
  /** Comments and import statements outside of every symbol, and blank lines anywhere; in order, without overlap. */
  readonly free: readonly Lines[];
}

/** A reader that also tells the free lines, which the check of symbols needs. */
export interface OutlineReader extends CodeReader {
  read(path: string, text: string): CodeOutline | null;
}

/** Comments to the end of a line. `#[` and `#!` begin attributes. */
const nothingBehind = /^[;,]?\s*(?:\/\*(?:(?!\*\/).)*\*\/\s*)*(?:\/\/.*|#(?![[!]).*)?$/;

/** Deeper nesting is generated or malicious. */
const deepest = 100;

/** The symbols, imports and free lines of a parsed file. */
export function outlineOf(language: LanguageId, root: SyntaxNode, text: string): CodeOutline {
  const rules = rulesOf(language);
  const walk = new Walk(rules, text);
  walk.into(childrenOf(root), null, null, 0);
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
    free: walk.freeLines(),
    broken: root.hasError,
  };
}

function depthOf(name: string): number {
  return name.split('.').length;
}

class Walk {
  readonly symbols: CodeSymbol[] = [];
  readonly #rules: LanguageRules;
  readonly #lines: readonly string[];
  readonly #free: boolean[];

  constructor(rules: LanguageRules, text: string) {
    this.#rules = rules;
    this.#lines = text.split('\n');
    this.#free = this.#lines.map((line) => line.trim() === '');
  }

  /** `around`: the lines of a statement that wraps a single declaration. */
  into(nodes: readonly SyntaxNode[], owner: string | null, around: Lines | null, depth: number): void {
    const { declares, holds, opens, comments, onlyImports } = this.#rules;
    if (depth > deepest) return;
    nodes.forEach((node, at) => {
      const { type } = node;
      if (comments.has(type)) {
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
        const lines = around ?? this.#linesOf(nodes, at);
        const kind = typeof rule.kind === 'string' ? rule.kind : rule.kind(node);
        for (const name of named) {
          const full = owner === null ? name : `${owner}.${name}`;
          this.symbols.push({
            name: full,
            kind: insideOf(full, kind),
            firstLine: lines.first,
            lastLine: lines.last,
          });
        }
        const members = rule.members?.(node) ?? null;
        const [first] = named;
        if (members && first !== undefined)
          this.into(childrenOf(members), owner === null ? first : `${owner}.${first}`, null, depth + 1);
      } else if (holds.has(type)) {
        const inner = childrenOf(node);
        const single = inner.filter((child) => !comments.has(child.type) && !this.#rules.above.has(child.type));
        this.into(inner, owner, single.length === 1 ? (around ?? this.#linesOf(nodes, at)) : null, depth + 1);
      } else if (opens.has(type)) this.into(childrenOf(node), owner, null, depth + 1);
    });
  }

  /** A node's lines with the comments and attributes right above it. */
  #linesOf(nodes: readonly SyntaxNode[], at: number): Lines {
    const node = nodes[at];
    if (!node) return { first: 1, last: 1 };
    let first = node.startPosition.row;
    for (let above = at - 1; above >= 0; above--) {
      const other = nodes[above];
      if (!other || !(this.#rules.comments.has(other.type) || this.#rules.above.has(other.type))) break;
      // A blank line parts them, and what follows code on its line belongs to that code.
      if (lastRow(other) < first - 1 || !this.#beginsLine(other)) break;
      first = Math.min(first, other.startPosition.row);
    }
    return { first: first + 1, last: lastRow(node) + 1 };
  }

  #beginsLine({ startPosition: { row, column } }: SyntaxNode): boolean {
    return (this.#lines[row] ?? '').slice(0, column).trim() === '';
  }

  /** Marks the lines of a comment or an import as free, unless something else stands on them too. */
  #release(node: SyntaxNode): void {
    const last = lastRow(node);
    for (let row = node.startPosition.row; row <= last; row++) {
      const line = this.#lines[row] ?? '';
      if (row === node.startPosition.row && !this.#beginsLine(node)) continue;
      const behind = row === node.endPosition.row ? line.slice(node.endPosition.column).trim() : '';
      if (nothingBehind.test(behind)) this.#free[row] = true;
    }
  }

  freeLines(): Lines[] {
    const found: { first: number; last: number }[] = [];
    // The comment above a declaration is a part of it.
    for (const { firstLine, lastLine } of this.symbols) {
      for (let row = firstLine - 1; row < lastLine; row++)
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

/** Some grammars end a line's node at the beginning of the next line. */
function lastRow({ startPosition, endPosition }: SyntaxNode): number {
  return endPosition.column === 0 && endPosition.row > startPosition.row ? endPosition.row - 1 : endPosition.row;
}

function insideOf(name: string, kind: CodeSymbol['kind']): CodeSymbol['kind'] {
  if (!name.includes('.')) return kind;
  return kind === 'function' ? 'method' : kind === 'variable' ? 'property' : kind;
}
