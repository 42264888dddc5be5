import { bodyOf, childrenOf, fieldsOf, nameIn, type LanguageRules, type SyntaxNode } from './syntax.ts';

/** The plain names on the left of `a = b = 1` and `c, d = 1, 2`. */
function assigned(node: SyntaxNode): string[] {
  const left = node.childForFieldName('left');
  if (!left) return [];
  const names =
    left.type === 'identifier'
      ? [left.text]
      : /^(?:pattern_list|tuple_pattern|list_pattern)$/.test(left.type)
        ? childrenOf(left).flatMap((child) => (child.type === 'identifier' ? [child.text] : []))
        : [];
  const right = node.childForFieldName('right');
  return right?.type === 'assignment' ? [...names, ...assigned(right)] : names;
}

function imported(node: SyntaxNode): string {
  return (node.type === 'aliased_import' ? node.childForFieldName('name') : node)?.text ?? '';
}

const compact = (text: string): string => text.replace(/\s+/g, '');

export const python: LanguageRules = {
  id: 'python',
  extensions: ['py', 'pyi'],
  declares: {
    class_definition: { kind: 'class', members: bodyOf },
    function_definition: { kind: 'function' },
    assignment: { kind: 'variable', names: assigned },
    type_alias_statement: {
      kind: 'type',
      names: (node) => [/^[\p{L}\p{N}_]+/u.exec(node.childForFieldName('left')?.text ?? '')?.[0] ?? ''],
    },
  },
  holds: new Set(['decorated_definition', 'expression_statement']),
  opens: new Set([
    'if_statement',
    'elif_clause',
    'else_clause',
    'try_statement',
    'except_clause',
    'finally_clause',
    'with_statement',
    'block',
  ]),
  comments: new Set(['comment']),
  above: new Set(['decorator']),
  // The form of a source encoding is that of PEP 263.
  obeyed:
    /coding[:=]|^#\s*(?:type:\s*ignore|mypy:|pyright:|pylint:|flake8:|ruff:|fmt:|isort:|cython:|distutils:|yapf:)|pragma: no cover/,
  imports: {
    import_statement: (node) =>
      fieldsOf(node, 'name').map((name) => ({ specifier: compact(imported(name)), names: [] })),
    import_from_statement: (node) => [
      { specifier: compact(nameIn(node, 'module_name')[0] ?? ''), names: fieldsOf(node, 'name').map(imported) },
    ],
  },
  onlyImports: (node) => /^(?:import_statement|import_from_statement|future_import_statement)$/.test(node.type),
};
