import { add, mostFrequent, type ConventionLanguage, type Share, type SourceFile } from './sources.ts';

export type NameStyle = 'kebab-case' | 'snake_case' | 'camelCase' | 'PascalCase' | 'SCREAMING_SNAKE_CASE';

/** The style a name shows; `null` when it shows none: one word in small letters fits four of them. */
export function nameStyle(name: string): NameStyle | null {
  if (/^[a-z0-9]+(-[a-z0-9]+)+$/.test(name)) return 'kebab-case';
  if (/^_*[a-z0-9]+(_[a-z0-9]+)+_*$/.test(name)) return 'snake_case';
  if (/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(name) || /^[A-Z]{3,}[0-9]*$/.test(name)) return 'SCREAMING_SNAKE_CASE';
  if (/^[A-Z][a-z0-9]+([A-Z][A-Za-z0-9]*)*$/.test(name) || /^[A-Z]{2,}[a-z][A-Za-z0-9]*$/.test(name))
    return 'PascalCase';
  if (/^[a-z][a-z0-9]*([A-Z][A-Za-z0-9]*)+$/.test(name)) return 'camelCase';
  return null;
}

/** The part of a file's name that people choose: without ending, test mark and the like. */
function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.indexOf('.', 1);
  return dot < 0 ? name : name.slice(0, dot);
}

/** Names whose spelling a tool decides. */
const given = /^(__\w+__|README|Dockerfile|Makefile|index|main|mod|lib|conftest|manage|setup)$/;

export interface FileNaming {
  readonly language: ConventionLanguage;
  readonly style: Share<NameStyle>;
  /** The directory that all these names stand in, when the language has files elsewhere too; else empty. */
  readonly within: string;
  /** Directories whose files are named in another way, the fullest first. */
  readonly elsewhere: readonly { readonly directory: string; readonly style: Share<NameStyle> }[];
}

/** A directory differs when this many of its names show a style ... */
const fewest = 4;
/** ... and this share of them the other one. */
const clear = 0.7;

/** How the files of each language are named, tests aside; languages with names of several words only. */
export function fileNaming(sources: readonly SourceFile[]): readonly FileNaming[] {
  const perLanguage = new Map<ConventionLanguage, { readonly path: string; readonly style: NameStyle }[]>();
  for (const { path, language, test } of sources) {
    const stem = stemOf(path);
    const style = test || given.test(stem) ? null : nameStyle(stem);
    if (style === null) continue;
    const list = perLanguage.get(language);
    if (list) list.push({ path, style });
    else perLanguage.set(language, [{ path, style }]);
  }
  return [...perLanguage]
    .flatMap(([language, names]) => {
      const counts = new Map<NameStyle, number>();
      for (const { style } of names) add(counts, style);
      const style = mostFrequent(counts);
      if (!style) return [];
      const within = commonDirectory(names.map(({ path }) => path));
      const all = sources.filter((file) => file.language === language && !file.test).map(({ path }) => path);
      const elsewhere = differing(names, style.value);
      return [{ language, style, within: within === commonDirectory(all) ? '' : within, elsewhere }];
    })
    .sort((a, b) => b.style.of - a.style.of || (a.language < b.language ? -1 : 1));
}

/** The deepest directory that holds all of some paths. */
function commonDirectory(paths: readonly string[]): string {
  let common = (paths[0] ?? '').split('/').slice(0, -1);
  for (const path of paths) {
    const parts = path.split('/');
    const end = common.findIndex((part, i) => parts[i] !== part);
    if (end >= 0) common = common.slice(0, end);
  }
  return common.join('/');
}

/** The highest directories in which another style than `usual` is the rule. */
function differing(
  names: readonly { readonly path: string; readonly style: NameStyle }[],
  usual: NameStyle,
): FileNaming['elsewhere'] {
  const perDirectory = new Map<string, Map<NameStyle, number>>();
  for (const { path, style } of names) {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
      const directory = path.slice(0, at);
      let counts = perDirectory.get(directory);
      if (!counts) perDirectory.set(directory, (counts = new Map()));
      add(counts, style);
    }
  }
  const found: { directory: string; style: Share<NameStyle> }[] = [];
  for (const directory of [...perDirectory.keys()].sort()) {
    if (found.some((other) => directory.startsWith(`${other.directory}/`))) continue;
    const style = mostFrequent(perDirectory.get(directory) ?? new Map<NameStyle, number>());
    if (style && style.value !== usual && style.of >= fewest && style.count >= clear * style.of)
      found.push({ directory, style });
  }
  return found.sort((a, b) => b.style.count - a.style.count || (a.directory < b.directory ? -1 : 1));
}

export type IdentifierKind = 'functions' | 'types' | 'constants';

export interface IdentifierNaming {
  readonly language: ConventionLanguage;
  readonly kind: IdentifierKind;
  readonly style: Share<NameStyle>;
}

/** Declarations that stand at the beginning of a line and can be nothing else. */
const declarations: Partial<Record<ConventionLanguage, Readonly<Partial<Record<IdentifierKind, RegExp>>>>> = {
  TypeScript: {
    functions: /^(?:export )?(?:default )?(?:async )?function\*? ([A-Za-z_$][\w$]*)/gm,
    types: /^(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:class|interface|type|enum) ([A-Za-z_$][\w$]*)/gm,
    constants: /^(?:export )?const ([A-Za-z_$][\w$]*)(?::[^=\n]+)? = (?!(?:async )?(?:\(|function|[\w$]+ =>))/gm,
  },
  Python: {
    functions: /^(?:[ \t]+)?(?:async )?def ([A-Za-z_]\w*)/gm,
    types: /^class ([A-Za-z_]\w*)/gm,
    constants: /^([A-Z][A-Za-z0-9_]*)(?:\s*:[^=\n]+)? = /gm,
  },
  Rust: {
    functions: /^[ \t]*(?:pub(?:\([^)]*\))? )?(?:async )?fn ([A-Za-z_]\w*)/gm,
    types: /^(?:pub(?:\([^)]*\))? )?(?:struct|enum|trait|type) ([A-Za-z_]\w*)/gm,
    constants: /^(?:pub(?:\([^)]*\))? )?(?:const|static) ([A-Za-z_]\w*)/gm,
  },
  Ruby: { functions: /^[ \t]*def (?:self\.)?([a-z_]\w*)/gm, types: /^[ \t]*(?:class|module) ([A-Z]\w*)/gm },
  PHP: {
    functions: /^[ \t]*(?:(?:public|private|protected|static|final) )*function ([A-Za-z_]\w*)/gm,
    types: /^(?:abstract |final )?(?:class|interface|trait|enum) ([A-Za-z_]\w*)/gm,
  },
};
const scanned: typeof declarations = { ...declarations, JavaScript: declarations.TypeScript };

/**
 * How functions, types and constants are spelled, where a line tells without a parser. Names of one small word say
 * nothing and are not counted. Go, Java, C# and Swift leave no choice, so nothing is said of them.
 */
export function identifierNaming(
  texts: readonly { readonly path: string; readonly language: ConventionLanguage; readonly code: string }[],
): readonly IdentifierNaming[] {
  const counts = new Map<string, Map<NameStyle, number>>();
  for (const { path, language, code } of texts) {
    for (const [kind, pattern] of Object.entries(scanned[language] ?? {})) {
      for (const match of code.matchAll(pattern)) {
        const name = match[1] ?? '';
        const style = /^__\w+__$/.test(name) ? null : nameStyle(name.replace(/^_+/, ''));
        // What JSX calls as an element must begin with a capital: that says nothing of how functions are named.
        if (style === null || (kind === 'functions' && style === 'PascalCase' && /\.[jt]sx$/.test(path))) continue;
        const key = `${language}\n${kind}`;
        let styles = counts.get(key);
        if (!styles) counts.set(key, (styles = new Map()));
        add(styles, style);
      }
    }
  }
  const kinds: readonly IdentifierKind[] = ['functions', 'types', 'constants'];
  return [...counts.keys()].sort().flatMap((key) => {
    const [language, kind] = key.split('\n') as [ConventionLanguage, IdentifierKind];
    const style = mostFrequent(counts.get(key) ?? new Map<NameStyle, number>());
    // A handful of names, or two camps, is no convention.
    if (!style || style.of < 5 || style.count < 0.6 * style.of || !kinds.includes(kind)) return [];
    return [{ language, kind, style }];
  });
}
