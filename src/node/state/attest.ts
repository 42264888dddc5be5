import type { Decision } from '../../core/run/model.ts';
import type { RunFacts } from '../../core/run/state-model.ts';
import type { Warning } from '../../core/run/warning.ts';
import { warningsOf, type DecisionRecord } from './decision-log.ts';

type RunEnded = Extract<Decision, { readonly type: 'run_ended' }>;

/**
 * Which runs of a plan count, by what the decisions say of them. One that ended with another record than its runner left
 * is replaced by the outcome that the decisions keep. One that nobody of Slicewave began, or that another machine's key
 * signed and nobody vouched for, is left out and named. What is not of this plan passes as it is. `elsewhere`: the runs of
 * another machine that nobody vouched for, with the digest of their content.
 */
export function attest(
  plan: string,
  found: readonly RunFacts[],
  { decisions, foreign, warnings: said }: DecisionRecord,
): {
  readonly runs: readonly RunFacts[];
  readonly elsewhere: Readonly<Record<string, string>>;
  readonly warnings: readonly Warning[];
} {
  const began = decisions.find((decision) => decision.type === 'evidence_began');
  const trusted = new Map(
    decisions.flatMap((decision) => (decision.type === 'trusted' ? Object.entries(decision.runs) : [])),
  );
  const ended = new Map<string, RunEnded>();
  for (const decision of decisions) if (decision.type === 'run_ended') ended.set(decision.run_id, decision);
  const warnings: Warning[] = [...said];
  const runs: RunFacts[] = [];
  const elsewhere: Record<string, string> = {};
  for (const run of found) {
    const [first] = run.events;
    const { record } = run;
    if (first?.type !== 'run_started' || first.plan !== plan || !record) {
      runs.push(run);
      continue;
    }
    const file = `.agent-runs/${run.runId}/events.jsonl`;
    const end = ended.get(run.runId);
    if (end) {
      ended.delete(run.runId);
      warnings.push(...warningsOf(file, { ...record, gaps: 0 }));
      const whole = record.digest === end.digest && record.gaps === 0;
      if (!whole) warnings.push(altered(end, file, 'was changed after its end'));
      runs.push(whole ? run : outcomeOf(end));
      continue;
    }
    if (record.origin === 'foreign' && trusted.get(run.runId) !== record.content) {
      elsewhere[run.runId] = record.content ?? '';
      continue;
    }
    if (record.origin === 'plain' && began?.type === 'evidence_began' && began.runs[run.runId] !== record.content) {
      warnings.push({
        kind: 'evidence',
        summary: `${file} was not written by slicewave and not counted`,
        remedy: null,
        paths: [file],
      });
      continue;
    }
    warnings.push(...warningsOf(file, record));
    runs.push(run);
  }
  for (const end of ended.values()) {
    warnings.push(altered(end, `.agent-runs/${end.run_id}/events.jsonl`, 'is gone'));
    runs.push(outcomeOf(end));
  }
  const ids = Object.keys(elsewhere);
  if (ids.length + foreign.length > 0) warnings.push(ofOtherMachine(plan, ids, foreign.length));
  return { runs: runs.toSorted((a, b) => (a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0)), elsewhere, warnings };
}

function outcomeOf({ run_id: runId, events }: RunEnded): RunFacts {
  return { runId, events, alive: false };
}

function altered({ node }: RunEnded, file: string, what: string): Warning {
  return {
    kind: 'evidence',
    summary: `${file} (${node}) ${what}; what its runner recorded of its outcome counts`,
    remedy: null,
    paths: [file],
  };
}

function ofOtherMachine(plan: string, runs: readonly string[], decisions: number): Warning {
  const parts = [
    ...(runs.length > 0 ? [runs.length === 1 ? '1 run' : `${runs.length} runs`] : []),
    ...(decisions > 0 ? [decisions === 1 ? '1 decision' : `${decisions} decisions`] : []),
  ];
  return {
    kind: 'other-machine',
    summary: `${parts.join(' and ')} of ${plan} ${runs.length + decisions === 1 ? 'was' : 'were'} signed with a key that is not on this machine and not counted`,
    remedy: `When you know where ${runs.length + decisions === 1 ? 'it comes' : 'they come'} from: slicewave accept ${plan}`,
    paths: runs.map((run) => `.agent-runs/${run}/events.jsonl`),
  };
}
