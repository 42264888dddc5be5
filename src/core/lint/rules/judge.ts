import type { Rule } from './rule.ts';

/** What the judge of a decomposition finds beyond the linter: it needs parsed code, history, or the whole plan at once. */
export const judgeRules = [
  {
    code: 'judge.coupling',
    severity: 'warning',
    summary: 'Two slices that may run at the same time hang together although they share no file.',
    details: `
Looked at are pairs of slices that no dependency orders and whose write scopes do not meet. Evidence, each with its place:
an import from one scope into the other, files of both that changed together in the history of the repository, a test that
uses files of both, and files that both will make anew without naming them (lock files, generated files, an index that
lists what both add). Each kind has a weight; they add up like independent chances to a score from 0 to 100.

Two agents that change both ends of such a connection see only their own end: both are right alone and wrong together.
What helps, in this order: a contract for what crosses the border; a dependency in the direction of the import; giving the
shared file to one slice or to a slice of its own. Below a score of 30 nothing is said; from 70 on one of the two should wait.
`,
  },
  {
    code: 'judge.contract-needed',
    severity: 'warning',
    summary: 'Slices of two workstreams rely on each other, and no contract says on what.',
    details: `
Looked at are dependencies and merge points that lead from one workstream into another, and imports that cross their
borders. The border is covered when a contract names the providing slice, or one of its workstream, as its provider and
the other as a consumer, or when the task specs of both sides name the same contract.

Agents make reasonable decisions alone that conflict together: column names, the shape of an answer, the spelling of an
id. A contract written before any agent starts takes minutes; finding out at the merge takes hours. The plan's preview
offers a file to start from, with what the spec says about the interface.
`,
  },
  {
    code: 'judge.merge-point',
    severity: 'info',
    summary: 'The work of several workstreams comes together at a slice, and no merge point verifies the sum first.',
    details: `
A slice with dependencies in two or more other workstreams starts on their merged work. Each of them was verified alone;
nothing has verified them together. A merge point does: it merges exactly what it needs, runs its checks on the result, and
unlocks exactly the slices it names, so that a clash between workstreams is found before anyone builds on it.

\`\`\`json
"merge_points": [{ "id": "MP1", "needs": ["A8", "B3"], "unlocks": ["C1"], "verify": ["npm test"] }]
\`\`\`
`,
  },
  {
    code: 'judge.ordered',
    severity: 'info',
    summary: 'A dependency was added, because two slices share more than half of what they write.',
    details: `
Slices that write mostly the same files would undo each other's work if they ran side by side, so the decomposition makes
one wait for the other: from the one that stands earlier in the plan's order to the later one, which never closes a
circle. The threshold is \`serialAbove\`. Join the two, or cut them along their files, when the waiting costs too much.
`,
  },
] as const satisfies readonly Rule[];

export type JudgeCode = (typeof judgeRules)[number]['code'];
