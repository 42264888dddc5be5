import { run as runPlan } from './plan.bench.ts';
import { spread, type Report } from './figure.ts';

/** The planner's own bench, as figures. Its values are the best of its rounds, over which the sizes take turns. */
export async function run(report: Report): Promise<void> {
  let heading = '';
  await runPlan((row) => {
    const part = row.name.startsWith('  ');
    if (!part) heading = row.name;
    report({
      name: row.name.trim(),
      size: part ? heading : 'in process, best of its rounds',
      unit: row.unit as 'ms',
      value: spread([row.value]),
      ...(row.goal === undefined ? {} : { goal: { of: 'value' as const, atMost: row.goal } }),
    });
  });
}
