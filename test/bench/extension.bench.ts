import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { number, spread, type Report } from './figure.ts';
import type { ActivationLine } from './host/activation.test.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** What the extension weighs, and how long VS Code takes to load and to activate it. */
export async function run(report: Report): Promise<void> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'slicewave-bench-extension-'));
  try {
    weigh(report, path.join(scratch, 'slicewave.vsix'));
    await activate(report, scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function weigh(report: Report, vsix: string): void {
  const made = spawnSync(process.execPath, ['.config/package.ts', vsix], { cwd: root, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`packaging failed: ${made.stderr}`);
  const bytes = readFileSync(vsix);
  const entries = zipEntries(bytes);
  const parts = new Map<string, number>();
  for (const { name, packed } of entries) {
    const part = name.replace(/^extension\//, '').replace(/^(media|syntaxes|dist\/chunks|dist\/schemas)\/.*/, '$1');
    parts.set(part, (parts.get(part) ?? 0) + packed);
  }
  const largest = [...parts].sort((a, b) => b[1] - a[1]).slice(0, 7);
  report({
    name: 'size of the .vsix',
    size: `${entries.length} files, ${number(entries.reduce((sum, entry) => sum + entry.size, 0) / 1024)} KiB unpacked`,
    unit: 'KiB',
    value: spread([bytes.length / 1024]),
    goal: { of: 'value', atMost: (1.5 * 1000 * 1000) / 1024 },
    notes: [`packed, KiB: ${largest.map(([part, size]) => `${part} ${number(size / 1024)}`).join(', ')}`],
  });
}

interface ZipEntry {
  readonly name: string;
  readonly packed: number;
  readonly size: number;
}

/** The central directory of a zip file without a comment that looks like one. */
function zipEntries(bytes: Buffer): readonly ZipEntry[] {
  const end = bytes.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  if (end < 0) throw new Error('this is no zip file');
  const entries: ZipEntry[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [name, extra, comment] = [
      bytes.readUInt16LE(at + 28),
      bytes.readUInt16LE(at + 30),
      bytes.readUInt16LE(at + 32),
    ];
    entries.push({
      name: bytes.toString('utf8', at + 46, at + 46 + name),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
    });
    at += 46 + name + extra + comment;
  }
  return entries;
}

/** In the extension host of a real VS Code, where that is installed. */
async function activate(report: Report, scratch: string): Promise<void> {
  const host = path.join(root, 'test/host');
  if (!existsSync(path.join(host, 'node_modules/code-server'))) {
    console.error('activate() was not measured: install the VS Code test host first (node test/host/install.ts)');
    return;
  }
  const { bundleSuite } = await import('../host/bundle-suite.ts');
  const { runSuite } = await import('../host/run-suite.ts');
  const folder = path.join(scratch, 'empty');
  const result = path.join(scratch, 'activation.jsonl');
  mkdirSync(folder);
  // In the project, where it finds mocha.
  const bundle = await bundleSuite({
    tests: path.join(import.meta.dirname, 'host'),
    output: path.join(host, 'out/activation.cjs'),
  });
  for (let round = 0; round < 2; round++) {
    const code = await quietly(() =>
      runSuite({
        bundle,
        extension: root,
        folder,
        env: { SLICEWAVE_BENCH_FILE: result, PATH: process.env['PATH'] ?? '' },
      }),
    );
    if (code !== 0) throw new Error('the extension could not be activated in the test host');
  }
  const lines = readFileSync(result, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ActivationLine);
  const size = `VS Code ${lines[0]?.vscode ?? ''}, node ${lines[0]?.node ?? ''}`;
  report({
    name: 'loading dist/extension.cjs in the extension host',
    size,
    unit: 'ms',
    value: spread(lines.map((line) => line.load)),
  });
  report({ name: 'activate() of the extension', size, unit: 'ms', value: spread(lines.map((line) => line.own)) });
  report({
    name: "the loaded extension's activation, until VS Code calls it active",
    size,
    unit: 'ms',
    value: spread(lines.map((line) => line.whole)),
  });
}

/** A suite prints mocha's report as it goes, which is no figure. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { write } = process.stdout;
  process.stdout.write = () => true;
  try {
    return await work();
  } finally {
    process.stdout.write = write;
  }
}
