import assert from 'node:assert/strict';
import type { ScopePolicy } from '../../src/core/gate/policy.ts';
import { editedText, namesSymbolsOf, ruleOnSymbols } from '../../src/core/gate/symbol-policy.ts';
import { fileOf } from '../../src/core/gate/symbol-check.ts';
import { readTaskSpec } from '../../src/core/task/read.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';

const policy = (scope: string, approved: readonly string[] = []): ScopePolicy => ({
  v: 1,
  plan: 'p',
  slice: 'A1',
  worktree: '/w',
  approved,
  scope: readTaskSpec(`---\nid: A1\n---\n# A1: x\n\n## Scope\n\n${scope}\n`, 'tasks/task-001.md').task.scope,
});
const before = 'class A {\n  f() {\n    return 1;\n  }\n}\n\nclass B {\n  f() {\n    return 2;\n  }\n}\n';

suite('policy: edits of symbols', () => {
  const named = policy('MODIFY: a.ts::A, b.ts');

  async function rule(input: Readonly<Record<string, unknown>>, under = named): Promise<string> {
    const reader = await openCodeReader();
    const after = editedText(before, input);
    assert.ok(reader && after !== null);
    const ruling = ruleOnSymbols({ policy: under, path: 'a.ts', before, after, reader });
    return ruling.allow ? 'allowed' : ruling.reason;
  }

  test('an edit inside the symbol is allowed, one of another is not, and the reason says what to do', async () => {
    assert.equal(await rule({ old_string: 'return 1', new_string: 'return 3' }), 'allowed');
    assert.match(
      await rule({ old_string: 'return 2', new_string: 'return 3' }),
      /^With this edit, a\.ts::B\.f \(lines 8-10\) was modified and is outside `a\.ts::A`, the scope of slice A1\. .*NEEDS_INPUT/,
    );
    assert.match(
      await rule({
        edits: [
          { old_string: 'return 1', new_string: '3' },
          { old_string: 'class B', new_string: 'class C' },
        ],
      }),
      /and 3 more/,
    );
    assert.match(await rule({ old_string: 'return', new_string: 'throw', replace_all: true }), /a\.ts::B\.f/);
    assert.equal(await rule({ content: `import x from 'x';\n${before.replace('return 1', 'x()')}` }), 'allowed');
    assert.equal(
      await rule({ old_string: 'return 2', new_string: '3' }, policy('MODIFY: a.ts::A', ['a.ts::B'])),
      'allowed',
    );
    assert.match(
      await rule({ old_string: 'return 2', new_string: '3' }, policy('MODIFY: a.ts\nBOUNDARY: a.ts::B.f')),
      /BOUNDARY `a\.ts::B\.f`/,
    );
  });

  test('a text that does not parse yet is left to the check at the end', async () => {
    assert.equal(await rule({ old_string: 'return 2;', new_string: 'return (' }), 'allowed');
  });

  test('only files whose symbols are named are looked at', () => {
    assert.deepEqual(
      ['a.ts', 'b.ts', 'c.ts'].map((file) => namesSymbolsOf(named, file)),
      [true, false, false],
    );
    assert.equal(namesSymbolsOf(policy('MODIFY: a.ts::A', ['a.ts']), 'a.ts'), false);
  });

  test('an edit that cannot be applied has no text', () => {
    for (const input of [
      {},
      { old_string: 'absent', new_string: '' },
      { old_string: '', new_string: 'x' },
      { edits: [1] },
      { old_string: 1 },
    ])
      assert.equal(editedText(before, input), null);
    assert.equal(editedText('a $& a', { old_string: 'a', new_string: '$&' }), '$& $& a');
  });
});

suite('the file of an approved symbol', () => {
  test('is only cut off where the file can have symbols', () => {
    assert.deepEqual(['src/a.ts::A.b', 'src/a.ts', 'src::b.ts', 'a.xyz::B', '::x'].map(fileOf), [
      'src/a.ts',
      'src/a.ts',
      'src::b.ts',
      'a.xyz::B',
      '::x',
    ]);
  });
});
