import { acceptedHeadings } from '../../spec/headings.ts';
import type { Rule } from './rule.ts';

/** What can be wrong with specs. */
export const specRules = [
  {
    code: 'spec.yaml',
    severity: 'error',
    summary: 'The front matter of a spec is not YAML, so its id and status are lost.',
    details: `The lines between the two \`---\` at the top are read as YAML. When they are not YAML, \`id\`, \`status\`, \`technology\` and \`confidence\` are lost, and with them the check that a spec of low confidence is not decomposed.

Usual causes: a tab as indentation, a value with \`: \` or \`#\` or a leading \`@\` that needs quotes, a bracket that is never closed.

Bad: \`title: Orders: phase 2\`

Good: \`title: "Orders: phase 2"\``,
  },
  {
    code: 'spec.yaml-strict',
    severity: 'warning',
    summary: 'The front matter of a spec repeats a key or uses a strange one.',
    details: `The front matter can be read, but two programs could read it differently: a key stands there twice (the last one counts here), or is no plain word. Keep one of the two.`,
  },
  {
    code: 'spec.front-matter',
    severity: 'warning',
    summary: 'A front matter field of a spec has a value outside its list.',
    details: `\`status\` is \`draft\` or \`approved\`, \`confidence\` is \`HIGH\`, \`MEDIUM\` or \`LOW\`. Any other word counts as if the field were not there, so a spec that says \`status: done\` is not treated as approved.`,
  },
  {
    code: 'spec.outcome-missing',
    severity: 'error',
    summary: 'A spec does not say which outcome it is after; the agent would invent one.',
    details: `A spec answers four questions; this is the first: what can somebody do afterwards that they cannot do now? Agents that do not know it fill it in, each in its own way. Accepted headings, at any level: ${acceptedHeadings('outcome')}.

Bad: a title and a list of tasks.

Good: \`## Outcome\`, then "A customer who is out of stock sees the date of the next delivery."

The quick fix adds the section with a line to fill in.`,
  },
  {
    code: 'spec.in-scope-missing',
    severity: 'error',
    summary: 'A spec does not say what is in scope; the agent would decide it.',
    details: `The second of the four questions. Without a list of what is in scope every agent decides by itself how far its work goes, and two of them decide differently. Accepted headings: ${acceptedHeadings('in_scope')}.

Name behaviours or directories, one per item: \`- Search with sorting and paging (src/products/**)\`.

The quick fix adds the section with a line to fill in.`,
  },
  {
    code: 'spec.out-of-scope-missing',
    severity: 'error',
    summary: 'A spec does not say what is out of scope; that is where drift begins.',
    details: `The third of the four questions, and the one where drift begins: an agent that sees something near by that could be better will improve it, unless the spec says that it stays. Accepted headings: ${acceptedHeadings('out_of_scope')}.

Name what a reader could expect to be covered, and is not: \`- A database; the JSON file stays\`.

The quick fix adds the section with a line to fill in.`,
  },
  {
    code: 'spec.evidence-missing',
    severity: 'error',
    summary: 'A spec does not say which evidence proves that it worked.',
    details: `The fourth of the four questions. Evidence is decided before the work, by somebody else than the one who does it; otherwise "done" means whatever was done. Accepted headings: ${acceptedHeadings('evidence')}.

Good: \`\` - [ ] \`npm test\` passes \`\` and \`- [ ] The last item cannot be sold twice\`.

The quick fix adds the section with lines to fill in.`,
  },
  {
    code: 'spec.answer-empty',
    severity: 'error',
    summary: 'A heading for one of the four answers has no answer below it.',
    details: `The heading is there, but nothing below it says anything: blank lines, comments, words in angle brackets that a template left, \`TBD\`. Fill it in; a heading alone makes the spec look answered.`,
  },
  {
    code: 'spec.confidence-low',
    severity: 'warning',
    summary: 'A spec of low confidence must not be decomposed; questions come first.',
    details: `Whoever wrote the spec says that they are not sure. The decomposer refuses such a spec: slices cut from a guess have to be cut again. Answer the open questions, then raise \`confidence\`.`,
  },
  {
    code: 'spec.duplicate-slice',
    severity: 'error',
    summary: 'Two slices of a spec have the same id.',
    details: `Two list items declare a slice of the same id. Only the first is taken, and whatever names the id means that one. Give the second an id of its own.`,
  },
  {
    code: 'spec.slice-line',
    severity: 'info',
    summary: 'A line below "Slices" or "Tasks" declares no slice.',
    details: `Below these headings each list item, each row of a table and each heading with attributes below it is a slice. A paragraph, a remark, a block of code, a table whose columns name no slice and a line that only stands above slices are none, and nothing of them gets into the plan. Make it a slice, or move it to another section.

Bad: \`Then the login page, in src/login.ts\`

Good: \`- login: Login page (files: src/login.ts)\``,
  },
  {
    code: 'spec.slice-done',
    severity: 'info',
    summary: 'A slice is ticked, so it is done and not planned.',
    details: `A box with a tick says that the work is there: the slice is left out of the plan, and those that come after it do not wait for it. Where a part of it is still open, the slice stays. Take the tick away when it is to be done again.`,
  },
  {
    code: 'spec.slice-files',
    severity: 'warning',
    summary: 'A word among the files of a slice is no path.',
    details: `Files are paths or globs, relative to the root of the repository, with commas between them; a remark stands in brackets behind its path. What is no path gives the slice no right to write anything.

Bad: \`- A1: Limits (files: the limiter, src/limit.ts)\`

Good: \`- A1: Limits (files: src/limiter.ts, src/limit.ts)\``,
  },
  {
    code: 'spec.duplicate-merge-point',
    severity: 'error',
    summary: 'Two merge points of a spec have the same id.',
    details: `Two lines declare a merge point of the same id. Give each its own, or join their needs: \`MP1: A8 + B3 -> C1, C2\`.`,
  },
  {
    code: 'spec.unknown-slice',
    severity: 'error',
    summary: 'A spec names a slice that it does not declare.',
    details: `An \`after\` or a merge point names an id that no list item of the spec declares, so nobody would wait for anything. Check the spelling, or declare it: \`- A7: Search (files: src/search.ts)\`.`,
  },
  {
    code: 'spec.cycle',
    severity: 'error',
    summary: 'Slices of a spec wait for each other in a circle, so none could ever start.',
    details: `The slices of the trail each wait for the next, so none could ever start. One of the dependencies is not needed, or a part of one slice has to become a slice of its own that both wait for: usually the interface between them, which is better written as a contract.`,
  },
  {
    code: 'spec.merge-point',
    severity: 'warning',
    summary: 'A merge point cannot be read; it would hold nothing back.',
    details: `A line begins like a merge point and goes on in words that are none, so it would hold nothing back. The form is \`MP1: A8 + B3 -> C1\`: what must be verified and merged, an arrow, what it unlocks; a check may follow: \`(verify: npm test)\`.`,
  },
  {
    code: 'spec.estimate',
    severity: 'warning',
    summary: 'An estimate cannot be read, so the schedule would use the default.',
    details: `An estimate is \`90m\`, \`3h\`, \`1d\`, \`2h 30m\` or a range such as \`2-4h\`. What cannot be read counts as two hours, and the critical path is computed from that.`,
  },
  {
    code: 'spec.contract-name',
    severity: 'info',
    summary: 'A contract has no file name, so it cannot be written for the agents.',
    details: `A fenced block under Contracts becomes a file that all agents are given before they start, when it has a name: behind the language (\`\` \`\`\`ts src/types.ts \`\`), or on the line above it. Without one it stays an illustration.`,
  },
  {
    code: 'spec.outcome-vague',
    severity: 'warning',
    summary: 'An outcome holds only words such as "improve"; nobody could tell whether it came true.',
    details: `Fires when an outcome holds a word of praise ("improve", "robust", "better") and nothing else to hold on to: no person, command, number, file, quoted text, and nothing that can be seen to happen. Nobody could say afterwards whether it came true, so every result would do.

Bad: "Improve the robustness of the import."

Good: "An import with one broken row keeps the others and lists the broken one by its line."`,
  },
  {
    code: 'spec.scope-item-vague',
    severity: 'info',
    summary: 'A scope item names neither a place nor a behaviour, so the agent decides what it covers.',
    details: `Fires on items that end a list without an end ("etc.", "and so on", "as needed"), that stand for a list nobody wrote ("various fixes", "related code"), and on items that are nothing but words every project has ("general improvements"). The agent decides what they cover, and its boundary cannot be checked.

Bad: \`- Clean-up and other improvements\`

Good: \`- Remove the unused exports of src/http/**\``,
  },
  {
    code: 'spec.evidence-vague',
    severity: 'warning',
    summary: 'An item of evidence is a judgement that no command or person could check.',
    details: `Fires on items of evidence that are a judgement ("works well", "is clean", "no issues") with no command, number, quoted text or observable step beside it. Two people would judge differently, and the agent judges its own work.

Bad: \`- [ ] Search works well\`

Good: \`- [ ] A search for "tea" lists mugs with the tag tea first\``,
  },
  {
    code: 'spec.scope-contradiction',
    severity: 'warning',
    summary: 'The same item is in scope and out of scope, so an agent would pick one of the two.',
    details: `The same words stand in both lists; case, emphasis, articles and the last full stop make no difference. Agents read the list that suits them. Remove one, or say what the difference is: \`- Payment by card\` in, \`- Payment by invoice\` out.`,
  },
  {
    code: 'spec.vague-limit',
    severity: 'info',
    summary: 'A word such as "fast" stands where a number belongs, so any result would do.',
    details: `Looks at the outcome, the evidence and the constraints for words that stand for a number ("fast", "many", "soon", "scalable", "secure"), in sentences without one. Words that are terms ("fail fast", "one-to-many") are left alone. At most five are shown.

Bad: "The list loads fast, even with many orders."

Good: "The list loads within 300 ms with 10,000 orders."`,
  },
  {
    code: 'spec.open-questions',
    severity: 'warning',
    summary: 'A spec is approved while a question in it is still open.',
    details: `The status says \`approved\`, and a section of open questions still holds one that is neither ticked, struck through, answered below, nor marked as decided. Approval is the moment after which agents are paid to build on the answers.

Answer it in place (\`- Which currency? Decided: euro only\`), or set \`status: draft\`.`,
  },
  {
    code: 'spec.sensitive-unguarded',
    severity: 'warning',
    summary: 'The work touches secrets, auth or production data, and no stop condition says when to ask.',
    details: `Looks at the outcome, the scope, the titles of slices and their files for secrets, authentication and production data. What is out of scope or ruled out ("no login") does not count. When the work does touch them, a stop condition has to say when the agent stops and asks; a rule among constraints or risks counts as well.

The quick fix adds the usual stop conditions, or the missing one.`,
  },
  {
    code: 'spec.workstream-boundary',
    severity: 'warning',
    summary: 'A workstream has no boundary, so slices of two workstreams can be cut through the same files.',
    details: `A workstream is work behind one service boundary, done in one worktree. Without a line \`Boundary: src/users/**\` nothing says where that boundary runs, and slices of two workstreams can be cut through the same files.

Bad: \`### WS-A: Users\`, then slices.

Good: \`### WS-A: Users\`, then \`Boundary: src/users/**, test/users*\`.`,
  },
] as const satisfies readonly Rule[];
