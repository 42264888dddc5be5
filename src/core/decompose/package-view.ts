import { withoutParameters } from '../text/parameter-names.ts';
import { RepoPaths } from '../text/mentions.ts';
import { shellWord } from '../text/shell-quoting.ts';
import { splitCommand } from '../text/words.ts';
import type { Proposal } from '../plan/proposal.ts';
import { toolsOf, type ProjectFiles } from '../setup/tools.ts';
import { splitSymbol } from './boundary.ts';

/**
 * A repository as people see it who work in one package of it: `src/a.ts` is the package's, and a path from the top of
 * the repository is that where the package has none of the name.
 */
export class PackageView {
  readonly dir: string;
  /** The files of the package by their names in it, and all files by those in the repository. */
  readonly files: readonly string[];
  readonly #inside: RepoPaths;
  readonly #all: RepoPaths;

  constructor(dir: string, repoFiles: readonly string[]) {
    this.dir = dir;
    const own = repoFiles.flatMap((file) => (file.startsWith(`${dir}/`) ? [file.slice(dir.length + 1)] : []));
    this.files = [...new Set([...own, ...repoFiles])];
    this.#inside = new RepoPaths(own);
    this.#all = new RepoPaths(repoFiles);
  }

  /** The path in the repository of what somebody in the package means; globs and `path::Symbol` too. */
  inRepository(named: string): string {
    const { path, symbol } = splitSymbol(named);
    const wanted = path.replace(/\/$/, '');
    if (wanted === this.dir || wanted.startsWith(`${this.dir}/`)) return named;
    const fixed = fixedPart(wanted);
    const full = `${this.dir}/${path}${symbol === null ? '' : `::${symbol}`}`;
    if (fixed === '' || holds(this.#inside, fixed)) return full;
    if (holds(this.#all, fixed)) return named;
    // New: where its directory is, it will be as well.
    const parent = parentOf(fixed);
    return parent !== '' && !this.#inside.directories.has(parent) && this.#all.directories.has(parent) ? named : full;
  }

  /** A command of the package as it is started at the top of the repository. */
  command(line: string): string {
    const split = splitCommand(line);
    const words = split.ok ? split.value.flatMap((step) => step.words) : [];
    const isOfRepository = words.some(
      (word) =>
        word === this.dir ||
        word.startsWith(`${this.dir}/`) ||
        (word.includes('/') && !holds(this.#inside, word) && holds(this.#all, word)),
    );
    return isOfRepository ? line : `cd ${shellWord(this.dir)} && ${line}`;
  }

  /**
   * The set-up of both, as it is started at the top of the repository: the package's own tools, and of the repository's
   * those of other kinds and those whose programs are found from the top. A tool that only fills a store does so from the
   * top for all packages.
   */
  setup(ofRepository: ProjectFiles, ofPackage: ProjectFiles): readonly string[] {
    const own = toolsOf(ofPackage).filter(({ fills }) => fills === 'tree');
    const around = toolsOf(ofRepository).filter(
      ({ kind, programs }) => programs !== undefined || own.every((tool) => tool.kind !== kind),
    );
    return [
      ...around.flatMap((tool) => tool.commands(ofRepository)),
      ...own.flatMap((tool) => tool.commands(ofPackage)).map((line) => this.command(line)),
    ];
  }

  /** A proposal that was made in the package, as one of the repository, with its set-up. */
  proposal(made: Proposal, setup: readonly string[]): Proposal {
    const paths = (list: readonly string[]): string[] => list.map((path) => this.inRepository(path));
    const commands = (list: readonly string[]): string[] => list.map((line) => this.command(line));
    return {
      ...made,
      slices: made.slices.map((slice) => ({
        ...slice,
        create: paths(slice.create),
        modify: paths(slice.modify),
        ...(slice.removed ? { removed: paths(slice.removed) } : {}),
        boundary: paths(slice.boundary),
        contracts: paths(slice.contracts),
        verify: commands(slice.verify),
      })),
      workstreams: made.workstreams.map((stream) => ({ ...stream, boundary: paths(stream.boundary) })),
      merge_points: made.merge_points.map((point) => ({ ...point, verify: commands(point.verify) })),
      contracts: made.contracts.map((contract) => ({
        ...contract,
        path: this.inRepository(contract.path),
        target: contract.target === null ? null : this.inRepository(contract.target),
      })),
      setup: [...setup],
      conventions: `${packageRule(this.dir)}\n\n${made.conventions ?? ''}`.trim(),
    };
  }
}

/** What whoever reads a spec of a package has to know of its paths. */
export function packageRule(dir: string): string {
  return `The spec lies in the package \`${dir}\`: a path or a command in its text is meant from there (\`src/a.ts\` is \`${dir}/src/a.ts\`). Paths of scopes and commands of this plan are written from the top of the repository.`;
}

function holds(paths: RepoPaths, path: string): boolean {
  return paths.files.has(path) || paths.directories.has(path);
}

/** What stands before the first pattern of a glob, by whole names. */
function fixedPart(path: string): string {
  const names = path.split('/');
  const first = names.findIndex((name) => /[*?[\]{}]/.test(withoutParameters(name)));
  return (first < 0 ? names : names.slice(0, first)).join('/');
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
