import { showsCommands } from '../../agent/agents.ts';
import { isProved, isSliceState } from '../../run/states.ts';
import { field } from '../../text/document.ts';
import type { DocumentMap, DocumentValue } from '../../text/document.ts';
import type { Finding } from '../../text/finding.ts';
import { bare, outcomeText, squeeze } from '../../run/claims.ts';
import { readJson } from '../../text/json.ts';
import { SourceText } from '../../text/source.ts';
import type { Span } from '../../text/source.ts';
import { report } from '../engine/rules.ts';

/** The version of `trace.json` that this reads. */
const version = 1;

/** Findings of a run's `trace.json`: what the agent said against what was seen, and evidence that ought to be there. */
export function lintTrace(text: string, file: string): Finding[] {
  const source = new SourceText(file, text);
  const { value, problems } = readJson(text);
  const findings: Finding[] = [];
  for (const problem of problems) {
    // A repeated key is still JSON.
    if (problem.tolerated && /is repeated/.test(problem.message)) continue;
    findings.push(report(source, 'trace.json', problem.message, problem.span));
  }
  if (value?.kind !== 'map') {
    if (findings.length === 0) findings.push(report(source, 'trace.json', 'a trace is one JSON object', value?.span));
    return findings;
  }
  // Of a text that breaks off, what is missing proves nothing.
  if (problems.some((problem) => !problem.tolerated)) return findings;
  const written = field(value, 'v');
  if (!written || scalar(written.value) !== version) {
    findings.push(
      report(
        source,
        'trace.unknown-version',
        written
          ? `this trace has version ${source.text.slice(written.value.span.start, written.value.span.end).slice(0, 20)}; this Slicewave reads version ${version}`
          : `this trace does not say its version; this Slicewave reads version ${version}`,
        written?.value.span ?? { start: value.span.start, end: value.span.start + 1 },
      ),
    );
    // Another version may mean something else by the same names.
    return findings;
  }
  findings.push(...refutedClaims(source, value), ...missingEvidence(source, value), ...outOfScope(source, value));
  return findings;
}

function refutedClaims(source: SourceText, trace: DocumentMap): Finding[] {
  const claims = field(trace, 'claims')?.value;
  const refuted = (message: string, span: Span): Finding => report(source, 'trace.claim-refuted', message, span);
  const findings: Finding[] = [];
  const tests = field(claims, 'tests_passed');
  if (tests && scalar(tests.value) === true) {
    const failing = items(field(trace, 'verification')?.value).filter((check) => !passed(check));
    for (const check of failing) {
      const command = text(field(check, 'command')?.value) ?? 'a check';
      findings.push(refuted(`claims that tests pass, but \`${command}\` ${outcomeOf(check)}`, tests.value.span));
    }
    if (failing.length === 0 && scalar(field(trace, 'tests_passed')?.value) === false)
      findings.push(refuted('claims that tests pass, but the tool saw them fail', tests.value.span));
  }
  const changed = items(field(trace, 'files_changed')?.value);
  const claimed = field(claims, 'files_changed')?.value;
  if (claimed?.kind === 'list' && field(trace, 'files_changed')) {
    // The old name of a renamed file is not kept in a trace, so a claim about it cannot be judged.
    const renamed = changed.some((file) => /^(?:renamed|copied)$/.test(text(field(file, 'change')?.value) ?? ''));
    const paths = new Set(changed.flatMap((file) => text(field(file, 'path')?.value) ?? []));
    const named = new Set(claimed.items.map((item) => bare(text(item) ?? '')));
    for (const item of claimed.items) {
      const path = bare(text(item) ?? '');
      if (path !== '' && !paths.has(path) && !renamed)
        findings.push(refuted(`claims to have changed ${path}, which is as it was`, item.span));
    }
    for (const file of changed) {
      const path = field(file, 'path');
      const name = text(path?.value);
      if (path && name && !named.has(name))
        findings.push(refuted(`the agent changed ${name} and does not say so`, path.value.span));
    }
  }
  const adapter = text(field(field(trace, 'agent')?.value, 'adapter')?.value) ?? '';
  const commands = field(claims, 'commands_run')?.value;
  if (commands?.kind === 'list' && field(trace, 'commands_run') && showsCommands(adapter)) {
    const seen = items(field(trace, 'commands_run')?.value)
      .filter((run) => text(field(run, 'source')?.value) !== 'setup')
      .map((run) => squeeze(text(field(run, 'command')?.value) ?? ''))
      .join('\n');
    for (const item of commands.items) {
      const command = squeeze(text(item) ?? '');
      if (command !== '' && !seen.includes(command))
        findings.push(refuted(`claims to have run \`${command}\`, which was not seen`, item.span));
    }
  }
  return findings;
}

function missingEvidence(source: SourceText, trace: DocumentMap): Finding[] {
  const missing = (message: string, span: Span): Finding => report(source, 'trace.evidence-missing', message, span);
  const findings: Finding[] = [];
  const state = field(trace, 'state');
  const stateName = text(state?.value) ?? '';
  const checks = items(field(trace, 'verification')?.value);
  const tests = field(trace, 'tests_passed');
  if (tests && scalar(tests.value) === true && checks.length === 0)
    findings.push(missing('says that tests passed, but holds no verification that shows it', tests.value.span));
  if (tests && scalar(tests.value) === true) {
    const open = checks.find(
      (check) => !passed(check) && scalar(field(check, 'waived')?.value) !== true && !failedBefore(check),
    );
    if (open) {
      const command = text(field(open, 'command')?.value) ?? 'a check';
      findings.push(missing(`says that tests passed, but \`${command}\` ${outcomeOf(open)}`, tests.value.span));
    }
  }
  if (state && isSliceState(stateName) && isProved(stateName)) {
    // `tests_passed: null` is an approval by a person, which the trace shows as such.
    if (checks.length === 0 && scalar(tests?.value) !== null && scalar(tests?.value) !== true)
      findings.push(missing(`the state is ${stateName}, but there is no verification that shows it`, state.value.span));
    const ended = field(trace, 'ended_at');
    if (!ended || scalar(ended.value) === null)
      findings.push(missing(`the state is ${stateName}, but the run has no end`, ended?.keySpan ?? state.value.span));
  }
  const changed = field(trace, 'files_changed');
  const snapshot = field(trace, 'snapshot_commit');
  const commit = scalar(field(trace, 'commit')?.value);
  if (
    changed &&
    items(changed.value).length > 0 &&
    typeof commit !== 'string' &&
    typeof scalar(snapshot?.value) !== 'string'
  )
    findings.push(
      missing('files were changed, but no snapshot or commit holds them', snapshot?.keySpan ?? changed.keySpan),
    );
  return findings;
}

function outOfScope(source: SourceText, trace: DocumentMap): Finding[] {
  return items(field(trace, 'files_changed')?.value).flatMap((file) => {
    const path = field(file, 'path');
    return path && scalar(field(file, 'in_scope')?.value) === false
      ? report(
          source,
          'trace.out-of-scope',
          `${text(path.value) ?? 'this file'} was changed outside the slice's scope: revert it, or let the task spec name it`,
          path.value.span,
        )
      : [];
  });
}

function items(value: DocumentValue | undefined): readonly DocumentValue[] {
  return value?.kind === 'list' ? value.items : [];
}

function scalar(value: DocumentValue | undefined): string | number | boolean | null | undefined {
  return value?.kind === 'scalar' ? value.value : undefined;
}

function text(value: DocumentValue | undefined): string | null {
  const found = scalar(value);
  return typeof found === 'string' ? found : null;
}

/** A check that says neither its outcome nor its exit code shows nothing either way. */
function passed(check: DocumentValue): boolean {
  const outcome = text(field(check, 'outcome')?.value);
  if (outcome !== null) return outcome === 'passed';
  const code = scalar(field(check, 'exit_code')?.value);
  return code === 0 || code === undefined;
}

/** Whether a check failed on the base as well, so that the slice is not to blame. */
function failedBefore(check: DocumentValue): boolean {
  const code = scalar(field(check, 'base_exit_code')?.value);
  return code !== undefined && code !== 0;
}

/** As the gate says it; an outcome that nobody knows shows in the exit code. */
function outcomeOf(check: DocumentValue): string {
  const written = text(field(check, 'outcome')?.value);
  const outcome = written === 'no-coverage' || written === 'not-found' || written === 'timed-out' ? written : 'failed';
  const code = scalar(field(check, 'exit_code')?.value);
  return outcomeText({ outcome, exitCode: typeof code === 'number' ? code : null });
}
