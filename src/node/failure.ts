import type { Finding } from '../core/text/finding.ts';
import { failure } from '../core/text/result.ts';

/** An expected failure, ready to be read by a person: what is wrong, where, and what to do next. */
export interface EngineFailure {
  readonly reason:
    | 'no-repository'
    | 'no-commits'
    | 'no-such-file'
    | 'bad-plan'
    | 'bad-spec'
    | 'exists'
    | 'busy'
    | 'not-waiting'
    | 'no-such-slice'
    | 'no-such-run'
    | 'not-started'
    | 'not-ready'
    | 'not-verified'
    | 'conflict'
    | 'failing'
    | 'agent'
    | 'sandbox'
    | 'inside-run'
    | 'cancelled'
    | 'git'
    | 'write';
  readonly message: string;
  /** What the person can do next, in one sentence. */
  readonly remedy: string;
  readonly findings?: readonly Finding[];
}

/** A failure of that kind, as a `Result`. */
export function fail(
  reason: EngineFailure['reason'],
  message: string,
  remedy: string,
): { readonly ok: false; readonly failure: EngineFailure } {
  return failure({ reason, message, remedy });
}
