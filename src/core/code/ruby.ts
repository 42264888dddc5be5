import {
  bodyOf,
  childrenOf,
  nameIn,
  unquoted,
  type Declaration,
  type LanguageRules,
  type SyntaxNode,
} from './syntax.ts';

const callName = (node: SyntaxNode): string => nameIn(node, 'method')[0] ?? '';
const argumentsOf = (node: SyntaxNode): SyntaxNode[] => childrenOf(node.childForFieldName('arguments'));

/** `class Other::Deep` is `Other.Deep`. */
const constantName = (node: SyntaxNode): readonly string[] =>
  nameIn(node).map((name) => name.replace(/^::/, '').replaceAll('::', '.'));

/** Constants; what else is assigned outside of a method is of no concern to others. */
function constants(node: SyntaxNode): readonly string[] {
  const left = node.childForFieldName('left');
  if (left?.type === 'constant') return [left.text];
  return left?.type === 'left_assignment_list'
    ? childrenOf(left).flatMap((child) => (child.type === 'constant' ? [child.text] : []))
    : [];
}

/** `attr_reader :items, :total` */
function accessors(node: SyntaxNode): readonly string[] {
  if (!/^(?:attr_reader|attr_writer|attr_accessor|attr)$/.test(callName(node))) return [];
  return argumentsOf(node).flatMap((item) => (item.type === 'simple_symbol' ? [item.text.slice(1)] : []));
}

const loaders = /^(?:require|require_relative|load|autoload)$/;
const aMethod: Declaration = { kind: 'function' };

function loaded(node: SyntaxNode) {
  const method = callName(node);
  if (!loaders.test(method) || node.childForFieldName('receiver')) return [];
  const items = argumentsOf(node);
  const file = items.at(-1);
  // What computes a path, and a block, run code of their own.
  if (file?.type !== 'string' || childrenOf(file).some(({ type }) => type === 'interpolation')) return [];
  if (items.slice(0, -1).some(({ type }) => type !== 'simple_symbol') || node.childForFieldName('block')) return [];
  const path = unquoted(file.text);
  const name = method === 'autoload' ? items[0]?.text.replace(/^:/, '') : undefined;
  return [
    {
      // What is looked for beside the file itself says so.
      specifier: method === 'require_relative' && !path.startsWith('.') ? `./${path}` : path,
      names: name === undefined ? [] : [name],
    },
  ];
}

export const ruby: LanguageRules = {
  id: 'ruby',
  extensions: ['rb', 'rake', 'gemspec'],
  declares: {
    class: { kind: 'class', names: constantName, members: bodyOf },
    // A module of Ruby holds methods like a class, so it is part of the name.
    module: { kind: 'module', names: constantName, members: bodyOf },
    method: aMethod,
    singleton_method: aMethod,
    assignment: {
      kind: 'variable',
      names: constants,
      // `Point = Struct.new(:x) do ... end`
      members: (node) => bodyOf(node.childForFieldName('right')?.childForFieldName('block') ?? node),
    },
    call: { kind: 'property', names: accessors },
  },
  // `private def hidden`
  holds: new Set(['call', 'argument_list']),
  opens: new Set(['singleton_class', 'body_statement', 'if', 'unless', 'then', 'else', 'begin']),
  comments: new Set(['comment']),
  above: new Set(),
  below: new Set(['heredoc_body']),
  obeyed:
    /^#\s*-?\*?-?\s*(?:frozen_string_literal|(?:en)?coding|warn_indent|shareable_constant_value|typed)\s*[:=]|rubocop:|:nocov:|steep:ignore/i,
  imports: { call: loaded },
  onlyImports: (node) => node.type === 'call' && loaded(node).length > 0,
};
