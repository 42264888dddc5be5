import { symbolsChanged } from '../code/touched.ts';
import type { OutlineReader } from '../code/outline.ts';
import { symbolsInScope } from '../scope/contain.ts';
import type { Ruling, ScopePolicy } from './policy.ts';
import { checkSymbols } from './symbol-check.ts';

/** Whether the scope names symbols in a file, so that an edit of it has to be looked at. */
export function namesSymbolsOf(policy: ScopePolicy, path: string): boolean {
  const { allowed, forbidden } = symbolsInScope(policy.scope, path, policy.names);
  return !policy.approved.includes(path) && ((allowed !== null && allowed.length > 0) || forbidden.length > 0);
}

/**
 * Whether an edit that turns `before` into `after` stays with the symbols that the scope names. A text that does not
 * parse is let through, for an agent may write in steps: the check at the end of the run is the one that holds.
 */
export function ruleOnSymbols(options: {
  readonly policy: ScopePolicy;
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly reader: OutlineReader;
}): Ruling {
  const { policy, path, reader } = options;
  const [old, now] = [options.before, options.after].map((text) => {
    const outline = reader.read(path, text);
    return outline && !outline.broken ? { outline, text } : null;
  });
  if (!old || !now) return { allow: true };
  const [first, ...others] = checkSymbols({
    scope: policy.scope,
    path,
    touched: symbolsChanged(old, now),
    symbols: new Set([...old.outline.symbols, ...now.outline.symbols].map((symbol) => symbol.name)),
    known: new Set(old.outline.symbols.map((symbol) => symbol.name)),
    approved: new Set(policy.approved),
    names: policy.names ?? {},
  });
  if (!first) return { allow: true };
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return {
    allow: false,
    reason:
      `With this edit, ${first.detail}${more}, the scope of slice ${policy.slice}. ` +
      'Do the work without it, or stop and report status NEEDS_INPUT with the symbol and why it is needed.',
  };
}

/**
 * A file's text after a tool use that edits it: `content` for the whole file, `old_string` and `new_string` with
 * `replace_all`, or a list of such `edits`. `null` when that cannot be told.
 */
export function editedText(text: string, input: Readonly<Record<string, unknown>>): string | null {
  const { content, edits } = input;
  if (typeof content === 'string') return content;
  let edited = text;
  for (const edit of Array.isArray(edits) ? (edits as readonly unknown[]) : [input]) {
    if (typeof edit !== 'object' || edit === null) return null;
    const { old_string: from, new_string: to, replace_all: all } = edit as Record<string, unknown>;
    if (typeof from !== 'string' || typeof to !== 'string' || from === '' || !edited.includes(from)) return null;
    edited = all === true ? edited.replaceAll(from, () => to) : edited.replace(from, () => to);
  }
  return edited;
}
