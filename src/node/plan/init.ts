import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { planSkeleton } from '../../core/decompose/skeleton.ts';
import { success, type Result } from '../../core/text/result.ts';
import { readSpec } from '../../core/spec/read.ts';
import { type EngineFailure, fail } from '../failure.ts';
import { place, writeFailure } from './directory.ts';
import { contained, inside, toPosix } from '../paths.ts';

export interface InitRequest {
  /** Absolute path of the top level of the checkout that is worked in. */
  readonly root: string;
  /** The plan directory, absolute or relative to the root. */
  readonly dir: string;
  /** The spec's file, absolute or relative to the root, or its id: `TS-0042`. */
  readonly techSpec: string;
  readonly name: string;
}

const homeReadme = `# Plans

Each directory here is the decomposition of one spec: \`manifest.json\`, task specs in \`tasks/\`, contracts in
\`contracts/\`, and the prompt of every slice in \`prompts/\`. They are versioned with the code they are about.

\`\`\`sh
slicewave validate parallel/<plan>
slicewave run parallel/<plan>
slicewave status parallel/<plan>
\`\`\`
`;

/** Directories a crash may leave beside a plan; the state of runs is elsewhere. */
const homeIgnore = `.*.new-*
.*.old
`;

/**
 * Makes an empty plan directory for a spec, as the older tool's \`init <dir> -t <spec> -n <name>\` does: whole or not
 * at all, and never over something that is there. The directory of plans gets its README and .gitignore when it is new.
 */
export async function initPlan(
  request: InitRequest,
): Promise<Result<{ readonly dir: string; readonly files: readonly string[] }, EngineFailure>> {
  const { root, name } = request;
  const full = path.resolve(root, request.dir);
  const dir = toPosix(path.relative(root, full));
  if (!inside(root, full) || full === path.resolve(root) || (await contained(root, dir)) === null) {
    return fail(
      'write',
      `${request.dir} is not a directory below ${root}`,
      'Name a plan directory inside the repository: parallel/TS-0042-inventory.',
    );
  }
  if (!/^[\w][\w .-]*$/.test(name)) {
    return fail(
      'bad-plan',
      `"${name}" cannot be a plan's name`,
      'Use letters, digits, dashes and underscores: -n inventory-system.',
    );
  }
  const spec = await specOf(root, request.techSpec);
  if (!spec.ok) return spec;
  const parent = path.dirname(full);
  try {
    const there = await stat(full).catch(() => null);
    if (there && (!there.isDirectory() || (await readdir(full)).length > 0)) {
      return fail('exists', `${dir} exists already`, 'Choose another directory; nothing of it was changed.');
    }
    const newHome = parent !== path.resolve(root) && (await stat(parent).catch(() => null)) === null;
    const files = planSkeleton({ name, ...spec.value });
    await place(full, files, []);
    if (newHome) {
      await writeFile(path.join(parent, 'README.md'), homeReadme, { flag: 'wx' });
      await writeFile(path.join(parent, '.gitignore'), homeIgnore, { flag: 'wx' });
    }
    return success({ dir, files: [...files.keys()] });
  } catch (error) {
    return writeFailure(dir, error);
  }
}

interface NamedSpec {
  readonly techSpecId: string;
  readonly specPath: string | null;
  readonly title: string | null;
  readonly technology: string | null;
}

async function specOf(root: string, given: string): Promise<Result<NamedSpec, EngineFailure>> {
  const full = path.resolve(root, given);
  const text = await readFile(full, 'utf8').catch(() => null);
  if (text !== null && inside(root, full)) {
    const specPath = toPosix(path.relative(root, full));
    const { spec } = readSpec(text, specPath);
    const stem = path.posix.basename(specPath).replace(/(\.spec)?\.(md|markdown)$/i, '');
    return success({ techSpecId: spec.id ?? stem, specPath, title: spec.title || null, technology: spec.technology });
  }
  if (text === null && /^[A-Za-z][A-Za-z0-9]*-?\d[\w-]*$/.test(given)) {
    return success({ techSpecId: given, specPath: null, title: null, technology: null });
  }
  return fail(
    'no-such-file',
    `there is no spec ${given} in ${root}`,
    'Give the path of the spec, or its id such as TS-0042.',
  );
}
