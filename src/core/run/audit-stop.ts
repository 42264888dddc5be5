import { violationsIn, violationText, type AuditedDifference } from '../audit/report.ts';
import type { Stop } from './model.ts';

/** What ran meanwhile: an agent, the checks of a slice, or those of a merge point or the integration. */
export type Audited = 'agent' | 'checks' | 'merge-checks';

/** Why `name`, a slice or what merges slices, stops after its audit; `null` when nothing speaks against it. */
export function auditStop(name: string, found: readonly AuditedDifference[], ran: Audited = 'agent'): Stop | null {
  const against = found.filter((difference) => difference.blame !== 'person');
  const [first, ...rest] = violationsIn(found).map(violationText);
  if (first === undefined) return null;
  const shown = [first, ...rest.slice(0, 9)].join('; ');
  const more = rest.length > 9 ? `; and ${rest.length - 9} more` : '';
  const proven = against.some((difference) => difference.blame === 'proven');
  const left = against.filter((difference) => !difference.put_back).map((difference) => difference.what);
  const { who, meanwhile, decide } = TEXTS[ran];
  return {
    condition: 'outside-worktree',
    detail: `${ran === 'agent' ? '' : 'while its checks ran: '}${shown}${more}`,
    question:
      (proven
        ? `${who(name)} changed what is not its own: ${shown}${more}. `
        : `While ${meanwhile(name)}, something changed that it may not change: ${shown}${more}. Was it you? `) +
      (left.length > 0 ? `Still changed: ${left.slice(0, 10).join(', ')}. ` : '') +
      `Look at it, then ${decide}?`,
    paths: against.map((difference) => difference.what),
  };
}

interface Text {
  readonly who: (name: string) => string;
  readonly meanwhile: (name: string) => string;
  readonly decide: string;
}

const OF_A_SLICE = 'approve to go on with the slice, retry, or skip';

const TEXTS: Readonly<Record<Audited, Text>> = {
  agent: { who: (name) => `Slice ${name}`, meanwhile: (name) => `slice ${name} worked`, decide: OF_A_SLICE },
  checks: {
    who: (name) => `A check of slice ${name}`,
    meanwhile: (name) => `the checks of slice ${name} ran`,
    decide: OF_A_SLICE,
  },
  'merge-checks': {
    who: (name) => `A check of ${name}`,
    meanwhile: (name) => `the checks of ${name} ran`,
    decide: 'retry or skip',
  },
};
