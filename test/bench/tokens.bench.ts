/**
 * How far the token estimator that the context budget rests on is from an exact tokenizer: `tokenx` beside the
 * `o200k_base` of `gpt-tokenizer`, over the texts that prompts are made of. The figure tells of the models that use this
 * encoding; for the others it is the best guess there is.
 */
import spawnNpm from 'cross-spawn';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { estimateTokenCount } from 'tokenx';
import { spread, type Report } from './figure.ts';

const root = path.resolve(import.meta.dirname, '../..');
const tools = path.join(import.meta.dirname, 'tools');

/** The texts of this repository by kind; each kind is one row. */
const kinds: readonly (readonly [name: string, files: RegExp])[] = [
  ['TypeScript', /^(src|examples)\/.*\.ts$/],
  ['Markdown', /^(?!test\/).*\.md$|^test\/fixtures\/.*\.md$/],
  ['prompts', /^test\/golden\/.*prompts\/.*\.txt$/],
  ['Python', /\.py$/],
  ['JSON', /^(?!.*package-lock).*\.json$/],
];

/** Shorter texts say little: one token is much of them. */
const shortest = 400;

export async function run(report: Report): Promise<void> {
  const count = await exactCounter();
  if (!count) return;
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
    .split('\0')
    .filter((file) => file !== '' && existsSync(path.join(root, file)));
  const everything = { estimated: 0, exact: 0, ratios: [] as number[] };
  const tell = (name: string, texts: number, { estimated, exact, ratios }: typeof everything): void => {
    const apart = ratios.map((ratio) => Math.abs(ratio - 1)).sort((a, b) => a - b);
    const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
    report({
      name: `estimated tokens of exact ones, ${name}`,
      size: `${texts} texts, ${exact.toLocaleString('en-US')} tokens`,
      unit: 'x',
      value: spread(ratios),
      notes: [
        `all together ${(estimated / exact).toFixed(3)} of the exact count; a text is off by ${percent(apart[apart.length >> 1] ?? 0)} in the middle, ` +
          `${percent(apart[Math.floor(0.9 * apart.length)] ?? 0)} at most in nine of ten`,
      ],
    });
  };
  for (const [name, pattern] of kinds) {
    const sum = { estimated: 0, exact: 0, ratios: [] as number[] };
    for (const file of files.filter((item) => pattern.test(item))) {
      const text = readFileSync(path.join(root, file), 'utf8');
      if (text.length < shortest) continue;
      const [estimated, exact] = [estimateTokenCount(text), count(text)];
      sum.estimated += estimated;
      sum.exact += exact;
      sum.ratios.push(estimated / exact);
    }
    if (sum.ratios.length === 0) continue;
    tell(name, sum.ratios.length, sum);
    everything.estimated += sum.estimated;
    everything.exact += sum.exact;
    everything.ratios.push(...sum.ratios);
  }
  tell('all', everything.ratios.length, everything);
}

/** The exact tokenizer, installed when this bench is asked for by its name; a run of all benches loads nothing down. */
async function exactCounter(): Promise<((text: string) => number) | null> {
  const file = path.join(tools, 'node_modules/gpt-tokenizer/esm/encoding/o200k_base.js');
  if (!existsSync(file)) {
    if (!process.argv.includes('tokens')) {
      console.error('the exact tokenizer is not installed: `npm run bench tokens` does that');
      return null;
    }
    const done = spawnNpm.sync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: tools,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (done.status !== 0) throw new Error(`npm ci failed in ${tools}; run it again`);
  }
  const { countTokens } = (await import(pathToFileURL(file).href)) as {
    readonly countTokens: (text: string) => number;
  };
  return countTokens;
}
