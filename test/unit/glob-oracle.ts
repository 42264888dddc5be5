import fc from 'fast-check';

/** An independent reading of the language: expand braces as text, then translate to a regular expression. */
export function oracle(glob: string, caseInsensitive = false): RegExp {
  const text = glob.replace(/^(\.?\/)+/, '');
  if (glob !== '' && (text === '' || text === '.')) return /./;
  const one = (alternative: string): string => {
    let source = alternative.replace(/\/+/g, '/').replace(/^\//, '');
    if (source === '') return '(?!)';
    source = source.replace(/\/\*{0,2}$/, '/**');
    const parts = source.split('/').map((part) => (/^\*{2,}$/.test(part) ? '**' : part));
    const pattern = parts.map((part, index) => {
      const last = index === parts.length - 1;
      if (part === '**') return last ? '(?:[^/]+/)*[^/]+' : '(?:[^/]+/)*';
      const name = part.replace(/\[[!^]?[^\]]+\]|\*+|\?|[.]/g, (found) => {
        if (found.startsWith('*')) return '[^/]*';
        if (found === '?') return '[^/]';
        if (found === '.') return '\\.';
        const inside = found.slice(1, -1).replace(/^[!^]/, '^');
        return inside.startsWith('^')
          ? `(?:[^/${inside.slice(1)}]|${quote(found)})`
          : `(?:[${inside}]|${quote(found)})`;
      });
      return name + (last ? '' : '/');
    });
    return pattern.join('');
  };
  return new RegExp(`^(?:${expandText(text).map(one).join('|')})$`, caseInsensitive ? 'iu' : 'u');
}

const quote = (text: string): string => text.replace(/[[\]^.]/g, '\\$&');

/** Shell expansion of a text whose braces are balanced and always hold a comma. */
function expandText(text: string): string[] {
  const open = text.indexOf('{');
  if (open < 0) return [text];
  const cuts = [open];
  let depth = 0;
  let at = open;
  for (; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) break;
    else if (text[at] === ',' && depth === 1) cuts.push(at);
  }
  cuts.push(at);
  const options = cuts.slice(1).map((cut, i) => text.slice(cuts[i]! + 1, cut));
  return options.flatMap((option) => expandText(text.slice(0, open) + option + text.slice(at + 1)));
}

/** Every path over `ab./` up to a length, without segments that are empty, `.` or `..`. */
export function allPaths(most: number): string[] {
  const paths: string[] = [];
  let level = [''];
  for (let length = 1; length <= most; length++) {
    level = level
      .flatMap((text) => ['a', 'b', '.', '/'].map((c) => text + c))
      .filter((t) => !/(^|\/)\//.test(t) && t !== '/');
    paths.push(...level);
  }
  return paths.filter((path) => path.split('/').every((part) => !['', '.', '..'].includes(part)));
}

const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'ab', '.') },
  { weight: 3, arbitrary: fc.constantFrom('*', '?', '*', '**') },
  { weight: 1, arbitrary: fc.constantFrom('[ab]', '[!a]', '[^b]', '[a-b]', '[.a]') },
);
const piece: fc.Memo<string> = fc.memo((depth) =>
  depth <= 1
    ? name
    : fc.oneof(
        { weight: 6, arbitrary: name },
        { weight: 2, arbitrary: fc.constant('/') },
        {
          weight: 1,
          arbitrary: fc
            .array(
              fc.array(piece(depth - 1), { maxLength: 2 }).map((p) => p.join('')),
              { minLength: 2, maxLength: 3 },
            )
            .map((options) => `{${options.join(',')}}`),
        },
      ),
);
export const globs = fc.array(piece(3), { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
