import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PackageView } from '../../../core/decompose/package-view.ts';
import { projectSources } from '../../../core/decompose/project.ts';
import { packageAround } from '../../../core/scope/package-paths.ts';
import type { Finding } from '../../../core/text/finding.ts';
import { success } from '../../../core/text/result.ts';
import type { Decomposer, Origin } from './decomposer.ts';

/**
 * A decomposer that goes by what the spec says, for specs that lie in a package of the repository: paths and commands
 * are read from there, as who opens the package writes them, and come out as the repository's.
 */
export function inPackage(decomposer: Decomposer): Decomposer {
  return async (request) => {
    const { root, specPath, repoFiles } = request;
    const all = new Set(repoFiles);
    const dir = packageAround(specPath, (file) => all.has(file));
    if (dir === null) return decomposer(request);
    request.onProgress(`Paths of ${specPath} are read from ${dir}, the package that it lies in`);
    const view = new PackageView(dir, repoFiles);
    const texts = new Map<string, string>();
    const own = new Map<string, string>();
    for (const file of projectSources(view.files)) {
      const text = await readFile(path.join(root, dir, file), 'utf8').catch(() => null);
      if (text !== null) own.set(file, text);
      const seen = text ?? request.texts.get(file);
      if (seen !== undefined) texts.set(file, seen);
    }
    const inside = specPath.slice(dir.length + 1);
    const made = await decomposer({
      ...request,
      root: path.join(root, dir),
      specPath: inside,
      repoFiles: view.files,
      texts,
      sources: {
        ...request.sources,
        textOf: (file) => request.sources.textOf(view.inRepository(file)) ?? request.sources.textOf(file),
      },
    });
    const named = (list: readonly Finding[]): Finding[] =>
      list.map((finding) =>
        finding.file.startsWith(`${dir}/`) ? finding : { ...finding, file: `${dir}/${finding.file}` },
      );
    if (!made.ok) {
      const { findings, message } = made.failure;
      const failure = { ...made.failure, message: message.replaceAll(inside, specPath) };
      return { ok: false, failure: findings ? { ...failure, findings: named(findings) } : failure };
    }
    const setup = view.setup(
      { has: (name) => all.has(name), textOf: (name) => request.texts.get(name) ?? null },
      { has: (name) => all.has(`${dir}/${name}`), textOf: (name) => own.get(name) ?? null },
    );
    return success({
      ...made.value,
      proposal: view.proposal(made.value.proposal, setup),
      findings: named(made.value.findings),
      ...(made.value.origin ? { origin: inRepository(made.value.origin, dir) } : {}),
      guesses: (made.value.guesses ?? []).map((guess) => ({
        ...guess,
        paths: guess.paths.map((one) => ({ ...one, path: view.inRepository(one.path) })),
      })),
    });
  };
}

function inRepository({ importer, slices, above }: Origin, dir: string): Origin {
  const named = Object.entries(slices).map(
    ([slice, marks]) => [slice, marks.map((mark) => ({ ...mark, file: `${dir}/${mark.file}` }))] as const,
  );
  const parents = above.map((mark) => ({ ...mark, file: `${dir}/${mark.file}` }));
  return { importer, slices: Object.fromEntries(named), above: parents };
}
