import { crash } from '../engine/crashes.ts';
import { spread, type Report } from './figure.ts';

const KILLS = 300;

/** What {@link crash} counts, of many more kills than a test has time for. What was lost or done twice breaks it off. */
export async function run(report: Report): Promise<void> {
  const seed = Date.now() % 1_000_000;
  const start = performance.now();
  const { kills, plans, what, problems } = await crash({ kills: KILLS, perPlan: 15, runners: 24, seed });
  const seconds = (performance.now() - start) / 1000;
  if (problems.length > 0) throw new Error(`seed ${seed}: ${problems.length} problems:\n${problems.join('\n')}`);
  report({
    name: 'kills survived',
    size: `${kills} kills on ${plans} plans, seed ${seed}`,
    unit: 's',
    value: spread([seconds / kills]),
    notes: [
      Object.entries(what)
        .map(([name, count]) => `${name}: ${count}`)
        .join(', '),
      'seconds for each kill; nothing was lost, nothing ran twice, no lock, index file or process was left',
    ],
  });
}
