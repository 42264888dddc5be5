import type { Doubt, DoubtKind } from '../run/doubt.ts';
import type { ChangedText } from './changed-text.ts';
import { shortened } from '../text/printing.ts';

const CODE = /\.(?:[cm]?[jt]sx?|py|go|rb|rs|java|cs|php)$/;
const COMMENT = /^(?:\/\/(?!go:build)|\/?\*|#(?![![])|<!--)/;

interface Sign {
  readonly pattern: RegExp;
  readonly kind: DoubtKind;
  /** Before the line that is shown. */
  readonly says: string;
  /** Code that is no test may hold it in good faith. */
  readonly onlyTests: boolean;
  /** Honest work looks like it too. */
  readonly isLow?: true;
}

/** Single lines by which tests prove less, whatever stands around them. */
const SIGNS: readonly Sign[] = [
  {
    pattern:
      /(?:^|[;{(]\s*)(?:require\(\s*['"](?:node:)?(?:assert|chai|expect)[^)]*\)|assert|expect|chai|Assert|unittest\.TestCase|TestCase)(?:\.\w+)+\s*=(?![=>])|Object\.(?:assign|defineProperty)\(\s*(?:assert|expect|chai|TestCase)\b|\bglobal(?:This)?\.(?:expect|assert|test|it|describe)\s*=(?![=>])|\bsetattr\(\s*(?:unittest|TestCase|pytest|self)\b[^\n]*assert|\b(?:jest|vi)\.(?:do)?[mM]ock\(\s*['"](?:node:)?(?:assert|chai|expect|@jest|vitest)|mock\.module\(\s*['"]node:(?:assert|test)|\bexpect\.extend\(\s*\{\s*to(?:Be|Equal|StrictEqual|Match|Throw|Have)|^(?:async\s+)?(?:def|function|func|fn)\s+(?:assert(?:Equals?|True|False|Raises|In|_equal)|expect)\s*\(|^(?:async\s+)?def\s+assert\w+\s*\([^)]*\)\s*:\s*(?:pass|return)|\bmacro_rules!\s*assert|^class\s+(?:Minitest::Assertions|RSpec::Expectations)|(?:patch|patch\.object)\(\s*['"]?(?:unittest|TestCase|builtins\.assert)/,
    kind: 'check-bent',
    says: 'what asserts is replaced',
    onlyTests: false,
  },
  {
    pattern:
      /\bprocess\.exitCode\s*=\s*0|\bprocess\.on\(\s*['"](?:exit|beforeExit|uncaughtException|unhandledRejection)['"].*(?:\{\s*\}|exitCode|exit\()|\bprocess\.(?:exit|reallyExit)\s*=(?!=)|\batexit\.register\(.*_exit|\bsys\.exit\s*=(?!=)|\bos\._exit\s*\(\s*0|\bat_exit\s*\{\s*exit!?\s*\(?0?|\bregister_shutdown_function\(.*exit\(0/,
    kind: 'check-bent',
    says: 'the exit code is set here, whatever failed',
    onlyTests: false,
  },
  {
    pattern:
      /^pytestmark\s*=.*\b(?:skip|xfail)|^__test__\s*=\s*False|\bpytest\.importorskip\(|\ballow_module_level\s*=\s*True|^__unittest_skip__\s*=/,
    kind: 'test-skipped',
    says: 'all tests of the file are skipped',
    onlyTests: true,
  },
  {
    pattern:
      /^(?:@pytest\.hook\w+.*)?(?:async\s+)?def\s+(?:load_tests|pytest_(?:collection_modifyitems|ignore_collect|collect_file|runtest_\w+|pyfunc_call|pycollect_\w+|sessionfinish|deselected|itemcollected|report_teststatus|exception_interact|cmdline_\w+))\b|^collect_ignore(?:_glob)?\b|\bitems\.clear\(\)|\bsession\.exitstatus\s*=|^\/\/go:build\s+(?!.*\b(?:linux|darwin|windows|unix)\b)|^#if\s+(?:false|false\b|!?\w*NEVER)/,
    kind: 'selection-narrowed',
    says: 'which tests run, or how they end, is decided here',
    onlyTests: true,
  },
  {
    pattern:
      /\b(?:this|jest|vi|vitest)\.(?:retries|retryTimes)\(\s*[1-9]|\bretr(?:y|ies)\s*:\s*[1-9]|\bmark\.flaky\b|^@(?:flaky|retry)\b|^@(?:Retry\w*|RepeatedIfExceptionsTest|Flaky)\b|\[Retry\w*\(|\bretry_on_failure\b|,\s*retry:\s*[1-9]/,
    kind: 'test-weaker',
    says: 'what fails is tried again',
    onlyTests: true,
  },
  {
    pattern:
      /\b(?:jest|vi)\.setTimeout\(|\bthis\.(?:timeout|slow)\(|\btimeout\s*:\s*(?:\d{5,}|0\b|Infinity)|\btestTimeout\s*:|\bmark\.timeout\(|\bsetDefaultTimeout\(/,
    kind: 'test-weaker',
    says: 'a test has more time',
    onlyTests: true,
    isLow: true,
  },
  {
    pattern:
      /\brequire\.cache\[[^\n]*\]\s*(?:\.exports\s*)?=(?!=)|\bdelete\s+require\.cache\[.*\]\.exports|\bModule\._(?:load|resolveFilename|extensions)\b[^\n]*=(?!=)|\bsys\.modules\[[^\n]*\]\s*=(?!=)/,
    kind: 'subject-replaced',
    says: 'a module is replaced where others load it',
    onlyTests: false,
  },
];

/** A program that ends before anything is tested, at the top of a file. */
const LEAVES = /^(?:process\.exit|os\._exit|sys\.exit|exit)\(\s*0?\s*\);?$/;

/** Lines that a change brings by which tests, or the programs that run them, prove less. */
export function lineDoubts({ path, before, after }: ChangedText, isTest: boolean): Doubt[] {
  if (after === null || !CODE.test(path)) return [];
  // A file of tests that is new may say how it is run.
  const isNew = before === null;
  const known = new Set(before?.split('\n').map((line) => line.trim()));
  return after.split('\n').flatMap((text, at): Doubt[] => {
    const line = text.trim();
    if (line === '' || line.length > 2_000 || known.has(line) || COMMENT.test(line)) return [];
    const shown = shortened(line);
    const places = [{ path, line: at + 1 }];
    if (!isTest && LEAVES.test(text.trimEnd()) && !/(?:^|\/)(?:bin|cli|scripts)\/|\bcli\.\w+$/.test(path))
      return [{ kind: 'check-bent', summary: `the program ends here, well: ${shown}`, severity: 'high', places }];
    const sign = SIGNS.find(({ pattern }) => pattern.test(line));
    if (!sign || (sign.onlyTests && !isTest) || (isNew && isOrdinary(sign, path))) return [];
    return [{ kind: sign.kind, summary: `${sign.says}: ${shown}`, severity: sign.isLow ? 'low' : 'high', places }];
  });
}

/** New tests may be given time, and tried again; a new file may not decide about others. */
function isOrdinary({ kind }: Sign, path: string): boolean {
  return (kind === 'test-weaker' || kind === 'test-skipped') && !path.endsWith('conftest.py');
}
