import { manifestFile, manifest, manifestCase } from './workspace.ts';
import type { Cases } from './workspace.ts';

export const manifestCases: Cases<'manifest'> = {
  'manifest.json': manifestCase('"TS-1"', '|TS-1|'),
  'manifest.json-strict': manifestCase('"TS-1",', '"TS-1", |// why|'),
  'manifest.schema': manifestCase('"typescript"', '|5|'),
  'manifest.legacy': {
    file: manifestFile,
    from: manifest,
    to: '{"version": "1", "tech_spec": {"id": "TS-1"}, |"tasks"|: {"files": ["task-001", "task-002"], "waves": [["task-001"]]}}',
  },
  'manifest.unpinned': manifestCase('"zod@4.1.0"', '|"zod@^4"|'),
  'manifest.validation': manifestCase('{ "number": 1,', '{ "validation": |"It should (all) work"|, "number": 1,'),
  'manifest.validation-command': manifestCase('{ "number": 1,', '{ "validation": |"npm test"|, "number": 1,'),
  'manifest.validation-source': manifestCase(
    '{ "number": 1,',
    '{ "validation": |"await import(\'./a.ts\')"|, "number": 1,',
  ),
};
