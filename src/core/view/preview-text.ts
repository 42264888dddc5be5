import { MOST_QUESTIONS, pairKey, type OverlapMatrix, type Preview } from '../decompose/preview.ts';
import { roundsText } from '../decompose/rounds.ts';
import { formatFindings } from '../lint/engine/format.ts';
import { minutes } from '../text/duration.ts';
import { isInSections, judgementSections } from './judgement-text.ts';
import { planText } from './plan-text.ts';
import { printable, thousands } from '../text/printing.ts';

export interface PreviewTextOptions {
  /** Plain ASCII instead of arrows and rules. */
  readonly ascii: boolean;
  readonly colour?: boolean;
  /** Columns of the terminal; 100 by default. */
  readonly width?: number;
  /** The text of a file by its path, for the quoted lines of findings. */
  readonly textOf?: (file: string) => string | undefined;
}

/** A longer column would push the matrix out of the terminal; then slices are numbered instead. */
const LONGEST_LABEL = 9;

/** A preview for the terminal: the plan, its overlaps, estimates, findings and files. Ends with a line break. */
export function previewText(preview: Preview, options: PreviewTextOptions): string {
  const strong = (text: string): string => (options.colour ? `\u001b[1m${text}\u001b[0m` : text);
  const { judgement } = preview;
  const sections = [
    planText(preview.plan, preview.graph, preview.overlaps, {
      ...options,
      estimates: judgement.estimates,
      estimator: judgement.estimator,
      sections: judgementSections(judgement, preview.plan, {
        drafts: 'once the plan is written, `slicewave replan --contracts` writes a draft of each',
      }),
      advice: judgement.advice,
      proposals: judgement.mergePoints,
    }).trimEnd(),
  ];
  const section = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0) sections.push([strong(title), ...lines.map((line) => `  ${line}`)].join('\n'));
  };
  section('What each agent gets', givenLines(preview));
  section('Merge points are checked with', mergePointLines(preview).map(printable));
  // One pair stands whole in its line among the overlaps.
  if (preview.matrix.cells.size > 1) section('Overlap matrix', matrixLines(preview.matrix, options));
  section('Set-up of each worktree (`setup` in manifest.json)', (preview.plan.setup ?? []).map(printable));
  section('Estimate', estimateLines(preview));
  section(`Contracts (${preview.contracts.length})`, contractLines(preview));
  section(`Questions (${preview.questions.length})`, questionLines(preview).map(printable));
  section(guessesTitle(preview), guessLines(preview));
  const all = preview.findings.flatMap((group) => group.findings);
  if (all.length > 0) {
    const { colour: color = false, textOf } = options;
    const told = all.filter((finding) => isInSections(finding, judgement));
    const rest = all.filter((finding) => !told.includes(finding));
    const above = told.length > 0 ? `, ${told.length} of them told above` : '';
    const text = formatFindings(rest, { color, counted: all, ...(textOf ? { textOf } : {}) });
    sections.push(`${strong(`Findings (${all.length}${above})`)}\n${text.trimEnd()}`);
  }
  section(`Files (${preview.files.length}) for ${preview.dir}`, fileLines(preview));
  const made = [`Made by: ${preview.by.title}`];
  if (preview.rounds) made.push(`Rounds: ${printable(roundsText(preview.rounds))}`);
  sections.push(made.join('\n'));
  return `${sections.join('\n\n')}\n`;
}

/**
 * Slices against slices, the upper half: percent of the smaller write set that both write, marked by the verdict. Only
 * slices that share something are in it, and no more of them than fit.
 */
export function matrixLines(matrix: OverlapMatrix, options: Pick<PreviewTextOptions, 'ascii' | 'width'>): string[] {
  if (matrix.slices.length === 0) return [];
  const isNumbered = matrix.slices.some((id) => printable(id).length > LONGEST_LABEL);
  const columnOf = (id: string, i: number): string => (isNumbered ? String(i + 1) : printable(id));
  const rowOf = (id: string, i: number): string =>
    isNumbered ? `${String(i + 1).padStart(2)} ${printable(id)}` : printable(id);
  const rowWidth = Math.max(...matrix.slices.map((id, i) => rowOf(id, i).length));
  const cellWidth = Math.max(6, ...matrix.slices.map((id, i) => columnOf(id, i).length));
  const room = Math.max(2, Math.floor(((options.width ?? 100) - rowWidth - 4) / (cellWidth + 1)));
  const shown = matrix.slices.slice(0, room);
  const nothing = options.ascii ? '.' : '·';
  const lines = [
    `${' '.repeat(rowWidth)} ${shown.map((id, i) => columnOf(id, i).padStart(cellWidth)).join(' ')}`.trimEnd(),
  ];
  shown.forEach((a, row) => {
    const cells = shown.map((b, column) => {
      if (column <= row) return '';
      const cell = matrix.cells.get(pairKey(a, b));
      return cell
        ? `${Math.round(cell.percent)}%${{ parallel: ' ', reslice: '~', serial: '!' }[cell.verdict]}`
        : nothing;
    });
    // A mark of its own column keeps the numbers below each other.
    const padded = cells.map((cell) => (cell === nothing ? `${cell} ` : cell).padStart(cellWidth));
    lines.push(`${rowOf(a, row).padEnd(rowWidth)} ${padded.join(' ')}`.trimEnd());
  });
  const more = matrix.more + matrix.slices.length - shown.length;
  if (more > 0) lines.push(`and ${more} more ${more === 1 ? 'slice that shares' : 'slices that share'} something`);
  lines.push('percent of the smaller write set that both write; ! one after the other, ~ cut differently');
  return lines;
}

/** What somebody has to look at before an agent may write there. */
export function guessesTitle({ guesses: { list, taken } }: Preview): string {
  return `Guessed scopes (${list.length} of slices that name no file, ${taken ? 'in the plan once you accept it' : 'not in the plan'})`;
}

/** `task-2  medium  src/limit.ts: its name has "limit"; 3 commits such as ... changed it` */
export function guessLines({ guesses: { list } }: Preview): string[] {
  const width = Math.max(0, ...list.map(({ slice }) => printable(slice).length));
  return list.flatMap(({ slice, confidence, paths }) =>
    paths.map(
      ({ path, evidence }, i) =>
        `${(i === 0 ? printable(slice) : '').padEnd(width)}  ${(i === 0 ? confidence : '').padEnd(6)}  ${printable(path)}: ${printable(evidence.join('; '))}`,
    ),
  );
}

/** Time, tokens and cost, one line each; what nothing is known of says so. */
export function estimateLines(preview: Preview): string[] {
  const { agents, context, usage, workMinutes } = preview.estimate;
  const count = preview.plan.slices.length;
  const rows: [string, string][] = [['work', `${minutes(workMinutes)} in all${guessedText(preview)}`]];
  for (const row of agents) {
    const notes = [
      row.advised ? 'as many as are worth it' : '',
      row.agents > 1 && row.makespanMinutes <= preview.graph.makespanMinutes ? 'no number is faster' : '',
    ].filter((note) => note !== '');
    const note = agents.length > 1 && notes.length > 0 ? ` (${notes.join('; ')})` : '';
    rows.push([`${row.agents} ${row.agents === 1 ? 'agent' : 'agents'}`, `${minutes(row.makespanMinutes)}${note}`]);
  }
  if (context) {
    const { total, largest, over, budget, measured } = context;
    const part = measured < count ? ` (${measured} of ${count} slices measured)` : '';
    rows.push([
      'context',
      `agents start with ${thousands(total)} tokens in all${part}; the most is ${printable(largest.slice)} with ${thousands(largest.tokens)} of ${thousands(budget)}`,
    ]);
    if (over.length > 0) rows.push(['', `over the budget: ${over.slice(0, 10).map(printable).join(', ')}`]);
  } else rows.push(['context', 'not measured']);
  if (usage) {
    const { earlier, inputTokens, outputTokens, costUsd } = usage;
    const source = `from ${earlier.slices} earlier ${earlier.slices === 1 ? 'slice' : 'slices'} of ${earlier.agents.join(', ')} in this repository`;
    rows.push([
      'tokens',
      `about ${thousands(inputTokens)} in and ${thousands(outputTokens)} out, with ${earlier.attempts.toFixed(1)} attempts a slice, ${source}`,
    ]);
    const { cost } = earlier;
    rows.push([
      'cost',
      cost && costUsd !== null
        ? `about ${dollars(costUsd)}: ${dollars(cost.mean)} a slice on average (${dollars(cost.low)} to ${dollars(cost.high)}), from ${cost.slices} earlier ${cost.slices === 1 ? 'slice' : 'slices'}`
        : 'earlier runs tell tokens, but no cost to estimate from',
    ]);
  } else rows.push(['cost', 'no earlier runs to estimate cost from']);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
}

/** Hours that nobody estimated look like any others, and everything above rests on them. */
function guessedText({ estimate: { guessed }, plan }: Preview): string {
  if (guessed === 0) return '';
  if (guessed === plan.slices.length)
    return `, guessed: nothing read gives an estimate for ${guessed === 1 ? 'the slice' : 'any of the slices'}`;
  return `; ${guessed} of ${plan.slices.length} slices have no estimate of their own and are guessed`;
}

/** `contracts/inventory.ts -> src/contracts/inventory.ts (A1 provides it; 3 slices rely on it)` */
export function contractLines(preview: Preview): string[] {
  return preview.contracts.map(({ path, target, provider, consumers }) => {
    const facts = [
      provider ? `${printable(provider)} provides it` : '',
      consumers.length > 0
        ? `${consumers.length} ${consumers.length === 1 ? 'slice relies' : 'slices rely'} on it`
        : '',
    ].filter((fact) => fact !== '');
    const place = target && target !== path ? `${printable(path)} -> ${printable(target)}` : printable(path);
    return facts.length > 0 ? `${place} (${facts.join('; ')})` : place;
  });
}

/** The first few questions; the others stand in the findings and in the spec. */
export function questionLines({ questions }: Pick<Preview, 'questions'>): string[] {
  const more = questions.length - MOST_QUESTIONS;
  return [...questions.slice(0, MOST_QUESTIONS), ...(more > 0 ? [`and ${more} more, once these are settled`] : [])];
}

/** Slices whose files and checks are listed; the task specs hold those of all. */
const MOST_GIVEN = 12;
const MOST_ENTRIES = 4;

/** `task-001  + src/a.ts  ~ src/b.ts; check: npm test; 1,126 tokens` */
function givenLines({ given }: Preview): string[] {
  const width = given.reduce((widest, { slice }) => Math.max(widest, printable(slice).length), 0);
  const lines = given.slice(0, MOST_GIVEN).map(({ slice, create, modify, verify, tokens }) => {
    const entries = [...create.map((path) => `+ ${path}`), ...modify.map((path) => `~ ${path}`)].map(printable);
    const more = entries.length - MOST_ENTRIES;
    const files = [...entries.slice(0, MOST_ENTRIES), ...(more > 0 ? [`and ${more} more`] : [])].join('  ');
    const check = verify.length === 0 ? 'no check' : `check: ${verify.map(printable).join(' and ')}`;
    const size = tokens === null ? '' : `; ${thousands(tokens)} tokens`;
    return `${printable(slice).padEnd(width)}  ${files || 'no files'}; ${check}${size}`;
  });
  const more = given.length - MOST_GIVEN;
  return more > 0 ? [...lines, `and ${more} more, each in its task spec`] : lines;
}

function mergePointLines({ plan }: Pick<Preview, 'plan'>): string[] {
  return plan.mergePoints.map(({ id, verify }) => `${id}  ${verify.length > 0 ? verify.join(' and ') : 'no check'}`);
}

/** Files of the plan's own directory by name, of those below it how many. */
function fileLines(preview: Preview): string[] {
  const single: string[] = [];
  const counts = new Map<string, number>();
  for (const { path } of preview.files) {
    const name = path.slice(preview.dir.length + 1);
    const slash = name.indexOf('/');
    if (slash < 0) single.push(name);
    else counts.set(name.slice(0, slash), (counts.get(name.slice(0, slash)) ?? 0) + 1);
  }
  const directories = [...counts].map(([name, count]) => `${name}/ (${count})`);
  return [[...single, ...directories].map(printable).join(', ')];
}

function dollars(amount: number): string {
  return `$${amount.toFixed(2)}`;
}
