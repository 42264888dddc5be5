import type { RuleCode } from '../../../src/core/lint/rules.ts';
import { instructionsCases } from './instructions.ts';
import { manifestCases } from './manifest.ts';
import { planCases } from './plan.ts';
import { skillCases } from './skill.ts';
import { specCases } from './spec.ts';
import { suppressionCases } from './suppression.ts';
import { taskCases } from './task.ts';
import { traceCases } from './trace.ts';
import type { Case } from './workspace.ts';

/** The case of every rule; `null` where the linter cannot meet the fault by itself. */
export const cases: Readonly<Record<RuleCode, Case | null>> = {
  ...specCases,
  ...taskCases,
  ...manifestCases,
  ...planCases,
  ...skillCases,
  ...instructionsCases,
  ...traceCases,
  ...suppressionCases,
};
