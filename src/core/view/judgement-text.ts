import type { Finding } from '../text/finding.ts';
import type { ContextBudget } from '../judge/context-budget.ts';
import { missingContractMessage } from '../judge/contracts.ts';
import { couplingAdvice, couplingText } from '../judge/coupling-text.ts';
import type { Judgement } from '../judge/judge.ts';
import type { Advice } from '../judge/overlap-advice.ts';
import type { Plan } from '../plan/model.ts';
import { thousands } from '../text/printing.ts';

/** A titled block of a text for the terminal. */
export interface PlanSection {
  readonly title: string;
  readonly lines: readonly string[];
  /** What is folded away; `lines` say how much it is. */
  readonly folded?: readonly string[];
}

/** Of each list the gravest; the rest is counted. */
const MOST_SHOWN = 10;
/** Contracts on the first screen; the rest is folded. */
const MOST_CONTRACTS = 5;
/** What the sections say with more around it; said again as findings it would be noise. */
const inSections = {
  'judge.coupling': ({ couplings }) => couplings.pairs.filter(({ verdict }) => verdict !== 'parallel').length,
  'judge.contract-needed': ({ contracts }) => contracts.crossings.length,
  'judge.merge-point': ({ mergePoints }) => mergePoints.length,
  'plan.overlap': ({ advice }) => advice.length,
  'task.create-ignored': ({ findings }) => findings.filter(isIgnored).length,
} as const satisfies Record<string, (judgement: Judgement) => number>;

/** Whether a finding says what the sections and the advice around `planText` say too, none of them cut short. */
export function isInSections({ code }: Pick<Finding, 'code'>, judgement: Judgement): boolean {
  if (!(code in inSections)) return false;
  const count = inSections[code as keyof typeof inSections](judgement);
  // What is folded is there for who looks; as findings it would stand on the first screen again.
  return count > 0 && (count <= MOST_SHOWN || code === 'judge.contract-needed');
}

/** Alternatives shown for one pair. */
const MOST_ADVICE = 2;

/**
 * What a judge says beyond waves, overlaps and merge points, as blocks for `planText`; empty blocks are left out.
 * `drafts` tells where the contracts to start from can be had.
 */
export function judgementSections(
  { couplings, contracts, contexts, findings, leftOut }: Judgement,
  plan: Plan,
  { drafts }: { readonly drafts?: string } = {},
): readonly PlanSection[] {
  const coupled = couplings.pairs
    .filter(({ verdict }) => verdict !== 'parallel')
    .toSorted((a, b) => b.score - a.score || (a.a < b.a || (a.a === b.a && a.b < b.b) ? -1 : 1));
  const weak = couplings.pairs.length - coupled.length;
  const over = contexts.filter(({ over: tokens }) => tokens > 0).toSorted((a, b) => b.over - a.over);
  const ignored = findings.filter(isIgnored);
  const open = new Set(contracts.crossings);
  const needed = contracts.scaffolds.filter(({ covers }) => covers.some((one) => open.has(one)));
  const ordered = contracts.scaffolds.length - needed.length;
  const contractLines = ({ path, covers }: (typeof needed)[number]): string[] => [
    path,
    ...covers.filter((missing) => open.has(missing)).map((missing) => `    ${missingContractMessage(missing, plan)}`),
  ];
  const folded = needed.slice(MOST_CONTRACTS);
  const sections: PlanSection[] = [
    {
      title: `To be created, and ignored by git (${ignored.length})`,
      lines: listed(ignored, ({ file, line, message }) => [`${file}:${line}`, `    ${message}`]),
    },
    {
      title: `Hidden coupling (${coupled.length})`,
      lines: [
        ...listed(coupled, (coupling) => [couplingText(coupling), `    ${couplingAdvice(coupling)}`]),
        ...(coupled.length > 0 && weak > 0 ? [`and ${weak} with little evidence, which may run in parallel`] : []),
        ...(couplings.crowded.length > 0
          ? [`many slices meet at ${couplings.crowded.slice(0, 3).join(', ')}: not judged pair by pair`]
          : []),
        ...(couplings.unread > 0 ? [`${couplings.unread} source files were too many to be read for imports`] : []),
      ],
    },
    {
      title: `Contracts to be written (${needed.length})`,
      lines: [
        ...needed.slice(0, MOST_CONTRACTS).flatMap(contractLines),
        ...(folded.length > 0
          ? [
              `and ${folded.length} more${drafts === undefined ? '' : '; with --json each has its evidence (judge.contract-needed)'}`,
            ]
          : []),
        ...(ordered > 0 && needed.length > 0
          ? [`and ${ordered} more between workstreams that the order of the plan or an overlap settles first`]
          : []),
        ...(needed.length > 0 && drafts !== undefined ? [drafts] : []),
      ],
      ...(folded.length > 0 ? { folded: folded.flatMap(contractLines) } : {}),
    },
    { title: `Context over budget (${over.length})`, lines: listed(over, contextLines) },
    { title: 'Not looked at', lines: leftOut },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

function isIgnored({ code }: Finding): boolean {
  return code === 'task.create-ignored';
}

function listed<T>(items: readonly T[], linesOf: (item: T) => readonly string[]): string[] {
  const lines = items.slice(0, MOST_SHOWN).flatMap(linesOf);
  return items.length > MOST_SHOWN ? [...lines, `and ${items.length - MOST_SHOWN} more`] : lines;
}

function contextLines({ slice, total, limit, layers, advice }: ContextBudget): string[] {
  const parts = layers.filter(({ tokens }) => tokens > 0).map(({ name, tokens }) => `${name} ${thousands(tokens)}`);
  return [
    `${slice}  ${thousands(total)} of ${thousands(limit)} tokens: ${parts.join(', ')}`,
    ...advice.slice(0, MOST_ADVICE).map(({ text }) => `    ${text}`),
  ];
}

/** The best advice on a pair that shares too much; `null` where there is none. */
export function adviceText(advice: readonly Advice[]): string | null {
  const [first] = advice;
  if (!first) return null;
  return first.verified ? first.text : `${first.text} (this helps; it does not settle it alone)`;
}
