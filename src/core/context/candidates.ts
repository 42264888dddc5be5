import type { RepositoryIndex } from '../scope/repository-index.ts';
import type { Plan, Slice } from '../plan/model.ts';
import { compileGlob } from '../scope/glob.ts';

/** As many files of one scope as a prompt takes in; see `sourcesFor`. */
const mostOfScope = 30;
const mostOfLayer = 20;

/** What every slice of a plan may be given, whatever its scope: paths of the index that `sourcesFor` is to choose from. */
export function sharedSources(plan: Plan, index: RepositoryIndex): string[] {
  const paths = ['context.md', 'conventions.md', ...plan.contracts.map((contract) => contract.path)].map((path) =>
    plan.dir === '' ? path : `${plan.dir}/${path}`,
  );
  const guides = index.facts.files.filter((file) =>
    /^(?:CLAUDE\.md|AGENTS\.md|\.claude\/CLAUDE\.md|readme(?:\.(?:md|rst|txt))?)$|(?:\/SKILL|\.skill)\.md$/i.test(file),
  );
  const layers = Object.values(plan.layers).flatMap((globs) =>
    globs.flatMap((glob) => index.matching(glob).slice(0, mostOfLayer)),
  );
  return [...new Set([...paths.filter((path) => index.has(path)), ...guides, ...layers])];
}

/** What one slice may be given because of its scope. */
export function ownSources(slice: Slice, index: RepositoryIndex): string[] {
  const files: string[] = [];
  for (const entry of slice.scope.modify) {
    if (entry.path === null || files.length >= mostOfScope) continue;
    for (const file of index.matching(entry.path).slice(0, mostOfScope)) files.push(file);
  }
  for (const entry of [...slice.scope.create, ...slice.scope.modify]) {
    const prefix = compileGlob(entry.path ?? '').prefix;
    for (let at = prefix.indexOf('/'); at > 0; at = prefix.indexOf('/', at + 1))
      for (const name of ['CLAUDE.md', 'AGENTS.md']) files.push(`${prefix.slice(0, at)}/${name}`);
  }
  return files.filter((file) => index.has(file));
}
