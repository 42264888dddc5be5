/** Settings of people and machines, and what else stands around a repository. */
import assert from 'node:assert/strict';
import { movesOn, own, type RepositoryRow } from './row.ts';

export const SETTINGS: readonly RepositoryRow[] = [
  {
    name: '`core.autocrlf=true` and `core.safecrlf=true`, with mixed line ends',
    kind: 'settings',
    right: 'commits hold what git makes of them, and nothing is refused',
    build: own((site) => {
      site.write('r/src/a.txt', 'dos\r\nunix\n');
      site.commit('r', 'mixed');
      site.set('core.autocrlf', 'true');
      site.set('core.safecrlf', 'true');
    }),
    after: (site) => {
      assert.equal(site.git('r', 'show', 'main:src/a.txt'), 'dos\r\nunix\nA1');
      assert.equal(site.git('r', 'show', 'main:src/b.txt'), '1\nB1');
    },
  },
  {
    name: 'a commit template that is gone, an editor that fails, `commit.cleanup=scissors`, another comment sign',
    kind: 'settings',
    right: 'works; nobody is asked',
    build: own((site) => {
      site.set('commit.template', site.at('gone.txt'));
      site.set('commit.verbose', 'true');
      site.set('commit.cleanup', 'scissors');
      site.set('core.commentChar', ';');
      site.set('core.editor', 'false');
      site.set('sequence.editor', 'false');
    }),
    between: movesOn,
  },
  {
    name: 'hooks for every repository (`core.hooksPath`): one that refuses commits, one that fails after a checkout',
    kind: 'settings',
    right: 'works: the commits of slices are the tool’s, and a checkout that was made counts',
    build: own((site) => {
      site.hook('hooks/pre-commit', 'echo "lint failed" >&2; exit 1');
      site.hook('hooks/post-checkout', 'echo "no gem" >&2; exit 64');
      site.set('core.hooksPath', site.at('hooks'));
    }),
  },
  {
    name: 'diffs of the user’s own (`diff.external`, `textconv`, `noprefix`, `colorMoved`, `order`)',
    kind: 'settings',
    right: 'works; what is recorded of a run does not depend on them',
    build: own((site) => {
      site.write('r/.gitattributes', '*.txt diff=shown\n');
      site.commit('r', 'attributes');
      site.set('diff.external', 'false');
      site.set('diff.shown.textconv', 'false');
      site.set('diff.noprefix', 'true');
      site.set('diff.mnemonicPrefix', 'true');
      site.set('color.ui', 'always');
      site.set('core.quotePath', 'true');
      site.set('status.short', 'true');
      site.set('log.showSignature', 'true');
    }),
  },
  {
    name: '`core.fsmonitor` with a program that fails, and `core.untrackedCache`',
    kind: 'settings',
    right: 'works; the program is not asked',
    build: own((site) => {
      site.git('r', 'config', 'core.untrackedCache', 'true');
      site.git('r', 'config', 'core.fsmonitor', site.at('hooks/monitor'));
      site.hook('hooks/monitor', `touch ${site.at('r')}/../asked-by-$SLICEWAVE_SLICE; exit 1`);
    }),
  },
  {
    name: '`feature.manyFiles`, an index in two parts, `gc.auto=1`',
    kind: 'settings',
    right: 'works',
    build: own((site) => {
      site.git('r', 'config', 'feature.manyFiles', 'true');
      site.git('r', 'config', 'core.splitIndex', 'true');
      site.git('r', 'config', 'gc.auto', '1');
      site.git('r', 'update-index', '--split-index', '--index-version', '4');
    }),
  },
  {
    name: 'commits signed with an SSH key (`commit.gpgSign`)',
    kind: 'settings',
    right: 'the commits of slices and merges are signed',
    build: own((site) => {
      site.signWithSsh();
    }),
    between: movesOn,
    after: (site) =>
      assert.deepEqual(
        ['slicewave/T-1/A1', 'slicewave/T-1/B1', 'main'].map((branch) =>
          site.git('r', 'log', '-1', '--format=%G?', branch),
        ),
        ['G', 'G', 'G'],
      ),
  },
  {
    name: 'a signer that fails',
    kind: 'settings',
    right: 'commits are made unsigned, and it is said',
    build: own((site) => {
      site.set('commit.gpgSign', 'true');
      site.set('gpg.program', 'false');
      site.set('user.signingKey', 'ABCDEF');
    }),
    says: /unsigned|not signed|without (?:a )?signature/i,
  },
  {
    name: 'a user whom git does not know (`user.useConfigOnly`)',
    kind: 'settings',
    right: 'commits are made in the tool’s name',
    build: own((site) => {
      site.set('user.useConfigOnly', 'true');
      site.git('.', 'config', '--global', '--unset', 'user.name');
      site.git('.', 'config', '--global', '--unset', 'user.email');
    }),
    uncommitted: true,
    after: (site) => assert.equal(site.git('r', 'log', '-1', '--format=%an', 'slicewave/T-1/A1'), 'Slicewave'),
  },
  {
    name: 'a user by the environment (`GIT_AUTHOR_NAME`)',
    kind: 'settings',
    right: 'commits are made in that name',
    build: own((site) => {
      for (const who of ['AUTHOR', 'COMMITTER'])
        Object.assign(site.env, { [`GIT_${who}_NAME`]: 'Robin', [`GIT_${who}_EMAIL`]: 'robin@localhost' });
    }),
    after: (site) => assert.equal(site.git('r', 'log', '-1', '--format=%an', 'slicewave/T-1/A1'), 'Robin'),
  },
  {
    name: 'started by a hook of another repository (`GIT_DIR`, `GIT_INDEX_FILE`, `GIT_WORK_TREE`)',
    kind: 'settings',
    right: 'the repository that one stands in is meant',
    build: own((site) => {
      site.repository('other');
      Object.assign(site.env, {
        GIT_DIR: site.at('other/.git'),
        GIT_WORK_TREE: site.at('other'),
        GIT_INDEX_FILE: site.at('other/.git/index'),
        GIT_PREFIX: 'src/',
      });
    }),
    after: (site) => {
      assert.equal(site.git('other', 'branch', '--format=%(refname:short)'), 'main');
      assert.equal(site.git('other', 'status', '--porcelain'), '');
    },
  },
  {
    name: 'messages in German (`LANGUAGE=de`)',
    kind: 'settings',
    right: 'works',
    build: own((site) => {
      Object.assign(site.env, { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', LANGUAGE: 'de' });
    }),
    between: movesOn,
  },
  {
    name: 'a plan that git ignores, by `info/exclude` and `core.excludesFile`',
    kind: 'settings',
    right: 'works; what is ignored is in no commit',
    build: own((site) => {
      site.write('r/.git/info/exclude', '/parallel/\n');
      site.write('home/ignored', '*.log\n');
      site.set('core.excludesFile', site.at('home/ignored'));
      site.act('A1', 'echo A1 >> src/a.txt && echo noise > src/noise.log');
    }),
    after: (site) => assert.doesNotMatch(site.git('r', 'ls-tree', '-r', '--name-only', 'main'), /parallel|noise/),
  },
  {
    name: 'changes in the checkout that are not committed',
    kind: 'settings',
    right: 'stay as they are; slices do not see them',
    build: own((site) => {
      site.write('r/kept.txt', 'kept\n');
      site.commit('r', 'kept');
    }),
    between: (site) => {
      site.write('r/kept.txt', 'mine\n');
      site.write('r/staged.md', 'mine\n');
      site.git('r', 'add', 'staged.md');
    },
    after: (site) =>
      assert.equal(site.git('r', 'status', '--porcelain', '--untracked-files=no'), 'M kept.txt\nA  staged.md'),
  },
  {
    name: 'commits that stand for others (`git replace`)',
    kind: 'settings',
    right: 'the true ones are meant',
    build: own((site) => {
      site.write('r/src/a.txt', 'other\n');
      site.commit('r', 'other');
      site.git('r', 'replace', 'HEAD', 'HEAD~1');
    }),
    after: (site) => assert.match(site.git('r', '--no-replace-objects', 'show', 'main:src/a.txt'), /other\nA1/),
  },
  {
    name: 'a repository of another user, which git does not trust',
    kind: 'settings',
    right: 'said, with git’s own remedy (`safe.directory`)',
    build: own((site) => site.ownedByOther()),
    uncommitted: true,
    unrunnable: /safe\.directory/,
  },
];
