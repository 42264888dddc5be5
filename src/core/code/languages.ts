import { cSharp } from './c-sharp.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import type { LanguageId } from './model.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';
import { rust } from './rust.ts';
import { javascript, tsx, typescript } from './script.ts';
import type { LanguageRules } from './syntax.ts';

/** One row a language. Its grammar is `tree-sitter-<id>.wasm`. */
const table: Readonly<Record<LanguageId, LanguageRules>> = {
  typescript,
  tsx,
  javascript,
  python,
  go,
  rust,
  java,
  'c-sharp': cSharp,
  ruby,
  php,
};

/** Every language that can be read, in the order of the table. */
export const languageIds: readonly LanguageId[] = Object.values(table).map((rules) => rules.id);

const byExtension: ReadonlyMap<string, LanguageId> = new Map(
  Object.values(table).flatMap(({ id, extensions }) => extensions.map((extension) => [extension, id] as const)),
);

/** The language of a file by the end of its name; `null` when it is none of the table's. */
export function languageOf(path: string): LanguageId | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? null : (byExtension.get(name.slice(dot + 1).toLowerCase()) ?? null);
}

export function rulesOf(language: LanguageId): LanguageRules {
  return table[language];
}
