import { estimateTokenCount } from 'tokenx';
import type { Finding } from '../../text/finding.ts';
import type { SourceText, Span } from '../../text/source.ts';
import { report } from '../engine/rules.ts';

/** The Agent Skills format advises both for skills; what is read into every session deserves no less. */
const maxLines = 500;
const maxTokens = 5000;

/** Whether a file that agents read whole is longer than what leaves room for the work. */
export function sizeFindings(source: SourceText, kind: 'skill' | 'instructions', title: Span | undefined): Finding[] {
  const { text } = source;
  const lines = source.lineStarts.length - (/[\r\n]$/.test(text) ? 1 : 0);
  // A token is at least one byte, so a short text need not be measured.
  const tokens = text.length * 3 > maxTokens ? estimateTokenCount(text) : 0;
  if (lines <= maxLines && tokens <= maxTokens) return [];
  const size =
    lines > maxLines ? `${lines} lines; ${maxLines} are the most` : `about ${tokens} tokens; ${maxTokens} are the most`;
  const message =
    kind === 'skill'
      ? `this skill has ${size}: move detail into files it refers to`
      : /(?:^|\/)\.claude\/agents\//.test(source.file)
        ? `this agent has ${size}, and starts with all of it: move detail into files it refers to`
        : `these instructions have ${size}, and every session reads them whole: move detail into skills or files they refer to`;
  return [report(source, `${kind}.too-long`, message, title)];
}
