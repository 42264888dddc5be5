import type { CodeFile, CodeImport, LanguageId } from '../code/model.ts';
import { importedFiles } from './coupling-imports.ts';
import { COUPLING_LIMITS } from './coupling-model.ts';
import type { RepositoryTree } from './coupling-tree.ts';

/** Names that an import takes, with the file that surely declares them, or else the file that is imported. */
export interface TakenNames {
  readonly to: string;
  readonly names: readonly string[];
}

/** Languages in which one file hands on what another declares: `export * from './cart.js'`, `from .cart import Cart`. */
const handingOn: ReadonlySet<LanguageId> = new Set(['typescript', 'tsx', 'javascript', 'python']);

/** A file that hands on what files hand on that hand it on: deeper than this nobody looks. */
const deepest = 4;

/**
 * Follows imports through files that only hand on names (`index.ts`, `__init__.py`) to the files that declare them. Who
 * takes `Cart` from a package relies on whoever writes `cart.ts`, and not on whoever adds a line to `index.ts`.
 */
export class DeclaringFiles {
  readonly #tree: RepositoryTree;
  readonly #code: (path: string) => CodeFile | null;
  readonly #files = new Map<string, CodeFile | null>();

  /** `code` is asked at most once for each file. */
  constructor(tree: RepositoryTree, code: (path: string) => CodeFile | null) {
    this.#tree = tree;
    this.#code = code;
  }

  /** A parsed file, asked for once. */
  read(path: string): CodeFile | null {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const file = this.#code(path);
    this.#files.set(path, file);
    return file;
  }

  /** Where an import leads: the files of `importedFiles`, each name moved on to the file that declares it. */
  taken(from: string, language: LanguageId, item: CodeImport): readonly TakenNames[] {
    const files = importedFiles(this.#tree, from, language, item);
    if (item.names.length === 0 || !handingOn.has(language)) return files.map((to) => ({ to, names: item.names }));
    return files.flatMap((to) => {
      const homes = new Map<string, string[]>();
      for (const name of item.names) {
        const home = this.#home(to, name, new Set()) ?? to;
        homes.set(home, [...(homes.get(home) ?? []), name]);
      }
      return [...homes].map(([home, names]): TakenNames => ({ to: home, names }));
    });
  }

  /** The file that declares a name which `path` offers; `null` when that cannot be told. */
  #home(path: string, name: string, passed: Set<string>): string | null {
    if (passed.has(path) || passed.size > deepest) return null;
    passed.add(path);
    const file = this.#files.size < COUPLING_LIMITS.mostRead ? this.read(path) : null;
    if (!file) return null;
    if (file.symbols.some((symbol) => symbol.name === name)) return path;
    const named = file.imports.filter((item) => item.names.includes(name));
    const found = new Set<string>();
    for (const item of named.length > 0 ? named : file.imports.filter(({ names }) => names.length === 0))
      for (const to of importedFiles(this.#tree, path, file.language, item)) {
        const home = this.#home(to, name, new Set(passed));
        if (home !== null) found.add(home);
      }
    const [home] = found;
    return found.size === 1 && home !== undefined ? home : null;
  }
}
