import { finding, type Finding } from '../text/finding.ts';
import { within, type Markdown, type MarkdownFence } from '../text/markdown.ts';
import { headingNamed, optionalHeadings } from './headings.ts';
import type { SpecContract } from './model.ts';

/** The fenced blocks under Contracts or Interfaces, with the file each becomes; `null` where none is named. */
export function contractBlocks(
  markdown: Markdown,
): readonly { readonly fence: MarkdownFence; readonly path: string | null }[] {
  const areas = markdown.sections
    .filter((section) => headingNamed(section, optionalHeadings.contracts) !== undefined)
    .map((section) => section.body);
  return markdown.fences
    .filter((fence) => areas.some((area) => within(fence.span, area)))
    .map((fence) => ({ fence, path: contractPath(fence) }));
}

/** The contracts that name their file, each file once. */
export function readContracts(markdown: Markdown, findings: Finding[]): SpecContract[] {
  const contracts: SpecContract[] = [];
  for (const { fence, path } of contractBlocks(markdown)) {
    if (path === null) {
      findings.push(
        finding(
          markdown.source,
          'spec.contract-name',
          'info',
          'name the file this contract becomes, in the line above or behind the language: ```ts src/contracts/types.ts',
          {
            start: fence.span.start,
            end: Math.min(fence.span.end, fence.span.start + 3 + fence.info.length),
          },
        ),
      );
      continue;
    }
    if (!contracts.some((contract) => contract.path === path))
      contracts.push({ path, language: fence.language, content: fence.content, span: fence.span });
  }
  return contracts;
}

/** The file name behind the language, in the line above, or in a comment that is the block's first line. */
function contractPath(fence: MarkdownFence): string | null {
  const info = fence.info.slice(fence.language.length).trim();
  const candidates = [
    /(?:title|file|filename|path)\s*=\s*["']?([^"'\s}]+)/.exec(info)?.[1],
    info.replace(/^[:{=]\s*/, '').split(/\s+/)[0],
    /`([^`]+)`/.exec(fence.caption ?? '')?.[1],
    (fence.caption ?? '')
      .replace(/^(?:file|path)\s*:\s*/i, '')
      .replace(/[*_]{2}|:$/g, '')
      .trim(),
    /^(?:\/\/|#|--|;|<!--|\/\*)\s*(\S+)/.exec(fence.content)?.[1],
  ];
  for (const candidate of candidates) {
    const path = candidate?.replace(/^\.\//, '') ?? '';
    if (/^[\w@.()[\]-]+(?:\/[\w@.()[\]-]+)*\.\w+$/.test(path) && !path.split('/').includes('..')) return path;
  }
  return null;
}
