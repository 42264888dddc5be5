import { sourceFiles } from '../conventions/sources.ts';
import { defaultLimits, type LintLimits } from '../lint/engine/config.ts';
import type { Spec } from '../spec/model.ts';
import { LARGEST_ANSWER } from './answer.ts';
import { packageRule } from './package-view.ts';
import { packageAround } from '../scope/package-paths.ts';
import { MOST_SLICES, proposalJsonSchema } from '../plan/proposal.ts';
import { thousands } from '../text/printing.ts';

export interface InstructionsRequest {
  readonly spec: Spec;
  readonly specPath: string;
  readonly specText: string;
  readonly repoFiles: readonly string[];
  /** Commands that run the whole test suite, as far as the repository tells. */
  readonly tests: readonly string[];
  /** Commands that make a fresh checkout ready, as far as the repository tells. */
  readonly setup: readonly string[];
  /** What was measured of how the repository is written: what the plan gets unless somebody says otherwise. */
  readonly conventions: string;
  /** What the judge will measure with. Default: the method's. */
  readonly limits?: Partial<LintLimits>;
  /** Whoever is asked cannot open files: these are shown to it instead, by path. Default: it can. */
  readonly shown?: ReadonlyMap<string, string>;
}

/** Longer lists of files say less than the directories do. */
const maxListed = 400;
/** Characters of each file that is shown to whoever cannot open it, and of all of them. */
const maxShown = 6000;
const maxShownInAll = 40_000;

/** What an agent is asked when it decomposes a spec. Its answer is a `Proposal`, and the tool judges it. */
export function decomposeInstructions(request: InstructionsRequest): string {
  const limits: LintLimits = { ...defaultLimits, ...request.limits };
  const { tests, setup } = request;
  return `Decompose a spec into slices that several coding agents execute in parallel, each in a git worktree of its own.
${request.shown ? 'You cannot open files: judge by what stands here.' : 'Read what you need in this repository; change nothing.'}
Your answer is judged by a program against the rules below. Each rule that is broken comes back to you as a finding, so
check your answer against all of them before you give it.

=== RULES ===
Slices
- One slice is one unit of work for one agent, 2 to 4 hours (\`estimate\`; ${limits.taskHours} h is the most, for which a day's work is cut
  in two), with a result that can be checked by itself. Work of less than an hour belongs to a neighbour.
- \`id\`: letters, digits, \`-\` and \`_\`, unique in any case, at most 60 characters. Use the ids of the spec; where it has none,
  number the slices task-001, task-002, and so on. Every slice has \`requirements\`: what must be true of the result, in words
  that can be understood without this conversation.
- An agent starts with its task, its contracts and the files under \`modify\`: keep that below ${thousands(limits.contextTokens)} tokens.
- Do nothing that the spec puts out of scope. Paths that it names there stand under every \`boundary\`; no slice may write them.

Scope
- \`create\`: new files. A path stands under \`create\` of exactly one slice of the whole plan, and nothing that exists is created.
- \`modify\`: files that exist, or that a slice in \`deps\` (directly or not) creates. As narrow as possible: \`path::Symbol\`
  (\`path::Class.method\`) where two slices change different declarations of one file.
- \`removed\`: of \`modify\`, the files that the slice deletes; \`test ! -e path\` is their check, on every system.
- Paths are relative to the repository root. \`*\` and \`?\` stay within one name, \`**\` crosses directories, \`[...]\` and \`{a,b}\`
  are allowed. \`dir/**\` (and \`dir/*\`, \`dir/\`) is everything below a directory; a directory's bare name is taken for a
  file. A scope of more than ${percent(limits.scopeShare)} % of the repository is too wide.
- \`boundary\`: globs of what the slice must not touch though it may seem to help (what its neighbours write, secrets,
  pipelines), and nothing that it writes itself. Paths only, no prose. [] is filled in from the scopes of the others.
- Share as little as you can. Of what the smaller of two slices writes, the other may write less than ${limits.parallelBelow} % when both may run
  at the same time. From ${limits.parallelBelow} % on, cut them differently: give the shared file to one of them, to a slice of its own that
  both wait for, or turn it into a contract. Above ${limits.serialAbove} % one must wait for the other (\`deps\`), or they are one slice. What two
  globs could both match counts, whether or not the file exists yet.

Order
- \`deps\` name existing slices and never form a cycle, merge points included. A slice waits only for what it really needs:
  a contract is there before anyone starts, so whoever needs only the interface need not wait for the code behind it.
- A workstream is a service boundary (\`workstreams\`: id such as WS-A, name, globs of what belongs to it). Its slices share
  one worktree and run one after another, so slices that should run side by side belong to different workstreams, or have
  none (null). Name only workstreams that you list.
- A merge point \`{"id": "MP1", "needs": ["A8", "B3"], "unlocks": ["C1"], "verify": ["npm test"]}\` merges and verifies the slices
  in \`needs\` together before those in \`unlocks\` may start, and holds up nothing else. Use one where work of two or more other
  workstreams comes together; for one slice that waits for one other, \`deps\` are enough.
- Slices without an order must not hang together either: files that one imports from the other's scope, a lock file that both
  change (give new dependencies to one early slice), numbered migrations, an index that lists what both add, one test for both.

Contracts
- Shared types and interfaces are contracts: complete files that leave nothing to be agreed, written before any slice starts
  and changed by none, so no slice has one under \`create\` or \`modify\`. \`content\` is the whole file, \`path\` where it goes in the repository
  (\`target\`: null, unless it goes elsewhere). A path such as \`contracts/stock.ts\` without a target stays with the plan:
  agents read it, and no code can import it.
- Wherever a slice of one workstream waits for a slice of another, by \`deps\` or a merge point, or uses its code, one
  contract must name both: the slice that implements it as \`provider\`, the ones that rely on it under \`consumers\`, and each
  of them lists the contract's path under \`contracts\`. \`contracts\` name nothing else.

Checks
- \`verify\` holds at least one command per slice that exits with 0 when this slice is right and fails while it is not; the
  narrowest test that proves it.${tests.length > 0 ? ` The whole suite: ${commandList(tests)}.` : ''} It is started without a shell: no pipes, no redirections, no \`;\`, no
  variables, patterns in quotes; \`&&\` and \`cd dir && ...\` are understood. Scripts and files that it names exist, or a slice
  of the plan writes them.
- \`checklist\` holds what else to tick off; \`stop\` further conditions under which the agent must ask (unclear instructions,
  files outside its scope, secrets, auth or production data, and tests that fail after two retries are there already).
- \`setup\` makes a fresh checkout ready.${setup.length > 0 ? ` The repository says: ${commandList(setup)}; [] means just that.` : ''}

Size
- At most ${MOST_SLICES} slices and ${LARGEST_ANSWER / 1024 / 1024} MB; a spec of some days makes 5 to 10 slices, one of months 40. One sentence per requirement is enough.

${declaredRules(request.spec)}

=== HOW THIS REPOSITORY IS WRITTEN ===
${conventionsAsked(request.repoFiles)}

${request.conventions.trim()}

${packageSaid(request)}=== SPEC (${request.specPath}) ===
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

/** Whoever writes in a package names what lies there. */
function packageSaid({ specPath, repoFiles }: Pick<InstructionsRequest, 'specPath' | 'repoFiles'>): string {
  const known = new Set(repoFiles);
  const dir = packageAround(specPath, (file) => known.has(file));
  return dir === null ? '' : `=== WHERE ITS PATHS START ===\n${packageRule(dir)}\n\n`;
}

/** Slices that run side by side in an empty repository have no neighbours to look at. */
function conventionsAsked(files: readonly string[]): string {
  return sourceFiles(files).length > 0
    ? 'Measured. Every agent is given it; `conventions: null` keeps it, else yours replace it.'
    : `Nothing could be measured. Every agent is given \`conventions\`, and the first slices cannot look at each other: give two
paragraphs on language, names, layout, imports and where tests stand, as the spec wants them. null keeps what stands here.`;
}

/** What the author has decided is not asked again. */
function declaredRules(spec: Spec): string {
  const list = (name: string, ids: readonly string[]): string[] =>
    ids.length > 0 ? [`${ids.length} ${name}${ids.length === 1 ? '' : 's'} (${ids.join(', ')})`] : [];
  const declared = [
    ...list(
      'slice',
      spec.slices.map(({ id }) => id),
    ),
    ...list(
      'workstream',
      spec.workstreams.map(({ id }) => id),
    ),
    ...list(
      'merge point',
      spec.mergePoints.map(({ id }) => id),
    ),
    ...list(
      'contract',
      spec.contracts.map(({ path }) => path),
    ),
  ];
  if (declared.length === 0)
    return 'The spec declares no slices, workstreams, merge points or contracts: they are yours to find.';
  return `The spec declares ${declared.join(', ')}. What it declares wins over your answer:
- Your answer has a slice for each id that it declares, and may have more. Their titles, workstreams, dependencies, files,
  checks, estimates, details (the list below a slice) and rows of the test plan are taken from the spec, as are its stop
  conditions; do not repeat them. You add what it leaves open: boundaries, requirements, further files, dependencies and
  checks.
- Workstreams, merge points and contracts of the spec are in the plan whether you repeat them or not, and you may add others.
  Repeat a contract (\`content\` may then be "") only to say who provides it and who relies on it.`;
}

function commandList(commands: readonly string[]): string {
  return commands.map((command) => `\`${command}\``).join(', ');
}

function percent(share: number): number {
  return Math.round(share * 100);
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
