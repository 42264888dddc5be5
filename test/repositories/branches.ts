/** Branches, and how they are merged. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { LINES, movesOn, own, type RepositoryRow } from './row.ts';

/** Two changes of one file, of which a driver of the repository's own makes one. */
function mergedBy(driver: string): Pick<RepositoryRow, 'build' | 'between'> {
  return {
    build: own((site) => {
      site.write('r/.gitattributes', 'src/a.txt merge=lines\n');
      site.git('r', 'config', 'merge.lines.driver', driver);
      site.write('r/src/a.txt', LINES.join('\n'));
      site.commit('r', 'attributes');
      site.act('A1', 'sed -i "s/^line 5$/five A1/" src/a.txt');
    }),
    between: (site) => {
      site.write('r/src/a.txt', LINES.with(24, 'by hand').join('\n'));
      site.commit('r', 'moved');
    },
  };
}

export const BRANCHES: readonly RepositoryRow[] = [
  {
    name: 'a branch in another script that is the only one, with branches of `heads/` beside it',
    kind: 'branches',
    right: 'works',
    build: own((site) => {
      site.git('r', 'branch', '-q', '-m', 'größe-日本');
      site.git('r', 'branch', '-q', 'heads/größe-日本');
    }),
    into: 'größe-日本',
  },
  {
    name: 'a branch to go into that another worktree has checked out',
    kind: 'branches',
    right: 'that checkout follows',
    build: own((site) => {
      site.git('r', 'switch', '-q', '-c', 'work');
      site.git('r', 'worktree', 'add', '-q', site.at('release'), 'main');
    }),
    after: (site) => {
      assert.match(site.read('release/src/b.txt'), /B1/);
      assert.equal(site.git('release', 'status', '--porcelain'), '');
    },
  },
  {
    name: 'a rebase that stopped half-way in the checkout',
    kind: 'branches',
    right: 'works, and the rebase can go on',
    build: own((site) => {
      site.git('r', 'switch', '-q', '-c', 'topic');
      site.write('r/late.txt', 'late\n');
      site.commit('r', 'late');
      site.git('r', '-c', 'sequence.editor=sed -i 1i\\break', 'rebase', '-q', '-i', 'main');
    }),
    after: (site) => {
      site.git('r', 'rebase', '--continue');
      assert.equal(site.git('r', 'branch', '--show-current'), 'topic');
    },
  },
  {
    name: 'a branch with slashes',
    kind: 'branches',
    right: 'works',
    build: own((site) => {
      site.git('r', 'switch', '-q', '-c', 'team/pat/feat');
    }),
    into: 'team/pat/feat',
  },
  {
    name: 'a tag with the name of the branch',
    kind: 'branches',
    right: 'the branch is meant',
    build: (site) => {
      mkdirSync(site.at('r'));
      site.git('r', 'init', '-q', '-b', 'main', '.');
      site.commit('r', 'old');
      site.git('r', 'tag', 'main');
      site.git('r', 'tag', 'slicewave/T-1/A1');
      site.sources('r');
      site.commit('r', 'start');
      return 'r';
    },
    runOptions: ['--base', 'main'],
    after: (site) => assert.equal(site.git('r', 'log', '-1', '--format=%s', 'slicewave/T-1/A1'), 'old'),
  },
  {
    name: 'a detached HEAD',
    kind: 'branches',
    right: 'starts from that commit',
    build: own((site) => {
      site.git('r', 'checkout', '-q', '--detach');
    }),
  },
  {
    name: 'a branch named `slicewave`',
    kind: 'branches',
    right: 'said before anything is paid: git has no room for `slicewave/...` beside it',
    build: own((site) => {
      site.git('r', 'branch', 'slicewave');
    }),
    unrunnable: /branch (?:named )?`?slicewave/,
  },
  {
    name: 'a repository without commits',
    kind: 'branches',
    right: 'said, with what to do',
    build: (site) => {
      mkdirSync(site.at('r'));
      site.git('r', 'init', '-q', '-b', 'main', '.');
      site.sources('r');
      return 'r';
    },
    uncommitted: true,
    unrunnable: /has no commits yet/,
  },
  {
    name: 'a merge driver that keeps one side',
    kind: 'merging',
    right: 'no branch is moved by a merge that would leave work out',
    ...mergedBy('true'),
    refused: /a merge driver .* keeps only one side of src\/a\.txt/,
  },
  {
    name: 'a merge driver that merges',
    kind: 'merging',
    right: 'works',
    ...mergedBy('git merge-file %A %O %B'),
    after: (site) => assert.match(site.git('r', 'show', 'main:src/a.txt'), /five A1[^]*by hand/),
  },
  {
    name: '`merge.ff=only`, where the branch moved on',
    kind: 'merging',
    right: 'the branch is not moved; it is said why, and what to do',
    build: own((site) => site.set('merge.ff', 'only')),
    between: movesOn,
    refused: /merge\.ff/,
  },
  {
    name: '`branch.main.mergeOptions=--squash`, where the branch moved on',
    kind: 'merging',
    right: 'the work is in the branch all the same',
    build: own((site) => site.git('r', 'config', 'branch.main.mergeOptions', '--squash')),
    between: movesOn,
    after: (site) => site.git('r', 'merge-base', '--is-ancestor', 'slicewave/T-1/integration', 'main'),
  },
  {
    name: 'a `prepare-commit-msg` that refuses, where the branch moved on',
    kind: 'merging',
    right: 'works: merges that the tool makes start no hook',
    build: own((site) => site.hook('r/.git/hooks/prepare-commit-msg', 'echo "no ticket" >&2; exit 1')),
    between: movesOn,
    after: (site) => site.git('r', 'merge-base', '--is-ancestor', 'slicewave/T-1/integration', 'main'),
  },
];
