import type { ParseArgsOptionDescriptor } from 'node:util';
import type { EngineFailure } from '../node/failure.ts';

/** What every command may end with; released, so that scripts can rely on it. */
export const EXIT = { done: 0, failed: 1, usage: 2, waiting: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface Option extends ParseArgsOptionDescriptor {
  /** `<value>` shown in help, for string options. */
  readonly value?: string;
  readonly help: string;
}

export interface Invocation {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  /** Everything after a lone `--`. */
  readonly rest: readonly string[];
  readonly terminal: Terminal;
}

export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** After the name: `<plan> [slice]`. */
  readonly usage: string;
  readonly options: Readonly<Record<string, Option>>;
  readonly examples: readonly string[];
  /** What its files take, as lines below the examples. */
  readonly notes?: readonly string[];
  /** Not listed in `--help`. */
  readonly internal?: boolean;
  /** Gives the exit code: one of `EXIT`, or that of a wrapped command. */
  run(invocation: Invocation): Promise<number>;
}

/** Where a command prints. Colours and the width are decided once, at the start. */
export interface Terminal {
  readonly colour: boolean;
  readonly interactive: boolean;
  readonly width: number;
  readonly cwd: string;
  out(text: string): void;
  err(text: string): void;
}

/** A message for a wrong call: exit code 2. */
export class UsageError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy = '') {
    super(message);
    this.name = 'UsageError';
    this.remedy = remedy;
  }
}

/** Failures that mean the call or its input was wrong, as opposed to work that did not succeed. */
const BAD_INPUT: ReadonlySet<EngineFailure['reason']> = new Set([
  'no-repository',
  'no-commits',
  'no-such-file',
  'bad-plan',
  'bad-spec',
  'exists',
  'no-such-slice',
  'no-such-run',
  'not-started',
  'not-waiting',
]);

/** Prints a failure (what, then what to do) and gives its exit code. */
export function report(terminal: Terminal, failure: EngineFailure, json = false): ExitCode {
  const code = BAD_INPUT.has(failure.reason)
    ? EXIT.usage
    : failure.reason === 'cancelled'
      ? EXIT.interrupted
      : EXIT.failed;
  if (json) {
    terminal.out(
      `${JSON.stringify({ v: 1, error: { reason: failure.reason, message: failure.message, remedy: failure.remedy } })}\n`,
    );
    return code;
  }
  terminal.err(`slicewave: ${failure.message}\n`);
  for (const finding of (failure.findings ?? []).filter((f) => f.severity === 'error').slice(0, 10)) {
    // Some messages tell their findings themselves, for those who show nothing but the message.
    if (failure.message.includes(finding.message)) continue;
    terminal.err(`  ${finding.file}:${finding.line}:${finding.column}: ${finding.message}\n`);
  }
  if (failure.remedy) terminal.err(`  ${failure.remedy}\n`);
  return code;
}

/** A line of progress with the time of day before it: what takes long is seen, and found again in a log. */
export function stamped(line: string, now = new Date()): string {
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => String(part).padStart(2, '0'));
  return line.replace(/^\n*/, (before) => `${before}${time.join(':')} `);
}

export function text(invocation: Invocation, name: string): string | undefined {
  const value = invocation.options[name];
  return typeof value === 'string' ? value : undefined;
}

export function flag(invocation: Invocation, name: string): boolean {
  return invocation.options[name] === true;
}

/** A positional argument that must be there. */
export function required(invocation: Invocation, index: number, what: string): string {
  const value = invocation.positionals[index];
  if (value === undefined) throw new UsageError(`${what} is missing`);
  return value;
}

/** A positive whole number. */
export function wholeNumber(invocation: Invocation, name: string): number | undefined {
  const value = text(invocation, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,6}$/.test(value) || Number(value) < 1)
    throw new UsageError(`--${name} must be a whole number from 1, not "${value}"`);
  return Number(value);
}
