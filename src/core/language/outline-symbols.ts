import type { CodeReader, CodeSymbol } from '../code/model.ts';
import type { Span } from '../text/source.ts';

/** A declaration of a source file, as scope entries name it: `Class`, `function`, `Class.method`, `variable`. */
export interface FileSymbol {
  readonly name: string;
  readonly kind: CodeSymbol['kind'];
  readonly span: Span;
}

interface Language {
  /** `indent`: nesting is indentation. `braces`: nesting is curly brackets. */
  readonly nesting: 'indent' | 'braces';
  /** Each with the name as its first group; the first that matches decides. */
  readonly containers: RegExp;
  readonly functions: RegExp;
  readonly methods: RegExp | null;
  readonly variables: RegExp | null;
}

const script: Language = {
  nesting: 'braces',
  containers:
    /^\s*(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:class|interface|enum|namespace|const enum)\s+([\p{L}_$][\p{L}\p{N}_$]*)/u,
  functions:
    /^\s*(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:async\s+)?function\s*\*?\s*([\p{L}_$][\p{L}\p{N}_$]*)/u,
  methods:
    /^\s*(?:(?:public|private|protected|static|async|readonly|override|abstract|get|set)\s+)*\*?\s*(#?(?!(?:if|for|while|switch|catch|return|function|await|throw|new|do|else)\b)[\p{L}_$][\p{L}\p{N}_$]*)\s*(?:[?!]?\s*:[^(]*|<[^(]*>)?(?:\(|=)/u,
  variables: /^\s*(?:export\s+)?(?:declare\s+)?(?:const|let|var|type)\s+([\p{L}_$][\p{L}\p{N}_$]*)/u,
};

const python: Language = {
  nesting: 'indent',
  containers: /^\s*class\s+([\p{L}_][\p{L}\p{N}_]*)/u,
  functions: /^\s*(?:async\s+)?def\s+([\p{L}_][\p{L}\p{N}_]*)/u,
  methods: null,
  variables: /^([\p{L}_][\p{L}\p{N}_]*)\s*(?::[^=]+)?=(?!=)/u,
};

const ruby: Language = {
  nesting: 'indent',
  containers: /^\s*(?:class|module)\s+([A-Z]\w*)/,
  functions: /^\s*def\s+(?:self\.)?([a-z_]\w*)/,
  methods: null,
  variables: /^\s*([A-Z][A-Z0-9_]*)\s*=/,
};

const go: Language = {
  nesting: 'braces',
  containers: /^type\s+([\p{L}_]\w*)/u,
  functions: /^func\s+([\p{L}_]\w*)/u,
  methods: null,
  variables: /^(?:var|const)\s+([\p{L}_]\w*)/u,
};

const rust: Language = {
  nesting: 'braces',
  containers:
    /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:unsafe\s+)?(?:struct|enum|trait|union|mod|impl(?:\s*<[^>]*>)?(?:\s+[\w:<>, ]+\s+for)?)\s+([A-Za-z_]\w*)/,
  functions:
    /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:default\s+)?(?:const\s+)?(?:async\s+)?(?:unsafe\s+)?(?:extern\s+"[^"]*"\s+)?fn\s+([A-Za-z_]\w*)/,
  methods: null,
  variables: /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:const|static(?:\s+mut)?|type)\s+([A-Za-z_]\w*)\s*[:=<]/,
};

/** Java and C#: every function is a method. */
const managed: Language = {
  nesting: 'braces',
  containers:
    /^\s*(?:(?:public|private|protected|internal|static|final|abstract|sealed|partial|readonly)\s+)*(?:class|interface|enum|record|struct|@interface|namespace)\s+([A-Za-z_]\w*)/,
  functions: /(?!)/,
  methods:
    /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|private|protected|internal|static|final|abstract|virtual|override|async|synchronized|sealed)\s+)*(?:<[^>]+>\s+)?(?!(?:return|new|else|throw|if|for|while|switch|catch|using|package|import)\b)(?:[\w.<>[\],?]+\s+)?([A-Za-z_]\w*)\s*\([^;]*$/,
  variables: null,
};

const php: Language = {
  nesting: 'braces',
  containers: /^\s*(?:(?:abstract|final|readonly)\s+)*(?:class|interface|trait|enum)\s+([A-Za-z_]\w*)/,
  functions: /^\s*(?:(?:public|private|protected|static|final|abstract)\s+)*function\s+&?([A-Za-z_]\w*)/,
  methods: null,
  variables: /^\s*const\s+([A-Za-z_]\w*)/,
};

const languages: Readonly<Record<string, Language>> = {
  ts: script,
  tsx: script,
  mts: script,
  cts: script,
  js: script,
  jsx: script,
  mjs: script,
  cjs: script,
  py: python,
  pyi: python,
  rb: ruby,
  go,
  rs: rust,
  java: managed,
  cs: managed,
  php,
};

const goMethod = /^func\s+\(\s*(?:\w+\s+)?\*?([A-Za-z_]\w*)[^)]*\)\s+([A-Za-z_]\w*)/;

/**
 * The symbols a source file declares, in their order: as a parser sees them where there is one that can read the file,
 * else from the shape of its lines, which is enough to complete a name and to find it. Empty for other languages.
 */
export function fileSymbols(file: string, text: string, reader?: CodeReader | null): readonly FileSymbol[] {
  const code = reader?.read(file, text) ?? null;
  // While somebody types, the shape of the lines tells more than half a parse.
  return code && !code.broken ? placed(code.symbols, text) : patternSymbols(file, text);
}

/** Symbols with the place of their name, each name once. */
function placed(symbols: readonly CodeSymbol[], text: string): FileSymbol[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const lineOf = (number: number): string =>
    text.slice(starts[number - 1] ?? 0, (starts[number] ?? text.length + 1) - 1);
  const found = new Map<string, FileSymbol>();
  for (const { name, kind, firstLine, lastLine } of symbols) {
    if (found.has(name)) continue;
    const last = name.slice(name.lastIndexOf('.') + 1);
    let place: number | null = null;
    // The comment above may speak of the name before the declaration has it.
    for (const above of [/^\s*(?:\/\/|\/?\*|#|@|--)/, null]) {
      for (let line = firstLine; line <= lastLine && place === null; line++) {
        const words = lineOf(line);
        const column = above?.test(words) ? -1 : columnOf(words, last);
        if (column >= 0) place = (starts[line - 1] ?? 0) + column;
      }
    }
    const start = place ?? starts[firstLine - 1] ?? 0;
    found.set(name, { name, kind, span: { start, end: place === null ? start : start + last.length } });
  }
  return [...found.values()];
}

function patternSymbols(file: string, text: string): readonly FileSymbol[] {
  const language = languages[/\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? ''];
  if (!language) return [];
  const found: FileSymbol[] = [];
  const seen = new Set<string>();
  /** Open containers, outermost first, with the depth they stand at. */
  const open: { readonly name: string; readonly depth: number }[] = [];
  let depth = 0;
  let comment = false;
  let at = 0;
  const add = (name: string, kind: FileSymbol['kind'], line: string, from: number): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const last = name.slice(name.lastIndexOf('.') + 1);
    const column = Math.max(0, columnOf(line, last));
    found.push({ name, kind, span: { start: from + column, end: from + column + last.length } });
  };
  for (const whole of text.split('\n')) {
    const from = at;
    at += whole.length + 1;
    // Very long lines are generated; they would only cost time.
    const line = whole.length > 2000 ? '' : whole.replace(/\r$/, '');
    if (comment) {
      comment = !line.includes('*/');
      continue;
    }
    if (/^\s*(?:\/\/|#(?!\[)|\*|--)/.test(line) || line.trim() === '') continue;
    if (/^\s*\/\*/.test(line)) {
      comment = !line.includes('*/');
      continue;
    }
    const here = language.nesting === 'indent' ? indentation(line) : depth;
    // A bracket on a line of its own opens what the line above declares.
    if (!/^\s*\{/.test(line)) while (open.length > 0 && (open.at(-1)?.depth ?? 0) >= here) open.pop();
    const parent = open.at(-1) ?? null;
    const direct = language.nesting === 'indent' ? true : parent ? here === parent.depth + 1 : here === 0;
    const receiver = language === go ? goMethod.exec(line) : null;
    const container = language.containers.exec(line)?.[1];
    const fn = language.functions.exec(line)?.[1];
    if (receiver) add(`${receiver[1] ?? ''}.${receiver[2] ?? ''}`, 'method', line, from);
    else if (container !== undefined) {
      const isScope = /\b(?:namespace|mod|module)\b/.test(line) && language !== ruby;
      const name = parent && language !== managed ? `${parent.name}.${container}` : container;
      if (!isScope && (direct || language === managed)) add(name, 'class', line, from);
      // A namespace is no part of a symbol's name; what stands in it stands at the top.
      if (isScope && line.includes('{')) depth--;
      else if (!isScope && (language.nesting === 'indent' || line.includes('{') || !/;\s*$/.test(line)))
        open.push({ name, depth: here });
    } else if (fn !== undefined) {
      if (parent ? direct : here === 0)
        add(parent ? `${parent.name}.${fn}` : fn, parent ? 'method' : 'function', line, from);
      if (language.nesting === 'indent') open.push({ name: parent ? `${parent.name}.${fn}` : fn, depth: here });
    } else if (parent && language.methods && direct) {
      const method = language.methods.exec(line)?.[1];
      if (method !== undefined) add(`${parent.name}.${method}`, 'method', line, from);
    } else if (!parent && here === 0) {
      const variable = language.variables?.exec(line)?.[1];
      if (variable !== undefined) add(variable, 'variable', line, from);
    }
    if (language.nesting === 'braces') depth = Math.max(0, depth + balance(line));
  }
  return language === python || language === ruby ? found.filter((symbol) => isNamed(symbol, found)) : found;
}

/** Where a name stands as a whole word, or at all; below 0 where it does not. */
function columnOf(line: string, name: string): number {
  const letter = /[\p{L}\p{N}_$]/u;
  for (let at = line.indexOf(name); at >= 0; at = line.indexOf(name, at + 1)) {
    if (!letter.test(line[at - 1] ?? '') && !letter.test(line[at + name.length] ?? '')) return at;
  }
  return line.indexOf(name);
}

/** What is declared inside a function is no symbol of the file. */
function isNamed(symbol: FileSymbol, all: readonly FileSymbol[]): boolean {
  const outer = symbol.name.slice(0, Math.max(0, symbol.name.lastIndexOf('.')));
  if (outer === '') return true;
  const parent = all.find((other) => other.name === outer);
  return parent?.kind === 'class';
}

function indentation(line: string): number {
  return (/^[ \t]*/.exec(line)?.[0] ?? '').replaceAll('\t', '    ').length;
}

/** How many more curly brackets a line opens than it closes, outside strings and comments. */
function balance(line: string): number {
  const code = line.replace(/(["'`])(?:\\.|(?!\1).)*\1/g, '').replace(/\/\/.*$/, '');
  let sum = 0;
  for (const c of code) {
    if (c === '{') sum++;
    else if (c === '}') sum--;
  }
  return sum;
}
