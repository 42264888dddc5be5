import type { Doubt } from '../run/doubt.ts';
import type { ChangedText } from './changed-text.ts';
import { shortened } from '../text/printing.ts';

/** Code, and scripts that start it. */
const CODE = /\.(?:[cm]?[jt]sx?|vue|svelte|py|go|rb|rs|java|kt|cs|php|sh|bash)$/;
/** Settings of build tools and runners ask for CI in good faith. */
const SETTINGS = /(?:^|\/)[\w.-]*\.config\.[cm]?[jt]s$|(?:^|\/)conftest\.py$/;

const NAMES =
  'CI|CONTINUOUS_INTEGRATION|GITHUB_ACTIONS|GITLAB_CI|BUILD_NUMBER|SLICEWAVE_\\w*|VITEST\\w*|JEST_WORKER_ID|NODE_TEST_CONTEXT|PYTEST_\\w+|TEST_WORKER_INDEX|TURBO_\\w+|NX_\\w+|WIREIT_CACHE|PYTHONDONTWRITEBYTECODE|GOFLAGS';
/** Where programs ask their environment. */
const ASKS =
  'process\\.env\\b|import\\.meta\\.env\\b|Deno\\.env\\b|Bun\\.env\\b|os\\.environ\\b|\\benviron\\b|os\\.getenv\\b|ENV\\s*[[.]|\\$_(?:ENV|SERVER)\\b|getenv\\s*\\(|env::var\\w*|Environment\\.GetEnvironmentVariable|os\\.(?:Getenv|LookupEnv)\\b';
const ENVIRONMENT = new RegExp(
  `(?:${ASKS})[^\\n]{0,40}?\\b(${NAMES})\\b|\\b(${NAMES})\\b[^\\n]{0,20}?(?:\\bin\\s+|\\}\\s*=\\s*)(?:${ASKS})`,
);

/** A place that is asked for its name, and the answer compared with a text. */
const PLACE =
  '(?:process\\.cwd\\(\\)|os\\.getcwd\\(\\)|Dir\\.pwd|getcwd\\(\\)|(?:os\\.)?(?:homedir|hostname|tmpdir)\\(\\)|(?:os|socket|platform)\\.(?:gethostname|node)\\(\\)|os\\.(?:Getwd|Hostname|TempDir)\\(\\)|process\\.env(?:\\.|\\[[\'"`])(?:HOME|PWD|TMPDIR|USERPROFILE|INIT_CWD|HOSTNAME)(?:[\'"`]\\])?|os\\.(?:environ(?:\\.get)?|getenv|Getenv)[[(][\'"](?:HOME|PWD|TMPDIR|USERPROFILE|HOSTNAME)[\'"][\\])]|ENV\\[[\'"](?:HOME|PWD|TMPDIR)[\'"]\\]|Path\\.(?:home|cwd)\\(\\)|gethostname\\(\\)|gettempdir\\(\\))';
const COMPARED = new RegExp(
  `(?:String\\(|str\\()?${PLACE}\\)?(?:\\s*(?:\\?\\.|\\.)\\s*(?:includes|indexOf|startsWith|endsWith|match|search|contains|startswith|endswith|start_with\\?|end_with\\?|include\\?|find|Contains)\\s*\\(\\s*['"\`/]|\\s*(?:===?|!==?)\\s*['"\`])|(?:/[^/\\n]+/[a-z]*\\.test\\(|['"\`][^'"\`\\n]+['"\`]\\s+in\\s+|(?:strings\\.(?:Contains|HasPrefix|HasSuffix)|str_contains|strpos|preg_match)\\()\\s*(?:[^\\n]{0,20},\\s*)?(?:String\\(|str\\()?${PLACE}`,
);

/** How a program finds out that a test runner started it, by what it finds, for people. */
const UNDER_TEST: readonly (readonly [RegExp, string])[] = [
  [/\bprocess\.(?:execArgv|argv)\b[^\n]{0,60}?['"`/][^'"`\n]{0,30}(?:test|spec|jest|mocha)/i, 'how it was started'],
  [/\btypeof\s+(?:globalThis\.)?(?:it|describe|jest|vi|vitest|expect|suite)\b/, 'whether a test runner is there'],
  [/['"`](?:it|describe|jest|vitest|expect)['"`]\s+in\s+global(?:This)?\b/, 'whether a test runner is there'],
  [/\bglobal(?:This)?\??\.(?:it|describe|jest|vi|expect)\b/, 'whether a test runner is there'],
  [
    /['"](?:pytest|unittest|_pytest|nose2?)['"]\s+(?:not\s+)?in\s+sys\.modules|sys\.modules\b[^\n]{0,20}pytest/,
    'whether a test runner is there',
  ],
  [/\b(?:testing\.Testing\(\)|flag\.Lookup\(\s*"test\.)/, 'whether it is tested'],
  [/\bcfg!\s*\(\s*test\s*\)/, 'whether it is tested'],
  [/\bdefined\?\s*\(?\s*(?:::)?(?:RSpec|Minitest|Test::Unit)/, 'whether a test runner is there'],
  [/\b(?:class_exists|defined)\s*\(\s*['"]\\?\\?(?:PHPUnit|PHPUNIT_)/, 'whether a test runner is there'],
  [/\/proc\/(?:self|\d+|\$\{?\w+[^/\n]{0,20})\/(?:environ|cmdline|comm|cgroup|mountinfo|status)\b/, 'how it is run'],
  [/\.stack\b[^\n]{0,40}?['"`/][^'"`\n]{0,20}(?:test|spec|jest|mocha)/i, 'who called it'],
  [
    /\b(?:isFile|isDirectory|is_file|is_dir|isfile|isdir|readFileSync|readFile|read_text|open)\b[^\n]{0,40}['"`/]\.git['"`]|['"`/]\.git['"`][^\n]{0,30}(?:isFile|isDirectory|is_file|is_dir|isfile|isdir)\b/,
    'whether it stands in a worktree',
  ],
];

/** The tool's own names; a file that speaks of them already may go on. */
const OWN = /slicewave|\.agent-runs\b/i;
const COMMENT = /^(?:\/\/|\/?\*|#(?!!)|<!--|--\s)/;

/**
 * Code that does something else when it is being checked, or asks for what would tell. Lines that stood there before are
 * no news; in a test a question for CI counts as well. `isTest`: runners look for tests in the file.
 */
export function checkAwareDoubts({ path, before, after }: ChangedText, isTest: boolean): Doubt[] {
  if (after === null || !CODE.test(path) || SETTINGS.test(path)) return [];
  const known = new Set(before?.split('\n').map((line) => line.trim()));
  const isOfUs = before !== null && OWN.test(before);
  return after.split('\n').flatMap((text, at) => {
    const line = text.trim();
    if (line === '' || line.length > 2_000 || known.has(line) || COMMENT.test(line)) return [];
    const found = sentence(line, isTest, isOfUs);
    return found === null
      ? []
      : [{ kind: 'knows-the-check', summary: found, severity: 'high', places: [{ path, line: at + 1 }] } as const];
  });
}

function sentence(line: string, isTest: boolean, isOfUs: boolean): string | null {
  const asked = ENVIRONMENT.exec(line);
  const name = asked?.[1] ?? asked?.[2];
  const shown = shortened(line);
  if (name !== undefined)
    return isTest
      ? `a test depends on the environment variable ${name}: ${shown}`
      : `the code asks for the environment variable ${name}, by which it knows that it is checked: ${shown}`;
  if (!isOfUs && OWN.test(line)) return `the code names what checks it: ${shown}`;
  if (COMPARED.test(line)) return `${isTest ? 'a test' : 'the code'} asks where it is run: ${shown}`;
  const what = isTest ? undefined : UNDER_TEST.find(([pattern]) => pattern.test(line))?.[1];
  return what === undefined ? null : `the code asks ${what}: ${shown}`;
}
