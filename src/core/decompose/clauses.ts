import { isTestPath } from '../conventions/sources.ts';
import { readMarkdown, trimmed } from '../text/markdown.ts';
import { pathsIn, type RepoPaths } from '../text/mentions.ts';
import { oneLine } from '../text/printing.ts';
import { SourceText, type Span } from '../text/source.ts';
import { splitSymbol } from './boundary.ts';

/** What is to happen to a path that a clause names: it is written, removed, left as it is, or only looked at. */
export type Intent = 'write' | 'remove' | 'keep' | 'read';

export interface NamedPath {
  /** A file, `dir/**`, a glob, or `file::Symbol`. */
  readonly path: string;
  readonly intent: Intent;
}

/** One thing that a spec wants in its own words: a sentence, or a part of one that has a verb and files of its own. */
export interface Clause {
  /** On one line, as written. */
  readonly text: string;
  /** The sentence that it is a part of. */
  readonly sentence: string;
  /** Whether it says by itself what is to be done; a part without a verb needs its sentence. */
  readonly isWhole: boolean;
  readonly heading: string;
  /** Items nested below it. */
  readonly details: readonly string[];
  readonly paths: readonly NamedPath[];
  /** Clauses of one item or paragraph have the same number. */
  readonly group: number;
  /** Whether it stands in running text, where a sentence goes on from the one before it. */
  readonly isProse: boolean;
  readonly span: Span;
}

interface Statement {
  readonly text: string;
  readonly heading: string;
  readonly details: string[];
  readonly isProse: boolean;
  readonly span: Span;
}

/** The clauses of one section of a spec, in its order. */
export function clausesOf(file: string, text: string, body: Span, repo: RepoPaths): Clause[] {
  const source = new SourceText(file, text);
  return statementsOf(source, body).flatMap((statement, group) => {
    const parts = sentencesOf(statement.text).flatMap((sentence) => partsOf(sentence, repo));
    let at = statement.span.start;
    return parts.map((part, i): Clause => {
      const found = text.slice(at, statement.span.end).indexOf(part.raw);
      const span = found >= 0 ? { start: at + found, end: at + found + part.raw.length } : statement.span;
      if (found >= 0) at = span.end;
      const details = i === parts.length - 1 ? statement.details.map(oneLine) : [];
      return {
        text: oneLine(part.raw).replace(ending, ''),
        sentence: part.sentence,
        isWhole: part.isWhole,
        heading: statement.heading,
        details,
        paths: namedPaths([part.raw, ...details], i === 0 ? statement.heading : '', repo),
        group,
        isProse: statement.isProse,
        span,
      };
    });
  });
}

/** Top-level list items with what is nested below them, and the paragraphs of parts that have no list. */
function statementsOf(source: SourceText, body: Span): Statement[] {
  const markdown = readMarkdown(source);
  const inside = (span: Span): boolean => span.start >= body.start && span.end <= body.end;
  const headings = markdown.sections.filter((section) => inside(section.span));
  const headingAt = (offset: number): string =>
    headings.findLast((heading) => heading.span.start <= offset)?.text ?? '';
  const found: Statement[] = [];
  for (const item of markdown.items.filter(({ span }) => inside(span))) {
    const parent = found.at(-1);
    if (item.depth > 0 && parent) parent.details.push(item.text);
    else {
      const { text, span } = item;
      found.push({ text, heading: headingAt(span.start), details: [], isProse: false, span });
    }
  }
  const listed = new Set(found.map(({ heading }) => heading));
  for (const { heading, text, span } of paragraphs(source.text, body, headings)) {
    // A section with a list says what it wants there; a paragraph that names nothing introduces it.
    if (!listed.has(heading)) found.push({ text, heading, details: [], isProse: true, span });
  }
  return found.sort((a, b) => a.span.start - b.span.start);
}

function paragraphs(
  text: string,
  body: Span,
  headings: readonly { readonly text: string; readonly block: Span }[],
): { heading: string; text: string; span: Span }[] {
  const blocks = headings.map((heading) => heading.block);
  const starts = [body.start, ...blocks.map((block) => block.end)];
  return starts.flatMap((start, i) => {
    const end = blocks[i]?.start ?? body.end;
    const result: { heading: string; text: string; span: Span }[] = [];
    let at = start;
    for (const part of text.slice(start, end).split(/(\n[ \t]*\r?\n)/)) {
      const span = trimmed(text, { start: at, end: at + part.length });
      const words = text.slice(span.start, span.end);
      if (words !== '' && !/^(```|~~~|\||<!--)/.test(words))
        result.push({ heading: headings[i - 1]?.text ?? '', text: words, span });
      at += part.length;
    }
    return result;
  });
}

/** Marks behind the last word, looked for where they begin: a run of them inside of a text is gone through once. */
const ending = /(?<![\s,;.:])[\s,;.:]+$/;

/** The text with code spans, links and what stands in parentheses made unreadable, of the same length. */
function masked(text: string): string {
  const hide = (match: string): string => 'x'.repeat(match.length);
  return text
    .replaceAll(/`[^`\n]*`/g, hide)
    .replaceAll(/\([^()]*\)/g, hide)
    .replaceAll(/\b(?:e\.g|i\.e|etc|vs|cf|approx|no)\.(?=[\s,])/gi, hide);
}

function sentencesOf(text: string): string[] {
  const mask = masked(text);
  // People in a hurry begin sentences with small letters.
  const ends = [...mask.matchAll(/[.!?](?=\s+\S)|;(?=\s)/g)].map((match) => match.index + match[0].length);
  return [0, ...ends].map((start, i) => text.slice(start, ends[i] ?? text.length).trim()).filter((part) => part !== '');
}

/** Words with which people begin to say what is to be done. */
const verbs = new Set(
  (
    'add adapt adjust allow answer apply ask attach break bring build bump cache call cancel change check clean close collect configure ' +
    'connect convert copy count cover create cut define delete deprecate describe detect disable display document drop ' +
    'emit enable encrypt ensure explain export expose extend extract fall fill filter fix format generate get give group handle have hide ' +
    'hook implement import include index inject insert introduce invalidate keep leave let limit link list load lock log ' +
    'make map mark measure mention merge migrate mount move name normalise normalize note notify open parse pass persist ' +
    'pin plug port print provide publish pull push put query queue raise read record refactor refuse register reject ' +
    'release reload remove rename render replace report request reset resolve retire retry return reuse rewrite round route run sanitise ' +
    'sanitize save schedule search send serve set show sign simplify skip sort split start stop store stream strip ' +
    'support switch sync teach test throw track translate trim turn type unify update upgrade use validate verify warn ' +
    'wire wrap write'
  ).split(' '),
);

/** How a part begins that has a subject of its own: "docs in ...", "the old file goes away", "a page shows ...". */
const ownSubject =
  /^(?:(?:the|a|an|its|their|some|any|new|old|all|every|each)\s+)*(?:[\w'-]+\s+){0,3}?(?:in|goes?|are|is|lives?|gets?|becomes?|moves?|shows?|uses?|calls?|takes?|reads?|must|should|can|will|needs?|disappears?)\s/i;
/** "`server/store.ts` keeps it": a path that does something itself. */
const pathDoes = /^`?(?=[\w.@-]+[/.])[\w./@-]+`?\s+[a-z]+s\s/;
/** "orders in ...": what comes before the place has no path of its own. */
const placeFirst = /^\s*(?:[^\s`]+\s+)*?\S+\s+in\s/i;
const leadIn =
  /^(?:with|without|in|from|at|to|for|by|on|of|as|so|which|that|where|when|because|since|if|or|nor|not)\b/i;

/**
 * A sentence that names several things to do, as its parts. A part begins where a comma or an "and" is followed by a verb
 * or a subject of its own, and both sides name a path: "a.ts, b.ts and c.ts" stays together.
 */
function partsOf(sentence: string, repo: RepoPaths): { raw: string; sentence: string; isWhole: boolean }[] {
  const mask = masked(sentence);
  const joints = [...mask.matchAll(/,\s+(?:(?:and|then|but)\s+)*|(?<!\s)\s+(?:and|then|but)\s+(?:then\s+)?/g)];
  const bounds = [0, ...joints.map((match) => match.index + match[0].length), sentence.length];
  const named = (text: string): boolean => pathsIn(text, repo).length > 0;
  const parts: { raw: string; start: number; isWhole: boolean }[] = [];
  for (let i = 0; i + 1 < bounds.length; i++) {
    const start = bounds[i] ?? 0;
    const segment = sentence.slice(start, joints[i]?.index ?? sentence.length);
    const before = parts.at(-1);
    const first = /^[*_"']*([\p{L}'-]+)/u.exec(segment)?.[1]?.toLowerCase() ?? '';
    const isVerb = verbs.has(first);
    const isOwn =
      isVerb ||
      isRemoval(segment, repo) ||
      (!leadIn.test(segment) && (ownSubject.test(segment) || pathDoes.test(segment)));
    const goesOn = before && !(isOwn && named(segment) && named(before.raw));
    if (!before || !goesOn) parts.push({ raw: segment, start, isWhole: isVerb || !placeFirst.test(segment) });
    else before.raw = sentence.slice(before.start, start + segment.length);
  }
  const whole = oneLine(sentence);
  if (parts.length <= 1) return [{ raw: sentence, sentence: whole, isWhole: true }];
  return parts.map(({ raw, isWhole }, i) => ({ raw: raw.trim(), sentence: whole, isWhole: isWhole || i === 0 }));
}

function namedPaths(texts: readonly string[], heading: string, repo: RepoPaths): NamedPath[] {
  const found = new Map<string, Intent>();
  for (const text of texts) {
    const paths = pathsIn(text, repo);
    for (const path of paths) if (!found.has(path)) found.set(path, intentOf(path, text));
  }
  for (const path of pathsIn(heading, repo)) if (!found.has(path)) found.set(path, 'write');
  return [...found].map(([path, intent]) => ({ path, intent }));
}

const removing =
  /\b(?:remov(?:e|es|ed|ing)|delet(?:e|es|ed|ing)|drop(?:s|ped|ping)?|retir(?:e|es|ed|ing)|get(?:s)? rid of|rip(?:s)? out|throw(?:s)? (?:away|out)|kill(?:s|ed)?|scrap(?:s|ped)?|clean(?:s)? out)\b/gi;
/** What stands between a path and what is said of it: other paths, each as a whole, and words that say nothing else. */
const gone =
  /^(?:[`*_)"'\s,]|\b(?:and|file|files|module|modules|script|directory|folder|package|code|itself|too|also|then|now|both|can|could|should|shall|must|will|may|has to|have to|is to|are to|finally)\b|(?<![\w./-])(?=[\w.-]+\/|[\w./-]+\.[a-z]{1,5}(?!\w))[\w./-]+(?![\w./-]))*\b(?:goes?(?: away)?|go away|is gone|are gone|be gone|(?:is|are|be|gets?) (?:removed|deleted|dropped|retired|scrapped|obsolete|dead|no longer (?:needed|used|wanted))|disappears?|(?:is|are) no longer (?:needed|used|wanted|there)|no longer exists?|dies?|vanish(?:es)?)\s*(?:$|[.,;:!)]|\b(?:with|once|when|after|as|then|too|completely|entirely|altogether|again|and|for good|in (?:the|its|this))\b)/i;
const negated = /\b(?:not|never|without|don't|doesn't|nothing|no need to|instead of)\s+(?:\w+\s+){0,2}$/i;
const staying =
  /^[`)"'\s]*(?:(?:and|file|module|itself|also)\s+)*(?:stays?|remains?|(?:is|are) (?:left|kept|untouched|unchanged|not (?:touched|changed))|(?:is|are) out of scope|(?:does|do|must|should|may) not (?:be )?(?:change|changed|touch|touched|move))\b/i;
const keeping =
  /\b(?:keep|leave|don't touch|do not touch|without touching|without changing|not touch)\s+(?:the\s+|all of\s+|\w+\s+){0,2}[`"']*$/i;
const keepsAs = /^[`)"'\s]*(?:as (?:it is|they are|is)|alone|untouched|unchanged|working)?/i;
const looking =
  /\b(?:like|see|as in|as does|same (?:way )?as|similar to|pattern (?:of|in)|modell?ed on|based on|according to|analogous to|unlike|following|copied from|inspired by|compare)\s+(?:(?:the|that|those|in|of)\s+|(?!(?:the|that|those|in|of)\s)\w+\s+in\s+)*[`"']*$/i;

/** Whether a part says of some path that it goes away. */
function isRemoval(text: string, repo: RepoPaths): boolean {
  return pathsIn(text, repo).some((path) => intentOf(path, text) === 'remove');
}

/** Characters on both sides of a path that say what is to happen to it: what is further away speaks of something else. */
const around = 1000;

/** What a text says is to happen to a path that it names, by the words around it. */
export function intentOf(path: string, text: string): Intent {
  const name = splitSymbol(path).path.replace(/\/\*\*$/, '');
  const at = text.indexOf(name);
  if (at < 0) return 'write';
  const before = text.slice(Math.max(0, at - around), at);
  const end = at + name.length;
  const after = text.slice(end, end + around).replace(/^\//, '');
  if (looking.test(before)) return 'read';
  if (staying.test(after)) return 'keep';
  if (keeping.test(before) && (/touch|changing/.test(before) || keepsAs.exec(after)![0].trim() !== '')) return 'keep';
  if (gone.test(after)) return /::/.test(path) ? 'write' : 'remove';
  if (path.includes('::')) return 'write';
  const verb = [...before.matchAll(removing)].at(-1);
  if (!verb || negated.test(before.slice(0, verb.index))) return 'write';
  const between = before.slice(verb.index + verb[0].length);
  // "Remove the flag from src/cli.ts" takes something out of it, and another verb ends what the first one speaks of.
  const next = /\b(?:and|then|but)\s+(?:then\s+)?([a-z]+)\b/i.exec(between)?.[1];
  if (next !== undefined && verbs.has(next.toLowerCase())) return 'write';
  const place = /\b(?:from|in|inside|within|of|to|into|for|at|under|by|with)\b\s*(.*)$/is.exec(masked(between));
  if (!place) return 'remove';
  const base = name
    .slice(name.lastIndexOf('/') + 1)
    .replace(/\..*$/, '')
    .toLowerCase();
  const object = between.slice(0, place.index).toLowerCase();
  return / in$|^in\b/.test(place[0].slice(0, 3)) && object.split(/[^\p{L}\p{N}-]+/u).includes(base)
    ? 'remove'
    : 'write';
}

const documentPath = /\.(md|mdx|rst|adoc)$|(^|\/)docs?\//i;

/** Whether a path is text for people rather than code. */
export function isDocument(path: string): boolean {
  return documentPath.test(splitSymbol(path).path) && !isTestPath(path);
}

/** Words that point at what was said before, as what they stand for. */
export function pointsBack(text: string): 'one' | 'several' | null {
  const words = text.replaceAll(/`[^`]*`/g, ' ');
  if (/\b(?:both|them|these|those|each of them|all (?:of (?:it|them|this)|three|four|of these))\b/i.test(words))
    return 'several';
  return /\b(?:it|its|this)\b/i.test(words) ? 'one' : null;
}

/** Whether a clause begins only when the one before it is done. */
export function followsOn(text: string): boolean {
  return /^(?:and\s+)?(?:then|afterwards|after that|finally|once (?:that|this|it)|on top of (?:that|this|it))\b/i.test(
    text,
  );
}

const trailing = /(?:\s+(?:in|inside|within|under|at|on|to|of|for|with|by|from|and|or|the|a|an|its|as))+$/i;
const longestTitle = 64;
/** Characters of a clause that its title is taken from. */
const mostRead = 1000;
/** Paths as titles leave them out. */
const path = '`?[\\w.@*{}\\[\\]-]*[/.][\\w./@*{}\\[\\]:-]+`?';
const list = `${path}(?:(?:,| and|, and)\\s+${path})*`;
const places = {
  any: new RegExp(path, 'g'),
  inBrackets: new RegExp(`\\s*\\((?:\\s*(?:in|see|\\+)\\s+)?${list}\\s*\\)`, 'g'),
  ofTests: new RegExp(
    `,?\\s+(?:with|and)\\s+(?:its\\s+|a\\s+|the\\s+|unit\\s+)*tests?(?:\\s+(?:in|at|as)\\s+${list})?$`,
    'i',
  ),
  atTheEnd: new RegExp(
    `,?\\s+(?:in|inside|within|under|at)\\s+(?:the\\s+(?:file|module|directory|folder)\\s+)?${list}$`,
    'i',
  ),
  before: new RegExp(`^(?:in\\s+)?${list}(?::|\\s+[-–—])\\s+`, 'i'),
  inFront: new RegExp(`^in\\s+${list},?\\s+`, 'i'),
  inside: new RegExp(`\\s+(?:in|inside|under)\\s+${list}(?=\\s)`, 'g'),
};

/**
 * What a clause is called: its words without the places where the work is, as far as they say enough alone. `thing`
 * stands for "it". Empty where the clause is nothing but paths.
 */
export function titleOf(clause: Clause, thing: string | null): string {
  const { paths } = clause;
  const removed = paths.filter(({ intent }) => intent === 'remove').map(({ path }) => path.replace(/\/\*\*$/, ''));
  if (removed.length > 0 && removed.length === paths.length) return removalTitle(removed);
  let text = clause.text.slice(0, mostRead).replaceAll(/[*_]{2}|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)/g, '');
  text = text.replace(
    /^(?:(?:and|then|but|also|finally|please|we|i|let's|should|must|need to|want to|have to|will)\s+)+/i,
    '',
  );
  if (thing !== null) text = text.replace(/\b(?:it|this)\b(?=\s|$)/i, thing);
  const label = /^([^:`]{3,40}):\s+\S/.exec(text)?.[1];
  const short = text
    .replaceAll(places.inBrackets, '')
    .replace(places.ofTests, '')
    .replace(places.atTheEnd, '')
    .replace(places.before, '')
    .replace(places.inFront, '')
    .replace(/[,:;]\s+[^,:;]*\b(?:is|are|lives?|sits?)$/, '');
  const words = (line: string): number =>
    line.replaceAll(places.any, ' ').match(/(?!(?:and|with|its|the|in|at|of|tests?|both|two)\b)\b[\p{L}\p{N}]{2,}/gu)
      ?.length ?? 0;
  if (words(text) === 0 || /^so (?:do|does|is|are)\b/i.test(text) || /^(?:both|the two|they|these) /i.test(short))
    return '';
  // A part without a verb, and a page, are told by their place.
  const isPlaced = !clause.isWhole || clause.paths.every(({ path }) => isDocument(path));
  const best = words(short) >= 2 && !isPlaced ? short : text;
  const shorn = best.length > longestTitle ? best.replaceAll(places.inside, '') : best;
  const plain = shorn.replaceAll('`', '').replace(ending, '');
  const chosen = plain.length > longestTitle && label !== undefined ? label : plain;
  const cut = chosen.length <= longestTitle ? chosen : shorter(chosen);
  return cut.charAt(0).toUpperCase() === cut.charAt(0) || /^\S*[/.]\S/.test(cut)
    ? cut
    : cut.charAt(0).toUpperCase() + cut.slice(1);
}

export function removalTitle(paths: readonly string[]): string {
  const [first = '', second] = paths;
  if (paths.length === 1) return `Remove ${first}`;
  return paths.length === 2 ? `Remove ${first} and ${second}` : `Remove ${first} and ${paths.length - 1} more`;
}

function shorter(text: string): string {
  const comma = /^(.{24,64}?)(?:,|\s[-–(]|:\s|\s(?:so that|instead of|because|which|where)\b)/.exec(text)?.[1];
  const end = text.slice(0, longestTitle + 1).lastIndexOf(' ');
  return (comma ?? text.slice(0, end > 0 ? end : longestTitle)).replace(trailing, '');
}

/** What a clause brings, to be spoken of later: "a limiter" of "Add a limiter in ...". */
export function thingOf(text: string): string | null {
  const plain = text.replaceAll(/`[^`]*`/g, ' ');
  const match =
    /^(?:[\p{L}-]+\s+)?(?:a|an|the|one|another|new)\s+((?:[\p{L}-]+\s+){0,2}?[\p{L}-]+)(?=\s+(?:in|to|for|that|which|of|with|at|from|into|under|called|who|by|on|and)\b|\s*[,.(:]|\s*$)/iu.exec(
      plain,
    );
  const noun = match?.[1]?.trim();
  return noun ? `the ${noun.replace(/^new\s+/i, '')}` : null;
}
