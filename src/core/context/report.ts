import type { Claims, RiskNote } from '../run/model.ts';

/**
 * Finds the final report in an agent's last message: the last fenced block that is a JSON object with at least one
 * field of the report, else the last bare JSON object. Tolerant of wrong types, missing fields, camelCase keys and
 * trailing commas; never throws. `null` when the agent left no report.
 */
export function parseReport(text: string): Claims | null {
  for (const candidate of candidates(text)) {
    const fields = parseObject(candidate);
    if (fields && [...fields.keys()].some((key) => reportKeys.has(key))) return claims(fields);
  }
  return null;
}

type Fields = ReadonlyMap<string, unknown>;

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

/** Possible reports, the most likely first: fenced blocks from the end, then bare objects from the end. */
function* candidates(text: string): Generator<string> {
  const fences = [...text.matchAll(/^[ \t]*(`{3,}|~{3,})[^\n]*\n([\s\S]*?)(?:^[ \t]*\1[`~]*[ \t]*$|$(?![\s\S]))/gm)];
  for (const fence of fences.toReversed()) yield fence[2] ?? '';
  yield* bareObjects(text);
}

/** A report is among the last objects of a message, or nowhere. */
const maxObjects = 200;

/**
 * `{...}` regions, by their end, the last first, so that an object comes before those inside it. One scan that knows
 * strings, so braces inside them don't count; a stray brace in the prose before opens a region that never ends.
 */
function bareObjects(text: string): string[] {
  const found: [number, number][] = [];
  const open: number[] = [];
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inString) {
      if (c === '\\') i++;
      // A raw line end cannot be inside a JSON string, so the quote that opened this "string" was prose.
      else if (c === '"' || c === '\n') inString = false;
    } else if (c === '"' && open.length > 0) inString = true;
    else if (c === '{') open.push(i);
    else if (c === '}') {
      const start = open.pop();
      if (start !== undefined) found.push([start, i + 1]);
    }
  }
  return found
    .slice(-maxObjects)
    .toReversed()
    .map(([start, end]) => text.slice(start, end));
}

function parseObject(text: string): Fields | null {
  for (const attempt of [text, text.replaceAll(/,(\s*[}\]])/g, '$1')]) {
    try {
      const value: unknown = JSON.parse(attempt);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        return new Map(Object.entries(value).map(([key, item]) => [snakeCase(key), item]));
      }
      return null;
    } catch {
      // Not JSON as it stands; the second attempt drops trailing commas.
    }
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
  return {
    status: status(fields.get('status')),
    specSummary: prose(fields.get('spec_summary')),
    slicePlan: prose(fields.get('slice_plan')),
    filesChanged: names(fields.get('files_changed')),
    commandsRun: names(fields.get('commands_run')),
    testsPassed: flag(fields.get('tests_passed')),
    testCount: testCount(fields),
    riskNotes: list(fields.get('risk_notes')).flatMap(riskNote),
    reviewNeeded: flag(fields.get('review_needed')),
    question: prose(fields.get('question')),
    learnings: list(fields.get('learnings')).flatMap((item) => prose(item) ?? []),
  };
}

function status(value: unknown): Claims['status'] {
  if (typeof value !== 'string') return null;
  const word = snakeCase(value.trim()).toUpperCase();
  if (word === 'COMPLETE' || word === 'COMPLETED' || word === 'DONE' || word === 'SUCCESS') return 'COMPLETE';
  if (word === 'NEEDS_INPUT' || word === 'BLOCKED') return word;
  return null;
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
