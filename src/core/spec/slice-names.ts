import { headingKey } from '../text/markdown.ts';
import { byCodeUnit } from '../text/order.ts';

interface NamedSlice {
  readonly id: string;
  readonly title: string;
  /** What it may be called besides: the number of its line. */
  readonly number: string | null;
}

/** What the lines of a spec call their slices: ids, numbers of lines, titles. */
export class SliceNames {
  readonly #ids = new Map<string, readonly string[]>();
  /** By the words of the title; `null` where several have the same. */
  readonly #byTitle = new Map<string, readonly string[] | null>();
  #sortedTitles: readonly string[] | null = null;
  readonly #order = new Map<string, number>();

  constructor(slices: readonly NamedSlice[]) {
    for (const { id } of slices) {
      this.#order.set(id, this.#order.size);
      this.#ids.set(id.toLowerCase(), [id]);
    }
    for (const { id, number } of slices) {
      const counted = /^(?:slice|task|step|story|issue|ticket|item|part)-(.+)$/i.exec(id)?.[1];
      for (const name of [counted && id.replace('-', ' '), counted, number])
        if (name && !this.#ids.has(name.toLowerCase())) this.#ids.set(name.toLowerCase(), [id]);
    }
    for (const { id, title } of slices) this.#addTitle(title, [id]);
  }

  /** A line above slices stands for all of them. */
  addGroup(names: readonly (string | null)[], ids: readonly string[]): void {
    for (const name of names) {
      if (name === null || name === '') continue;
      if (!this.#ids.has(name.toLowerCase())) this.#ids.set(name.toLowerCase(), ids);
      this.#addTitle(name, ids);
    }
  }

  #addTitle(title: string, ids: readonly string[]): void {
    const key = headingKey(title);
    if (key === '') return;
    this.#byTitle.set(key, this.#byTitle.has(key) ? null : ids);
    this.#sortedTitles = null;
  }

  /** The slices that a list of names means; what means none, or one of several, is left as it was written. */
  resolve(list: string): { readonly ids: readonly string[]; readonly unknown: readonly string[] } {
    const whole = this.#one(list);
    if (whole) return { ids: whole, unknown: [] };
    const ids: string[] = [];
    const unknown: string[] = [];
    for (const part of list.split(/\s*(?:[,;+&\n]|<br\s*\/?>)\s*/i).filter((one) => one !== '')) {
      const found = this.#one(part);
      if (found) {
        ids.push(...found);
        continue;
      }
      for (const name of part.split(/\s+(?:and|und|then)\s+|\s*\/\s*|^and\s+/i).filter((one) => one !== '')) {
        const one = this.#one(name) ?? this.#words(name);
        if (one) ids.push(...one);
        else unknown.push(bare(name));
      }
    }
    return { ids: [...new Set(ids)], unknown };
  }

  #one(text: string): readonly string[] | null {
    const name = bare(text);
    if (/^(?:-|–|—|none|nothing|n\/a|no|nil|\(none\)|)$/i.test(name)) return [];
    const found = this.#ids.get(name.toLowerCase()) ?? this.#ids.get(shortened(name).toLowerCase());
    if (found) return found;
    const range = /^(.*?)\s*(?:\.\.+|…|[-–—]|\bto\b)\s*(\S+)$/.exec(name);
    const from = range ? this.#ids.get(shortened(range[1] ?? '').toLowerCase())?.[0] : undefined;
    const to = range ? this.#ids.get(shortened(range[2] ?? '').toLowerCase())?.[0] : undefined;
    if (from !== undefined && to !== undefined) {
      const [a, b] = [this.#order.get(from) ?? 0, this.#order.get(to) ?? 0];
      if (a <= b) return [...this.#order.keys()].slice(a, b + 1);
    }
    const key = headingKey(name);
    return this.#byTitle.get(key) ?? this.#beginning(key);
  }

  /** The one title that begins with these words. */
  #beginning(key: string): readonly string[] | null {
    if (key.length < 4 || this.#byTitle.has(key)) return null;
    const titles = (this.#sortedTitles ??= [...this.#byTitle.keys()].toSorted(byCodeUnit));
    let low = 0;
    let high = titles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byCodeUnit(titles[middle] ?? '', `${key} `) < 0) low = middle + 1;
      else high = middle;
    }
    const [first, second] = titles.slice(low, low + 2);
    if (!first?.startsWith(`${key} `) || second?.startsWith(`${key} `)) return null;
    return this.#byTitle.get(first) ?? null;
  }

  /** Ids with blanks between them. */
  #words(text: string): readonly string[] | null {
    const words = bare(text).split(/\s+/);
    if (words.length < 2) return null;
    const found = words.map((word) => this.#ids.get(bare(word).toLowerCase()));
    return found.every((ids) => ids !== undefined) ? found.flat() : null;
  }
}

function bare(text: string): string {
  return text
    .trim()
    .replace(/^\[([^\]]*)\]\([^)]*\)$/, '$1')
    .replaceAll(/^[\s"'“”„«»‹›[(*_`]+|[\s"'“”„«»‹›\])*_`.]+$/g, '');
}

/** `slice A1`, `#1`, `the session store` without what stands around the name. */
function shortened(name: string): string {
  return name
    .replace(/^(?:the|slices?|tasks?|steps?|items?|story|stories|issue|ticket|no\.?|nr\.?)\s+/i, '')
    .replace(/\s+(?:slice|task|step)$/i, '')
    .replace(/^#/, '');
}
