import { languageOf } from '../code/languages.ts';
import { findSymbol, holdsSymbol, symbolName, symbolsMeant } from '../code/naming.ts';
import type { SymbolTouch } from '../code/touched.ts';
import type { RiskNote } from '../run/model.ts';
import { symbolsInScope } from '../scope/contain.ts';
import type { GlobOptions } from '../scope/glob.ts';
import type { Scope } from '../task/model.ts';

/**
 * Why nobody can tell what happened inside a file. `broken`: it does not parse. `broke`: it parsed before the run.
 * `twofold`: compilers may read it in another way than the parser.
 */
export type Unread = 'no-grammar' | 'no-parser' | 'too-large' | 'unreadable' | 'twofold' | 'broken' | 'broke';

/** What a change did to one source file, down to the symbol. */
export interface CodeChange {
  /** Every symbol of both versions, as far as they could be read. */
  readonly symbols: ReadonlySet<string>;
  /** Those of the old version: what a name in a scope means must not change with what a run adds. */
  readonly known: ReadonlySet<string>;
  readonly touched: readonly SymbolTouch[] | Unread;
  /** For a rename: everything that left the old path and arrived at the new one. */
  readonly left: readonly SymbolTouch[] | Unread;
  readonly arrived: readonly SymbolTouch[] | Unread;
}

export interface SymbolViolation {
  /** What is approved when a person approves it: `src/a.ts::Order.total`, or the file where no symbol has the lines. */
  readonly path: string;
  readonly detail: string;
}

/**
 * Whether the changes inside a file that is in scope stay with the symbols that the scope names in it. The rules:
 *
 * - where every CREATE and MODIFY entry of the file names a symbol, a touched symbol must be one of these or inside one.
 *   A new symbol is no exception: it needs an entry that names it, or the symbol that holds it;
 * - lines outside of every symbol may not change either, but for import statements, comments and blank lines, for work
 *   inside a symbol may need an import. A new file may have what lines it needs around its symbols;
 * - what BOUNDARY names as `file::Symbol`, and what is inside of it, may not be touched, whoever may write the file. A
 *   name that several symbols may mean forbids them all, or another one of that name would open the first;
 * - a short name means what it meant before the run, and what has exactly this name;
 * - a rename counts as a deletion of everything at the old path and an addition at the new one;
 * - `approved` holds paths and `path::Symbol`; approving a file approves all of it.
 *
 * `touched`: the touches that count at this path.
 */
export function checkSymbols(options: {
  readonly scope: Scope;
  readonly path: string;
  readonly touched: readonly SymbolTouch[];
  /** Of both versions. */
  readonly symbols: ReadonlySet<string>;
  /** Of the old version. */
  readonly known: ReadonlySet<string>;
  readonly approved: ReadonlySet<string>;
  /** How the file system compares names. */
  readonly names: GlobOptions;
}): SymbolViolation[] {
  const { scope, path, touched, symbols, known, approved } = options;
  const { allowed, forbidden } = symbolsInScope(scope, path, options.names);
  if (approved.has(path) || (allowed === null && forbidden.length === 0)) return [];
  const meant = (written: readonly string[]) =>
    written.map((text) => ({ text, name: findSymbol(text, symbols) ?? symbolName(text) }));
  const inside = allowed && [
    ...meant(allowed),
    ...allowed.map((text) => ({ text, name: findSymbol(text, known) ?? symbolName(text) })),
  ];
  const walls = forbidden.flatMap((text) =>
    [symbolName(text), ...symbolsMeant(text, symbols), ...symbolsMeant(text, known)].map((name) => ({ text, name })),
  );
  const granted = meant(
    [...approved].flatMap((one) => (one.startsWith(`${path}::`) ? [one.slice(path.length + 2)] : [])),
  );
  return touched.flatMap(({ symbol, change, lines, side }): SymbolViolation[] => {
    // The package line and the like of a new file.
    if (symbol === null && change === 'added') return [];
    if (symbol !== null && granted.some(({ name }) => holdsSymbol(name, symbol))) return [];
    const wall = symbol === null ? undefined : walls.find(({ name }) => holdsSymbol(name, symbol));
    const isInside = !inside || (symbol !== null && inside.some(({ name }) => holdsSymbol(name, symbol)));
    if (!wall && isInside) return [];
    const where = `${lines.first === lines.last ? `line ${lines.first}` : `lines ${lines.first}-${lines.last}`}${side === 'old' ? ' of the base' : ''}`;
    const what = symbol === null ? `${path} (${where}, outside of every symbol)` : `${path}::${symbol} (${where})`;
    const why = wall
      ? `is inside BOUNDARY \`${path}::${wall.text}\``
      : `is outside ${(allowed ?? []).map((text) => `\`${path}::${text}\``).join(' and ')}`;
    return [{ path: symbol === null ? path : `${path}::${symbol}`, detail: `${what} was ${change} and ${why}` }];
  });
}

/**
 * The file of what stands in a stop's paths: `src/a.ts::Order.total` lies in `src/a.ts`. Symbols are only ever named in
 * files that can be parsed; elsewhere the colons are a part of the file's own name.
 */
export function fileOf(path: string): string {
  const file = path.slice(0, Math.max(0, path.indexOf('::')));
  return languageOf(file) === null ? path : file;
}

const reasons: Readonly<Record<Unread, string>> = {
  'no-grammar': 'its language has no grammar here',
  'no-parser': "the parser's files are not to be found",
  'too-large': 'it is too large to parse',
  unreadable: 'git gave no text for it',
  twofold: 'it holds line ends or escapes that compilers read in another way than the parser',
  broken: 'it does not parse',
  broke: 'it does not parse any more',
};

/**
 * What follows when the symbols that a scope names in a file could not be checked; `null` where it names none. A language
 * without a grammar falls back to the whole file, with a note. Everywhere else a person is asked: a run must not gain the
 * whole file by breaking or bloating it.
 */
export function uncheckedSymbols(options: {
  readonly scope: Scope;
  readonly path: string;
  readonly why: Unread;
  readonly names: GlobOptions;
}): { readonly violation: SymbolViolation } | { readonly note: RiskNote } | null {
  const { path, why } = options;
  const { allowed, forbidden } = symbolsInScope(options.scope, path, options.names);
  const named = [...(allowed ?? []), ...forbidden].map((name) => `\`${name}\``);
  if (named.length === 0) return null;
  if (why !== 'no-grammar') {
    const detail = `${path} was changed, and whether the change stays with its scope (${named.join(', ')}) cannot be told, because ${reasons[why]}`;
    return { violation: { path, detail } };
  }
  return {
    note: {
      summary: `${path}: ${named.join(', ')} could not be checked, because ${reasons[why]}; the whole file counted as in scope`,
      severity: 'medium',
      suggestedAction: `read the diff of ${path}: only what the scope names should have changed`,
    },
  };
}
