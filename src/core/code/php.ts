import {
  bodyOf,
  childrenOf,
  nameIn,
  unquoted,
  type Declaration,
  type LanguageRules,
  type SyntaxNode,
} from './syntax.ts';

const aClass: Declaration = { kind: 'class', members: bodyOf };

const constants = (node: SyntaxNode): string[] =>
  childrenOf(node).flatMap((child) => (child.type === 'const_element' ? (childrenOf(child)[0]?.text ?? []) : []));

/** Without their `$`, as other languages call them. */
const properties = (node: SyntaxNode): string[] =>
  childrenOf(node).flatMap((child) =>
    child.type === 'property_element' ? nameIn(child).map((name) => name.replace(/^\$/, '')) : [],
  );

/** `define('LIMIT', 3)` */
function defined(node: SyntaxNode): readonly string[] {
  const [call] = childrenOf(node);
  if (call?.type !== 'function_call_expression' || call.childForFieldName('function')?.text !== 'define') return [];
  const text = childrenOf(call.childForFieldName('arguments'))[0]?.text ?? '';
  return /^(['"])\w+\1$/.test(text) ? [unquoted(text)] : [];
}

function used(node: SyntaxNode) {
  const parts = childrenOf(node);
  const group = node.childForFieldName('body');
  const prefix = group ? (parts.find((part) => part.type === 'namespace_name')?.text ?? '') : '';
  return childrenOf(group ?? node)
    .filter((clause) => clause.type === 'namespace_use_clause')
    .map((clause) => {
      const written = childrenOf(clause).find((part) => part.type === 'qualified_name' || part.type === 'name');
      const path = (written?.text ?? '').replace(/^\\/, '');
      const specifier = prefix === '' ? path : `${prefix.replace(/^\\/, '')}\\${path}`;
      return { specifier, names: [specifier.slice(specifier.lastIndexOf('\\') + 1)] };
    });
}

const including = /^(?:require|require_once|include|include_once)_expression$/;

/** `require __DIR__ . '/x.php'` is `./x.php`. What computes a path runs code of its own. */
function included(node: SyntaxNode) {
  const [given] = childrenOf(node);
  const what = given?.type === 'parenthesized_expression' ? childrenOf(given)[0] : given;
  if (
    childrenOf(what ?? null).some(
      ({ type }) =>
        !/^(?:string_content|escape_sequence|name|string|encapsed_string|function_call_expression)$/.test(type),
    )
  )
    return [];
  if (what?.type === 'string' || what?.type === 'encapsed_string')
    return [{ specifier: unquoted(what.text), names: [] }];
  const path = /^(?:__DIR__|dirname\(__FILE__\))\s*\.\s*(["'])\/?([^"'$]*)\1$/.exec(what?.text ?? '')?.[2];
  return path === undefined ? [] : [{ specifier: `./${path}`, names: [] }];
}

export const php: LanguageRules = {
  id: 'php',
  extensions: ['php', 'phtml'],
  declares: {
    class_declaration: aClass,
    trait_declaration: aClass,
    interface_declaration: { kind: 'interface', members: bodyOf },
    enum_declaration: { kind: 'enum', members: bodyOf },
    method_declaration: { kind: 'method' },
    function_definition: { kind: 'function' },
    property_declaration: { kind: 'property', names: properties },
    const_declaration: { kind: 'variable', names: constants },
    expression_statement: { kind: 'variable', names: defined },
  },
  holds: new Set(),
  opens: new Set(['namespace_definition', 'compound_statement', 'if_statement', 'else_clause']),
  comments: new Set(['comment']),
  above: new Set(['attribute_list']),
  obeyed: /phpcs:(?:ignoreFile|disable|enable)|@codeCoverageIgnore|@phpstan-ignore-file|@psalm-suppress/,
  imports: {
    namespace_use_declaration: used,
    require_expression: included,
    require_once_expression: included,
    include_expression: included,
    include_once_expression: included,
  },
  onlyImports: (node) =>
    node.type === 'namespace_use_declaration' ||
    (node.type === 'expression_statement' &&
      childrenOf(node).every((child) => including.test(child.type) && included(child).length > 0)),
};
