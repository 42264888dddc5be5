/** What was seen over several runs. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** One line of evidence: a cost, what it was measured beside, and what the project promises of it. */
export interface Figure {
  readonly name: string;
  /** What it ran at: how many slices, files, bytes. */
  readonly size: string;
  readonly unit: 'ms' | 's' | 'KiB' | 'x' | 'µs' | 'processes';
  readonly value: Spread;
  /** The same work done plainly, in the same run. */
  readonly against?: { readonly name: string; readonly value: Spread };
  /** Pair by pair, so that what else the machine does falls on both sides; its spread is the noise of this machine. */
  readonly ratio?: Spread;
  readonly goal?: { readonly of: 'value' | 'ratio'; readonly atMost: number };
  /** Where it goes, or what the number does not say. */
  readonly notes?: readonly string[];
}

export type Report = (figure: Figure) => void;

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (i: number): number => sorted[i] ?? Number.NaN;
  const half = sorted.length >> 1;
  return {
    median: sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2,
    min: at(0),
    max: at(sorted.length - 1),
    runs: sorted.length,
  };
}

export interface Pairs {
  readonly a: Spread;
  readonly b: Spread;
  /** a / b of each pair. */
  readonly ratio: Spread;
}

/** Takes two measurements turn and turn about; `warm`: after one of each that does not count. */
export async function pairs(
  count: number,
  a: () => Promise<number>,
  b: () => Promise<number>,
  warm = true,
): Promise<Pairs> {
  const seen: { readonly a: number; readonly b: number }[] = [];
  for (let round = warm ? 0 : 1; round <= count; round++) {
    const pair = { a: await a(), b: await b() };
    if (round > 0) seen.push(pair);
  }
  return {
    a: spread(seen.map((pair) => pair.a)),
    b: spread(seen.map((pair) => pair.b)),
    ratio: spread(seen.map((pair) => pair.a / pair.b)),
  };
}

/** Whether the goal is met, judged by the median; `null` where there is none. */
export function isMet({ goal, value, ratio }: Figure): boolean | null {
  if (!goal) return null;
  return (goal.of === 'ratio' ? (ratio?.median ?? Infinity) : value.median) <= goal.atMost;
}

export function figureText(figure: Figure): string {
  const { name, size, unit, value, against, ratio, goal, notes = [] } = figure;
  const verdict = (of: 'value' | 'ratio'): string => {
    if (goal?.of !== of) return '';
    return `   goal ${goal.atMost} ${of === 'ratio' ? 'x' : unit}: ${isMet(figure) ? 'met' : 'MISSED'}`;
  };
  return [
    `${name}  [${size}]`,
    row(against || ratio ? 'ours' : '', value, unit) + verdict('value'),
    ...(against ? [row(against.name, against.value, unit)] : []),
    ...(ratio ? [row('ratio', ratio, 'x') + verdict('ratio')] : []),
    ...notes.map((note) => `    ${note}`),
    '',
  ].join('\n');
}

function row(label: string, { median, min, max, runs }: Spread, unit: string): string {
  const many = runs > 1 ? `  (${number(min)}..${number(max)}, ${runs} runs)` : '';
  return `  ${label.padEnd(28)}${number(median).padStart(10)} ${unit}${many}`;
}

export function number(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 1000 ? 0 : size >= 10 ? 1 : 2);
}
