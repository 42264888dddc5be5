/** A workbench for a mocha suite (tdd interface): opened before its tests, closed after them, whatever happens. */
import { openWorkbench, type Workbench, type WorkbenchOptions } from './workbench.ts';

/**
 * Call it at the top of a `suite`; the returned function gives the workbench inside tests. Options may be made late, by
 * a function, so that a temporary folder can be prepared. Tests get a minute each if they did not ask for more, and a
 * failed one leaves a screenshot and logs in test/host/shots.
 */
export function useWorkbench(
  options: WorkbenchOptions | (() => WorkbenchOptions | Promise<WorkbenchOptions>),
): () => Workbench {
  let workbench: Workbench | undefined;
  suiteSetup('open the workbench', async function () {
    this.timeout(180_000);
    workbench = await openWorkbench(typeof options === 'function' ? await options() : options);
  });
  setup('give a test of the workbench time', function () {
    const minute = 60_000;
    const test = this.currentTest;
    if (test && test.timeout() !== 0 && test.timeout() < minute) test.timeout(minute);
  });
  teardown('keep the evidence of a failure', async function () {
    this.timeout(30_000);
    if (this.currentTest?.state !== 'failed') return;
    console.error(await workbench?.evidence(this.currentTest.fullTitle()));
  });
  suiteTeardown('close the workbench', async function () {
    this.timeout(30_000);
    await workbench?.close();
    workbench = undefined;
  });
  return () => {
    if (!workbench) throw new Error('the workbench is open only while the tests of its suite run');
    return workbench;
  };
}
