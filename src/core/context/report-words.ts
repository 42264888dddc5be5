import type { Claims } from '../run/model.ts';

/** What an agent says of its work in a word. `unfinished`: that it is not done, without a question. */
type SaidStatus = NonNullable<Claims['status']> | 'unfinished';

const escapeCodes =
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is looked for
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|\u001b[@-Z\\^_]/g;
/** Characters without a width, and backspaces. */
// oxlint-disable-next-line no-control-regex, no-misleading-character-class -- they are looked for one by one
const unseen = /[\u0008\u200b\u200c\u200d\u2060\ufeff]/g;
/** What terminals draw at the sides of a box, and what Markdown quotes with. */
const frameBefore = /^[ \t]*(?:[│┃║┆┊▌▍▎▏▐¦⎿|>]+[ \t]?)+/gm;
const frameBehind = /[ \t]*[│┃║┆┊▐¦|]+[ \t]*$/gm;

/** A text as it looks in a terminal: without escape codes, without frames around it, one line under the other. */
export function undressed(text: string): string {
  return text
    .replaceAll(escapeCodes, '')
    .replaceAll(unseen, '')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(frameBefore, '')
    .replaceAll(frameBehind, '');
}

const input =
  '(?:input|clarification|clarifying|answers?|decision|confirmation|guidance|approval|feedback|help|info(?:rmation)?|response|reply|details)';
const needsInput = `(?:needs?|requires?|awaiting|awaits|waiting[ _-](?:for|on))(?:[ _-](?:the|your|an?|some|more|further|user|human))*[ _-]?${input}|(?:user[ _-])?(?:input|clarification)[ _-](?:needed|required)`;
const blocked = '(?:blocked|stuck)';

const needsInputWord = new RegExp(`^(?:${needsInput})\\b`, 'i');
const blockedWord = new RegExp(`^${blocked}\\b`, 'i');
const completeWord = /^(?:completed?|done|success(?:ful(?:ly)?)?|finished)\b/i;
const unfinishedWord =
  /^(?:not[ _-](?:yet[ _-])?(?:completed?|done|finished)|incomplete|partial(?:ly)?|in[ _-]progress|unfinished|fail(?:ed|ure)?|errors?|aborted|cannot|unable|gave[ _-]up)\b/i;

/** The status that a word means, however it is spelled; `null` for one that is not known. */
export function statusOf(written: string): SaidStatus | null {
  const word = undressed(written)
    .replace(/^[^\p{L}]+/u, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2');
  if (needsInputWord.test(word)) return 'NEEDS_INPUT';
  if (blockedWord.test(word)) return 'BLOCKED';
  if (completeWord.test(word)) return 'COMPLETE';
  return unfinishedWord.test(word) ? 'unfinished' : null;
}

/** Whether a status is the form that the prompt gives, all words still in it. */
export function isForm(written: string): boolean {
  return ['COMPLETE', 'NEEDS_INPUT', 'BLOCKED'].filter((word) => written.includes(word)).length > 1;
}

interface AskedInWords {
  readonly status: 'NEEDS_INPUT' | 'BLOCKED';
  readonly question: string | null;
  /** Where it says so, in the text. */
  readonly at: number;
}

/** Marks that Markdown and people put around words. */
const marks = '[\\s*_`"\'~#\\-•·–—\\[\\](){}<>.!?:\\p{Extended_Pictographic}\\ufe0f]*';
const behind = '[\\s*_`"\'~\\])}>]*';
/** `status: NEEDS_INPUT`, `**Final status** – blocked: no access`, `<status>NEEDS_INPUT</status>`. */
const statusLine = new RegExp(
  `^(?![+-]\\w)${marks}(?:\\d+[.)]\\s*)?${marks}(?:(?:final|agent|completion|task|overall|current|slice|my)\\s+)?status${behind}(?:[:=|–—→>-]|\\bis\\b)${marks}(${needsInput}|${blocked})(?![\\w-])${behind}(?:$|[.!?,;:(|–—</-]+\\s*(.*)$)`,
  'iu',
);
/** `## Status`, with the word on the next line. */
const statusHeading = new RegExp(`^${marks}(?:final\\s+)?status${marks}$`, 'iu');
const statusElement = new RegExp(`<status>\\s*(${needsInput}|${blocked})\\b[^<]*</status>`, 'iu');
const questionHeading = new RegExp(
  `^\\s*(?:#+|\\*\\*|__)${marks}(?:(?:the|my|blocking|open)\\s+)?questions?${marks}$`,
  'iu',
);
const wordAlone = new RegExp(`^${marks}(${needsInput}|${blocked})${marks}$`, 'iu');
/** `NEEDS_INPUT: which port?`: in capitals it is no other word. */
const wordFirst = /^[\s*_`"'#[\]]*(NEEDS[_ ]INPUT|BLOCKED)[\s*_`"'\]]*(?:$|(?::|[–—-]\s)\s*(.*)$)/u;
const questionLine = new RegExp(
  `^${marks}(?:(?:the|my|blocking|open)\\s+)?questions?${behind}(?:[:=|–—>]|-\\s)${marks}(.*)$`,
  'iu',
);
const otherField =
  /^[\s*_`"'#<-]*(?:status|files[ _]changed|commands[ _]run|tests[ _]passed|test[ _]count|risk[ _]notes|review[ _]needed|learnings|spec[ _]summary|slice[ _]plan)\b/i;

/** Longer lines are no fields of a report. */
const longestLine = 2_000;
/** How far from the end `blocked` may stand: elsewhere it is a word like any other. */
const nearEnd = 25;
const longestQuestion = 2_000;

/** The last line that says, in words, that the agent needs a person; `null` when none does. */
export function askedInWords(text: string): AskedInWords | null {
  if (!/status|needs[_ ]input|blocked/i.test(text)) return null;
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  let at = text.length + 1;
  let fromEnd = 0;
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i] ?? '';
    at -= line.length + 1;
    if (line.trim() === '' || line.length > longestLine || isForm(line)) continue;
    fromEnd++;
    const said = saidIn(lines, i);
    if (said === null) continue;
    const status = statusOf(said.word) === 'BLOCKED' ? 'BLOCKED' : 'NEEDS_INPUT';
    if (status === 'BLOCKED' && fromEnd > nearEnd && i !== first) continue;
    return { status, question: questionAround(lines, i, said.rest), at };
  }
  return null;
}

function saidIn(lines: readonly string[], i: number): { readonly word: string; readonly rest: string } | null {
  const line = lines[i] ?? '';
  const field = statusLine.exec(line) ?? wordFirst.exec(line);
  if (field) return { word: field[1] ?? '', rest: field[2] ?? '' };
  const element = statusElement.exec(line);
  if (element) return { word: element[1] ?? '', rest: '' };
  const alone = wordAlone.exec(line);
  const heading = lines.slice(0, i).findLast((before) => before.trim() !== '');
  return alone && heading !== undefined && heading.length < longestLine && statusHeading.test(heading)
    ? { word: alone[1] ?? '', rest: '' }
    : null;
}

/** The field `question` beside the status; else what follows it on its line or below; else what was said before. */
function questionAround(lines: readonly string[], at: number, rest: string): string | null {
  const near = [...lines.slice(at, at + 40).keys()].map((i) => at + i);
  const before = [...lines.slice(Math.max(0, at - 40), at).keys()].map((i) => at - 1 - i);
  for (const i of [...near, ...before]) {
    const line = lines[i] ?? '';
    const found = line.length > longestLine ? null : (questionLine.exec(line) ?? /<question>(.*)/i.exec(line));
    if (!found && (line.length > longestLine || !questionHeading.test(line))) continue;
    const begun = found?.[1] ?? '';
    const said = tidy([begun, ...paragraph(lines.slice(i + 1), begun)].join('\n'));
    if (said !== '') return said;
  }
  const said = tidy(rest);
  if (said !== '') return said;
  const below = tidy(lines.slice(at + 1).join('\n'));
  if (below !== '') return below;
  const above = lines.slice(0, at).filter((line) => line.trim() !== '');
  return tidy(above.findLast((line) => /\?[\s*_`"']*$/.test(line)) ?? above.at(-1) ?? '') || null;
}

/** What goes on below a line of a field: up to an empty line or the next field. A field without text begins there. */
function paragraph(lines: readonly string[], begun: string): readonly string[] {
  const start =
    begun.trim() === ''
      ? Math.max(
          0,
          lines.findIndex((line) => line.trim() !== ''),
        )
      : 0;
  const end = lines.findIndex(
    (line, i) => i >= start && (line.trim() === '' || otherField.test(line) || /^\s*(?:```|---|[}\]])/.test(line)),
  );
  return lines.slice(start, end < 0 ? undefined : end);
}

function tidy(text: string): string {
  const bare = text
    .replaceAll(/<\/?\w+>/g, '')
    .replaceAll(/^[\s*_`"'>#|-]+|[\s*_`"'|,]+$/g, '')
    .slice(0, longestQuestion)
    .trim();
  // `NEEDS_INPUT (which port?)`
  return bare.endsWith(')') && !bare.includes('(') ? bare.slice(0, -1) : bare;
}
