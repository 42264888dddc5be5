import type { GlobAlternative, GlobNode } from './glob-parse.ts';

/**
 * What a glob reads, one number a step: a code point, or one of those below. The path is read with a slash before it, so
 * that every segment has one in front, and what is read backwards ends where a name begins.
 */
export type Steps = readonly number[];

/** One character of a name. */
export const ONE = -1;
/** Any characters of a name, also none. */
export const SOME = -2;
/** A slash, or whole segments between two slashes: `**` in front of a segment. */
export const GAP = -3;
/** Whatever follows. */
export const ALL = -4;

/** More ways to read one alternative than this, and a class or a group counts as any characters. */
const MOST_WAYS = 16;

/**
 * The ways to read a path that a glob matches. Each match is read by one of them, but they also read other paths: a class
 * counts as any character, and empty segments and `..` are not looked for.
 */
export function stepsOf(alternatives: readonly GlobAlternative[]): Steps[] {
  return alternatives.flatMap((segments) => {
    let ways: number[][] = [[]];
    const read = (...steps: number[]): void => {
      for (const way of ways) way.push(...steps);
    };
    segments.forEach((segment, i) => {
      const last = i === segments.length - 1;
      if (segment === 'globstar') {
        if (last) read(SLASH, ALL);
        return;
      }
      read(segments[i - 1] === 'globstar' ? GAP : SLASH);
      for (const node of segment) {
        if (node.kind === 'char') read(node.code);
        else {
          const options = optionsOf(node, MOST_WAYS / ways.length);
          if (options) ways = ways.flatMap((way) => options.map((option) => [...way, ...option]));
          else read(SOME);
        }
      }
    });
    return ways;
  });
}

const SLASH = 0x2f;

/** The ways to read one piece of a name; `null` when they are too many. */
function optionsOf(node: GlobNode, most: number): readonly (readonly number[])[] | null {
  switch (node.kind) {
    case 'char':
      return [[node.code]];
    case 'any':
      return [[ONE]];
    case 'star':
      return [[SOME]];
    case 'class':
      // A class also matches its own text.
      return most < 2 ? null : [[ONE], node.text];
    case 'group': {
      const found: (readonly number[])[] = [];
      for (const option of node.options) {
        let ways: (readonly number[])[] = [[]];
        for (const part of option) {
          const next = optionsOf(part, most / ways.length);
          if (!next) return null;
          ways = ways.flatMap((way) => next.map((end) => [...way, ...end]));
        }
        found.push(...ways);
        if (found.length > most) return null;
      }
      return found;
    }
    case 'slash':
      return null;
  }
}
