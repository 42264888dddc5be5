import type { ProjectFiles } from './tools.ts';

/** What a development tool does in worktrees of one repository, and what a person may do about it. */
export interface ToolNote {
  readonly title: string;
  /** Whether something should be done. */
  readonly isWarning: boolean;
  readonly detail: string;
  readonly remedy: string;
}

export interface ToolPlace {
  readonly root: string;
  /** Where worktrees stand. */
  readonly worktrees: string;
  /** The commands that set them up. */
  readonly setup: readonly string[];
}

interface DevelopmentTool {
  readonly title: string;
  /** The version in which this was seen. */
  readonly seen: string;
  /** Files of the top directory, any of which shows it. */
  readonly files: readonly string[];
  /** A package whose name in `package.json` shows it. */
  readonly package?: string;
  /** What to say of it; `text`: of those of its files that are there. */
  readonly note: (place: ToolPlace & { readonly text: string }) => {
    readonly detail: string;
    readonly remedy?: string;
  };
}

/** The one table of what development tools do in worktrees. */
const DEVELOPMENT_TOOLS: readonly DevelopmentTool[] = [
  {
    title: 'Turborepo',
    seen: '2.11.11',
    files: ['turbo.json', 'turbo.jsonc'],
    package: 'turbo',
    note: ({ text }) => ({
      detail: 'its worktrees share one cache, so checks run with TURBO_FORCE=true',
      ...(text.includes('SLICEWAVE_PORT')
        ? {}
        : { remedy: 'For tasks that take the port of their worktree: "globalPassThroughEnv": ["SLICEWAVE_PORT"].' }),
    }),
  },
  {
    title: 'Nx',
    seen: '24.0.6',
    files: ['nx.json'],
    package: 'nx',
    note: () => ({ detail: 'its worktrees share one cache, so checks run with NX_SKIP_NX_CACHE=true' }),
  },
  {
    title: 'Playwright',
    seen: '1.65.1',
    files: ['playwright.config.ts', 'playwright.config.js', 'playwright.config.mjs'],
    package: '@playwright/test',
    note: ({ text }) => ({
      detail: 'checks run with CI=1, so it does not take a server that runs already',
      ...(/\bport:\s*\d|localhost:\d|127\.0\.0\.1:\d/.test(text) && !text.includes('SLICEWAVE_PORT')
        ? { remedy: 'Its port is fixed, so two worktrees cannot run it at once: take process.env.SLICEWAVE_PORT.' }
        : {}),
    }),
  },
  {
    title: 'Jest',
    seen: '30.5.2',
    files: [
      'jest.config.js',
      'jest.config.ts',
      'jest.config.mjs',
      'jest.config.cjs',
      'jest.config.json',
      'package.json',
    ],
    package: 'jest',
    note: ({ text, worktrees, root }) => {
      const hiding = hidingPattern(text, worktrees);
      if (hiding !== null)
        return {
          detail: `its ignore pattern ${hiding} matches the path of the worktrees themselves (${worktrees}), so every test in them is ignored`,
          remedy: `Begin the pattern with <rootDir>, or set another place with \`git config slicewave.worktrees\`.`,
        };
      return isInside(root, worktrees) ? INSIDE : { detail: 'its ignore patterns leave the tests of worktrees in' };
    },
  },
  {
    title: 'Vitest',
    seen: '5.1.2',
    files: ['vitest.config.ts', 'vitest.config.js', 'vitest.config.mjs'],
    package: 'vitest',
    note: ({ worktrees, root }) =>
      isInside(root, worktrees) ? INSIDE : { detail: 'it runs in worktrees as it does here' },
  },
  {
    title: 'husky',
    seen: '9.1.7',
    files: ['.husky'],
    package: 'husky',
    note: () => ({ detail: 'set-ups do not install it; its hooks, as they stand in a worktree, run at commits there' }),
  },
  {
    title: 'lefthook',
    seen: '2.2.2',
    files: ['lefthook.yml', 'lefthook.yaml', '.lefthook.yml', 'lefthook.toml', 'lefthook.json'],
    package: 'lefthook',
    note: () => ({
      detail: 'what it installs in a worktree stays with that run; the hooks of the repository are yours',
    }),
  },
  {
    title: 'simple-git-hooks',
    // Installed from a worktree it writes among the hooks of all checkouts; only a setting of the repository turns it.
    seen: '2.14.0',
    files: ['.simple-git-hooks.json', 'simple-git-hooks.json', '.simple-git-hooks.js', '.simple-git-hooks.cjs'],
    package: 'simple-git-hooks',
    note: () => ({
      detail:
        'neither set-ups nor agents install it; the hooks that it installed for you run at commits in worktrees too',
    }),
  },
  {
    title: 'pre-commit',
    // Read in its source: where `core.hooksPath` is set, as it is in worktrees, `install` ends with 1.
    seen: '4.6.2',
    files: ['.pre-commit-config.yaml', '.pre-commit-config.yml'],
    note: ({ setup }) => ({
      detail: 'the hooks that it installed for you run at commits in worktrees too; it refuses to install any there',
      ...(setup.some((command) => /\bpre-commit\s+install(?![\w-])/.test(command))
        ? {
            remedy:
              'Leave `pre-commit install` out of `setup`: there it fails, and `pre-commit install-hooks` does not.',
          }
        : {}),
    }),
  },
];

const INSIDE = {
  detail: 'worktrees lie inside the checkout, and it runs the tests of them too',
  remedy: 'Set a place outside with `git config slicewave.worktrees <dir>`, or ignore that folder from <rootDir>.',
} as const;

/** What the table says of the development tools of a project. */
export function toolNotes(project: ProjectFiles, place: ToolPlace): readonly ToolNote[] {
  const packages = project.textOf('package.json') ?? '';
  return DEVELOPMENT_TOOLS.flatMap((tool) => {
    const files = tool.files.filter((name) => project.has(name));
    const isNamed = tool.package !== undefined && packages.includes(`"${tool.package}":`);
    const isThere = isNamed || files.some((name) => name !== 'package.json');
    if (!isThere) return [];
    const text = files.map((name) => project.textOf(name) ?? '').join('\n');
    const { detail, remedy = '' } = tool.note({ text, ...place });
    return [{ title: tool.title, isWarning: remedy !== '', detail, remedy }];
  });
}

/** The files whose texts {@link toolNotes} reads. */
export const TOOL_TEXTS: readonly string[] = [...new Set(DEVELOPMENT_TOOLS.flatMap(({ files }) => files))];

/**
 * The pattern in Jest's output, where it found no test, that matches the path of the checkout it ran in: it is tried on
 * whole paths, so there every test is ignored. `null`: none does.
 */
export function hidingPatternOf(output: string, dir: string): string | null {
  const told = /testPathIgnorePatterns: (.+?) - 0 matches/.exec(output)?.[1];
  return told?.split(', ').find((pattern) => matches(pattern, `${dir}/`)) ?? null;
}

/** The same in the text of a configuration. */
function hidingPattern(text: string, dir: string): string | null {
  const list = /testPathIgnorePatterns['"]?\s*:\s*\[([^\]]*)\]/.exec(text)?.[1] ?? '';
  const patterns = [...list.matchAll(/(['"`])(.*?)\1/g)].map(([, , pattern = '']) => pattern.replaceAll('\\\\', '\\'));
  return patterns.find((pattern) => !pattern.includes('<rootDir>') && matches(pattern, `${dir}/plan/slice/`)) ?? null;
}

function matches(pattern: string, path: string): boolean {
  try {
    return pattern !== '' && new RegExp(pattern).test(path);
  } catch {
    return false;
  }
}

function isInside(root: string, dir: string): boolean {
  return dir.startsWith(`${root}/`);
}
