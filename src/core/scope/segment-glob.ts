import { buildAutomaton, type Automaton } from './glob-automaton.ts';
import type { GlobNode } from './glob-parse.ts';

/** What a name begins and ends with, as code points; `ANY_CODE` for any one character. */
export interface SegmentEnds {
  readonly front: readonly number[];
  /** From the last character on backwards. */
  readonly back: readonly number[];
  /** Whether anything stands between the two, and how much is not known. If not, both are the whole name. */
  readonly open: boolean;
}

/** Stands for any one character of a name. */
export const ANY_CODE = -1;

export type SegmentRow = readonly (SegmentGlob | '**')[];

/**
 * One segment's glob; the same glob gives the same object (see `segmentGlob`). `**` stands for any number of segments in
 * the middle, and for one or more at the end.
 */
export class SegmentGlob {
  readonly number = ++segmentNumbers;
  /** The name it stands for when it holds no wildcard. */
  readonly text: string | null;
  /** Whether it is a lone `*`. */
  readonly any: boolean;
  readonly caseInsensitive: boolean;
  readonly #nodes: readonly GlobNode[];
  #ends: SegmentEnds | undefined;
  #automaton: Automaton | undefined;

  constructor(nodes: readonly GlobNode[], text: string | null, caseInsensitive: boolean) {
    this.#nodes = nodes;
    this.text = text;
    this.any = nodes.length === 1 && nodes[0]!.kind === 'star';
    this.caseInsensitive = caseInsensitive;
  }

  ends(): SegmentEnds {
    return (this.#ends ??= endsOf(this.#nodes));
  }

  automaton(): Automaton {
    return (this.#automaton ??= buildAutomaton([[this.#nodes]]));
  }
}

const MOST_SEGMENTS = 100_000;
const segmentGlobs = new Map<string, SegmentGlob>();
let segmentNumbers = 0;

/** The glob of one segment, compiled once. */
export function segmentGlob(segment: readonly GlobNode[], caseInsensitive: boolean): SegmentGlob {
  const text = plainName(segment);
  const key = (caseInsensitive ? 'i' : 'e') + (text === null ? JSON.stringify(segment) : `=${text}`);
  let found = segmentGlobs.get(key);
  if (!found) {
    found = new SegmentGlob(segment, text, caseInsensitive);
    if (segmentGlobs.size >= MOST_SEGMENTS) segmentGlobs.clear();
    segmentGlobs.set(key, found);
  }
  return found;
}

function plainName(segment: readonly GlobNode[]): string | null {
  let name = '';
  for (const node of segment) {
    if (node.kind !== 'char') return null;
    name += String.fromCodePoint(node.code);
  }
  return name;
}

function endsOf(segment: readonly GlobNode[]): SegmentEnds {
  const read = (nodes: readonly GlobNode[]): number[] => {
    const found: number[] = [];
    for (const node of nodes) {
      if (node.kind === 'char') found.push(node.code);
      else if (node.kind === 'any') found.push(ANY_CODE);
      else break;
    }
    return found;
  };
  const front = read(segment);
  return { front, back: read(segment.toReversed()), open: front.length < segment.length };
}
