import path from 'node:path';
import * as vscode from 'vscode';
import type { Result } from '../core/text/result.ts';
import type { OpenPlan } from './open-plan.ts';
import type { Engine } from '../node/engine.ts';
import type { EngineFailure } from '../node/failure.ts';
import { inside } from '../node/paths.ts';
import type { LoadedPlan } from '../core/plan/graph-model.ts';

/** A repository of the workspace with the engine that serves it. */
export interface Project {
  readonly root: string;
  readonly engine: Engine;
}

/** What the views say before there is anything to show. */
export type Readiness = 'loading' | 'no-repository' | 'no-plan' | 'ready';

interface WatchedPlan {
  plan: OpenPlan;
  loaded: Promise<Result<LoadedPlan, EngineFailure>> | null;
  readonly watch: { close(): void };
}

interface WatchedProject extends Project {
  readonly plans: Map<string, WatchedPlan>;
}

/** Bursts of file events (a plan being written, a checkout) count as one. */
const SETTLE_MS = 150;

const PLAN_FILES = '**/{manifest.json,tasks/*.md}';

/**
 * The repositories of the workspace's folders and their plans, kept up to date by watching: `parallel/*` files through
 * VS Code, runs and decisions through the engine. Nothing is polled.
 */
export class Projects {
  readonly #open: (dir: string) => Promise<Result<Engine, EngineFailure>>;
  readonly #projects = new Map<string, WatchedProject>();
  readonly #changed = new vscode.EventEmitter<OpenPlan | null>();
  readonly #disposables: vscode.Disposable[] = [];
  /** Watchers of plans outside of the workspace's folders, by the directory that they stand in. */
  readonly #outside = new Map<string, vscode.Disposable>();
  #refreshing: Promise<void> | null = null;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #failure: EngineFailure | null = null;
  #loaded = false;
  #disposed = false;

  /** A plan that changed, or `null` when plans came or went. */
  readonly onDidChange = this.#changed.event;

  constructor(open: (dir: string) => Promise<Result<Engine, EngineFailure>>) {
    this.#open = open;
    this.#disposables.push(
      this.#changed,
      this.#watchFiles(PLAN_FILES),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.refresh()),
    );
  }

  get readiness(): Readiness {
    if (this.plans().length > 0) return 'ready';
    if (!this.#loaded) return 'loading';
    return this.#projects.size > 0 ? 'no-plan' : 'no-repository';
  }

  /** Why no folder of the workspace has an engine; `null` when one has. */
  get failure(): EngineFailure | null {
    return this.#projects.size > 0 ? null : this.#failure;
  }

  projects(): readonly Project[] {
    return [...this.#projects.values()];
  }

  plans(): readonly OpenPlan[] {
    const all = [...this.#projects.values()].flatMap((project) =>
      [...project.plans.values()].map((entry) => entry.plan),
    );
    // A plan that is just being read for the first time has nothing to show yet.
    return all.filter((plan) => plan.state !== null || plan.failure !== null);
  }

  plan(root: string, dir: string): OpenPlan | null {
    return this.#projects.get(root)?.plans.get(dir)?.plan ?? null;
  }

  engine(root: string): Engine | null {
    return this.#projects.get(root)?.engine ?? null;
  }

  /** The project whose repository holds a file; the innermost one when they nest. */
  projectOf(file: vscode.Uri): Project | null {
    const holders = this.projects().filter(({ root }) => inside(root, file.fsPath));
    return holders.sort((a, b) => b.root.length - a.root.length)[0] ?? null;
  }

  /** What the plan files say; read once and kept until one of them changes. */
  async loaded(plan: OpenPlan): Promise<Result<LoadedPlan, EngineFailure> | null> {
    const project = this.#projects.get(plan.root);
    const entry = project?.plans.get(plan.dir);
    if (!project || !entry) return null;
    return (entry.loaded ??= project.engine.load(plan.dir));
  }

  /** Looks for repositories and plans again. Calls during a refresh make one more run at its end. */
  async refresh(): Promise<void> {
    if (this.#refreshing) {
      this.#again = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#refreshAll().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#timer) clearTimeout(this.#timer);
    for (const project of this.#projects.values()) for (const entry of project.plans.values()) entry.watch.close();
    this.#projects.clear();
    for (const disposable of [...this.#disposables, ...this.#outside.values()]) disposable.dispose();
  }

  async #refreshAll(): Promise<void> {
    do {
      this.#again = false;
      await this.#findProjects();
      for (const project of this.#projects.values()) await this.#findPlans(project);
      if (!this.#disposed) this.#watchOutside();
    } while (this.#again && !this.#disposed);
    this.#loaded = true;
    if (!this.#disposed) this.#changed.fire(null);
  }

  async #findProjects(): Promise<void> {
    const found = new Map<string, Engine>();
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      if (folder.uri.scheme !== 'file') continue;
      const opened = await this.#open(folder.uri.fsPath);
      // Two folders of one repository (a slice's worktree added to the workspace) share one engine.
      if (opened.ok) found.set(opened.value.root, opened.value);
      else this.#failure = opened.failure;
    }
    if (this.#disposed) return;
    for (const [root, project] of this.#projects) {
      if (found.has(root)) continue;
      for (const entry of project.plans.values()) entry.watch.close();
      this.#projects.delete(root);
    }
    for (const [root, engine] of found) {
      if (!this.#projects.has(root)) this.#projects.set(root, { root, engine, plans: new Map() });
    }
  }

  /**
   * Plans beside or above a folder that was opened alone: VS Code's own watching ends at the folders of the workspace. The
   * places where plans stand are watched, and the one at the top where they come first; never the whole repository.
   */
  #watchOutside(): void {
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    const homes = new Set<string>();
    for (const { root, plans } of this.#projects.values())
      for (const home of ['parallel', ...[...plans.keys()].map((dir) => path.posix.dirname(dir))]) {
        const place = path.join(root, home);
        if (!folders.some((folder) => inside(folder, place))) homes.add(place);
      }
    for (const [home, watcher] of this.#outside) {
      if (homes.has(home)) continue;
      watcher.dispose();
      this.#outside.delete(home);
    }
    for (const home of homes)
      if (!this.#outside.has(home))
        this.#outside.set(home, this.#watchFiles(new vscode.RelativePattern(vscode.Uri.file(home), PLAN_FILES)));
  }

  #watchFiles(pattern: vscode.GlobPattern): vscode.Disposable {
    const files = vscode.workspace.createFileSystemWatcher(pattern);
    const touched = (uri: vscode.Uri): void => this.#planFileChanged(uri);
    return vscode.Disposable.from(
      files,
      files.onDidCreate(touched),
      files.onDidChange(touched),
      files.onDidDelete(touched),
    );
  }

  async #findPlans(project: WatchedProject): Promise<void> {
    const dirs = await project.engine.plans();
    if (this.#disposed) return;
    for (const [dir, entry] of project.plans) {
      if (dirs.includes(dir)) continue;
      entry.watch.close();
      project.plans.delete(dir);
    }
    for (const dir of dirs) {
      const known = project.plans.get(dir);
      if (known) {
        known.loaded = null;
        await this.#readState(project, known);
        continue;
      }
      const entry: WatchedPlan = {
        plan: { root: project.root, dir, state: null, failure: null },
        loaded: null,
        watch: project.engine.watch(dir, (state) => {
          if (this.#disposed || project.plans.get(dir) !== entry) return;
          entry.plan = { root: project.root, dir, state, failure: null };
          this.#changed.fire(entry.plan);
        }),
      };
      project.plans.set(dir, entry);
      await this.#readState(project, entry);
    }
  }

  async #readState(project: WatchedProject, entry: WatchedPlan): Promise<void> {
    const { root, dir } = entry.plan;
    const state = await project.engine.state(dir);
    entry.plan = { root, dir, state: state.ok ? state.value : null, failure: state.ok ? null : state.failure };
  }

  #planFileChanged(uri: vscode.Uri): void {
    // Worktrees of slices hold copies of the plan's files; they are not plans of this workspace.
    if (this.#projects.size > 0 && !this.projectOf(uri)) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.refresh();
    }, SETTLE_MS);
  }
}
