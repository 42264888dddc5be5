import type { DecomposerId } from '../../../core/decompose/table.ts';
import { claudeDecomposer } from './claude.ts';
import { codexDecomposer } from './codex.ts';
import { commandDecomposer } from './command.ts';
import type { Decomposer } from './decomposer.ts';
import { editorDecomposer } from './editor.ts';
import { importDecomposer } from './import.ts';
import { structureDecomposer } from './structure.ts';

/** What carries out each row of the table of decomposers. */
export const decomposers: Readonly<Record<DecomposerId, Decomposer>> = {
  structure: structureDecomposer,
  claude: claudeDecomposer,
  codex: codexDecomposer,
  command: commandDecomposer,
  editor: editorDecomposer,
  'spec-kit': importDecomposer('spec-kit'),
  openspec: importDecomposer('openspec'),
  kiro: importDecomposer('kiro'),
  'task-master': importDecomposer('task-master'),
  backlog: importDecomposer('backlog'),
  'github-tasks': importDecomposer('github-tasks'),
};
