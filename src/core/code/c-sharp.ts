import { bodyOf, childrenOf, nameIn, type Declaration, type LanguageRules, type SyntaxNode } from './syntax.ts';

const aClass: Declaration = { kind: 'class', members: bodyOf };
const aMethod: Declaration = { kind: 'method' };

/** `private int a = 1, b;` */
function fields(node: SyntaxNode): readonly string[] {
  const declaration = childrenOf(node).find((child) => child.type === 'variable_declaration') ?? null;
  return childrenOf(declaration).flatMap((child) => (child.type === 'variable_declarator' ? nameIn(child) : []));
}

/** An operator is called by its sign: `operator +`. */
function operator(node: SyntaxNode): readonly string[] {
  const sign = /\boperator\s*(?:checked\s+)?([^\s(]+)/.exec(node.text)?.[1];
  return sign === undefined ? [] : [`operator ${sign}`];
}

export const cSharp: LanguageRules = {
  id: 'c-sharp',
  extensions: ['cs'],
  declares: {
    class_declaration: aClass,
    struct_declaration: aClass,
    record_declaration: aClass,
    record_struct_declaration: aClass,
    interface_declaration: { kind: 'interface', members: bodyOf },
    enum_declaration: { kind: 'enum' },
    delegate_declaration: { kind: 'type' },
    method_declaration: aMethod,
    constructor_declaration: aMethod,
    destructor_declaration: { kind: 'method', names: (node) => nameIn(node).map((name) => `~${name}`) },
    operator_declaration: { kind: 'method', names: operator },
    conversion_operator_declaration: { kind: 'method', names: operator },
    indexer_declaration: { kind: 'property', names: () => ['this'] },
    property_declaration: { kind: 'property' },
    event_declaration: { kind: 'property' },
    event_field_declaration: { kind: 'property', names: fields },
    field_declaration: { kind: 'property', names: fields },
    local_function_statement: { kind: 'function' },
  },
  holds: new Set(['global_statement']),
  opens: new Set([
    'namespace_declaration',
    'file_scoped_namespace_declaration',
    'declaration_list',
    'preproc_if',
    'preproc_else',
    'preproc_elif',
  ]),
  comments: new Set(['comment']),
  above: new Set(['attribute_list']),
  obeyed: /<auto-?generated|ReSharper (?:disable|restore)(?! once)/,
  // All of these end a line, and a comment with it.
  twofold: /[\u0085\u2028\u2029]/,
  imports: {
    using_directive(node) {
      const target = childrenOf(node).findLast((child) => /name|identifier/.test(child.type));
      return target ? [{ specifier: target.text.replace(/\s+/g, ''), names: [] }] : [];
    },
  },
  onlyImports: (node) => node.type === 'using_directive',
};
