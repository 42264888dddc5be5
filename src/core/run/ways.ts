import { shellWord } from '../text/shell-quoting.ts';
import { assertNever } from '../text/result.ts';
import type { RunView, Way } from './state-model.ts';
import { stopRow } from './stops.ts';

/** Exactly what settles a slice that ended like this; the likeliest first, giving up last. */
export function waysOf(run: Pick<RunView, 'stop' | 'failure'>): readonly Way[] {
  // An attempt that failed has no stop: nobody asked, and there is nothing to say yes to.
  if (run.failure || !run.stop) return ['retry', 'skip'];
  const row = stopRow(run.stop.condition);
  return [
    ...(row?.approve ? (['approve'] as const) : []),
    ...(row?.revert && run.stop.paths.length > 0 ? (['revert'] as const) : []),
    ...(row?.answer ? (['answer'] as const) : []),
    'retry',
    'skip',
  ];
}

/** The command line that does it. `plan` is the plan's directory. */
export function wayCommand(way: Way, plan: string, id: string): string {
  const named = `${shellWord(plan)} ${shellWord(id)}`;
  switch (way) {
    case 'approve':
    case 'retry':
    case 'skip':
      return `slicewave ${way} ${named}`;
    case 'revert':
      return `slicewave retry ${named} --revert`;
    case 'answer':
      return `slicewave answer ${named} "..."`;
    default:
      return assertNever(way);
  }
}

/** The command line that shows all that a run's agent and checks printed. */
export function outputCommand(runId: string): string {
  return `slicewave trace show ${runId.split('-').at(-1) ?? runId} --output`;
}
