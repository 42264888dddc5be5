import { isTestPath, testedName } from '../../conventions/sources.ts';
import { byCodeUnit } from '../../text/order.ts';
import { stems as plainStems } from '../../text/mentions.ts';

/** What one file tells of itself. */
export interface IndexedFile {
  readonly path: string;
  /** What it declares. */
  readonly names: readonly string[];
  /** What it imports, as written: `./limit.ts`, `app.models`. */
  readonly specifiers: readonly string[];
}

/** One commit: what was said of it, and the files it touched. */
export interface IndexedCommit {
  readonly subject: string;
  readonly files: readonly string[];
}

/** A file that may be meant, and why. */
export interface FoundFile {
  readonly path: string;
  readonly score: number;
  readonly evidence: readonly string[];
  /** `sure`: it declares a name that the words say; `likely`: its name is in the title; else it is one of several. */
  readonly certainty: 'sure' | 'likely' | 'possible';
}

/** The words of a text by their roots, so that `limiter`, `limits` and `limiting` are one. */
function stems(text: string): Set<string> {
  return new Set([...plainStems(text)].map(rootOf));
}

const ending = /(?:ations?|ions?|ings?|ments?|ers?|ors?|ed|es|e)$/;

function rootOf(word: string): string {
  if (word.length < 6) return word.length < 5 ? word : word.replace(/e$/, '');
  const root = word.replace(ending, '');
  if (root.length < 4) return word;
  // "stopping" is "stop".
  return /[bdgmnprt]$/.test(root) && root.at(-1) === root.at(-2) ? root.slice(0, -1) : root;
}

const declaration =
  /\b(?:class|interface|type|enum|struct|trait|record|object|module|function|func|fn|def|const|let|var|message|service|table)\s+(?:\([^)\n]{0,80}\)\s*)?([A-Za-z_$][\w$]{3,79})/gi;
const imported =
  /(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*['"]([^'"\n]{1,200})['"]|^[ \t]*from[ \t]+([.\w]{1,200})[ \t]+import\b|^[ \t]*import[ \t]+([A-Za-z_][.\w]{1,200})/gm;
/** A file with more names is a table or generated: what stands first says what it is. */
const mostNames = 400;

/** Names and imports of a source file, by the look of its lines: no grammar, so that ten thousand files cost a second. */
export function indexedFile(path: string, text: string): IndexedFile {
  const names = new Set<string>();
  for (const match of text.matchAll(declaration)) {
    names.add(match[1] ?? '');
    if (names.size >= mostNames) break;
  }
  const specifiers = new Set<string>();
  for (const match of text.matchAll(imported)) {
    specifiers.add(match[1] ?? match[2] ?? match[3] ?? '');
    if (specifiers.size >= mostNames) break;
  }
  return { path, names: [...names], specifiers: [...specifiers] };
}

/** Nobody's to write, or nothing that words of a task are about. */
const notMeant =
  /(?:^|\/)(?:node_modules|vendor|third[_-]party|dist|build|out|coverage|target|__snapshots__|fixtures?|testdata|golden|\.git|\.github|\.vscode|\.kiro|\.taskmaster|openspec|\.?backlog|\.specify|\.cursor|\.claude|parallel|\.agent-runs)\/|(?:^|\/)(?:[\w.-]*lock(?:file)?(?:\.\w+)?|go\.sum|LICENSE[\w.]*|CHANGELOG[\w.]*|\.[\w.-]+)$|\.(?:min\.\w+|map|snap|png|jpe?g|gif|svg|ico|webp|woff2?|ttf|eot|pdf|zip|gz|mp[34]|wasm|lock|csv)$|(?:^|\/)specs\/[^/]+\/[\w-]+\.md$/i;

/** Whether a file may be what a task that names none is about. */
export function mayBeMeant(path: string): boolean {
  return !notMeant.test(path);
}

const isDocument = (path: string): boolean => /\.(?:md|mdx|rst|adoc|txt)$/i.test(path);
/** Words that say a task is about documents. */
const documenting = /\b(?:docs?|documentation|document|readme|guide|manual|tutorial|changelog)\b/i;
const testing = /^\W*(?:\w+\s+){0,2}(?:(?:unit|integration|e2e|end-to-end|property|contract|regression)[- ])?tests?\b/i;

/** Words of every task. */
const common = new Set(
  [
    'the and for with from into that this when each should must can not all any its are has have been will them then',
    'implement add create update write build make set setup support ensure handle use using define verify check fix',
    'refactor improve remove delete change new file code function method class system basic task feature include allow',
    'provide implementation integrate integration configure requirement test unit existing work also other via per',
    'without after before only which where what run need show get put let one two first last part step done',
  ]
    .join(' ')
    .split(' ')
    .flatMap((word) => [...stems(word)]),
);

/** The words of a text that can tell one file from another. */
export function telling(text: string): Set<string> {
  return new Set([...stems(text)].filter((word) => !common.has(word) && !/^\d+$/.test(word)));
}

/** Where each word stands: numbers of files. */
type Postings = Map<string, number[]>;

/** A word that stands in so large a part of the files tells nothing. */
const mostCommon = 0.12;
/** In small repositories every word stands in a large part. */
const leastCommon = 24;
/** Candidates that are looked at closely. */
const mostLooked = 24;

/**
 * The files of a repository by the words of their paths and of what they declare, and its commits by theirs. Built once;
 * asking costs as much as the words asked for are frequent, and no word counts that stands nearly everywhere.
 */
export class ScopeIndex {
  readonly #files: readonly IndexedFile[];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #commits: readonly IndexedCommit[];
  readonly #byName: Postings = new Map();
  readonly #byDirectory: Postings = new Map();
  readonly #bySymbol: Postings = new Map();
  readonly #byIdentifier: Postings = new Map();
  readonly #byCommit: Postings = new Map();
  readonly #testsOf = new Map<string, number[]>();
  /** What is indexed, by the end of a module's name: for what an import means. */
  readonly #modules = new Map<string, number[]>();
  /** The words of what a file declares, kept for those that were looked at. */
  readonly #declared = new Map<number, readonly NamedWords[]>();

  constructor(files: readonly IndexedFile[], commits: readonly IndexedCommit[] = []) {
    this.#files = files.filter(({ path }) => mayBeMeant(path)).toSorted((a, b) => byCodeUnit(a.path, b.path));
    this.#numbers = new Map(this.#files.map(({ path }, number) => [path, number]));
    this.#commits = commits;
    this.#files.forEach(({ path, names }, number) => {
      const slash = path.lastIndexOf('/');
      const bare = testedName(path);
      post(this.#byName, stems(stemmed(path.slice(slash + 1))), number);
      post(this.#byDirectory, stems(path.slice(0, Math.max(0, slash)).replaceAll('/', ' ')), number);
      post(this.#bySymbol, stems(names.join(' ')), number);
      for (const name of names) post(this.#byIdentifier, [name.toLowerCase()], number);
      post(this.#modules, [bare], number);
      if (isTestPath(path)) post(this.#testsOf, [bare], number);
    });
    commits.forEach(({ subject }, number) => post(this.#byCommit, stems(subject), number));
  }

  get size(): number {
    return this.#files.length;
  }

  /**
   * The files that a task is about, the likeliest first; none when nothing but common words is shared. `inside`: whether
   * a file lies where somebody said that the work is.
   */
  find(
    title: string,
    words: string,
    identifiers: ReadonlySet<string>,
    inside: (path: string) => boolean = () => false,
  ): readonly FoundFile[] {
    const inTitle = telling(title);
    const inWords = telling(words);
    const scores = new Map<number, number>();
    const give = (number: number, score: number): void => void scores.set(number, (scores.get(number) ?? 0) + score);
    for (const word of new Set([...inTitle, ...inWords])) {
      const weight = inTitle.has(word) ? 1 : 0.3;
      this.#weigh(this.#byName, word, 3 * weight, give);
      this.#weigh(this.#bySymbol, word, weight, give);
      this.#weigh(this.#byDirectory, word, weight, give);
    }
    const declared = new Map<number, string[]>();
    for (const identifier of identifiers) {
      const at = this.#byIdentifier.get(identifier) ?? [];
      if (at.length === 0 || at.length > 4) continue;
      for (const number of at) {
        give(number, 12 / at.length);
        declared.set(number, [...(declared.get(number) ?? []), identifier]);
      }
    }
    const told = this.#commitsAbout(inTitle);
    for (const [number, { score }] of told) give(number, score);
    const wantsDocuments = documenting.test(title);
    const wantsTests = testing.test(title);
    const looked = [...scores]
      .map(([number, score]) => {
        const { path } = this.#files[number] as IndexedFile;
        const kind = isDocument(path) === wantsDocuments && isTestPath(path) === wantsTests ? 1 : 0.45;
        return { number, score: score * kind * (inside(path) ? 1.5 : 1) };
      })
      .toSorted((a, b) => b.score - a.score || a.number - b.number)
      .slice(0, mostLooked);
    return this.#explained(looked, { inTitle, inWords, declared, told, inside });
  }

  /** Tests that stand for a file by their name, and import it or stand near it. */
  testsOf(path: string): readonly string[] {
    if (isTestPath(path)) return [];
    const of = this.#numbers.get(path);
    return (this.#testsOf.get(testedName(path)) ?? [])
      .map((number) => this.#files[number] as IndexedFile)
      .filter(
        (test) =>
          of !== undefined && (this.#imports(test, of) || (this.#modules.get(testedName(path))?.length ?? 0) === 2),
      )
      .map((test) => test.path)
      .slice(0, 2);
  }

  #weigh(postings: Postings, word: string, weight: number, give: (number: number, score: number) => void): void {
    const at = postings.get(word);
    if (!at || at.length > Math.max(leastCommon, mostCommon * this.#files.length)) return;
    const score = weight * Math.log(1 + this.#files.length / at.length);
    for (const number of at) give(number, score);
  }

  /** Files of commits whose subjects share what is telling in a title; a commit of many files says little of each. */
  #commitsAbout(
    title: ReadonlySet<string>,
  ): Map<number, { readonly score: number; readonly subjects: readonly string[] }> {
    const scores = new Map<number, { score: number; shared: number }>();
    for (const word of title) {
      const at = this.#byCommit.get(word);
      if (!at || at.length > Math.max(leastCommon, mostCommon * this.#commits.length)) continue;
      const weight = Math.log(1 + this.#commits.length / at.length);
      for (const number of at) {
        const known = scores.get(number);
        if (known) {
          known.score += weight;
          known.shared++;
        } else scores.set(number, { score: weight, shared: 1 });
      }
    }
    const least = title.size > 1 ? 2 : 1;
    const best = [...scores]
      .filter(([, { shared }]) => shared >= least)
      .toSorted(([a, x], [b, y]) => y.score - x.score || a - b)
      .slice(0, 20);
    const found = new Map<number, { score: number; subjects: string[] }>();
    for (const [number, { score }] of best) {
      const { subject, files } = this.#commits[number] as IndexedCommit;
      for (const path of files) {
        const file = this.#numbers.get(path);
        if (file === undefined) continue;
        const known = found.get(file) ?? { score: 0, subjects: [] };
        known.score = Math.min(12, known.score + score / Math.sqrt(files.length));
        known.subjects.push(subject);
        found.set(file, known);
      }
    }
    return found;
  }

  #explained(
    looked: readonly { readonly number: number; readonly score: number }[],
    task: {
      readonly inTitle: ReadonlySet<string>;
      readonly inWords: ReadonlySet<string>;
      readonly declared: ReadonlyMap<number, readonly string[]>;
      readonly told: ReadonlyMap<number, { readonly subjects: readonly string[] }>;
      readonly inside: (path: string) => boolean;
    },
  ): FoundFile[] {
    const { inTitle, inWords, declared, told, inside } = task;
    return looked.flatMap(({ number, score }, place) => {
      const { path, names } = this.#files[number] as IndexedFile;
      const name = stemmed(path.slice(path.lastIndexOf('/') + 1));
      const ofName = [...stems(name)];
      const shared = ofName.filter((word) => inTitle.has(word));
      const evidence: string[] = [];
      const own = declared.get(number) ?? [];
      if (own.length > 0) {
        const written = own.map((lower) => names.find((one) => one.toLowerCase() === lower) ?? lower);
        evidence.push(`declares ${written.slice(0, 3).join(', ')}`);
      }
      const nameFits = shared.length > 0 && shared.length === ofName.filter((word) => !common.has(word)).length;
      if (shared.length > 0) evidence.push(`its name has ${quoted(name, inTitle)}`);
      const symbols = symbolsAbout(this.#namedWords(number), inTitle, inWords);
      if (symbols.names.length > 0 && own.length === 0)
        evidence.push(`declares ${symbols.names.slice(0, 3).join(', ')}`);
      const directory = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      const directories = [...stems(directory)].filter((word) => inTitle.has(word));
      if (directories.length > 0) evidence.push(`its directory has ${quoted(directory, inTitle)}`);
      // A part of a name is better than nothing.
      const [partly] =
        evidence.length > 0
          ? []
          : this.#namedWords(number).filter((one) => one.words.some((word) => inTitle.has(word)));
      if (partly) evidence.push(`declares ${partly.name}`);
      const subjects = told.get(number)?.subjects ?? [];
      if (subjects.length > 0)
        evidence.push(
          `${subjects.length === 1 ? 'a commit' : `${subjects.length} commits`} such as "${short(subjects[0] ?? '')}" changed it`,
        );
      // What only the text below a title shares is too little by itself.
      if (evidence.length === 0) return [];
      if (inside(path)) evidence.push('it lies where the change is said to be');
      const importers = looked
        .slice(0, 6)
        .filter((other, at) => at < place && this.#imports(this.#files[other.number] as IndexedFile, number));
      const [importer] = importers.map((other) => (this.#files[other.number] as IndexedFile).path);
      if (importer !== undefined) evidence.push(`${importer} imports it`);
      // Of a title of many words, two say little.
      const share = new Set([...shared, ...directories, ...symbols.title]).size / Math.max(1, inTitle.size);
      const certainty =
        own.length > 0 || (share >= 0.5 && nameFits && ofName.length > 1 && subjects.length + symbols.words > 0)
          ? ('sure' as const)
          : share >= 0.3 &&
              (nameFits || symbols.words > 1 || (shared.length > 0 && subjects.length + directories.length > 0))
            ? ('likely' as const)
            : ('possible' as const);
      return [{ path, score: importer === undefined ? score : score * 1.15, evidence, certainty }];
    });
  }

  #namedWords(number: number): readonly NamedWords[] {
    let words = this.#declared.get(number);
    if (!words) {
      const { names } = this.#files[number] as IndexedFile;
      words = names.map((name) => ({ name, words: [...stems(name)].filter((word) => !common.has(word)) }));
      this.#declared.set(number, words);
    }
    return words;
  }

  /** Whether one file imports another, by the end of what it writes. */
  #imports(from: IndexedFile, number: number): boolean {
    const { path } = this.#files[number] as IndexedFile;
    const bare = path.replace(/\.[^./]+$/, '').replace(/\/(?:index|__init__|mod)$/, '');
    return from.specifiers.some((specifier) => {
      const clean = (
        /^[.\w]+$/.test(specifier) && !specifier.startsWith('./') ? specifier.replaceAll('.', '/') : specifier
      )
        .replace(/^(?:\.{0,2}\/)+/, '')
        .replace(/\.[cm]?[jt]sx?$/, '');
      return clean.length > 2 && (bare === clean || bare.endsWith(`/${clean}`));
    });
  }
}

function post(postings: Postings, words: Iterable<string>, number: number): void {
  for (const word of words) {
    const list = postings.get(word);
    if (!list) postings.set(word, [number]);
    else if (list.at(-1) !== number) list.push(number);
  }
}

/** A file's name without its endings: `limit.test.ts` is `limit`. */
function stemmed(name: string): string {
  return name.replace(/(?:\.(?:test|spec|stories|module|d))?\.[^.]+$/, '').replace(/^test_/, '');
}

interface NamedWords {
  readonly name: string;
  readonly words: readonly string[];
}

/** Declared names that share two telling words with a task, or one that is all of the name. */
function symbolsAbout(
  declared: readonly NamedWords[],
  inTitle: ReadonlySet<string>,
  inWords: ReadonlySet<string>,
): { readonly names: readonly string[]; readonly words: number; readonly title: ReadonlySet<string> } {
  const inNames = new Set<string>();
  const found: string[] = [];
  let most = 0;
  for (const { name, words } of declared) {
    const title = words.filter((word) => inTitle.has(word)).length;
    const any = words.filter((word) => inTitle.has(word) || inWords.has(word)).length;
    if (title === 0 || (any < 2 && words.length > 1)) continue;
    found.push(name);
    for (const word of words) if (inTitle.has(word)) inNames.add(word);
    most = Math.max(most, any);
  }
  return { names: found, words: most, title: inNames };
}

/** Those words of a name that a title has too, as the name writes them. */
function quoted(name: string, inTitle: ReadonlySet<string>): string {
  return [...plainStems(name)]
    .filter((word) => inTitle.has(rootOf(word)))
    .slice(0, 3)
    .map((word) => `"${word}"`)
    .join(', ');
}

function short(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
