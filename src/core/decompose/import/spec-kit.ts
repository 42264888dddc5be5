import { SourceText } from '../../text/source.ts';
import type { ProposedContract } from '../../plan/proposal.ts';
import { readChecklist, reportOpenFence } from './checklist.ts';
import { bundles, joinShort } from './bundling.ts';
import {
  bulleted,
  SourceDocument,
  documentOf,
  importedSpec,
  joined,
  labelled,
  openQuestions,
  runnersIn,
  technologyIn,
} from './import-source.ts';
import {
  humanised,
  ImportReport,
  shortTitle,
  sliceIdOf,
  UniqueIds,
  type ImportedCheckpoint,
  type ImportedGroup,
  type ImportedTask,
  type Importer,
  type ImportInput,
} from './model.ts';
import { treePaths, WritePaths } from './paths.ts';
import { declaredOrder, phaseOrder, phasesOf, withTests, type Phase, type PhaseTask } from './spec-kit-phases.ts';
import { assemble, groupDependencies, reportDone, reportNothing } from './slices.ts';
import { byCodeUnit } from '../../text/order.ts';
import { oneLine } from '../../text/printing.ts';

/**
 * GitHub Spec Kit: `specs/NNN-name/tasks.md`. The form of a task (`- [ ] T001 [P] [US1] words with a path`), the phases
 * (Setup, Foundational, one for each user story, Polish), what `[P]` means and the order of phases are those of the
 * project's `templates/tasks-template.md` ("Format", "Dependencies & Execution Order"); the sections of `spec.md` and
 * `plan.md` those of `templates/spec-template.md` and `templates/plan-template.md`. The older template of phases 3.1 to
 * 3.5 (Setup, Tests First, Core Implementation, Integration, Polish) is read as well.
 *
 * One thing is done otherwise than the template says: the tests of a story are no slice that ends before its
 * implementation starts, because a slice of failing tests could never pass its own check. They stand in the slice whose
 * code they test, and its first requirement is to write them first and see them fail.
 */
export const specKit: Importer = {
  id: 'spec-kit',
  title: 'GitHub Spec Kit tasks.md',
  recognises: (path, text) =>
    !/(?:^|\/)(?:openspec|\.kiro)\//.test(path) &&
    ((/(?:^|\/)[\w.-]*tasks[\w.-]*\.md$/i.test(path) && taskLine.test(text)) ||
      // Where the tool keeps its tasks, they are read without their ids as well.
      (/(?:^|\/)specs\/[^/]+\/tasks\.md$/.test(path) && anyBox.test(text))),
  companions: (path, repoFiles) => {
    const dir = directoryOf(path);
    const contracts = repoFiles.filter((file) => file.startsWith(`${dir}contracts/`)).toSorted(byCodeUnit);
    const wanted = [`${dir}spec.md`, `${dir}plan.md`, ...contracts.slice(0, mostContracts)];
    const known = new Set(repoFiles);
    return wanted.filter((file) => known.has(file));
  },
  mainFile: (path, repoFiles) => {
    const dir = /(?:^|\/)specs\/[^/]+$/.test(path)
      ? path
      : /^(.*(?:^|\/)specs\/[^/]+)\/(?:spec|plan)\.md$/.exec(path)?.[1];
    return dir !== undefined && repoFiles.includes(`${dir}/tasks.md`) ? `${dir}/tasks.md` : null;
  },
  read,
};

const taskLine = /^[ \t]*[-*+][ \t]+\[[ xX]\][ \t]+(?:\*\*|`)?\[?T\d{2,4}\b/m;
const anyBox = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX~/-]?\][ \t]/m;
const mostContracts = 20;
function read(input: ImportInput): ReturnType<Importer['read']> {
  const source = new SourceText(input.path, input.text);
  const report = new ImportReport(source);
  const dir = directoryOf(input.path);
  const specDocument = documentOf(input.companions, `${dir}spec.md`);
  const plan = documentOf(input.companions, `${dir}plan.md`);
  const stories = storiesOf(specDocument);
  const spec = specOf(input, specDocument, plan, stories, report);

  const known = (plan?.markdown.fences ?? []).flatMap((fence) => treePaths(fence.content));
  const paths = new WritePaths(input.repoFiles, [dir.replace(/\/$/, '')], known);
  const checklist = readChecklist(source);
  reportOpenFence(checklist, report);
  const phases = withTests(phasesOf(checklist, paths, known, report));
  const all = phases.flatMap((phase) => phase.tasks);
  const open = all.filter((task) => !task.done);
  reportDone(
    all.flatMap((task) => (task.done ? task.id : [])),
    report,
  );
  if (open.length === 0) {
    reportNothing(all.length, 'a task is a line such as "- [ ] T001 Create the model in src/model.ts"', report);
    return report.result(spec, null);
  }

  const ids = new Set(all.map((task) => task.id));
  const extra = declaredOrder(checklist, phases);
  const groups: (ImportedGroup & { phase: number })[] = [];
  const home = new Map<string, string>();
  const used = new UniqueIds();
  phases.forEach((phase, number) => {
    const tasks = phase.tasks.filter((task) => !task.done);
    for (const bundle of bundles(tasks, { follows: (task) => (task as PhaseTask).test })) {
      const id = used.take(sliceIdOf(bundle[0]?.id ?? '', `T${groups.length + 1}`));
      for (const task of bundle) home.set(task.id, id);
      groups.push({ id, title: '', tasks: bundle, after: [], requirements: [], checklist: [], phase: number });
    }
  });
  const ordered = phaseOrder(groups, phases);
  const finished = groups.map((group, i): ImportedGroup => {
    const phase = phases[group.phase];
    const siblings = groups.filter((other) => other.phase === group.phase);
    const last = siblings.at(-1) === group;
    const story = stories.find((one) => one.id === phase?.story);
    const withExtra = {
      ...group,
      tasks: group.tasks.map((task) => ({ ...task, after: [...task.after, ...(extra.get(task.id) ?? [])] })),
    };
    return {
      id: group.id,
      title: titleOf(group.tasks, phase, siblings.length > 1),
      tasks: group.tasks,
      after: [
        ...new Set([...(ordered[i] ?? []), ...groupDependencies(withExtra, home, (id) => ids.has(id), report)]),
      ].filter((id) => id !== group.id),
      requirements: requirementsOf(group.tasks as readonly PhaseTask[], phase),
      checklist: last ? [...(phase?.independentTest ? [phase.independentTest] : []), ...(story?.scenarios ?? [])] : [],
    };
  });
  const phaseOf = new Map(groups.map((group) => [group.id, group.phase]));
  const checkpoints = phases.flatMap((phase, number): ImportedCheckpoint[] => {
    const before = finished.filter((group) => phaseOf.get(group.id) === number);
    if (!phase.checkpoint || before.length === 0) return [];
    const later = finished.filter(
      (group) =>
        (phaseOf.get(group.id) ?? 0) > number && group.after.some((id) => before.some((other) => other.id === id)),
    );
    const idsOf = (list: readonly ImportedGroup[]): string[] => list.flatMap((group) => group.tasks[0]?.id ?? []);
    return [{ needs: idsOf(before), unlocks: idsOf(later), verify: [] }];
  });
  const proposal = assemble({
    input,
    spec,
    groups: joinShort(finished),
    checkpoints,
    contracts: contractsOf(input, dir),
    runners: runnersIn(plan?.text('technical context') ?? ''),
    paths,
    documents: [specDocument, plan],
    report,
  });
  return report.result(spec, proposal);
}

function titleOf(tasks: readonly ImportedTask[], phase: Phase | undefined, split: boolean): string {
  const name = phase?.story
    ? `${phase.story} ${phase.title.replace(/^user stor(?:y|ies)\s*\d+\s*[:：–—-]?\s*|^用户故事\s*\d+\s*[:：–—-]?\s*/i, '')}`.trim()
    : (phase?.title ?? 'Tasks').replace(/\s*\([^)]*\)\s*$/, '');
  if (!split) return name;
  const code = tasks.find((task) => !(task as PhaseTask).test) ?? tasks[0];
  return `${name}: ${shortTitle(code?.text ?? '', 56)}`;
}

function requirementsOf(tasks: readonly PhaseTask[], phase: Phase | undefined): string[] {
  const tests = tasks.filter((task) => task.test).map((task) => task.id);
  return [
    ...(phase?.goal ? [phase.goal] : []),
    ...(phase?.kind !== 'polish' && tests.length > 0 && tests.length < tasks.length
      ? [`Write the tests first (${tests.join(', ')}) and see them fail before the code is there`]
      : []),
  ];
}

interface Story {
  readonly id: string;
  readonly title: string;
  readonly words: string;
  readonly scenarios: readonly string[];
}

function storiesOf(document: SourceDocument | null): Story[] {
  if (!document) return [];
  return document.all(/^user story\s*\d+/i).map((section) => {
    const match = /^user story\s*(\d+)\s*[:–—-]?\s*(.*)$/i.exec(section.text);
    const body = document.body(section);
    const words =
      body.split(/\n\s*\n/).find((part) => part.trim() !== '' && !/^\s*(?:\*\*|[-*+]|\d+[.)])/.test(part)) ?? '';
    const scenarios = body
      .split('\n')
      .flatMap((line) => /^\s*(?:\d+[.)]|[-*+])\s+(.*\bGiven\b.*\bThen\b.*)$/i.exec(line)?.[1] ?? [])
      .map((line) => oneLine(line.replaceAll('**', '')));
    return {
      id: `US${match?.[1] ?? ''}`,
      title: (match?.[2] ?? '').replace(/\s*\(Priority[^)]*\)/i, '').trim(),
      words: oneLine(words),
      scenarios,
    };
  });
}

function specOf(
  input: ImportInput,
  document: SourceDocument | null,
  plan: SourceDocument | null,
  stories: readonly Story[],
  report: ImportReport,
) {
  const dir = directoryOf(input.path).replace(/\/$/, '');
  const folder = dir.slice(dir.lastIndexOf('/') + 1);
  const numbered = /^(\d{3,})-(.+)$/.exec(folder);
  const tasksTitle = new SourceDocument(input.path, input.text).title;
  const title =
    cleanTitle(document?.title ?? '') || cleanTitle(tasksTitle) || humanised(numbered?.[2] ?? folder) || 'Tasks';
  const context = plan?.text('technical context') ?? '';
  const description =
    /^\W*Input\W*:\W*(?:User description\W*:\s*)?"?(.+?)"?\s*$/im.exec(document?.source.text ?? '')?.[1] ?? '';
  const criteria = document?.text('success criteria', 'measurable outcomes') ?? '';
  const marked = [...(document?.source.text ?? '').matchAll(/\[NEEDS CLARIFICATION:?\s*([^\]]{1,400})\]/gi)];
  const questions = openQuestions(document, marked.map((match) => `- ${oneLine(match[1] ?? '')}`).join('\n'), report);
  const specFile = document?.path ?? `${dir}/spec.md`;
  return importedSpec(
    {
      file: input.path,
      id: numbered?.[1] ?? sliceIdOf(folder, 'tasks'),
      title,
      technology: technologyIn(labelled(context, 'Language/Version') || context),
      outcome: joined(
        /\$ARGUMENTS/.test(description) ? '' : description,
        plan?.text('summary'),
        description === '' && !plan?.text('summary') ? stories.map((story) => story.words).join('\n\n') : '',
      ),
      inScope: joined(
        bulleted(stories.map((story) => `${story.id} ${story.title}${story.words ? `: ${story.words}` : ''}`)),
        document?.text('functional requirements'),
      ),
      outOfScope: document?.text('out of scope', 'non-goals', 'non goals', 'not in scope') ?? '',
      evidence: joined(criteria, bulleted(stories.flatMap((story) => story.scenarios))),
      constraints: joined(
        context,
        bulleted(
          ['data-model.md', 'research.md', 'quickstart.md']
            .map((name) => `${dir}/${name}`)
            .filter((file) => input.repoFiles.includes(file))
            .map((file) => `Design document to read: \`${file}\``),
        ),
      ),
      risks: document?.text('edge cases') ?? '',
      openQuestions: questions,
    },
    report,
    {
      outcome: `${specFile} (user stories) or the Summary of plan.md`,
      in_scope: `${specFile} (Functional Requirements)`,
      out_of_scope: `a section "Out of Scope" in ${specFile}`,
      evidence: `${specFile} (Success Criteria, Acceptance Scenarios)`,
    },
  );
}

function cleanTitle(text: string): string {
  const words = text.replace(/^(?:feature specification|implementation plan|tasks?)\s*[:–—-]\s*/i, '').trim();
  return /^\[.*\]$/.test(words) || /^tasks?$/i.test(words) ? '' : words;
}

/**
 * Interface files of the design go into the plan's contracts as context: where the code has them is the code's choice.
 */
function contractsOf(input: ImportInput, dir: string): ProposedContract[] {
  return [...input.companions]
    .filter(([path, text]) => path.startsWith(`${dir}contracts/`) && text.trim() !== '' && !/[`\r\n]/.test(path))
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .map(([path, content]) => ({
      path: path.slice(dir.length),
      language: path.slice(path.lastIndexOf('.') + 1),
      content,
      target: null,
      provider: null,
      consumers: [],
    }));
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
