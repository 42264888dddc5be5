import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type * as TreeSitter from 'web-tree-sitter';
import type { Language, Parser } from 'web-tree-sitter';
import { languageIds, languageOf } from '../../core/code/languages.ts';
import type { LanguageId } from '../../core/code/model.ts';
import type { SyntaxNode } from '../../core/code/syntax.ts';
import { testsOf, type TestFile, type TestReader } from '../../core/code/tests.ts';
import { outlineOf, type CodeOutline, type OutlineReader } from '../../core/code/outline.ts';

/** Larger files are generated. */
const maxLength = 1_000_000;
/** Steps of a hundred operations each that one file may take: four seconds or so, a hundred times what real files need. */
const maxSteps = 40_000;
/**
 * Where nothing fits the grammar each step takes longer than the one before: 64 KiB can take minutes without many steps.
 * No real file comes near this, not on a slow machine either.
 */
const PATIENCE = 5_000;
/** Characters of text whose outline is kept. */
const maxKept = 8_000_000;

interface Runtime {
  readonly module: typeof TreeSitter;
  readonly parser: Parser;
}

let runtime: Promise<Runtime | null> | undefined;
const grammars = new Map<LanguageId, Language | null>();

/**
 * A reader of source files in the given languages, all of them by default. The parser is loaded once for the process,
 * a grammar when the first file of its language is read. Gives `null` when the parser's files are not to be found;
 * never throws. `patience` is how long one file may take, in milliseconds.
 */
export async function openCodeReader(
  languages: Iterable<LanguageId> = languageIds,
  { patience = PATIENCE }: { readonly patience?: number } = {},
): Promise<(OutlineReader & TestReader) | null> {
  const started = await (runtime ??= startRuntime());
  return started ? new TreeReader(started, new Set(languages), patience) : null;
}

async function startRuntime(): Promise<Runtime | null> {
  try {
    const wasmBinary = wasmFile('web-tree-sitter.wasm');
    if (!wasmBinary) return null;
    const module = await import('web-tree-sitter');
    // A damaged file is said by whoever asks for a reader, in words; not by the runtime, on standard error.
    await module.Parser.init({ wasmBinary, print: () => undefined, printErr: () => undefined });
    return { module, parser: new module.Parser() };
  } catch {
    return null;
  }
}

class TreeReader implements OutlineReader, TestReader {
  readonly #runtime: Runtime;
  readonly #languages: ReadonlySet<LanguageId>;
  readonly #patience: number;
  /** By language, then text: the same text is asked for again and again while somebody types elsewhere. */
  readonly #kept = new Map<LanguageId, Map<string, CodeOutline | null>>();
  #size = 0;

  constructor(runtime: Runtime, languages: ReadonlySet<LanguageId>, patience: number) {
    this.#runtime = runtime;
    this.#languages = languages;
    this.#patience = patience;
  }

  read(file: string, text: string): CodeOutline | null {
    const language = languageOf(file);
    if (language === null || !this.#languages.has(language) || text.length > maxLength) return null;
    let kept = this.#kept.get(language);
    const known = kept?.get(text);
    if (known !== undefined) return known;
    const outline = this.#parse(language, text, (root) => outlineOf(language, root, text));
    this.#size += text.length;
    if (this.#size > maxKept) {
      this.#kept.clear();
      this.#size = text.length;
      kept = undefined;
    }
    if (!kept) this.#kept.set(language, (kept = new Map()));
    kept.set(text, outline);
    return outline;
  }

  readTests(file: string, text: string): TestFile | null {
    const language = languageOf(file);
    if (language === null || !this.#languages.has(language) || text.length > maxLength) return null;
    return this.#parse(language, text, (root) => (root.hasError ? null : testsOf(language, root)));
  }

  lacking(): readonly LanguageId[] {
    return [...grammars].flatMap(([language, grammar]) => (grammar === null ? [language] : [])).sort();
  }

  #parse<T>(language: LanguageId, text: string, take: (root: SyntaxNode) => T): T | null {
    const { module, parser } = this.#runtime;
    try {
      const grammar = grammarOf(module, language);
      if (!grammar) return null;
      parser.setLanguage(grammar);
      let steps = 0;
      const end = performance.now() + this.#patience;
      // By steps first: the same text should give the same answer on a slow machine.
      const progressCallback = (): boolean => ++steps > maxSteps || performance.now() > end;
      const tree = parser.parse(text, null, { progressCallback });
      if (!tree) {
        parser.reset();
        return null;
      }
      try {
        return take(tree.rootNode);
      } finally {
        // Trees live in the parser's own memory, which nobody collects.
        tree.delete();
      }
    } catch {
      return null;
    }
  }
}

const digests = new Map<LanguageId, string | null>();

/** A digest of a language's grammar as it lies there; `null` for one that is missing. Looked at once. */
export function grammarDigest(language: LanguageId): string | null {
  let digest = digests.get(language);
  if (digest === undefined) {
    const bytes = wasmFile(`tree-sitter-${language}.wasm`);
    digest = bytes && createHash('sha256').update(bytes).digest('hex');
    digests.set(language, digest);
  }
  return digest;
}

/** `null` for one that is missing, or that is not what it should be; looked for once. */
function grammarOf(module: Runtime['module'], language: LanguageId): Language | null {
  let grammar = grammars.get(language);
  if (grammar === undefined) {
    grammar = null;
    try {
      const bytes = wasmFile(`tree-sitter-${language}.wasm`);
      if (bytes) grammar = module.Language.loadSync(new WebAssembly.Module(bytes));
    } catch {
      // A file cut short, or of another version: as good as none.
    }
    grammars.set(language, grammar);
  }
  return grammar;
}

/** From `grammars/` beside or above the bundle, or from the packages when it runs unbuilt. Never from outside of the package. */
function wasmFile(name: string): Uint8Array<ArrayBuffer> | null {
  const places = ['grammars', 'node_modules/@vscode/tree-sitter-wasm/wasm', 'node_modules/web-tree-sitter'];
  for (let at = import.meta.dirname; ; at = path.dirname(at)) {
    for (const place of places) {
      const file = path.join(at, place, name);
      if (existsSync(file)) return new Uint8Array(readFileSync(file));
    }
    if (path.dirname(at) === at || existsSync(path.join(at, 'package.json'))) return null;
  }
}
