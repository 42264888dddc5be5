import { isTestPath } from '../../conventions/sources.ts';
import { globsIntersect } from '../../scope/glob.ts';
import { isGlob } from '../boundary.ts';
import type { SourceDocument } from './import-source.ts';
import type { Confidence, ScopeGuess, ScopeHint } from './model.ts';
import { identifiersIn, type WritePaths } from './paths.ts';
import { telling, type FoundFile, type ScopeIndex } from './scope-index.ts';

export interface GuessRequest {
  readonly title: string;
  /** What else is said of the task. */
  readonly words: string;
  readonly hints: readonly ScopeHint[];
}

/** A part of a document that names files: a list item, a row, a paragraph. */
interface Passage {
  readonly place: string;
  readonly words: ReadonlySet<string>;
  readonly identifiers: ReadonlySet<string>;
  readonly paths: readonly string[];
}

/** More than that many files are no scope but a search. */
const mostPaths = 5;
const mostPassages = 2_000;
/** What scores less than this part of the best is another thing. */
const near = 0.62;

/**
 * Guesses where tasks work that name no file: from what the documents beside them say of the same things, then from the
 * repository. Built once for all tasks of an import.
 */
export class ScopeGuesser {
  readonly #passages: readonly Passage[];
  readonly #byWord = new Map<string, number[]>();
  readonly #areas: readonly { readonly path: string; readonly place: string }[];
  readonly #index: ScopeIndex;
  readonly #paths: WritePaths;

  constructor(documents: readonly SourceDocument[], paths: WritePaths, index: ScopeIndex) {
    this.#index = index;
    this.#paths = paths;
    const areas: { readonly path: string; readonly place: string }[] = [];
    const passages: Passage[] = [];
    for (const document of documents) {
      for (const { heading, text, line } of partsOf(document)) {
        if (passages.length >= mostPassages) break;
        const inText = paths.in(text);
        // "### `src/limit.ts`" is what its paragraphs are about.
        const found = inText.length > 0 ? inText : paths.in(heading);
        if (found.length === 0) continue;
        const place = `${document.path}:${line}`;
        // "Affected code: `src/billing/`" is said of the whole change.
        if (/^impact\b|affected|code structure/i.test(heading) || /\baffected (?:code|files)\b/i.test(text))
          areas.push(...found.map((path) => ({ path, place })));
        else
          passages.push({
            place,
            words: telling(`${heading} ${text}`),
            identifiers: identifiersIn(`${heading}\n${text}`, true),
            paths: found.slice(0, mostPaths),
          });
      }
    }
    this.#areas = areas;
    this.#passages = passages;
    passages.forEach(({ words }, number) => {
      for (const word of words) {
        const list = this.#byWord.get(word);
        if (list) list.push(number);
        else this.#byWord.set(word, [number]);
      }
    });
  }

  /** `null`: nothing says where. */
  guess(request: GuessRequest): ScopeGuess | null {
    return this.#fromHints(request) ?? this.#fromDocuments(request) ?? this.#fromRepository(request);
  }

  #fromHints({ hints }: GuessRequest): ScopeGuess | null {
    const found = new Map<string, string[]>();
    for (const { text, place } of hints)
      for (const path of this.#paths.in(text)) found.set(path, [...(found.get(path) ?? []), `${place} names it`]);
    if (found.size === 0 || found.size > 2 * mostPaths) return null;
    return { confidence: 'high', paths: [...found].map(([path, evidence]) => ({ path, evidence })) };
  }

  #fromDocuments({ title, words }: GuessRequest): ScopeGuess | null {
    const inTitle = telling(title);
    const identifiers = identifiersIn(`${title}\n${words}`, false);
    const weights = new Map<number, number>();
    let whole = 0;
    for (const word of inTitle) {
      const at = this.#byWord.get(word) ?? [];
      const weight = Math.log(1 + Math.max(4, this.#passages.length) / Math.max(1, at.length));
      whole += weight;
      for (const number of at) weights.set(number, (weights.get(number) ?? 0) + weight);
    }
    const scored = [...weights]
      .map(([number, weight]) => {
        const passage = this.#passages[number] as Passage;
        const names = [...passage.identifiers].filter((name) => identifiers.has(name));
        const shared = [...inTitle].filter((word) => passage.words.has(word)).length;
        return { passage, names, shared, share: weight / whole, score: weight / whole + names.length };
      })
      .filter(({ names, shared, share }) => names.length > 0 || (share >= 0.5 && (shared >= 2 || inTitle.size === 1)))
      .toSorted((a, b) => b.score - a.score);
    const [best] = scored;
    if (!best) return null;
    const taken = scored.filter(({ score }) => score >= 0.85 * best.score).slice(0, 2);
    const found = new Map<string, string[]>();
    for (const { passage, names } of taken) {
      const why = `${passage.place} names it${names.length > 0 ? ` with ${names.slice(0, 2).join(', ')}` : ' for this'}`;
      for (const path of passage.paths) found.set(path, [...(found.get(path) ?? []), why]);
    }
    if (found.size > mostPaths) return null;
    const confidence = best.names.length > 0 || best.share >= 0.8 ? 'high' : 'medium';
    return { confidence, paths: [...found].map(([path, evidence]) => ({ path, evidence })) };
  }

  #fromRepository({ title, words }: GuessRequest): ScopeGuess | null {
    const identifiers = identifiersIn(`${title}\n${words}`, false);
    const inside = (path: string): boolean => this.#areas.some((area) => covers(area.path, path));
    const found = this.#index.find(title, words, identifiers, inside);
    const [best] = found;
    if (!best) return this.#fromAreas();
    // Code and its tests go together by themselves, below; a task about tests is about no code.
    const alike = found.filter(
      ({ path, score }) => score >= near * best.score && isTestPath(path) === isTestPath(best.path),
    );
    const certain = alike.filter(({ certainty }) => certainty === best.certainty || certainty === 'sure');
    if (alike.length > mostPaths) {
      // Many files as likely as each other: where they are together, that is the place.
      const directory = commonDirectory(alike.map(({ path }) => path));
      if (best.certainty === 'possible' && directory !== null)
        return {
          confidence: 'low',
          paths: [{ path: `${directory}/**`, evidence: [`${alike.length} files in it are about as likely`] }],
        };
    }
    const kept = (certain.length > 0 ? certain : alike).slice(0, 3);
    const tests = kept.flatMap(({ path }) =>
      this.#index.testsOf(path).map((test) => ({ path: test, evidence: [`tests ${path}`] })),
    );
    const paths = [...kept, ...tests].map(({ path, evidence }) => ({ path, evidence }));
    return {
      confidence: confidenceOf(best, alike.length),
      paths: paths.filter(({ path }, i) => paths.findIndex((other) => other.path === path) === i).slice(0, mostPaths),
    };
  }

  /** What is said of the whole change, where nothing is said of its parts. */
  #fromAreas(): ScopeGuess | null {
    if (this.#areas.length === 0 || this.#areas.length > mostPaths) return null;
    return {
      confidence: 'low',
      paths: this.#areas.map(({ path, place }) => ({ path, evidence: [`${place} names it for the whole change`] })),
    };
  }
}

function confidenceOf({ certainty }: FoundFile, alike: number): Confidence {
  if (certainty === 'sure') return alike <= 2 ? 'high' : 'medium';
  return certainty === 'likely' && alike <= 3 ? 'medium' : 'low';
}

function covers(area: string, path: string): boolean {
  return area === path || (isGlob(area) && globsIntersect(area, path) !== null);
}

/** The innermost directory that holds all; `null` for the top. */
function commonDirectory(paths: readonly string[]): string | null {
  let parts = paths[0]?.split('/').slice(0, -1) ?? [];
  for (const path of paths) {
    const own = path.split('/');
    let same = 0;
    while (same < parts.length && parts[same] === own[same]) same++;
    parts = parts.slice(0, same);
  }
  return parts.length === 0 ? null : parts.join('/');
}

/** The parts of a document: list items, rows and paragraphs, each with the heading it stands below. */
function partsOf(
  document: SourceDocument,
): readonly { readonly heading: string; readonly text: string; readonly line: number }[] {
  const { source, markdown } = document;
  const result: { heading: string; text: string; line: number }[] = [];
  let section = -1;
  let open: { heading: string; text: string; line: number } | null = null;
  for (const { start, end, kind, number } of markdown.lines.map((line, i) => ({ ...line, number: i + 1 }))) {
    while ((markdown.sections[section + 1]?.span.start ?? Infinity) <= start) {
      section++;
      open = null;
    }
    const text = source.text.slice(start, end);
    if (kind !== 'text' && kind !== 'item') {
      open = null;
      continue;
    }
    const heading = markdown.sections[section]?.text ?? '';
    if (open && !/^\s*(?:[-*+]\s|\d{1,3}[.)]\s|\|)/.test(text)) open.text += `\n${text}`;
    else {
      open = { heading, text, line: number };
      result.push(open);
    }
  }
  return result;
}
