import { finding, type Finding } from '../text/finding.ts';
import type { Markdown } from '../text/markdown.ts';
import type { SourceText, Span } from '../text/source.ts';
import type { DoneSlice, SpecSlice } from './model.ts';
import type { SliceDraft } from './slice-draft.ts';
import { SliceNames } from './slice-names.ts';
import { SliceReader } from './slice-reader.ts';
import type { PlacedWorkstream } from './workstreams.ts';

/** Everything that a spec declares to be done, and what is ticked already. */
export interface DeclaredSlices {
  readonly slices: readonly SpecSlice[];
  readonly done: readonly DoneSlice[];
  readonly names: SliceNames;
}

/**
 * The slices below "Slices" or "Tasks" and below workstreams: items with or without ids, headings with attributes below
 * them, rows of tables. What is ticked is done. A line that is none of these is a finding.
 */
export function readSlices(
  markdown: Markdown,
  workstreams: readonly PlacedWorkstream[],
  findings: Finding[],
): DeclaredSlices {
  const { source } = markdown;
  const reader = new SliceReader(markdown, workstreams, findings);
  reader.read();
  const named = withIds(source, reader.drafts, findings);
  const names = new SliceNames(named.map(({ draft, id }) => ({ id, title: draft.title, number: draft.number })));
  const idOf = new Map(named.map(({ draft, id }) => [draft, id]));
  for (const group of reader.groups)
    names.addGroup(
      group.names,
      group.slices.flatMap((draft) => idOf.get(draft) ?? []),
    );
  const done = new Map<string, DoneSlice>();
  for (const { draft, id } of named) {
    if (draft.done !== true) continue;
    const parts = draft.openParts;
    if (parts === 0) done.set(id, { id, title: draft.title === '' ? id : draft.title, span: draft.span });
    const message =
      parts === 0
        ? `${id} is ticked, so it is done and no slice of the plan`
        : `${id} is ticked, but ${parts === 1 ? 'one of its parts is' : `${parts} of its parts are`} open: it is still to be done`;
    findings.push(finding(source, 'spec.slice-done', 'info', message, firstWord(source, draft.span)));
  }
  const slices: SpecSlice[] = [];
  for (const { draft, id } of named) {
    if (done.has(id)) continue;
    findings.push(...draft.findings);
    const after: string[] = [];
    for (const { text, written, colon, place } of draft.after) {
      const { ids, unknown } = names.resolve(text);
      const certain = colon || /^[`*_]*(?:[A-Z]{1,3}\d|task-\d)/i.test(text);
      if (unknown.length > 0 && !certain) {
        // "(after the release)" only is part of the title.
        draft.title = `${draft.title} (${written})`.trim();
        continue;
      }
      after.push(...ids.filter((one) => one !== id && !done.has(one)), ...unknown);
      for (const name of unknown)
        if (!/^MP-?\d/.test(name)) findings.push(unknownSlice({ source, span: place, who: id, name }));
    }
    slices.push(draft.finished(id, [...new Set(after)]));
  }
  return { slices, done: [...done.values()], names };
}

/** Says that a name means no slice, at the last place it stands at: names stand behind what they belong to. */
export function unknownSlice(given: {
  readonly source: SourceText;
  readonly span: Span;
  readonly who: string;
  readonly name: string;
}): Finding {
  const { source, span, who, name } = given;
  const at = source.text.slice(span.start, span.end).lastIndexOf(name);
  return finding(
    source,
    'spec.unknown-slice',
    'error',
    `${who} names the slice ${name}, which this spec does not declare`,
    at < 0 ? span : { start: span.start + at, end: span.start + at + name.length },
  );
}

/**
 * Each draft with its id: as written, else the number of its line where those count, else made of its title. Two of one
 * written id are a finding, and the first is taken.
 */
function withIds(
  source: SourceText,
  drafts: readonly SliceDraft[],
  findings: Finding[],
): readonly { readonly draft: SliceDraft; readonly id: string }[] {
  const taken = new Set<string>();
  const first = new Map<SliceDraft, string>();
  for (const draft of drafts) {
    const id = draft.id === null ? '' : asId(draft.id);
    if (id === '') continue;
    if (taken.has(id)) {
      const message = `the slice ${id} is declared twice`;
      findings.push(finding(source, 'spec.duplicate-slice', 'error', message, firstWord(source, draft.span)));
    } else {
      taken.add(id);
      first.set(draft, id);
    }
  }
  const unnamed = drafts.filter((draft) => draft.id === null || asId(draft.id) === '');
  const numbers = unnamed.map((draft) => draft.number);
  // A list that begins anew under each heading, or has `1.` everywhere, counts nothing.
  const counts =
    new Set(numbers).size === numbers.length && numbers.every((number) => number !== null && !taken.has(number));
  const same = new Map<string, number>();
  for (const [i, draft] of unnamed.entries()) {
    const made = counts ? (draft.number ?? '') : titleId(draft.title) || `slice-${i + 1}`;
    let id = made;
    let n = same.get(made) ?? 1;
    while (taken.has(id)) id = `${made}-${++n}`;
    same.set(made, n);
    taken.add(id);
    first.set(draft, id);
  }
  return drafts.flatMap((draft) => {
    const id = first.get(draft);
    return id === undefined ? [] : [{ draft, id }];
  });
}

/** What a branch can be named after; nearly always as written. */
function asId(written: string): string {
  return written
    .normalize('NFKD')
    .replaceAll(/[^\w.-]+/g, written.includes(' ') ? '-' : '')
    .replaceAll(/\.{2,}/g, '.')
    .replaceAll(/^[^A-Za-z0-9]+|[.]+$|\.lock$/gi, '')
    .slice(0, 80);
}

const plainLetters: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', ø: 'o', œ: 'oe', ł: 'l', đ: 'd' };

function titleId(title: string): string {
  const words = title
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[ßæøœłđ]/g, (letter) => plainLetters[letter] ?? '')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  let id = '';
  for (const word of words) {
    if (id !== '' && id.length + word.length > 40) break;
    id = id === '' ? word.slice(0, 40) : `${id}-${word}`;
  }
  return id;
}

function firstWord(source: SourceText, span: Span): Span {
  const text = source.text.slice(span.start, span.end);
  const length = /^\S+?(?=[:\s]|$)/.exec(text)?.[0].length ?? text.length;
  return { start: span.start, end: span.start + length };
}
