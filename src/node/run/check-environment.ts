import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { inside } from '../paths.ts';
import { checkMark } from '../process/process-table.ts';
import { temporaryDirectory } from '../process/temporary.ts';

/** Build tools answer from a cache, or take a server that runs already, unless they are told not to. */
const WITHOUT_CACHES: Readonly<Record<string, string>> = {
  CI: '1',
  TURBO_FORCE: 'true',
  NX_SKIP_NX_CACHE: 'true',
  NX_SKIP_REMOTE_CACHE: 'true',
  NX_DAEMON: 'false',
  WIREIT_CACHE: 'none',
  // Written, not read: without one, moon installs dependencies anew.
  MOON_CACHE: 'write',
  PYTHONDONTWRITEBYTECODE: '1',
  // Rush's build cache and Pants' results of tests. By their documentation, and not seen in a run: rushjs.io
  // (configs/environment_vars), pantsbuild.org (reference/goals/test: `force`).
  RUSH_BUILD_CACHE_ENABLED: '0',
  PANTS_TEST_FORCE: 'true',
  // Rails' preloader answers for code that it has read before.
  DISABLE_SPRING: '1',
};

/** Stores of programs and downloads, which are not a result of anything: found by these names when HOME is another. */
const STORES: readonly (readonly [name: string, place: string])[] = [
  ['CARGO_HOME', '.cargo'],
  ['RUSTUP_HOME', '.rustup'],
  ['PYENV_ROOT', '.pyenv'],
  ['RBENV_ROOT', '.rbenv'],
  ['NVM_DIR', '.nvm'],
  ['VOLTA_HOME', '.volta'],
  ['ASDF_DATA_DIR', '.asdf'],
  ['MISE_DATA_DIR', '.local/share/mise'],
  ['SDKMAN_DIR', '.sdkman'],
  ['GOPATH', 'go'],
  ['GOCACHE', '.cache/go-build'],
  ['PYTHONUSERBASE', '.local'],
  ['PIP_CACHE_DIR', '.cache/pip'],
  ['UV_CACHE_DIR', '.cache/uv'],
  ['POETRY_CACHE_DIR', '.cache/pypoetry'],
  ['npm_config_cache', '.npm'],
  ['npm_config_store_dir', '.local/share/pnpm/store'],
  ['YARN_CACHE_FOLDER', '.cache/yarn'],
  ['COREPACK_HOME', '.cache/node/corepack'],
  ['BUN_INSTALL', '.bun'],
  ['DENO_DIR', '.cache/deno'],
  ['PLAYWRIGHT_BROWSERS_PATH', '.cache/ms-playwright'],
  ['PUPPETEER_CACHE_DIR', '.cache/puppeteer'],
  ['CYPRESS_CACHE_FOLDER', '.cache/Cypress'],
  ['GRADLE_USER_HOME', '.gradle'],
  ['NUGET_PACKAGES', '.nuget/packages'],
  ['COMPOSER_HOME', '.config/composer'],
  ['BUNDLE_USER_HOME', '.bundle'],
];

/**
 * What package managers cannot install without writing to, below the stores that these variables name: downloads, and
 * the locks on them. What the person's own programs start or are set by (`.cargo/bin`, `.gradle/init.d`, `.npm/_npx`)
 * lies beside it.
 */
const DOWNLOADS: readonly (readonly [name: string, parts: readonly string[]])[] = [
  ['CARGO_HOME', ['registry', 'git', '.package-cache', '.package-cache-mutate', '.global-cache']],
  ['GOPATH', ['pkg/mod', 'pkg/sumdb']],
  ['GOMODCACHE', ['']],
  ['GOCACHE', ['']],
  ['PIP_CACHE_DIR', ['']],
  ['UV_CACHE_DIR', ['']],
  ['POETRY_CACHE_DIR', ['']],
  ['npm_config_cache', ['_cacache']],
  ['npm_config_store_dir', ['']],
  ['YARN_CACHE_FOLDER', ['']],
  ['BUN_INSTALL', ['install/cache']],
  ['DENO_DIR', ['']],
  ['PLAYWRIGHT_BROWSERS_PATH', ['']],
  ['PUPPETEER_CACHE_DIR', ['']],
  ['CYPRESS_CACHE_FOLDER', ['']],
  ['GRADLE_USER_HOME', ['caches', 'daemon', 'native', 'notifications', 'wrapper/dists']],
  ['NUGET_PACKAGES', ['']],
  ['BUNDLE_USER_HOME', ['cache']],
];
const MAVEN_STORE = '.m2/repository';

/** Files of HOME that say where packages come from. A set-up has copies: what it writes to them is not the person's. */
const REGISTRIES: readonly string[] = [
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  '.bunfig.toml',
  '.gemrc',
  '.pip/pip.conf',
  '.config/pip/pip.conf',
  '.config/uv/uv.toml',
  '.config/pnpm/rc',
  '.config/pypoetry/config.toml',
  '.config/pypoetry/auth.toml',
  '.config/go/env',
];

/** Packages that put hooks into the repository when they are installed: nobody commits in a checkout for checks. */
export const WITHOUT_HOOKS = { HUSKY: '0', SKIP_INSTALL_SIMPLE_GIT_HOOKS: '1' } as const;

/** Where languages look for modules: what names the primary checkout there is meant for the one that is checked. */
const MODULE_PATHS = ['NODE_PATH', 'PYTHONPATH', 'RUBYLIB', 'PERL5LIB', 'CLASSPATH'];

export interface CheckEnvironment {
  /** Holds the home and the temporary directory. */
  readonly root: string;
  /** Where git writes down which commands it is started with, when that was asked for. */
  readonly trace: string;
  readonly env: Readonly<Record<string, string>>;
  /** Takes its directories away. */
  readonly close: () => Promise<void>;
}

/** The environment of a set-up in a checkout for checks. */
export interface SetupEnvironment {
  readonly env: Readonly<Record<string, string>>;
  /** What it may write beside the checkout. */
  readonly writable: readonly string[];
  /** Takes away what only set-ups have. */
  readonly close: () => Promise<void>;
}

/**
 * The environment of a check: a HOME and a temporary directory of its own, caches of results off, and of `SLICEWAVE_*`
 * only the ports, which {@link runCheck} puts into the command where it names them and gives to no program. Nothing tells
 * a program in it that it is being judged.
 */
export async function openCheckEnvironment({
  given,
  runId,
  primary,
  dir,
  isTraced = false,
}: {
  readonly given: Readonly<Record<string, string>>;
  readonly runId: string;
  /** The checkout that the environment was made for. */
  readonly primary: string;
  /** The checkout that is checked. */
  readonly dir: string;
  readonly isTraced?: boolean;
}): Promise<CheckEnvironment> {
  // By this name a check is found that outlived its runner.
  const root = await temporaryDirectory('check', checkMark(runId));
  const home = path.join(root, 'home');
  const temporary = path.join(root, 'tmp');
  await mkdir(home);
  await mkdir(temporary);
  // Tests that make commits need a name, not the person's settings.
  await writeFile(path.join(home, '.gitconfig'), '[user]\n\tname = dev\n\temail = dev@localhost\n');
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const isOurs = name.startsWith('SLICEWAVE_') && !name.startsWith('SLICEWAVE_PORT');
    if (!isOurs && !name.startsWith('GIT_') && !name.startsWith('XDG_')) env[name] = value;
  }
  for (const name of [...MODULE_PATHS, 'PATH']) {
    const value = env[name];
    if (value === undefined) continue;
    const moved = value.split(path.delimiter).map((entry) => {
      if (!path.isAbsolute(entry) || !inside(primary, entry)) return entry;
      const there = path.join(dir, path.relative(primary, entry));
      // A program of the primary checkout runs the code that it is given; a module of it stands for that code.
      return name === 'PATH' && !existsSync(there) ? entry : there;
    });
    env[name] = moved.join(path.delimiter);
  }
  const real = given['HOME'] ?? homedir();
  for (const [name, place] of STORES) {
    const dir = path.join(real, place);
    if (env[name] === undefined && existsSync(dir)) env[name] = dir;
  }
  const maven = path.join(real, MAVEN_STORE);
  if (existsSync(maven)) env['MAVEN_OPTS'] = `${env['MAVEN_OPTS'] ?? ''} -Dmaven.repo.local=${maven}`.trim();
  Object.assign(env, WITHOUT_CACHES, {
    // The person's own daemon would do the work: outside of the sandbox, and with what it has in mind.
    // Its build cache would answer from other checkouts, by its documentation: not seen in a run here.
    GRADLE_OPTS: `${env['GRADLE_OPTS'] ?? ''} -Dorg.gradle.daemon=false -Dorg.gradle.caching=false`.trim(),
    // Otherwise a package that was tested before is not tested again.
    GOFLAGS: `${env['GOFLAGS'] ?? ''} -count=1`.trim(),
    HOME: home,
    USERPROFILE: home,
    TMPDIR: temporary,
    TMP: temporary,
    TEMP: temporary,
  });
  const trace = path.join(root, 'git.jsonl');
  if (isTraced) env['GIT_TRACE2_EVENT'] = trace;
  return {
    root,
    trace,
    env,
    close: () => rm(root, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined),
  };
}

/**
 * The environment that checks will have, for the set-up before them: it installs, so it knows where packages come from
 * and may write to the person's stores of downloads.
 */
export async function openSetupEnvironment(
  { root, env: ofCheck }: CheckEnvironment,
  { given, primary }: { readonly given: Readonly<Record<string, string>>; readonly primary: string },
): Promise<SetupEnvironment> {
  const real = given['HOME'] ?? homedir();
  const home = path.join(root, 'home');
  const copies: string[] = [];
  for (const name of REGISTRIES) {
    const copy = path.join(home, name);
    if (existsSync(copy) || !existsSync(path.join(real, name))) continue;
    await mkdir(path.dirname(copy), { recursive: true });
    await copyFile(path.join(real, name), copy);
    copies.push(copy);
  }
  const stores = DOWNLOADS.flatMap(([name, parts]) => {
    const store = ofCheck[name]?.split(path.delimiter)[0] ?? '';
    return path.isAbsolute(store) ? parts.map((part) => path.join(store, part)) : [];
  });
  const downloads = [...stores, path.join(real, MAVEN_STORE)].filter(
    // A store that somebody keeps in their checkout, or a variable that names all of it, opens nothing.
    (place) => !inside(primary, place) && !inside(place, primary) && !inside(place, real),
  );
  const env: Record<string, string> = { ...ofCheck, ...WITHOUT_HOOKS };
  const npm = env['npm_config_cache'];
  if (npm !== undefined) {
    // npm keeps programs and logs beside its downloads.
    const own = path.join(root, 'npm');
    await mkdir(own, { recursive: true });
    const [kept, here] = [npm, own].map((dir) => path.join(dir, '_cacache')) as [string, string];
    if (existsSync(kept) && !existsSync(here)) await symlink(kept, here, 'junction');
    env['npm_config_cache'] = own;
  }
  const close = async (): Promise<void> => {
    for (const copy of copies) await rm(copy, { recursive: true, force: true });
  };
  return { env, writable: [root, ...downloads], close };
}
