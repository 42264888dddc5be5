import { withoutByteOrderMark } from '../../text/byte-order-mark.ts';
import { field, textList, textOf } from '../../text/document.ts';
import { SourceText } from '../../text/source.ts';
import { readYaml } from '../../text/yaml.ts';
import { stems, withoutBold, withoutMarks } from '../../text/mentions.ts';
import {
  boxedItems,
  flattened,
  readChecklist,
  reportLeftOut,
  reportOpenFence,
  type Checklist,
  type ChecklistItem,
} from './checklist.ts';
import { joinShort, keptOrder, splitLong } from './bundling.ts';
import {
  bulleted,
  type SourceDocument,
  documentOf,
  documentsToRead,
  importedSpec,
  joined,
  openQuestions,
  runnersIn,
  technologyIn,
} from './import-source.ts';
import {
  humanised,
  ImportReport,
  sliceIdOf,
  UniqueIds,
  type ImportedGroup,
  type ImportedTask,
  type Importer,
  type ImportInput,
} from './model.ts';
import { checksIn, treePaths, WritePaths } from './paths.ts';
import { assemble, groupDependencies, reportDone, reportNothing } from './slices.ts';
import { byCodeUnit } from '../../text/order.ts';
import { oneLine } from '../../text/printing.ts';

/**
 * OpenSpec: `openspec/changes/<id>/tasks.md` with numbered groups (`## 1. Setup`, `- [ ] 1.1 ...`), `proposal.md` (Why,
 * What Changes, Impact), `design.md` (Goals / Non-Goals, Decisions, Risks, Open Questions) and the deltas under
 * `specs/**` (`### Requirement:`, `#### Scenario:`), as the project's `schemas/spec-driven/schema.yaml` and the
 * `openspec/AGENTS.md` it generates lay down.
 *
 * The schema says "order tasks by dependency" and no more. The order of two groups is therefore kept where something
 * connects them (`keptOrder`) and dropped, with a finding, where nothing does.
 */
export const openSpec: Importer = {
  id: 'openspec',
  title: 'OpenSpec change',
  recognises: (path, text) => {
    if (/(?:^|\/)openspec\/changes\/(?!archive\/)[^/]+\/(?:tasks\.md|proposal\.md|\.openspec\.yaml)$/.test(path))
      return true;
    return (
      /(?:^|\/)changes\/[^/]+\/tasks\.md$/.test(path) &&
      /^##[ \t]+\d+\.[ \t]/m.test(text) &&
      /^[ \t]*- \[[ xX]\] \d+\.\d+[ \t]/m.test(text)
    );
  },
  companions: (path, repoFiles) => {
    const dir = path.slice(0, path.lastIndexOf('/') + 1);
    const deltas = repoFiles
      .filter((file) => file.startsWith(`${dir}specs/`) && file.endsWith('.md'))
      .toSorted(byCodeUnit);
    const top = /^(.*?openspec\/)/.exec(path)?.[1] ?? '';
    const known = new Set(repoFiles);
    const about = [`${top}project.md`, `${top}config.yaml`, `${top}config.yml`];
    return [`${dir}proposal.md`, `${dir}design.md`, ...about, ...deltas].filter(
      (file) => file !== path && known.has(file),
    );
  },
  mainFile: (path, repoFiles) => {
    const dir = /^(.*(?:^|\/)changes\/[^/]+)(?:\/(?:(?:proposal|design)\.md|\.openspec\.yaml))?$/.exec(path)?.[1];
    if (dir === undefined || dir.endsWith('/archive')) return null;
    // A new change has no tasks yet: what it has says so.
    const isOpenSpec = /(?:^|\/)openspec\/changes\//.test(dir);
    const main = ['tasks.md', ...(isOpenSpec ? ['proposal.md', '.openspec.yaml'] : [])];
    return main.map((name) => `${dir}/${name}`).find((file) => repoFiles.includes(file)) ?? null;
  },
  read,
};

/** "Small enough to complete in one session", says the schema; in real changes a line is about half an hour. */
const minutesPerTask = 30;

interface Settings {
  readonly context: string;
  /** What holds for the tasks of every change. */
  readonly rules: readonly string[];
}

/**
 * `openspec/config.yaml` of version 1: `context` is what is told to whoever writes anything of a change, `rules.tasks`
 * what its tasks obey (`core/project-config` of 1.13.2).
 */
function settingsOf(input: ImportInput): Settings {
  const text = [...input.companions].find(([path]) => /(?:^|\/)openspec\/config\.ya?ml$/.test(path))?.[1];
  if (text === undefined) return { context: '', rules: [] };
  const { value } = readYaml(withoutByteOrderMark(text));
  const rules = field(value, 'rules')?.value;
  return {
    context: textOf(field(value, 'context')?.value)?.value.trim() ?? '',
    rules: textList(field(rules ?? null, 'tasks')?.value).map((rule) => oneLine(rule.value)),
  };
}

interface NumberedGroup {
  readonly number: string;
  readonly title: string;
  readonly tasks: ImportedTask[];
}

function read(input: ImportInput): ReturnType<Importer['read']> {
  const source = new SourceText(input.path, input.text);
  const report = new ImportReport(source);
  const dir = input.path.slice(0, input.path.lastIndexOf('/') + 1);
  const proposalDocument = documentOf(new Map([...input.companions, [input.path, input.text]]), `${dir}proposal.md`);
  const design = documentOf(input.companions, `${dir}design.md`);
  const deltas = [...input.companions.keys()]
    .filter((path) => path.startsWith(`${dir}specs/`))
    .toSorted(byCodeUnit)
    .flatMap((path) => documentOf(input.companions, path) ?? []);
  const settings = settingsOf(input);
  const project = joined(
    [...input.companions].find(([path]) => path.endsWith('openspec/project.md'))?.[1] ?? '',
    settings.context,
  );
  const scenarios = scenariosOf(deltas);
  const spec = specOf(input, { proposal: proposalDocument, design, scenarios, project, settings }, report);
  if (!input.path.endsWith('/tasks.md')) {
    report.add(
      'import.no-tasks',
      'error',
      `this change has no tasks.md yet: let your agent write it (/opsx:continue, or what \`openspec instructions tasks --change ${dir.split('/').at(-2) ?? ''}\` says)${proposalDocument ? ', or cut the proposal itself with --with structure or an agent' : ''}`,
    );
    return report.result(spec, null);
  }
  const known = (design?.markdown.fences ?? []).flatMap((fence) => treePaths(fence.content));
  const paths = new WritePaths(
    input.repoFiles,
    [/^(.*?openspec)\//.exec(input.path)?.[1] ?? dir.replace(/\/$/, '')],
    known,
  );

  const checklist = readChecklist(source);
  reportOpenFence(checklist, report);
  const done: string[] = [];
  const numbered = groupsOf(checklist, paths, done, report);
  reportDone(done, report);
  if (numbered.length === 0) {
    reportNothing(done.length, 'a task is a line such as "- [ ] 1.1 Add the table" below "## 1. Schema"', report);
    return report.result(spec, null);
  }
  const used = new UniqueIds();
  const whole = numbered.map((group): ImportedGroup => ({
    id: used.take(sliceIdOf(`task-${group.number}`, 'task')),
    title: group.title,
    tasks: group.tasks,
    after: [],
    requirements: [],
    checklist: [],
  }));
  const { after, free } = keptOrder(whole);
  for (const i of free) {
    const task = whole[i]?.tasks[0];
    // What says itself what it waits for has not lost its order.
    if (whole[i]?.tasks.some((one) => one.after.length > 0)) continue;
    report.add(
      'import.order-dropped',
      'info',
      `${whole[i]?.id} (${whole[i]?.title}) has nothing in common with what stands above it, so it may run at the same time`,
      task,
    );
  }
  const home = new Map(whole.flatMap((group) => group.tasks.map((task) => [task.id, group.id] as const)));
  const ordered = whole.map((group, i): ImportedGroup => ({
    ...group,
    after: [
      ...new Set([
        ...(after[i] ?? []).flatMap((other) => whole[other]?.id ?? []),
        ...groupDependencies(group, home, (id) => done.includes(id), report),
      ]),
    ],
  }));
  const proposal = assemble({
    input,
    spec,
    groups: withScenarios(splitLong(joinShort(ordered), used), scenarios),
    runners: runnersIn(project),
    paths,
    documents: [proposalDocument, design, ...deltas],
    report,
  });
  return report.result(spec, proposal);
}

function groupsOf(checklist: Checklist, paths: WritePaths, done: string[], report: ImportReport): NumberedGroup[] {
  const { sections, source } = checklist;
  const groups = new Map<string, NumberedGroup>();
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  let place = 0;
  const numberOf = (text: string): RegExpExecArray | null => /^(\d+(?:\.\d+)*)[.):]?\s+/.exec(text);
  const boxed = boxedItems(checklist.items);
  const written = new Set(boxed.map(({ item }) => numberOf(item.text)?.[1] ?? ''));
  const taken = new Set<ChecklistItem>();
  for (const { item, above } of boxed) {
    for (const one of [item, ...above]) taken.add(one);
    for (const child of flattened(item.children)) if (!item.done || child.done !== false) taken.add(child);
    // `### 1.1 Part` stands below `## 1. Group`.
    let index = item.section;
    while (index > 0 && (sections[index]?.level ?? 1) > 2) index--;
    const heading = sections[index]?.text ?? '';
    const [, headingNumber, headingTitle] =
      /^(?:phase\s+|group\s+)?(\d+(?:\.\d+)*)[.):]?\s*[:–—-]?\s*(.*)$/i.exec(heading) ?? [];
    const key = `${index}`;
    if (!groups.has(key) && !counts.has(key)) place++;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const own = numberOf(item.text);
    const base = headingNumber ?? String(place);
    let id = own?.[1] ?? `${base}.${count}`;
    if (seen.has(id)) {
      if (own)
        report.add(
          'import.duplicate-id',
          'warning',
          `${id} is the number of two tasks: what depends on it waits for the first`,
          {
            source,
            span: item.span,
          },
        );
      for (let i = count; seen.has(id) || written.has(id); i++) id = `${base}.${i + 1}`;
    }
    seen.add(id);
    if (item.done) {
      done.push(id);
      continue;
    }
    const words = oneLine(item.text.slice(own?.[0].length ?? 0));
    const below = flattened(item.children);
    const notes = below.filter((child) => child.done === null).map((child) => child.text);
    const details = [...above.map((one) => `Part of: ${one.text}`), ...notes];
    const checks = below.filter((child) => child.done === false).map((child) => child.text);
    const all = [words, ...notes, ...checks].join('\n');
    const [work, proof] = withoutProof(words);
    let group = groups.get(key);
    if (!group) {
      group = { number: headingNumber ?? String(place), title: headingTitle?.trim() || heading || 'Tasks', tasks: [] };
      groups.set(key, group);
    }
    group.tasks.push({
      id,
      text: work,
      details,
      checks: [...(proof ? [proof] : []), ...checks],
      paths: paths.in(all),
      verify: checksIn(all),
      after: [
        ...words.matchAll(
          /\b(?:depends? on|after|requires|blocked by)\s+(?:tasks?\s+)?((?:\d+\.\d+(?:\s*(?:,|and|&)\s*)?)+)/gi,
        ),
      ].flatMap((match) => match[1]?.match(/\d+\.\d+/g) ?? []),
      minutes: minutesPerTask * (1 + Math.min(4, Math.floor(below.length / 2))),
      source,
      span: item.span,
    });
  }
  reportLeftOut(checklist, taken, report);
  return [...groups.values()].map((group) => ({ ...group, title: oneLine(withoutMarks(group.title)) }));
}

/** "... -> verify: the test fails" and "..., and verify the test passes": how a task says that it is done. */
function withoutProof(text: string): readonly [string, string | null] {
  const match = /^(.{8,}?)(?:\s*(?:→|->|=>|—|–|;)\s*verify\s*:?\s+|,?\s+and\s+verify\s+(?:that\s+)?)(.{4,})$/i.exec(
    text,
  );
  return match ? [match[1] ?? text, match[2] ?? null] : [text, null];
}

/** What the deltas ask for, one line for each scenario. */
function scenariosOf(deltas: readonly SourceDocument[]): string[] {
  return deltas.flatMap((delta) =>
    delta.all(/^requirement\s*:/i).flatMap((requirement) => {
      const removed = requirement.parents.some((parent) => /^removed/i.test(parent.text));
      const name = requirement.text.replace(/^requirement\s*:\s*/i, '');
      if (removed) return [`Gone: ${name}`];
      const inside = delta
        .all(/^scenario\s*:/i)
        .filter((one) => one.parents.some((parent) => parent.span.start === requirement.span.start));
      const when = inside.map(
        (one) =>
          `${one.text.replace(/^scenario\s*:\s*/i, '')}: ${oneLine(
            withoutBold(delta.body(one).replaceAll(/^\s*[-*]\s+/gm, '')),
          )}`,
      );
      return when.length > 0
        ? when.map((line) => `${name}. ${line}`)
        : [`${name}: ${oneLine(delta.lead(requirement))}`];
    }),
  );
}

/** Each scenario to the group that speaks of the same things; to the last one when none does. */
function withScenarios(groups: readonly ImportedGroup[], scenarios: readonly string[]): ImportedGroup[] {
  const words = groups.map((group) => stems([group.title, ...group.tasks.map((task) => task.text)].join(' ')));
  const more = groups.map((): string[] => []);
  for (const scenario of scenarios) {
    const own = stems(scenario);
    let best = groups.length - 1;
    let most = 1;
    words.forEach((set, i) => {
      const score = [...own].filter((word) => set.has(word)).length;
      if (score > most) [best, most] = [i, score];
    });
    more[best]?.push(scenario);
  }
  return groups.map((group, i) => ({ ...group, checklist: [...group.checklist, ...(more[i] ?? [])] }));
}

function specOf(
  input: ImportInput,
  {
    proposal,
    design,
    scenarios,
    project,
    settings,
  }: {
    readonly proposal: SourceDocument | null;
    readonly design: SourceDocument | null;
    readonly scenarios: readonly string[];
    readonly project: string;
    readonly settings: Settings;
  },
  report: ImportReport,
) {
  const dir = input.path.slice(0, input.path.lastIndexOf('/'));
  const id = dir.slice(dir.lastIndexOf('/') + 1) || 'change';
  const title = (proposal?.title ?? '').replace(/^(?:change|proposal)\s*[:–—-]\s*/i, '').trim();
  const goals = design?.text('goals / non-goals', 'goals and non-goals', 'goals/non-goals') ?? '';
  const nonGoals =
    (/\*\*non-goals?\W*\*\*:?([\s\S]*)$/i.exec(goals)?.[1] ?? '').trim() ||
    design?.text('non-goals', 'non goals', 'out of scope') ||
    proposal?.text('out of scope', 'non-goals', 'non goals') ||
    '';
  const folder = `${dir}/proposal.md`;
  return importedSpec(
    {
      file: input.path,
      id: sliceIdOf(id, 'change'),
      title: title === '' || /^proposal$/i.test(title) ? humanised(id) : title,
      technology: technologyIn(project),
      outcome: proposal?.text('why', 'summary', 'problem', 'motivation') ?? '',
      inScope: joined(proposal?.text('what changes', 'what changed', 'scope'), proposal?.text('capabilities')),
      outOfScope: nonGoals,
      evidence: joined(bulleted(scenarios), proposal?.text('success criteria', 'acceptance criteria')),
      constraints: joined(
        design?.text('decisions'),
        proposal?.text('impact'),
        settings.context,
        bulleted(settings.rules),
        documentsToRead(input),
      ),
      risks: design?.text('risks / trade-offs', 'risks/trade-offs', 'risks', 'risks and trade-offs') ?? '',
      openQuestions: openQuestions(design, design?.text('open questions') ?? '', report),
    },
    report,
    {
      outcome: `"## Why" in ${folder}`,
      in_scope: `"## What Changes" in ${folder}`,
      out_of_scope: `"Non-Goals" in ${dir}/design.md`,
      evidence: `the scenarios in ${dir}/specs/`,
    },
  );
}
