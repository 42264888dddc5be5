import type { CodeSymbol } from './model.ts';
import {
  bodyOf,
  childrenOf,
  nameIn,
  unquoted,
  type Declaration,
  type LanguageRules,
  type SyntaxNode,
} from './syntax.ts';

/** TypeScript and JavaScript: one set of rules, three grammars. */
const functions = /^(?:arrow_function|function_expression|function|generator_function)$/;
const classes = /^(?:class|class_expression)$/;

function kindOfValue(value: SyntaxNode | null): CodeSymbol['kind'] {
  const type = value?.type ?? '';
  return functions.test(type) ? 'function' : classes.test(type) ? 'class' : 'variable';
}

/** What stands behind `as`, `satisfies` and brackets. */
function bare(value: SyntaxNode | null): SyntaxNode | null {
  let at = value;
  while (at && /^(?:as_expression|satisfies_expression|parenthesized_expression)$/.test(at.type))
    at = childrenOf(at)[0] ?? null;
  return at;
}

/** An object's functions can be named as a class's methods can. */
function membersOfValue(given: SyntaxNode | null): SyntaxNode | null {
  const value = bare(given);
  if (value?.type === 'object') return value;
  return value && classes.test(value.type) ? bodyOf(value) : null;
}

/** A dot in a quoted name is no step: `'users.delete'` beside `users` is written `['users.delete']`. */
function plainName(text: string): string {
  const bare = unquoted(text);
  return bare.includes('.') && bare !== text ? `['${bare}']` : bare;
}

function memberName(node: SyntaxNode, field: string): readonly string[] {
  const name = node.childForFieldName(field);
  if (!name) return [];
  if (name.type !== 'computed_property_name') return [plainName(name.text)];
  const [inner] = childrenOf(name);
  // `[Symbol.iterator]` is written as it is; only plain strings have a name of their own.
  return [inner?.type === 'string' ? plainName(inner.text) : name.text];
}

/** The names that `const { a, b: [c] } = ...` binds. */
function bound(pattern: SyntaxNode | null): string[] {
  if (!pattern) return [];
  switch (pattern.type) {
    case 'identifier':
    case 'shorthand_property_identifier_pattern':
      return [pattern.text];
    case 'pair_pattern':
      return bound(pattern.childForFieldName('value'));
    case 'assignment_pattern':
    case 'object_assignment_pattern':
      return bound(pattern.childForFieldName('left') ?? childrenOf(pattern)[0] ?? null);
    default:
      return childrenOf(pattern).flatMap(bound);
  }
}

/** `require('x')`, with what is taken from it at once: `require('x').y`. With more than a text, it runs code of its own. */
function isRequire(value: SyntaxNode | null): boolean {
  let at = value;
  while (at?.type === 'member_expression') at = at.childForFieldName('object');
  if (at?.type !== 'call_expression' || at.childForFieldName('function')?.text !== 'require') return false;
  const given = childrenOf(at.childForFieldName('arguments'));
  return given.length === 1 && given[0]?.type === 'string';
}

/**
 * `exports.a`, `module.exports.a` and `Shop.prototype.a` declare, and so does a function that becomes a property:
 * `res.send = function` declares `send`, as `Shop.open = function` declares `Shop.open`. Other assignments change what is
 * there.
 */
function assigned(node: SyntaxNode): readonly string[] {
  const [assignment] = childrenOf(node);
  if (assignment?.type !== 'assignment_expression') return [];
  const left = assignment.childForFieldName('left')?.text ?? '';
  if (left === 'module.exports') return ['default'];
  const exported = /^(?:module\.)?exports\.([\p{L}_$][\p{L}\p{N}_$]*)$/u.exec(left)?.[1];
  if (exported !== undefined) return [exported];
  const method = /^([\p{L}_$][\p{L}\p{N}_$]*)\.prototype\.([\p{L}_$][\p{L}\p{N}_$]*)$/u.exec(left);
  if (method) return [`${method[1]}.${method[2]}`];
  const property = /^([\p{L}_$][\p{L}\p{N}_$]*)\.([\p{L}_$][\p{L}\p{N}_$]*)$/u.exec(left);
  const value = kindOfValue(assignment.childForFieldName('right'));
  if (!property?.[1] || !property[2] || (value !== 'function' && value !== 'class')) return [];
  return [/^\p{Lu}/u.test(property[1]) ? `${property[1]}.${property[2]}` : property[2]];
}

const assignedValue = (node: SyntaxNode): SyntaxNode | null => childrenOf(node)[0]?.childForFieldName('right') ?? null;

const aFunction: Declaration = { kind: 'function' };
const aClass: Declaration = { kind: 'class', members: bodyOf };
const aField: Declaration = {
  kind: (node) => (kindOfValue(node.childForFieldName('value')) === 'function' ? 'function' : 'variable'),
  names: (node) => (node.childForFieldName('name') ? memberName(node, 'name') : memberName(node, 'property')),
};
const aMethod: Declaration = { kind: 'function', names: (node) => memberName(node, 'name') };

const declares: Readonly<Record<string, Declaration>> = {
  class_declaration: aClass,
  abstract_class_declaration: aClass,
  interface_declaration: { kind: 'interface', members: bodyOf },
  enum_declaration: { kind: 'enum' },
  type_alias_declaration: { kind: 'type' },
  function_declaration: aFunction,
  generator_function_declaration: aFunction,
  function_signature: aFunction,
  method_definition: aMethod,
  method_signature: aMethod,
  abstract_method_signature: aMethod,
  public_field_definition: aField,
  field_definition: aField,
  property_signature: { kind: 'variable', names: (node) => memberName(node, 'name') },
  variable_declarator: {
    kind: (node) => kindOfValue(node.childForFieldName('value')),
    names: (node) => (isRequire(node.childForFieldName('value')) ? [] : bound(node.childForFieldName('name'))),
    members: (node) => membersOfValue(node.childForFieldName('value')),
  },
  pair: {
    kind: 'function',
    names: (node) => (kindOfValue(node.childForFieldName('value')) === 'function' ? memberName(node, 'key') : []),
  },
  expression_statement: {
    kind: (node) => kindOfValue(assignedValue(node)),
    names: assigned,
    members: (node) => membersOfValue(assignedValue(node)),
  },
  // With a declaration inside, that one has the name.
  export_statement: {
    kind: (node) => kindOfValue(node.childForFieldName('value')),
    names: (node) => (node.childForFieldName('value') ? ['default'] : []),
    members: (node) => membersOfValue(node.childForFieldName('value')),
  },
};

function taken(clause: SyntaxNode | undefined): string[] {
  if (!clause) return [];
  return childrenOf(clause).flatMap((child) => {
    if (child.type === 'import_specifier' || child.type === 'export_specifier') return nameIn(child);
    if (child.type === 'identifier') return ['default'];
    return child.type === 'named_imports' ? taken(child) : [];
  });
}

function sourceOf(node: SyntaxNode): SyntaxNode | null {
  const own = node.childForFieldName('source');
  return (
    own ??
    childrenOf(node)
      .find((c) => c.type === 'import_require_clause')
      ?.childForFieldName('source') ??
    null
  );
}

const imports: LanguageRules['imports'] = {
  import_statement(node) {
    const source = sourceOf(node);
    const clause = childrenOf(node).find((child) => child.type === 'import_clause');
    return source ? [{ specifier: unquoted(source.text), names: taken(clause) }] : [];
  },
  export_statement(node) {
    const source = node.childForFieldName('source');
    const clause = childrenOf(node).find((child) => child.type === 'export_clause');
    return source ? [{ specifier: unquoted(source.text), names: taken(clause) }] : [];
  },
  call_expression(node) {
    const callee = node.childForFieldName('function');
    if (callee?.type !== 'import' && callee?.text !== 'require') return [];
    const [first] = childrenOf(node.childForFieldName('arguments'));
    if (first?.type !== 'string') return [];
    const around = node.parent;
    const pattern = around?.type === 'variable_declarator' ? around.childForFieldName('name') : null;
    const names =
      pattern?.type === 'object_pattern'
        ? childrenOf(pattern).map((child) => child.childForFieldName('key')?.text ?? child.text)
        : [];
    return [{ specifier: unquoted(first.text), names }];
  },
};

/** A pattern that only gives names: defaults and computed keys run code. */
function isPlainPattern(pattern: SyntaxNode | null): boolean {
  if (!pattern) return false;
  if (/^(?:identifier|shorthand_property_identifier_pattern|property_identifier)$/.test(pattern.type)) return true;
  if (!/^(?:object_pattern|array_pattern|pair_pattern|rest_pattern)$/.test(pattern.type)) return false;
  return childrenOf(pattern).every(isPlainPattern);
}

function onlyImports(node: SyntaxNode): boolean {
  if (node.type === 'import_statement') return true;
  if (node.type === 'expression_statement') return isRequire(childrenOf(node)[0] ?? null);
  if (node.type !== 'lexical_declaration' && node.type !== 'variable_declaration') return false;
  const declarators = childrenOf(node).filter((child) => child.type === 'variable_declarator');
  return (
    declarators.length > 0 &&
    declarators.every(
      (one) => isRequire(one.childForFieldName('value')) && isPlainPattern(one.childForFieldName('name')),
    )
  );
}

const shared: Omit<LanguageRules, 'id' | 'extensions'> = {
  declares,
  holds: new Set([
    'export_statement',
    'ambient_declaration',
    'lexical_declaration',
    'variable_declaration',
    'expression_statement',
  ]),
  opens: new Set(['internal_module', 'module', 'statement_block']),
  // In a module, `<!--` is no comment.
  comments: new Set(['comment']),
  above: new Set(['decorator']),
  obeyed:
    /@(?:ts-(?:no)?check|jsx|flow|noflow|jest-environment|vitest-environment|typedef|callback|import|overload)|(?:eslint|oxlint|tslint:)-?(?:disable|enable)(?!-(?:next-)?line)|eslint-env|^\/\*\s*(?:eslint|globals?|exported)\s|biome-ignore-all|deno-lint-ignore-file|(?:istanbul|c8|v8) ignore|^\/\/\/\s*<|[#@]\s*source(?:Mapping)?URL/,
  imports,
  onlyImports,
};

export const typescript: LanguageRules = { id: 'typescript', extensions: ['ts', 'mts', 'cts'], ...shared };
export const tsx: LanguageRules = { id: 'tsx', extensions: ['tsx'], ...shared };
export const javascript: LanguageRules = { id: 'javascript', extensions: ['js', 'jsx', 'mjs', 'cjs'], ...shared };
