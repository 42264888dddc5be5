import type { CodeImport } from './model.ts';
import { bodyOf, childrenOf, nameIn, type Declaration, type LanguageRules, type SyntaxNode } from './syntax.ts';

/** `impl<T> fmt::Display for Cart<T>` adds to `Cart`; an array or a tuple is named as it is written. */
function implemented(node: SyntaxNode): readonly string[] {
  const text = node.childForFieldName('type')?.text ?? '';
  const path =
    /^[&\s]*(?:'\w+\s+)?(?:mut\s+|dyn\s+)*((?:[\p{L}_][\p{L}\p{N}_]*\s*::\s*)*)([\p{L}_][\p{L}\p{N}_]*)/u.exec(text);
  return [path?.[2] ?? text.replace(/\s+/g, ' ')].filter((name) => name !== '');
}

/** Every path that a `use` tree brings in, as where from and what. */
function used(node: SyntaxNode, from: string): Omit<CodeImport, 'line'>[] {
  const under = (path: SyntaxNode | null | undefined): string =>
    [from, path?.text.replace(/\s+/g, '') ?? ''].filter((part) => part !== '').join('::');
  switch (node.type) {
    case 'use_as_clause': {
      const path = node.childForFieldName('path');
      return path ? used(path, from) : [];
    }
    case 'use_wildcard':
      return [{ specifier: under(childrenOf(node)[0]), names: [] }];
    case 'scoped_use_list':
    case 'use_list': {
      const isScoped = node.type === 'scoped_use_list';
      const at = isScoped ? under(node.childForFieldName('path')) : from;
      const names: string[] = [];
      const deeper: Omit<CodeImport, 'line'>[] = [];
      for (const item of childrenOf(isScoped ? node.childForFieldName('list') : node)) {
        const plain = item.type === 'use_as_clause' ? item.childForFieldName('path') : item;
        if (plain && /^(?:identifier|self|crate|super)$/.test(plain.type) && at !== '') names.push(plain.text);
        else if (!item.type.endsWith('comment')) deeper.push(...used(item, at));
      }
      return [...(names.length > 0 ? [{ specifier: at, names }] : []), ...deeper];
    }
    case 'scoped_identifier': {
      const name = nameIn(node);
      return [{ specifier: under(node.childForFieldName('path')), names: name }];
    }
    default:
      return [{ specifier: under(node), names: [] }];
  }
}

const aType: Declaration = { kind: 'class', members: bodyOf };
const aFunction: Declaration = { kind: 'function' };
const aVariable: Declaration = { kind: 'variable' };

export const rust: LanguageRules = {
  id: 'rust',
  extensions: ['rs'],
  declares: {
    struct_item: aType,
    union_item: aType,
    enum_item: { kind: 'enum' },
    trait_item: { kind: 'interface', members: bodyOf },
    impl_item: { kind: 'class', names: implemented, members: bodyOf },
    function_item: aFunction,
    function_signature_item: aFunction,
    macro_definition: aFunction,
    const_item: aVariable,
    static_item: aVariable,
    field_declaration: aVariable,
    type_item: { kind: 'type' },
    associated_type: { kind: 'type' },
  },
  holds: new Set(),
  opens: new Set(['mod_item', 'foreign_mod_item', 'declaration_list']),
  comments: new Set(['line_comment', 'block_comment']),
  above: new Set(['attribute_item']),
  imports: {
    use_declaration(node) {
      const argument = node.childForFieldName('argument');
      return argument ? used(argument, '') : [];
    },
    extern_crate_declaration: (node) => nameIn(node).map((specifier) => ({ specifier, names: [] })),
    // `mod child;` takes in a file; with a body it is only a wrapper.
    mod_item: (node) => (bodyOf(node) ? [] : nameIn(node).map((name) => ({ specifier: `self::${name}`, names: [] }))),
  },
  onlyImports: (node) => node.type === 'use_declaration' || node.type === 'extern_crate_declaration',
};
