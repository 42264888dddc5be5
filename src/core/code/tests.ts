import type { LanguageId } from './model.ts';
import { childrenOf, fieldsOf, unquoted, type SyntaxNode } from './syntax.ts';
import { swallowedParts } from './swallowed.ts';
import { isTautology } from './tautology.ts';

/** One test of a file, as far as its own text says what becomes of it. */
export interface TestCase {
  /** As written; for a computed name its source text. */
  readonly name: string;
  /** From 1. */
  readonly line: number;
  readonly state: 'runs' | 'skipped' | 'todo' | 'only';
  /** The condition under which it is declared at all; `null`: always. */
  readonly condition: string | null;
  /** It stands for several: in a loop, or with a table of cases. */
  readonly many: boolean;
  /** Its assertions without blanks, in order, those of the file's own functions that it calls among them. */
  readonly assertions: readonly string[];
  /** Those that stand under a condition. */
  readonly guarded: readonly string[];
  /** The line of an assertion that may fail unseen: what it throws is caught and dropped, or comes too late. */
  readonly swallowedAt: number | null;
  /** It passes when it fails. */
  readonly inverted: boolean;
  /** Its body without blanks. */
  readonly body: string;
  /** The line of a statement that leaves it before its end, whatever happens. */
  readonly leavesAt: number | null;
  /** The line of a condition under which it leaves before its first assertion. */
  readonly mayLeaveAt: number | null;
}

export interface TestMark {
  readonly text: string;
  readonly line: number;
}

/** What a parser saw of the tests of one file. */
export interface TestFile {
  readonly tests: readonly TestCase[];
  /** Assertions outside of its tests and of the functions that they call: in hooks. */
  readonly hooked: number;
  /** Calls that end the whole process as if all were well. */
  readonly exits: readonly TestMark[];
  /** Modules or names that are replaced by a stand-in, by what is replaced. */
  readonly mocks: readonly TestMark[];
  /** Functions of something else that are replaced while it stands: `lib.sum`. */
  readonly stubs: readonly TestMark[];
  /** Names taken from files beside it, by name: from where. */
  readonly imported: ReadonlyMap<string, string>;
  /** Names that the file makes itself, by name: the line. */
  readonly declared: ReadonlyMap<string, number>;
}

/** A reader that tells the tests of a file. `null`: no grammar, too large, or it could not be parsed whole. */
export interface TestReader {
  readTests(path: string, text: string): TestFile | null;
}

const CALLS = new Set([
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

const EXITS =
  /^(?:process\.exit|os\._exit|sys\.exit|exit!?|System\.exit|os\.Exit|Environment\.Exit|(?:std::)?process::exit)\s*\(?\s*0?\s*\)?$/;

/** Calls by which a function of something else gets another answer. */
const STUBS: readonly RegExp[] = [
  /^(?:jest|vi)\.spyOn\(\s*([\w.]+)\s*,\s*['"`](\w+)['"`][^)]*\)\s*\.mock(?:Return|Resolved|Rejected|Implementation)/,
  /^(?:sinon|sandbox)\.(?:stub|replace)\(\s*([\w.]+)\s*,\s*['"`](\w+)/,
  /^(?:\w+\.)*mock\.method\(\s*([\w.]+)\s*,\s*['"`](\w+)['"`]\s*,/,
  /^td\.replace\(\s*([\w.]+)\s*,\s*['"`](\w+)/,
  /^allow(?:_any_instance_of)?\((\w+)\)\.to\s+receive\w*\(?\s*:(\w+)/,
  /^([A-Z]\w*)\.stubs?\(\s*:(\w+)/,
  /^(?:Mockito\.)?mockStatic\(\s*(\w+)\.class/,
  /^(?:\\)?Mockery::mock\(\s*['"](?:alias|overload):([\w\\]+)/,
];

/** A function, or what makes one. */
function isMade(node: SyntaxNode): boolean {
  return (
    /function|lambda/.test(node.type) ||
    /^(?:jest|vi|sinon|mock|td|test\.mock|t\.mock|unittest\.mock)\.\w+\(|^(?:Magic)?Mock\(/.test(node.text.slice(0, 60))
  );
}

const BRANCHES =
  /^(?:if_statement|if|unless|if_expression|conditional_expression|ternary_expression|switch_statement)$/;
const LOOPS =
  /^(?:for_(?:in_)?statement|for_of_statement|for_expression|foreach_statement|enhanced_for_statement|for|while_statement)$/;
const RETURNS = /^return(?:_statement|_expression)?$/;

interface Context {
  /** Inside of a test, or of a function with a name. */
  readonly isInside: boolean;
  readonly state: TestCase['state'];
  readonly condition: string | null;
  readonly many: boolean;
  readonly depth: number;
}

/** A node that declares a test or a group of tests. */
interface Found {
  readonly name: string;
  readonly body: SyntaxNode | null;
  readonly state: TestCase['state'];
  readonly many: boolean;
  readonly isGroup: boolean;
  readonly inverted?: boolean;
}

/** An assertion as it was read. */
interface Assertion {
  readonly text: string;
  /** What is called, where it is a plain name. */
  readonly name: string;
  readonly line: number;
  readonly isGuarded: boolean;
  readonly isSwallowed: boolean;
}

/** What a function asserts, and which functions it calls. */
interface Asserting {
  readonly assertions: readonly Assertion[];
  readonly calls: readonly string[];
}

/** The tests of a parsed file. */
export function testsOf(language: LanguageId, root: SyntaxNode): TestFile {
  const walk = new Walk(language);
  walk.visit(root, { isInside: false, state: 'runs', condition: null, many: false, depth: 0 });
  walk.finish();
  return walk;
}

/** Deeper nesting is generated. */
const DEEPEST = 200;

class Walk implements TestFile {
  readonly tests: TestCase[] = [];
  hooked = 0;
  readonly exits: TestMark[] = [];
  readonly mocks: TestMark[] = [];
  readonly stubs: TestMark[] = [];
  readonly imported = new Map<string, string>();
  readonly declared = new Map<string, number>();
  readonly #language: LanguageId;
  readonly #read: (readonly [Omit<TestCase, 'assertions' | 'guarded' | 'swallowedAt'>, Asserting])[] = [];
  /** Functions of the file by name. */
  readonly #functions = new Map<string, Asserting>();

  constructor(language: LanguageId) {
    this.#language = language;
  }

  visit(node: SyntaxNode, context: Context): void {
    if (context.depth > DEEPEST) return;
    this.#note(node, context);
    const inner: { -readonly [K in keyof Context]: Context[K] } = { ...context, depth: context.depth + 1 };
    const found = this.#found(node);
    if (found) {
      inner.state = found.state === 'runs' ? context.state : found.state;
      inner.many = context.many || found.many;
      if (!found.isGroup) {
        // Tests in tests (subtests) are tests too.
        this.#read.push([this.#test(node, found, inner), asserting(this.#language, found.body ?? node)]);
        inner.isInside = true;
      }
    } else if (BRANCHES.test(node.type)) inner.condition = squeezed(conditionOf(node));
    else if (LOOPS.test(node.type) || isIteration(node)) inner.many = true;
    const named = found ? null : namedFunction(node);
    if (named) {
      this.#functions.set(named.name, asserting(this.#language, named.body));
      inner.isInside = true;
    }
    for (const child of childrenOf(node)) this.visit(child, inner);
  }

  #found(node: SyntaxNode): Found | null {
    switch (this.#language) {
      case 'javascript':
      case 'typescript':
      case 'tsx':
        return scriptTest(node);
      case 'ruby':
        return rubyTest(node);
      default:
        return functionTest(this.#language, node);
    }
  }

  /** Once all functions of the file are known. */
  finish(): void {
    for (const [read, own] of this.#read) {
      const all = this.#resolved(own, new Set(), 0);
      const kept = all.filter((assertion) => !assertion.isSwallowed);
      this.tests.push({
        ...read,
        assertions: kept.map(({ text }) => text),
        guarded: kept.flatMap(({ text, isGuarded }) => (isGuarded ? [text] : [])),
        swallowedAt: all.find(({ isSwallowed }) => isSwallowed)?.line ?? null,
      });
    }
  }

  /** With what the functions assert that are called; a call that reads like an assertion counts as what it does. */
  #resolved(own: Asserting, seen: ReadonlySet<string>, depth: number): readonly Assertion[] {
    const known = (name: string): boolean => this.#functions.has(name) && !seen.has(name);
    const plain = own.assertions.filter(({ name }) => !known(name));
    if (depth > 3) return plain;
    const called = own.calls.filter(known).slice(0, 200);
    return [
      ...plain,
      ...called.flatMap((name) => {
        const helper = this.#functions.get(name);
        return helper ? this.#resolved(helper, new Set([...seen, name]), depth + 1) : [];
      }),
    ];
  }

  #test(node: SyntaxNode, found: Found, context: Context): Omit<TestCase, 'assertions' | 'guarded' | 'swallowedAt'> {
    const statements = statementsOf(found.body);
    const leaving = statements.findIndex((statement) => leaves(statement));
    const skips = statements.some((statement) => isSkip(statement));
    return {
      name: found.name,
      line: node.startPosition.row + 1,
      state: skips && context.state === 'runs' ? 'skipped' : context.state,
      condition: context.condition,
      many: context.many || /\bt\.Run\(|\.subTest\(/.test(found.body?.text ?? ''),
      inverted: found.inverted ?? false,
      body: squeezed(found.body?.text ?? ''),
      leavesAt:
        leaving >= 0 && leaving < statements.length - 1 ? (statements[leaving]?.startPosition.row ?? 0) + 1 : null,
      mayLeaveAt: mayLeave(statements),
    };
  }

  /** What a file says outside of its tests. */
  #note(node: SyntaxNode, { isInside }: Context): void {
    const line = node.startPosition.row + 1;
    if (!isInside && isAssertion(node) && !(node.parent && isInAssertion(node.parent))) this.hooked++;
    if (CALLS.has(node.type)) {
      const text = node.text.length > 300 ? node.text.slice(0, 300) : node.text;
      if (EXITS.test(text)) this.exits.push({ text: squeezed(text), line });
      const mock =
        /^(?:jest|vi|vitest)\.(?:mock|doMock|unstable_mockModule)\(\s*(?:import\()?\s*['"`]([^'"`]+)/.exec(text) ??
        /^(?:\w+\.)?mock\.module\(\s*['"`]([^'"`]+)/.exec(text) ??
        /^(?:proxyquire|rewiremock|td\.replace(?:Esm)?)\(\s*['"`]([^'"`]+)/.exec(text) ??
        /^(?:\w+\.)*patch(?:\.object)?\(\s*['"]?([\w.]+)/.exec(text) ??
        /^monkeypatch\.setattr\(\s*['"]?([\w.]+)/.exec(text);
      if (mock?.[1] !== undefined) this.mocks.push({ text: mock[1], line });
      const stub = STUBS.map((pattern) => pattern.exec(text)).find(Boolean);
      if (stub?.[1] !== undefined) this.stubs.push({ text: [stub[1], stub[2]].filter(Boolean).join('.'), line });
    } else if (/^assignment(?:_expression)?$/.test(node.type)) {
      const left = node.childForFieldName('left');
      const right = node.childForFieldName('right');
      if (left && right && /^(?:member_expression|attribute)$/.test(left.type) && isMade(right))
        this.stubs.push({ text: left.text.replaceAll(/\s|\?/g, ''), line });
    }
    if (node.type === 'import_statement') {
      const from = unquoted(node.childForFieldName('source')?.text ?? '');
      if (from !== '') for (const name of namesIn(node)) this.imported.set(name, from);
    } else if (node.type === 'import_from_statement') {
      const from = node.childForFieldName('module_name')?.text ?? '';
      for (const name of fieldsOf(node, 'name'))
        this.imported.set(name.childForFieldName('alias')?.text ?? name.text, from);
    } else if (node.type === 'variable_declarator') {
      const value = node.childForFieldName('value');
      const from = /^(?:await\s+)?(?:require|import)\(\s*['"`]([^'"`]+)/.exec(value?.text ?? '')?.[1];
      const name = node.childForFieldName('name');
      const names = name?.type === 'identifier' ? [name.text] : namesIn(name);
      for (const bound of names) {
        if (from !== undefined) this.imported.set(bound, from);
        else if (value) this.declared.set(bound, line);
      }
    } else if (/^function_d(?:eclaration|efinition)$|^class_d(?:eclaration|efinition)$/.test(node.type)) {
      const name = node.childForFieldName('name')?.text;
      if (name !== undefined) this.declared.set(name, line);
    } else if (node.type === 'assignment' && node.childForFieldName('left')?.type === 'identifier') {
      this.declared.set(node.childForFieldName('left')?.text ?? '', line);
    }
  }
}

function namesIn(node: SyntaxNode | null): string[] {
  const types = ['identifier', 'shorthand_property_identifier_pattern'];
  return (node?.descendantsOfType(types) ?? []).flatMap((one) => (one ? [one.text] : []));
}

function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

function conditionOf(node: SyntaxNode): string {
  return (node.childForFieldName('condition') ?? childrenOf(node)[0])?.text ?? '';
}

/** What is called, without its arguments. */
function headOf(node: SyntaxNode): string {
  const called =
    node.childForFieldName('function') ?? node.childForFieldName('macro') ?? node.childForFieldName('method');
  const text = (called ?? node).text;
  if (called && node.childForFieldName('function') === null && node.type !== 'macro_invocation') {
    const on = node.childForFieldName('receiver') ?? node.childForFieldName('object');
    return on && on.text.length < 60 ? `${on.text}.${called.text}` : called.text;
  }
  return text;
}

function isAssertion(node: SyntaxNode): boolean {
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

function isInAssertion(node: SyntaxNode): boolean {
  for (let at: SyntaxNode | null = node, steps = 0; at && steps < 12; at = at.parent, steps++) {
    if (isAssertion(at)) return true;
    if (/function|block|body|lambda|program/.test(at.type)) return false;
  }
  return false;
}

/** What a body asserts, without what functions in it assert that have a name of their own. */
function asserting(language: LanguageId, body: SyntaxNode): Asserting {
  const assertions: Assertion[] = [];
  const calls: string[] = [];
  const visit = (node: SyntaxNode, depth: number, isGuarded: boolean, isSwallowed: boolean): void => {
    if (depth > DEEPEST) return;
    if (isAssertion(node)) {
      // `if (x !== 3) throw`: there the condition is the assertion, and the rest what a person reads.
      const isFailure = /^(?:throw|raise)/.test(node.type) || FAILS.test(headOf(node));
      const asked = isFailure ? askedBefore(node) : '';
      const dropped = swallowedParts(node, language, isAssertion).length > 0;
      if (!isTautology(node))
        assertions.push({
          text: squeezed(asked === '' ? node.text : `${asked}${calleeOf(node)}`),
          name: calleeOf(node),
          line: node.startPosition.row + 1,
          isGuarded: isGuarded && !isFailure,
          isSwallowed: isSwallowed || dropped,
        });
    }
    if (CALLS.has(node.type)) {
      calls.push(calleeOf(node));
      for (const argument of childrenOf(node.childForFieldName('arguments')))
        if (argument.type === 'identifier') calls.push(argument.text);
    }
    const inAssertion = isAssertion(node);
    const dropped = new Set(swallowedParts(node, language, isAssertion).map(placeOf));
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
function namedFunction(node: SyntaxNode): { readonly name: string; readonly body: SyntaxNode } | null {
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

/** The line of a condition, before the first assertion, under which a test is left. */
function mayLeave(statements: readonly SyntaxNode[]): number | null {
  for (const statement of statements) {
    if (/^(?:if_statement|if|unless|if_modifier|unless_modifier|expression_statement)$/.test(statement.type)) {
      const branch = statement.type === 'expression_statement' ? childrenOf(statement)[0] : statement;
      if (
        branch &&
        /^(?:if|unless)/.test(branch.type) &&
        /\b(?:return\b|skip\w*\s*\(|Skip\w*\(|SkipTest|markTestSkipped|pending\b|abort\()/.test(branch.text) &&
        !ASSERTING.test(branch.text)
      )
        return statement.startPosition.row + 1;
    }
    if (ASSERTING.test(statement.text)) return null;
  }
  return null;
}

const ASSERTING = /\b(?:assert\w*|expect|should|verify\w*|refute|fail\w*|throw|raise|panic|Fatal\w*|Errorf?)\b/;

/** `if (sum(1, 2) !== 3) throw ...`: what is expected stands in the condition. */
function askedBefore(node: SyntaxNode): string {
  for (let at = node.parent, steps = 0; at && steps < 4; at = at.parent, steps++) {
    if (BRANCHES.test(at.type)) return `${conditionOf(at)}:`;
    if (/function|lambda|method/.test(at.type)) break;
  }
  return '';
}

function statementsOf(body: SyntaxNode | null): SyntaxNode[] {
  if (!body) return [];
  const inner = childrenOf(body).filter((child) => !/comment/.test(child.type));
  const [only] = inner;
  if (inner.length === 1 && only && /^(?:statement_list|body_statement|block)$/.test(only.type))
    return statementsOf(only);
  return inner;
}

function leaves(statement: SyntaxNode): boolean {
  if (RETURNS.test(statement.type)) return true;
  const [only] = childrenOf(statement);
  return statement.type === 'expression_statement' && only !== undefined && RETURNS.test(only.type);
}

/** A statement by which a test takes itself out. */
function isSkip(statement: SyntaxNode): boolean {
  const text = statement.text.slice(0, 120);
  return /^(?:return\s+)?(?:test\.(?:skip|fixme|fail)\(\s*(?:\)|true\b)|(?:t|this|ctx|context)\.skip\(|pytest\.(?:skip|xfail)\(|self\.skipTest\(|raise\s+(?:unittest\.)?SkipTest|[tb]\.Skip(?:Now|f)?\(|skip(?:\s|\(|$)|pending(?:\s|\(|$)|omit(?:\s|\(|$)|\$this->markTest(?:Skipped|Incomplete)|(?:self|static)::markTest(?:Skipped|Incomplete)|Assert\.(?:Ignore|Inconclusive|Skip)\(|Skip\.|(?:Assumptions\.)?assume(?:True|False)\(\s*(?:true|false)\s*[,)])/.test(
    text,
  );
}

/** `[...].forEach(...)`, `each do`: what is declared inside is declared for each. */
function isIteration(node: SyntaxNode): boolean {
  return CALLS.has(node.type) && /\.(?:forEach|map|each|each_with_index|times|iter)$/.test(headOf(node));
}

function scriptTest(node: SyntaxNode): Found | null {
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

function rubyTest(node: SyntaxNode): Found | null {
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
function functionTest(language: LanguageId, node: SyntaxNode): Found | null {
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
