import { isDecomposingAgent, type DecomposingAgentId } from '../../../core/agent/agents.ts';
import { isImporterId, type DecomposerId, type ImporterId } from '../../../core/decompose/table.ts';
import { agentDecomposer } from './agent.ts';
import { commandDecomposer } from './command.ts';
import type { Decomposer } from './decomposer.ts';
import { editorDecomposer } from './editor.ts';
import { importDecomposer } from './import.ts';
import { inPackage } from './in-package.ts';
import { structureDecomposer } from './structure.ts';

/** Those of a kind of their own; agents and importers follow from their tables. */
const OWN: Readonly<Record<Exclude<DecomposerId, DecomposingAgentId | ImporterId>, Decomposer>> = {
  structure: inPackage(structureDecomposer),
  command: commandDecomposer,
  editor: editorDecomposer,
};

/** What carries out a row of the table of decomposers. */
export function decomposerFor(id: DecomposerId): Decomposer {
  if (isImporterId(id)) return inPackage(importDecomposer(id));
  return isDecomposingAgent(id) ? agentDecomposer(id) : OWN[id];
}
