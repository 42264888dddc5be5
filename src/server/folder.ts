import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Finding } from '../core/text/finding.ts';
import { createLanguage } from '../core/language/language.ts';
import type { Language } from '../core/language/language.ts';
import { noSettings } from '../core/lint/engine/config.ts';
import type { LintSettings } from '../core/lint/engine/config.ts';
import type { RepositoryFacts } from '../core/scope/repository-facts.ts';
import { LintSession } from '../core/lint/lint.ts';
import { sameOptions } from '../core/scope/meeting.ts';
import { inside, toPosix } from '../node/paths.ts';
import { Workspace } from '../node/workspace/workspace.ts';
import { SliceStates } from './slice-states.ts';
import { combined } from './settings.ts';

/**
 * One workspace folder: its files on disk, with the text of open documents in their place, the findings of both, and what
 * can be asked about them. A folder without a root holds documents that lie in no workspace folder, each under its own
 * URI.
 */
export class Folder {
  readonly root: string | null;
  readonly language: Language;
  readonly #session = new LintSession();
  /** Open documents by path in the session; they win over the disk. */
  readonly #open = new Map<string, string>();
  /** URIs as the editor spells them: a path alone does not tell how it escapes a colon. */
  readonly #uris = new Map<string, string>();
  readonly #states: SliceStates | null;
  /** The disk below the root; `null` without one. */
  readonly #disk: Workspace | null;
  #facts: RepositoryFacts | null = null;
  /** Files whose text somebody asked the facts for: only a change of these makes the facts old. */
  #asked: ReadonlySet<string> = new Set();
  #factsOld = false;
  #editorSettings: LintSettings = noSettings;
  #appliedSettings = JSON.stringify(noSettings);
  #watch: ReturnType<Workspace['watch']> | null = null;
  #ownSettings: Awaited<ReturnType<Workspace['settings']>> = { settings: noSettings, file: null, problems: [] };

  constructor(root: string | null) {
    this.root = root;
    this.#disk = root === null ? null : new Workspace(root);
    this.#states = this.#disk && new SliceStates(this.#disk);
    this.language = createLanguage({
      files: this.#session.files,
      repository: () => this.#facts,
      reader: this.#session.reader,
      loaded: (dir) => this.#session.plan(dir),
      revision: () => this.#session.revision,
      thresholds: () => this.#session.limits,
      stateOf: (planDir, slice) => this.#states?.of(this.inRepository(planDir), slice) ?? null,
    });
  }

  /** The checkout around the folder, as commands and runs call it; `null` outside of one. */
  get repositoryRoot(): string | null {
    return this.#disk?.repositoryRoot ?? null;
  }

  /** A path of this folder as the repository calls it: folders may be opened below its top. */
  inRepository(name: string): string {
    const { top, root } = this.#disk ?? { top: null, root: null };
    if (top === null || top === root) return name;
    return toPosix(path.relative(top, path.join(root, name)));
  }

  /** The path of a document in this folder, or `null` when it is not inside. */
  pathOf(uri: string): string | null {
    if (this.root === null) return uri;
    const file = filePath(uri);
    if (file === null) return null;
    const name = toPosix(path.relative(this.root, file));
    return name !== '' && inside(this.root, file) ? name : null;
  }

  uriOf(name: string): string {
    const known = this.#uris.get(name);
    if (known !== undefined) return known;
    return this.root === null ? name : pathToFileURL(path.join(this.root, name)).href;
  }

  open(name: string, uri: string, text: string): void {
    this.#open.set(name, text);
    this.#uris.set(name, uri);
    this.#session.set(name, text);
  }

  /** Another folder owns the document from now on; the next scan brings back what the disk holds, if it lies here. */
  release(uri: string): void {
    const name = this.pathOf(uri);
    if (name === null || !this.#open.delete(name)) return;
    this.#session.delete(name);
  }

  /** Closing a document brings back what the disk holds. */
  async close(name: string): Promise<void> {
    this.#open.delete(name);
    await this.refresh(name);
  }

  /** Reads one file again, unless it is open in the editor. */
  async refresh(name: string): Promise<void> {
    const text = this.#disk === null ? null : await this.#disk.file(name);
    // It may be open, or have been opened while the disk was read.
    if (this.#open.has(name)) return;
    if (text === null) this.#session.delete(name);
    else this.#session.set(name, text);
  }

  /** Reads the disk again, whole; answers how many files there are. */
  async scan(): Promise<number> {
    if (this.#disk !== null) {
      const [{ files, facts }, own, code] = await Promise.all([
        this.#disk.look(),
        this.#disk.settings(),
        this.#disk.codeReader(),
      ]);
      for (const name of this.#session.files.keys())
        if (!files.has(name) && !this.#open.has(name)) this.#session.delete(name);
      for (const [name, text] of files) if (!this.#open.has(name)) this.#session.set(name, text);
      this.#takeFacts(await this.#disk.withIgnored({ ...facts, code }, this.#session.createdPaths()));
      this.#ownSettings = own;
      this.#applySettings();
      this.#watch?.follow(new Set([...files.keys(), ...(facts?.files ?? [])]));
    }
    return this.#session.files.size;
  }

  /** Watches the files on disk from the next scan on. */
  watch(options: Parameters<Workspace['watch']>[0]): void {
    this.#watch ??= this.#disk?.watch(options) ?? null;
  }

  /** It is no folder of the workspace any more. */
  dispose(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  /** Whether a change of a file's text, outside the editor, may matter to what was said about others. */
  isAsked(name: string): boolean {
    return this.#asked.has(name);
  }

  /** The next scan brings new facts, also when the list of files is the same. */
  forgetTexts(): void {
    this.#factsOld = true;
  }

  #takeFacts(facts: RepositoryFacts): void {
    const before = this.#facts;
    const same =
      !this.#factsOld &&
      before !== null &&
      before.files.length === facts.files.length &&
      before.files.every((file, i) => file === facts.files[i]) &&
      scriptsOf(before) === scriptsOf(facts) &&
      sameOptions(before.names ?? {}, facts.names ?? {}) &&
      sameSet(before.ignored ?? new Set(), facts.ignored ?? new Set());
    // New facts make everything be linted again.
    if (same) return;
    this.#factsOld = false;
    const asked = new Set<string>();
    this.#asked = asked;
    this.#facts = {
      ...facts,
      textOf: (file) => {
        asked.add(file);
        return this.#open.get(file) ?? facts.textOf(file);
      },
    };
    this.#session.setRepository(this.#facts);
  }

  setEditorSettings(settings: LintSettings): void {
    this.#editorSettings = settings;
    this.#applySettings();
  }

  #applySettings(): void {
    const settings = combined(this.#ownSettings.settings, this.#editorSettings);
    const text = JSON.stringify(settings);
    if (text === this.#appliedSettings) return;
    this.#appliedSettings = text;
    this.#session.setSettings(settings);
  }

  /** The files it knows, open ones included. */
  names(): string[] {
    return [...this.#session.files.keys()];
  }

  textOf(name: string): string | null {
    return this.#session.files.get(name) ?? null;
  }

  findings(): ReadonlyMap<string, readonly Finding[]> {
    const found = this.#session.findings();
    const { file, problems } = this.#ownSettings;
    return file === null || problems.length === 0 ? found : new Map([...found, [file, problems]]);
  }

  /** Reads what the runs of the plan around a file have come to, so that `language` can tell. */
  async readStates(name: string): Promise<void> {
    const view = this.language.planOf(name);
    if (view) await this.#states?.read(this.inRepository(view.dir), view);
  }
}

function sameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((item) => other.has(item));
}

function scriptsOf(facts: RepositoryFacts): string {
  return [...facts.scripts]
    .map(([dir, names]) => JSON.stringify([dir, [...names].sort()]))
    .sort()
    .join();
}

/** `null` for documents that are not files. */
export function filePath(uri: string): string | null {
  if (!uri.startsWith('file:')) return null;
  try {
    return fileURLToPath(uri);
  } catch {
    return null;
  }
}
