import { attributeOf, sliceIdPattern, splitAttributes, type Attribute } from './attributes.ts';

/** What the words of one line, heading or row say of a slice. */
export interface SliceWords {
  /** As written; `null` when the line gives none. */
  readonly id: string | null;
  readonly title: string;
  readonly attributes: readonly Attribute[];
  /** What stands in brackets with attributes and is none. */
  readonly rest: readonly string[];
  /** From a box or a tick in front of the words. */
  readonly done: boolean | null;
  /** How sure it is that this declares a slice: an id as plans use it, files of its own, any other id, or only words. */
  readonly kind: 'id' | 'files' | 'label' | 'words';
}

/** `MP1: A8 + B3 -> C1`. */
export const mergePointLine =
  /^(?:[-*+•]\s+|>\s*)?[*_`]*(?:Merge point\s+)?(MP-?\d+[a-z]?)[*_`]*\s*(?::|=)\s*[*_]*\s*(.*)$/i;

/** Marks of emphasis and code. More than anybody writes are text: how they are divided would be tried in every way. */
const marks = String.raw`[*_\x60]{0,5}`;
const strongId = new RegExp(String.raw`^${marks}(${sliceIdPattern})${marks}\s*(?:[:–—]|\s-\s|\.\s)[*_]*\s*(.+)$`);
const opening = String.raw`(?:${marks}[[(<]?${marks}#?)`;
const ending = String.raw`(?:${marks}[\])>]?${marks})`;
/** A word that counts: `T-1`, `AUTH-1`, `1`, `S1.1`, `001`, `1e3`. */
const counted = String.raw`(?=[\p{L}\p{N}_.-]*\p{N})[\p{L}\p{N}](?:[\p{L}\p{N}_-]|\.(?=[\p{L}\p{N}]))*`;
const labelled = new RegExp(
  String.raw`^${opening}(${counted})${ending}(?:\s*[:：–—|]|\s+[-=>]+\s|[.)]\s)${marks}\s*(.*)$`,
  'u',
);
const bracketed = new RegExp(
  String.raw`^${marks}(?:\[${marks}#?([\p{L}\p{N}][\p{L}\p{N}_.-]*)${marks}\]|\((${counted})\)|#(${counted}))${marks}\s*[:–—-]?\s+(.*)$`,
  'u',
);
const marked = new RegExp(String.raw`^(?:\*\*|\x60){1,3}(${counted})(?:\*\*|\x60){1,3}\s+(.+)$`, 'u');
/** Without anything behind it. What begins like the name of a technology (`S3 upload`) is no id. */
const dashed =
  /^(?!(?:S3|H2|R2|D3|P2P?|V\d+|ES\d+|EC2|K8|X\d+|MP\d+)\b)([A-Z][A-Z0-9]{0,9}-\d+(?:\.\d+)*[a-z]?|\d+(?:\.\d+)+|T\d{3,}|[A-Z]{1,2}\d{1,3}(?:\.\d+)*[a-z]?)\.?\s+(.+)$/;
const counting =
  /^[*_`]{0,5}(Slice|Task|Step|Story|Issue|Ticket|Item|Part)[ \t]+#?(\d+(?:\.\d+)*[a-z]?|[A-Z]{1,4}-?\d+(?:\.\d+)*)[*_`]{0,5}(?:\s*[:：.)–—-]\s*|\s+|$)[*_]*(.*)$/i;
const slug = /^[*_`]{0,5}(\p{Ll}[\p{L}\p{N}]*(?:[-_][\p{L}\p{N}]+)*)[*_`]{0,5}(?:\s*[:：–—]|\s+-\s)[*_]*\s+(.+)$/u;
const word = /^[*_`]{0,5}(\p{Lu}[\p{L}\p{N}_-]*)[*_`]{0,5}\s*[:：][*_]*\s+(.+)$/u;
/** Kinds of change, and words in front of remarks: they name no slice. */
const noId =
  /^(?:feat|fix|fixes|docs?|tests?|chore|refactor|perf|build|ci|style|revert|add|remove|update|new|note|notes|todo|nb|hint|remark|important|warning|caution|tip|see|https?|optional|bonus|example)$/i;
const remark =
  /^[*_`>\s]*(?:notes?|nb|n\.b\.|hint|remark|important|warning|caution|tip|see(?: also)?|legend|key)[*_`]*\s*[:：]/i;

/** Whether a line speaks about the slices instead of declaring one. */
export function isRemark(text: string): boolean {
  return remark.test(text);
}

/**
 * Reads what is in front of a title, the title, and the attributes behind it. `wordIds`: single words in front of a colon
 * that are ids, because no other line begins with the same.
 */
export function sliceWords(given: string, wordIds: (word: string) => boolean): SliceWords {
  const { text, done } = withoutBox(plainText(given));
  const { id, rest, strong } = idOf(text, wordIds);
  const split = splitAttributes(rest);
  const files = split.attributes.some(({ key }) => key === 'files');
  return {
    id,
    title: split.title,
    attributes: split.attributes,
    rest: split.rest,
    done,
    kind: strong ? 'id' : files ? 'files' : id === null && split.attributes.length === 0 ? 'words' : 'label',
  };
}

/** The single word in front of a line's colon or dash, that may be the id of a slice. */
export function wordInFront(given: string): string | null {
  const { text } = withoutBox(plainText(given));
  const found = (slug.exec(text) ?? word.exec(text))?.[1];
  return found === undefined || noId.test(found) || attributeOf(`${found}: x`, true) ? null : found;
}

function idOf(
  text: string,
  wordIds: (word: string) => boolean,
): { readonly id: string | null; readonly rest: string; readonly strong: boolean } {
  const strong = strongId.exec(text);
  if (strong) return { id: strong[1] ?? '', rest: strong[2] ?? '', strong: true };
  const count = counting.exec(text);
  if (count)
    return {
      // An id names branches, so it has no blanks.
      id: /^\d/.test(count[2] ?? '') ? `${count[1]}-${count[2]}` : (count[2] ?? ''),
      rest: count[3] ?? '',
      strong: true,
    };
  for (const [pattern, isStrong] of [
    [labelled, true],
    [bracketed, true],
    [marked, true],
    [dashed, false],
  ] as const) {
    const found = pattern.exec(text);
    if (!found) continue;
    const id = found.slice(1, -1).find((part) => part !== undefined) ?? '';
    if (/^MP-?\d/i.test(id) || noId.test(id)) continue;
    return { id, rest: found.at(-1) ?? '', strong: isStrong && /\p{L}/u.test(id) };
  }
  const single = wordInFront(text);
  if (single !== null && wordIds(single))
    return { id: single, rest: (slug.exec(text) ?? word.exec(text))?.[2] ?? '', strong: false };
  return { id: null, rest: text, strong: false };
}

/** Boxes that Markdown does not know, and ticks. */
function withoutBox(text: string): { readonly text: string; readonly done: boolean | null } {
  const box = /^\[\s*([^\p{L}\p{N}\s]?|[xX])\s*\]\s+/u.exec(text);
  if (box) return { text: text.slice(box[0].length), done: /[xX✓✔√✅☑]/u.test(box[1] ?? '') };
  const sign = /^(?:[\p{Extended_Pictographic}\u2713\u2714\u2610-\u2612\u221A]\uFE0F?\u200D?)+\s*/u.exec(text);
  if (!sign) return { text, done: null };
  const rest = text.slice(sign[0].length);
  return { text: rest, done: /[✓✔√✅☑☒]/u.test(sign[0]) ? true : null };
}

/** Without comments; links are their words; punctuation that is as wide as the letters of East Asia is the common one. */
function plainText(text: string): string {
  const said = withoutComments(text);
  let counted = 0;
  let inCode = false;
  const bare = said
    .replaceAll(/\[([^\][]+)\]\((?:[^()\s]*|<[^<>]*>)\)/g, (link, words: string, at: number) => {
      for (; counted < at; counted++) if (said[counted] === '`') inCode = !inCode;
      return inCode ? link : words;
    })
    .trim();
  if (!/[：；（），、【】]/.test(bare)) return bare;
  const narrow: Readonly<Record<string, string>> = {
    '：': ': ',
    '；': '; ',
    '（': ' (',
    '）': ')',
    '，': ', ',
    '、': ', ',
    '【': '[',
    '】': '] ',
  };
  return bare
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/[：；（），、【】]/g, (c) => narrow[c] ?? c)))
    .join('')
    .trim();
}

/** Each comment as a blank; one that does not end on its line is text. */
export function withoutComments(text: string): string {
  // Behind the last end nothing is looked for: each beginning there would be gone on from to the end of the text.
  const end = text.lastIndexOf('-->') + 3;
  return end < 3 ? text : text.slice(0, end).replaceAll(/<!--.*?-->/g, ' ') + text.slice(end);
}
