import type { CodeFile } from '../code/model.ts';
import { languageOf } from '../code/languages.ts';
import { COUPLING_LIMITS } from '../judge/coupling-model.ts';
import { RepositoryTree } from '../judge/coupling-tree.ts';
import { DeclaringFiles } from '../judge/declaring-files.ts';
import type { RepositoryFacts } from '../scope/repository-facts.ts';

/** What a decomposer may look at in a repository beyond the names of its files. */
export type Sources = Pick<RepositoryFacts, 'textOf' | 'code'>;

/** Which files take from which, as far as a parser and the files prove it. Each file is read once. */
export class ImportOrder {
  readonly #tree: RepositoryTree;
  readonly #declaring: DeclaringFiles;
  readonly #files: readonly string[];
  readonly #sources: Sources;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(files: readonly string[], sources: Sources) {
    this.#files = files;
    this.#sources = sources;
    this.#tree = new RepositoryTree(files, sources.textOf);
    const parse = (path: string): CodeFile | null => {
      const text = sources.code && languageOf(path) !== null ? sources.textOf(path) : null;
      return text === null ? null : (sources.code?.read(path, text) ?? null);
    };
    this.#declaring = new DeclaringFiles(this.#tree, parse);
  }

  /** The files of the repository that a file imports, itself left out. */
  importsOf(path: string): ReadonlySet<string> {
    const known = this.#known.get(path);
    if (known) return known;
    const found = new Set<string>();
    if (this.#known.size < COUPLING_LIMITS.mostRead) {
      const code = this.#tree.has(path) ? this.#declaring.read(path) : null;
      for (const item of code?.imports ?? [])
        for (const { to } of this.#declaring.taken(path, code!.language, item)) if (to !== path) found.add(to);
    }
    this.#known.set(path, found);
    return found;
  }

  /** The files that import one of these, sorted; looked for where the text holds the name at all. */
  importersOf(paths: ReadonlySet<string>): string[] {
    if (!this.#sources.code || paths.size === 0) return [];
    const names = [...paths].map((path) => path.slice(path.lastIndexOf('/') + 1).replace(/\..*$/, ''));
    const stems = [...paths].flatMap((path, i) =>
      // `pkg/index.ts` and `pkg/__init__.py` are imported by the name of their directory.
      /^(?:index|__init__|mod|main)$/.test(names[i] ?? '') ? [path.split('/').at(-2) ?? ''] : [names[i] ?? ''],
    );
    const sources = this.#files.filter((file) => languageOf(file) !== null && !paths.has(file));
    return sources
      .slice(0, COUPLING_LIMITS.mostRead)
      .filter((file) => {
        const text = this.#sources.textOf(file);
        if (text === null || !stems.some((stem) => stem !== '' && text.includes(stem))) return false;
        return [...this.importsOf(file)].some((to) => paths.has(to));
      })
      .sort();
  }
}
