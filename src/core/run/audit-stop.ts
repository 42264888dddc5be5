import { violationsIn, violationText, type AuditedDifference } from '../audit/report.ts';
import type { Stop } from './model.ts';

/** Why a slice stops after its audit, by what ran meanwhile; `null` when nothing speaks against it. */
export function auditStop(
  slice: string,
  found: readonly AuditedDifference[],
  ran: 'agent' | 'checks' = 'agent',
): Stop | null {
  const against = found.filter((difference) => difference.blame !== 'person');
  const [first, ...rest] = violationsIn(found).map(violationText);
  if (first === undefined) return null;
  const shown = [first, ...rest.slice(0, 9)].join('; ');
  const more = rest.length > 9 ? `; and ${rest.length - 9} more` : '';
  const proven = against.some((difference) => difference.blame === 'proven');
  const left = against.filter((difference) => !difference.put_back).map((difference) => difference.what);
  return {
    condition: 'outside-worktree',
    detail: `${ran === 'checks' ? 'while its checks ran: ' : ''}${shown}${more}`,
    question:
      (proven
        ? `${ran === 'checks' ? 'A check of slice' : 'Slice'} ${slice} changed what is not its own: ${shown}${more}. `
        : `While ${ran === 'checks' ? `the checks of slice ${slice} ran` : `slice ${slice} worked`}, something changed that it may not change: ${shown}${more}. Was it you? `) +
      (left.length > 0 ? `Still changed: ${left.slice(0, 10).join(', ')}. ` : '') +
      'Look at it, then approve to go on with the slice, retry, or skip?',
    paths: against.map((difference) => difference.what),
  };
}
