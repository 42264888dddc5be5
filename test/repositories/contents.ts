/** What repositories hold, and the names in them. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { bothSpec, type Site } from './site.ts';
import { own, type RepositoryRow } from './row.ts';

/** A checkout of a part of the repository. */
function sparse(...how: readonly string[]): Pick<RepositoryRow, 'right' | 'build' | 'after'> {
  return {
    right: 'works; what is outside of it stays in the commits',
    build: own((site) => {
      site.write('r/far/away.txt', 'far\n');
      site.commit('r', 'far');
      site.git('r', 'sparse-checkout', 'set', ...how);
    }),
    after: (site) => {
      assert.equal(site.git('r', 'show', 'main:far/away.txt'), 'far');
      assert.ok(!existsSync(site.at('r/far')));
    },
  };
}

function keptByLfs(site: Site): void {
  site.write('r/art/logo.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
  site.commit('r', 'art');
  site.write('r/.gitattributes', 'art/** filter=lfs diff=lfs merge=lfs -text\n');
  site.commit('r', 'attributes');
}

export const CONTENTS: readonly RepositoryRow[] = [
  {
    name: 'a shallow clone',
    kind: 'clone',
    right: 'works',
    build: (site) => {
      site.repository('seed');
      site.commit('seed', 'second');
      site.git('.', 'clone', '-q', '--depth=1', `file://${site.at('seed')}`, 'r');
      return 'r';
    },
  },
  {
    name: 'a blobless clone',
    kind: 'clone',
    right: 'works; git fetches what it needs',
    build: (site) => {
      site.repository('seed');
      site.git('seed', 'config', 'uploadpack.allowFilter', 'true');
      site.git('seed', 'config', 'uploadpack.allowAnySHA1InWant', 'true');
      site.write('seed/src/more.txt', 'more\n');
      site.commit('seed', 'more');
      site.git('.', 'clone', '-q', '--filter=blob:none', `file://${site.at('seed')}`, 'r');
      return 'r';
    },
  },
  {
    name: 'a sparse checkout',
    kind: 'clone',
    ...sparse('--cone', 'src', 'parallel', 'specs'),
  },
  {
    name: 'objects named by SHA-256',
    kind: 'clone',
    right: 'works',
    build: (site) => {
      site.repository('r', ['--object-format=sha256']);
      return 'r';
    },
  },
  {
    name: 'files that Git LFS keeps, where Git LFS is not installed',
    kind: 'clone',
    right: 'works; the pointers stay as they are',
    build: own(keptByLfs),
    after: (site) => assert.match(site.git('r', 'show', 'main:art/logo.bin'), /git-lfs\.github\.com/),
  },
  {
    name: 'file names with a tab, a line end, a quote, and in other scripts',
    kind: 'names',
    right: 'works',
    build: own((site) => {
      for (const name of ['tab\there', 'line\nend', 'quo"te', '日本語', 'ä b']) site.write(`r/src/${name}.txt`, '1\n');
      site.write('r/specs/both.spec.md', bothSpec({ A1: 'src/**' }));
      site.commit('r', 'names');
      site.act('A1', 'for f in src/*; do echo A1 >> "$f"; done');
    }),
    after: (site) => assert.equal(site.git('r', 'grep', '-l', '-z', 'A1', 'main', '--', 'src').split('\0').length, 8),
  },
  {
    name: 'two files whose names differ in case alone',
    kind: 'names',
    right: 'works where the disk tells them apart',
    build: own((site) => {
      site.write('r/src/A.txt', 'other\n');
      site.commit('r', 'case');
    }),
    after: (site) => assert.equal(site.git('r', 'show', 'main:src/A.txt'), 'other'),
  },
  {
    name: 'a path with spaces, quotes and other scripts',
    kind: 'names',
    right: 'works',
    build: (site) => {
      site.repository(`my "shop" 'ö' $HOME`);
      return `my "shop" 'ö' $HOME`;
    },
  },
  {
    name: 'a file name that is no UTF-8',
    kind: 'names',
    right: 'works',
    build: own((site) => {
      writeFileSync(Buffer.concat([Buffer.from(site.at('r/src/')), Buffer.from('caf\xe9.txt', 'latin1')]), '1\n');
      site.commit('r', 'names');
    }),
    after: (site) =>
      assert.equal(site.git('r', 'ls-tree', '-r', '--name-only', 'main', '--', 'src').split('\n').length, 3),
  },
  {
    name: 'files that one may only read, and scripts',
    kind: 'clone',
    right: 'a script stays one, and so does what an agent makes one',
    build: own((site) => {
      site.write('r/tool.sh', '#!/bin/sh\n');
      chmodSync(site.at('r/tool.sh'), 0o755);
      chmodSync(site.at('r/src/a.txt'), 0o444);
      site.commit('r', 'modes');
      site.act('A1', 'echo A1 > new && chmod 755 new && mv -f new src/a.txt');
    }),
    after: (site) =>
      assert.deepEqual(
        ['tool.sh', 'src/a.txt', 'src/b.txt'].map((file) => site.git('r', 'ls-tree', 'main', file).slice(0, 6)),
        ['100755', '100755', '100644'],
      ),
  },
  {
    name: 'symbolic links: to a folder, to nothing, out of the repository',
    kind: 'clone',
    right: 'stay as they are',
    build: own((site) => {
      symlinkSync('src', site.at('r/folder'));
      symlinkSync('gone', site.at('r/nothing'));
      symlinkSync(site.at('home'), site.at('r/outside'));
      site.commit('r', 'links');
    }),
    after: (site) =>
      assert.deepEqual(
        ['folder', 'nothing', 'outside'].map((file) => site.git('r', 'show', `main:${file}`)),
        ['src', 'gone', site.at('home')],
      ),
  },
  {
    name: 'line ends and encodings by `.gitattributes`',
    kind: 'clone',
    right: 'commits hold what git makes of them',
    build: own((site) => {
      site.write('r/.gitattributes', 'src/a.txt text eol=crlf\nsrc/b.txt text working-tree-encoding=ISO-8859-1\n');
      site.write('r/src/b.txt', Buffer.from('caf\xe9\n', 'latin1'));
      site.commit('r', 'attributes');
      site.act('A1', "printf 'A1\\r\\n' >> src/a.txt");
    }),
    after: (site) => {
      assert.equal(site.git('r', 'show', 'main:src/a.txt'), '1\nA1');
      assert.equal(site.git('r', 'show', 'main:src/b.txt'), 'café\nB1');
      assert.equal(site.read('r/src/a.txt'), '1\r\nA1\r\n');
    },
  },
  {
    name: 'Git LFS set up for every repository, and the program gone',
    kind: 'clone',
    right: 'said before anything is paid: git cannot check such files out',
    build: own((site) => {
      keptByLfs(site);
      // For the command line alone: the git of this test has to commit in spite of it.
      Object.assign(site.env, {
        GIT_CONFIG_COUNT: '2',
        GIT_CONFIG_KEY_0: 'filter.lfs.process',
        GIT_CONFIG_VALUE_0: 'no-git-lfs-here filter-process',
        GIT_CONFIG_KEY_1: 'filter.lfs.required',
        GIT_CONFIG_VALUE_1: 'true',
      });
    }),
    unrunnable: /no-git-lfs-here: not found, and git keeps art\/\*\* with it/,
  },
  {
    name: 'a submodule that is initialised, and used by a check',
    kind: 'clone',
    right: 'worktrees and the checkouts for checks hold it',
    build: (site) => {
      site.repository('lib');
      site.repository('r');
      site.git('r', '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', site.at('lib'), 'vendor');
      site.write('r/specs/both.spec.md', bothSpec({ checkB1: 'cmp vendor/src/a.txt vendor/src/b.txt' }));
      site.commit('r', 'vendor');
      return 'r';
    },
    after: (site) => assert.match(site.git('r', 'ls-tree', 'main', 'vendor'), /^160000 commit/),
  },
  {
    name: 'a clone that borrows its objects (`clone --shared`)',
    kind: 'clone',
    right: 'works',
    build: (site) => {
      site.repository('seed');
      site.git('.', 'clone', '-q', '--shared', 'seed', 'r');
      return 'r';
    },
    after: (site) => assert.ok(existsSync(site.at('r/.git/objects/info/alternates'))),
  },
  {
    name: 'a sparse checkout by patterns',
    kind: 'clone',
    ...sparse('--no-cone', '/*', '!/far'),
  },
  {
    name: 'ten thousand commits and five thousand packed tags',
    kind: 'clone',
    right: 'works',
    build: own((site) => {
      const commits = Array.from(
        { length: 10_000 },
        (_, at) =>
          `commit refs/heads/main\ncommitter Pat <pat@localhost> ${at} +0000\ndata 1\n.\n${at === 0 ? 'from refs/heads/main^0\n' : ''}\n`,
      );
      const tags = Array.from({ length: 5000 }, (_, at) => `reset refs/tags/v${at}\nfrom refs/heads/main^0\n\n`);
      site.git('r', 'config', 'gc.auto', '0');
      site.gitReads('r', `${commits.join('')}${tags.join('')}`, 'fast-import', '--quiet');
      site.git('r', 'pack-refs', '--all');
    }),
  },
  {
    name: 'a workspace of npm without dependencies',
    kind: 'clone',
    right: 'its set-up links the packages of each worktree, not those of the checkout',
    build: own((site) => {
      const web = { name: 'web', version: '1.0.0' };
      const root = { name: 'shop', workspaces: ['packages/*'] };
      const packages = {
        '': root,
        'node_modules/web': { resolved: 'packages/web', link: true },
        'packages/web': { version: '1.0.0' },
      };
      site.write('r/package.json', JSON.stringify(root));
      site.write('r/package-lock.json', JSON.stringify({ name: 'shop', lockfileVersion: 3, requires: true, packages }));
      site.write('r/packages/web/package.json', JSON.stringify(web));
      site.write('r/packages/web/index.js', "exports.file = require('node:path').resolve('src/b.txt');\n");
      site.write(
        'r/check.js',
        "if (!require.resolve('web').startsWith(__dirname) || !require('node:fs').readFileSync(require('web').file, 'utf8').includes('B1')) process.exit(1);\n",
      );
      site.write('r/.gitignore', 'node_modules/\n');
      site.write('r/specs/both.spec.md', bothSpec({ checkB1: 'node check.js' }));
      site.commit('r', 'workspace');
    }),
  },
  {
    name: 'a lock file of a package manager that is not installed',
    kind: 'clone',
    right: 'said before anything is paid, with what to do',
    build: own((site) => {
      site.write('r/package.json', '{"name":"shop","dependencies":{"left-pad":"1.3.0"}}\n');
      site.write('r/pnpm-lock.yaml', "lockfileVersion: '9.0'\n");
      site.write('r/packages/web/package.json', '{"name":"web"}\n');
      site.write('r/pnpm-workspace.yaml', 'packages:\n  - packages/*\n');
      site.commit('r', 'workspace');
      site.onlyPrograms('git', 'node', 'sh', 'grep');
    }),
    unrunnable: /pnpm: not found.*Install pnpm/s,
  },
];
