import type { Finding } from '../finding.ts';
import { readManifest } from '../manifest/read.ts';
import { loadPlan, sliceResolver, taskFiles } from '../plan/load.ts';
import type { PlanFiles } from '../plan/model.ts';
import type { Skill } from '../skill/model.ts';
import { readSkill } from '../skill/read.ts';
import { readTaskSpec } from '../task/read.ts';
import type { LintContext, RepositoryFacts } from './context.ts';
import { fileKind, planDirectoryOf } from './kind.ts';
import type { FileKind } from './kind.ts';
import { lintGraph } from './plan.ts';
import { lintSkill } from './skill.ts';
import { lintSpec } from './spec.ts';
import { lintTask } from './task.ts';

/** Findings of one file by itself, in the order of the text; none for a file that is not one of ours. */
export function lintFile(text: string, file: string, context: LintContext = {}): Finding[] {
  switch (fileKind(file, text)) {
    case 'spec':
      return ordered(lintSpec(text, file));
    case 'task': {
      const { task, findings } = readTaskSpec(text, file);
      return ordered([...findings, ...lintTask(task, text, context)]);
    }
    case 'manifest':
      return ordered(readManifest(text, file).findings);
    case 'skill':
      return ordered(lintSkill(text, file));
    case null:
      return [];
  }
}

/** Findings of a whole plan directory: its files one by one, then what only their combination shows. */
export function lintPlan(files: PlanFiles, dir: string, context: LintContext = {}): Finding[] {
  const { plan, findings } = loadPlan(files, dir);
  const root = dir.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '');
  const inRepository = (path: string): string => (root === '' ? path : `${root}/${path}`);
  const textOf = (file: string): string => files.get(root === '' ? file : file.slice(root.length + 1)) ?? '';
  const manifestText = files.get('manifest.json');
  const { manifest } =
    manifestText === undefined ? { manifest: null } : readManifest(manifestText, inRepository('manifest.json'));

  const resolve = plan ? sliceResolver(plan) : null;
  const agents = new Map<string, string>();
  const checked = new Set<string>();
  for (const wave of manifest?.waves ?? []) {
    for (const task of wave.tasks) {
      const id = resolve?.(task.id.value);
      if (id && task.agent) agents.set(id, task.agent);
      if (id && wave.validation) checked.add(id);
    }
  }
  const usualAgent = mostFrequent(plan?.slices.flatMap((slice) => slice.agent ?? []) ?? []);
  const byFile = new Map(plan?.slices.map((slice) => [slice.file, slice]));
  const all = [...findings];
  for (const path of taskFiles(files)) {
    const file = inRepository(path);
    const slice = byFile.get(file);
    const task = slice?.task ?? readTaskSpec(textOf(file), file).task;
    all.push(
      ...lintTask(task, textOf(file), {
        ...context,
        technology: context.technology ?? plan?.technology ?? null,
        manifestAgent: slice ? (agents.get(slice.id) ?? null) : null,
        usualAgent,
        waveCheck: slice !== undefined && checked.has(slice.id),
      }),
    );
  }
  if (plan && manifest) all.push(...lintGraph(plan, manifest, textOf));
  return ordered(all);
}

function mostFrequent(words: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  let best: string | null = null;
  for (const [word, count] of counts) if (best === null || count > (counts.get(best) ?? 0)) best = word;
  return best;
}

/** By file, then by place; the same finding is reported once. */
export function ordered(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings
    .filter((found) => {
      const key = `${found.file}\0${found.span.start}\0${found.span.end}\0${found.code}\0${found.message}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .sort((a, b) =>
      a.file < b.file
        ? -1
        : a.file > b.file
          ? 1
          : a.span.start - b.span.start || a.span.end - b.span.end || (a.code < b.code ? -1 : 1),
    );
}

/** What is linted together: a plan directory, or one file. */
type Unit = { readonly plan: string } | { readonly file: string };

/**
 * The findings of a set of files that changes over time. Only what a change can touch is linted again: the file, the
 * plan it belongs to, and every task spec when a skill changed.
 */
export class LintSession {
  readonly #files = new Map<string, string>();
  readonly #kinds = new Map<string, FileKind>();
  readonly #units = new Map<string, Unit>();
  readonly #results = new Map<string, readonly Finding[]>();
  #repository: RepositoryFacts | null = null;

  /** What the repository holds besides the linted files. Everything is linted again. */
  setRepository(facts: RepositoryFacts | null): void {
    this.#repository = facts;
    this.#results.clear();
  }

  get files(): ReadonlyMap<string, string> {
    return this.#files;
  }

  /** Adds or replaces a file, by its repository-relative path with forward slashes. */
  set(file: string, text: string): void {
    if (this.#files.get(file) === text) return;
    this.#files.set(file, text);
    const kind = fileKind(file, text);
    const before = this.#kinds.get(file);
    if (kind === null) this.#kinds.delete(file);
    else this.#kinds.set(file, kind);
    this.#touch(file, before ?? null, kind);
  }

  delete(file: string): void {
    if (!this.#files.delete(file)) return;
    const before = this.#kinds.get(file) ?? null;
    this.#kinds.delete(file);
    this.#touch(file, before, null);
  }

  /** Every finding, by file. Files without findings are left out. */
  findings(): ReadonlyMap<string, readonly Finding[]> {
    let skills: ReadonlyMap<string, Skill> | null = null;
    const byFile = new Map<string, Finding[]>();
    for (const [key, unit] of this.#units) {
      let result = this.#results.get(key);
      if (!result) {
        skills ??= this.#skills();
        result =
          'plan' in unit
            ? lintPlan(this.#planFiles(unit.plan), unit.plan, { skills, repository: this.#repository })
            : lintFile(this.#files.get(unit.file) ?? '', unit.file, {
                skills,
                repository: this.#repository,
              });
        this.#results.set(key, result);
      }
      for (const found of result) {
        const list = byFile.get(found.file);
        if (list) list.push(found);
        else byFile.set(found.file, [found]);
      }
    }
    return byFile;
  }

  #touch(file: string, before: FileKind | null, kind: FileKind | null): void {
    if (before === 'manifest' || kind === 'manifest') this.#regroup(file, kind === 'manifest');
    else if (kind === null) this.#units.delete(`file:${file}`);
    else if (!this.#isInPlan(file, kind)) this.#units.set(`file:${file}`, { file });
    this.#results.delete(`file:${file}`);
    for (const [key, unit] of this.#units) {
      if ('plan' in unit && (unit.plan === '' || file.startsWith(`${unit.plan}/`))) this.#results.delete(key);
    }
    if (before === 'skill' || kind === 'skill') {
      for (const [key, unit] of this.#units)
        if ('plan' in unit || this.#kinds.get(unit.file) === 'task') this.#results.delete(key);
    }
  }

  /** A manifest turns the task specs below it from single files into parts of a plan; its end turns them back. */
  #regroup(manifest: string, exists: boolean): void {
    const dir = planDirectoryOf(manifest, 'manifest') ?? '';
    if (exists) this.#units.set(`plan:${dir}`, { plan: dir });
    else this.#units.delete(`plan:${dir}`);
    this.#results.delete(`plan:${dir}`);
    for (const [file, kind] of this.#kinds) {
      if (kind !== 'task' || planDirectoryOf(file, kind) !== dir) continue;
      if (exists) this.#units.delete(`file:${file}`);
      else this.#units.set(`file:${file}`, { file });
    }
  }

  #isInPlan(file: string, kind: FileKind): boolean {
    const dir = planDirectoryOf(file, kind);
    return dir !== null && this.#units.has(`plan:${dir}`);
  }

  #planFiles(dir: string): Map<string, string> {
    const prefix = dir === '' ? '' : `${dir}/`;
    const files = new Map<string, string>();
    for (const [file, text] of this.#files) if (file.startsWith(prefix)) files.set(file.slice(prefix.length), text);
    return files;
  }

  /** Skills by every name a task spec may call them: their own, their directory's, their file's. */
  #skills(): Map<string, Skill> {
    const skills = new Map<string, Skill>();
    for (const [file, kind] of this.#kinds) {
      if (kind !== 'skill') continue;
      const { skill } = readSkill(this.#files.get(file) ?? '', file);
      const names = [
        skill.frontMatter['name'],
        /(?:^|\/)([^/]+)\/SKILL\.md$/.exec(file)?.[1],
        /([^/]+)\.skill\.md$/i.exec(file)?.[1],
      ];
      for (const name of names) if (typeof name === 'string' && !skills.has(name)) skills.set(name, skill);
    }
    return skills;
  }
}

/**
 * Findings of all files given, by repository-relative path. Plans are linted as plans when their manifest is among the
 * files; skills named by slices are looked up among the files.
 */
export function lintWorkspace(
  files: ReadonlyMap<string, string>,
  repository: RepositoryFacts | null = null,
): Finding[] {
  const session = new LintSession();
  session.setRepository(repository);
  for (const [file, text] of files) session.set(file, text);
  return ordered([...session.findings().values()].flat());
}
