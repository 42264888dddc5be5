import type { TextEdit } from '../text/finding.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan } from '../plan/model.ts';
import type { Result } from '../text/result.ts';
import type { Span } from '../text/source.ts';
import { complete } from './completion.ts';
import type { Completion } from './candidates.ts';
import { hover } from './hover.ts';
import type { Hover } from './hover.ts';
import { layout } from './layout.ts';
import { lenses } from './lenses.ts';
import type { Lens } from './lenses.ts';
import { links } from './links.ts';
import type { Link } from './links.ts';
import { definition, prepareRename, references, rename } from './navigation.ts';
import type { Place, RenameEdits, RenameRefusal } from './navigation.ts';
import { folding, outline, tokens } from './outline.ts';
import type { OutlineEntry, Token } from './outline.ts';
import { Library } from './readings.ts';
import type { LanguageSources, Reading } from './readings.ts';

/**
 * What an editor can ask about the files of a repository besides their findings. Files are named by repository-relative
 * path, places by UTF-16 offset. A file that is not there or is none of ours has empty answers; nothing throws.
 */
export interface Language {
  complete(file: string, offset: number, schemaKnown?: boolean): Completion[];
  hover(file: string, offset: number, schemaKnown?: boolean): Hover | null;
  definition(file: string, offset: number): Place[];
  references(file: string, offset: number, declarations: boolean): Place[];
  prepareRename(file: string, offset: number): Result<{ readonly span: Span; readonly name: string }, RenameRefusal>;
  rename(
    file: string,
    offset: number,
    wish: { readonly name: string; readonly canMove: boolean },
  ): Result<RenameEdits, RenameRefusal>;
  outline(file: string): OutlineEntry[];
  folding(file: string): Span[];
  links(file: string): Link[];
  lenses(file: string): Lens[];
  tokens(file: string): Token[];
  layout(file: string, range?: Span | null): TextEdit[];
  /** The plan that a file belongs to, when it can be read. */
  planOf(file: string): { readonly dir: string; readonly plan: Plan; readonly graph: PlanGraph } | null;
  /** The text that the answers are about. */
  textOf(file: string): string | null;
}

/** The language features over files that change; what was read is kept for as long as a file stays the same. */
export function createLanguage(sources: LanguageSources): Language {
  const library = new Library(sources);
  const of = <T>(file: string, ask: (reading: Reading) => T[]): T[] => {
    const reading = library.reading(file);
    return reading ? ask(reading) : [];
  };
  return {
    complete: (file, offset, schemaKnown) =>
      complete({ library, file, offset, ...(schemaKnown === undefined ? {} : { schemaKnown }) }),
    hover: (file, offset, schemaKnown = false) => hover({ library, file, offset, schemaKnown }),
    definition: (file, offset) => definition(library, file, offset),
    references: (file, offset, declarations) => references(library, file, offset, declarations),
    prepareRename: (file, offset) => prepareRename(library, file, offset),
    rename: (file, offset, wish) => rename(library, file, offset, wish),
    outline: (file) => of(file, outline),
    folding: (file) => of(file, folding),
    links: (file) => of(file, (reading) => links(library, reading)),
    lenses: (file) => of(file, (reading) => lenses(library, reading)),
    tokens: (file) => of(file, (reading) => tokens(library, reading)),
    layout: (file, range = null) => of(file, (reading) => layout(reading, range)),
    planOf: (file) => {
      const view = library.planAround(file);
      return view?.plan && view.graph ? { dir: view.dir, plan: view.plan, graph: view.graph } : null;
    },
    textOf: (file) => library.reading(file)?.text ?? library.repository?.textOf(file) ?? null,
  };
}
