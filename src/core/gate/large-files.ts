const MIB = 1024 * 1024;
/** Hosts of repositories warn of a file from here on, and refuse one of twice that. */
const LARGEST_FILE = 50 * MIB;
/** Of all files of a change together: build output comes in many files as well. */
const LARGEST_CHANGE = 100 * MIB;

/** A file with its bytes. */
export interface SizedFile {
  readonly path: string;
  readonly size: number;
}

/**
 * The files by which a change is larger than sources are, the largest first: each that is too large by itself, and of the
 * others as many as have to go for the rest to be of a usual size. Build output that is committed stays in every clone
 * for good, so that a person is asked before.
 */
export function largeFiles(files: readonly SizedFile[]): readonly SizedFile[] {
  let rest = files.reduce((sum, { size }) => sum + size, 0);
  const found: SizedFile[] = [];
  for (const file of files.toSorted((a, b) => b.size - a.size)) {
    if (file.size <= LARGEST_FILE && rest <= LARGEST_CHANGE) break;
    found.push(file);
    rest -= file.size;
  }
  return found;
}

/** Such files in words. */
export function sizesText(files: readonly SizedFile[]): string {
  const shown = files
    .slice(0, 5)
    .map(({ path, size }) => `${path} (${(size / MIB).toFixed(size < 10 * MIB ? 1 : 0)} MiB)`);
  return shown.join(', ') + (files.length > 5 ? ` and ${files.length - 5} more` : '');
}
