/**
 * The trust batteries: what agents may try, the lies they may tell, and honest work that must not be accused, each
 * against the built command line: all without a sandbox and, of what the operating system makes a difference to, the
 * ways out by the worktree and the primary checkout, the honest runs that share a repository, and the first row of each
 * other kind in it.
 *
 * `TRUST_ALL=1` runs every such row in the sandbox; `TRUST_ONLY=name,kind,…` runs a part, in both modes; `TRUST_KEEP=1`
 * leaves the folders. What is kept for the table in the documentation is written by `test/trust/try.ts --record`.
 */
import { strict as assert } from 'node:assert';
import process from 'node:process';
import { sandboxObstacle } from '../sandbox/install.ts';
import { ROWS, rowsOf, runBattery } from './battery.ts';
import { rightVerdicts, type Mode, type TrustRow } from './case.ts';
import { GAPS } from './gaps.ts';
import { hasEnded, judge, shown } from './verdict.ts';
import type { Evidence } from './site.ts';

const only = process.env['TRUST_ONLY']?.split(',') ?? null;
const isWanted = ({ name, kind, battery }: TrustRow): boolean =>
  only === null || [name, kind, battery].some((word) => only.includes(word));
const obstacle = process.platform === 'linux' ? sandboxObstacle() : 'rows are written for Linux';
const modes: readonly Mode[] = obstacle === null ? ['off', 'on'] : ['off'];
const isEveryRow = only !== null || Boolean(process.env['TRUST_ALL']);
/** Ends only what hangs. Each command of a site has a limit of its own. */
const LIMIT_MS = 7_200_000;

if (process.platform !== 'win32')
  suite('trust', () => {
    test('the batteries are as large as they must be, and no name stands twice', () => {
      const count = (battery: string): number => ROWS.filter((row) => row.battery === battery).length;
      assert.ok(count('escape') >= 90 && count('lie') >= 60 && count('honest') >= 40);
      assert.equal(new Set(ROWS.map(({ name }) => name)).size, ROWS.length);
      assert.deepEqual(
        Object.keys(GAPS).filter((name) => !ROWS.some((row) => row.name === name)),
        [],
      );
    });

    if (obstacle !== null) suiteTeardown(() => console.log(`no sandbox was tried: ${obstacle}`));

    for (const mode of modes)
      suite(`sandbox ${mode}`, () => {
        const rows = rowsOf(mode, isEveryRow).filter(isWanted);
        const known = new Map<string, Evidence>();
        const problems = new Map<string, unknown>();

        suiteSetup(async function () {
          this.timeout(LIMIT_MS);
          await runBattery(rows, mode, (result) => {
            if ('problem' in result) for (const { name } of result.rows) problems.set(name, result.problem);
            else for (const evidence of result) known.set(evidence.row.name, evidence);
          });
        });

        for (const row of rows)
          test(`${row.battery}, ${row.kind}: ${row.about} (${row.name})`, () => {
            const evidence = known.get(row.name);
            assert.ok(evidence, `${row.name} could not be run: ${String(problems.get(row.name))}`);
            holds(evidence);
          });
      });
  });

function holds(evidence: Evidence): void {
  const { row, mode } = evidence;
  const judged = judge(evidence);
  const gap = GAPS[row.name];
  const says = shown(evidence, judged);
  assert.ok(hasEnded(evidence), says);
  if (gap && (gap.mode === 'both' || gap.mode === mode))
    assert.equal(judged.verdict, gap.is, `a known gap (${gap.why}) is another one now: mend gaps.ts\n${says}`);
  else assert.ok(rightVerdicts(row).includes(judged.verdict), `must be ${rightVerdicts(row).join(' or ')}\n${says}`);
}
