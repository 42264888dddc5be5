import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UsageError, type Command } from '../command.ts';

export const lsp: Command = {
  name: 'lsp',
  summary: 'Serve findings, completion and more to an editor: the language server, over standard input and output',
  usage: '[--stdio]',
  options: { stdio: { type: 'boolean', help: 'What editors pass by habit; there is no other way to speak' } },
  examples: ['slicewave lsp', 'slicewave lsp --stdio'],
  async run(invocation) {
    if (invocation.positionals.length > 0) throw new UsageError('lsp takes no arguments');
    const server = await serverBundle();
    if (server === null)
      throw new UsageError('the language server is not part of this installation', 'Install Slicewave again.');
    // The server decides by its arguments how it speaks, and ends the process itself when its client says so or goes away.
    if (!process.argv.includes('--stdio')) process.argv.push('--stdio');
    await import(pathToFileURL(server).href);
    return new Promise<never>(() => {});
  },
};

/** `server.cjs` beside the command line, whatever chunk this code stands in; `dist/server.cjs` when it runs unbuilt. */
async function serverBundle(): Promise<string | null> {
  let at = path.dirname(fileURLToPath(import.meta.url));
  for (let up = 0; up < 4; up++, at = path.dirname(at)) {
    for (const candidate of [path.join(at, 'server.cjs'), path.join(at, 'dist', 'server.cjs')])
      if ((await stat(candidate).catch(() => null))?.isFile()) return candidate;
  }
  return null;
}
