import type { Claims, RiskNote } from '../run/model.ts';
import { looseObject, type LooseObject } from './loose-json.ts';
import { askedInWords, isForm, statusOf, undressed } from './report-words.ts';

/**
 * Finds the final report in what an agent said last: the last JSON object with at least one field of the report that says
 * a status, else the last with any; or, as a question must not be missed, a line such as `status: NEEDS_INPUT` behind it.
 * The dress does not matter: escape codes and frames of terminals, quotes and emphasis of Markdown, another JSON around
 * it, a faulty JSON, other spellings of keys and words. The empty form of the prompt is no report. Never throws. `null`
 * when the agent left none.
 */
export function parseReport(text: string): Claims | null {
  const found = reportIn(undressed(text), 0);
  if (found !== null || !/\\"(?:status|question)\\"/.test(text)) return found?.claims ?? null;
  // A text of JSON that is itself written as one.
  return reportIn(undressed(text.replaceAll('\\n', '\n').replaceAll('\\"', '"')), 0)?.claims ?? null;
}

type Fields = ReadonlyMap<string, unknown>;

interface Found {
  readonly claims: Claims;
  /** Behind it, in the text. */
  readonly end: number;
  /** It says what came of the work, or more than one thing that only a report says. */
  readonly sure: boolean;
}

const reportKeys = new Set([
  'status',
  'spec_summary',
  'slice_plan',
  'files_changed',
  'commands_run',
  'tests_passed',
  'test_count',
  'risk_notes',
  'review_needed',
  'question',
  'learnings',
]);

/** A report is among the last objects of a message, or nowhere. */
const mostObjects = 400;
/** Reports in texts in reports: what a command line wraps around its agent's answer, and what wraps that. */
const deepestWrapping = 3;
const deepestNesting = 8;

function reportIn(text: string, depth: number): Found | null {
  let found: Found | null = null;
  for (const object of objectsIn(text)) {
    const report = reportOf(object, depth);
    if (report === null) continue;
    if (found === null || report.sure) found = report;
    if (found.sure) break;
  }
  const asked = askedInWords(text);
  if (asked === null) return found;
  if (found?.claims.status == null) {
    const { status: said, question } = asked;
    const claimed = found?.claims ?? claims(new Map());
    return { claims: { ...claimed, status: said, question: question ?? claimed.question }, end: asked.at, sure: true };
  }
  if (asked.at < found.end) return found;
  return { claims: { ...found.claims, status: asked.status, question: asked.question }, end: asked.at, sure: true };
}

interface SeenObject extends LooseObject {
  readonly start: number;
}

/** Objects that are in no other, the last first; then those that never close. */
function objectsIn(text: string): readonly SeenObject[] {
  const starts = [...text.matchAll(/\{/g)].map(({ index }) => index).slice(-mostObjects);
  // A report may hold more objects than that, and is itself behind all of them.
  const outer = [...text.matchAll(/^ {0,3}(?=\{)/gm)].map(({ index, 0: { length } }) => index + length);
  const budget = { left: 1_000_000 + 20 * text.length };
  const seen: SeenObject[] = [];
  for (const start of [...new Set([...starts, ...outer.slice(-mostObjects)])].sort((a, b) => b - a)) {
    const object = looseObject(text, start, budget);
    if (object === null) continue;
    const strict = object.torn ? null : parsed(text.slice(start, object.end));
    seen.push({ ...object, value: strict ?? object.value, start });
  }
  const whole: SeenObject[] = [];
  for (const object of seen.filter(({ torn }) => !torn).sort((a, b) => b.end - a.end || a.start - b.start)) {
    if (object.end <= (whole.at(-1)?.start ?? text.length)) whole.push(object);
  }
  return [...whole, ...seen.filter(({ torn }) => torn)];
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function reportOf({ value, end, quoted }: SeenObject, depth: number, inside = 0): Found | null {
  const fields = new Map(Object.entries(value).map(([key, item]) => [snakeCase(key), item]));
  const own = [...fields.keys()].filter((key) => reportKeys.has(key));
  const written = fields.get('status');
  if (typeof written === 'string' && isForm(written)) return null;
  if (own.length < 2) {
    for (const [key, item] of [...fields].toReversed()) {
      const inner = reportKeys.has(key) ? null : wrapped(item, depth, inside + 1);
      if (inner?.sure) return { ...inner, end };
    }
  }
  if (own.length === 0) return null;
  // `{ status: 'blocked' }` is also a line of a program.
  if (!quoted && !(typeof written === 'string' && /^[\s"'`*]*(?:COMPLETE|NEEDS_INPUT|BLOCKED)\b/.test(written)))
    return null;
  const claimed = claims(fields);
  return { claims: claimed, end, sure: claimed.status !== null || own.length > 1 };
}

/** A report in a value of another object. `depth` counts texts in texts. */
function wrapped(value: unknown, depth: number, inside = 0): Found | null {
  if (depth >= deepestWrapping || inside >= deepestNesting) return null;
  if (typeof value === 'string') return /status|question/i.test(value) ? reportIn(undressed(value), depth + 1) : null;
  if (typeof value !== 'object' || value === null) return null;
  if (!Array.isArray(value)) {
    return reportOf({ value: { ...value }, start: 0, end: 0, torn: false, quoted: true }, depth, inside + 1);
  }
  for (const item of value.slice(-20).toReversed()) {
    const inner = wrapped(item, depth, inside + 1);
    if (inner?.sure) return inner;
  }
  return null;
}

function snakeCase(key: string): string {
  return key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[\s-]+/g, '_')
    .toLowerCase();
}

function claims(fields: Fields): Claims {
  const question = asked(fields);
  return {
    status: status(fields, question),
    specSummary: prose(fields.get('spec_summary')),
    slicePlan: prose(fields.get('slice_plan')),
    filesChanged: names(fields.get('files_changed')),
    commandsRun: names(fields.get('commands_run')),
    testsPassed: flag(fields.get('tests_passed')),
    testCount: testCount(fields),
    riskNotes: list(fields.get('risk_notes')).flatMap(riskNote),
    reviewNeeded: flag(fields.get('review_needed')),
    question,
    learnings: list(fields.get('learnings')).flatMap((item) => prose(item) ?? []),
  };
}

function status(fields: Fields, question: string | null): Claims['status'] {
  const written = fields.get('status');
  const said = typeof written === 'string' ? statusOf(written) : null;
  const isReport = [...fields.keys()].filter((key) => reportKeys.has(key)).length > 1;
  // Alone, `{"status": "failed"}` is what any program prints.
  if (said === 'unfinished') return isReport ? 'BLOCKED' : null;
  if (said !== null) return said;
  return question !== null && isReport ? 'NEEDS_INPUT' : null;
}

/** What the agent wants to know; where it names it otherwise, why it does not go on. */
function asked(fields: Fields): string | null {
  const written = fields.get('status');
  const isAsking = typeof written === 'string' && statusOf(written) !== 'COMPLETE';
  const others = isAsking ? ['questions', 'clarification', 'blocker', 'reason', 'message', 'details'] : [];
  for (const key of ['question', ...others]) {
    const said = questionText(fields.get(key));
    if (said !== null && !/^(?:none|null|n\/?a|no|nothing|-+)\.?$/i.test(said)) return said;
  }
  return null;
}

function questionText(value: unknown): string | null {
  if (Array.isArray(value)) return value.flatMap((item) => questionText(item) ?? []).join('\n') || null;
  if (typeof value !== 'object' || value === null) return prose(value);
  const entries = new Map(Object.entries(value).map(([key, item]) => [snakeCase(key), item]));
  const said = prose(entries.get('question') ?? entries.get('text') ?? entries.get('prompt') ?? entries.get('message'));
  const options = list(entries.get('options') ?? entries.get('choices')).flatMap((item) => questionText(item) ?? []);
  return said === null || options.length === 0 ? said : `${said} (${options.join(' | ')})`;
}

function flag(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return null;
  if (/^(true|yes)$/i.test(value.trim())) return true;
  return /^(false|no)$/i.test(value.trim()) ? false : null;
}

/** How many tests passed, as a field or in the summary's words: `all 42 tests passed`, `42/42 passing`. */
function testCount(fields: Fields): number | null {
  for (const key of ['test_count', 'tests_run', 'tests_passed', 'tests_total', 'passed_tests']) {
    const value = fields.get(key);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  }
  const text = `${prose(fields.get('spec_summary')) ?? ''}\n${prose(fields.get('slice_plan')) ?? ''}`;
  const said =
    /\b(\d{1,6})(?:\s*\/\s*\d+)?\s+(?:(?:unit|new|existing)\s+)?(?:tests?\s+(?:all\s+|now\s+|have\s+)?pass|passing\b|passed\b)/i;
  const found = said.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

function prose(value: unknown): string | null {
  if (Array.isArray(value)) return value.flatMap((item) => prose(item) ?? []).join('\n') || null;
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value.trim() || null : null;
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === null || value === undefined || value === '' ? [] : [value];
}

/** Paths or commands; agents write both as text and as `{"path": ...}` or `{"command": ..., "exit_code": ...}`. */
function names(value: unknown): readonly string[] | null {
  if (value === null || value === undefined) return null;
  return list(value).flatMap((item) => {
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      const entries = new Map(Object.entries(item));
      return prose(entries.get('path') ?? entries.get('file') ?? entries.get('command') ?? entries.get('name')) ?? [];
    }
    return prose(item) ?? [];
  });
}

function riskNote(value: unknown): RiskNote[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const summary = prose(value);
    return summary ? [{ summary, severity: 'medium', suggestedAction: '' }] : [];
  }
  const entries = new Map(Object.entries(value).map(([key, item]) => [snakeCase(key), item]));
  const summary = prose(entries.get('summary') ?? entries.get('note') ?? entries.get('risk'));
  if (!summary) return [];
  const suggestedAction = prose(entries.get('suggested_action') ?? entries.get('action')) ?? '';
  return [{ summary, severity: severity(entries.get('severity')), suggestedAction }];
}

/** A severity nobody can read counts as medium: neither hidden nor alarming. */
function severity(value: unknown): RiskNote['severity'] {
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return word === 'low' || word === 'high' || word === 'critical' ? word : 'medium';
}
