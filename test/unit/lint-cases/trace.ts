import { traceFile } from './workspace.ts';
import type { Case, Cases } from './workspace.ts';

const traceCase = (from: string, to: string): Case => ({ file: traceFile, from, to });

export const traceCases: Cases<'trace'> = {
  'trace.json': { ...traceCase('"v": 1,', '"v": 1|;|'), quiet: '"v": 1, "v": 1,' },
  'trace.unknown-version': { ...traceCase('"v": 1', '"v": |2|'), quiet: '"v": 1.0' },
  'trace.claim-refuted': {
    ...traceCase('["npm test"]', '["npm test", |"npm run e2e"|]'),
    quiet: '["npm   test"]',
  },
  'trace.evidence-missing': {
    ...traceCase('"snapshot_commit": "2222222"', '|"snapshot_commit"|: null'),
    quiet: '"snapshot_commit": "3333333", "tests_passed": null',
  },
  'trace.out-of-scope': {
    ...traceCase(
      '"path": "src/a/one.ts", "change": "added", "in_scope": true',
      '"path": |"src/a/one.ts"|, "change": "added", "in_scope": false',
    ),
    quiet: '"path": "src/a/one.ts", "change": "added"',
  },
};
