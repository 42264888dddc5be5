import type { Git } from './git.ts';

/**
 * The bytes of blobs by the names they were asked for (`<commit>:<path>`), in two processes for all of them; `null` when
 * larger than `maxBytes`; what is no blob is left out.
 */
export async function blobsOf(
  git: Git,
  names: readonly string[],
  maxBytes: number,
): Promise<ReadonlyMap<string, Buffer | null>> {
  const found = new Map<string, Buffer | null>();
  // A line end in a name cannot be told to git, which reads one name a line.
  const asked = [...new Set(names)];
  for (const name of asked.filter((candidate) => candidate.includes('\n'))) {
    const [commit = '', ...file] = name.split(':');
    const bytes = await git.blob(commit, file.join(':'));
    if (bytes) found.set(name, bytes.length > maxBytes ? null : Buffer.from(bytes));
  }
  const lines = asked.filter((name) => !name.includes('\n'));
  const small: { readonly name: string; readonly id: string }[] = [];
  const sizes = (await catFile(git, '--batch-check=%(objecttype) %(objectsize) %(objectname)', lines))
    .toString('utf8')
    .split('\n');
  lines.forEach((name, at) => {
    const [type, size, id] = (sizes[at] ?? '').split(' ');
    if (type !== 'blob' || id === undefined) return;
    if (Number(size) > maxBytes) found.set(name, null);
    else small.push({ name, id });
  });
  const bytes = await catFile(
    git,
    '--batch=%(objectsize)',
    small.map(({ id }) => id),
  );
  let at = 0;
  for (const { name } of small) {
    const end = bytes.indexOf(10, at);
    if (end < 0) break;
    const size = Number(bytes.toString('latin1', at, end));
    found.set(name, bytes.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return found;
}

/** Sizes are in bytes, and so is the answer. */
function catFile(git: Git, mode: string, names: readonly string[]): Promise<Buffer> {
  if (names.length === 0) return Promise.resolve(Buffer.alloc(0));
  return git.bytes(['cat-file', mode], { input: names.map((name) => `${name}\n`).join('') });
}
