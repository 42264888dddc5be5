import type { Finding } from '../core/text/finding.ts';
import type { Terminal } from './command.ts';

/** A manifest of the older form is read as it is; the person learns, beside the output, how to bring it up to date. */
export function tellOldForm(terminal: Terminal, dir: string, findings: readonly Finding[]): void {
  const found = findings.find(({ code }) => code === 'manifest.legacy');
  if (found) terminal.err(`${found.file} is of the older form. Migrate it with: slicewave migrate ${dir}\n`);
}
