import type { Finding } from '../../text/finding.ts';
import { readMarkdown, titleSpan } from '../../text/markdown.ts';
import { SourceText } from '../../text/source.ts';
import type { Spec, SpecAnswer, SpecSection } from '../../spec/model.ts';
import { readSpec } from '../../spec/read.ts';
import { report } from '../engine/rules.ts';
import type { RuleCode } from '../engine/rules.ts';
import { answerFindings } from './answers.ts';
import { answerTemplates, appendSection, takesMore } from '../engine/templates.ts';

const answers: readonly {
  readonly answer: SpecAnswer;
  readonly code: RuleCode;
  readonly heading: string;
  readonly question: string;
}[] = [
  { answer: 'outcome', code: 'spec.outcome-missing', heading: 'Outcome', question: 'which outcome it is after' },
  { answer: 'in_scope', code: 'spec.in-scope-missing', heading: 'In scope', question: 'what is in scope' },
  {
    answer: 'out_of_scope',
    code: 'spec.out-of-scope-missing',
    heading: 'Out of scope',
    question: 'what is out of scope',
  },
  {
    answer: 'evidence',
    code: 'spec.evidence-missing',
    heading: 'Evidence',
    question: 'which evidence proves that it worked',
  },
];

/** Findings of one spec: the four answers, then what its declarations contradict. */
export function lintSpec(text: string, file: string): Finding[] {
  const { spec, findings } = readSpec(text, file);
  const source = new SourceText(file, text);
  const markdown = readMarkdown(source);
  const title = titleSpan(markdown);
  for (const { answer, code, heading, question } of answers) {
    const section = spec.answers[answer];
    if (!section) {
      const fix = takesMore(markdown)
        ? appendSection(text, answerTemplates[answer], `Add a section "${heading}"`)
        : undefined;
      findings.push(report(source, code, `this spec does not say ${question}: add a section "${heading}"`, title, fix));
    } else if (isPlaceholder(section.text)) {
      findings.push(
        report(source, 'spec.answer-empty', `this heading stands over no answer: say ${question}`, section.heading),
      );
    }
  }
  if (spec.confidence === 'LOW') {
    findings.push(
      report(
        source,
        'spec.confidence-low',
        'low confidence: answer the open questions before this spec is decomposed',
        wordSpan(text, 'confidence'),
      ),
    );
  }
  const answered = (section: SpecSection): boolean => !isPlaceholder(section.text);
  findings.push(...answerFindings(spec, markdown, answered), ...cycleFindings(source, spec));
  return findings;
}

/** Nothing but blank space, comments, bare markers and words in angle brackets. */
function isPlaceholder(text: string): boolean {
  const words = text
    .replace(/<!--[^]*?(?:-->|$)/g, '')
    .replace(/^[ \t]*#{1,6}.*$/gm, '')
    .replace(/`?<[^<>\n]*>`?(?: passes)?/g, '')
    .replace(/\[[ xX]\]/g, '')
    .replace(/\b(?:tbd|todo|tba|n\/a|\.\.\.)\b/gi, '');
  return !/[\p{L}\p{N}]/u.test(words);
}

/** One finding for each circle in which declared slices wait for each other. */
function cycleFindings(source: SourceText, spec: Spec): Finding[] {
  const after = new Map(spec.slices.map((slice) => [slice.id, slice.after]));
  const state = new Map<string, 'open' | 'done'>();
  const findings: Finding[] = [];
  for (const start of spec.slices) {
    // An explicit stack: a spec of thousands of slices in one chain must not exhaust the call stack.
    const trail: { id: string; next: number }[] = [];
    if (!state.has(start.id)) {
      trail.push({ id: start.id, next: 0 });
      state.set(start.id, 'open');
    }
    for (let top = trail.at(-1); top; top = trail.at(-1)) {
      const next = after.get(top.id)?.[top.next++];
      if (next === undefined) {
        state.set(top.id, 'done');
        trail.pop();
      } else if (state.get(next) === 'open') {
        const circle = trail.slice(trail.findIndex((step) => step.id === next)).map((step) => step.id);
        const slice = spec.slices.find((candidate) => candidate.id === next);
        findings.push(
          report(
            source,
            'spec.cycle',
            `these slices wait for each other: ${[...circle, next].toReversed().join(' -> ')}`,
            slice?.span,
          ),
        );
      } else if (!state.has(next) && after.has(next)) {
        state.set(next, 'open');
        trail.push({ id: next, next: 0 });
      }
    }
  }
  return findings;
}

function wordSpan(text: string, word: string): { start: number; end: number } | undefined {
  const match = new RegExp(String.raw`^${word}:.*$`, 'm').exec(text);
  return match ? { start: match.index, end: match.index + match[0].trimEnd().length } : undefined;
}
