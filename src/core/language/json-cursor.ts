/** Where an offset stands in JSON that may be half written. */
export interface JsonCursor {
  /** Keys and indexes from the root to the value, or to the object whose key is being written. */
  readonly path: readonly (string | number)[];
  readonly writes: 'key' | 'value';
  /** What is between the opening quote and the offset; `null` outside a string. */
  readonly typed: string | null;
  /** Where the word to be replaced starts: behind the opening quote, or at the offset less the letters before it. */
  readonly start: number;
  /** Where it ends: at the closing quote, or at the offset. */
  readonly end: number;
  /** The keys of the object around, the one at the offset left out. */
  readonly keys: readonly string[];
}

interface Frame {
  readonly kind: 'object' | 'array';
  key: string | null;
  index: number;
  /** In an object: whether a key comes next. */
  expectKey: boolean;
  readonly keys: string[];
}

type Found = Omit<JsonCursor, 'keys'> & { readonly frame: Frame };

/** Scans from the start: what is broken behind the offset does not matter, and what is broken before it little. */
export function jsonCursor(text: string, offset: number): JsonCursor | null {
  const stack: Frame[] = [];
  let found = null as Found | null;
  const top = (): Frame | undefined => stack.at(-1);
  const pathTo = (frames: readonly Frame[], writes: 'key' | 'value'): (string | number)[] => {
    const path: (string | number)[] = [];
    for (const [i, frame] of frames.entries()) {
      if (i === frames.length - 1 && writes === 'key') break;
      path.push(frame.kind === 'array' ? frame.index : (frame.key ?? ''));
    }
    return path;
  };
  const take = (typed: string | null, start: number, end: number): void => {
    const frame = top();
    if (!frame || found) return;
    const writes = frame.kind === 'object' && frame.expectKey ? 'key' : 'value';
    found = { path: pathTo(stack, writes), writes, typed, start, end, frame };
  };
  let at = 0;
  while (at < text.length) {
    if (!found && at >= offset) take(null, wordStart(text, offset), offset);
    const c = text[at] ?? '';
    if (c === '"') {
      let close = at + 1;
      while (close < text.length && text[close] !== '"' && text[close] !== '\n' && text[close] !== '\r')
        close += text[close] === '\\' ? 2 : 1;
      const closed = text[close] === '"';
      const value = text.slice(at + 1, close);
      const here = offset > at && offset <= close;
      if (here) take(text.slice(at + 1, offset), at + 1, close);
      const frame = top();
      if (frame?.kind === 'object' && frame.expectKey) {
        frame.key = value;
        frame.expectKey = false;
        if (!here) frame.keys.push(value);
      }
      at = closed ? close + 1 : close;
      continue;
    }
    if (c === '{' || c === '[') {
      stack.push({ kind: c === '{' ? 'object' : 'array', key: null, index: 0, expectKey: c === '{', keys: [] });
    } else if (c === '}' || c === ']') {
      const closed = stack.pop();
      if (found && closed === found.frame) break;
    } else if (c === ',') {
      const frame = top();
      if (frame?.kind === 'array') frame.index++;
      else if (frame) {
        frame.expectKey = true;
        frame.key = null;
      }
    }
    at++;
  }
  if (!found) take(null, wordStart(text, offset), offset);
  if (!found) return null;
  const { frame, ...rest } = found;
  return { ...rest, keys: frame.keys };
}

function wordStart(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && /[\w-]/.test(text[at - 1] ?? '')) at--;
  return at;
}
