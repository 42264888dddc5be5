import { DECOMPOSERS } from '../../../core/decompose/table.ts';
import { fail } from '../../failure.ts';
import type { Decomposer } from './decomposer.ts';
import { draftInRounds } from './rounds.ts';

/** Who can be asked from the command line. */
const asked = DECOMPOSERS.filter((row) => row.kind === 'agent').map((row) => row.id);

/** The language model of the editor. It has no tools, so it is shown what the others would open. */
export const editorDecomposer: Decomposer = (request) => {
  const agent = request.runAgent ?? request.options.editorModel;
  if (!agent) {
    return Promise.resolve(
      fail(
        'agent',
        'The language model of VS Code is only there inside VS Code',
        `Decompose from the Command Palette there, or use --with ${asked.join(' or ')} here.`,
      ),
    );
  }
  return draftInRounds({ ...request, title: 'The language model', reads: false, agent });
};
