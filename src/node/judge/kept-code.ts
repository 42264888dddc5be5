import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { languageOf } from '../../core/code/languages.ts';
import type { CodeFile, CodeImport, CodeReader, CodeSymbol, LanguageId } from '../../core/code/model.ts';
import { grammarDigest } from '../workspace/code-reader.ts';
import { writeWhole } from '../state/whole-write.ts';

/** Past this size the file is begun anew with what was asked for since. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface KeptCodeOptions {
  /** Reads what is not kept. */
  readonly reader: CodeReader;
  /** Where the answers are kept: a line for each, its key in front. */
  readonly file: string;
  /** Stands for the program that gives the answers; see `programDigest`. */
  readonly program: string;
  readonly mostBytes?: number;
}

/**
 * A reader of source files that keeps what was seen in them, by a digest of the text, of the language's grammar and of the
 * program that reads: what is kept is never old. Lines are appended in one write, so that several processes can do so at
 * once; one that is torn or damaged counts as none, and a file that cannot be read or written costs time and nothing else.
 */
export class KeptCode implements CodeReader {
  readonly #options: KeptCodeOptions;
  /** By key, as JSON. */
  readonly #kept: Map<string, string>;
  readonly #isFull: boolean;
  readonly #fresh = new Map<string, string>();
  readonly #used = new Map<string, string>();

  private constructor(options: KeptCodeOptions, kept: Map<string, string>, isFull: boolean) {
    this.#options = options;
    this.#kept = kept;
    this.#isFull = isFull;
  }

  static async open(options: KeptCodeOptions): Promise<KeptCode> {
    const { file, mostBytes = MOST_BYTES } = options;
    const kept = new Map<string, string>();
    const size = await stat(file).then(
      (info) => info.size,
      () => 0,
    );
    const text = size > 0 && size <= mostBytes ? await readFile(file, 'utf8').catch(() => '') : '';
    for (const line of text.split('\n')) if (line.charAt(64) === ' ') kept.set(line.slice(0, 64), line.slice(65));
    return new KeptCode(options, kept, size > mostBytes);
  }

  read(name: string, text: string): CodeFile | null {
    const { reader, program } = this.#options;
    const language = languageOf(name);
    const grammar = language === null ? null : grammarDigest(language);
    // Without a grammar the reader has the last word, and remembers which one is lacking.
    if (language === null || grammar === null) return reader.read(name, text);
    const key = createHash('sha256').update(`${program}\0${language}\0${grammar}\0`).update(text).digest('hex');
    const line = this.#kept.get(key) ?? this.#fresh.get(key);
    const known = line === undefined ? null : codeFileOf(line, language);
    if (line !== undefined && known) {
      this.#used.set(key, line);
      return known;
    }
    const read = reader.read(name, text);
    // What could not be read may be readable with more time.
    if (!read) return null;
    const { symbols, imports, broken } = read;
    this.#fresh.set(key, JSON.stringify({ language, symbols, imports, broken }));
    return { language, symbols, imports, broken };
  }

  lacking(): readonly LanguageId[] {
    return this.#options.reader.lacking?.() ?? [];
  }

  /** Keeps what was read since. */
  async keep(): Promise<void> {
    if (this.#fresh.size === 0) return;
    const { file } = this.#options;
    const lines = (of: ReadonlyMap<string, string>): string =>
      [...of].map(([key, line]) => `${key} ${line}\n`).join('');
    try {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      if (this.#isFull) await writeWhole(file, lines(new Map([...this.#used, ...this.#fresh])));
      // A line end first: what another left half written must not take the first of these with it.
      else await appendFile(file, `\n${lines(this.#fresh)}`, { mode: 0o600 });
    } catch {
      // The next time it is read again.
    }
    for (const [key, line] of this.#fresh) this.#kept.set(key, line);
    this.#fresh.clear();
  }
}

/** `null` for anything that `read` would not have written. */
function codeFileOf(line: string, language: LanguageId): CodeFile | null {
  try {
    const value: unknown = JSON.parse(line);
    return isCodeFile(value) && value.language === language ? value : null;
  } catch {
    return null;
  }
}

type Loose<T> = { readonly [K in keyof T]?: unknown };

function isCodeFile(value: unknown): value is CodeFile {
  if (typeof value !== 'object' || value === null) return false;
  const { symbols, imports, broken } = value as Loose<CodeFile>;
  return (
    typeof broken === 'boolean' &&
    Array.isArray(symbols) &&
    symbols.every(
      (one: Loose<CodeSymbol> | null) => typeof one?.name === 'string' && typeof one.firstLine === 'number',
    ) &&
    Array.isArray(imports) &&
    imports.every((one: Loose<CodeImport> | null) => typeof one?.specifier === 'string' && Array.isArray(one.names))
  );
}

/**
 * A digest of the very program that runs, by its bundle, whose name for what it imports has their digests in it. `null` where
 * it runs from its sources: these change without anything that could be told by a look at one file.
 */
export function programDigest(): string | null {
  try {
    const file = import.meta.filename;
    if (file.endsWith('.ts')) return null;
    return createHash('sha256').update(path.basename(file)).update(readFileSync(file)).digest('hex');
  } catch {
    return null;
  }
}
