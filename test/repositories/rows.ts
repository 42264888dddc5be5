/** Shapes of repositories, and what is right in each: the loop of `repositories.test.ts` is gone through in every one. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Site } from './site.ts';

export interface RepositoryRow {
  /** What it is, as a noun. */
  readonly name: string;
  readonly kind: 'layout' | 'clone' | 'names' | 'branches' | 'merging';
  /** What is right, for the documentation. */
  readonly right: string;
  /** Builds it, and gives the folder of the site that one stands in. The usual plan is there unless `plan` says otherwise. */
  readonly build: (site: Site) => string;
  /** The plan that is run; made of this spec first where one is named. */
  readonly plan?: string;
  readonly spec?: string;
  readonly slices?: readonly string[];
  /** Where the verified work goes. Default: `main`. */
  readonly into?: string;
  readonly runOptions?: readonly string[];
  /** Between the run and the integration. */
  readonly between?: (site: Site, where: string) => Promise<void> | void;
  /** What `integrate` says instead of moving the branch. */
  readonly refused?: RegExp;
  /** What `run` says instead of starting. */
  readonly unrunnable?: RegExp;
  /** What else must be true at the end. */
  readonly after?: (site: Site, where: string) => Promise<void> | void;
}

const own = (site: Site): string => {
  site.repository('r');
  return 'r';
};

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
  assert.equal(await site.states('p/other', 'T-1'), 'A1 verified, B1 verified');
}

export const REPOSITORIES: readonly RepositoryRow[] = [
  { name: 'an ordinary repository', kind: 'layout', right: 'works', build: own },
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
      assert.equal(await site.states('r', 'T-1'), 'A1 verified, B1 verified');
      assert.equal(await site.states('r.worktrees/T-1/A1', 'T-1'), 'A1 verified, B1 verified');
    },
    after: (site) => {
      site.git('r', 'cat-file', '-e', 'refs/heads/feat:src/feat.txt');
      assert.equal(site.git('r', 'log', '--format=%s', 'main'), 'start');
    },
  },
  {
    name: 'a spec in a linked worktree',
    kind: 'layout',
    right: 'decomposed there',
    build: (site) => {
      site.repository('r');
      site.git('r', 'worktree', 'add', '-q', '-b', 'feat', site.at('feat'));
      site.write('feat/specs/cart.spec.md', cart('src/a.txt'));
      return 'feat';
    },
    spec: 'specs/cart.spec.md',
    plan: 'parallel/TS-7-cart',
    slices: ['A1'],
    into: 'feat',
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
      assert.equal(await site.states('super.sub.worktrees/T-1/A1', 'T-1'), 'A1 verified, B1 verified'),
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
      site.write('r/apps/web/src/a.txt', '1\n');
      site.write('r/apps/web/specs/cart.spec.md', cart('src/a.txt'));
      site.commit('r', 'web');
      site.act('A1', 'echo A1 >> apps/web/src/a.txt');
      return 'r/apps/web';
    },
    spec: 'specs/cart.spec.md',
    plan: 'TS-7-cart',
    slices: ['A1'],
    between: (site) => assert.match(site.git('r', 'show', 'slicewave/TS-7-cart/A1:apps/web/src/a.txt'), /A1/),
  },
  {
    name: 'worktrees inside of the repository (`slicewave.worktrees`)',
    kind: 'layout',
    right: 'works; git status stays clean',
    build: (site) => {
      site.repository('r');
      site.git('r', 'config', 'slicewave.worktrees', '.worktrees');
      return 'r';
    },
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
    build: (site) => {
      site.repository('r');
      site.git('r', 'config', 'extensions.worktreeConfig', 'true');
      site.git('r', 'config', '--worktree', 'core.autocrlf', 'false');
      return 'r';
    },
  },
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
    right: 'works; what is outside of it stays in the commits',
    build: (site) => {
      site.repository('r');
      site.write('r/far/away.txt', 'far\n');
      site.commit('r', 'far');
      site.git('r', 'sparse-checkout', 'set', '--cone', 'src', 'parallel');
      return 'r';
    },
    after: (site) => {
      assert.equal(site.git('r', 'show', 'main:far/away.txt'), 'far');
      assert.ok(!existsSync(site.at('r/far')));
    },
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
    build: (site) => {
      site.repository('r');
      site.write('r/art/logo.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
      site.commit('r', 'art');
      site.write('r/.gitattributes', 'art/** filter=lfs diff=lfs merge=lfs -text\n');
      site.commit('r', 'attributes');
      return 'r';
    },
    after: (site) => assert.match(site.git('r', 'show', 'main:art/logo.bin'), /git-lfs\.github\.com/),
  },
  {
    name: 'file names with a tab, a line end, a quote, and in other scripts',
    kind: 'names',
    right: 'works',
    build: (site) => {
      site.repository('r');
      for (const name of ['tab\there', 'line\nend', 'quo"te', '日本語', 'ä b']) site.write(`r/src/${name}.txt`, '1\n');
      widen(site);
      return 'r';
    },
    after: (site) => assert.equal(site.git('r', 'grep', '-l', '-z', 'A1', 'main', '--', 'src').split('\0').length, 8),
  },
  {
    name: 'two files whose names differ in case alone',
    kind: 'names',
    right: 'works where the disk tells them apart',
    build: (site) => {
      site.repository('r');
      site.write('r/src/A.txt', 'other\n');
      site.commit('r', 'case');
      return 'r';
    },
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
    name: 'a branch with slashes',
    kind: 'branches',
    right: 'works',
    build: (site) => {
      site.repository('r');
      site.git('r', 'switch', '-q', '-c', 'team/pat/feat');
      return 'r';
    },
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
      site.plan('r');
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
    build: (site) => {
      site.repository('r');
      site.git('r', 'checkout', '-q', '--detach');
      return 'r';
    },
  },
  {
    name: 'a branch named `slicewave`',
    kind: 'branches',
    right: 'said before anything is paid: git has no room for `slicewave/...` beside it',
    build: (site) => {
      site.repository('r');
      site.git('r', 'branch', 'slicewave');
      return 'r';
    },
    unrunnable: /branch (?:named )?`?slicewave/,
  },
  {
    name: 'a repository without commits',
    kind: 'branches',
    right: 'said, with what to do',
    build: (site) => {
      mkdirSync(site.at('r'));
      site.git('r', 'init', '-q', '-b', 'main', '.');
      site.plan('r');
      return 'r';
    },
    unrunnable: /has no commits yet/,
  },
  {
    name: 'a merge driver that keeps one side',
    kind: 'merging',
    right: 'no branch is moved by a merge that would leave work out',
    build: (site) => {
      site.repository('r');
      site.write('r/.gitattributes', 'src/a.txt merge=ours\n');
      site.git('r', 'config', 'merge.ours.driver', 'true');
      site.write('r/src/a.txt', LINES.join('\n'));
      site.commit('r', 'attributes');
      site.act('A1', 'sed -i "s/^line 5$/five A1/" src/a.txt');
      return 'r';
    },
    between: (site) => {
      site.write('r/src/a.txt', LINES.with(24, 'by hand').join('\n'));
      site.commit('r', 'moved');
    },
    refused: /a merge driver .* keeps only one side of src\/a\.txt/,
  },
  {
    name: 'a merge driver that merges',
    kind: 'merging',
    right: 'works',
    build: (site) => {
      site.repository('r');
      site.write('r/.gitattributes', 'src/a.txt merge=lines\n');
      site.git('r', 'config', 'merge.lines.driver', 'git merge-file %A %O %B');
      site.write('r/src/a.txt', LINES.join('\n'));
      site.commit('r', 'attributes');
      site.act('A1', 'sed -i "s/^line 5$/five A1/" src/a.txt');
      return 'r';
    },
    between: (site) => {
      site.write('r/src/a.txt', LINES.with(24, 'by hand').join('\n'));
      site.commit('r', 'moved');
    },
    after: (site) => assert.match(site.git('r', 'show', 'main:src/a.txt'), /five A1[^]*by hand/),
  },
];

const LINES = Array.from({ length: 30 }, (_, at) => `line ${at + 1}`);

/** A1 may write all of `src`, and does. */
function widen(site: Site): void {
  const task = 'r/parallel/T-1/tasks/A1.md';
  site.write(task, site.read(task).replace('MODIFY: src/a.txt', 'MODIFY: src/**'));
  site.commit('r', 'names');
  site.act('A1', 'for f in src/*; do echo A1 >> "$f"; done');
}

function cart(file: string): string {
  return `---\nid: TS-7\ntitle: Cart\nstatus: approved\nconfidence: HIGH\n---\n## Outcome\nCart totals are shown.\n## In scope\n- totals in ${file}\n## Out of scope\n- taxes\n## Evidence\n- \`grep -q A1 ${file}\` passes\n## Slices\n- A1: Totals (files: ${file}; verify: grep -q A1 ${file})\n`;
}

const TITLES = {
  layout: 'where it lies',
  clone: 'what it holds',
  names: 'names',
  branches: 'branches',
  merging: 'merging',
} as const;

/** The rows as a Markdown table. */
export function repositoriesTable(): string {
  const lines = REPOSITORIES.map(({ name, kind, right }) => `| ${TITLES[kind]} | ${name} | ${right} |`);
  return ['| kind | repository | what happens |', '| --- | --- | --- |', ...lines].join('\n');
}
