/** A VS Code workbench as a person sees it: opened in Chromium over a private server, found and operated by its labels. */
import { mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { injectExtension, launchChromium, watchOutsideRequests, workbenchUrl } from './browser.ts';
import { startServer, type ServerOptions, type StartedServer } from './code-server.ts';

/** A label to look for. What a string means, the whole label or a part of it, is said where it is used. */
export type Text = string | RegExp;

export type WorkbenchOptions = ServerOptions & {
  /** Folder or .code-workspace file to open. */
  readonly folder: string;
  /** Folder of an extension to load unpackaged. */
  readonly extension?: string;
  /**
   * Text of a status bar item that the extension shows once it is active; opening waits for it. Leave it out when
   * something else, such as the question about trust, comes first.
   */
  readonly ready?: Text;
  /** A server that runs already and outlives the workbench; server options are ignored then. */
  readonly server?: StartedServer;
  readonly viewport?: { readonly width: number; readonly height: number };
};

export type Problem = {
  readonly file: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  readonly source: string;
  readonly code: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
};

export type QuickState = {
  readonly title: string;
  readonly placeholder: string;
  readonly value: string;
  /** Prompt or validation message under the box. */
  readonly message: string;
  /** Labels of the rows on screen. */
  readonly rows: readonly string[];
};

export type DialogState = { readonly message: string; readonly detail: string; readonly buttons: readonly string[] };

/** How long a label may take to appear. Long, because two cores are shared; nothing ever waits this long when it works. */
const patience = 240_000;
const shots = path.join(import.meta.dirname, 'shots');

/** Asks until the answer is neither undefined nor false, and gives it; fails with `what` in the message. */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeout = patience,
): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (performance.now() > end) throw new Error(`${what}: not within ${timeout / 1000} s`);
    await delay(50);
  }
}

/**
 * How long each try of something may take: `first` milliseconds, and twice as long each time, up to a minute. A try that
 * is cut short and begun anew comes no further than the one before; this way the tries follow the machine.
 */
export function longerEachTime(first: number): () => number {
  let next = first;
  return () => {
    const now = next;
    next = Math.min(60_000, next * 2);
    return now;
  };
}

/** A pattern for a whole label: a string must be all of it, a pattern may match anywhere. */
function whole(text: Text): RegExp {
  return typeof text === 'string' ? new RegExp(`^\\s*${escapePattern(text)}\\s*$`) : text;
}

function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Starts what is needed and opens the workbench. Whatever was started is ended again when opening fails. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const server = options.server ?? (await startServer(options));
  let browser: Browser | undefined;
  try {
    browser = await launchChromium();
    const context = await browser.newContext({ viewport: options.viewport ?? { width: 1280, height: 800 } });
    const outside = watchOutsideRequests(context);
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const folder = realpathSync(options.folder);
    const workbench = new Workbench({ page, server, ownsServer: !options.server, browser, folder, outside });
    if (options.extension) await injectExtension(page, server, { extension: options.extension });
    await page.goto(workbenchUrl(server, folder), { timeout: 300_000 });
    await workbench.untilShown(options.ready);
    return workbench;
  } catch (problem) {
    const page = browser?.contexts()[0]?.pages()[0];
    mkdirSync(shots, { recursive: true });
    await page?.screenshot({ path: path.join(shots, 'failed-to-open.png') }).catch(() => undefined);
    const logs = server.logs();
    await browser?.close();
    if (!options.server) await server.stop();
    throw new Error(`the workbench did not open: ${messageOf(problem)}\n${logs.slice(-6000)}`, { cause: problem });
  }
}

export class Workbench {
  /** Playwright's page, for what has no method here. */
  readonly page: Page;
  readonly server: StartedServer;
  /** The folder (or .code-workspace file) that is open, without symbolic links. */
  readonly folder: string;
  readonly #browser: Browser;
  readonly #ownsServer: boolean;
  readonly #outside: () => readonly string[];
  readonly #console: string[] = [];

  constructor(parts: {
    readonly page: Page;
    readonly server: StartedServer;
    readonly ownsServer: boolean;
    readonly browser: Browser;
    readonly folder: string;
    readonly outside: () => readonly string[];
  }) {
    this.page = parts.page;
    this.server = parts.server;
    this.folder = parts.folder;
    this.#browser = parts.browser;
    this.#ownsServer = parts.ownsServer;
    this.#outside = parts.outside;
    this.page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        this.#console.push(`${message.type()}: ${message.text()}`);
    });
    this.page.on('pageerror', (error) => this.#console.push(`uncaught: ${error.stack ?? error.message}`));
  }

  /** What relative paths are relative to: the folder, or the one the .code-workspace file is in. */
  get #root(): string {
    return statSync(this.folder).isDirectory() ? this.folder : path.dirname(this.folder);
  }

  // The whole window

  /** Waits until the workbench is drawn and, if given, a status bar item with this text is there. */
  async untilShown(ready?: Text): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 300_000 });
    if (ready) await this.#statusItem(ready).waitFor({ timeout: 300_000 });
  }

  /** Reloads the window as `Developer: Reload Window` does: a new extension host, the same server and storage. */
  async reload(ready?: Text): Promise<void> {
    await this.page.reload({ timeout: 300_000 });
    await this.untilShown(ready);
  }

  /** Closes the window, and the server with all it started unless it was given from outside. */
  async close(): Promise<void> {
    try {
      await this.#browser.close();
    } finally {
      if (this.#ownsServer) await this.server.stop();
    }
  }

  /** Writes test/host/shots/<name>.png and returns its path. */
  async screenshot(name: string): Promise<string> {
    const file = path.join(shots, `${fileName(name)}.png`);
    mkdirSync(shots, { recursive: true });
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Addresses of requests that left the machine. */
  outsideRequests(): readonly string[] {
    return this.#outside();
  }

  /** What the browser's console, the server, the extension host and the output channels said. */
  logs(): string {
    return `--- browser console\n${this.#console.join('\n')}\n--- server\n${this.server.logs()}`;
  }

  /** Keeps what is needed to understand a failure: shots/<name>.png and shots/<name>.log. Never fails itself. */
  async evidence(name: string): Promise<string> {
    const log = path.join(shots, `${fileName(name)}.log`);
    await this.screenshot(name).catch(() => undefined);
    mkdirSync(shots, { recursive: true });
    writeFileSync(log, this.logs());
    return `see ${log.replace(/log$/, '{png,log}')}`;
  }

  /** Trusts the open folder, as the person would in the Workspace Trust editor. */
  async grantTrust(): Promise<void> {
    await this.palette('Workspaces: Manage Workspace Trust');
    const editor = this.page.locator('.workspace-trust-editor');
    await editor.locator('.workspace-trust-buttons-row').getByRole('button', { name: 'Trust', exact: true }).click();
    await this.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor({ state: 'hidden' });
    await this.page.getByRole('button', { name: 'Close Modal Editor' }).click();
    await editor.waitFor({ state: 'hidden' });
  }

  // Command palette, quick picks, input boxes

  /** Runs the command with this whole title, category included, from the palette. Waits until the palette let go. */
  async palette(title: string): Promise<void> {
    await this.#quickAccess(`>${title}`, title);
  }

  /** Titles the palette lists for this filter: what the person can run now. Waits for at least one. */
  async paletteRows(filter: string): Promise<readonly string[]> {
    await this.page.keyboard.press('F1');
    await this.quickInput(`>${filter}`, { accept: false });
    await this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row').first().waitFor();
    const { rows } = await this.quickState();
    await this.dismissQuickInput();
    return rows;
  }

  /** Types into the input box or filter that is open and, unless `accept` is false, presses Enter and waits for it to be taken. */
  async quickInput(text: string, options: { readonly accept?: boolean } = {}): Promise<void> {
    const input = this.#quickBox();
    await input.waitFor();
    // A box that just opened may still be given its initial value.
    await eventually(`"${text}" in the input box`, async () => {
      await input.fill(text);
      return (await input.inputValue()) === text;
    });
    if (options.accept === false) return;
    await this.page.keyboard.press('Enter');
    await eventually(`the input box to take "${text}"`, async () => !(await this.#quickShows(text))).catch(
      async (problem: unknown) => {
        throw new Error(`${messageOf(problem)}; it says: ${(await this.quickState()).message}`);
      },
    );
  }

  /** Chooses the row with this whole label in the quick pick that is open; `filter` is typed first. */
  async pick(row: Text, options: { readonly filter?: string } = {}): Promise<void> {
    if (options.filter !== undefined) await this.quickInput(options.filter, { accept: false });
    const found = this.#quickRow(row).first();
    await found.click();
    await found.waitFor({ state: 'hidden' });
  }

  /** Checks these rows of a quick pick for several, then presses OK. */
  async pickMany(rows: readonly Text[]): Promise<void> {
    for (const row of rows) {
      const found = this.#quickRow(row).first();
      if ((await found.getAttribute('aria-checked')) !== 'true') await found.click();
    }
    const ok = this.page.locator('.quick-input-widget:visible').getByRole('button', { name: 'OK' });
    await ok.click();
    await ok.waitFor({ state: 'hidden' });
  }

  /** Gives this absolute path to the open or save dialog that is shown. */
  async chooseFile(file: string): Promise<void> {
    // It fills its list only after it set its own initial path, so typing before that would be lost.
    await this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row').first().waitFor();
    await this.quickInput(file, { accept: false });
    await this.page
      .locator('.quick-input-widget')
      .getByRole('button', { name: /^(OK|Save|Open)/ })
      .first()
      .click();
    await this.#quickBox().waitFor({ state: 'hidden' });
  }

  /** What the quick pick or input box shows; waits for one to be open. */
  async quickState(): Promise<QuickState> {
    const input = this.#quickBox();
    await input.waitFor();
    const widget = this.page.locator('.quick-input-widget:visible');
    const shown = async (selector: string): Promise<string> =>
      (await widget.locator(`${selector}:visible`).allInnerTexts()).join(' ').trim();
    return {
      title: await shown('.quick-input-title'),
      placeholder: (await input.getAttribute('placeholder')) ?? '',
      value: await input.inputValue(),
      message: await shown('.quick-input-message'),
      rows: await widget
        .locator('.quick-input-list .monaco-list-row .quick-input-list-row:first-child .label-name')
        .allInnerTexts(),
    };
  }

  /** Presses Escape until no quick pick or input box is open. */
  async dismissQuickInput(): Promise<void> {
    const pressing = longerEachTime(1_000);
    const closing = longerEachTime(300);
    await eventually('the quick input to close', async () => {
      await this.#quickBox()
        .press('Escape', { timeout: pressing() })
        .catch(() => undefined);
      return this.#quickBox()
        .waitFor({ state: 'hidden', timeout: closing() })
        .then(
          () => true,
          () => false,
        );
    });
  }

  #quickBox(): Locator {
    return this.page.locator('.quick-input-widget:visible input.input');
  }

  #quickRow(label: Text): Locator {
    const labelled = this.page.locator('.quick-input-list-row:first-child .label-name', { hasText: whole(label) });
    return this.page
      .locator('.quick-input-widget:visible .quick-input-list .monaco-list-row')
      .filter({ has: labelled });
  }

  async #quickShows(value: string): Promise<boolean> {
    const input = this.#quickBox();
    if ((await input.count()) === 0) return false;
    // It may close while it is asked, or be too busy to answer: only a box that is not there, or says something else,
    // shows it no more.
    const shown = await input.inputValue({ timeout: 5_000 }).catch(() => null);
    return shown === null || shown === value;
  }

  /**
   * Types into VS Code's quick access and chooses a row. Tried again until it works: a quick pick that is just closing
   * may take this one with it, and commands registered after it opened are not listed.
   */
  async #quickAccess(text: string, row: Text): Promise<void> {
    let rows: readonly string[] = [];
    const time = longerEachTime(1_500);
    await eventually(`"${text}" in quick access`, async () => {
      const timeout = time();
      await this.page.keyboard.press('F1');
      try {
        await this.#quickBox().fill(text, { timeout });
        await this.#quickRow(row).first().waitFor({ timeout });
        await this.#quickRow(row).first().click({ timeout });
        return true;
      } catch {
        if (await this.#quickBox().isVisible()) rows = (await this.quickState()).rows;
        return false;
      }
    }).catch((problem: unknown) => {
      throw new Error(`${messageOf(problem)}; it offers: ${rows.join(' | ') || 'nothing'}`);
    });
    await eventually('quick access to close', async () => !(await this.#quickShows(text)));
  }

  // Notifications, dialogs, status bar

  /** Waits for a notification that contains this text. */
  async toast(text: Text): Promise<Locator> {
    const found = this.page.locator('.notifications-toasts .notification-list-item', { hasText: text }).first();
    await found.waitFor();
    return found;
  }

  /** Presses the button with this whole label on the notification that contains this text. */
  async pressToast(text: Text, button: string): Promise<void> {
    await (await this.toast(text)).getByRole('button', { name: button, exact: true }).click();
  }

  /** Texts of the notifications on screen now. */
  async toasts(): Promise<readonly string[]> {
    return this.page.locator('.notifications-toasts .notification-list-item-message:visible').allInnerTexts();
  }

  /** Clears every notification. */
  async clearToasts(): Promise<void> {
    await this.palette('Notifications: Clear All Notifications');
    await eventually('no notification', async () => (await this.toasts()).length === 0);
  }

  /** Waits for a modal dialog and reads it. */
  async dialog(): Promise<DialogState> {
    const box = this.page.locator('.monaco-dialog-box');
    await box.waitFor();
    const text = async (selector: string): Promise<string> =>
      (await box.locator(`${selector}:visible`).allInnerTexts()).join('\n').trim();
    return {
      message: await text('.dialog-message-text'),
      detail: [await text('.dialog-message-detail'), await text('.dialog-message-body')].filter(Boolean).join('\n'),
      buttons: await box.locator('.dialog-buttons .monaco-button').allInnerTexts(),
    };
  }

  /** Presses the button with this whole label on the modal dialog, and waits for it to close. */
  async pressDialog(button: Text): Promise<void> {
    const box = this.page.locator('.monaco-dialog-box');
    await box.locator('.dialog-buttons .monaco-button', { hasText: whole(button) }).click();
    await box.waitFor({ state: 'hidden' });
  }

  /** Waits for a status bar item whose text contains this. */
  async statusBar(text: Text): Promise<Locator> {
    const found = this.#statusItem(text);
    await found.waitFor();
    return found;
  }

  #statusItem(text: Text): Locator {
    return this.page.locator('.statusbar-item', { hasText: text }).first();
  }

  // Views, trees, menus

  /** Opens the view or view container with this whole title, wherever it is, and returns `view(title)`. */
  async openView(title: string): Promise<Locator> {
    await this.#quickAccess(`view ${title}`, title);
    const pane = this.view(title);
    const container = this.page.locator(
      `.action-item.checked .action-label[aria-label^=${JSON.stringify(title)}]:visible`,
    );
    await eventually(`the view "${title}"`, async () => (await pane.isVisible()) || (await container.count()) > 0);
    const header = pane.locator('.pane-header[aria-expanded=false]:visible');
    if ((await header.count()) > 0) await header.click();
    return pane;
  }

  /** The view with this whole title, header and body. */
  view(title: string): Locator {
    return this.page
      .locator('.pane')
      .filter({ has: this.page.locator('.pane-header .title', { hasText: whole(title) }) });
  }

  /** Presses the button with this title in the header of the view; it may stand in the title of the container. */
  async viewAction(view: string, title: string): Promise<void> {
    const pane = this.view(view);
    await pane.hover({ position: { x: 20, y: 8 } });
    const container = this.page.locator('.part').filter({ has: pane }).locator('.composite.title');
    await pane.locator('.pane-header').or(container).getByRole('button', { name: title }).first().click();
  }

  /** The tree row with this whole label (the description is not part of it). `view` narrows the search to one view. */
  treeItem(label: Text, options: { readonly view?: string } = {}): Locator {
    const labelled = this.page.locator('.label-name', { hasText: whole(label) });
    return (options.view ? this.view(options.view) : this.page).locator('[role=treeitem]').filter({ has: labelled });
  }

  /** Opens a row, or with `false` closes it, and waits for that. A tree that is just filled anew forgets a click. */
  async expand(item: Locator, open = true): Promise<void> {
    let again = Number.NEGATIVE_INFINITY;
    const time = longerEachTime(3_000);
    await eventually(`a row to be ${open ? 'expanded' : 'collapsed'}`, async () => {
      if ((await item.getAttribute('aria-expanded')) === String(open)) return true;
      if (performance.now() < again) return false;
      again = performance.now() + time();
      await item.locator('.monaco-tl-twistie').click();
      return false;
    });
  }

  /** Presses the inline button with this title on a row. */
  async itemAction(item: Locator, title: string): Promise<void> {
    await item.hover();
    await item.getByRole('button', { name: title }).first().click();
  }

  /**
   * The tree of a view as text: a line per row, two spaces per level, label and description. Scrolls through all of
   * it. Empty while the tree is: ask `eventually`.
   */
  async treeRows(view: string): Promise<readonly string[]> {
    const rows = await listRows(this.view(view).locator('.monaco-list').first(), {
      label: { selector: '.label-name' },
      description: { selector: '.label-description' },
    });
    return rows.map(({ level, label, description }) =>
      `${'  '.repeat(Number(level) - 1)}${label} ${description}`.trimEnd(),
    );
  }

  /**
   * Opens the context menu of something and chooses; several labels walk through submenus. Opened again while it does not
   * show the first of them: a tree that is filled anew in that moment takes it away.
   */
  async contextMenu(target: Locator, ...labels: readonly string[]): Promise<void> {
    const [first = ''] = labels;
    const item = this.page.locator('.monaco-menu').getByRole('menuitem', { name: first }).last();
    const time = longerEachTime(2_000);
    await eventually(`"${first}" in the context menu`, async () => {
      const timeout = time();
      await target.click({ button: 'right', timeout }).catch(() => undefined);
      const isThere = await item.waitFor({ timeout }).then(
        () => true,
        () => false,
      );
      if (!isThere) await this.page.keyboard.press('Escape');
      return isThere;
    });
    await this.#chooseInMenu(labels);
  }

  async #chooseInMenu(labels: readonly string[]): Promise<void> {
    const menu = this.page.locator('.monaco-menu');
    for (const [depth, label] of labels.entries()) {
      const item = menu.getByRole('menuitem', { name: label }).last();
      if (depth < labels.length - 1) {
        await item.hover();
        continue;
      }
      await item.waitFor();
      const time = longerEachTime(400);
      // For a tenth of a second after it opened, a menu ignores the release of a mouse button.
      await eventually(`the menu to take "${label}"`, async () => {
        const timeout = time();
        await item.click({ timeout }).catch(() => undefined);
        return menu
          .first()
          .waitFor({ state: 'hidden', timeout })
          .then(
            () => true,
            () => false,
          );
      });
    }
  }

  /** Labels of the context menu of something; closes it again. */
  async contextMenuItems(target: Locator): Promise<readonly string[]> {
    await target.click({ button: 'right' });
    await this.page.locator('.monaco-menu [role=menuitem]').first().waitFor();
    const labels = await this.page.locator('.monaco-menu [role=menuitem] .action-label').allInnerTexts();
    await this.page.keyboard.press('Escape');
    await this.page.locator('.monaco-menu').first().waitFor({ state: 'hidden' });
    return labels.filter(Boolean);
  }

  // Editors

  /** Opens a file of the folder by its relative path, with the cursor at a position if given (both count from 1). */
  async openFile(file: string, at: { readonly line?: number; readonly column?: number } = {}): Promise<Locator> {
    const name = path.basename(file);
    const position = at.line ? `:${at.line}:${at.column ?? 1}` : '';
    await this.#quickAccess(path.resolve(this.#root, file) + position, name);
    await this.page
      .locator(`.tab.active[data-resource-name=${JSON.stringify(name)}]`)
      .first()
      .waitFor();
    if (at.line) await this.statusBar(new RegExp(`Ln ${at.line}, Col ${at.column ?? 1}\\b`));
    return this.editor();
  }

  /** The text editor of the active group. */
  editor(): Locator {
    return this.page.locator('.editor-group-container.active .editor-instance .monaco-editor').first();
  }

  /** The tab whose name starts with this. */
  tab(name: string): Locator {
    return this.page.locator(`.tab[aria-label^=${JSON.stringify(name)}]`).first();
  }

  /** Lines of the active text editor that are on screen. */
  async editorLines(): Promise<readonly string[]> {
    const lines = await this.editor()
      .locator('.view-line')
      .evaluateAll((all) =>
        all.map((line) => ({ top: line.getBoundingClientRect().top, text: line.textContent ?? '' })),
      );
    return lines.toSorted((a, b) => a.top - b.top).map(({ text }) => text.replaceAll('\u00A0', ' '));
  }

  /** Saves the active editor. VS Code shows it as saved when it begins to write, so await the file's content itself. */
  async save(): Promise<void> {
    await this.page.keyboard.press('Control+s');
    await this.page.locator('.editor-group-container.active .tab.active:not(.dirty)').waitFor();
  }

  /** Clicks the middle of a text on screen in the active editor. */
  async clickText(text: string): Promise<void> {
    const { x, y } = await this.#pointOf(text);
    await this.page.mouse.click(x, y);
  }

  /** Presses the CodeLens that contains this text. */
  async codeLens(text: Text): Promise<void> {
    await this.page.locator('.codelens-decoration a', { hasText: text }).first().click();
  }

  /** Puts the cursor on a text and applies the quick fix with this whole title. */
  async quickFix(text: string, title: Text): Promise<void> {
    const menu = this.page.locator('.action-widget .monaco-list-row.action');
    const row = menu.filter({ has: this.page.locator('.title', { hasText: whole(title) }) }).first();
    let offered: readonly string[] = [];
    const time = longerEachTime(2_000);
    await eventually(`the quick fix ${String(title)}`, async () => {
      await this.clickText(text);
      await this.page.keyboard.press('Control+.');
      await row.waitFor({ timeout: time() }).catch(() => undefined);
      if (await row.isVisible()) return true;
      offered = await menu.allInnerTexts();
      await this.page.keyboard.press('Escape');
      return false;
    }).catch((problem: unknown) => {
      throw new Error(`${messageOf(problem)}; offered: ${offered.join(' | ') || 'nothing'}`);
    });
    await row.click();
    await row.waitFor({ state: 'hidden' });
  }

  /** Presses a button in the title of the active editor group; looks under its `…` too. */
  async editorAction(title: string): Promise<void> {
    const bar = this.page.locator('.editor-group-container.active .editor-actions');
    const button = bar.getByRole('button', { name: title }).first();
    const more = bar.getByRole('button', { name: 'More Actions...' });
    const item = this.page.locator('.monaco-menu').getByRole('menuitem', { name: title }).last();
    const time = longerEachTime(2_000);
    await eventually(`"${title}" over the editor`, async () => {
      const timeout = time();
      // The bar is filled anew when what it is about becomes known: a button may come after the menu did.
      await button.waitFor({ timeout }).catch(() => undefined);
      if (await button.isVisible()) return true;
      await more.click({ timeout }).catch(() => undefined);
      await item.waitFor({ timeout }).catch(() => undefined);
      if (await item.isVisible()) return true;
      await this.page.keyboard.press('Escape');
      return false;
    });
    if (await item.isVisible()) return this.#chooseInMenu([title]);
    await button.click();
  }

  /**
   * Rests the mouse on something, or on a text in the active editor, until a hover with `expected` shows, and gives the
   * hover's text. The mouse then goes away, and the hover with it, unless `keep` is set (to press a link in it, say).
   */
  async hover(
    target: Locator | string,
    expected: Text = /\S/,
    options: { readonly keep?: boolean } = {},
  ): Promise<string> {
    const shown = this.page.locator('.monaco-hover:not(.hidden)', { hasText: expected }).first();
    const time = longerEachTime(3_000);
    await eventually(`a hover with ${String(expected)}`, async () => {
      await this.#mouseAway();
      if (typeof target === 'string') {
        const { x, y } = await this.#pointOf(target);
        await this.page.mouse.move(x, y, { steps: 3 });
      } else await target.hover();
      return shown.waitFor({ timeout: time() }).then(
        () => true,
        () => false,
      );
    });
    const text = (await shown.innerText()).trim();
    if (options.keep) return text;
    await this.#mouseAway();
    await shown.waitFor({ state: 'hidden' });
    return text;
  }

  /**
   * Follows the first link of the active editor that contains this text until a tab of this name is there. Tried again:
   * an editor that is just laid out or coloured anew takes the link away from under the mouse.
   */
  async followLink(text: Text, tab: string): Promise<void> {
    const time = longerEachTime(2_000);
    await eventually(`the link ${String(text)} to lead to ${tab}`, async () => {
      const timeout = time();
      await this.#mouseAway();
      const link = this.editor().locator('.detected-link, .detected-link-active', { hasText: text }).first();
      await link.click({ modifiers: ['Control'], timeout }).catch(() => undefined);
      return this.tab(tab)
        .waitFor({ timeout })
        .then(
          () => true,
          () => false,
        );
    });
  }

  /** To where nothing has a hover: an empty part of the status bar. */
  async #mouseAway(): Promise<void> {
    const { width, height } = this.page.viewportSize() ?? { width: 1280, height: 800 };
    await this.page.mouse.move(width / 2, height - 10);
  }

  async #pointOf(text: string): Promise<{ readonly x: number; readonly y: number }> {
    return eventually(`"${text}" on screen in the editor`, () =>
      this.editor().evaluate((editor, wanted) => {
        for (const line of editor.querySelectorAll('.view-line')) {
          let start = (line.textContent ?? '').replaceAll('\u00A0', ' ').indexOf(wanted);
          if (start < 0) continue;
          let end = start + wanted.length;
          const range = document.createRange();
          const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
          for (let node = texts.nextNode(), begun = false; node; node = texts.nextNode()) {
            const length = node.textContent?.length ?? 0;
            if (!begun && start < length) {
              range.setStart(node, start);
              begun = true;
            }
            if (end <= length) {
              range.setEnd(node, end);
              break;
            }
            start -= length;
            end -= length;
          }
          const box = range.getBoundingClientRect();
          return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
        }
        return undefined;
      }, text),
    );
  }

  // Problems and webviews

  /** Opens the Problems view and reads all of it. */
  async problems(): Promise<readonly Problem[]> {
    const panel = this.page.locator('.markers-panel-container, .markers-panel').first();
    if (!(await panel.isVisible())) await this.openView('Problems');
    await panel.waitFor();
    const list = panel.locator('.monaco-list').first();
    if (!(await list.isVisible())) return [];
    const rows = await listRows(list, {
      path: { selector: '.resource-label-container .monaco-icon-label', attribute: 'aria-label' },
      icon: { selector: '.marker-icon', attribute: 'class' },
      message: { selector: '.marker-message' },
      source: { selector: '.marker-source' },
      code: { selector: '.marker-code' },
      place: { selector: '.marker-line' },
    }).catch(async (problem: unknown) => {
      // The list is hidden as soon as the last problem is solved, be it while it is being read.
      if (await list.isVisible()) throw problem;
      return [];
    });
    const found: Problem[] = [];
    let file = '';
    for (const { path: full, icon, message, source, code, place } of rows) {
      const position = /Ln (\d+), Col (\d+)/.exec(place);
      if (full) file = path.relative(this.#root, full);
      if (!position) continue;
      const severity = /\berror\b/.test(icon) ? 'error' : /\bwarning\b/.test(icon) ? 'warning' : 'info';
      found.push({ file, severity, message, source, code, line: Number(position[1]), column: Number(position[2]) });
    }
    return found;
  }

  /** Waits for a problem whose message contains this, in this file if one is named. */
  async problem(message: Text, inFile?: string): Promise<Problem> {
    let last: readonly Problem[] = [];
    return eventually(`the problem ${String(message)}`, async () => {
      last = await this.problems();
      return last.find(
        (one) =>
          (inFile === undefined || one.file === inFile) &&
          (typeof message === 'string' ? one.message.includes(message) : message.test(one.message)),
      );
    }).catch((problem: unknown) => {
      throw new Error(
        `${messageOf(problem)}; there are: ${last.map((one) => `${one.file}: ${one.message}`).join(' | ') || 'none'}`,
      );
    });
  }

  /**
   * The document of the webview with this whole title, panel or view. Its locators wait by themselves. Ask again after
   * the webview was hidden: VS Code makes a new frame then.
   */
  async webview(title: string): Promise<FrameLocator> {
    return eventually(`a webview "${title}"`, async () => {
      for (const outer of await this.page.locator('iframe.webview.ready').all()) {
        const name = await outer.getAttribute('name', { timeout: 5_000 }).catch(() => undefined);
        const frame = this.page.frameLocator(`iframe.webview.ready[name="${name}"]`);
        const inner = `iframe#active-frame[title=${JSON.stringify(title)}]`;
        if (name && (await outer.isVisible()) && (await frame.locator(inner).count()) > 0)
          return frame.frameLocator(inner);
      }
      return undefined;
    });
  }
}

type RowField = { readonly selector: string; readonly attribute?: string };

/**
 * Every row of a list that draws only what is on screen: scrolls from the top to the last row. A field is the text (or
 * an attribute) of the elements of a row that match its selector, or empty.
 */
async function listRows<K extends string>(
  list: Locator,
  fields: Readonly<Record<K, RowField>>,
): Promise<readonly Readonly<Record<K | 'level', string>>[]> {
  if ((await list.locator('.monaco-list-row').count()) === 0) return [];
  const drawn = (): Promise<readonly { index: number; last: boolean; row: Record<K | 'level', string> }[]> =>
    list.locator('.monaco-list-row').evaluateAll(
      (all, wanted) =>
        all.map((row) => {
          const parts: Record<string, string> = { level: row.getAttribute('aria-level') ?? '1' };
          for (const [name, { selector, attribute }] of wanted) {
            const elements = [...row.querySelectorAll(selector)];
            parts[name] = elements
              .map((one) => ((attribute ? one.getAttribute(attribute) : one.textContent) ?? '').trim())
              .join('\n');
          }
          return {
            index: Number(row.getAttribute('data-index')),
            last: row.getAttribute('data-last-element') === 'true',
            row: parts,
          };
        }),
      Object.entries<RowField>(fields),
    );
  // VS Code takes one turn of the wheel, of whatever size, as 50 pixels.
  const scroll = async (pixels: number): Promise<void> => {
    for (let turn = 0; turn < Math.abs(pixels) / 50; turn++) await list.page().mouse.wheel(0, Math.sign(pixels) * 100);
  };
  const found = new Map<number, Record<K | 'level', string>>();
  let rows = await drawn();
  const all = (): boolean => rows.some(({ index }) => index === 0) && rows.some(({ last }) => last);
  if (!all()) await list.hover({ timeout: 30_000 });
  if (!rows.some(({ index }) => index === 0)) {
    await eventually('the first row', async () => {
      await scroll(-500);
      return (rows = await drawn()).some(({ index }) => index === 0);
    });
  }
  for (;;) {
    for (const { index, row } of rows) found.set(index, row);
    if (rows.some(({ last }) => last)) break;
    const lowest = Math.max(...rows.map(({ index }) => index));
    const rowHeight = 22;
    await scroll(Math.max(1, rows.length - 4) * rowHeight);
    await eventually('more rows', async () => Math.max(...(rows = await drawn()).map(({ index }) => index)) > lowest);
  }
  if (Math.max(...found.keys()) !== found.size - 1)
    throw new Error('rows were passed over while scrolling through a list');
  return [...found].toSorted(([a], [b]) => a - b).map(([, row]) => row);
}

function fileName(name: string): string {
  return name.replaceAll(/[^\w.-]+/g, '-').slice(0, 100);
}
