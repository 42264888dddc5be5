import type { Finding } from '../../text/finding.ts';
import { readMarkdown, titleSpan } from '../../text/markdown.ts';
import { readSkill } from '../../skill/read.ts';
import { SourceText } from '../../text/source.ts';
import type { LintContext } from '../engine/context.ts';
import { permissionFindings } from './permissions.ts';
import { referenceFindings } from './references.ts';
import { sizeFindings } from './size.ts';
import { frontMatterFindings, isAgentSkill } from './front-matter.ts';
import { policyFindings } from './policy.ts';

/** Findings of one skill file, of either family: an Agent Skill (`SKILL.md`) or a policy (`*.skill.md`). */
export function lintSkill(text: string, file: string, context: LintContext = {}): Finding[] {
  const { skill, findings } = readSkill(text, file);
  const source = new SourceText(file, text);
  const markdown = readMarkdown(source);
  const title = titleSpan(markdown);
  if (isAgentSkill(file)) findings.push(...frontMatterFindings(source, markdown));
  findings.push(
    ...policyFindings(source, skill, title),
    ...permissionFindings(markdown, 'skill'),
    ...referenceFindings(markdown, 'skill', context.repository ?? null),
    ...sizeFindings(source, 'skill', title),
  );
  return findings;
}
