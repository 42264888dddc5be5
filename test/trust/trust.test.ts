/**
 * The trust batteries: what agents may try, the lies they may tell, and honest work that must not be accused, each
 * against the built command line, without a sandbox and, where that makes a difference, in it.
 *
 * `TRUST_ONLY=name,kind,…` runs a part; `TRUST_RECORD=1` keeps the results for the table in the documentation;
 * `TRUST_KEEP=1` leaves the folders.
 */
import { strict as assert } from 'node:assert';
import process from 'node:process';
import { sandboxObstacle } from '../sandbox/install.ts';
import { ROWS, runBattery } from './battery.ts';
import { rightVerdicts, type Mode, type TrustRow } from './case.ts';
import { GAPS } from './gaps.ts';
import { keepResults, keptResults } from './table.ts';
import { judge, shown, type Judged } from './verdict.ts';
import type { Evidence } from './site.ts';

const only = process.env['TRUST_ONLY']?.split(',') ?? null;
const rows = ROWS.filter(
  ({ name, kind, battery }) => only === null || [name, kind, battery].some((word) => only.includes(word)),
);
/** A row without a result that was looked at and kept is run by `test/trust/try.ts --record` first. */
const results = keptResults();
const isKept = (row: TrustRow, mode: Mode): boolean =>
  only !== null || process.env['TRUST_RECORD'] !== undefined || (results[row.name]?.[mode] ?? null) !== null;
const obstacle = process.platform === 'linux' ? sandboxObstacle() : 'rows are written for Linux';

interface Answer {
  readonly evidence: Evidence;
  readonly judged: Judged;
}

if (process.platform !== 'win32')
  suite('trust', () => {
    const answers: Record<Mode, Map<string, Answer>> = { off: new Map(), on: new Map() };
    const modes: readonly Mode[] = obstacle === null ? ['off', 'on'] : ['off'];

    suiteSetup(async function () {
      this.timeout(0);
      for (const mode of modes)
        await runBattery(
          rows.filter((row) => isKept(row, mode)),
          mode,
          (all) => {
            for (const evidence of all) answers[mode].set(evidence.row.name, { evidence, judged: judge(evidence) });
          },
        );
    });

    suiteTeardown(() => {
      if (obstacle !== null) console.log(`no sandbox was tried: ${obstacle}`);
      if (!process.env['TRUST_RECORD']) return;
      for (const mode of modes)
        keepResults(ROWS, mode, new Map([...answers[mode]].map(([name, { judged }]) => [name, judged.verdict])));
    });

    test('the batteries are as large as they must be, and no name stands twice', () => {
      const count = (battery: string): number => ROWS.filter((row) => row.battery === battery).length;
      assert.ok(count('escape') >= 90 && count('lie') >= 60 && count('honest') >= 40);
      assert.equal(new Set(ROWS.map(({ name }) => name)).size, ROWS.length);
      assert.deepEqual(
        Object.keys(GAPS).filter((name) => !ROWS.some((row) => row.name === name)),
        [],
      );
    });

    for (const mode of modes)
      for (const row of rows.filter((row) => isKept(row, mode) && (mode === 'off' || row.differs)))
        test(`${row.battery}, ${row.kind}: ${row.about} (${row.name}, sandbox ${mode})`, () =>
          holds(row, mode, answers[mode].get(row.name)));
  });

function holds(row: TrustRow, mode: Mode, answer: Answer | undefined): void {
  assert.ok(answer, `${row.name} has not run`);
  const { judged, evidence } = answer;
  const right = rightVerdicts(row);
  const gap = GAPS[row.name];
  const isRight = right.includes(judged.verdict);
  if (gap && (gap.mode === 'both' || gap.mode === mode))
    assert.ok(
      !isRight,
      `${row.name} holds now (${judged.verdict}): take it out of gaps.ts. It was there because: ${gap.why}`,
    );
  else assert.ok(isRight, `must be ${right.join(' or ')}\n${shown(evidence, judged)}`);
}
