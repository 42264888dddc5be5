import { splitCommand } from '../../text/words.ts';
import { isGlob } from '../boundary.ts';
import { codeSpans, commandsIn, pathsIn, RepoPaths } from '../../text/mentions.ts';

/** Words that say a file is only looked at. After the strong ones it is never written. */
const strongReading =
  /(?:\b(?:per|see|also see|follow(?:s|ing)?|according to|described in|defined in|specified in|documented in|as in|match(?:es|ing)|mirror(?:s|ing)?|based on|modelled on|modeled on|like|against|refer(?:s|ring)? to|reference:?|runs?|via)\s+(?:the\s+)?(?:contract\s+|schema\s+|spec\s+)?)$/i;
const weakReading = /(?:\b(?:from|using|uses?|imports?|reads?|reading|with|calls?)\s+(?:the\s+)?)$/i;

/** Nobody names files after that many characters of one task; the reader of code spans is slow on odd texts. */
const longestText = 10_000;

/** Files that stand at the top of a repository, so that a bare name can mean them before they exist. */
const topLevel =
  /^(?:README|CHANGELOG|CONTRIBUTING|LICENSE|package\.json|tsconfig(?:\.\w+)?\.json|pyproject\.toml|requirements[\w-]*\.txt|setup\.(?:py|cfg)|Cargo\.toml|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|docker-compose\.ya?ml|compose\.ya?ml|[\w.-]+\.config\.[cm]?[jt]s|\.[\w-]+\.(?:jsonc?|ya?ml|toml|[cm]?[jt]s)$|conftest\.py|manage\.py|pytest\.ini|tox\.ini|mkdocs\.yml)/i;

/**
 * Finds the files a task writes in its words. What the words only point to is left out, and a bare file name means the
 * one file of that name in the repository or in the design (`known`).
 */
export class WritePaths {
  readonly repo: RepoPaths;
  /** Directories, repository-relative, that hold the source itself: nobody's to write. */
  readonly #own: readonly string[];
  readonly #byName = new Map<string, string[]>();
  readonly #roots = new Set<string>();

  constructor(repoFiles: readonly string[], own: readonly string[], known: readonly string[] = []) {
    this.repo = new RepoPaths(repoFiles);
    this.#own = own;
    for (const file of new Set([...repoFiles, ...known])) {
      if (isGlob(file)) continue;
      const name = file.slice(file.lastIndexOf('/') + 1);
      const same = this.#byName.get(name);
      if (same) same.push(file);
      else this.#byName.set(name, [file]);
    }
    for (const file of [...repoFiles, ...known])
      if (file.includes('/')) this.#roots.add(file.slice(0, file.indexOf('/')));
  }

  /** Paths and globs to write, in the order of the text. */
  in(words: string): string[] {
    const text = words.slice(0, longestText);
    const found = pathsIn(text, this.repo).flatMap((path) => this.#resolved(path, text) ?? []);
    const places = found.map((path) => ({ path, reading: readingBefore(text, path) }));
    const written = places.filter((place) => place.reading === 'none');
    const kept = written.length > 0 ? written : places.filter((place) => place.reading === 'weak');
    const paths = [...new Set(kept.map((place) => place.path))];
    // "In `src/auth/`: `src/auth/login.ts`" means the file, and the directory only says where.
    return paths.filter(
      (path) => !path.endsWith('/**') || !paths.some((other) => other !== path && other.startsWith(path.slice(0, -2))),
    );
  }

  #resolved(path: string, text: string): string | null {
    if (this.#own.some((dir) => path === dir || path.startsWith(`${dir}/`))) return null;
    if (generated.test(path) && !this.repo.directories.has(path.split('/')[0] ?? '')) return null;
    if (path.endsWith('/**')) {
      const dir = path.slice(0, -3);
      const root = dir.split('/')[0] ?? '';
      // In code, `users/create` is as likely a route or an event as a directory.
      if (this.repo.directories.has(dir) || text.includes(`${dir}/`) || text.includes(path)) return path;
      return this.repo.directories.has(root) || this.#roots.has(root) ? path : null;
    }
    // "Run it over `**/*.ts`": all files of a kind are nobody's task; files of one name may be.
    if (path.includes('/'))
      return /^\*\*(?:\/\*\*)*\/\*(?:\.[^/]*)?$/.test(path) || placeholder.test(path) ? null : path;
    if (isGlob(path)) return null;
    // "Create `README.md` in `backend/`"
    const inside = new RegExp(
      String.raw`${path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}\`?\s+(?:in|under|to)\s+(?:the\s+)?\`?([\w@.-]+(?:/[\w@.-]+)*)/`,
    ).exec(text)?.[1];
    if (
      inside !== undefined &&
      (text.includes(`${inside}/`) || this.repo.directories.has(inside) || this.#roots.has(inside.split('/')[0] ?? ''))
    )
      return `${inside}/${path}`;
    if (this.repo.files.has(path)) return path;
    const same = this.#byName.get(path) ?? [];
    if (same.length === 1) return same[0] ?? null;
    return same.length === 0 && topLevel.test(path) ? path : null;
  }
}

/** What is made by tools and not written. */
const generated = /^(?:node_modules|dist|build|out|coverage|target|\.git|\.next|vendor)\//;
/** The templates' own words: `src/models/[entity1].py`. */
const placeholder = /\[(?:entity|name|file|service|location|endpoint|title|feature)\w*\]/i;

function readingBefore(text: string, path: string): 'none' | 'weak' | 'strong' {
  const bare = path.replace(/\/\*\*$/, '');
  const name = bare.slice(bare.lastIndexOf('/') + 1);
  let at = text.indexOf(bare);
  if (at < 0) at = text.indexOf(name);
  if (at < 0) return 'none';
  const before = text.slice(Math.max(0, at - 60), at).replace(/[`"'([*]+$/, '');
  if (strongReading.test(before)) return 'strong';
  return weakReading.test(before) ? 'weak' : 'none';
}

const checking =
  /(?:^|[\s:/_-])(?:tests?|pytest|vitest|jest|mocha|rspec|phpunit|check|lint|eslint|oxlint|tsc|typecheck|type-check|build|compile|validate|verify|clippy|ruff|mypy|pyright|coverage|playwright|cypress|e2e|vet|audit)(?=$|[\s:/._-])/i;
const preparing =
  /^(?:openspec|git|curl|task-master|backlog|cd|echo|docker(?:-compose)? (?:compose )?up)\b|\b(?:--watch|install|add|init|dev)\b/i;

/** The commands of a text that can check a slice; what needs a shell, or only prepares, is none. */
export function checksIn(text: string): string[] {
  return commandsIn(text).filter(
    (command) =>
      // "Configure `ruff`" names a program, and runs none.
      (command.includes(' ') || text.includes(`\`${command}\` passes`) || text.includes(`un \`${command}\``)) &&
      checking.test(command) &&
      !preparing.test(command) &&
      splitCommand(command).ok,
  );
}

/**
 * Files of a directory tree drawn in a fenced block, as plans have it: indentation or `├──` gives the depth, a trailing
 * slash (or a deeper next line) a directory, and what follows `#` is a remark.
 */
export function treePaths(block: string): string[] {
  const lines = block.split(/\r\n|\n|\r/).flatMap((line) => {
    // No tree has such lines, and the pattern would take long over them.
    if (line.length > 300) return [];
    const words =
      /^([\s│|├└─`+\\-]*)([\w.@()[\]$*{},-]+(?:\/[\w.@()[\]$*{},-]+)*\/?)\s*(?:(?:#|\/\/|<-|←|-{1,2}\s).*|\([^)]*\)\s*)?$/.exec(
        line,
      );
    if (!words || (words[2] ?? '').startsWith('#')) return [];
    return [{ depth: (words[1] ?? '').length, name: words[2] ?? '' }];
  });
  const found: string[] = [];
  const above: { readonly depth: number; readonly path: string }[] = [];
  lines.forEach(({ depth, name }, i) => {
    while (above.length > 0 && (above.at(-1)?.depth ?? 0) >= depth) above.pop();
    const clean = name.replace(/\/+$/, '');
    if (clean === '' || clean === '.' || clean.startsWith('..')) return;
    const parent = above.at(-1)?.path;
    const path = parent === undefined ? clean : `${parent}/${clean}`;
    const deeper = (lines[i + 1]?.depth ?? 0) > depth;
    if (above.length < 20) above.push({ depth, path });
    if (!name.endsWith('/') && !deeper && /\.[A-Za-z]\w{0,9}$/.test(clean) && !/[[\]()*{}$]/.test(path))
      found.push(path);
  });
  return [...new Set(found)];
}

/**
 * Names that one part of a text introduces and another may come back to: `UserStore`, `export_csv`, `/api/orders`; with
 * `files`, also the names of files without their ending. Two files may have one name (`orders/page.ts`,
 * `billing/page.ts`) and nothing in common, so a file's name counts only where it is introduced.
 */
export function identifiersIn(text: string, files: boolean): Set<string> {
  const found = new Set<string>();
  const add = (word: string): void => {
    const name = word.replace(/\(.*$/, '').replace(/^[@$#./]+/, '');
    if (name.length >= 4 && name.length <= 80 && /^[A-Za-z_]/.test(name)) found.add(name.toLowerCase());
  };
  for (const span of codeSpans(text)) {
    const route = /^(?:GET|POST|PUT|PATCH|DELETE)\s+(\/\S+)$/.exec(span)?.[1];
    if (route) add(route);
    if (/\s/.test(span)) continue;
    add(span);
    const file = files ? /([\w-]+)\.[A-Za-z]\w{0,5}$/.exec(span)?.[1] : undefined;
    if (file && !commonFiles.has(file.toLowerCase())) add(file);
  }
  for (const word of text.match(
    /\b(?:[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+|[a-z]+(?:[A-Z][a-z0-9]*)+|[a-z0-9]+(?:_[a-z0-9]+)+)\b/g,
  ) ?? [])
    add(word);
  return found;
}

const commonFiles = new Set(
  'index main app init mod lib types utils config package readme setup tsconfig test tests'.split(' '),
);
