import type { LanguageId } from './model.ts';
import { childrenOf, unquoted, type SyntaxNode } from './syntax.ts';

/** A node that declares a test or a group of tests. */
export interface DeclaredTest {
  readonly name: string;
  readonly body: SyntaxNode | null;
  /** What becomes of it by its own words. */
  readonly state: 'runs' | 'skipped' | 'todo' | 'only';
  readonly many: boolean;
  readonly isGroup: boolean;
  readonly inverted?: boolean;
}

/** The test, or the group of tests, that a node declares in its language; `null`: it declares none. */
export function declaredTest(language: LanguageId, node: SyntaxNode): DeclaredTest | null {
  switch (language) {
    case 'javascript':
    case 'typescript':
    case 'tsx':
      return scriptTest(node);
    case 'ruby':
      return rubyTest(node);
    default:
      return functionTest(language, node);
  }
}

function scriptTest(node: SyntaxNode): DeclaredTest | null {
  if (node.type !== 'call_expression') return null;
  const head = node.childForFieldName('function')?.text ?? '';
  if (head.length > 4_000) return null;
  const match =
    /^(?:(?:\w+\.)?(x|f)?(test|it|specify|describe|suite|context))((?:\.\w+)*)(\.each)?\s*(?:\(|`|<|$)/.exec(head) ??
    null;
  if (!match) return null;
  const [, prefix = '', word = '', chain = ''] = match;
  if (/^(?:t|assert|expect|page)\./.test(head) && word !== 'test') return null;
  const args = childrenOf(node.childForFieldName('arguments'));
  const [first] = args;
  const body = args.findLast((arg) => /function|arrow_function/.test(arg.type)) ?? null;
  // `regex.test(text)`, `test.each(table)`: not a declaration.
  if (!first || !/string|identifier|binary|call|member/.test(first.type)) return null;
  if (!body && args.length > 1 && !/\.(?:todo|skip)\b/.test(chain)) return null;
  if (!body && !/string/.test(first.type)) return null;
  if (!body && /^\w+\.\w+/.test(head) && !/\.(?:todo|skip|only)$/.test(head)) return null;
  const options = args.find((arg) => arg.type === 'object')?.text ?? '';
  const has = (name: string): boolean =>
    chain.split('.').includes(name) || new RegExp(`\\b${name}\\s*:\\s*(?!false\\b|undefined\\b)`).test(options);
  const isGroup = /^(?:describe|suite|context)$/.test(word);
  const state =
    prefix === 'x' || ['skip', 'skipIf', 'runIf', 'if', 'fixme', 'todoIf'].some(has)
      ? 'skipped'
      : has('todo') || (!body && !isGroup)
        ? 'todo'
        : prefix === 'f' || has('only')
          ? 'only'
          : 'runs';
  const computed = first.type === 'template_string' && first.text.includes('${');
  return {
    name: unquoted(first.text),
    body: body?.childForFieldName('body') ?? null,
    state,
    many: computed || /\.each\b|\.for\b/.test(head),
    isGroup,
    inverted: ['fails', 'failing', 'fail', 'expectFailure'].some(has),
  };
}

function rubyTest(node: SyntaxNode): DeclaredTest | null {
  if (node.type === 'method') {
    const name = node.childForFieldName('name')?.text ?? '';
    if (!name.startsWith('test_')) return null;
    return { name, body: node.childForFieldName('body') ?? node, state: 'runs', many: false, isGroup: false };
  }
  if (node.type !== 'call') return null;
  const method = node.childForFieldName('method')?.text ?? '';
  const match = /^(x|f)?(it|specify|example|test|should|describe|context|feature|scenario)$/.exec(method);
  const block = node.childForFieldName('block');
  if (!match || (node.childForFieldName('receiver') !== null && match[2] !== 'describe')) return null;
  const [first] = childrenOf(node.childForFieldName('arguments'));
  if (!block && !first) return null;
  const rest = node.childForFieldName('arguments')?.text ?? '';
  const skipped = match[1] === 'x' || /\b(?:skip|pending):\s*(?!false)|,\s*:(?:skip|pending)\b/.test(rest);
  const only = match[1] === 'f' || /\bfocus:\s*true|,\s*:focus\b/.test(rest);
  const isGroup = /^(?:describe|context|feature)$/.test(match[2] ?? '');
  return {
    name: unquoted(first?.text ?? ''),
    body: block?.childForFieldName('body') ?? block,
    state: skipped ? 'skipped' : only ? 'only' : !block && !isGroup ? 'todo' : 'runs',
    many: first?.text.includes('#{') ?? false,
    isGroup,
  };
}

/** Languages in which a test is a function or a method, known by its name or by what stands above it. */
function functionTest(language: LanguageId, node: SyntaxNode): DeclaredTest | null {
  if (
    !/^(?:function_definition|function_declaration|function_item|method_declaration|class_definition|class_declaration|mod_item)$/.test(
      node.type,
    )
  )
    return null;
  const name = node.childForFieldName('name')?.text ?? '';
  const isGroup = /^class|^mod/.test(node.type);
  const above = markersOf(node);
  const isTest =
    isGroup ||
    (language === 'python' && name.startsWith('test')) ||
    (language === 'go' && /^(?:Test|Fuzz|Example|Benchmark)(?:[A-Z_]|$)/.test(name)) ||
    (language === 'rust' && /#\[(?:\w+::)*(?:test|rstest|test_case|wasm_bindgen_test)\b/.test(above)) ||
    (language === 'java' && /@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory|Property)\b/.test(above)) ||
    (language === 'c-sharp' &&
      /\[[^\]]*\b(?:Fact|Theory|Test|TestCase|TestMethod|DataTestMethod|TestCaseSource)\b/.test(above)) ||
    (language === 'php' && (name.startsWith('test') || /@test\b|#\[(?:\w+\\)*Test\b/.test(above)));
  if (!isTest) return null;
  const skipped =
    /@(?:\w+\.)*(?:skip|skipIf|skipUnless|skipif|xfail|expectedFailure)\b|#\[ignore|#\[cfg\((?!test\))|#\[cfg_attr\([^\n]*\bignore\b|@(?:\w+\.)*(?:Disabled\w*|Ignore|Enabled(?:If|On|For)\w*)\b|\[[^\]]*\b(?:Ignore|Explicit)\b|\bSkip(?:When|Unless)?\s*=/.test(
      above,
    );
  return {
    name,
    body: node.childForFieldName('body'),
    state: skipped ? 'skipped' : 'runs',
    many: /parametrize|ParameterizedTest|RepeatedTest|Theory|TestCase\b|InlineData|rstest|test_case|dataProvider|DataProvider/.test(
      above,
    ),
    isGroup,
    inverted: /#\[should_panic|expected\s*=\s*(?:AssertionError|Throwable|Error|Exception)\b/.test(above),
  };
}

/** Decorators, annotations and attributes of a declaration, inside of it, around it or above it. */
function markersOf(node: SyntaxNode): string {
  const own = childrenOf(node).filter((child) => /modifiers|attribute|annotation/.test(child.type));
  const around = node.parent?.type === 'decorated_definition' ? childrenOf(node.parent) : [];
  const decorators = around.filter((child) => child.type === 'decorator');
  const siblings = childrenOf(node.parent);
  const above: SyntaxNode[] = [];
  const row = node.startPosition.row;
  const at = siblings.findIndex(
    (one) => one.startPosition.row === row && one.startPosition.column === node.startPosition.column,
  );
  for (let i = at - 1; i >= 0; i--) {
    const one = siblings[i];
    if (!one || !/^(?:attribute_item|comment|block_comment|line_comment|attribute_list)$/.test(one.type)) break;
    above.push(one);
  }
  return [...own, ...decorators, ...above].map((one) => one.text).join('\n');
}
