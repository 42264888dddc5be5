import { sensitivityOf } from '../../gate/sensitive.ts';
import type { Finding, Fix } from '../../text/finding.ts';
import { within } from '../../text/markdown.ts';
import type { Markdown } from '../../text/markdown.ts';
import type { Spec, SpecSection } from '../../spec/model.ts';
import type { Span } from '../../text/source.ts';
import { report } from '../engine/rules.ts';
import { guardsSensitive, sensitiveWords, vagueEvidence, vagueLimits, vagueOutcome, vagueScopeItem } from './words.ts';
import { appendSection, stopConditions, stopTemplate, takesMore } from '../engine/templates.ts';

/** A limit that is missing is worth a word; the tenth is not. */
const mostLimits = 5;

/** What the answers of a spec leave open, and what they contradict. `answered` leaves out sections without words. */
export function answerFindings(spec: Spec, markdown: Markdown, answered: (section: SpecSection) => boolean): Finding[] {
  const given = (section: SpecSection | null): SpecSection | null => (section && answered(section) ? section : null);
  const outcome = given(spec.answers.outcome);
  const inScope = given(spec.answers.in_scope);
  const outOfScope = given(spec.answers.out_of_scope);
  const evidence = given(spec.answers.evidence);
  return [
    ...(outcome ? outcomeFindings(outcome, markdown) : []),
    ...(inScope ? scopeItemFindings(inScope, markdown) : []),
    ...(evidence ? evidenceFindings(evidence, markdown) : []),
    ...(inScope && outOfScope ? contradictions(inScope, outOfScope, markdown) : []),
    ...limitFindings([outcome, evidence, spec.constraints], markdown),
    ...questionFindings(spec, markdown),
    ...workstreamFindings(spec, markdown),
    ...sensitiveFindings(spec, { outcome, inScope }, markdown),
  ];
}

function outcomeFindings(section: SpecSection, { source }: Markdown): Finding[] {
  const found = vagueOutcome(source.text.slice(section.body.start, section.body.end), section.body.start);
  return found
    ? [
        report(
          source,
          'spec.outcome-vague',
          `"${found.words}" cannot be observed: say who can do what afterwards, or what a command, a number or a page then shows`,
          found.span,
        ),
      ]
    : [];
}

function scopeItemFindings(section: SpecSection, { source }: Markdown): Finding[] {
  return section.items.flatMap((item) => {
    const found = vagueScopeItem(source.text.slice(item.span.start, item.span.end), item.span.start);
    return found
      ? [
          report(
            source,
            'spec.scope-item-vague',
            `"${found.words}" names no place and no behaviour, so an agent would decide what it covers`,
            found.span,
          ),
        ]
      : [];
  });
}

function evidenceFindings(section: SpecSection, { source }: Markdown): Finding[] {
  const places = section.items.length > 0 ? section.items.map((item) => item.span) : [section.body];
  return places.flatMap((span) => {
    const found = vagueEvidence(source.text.slice(span.start, span.end), span.start);
    return found
      ? [
          report(
            source,
            'spec.evidence-vague',
            `"${found.words}" is a judgement, not evidence: name a command that passes, or what can be seen`,
            found.span,
          ),
        ]
      : [];
  });
}

function contradictions(inScope: SpecSection, outOfScope: SpecSection, { source }: Markdown): Finding[] {
  const inside = new Map(inScope.items.map((item) => [sameWords(item.text), item.span]));
  return outOfScope.items.flatMap((item) => {
    const other = inside.get(sameWords(item.text));
    return other && sameWords(item.text) !== ''
      ? [
          report(
            source,
            'spec.scope-contradiction',
            `this is in scope as well, in line ${source.position(other.start).line}; an agent would pick one of the two`,
            item.span,
          ),
        ]
      : [];
  });
}

/** Case, emphasis, articles and the last full stop make no difference. */
function sameWords(text: string): string {
  return text
    .toLowerCase()
    .replace(/[`*_]/g, '')
    .replace(/\b(?:the|a|an)\s+/g, '')
    .replace(/\s+/g, ' ')
    .replace(/[.;,:!]+$/, '')
    .trim();
}

function limitFindings(sections: readonly (SpecSection | null)[], { source }: Markdown): Finding[] {
  return sections
    .flatMap((section) =>
      section ? vagueLimits(source.text.slice(section.body.start, section.body.end), section.body.start) : [],
    )
    .slice(0, mostLimits)
    .map(({ words, span }) =>
      report(source, 'spec.vague-limit', `"${words}" sets no limit anyone could check: give a number and a unit`, span),
    );
}

/** Questions without an answer in a spec that says it is approved. */
function questionFindings(spec: Spec, { source, items }: Markdown): Finding[] {
  const section = spec.openQuestions;
  if (spec.status !== 'approved' || !section) return [];
  const all = items.filter((item) => within(item.span, section.body));
  const nothing = /^[\s*_(]*(?:none|nothing|n\/a|no (?:open )?questions?|all (?:answered|resolved)|-)\b/i;
  const settled =
    /^~~|\b(?:answer(?:ed)?|resolved|decided|decision|closed)\b\s*(?::|[-–—]|$|\.|,|in\b|by\b|on\b|to\b)/i;
  const open = all.filter((item, index) => {
    if (item.depth > 0 || item.done === true || nothing.test(item.text) || settled.test(item.text)) return false;
    const next = all[index + 1];
    // The answer often stands below its question.
    return !(next && next.depth > 0 && /^[*_]*(?:answer|a:|decision|decided|resolved|->|→)/i.test(next.text));
  });
  const [first] = open;
  const prose = section.text.replace(/<!--[^]*?(?:-->|$)/g, '').trim();
  const asks = all.length === 0 && prose.endsWith('?') && !nothing.test(prose);
  if (!first && !asks) return [];
  const at = section.body.start + source.text.slice(section.body.start, section.body.end).search(/\S/);
  const span: Span = first?.span ?? { start: at, end: at + section.text.length };
  const count = open.length > 1 ? `${open.length} questions are open` : 'this question is open';
  return [
    report(
      source,
      'spec.open-questions',
      `the spec is approved, but ${count}: answer it, or set the status to draft`.replace(
        'answer it',
        open.length > 1 ? 'answer them' : 'answer it',
      ),
      span,
    ),
  ];
}

function workstreamFindings(spec: Spec, { source }: Markdown): Finding[] {
  return spec.workstreams
    .filter((workstream) => workstream.boundary.length === 0)
    .map((workstream) =>
      report(
        source,
        'spec.workstream-boundary',
        `${workstream.id} has no boundary: add a line such as "Boundary: src/users/**" below it`,
        workstream.span,
      ),
    );
}

/** What the work touches according to its own words or files; what is out of scope does not count. */
function sensitiveFindings(
  spec: Spec,
  { outcome, inScope }: { readonly outcome: SpecSection | null; readonly inScope: SpecSection | null },
  markdown: Markdown,
): Finding[] {
  const { source } = markdown;
  const stop = spec.stopConditions;
  if (stop && guardsSensitive(stop.text)) return [];
  // Some say it among the constraints: "stop and ask before anything touches credentials".
  const elsewhere = [spec.constraints, spec.risks, spec.conventions].some((section) =>
    section?.text
      .split(/[.!?](?=\s)|\n(?=[-*+])/)
      .some((line) => /\b(?:stop|ask|never|must not|approval)\b/i.test(line) && guardsSensitive(line)),
  );
  if (elsewhere) return [];
  const found = touched(spec, [outcome, inScope], markdown);
  if (!found) return [];
  return [
    report(
      source,
      'spec.sensitive-unguarded',
      `this touches ${found.what} ("${found.words}"), and no stop condition says when to ask`,
      found.span,
      takesMore(markdown) || stop ? stopFix(source.text, stop) : undefined,
    ),
  ];
}

function touched(spec: Spec, sections: readonly (SpecSection | null)[], { source }: Markdown) {
  for (const section of sections) {
    if (!section) continue;
    const found = sensitiveWords(source.text.slice(section.body.start, section.body.end), section.body.start);
    if (found) return found;
  }
  for (const slice of spec.slices) {
    const written = source.text.slice(slice.span.start, slice.span.end);
    const found = sensitiveWords(slice.title, 0);
    const at = found ? written.indexOf(found.words) : -1;
    if (found && at >= 0)
      return {
        ...found,
        span: { start: slice.span.start + at, end: slice.span.start + at + found.words.length },
      };
    for (const file of slice.files) {
      const what = sensitivityOf(file.replace(/\*\*?$/, 'x'));
      const place = written.indexOf(file);
      if (what !== null && place >= 0)
        return {
          what,
          words: file,
          span: { start: slice.span.start + place, end: slice.span.start + place + file.length },
        };
    }
  }
  return null;
}

function stopFix(text: string, stop: SpecSection | null): Fix {
  if (!stop) return appendSection(text, stopTemplate, 'Add the usual stop conditions');
  const rule = stopConditions[2];
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const end = stop.body.start + text.slice(stop.body.start, stop.body.end).trimEnd().length;
  return {
    title: `Stop for ${rule}`,
    edits: [{ span: { start: end, end }, text: `${newline}- ${rule}` }],
  };
}
