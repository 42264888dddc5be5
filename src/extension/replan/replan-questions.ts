import * as vscode from 'vscode';
import { splitSymbol } from '../../core/decompose/boundary.ts';
import type { Operation } from '../../core/replan/operations.ts';
import { proposedSlice } from '../../core/replan/proposal-of.ts';
import { isActive, isProved, stateLabel } from '../../core/run/states.ts';
import type { Engine } from '../../node/engine.ts';
import type { ReplanChange } from '../../node/replan/model.ts';
import { failureNotice, notice, type Notice } from '../notices.ts';
import type { ReadPlan } from '../open-plan.ts';

/** `one`: also offered for a single slice. */
const KINDS = [
  {
    how: 'spec',
    icon: 'refresh',
    what: 'Decompose the spec anew',
    one: null,
    detail: 'What it says now; verified slices stay',
  },
  { how: 'cut', icon: 'remove', what: 'Cut slices', one: 'Cut', detail: 'Runs and branches are kept' },
  {
    how: 'split',
    icon: 'split-horizontal',
    what: 'Split slices',
    one: 'Split',
    detail: 'In parts, by directory or by file',
  },
  {
    how: 'merge',
    icon: 'git-merge',
    what: 'Merge slices',
    one: 'Merge',
    detail: 'Into one, under the id of the first',
  },
  {
    how: 'rescope',
    icon: 'list-selection',
    what: 'Re-scope a slice',
    one: 'Re-scope',
    detail: 'Which paths and symbols it may write',
  },
  { how: 'add', icon: 'add', what: 'Add a slice', one: null, detail: 'Written as a spec declares it' },
  {
    how: 'undo',
    icon: 'discard',
    what: 'Undo the last re-planning',
    one: null,
    detail: 'At once, as long as nothing was built on it',
  },
] as const;

type Kind = (typeof KINDS)[number]['how'];
/** What is made of the answers to questions. */
type Asked = Exclude<Kind, 'spec' | 'undo'>;

interface About {
  readonly engine: Engine;
  readonly plan: ReadPlan;
  /** The slice that is meant already. */
  readonly slice: string | undefined;
}

/** How the plan, or the slice that is meant, should change. `null`: not at all. */
export async function askKind(plan: ReadPlan, slice: string | undefined): Promise<Kind | null> {
  const items = KINDS.filter(({ one }) => slice === undefined || one !== null).map((kind) => ({
    ...kind,
    label: `$(${kind.icon}) ${slice === undefined || kind.one === null ? kind.what : `${kind.one} ${slice}`}`,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: `Re-plan ${slice === undefined ? plan.state.plan : `${slice} of ${plan.state.plan}`}`,
    placeHolder: 'How should the plan change? You see the difference before anything is written',
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  return chosen?.how ?? null;
}

/** The change that the answers describe. `null`: the person closed a question. */
export async function askChange(kind: Asked, about: About): Promise<ReplanChange | Notice | null> {
  const operations = kind === 'add' ? await added(about.plan) : await changed(kind, about);
  if (operations === null || 'severity' in operations) return operations;
  return { kind: 'operations', operations };
}

type Operations = readonly Operation[] | Notice | null;

async function added(plan: ReadPlan): Promise<Operations> {
  const text = await vscode.window.showInputBox({
    title: `Add a slice to ${plan.state.plan}`,
    prompt: 'Id: title (after what; files: paths; verify: command; estimate: hours)',
    placeHolder: 'A9: Export (after A1; files: src/export.ts, test/export.test.ts; verify: npm test; estimate: 2h)',
    ignoreFocusOut: true,
    validateInput: (typed) =>
      typed.trim() === '' || /^\s*[A-Za-z0-9][\w-]*:\s*\S/.test(typed)
        ? null
        : 'Begin with an id and a title: "A9: Export"',
  });
  return text?.trim() ? [{ kind: 'add', text: text.trim() }] : null;
}

async function changed(kind: Exclude<Asked, 'add'>, about: About): Promise<Operations> {
  const { plan, slice } = about;
  const free = plan.state.slices.filter(({ state }) => !isProved(state) && !isActive(state));
  const meant = plan.state.slices.find(({ id }) => id === slice);
  if (meant && !free.includes(meant))
    return isActive(meant.state)
      ? notice(`${meant.id} is ${stateLabel(meant.state)}.`, 'Stop it first, or add another slice.')
      : notice(`${meant.id} is ${stateLabel(meant.state)}, and what is verified stays.`, 'Add another slice instead.');
  if (free.length === 0)
    return notice(`Every slice of ${plan.state.plan} is verified or runs.`, 'Add a slice instead.');
  const items = free.map(({ id, title, state }) => ({ label: `${id} ${title}`, description: stateLabel(state), id }));
  if (kind === 'rescope') {
    const one = meant ?? (await pickOne(items, 'Whose scope should change?'));
    return one ? rescoped(one.id, about) : null;
  }
  if (kind === 'merge') {
    const picked = items.map((item) => ({ ...item, picked: item.id === slice }));
    const ids = await pickSome(picked, 'Which slices become one?');
    if (ids === null) return null;
    return ids.length < 2 ? notice('It takes two slices to merge.', 'Check at least two.') : [{ kind, ids, as: null }];
  }
  const ids = meant ? [meant.id] : await pickSome(items, `Which slices should be ${kind}?`);
  return ids === null || ids.length === 0 ? null : ids.map((id): Operation => ({ kind, id }));
}

/** First which of its paths it keeps, then which it gets. */
async function rescoped(id: string, { engine, plan }: About): Promise<Operations> {
  const loaded = await engine.load(plan.dir);
  if (!loaded.ok) return failureNotice(loaded.failure);
  const slice = loaded.value.plan.slices.find((one) => one.id === id);
  if (!slice) return notice(`There is no slice ${id} in ${plan.state.plan} any more.`, 'Refresh the plans view.');
  const { create, modify } = proposedSlice(slice);
  const own = [
    ...create.map((path) => ({ label: path, description: 'CREATE', picked: true })),
    ...modify.map((path) => ({ label: path, description: 'MODIFY', picked: true })),
  ];
  const kept = await vscode.window.showQuickPick(own, {
    title: `Re-scope ${id} (1 of 2)`,
    placeHolder: 'Uncheck what it should no longer write',
    canPickMany: true,
    ignoreFocusOut: true,
  });
  if (kept === undefined) return null;
  const typed = await vscode.window.showInputBox({
    title: `Re-scope ${id} (2 of 2)`,
    prompt: 'Paths it may write in addition, separated by commas; empty: none',
    placeHolder: 'src/app.ts, src/orders/*.ts, src/store.ts::Store.save',
    ignoreFocusOut: true,
  });
  if (typed === undefined) return null;
  const remove = own.map(({ label }) => label).filter((path) => !kept.some(({ label }) => label === path));
  // Commas stand in braces too: src/{a,b}.ts
  const paths = typed
    .split(/,(?![^{]*\})/)
    .map((path) => path.trim().replace(/^(?:\.\/)+/, ''))
    .filter((path) => path !== '');
  if (remove.length + paths.length === 0) return notice(`The scope of ${id} stays as it is.`, '');
  const there = await Promise.all(paths.map((path) => exists(plan.root, path)));
  return [
    {
      kind: 'rescope',
      id,
      create: paths.filter((_, index) => !there[index]),
      modify: paths.filter((_, index) => there[index]),
      remove,
    },
  ];
}

/** Whether a path, or any path a glob stands for, is there already: then it is changed, not created. */
async function exists(root: string, text: string): Promise<boolean> {
  const { path } = splitSymbol(text);
  const pattern = new vscode.RelativePattern(vscode.Uri.file(root), path.replace(/\/$/, '/**'));
  return (await vscode.workspace.findFiles(pattern, null, 1)).length > 0;
}

async function pickOne<T extends vscode.QuickPickItem>(
  items: readonly T[],
  placeHolder: string,
): Promise<T | undefined> {
  return vscode.window.showQuickPick(items, { placeHolder, ignoreFocusOut: true });
}

async function pickSome(
  items: readonly (vscode.QuickPickItem & { readonly id: string })[],
  placeHolder: string,
): Promise<readonly string[] | null> {
  const chosen = await vscode.window.showQuickPick(items, { placeHolder, canPickMany: true, ignoreFocusOut: true });
  return chosen?.map(({ id }) => id) ?? null;
}
