import type { RuleCode } from '../../../src/core/lint/engine/rules.ts';
import type { JudgeCode } from '../../../src/core/lint/rules/judge.ts';
import { instructionsCases } from './instructions.ts';
import { manifestCases } from './manifest.ts';
import { planCases } from './plan.ts';
import { skillCases } from './skill.ts';
import { specCases } from './spec.ts';
import { suppressionCases } from './suppression.ts';
import { taskCases } from './task.ts';
import { traceCases } from './trace.ts';
import type { Case } from './workspace.ts';

/** The linter alone meets none of these: they have their cases in `judge.test.ts`. */
const judgeCases: Readonly<Record<JudgeCode, null>> = {
  'judge.coupling': null,
  'judge.contract-needed': null,
  'judge.merge-point': null,
  'judge.ordered': null,
};

/** The case of every rule; `null` where the linter cannot meet the fault by itself. */
export const cases: Readonly<Record<RuleCode, Case | null>> = {
  ...specCases,
  ...taskCases,
  ...manifestCases,
  ...planCases,
  ...judgeCases,
  ...skillCases,
  ...instructionsCases,
  ...traceCases,
  ...suppressionCases,
};
