/**
 * A symbol as people write it, in the dotted form of `CodeSymbol`: `Cart#add`, `Cart::add`, `Cart->add` and
 * `Cart.add()` all mean `Cart.add`. The `#` of a private name stays.
 */
export function symbolName(written: string): string {
  return written
    .trim()
    .replace(/\(\s*\)$/, '')
    .replace(/::|->|\\/g, '.')
    .replace(/(?<=[\p{L}\p{N}_$])#(?=[\p{L}_])/gu, '.')
    .replace(/^\.+|\.+$/g, '');
}

/**
 * The symbol of a file that a written name means: the one of that name, or the only one that ends with it, for a class
 * in a module may be called without the module. `null` when there is none, or several.
 */
export function findSymbol(written: string, names: Iterable<string>): string | null {
  const [only, ...others] = symbolsMeant(written, names);
  return only !== undefined && others.length === 0 ? only : null;
}

/** Every symbol that a written name may mean; only the one of exactly that name when there is one. */
export function symbolsMeant(written: string, names: Iterable<string>): string[] {
  const wanted = symbolName(written);
  const tails = new Set<string>();
  for (const name of names) {
    if (name === wanted) return [name];
    if (name.endsWith(`.${wanted}`)) tails.add(name);
  }
  return [...tails].sort();
}

/** Whether a symbol is another or inside it: `A` holds `A` and `A.b`, not `Ab`. */
export function holdsSymbol(outer: string, symbol: string): boolean {
  return symbol === outer || symbol.startsWith(`${outer}.`);
}
