import { isProved } from '../run/states.ts';
import type { PlanState, SliceView } from '../run/state-model.ts';
import { counted, printable } from '../text/printing.ts';
import { shellWord } from '../text/shell-quoting.ts';

type Counted = Pick<SliceView, 'state'>;

/** `2/3 verified`, `2/3 verified, 1 skipped`: what is skipped is done with, and was not verified. */
export function verifiedText(slices: readonly Counted[], between = '/'): string {
  const proved = slices.filter(({ state }) => isProved(state)).length;
  const skipped = slices.filter(({ state }) => state === 'skipped').length;
  return `${proved}${between}${slices.length} verified${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** `3 of 11 slices are verified`. */
function provedText(slices: readonly Counted[]): string {
  const proved = slices.filter(({ state }) => isProved(state)).length;
  return `${proved} of ${counted(slices.length, 'slice')} ${proved === 1 ? 'is' : 'are'} verified`;
}

/** The same as {@link verifiedText} as a sentence: `3 of 11 slices are verified, 1 was skipped.` */
export function verifiedSentence(slices: readonly Counted[]): string {
  const skipped = slices.filter(({ state }) => state === 'skipped').length;
  const rest = skipped > 0 ? `, ${skipped} ${skipped === 1 ? 'was' : 'were'} skipped` : '';
  return `${provedText(slices)}${rest}.`;
}

/** What keeps "every slice is verified" from being the whole truth, a line each; the gravest first. */
export function shortfalls(
  state: Pick<PlanState, 'slices' | 'checkpoints'>,
  only: readonly string[] | null,
): readonly string[] {
  const slices = state.slices.filter(({ id }) => only === null || only.includes(id));
  const named = (title: string, found: readonly SliceView[], more: (slice: SliceView) => string = () => ''): string[] =>
    found.length === 0 ? [] : [`${title}: ${found.map((slice) => `${slice.id}${more(slice)}`).join(', ')}`];
  const proved = slices.filter((slice) => isProved(slice.state));
  const why = ({ decided }: SliceView): string => {
    const reason = decided.findLast(({ what }) => what === 'skipped')?.reason;
    return reason ? ` (${printable(reason)})` : '';
  };
  const points = state.checkpoints.filter(({ skipped }) => skipped).map(({ id }) => id);
  return [
    ...named(
      'claims refuted',
      proved.filter((slice) => slice.refuted.length > 0),
      (slice) => ` (${slice.refuted.length})`,
    ),
    ...named(
      'approved without passing checks',
      proved.filter((slice) => madeBy(slice)?.testsPassed !== true),
    ),
    ...named(
      'approved without a change',
      proved.filter((slice) => madeBy(slice)?.testsPassed === true && madeBy(slice)?.filesChanged.length === 0),
    ),
    ...named(
      'skipped',
      slices.filter((slice) => slice.state === 'skipped'),
      why,
    ),
    ...(points.length > 0 && only === null ? [`merge points skipped: ${points.join(', ')}`] : []),
    ...named(
      'doubted',
      proved.filter((slice) => slice.doubts.some(({ severity }) => severity === 'high')),
    ),
  ];
}

/** The run that made a slice's commit. */
export function madeBy(slice: Pick<SliceView, 'runs'>): SliceView['run'] {
  return slice.runs.findLast((run) => run.commit !== null) ?? null;
}

/** The last words of a run that left nothing to do. */
export function doneText(state: PlanState, only: readonly string[] | null): string {
  const short = shortfalls(state, only);
  const next = `Next: slicewave integrate ${shellWord(state.dir)}`;
  if (short.length === 0) return `Every slice asked for is verified. ${next}`;
  const asked = state.slices.filter(({ id }) => only === null || only.includes(id));
  return [
    `Nothing asked for is left to run; ${provedText(asked)}, and of them or beside them:`,
    ...short.map((line) => `  ${line}`),
    `\`slicewave status ${shellWord(state.dir)}\` says more. ${next}`,
  ].join('\n');
}
