import {
  childrenOf,
  fieldsOf,
  nameIn,
  unquoted,
  type Declaration,
  type LanguageRules,
  type SyntaxNode,
} from './syntax.ts';

/** `func (c *Cart[T]) Add()` -> `Cart.Add`. */
function ofReceiver(node: SyntaxNode): readonly string[] {
  const [name] = nameIn(node);
  const [receiver] = childrenOf(node.childForFieldName('receiver'));
  const type = /^[\s*(]*([\p{L}_][\p{L}\p{N}_]*)/u.exec(receiver?.childForFieldName('type')?.text ?? '')?.[1];
  if (name === undefined) return [];
  return [type === undefined ? name : `${type}.${name}`];
}

/** The fields of a struct and the methods of an interface. */
function membersOf(node: SyntaxNode): SyntaxNode | null {
  const type = node.childForFieldName('type');
  if (type?.type === 'interface_type') return type;
  if (type?.type !== 'struct_type') return null;
  return childrenOf(type).find((child) => child.type === 'field_declaration_list') ?? null;
}

const names = (node: SyntaxNode): string[] => fieldsOf(node, 'name').map((name) => name.text);
const aType: Declaration = {
  kind(node) {
    const type = node.childForFieldName('type')?.type;
    return type === 'struct_type' ? 'class' : type === 'interface_type' ? 'interface' : 'type';
  },
  members: membersOf,
};

export const go: LanguageRules = {
  id: 'go',
  extensions: ['go'],
  declares: {
    type_spec: aType,
    type_alias: aType,
    function_declaration: { kind: 'function' },
    method_declaration: { kind: 'method', names: ofReceiver },
    method_elem: { kind: 'method' },
    field_declaration: { kind: 'property', names },
    const_spec: { kind: 'variable', names },
    var_spec: { kind: 'variable', names },
  },
  holds: new Set(['type_declaration', 'const_declaration', 'var_declaration', 'var_spec_list']),
  opens: new Set(),
  comments: new Set(['comment']),
  above: new Set(),
  // `// #include` and the like are of cgo, which takes any comment for C that stands above its import.
  obeyed: /^\/\/(?:go:|line |export |nolint)|^\/\/\s*\+build|^\/\*line |^\/\/\s*#/,
  imports: {
    import_spec: (node) => [{ specifier: unquoted(nameIn(node, 'path')[0] ?? ''), names: [] }],
  },
  onlyImports: (node) => node.type === 'import_declaration' && !/["`]C["`]/.test(node.text),
};
