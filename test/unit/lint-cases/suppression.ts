import type { RepositoryFacts } from '../../../src/core/scope/repository-facts.ts';
import { specCase } from './workspace.ts';
import type { Cases } from './workspace.ts';

const from = '## Outcome\n\nAnyone can order.';
const empty = '## Outcome\n\nTBD';
const comment = (words: string) => `<!-- slicewave-disable-next-line ${words} -->\n${from}`;
/** Without the repository nothing is called unused. */
const repository: RepositoryFacts = { files: [], scripts: new Map(), programs: null, textOf: () => null };

export const suppressionCases: Cases<'suppression'> = {
  'suppression.malformed': {
    ...specCase(from, `<!-- |slicewave-disable| spec.answer-empty: old form -->\n${from}`),
    quiet: `The comment \`<!-- slicewave-disable x -->\` is no suppression; slicewave-disable neither.\n\n${from}`,
  },
  'suppression.reason-missing': {
    ...specCase(from, comment('|spec.answer-empty|:')),
    quiet: comment('spec.answer-empty: decided on Monday'),
  },
  'suppression.unknown-code': {
    ...specCase(from, comment('|spec.answer-emtpy|: decided on Monday')),
    quiet: comment('spec.answer-empty: decided on Monday'),
  },
  'suppression.unused': {
    ...specCase(from, comment('|spec.answer-empty|: decided on Monday')),
    repository,
    quiet: comment('spec.answer-empty: decided on Monday').replace(from, empty),
  },
};
