import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CodeFile } from '../../src/core/code/model.ts';
import { contractRoles, type ContractUser } from '../../src/core/decompose/contract-roles.ts';
import { declaredNames } from '../../src/core/code/declared-names.ts';
import { scaffoldContract, scaffoldContracts } from '../../src/core/judge/contract-scaffold.ts';
import { consumerSlice, missingContractMessage, missingContracts } from '../../src/core/judge/contracts.ts';
import { followImports } from '../../src/core/judge/follow-imports.ts';
import type { ManifestContract } from '../../src/core/manifest/model.ts';
import type { Slice } from '../../src/core/plan/model.ts';
import { mergePoint, planOf, scope, slice } from './plan-fixture.ts';

const contract = (path: string, provider: string | null, consumers: string[]): ManifestContract => ({
  path,
  target: null,
  provider,
  consumers,
});

const users = slice('A1', {
  title: 'Users model',
  workstream: 'WS-A',
  scope: scope({ modify: ['apps/users/**'] }),
});
const userApi = slice('A2', {
  title: 'User API',
  workstream: 'WS-A',
  deps: ['A1'],
  scope: scope({ create: ['apps/users_api.py'] }),
});
const orders = slice('B1', {
  title: 'Orders',
  workstream: 'WS-B',
  deps: ['A1'],
  scope: scope({ modify: ['apps/orders/**'] }),
});
const shop = (slices: readonly Slice[] = [users, userApi, orders], given: object = {}) =>
  planOf(slices, {
    technology: 'python',
    workstreams: [
      { id: 'WS-A', name: 'Users', boundary: [] },
      { id: 'WS-B', name: 'Orders', boundary: [] },
    ],
    ...given,
  });

suite('contracts: interfaces without one', () => {
  test('a dependency between workstreams, once for each pair of them', () => {
    const two = slice('B2', { title: 'Returns', workstream: 'WS-B', deps: ['A2', 'B1'] });
    const plan = shop([users, userApi, orders, two]);
    assert.deepEqual(missingContracts({ plan }), [
      {
        provider: 'WS-A',
        consumer: 'WS-B',
        slices: [
          { provider: 'A1', consumer: 'B1' },
          { provider: 'A2', consumer: 'B2' },
        ],
        witness: { kind: 'dep', from: 'A1', to: 'B1' },
        imports: [],
        existing: [],
      },
    ]);
    assert.equal(
      missingContractMessage(missingContracts({ plan })[0]!, plan),
      'WS-B (Orders) relies on WS-A (Users) and no contract says on what: B1 on A1, B2 on A2; write down the interface before either starts, and name it in both',
    );
  });

  test('a merge point is an interface too; within one workstream, or outside of all, there is none', () => {
    const alone = { ...orders, deps: [] };
    const plan = shop([users, userApi, alone], { mergePoints: [mergePoint('MP1', ['A2'], ['B1'])] });
    assert.deepEqual(missingContracts({ plan })[0]?.witness, {
      kind: 'merge-point',
      mergePoint: 'MP1',
      from: 'A2',
      to: 'B1',
    });
    assert.match(missingContractMessage(missingContracts({ plan })[0]!, plan), /B1 on A2 \(MP1\)/);
    assert.equal(consumerSlice(missingContracts({ plan })[0]!, plan)?.id, 'B1');
    assert.deepEqual(missingContracts({ plan: shop([users, userApi, { ...orders, workstream: null }]) }), []);
    assert.deepEqual(missingContracts({ plan: shop([users, userApi, { ...orders, workstream: 'WS-A' }]) }), []);
  });

  test('what only keeps two workstreams in step is no interface, nor is what a test looks at', () => {
    const alone = { ...orders, deps: [] };
    const both = shop([users, { ...userApi, deps: [] }, alone, slice('B2', { workstream: 'WS-B' })], {
      mergePoints: [mergePoint('MP1', ['A1', 'B1'], ['A2', 'B2'])],
    });
    assert.deepEqual(missingContracts({ plan: both }), []);
    const oneWay = shop([users, alone, slice('B2', { workstream: 'WS-B' })], {
      mergePoints: [mergePoint('MP1', ['A1', 'B1'], ['B2'])],
    });
    assert.deepEqual(missingContracts({ plan: oneWay })[0]?.slices, [{ provider: 'A1', consumer: 'B2' }]);
    const looking = { ...orders, scope: scope({ create: ['e2e/shop.spec.ts', 'docs/shop.md'] }) };
    assert.deepEqual(missingContracts({ plan: shop([users, looking]) }), []);
  });

  test('contracts the provider has already are named', () => {
    const plan = shop([users, orders], { contracts: [contract('contracts/users.py', 'A1', ['C1'])] });
    const [missing] = missingContracts({ plan });
    assert.deepEqual(missing?.existing, ['contracts/users.py']);
    assert.match(missingContractMessage(missing, plan), /; name contracts\/users\.py in both if it says enough, else/);
    assert.equal(scaffoldContract({ plan, missing: [missing] })?.path, 'contracts/users_for_orders.py');
  });

  test('an import across the border shows an interface that no edge declares, in the direction it provides', () => {
    const plan = shop([users, { ...orders, deps: [] }]);
    const at = { from: 'apps/orders/place.py', to: 'apps/users/models.py', names: ['User'], line: 3 };
    const imports = [
      { ...at, from: 'apps/orders/z.py' },
      at,
      { ...at, from: 'scripts/x.py' },
      { ...at, from: 'apps/users/y.py' },
    ];
    const [missing, ...more] = missingContracts({ plan, imports });
    assert.deepEqual(more, []);
    assert.deepEqual([missing?.provider, missing?.consumer], ['WS-A', 'WS-B']);
    assert.deepEqual(missing?.witness, { kind: 'import', from: 'A1', to: 'B1', at });
    assert.equal(missing?.imports.length, 2);
    assert.deepEqual(missingContracts({ plan, imports: imports.toReversed() }), missingContracts({ plan, imports }));
    const walled = {
      ...orders,
      deps: [],
      scope: scope({ modify: ['apps/orders/**'], boundary: ['apps/orders/place.py', 'apps/orders/z.py'] }),
    };
    assert.deepEqual(missingContracts({ plan: shop([users, walled]), imports }), []);
  });

  test('who may write one symbol of a file provides nothing of the others', () => {
    const one = slice('A1', { workstream: 'WS-A', scope: scope({ modify: ['apps/users/models.py::User'] }) });
    const plan = shop([one, { ...orders, deps: [] }]);
    const needed = (name: string): number =>
      missingContracts({
        plan,
        imports: [{ from: 'apps/orders/place.py', to: 'apps/users/models.py', names: [name], line: 1 }],
      }).length;
    assert.equal(needed('User'), 1);
    assert.equal(needed('Group'), 0);
  });

  test('imports are followed from parsed files of the scopes to files of the repository', () => {
    const files = [
      'apps/orders/place.py',
      'apps/users/models.py',
      'apps/users/__init__.py',
      'apps/__init__.py',
      'other.py',
    ];
    const asked: string[] = [];
    const code = (file: string): CodeFile => {
      asked.push(file);
      const imports = [
        { specifier: 'apps.users.models', names: ['User'], line: 3 },
        { specifier: 'os', names: [], line: 1 },
      ];
      return {
        language: 'python',
        symbols: [],
        imports: file === 'apps/orders/place.py' ? imports : [],
        broken: false,
      };
    };
    const plan = shop([users, { ...orders, deps: [] }]);
    const imports = followImports({ plan, repoFiles: files, textOf: () => null, code });
    assert.deepEqual(imports, [{ from: 'apps/orders/place.py', to: 'apps/users/models.py', names: ['User'], line: 3 }]);
    assert.deepEqual(asked.toSorted(), ['apps/orders/place.py', 'apps/users/__init__.py', 'apps/users/models.py']);
    assert.deepEqual(
      missingContracts({ plan, imports }).map(({ provider, consumer }) => [provider, consumer]),
      [['WS-A', 'WS-B']],
    );
  });

  test('what covers it', () => {
    const covered = (contracts: ManifestContract[], a: string[] = [], b: string[] = []): boolean =>
      missingContracts({
        plan: shop(
          [
            { ...users, contracts: a },
            { ...orders, contracts: b },
          ],
          { contracts },
        ),
      }).length === 0;
    const path = 'contracts/users.py';
    assert.ok(covered([contract(path, 'A1', ['B1'])]), 'provider and consumer in the manifest');
    assert.ok(covered([contract(path, 'A1', [])], [], [path]), 'the consumer names what the provider provides');
    assert.ok(covered([contract(path, null, [])], [path], ['users.py']), 'both name it, in any spelling');
    assert.ok(covered([contract(path, null, [])]), 'one for everybody');
    assert.ok(!covered([contract(path, 'A1', ['Z9'])]), 'the consumer is not among the consumers');
    assert.ok(covered([contract(path, null, [])], [path]), 'who names none is given what is for everybody');
    assert.ok(!covered([contract(path, null, [])], [path], ['contracts/none.py']), 'only one names it');
    assert.ok(!covered([contract(path, 'A1', []), contract('contracts/x.py', 'B1', [])]), 'each has its own');
    assert.ok(!covered([], ['contracts/nowhere.py'], ['contracts/nowhere.py']), 'it is not in the plan');
  });

  test('any plan: a pair of workstreams is reported exactly when one of its edges is not covered', () => {
    const ids = ['S0', 'S1', 'S2', 'S3', 'S4', 'S5'];
    const any = fc.record({
      streams: fc.array(fc.constantFrom('WS-A', 'WS-B', 'WS-C', null), { minLength: 6, maxLength: 6 }),
      deps: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 8 }),
      consumers: fc.subarray(ids),
      provider: fc.constantFrom(...ids, null),
    });
    fc.assert(
      fc.property(any, ({ streams, deps, consumers, provider }) => {
        const slices = ids.map((id, i) =>
          slice(id, {
            workstream: streams[i] ?? null,
            contracts: ['nothing'],
            deps: deps.filter(([from, to]) => from < to && to === i).map(([from]) => `S${from}`),
          }),
        );
        const plan = planOf(slices, { contracts: [contract('contracts/x.ts', provider, consumers)] });
        const inside = (id: string): boolean => id === provider || consumers.includes(id);
        const expected = new Set(
          slices.flatMap((to) =>
            to.deps.flatMap((dep) => {
              const from = slices.find((other) => other.id === dep)!;
              if (!from.workstream || !to.workstream || from.workstream === to.workstream) return [];
              return inside(from.id) && inside(to.id) ? [] : [`${from.workstream}>${to.workstream}`];
            }),
          ),
        );
        assert.deepEqual(
          new Set(missingContracts({ plan }).map((item) => `${item.provider}>${item.consumer}`)),
          expected,
        );
      }),
    );
  });
});

suite('contracts: scaffolds', () => {
  const spec = {
    path: 'specs/s.md',
    text: `# S

## Interfaces

The user as others see it:

\`\`\`python
class User:
    id: int
    email: str
\`\`\`

\`\`\`yaml
paths:
  /users/{id}:
    get: {}
\`\`\`

\`\`\`python
class Invoice:
    total: int
\`\`\`

\`\`\`python contracts/billing.py
class UserBill: ...
\`\`\`
`,
  };
  const withTask = (given: Slice, requirements: string): Slice => ({ ...given, task: { ...given.task, requirements } });

  test('hold what the spec says of the provider, and mark what is open', () => {
    const plan = shop([withTask(users, '- `load_user(user_id: int) -> User` finds one\n- `pytest` passes'), orders], {
      contracts: [
        { path: 'contracts/billing.py', target: 'apps/contracts/billing.py', provider: 'Z', consumers: ['Z'] },
      ],
    });
    const scaffold = scaffoldContract({ plan, missing: missingContracts({ plan }), spec });
    assert.equal(scaffold?.path, 'apps/contracts/users.py');
    assert.deepEqual([scaffold?.provider, scaffold?.consumers, scaffold?.language], ['A1', ['B1'], 'py']);
    assert.equal(
      scaffold?.content,
      `# Users: what B1 may rely on, provided by A1.
# Written before any slice starts and changed by none: a change is a question to the person who runs the plan.

class User:
    id: int
    email: str

# The spec says in yaml, to be written in the language of this file:
#   paths:
#     /users/{id}:
#       get: {}

# Named in the spec, types to be agreed:
# - load_user(user_id: int) -> User
`,
    );
    assert.equal(scaffold?.open, 2);
  });

  test('without a word in the spec, everything is to be agreed, with what is imported today', () => {
    const plan = planOf([
      { ...users, scope: scope({ modify: ['src/users.ts'] }) },
      { ...orders, deps: [], scope: scope({ modify: ['src/orders.ts'] }) },
    ]);
    const imports = [{ from: 'src/orders.ts', to: 'src/users.ts', names: ['User', 'load'], line: 2 }];
    const scaffold = scaffoldContract({ plan, missing: missingContracts({ plan, imports }) });
    assert.equal(scaffold?.path, 'contracts/ws-a.ts');
    assert.match(scaffold?.content ?? '', /\/\/ - User, load from src\/users\.ts \(src\/orders\.ts:2\)/);
    assert.match(scaffold?.content ?? '', /\/\/ To be agreed: what B1 \(Orders\) takes from A1/);
    for (const line of (scaffold?.content ?? '').trim().split('\n')) assert.match(line, /^(\/\/|$)/);
    assert.equal(scaffoldContract({ plan, missing: [] }), null);
  });

  test('one file for each providing workstream, whoever consumes', () => {
    const plan = shop([users, orders, slice('C1', { workstream: 'WS-C', deps: ['A1', 'B1'] })]);
    const scaffolds = scaffoldContracts({ plan, missing: missingContracts({ plan }) });
    assert.deepEqual(
      scaffolds.map((item) => [item.path, item.provider, item.consumers]),
      [
        ['contracts/users.py', 'A1', ['B1', 'C1']],
        ['contracts/orders.py', 'B1', ['C1']],
      ],
    );
  });
});

suite('contracts: who provides and who consumes', () => {
  const user = (id: string, title: string, given: Partial<ContractUser> = {}): ContractUser => ({
    id,
    title,
    workstream: null,
    deps: [],
    writes: [],
    words: [],
    ...given,
  });

  test('names of the languages that contracts are written in', () => {
    const texts = [
      'export interface Order {\n}\nexport type Sku = string;\nexport abstract class Base {}\nexport const MAX = 1;',
      'class Order(Base):\n    def total(self): ...\n',
      'type Order struct {}\nfunc (s Store) Load() {}',
      'message Order {}\nservice Orders { rpc Place(Order) returns (Order); }',
      'paths:\n  /orders/{id}:\n    get: {}\ncomponents:\n  schemas:\n    Order:\n      type: object\n    Line:\n      type: object\n',
      'CREATE TABLE IF NOT EXISTS orders (id int);',
    ];
    assert.deepEqual(texts.map(declaredNames), [
      ['Order', 'Sku', 'Base', 'MAX'],
      ['Order'],
      ['Order', 'Load'],
      ['Order', 'Orders'],
      ['orders', 'Order', 'Line'],
      ['orders'],
    ]);
  });

  test('the slice named after what the contract declares provides it; who mentions it or waits for it consumes it', () => {
    const slices = [
      user('A1', 'User accounts', { writes: ['apps/users/models.py'] }),
      user('B1', 'Cart', { words: ['a cart belongs to a user'] }),
      user('C1', 'Shipping', { deps: ['A1'] }),
      user('D1', 'Colours'),
    ];
    const roles = contractRoles(
      { path: 'contracts/users.py', content: 'class User: ...' },
      slices,
      new Map([['A1', ['E1']]]),
    );
    assert.deepEqual(roles, { provider: 'A1', consumers: ['B1', 'C1'], parts: [] });
  });

  test('a slice that says so, or that writes the place, wins; several parts are no provider', () => {
    const slices = [
      user('A1', 'User', { words: ['Implements `contracts/api.ts`'] }),
      user('B1', 'Order', { writes: ['src/api/**'] }),
    ];
    const content = 'export interface Order {}\nexport interface User {}';
    assert.equal(contractRoles({ path: 'contracts/api.ts', content }, slices).provider, 'A1');
    assert.equal(contractRoles({ path: 'src/api/x.ts', content }, slices).provider, 'B1');
    assert.deepEqual(contractRoles({ path: 'lib/y.ts', content }, slices), {
      provider: null,
      consumers: ['A1', 'B1'],
      parts: ['A1', 'B1'],
    });
  });

  test('when nothing narrows it down, everybody is given it', () => {
    const slices = [user('A1', 'One'), user('B1', 'Two')];
    assert.deepEqual(contractRoles({ path: 'x.ts', content: '' }, slices), {
      provider: null,
      consumers: ['A1', 'B1'],
      parts: [],
    });
  });
});
