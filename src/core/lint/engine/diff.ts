/** One line of a comparison. */
interface Step {
  readonly kind: ' ' | '-' | '+';
  readonly line: string;
}

/** Lines around a change that are shown. */
const context = 3;
/** Beyond this many changed lines the shortest way is not searched: everything between is replaced. */
const maxChanges = 2_000;

/**
 * The unified diff of a file, as `git apply` takes it; empty when nothing differs. Lines end at `\n`, so a `\r` before it
 * is part of the line.
 */
export function unifiedDiff(file: string, before: string, after: string): string {
  if (before === after) return '';
  const steps = compare(splitLines(before), splitLines(after));
  const name = quoted(file);
  const out = [`--- ${name('a/')}`, `+++ ${name('b/')}`];
  let oldLine = 1;
  let newLine = 1;
  let from = 0;
  while (from < steps.length) {
    const change = steps.findIndex((step, index) => index >= from && step.kind !== ' ');
    if (change < 0) break;
    const start = Math.max(from, change - context);
    for (const { kind } of steps.slice(from, start)) {
      if (kind !== '+') oldLine++;
      if (kind !== '-') newLine++;
    }
    let end = change;
    let last = change;
    // Changes closer than twice the context share a hunk.
    while (end < steps.length && end - last <= context * 2) {
      if (steps[end]?.kind !== ' ') last = end;
      end++;
    }
    end = Math.min(steps.length, last + context + 1);
    const hunk = steps.slice(start, end);
    const olds = hunk.filter(({ kind }) => kind !== '+').length;
    const news = hunk.filter(({ kind }) => kind !== '-').length;
    out.push(`@@ -${range(oldLine, olds)} +${range(newLine, news)} @@`);
    for (const { kind, line } of hunk)
      out.push(line.endsWith('\n') ? kind + line.slice(0, -1) : `${kind}${line}\n\\ No newline at end of file`);
    oldLine += olds;
    newLine += news;
    from = end;
  }
  return out.join('\n') + '\n';
}

function range(line: number, count: number): string {
  return count === 0 ? `${line - 1},0` : `${line},${count}`;
}

/** Git quotes names that hold what would end or change the line. */
function quoted(file: string): (prefix: string) => string {
  // oxlint-disable-next-line no-control-regex -- these are what must be quoted
  return (prefix) => (/[\u0000-\u001f"\\\u007f]/.test(file) ? JSON.stringify(prefix + file) : prefix + file);
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The shortest way from one list of lines to another (Myers, "An O(ND) difference algorithm", 1986). */
function compare(a: readonly string[], b: readonly string[]): Step[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const same = (line: string): Step => ({ kind: ' ', line });
  return [
    ...a.slice(0, head).map(same),
    ...shortest(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(same),
  ];
}

function shortest(a: readonly string[], b: readonly string[]): Step[] {
  const replaced = (): Step[] => [
    ...a.map((line): Step => ({ kind: '-', line })),
    ...b.map((line): Step => ({ kind: '+', line })),
  ];
  if (a.length === 0 || b.length === 0) return replaced();
  const most = Math.min(a.length + b.length, maxChanges);
  let furthest = new Map<number, number>([[1, 0]]);
  const history: Map<number, number>[] = [];
  for (let changes = 0; changes <= most; changes++) {
    history.push(new Map(furthest));
    const next = new Map(furthest);
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      const down = goesDown(furthest, diagonal, changes);
      let x = down ? (furthest.get(diagonal + 1) ?? 0) : (furthest.get(diagonal - 1) ?? 0) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
      next.set(diagonal, x);
      if (x >= a.length && x - diagonal >= b.length) return trail(a, b, history);
    }
    furthest = next;
  }
  return replaced();
}

function goesDown(furthest: ReadonlyMap<number, number>, diagonal: number, changes: number): boolean {
  return (
    diagonal === -changes ||
    (diagonal !== changes && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1))
  );
}

function trail(a: readonly string[], b: readonly string[], history: readonly ReadonlyMap<number, number>[]): Step[] {
  const steps: Step[] = [];
  let x = a.length;
  let y = b.length;
  for (let changes = history.length - 1; changes >= 0; changes--) {
    const furthest = history[changes] ?? new Map<number, number>();
    const diagonal = x - y;
    const previous = goesDown(furthest, diagonal, changes) ? diagonal + 1 : diagonal - 1;
    const fromX = furthest.get(previous) ?? 0;
    const fromY = fromX - previous;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      steps.push({ kind: ' ', line: a[--x] ?? '' });
      y--;
    }
    if (changes === 0) break;
    if (x === fromX) steps.push({ kind: '+', line: b[--y] ?? '' });
    else steps.push({ kind: '-', line: a[--x] ?? '' });
  }
  return steps.reverse();
}
