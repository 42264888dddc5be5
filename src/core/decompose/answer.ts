/** An agent's answer as it came: a JSON object, or what keeps it from being one, in words for the agent. */
export type Answer = { readonly value: object } | { readonly problem: string };

/** A plan of a thousand slices is a tenth of it; more is an agent that repeats itself. */
export const LARGEST_ANSWER = 4 * 1024 * 1024;

/** Objects that are tried before a text counts as one without an answer. */
const mostTried = 40;

/**
 * The decomposition in what an agent said: the whole text, its last fenced block, or the last JSON object that stands
 * in its prose. An object with `slices` wins over any other. Never throws.
 */
export function answerIn(text: string): Answer {
  if (text.length > LARGEST_ANSWER) {
    return { problem: `Your answer is larger than ${LARGEST_ANSWER / 1024 / 1024} MB: propose fewer, larger slices` };
  }
  const whole = parsed(text);
  if (whole) return { value: whole };
  const fences = [...text.matchAll(/^[ \t]*```[^\n]*\n([\s\S]*?)^[ \t]*```/gm)].map((match) => match[1] ?? '');
  const scanned = objectsIn(text);
  const candidates = [...fences.toReversed().slice(0, mostTried), ...scanned.objects.slice(0, mostTried)];
  let other: object | null = null;
  for (const candidate of candidates) {
    const value = parsed(candidate);
    if (value && 'slices' in value) return { value };
    other ??= value;
  }
  const broken = candidates.find((candidate) => candidate.includes('"slices"'));
  // A fence may close around half an object: that it ends too early says more than where the parser stumbled.
  if (scanned.open !== null) return { problem: unfinished(scanned.open) };
  if (broken !== undefined) return { problem: `Your JSON cannot be read: ${reasonOf(broken)}` };
  if (other) return { value: other };
  return { problem: 'There is no JSON object in your answer' };
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Where an object broke off, so that whoever ran out of room knows how much was too much. */
function unfinished(text: string): string {
  const last = [...text.matchAll(/"id"\s*:\s*"([\w-]{1,60})"/g)].at(-1)?.[1];
  const after = `${text.length} characters${last === undefined ? '' : `, behind "id": "${last}"`}`;
  return `Your JSON ends before it is complete (after ${after}): answer with the whole object, and say less of each slice when that is too long for one answer`;
}

function reasonOf(text: string): string {
  try {
    JSON.parse(text);
    return 'it is no object';
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ').slice(0, 300) : String(error);
    // Nobody counts characters: what stands there says it.
    const at = Number(/at position (\d+)/.exec(reason)?.[1] ?? Number.NaN);
    const around = Number.isNaN(at) ? '' : text.slice(Math.max(0, at - 40), at + 40).replaceAll(/\s+/g, ' ');
    return around === '' ? reason : `${reason}, in: ... ${around} ...`;
  }
}

/**
 * `{...}` regions, the last one first and an object before those inside it. Strings are known, so braces in them don't
 * count; a stray brace in the prose before opens a region that never ends. `open`: something with slices that never
 * ended.
 */
function objectsIn(text: string): { readonly objects: readonly string[]; readonly open: string | null } {
  const found: [number, number][] = [];
  const starts: number[] = [];
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inString) {
      if (c === '\\') i++;
      // No JSON string holds a raw line end, so the quote that opened this one was prose.
      else if (c === '"' || c === '\n') inString = false;
    } else if (c === '"' && starts.length > 0) inString = true;
    else if (c === '{') starts.push(i);
    else if (c === '}') {
      const start = starts.pop();
      if (start !== undefined) found.push([start, i + 1]);
    }
  }
  found.sort(([a, aEnd], [b, bEnd]) => bEnd - aEnd || a - b);
  // What stands inside another object matters only when that one is no JSON at all.
  const outer: [number, number][] = [];
  const inner: [number, number][] = [];
  let before = text.length;
  for (const region of found) {
    const isOuter = region[1] <= before;
    (isOuter ? outer : inner).push(region);
    if (isOuter) before = region[0];
  }
  const slices = text.lastIndexOf('"slices"');
  // A stray brace in the prose opens no object.
  const open = starts.find((start) => start < slices && /^\{\s*"/.test(text.slice(start, start + 200)));
  return {
    objects: [...outer, ...inner].slice(0, mostTried).map(([start, end]) => text.slice(start, end)),
    open: open === undefined ? null : text.slice(open).replace(/\s*```\s*$/, ''),
  };
}
