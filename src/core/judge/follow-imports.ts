import type { CodeFile } from '../code/model.ts';
import type { Plan } from '../plan/model.ts';
import type { GlobOptions } from '../scope/glob.ts';
import { writeSet } from '../scope/meeting.ts';
import type { FollowedImport } from './contracts.ts';
import { COUPLING_LIMITS } from './coupling-model.ts';
import { RepositoryTree } from './coupling-tree.ts';
import { DeclaringFiles } from './declaring-files.ts';
import { packageUses } from './package-uses.ts';
import { ScopeFiles } from './scope-files.ts';

export interface FollowImportsRequest {
  readonly plan: Plan;
  /** Every file of the repository, in any order. */
  readonly repoFiles: readonly string[];
  /** For what says how modules are found: `tsconfig.json`, `go.mod`. */
  readonly textOf: (path: string) => string | null;
  /** A parsed file; `null` for what no grammar reads. */
  readonly code: (path: string) => CodeFile | null;
  /** How the file system compares names. */
  readonly names?: GlobOptions;
}

/** Parsing is what costs: of a plan whose scopes cover more files, only the first are read, as for coupling. */
const { mostRead } = COUPLING_LIMITS;

/**
 * The imports of the files that slices of workstreams may write, followed to files of the repository, by path and line;
 * then what files of one package use of each other without any (see `packageUses`).
 * What cannot be followed with certainty is left out; see `importedFiles` and, for files that hand on names,
 * `DeclaringFiles`.
 */
export function followImports(request: FollowImportsRequest): readonly FollowedImport[] {
  const { plan, repoFiles, textOf, code } = request;
  const repository = new ScopeFiles(repoFiles, request.names);
  const globs = plan.slices
    .filter((slice) => slice.workstream !== null)
    .flatMap((slice) => writeSet(slice.scope).map((entry) => entry.path));
  const files = [...new Set([...new Set(globs)].flatMap((glob) => repository.matching(glob)))].sort();
  const tree = new RepositoryTree(repoFiles, textOf);
  const declaring = new DeclaringFiles(tree, code);
  const read = files.slice(0, mostRead);
  const imports = read.flatMap((from) => {
    const parsed = declaring.read(from);
    if (!parsed) return [];
    return parsed.imports.flatMap((item) =>
      declaring
        .taken(from, parsed.language, item)
        .filter(({ to }) => to !== from)
        .map(({ to, names }): FollowedImport => ({ from, to, names, line: item.line })),
    );
  });
  const uses = packageUses({ paths: read, code: (path) => declaring.read(path), text: textOf }).map(
    ({ from, to, name, line }): FollowedImport => ({
      from,
      to,
      names: [name],
      line,
      samePackage: true,
    }),
  );
  return [...imports, ...uses];
}
