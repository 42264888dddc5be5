import type { Budget } from '../manifest/model.ts';
import { thousands } from '../text/printing.ts';
import type { PlanState } from './state-model.ts';

/** What of a budget is used up, so that no agent may start any more: `$5.20 of $5.00`. `null`: nothing. */
export function budgetSpent(
  budget: Budget,
  { costUsd, tokens }: Pick<PlanState, 'costUsd' | 'tokens'>,
  minutes: number,
): string | null {
  const said = [
    budget.costUsd !== null && costUsd >= budget.costUsd
      ? `$${costUsd.toFixed(2)} of $${budget.costUsd.toFixed(2)}`
      : [],
    budget.tokens !== null && tokens >= budget.tokens
      ? `${thousands(tokens)} of ${thousands(budget.tokens)} tokens`
      : [],
    budget.minutes !== null && minutes >= budget.minutes ? `${wholeOrShort(minutes)} of ${budget.minutes} minutes` : [],
  ].flat();
  return said.length === 0 ? null : said.join(', ');
}

/** Of a few minutes two decimals, rounded down: nothing is called used up before it is. */
function wholeOrShort(minutes: number): number {
  return minutes < 10 ? Math.floor(minutes * 100) / 100 : Math.floor(minutes);
}
