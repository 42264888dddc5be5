import type { Layout } from './layout.ts';

/** Settings files and their texts. */
export type Settings = ReadonlyMap<string, string>;

export interface Tool {
  readonly name: string;
  /** The settings file that says so. */
  readonly path: string;
}

/** A formatter with what its settings say; what they leave open is the tool's own default and is not repeated. */
export interface Formatter extends Tool {
  readonly indent: string | null;
  readonly quotes: string | null;
  readonly semicolons: string | null;
  readonly lineLength: number | null;
}

const named = (settings: Settings, pattern: RegExp): string | undefined =>
  [...settings.keys()].find((path) => pattern.test(path.replace(/^\.config\//, '')));

/** Formatters whose settings the repository holds, the one for the most languages first. */
export function formatters(settings: Settings): readonly Formatter[] {
  const found: Formatter[] = [];
  const take = (name: string, path: string | undefined, part?: string): void => {
    if (path === undefined) return;
    const text = part ?? settings.get(path) ?? '';
    const number = (...keys: string[]): number | null => {
      const match = new RegExp(`["']?\\b(?:${keys.join('|')})["']?\\s*[:=]\\s*["']?(\\d+)`, 'i').exec(text)?.[1];
      return match === undefined ? null : Number(match);
    };
    const flag = (...keys: string[]): boolean | null => {
      const match = new RegExp(`["']?\\b(?:${keys.join('|')})["']?\\s*[:=]\\s*["']?(true|false)\\b`, 'i').exec(
        text,
      )?.[1];
      return match === undefined ? null : match.toLowerCase() === 'true';
    };
    const word = (...keys: string[]): string | null =>
      new RegExp(`["']?\\b(?:${keys.join('|')})["']?\\s*[:=]\\s*["']?([\\w-]+)`, 'i').exec(text)?.[1]?.toLowerCase() ??
      null;
    const tabs =
      flag('useTabs', 'hard_tabs') ?? (word('indentStyle', 'indent_style', 'indent-style') === 'tab' ? true : null);
    const width = number('tabWidth', 'indentWidth', 'indent_size', 'tab_spaces', 'indent-width');
    const single = flag('singleQuote');
    const quoteStyle = word('quoteStyle', 'quote-style', 'quote_type');
    const semi = flag('semi');
    const semicolons = word('semicolons');
    const skipped = flag('skip-string-normalization');
    found.push({
      name,
      path,
      indent: tabs ? 'tabs' : width !== null ? `${width} spaces` : null,
      quotes:
        single !== null
          ? `${single ? 'single' : 'double'} quotes`
          : quoteStyle === 'single' || quoteStyle === 'double'
            ? `${quoteStyle} quotes`
            : null,
      semicolons:
        semi !== null
          ? semi
            ? 'semicolons'
            : 'no semicolons'
          : semicolons === 'always'
            ? 'semicolons'
            : semicolons === 'asneeded'
              ? 'no semicolons'
              : null,
      lineLength: number(
        'printWidth',
        'lineWidth',
        'line-length',
        'line_length',
        'max_width',
        'max_line_length',
        'ColumnLimit',
      ),
      ...(skipped === true ? { quotes: null } : {}),
    });
  };
  const manifest = settings.get('package.json') ?? '';
  take('prettier', named(settings, /^\.prettierrc|^prettier\.config\./));
  const inManifest = /"prettier"\s*:\s*(\{[^}]*\})/.exec(manifest)?.[1];
  if (inManifest !== undefined) take('prettier', 'package.json', inManifest);
  take('oxfmt', named(settings, /^\.?oxfmtrc\.jsonc?$/));
  take('biome', named(settings, /^biome\.jsonc?$/));
  const python = settings.get('pyproject.toml') ?? '';
  const black = tomlTable(python, 'tool.black');
  if (black !== null) take('black', 'pyproject.toml', black);
  const ruffFormat = tomlTable(python, 'tool.ruff.format');
  if (ruffFormat !== null)
    take('ruff format', 'pyproject.toml', `${tomlTable(python, 'tool.ruff') ?? ''}\n${ruffFormat}`);
  const ruff = named(settings, /^\.?ruff\.toml$/);
  if (ruff !== undefined && /^\[format\]/m.test(settings.get(ruff) ?? '')) take('ruff format', ruff);
  take('rustfmt', named(settings, /^\.?rustfmt\.toml$/));
  take('clang-format', named(settings, /^\.clang-format$/));
  take('editorconfig', named(settings, /^\.editorconfig$/));
  return found;
}

/** Linters whose settings the repository holds. */
export function linters(settings: Settings): readonly Tool[] {
  const python = settings.get('pyproject.toml') ?? '';
  const setup = settings.get('setup.cfg') ?? '';
  const tools: readonly (readonly [string, string | undefined])[] = [
    ['eslint', named(settings, /^eslint\.config\.|^\.eslintrc/)],
    ['oxlint', named(settings, /^(?:\.?oxlintrc\.jsonc?|oxlint\.config\.[cm]?[jt]s)$/)],
    ['biome', named(settings, /^biome\.jsonc?$/)],
    ['ruff', named(settings, /^\.?ruff\.toml$/) ?? (/^\[tool\.ruff/m.test(python) ? 'pyproject.toml' : undefined)],
    ['flake8', named(settings, /^\.flake8$/) ?? (/^\[flake8\]/m.test(setup) ? 'setup.cfg' : undefined)],
    ['golangci-lint', named(settings, /^\.golangci\.ya?ml$/)],
    ['rubocop', named(settings, /^\.rubocop\.yml$/)],
  ];
  return tools.flatMap(([name, path]) => (path === undefined ? [] : [{ name, path }]));
}

/** The longest line that Python's linters let pass, and the file that says so; `null` where none says one. */
export function pythonLineLength(settings: Settings): { readonly length: number; readonly path: string } | null {
  const texts: readonly (readonly [string | undefined, string | null])[] = [
    ['pyproject.toml', tomlTable(settings.get('pyproject.toml') ?? '', 'tool.ruff')],
    ...[named(settings, /^\.?ruff\.toml$/), named(settings, /^\.flake8$/)].map(
      (path) => [path, settings.get(path ?? '') ?? null] as const,
    ),
    ['setup.cfg', tomlTable(settings.get('setup.cfg') ?? '', 'flake8')],
  ];
  for (const [path, text] of texts) {
    const length = /^[ \t]*(?:line-length|max-line-length|max_line_length)\s*=\s*(\d+)/m.exec(text ?? '')?.[1];
    if (path !== undefined && length !== undefined) return { length: Number(length), path };
  }
  return null;
}

/** The text of a TOML table, up to the next one; `null` when it is not there. */
function tomlTable(text: string, name: string): string | null {
  const start = new RegExp(`^\\[${name.replaceAll('.', '\\.')}\\][^\\n]*$`, 'm').exec(text);
  if (!start) return null;
  const rest = text.slice(start.index + start[0].length);
  const end = /^\[/m.exec(rest);
  return end ? rest.slice(0, end.index) : rest;
}

/** What the settings of formatters decide, so that nothing has to be measured. */
export function decidedLayout(found: readonly Formatter[]): { readonly [Key in keyof Layout]: string | number | null } {
  const first = <T>(pick: (formatter: Formatter) => T | null): T | null => {
    for (const formatter of found) {
      const value = pick(formatter);
      if (value !== null) return value;
    }
    return null;
  };
  return {
    indent: first((formatter) => formatter.indent),
    quotes: first((formatter) => formatter.quotes),
    semicolons: first((formatter) => formatter.semicolons),
    lineLength: first((formatter) => formatter.lineLength),
  };
}
