import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gitCalls } from '../../src/core/gate/git-calls.ts';
import { ruleOnCommand, ruleOnEdit, type ScopePolicy } from '../../src/core/gate/policy.ts';
import { scope } from './plan-fixture.ts';
import { assertLinear } from './cost.ts';

const policy: ScopePolicy = {
  v: 1,
  plan: 'TS-1-shop',
  slice: 'A1',
  worktree: '/work/A1',
  approved: [],
  scope: scope({ create: ['src/cart/**'], modify: ['src/shop.ts'], boundary: ['src/cart/prices.ts'] }),
};

suite('policy: edits', () => {
  test('allows what the scope names', () => {
    for (const path of ['src/cart/a.ts', 'src/shop.ts'])
      assert.deepEqual(ruleOnEdit(policy, path, path), { allow: true });
  });

  test('says why not, and what to do instead', () => {
    for (const [path, why] of [
      ['src/other.ts', /^src\/other\.ts is in neither CREATE nor MODIFY of slice A1\. .*NEEDS_INPUT/],
      [
        'src/cart/prices.ts',
        /^src\/cart\/prices\.ts is inside BOUNDARY `src\/cart\/prices\.ts` of slice A1\. .*NEEDS_INPUT/,
      ],
      ['src/cart/secrets.json', /touches secrets/],
      [null, /^shown is outside this slice's worktree \(\/work\/A1\)/],
    ] as const) {
      const ruling = ruleOnEdit(policy, path, path ?? 'shown');
      assert.match(ruling.allow ? '' : ruling.reason, why);
    }
  });
});

suite('policy: commands', () => {
  const refused: Readonly<Record<string, readonly string[]>> = {
    push: [
      'git push',
      'git push origin HEAD',
      'cd x && git push',
      'true;git push',
      'git add -A\ngit push',
      'git -C "/a b" push',
      "git -C '/it'\\''s' push",
      'git --git-dir=/x push',
      'git --git-dir /x push',
      '/usr/bin/git push -f',
      "sh -c 'git push'",
      'bash -lc "cd x; git push"',
      'sh -c "$(git push)"',
      'GIT_DIR=x git push',
      'env A="b c" git push',
      'if true; then git push; fi',
      'x=$(git push 2>&1)',
      'echo "$(git push)"',
      'git status | xargs -n 1 git push',
      'git \\\n  push',
      'git commit -m "a" && git push',
    ],
    branch: [
      'git checkout main',
      'git checkout -b x',
      'git checkout .',
      'git switch -c x',
      'git branch -D main',
      'git branch --delete x',
    ],
    shared: [
      'git stash',
      'git stash pop',
      'git config user.name x',
      'git config --unset a',
      'git worktree add ../x',
      'git update-ref refs/x HEAD',
    ],
    hooks: [
      'git commit --no-verify -m x',
      'git commit -nm x',
      'git commit -anm x',
      'git -c core.hooksPath=/dev/null commit -m x',
    ],
  };
  for (const [name, commands] of Object.entries(refused)) {
    test(`refuses: ${name}`, () => {
      for (const command of commands) assert.equal(ruleOnCommand(policy, command).allow, false, command);
    });
  }

  test('leaves alone what only looks like it', () => {
    for (const command of [
      'git status',
      'git checkout -- config.txt',
      'git checkout HEAD -- a',
      'git commit -m "push the checkout -n away"',
      'git commit -m name',
      'git commit --amend --no-edit',
      'git add src/checkout/cart.ts',
      'git diff src/switch/push.ts',
      'git log --grep=push -n 3',
      'git branch --show-current',
      'git worktree list',
      'git stash list',
      'git config user.name',
      'git config --get user.name',
      'cat .git/config',
      'echo use git push later',
      'npm run push',
      'mygit push',
      'ls legit push',
    ]) {
      assert.deepEqual(ruleOnCommand(policy, command), { allow: true }, command);
    }
  });

  test('finds the call in any surroundings, however they are quoted', () => {
    const word = fc.stringMatching(/^[\w./=-]{1,8}$/);
    const quotedWord = fc.oneof(
      word,
      fc.string().map((text) => `'${text.replaceAll("'", '')}'`),
    );
    const before = fc.array(quotedWord, { minLength: 1, maxLength: 4 }).map((words) => ['echo', ...words].join(' '));
    fc.assert(
      fc.property(
        before,
        fc.constantFrom(';', '&&', '||', '|', '\n', '&'),
        fc.array(quotedWord, { maxLength: 3 }),
        (first, separator, args) => {
          const calls = gitCalls(`${first} ${separator} git push ${args.join(' ')}`);
          assert.ok(calls.some((call) => call.command === 'push'));
        },
      ),
    );
  });

  test('never throws, and takes long texts in its stride', () => {
    fc.assert(fc.property(fc.string(), (text) => void ruleOnCommand(policy, text)));
    for (const [part, most] of [
      ['git -a ', 20_000],
      ['"$(', 20_000],
      ['"', 50_002],
      ["x='", 30_000],
      ['\\', 50_000],
    ] as const)
      assertLinear(part, most, (count) => ruleOnCommand(policy, part.repeat(count)));
  });
});
