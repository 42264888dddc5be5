import { looksLikeCommand } from '../text/command-shape.ts';

/** What a wave's `validation` is written in. */
export type ValidationDialect =
  | { readonly dialect: 'command' }
  | { readonly dialect: 'source'; readonly language: 'python' | 'javascript' };

interface Language {
  readonly name: 'python' | 'javascript';
  /** Words that join or begin expressions, so that they may stand beside an operand. */
  readonly operators: ReadonlySet<string>;
  /** Words that begin a statement. */
  readonly statement: RegExp;
  readonly string: RegExp;
}

const python: Language = {
  name: 'python',
  operators: new Set(
    'and or not in is if else for lambda await async yield from as import del global nonlocal raise return with assert'.split(
      ' ',
    ),
  ),
  statement:
    /^(?:from\s+[.\w]+\s+import\s+[\w*(]|import\s+[A-Za-z_][\w.]*(?:\s+as\s+\w+)?(?:\s*,\s*[A-Za-z_][\w.]*(?:\s+as\s+\w+)?)*\s*$|assert\b\s*[^\s.=]|raise\b|del\s|with\s.+:|for\s.+\sin\s.+:|while\s.+:|if\s.+:|else\s*:|elif\s.+:|try\s*:|except\b.*:|finally\s*:|def\s+\w+\s*\(|async\s|class\s+\w+|pass$|return\b|@\w)/,
  string: /^[rbfuRBFU]{0,2}(?:"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')/,
};

const javascript: Language = {
  name: 'javascript',
  operators: new Set(
    'new typeof void delete await async in of instanceof function return throw if else for while const let var import from export as class extends default yield case'.split(
      ' ',
    ),
  ),
  statement:
    /^(?:import\s+(?:[\w*{][^;]*?\sfrom\s+)?["']|import\s*\(|export\s|(?:const|let|var)\s+[\w{[$]|await\s|throw\s|if\s*\(|for\s*\(|while\s*\(|try\s*\{|function\s+\w|async\s|class\s+\w)/,
  string: /^(?:"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'|`(?:[^`\\]|\\[^])*`)/,
};

/**
 * Decides whether a wave's validation is a command line or bare source text, by parsing it as each: source when every
 * statement parses in the plan's technology and at least one does something (an import, a call, an assignment,
 * an assertion); a bare name such as `pytest` has no effect as source, so it is a command. `null` when it is neither.
 */
export function validationDialect(text: string, technology: string | null): ValidationDialect | null {
  for (const language of languagesOf(technology)) {
    if (isSource(text, language)) return { dialect: 'source', language: language.name };
  }
  return looksLikeCommand(text) || isPlainCommand(text) ? { dialect: 'command' } : null;
}

function languagesOf(technology: string | null): readonly Language[] {
  const name = technology?.toLowerCase() ?? '';
  if (/python|django|flask|fastapi/.test(name)) return [python];
  if (/script|node|react|next|vue|svelte|angular|deno|bun|express|nest/.test(name) || /^[jt]s$/.test(name))
    return [javascript];
  return name === '' ? [python, javascript] : [];
}

/** Words without any bracket, for programs this tool has never heard of: `frobnicate --all`, `acme test`. */
function isPlainCommand(text: string): boolean {
  return (
    /^(?:[A-Za-z_]\w*=\S+\s+)*[./\w@+-]*\w(?:\s+[^()\n]*)?$/.test(text.trim()) &&
    !/^[A-Z]\w*\s+[a-z]+\s+[a-z]+/.test(text.trim())
  );
}

function isSource(text: string, language: Language): boolean {
  const statements = splitStatements(text, language);
  if (!statements || statements.length === 0) return false;
  let effect = false;
  for (const statement of statements) {
    const tokens = tokenize(statement, language);
    if (!tokens || !alternates(tokens, language)) return false;
    const kind = language.statement.test(statement) || isAssignment(tokens) || isCall(tokens);
    if (kind) effect = true;
    else if (!/^[\w.]+$/.test(statement)) {
      // An expression such as `make -j4` reads as a subtraction; without an effect it is no source anybody would write.
      return false;
    }
  }
  return effect;
}

/** Statements at `;` and line ends outside brackets and strings; `null` when a bracket or string is left open. */
function splitStatements(text: string, language: Language): string[] | null {
  const statements: string[] = [];
  let current = '';
  let depth = 0;
  let i = 0;
  while (i < text.length) {
    const c = text[i] ?? '';
    if (c === '"' || c === "'" || (c === '`' && language === javascript)) {
      const literal = language.string.exec(text.slice(i))?.[0];
      if (literal === undefined) return null;
      current += literal;
      i += literal.length;
      continue;
    }
    if (c === '#' && language === python) {
      while (i < text.length && text[i] !== '\n') i++;
      continue;
    }
    if ('([{'.includes(c)) depth++;
    if (')]}'.includes(c) && --depth < 0) return null;
    if ((c === ';' || c === '\n') && depth === 0) {
      if (current.trim() !== '') statements.push(current.trim());
      current = '';
    } else current += c;
    i++;
  }
  if (depth !== 0) return null;
  if (current.trim() !== '') statements.push(current.trim());
  return statements;
}

interface Token {
  readonly kind: 'operand' | 'word-operator' | 'operator' | 'open' | 'close';
  readonly text: string;
}

function tokenize(statement: string, language: Language): Token[] | null {
  const tokens: Token[] = [];
  let rest = statement;
  while (rest !== '') {
    const space = /^\s+/.exec(rest)?.[0];
    if (space) {
      rest = rest.slice(space.length);
      continue;
    }
    const literal = language.string.exec(rest)?.[0];
    const word = literal ? undefined : /^[\p{L}_$][\p{L}\p{N}_$]*/u.exec(rest)?.[0];
    const number = literal || word ? undefined : /^\d[\w.]*/.exec(rest)?.[0];
    const operator =
      literal || word || number
        ? undefined
        : /^(?:=>|->|\*\*|\/\/|[=!<>]=+|&&|\|\||\?\?|\?\.|\.\.\.|[-+*/%@&|^~<>=!?:.,])/.exec(rest)?.[0];
    const text = literal ?? word ?? number ?? operator ?? rest[0] ?? '';
    if (literal || number) tokens.push({ kind: 'operand', text });
    else if (word) tokens.push({ kind: language.operators.has(word) ? 'word-operator' : 'operand', text });
    else if (operator) tokens.push({ kind: 'operator', text });
    else if ('([{'.includes(text)) tokens.push({ kind: 'open', text });
    else if (')]}'.includes(text)) tokens.push({ kind: 'close', text });
    else return null;
    rest = rest.slice(text.length);
  }
  return tokens;
}

/** Two operands never stand side by side in an expression, as the words of a command line do. */
function alternates(tokens: readonly Token[], language: Language): boolean {
  for (let i = 1; i < tokens.length; i++) {
    const before = tokens[i - 1];
    const here = tokens[i];
    if (!before || !here) continue;
    const ends = before.kind === 'operand' || before.kind === 'close';
    if (ends && here.kind === 'operand') {
      const adjacentStrings = language === python && /["']$/.test(before.text) && /["']$/.test(here.text);
      const afterBlock = before.text === '}' || /^(?:def|class|async)$/.test(before.text);
      if (!adjacentStrings && !afterBlock) return false;
    }
  }
  return true;
}

function isAssignment(tokens: readonly Token[]): boolean {
  const at = tokens.findIndex((token) => token.text === '=');
  return at > 0 && at < tokens.length - 1 && tokens[0]?.kind === 'operand' && tokens[0].text !== tokens[at]?.text;
}

function isCall(tokens: readonly Token[]): boolean {
  const head = tokens[0]?.text === 'await' ? tokens.slice(1) : tokens;
  return (
    head[0]?.kind === 'operand' &&
    head.some(
      (token, i) => token.text === '(' && i > 0 && (head[i - 1]?.kind === 'operand' || head[i - 1]?.kind === 'close'),
    )
  );
}
