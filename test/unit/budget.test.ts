import assert from 'node:assert/strict';
import type { Budget } from '../../src/core/manifest/model.ts';
import { noBudget } from '../../src/core/manifest/read.ts';
import { budgetSpent } from '../../src/core/run/budget.ts';

suite('the budget of a plan', () => {
  const rows: readonly (readonly [
    budget: Partial<Budget>,
    costUsd: number,
    tokens: number,
    minutes: number,
    says: string | null,
  ])[] = [
    [{}, 1_000, 1_000_000, 1_000, null],
    [{ costUsd: 5 }, 4.99, 1_000_000, 1_000, null],
    [{ costUsd: 5 }, 5, 0, 0, '$5.00 of $5.00'],
    [{ costUsd: 5 }, 5.204, 0, 0, '$5.20 of $5.00'],
    [{ tokens: 1_000_000 }, 0, 999_999, 0, null],
    [{ tokens: 1_000_000 }, 0, 1_200_000, 0, '1,200,000 of 1,000,000 tokens'],
    [{ minutes: 60 }, 0, 0, 59.9, null],
    [{ minutes: 60 }, 0, 0, 61.5, '61 of 60 minutes'],
    [{ minutes: 0.05 }, 0, 0, 0.0678, '0.06 of 0.05 minutes'],
    [{ costUsd: 5, tokens: 10, minutes: 60 }, 6, 11, 59, '$6.00 of $5.00, 11 of 10 tokens'],
  ];
  for (const [budget, costUsd, tokens, minutes, says] of rows)
    test(`${JSON.stringify(budget)} of ${costUsd} USD, ${tokens} tokens, ${minutes} minutes: ${says ?? 'goes on'}`, () =>
      assert.equal(budgetSpent({ ...noBudget, ...budget }, { costUsd, tokens }, minutes), says));
});
