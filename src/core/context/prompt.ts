import { estimateTokenCount } from 'tokenx';
import type { CodeReader } from '../code/model.ts';
import { fileOf } from '../gate/symbol-check.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan, PlanFiles, Slice } from '../plan/model.ts';
import { sourcesFor, type ContextLayer, type SourceUse } from './sources.ts';
import { symbolExcerpt } from './symbol-excerpt.ts';
import { bullets, codeSpan, fenced } from '../text/markdown-writing.ts';
import { asCounted } from '../text/order.ts';

/** The method's own stop conditions, as task specs and prompts state them. They hold for every slice. */
export const methodStopConditions: readonly string[] = [
  'The instructions are unclear: two readings of the task would lead to different behaviour',
  'The scope grows: the work needs a file that the task does not name',
  'Secrets, authentication or production data are involved',
  'Tests still fail after two retries',
];

/** The upper end of the 8,000 to 12,000 tokens within which an agent is informed and not distracted. */
export const defaultBudget = 12_000;

export interface PromptRequest {
  readonly plan: Plan;
  readonly slice: Slice;
  readonly graph: PlanGraph;
  /** Texts by repository-relative path, the plan's own files included; see `contextSources`. */
  readonly sources: ReadonlyMap<string, string>;
  /** Tokens. Instructions are never trimmed, so a slice whose own text is larger goes over it. */
  readonly budget?: number;
  /** With it, of a file whose scope names symbols only these are quoted. */
  readonly code?: CodeReader | null;
  /** A prompt that somebody edited by hand: kept as it is, with only the repository's current files added. */
  readonly edited?: string;
}

export interface Prompt {
  readonly text: string;
  readonly tokens: number;
  readonly layers: readonly { readonly name: ContextLayer; readonly tokens: number }[];
  /** Sources that did not fit; the prompt names them for the agent to read by itself. */
  readonly dropped: readonly string[];
}

/**
 * The whole prompt of one slice: its instructions, and around them the layered context (global, layer, task) as far as
 * the budget reaches. Sources are taken by importance; one that does not fit becomes a pointer (`read <path>`).
 */
export function assemblePrompt(request: PromptRequest): Prompt {
  const { plan, slice, sources, edited } = request;
  const budget = request.budget ?? defaultBudget;
  const uses = sourcesFor(plan, slice, [...sources.keys()]).filter(
    (use) => edited === undefined || !use.path.startsWith(`${plan.dir}/`),
  );
  const blocks = withoutRepeats(
    uses.map((use) => ({ use, full: block(use, sources.get(use.path) ?? '', request.code), pointer: pointer(use) })),
  );
  const fullTokens = new Map(blocks.map(({ use, full }) => [use.path, tokensOf(full)]));
  const full = new Set<string>();
  const render = (): string =>
    edited === undefined ? sections(request, blocks, full) : additions(edited, blocks, full);
  // Where everything fits, nothing has to be counted beforehand.
  let spent = budget === Infinity ? 0 : tokensOf(render());
  for (const item of blocks) {
    const growth = (fullTokens.get(item.use.path) ?? 0) - tokensOf(item.pointer);
    if (spent + growth > budget) continue;
    full.add(item.use.path);
    spent += growth;
  }
  // Token counts do not add up exactly, so the least important goes until the whole text fits.
  let text = render();
  let tokens = tokensOf(text);
  while (tokens > budget) {
    const last = blocks.findLast((item) => full.has(item.use.path));
    if (!last) break;
    full.delete(last.use.path);
    text = render();
    tokens = tokensOf(text);
  }
  const perLayer = (layer: ContextLayer): number =>
    blocks
      .filter((item) => item.use.layer === layer)
      .reduce(
        (sum, item) => sum + (full.has(item.use.path) ? (fullTokens.get(item.use.path) ?? 0) : tokensOf(item.pointer)),
        0,
      );
  const context = (['global', 'layer', 'task'] as const).map((name) => ({ name, tokens: perLayer(name) }));
  const instructions = Math.max(0, tokens - context.reduce((sum, layer) => sum + layer.tokens, 0));
  return {
    text,
    tokens,
    layers: [...context, { name: 'instructions', tokens: instructions }],
    dropped: blocks.filter((item) => !full.has(item.use.path)).map((item) => item.use.path),
  };
}

/**
 * The prompt as it is written into the plan: from the plan's own files alone, with a last line by which an edit can be
 * told, also when the plan has changed since.
 */
export function planPrompt(plan: Plan, slice: Slice, graph: PlanGraph, files: PlanFiles): string {
  const text = generated(plan, slice, graph, files).trimEnd();
  return `${text}\n\n(Written by Slicewave, ${digestOf(text)}. What is changed here is kept, and given to the agent as it stands.)\n`;
}

function generated(plan: Plan, slice: Slice, graph: PlanGraph, files: PlanFiles): string {
  const sources = new Map([...files].map(([path, text]) => [`${plan.dir}/${path}`, text]));
  return assemblePrompt({ plan, slice, graph, sources }).text;
}

const seal = /\n+\(Written by Slicewave, ([0-9a-f]{16})\. [^\n]*\)\s*$/;

/** Where a slice's prompt is kept, relative to the plan directory: beside its task spec's number. */
export function promptPath(slice: Slice): string {
  const name = slice.file.slice(slice.file.lastIndexOf('/') + 1).replace(/\.md$/i, '');
  return `prompts/${/^task-\d+/i.exec(name)?.[0] ?? slice.id}.txt`;
}

/**
 * The prompt somebody edited by hand, as the agent is to be given it; `null` when there is none, or it is as it was
 * written, be it for the plan as it was then. One without its last line is compared with what the plan generates now.
 */
export function editedPrompt(plan: Plan, slice: Slice, graph: PlanGraph, files: PlanFiles): string | null {
  const kept = files.get(promptPath(slice));
  if (kept === undefined || kept.trim() === '') return null;
  const text = normalised(kept);
  const [last, digest] = seal.exec(text) ?? [];
  if (last === undefined) return text === normalised(generated(plan, slice, graph, files)) ? null : kept;
  const body = text.slice(0, -last.length);
  return digest === digestOf(body) ? null : `${body}\n`;
}

function normalised(text: string): string {
  return text.replaceAll('\r\n', '\n').trimEnd();
}

/** Two FNV-1a sums of 32 bits from different beginnings, as 16 hexadecimal digits: no two edits of a person are the same. */
function digestOf(text: string): string {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x01000193);
  }
  return [a, b].map((sum) => (sum >>> 0).toString(16).padStart(8, '0')).join('');
}

function tokensOf(text: string): number {
  return estimateTokenCount(text);
}

interface Block {
  readonly use: SourceUse;
  readonly full: string;
  readonly pointer: string;
}

/** CLAUDE.md and AGENTS.md are often the same text twice. */
function withoutRepeats(blocks: readonly Block[]): Block[] {
  const seen = new Set<string>();
  return blocks.filter((item) => {
    const content = item.full.slice(item.full.indexOf('\n'));
    if (content.trim() === '' || seen.has(content)) return false;
    seen.add(content);
    return true;
  });
}

function block(use: SourceUse, text: string, code: CodeReader | null | undefined): string {
  const body = quotedPart(use, text, code);
  if (body === '') return '';
  return `${use.label}\n${fenced(body, use.language)}`;
}

/** What of a source is quoted: all of it, its beginning, or the symbols in scope. */
export function quotedPart(use: SourceUse, text: string, reader: CodeReader | null | undefined): string {
  if (use.excerpt) return excerpt(text);
  const code = use.symbols.length > 0 ? reader?.read(use.path, text) : null;
  return (code ? symbolExcerpt(text, code, use.symbols) : null) ?? text.trimEnd();
}

function pointer(use: SourceUse): string {
  return `${use.label} read ${use.path}`;
}

/** The beginning of a long text, up to a paragraph's end. */
function excerpt(text: string): string {
  const limit = 1600;
  if (text.length <= limit) return text.trimEnd();
  const end = text.lastIndexOf('\n\n', limit);
  return `${text.slice(0, end > 0 ? end : limit).trimEnd()}\n...`;
}

function sections(request: PromptRequest, blocks: readonly Block[], full: ReadonlySet<string>): string {
  const { plan, slice, graph } = request;
  const placed = (section: SourceUse['section']): string[] =>
    blocks
      .filter((item) => item.use.section === section)
      .map((item) => (full.has(item.use.path) ? item.full : item.pointer));
  const titles = new Map(plan.slices.map((other) => [other.id, other]));
  const named = (id: string): string => `${id} (${titles.get(id)?.title ?? 'not in this plan'})`;
  const schedule = graph.schedule.get(slice.id);
  // By id, so that a slice that moves in the manifest changes nobody's prompt.
  const waitsFor = (schedule?.deps ?? slice.deps).toSorted(asCounted);
  const waiting = (schedule?.dependents ?? []).toSorted(asCounted);
  const stream = plan.workstreams.find((other) => other.id === slice.workstream);
  const paths = (id: string): string => {
    const scope = titles.get(id)?.scope;
    return [...(scope?.create ?? []), ...(scope?.modify ?? [])].flatMap((entry) => entry.path ?? []).join(', ');
  };
  const parts: [string, (string | null)[]][] = [
    ['REQUIRED SKILLS', [bullets(slice.skills) || 'None beyond the rules below.', ...placed('skills')]],
    [
      'CONTEXT',
      [
        `You work on one slice of "${plan.title}" (${plan.techSpecId}). Other agents work on the other slices at the same ` +
          'time, each in a git worktree of its own; what they have not finished is not here.',
        waitsFor.length > 0
          ? `Finished before you, and part of your worktree:\n${bullets(waitsFor.map((id) => `${named(id)}: ${paths(id)}`))}`
          : null,
        waiting.length > 0 ? `Waiting for you:\n${bullets(waiting.map(named))}` : null,
        ...placed('context'),
      ],
    ],
    [
      'OBJECTIVE',
      [
        `${slice.id}: ${slice.title}`,
        stream ? `Workstream ${stream.id}: ${stream.name}` : null,
        plan.specPath ? `The spec behind it: ${plan.specPath}` : null,
      ],
    ],
    [
      'CONTRACTS',
      placed('contracts').length > 0
        ? [
            'They were written before you started. Use them as they are; when one does not fit, stop and ask.',
            ...placed('contracts'),
          ]
        : ['None.'],
    ],
    ['FILES TO CREATE', [bullets(slice.scope.create.map((entry) => entry.text)) || 'None.']],
    ['FILES TO MODIFY', [bullets(slice.scope.modify.map((entry) => entry.text)) || 'None.', ...placed('modify')]],
    [
      'DO NOT MODIFY',
      [
        // `!path` under "do not modify" would say it twice over.
        bullets(slice.scope.boundary.map((entry) => (entry.exceptOf ? entry.text.replace('!', '') : entry.text))) ||
          null,
        'Every file that is not named under FILES TO CREATE or FILES TO MODIFY is out of scope. This is checked.',
      ],
    ],
    ['IMPLEMENTATION REQUIREMENTS', [slice.task.requirements.trim() || slice.title, ...otherSections(slice)]],
    [
      'ACCEPTANCE CRITERIA',
      [
        bullets(slice.task.checklist.map((item) => item.text).filter((text) => !restates(text, slice.verify))) || null,
        slice.verify.length > 0 ? `These commands exit with 0:\n${bullets(slice.verify.map(codeSpan))}` : null,
      ],
    ],
    ['EXECUTION INSTRUCTIONS', [executionInstructions]],
    ['IMPORTANT RULES', [rules(slice)]],
    ['COMPLETION SIGNAL', [completionSignal]],
  ];
  return `${parts.map(([name, body]) => section(name, body)).join('\n\n')}\n`;
}

/** What an edited prompt still needs: the current files, and a completion signal when the editor dropped it. */
function additions(edited: string, blocks: readonly Block[], full: ReadonlySet<string>): string {
  const current = blocks.map((item) => (full.has(item.use.path) ? item.full : item.pointer));
  return `${[
    edited.trimEnd(),
    ...(current.length > 0 ? [section('CURRENT FILES', current)] : []),
    ...(/^=== COMPLETION SIGNAL ===\s*$/m.test(edited) ? [] : [section('COMPLETION SIGNAL', [completionSignal])]),
  ].join('\n\n')}\n`;
}

function section(name: string, body: readonly (string | null)[]): string {
  return `=== ${name} ===\n${body.filter((part) => part !== null && part !== '').join('\n\n')}`;
}

/** A checklist item that only says that a command passes, which the list of commands says too. */
function restates(item: string, commands: readonly string[]): boolean {
  return commands.some((command) => item === `${codeSpan(command)} passes`);
}

/** Sections of the task spec that have no place of their own in the prompt. */
function otherSections(slice: Slice): string[] {
  const placed = /^(scope|requirements?|checklist|acceptance criteria|stop conditions?|stop rules?|evidence)$/i;
  return slice.task.sections
    .filter((part) => !placed.test(part.title.trim()) && part.text.trim() !== '')
    .map((part) => `${part.title}:\n${part.text.trim()}`);
}

const executionInstructions = `- Work in the current directory. It is a git worktree of your own; never change to another checkout.
- Do not commit, switch branches, stash or reset: commits are made for you from the files in scope.
- Read before you write: the contracts first, then the files you change and what they import.
- Run the commands under ACCEPTANCE CRITERIA after your last edit. They are run again after you, by the tool.
- Leave no process running when you are done.`;

function rules(slice: Slice): string {
  return `Stop, leave the work as it is, and ask when one of these holds:
${bullets(stopConditions(slice.stop))}

To ask, end your turn with the completion signal, status NEEDS_INPUT, and the one question that blocks you. Do not guess,
do not work around a denied edit, and do not weaken a test or a check to make it pass.`;
}

/** The method's conditions, and a slice's own that do not merely say one of them again. */
export function stopConditions(own: readonly string[]): string[] {
  const more = own
    .map((text) => text.trim())
    .filter((text) => text !== '' && !paraphrases.some((known) => known.test(text)));
  return [...new Set([...methodStopConditions, ...more])];
}

/** The usual wordings of the four. Anything more specific is a condition of its own and stays. */
const paraphrases: readonly RegExp[] = [
  /^(unclear instructions|(the )?instructions (are|is) unclear)\b/i,
  /^(unexpected file scope|(the )?scope grows)\b/i,
  /^secrets,? auth(entication)?,? (or|and) production data\b/i,
  /^(a |repeated )?tests?( still)? fail(s|ures?)?( after two retries)?\.?$/i,
];

const completionSignal = `When you are done, or when you have to stop, your last message ends with exactly one fenced block:

\`\`\`json
{
  "status": "COMPLETE | NEEDS_INPUT | BLOCKED",
  "spec_summary": "the outcome of this slice in one sentence",
  "slice_plan": "the steps you took",
  "files_changed": ["path"],
  "commands_run": ["command"],
  "tests_passed": true,
  "risk_notes": [{ "summary": "", "severity": "low | medium | high | critical", "suggested_action": "" }],
  "review_needed": false,
  "question": "only with NEEDS_INPUT or BLOCKED: the one question that blocks you, else null",
  "learnings": ["what the next agent in this repository should know"]
}
\`\`\`

Say only what is so: the files, the commands and the tests are compared with what was observed.`;

/** A check that failed, for feeding back. `exitCode` is `null` when it was ended or could not be started. */
export interface FailedCheck {
  readonly command: string;
  readonly exitCode: number | null;
  readonly output: string;
}

/** Why an agent's session goes on. */
export type ResumeReason =
  /** The person answered the agent's question. */
  | {
      readonly kind: 'answer';
      readonly question: string | null;
      readonly answer: string;
      readonly note?: string | null;
      /** The slice begins anew: there is no work to go on with. */
      readonly fresh?: boolean;
    }
  /** The tool's own checks failed, or the person asks for another try. */
  | {
      readonly kind: 'retry';
      readonly failing: readonly FailedCheck[];
      readonly note?: string | null;
      readonly fresh?: boolean;
    }
  /** The agent was ended before it was done. */
  | { readonly kind: 'interrupted' }
  /** Changes out of scope were put back. */
  | { readonly kind: 'reverted'; readonly paths: readonly string[]; readonly note?: string | null }
  /** The person allowed more files, or decided that some failing checks do not block. */
  | {
      readonly kind: 'approved';
      readonly paths: readonly string[];
      readonly waived: readonly string[];
      readonly note?: string | null;
    };

/** The next message of a session that goes on. It assumes that the session still knows the slice's prompt. */
export function resumePrompt(reason: ResumeReason): string {
  return `${[...resumeParts(reason), closing].join('\n\n')}\n`;
}

const closing =
  'Everything else stays as you were told: the scope, the stop conditions, and the completion signal with its fenced ' +
  'JSON block at the end of your last message.';

function resumeParts(reason: ResumeReason): string[] {
  switch (reason.kind) {
    case 'answer':
      return [
        ...(reason.question ? [`You asked:\n\n${quoted(reason.question)}`] : []),
        `The answer:\n\n${quoted(reason.answer)}`,
        ...noted(reason.note),
        reason.fresh ? 'Your slice begins anew with that.' : 'Go on with your slice where you left it.',
      ];
    case 'retry':
      return [
        ...(reason.failing.length > 0
          ? [
              'Your work was checked and does not pass yet. What failed, as it was run in your worktree:',
              ...reason.failing.map(failed),
              'Find the cause and repair it inside your scope. Do not weaken the checks. When the cause lies outside your ' +
                'scope, stop and ask.',
            ]
          : reason.fresh
            ? []
            : ['Try again, from the worktree as it is now.']),
        ...noted(reason.note),
      ];
    case 'interrupted':
      return [
        'You were interrupted before you were done. Your worktree is as you left it: look at `git status` and `git diff` ' +
          'first, then finish your slice.',
      ];
    case 'reverted':
      return [
        'These changes were out of scope and have been put back:',
        bullets(reason.paths),
        ...(reason.paths.some((path) => fileOf(path) !== path)
          ? [
              'Where a symbol is named, its whole file was put back: what belongs to your slice there has to be done again.',
            ]
          : []),
        'Finish your slice without them. When it cannot be done without them, stop and ask.',
        ...noted(reason.note),
      ];
    case 'approved':
      return [
        ...(reason.paths.length > 0 ? [`These paths were added to your scope:\n${bullets(reason.paths)}`] : []),
        ...(reason.waived.length > 0
          ? [`These failing checks do not block you any more:\n${bullets(reason.waived.map(codeSpan))}`]
          : []),
        ...noted(reason.note),
        'Go on with your slice.',
      ];
  }
}

function noted(note: string | null | undefined): string[] {
  return note ? [`A note from the person who reviews your work:\n\n${quoted(note)}`] : [];
}

function quoted(text: string): string {
  return text
    .trim()
    .split(/\r?\n/)
    .map((row) => `> ${row}`.trimEnd())
    .join('\n');
}

/** The end of an output says most: summaries and the failure itself stand there. */
const outputLimit = 6000;

function failed(check: FailedCheck): string {
  const how = check.exitCode === null ? 'did not end by itself' : `exit code ${check.exitCode}`;
  const output = check.output.trimEnd();
  const shown = output.length > outputLimit ? `...\n${output.slice(-outputLimit)}` : output;
  return `${codeSpan(check.command)} (${how})\n${fenced(shown || '(no output)')}`;
}
