/** Runs rows by name and prints what became of them: `node test/trust/try.ts [--on] NAME...`. */
import process from 'node:process';
import { ROWS, runBattery } from './battery.ts';
import { rightVerdicts } from './case.ts';
import { keepResults } from './table.ts';
import { judge, shown } from './verdict.ts';

const names = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const rows =
  names.length === 0
    ? ROWS
    : ROWS.filter(({ name, kind, battery }) =>
        names.some((word) => word === name || word === kind || word === battery),
      );
const mode = process.argv.includes('--on') ? 'on' : 'off';
const began = performance.now();
const chosen = mode === 'on' ? rows.filter(({ differs }) => differs) : rows;
await runBattery(chosen, mode, (result) => {
  if ('problem' in result) {
    console.log(`FAILED ${result.rows.map(({ name }) => name).join(' ')}: ${String(result.problem)}`);
    return;
  }
  if (process.argv.includes('--record'))
    keepResults(ROWS, mode, new Map(result.map((evidence) => [evidence.row.name, judge(evidence).verdict])));
  for (const evidence of result) {
    const judged = judge(evidence);
    const right = rightVerdicts(evidence.row).includes(judged.verdict);
    if (right && !process.argv.includes('--all'))
      console.log(`ok    ${evidence.row.name}: ${judged.verdict}${judged.why ? `  (${judged.why})` : ''}`);
    else console.log(`WRONG ${shown(evidence, judged)}`);
  }
});
console.log(`${chosen.length} rows, ${Math.round((performance.now() - began) / 1000)} s`);
