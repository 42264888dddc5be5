import { add, mostFrequent, type ConventionLanguage, type Share } from './sources.ts';

export interface SampledText {
  readonly path: string;
  readonly language: ConventionLanguage;
  readonly test: boolean;
  /** The beginning of the file, as far as it is looked at. */
  readonly text: string;
  /** The same without comments and texts of several lines. */
  readonly code: string;
}

/** Characters of one file that are looked at. */
const mostOfFile = 16_000;

/** A text of the sample, with what is no code blanked out. */
export function sampledText(
  file: { readonly path: string; readonly language: ConventionLanguage; readonly test: boolean },
  text: string,
): SampledText {
  const start = text.length > mostOfFile ? text.slice(0, text.lastIndexOf('\n', mostOfFile) + 1) : text;
  const hash = file.language === 'Python' || file.language === 'Ruby';
  const code = hash
    ? start.replaceAll(/("""|''')[\s\S]*?\1/g, '""').replaceAll(/^[ \t]*#.*$/gm, '')
    : start.replaceAll(/^[ \t]*\/\*[\s\S]*?\*\/|^[ \t]*\/\/.*$/gm, '');
  // No formatter lets lines grow that long: they are data, and no pattern has to cope with them.
  return { ...file, text: start, code: code.replaceAll(/^.{400,}$/gm, '') };
}

export type Indent = 'tabs' | '2 spaces' | '3 spaces' | '4 spaces' | '8 spaces';

/** How a repository's sources look, measured over a sample; `null` where too little of it shows. */
export interface Layout {
  readonly indent: Share<Indent> | null;
  readonly quotes: Share<'single quotes' | 'double quotes'> | null;
  readonly semicolons: Share<'semicolons' | 'no semicolons'> | null;
  /** The usual limit that nearly all lines keep, with the lines that do. */
  readonly lineLength: (Share & { readonly limit: number }) | null;
}

/** What most files of a sample look like. Counts are files, for the line length lines. */
export function measuredLayout(texts: readonly SampledText[]): Layout {
  const indents = new Map<Indent, number>();
  const quotes = new Map<'single quotes' | 'double quotes', number>();
  const semicolons = new Map<'semicolons' | 'no semicolons', number>();
  const lengths = new Map<number, number>();
  let lines = 0;
  for (const { code, text, language } of texts) {
    const indent = indentOf(code);
    if (indent) add(indents, indent);
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      lines++;
      for (const limit of limits) if (line.trimEnd().length <= limit) add(lengths, limit);
    }
    if (!/^(TypeScript|JavaScript|Python)$/.test(language)) continue;
    const single = code.match(/'[^'"\n\\]*'/g)?.length ?? 0;
    const double = code.match(/"[^'"\n\\]*"/g)?.length ?? 0;
    if (single !== double) add(quotes, single > double ? 'single quotes' : 'double quotes');
    if (language === 'Python') continue;
    const ended =
      code.match(/^(?:import|export|const|let|return|[ \t]+(?:const|let|return))\b[^\n{(]*;[ \t]*$/gm)?.length ?? 0;
    const open =
      code.match(/^(?:import|const|let|[ \t]+(?:const|let|return))\b[^\n{([,=]*(?:=[^\n{([,]*)?[\w'"`)\]][ \t]*$/gm)
        ?.length ?? 0;
    if (ended !== open) add(semicolons, ended > open ? 'semicolons' : 'no semicolons');
  }
  // Two of a thousand lines may be longer: addresses and long texts cannot be broken.
  // 79 is Python's own; elsewhere it is only a file whose longest line happens to be one short of 80.
  const usual = texts.every(({ language }) => language === 'Python') ? limits : limits.slice(1);
  const limit = usual.find((length) => (lengths.get(length) ?? 0) >= 0.998 * lines);
  return {
    indent: mostFrequent(indents),
    quotes: mostFrequent(quotes),
    semicolons: mostFrequent(semicolons),
    lineLength:
      limit === undefined || lines < 50
        ? null
        : { value: String(limit), count: lengths.get(limit) ?? 0, of: lines, limit },
  };
}

/** Limits that formatters and style guides use, the first one for Python alone. */
const limits: readonly number[] = [79, 80, 88, 99, 100, 110, 120, 140, 160];

/** What one step inward is, by the smallest that occurs more than by chance. */
function indentOf(code: string): Indent | null {
  const steps = new Map<Indent, number>();
  let before = 0;
  for (const line of code.split('\n')) {
    const lead = /^[ \t]*/.exec(line)?.[0] ?? '';
    if (lead.length === line.length) continue;
    if (lead.includes('\t')) add(steps, 'tabs');
    else {
      const step = lead.length - before;
      if (step === 2 || step === 4 || step === 3 || step === 8) add(steps, `${step} spaces`);
    }
    before = lead.length;
  }
  return mostFrequent(steps)?.value ?? null;
}
