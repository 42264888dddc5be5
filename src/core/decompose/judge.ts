import { finding, type Finding, type Severity } from '../finding.ts';
import type { PlanGraph } from '../plan/graph-model.ts';
import type { Plan, PlanFiles, Slice } from '../plan/model.ts';
import { compileGlob, globsIntersect } from '../scope/glob.ts';
import { overlaps } from '../scope/overlap.ts';
import { SourceText, type Span } from '../source.ts';
import type { ScopeEntry } from '../task/model.ts';
import { splitCommand } from '../words.ts';
import { isGlob } from './boundary.ts';

export interface JudgeRequest {
  readonly plan: Plan;
  readonly graph: PlanGraph;
  readonly files: PlanFiles;
  readonly repoFiles: readonly string[];
}

/**
 * Judges a decomposition, whoever made it: cycles, write scopes shared by slices that may run at the same time, files
 * created twice, slices without scope, boundary or checks, boundaries that forbid the slice's own work, and scopes that
 * do not fit the repository. The findings stand in the plan's own files.
 */
export function judgePlan(request: JudgeRequest): readonly Finding[] {
  const { plan, graph } = request;
  const findings: Finding[] = [];
  const report = (slice: Slice, code: string, severity: Severity, message: string, span?: Span): void => {
    const name = slice.file.startsWith(`${plan.dir}/`) ? slice.file.slice(plan.dir.length + 1) : slice.file;
    findings.push(finding(new SourceText(slice.file, request.files.get(name) ?? ''), code, severity, message, span));
  };
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  for (const cycle of graph.cycles) {
    const first = slices.get(cycle[0] ?? '');
    if (first) report(first, 'decompose.cycle', 'error', `These slices wait for each other: ${cycle.join(' -> ')}`);
  }
  judgeScopes(request, report);
  judgePairs(request, slices, report);
  return findings;
}

type Report = (slice: Slice, code: string, severity: Severity, message: string, span?: Span) => void;

function judgeScopes(request: JudgeRequest, report: Report): void {
  const { plan, repoFiles } = request;
  const repo = new Set(repoFiles);
  const creators = new Map<string, Slice>();
  const targets = plan.contracts.flatMap((contract) => contract.target ?? []);
  for (const slice of plan.slices) {
    const { create, modify, boundary } = slice.scope;
    const writes = [...create, ...modify].filter(isPath);
    if (writes.length === 0)
      report(slice, 'decompose.no-files', 'error', `${slice.id} names no file to create or modify`);
    if (boundary.length === 0) report(slice, 'decompose.no-boundary', 'error', `${slice.id} has no BOUNDARY`);
    if (slice.verify.length === 0)
      report(slice, 'decompose.no-check', 'error', `${slice.id} has no command that checks it`);
    for (const command of slice.verify) {
      const read = splitCommand(command);
      if (!read.ok) {
        report(
          slice,
          'decompose.command-unclear',
          'warning',
          `\`${command}\` cannot be run as it stands: ${read.failure.message}`,
        );
      }
    }
    for (const entry of create.filter(isPath)) {
      const other = creators.get(entry.path);
      if (other)
        report(slice, 'decompose.created-twice', 'error', `${entry.path} is created by ${other.id} too`, entry.span);
      creators.set(entry.path, slice);
      if (repo.has(entry.path)) {
        report(
          slice,
          'decompose.create-exists',
          'warning',
          `${entry.path} exists already: it belongs under MODIFY`,
          entry.span,
        );
      }
    }
    for (const entry of writes) {
      const contract = targets.find((target) => globsIntersect(entry.path, target) !== null);
      if (contract && !isGlob(entry.path)) {
        report(
          slice,
          'decompose.contract-in-scope',
          'warning',
          `${contract} is a contract, written before any slice starts`,
          entry.span,
        );
      }
      const wall = boundary.find(
        (other) => other.path !== null && other.symbol === null && globsIntersect(entry.path, other.path) !== null,
      );
      if (wall) {
        report(
          slice,
          'decompose.boundary-in-scope',
          'error',
          `${slice.id} may write ${entry.path} and must not touch ${wall.text}`,
          wall.span,
        );
      }
    }
  }
  const created = plan.slices.flatMap((slice) => slice.scope.create.filter(isPath));
  for (const slice of plan.slices) {
    for (const entry of slice.scope.modify.filter(isPath)) {
      const glob = compileGlob(entry.path);
      const known = isGlob(entry.path) ? repoFiles.some((path) => glob.matches(path)) : repo.has(entry.path);
      if (
        known ||
        created.some((other) => globsIntersect(other.path, entry.path) !== null) ||
        targets.some((path) => glob.matches(path))
      )
        continue;
      report(
        slice,
        'decompose.modify-missing',
        'warning',
        `${entry.path} does not exist and no slice creates it`,
        entry.span,
      );
    }
  }
}

/** Pairs that may run at the same time, by how much of the smaller write scope they share. */
function judgePairs(request: JudgeRequest, slices: ReadonlyMap<string, Slice>, report: Report): void {
  for (const { a, b, percent, verdict, witness } of overlaps(request.plan, request.graph, request.repoFiles)) {
    const slice = slices.get(b);
    if (!slice) continue;
    const pair = `${a} and ${b} may run at the same time and share ${percent} % of what they write (${witness})`;
    if (verdict === 'serial')
      report(slice, 'decompose.overlap', 'error', `${pair}: make one wait for the other, or join them`);
    else if (verdict === 'reslice')
      report(slice, 'decompose.overlap', 'warning', `${pair}: give the shared file to one of them`);
    else report(slice, 'decompose.overlap', 'info', pair);
  }
}

type PathEntry = ScopeEntry & { readonly path: string };

function isPath(entry: ScopeEntry): entry is PathEntry {
  return entry.path !== null;
}
