import type { LanguageId } from './model.ts';
import { childrenOf, type SyntaxNode } from './syntax.ts';

/** What a failed assertion throws, by language, and what stands above it. No type at all catches everything. */
const CATCHES: Readonly<Partial<Record<LanguageId, RegExp>>> = {
  python: /\b(?:Exception|BaseException|AssertionError)\b/,
  java: /\b(?:Throwable|Error|AssertionError|AssertionFailedError|ComparisonFailure)\b/,
  'c-sharp': /\b(?:Exception|XunitException|AssertionException|AssertFailedException)\b/,
  php: /\b(?:Throwable|Exception|ExpectationFailedException|AssertionFailedError)\b/,
  ruby: /\b(?:Exception|StandardError|ExpectationNotMetError|Assertion|AssertionFailedError)\b/,
};

/** What makes a handler more than silence: it fails, tells whoever waits, or ends the program. */
const LOUD =
  /\b(?:done|reject|next|cb|callback|fail\w*|exit\w*|abort|panic|raise|throw|rethrow|resume_unwind|exitCode|markTest\w+|skip\w*|flunk|Fatal\w*|Errorf?|FailNow)\b/;

/**
 * The parts of a node in which a failed assertion is never seen: the body of a `try` whose handler is silent, a promise
 * whose rejection is dropped, a block that suppresses, a callback that nobody waits for. Handlers that keep what they
 * caught for a later look are none. `isAssertion`: what counts as an assertion.
 */
export function swallowedParts(
  node: SyntaxNode,
  language: LanguageId,
  isAssertion: (node: SyntaxNode) => boolean,
): readonly SyntaxNode[] {
  const quiet = (handler: SyntaxNode | null): boolean => isQuiet(handler, node, isAssertion);
  switch (node.type) {
    case 'try_statement':
    case 'try_with_resources_statement': {
      const body = node.childForFieldName('body') ?? childrenOf(node).find((child) => child.type === 'block') ?? null;
      const handlers = childrenOf(node).filter((child) =>
        /^(?:catch_clause|except_(?:group_)?clause)$/.test(child.type),
      );
      const lost = handlers.some((handler) => catchesAssertions(handler, language) && quiet(bodyOf(handler)));
      return body && (lost || returnsInFinally(node)) ? [body] : [];
    }
    case 'with_statement':
    case 'with_clause': {
      const head = node.text.slice(0, Math.max(0, (node.childForFieldName('body')?.startIndex ?? 0) - node.startIndex));
      const body = node.childForFieldName('body');
      const suppresses =
        /\bsuppress\s*\(/.test(head) ||
        /\b(?:assertRaises|raises)\s*\(\s*\(?\s*(?:AssertionError|BaseException|Exception)\b/.test(head);
      return body && suppresses ? [body] : [];
    }
    case 'begin':
    case 'body_statement':
    case 'block_body': {
      const children = childrenOf(node);
      const rescues = children.filter((child) => child.type === 'rescue');
      const lost = rescues.some(
        (rescue) => catchesAssertions(rescue, 'ruby') && quiet(rescue.childForFieldName('body')),
      );
      return lost ? children.filter((child) => !/^(?:rescue|else|ensure)$/.test(child.type)) : [];
    }
    case 'rescue_modifier':
      return childrenOf(node).slice(0, 1);
    case 'block':
    case 'statement_list': {
      if (language !== 'go') return [];
      const children = childrenOf(node);
      const recovers = children.some(
        (child) => child.type === 'defer_statement' && /\brecover\(\)/.test(child.text) && !hasLoud(child, isAssertion),
      );
      return recovers ? children : [];
    }
    case 'call_expression':
      return language === 'rust' ? unwound(node) : droppedPromise(node, isAssertion);
    default:
      return [];
  }
}

function bodyOf(handler: SyntaxNode): SyntaxNode | null {
  return (
    handler.childForFieldName('body') ??
    childrenOf(handler).findLast((child) => /block|compound_statement/.test(child.type)) ??
    null
  );
}

function catchesAssertions(handler: SyntaxNode, language: LanguageId): boolean {
  const pattern = CATCHES[language];
  if (!pattern) return true;
  const body = bodyOf(handler) ?? handler.childForFieldName('body');
  const head = handler.text.slice(0, body ? body.startIndex - handler.startIndex : undefined);
  const type = head
    .replace(/^\s*(?:catch|except\*?|rescue)\s*\(?/, '')
    .replace(/=>\s*\w+|\bas\s+\w+|then\b|[:){]/g, '')
    .trim();
  return type === '' || pattern.test(type);
}

function returnsInFinally(node: SyntaxNode): boolean {
  const last = childrenOf(node).find((child) => /^finally_clause$/.test(child.type));
  return last !== undefined && /\b(?:return|break|continue)\b/.test(last.text);
}

/** `around`: the statement that the handler belongs to, after which what was caught may be looked at. */
function isQuiet(handler: SyntaxNode | null, around: SyntaxNode, isAssertion: (node: SyntaxNode) => boolean): boolean {
  if (!handler) return true;
  if (hasLoud(handler, isAssertion)) return false;
  const kept = /\b(\w+)(?:\.(?:push|append|add|Add))?\s*(?:=(?![=>])|\()/.exec(handler.text)?.[1];
  if (kept === undefined) return true;
  const rest = around.parent?.text.slice(around.endIndex - around.parent.startIndex) ?? '';
  return !new RegExp(`\\b${kept}\\b`).test(rest);
}

function hasLoud(node: SyntaxNode, isAssertion: (node: SyntaxNode) => boolean): boolean {
  const text = node.text.replaceAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*|"[^"\n]*"|'[^'\n]*'|`[^`]*`/g, '');
  // `console.error(error)` only speaks.
  if (LOUD.test(text.replaceAll(/\b(?:console|log(?:ger|ging)?|System\.err|Console)\.\w+/gi, ''))) return true;
  const has = (one: SyntaxNode, depth: number): boolean =>
    depth < 40 && (isAssertion(one) || childrenOf(one).some((child) => has(child, depth + 1)));
  return has(node, 0);
}

/** `catch_unwind(|| ...)` whose result nobody looks at. */
function unwound(node: SyntaxNode): readonly SyntaxNode[] {
  if (!/(?:^|::)catch_unwind$/.test(node.childForFieldName('function')?.text ?? '')) return [];
  let at = node.parent;
  while (at && /^(?:call_expression|field_expression|parenthesized_expression)$/.test(at.type)) at = at.parent;
  const isDropped =
    at?.type === 'expression_statement' ||
    (at?.type === 'let_declaration' && (at.childForFieldName('pattern')?.text ?? '').startsWith('_'));
  const args = node.childForFieldName('arguments');
  return isDropped && args ? [args] : [];
}

/** What comes before `.catch(() => {})`, or inside of a timer that nobody waits for. */
function droppedPromise(node: SyntaxNode, isAssertion: (node: SyntaxNode) => boolean): readonly SyntaxNode[] {
  const called = node.childForFieldName('function');
  const args = node.childForFieldName('arguments');
  if (!called || !args) return [];
  const given = childrenOf(args);
  if (called.type === 'member_expression') {
    const property = called.childForFieldName('property')?.text;
    const handler = property === 'catch' ? given[0] : property === 'then' ? given[1] : undefined;
    if (!handler) return [];
    const isSilent = /function/.test(handler.type)
      ? isQuiet(handler.childForFieldName('body'), node, isAssertion)
      : /\bnoop\b|^console\.|^(?:Boolean|String|Function)\b/.test(handler.text);
    return isSilent ? [called] : [];
  }
  if (!/^(?:setTimeout|setImmediate|setInterval|queueMicrotask)$/.test(called.text)) return [];
  for (let at = node.parent, steps = 0; at && steps < 12; at = at.parent, steps++)
    if (at.type === 'new_expression') return [];
  return /\b(?:done|resolve|reject|cb|callback|next|end)\b/.test(args.text) ? [] : [args];
}
