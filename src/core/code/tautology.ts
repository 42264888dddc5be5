import { childrenOf, type SyntaxNode } from './syntax.ts';

const TRUTHY =
  /(?:^|[.:>\s])(?:assert|ok|isTrue|isOk|assertTrue|IsTrue|True|truthy|assert!|debug_assert!|assert_true|assert_predicate)$/;
const EQUAL =
  /(?:^|[.:>\s])(?:\w*equals?\w*|\w*Equal\w*|same\w*|assertSame|AreSame|is|assert_eq!|assertIs|assert_same|AreEqual)$/i;
const LONGEST = 1_000;

/** Whether an assertion holds whatever the code does: `assert(true)`, `expect(x).toBe(x)`, `assert 1 == 1`. */
export function isTautology(node: SyntaxNode): boolean {
  if (node.endIndex - node.startIndex > LONGEST) return false;
  if (node.type === 'assert_statement') {
    const [condition] = childrenOf(node);
    return condition !== undefined && isAlwaysTrue(condition.text);
  }
  if (/^(?:throw|raise)/.test(node.type)) return false;
  const text = node.text;
  const inner = /^(?:await\s+)?expect\s*\(/.test(text) ? expected(node) : null;
  const given = argumentsOf(node);
  if (inner !== null) {
    if (/\)\s*\.\s*(?:not|not_to|to_not|resolves|rejects)\b/.test(text)) return false;
    const matcher = /\.\s*(\w+)\s*(?:\([^()]*\))?\s*[^)]*$/.exec(text)?.[1] ?? '';
    const [value] = given;
    if (
      value === undefined ||
      /^be_truthy$|^be\s+true$|^be\(true\)$/.test(value) ||
      /^to(?:BeTruthy|BeDefined)$/.test(matcher)
    )
      return isLiteralTrue(inner);
    return isSame(inner, /^(?:eq|eql|equal|be)\s*\(?([\s\S]*?)\)?$/.exec(value)?.[1] ?? value);
  }
  const head = headOf(node);
  const [first, second] = given;
  if (first === undefined) return false;
  if (TRUTHY.test(head) && isAlwaysTrue(first)) return true;
  return second !== undefined && EQUAL.test(head) && !/not/i.test(head) && isSame(first, second);
}

function headOf(node: SyntaxNode): string {
  const called = node.childForFieldName('function') ?? node.childForFieldName('macro');
  if (called) return node.type === 'macro_invocation' ? `${called.text}!` : called.text;
  return (node.childForFieldName('method') ?? node.childForFieldName('name'))?.text ?? '';
}

function expected(node: SyntaxNode): string | null {
  for (let at: SyntaxNode | null = node, steps = 0; at && steps < 8; steps++) {
    const called: SyntaxNode | null =
      at.childForFieldName('function') ?? at.childForFieldName('method') ?? at.childForFieldName('object');
    if (at.type.startsWith('call') && called?.text === 'expect') return argumentsOf(at)[0] ?? null;
    at =
      at.childForFieldName('receiver') ??
      at.childForFieldName('function') ??
      at.childForFieldName('object') ??
      childrenOf(at)[0] ??
      null;
  }
  return null;
}

function argumentsOf(node: SyntaxNode): readonly string[] {
  if (node.type === 'macro_invocation') {
    const tokens = childrenOf(node).find((child) => child.type === 'token_tree')?.text ?? '';
    return apart(tokens.slice(1, -1));
  }
  return childrenOf(node.childForFieldName('arguments')).map((child) => child.text);
}

/** Splits at commas that stand in no bracket or text. */
function apart(text: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const c = text.charAt(at);
    if (quote !== '') {
      if (c === '\\') at++;
      else if (c === quote) quote = '';
    } else if (c === '"') quote = c;
    else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    else if (c === ',' && depth === 0) {
      found.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === '' ? found : [...found, last];
}

function isLiteralTrue(text: string): boolean {
  return /^(?:true|True|TRUE|[1-9]\d*|!0|!false|not False|(["'`])[^"'`]+\1|\[\]|\{\})$/.test(text.trim());
}

function isAlwaysTrue(text: string): boolean {
  const plain = text.trim().replace(/^\((.*)\)$/s, '$1');
  if (isLiteralTrue(plain)) return true;
  if (/(?:\|\||\bor)\s*(?:true|True|1)$/.test(plain)) return true;
  const sides = /^([\s\S]+?)\s*(?:===?|\bis\b|\beq\b)\s*([\s\S]+)$/.exec(plain);
  return sides !== null && isSame(sides[1] ?? '', sides[2] ?? '-');
}

/** The same words, with nothing called that may answer otherwise the second time. */
function isSame(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => text.replaceAll(/\s+/g, ''));
  return left !== undefined && left !== '' && left === right && !left.includes('(');
}
