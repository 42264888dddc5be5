/** Where the extension's commands stand in menus: what `generate.ts` writes into package.json. */
import type { CommandId } from '../src/extension/command-ids.ts';

/** An entry of `contributes.menus`. */
export interface MenuEntry {
  readonly command: CommandId;
  readonly when: string;
  readonly group: string;
}

/** A spec, or what another tool keeps its tasks in. */
const SPEC_FILE =
  'resourceScheme == file && resourcePath =~ /\\.spec\\.md$|\\/(specs|tech-specs)\\/.+\\.md$|\\/openspec\\/changes\\/[^\\/]+\\/tasks\\.md$|\\/tasks\\/tasks\\.json$|\\/\\.taskmaster\\/tasks\\/[^\\/]+\\.json$|\\/backlog\\/tasks\\/.+\\.md$/';
const PLAN_FILE =
  'resourceScheme == file && resourcePath =~ /\\/parallel\\/[^\\/]+\\/(manifest\\.json|tasks\\/[^\\/]+\\.md)$/';
const PLAN_FILE_OR_FOLDER =
  "resourceScheme == file && resourcePath =~ /\\/parallel\\/[^\\/]+(\\/manifest\\.json|\\/tasks\\/[^\\/]+\\.md)?$/ && slicewave.readiness == 'ready'";

/** An entry in the tree: on rows of a kind, where the row's context says that the action makes sense (always for `null`). */
type TreeEntry = readonly [kind: string, action: string | null, command: CommandId, group: string];

const TREE: readonly TreeEntry[] = [
  ['plan', 'run', 'slicewave.runPlan', 'inline@1'],
  ['plan', 'stop', 'slicewave.stopPlan', 'inline@2'],
  ['plan', 'integrate', 'slicewave.integrate', 'inline@3'],
  ['plan', null, 'slicewave.openDashboard', 'inline@4'],
  ['wave', 'run', 'slicewave.runWave', 'inline@1'],
  ['slice', 'run', 'slicewave.runSlice', 'inline@1'],
  ['slice', 'stop', 'slicewave.stopSlice', 'inline@1'],
  ['slice', 'approve', 'slicewave.approve', 'inline@1'],
  ['slice', 'answer', 'slicewave.answer', 'inline@2'],
  ['slice', 'worktree', 'slicewave.openWorktree', 'inline@3'],
  ['slice', 'diff', 'slicewave.openRunDiff', 'inline@4'],
  ['slice', 'trace', 'slicewave.openTrace', 'inline@5'],
  ['question', 'approve', 'slicewave.approve', 'inline@1'],
  ['question', 'answer', 'slicewave.answer', 'inline@2'],
  ['question', 'retry', 'slicewave.retry', 'inline@3'],
  ['question', 'skip', 'slicewave.skip', 'inline@4'],
  ['warning', 'accept', 'slicewave.acceptPlan', 'inline@1'],
  ['run', 'diff', 'slicewave.openRunDiff', 'inline@1'],
  ['run', 'inspect', 'slicewave.inspectRun', 'inline@2'],
  ['run', 'trace', 'slicewave.openTrace', 'inline@3'],
  ['checkpoint', 'trace', 'slicewave.openTrace', 'inline@1'],
  ['plan', 'run', 'slicewave.runPlan', '1_run@1'],
  ['plan', 'stop', 'slicewave.stopPlan', '1_run@2'],
  ['plan', null, 'slicewave.integrate', '1_run@3'],
  ['plan', null, 'slicewave.replan', '1_run@4'],
  ['plan', null, 'slicewave.judgePlan', '1_run@5'],
  ['plan', 'accept', 'slicewave.acceptPlan', '1_run@6'],
  ['plan', null, 'slicewave.openDashboard', '2_open@1'],
  ['plan', null, 'slicewave.openPlan', '2_open@2'],
  ['plan', null, 'slicewave.copyDashboard', '3_copy'],
  ['wave', 'run', 'slicewave.runWave', '1_run'],
  ['slice', 'run', 'slicewave.runSlice', '1_run@1'],
  ['slice', 'stop', 'slicewave.stopSlice', '1_run@2'],
  ['slice', 'answer', 'slicewave.answer', '1_run@3'],
  ['slice', 'approve', 'slicewave.approve', '1_run@4'],
  ['slice', 'retry', 'slicewave.retry', '1_run@5'],
  ['slice', 'skip', 'slicewave.skip', '1_run@6'],
  ['slice', null, 'slicewave.replan', '1_run@7'],
  ['slice', 'worktree', 'slicewave.openWorktree', '2_open@1'],
  ['slice', 'task', 'slicewave.openTaskSpec', '2_open@2'],
  ['slice', 'terminal', 'slicewave.showTerminal', '2_open@3'],
  ['slice', 'diff', 'slicewave.openRunDiff', '3_run@1'],
  ['slice', 'inspect', 'slicewave.inspectRun', '3_run@2'],
  ['slice', 'trace', 'slicewave.openTrace', '3_run@3'],
  ['question', 'diff', 'slicewave.openRunDiff', '3_run@1'],
  ['question', 'trace', 'slicewave.openTrace', '3_run@3'],
  ['run', 'diff', 'slicewave.openRunDiff', '3_run@1'],
  ['run', 'inspect', 'slicewave.inspectRun', '3_run@2'],
  ['run', 'trace', 'slicewave.openTrace', '3_run@3'],
];

/** Every menu but the palette, in the order of package.json. */
export const MENUS: Readonly<Record<string, readonly MenuEntry[]>> = {
  'editor/title': [
    { command: 'slicewave.decompose', when: SPEC_FILE, group: 'navigation' },
    { command: 'slicewave.writeDecomposition', when: 'resourceScheme == slicewave-preview', group: 'navigation@1' },
    { command: 'slicewave.discardDecomposition', when: 'resourceScheme == slicewave-preview', group: 'navigation@2' },
    { command: 'slicewave.askForScopes', when: 'resourceScheme == slicewave-preview', group: '1_scopes' },
    { command: 'slicewave.applyReplan', when: 'resourceScheme == slicewave-replan', group: 'navigation@1' },
    { command: 'slicewave.discardReplan', when: 'resourceScheme == slicewave-replan', group: 'navigation@2' },
    { command: 'slicewave.judgePlan', when: PLAN_FILE, group: 'navigation@1' },
    { command: 'slicewave.replan', when: PLAN_FILE, group: 'navigation@2' },
    { command: 'slicewave.judgePlan', when: 'resourceScheme == slicewave-judgement', group: 'navigation@1' },
    { command: 'slicewave.replan', when: 'resourceScheme == slicewave-judgement', group: 'navigation@2' },
  ],
  'explorer/context': [
    { command: 'slicewave.decompose', when: SPEC_FILE, group: '7_modification' },
    { command: 'slicewave.judgePlan', when: PLAN_FILE_OR_FOLDER, group: '7_modification@1' },
    { command: 'slicewave.replan', when: PLAN_FILE_OR_FOLDER, group: '7_modification@2' },
  ],
  'view/title': [
    {
      command: 'slicewave.openDashboard',
      when: "view == slicewave.plans && slicewave.readiness == 'ready'",
      group: 'navigation@1',
    },
    { command: 'slicewave.decompose', when: 'view == slicewave.plans', group: 'navigation@2' },
    { command: 'slicewave.refresh', when: 'view == slicewave.plans', group: 'navigation@3' },
    {
      command: 'slicewave.judgePlan',
      when: "view == slicewave.plans && slicewave.readiness == 'ready'",
      group: '1_more@0',
    },
    { command: 'slicewave.lintWorkspace', when: 'view == slicewave.plans', group: '1_more@1' },
    { command: 'slicewave.toggleProvenance', when: 'view == slicewave.plans', group: '1_more@2' },
    { command: 'slicewave.newSpec', when: 'view == slicewave.plans', group: '1_more@3' },
    { command: 'slicewave.openWalkthrough', when: 'view == slicewave.plans', group: '2_help' },
  ],
  'view/item/context': TREE.map(([kind, action, command, group]) => ({
    command,
    when: [
      'view == slicewave.plans',
      ...[kind, ...(action === null ? [] : [action])].map((word) => `viewItem =~ /;${word};/`),
    ].join(' && '),
    group,
  })),
  'scm/title': [
    { command: 'slicewave.openRunDiff', when: 'scmProvider == slicewave', group: 'navigation@1' },
    { command: 'slicewave.toggleProvenance', when: 'scmProvider == slicewave', group: 'navigation@2' },
    { command: 'slicewave.closeInspection', when: 'scmProvider == slicewave', group: 'navigation@3' },
  ],
  'scm/resourceState/context': [
    {
      command: 'slicewave.openInspectedFile',
      when: 'scmProvider == slicewave && scmResourceState == file',
      group: 'inline',
    },
  ],
};
