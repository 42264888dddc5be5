import type { FileChange, RiskNote, Stop } from '../run/model.ts';
import { scopeVerdict, symbolsInScope } from '../scope/contain.ts';
import { compileGlob, type GlobOptions } from '../scope/glob.ts';
import type { Scope } from '../task/model.ts';
import { namedOnPurpose, sensitivityOf } from './sensitive.ts';
import { checkSymbols, fileOf, uncheckedSymbols, type CodeChange } from './symbol-check.ts';

/** A change as git saw it, before the verdict. `leadsOutside`: a symlink whose target leaves the worktree. */
export interface ObservedChange extends Omit<FileChange, 'inScope' | 'symbols'> {
  readonly leadsOutside: boolean;
  /** What it did inside a source file; absent where nobody looked. */
  readonly code?: CodeChange | null;
}

/** Names of symbols that are listed for one file. */
const maxSymbols = 100;
/** Sentences of a stop; the trace holds the others. A generated file may have thousands of symbols. */
const maxSentences = 50;

export interface ScopeCheck {
  readonly files: readonly FileChange[];
  /** One sentence per path that is not in scope. */
  readonly violations: readonly string[];
  /** The stop that follows, if any; scope growth comes before sensitivity. */
  readonly stop: Stop | null;
  /** What could not be checked as finely as the scope asks. */
  readonly notes: readonly RiskNote[];
}

/**
 * The third and uniform enforcement of the scope: every change between base and worktree against the slice's scope.
 * A rename counts as a deletion and an addition; a symlink as a file with a target; a mode change as a modification.
 * Where the scope names symbols, the change must stay with them (`checkSymbols`); a language without a grammar falls back
 * to the whole file, with a note, and what else cannot be read is asked about. This holds for every agent, even one that
 * ignores everything else. Paths and symbols that a person approved pass, a boundary included: the decision is on record.
 * `names`: how the file system compares them.
 */
export function checkScope(
  slice: string,
  scope: Scope,
  changes: readonly ObservedChange[],
  approved: ReadonlySet<string>,
  names: GlobOptions = {},
): ScopeCheck {
  const violations: string[] = [];
  const outside: string[] = [];
  const sensitive: { path: string; what: string }[] = [];
  const notes: RiskNote[] = [];
  const forms: string[] = [];
  const files = changes.map(({ leadsOutside, code = null, ...change }): FileChange => {
    const reasons: string[] = [];
    const growth: string[] = [];
    const judge = (path: string, kind: 'added' | 'modified' | 'deleted'): void => {
      if (approved.has(path)) return;
      const verdict = scopeVerdict(scope, { path, kind }, names);
      if (!verdict.ok) {
        const twin = kind === 'added' && verdict.reason === 'outside' ? otherForm(scope, path) : null;
        reasons.push(`${path} was ${kind} and ${verdict.detail}${twin === null ? '' : `: ${twin}`}`);
        if (twin !== null) forms.push(twin);
        return;
      }
      const touched =
        (change.change !== 'renamed' ? code?.touched : kind === 'deleted' ? code?.left : code?.arrived) ?? 'no-grammar';
      if (typeof touched !== 'string') {
        const { symbols = new Set<string>(), known = new Set<string>() } = code ?? {};
        const found = checkSymbols({ scope, path, touched, symbols, known, approved, names });
        reasons.push(...found.map((violation) => violation.detail));
        growth.push(...found.map((violation) => violation.path));
      } else {
        const unchecked = uncheckedSymbols({ scope, path, why: touched, names });
        if (unchecked && 'note' in unchecked) notes.push(unchecked.note);
        else if (unchecked) {
          reasons.push(unchecked.violation.detail);
          growth.push(path);
        }
      }
      if (kind !== 'deleted' && modeChanged(change) && symbolsInScope(scope, path, names).allowed !== null) {
        reasons.push(
          `${path} changed its mode from ${change.oldMode} to ${change.newMode}, which is no part of a symbol`,
        );
        growth.push(path);
      }
    };
    if (change.change === 'renamed') {
      judge(change.from ?? change.path, 'deleted');
      judge(change.path, 'added');
    } else if (change.change === 'added' || change.change === 'copied') judge(change.path, 'added');
    else if (change.change === 'deleted') judge(change.path, 'deleted');
    else judge(change.path, 'modified');
    if (leadsOutside && !approved.has(change.path))
      reasons.push(`${change.path} is a symbolic link that leads out of the worktree (${change.linkTarget ?? ''})`);
    if (change.newMode === '160000' && change.change === 'added' && !approved.has(change.path)) {
      reasons.push(`${change.path} is a repository of its own inside the worktree`);
    }
    const inScope = reasons.length === 0;
    if (!inScope) {
      violations.push(...reasons);
      // When nothing but symbols are out of scope, only these are asked about.
      if (growth.length === reasons.length) outside.push(...growth);
      else outside.push(change.path, ...(change.from === undefined ? [] : [change.from]));
    }
    const what = sensitivityOf(change.path);
    if (inScope && what && !approved.has(change.path) && !namedOnPurpose(scope, change.path))
      sensitive.push({ path: change.path, what });
    return { ...change, inScope, symbols: symbolNames(code) };
  });
  return { files, violations, stop: stopFor(slice, { violations, outside, forms, sensitive }), notes };
}

/** The symbols that a change touched, for the trace. */
export function symbolNames(code: CodeChange | null | undefined): readonly string[] {
  return typeof code?.touched === 'object'
    ? code.touched.flatMap(({ symbol }) => symbol ?? []).slice(0, maxSymbols)
    : [];
}

/**
 * A file that became executable, or ceased to be, or stands where a link or a submodule was. What became a link is gone
 * as a file, with all its symbols.
 */
function modeChanged({ oldMode, newMode }: Pick<ObservedChange, 'oldMode' | 'newMode'>): boolean {
  return oldMode !== newMode && oldMode !== '000000' && newMode.startsWith('100');
}

/** That a new file has the name of an entry, written otherwise: two names here, and one elsewhere. */
function otherForm(scope: Scope, path: string): string | null {
  for (const { path: entry } of [...scope.create, ...scope.modify]) {
    if (entry === null) continue;
    if (compileGlob(entry, { composed: true }).matches(path))
      return `it is \`${entry}\` with its accents in another Unicode form (${formOf(path)} instead of ${formOf(entry)}), which is another name here`;
    if (compileGlob(entry, { composed: true, caseInsensitive: true }).matches(path))
      return `it is \`${entry}\` with other capitals, which is another name here`;
  }
  return null;
}

function formOf(text: string): string {
  if (text === text.normalize('NFC')) return 'NFC';
  return text === text.normalize('NFD') ? 'NFD' : 'a mixture of both';
}

function stopFor(
  slice: string,
  found: {
    readonly violations: readonly string[];
    readonly outside: readonly string[];
    /** What is another form of a name in the scope. */
    readonly forms: readonly string[];
    readonly sensitive: readonly { readonly path: string; readonly what: string }[];
  },
): Stop | null {
  const { violations, outside, forms, sensitive } = found;
  if (violations.length > 0) {
    const named = new Set(outside);
    // Who approves a file need not approve what is in it.
    const paths = [...named].filter((path) => fileOf(path) === path || !named.has(fileOf(path))).sort();
    return {
      condition: 'unexpected-scope',
      detail:
        violations.slice(0, maxSentences).join('; ') +
        (violations.length > maxSentences ? `; and ${violations.length - maxSentences} more` : ''),
      question:
        `Slice ${slice} changed ${listed(paths)} outside its scope` +
        `${forms[0] === undefined ? '' : ` (${paths.length > 1 ? 'of one: ' : ''}${forms[0]})`}. ` +
        'Approve the growth, revert it, or skip the slice?',
      paths,
    };
  }
  if (sensitive.length > 0) {
    const what = [...new Set(sensitive.map((item) => item.what))].join(' and ');
    const paths = sensitive.map((item) => item.path).sort();
    return {
      condition: 'secrets-auth-production',
      detail: `${listed(paths)} touches ${what}`,
      question: `Slice ${slice} touches ${what}: ${listed(paths)}. Approve, revert, or skip the slice?`,
      paths,
    };
  }
  return null;
}

function listed(paths: readonly string[]): string {
  return paths.length <= 4 ? paths.join(', ') : `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more`;
}
