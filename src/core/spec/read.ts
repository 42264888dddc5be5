import { field, textOf } from '../text/document.ts';
import { finding, type Finding } from '../text/finding.ts';
import { readMarkdown } from '../text/markdown.ts';
import { SourceText } from '../text/source.ts';
import { readContracts } from './contracts.ts';
import { answerHeadings, findSection, optionalHeadings, toSection } from './headings.ts';
import { readMergePoints, referenceFindings } from './merge-points.ts';
import type { Spec, SpecAnswer, SpecSection } from './model.ts';
import { readSlices } from './slices.ts';
import { readWorkstreams } from './workstreams.ts';

/** Reads a spec. Headings decide the meaning, at any level and in any order. Never throws. */
export function readSpec(text: string, file: string): { spec: Spec; findings: Finding[] } {
  const source = new SourceText(file, text);
  const markdown = readMarkdown(source);
  const findings: Finding[] = [];
  const map = markdown.frontMatter?.map;
  const value = (key: string) => textOf(field(map, key)?.value);
  const choice = <T extends string>(key: string, options: readonly T[], fold: (text: string) => string): T | null => {
    const found = value(key);
    if (!found) return null;
    const match = options.find((option) => option === fold(found.value));
    if (!match)
      findings.push(
        finding(
          source,
          'spec.front-matter',
          'warning',
          `${key} is one of ${options.join(', ')}, not "${found.value}"`,
          found.span,
        ),
      );
    return match ?? null;
  };
  for (const problem of markdown.frontMatter?.problems ?? []) {
    findings.push(
      finding(
        source,
        problem.tolerated ? 'spec.yaml-strict' : 'spec.yaml',
        problem.tolerated ? 'warning' : 'error',
        `front matter: ${problem.message}`,
        problem.span,
      ),
    );
  }
  const section = (names: readonly string[]) => toSection(markdown, findSection(markdown, names));
  const answer = (name: SpecAnswer): SpecSection | null => {
    const found = findSection(markdown, answerHeadings[name]);
    // "Scope" often holds "Out of scope" as a part; what lies outside is not what lies inside.
    const rival = name === 'in_scope' ? findSection(markdown, answerHeadings.out_of_scope) : undefined;
    const cut = found && rival && rival.block.start > found.block.start && rival.block.end <= found.body.end;
    return toSection(
      markdown,
      found && cut ? { ...found, body: { start: found.body.start, end: rival.block.start } } : found,
    );
  };
  const title = markdown.sections.find((heading) => heading.level === 1)?.text ?? '';
  const name = file.slice(file.lastIndexOf('/') + 1);
  const workstreams = readWorkstreams(markdown);
  const declared = readSlices(markdown, workstreams, findings);
  const mergePoints = readMergePoints(markdown, declared, findings);
  findings.push(...referenceFindings(source, declared, mergePoints));

  const spec: Spec = {
    file,
    id: value('id')?.value ?? /^([A-Za-z]{2,8}-\d+)/.exec(name)?.[1]?.toUpperCase() ?? null,
    title:
      value('title')?.value ??
      (title === '' ? name.replace(/(?:\.spec)?\.md$/i, '') : title.replace(/^[A-Z]{2,8}-\d+\s*[:–—-]\s*/, '')),
    status: choice('status', ['draft', 'approved'] as const, (word) => word.toLowerCase()),
    technology: value('technology')?.value ?? null,
    confidence: choice('confidence', ['HIGH', 'MEDIUM', 'LOW'] as const, (word) => word.toUpperCase()),
    answers: {
      outcome: answer('outcome'),
      in_scope: answer('in_scope'),
      out_of_scope: answer('out_of_scope'),
      evidence: answer('evidence'),
    },
    workstreams: workstreams.map(({ id, name, boundary, span }) => ({ id, name, boundary, span })),
    slices: declared.slices,
    done: declared.done,
    mergePoints,
    contracts: readContracts(markdown, findings),
    conventions: section(optionalHeadings.conventions),
    testPlan: section(optionalHeadings.testPlan),
    constraints: section(optionalHeadings.constraints),
    risks: section(optionalHeadings.risks),
    openQuestions: section(optionalHeadings.openQuestions),
    stopConditions: section(optionalHeadings.stopConditions),
  };
  return { spec, findings };
}
