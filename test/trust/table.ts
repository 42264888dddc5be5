/** The table of all rows for the documentation, from the rows and the results that were kept. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rightVerdicts, type Mode, type TrustRow, type Verdict } from './case.ts';
import type { Gap } from './gaps.ts';

/** Verdicts by the name of a row; `null`: not run in that mode. */
export type Results = Readonly<Record<string, { readonly off: Verdict | null; readonly on: Verdict | null }>>;

const FILE = path.join(import.meta.dirname, 'results.json');

/** The results that were kept last. */
export function keptResults(): Results {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Results) : {};
}

/** Keeps results; rows that were not run again keep theirs, and rows that are no more go. */
export function keepResults(rows: readonly TrustRow[], mode: Mode, verdicts: ReadonlyMap<string, Verdict>): void {
  const kept = keptResults();
  const results: Results = Object.fromEntries(
    rows.map(({ name }) => {
      const last = kept[name] ?? { off: null, on: null };
      return [name, { ...last, [mode]: verdicts.get(name) ?? last[mode] }];
    }),
  );
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`);
}

const TITLES = {
  escape: 'Ways out',
  lie: 'Results that are not what they say',
  honest: 'Honest runs',
} as const;

/** Markdown, one section for each battery. */
export function trustTable(rows: readonly TrustRow[], results: Results, gaps: Readonly<Record<string, Gap>>): string {
  const sections = (['escape', 'lie', 'honest'] as const).map((battery) => {
    const own = rows.filter((row) => row.battery === battery);
    const kinds = [...new Set(own.map(({ kind }) => kind))];
    const lines = kinds.flatMap((kind) =>
      own.filter((row) => row.kind === kind).map((row) => lineOf(row, results, gaps)),
    );
    return [
      `## ${TITLES[battery]} (${own.length})`,
      '',
      '| kind | the agent | right is | without a sandbox | in the sandbox |',
      '| --- | --- | --- | --- | --- |',
      ...lines,
    ].join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}

function lineOf(row: TrustRow, results: Results, gaps: Readonly<Record<string, Gap>>): string {
  const gap = gaps[row.name];
  const cell = (mode: 'off' | 'on'): string => {
    const verdict = results[row.name]?.[mode] ?? null;
    if (verdict === null) return mode === 'on' && !row.differs ? 'the same' : 'not run yet';
    return gap && (gap.mode === 'both' || gap.mode === mode) ? `${verdict} (known gap: ${gap.why})` : verdict;
  };
  return `| ${row.kind} | ${row.about.replaceAll('|', '\\|')} | ${rightVerdicts(row).join(' or ')} | ${cell('off')} | ${cell('on')} |`;
}
