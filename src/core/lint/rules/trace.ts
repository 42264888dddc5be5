import { AGENTS } from '../../agent/agents.ts';
import type { Rule } from './rule.ts';

/** What can be wrong with traces. */
export const traceRules = [
  {
    code: 'trace.json',
    severity: 'error',
    summary: 'A trace is not JSON, so nothing it says can be relied on.',
    details: `\`trace.json\` is written whole and at once by the run it is about, so a broken one was edited by hand or cut off. The facts
are still in \`events.jsonl\` beside it, from which the trace can be made again.`,
  },
  {
    code: 'trace.unknown-version',
    severity: 'warning',
    summary: 'A trace has no version, or one that this Slicewave does not read.',
    details: `\`v\` says how the rest is to be read; this Slicewave reads version 1. A newer trace is shown as far as it is understood, but not
judged. Update Slicewave, or look at it where it was written.`,
  },
  {
    code: 'trace.claim-refuted',
    severity: 'warning',
    summary: 'A trace shows that something the agent said of its run is not so.',
    details: `\`claims\` holds what the agent said; the rest holds what was observed. Compared are: tests that are said to pass with
\`verification\`; files that are said to be changed with \`files_changed\`, both ways; commands that are said to have been run with
\`commands_run\`, for agents whose commands can be seen (${AGENTS.filter((agent) => agent.showsCommands)
      .map((agent) => agent.title)
      .join(', ')}).

    "claims": { "tests_passed": true },
    "verification": [{ "command": "npm test", "outcome": "failed", "exit_code": 1 }]

One wrong claim is a reason to read the whole change. Correct the work, not the trace.`,
  },
  {
    code: 'trace.evidence-missing',
    severity: 'warning',
    summary: 'A trace claims a result without the evidence for it.',
    details: `Reported: \`tests_passed\` that no verification bears out; a run that is verified or merged without a verification or without
an end; changed files that no snapshot and no commit holds, so that nobody can look at them any more. \`tests_passed: null\` is
not reported: it says openly that nothing was checked.`,
  },
  {
    code: 'trace.out-of-scope',
    severity: 'warning',
    summary: 'A trace records a change outside the scope of its slice.',
    details: `The file was neither under CREATE nor under MODIFY of the task spec, or it was behind its boundary, when the run's diff was
checked. Revert the change, or approve it so that the task spec names the file; other slices may own it.`,
  },
] as const satisfies readonly Rule[];
