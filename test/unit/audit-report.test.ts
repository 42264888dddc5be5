import { strict as assert } from 'node:assert';
import type { BlamedDifference } from '../../src/core/audit/blame.ts';
import { audited, auditSentence, violationsIn } from '../../src/core/audit/report.ts';

suite('the audit in words', () => {
  const said = (before: string | null, after: string | null): string => {
    const difference: BlamedDifference = {
      kind: 'checkout-file',
      what: 'a.ts',
      before,
      after,
      blame: 'suspected',
      evidence: null,
    };
    return auditSentence(audited(difference, { putBack: false, among: ['A1'] }));
  };
  const changed = '.M 0123 12 1.5 1.5 7';
  const untracked = '? 12 1.5 1.5 7';

  for (const [what, before, after, word] of [
    ['a file as committed that was written to', null, changed, 'changed'],
    ['a file as committed that was deleted', null, '.D 0123 gone', 'removed'],
    ['a new file', null, untracked, 'made'],
    ['a new file that git ignores', null, 'ignored 12 1.5 1.5 7', 'made'],
    ['a changed file that was changed again', changed, '.M 0123 13 2.5 2.5 7', 'changed'],
    ['a changed file that was put back to its commit', changed, null, 'changed'],
    ['an untracked file that was written to', untracked, '? 13 2.5 2.5 7', 'changed'],
    ['an untracked file that was deleted', untracked, null, 'removed'],
  ] as const)
    test(what, () => {
      assert.equal(said(before, after), `a.ts of the primary checkout was ${word} while A1 worked`);
    });

  test('what is proven comes first, then what is still changed; a person is not in the list', () => {
    const one = (what: string, blame: BlamedDifference['blame'], putBack: boolean) =>
      audited(
        { kind: 'ref-deleted', what, before: 'x', after: null, blame, evidence: null },
        { putBack, among: ['A1'] },
      );
    const found = [
      one('suspected and put back', 'suspected', true),
      one('by a person', 'person', false),
      one('suspected', 'suspected', false),
      one('proven and put back', 'proven', true),
      one('proven', 'proven', false),
    ];
    assert.deepEqual(
      violationsIn(found).map(({ what }) => what.replace(' was removed', '')),
      ['proven', 'proven and put back', 'suspected', 'suspected and put back'],
    );
  });
});
