import type { SampledText } from './layout.ts';
import { add, mostFrequent, type Share, type SourceFile } from './sources.ts';

/** How the files of a sample import others, counted by imports. */
export interface ImportConventions {
  readonly modules: Share<'ES modules' | 'CommonJS'> | null;
  /** Relative imports in TypeScript and JavaScript, by how the path ends. */
  readonly relative: Share | null;
  /** Imports by an alias of the own sources: `@/`, `~/`, `#`. */
  readonly alias: Share | null;
  /** Files that mark what is a type when they import it. */
  readonly types: { readonly count: number; readonly of: number } | null;
  readonly python: Share<'absolute' | 'relative'> | null;
}

export function importConventions(sample: readonly SampledText[], sources: readonly SourceFile[]): ImportConventions {
  const modules = new Map<'ES modules' | 'CommonJS', number>();
  const relative = new Map<string, number>();
  const alias = new Map<string, number>();
  const python = new Map<'absolute' | 'relative', number>();
  let own = 0;
  let typed = 0;
  let untyped = 0;
  const packages = new Set(
    sources
      .filter((file) => file.language === 'Python')
      .flatMap((file) => file.path.replace(/^src\//, '').split('/')[0] ?? []),
  );
  for (const { language, code } of sample) {
    if (language === 'Python') {
      for (const match of code.matchAll(/^(?:from[ \t]+(\.*)([\w.]*)[ \t]+import|import[ \t]+([\w.]+))/gm)) {
        const [, dots = '', from = '', whole = ''] = match;
        if (dots !== '') add(python, 'relative');
        else if (packages.has((from || whole).split('.')[0] ?? '')) add(python, 'absolute');
      }
    }
    if (!/^(TypeScript|JavaScript|Vue|Svelte)$/.test(language)) continue;
    const es = [
      ...code.matchAll(/^(?:import|export)\b[^'"`;]*?\bfrom\s+['"]([^'"\n]+)['"]|^import\s+['"]([^'"\n]+)['"]/gm),
    ];
    const required = [...code.matchAll(/\brequire\(\s*['"]([^'"\n]+)['"]\s*\)/g)];
    if (es.length !== required.length) add(modules, es.length > required.length ? 'ES modules' : 'CommonJS');
    for (const match of [...es, ...required]) {
      const path = match[1] ?? match[2] ?? '';
      if (/^\.{1,2}\//.test(path)) {
        own++;
        const ending = /\.(?:[cm]?[jt]sx?|vue|svelte)$/.exec(path)?.[0];
        if (ending !== undefined || !/\.\w+$/.test(path))
          add(relative, ending === undefined ? 'without an extension' : `with the extension \`${ending}\``);
      } else if (/^(@\/|~\/|#)/.test(path)) {
        own++;
        add(alias, /^(@\/|~\/|#)/.exec(path)?.[0] ?? '');
      }
    }
    if (language !== 'TypeScript') continue;
    // A file counts when it could have marked a type: it imports one, by the word `type` or by a name in capitals.
    if (/^import type\b|^import \{[^}]*\btype [A-Z]/m.test(code)) typed++;
    else if (/^import \{[^}]*\b[A-Z][a-z]\w*\b[^}]*\} from ['"]\./m.test(code)) untyped++;
  }
  const mostRelative = mostFrequent(relative);
  const mostAlias = mostFrequent(alias);
  return {
    modules: mostFrequent(modules),
    relative: mostRelative,
    alias: mostAlias && mostAlias.count >= 0.1 * own ? { ...mostAlias, of: own } : null,
    types: typed + untyped >= 5 && typed > 0 ? { count: typed, of: typed + untyped } : null,
    python: mostFrequent(python),
  };
}
