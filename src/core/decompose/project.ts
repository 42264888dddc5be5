/** What a repository's own files say about how it is tested, set up and written. */
export interface ProjectFacts {
  /** Commands that run the whole test suite; empty when nothing says how. */
  readonly tests: readonly string[];
  /** Commands that make a fresh checkout ready. */
  readonly setup: readonly string[];
}

/** The files whose text `projectFacts` reads, when the repository has them. */
export const projectFiles: readonly string[] = ['package.json', 'pyproject.toml', 'Makefile'];

/** Reads the root of a repository; `texts` holds those of `projectFiles` that exist. */
export function projectFacts(
  repoFiles: readonly string[],
  texts: ReadonlyMap<string, string>,
  technology: string | null,
): ProjectFacts {
  const has = new Set(repoFiles);
  const tests: string[] = [];
  const setup: string[] = [];
  const manifest = texts.get('package.json');
  if (manifest !== undefined) {
    const client = has.has('pnpm-lock.yaml') ? 'pnpm' : has.has('yarn.lock') ? 'yarn' : 'npm';
    if (hasTestScript(manifest)) tests.push(`${client} test`);
    if (has.has('package-lock.json')) setup.push('npm ci');
    else if (client === 'pnpm') setup.push('pnpm install --frozen-lockfile');
    else if (client === 'yarn') setup.push('yarn install --frozen-lockfile');
  }
  const python = ['pyproject.toml', 'pytest.ini', 'tox.ini', 'setup.cfg', 'setup.py'].some((name) => has.has(name));
  if (python) tests.push(has.has('uv.lock') ? 'uv run pytest' : 'pytest');
  if (has.has('uv.lock')) setup.push('uv sync');
  if (has.has('go.mod')) tests.push('go test ./...');
  if (has.has('Cargo.toml')) tests.push('cargo test');
  if (has.has('pom.xml')) tests.push('mvn -q test');
  if (has.has('gradlew')) tests.push('./gradlew test');
  if (tests.length === 0 && /^test\s*:/m.test(texts.get('Makefile') ?? '')) tests.push('make test');
  if (tests.length === 0) {
    const usual = { python: 'pytest', go: 'go test ./...', rust: 'cargo test' }[technology?.toLowerCase() ?? ''];
    if (usual) tests.push(usual);
  }
  return { tests, setup };
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

const sourceFile = /\.(m?[jt]sx?|py|rb|go|rs|java|kt|swift|php|cs|cc|cpp|vue|svelte)$/i;
const testFile = /(^|\/)(tests?|__tests__|spec)\/|[._-](test|spec)\.[a-z]+$|(^|\/)test_[^/]+\.py$/i;

export function isTestPath(path: string): boolean {
  return testFile.test(path);
}

/** Two paragraphs for a spec that has none: what the file names of the repository show, and the rule for the rest. */
export function measuredConventions(repoFiles: readonly string[], technology: string | null): string {
  const sources = repoFiles.filter((path) => sourceFile.test(path));
  const names = sources.filter((path) => !testFile.test(path)).map((path) => path.slice(path.lastIndexOf('/') + 1));
  const style = mostFrequent(names.flatMap(nameStyle));
  const ending = mostFrequent(sources.map((path) => path.slice(path.lastIndexOf('.'))));
  const tests = sources.filter((path) => testFile.test(path));
  const testDir = mostFrequent(tests.map((path) => path.slice(0, Math.max(0, path.lastIndexOf('/')))));
  const measured = [
    ending
      ? `Source files end in \`${ending.value}\` (${ending.count} of ${sources.length}).`
      : `There are no source files yet; write ${technology ?? 'the language of the spec'}.`,
    style ? `Names of several words are written in ${style.value} (${style.count} of ${style.of}).` : null,
    testDir && tests.length > 0
      ? `Tests stand in \`${testDir.value || '.'}\` (${testDir.count} of ${tests.length} test files), like \`${tests.toSorted()[0]}\`.`
      : 'There are no tests yet: put them where the tools of the language look for them.',
  ];
  return `${measured.filter((part) => part !== null).join(' ')}

Write as the neighbouring code is written: its formatting, its way of importing, its way of reporting errors. Take
names and types from the contracts as they are, in the same spelling everywhere, and do not rename what exists.`;
}

function nameStyle(file: string): string[] {
  const stem = file.slice(0, file.indexOf('.') > 0 ? file.indexOf('.') : undefined);
  if (/^[a-z0-9]+(-[a-z0-9]+)+$/.test(stem)) return ['kebab-case'];
  if (/^[a-z0-9]+(_[a-z0-9]+)+$/.test(stem)) return ['snake_case'];
  if (/^[A-Z][a-z0-9]+([A-Z][a-z0-9]*)+$/.test(stem)) return ['PascalCase'];
  if (/^[a-z0-9]+([A-Z][a-z0-9]*)+$/.test(stem)) return ['camelCase'];
  return [];
}

/** Ties go to the value that sorts first, so that the answer does not depend on the order of the files. */
function mostFrequent(
  values: readonly string[],
): { readonly value: string; readonly count: number; readonly of: number } | null {
  const counts = new Map<string, number>();
  for (const value of values.toSorted()) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: { value: string; count: number; of: number } | null = null;
  for (const [value, count] of counts) if (!best || count > best.count) best = { value, count, of: values.length };
  return best;
}
