/** Sorts texts by code unit: the same order on every machine, whatever its language. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** For `sort`, of ids, as people count: `S2` before `S10`. The same order on every machine, whatever came first. */
export function asCounted(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (const [i, one] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (one !== other) {
      const order = isNumber(one) && isNumber(other) ? byValue(one, other) : byCodeUnit(one, other);
      if (order !== 0) return order;
    }
  }
  // Of one value, `S01` and `S1` are still two.
  return left.length - right.length || byCodeUnit(a, b);
}

function parts(text: string): readonly string[] {
  return text.match(/[0-9]+|[^0-9]+/g) ?? [];
}

function isNumber(part: string): boolean {
  return /^[0-9]/.test(part);
}

/** As text, because no number type holds all that an id may count to. */
function byValue(a: string, b: string): number {
  const [x, y] = [a, b].map((digits) => digits.replace(/^0+/, ''));
  return x!.length - y!.length || byCodeUnit(x!, y!);
}
