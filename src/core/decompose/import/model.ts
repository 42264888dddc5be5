import { withoutMarks } from '../../text/mentions.ts';
import type { ImporterId } from '../table.ts';
import type { Finding, Severity } from '../../text/finding.ts';
import { finding } from '../../text/finding.ts';
import type { SourceText, Span } from '../../text/source.ts';
import type { Spec } from '../../spec/model.ts';
import type { Proposal } from '../../plan/proposal.ts';
import type { ScopeIndex } from './scope-index.ts';

export interface ImportInput {
  /** The main file, repository-relative. */
  readonly path: string;
  readonly text: string;
  /** Texts of those companions that could be read, by repository-relative path. */
  readonly companions: ReadonlyMap<string, string>;
  /** Every tracked file, in any order. */
  readonly repoFiles: readonly string[];
  /** Texts of those of `projectSources` that exist. */
  readonly texts: ReadonlyMap<string, string>;
  /** Where tasks that name no file may work, is guessed from this. Default: nothing is guessed. */
  readonly guessing?: {
    readonly index: ScopeIndex;
    /** Whether what is guessed goes into the slices, or is only said. */
    readonly taken: boolean;
    /** What somebody said who was asked, by slice: it counts before all that is guessed from words. */
    readonly told?: ReadonlyMap<string, ScopeGuess>;
  };
}

/**
 * What an import gives. `spec` carries what the source says of outcome, scope and evidence; its spans are empty,
 * because the words come from several files. `proposal` is `null` when there is nothing to do or nothing could be read;
 * a finding of severity `error` says why.
 */
export interface ImportResult {
  readonly spec: Spec;
  readonly proposal: Proposal | null;
  readonly findings: readonly Finding[];
  /** Scopes that nobody wrote down, in the order of the slices. */
  readonly guesses: readonly GuessedScope[];
  /** Where the tasks of each slice stand in the source: what is ticked off when it is done. */
  readonly marks: Readonly<Record<string, readonly SourceMark[]>>;
  /** Tasks that are no work of their own, but done when their parts are. */
  readonly above: readonly MarkAbove[];
}

/** Where a task stands that is done when others are; `parts`: their ids. */
export interface MarkAbove extends SourceMark {
  readonly parts: readonly string[];
}

/** Where a task stands. */
export interface SourceMark {
  /** As the source writes it. */
  readonly id: string;
  /** Repository-relative. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface Importer {
  readonly id: ImporterId;
  readonly title: string;
  /** Whether a file is this format's main file. Looks at the path first, and at the text as far as it must. */
  readonly recognises: (path: string, text: string) => boolean;
  /** Repository-relative paths of the files that belong to it and exist. */
  readonly companions: (path: string, repoFiles: readonly string[]) => readonly string[];
  /** Never throws, whatever the text. */
  readonly read: (input: ImportInput) => ImportResult;
  /** The main file that a directory, or another file of the same thing, stands for; `null` when it is none of this. */
  readonly mainFile: (path: string, repoFiles: readonly string[]) => string | null;
}

export type Confidence = 'high' | 'medium' | 'low';

export interface GuessedPath {
  readonly path: string;
  /** Why, each in a few words. */
  readonly evidence: readonly string[];
}

/** Where a task that names no file may work. A person decides whether that is so. */
export interface ScopeGuess {
  readonly confidence: Confidence;
  readonly paths: readonly GuessedPath[];
}

/** A guess, for the slice that it is made for. */
export interface GuessedScope extends ScopeGuess {
  readonly slice: string;
}

/** What another document, or another field of the task, says of where it works. */
export interface ScopeHint {
  readonly text: string;
  /** Where that stands: `references`, `testStrategy`. */
  readonly place: string;
}

/** One thing to do as the source has it, before tasks become slices. */
export interface ImportedTask {
  /** As the source writes it: `T012`, `1.3`, `TASK-7`. */
  readonly id: string;
  /** One line, without its number and markers. */
  readonly text: string;
  /** What else must be true of the result. */
  readonly details: readonly string[];
  /** What to tick off. */
  readonly checks: readonly string[];
  /** Files and globs it writes. */
  readonly paths: readonly string[];
  /** Commands that check it. */
  readonly verify: readonly string[];
  /** Ids of the tasks it says it waits for. */
  readonly after: readonly string[];
  readonly minutes: number;
  /** What says where it works when its words do not. Default: nothing. */
  readonly hints?: readonly ScopeHint[];
  /** What else is done with it, and stands elsewhere. Default: nothing. */
  readonly parts?: readonly { readonly id: string; readonly source: SourceText; readonly span: Span }[];
  readonly source: SourceText;
  readonly span: Span;
}

/** Tasks that become one slice. */
export interface ImportedGroup {
  /** Fit for a slice, unique. */
  readonly id: string;
  readonly title: string;
  readonly tasks: readonly ImportedTask[];
  /** Ids of groups that come before it. */
  readonly after: readonly string[];
  /** Beside those of its tasks. */
  readonly requirements: readonly string[];
  readonly checklist: readonly string[];
}

/** Ids of tasks that must be verified together before others start: a checkpoint of the source. */
export interface ImportedCheckpoint {
  readonly needs: readonly string[];
  readonly unlocks: readonly string[];
  readonly verify: readonly string[];
}

/** Collects what an import finds; no more than a screenful of any one code. */
export class ImportReport {
  readonly #findings: Finding[] = [];
  readonly #counts = new Map<string, number>();
  readonly #main: SourceText;
  readonly #guesses: GuessedScope[] = [];
  readonly #marks: Record<string, readonly SourceMark[]> = {};
  readonly #above: MarkAbove[] = [];

  constructor(main: SourceText) {
    this.#main = main;
  }

  guess(scope: GuessedScope): void {
    this.#guesses.push(scope);
  }

  mark(slice: string, tasks: readonly ImportedTask[]): void {
    this.#marks[slice] = tasks
      .flatMap((task) => [task, ...(task.parts ?? [])])
      .map(({ id, source, span }) => ({ id, file: source.file, line: source.position(span.start).line }));
  }

  markAbove(task: Pick<ImportedTask, 'id' | 'source' | 'span'>, parts: readonly string[]): void {
    const { id, source, span } = task;
    this.#above.push({ id, file: source.file, line: source.position(span.start).line, parts });
  }

  /** The result of the import that this reports on. */
  result(spec: Spec, proposal: Proposal | null): ImportResult {
    return {
      spec,
      proposal,
      findings: this.#findings,
      guesses: proposal ? this.#guesses : [],
      marks: this.#marks,
      above: this.#above,
    };
  }

  add(
    code: string,
    severity: Severity,
    message: string,
    at?: { readonly source?: SourceText; readonly span?: Span },
  ): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count <= mostOfACode) this.#findings.push(finding(at?.source ?? this.#main, code, severity, message, at?.span));
    else if (count === mostOfACode + 1)
      this.#findings.push(
        finding(this.#main, code, severity, `there are more findings like the ${mostOfACode} before this one`),
      );
  }
}

const mostOfACode = 50;

/** Ids become file names and parts of branch names: letters, digits, dashes and underscores, at most 60. */
export function sliceIdOf(text: string, fallback: string): string {
  const id = text
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .slice(0, 60)
    .replaceAll(/^[-_]+|[-_]+$/g, '');
  return id === '' ? fallback : id;
}

/** Gives ids that no other one equals, in any case of letters: Windows and macOS see no difference. */
export class UniqueIds {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  take(wanted: string): string {
    const key = wanted.toLowerCase();
    let number = this.#next.get(key) ?? 2;
    let id = wanted;
    while (this.#taken.has(id.toLowerCase())) id = `${wanted.slice(0, 53).replace(/[-_]+$/, '')}-${number++}`;
    this.#next.set(key, number);
    this.#taken.add(id.toLowerCase());
    return id;
  }
}

/** A directory name as words: `add-two-factor_auth` -> `Add two factor auth`. */
export function humanised(name: string): string {
  const words = name.replaceAll(/[-_]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The beginning of a text as a title: without the files it names, at most a line long. */
export function shortTitle(text: string, most = 72): string {
  const named = text
    .slice(0, 500)
    .replaceAll(/\s+\((?:see|per|depends on|after|blocked by)[^()]*\)/gi, '')
    .replace(/\s+(?:in|to|at|under|into|from|by)\s+`?[\w@.-]+(?:\/[\w@.*{}[\],-]+)+`?.*$/, '');
  const plain = withoutMarks(named)
    .replace(/[\s.:;,–—-]+$/, '')
    .trim();
  const whole = plain === '' ? text.slice(0, 500).trim() : plain;
  if (whole.length <= most) return whole;
  const cut = whole.slice(0, most);
  const space = cut.lastIndexOf(' ');
  return `${cut.slice(0, space > most / 2 ? space : most).replace(/[\s.:;,(]+$/, '')} ...`;
}
