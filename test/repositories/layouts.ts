/** Where repositories lie. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { own, type RepositoryRow } from './row.ts';
import type { Site } from './site.ts';

function bare(git: string): (site: Site) => string {
  return (site) => {
    site.repository('seed');
    site.git('.', 'clone', '-q', '--bare', 'seed', git);
    if (git.endsWith('.bare')) site.write(`${path.dirname(git)}/.git`, 'gitdir: ./.bare\n');
    site.git(git, 'worktree', 'add', '-q', site.at('p/main'), 'main');
    site.git(git, 'worktree', 'add', '-q', '-b', 'other', site.at('p/other'), 'main');
    return 'p/main';
  };
}

async function seenFromOther(site: Site): Promise<void> {
  site.git('p/other', 'merge', '-q', '--ff-only', 'main');
  assert.equal(await site.states('p/other'), 'A1 verified, B1 verified');
}

export const LAYOUTS: readonly RepositoryRow[] = [
  { name: 'an ordinary repository', kind: 'layout', right: 'works', build: own() },
  {
    name: 'a linked worktree of another branch',
    kind: 'layout',
    right: 'plans are those of the worktree, and start from its branch; every checkout sees the state',
    build: (site) => {
      site.repository('r');
      site.git('r', 'worktree', 'add', '-q', '-b', 'feat', site.at('feat'));
      site.write('feat/src/feat.txt', 'only here\n');
      site.commit('feat', 'feat');
      site.act('A1', 'cat src/feat.txt && echo A1 >> src/a.txt');
      return 'feat';
    },
    into: 'feat',
    between: async (site) => {
      site.git('r', 'checkout', '-q', 'feat', '--', 'parallel');
      assert.equal(await site.states('r'), 'A1 verified, B1 verified');
      assert.equal(await site.states('r.worktrees/T-1/WS-A'), 'A1 verified, B1 verified');
    },
    after: (site) => {
      site.git('r', 'cat-file', '-e', 'refs/heads/feat:src/feat.txt');
      assert.equal(site.git('r', 'log', '--format=%s', 'main'), 'start');
    },
  },
  {
    name: 'a bare `.bare` with worktrees beside it',
    kind: 'layout',
    right: 'works; every worktree sees the state, which lies beside them',
    build: bare('p/.bare'),
    between: seenFromOther,
    after: (site) => assert.ok(existsSync(site.at('p/.agent-runs'))),
  },
  {
    name: 'a bare `.git` with worktrees beside it',
    kind: 'layout',
    right: 'works; every worktree sees the state, which lies beside them',
    build: bare('p/.git'),
    between: seenFromOther,
  },
  {
    name: 'a bare repository elsewhere (`store/shop.git`)',
    kind: 'layout',
    right: 'works; the state lies in the git directory',
    build: bare('store/shop.git'),
    between: seenFromOther,
    after: (site) => assert.deepEqual(readdirSync(site.at('store')).sort(), ['shop.git', 'shop.worktrees']),
  },
  {
    name: 'a submodule of another repository',
    kind: 'layout',
    right: 'works; its worktrees stand outside of that repository',
    build: (site) => {
      site.repository('lib');
      mkdirSync(site.at('super'));
      site.git('super', 'init', '-q', '-b', 'main', '.');
      site.git('super', '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', site.at('lib'), 'sub');
      site.commit('super', 'super');
      return 'super/sub';
    },
    between: async (site) =>
      assert.equal(await site.states('super.sub.worktrees/T-1/WS-A'), 'A1 verified, B1 verified'),
    after: (site) => assert.equal(site.git('super', 'status', '--porcelain'), 'M sub'),
  },
  {
    name: 'a clone inside of another repository',
    kind: 'layout',
    right: 'works; its worktrees stand outside of that repository',
    build: (site) => {
      site.repository('outer');
      site.write('outer/.gitignore', '/inner/\n');
      site.commit('outer', 'ignore');
      site.repository('outer/inner');
      return 'outer/inner';
    },
    after: (site) => assert.equal(site.git('outer', 'status', '--porcelain'), ''),
  },
  {
    name: 'a git directory elsewhere (`--separate-git-dir`)',
    kind: 'layout',
    right: 'works; the state lies in the git directory',
    build: (site) => {
      site.repository('r', [`--separate-git-dir=${site.at('store.git')}`]);
      return 'r';
    },
  },
  {
    name: 'a package of a repository (`apps/web`)',
    kind: 'layout',
    right: 'the paths and commands of a spec in it mean the package’s, and the plan says so',
    build: (site) => {
      site.repository('r');
      site.write('r/apps/web/package.json', '{"name":"web"}\n');
      site.sources('r/apps/web');
      site.commit('r', 'web');
      site.act('A1', 'echo A1 >> apps/web/src/a.txt');
      site.act('B1', 'echo B1 >> apps/web/src/b.txt');
      return 'r/apps/web';
    },
    after: (site) => {
      assert.match(site.git('r', 'show', 'main:apps/web/src/b.txt'), /B1/);
      assert.equal(site.git('r', 'show', 'main:src/b.txt'), '1');
    },
  },
  {
    name: 'worktrees inside of the repository (`slicewave.worktrees`)',
    kind: 'layout',
    right: 'works; git status stays clean',
    build: own((site) => {
      site.git('r', 'config', 'slicewave.worktrees', '.worktrees');
    }),
    after: (site) => assert.ok(!site.git('r', 'status', '--porcelain').includes('.worktrees')),
  },
  {
    name: 'an empty `.git` folder above',
    kind: 'layout',
    right: 'works: that is no repository',
    build: (site) => {
      site.repository('above/r');
      mkdirSync(site.at('above/.git'));
      return 'above/r';
    },
    after: async (site) => assert.notEqual((await site.cli('above/r', 'lint')).code, 2),
  },
  {
    name: 'a folder reached by a symbolic link',
    kind: 'layout',
    right: 'works',
    build: (site) => {
      site.repository('r');
      symlinkSync(site.at('r'), site.at('link'));
      return 'link';
    },
  },
  {
    name: 'a repository with submodules that are not initialised',
    kind: 'layout',
    right: 'works',
    build: (site) => {
      site.repository('lib');
      site.repository('r');
      site.git('r', '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', site.at('lib'), 'vendor');
      site.commit('r', 'vendor');
      site.git('r', 'submodule', '--quiet', 'deinit', '-f', 'vendor');
      return 'r';
    },
  },
  {
    name: 'settings for each worktree (`extensions.worktreeConfig`)',
    kind: 'layout',
    right: 'works',
    build: own((site) => {
      site.git('r', 'config', 'extensions.worktreeConfig', 'true');
      site.git('r', 'config', '--worktree', 'core.autocrlf', 'false');
    }),
  },
];
