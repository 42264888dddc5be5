import type { Finding } from '../finding.ts';
import { proposalJsonSchema } from './proposal.ts';

export interface InstructionsRequest {
  readonly specPath: string;
  readonly specText: string;
  readonly repoFiles: readonly string[];
  /** Commands that run the whole test suite, as far as the repository tells. */
  readonly tests: readonly string[];
  /** Whoever is asked cannot open files: these are shown to it instead, by path. Default: it can. */
  readonly shown?: ReadonlyMap<string, string>;
}

/** Longer lists of files say less than the directories do. */
const maxListed = 400;
/** Characters of each file that is shown to whoever cannot open it, and of all of them. */
const maxShown = 6000;
const maxShownInAll = 40_000;
/** A list of faults longer than this is one fault many times over. */
const maxFaults = 60;

/** What an agent is asked when it decomposes a spec. Its answer is a `Proposal`, and the tool judges it. */
export function decomposeInstructions(request: InstructionsRequest): string {
  return `Decompose a spec into slices that several coding agents execute in parallel, each in a git worktree of its own.
${request.shown ? 'You cannot open files: judge by what stands here.' : 'Read what you need in this repository; change nothing.'} Your answer is judged by a program against the rules below.

=== RULES ===
- One slice is one unit of work for one agent, 2 to 4 hours, with a result that can be checked by itself.
- A path stands under \`create\` of exactly one slice of the whole plan. Existing files go under \`modify\`, as narrow as
  possible, with \`path::Symbol\` where two slices share a file. Paths are relative to the repository root; globs with
  \`*\`, \`**\`, \`?\`, \`[...]\` and \`{a,b}\` are allowed.
- Two slices that may run at the same time share less than 20 % of what they write. Above 50 % one must wait for the other.
- \`deps\` name existing slices and never form a cycle. A slice waits only for what it really needs.
- \`boundary\` names what the slice must not touch, and nothing that the slice itself writes.
- \`verify\` holds at least one command per slice that exits with 0 when the slice is right. It is started without a shell:
  no pipes, no redirections, no variables, patterns in quotes.${request.tests.length > 0 ? ` The whole suite: ${request.tests.join(', ')}.` : ''}
- Shared types and interfaces are contracts: complete files, written before any slice starts, changed by none. Contracts
  first, then the code, then tests and documentation that span slices.
- Use what the spec declares (workstreams, slices, merge points, contracts) with the ids it uses. Else number the slices
  task-001, task-002, and so on.
- Do nothing that the spec puts out of scope.

=== SPEC (${request.specPath}) ===
${request.specText.trim()}

=== FILES OF THE REPOSITORY ===
${fileList(request.repoFiles, request.shown === undefined)}
${shownFiles(request.shown)}
=== ANSWER ===
Answer with one JSON object of this schema, as structured output where you have it, else as the only fenced block of your
last message:

\`\`\`json
${JSON.stringify(proposalJsonSchema(), null, 2)}
\`\`\`
`;
}

/** What an agent is told when its proposal does not hold: problems of the answer itself, and what the judge found. */
export function decomposeFeedback(problems: readonly string[], findings: readonly Finding[]): string {
  const rows = [...problems, ...findings.map((finding) => `${finding.severity}: ${finding.message}`)];
  const more = rows.length - maxFaults;
  return `Your decomposition does not hold yet:

${rows
  .slice(0, maxFaults)
  .map((row) => `- ${row.replaceAll(/\s+/g, ' ')}`)
  .join('\n')}
${more > 0 ? `- and ${more} more\n` : ''}
Answer with the whole corrected JSON object, of the same schema.
`;
}

/** One message for an agent without sessions: what it was asked, what it answered, and what is wrong with that. */
export function decomposeAgain(instructions: string, answer: string, feedback: string): string {
  return `${instructions.trimEnd()}

=== YOUR EARLIER ANSWER ===
${answer.trim() || '(none)'}

=== WHAT IS WRONG WITH IT ===
${feedback}`;
}

/** What lies near the root says more about a repository than what lies deep in it; hidden directories say least. */
function shownFiles(shown: InstructionsRequest['shown']): string {
  const depth = (path: string): number => path.split('/').length;
  const files = [...(shown ?? [])]
    .filter(([path]) => !/(^|\/)\.[^/]+\//.test(path))
    .toSorted(([a], [b]) => depth(a) - depth(b) || (a < b ? -1 : 1));
  let room = maxShownInAll;
  return files
    .map(([path, text]) => {
      const part = text.slice(0, maxShown);
      if (part.length > room) return '';
      room -= part.length;
      const rest = text.length - part.length;
      return `\n=== ${path} ===\n${part.trim()}${rest > 0 ? `\n(${rest} more characters)` : ''}\n`;
    })
    .join('');
}

function fileList(files: readonly string[], canLook: boolean): string {
  const sorted = files.toSorted();
  if (sorted.length <= maxListed) return sorted.join('\n') || '(none yet)';
  const counts = new Map<string, number>();
  for (const file of sorted) {
    const directory = file.split('/').slice(0, -1).slice(0, 3).join('/') || '.';
    counts.set(directory, (counts.get(directory) ?? 0) + 1);
  }
  const rows = [...counts].slice(0, maxListed).map(([directory, count]) => `${directory}/ (${count} files)`);
  return `${rows.join('\n')}\n(${files.length} files in all${canLook ? '; look for yourself' : ''})`;
}
