import type { LanguageId } from './model.ts';
import { childrenOf, fieldsOf, unquoted, type SyntaxNode } from './syntax.ts';
import {
  asserting,
  BRANCHES,
  CALLS,
  conditionOf,
  DEEPEST,
  headOf,
  isAssertion,
  isInAssertion,
  namedFunction,
  squeezed,
  type Asserting,
  type Assertion,
} from './assertions.ts';
import { declaredTest, type DeclaredTest } from './test-declarations.ts';

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

/** The tests of a parsed file. */
export function testsOf(language: LanguageId, root: SyntaxNode): TestFile {
  const walk = new Walk(language);
  walk.visit(root, { isInside: false, state: 'runs', condition: null, many: false, depth: 0 });
  walk.finish();
  return walk;
}

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
    const found = declaredTest(this.#language, node);
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

  #test(
    node: SyntaxNode,
    found: DeclaredTest,
    context: Context,
  ): Omit<TestCase, 'assertions' | 'guarded' | 'swallowedAt'> {
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
