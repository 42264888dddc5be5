import * as vscode from 'vscode';
import type { OpenPlan } from '../open-plan.ts';
import type { Projects } from '../projects.ts';
import { childNodes, faceOf, rootNodes, type NodeFace, type TreeNode } from './tree-nodes.ts';

/** What VS Code holds for a row. It stays the same object while the row exists; only what it stands for changes. */
export interface TreeElement {
  node: TreeNode;
  /** As last given to VS Code. */
  face: NodeFace;
  /** As last given to VS Code; `null` while the row was never opened. */
  children: readonly TreeElement[] | null;
}

/**
 * The view `slicewave.plans`: shows the nodes of `tree-nodes.ts` and keeps the badge and the welcome text in step.
 *
 * VS Code hears of the rows that changed and of nothing else, and not at once: it asks again for all that is below
 * such a row, and while several slices run, refreshes would queue up behind each other.
 */
export class PlanTree implements vscode.TreeDataProvider<TreeElement> {
  readonly #projects: Projects;
  readonly #changed = new vscode.EventEmitter<TreeElement[] | undefined>();
  readonly #view: vscode.TreeView<TreeElement>;
  readonly #disposables: vscode.Disposable[];
  #roots: readonly TreeElement[] | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(projects: Projects) {
    this.#projects = projects;
    this.#view = vscode.window.createTreeView('slicewave.plans', { treeDataProvider: this, showCollapseAll: true });
    this.#disposables = [this.#changed, this.#view, projects.onDidChange(() => this.#soon())];
    this.#update();
  }

  getChildren(element?: TreeElement): TreeElement[] {
    if (!element) {
      this.#roots = elementsOf(rootNodes(this.#projects.plans()), this.#roots);
      return [...this.#roots];
    }
    element.children = elementsOf(childNodes(element.node), element.children);
    return [...element.children];
  }

  getTreeItem(element: TreeElement): vscode.TreeItem {
    const { node } = element;
    const face = faceOf(node);
    element.face = face;
    const item = new vscode.TreeItem(face.label, expansions[face.expansion]);
    item.id = face.id;
    item.description = face.description;
    item.iconPath = new vscode.ThemeIcon(
      face.icon,
      face.color === null ? undefined : new vscode.ThemeColor(face.color),
    );
    item.contextValue = `;${face.context};`;
    item.tooltip = face.tooltip;
    item.accessibilityInformation = { label: `${face.label}, ${face.description}` };
    const command = commandOf(node);
    if (command) item.command = { ...command, arguments: [node] };
    return item;
  }

  dispose(): void {
    if (this.#timer) clearTimeout(this.#timer);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#update();
    }, GATHER_MS);
  }

  #update(): void {
    const plans = this.#projects.plans();
    this.#showWaiting(plans);
    // The welcome text of package.json shows while the view is empty; this says which one.
    void vscode.commands.executeCommand('setContext', 'slicewave.readiness', this.#projects.readiness);
    const roots = this.#roots;
    if (!roots) return;
    const nodes = rootNodes(plans);
    if (!sameRows(nodes, roots)) {
      this.#changed.fire(undefined);
      return;
    }
    const changed: TreeElement[] = [];
    for (const [index, element] of roots.entries()) {
      const node = nodes[index];
      if (node) renew(element, node, changed);
    }
    if (changed.length > 0) this.#changed.fire(changed);
  }

  #showWaiting(plans: readonly OpenPlan[]): void {
    const waiting = plans.reduce((sum, plan) => sum + (plan.state?.attention.length ?? 0), 0);
    if (waiting === (this.#view.badge?.value ?? 0)) return;
    const tooltip = `${waiting} ${waiting === 1 ? 'slice needs' : 'slices need'} you`;
    this.#view.badge = waiting > 0 ? { value: waiting, tooltip } : undefined;
  }
}

/** Changes within this time are one refresh. */
const GATHER_MS = 250;

/** Rows for nodes; a row that was there before stays the same object. */
function elementsOf(nodes: readonly TreeNode[], before: readonly TreeElement[] | null): readonly TreeElement[] {
  const known = new Map(before?.map((element) => [element.face.id, element]));
  return nodes.map((node) => {
    const face = faceOf(node);
    const element = known.get(face.id);
    if (!element) return { node, face, children: null };
    element.node = node;
    return element;
  });
}

/**
 * Puts the new node into a row and into the opened rows below it; collects the rows that look different now. `changed`
 * is `null` below a collected row, which VS Code asks for again anyway.
 */
function renew(element: TreeElement, node: TreeNode, changed: TreeElement[] | null): void {
  element.node = node;
  if (element.children === null) {
    if (changed && !sameFace(faceOf(node), element.face)) changed.push(element);
    return;
  }
  const children = childNodes(node);
  const stays = sameRows(children, element.children);
  const differs = !stays || !sameFace(faceOf(node), element.face);
  if (differs) changed?.push(element);
  if (!stays) return;
  for (const [index, child] of element.children.entries()) {
    const next = children[index];
    if (next) renew(child, next, differs ? null : changed);
  }
}

function sameRows(nodes: readonly TreeNode[], elements: readonly TreeElement[]): boolean {
  return nodes.length === elements.length && nodes.every((node, index) => faceOf(node).id === elements[index]?.face.id);
}

function sameFace(a: NodeFace, b: NodeFace): boolean {
  return (
    a.label === b.label &&
    a.description === b.description &&
    a.icon === b.icon &&
    a.color === b.color &&
    a.context === b.context &&
    a.tooltip === b.tooltip &&
    a.expansion === b.expansion
  );
}

const expansions = {
  none: vscode.TreeItemCollapsibleState.None,
  collapsed: vscode.TreeItemCollapsibleState.Collapsed,
  expanded: vscode.TreeItemCollapsibleState.Expanded,
} as const;

/** What a click does. Nodes with children only fold. */
function commandOf(node: TreeNode): { readonly command: string; readonly title: string } | null {
  switch (node.kind) {
    case 'slice':
      return { command: 'slicewave.openWorktree', title: 'Open Worktree' };
    case 'question':
      return { command: 'slicewave.answer', title: 'Answer' };
    case 'file':
      return { command: 'slicewave.openFileDiff', title: 'Open Changes' };
    default:
      return null;
  }
}
