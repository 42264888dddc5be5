const unitMinutes: Readonly<Record<string, number>> = { m: 1, h: 60, d: 8 * 60, w: 5 * 8 * 60 };
const amount = String.raw`(\d+(?:[.,]\d+)?)\s*(m|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?)`;
const single = new RegExp(`^${amount}$`, 'i');
const range = new RegExp(String.raw`^(\d+(?:[.,]\d+)?)\s*(?:-|–|to)\s*${amount}$`, 'i');
const sum = new RegExp(String.raw`^(?:${amount}\s*)+$`, 'i');

/**
 * Minutes of an estimate: `3h`, `90m`, `2h 30m`, `1.5 hours`, `1d` (8 working hours), `1w` (5 days). A range such as
 * `2-4h` counts as its middle, a bare number as minutes. `null` when it is none of these, or not more than zero.
 */
export function parseEstimate(text: string): number | null {
  const trimmed = text.trim().replace(/^(?:~|ca\.?|about)\s*/i, '');
  const number = (digits: string | undefined): number => Number((digits ?? '').replace(',', '.'));
  const unit = (word: string | undefined): number => unitMinutes[(word ?? 'm')[0]?.toLowerCase() ?? 'm'] ?? 1;
  let minutes: number | null = null;
  if (/^\d+$/.test(trimmed)) minutes = Number(trimmed);
  else if (single.test(trimmed)) {
    const match = single.exec(trimmed);
    minutes = number(match?.[1]) * unit(match?.[2]);
  } else if (range.test(trimmed)) {
    const match = range.exec(trimmed);
    minutes = ((number(match?.[1]) + number(match?.[2])) / 2) * unit(match?.[3]);
  } else if (trimmed.length < 40 && sum.test(trimmed)) {
    minutes = 0;
    for (const match of trimmed.matchAll(new RegExp(amount, 'gi'))) minutes += number(match[1]) * unit(match[2]);
  }
  if (minutes === null || !Number.isFinite(minutes) || minutes <= 0 || minutes > 1_000_000) return null;
  return Math.max(1, Math.round(minutes));
}
