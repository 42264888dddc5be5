import { measureConventions } from '../conventions/measure.ts';
import { SETUP_TEXTS, setupOf } from '../setup/tools.ts';
import { conventionSources } from '../conventions/sources.ts';

/** What a repository's own files say about how it is tested, set up and written. */
export interface ProjectFacts {
  /** Commands that run the whole test suite; empty when nothing says how. */
  readonly tests: readonly string[];
  /** Commands that make a fresh checkout ready. */
  readonly setup: readonly string[];
}

/** The files whose text `projectFacts` reads, when the repository has them. */
const projectFiles: readonly string[] = [...SETUP_TEXTS, 'pyproject.toml', 'Makefile'];

/**
 * The files whose text a decomposition reads: what says how the repository is tested, and a sample of how it is
 * written.
 */
export function projectSources(repoFiles: readonly string[]): readonly string[] {
  const has = new Set(repoFiles);
  return [...new Set([...projectFiles.filter((path) => has.has(path)), ...conventionSources(repoFiles)])];
}

/** Reads the root of a repository; `texts` holds those of `projectFiles` that exist. */
export function projectFacts(
  repoFiles: readonly string[],
  texts: ReadonlyMap<string, string>,
  technology: string | null,
): ProjectFacts {
  const has = new Set(repoFiles);
  const tests: string[] = [];
  const manifest = texts.get('package.json');
  if (manifest !== undefined) {
    if (hasTestScript(manifest)) tests.push(testScript(has));
  }
  const python = ['pyproject.toml', 'pytest.ini', 'tox.ini', 'setup.cfg', 'setup.py'].some((name) => has.has(name));
  if (python) tests.push(has.has('uv.lock') ? 'uv run pytest' : 'pytest');
  if (has.has('go.mod')) tests.push('go test ./...');
  if (has.has('Cargo.toml')) tests.push('cargo test');
  if (has.has('pom.xml')) tests.push('mvn -q test');
  if (has.has('gradlew')) tests.push('./gradlew test');
  if (tests.length === 0 && /^test\s*:/m.test(texts.get('Makefile') ?? '')) tests.push('make test');
  if (tests.length === 0) {
    const usual = { python: 'pytest', go: 'go test ./...', rust: 'cargo test' }[technology?.toLowerCase() ?? ''];
    if (usual) tests.push(usual);
  }
  const setup = setupOf({ has: (name) => has.has(name), textOf: (name) => texts.get(name) ?? null });
  return { tests, setup: [...setup] };
}

/** `bun test` is Bun's own runner, whatever the script says. */
function testScript(has: ReadonlySet<string>): string {
  if (has.has('pnpm-lock.yaml')) return 'pnpm test';
  if (has.has('yarn.lock')) return 'yarn test';
  return has.has('bun.lock') || has.has('bun.lockb') ? 'bun run test' : 'npm test';
}

function hasTestScript(manifest: string): boolean {
  try {
    const value: unknown = JSON.parse(manifest);
    if (typeof value !== 'object' || value === null || !('scripts' in value)) return false;
    const scripts: unknown = value.scripts;
    if (typeof scripts !== 'object' || scripts === null || !('test' in scripts)) return false;
    return typeof scripts.test === 'string' && !scripts.test.includes('no test specified');
  } catch {
    return false;
  }
}

/** Two paragraphs for a spec that has none; `texts` holds those of `projectSources` that can be read. */
export function repositoryConventions(
  repoFiles: readonly string[],
  texts: ReadonlyMap<string, string>,
  technology: string | null,
): string {
  return measureConventions({ files: repoFiles, textOf: (path) => texts.get(path) ?? null, technology }).text;
}
