import { spec, specCase } from './workspace.ts';
import type { Cases } from './workspace.ts';

export const specCases: Cases<'spec'> = {
  'spec.yaml': specCase('id: TS-1\n', 'id: |@|TS-1\n'),
  'spec.yaml-strict': specCase('id: TS-1\n', 'id: TS-1\n|id|: TS-1\n'),
  'spec.front-matter': specCase('approved', '|maybe|'),
  'spec.outcome-missing': specCase('TS-1: Demo\n\n## Outcome', '|TS-1: Demo|\n\n## Result'),
  'spec.in-scope-missing': specCase(
    'TS-1: Demo\n\n## Outcome\n\nAnyone can order.\n\n## In scope',
    '|TS-1: Demo|\n\n## Outcome\n\nAnyone can order.\n\n## Inside',
  ),
  'spec.out-of-scope-missing': specCase(
    spec.slice(spec.indexOf('TS-1: Demo'), spec.indexOf('Out of scope') + 12),
    `|TS-1: Demo|${spec.slice(spec.indexOf('\n\n## Outcome'), spec.indexOf('Out of scope'))}Elsewhere`,
  ),
  'spec.evidence-missing': specCase(
    spec.slice(spec.indexOf('TS-1: Demo'), spec.indexOf('Evidence') + 8),
    `|TS-1: Demo|${spec.slice(spec.indexOf('\n\n## Outcome'), spec.indexOf('Evidence'))}Proofs`,
  ),
  'spec.answer-empty': specCase('Outcome\n\nAnyone can order.', '|Outcome|\n\n<what anyone can do>\n\nTBD'),
  'spec.confidence-low': specCase('confidence: HIGH', '|confidence: LOW|'),
  'spec.duplicate-slice': specCase('- A2: Endpoint', '- |A1|: Endpoint'),
  'spec.duplicate-merge-point': specCase('MP1: A1 -> A2', 'MP1: A1 -> A2\n\n|MP1: A2 -> A1|'),
  'spec.unknown-slice': specCase('after A1', 'after |A7|'),
  'spec.cycle': specCase('A1: Model (files: src/model.ts)', '|A1: Model (after A2)|'),
  'spec.merge-point': specCase('MP1: A1 -> A2', '|MP1: A1 and more|'),
  'spec.estimate': specCase('(after A1)', '(after A1; estimate: |soon|)'),
  'spec.contract-name': specCase('```ts src/types.ts', '|```ts|'),
};
