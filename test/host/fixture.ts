/** A workbench for a mocha suite (tdd interface): opened before its tests, closed after them, whatever happens. */
import { openWorkbench, type Workbench, type WorkbenchOptions } from './workbench.ts';

/**
 * Call it at the top of a `suite`; the returned function gives the workbench inside tests. Options may be made late, by
 * a function, so that a temporary folder can be prepared. A failed test leaves a screenshot and logs in test/host/shots.
 */
export function useWorkbench(
  options: WorkbenchOptions | (() => WorkbenchOptions | Promise<WorkbenchOptions>),
): () => Workbench {
  let workbench: Workbench | undefined;
  suiteSetup('open the workbench', async () => {
    workbench = await openWorkbench(typeof options === 'function' ? await options() : options);
  });
  teardown('keep the evidence of a failure', async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.error(await workbench?.evidence(this.currentTest.fullTitle()));
  });
  suiteTeardown('close the workbench', async () => {
    await workbench?.close();
    workbench = undefined;
  });
  return () => {
    if (!workbench) throw new Error('the workbench is open only while the tests of its suite run');
    return workbench;
  };
}
