import { spec, specCase, type Case, type Cases } from './workspace.ts';

const near = (found: Case, quiet: string): Case => ({ ...found, quiet });

export const specCases: Cases<'spec'> = {
  'spec.yaml': specCase('id: TS-1\n', 'id: |@|TS-1\n'),
  'spec.yaml-strict': specCase('id: TS-1\n', 'id: TS-1\n|id|: TS-1\n'),
  'spec.front-matter': near(specCase('approved', '|maybe|'), 'Draft'),
  'spec.outcome-missing': near(
    specCase('TS-1: Demo\n\n## Outcome', '|TS-1: Demo|\n\n## Result'),
    'TS-1: Demo\n\n### Goals',
  ),
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
  'spec.answer-empty': near(
    specCase('Outcome\n\nAnyone can order.', '|Outcome|\n\n<what anyone can do>\n\nTBD'),
    'Outcome\n\n<!-- to be agreed -->\n\nOrders.',
  ),
  'spec.outcome-vague': near(
    specCase('Anyone can order.', 'A |more robust| import and improved quality.'),
    'An improved import lists the broken rows by their lines.',
  ),
  'spec.scope-item-vague': near(
    specCase('- orders', '- orders, stock, |etc.|'),
    '- fixes of the importer, among them the one for broken rows',
  ),
  'spec.evidence-vague': near(
    specCase('- [ ] `npm test` passes', '- [ ] `npm test` passes\n- [ ] The new search |works well|'),
    '- [ ] `npm test` passes\n- [ ] Search works well: "tea" lists the mugs with that tag',
  ),
  'spec.scope-contradiction': near(specCase('- payment', '- |The `Orders`.|'), '- orders by telephone'),
  'spec.vague-limit': near(
    specCase('Anyone can order.', 'Anyone can order |quickly|. There are 3 steps.'),
    'Anyone can order quickly, within 3 steps. It fails fast. `many` is a word.',
  ),
  'spec.open-questions': near(
    specCase('## Slices', '## Open questions\n\n- [x] Who ships?\n- |Which currency?|\n\n## Slices'),
    '## Open questions\n\n- [x] Who ships?\n- Which currency? Decided: euro\n- ~~When?~~\n- How?\n  - Answer: by mail\n\n## Slices',
  ),
  'spec.confidence-low': near(specCase('confidence: HIGH', '|confidence: LOW|'), 'confidence: MEDIUM'),
  'spec.sensitive-unguarded': near(
    specCase('- orders', '- orders\n- |Login| by mail'),
    '- orders, without login\n\n## Constraints\n\n- `password` is a column nobody reads',
  ),
  'spec.workstream-boundary': near(
    specCase('## Slices\n\n', '## Workstreams\n\n### |WS-A: Orders|\n\n'),
    '## Workstreams\n\n### WS-A: Orders\n\nBoundary: src/orders/**\n\n',
  ),
  'spec.duplicate-slice': near(specCase('- A2: Endpoint', '- |A1|: Endpoint'), '- A3: Endpoint (after A1)\n- A2: More'),
  'spec.slice-line': near(
    specCase('## Slices\n\n', '## Slices\n\n|Everything is done in order.|\n\n'),
    '## Slices\n\n<!-- in order -->\n\n',
  ),
  'spec.slice-done': near(
    specCase('- A2: Endpoint', '- [x] |A0|: First\n- A2: Endpoint'),
    '- [ ] A0: First\n- A2: Endpoint',
  ),
  'spec.slice-files': near(
    specCase('(files: src/model.ts)', '(files: |the model|)'),
    '(files: src/model.ts (the model))',
  ),
  'spec.duplicate-merge-point': near(
    specCase('MP1: A1 -> A2', 'MP1: A1 -> A2\n\n|MP1: A2 -> A1|'),
    'MP1: A1 -> A2\n\nMP2: A1 -> A2',
  ),
  'spec.unknown-slice': near(specCase('MP1: A1 -> A2', 'MP1: A1 + |A7| -> A2'), 'MP1: A1 -> A2'),
  'spec.cycle': near(
    specCase('A1: Model (files: src/model.ts)', '|A1: Model (after A2)|'),
    'A0: First\n- A1: Model (after A0)',
  ),
  'spec.merge-point': near(specCase('MP1: A1 -> A2', '|MP1: A1 and more|'), '**Merge point MP1**: A1 -> A2'),
  'spec.estimate': near(specCase('(after A1)', '(after A1; estimate: |soon|)'), '(after A1; estimate: 2-4h)'),
  'spec.contract-name': near(specCase('```ts src/types.ts', '|```ts|'), 'src/types.ts:\n\n```ts'),
};
