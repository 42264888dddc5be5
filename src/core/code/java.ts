import { bodyOf, childrenOf, fieldsOf, type Declaration, type LanguageRules, type SyntaxNode } from './syntax.ts';

const aClass: Declaration = { kind: 'class', members: bodyOf };
const aMethod: Declaration = { kind: 'method' };
const aField: Declaration = {
  kind: 'property',
  names: (node) => fieldsOf(node, 'declarator').flatMap((one) => one.childForFieldName('name')?.text ?? []),
};

function imported(node: SyntaxNode) {
  const parts = childrenOf(node);
  const path = parts.find((part) => part.type === 'scoped_identifier' || part.type === 'identifier')?.text ?? '';
  const whole = parts.some((part) => part.type === 'asterisk');
  return [{ specifier: path.replace(/\s+/g, ''), names: whole ? [] : [path.slice(path.lastIndexOf('.') + 1)] }];
}

export const java: LanguageRules = {
  id: 'java',
  extensions: ['java'],
  declares: {
    class_declaration: aClass,
    record_declaration: aClass,
    interface_declaration: { kind: 'interface', members: bodyOf },
    annotation_type_declaration: { kind: 'interface', members: bodyOf },
    enum_declaration: { kind: 'enum', members: bodyOf },
    method_declaration: aMethod,
    constructor_declaration: aMethod,
    compact_constructor_declaration: aMethod,
    annotation_type_element_declaration: aMethod,
    field_declaration: aField,
    constant_declaration: aField,
  },
  holds: new Set(),
  opens: new Set(['enum_body_declarations']),
  comments: new Set(['line_comment', 'block_comment']),
  above: new Set(),
  obeyed: /CHECKSTYLE[:.]|@formatter:|NOSONAR|spotless:/,
  // Escapes are taken before anything is read: one can end a comment or a text.
  twofold: /\\u+00(?:0[ad]|2[27af]|5c|7[bd])/i,
  imports: { import_declaration: imported },
  onlyImports: (node) => node.type === 'import_declaration',
};
