/** The files of a checkout's top directory, as far as a set-up is read from them. */
export interface ProjectFiles {
  /** Whether a file stands there. */
  readonly has: (name: string) => boolean;
  /** Its text; `null` when it cannot be read. */
  readonly textOf: (name: string) => string | null;
}

/** What installs what a project needs, known by the files that it leaves in the repository. */
export interface SetupTool {
  readonly title: string;
  /** Of the tools of one kind the first that applies is the project's: a lock file of another one is left over. */
  readonly kind: 'node' | 'python' | 'rust' | 'go' | 'jvm' | 'php' | 'ruby';
  /** Files of the top directory, any of which shows it. */
  readonly files: readonly string[];
  /** What must hold besides. */
  readonly where?: (project: ProjectFiles) => boolean;
  /** Commands that install what the lock file says, and fail where the lock file lags behind. */
  readonly commands: (project: ProjectFiles) => readonly string[];
  /**
   * `tree`: what it installs stands in the checkout, so that each needs its own. `store`: it only fills a store of the
   * user's, so that once is enough for all checkouts with the same lock file.
   */
  readonly fills: 'tree' | 'store';
  /** The directory that it makes in a checkout; `null`: none. */
  readonly makes: string | null;
  /** Where programs that it installs stand in a checkout, when no other program finds them. */
  readonly programs?: string;
  /** Two at once break each other's store of downloads. */
  readonly alone?: true;
  /** The version in which the commands were run, with a right and with a stale lock file; what was not run says so. */
  readonly seen: string;
}

const venv = { makes: '.venv', programs: '.venv/bin' } as const;

/** The one table of set-ups. */
export const SETUP_TOOLS: readonly SetupTool[] = [
  {
    title: 'pnpm',
    kind: 'node',
    files: ['pnpm-lock.yaml'],
    commands: () => ['pnpm install --frozen-lockfile'],
    fills: 'tree',
    makes: 'node_modules',
    seen: '12.21.0',
  },
  {
    // With `--immutable`, which it does not know, it rewrites a stale lock file.
    title: 'Yarn 1',
    kind: 'node',
    files: ['yarn.lock'],
    where: (project) => !isModernYarn(project),
    commands: () => ['yarn install --frozen-lockfile'],
    fills: 'tree',
    makes: 'node_modules',
    // Four with one cold cache: all fail.
    alone: true,
    seen: '1.22.22',
  },
  {
    title: 'Yarn',
    kind: 'node',
    files: ['yarn.lock'],
    commands: () => ['yarn install --immutable'],
    fills: 'tree',
    makes: 'node_modules',
    seen: '4.18.1',
  },
  {
    title: 'Bun',
    kind: 'node',
    files: ['bun.lock', 'bun.lockb'],
    commands: () => ['bun install --frozen-lockfile'],
    fills: 'tree',
    makes: 'node_modules',
    seen: '1.4.5',
  },
  {
    // Packages of a workspace may have dependencies when its root has none, so the lock file alone decides.
    title: 'npm',
    kind: 'node',
    files: ['package-lock.json', 'npm-shrinkwrap.json'],
    commands: () => ['npm ci'],
    fills: 'tree',
    makes: 'node_modules',
    seen: '11.19.1',
  },
  {
    title: 'uv',
    kind: 'python',
    files: ['uv.lock'],
    commands: () => ['uv sync --locked'],
    fills: 'tree',
    ...venv,
    seen: 'not run: by its documentation',
  },
  {
    title: 'Poetry',
    kind: 'python',
    files: ['poetry.lock'],
    commands: () => ['POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction'],
    fills: 'tree',
    ...venv,
    seen: '1.3.2 (2: by its documentation)',
  },
  {
    title: 'pip',
    kind: 'python',
    files: ['requirements.txt'],
    where: ({ textOf }) => /^\s*[^#\s]/m.test(textOf('requirements.txt') ?? ''),
    commands: () => ['python3 -m venv .venv', '.venv/bin/python -m pip install --quiet -r requirements.txt'],
    fills: 'tree',
    ...venv,
    seen: '23.2.1',
  },
  {
    title: 'Cargo',
    kind: 'rust',
    files: ['Cargo.lock'],
    commands: () => ['cargo fetch --locked'],
    fills: 'store',
    makes: null,
    seen: '1.95.0',
  },
  {
    title: 'Go',
    kind: 'go',
    files: ['go.sum'],
    commands: () => ['go mod download'],
    fills: 'store',
    makes: null,
    seen: '1.19.8',
  },
  {
    title: 'Gradle',
    kind: 'jvm',
    files: ['gradlew', 'settings.gradle', 'settings.gradle.kts', 'build.gradle', 'build.gradle.kts'],
    commands: ({ has }) => [`${has('gradlew') ? './gradlew' : 'gradle'} --no-daemon --quiet dependencies`],
    fills: 'store',
    makes: '.gradle',
    seen: '4.4.1 (9: by its documentation)',
  },
  {
    // Modules that need each other cannot be resolved before they are built: what it could not get, a check gets.
    title: 'Maven',
    kind: 'jvm',
    files: ['pom.xml'],
    commands: ({ has }) => [
      `${has('mvnw') ? './mvnw' : 'mvn'} --batch-mode --quiet --fail-never dependency:go-offline`,
    ],
    fills: 'store',
    makes: null,
    seen: '3.8.7, with nothing to get (the rest: by its documentation)',
  },
  {
    title: 'Composer',
    kind: 'php',
    files: ['composer.lock'],
    commands: () => ['composer install --no-interaction --no-progress'],
    fills: 'tree',
    makes: 'vendor',
    seen: '2.5.5',
  },
  {
    title: 'Bundler',
    kind: 'ruby',
    files: ['Gemfile.lock'],
    commands: () => ['BUNDLE_FROZEN=true bundle install'],
    fills: 'store',
    makes: null,
    seen: '2.3.15',
  },
];

/** Files whose text decides which tool a project has. */
export const SETUP_TEXTS: readonly string[] = ['package.json', 'yarn.lock', 'requirements.txt'];

/** Files that say what a set-up installs, wherever they stand. While none of them changes, it need not be run again. */
const INPUTS =
  /(?:^|\/)(?:package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml|\.pnpmfile\.c?js|yarn\.lock|bun\.lockb?|bunfig\.toml|\.npmrc|\.yarnrc(?:\.yml)?|uv\.lock|uv\.toml|poetry\.(?:lock|toml)|pyproject\.toml|requirements[\w.-]*\.(?:txt|in)|requirements\/[\w.-]+\.(?:txt|in)|setup\.(?:py|cfg)|Pipfile(?:\.lock)?|\.python-version|Gemfile(?:\.lock)?|[\w.-]+\.gemspec|composer\.(?:json|lock)|go\.(?:mod|sum|work)|go\.work\.sum|Cargo\.(?:toml|lock)|rust-toolchain(?:\.toml)?|(?:build|settings)\.gradle(?:\.kts)?|gradle\.(?:properties|lockfile)|gradle-wrapper\.properties|[\w.-]+\.versions\.toml|pom\.xml|maven-wrapper\.properties|\.gitmodules|\.worktreeinclude)$/;

/** Whether a set-up depends on a file. */
export function isSetupInput(file: string): boolean {
  return INPUTS.test(file);
}

/** The tools that a project has, one of a kind, in the order of the table. */
export function toolsOf(project: ProjectFiles): readonly SetupTool[] {
  const tools: SetupTool[] = [];
  for (const tool of SETUP_TOOLS) {
    const isThere = tool.files.some((name) => project.has(name)) && (tool.where?.(project) ?? true);
    if (isThere && !tools.some(({ kind }) => kind === tool.kind)) tools.push(tool);
  }
  return tools;
}

/** The commands that make a fresh checkout of a project ready, by the table; empty when it needs none. */
export function setupOf(project: ProjectFiles): readonly string[] {
  return toolsOf(project).flatMap((tool) => tool.commands(project));
}

/** Yarn 2 and later: `packageManager` says so, or its settings do, or the form of its lock file. */
function isModernYarn({ has, textOf }: ProjectFiles): boolean {
  const named = /"packageManager"\s*:\s*"yarn@(\d+)/.exec(textOf('package.json') ?? '')?.[1];
  if (named !== undefined) return Number(named) >= 2;
  return has('.yarnrc.yml') || /^__metadata:/m.test(textOf('yarn.lock') ?? '');
}
