import { createHash } from 'node:crypto';
import type { Redact } from '../../core/gate/redact.ts';
import type { Verification } from '../../core/run/model.ts';
import type { EvidenceItem } from '../../core/spec/evidence.ts';
import type { PlanFacts, PlanState } from '../../core/run/state-model.ts';
import type { LoadedPlan } from '../../core/plan/graph-model.ts';
import type { CheckLine } from './model.ts';
import type { Git } from '../git/git.ts';
import type { Signer } from '../git/signing.ts';
import type { Repository } from '../git/repository.ts';
import type { Sandbox } from '../process/sandbox.ts';
import type { CleanCheckout } from '../run/clean-checkout.ts';

/** One slice on the integration branch. */
export interface Merge {
  readonly slice: string;
  /** The integration branch after this merge. */
  readonly commit: string;
}

/** The evidence that a spec asks for. */
export interface SpecEvidence {
  /** The spec, relative to the repository. */
  readonly file: string;
  readonly items: readonly EvidenceItem[];
}

/** What an integration pass is about. */
export interface PassRequest {
  readonly repository: Repository;
  readonly loaded: LoadedPlan;
  readonly facts: PlanFacts;
  readonly state: PlanState;
  /** What the spec says proves its outcome; `null`: the plan names no spec. */
  readonly evidence: SpecEvidence | null;
  /** The integration branch. */
  readonly branch: string;
  /** Its worktree. */
  readonly dir: string;
  /** Where its checks run: on the merged commits, never in the worktree. */
  readonly checkout: CleanCheckout;
  /** How the user signs commits; `null`: they do not, or it cannot be done now. */
  readonly signer: Signer | null;
  /** What confines the checks; `null`: nothing. */
  readonly sandbox: Sandbox | null;
  readonly redact: Redact;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** One integration pass under way, with what it has found so far. */
export class Pass {
  readonly request: PassRequest;
  /** Git in the integration worktree. */
  readonly git: Git;
  readonly lines: CheckLine[] = [];
  readonly evidence: Verification[] = [];

  constructor(request: PassRequest) {
    this.request = request;
    this.git = request.repository.git.in(request.dir);
  }

  /** Adds a line to the report, and says it. */
  note(name: string, status: CheckLine['status'], details: string): void {
    this.lines.push({ name, status, details });
    this.request.say(`${status}: ${name}: ${details}`);
  }

  /** What every slice of the plan started from. */
  get base(): string {
    return this.request.state.preparedCommit ?? '';
  }

  commitOf(slice: string): string {
    return this.request.state.slices.find(({ id }) => id === slice)?.commit ?? '';
  }
}

/** Stands for a run id in the environment of an integration's set-up, and in the marks of its processes. */
export function passId(repository: Repository, plan: string): string {
  // Plans of other repositories may have the same name, and their processes are none of ours.
  const place = createHash('sha256').update(repository.runsDir).digest('hex').slice(0, 12);
  return `integration-${plan}-${place}`;
}
