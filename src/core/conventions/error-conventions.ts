import type { SampledText } from './layout.ts';
import { add, type ConventionLanguage } from './sources.ts';

/** One way in which files of a sample report an error, tests left out. */
export interface ErrorConvention {
  readonly language: ConventionLanguage;
  readonly text: string;
  readonly count: number;
  readonly of: number;
}

const errorMarks: readonly (readonly [RegExp, RegExp, string])[] = [
  [/^(TypeScript|JavaScript)$/, /\bok: (?:false|true)\b/, 'returned as a value with `ok`'],
  [/^(TypeScript|JavaScript)$/, /\bthrow new [A-Z]\w*Error\(/, 'thrown as an error'],
  [/^Python$/, /^[ \t]+raise [A-Z]\w*/m, 'raised as an exception'],
  [/^Go$/, /fmt\.Errorf\([^)\n]*%w/, 'wrapped with `fmt.Errorf` and `%w`'],
  [/^Go$/, /\bif err != nil \{/, 'returned as an `error`'],
  [/^Rust$/, /\banyhow::|\bthiserror::/, 'carried by `anyhow` or `thiserror`'],
  [/^Rust$/, /-> (?:[\w:]+::)?Result</, 'returned as a `Result`'],
];

/** The two most frequent ways; what fewer than three files do is chance. */
export function errorConventions(sample: readonly SampledText[]): readonly ErrorConvention[] {
  const perLanguage = new Map<ConventionLanguage, number>();
  const counts = new Map<string, ErrorConvention>();
  for (const file of sample) {
    if (file.test) continue;
    add(perLanguage, file.language);
    for (const [language, mark, text] of errorMarks) {
      if (!language.test(file.language) || !mark.test(file.code)) continue;
      const key = `${file.language} ${text}`;
      counts.set(key, { language: file.language, text, count: (counts.get(key)?.count ?? 0) + 1, of: 0 });
    }
  }
  return [...counts.values()]
    .map((way) => ({ ...way, of: perLanguage.get(way.language) ?? 0 }))
    .filter((way) => way.count >= 3)
    .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
    .slice(0, 2);
}
