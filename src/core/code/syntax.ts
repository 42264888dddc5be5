import type { CodeImport, CodeSymbol, LanguageId } from './model.ts';

/** What the walk needs of a node of a parsed file. Rows and columns from 0, the end is the place behind the node. */
export interface SyntaxNode {
  readonly type: string;
  readonly text: string;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly startPosition: { readonly row: number; readonly column: number };
  readonly endPosition: { readonly row: number; readonly column: number };
  readonly namedChildren: readonly (SyntaxNode | null)[];
  /** Whether the parser had to skip something inside. */
  readonly hasError: boolean;
  readonly parent: SyntaxNode | null;
  childForFieldName(name: string): SyntaxNode | null;
  childrenForFieldName(name: string): readonly (SyntaxNode | null)[];
  descendantsOfType(types: string[]): readonly (SyntaxNode | null)[];
}

/** How a node declares something. */
export interface Declaration {
  /** A function inside something is a method, a variable a property; the walk sees to that. */
  readonly kind: CodeSymbol['kind'] | ((node: SyntaxNode) => CodeSymbol['kind']);
  /** What it is called, dotted when it names what holds it as well; none when it declares nothing. Default: its `name`. */
  readonly names?: (node: SyntaxNode) => readonly string[];
  /** The node that holds its members. Default: nothing in it is a symbol. */
  readonly members?: (node: SyntaxNode) => SyntaxNode | null;
}

/** A language as data: which nodes of its grammar declare, wrap and import. */
export interface LanguageRules {
  readonly id: LanguageId;
  /** Ends of file names, without the dot, lower case. */
  readonly extensions: readonly string[];
  readonly declares: Readonly<Record<string, Declaration>>;
  /** Statements around a declaration: when they hold a single one, their lines are its lines. */
  readonly holds: ReadonlySet<string>;
  /** Namespaces and blocks: what stands in them stands where they stand. */
  readonly opens: ReadonlySet<string>;
  readonly comments: ReadonlySet<string>;
  /** Nodes beside comments that belong to the declaration below them: attributes. */
  readonly above: ReadonlySet<string>;
  /** Nodes that belong to the declaration before them: the text of a heredoc. */
  readonly below?: ReadonlySet<string>;
  /** Comments that tools obey for the whole file, so that they are code: `//go:build`, `# coding: ...`, `@ts-nocheck`. */
  readonly obeyed?: RegExp;
  /** Texts that compilers read in another way than the parser does. Lone carriage returns are looked for everywhere. */
  readonly twofold?: RegExp;
  /** What a node takes from elsewhere. Types that mean it only sometimes answer with nothing. */
  readonly imports: Readonly<Record<string, (node: SyntaxNode) => readonly Omit<CodeImport, 'line'>[]>>;
  /** Whether a statement does nothing but import. */
  readonly onlyImports: (node: SyntaxNode) => boolean;
}

/** The named children that are there. */
export function childrenOf(node: SyntaxNode | null): SyntaxNode[] {
  return (node?.namedChildren ?? []).filter((child) => child !== null);
}

export function fieldsOf(node: SyntaxNode, name: string): SyntaxNode[] {
  return node.childrenForFieldName(name).filter((child) => child !== null);
}

/** The text of a field, as a list of none or one. */
export function nameIn(node: SyntaxNode, field = 'name'): readonly string[] {
  const text = node.childForFieldName(field)?.text ?? '';
  return text === '' ? [] : [text];
}

export const bodyOf = (node: SyntaxNode): SyntaxNode | null => node.childForFieldName('body');

/** A string literal's text without its quotes. */
export function unquoted(text: string): string {
  return /^(["'`])(.*)\1$/s.exec(text)?.[2] ?? text;
}
