import { isTestPath } from '../conventions/sources.ts';
import { finding, type Finding } from '../text/finding.ts';
import { SourceText, type Span } from '../text/source.ts';
import { acceptedHeadings } from '../spec/headings.ts';
import type { Spec, SpecAnswer, SpecSlice, SpecWorkstream } from '../spec/model.ts';
import { compileGlob, globContains } from '../scope/glob.ts';
import { splitCommand } from '../text/words.ts';
import { boundaryOf, isGlob, splitSymbol } from './boundary.ts';
import { clusterSlices } from './cluster.ts';
import { contractRoles, type ContractRoles } from './contract-roles.ts';
import { ImportOrder, type Sources } from './import-order.ts';
import { inOrder, type Draft, type DraftContext } from './draft.ts';
import { proofOf } from './merge-point-checks.ts';
import { commandsIn, pathsIn, RepoPaths } from '../text/mentions.ts';
import { projectFacts, repositoryConventions } from './project.ts';
import { formatEstimate, type Proposal, type ProposedSlice } from '../plan/proposal.ts';
import { goneChecks, removalsIn } from './removals.ts';
import { oneLine } from '../text/printing.ts';

export interface StructureRequest {
  readonly spec: Spec;
  /** Repository-relative. */
  readonly specPath: string;
  readonly specText: string;
  /** Every tracked file, in any order. */
  readonly repoFiles: readonly string[];
  /** Texts of `projectSources(repoFiles)`, as far as they can be read. */
  readonly texts?: ReadonlyMap<string, string>;
  /** The other texts and a parser, for what imports prove. Without them nothing is said of imports. */
  readonly sources?: Sources;
}

/** The middle of the method's "2 to 4 hours", rounded to its lower end. */
const defaultEstimate = 120;

/**
 * Decomposes a spec by what it says, without a model: the slices it declares, or else a clustering of the files and
 * directories it names. The same spec and the same files give the same proposal, in whatever order the files come.
 *
 * `proposal` is `null` when a finding of severity `error` blocks the decomposition: one of the four answers is missing,
 * confidence is low, an approved spec still has open questions, or nothing says which files to work on.
 */
export function decomposeByStructure(request: StructureRequest): {
  readonly proposal: Proposal | null;
  readonly findings: readonly Finding[];
} {
  const { spec, specText } = request;
  const findings: Finding[] = [...blockingFindings(spec, request.specPath, specText)];
  if (findings.some((item) => item.severity === 'error')) return { proposal: null, findings };
  const source = new SourceText(request.specPath, specText);
  const report: DraftContext['report'] = (code, severity, message, span) => {
    findings.push(finding(source, code, severity, message, span));
  };

  const repo = new RepoPaths(request.repoFiles);
  const facts = projectFacts(request.repoFiles, request.texts ?? new Map(), spec.technology);
  const targets = spec.contracts.map((contract) => contract.path);
  const outOfScope = pathsIn(spec.answers.out_of_scope?.text ?? '', repo);
  const forbidden = [...new Set([...targets, ...outOfScope])];
  const { sources, texts } = request;
  const context: DraftContext = {
    spec,
    specPath: request.specPath,
    specText,
    repo,
    facts,
    forbidden,
    imports: sources ? new ImportOrder(request.repoFiles, sources) : null,
    textOf: (path) => texts?.get(path) ?? sources?.textOf(path) ?? null,
    report,
  };
  if (spec.slices.length === 0 && spec.done.length > 0) {
    const count =
      spec.done.length === 1
        ? 'The one slice that the spec declares is'
        : `All ${spec.done.length} slices that the spec declares are`;
    report('decompose.all-done', 'error', `${count} ticked: nothing is left to be done`, spec.done[0]?.span);
    return { proposal: null, findings };
  }
  const drafts = spec.slices.length > 0 ? declaredSlices(context) : clusterSlices(context);
  if (drafts.length === 0) return { proposal: null, findings };

  const roles = rolesOf(drafts, context);
  const slices = finish(drafts, context, roles);
  const ids = new Set(slices.map((slice) => slice.id));
  return {
    proposal: {
      slices,
      workstreams: workstreamsOf(spec, drafts),
      merge_points: spec.mergePoints.map((point) => {
        for (const id of [...point.needs, ...point.unlocks].filter((other) => !ids.has(other))) {
          report(
            'decompose.unknown-slice',
            'error',
            `${point.id} names ${id}, which is not a slice of this spec`,
            point.span,
          );
        }
        const verify = point.verify.length > 0 ? point.verify : proofOf(spec);
        if (verify.length === 0) {
          const message = `${point.id} has no check: say in the spec's evidence which command passes, or add \`(verify: ...)\` behind it`;
          report('decompose.merge-point-check', 'warning', message, point.span);
        }
        return {
          id: point.id,
          needs: point.needs.filter((id) => ids.has(id)),
          unlocks: point.unlocks.filter((id) => ids.has(id)),
          verify: [...verify],
        };
      }),
      contracts: spec.contracts.map(({ path, language, content }) => ({
        path,
        language,
        content,
        target: null,
        provider: roles.get(path)?.provider ?? null,
        consumers: [...(roles.get(path)?.consumers ?? [])],
      })),
      setup: [...facts.setup],
      conventions:
        spec.conventions?.text.trim() ||
        repositoryConventions(request.repoFiles, request.texts ?? new Map<string, string>(), spec.technology),
    },
    findings,
  };
}

const answerNames: Readonly<Record<SpecAnswer, string>> = {
  outcome: 'which outcome is wanted',
  in_scope: 'what is in scope',
  out_of_scope: 'what is out of scope',
  evidence: 'which evidence proves it worked',
};

/** What forbids any decomposition, as errors: an agent would invent what the spec leaves open. */
export function blockingFindings(spec: Spec, specPath: string, specText: string): readonly Finding[] {
  const source = new SourceText(specPath, specText);
  const findings: Finding[] = [];
  const block = (code: string, message: string, span?: Span): void => {
    findings.push(finding(source, code, 'error', message, span));
  };
  for (const answer of ['outcome', 'in_scope', 'out_of_scope', 'evidence'] as const) {
    const section = spec.answers[answer];
    if (!section) {
      block(
        'decompose.answer-missing',
        `The spec does not say ${answerNames[answer]}: it is read below the heading ${acceptedHeadings(answer)}`,
      );
    } else if (section.text.trim() === '') {
      block(
        'decompose.answer-missing',
        `The spec does not say ${answerNames[answer]}: the section is empty`,
        section.heading,
      );
    }
  }
  if (spec.confidence === 'LOW') {
    const at = /^[ \t]*confidence[ \t]*:.*$/im.exec(specText);
    block(
      'decompose.low-confidence',
      'The requirement is not understood well enough to be split (confidence LOW): settle what is open first',
      at ? { start: at.index, end: at.index + at[0].length } : undefined,
    );
  }
  const questions = (spec.openQuestions?.items ?? []).filter(
    (item) => !/^(none|n\/a|nothing|no open questions?|[-–—])?\.?$/i.test(item.text.trim()),
  );
  if (spec.openQuestions && questions.length > 0) {
    const message = `${questions.length} open question${questions.length === 1 ? '' : 's'} left`;
    if (spec.status === 'approved') {
      block(
        'decompose.open-questions',
        `The spec is approved with ${message}: answer them or move them out of scope`,
        questions[0]?.span,
      );
    } else {
      const advice = 'slices that depend on the answers may have to be redone';
      findings.push(
        finding(source, 'decompose.open-questions', 'warning', `${message}: ${advice}`, questions[0]?.span),
      );
    }
  }
  return findings;
}

function declaredSlices(context: DraftContext): Draft[] {
  const { spec, specPath, repo, report } = context;
  const ids = new Set(spec.slices.map((slice) => slice.id));
  const risks = spec.risks?.items.map((item) => item.text) ?? [];
  return spec.slices.map((slice) => {
    for (const id of slice.after.filter((other) => !ids.has(other))) {
      report(
        'decompose.unknown-slice',
        'error',
        `${slice.id} comes after ${id}, which is not a slice of this spec`,
        slice.span,
      );
    }
    const stream = spec.workstreams.find((other) => other.id === slice.workstream);
    const writes = slice.files.map((file) => normalisedPath(file, repo));
    if (writes.length === 0) {
      report(
        'decompose.no-files',
        'error',
        `${slice.id} names no files, so nothing can tell whether it stays in its scope`,
        slice.span,
      );
    }
    // A test beside the tests of others is the slice's own all the same: nobody else is given it.
    const outside = writes.filter((path) => {
      const { path: file } = splitSymbol(path);
      return stream && stream.boundary.length > 0 && !globContains(stream.boundary, file) && !isTestPath(file);
    });
    if (outside.length > 0) {
      report(
        'decompose.outside-workstream',
        'warning',
        `${slice.id} writes ${outside.join(', ')}, outside the boundary of ${stream?.id}: widen the boundary, or leave ${outside.length === 1 ? 'it' : 'them'} to another slice`,
        slice.span,
      );
    }
    const requirements = [
      // What belongs to the whole workstream does not say what this slice is for.
      ...(slice.details.length > 0 ? slice.details : [`${slice.title}, as ${specPath} describes it`]),
      ...(stream ? workstreamProse(context, stream) : []),
      ...risks.filter((risk) => mentions(risk, slice.id)).map((risk) => `Mind the risk: ${oneLine(risk)}`),
    ];
    const removed = removalsIn(writes, {
      title: slice.title,
      texts: slice.details,
      exists: (path) => repo.files.has(path),
    });
    return {
      id: slice.id,
      title: slice.title,
      workstream: workstreamOf(spec, slice),
      deps: slice.after.filter((id) => ids.has(id)),
      writes,
      removed,
      requirements,
      checklist: testPlanRows(spec, slice),
      verify:
        slice.verify.length > 0
          ? slice.verify
          : [...new Set([...goneChecks(removed), ...fallbackChecks(context, writes)])],
      estimateMinutes: slice.estimateMinutes ?? defaultEstimate,
      agent: slice.agent,
      forbidden: slice.boundary.map((path) => normalisedPath(path, repo)),
      span: slice.span,
    };
  });
}

/** The spec's own evidence commands when they name the slice's files, else whatever runs the whole suite. */
function fallbackChecks(context: DraftContext, writes: readonly string[]): readonly string[] {
  const evidence = commandsIn(context.spec.answers.evidence?.text ?? '');
  const named = evidence.filter((command) => writes.some((path) => command.includes(path.replace(/\/\*\*$/, ''))));
  if (named.length > 0) return named;
  return context.facts.tests.length > 0 ? context.facts.tests : evidence;
}

/** `src/stock/` and a directory that exists both mean the whole subtree. */
export function normalisedPath(text: string, repo: RepoPaths): string {
  const { path, symbol } = splitSymbol(text.trim().replace(/^\.\//, ''));
  if (path.endsWith('/')) return `${path.replace(/\/+$/, '')}/**`;
  if (!repo.files.has(path) && repo.directories.has(path)) return `${path}/**`;
  return symbol ? `${path}::${symbol}` : path;
}

/** The paragraphs below a workstream's heading that are neither its boundary nor its list of slices. */
function workstreamProse(context: DraftContext, stream: SpecWorkstream): string[] {
  const { specText } = context;
  const lineEnd = specText.indexOf('\n', stream.span.start);
  if (lineEnd < 0) return [];
  const rest = specText.slice(lineEnd + 1);
  const next = /^#{1,6}\s/m.exec(rest);
  const body = next ? rest.slice(0, next.index) : rest;
  return body
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter(
      (paragraph) => paragraph !== '' && !/^([-*+]|\d+[.)]|\||[*_]*boundary[*_]*\s*:|```|~~~|<!--)/i.test(paragraph),
    )
    .map(oneLine);
}

/** Rows and items of the test plan that are about this slice, without its id. */
export function testPlanRows(spec: Spec, slice: SpecSlice): string[] {
  const rows: string[] = [];
  for (const row of (spec.testPlan?.text ?? '').split(/\r?\n/)) {
    if (/^\s*\|/.test(row)) {
      const cells = row
        .trim()
        .replaceAll(/^\||\|$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim());
      const about = cells.findIndex((cell) => cell.split(/[\s,+]+/).includes(slice.id));
      if (about >= 0) rows.push(cells.filter((cell, i) => i !== about && cell !== '').join(': '));
    } else {
      const item = /^\s*[-*+]\s+(?:\[[ xX]\]\s+)?[`*]*([\w-]+)[`*]*\s*:\s*(.+)$/.exec(row);
      if (item?.[1] === slice.id) rows.push(item[2]?.trim() ?? '');
    }
  }
  return rows.filter((row) => row !== '');
}

function mentions(text: string, id: string): boolean {
  return text.split(/[^\w-]+/).includes(id);
}

/** The declared workstreams, and those that only the slices name: a view that does not list them would lose slices. */
function workstreamsOf(spec: Spec, drafts: readonly Draft[]): Proposal['workstreams'] {
  const declared = new Set(spec.workstreams.map(({ id }) => id));
  const named = [...new Set(drafts.flatMap(({ workstream }) => workstream ?? []))].filter((id) => !declared.has(id));
  return [
    ...spec.workstreams.map(({ id, name, boundary }) => ({ id, name, boundary: [...boundary] })),
    ...named.map((id) => ({ id, name: id, boundary: [] })),
  ];
}

/**
 * The workstream of a slice. Where the spec declares none and every id begins with the same letter (A1, A2, A3), the
 * letter tells nothing apart: taken for a workstream, it would put all slices one after another.
 */
export function workstreamOf(spec: Spec, slice: SpecSlice): string | null {
  const letter = /^([A-Z]{1,3})\d/.exec(slice.id)?.[1];
  if (spec.workstreams.length > 0 || letter === undefined || slice.workstream !== `WS-${letter}`)
    return slice.workstream;
  return spec.slices.every((other) => other.id.startsWith(letter) && other.workstream === slice.workstream)
    ? null
    : slice.workstream;
}

/** Who provides and who needs each contract, by its path. Says so when nothing tells who provides it. */
function rolesOf(drafts: readonly Draft[], context: DraftContext): Map<string, ContractRoles> {
  const { spec, report } = context;
  const users = inOrder(drafts).map((draft) => ({
    id: draft.id,
    title: draft.title,
    workstream: draft.workstream,
    deps: draft.deps,
    writes: draft.writes,
    words: [...draft.requirements, ...draft.checklist],
  }));
  const unlocks = new Map<string, string[]>();
  for (const point of spec.mergePoints)
    for (const id of point.needs) unlocks.set(id, [...(unlocks.get(id) ?? []), ...point.unlocks]);
  const order = new Map(drafts.map((draft, i) => [draft.id, i]));
  return new Map(
    spec.contracts.map((contract) => {
      const roles = contractRoles(contract, users, unlocks);
      if (roles.provider === null && roles.parts.length === 0) {
        report(
          'decompose.contract-provider',
          'info',
          `no slice is named after anything in ${contract.path}: say in one of them that it implements ${contract.path}, so that the others know whom to wait for`,
          contract.span,
        );
      }
      const consumers = roles.consumers.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
      return [contract.path, { ...roles, consumers }];
    }),
  );
}

function finish(
  drafts: readonly Draft[],
  context: DraftContext,
  roles: ReadonlyMap<string, ContractRoles>,
): ProposedSlice[] {
  const { spec, repo, report } = context;
  const creators = firstWriters(drafts, repo);
  const contracts = spec.contracts.map((contract) => contract.path);
  return drafts.map((draft) => {
    const writes = [...new Set(draft.writes)];
    const creates = (path: string): boolean => !contracts.includes(path) && creators.get(path) === draft.id;
    if (draft.verify.length === 0) {
      report(
        'decompose.no-check',
        'warning',
        `Nothing says how ${draft.id} is checked: give it a verify command`,
        draft.span,
      );
    }
    for (const command of draft.verify) {
      const read = splitCommand(command);
      if (!read.ok) {
        report(
          'decompose.command-unclear',
          'warning',
          `\`${command}\` cannot be run as it stands: ${read.failure.message}`,
          draft.span,
        );
      }
    }
    return {
      id: draft.id,
      title: draft.title,
      workstream: draft.workstream,
      deps: [...new Set(draft.deps)],
      create: [...new Set(writes.map((text) => splitSymbol(text).path).filter(creates))],
      modify: writes.filter((text) => !creates(splitSymbol(text).path)),
      ...(draft.removed && draft.removed.length > 0 ? { removed: [...draft.removed] } : {}),
      boundary: boundaryOf({
        own: writes,
        forbidden: [...context.forbidden, ...(draft.forbidden ?? [])],
        foreign: spec.workstreams
          .filter((stream) => stream.id !== draft.workstream)
          .flatMap((stream) => stream.boundary),
        others: drafts.filter((other) => other !== draft).flatMap((other) => other.writes),
      }),
      requirements: [...draft.requirements],
      checklist: [...draft.checklist],
      verify: [...draft.verify],
      estimate: formatEstimate(draft.estimateMinutes),
      agent: draft.agent,
      contracts: contracts.filter((path) => {
        const own = roles.get(path);
        return own?.provider === draft.id || own?.consumers.includes(draft.id) === true;
      }),
      stop: spec.stopConditions?.items.map((item) => oneLine(item.text)) ?? [],
    };
  });
}

/**
 * Which slice brings a path into being: of those that write it, the one that no other of them comes before. What exists
 * already has no creator. Two slices that name the same new file make it one's CREATE and the other's MODIFY.
 */
function firstWriters(drafts: readonly Draft[], repo: RepoPaths): Map<string, string> {
  const files = [...repo.files];
  const creators = new Map<string, string>();
  for (const draft of inOrder(drafts)) {
    for (const text of draft.writes) {
      const { path } = splitSymbol(text);
      const exists = isGlob(path) ? files.some((file) => compileGlob(path).matches(file)) : repo.files.has(path);
      if (!exists && !creators.has(path)) creators.set(path, draft.id);
    }
  }
  return creators;
}
