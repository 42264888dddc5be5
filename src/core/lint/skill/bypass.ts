import { field, textOf } from '../../text/document.ts';
import type { Finding } from '../../text/finding.ts';
import type { Markdown } from '../../text/markdown.ts';
import { report } from '../engine/rules.ts';
import { isNegative, speaksAgainst } from './statements.ts';
import type { Statement } from './statements.ts';

/** Ways to switch an agent's permissions, its sandbox or the repository's hooks off, and what they switch off. */
const flags =
  /(?<![\w-])(?:(--dangerously-skip-permissions|--allow-dangerously-skip-permissions|bypassPermissions|--dangerously-bypass-approvals-and-sandbox|--yolo|--approval-mode[= ]yolo|--allow-all-tools|danger-full-access)|(git\s+(?:commit|push|merge)\b[^\n`|&;]{0,200}?\s--no-verify|--no-verify|HUSKY=0))(?![\w-])/g;
/** Words by which a text tells to do something; a flag that is only named is no instruction. */
const telling =
  /\b(?:use|using|run|running|pass|passing|add|adding|set|launch|start|invoke|execute|call|with|enable|append|include|commit|push|retry|switch to|fall back to|default to|prefer)\b/i;
/** An order, by its first word. */
const ordering = /^\W*(?:always\s+|then\s+)?(?:use|run|pass|add|start|launch|invoke|set|append|enable|commit)\b/i;
/** What makes an order harmless or turns it round. */
const limiting =
  /\b(?:never|only|container|sandbox|sandboxed|vm|ask|unless|forbid\w*|banned|ban|den(?:y|ied)|block\w*|prohibit\w*|disallow\w*)\b/i;
/** Words of those who warn of a flag or look for it. */
const wary =
  /\b(?:detect\w*|den(?:y|ies)|fail\w*|flag(?:s|ged|ging| any| every| all| each)|warn\w*|check(?:s|ing)? for|scan\w*|search\w*|look(?:s|ing)? (?:for|through)|find(?:s|ing)?|grep|disable[sd]?|remov\w+|risk\w*|dangerous|unsafe|caution|careful|only (?:in|inside|within)|disposable|throwaway|container|sandboxed|vm|ask(?:s|ing)? (?:first|before|the user)|approv\w+|permission from|report)\b/i;

/** Instructions that switch protection off. A text that forbids or warns of a flag is not one of them. */
export function bypassFindings(
  markdown: Markdown,
  kind: 'skill' | 'instructions',
  statements: readonly Statement[],
): Finding[] {
  const { source } = markdown;
  const findings: Finding[] = [];
  const found = (at: number, words: string, isHook: boolean): void => {
    const message = isHook
      ? `this tells the agent to skip the repository's hooks (${words}): let it mend what they find`
      : `this switches the agent's permissions off (${words}): name the commands and paths it needs instead`;
    findings.push(report(source, `${kind}.bypass-flag`, message, { start: at, end: at + words.length }));
  };
  const mode = textOf(field(markdown.frontMatter?.map ?? null, 'permissionMode')?.value);
  if (mode?.value === 'bypassPermissions') found(mode.span.start, mode.value, false);
  for (const statement of statements) {
    // Cheap first: most statements name no flag.
    if (!/--|bypassPermissions|danger-full|HUSKY/.test(statement.text)) continue;
    for (const match of statement.text.matchAll(flags)) {
      if (speaksAgainst({ ...statement, text: '' }) || wary.test(statement.heading) || wary.test(statement.lead))
        continue;
      const before = statement.text.slice(0, match.index).replaceAll(flags, ' ');
      const behind = statement.text.slice(match.index + match[0].length).replaceAll(flags, ' ');
      if (!telling.test(before + statement.lead) && !(match[2] ?? '').startsWith('git')) continue;
      // A row of a table names things; only a cell with a verb of its own tells to do something.
      if (/^\s*\|/.test(statement.text) && !telling.test(before.slice(before.lastIndexOf('|')))) continue;
      if (isNegative(before) || wary.test(before)) continue;
      // `Run it with --yolo so that it does not ask` is an order for all its "not"; `--yolo must not be used` is none.
      if (ordering.test(before) ? limiting.test(behind) : isNegative(behind) || wary.test(behind)) continue;
      found(statement.span.start + match.index, match[0], match[2] !== undefined);
    }
  }
  for (const fence of markdown.fences) {
    const raw = source.text.slice(fence.span.start, fence.span.end);
    if (!/--|bypassPermissions|danger-full|HUSKY/.test(raw)) continue;
    if (/^(?:diff|markdown|md)$/i.test(fence.language)) continue;
    const heading = markdown.sections.findLast((section) => section.block.start < fence.span.start)?.text ?? '';
    const about = `${fence.caption ?? ''}\n${heading}`;
    if (isNegative(about) || wary.test(about)) continue;
    let before = '';
    let at = 0;
    for (const line of raw.split('\n')) {
      for (const match of line.matchAll(flags)) {
        // A command or a setting; lists of words stand in fences as well.
        if (!/^\s*(?:[$>%]\s+)?(?:[A-Za-z_./"'${}][\w./"'${}:=@-]*[\s=:]|\{|--)/.test(line)) continue;
        const rest = `${before}\n${line.replaceAll(flags, ' ')}`;
        // The comment above a command says what it is an example of.
        if (isNegative(rest) || wary.test(rest)) continue;
        found(fence.span.start + at + match.index, match[0], match[2] !== undefined);
      }
      before = /^\s*(?:#|\/\/)/.test(line) ? line : '';
      at += line.length + 1;
    }
  }
  return findings;
}
