/** Chromium, and getting an extension from its folder into a workbench page. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Playwright from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { StartedServer } from './code-server.ts';
import { findChromium } from './install.ts';

/** Starts the installed Chromium without a window. It ends by itself when the test run does. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium was found: run `node test/host/install.ts`.');
  const { chromium } = createRequire(import.meta.url)('playwright-core') as typeof Playwright;
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Address of a workbench that shows this folder or .code-workspace file. */
export function workbenchUrl(server: StartedServer, folder: string): string {
  const query = new URLSearchParams({
    [folder.endsWith('.code-workspace') ? 'workspace' : 'folder']: path.resolve(folder),
    payload: JSON.stringify([['skipWelcome', 'true']]),
  });
  return `${server.url}?${query}`;
}

/**
 * Makes the workbench load an extension from its folder and, with `tests`, run that file's `run()` in the extension
 * host. Call it before the page goes anywhere.
 *
 * It adds to the configuration the page carries, before the workbench reads it. The same by URL needs a server flag
 * that turns notifications off; rewriting the HTML in transit makes Chromium block the page's WebSockets.
 */
export async function injectExtension(
  page: Page,
  server: StartedServer,
  what: { readonly extension: string; readonly others?: readonly string[]; readonly tests?: string },
): Promise<void> {
  const uri = (file: string): object => ({
    scheme: 'vscode-remote',
    authority: `127.0.0.1:${server.port}`,
    path: path.resolve(file),
  });
  const development = {
    extensions: [what.extension, ...(what.others ?? [])].map(uri),
    ...(what.tests ? { extensionTestsPath: uri(what.tests) } : {}),
  };
  await page.addInitScript((added) => {
    if (window !== window.top) return;
    const watcher = new MutationObserver(() => {
      const meta = document.getElementById('vscode-workbench-web-configuration');
      if (!meta) return;
      watcher.disconnect();
      const configuration = JSON.parse(meta.dataset['settings'] ?? '{}') as Record<string, object>;
      configuration['developmentOptions'] = { ...configuration['developmentOptions'], ...added };
      meta.dataset['settings'] = JSON.stringify(configuration);
    });
    watcher.observe(document, { childList: true, subtree: true });
  }, development);
}

/**
 * Watches for requests that leave the machine. The returned function lists their addresses so far; what a service
 * worker answered (every resource of a webview) never left and is not among them.
 */
export function watchOutsideRequests(context: BrowserContext): () => readonly string[] {
  const seen = new Map<object, string>();
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && hostname !== '127.0.0.1' && hostname !== 'localhost')
      seen.set(request, request.url());
  });
  context.on('response', (response) => {
    if (response.fromServiceWorker()) seen.delete(response.request());
  });
  return () => [...seen.values()];
}
