import type { LanguageId } from './model.ts';
import { swallowedParts } from './swallowed.ts';
import { childrenOf, type SyntaxNode } from './syntax.ts';
import { isTautology } from './tautology.ts';

/** Kinds of nodes in which something is called, in all languages. */
export const CALLS = new Set([
  'call_expression',
  'call',
  'method_invocation',
  'invocation_expression',
  'member_call_expression',
  'scoped_call_expression',
  'function_call_expression',
  'macro_invocation',
]);

/** The name of an assertion, as the last part of what is called. */
const ASSERTS =
  /(?:^|[.:>\s])(?:assert\w*|expect\w*|verify\w*|should\w*|refute\w*|must_\w+|fail\w*|raises|panic!?|t\.(?:is|not|equal|same|ok|notOk|true|false|truthy|falsy|deep\w+|throws\w*|rejects|doesNotThrow|match|like|regex|snapshot|pass|plan|[Ee]rror\w*|Fatal\w*|Fail\w*)|(?:b|f)\.(?:Error\w*|Fatal\w*|Fail\w*)|require\.[A-Z]\w*)!?$/i;

/** Or the first: `assert.equal`, `expect(x).toBe`. */
const ASSERTS_BY = /^(?:await\s+)?(?:assert|expect|chai|should|sinon\.assert|Assert|Assertions|t\.assert)\b/;

/** Kinds of nodes of which a part runs under a condition. */
export const BRANCHES =
  /^(?:if_statement|if|unless|if_expression|conditional_expression|ternary_expression|switch_statement)$/;

/** An assertion as it was read. */
export interface Assertion {
  readonly text: string;
  /** What is called, where it is a plain name. */
  readonly name: string;
  readonly line: number;
  readonly isGuarded: boolean;
  readonly isSwallowed: boolean;
}

/** What a function asserts, and which functions it calls. */
export interface Asserting {
  readonly assertions: readonly Assertion[];
  readonly calls: readonly string[];
}

/** Deeper nesting is generated. */
export const DEEPEST = 200;

/** A text without its blanks: how assertions and bodies are compared. */
export function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

/** What a branch depends on. */
export function conditionOf(node: SyntaxNode): string {
  return (node.childForFieldName('condition') ?? childrenOf(node)[0])?.text ?? '';
}

/** What is called, without its arguments. */
export function headOf(node: SyntaxNode): string {
  const called =
    node.childForFieldName('function') ?? node.childForFieldName('macro') ?? node.childForFieldName('method');
  const text = (called ?? node).text;
  if (called && node.childForFieldName('function') === null && node.type !== 'macro_invocation') {
    const on = node.childForFieldName('receiver') ?? node.childForFieldName('object');
    return on && on.text.length < 60 ? `${on.text}.${called.text}` : called.text;
  }
  return text;
}

/** Whether a node fails a test, or is the call that may. */
export function isAssertion(node: SyntaxNode): boolean {
  if (/^(?:assert_statement|throw_statement|raise_statement)$/.test(node.type)) return true;
  if (!CALLS.has(node.type)) return false;
  const head = headOf(node);
  // `expect(x).toBe(1)`: the outermost call carries the whole chain.
  const first = /^[^(]*/.exec(head)?.[0].trim() ?? '';
  const name = node.childForFieldName('name')?.text ?? '';
  return (
    ASSERTS_BY.test(first) ||
    ASSERTS.test(first) ||
    (name !== '' && ASSERTS.test(name)) ||
    /\.(?:should|Should)\b/.test(head)
  );
}

/** Whether a node is one, or a part of one. */
export function isInAssertion(node: SyntaxNode): boolean {
  for (let at: SyntaxNode | null = node, steps = 0; at && steps < 12; at = at.parent, steps++) {
    if (isAssertion(at)) return true;
    if (/function|block|body|lambda|program/.test(at.type)) return false;
  }
  return false;
}

/** What a body asserts, without what functions in it assert that have a name of their own. */
export function asserting(language: LanguageId, body: SyntaxNode): Asserting {
  const assertions: Assertion[] = [];
  const calls: string[] = [];
  const visit = (node: SyntaxNode, depth: number, isGuarded: boolean, isSwallowed: boolean): void => {
    if (depth > DEEPEST) return;
    const inAssertion = isAssertion(node);
    const swallowing = swallowedParts(node, language, isAssertion);
    if (inAssertion) {
      // `if (x !== 3) throw`: there the condition is the assertion, and the rest what a person reads.
      const isFailure = /^(?:throw|raise)/.test(node.type) || FAILS.test(headOf(node));
      const asked = isFailure ? askedBefore(node) : '';
      if (!isTautology(node))
        assertions.push({
          text: squeezed(asked === '' ? node.text : `${asked}${calleeOf(node)}`),
          name: calleeOf(node),
          line: node.startPosition.row + 1,
          isGuarded: isGuarded && !isFailure,
          isSwallowed: isSwallowed || swallowing.length > 0,
        });
    }
    if (CALLS.has(node.type)) {
      calls.push(calleeOf(node));
      for (const argument of childrenOf(node.childForFieldName('arguments')))
        if (argument.type === 'identifier') calls.push(argument.text);
    }
    const dropped = new Set(swallowing.map(placeOf));
    const isBranch = BRANCHES.test(node.type);
    for (const child of childrenOf(node)) {
      if (depth > 0 && namedFunction(child)) continue;
      const guarded = isGuarded || (isBranch && !isCondition(node, child));
      const swallowed = isSwallowed || dropped.has(placeOf(child));
      if (inAssertion) visitCalls(child, depth + 1);
      else visit(child, depth + 1, guarded, swallowed);
    }
  };
  /** Inside of an assertion nothing else is asserted, but functions are called. */
  const visitCalls = (node: SyntaxNode, depth: number): void => {
    if (depth > DEEPEST) return;
    if (CALLS.has(node.type)) calls.push(calleeOf(node));
    for (const child of childrenOf(node)) visitCalls(child, depth + 1);
  };
  visit(body, 0, false, false);
  return { assertions, calls };
}

/** The plain name of what is called. */
function calleeOf(node: SyntaxNode): string {
  const called = ['function', 'macro', 'method', 'name'].map((field) => node.childForFieldName(field)).find(Boolean);
  return (called?.text ?? '').replace(/^.*[.:>]/s, '');
}

/** Calls that fail at once: the condition before them is what is asserted. */
const FAILS = /(?:^|[.:>])(?:fail\w*|panic!?|[Ee]rrorf?|Fatalf?|FailNow|flunk|unreachable!?)$/;

function placeOf(node: SyntaxNode): string {
  return `${node.startIndex} ${node.endIndex} ${node.type}`;
}

function isCondition(branch: SyntaxNode, child: SyntaxNode): boolean {
  const condition = branch.childForFieldName('condition') ?? childrenOf(branch)[0];
  return condition != null && placeOf(condition) === placeOf(child);
}

/** A function that has a name by which it can be called. */
export function namedFunction(node: SyntaxNode): { readonly name: string; readonly body: SyntaxNode } | null {
  if (
    /^(?:function_declaration|function_definition|function_item|method_declaration|method_definition|method|singleton_method|local_function_statement|generator_function_declaration)$/.test(
      node.type,
    )
  ) {
    const name = node.childForFieldName('name')?.text;
    const body = node.childForFieldName('body');
    return name !== undefined && body ? { name, body } : null;
  }
  if (!/^(?:variable_declarator|short_var_declaration|let_declaration|assignment|lexical_declaration)$/.test(node.type))
    return null;
  const left = node.childForFieldName('name') ?? node.childForFieldName('left') ?? node.childForFieldName('pattern');
  const given = node.childForFieldName('value') ?? node.childForFieldName('right');
  const right = given?.type === 'expression_list' ? childrenOf(given)[0] : given;
  if (
    !left ||
    !right ||
    !/^(?:arrow_function|function_expression|func_literal|closure_expression|lambda)$/.test(right.type)
  )
    return null;
  return { name: left.text, body: right.childForFieldName('body') ?? right };
}

/** `if (sum(1, 2) !== 3) throw ...`: what is expected stands in the condition. */
function askedBefore(node: SyntaxNode): string {
  for (let at = node.parent, steps = 0; at && steps < 4; at = at.parent, steps++) {
    if (BRANCHES.test(at.type)) return `${conditionOf(at)}:`;
    if (/function|lambda|method/.test(at.type)) break;
  }
  return '';
}
