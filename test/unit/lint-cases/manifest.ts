import { repository } from './repository.ts';
import { manifest, manifestCase, manifestFile, type Case, type Cases } from './workspace.ts';

const near = (found: Case, quiet: string): Case => ({ ...found, quiet });

export const manifestCases: Cases<'manifest'> = {
  'manifest.json': manifestCase('"TS-1"', '|TS-1|'),
  'manifest.json-strict': near(
    manifestCase('"contracts": ["contracts/types.ts"]', '"contracts": ["contracts/types.ts"|,|]'),
    '"note": "[1,]", "contracts": ["contracts/types.ts"]',
  ),
  'manifest.schema': near(manifestCase('"typescript"', '|5|'), 'null'),
  'manifest.legacy': {
    file: manifestFile,
    from: manifest,
    to: '{"version": "1", "tech_spec": {"id": "TS-1"}, |"tasks"|: {"files": ["task-001", "task-002"], "waves": [["task-001"]]}}',
    quiet: manifest.replace('"waves"', '"version": "1", "tasks": { "total": 2 }, "waves"'),
  },
  'manifest.unpinned': {
    ...near(manifestCase('"zod@4.1.0"', '|"zod@^4"|'), '"zod@4.1.0-beta.1", "local@file:../local"'),
    repository,
  },
  'manifest.validation': near(
    manifestCase('{ "number": 1,', '{ "validation": |"It should (all) work"|, "number": 1,'),
    '{ "validation": "npm test", "number": 1,',
  ),
  'manifest.validation-command': near(
    manifestCase('{ "number": 1,', '{ "validation": |"npm test"|, "number": 1,'),
    '{ "validation": "await import(\'./a.ts\')", "number": 1,',
  ),
  'manifest.validation-source': near(
    manifestCase('{ "number": 1,', '{ "validation": |"await import(\'./a.ts\')"|, "number": 1,'),
    '{ "validation": "npm test", "number": 1,',
  ),
};
