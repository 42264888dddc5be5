import { comparedPath, type Glob, type GlobOptions } from './glob.ts';
import { lowerBound } from './glob-index.ts';
import { sameOptions } from './meeting.ts';

/** So few files are asked one by one. */
const FEW = 64;

/** Files asked one by one after which an index of what they hold has paid for itself. */
const MANY = 500_000;

/** Files to be asked which of them a glob matches, in the form in which the file system compares them. */
export class FileIndex {
  readonly #files: SortedTexts;
  #names: { readonly keys: SortedTexts; readonly files: readonly string[] } | undefined;
  #asked = 0;
  #holding: ReadonlyMap<number, readonly number[]> | undefined;

  constructor(files: readonly string[]) {
    this.#files = new SortedTexts([...files].sort());
  }

  /** Those that the glob matches; in which order depends on the glob alone. */
  matching(glob: Glob): string[] {
    const all = this.#files.texts;
    let [from, to] = this.#files.beginningWith(glob.prefix);
    let files = all;
    // Many begin alike; what the file is called may tell more, and then what stands in the middle.
    const name = glob.segments.back[0] ?? '';
    if (to - from > FEW && name !== '') {
      const named = this.#byName();
      const [first, last] = named.keys.beginningWith(name);
      if (last - first < to - from) [from, to, files] = [first, last, named.files];
    }
    if (to - from > FEW && glob.pieces.length > 0) {
      this.#asked += to - from;
      const some = this.#asked > MANY ? this.#withPieces(glob.pieces) : null;
      if (some && some.length < to - from) return some.map((i) => all[i]!).filter((file) => glob.matches(file));
    }
    const found: string[] = [];
    for (let i = from; i < to; i++) if (glob.matches(files[i]!)) found.push(files[i]!);
    return found;
  }

  #byName(): { readonly keys: SortedTexts; readonly files: readonly string[] } {
    if (!this.#names) {
      const files = this.#files.texts;
      const named = files.map((file) => [`${file.slice(file.lastIndexOf('/') + 1)}/`, file] as const);
      named.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
      this.#names = { keys: new SortedTexts(named.map(([key]) => key)), files: named.map(([, file]) => file) };
    }
    return this.#names;
  }

  /** Places of the files that hold the rarest three characters of some pieces; maybe not the pieces themselves. */
  #withPieces(pieces: readonly string[]): readonly number[] {
    this.#holding ??= holding(this.#files.texts);
    let least: readonly number[] | undefined;
    for (const piece of pieces) {
      for (let i = 0; i + 2 < piece.length; i++) {
        const places = this.#holding.get(three(piece, i)) ?? [];
        if (!least || places.length < least.length) least = places;
      }
    }
    return least ?? [];
  }
}

class SortedTexts {
  readonly texts: readonly string[];

  constructor(texts: readonly string[]) {
    this.texts = texts;
  }

  /** From where to where the texts stand that begin with a prefix. */
  beginningWith(prefix: string): [from: number, to: number] {
    if (prefix === '') return [0, this.texts.length];
    const from = lowerBound(this.texts, (text) => text >= prefix);
    return [from, lowerBound(this.texts, (text) => text > prefix && !text.startsWith(prefix))];
  }
}

/** By three characters that follow each other, the places of the texts that hold them. */
function holding(texts: readonly string[]): ReadonlyMap<number, readonly number[]> {
  const places = new Map<number, number[]>();
  texts.forEach((text, at) => {
    for (let i = 0; i + 2 < text.length; i++) {
      const key = three(text, i);
      const list = places.get(key);
      if (!list) places.set(key, [at]);
      else if (list.at(-1) !== at) list.push(at);
    }
  });
  return places;
}

/** Different ones may share a number, which finds too much, never too little. */
function three(text: string, i: number): number {
  return (
    ((text.charCodeAt(i) & 0x3ff) << 20) | ((text.charCodeAt(i + 1) & 0x3ff) << 10) | (text.charCodeAt(i + 2) & 0x3ff)
  );
}

const indexes = new WeakMap<readonly string[], { readonly options: GlobOptions; readonly index: FileIndex }[]>();

/** Kept for each list and way to compare names: the same repository is asked about again and again. */
export function fileIndex(files: readonly string[], options: GlobOptions): FileIndex {
  let kept = indexes.get(files);
  if (!kept) indexes.set(files, (kept = []));
  let known = kept.find((one) => sameOptions(one.options, options));
  if (!known) {
    const compared = options.caseInsensitive || options.composed;
    known = { options, index: new FileIndex(compared ? files.map((file) => comparedPath(file, options)) : files) };
    kept.push(known);
  }
  return known.index;
}
