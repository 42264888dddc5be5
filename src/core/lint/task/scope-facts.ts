import { symbolName, symbolsMeant } from '../../code/naming.ts';
import type { Finding } from '../../text/finding.ts';
import { packageAround, packagePaths, type PackagePath } from '../../scope/package-paths.ts';
import { compileGlob, globsIntersect } from '../../scope/glob.ts';
import { writeSet } from '../../scope/meeting.ts';
import type { SourceText, Span } from '../../text/source.ts';
import { isDone, type Scope, type ScopeEntry, type TaskSpec } from '../../task/model.ts';
import type { LintLimits } from '../engine/config.ts';
import type { RepositoryIndex } from '../../scope/repository-index.ts';
import { report } from '../engine/rules.ts';
import { distance } from '../../text/edit-distance.ts';

/** Pairs of entries of one scope that are compared. */
const mostPairs = 10_000;

/** Smaller repositories are no measure: three of ten files are a fair slice. */
const leastFiles = 20;
/** Nor is a handful of files too much for anyone, whatever its share. */
const fairFiles = 10;

/** What is wrong with an entry of a scope: the first four surely, the others unless an earlier slice mends it. */
export type ScopeFault =
  | { readonly kind: 'ignored'; readonly entry: ScopeEntry; readonly path: string }
  | { readonly kind: 'wide'; readonly entry: ScopeEntry; readonly count: number; readonly share: number }
  | { readonly kind: 'package'; readonly entry: ScopeEntry; readonly meant: PackagePath; readonly dir: string }
  | { readonly kind: 'there'; readonly entry: ScopeEntry; readonly file: string }
  | { readonly kind: 'nothing'; readonly entry: ScopeEntry; readonly path: string; readonly directory: boolean }
  | {
      readonly kind: 'symbol';
      readonly entry: ScopeEntry;
      readonly path: string;
      readonly word: string;
      /** What the file declares instead, under a name that ends alike or is spelt alike; `null` when nobody parsed it. */
      readonly instead: readonly string[] | null;
    };

/** The scope of a task spec by itself against the repository. What it waits for may still bring what is missing. */
export function scopeFindings(
  task: TaskSpec,
  source: SourceText,
  index: RepositoryIndex,
  limits: LintLimits,
): Finding[] {
  if (isDone(task)) return [];
  const waits = task.deps.length + task.runtimeDeps.length > 0;
  return scopeFaults(task.scope, source.file, index)
    .filter((fault) => !waits || !isMendable(fault))
    .flatMap((fault) => faultFindings(fault, fault.entry, null, { source, index, limits }));
}

/** Whether a slice that comes before may bring what is missing. */
export function isMendable(fault: ScopeFault): fault is ScopeFault & { readonly kind: 'nothing' | 'symbol' } {
  return fault.kind === 'nothing' || fault.kind === 'symbol';
}

/** Paths that a scope wants created, to be asked of git: an entry's own, or one that its pattern matches. */
export function createdPaths(scope: Scope): readonly string[] {
  return [...new Set(scope.create.flatMap((entry) => examplesOf(entry)))];
}

function examplesOf({ path, symbol }: ScopeEntry): readonly string[] {
  if (path === null || symbol !== null || /^[/:]|(?:^|\/)\.\.(?:\/|$)/.test(path)) return [];
  const { texts } = compileGlob(path);
  if (texts) return texts;
  const example = path
    .replaceAll(/\*\*\/?$/g, 'x')
    .replaceAll('**/', '')
    .replaceAll(/[*?]/g, 'x');
  // What classes and lists of names leave open is not guessed at.
  return /[[\]{}()!]/.test(example) ? [] : [example];
}

const kept = new WeakMap<Scope, { readonly index: RepositoryIndex; readonly found: readonly ScopeFault[] }>();

/** `file`: where the scope is written. Kept for each, because a plan asks again for all of them when one has changed. */
export function scopeFaults(scope: Scope, file: string, index: RepositoryIndex): readonly ScopeFault[] {
  let known = kept.get(scope);
  if (known?.index !== index) {
    known = { index, found: faultsOf(scope, file, index) };
    kept.set(scope, known);
  }
  return known.found;
}

function faultsOf(scope: Scope, file: string, index: RepositoryIndex): ScopeFault[] {
  const ignored = ignoredFaults(scope, index);
  // An empty list is a directory nobody could look at, not a repository without files.
  if (index.size === 0) return ignored;
  const ofPackage = packageFaults(scope, file, index);
  // That they mean nothing where they are looked for follows from it.
  const told = new Set(ofPackage.map(({ entry }) => entry));
  const missing = missingFaults(scope, index).filter(({ entry }) => !told.has(entry));
  return [...ignored, ...ofPackage, ...wideFaults(scope, index), ...existingFaults(scope, index), ...missing];
}

function packageFaults(scope: Scope, file: string, index: RepositoryIndex): ScopeFault[] {
  const dir = packageAround(file, (name) => index.has(name));
  if (dir === null) return [];
  return packagePaths(scope, dir, (glob) => index.matching(glob)).map((meant) => {
    return { kind: 'package', entry: meant.entry, meant, dir };
  });
}

/** The finding of a fault, at the entry as it stands now. */
export function faultFindings(
  fault: ScopeFault,
  entry: ScopeEntry,
  creator: string | null,
  {
    source,
    index,
    limits,
  }: { readonly source: SourceText; readonly index: RepositoryIndex; readonly limits: LintLimits },
): Finding[] {
  switch (fault.kind) {
    case 'wide': {
      if (fault.share <= limits.scopeShare) return [];
      const percent = (part: number): string => `${Math.round(part * 100)} %`;
      const message = `this slice may write ${fault.count} of the repository's ${index.size} files (${percent(fault.share)}; the limit is ${percent(limits.scopeShare)}): name the files or the directory it needs`;
      return [report(source, 'task.scope-wide', message, entry.span)];
    }
    case 'ignored':
      return [
        report(
          source,
          'task.create-ignored',
          `git ignores ${fault.path}: checks would see it, and no commit would hold it`,
          entry.span,
        ),
      ];
    case 'package': {
      const { path, inPackage, isAtTop } = fault.meant;
      const here = isAtTop ? 'and means what is there' : 'and nothing is there';
      const message = `"${path}" is read from the top of the repository, ${here}; this plan lies in the package ${fault.dir}: is ${inPackage} meant?`;
      return [report(source, 'task.package-path', message, entry.span, replaceIn(source, entry.span, path, inPackage))];
    }
    case 'there':
      return [
        report(
          source,
          'task.create-exists',
          `${fault.file} exists already; what a slice changes stands under MODIFY`,
          entry.span,
        ),
      ];
    case 'nothing': {
      const { path } = fault;
      if (fault.directory && creator === null) {
        return [
          report(
            source,
            'task.modify-nothing',
            `"${path}" is a directory, and a scope names files: write ${path}/**`,
            entry.span,
            replaceIn(source, entry.span, path, `${path}/**`),
          ),
        ];
      }
      const why =
        creator === null
          ? ', and no slice before this one creates it'
          : `; ${creator} creates it, so make this slice depend on ${creator}`;
      return [report(source, 'task.modify-nothing', `"${path}" matches nothing in the repository${why}`, entry.span)];
    }
    case 'symbol':
      return [report(source, 'task.symbol-unknown', symbolMessage(fault), symbolSpan(source, entry.span))];
  }
}

function ignoredFaults(scope: Scope, { facts }: RepositoryIndex): ScopeFault[] {
  const { ignored } = facts;
  if (!ignored || ignored.size === 0) return [];
  return scope.create.flatMap((entry): ScopeFault[] => {
    const path = examplesOf(entry).find((example) => ignored.has(example));
    return path === undefined ? [] : [{ kind: 'ignored', entry, path: entry.path ?? path }];
  });
}

function existingFaults(scope: Scope, index: RepositoryIndex): ScopeFault[] {
  return scope.create.flatMap((entry): ScopeFault[] => {
    if (entry.path === null || entry.symbol !== null) return [];
    // A glob leaves room for new files beside those that exist.
    const file = (compileGlob(entry.path).texts ?? []).find((text) => index.has(text));
    return file === undefined ? [] : [{ kind: 'there', entry, file }];
  });
}

function wideFaults(scope: Scope, index: RepositoryIndex): ScopeFault[] {
  if (index.size < leastFiles) return [];
  const files = new Set<string>();
  let widest: { readonly entry: ScopeEntry; readonly count: number } | undefined;
  for (const entry of writeSet(scope)) {
    // Who lists files one by one has thought about each.
    if (compileGlob(entry.path).texts) continue;
    const matched = index.matching(entry.path);
    if (matched.length === 0) continue;
    for (const file of matched) files.add(file);
    if (!widest || matched.length > widest.count) widest = { entry, count: matched.length };
  }
  if (!widest || files.size <= fairFiles) return [];
  const walls = scope.boundary.flatMap((entry) =>
    entry.path !== null && entry.symbol === null ? [compileGlob(entry.path)] : [],
  );
  let count = 0;
  for (const file of files) if (!walls.some((wall) => wall.matches(file))) count++;
  return count <= fairFiles ? [] : [{ kind: 'wide', entry: widest.entry, count, share: count / index.size }];
}

function missingFaults(scope: Scope, index: RepositoryIndex): ScopeFault[] {
  const found: ScopeFault[] = [];
  for (const entry of scope.modify) {
    const { path } = entry;
    if (path === null) continue;
    if (index.matching(path).length === 0) {
      const glob = compileGlob(path);
      if (index.isInsideEntry(glob.prefix) || createsItself(scope, path)) continue;
      const directory = glob.texts?.length === 1 && index.isDirectory(path);
      found.push({ kind: 'nothing', entry, path, directory });
    } else if (entry.symbol !== null) {
      const [file, ...others] = compileGlob(path).texts ?? [];
      const word = lastName(entry.symbol);
      if (file === undefined || others.length > 0 || word === null || createsItself(scope, path)) continue;
      // "a new function": it is not there yet, and should not be.
      if (/\b(?:new|add(?:s|ed)?)\b/i.test(entry.note ?? '')) continue;
      const symbols = index.symbolsOf(file);
      const instead = symbols && insteadOf(entry.symbol, symbols);
      if (symbols ? instead === null : index.holdsWord(file, word) !== false) continue;
      // The whole file may be changed by another entry.
      if (scope.modify.some((other) => other.symbol === null && other.path === path)) continue;
      found.push({ kind: 'symbol', entry, path: file, word, instead });
    }
  }
  return found;
}

/** A slice may change what it creates. In a scope too long to compare, it is taken to. */
function createsItself(scope: Scope, path: string): boolean {
  if (scope.create.length * scope.modify.length > mostPairs) return true;
  return scope.create.some((entry) => entry.path !== null && globsIntersect(entry.path, path) !== null);
}

/** `null` when a name means one symbol of a file; else what it may have been meant to mean. */
function insteadOf(symbol: string, symbols: ReadonlySet<string>): string[] | null {
  const meant = symbolsMeant(symbol, symbols);
  if (meant.length === 1) return null;
  if (meant.length > 1) return meant;
  const written = symbolName(symbol).toLowerCase();
  const most = Math.max(1, Math.floor(written.length / 5));
  return [...symbols].filter((name) => distance(name.toLowerCase(), written, most) <= most).sort();
}

function symbolMessage({ path, entry, word, instead }: ScopeFault & { readonly kind: 'symbol' }): string {
  const symbol = entry.symbol ?? word;
  if (instead === null) return `${path} does not hold "${word}" anywhere, so there is no ${symbol} to change`;
  const [first, ...others] = instead;
  if (first === undefined) return `${path} declares no ${symbol}, so no change of it would be in scope`;
  return others.length === 0
    ? `${path} declares no ${symbol}; did you mean ${first}?`
    : `${path} declares no ${symbol}; name one of ${instead.slice(0, 4).join(', ')}`;
}

/** `Router.get` -> `get`; `null` where the symbol is none that a text would hold as a word. */
function lastName(symbol: string): string | null {
  if (symbol.includes('-')) return null;
  return symbol.match(/[\p{L}\p{N}_$]+/gu)?.at(-1) ?? null;
}

function symbolSpan(source: SourceText, span: Span): Span {
  const at = source.text.slice(span.start, span.end).indexOf('::');
  if (at < 0) return span;
  const name = /^[^\s`,;)]+/.exec(source.text.slice(span.start + at + 2, span.end))?.[0].length ?? 0;
  return name === 0 ? span : { start: span.start + at + 2, end: span.start + at + 2 + name };
}

function replaceIn(source: SourceText, span: Span, from: string, to: string) {
  const written = source.text.slice(span.start, span.end);
  const at = written.indexOf(from);
  if (at < 0) return undefined;
  const start = span.start + at;
  return { title: `Write ${to}`, edits: [{ span: { start, end: start + from.length }, text: to }] };
}
