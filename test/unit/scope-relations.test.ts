import assert from 'node:assert/strict';
import { relationLines, rightsTo, scopeRelation } from '../../src/core/view/scope-relations.ts';
import { planOf, scope, slice } from './plan-fixture.ts';

suite('scope relations', () => {
  const a = slice('A1', {
    scope: scope({ create: ['src/new.ts'], modify: ['src/orders/**'], boundary: ['src/orders/tax.ts'] }),
  });
  const b = slice('B1', { scope: scope({ modify: ['src/orders/order.ts::Order'], boundary: ['src/new.ts'] }) });
  const c = slice('C1', { scope: scope({ modify: ['docs/*.md'] }) });
  const plan = planOf([a, b, c]);

  const relations: [string, typeof a, typeof a, string][] = [
    ['apart', a, c, 'A1 and C1 have nothing in common'],
    ['b-in-a', a, b, 'everything that B1 may write, A1 may write too'],
    ['a-in-b', b, a, 'everything that B1 may write, A1 may write too'],
    ['equal', a, { ...a, id: 'A2' }, 'A1 and A2 may write exactly the same'],
    [
      'meet',
      a,
      slice('D1', { scope: scope({ modify: ['src/*/order.ts', 'lib/x.ts'] }) }),
      'A1 and D1 share a part of what they may write',
    ],
  ];
  for (const [relation, left, right, words] of relations) {
    test(`${left.id} and ${right.id}: ${relation}`, () => {
      const found = scopeRelation(left, right);
      assert.equal(found.relation, relation);
      assert.equal(relationLines(found)[0], words);
      assert.equal(found.both.witness === null, relation === 'apart');
    });
  }

  test('places show what they say', () => {
    const lines = relationLines(scopeRelation(a, b));
    assert.deepEqual(lines.slice(1), ['  both     src/orders/order.ts::Order', '  only A1  src/new.ts']);
  });

  test('who may write a path, and a symbol in it', () => {
    const as = (place: string): unknown => rightsTo(plan, place).map((right) => right.as);
    assert.deepEqual(as('src/new.ts'), ['create', 'boundary', null]);
    assert.deepEqual(as('src/orders/tax.ts'), ['boundary', null, null]);
    assert.deepEqual(as('src/orders/order.ts'), ['modify', 'modify', null]);
    assert.deepEqual(as('src/orders/order.ts::Order.total'), ['modify', 'modify', null]);
    assert.deepEqual(as('src/orders/order.ts::Cart'), ['modify', null, null]);
    assert.deepEqual(as('../outside'), [null, null, null]);
    assert.deepEqual(rightsTo(plan, 'src/orders/order.ts')[1]?.symbols, ['Order']);
  });
});
