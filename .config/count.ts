/**
 * A root hook for mocha that appends one line of JSON for each test to the file named by `SLICEWAVE_TEST_RECORD`. A
 * line is written when its test ends, so that what a killed run had finished is still known.
 */
import { appendFileSync } from 'node:fs';
import process from 'node:process';

/** One test that ran. `cpuMs` is what mocha's own process used, without the programs that the test started. */
export interface TestRecord {
  readonly title: string;
  readonly file: string;
  readonly failed: boolean;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Of one that failed: the beginning of its error. */
  readonly error?: string;
}

const MOST_OF_AN_ERROR = 600;

interface Hook {
  readonly currentTest?: {
    readonly file?: string;
    readonly state?: string;
    readonly err?: Error;
    readonly fullTitle: () => string;
  };
}

const began = { wall: 0, cpu: process.cpuUsage() };

export const mochaHooks = {
  beforeEach(): void {
    began.wall = performance.now();
    began.cpu = process.cpuUsage();
  },
  afterEach(this: Hook): void {
    const record = process.env['SLICEWAVE_TEST_RECORD'];
    const test = this.currentTest;
    if (!record || !test) return;
    const { user, system } = process.cpuUsage(began.cpu);
    const line: TestRecord = {
      title: test.fullTitle(),
      file: test.file ?? '',
      failed: test.state === 'failed',
      wallMs: performance.now() - began.wall,
      cpuMs: (user + system) / 1_000,
      ...(test.err ? { error: (test.err.message || String(test.err)).slice(0, MOST_OF_AN_ERROR) } : {}),
    };
    appendFileSync(record, `${JSON.stringify(line)}\n`);
  },
};
