import { withoutParameters } from '../text/parameter-names.ts';
import { estimateTokenCount } from 'tokenx';
import { fileIndex } from './file-index.ts';
import { compileGlob } from './glob.ts';
import type { RepositoryFacts } from './repository-facts.ts';

const known = new WeakMap<RepositoryFacts, RepositoryIndex>();

/** The facts of one repository, made quick to ask: made once for the same facts, answers are kept. */
export function repositoryIndex(facts: RepositoryFacts): RepositoryIndex {
  let index = known.get(facts);
  if (!index) {
    index = new RepositoryIndex(facts);
    known.set(facts, index);
  }
  return index;
}

/** Globs whose matches are kept; more than the scopes of any plan. */
const maxKept = 20_000;

export class RepositoryIndex {
  readonly facts: RepositoryFacts;
  readonly #files: readonly string[];
  readonly #names: ReadonlySet<string>;
  readonly #matching = new Map<string, readonly string[]>();
  readonly #words = new Map<string, ReadonlySet<string> | null>();
  readonly #symbols = new Map<string, ReadonlySet<string> | null>();
  readonly #tokens = new Map<string, number>();

  constructor(facts: RepositoryFacts) {
    this.facts = facts;
    // By code unit, whatever order the lister used: the ranges below depend on it.
    this.#files = isSorted(facts.files) ? facts.files : [...facts.files].sort();
    this.#names = new Set(facts.files);
  }

  /** How many files there are. */
  get size(): number {
    return this.#files.length;
  }

  has(file: string): boolean {
    return this.#names.has(file);
  }

  /** The files a glob matches. Only those that begin, end or are called as every match must are looked at. */
  matching(glob: string): readonly string[] {
    let found = this.#matching.get(glob);
    if (found) return found;
    const compiled = compileGlob(glob);
    // A class also names files by its letters, so only brace lists and plain paths are read off.
    const texts = withoutParameters(glob).includes('[') ? null : compiled.texts;
    found = texts
      ? texts.filter((text) => this.#names.has(text))
      : fileIndex(this.#files, {}).matching(compiled).sort();
    if (this.#matching.size >= maxKept) this.#matching.clear();
    this.#matching.set(glob, found);
    return found;
  }

  /** Whether a file's text holds a word; `null` when its text is not to be had. */
  holdsWord(file: string, word: string): boolean | null {
    let words = this.#words.get(file);
    if (words === undefined) {
      const text = this.facts.textOf(file);
      words = text === null ? null : new Set(text.match(/[\p{L}\p{N}_$]+/gu));
      this.#words.set(file, words);
    }
    return words === null ? null : words.has(word);
  }

  /** The symbols a file declares; `null` when it cannot be parsed, or there is nobody to do it. */
  symbolsOf(file: string): ReadonlySet<string> | null {
    let symbols = this.#symbols.get(file);
    if (symbols === undefined) {
      const text = this.facts.code ? this.facts.textOf(file) : null;
      const code = text === null ? null : (this.facts.code?.read(file, text) ?? null);
      symbols = code && !code.broken ? new Set(code.symbols.map((symbol) => symbol.name)) : null;
      this.#symbols.set(file, symbols);
    }
    return symbols;
  }

  /** About how many tokens a file takes in a prompt; 0 when its text is not to be had. */
  tokensOf(file: string): number {
    let tokens = this.#tokens.get(file);
    if (tokens === undefined) {
      const text = this.facts.textOf(file);
      tokens = text === null ? 0 : estimateTokenCount(text);
      this.#tokens.set(file, tokens);
    }
    return tokens;
  }

  /** Whether files lie below a path. */
  isDirectory(path: string): boolean {
    const below = `${path}/`;
    return this.#files[this.#first((file) => file >= below)]?.startsWith(below) ?? false;
  }

  /** Whether something above a path is listed as one file: a submodule, whose own files git does not list. */
  isInsideEntry(path: string): boolean {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1))
      if (this.#names.has(path.slice(0, at))) return true;
    return false;
  }

  #first(reached: (file: string) => boolean): number {
    let low = 0;
    let high = this.#files.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (reached(this.#files[middle] ?? '')) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function isSorted(files: readonly string[]): boolean {
  for (let i = 1; i < files.length; i++) if ((files[i - 1] ?? '') > (files[i] ?? '')) return false;
  return true;
}
