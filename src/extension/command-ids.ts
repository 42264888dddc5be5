/** A command as VS Code shows it. Where it stands in menus: `.config/menus.ts`. */
interface CommandRow {
  readonly title: string;
  /** A codicon. */
  readonly icon: string;
  /** It starts a process or changes files: refused until the workspace is trusted. */
  readonly trusted?: boolean;
  /** When it can be used, where that is not a matter of trust. */
  readonly enabled?: string;
  /** When the palette offers it; always when absent. */
  readonly palette?: string;
}

/**
 * Every command of the extension. To add one: a row here, its handler in `commands.ts`, which does not compile without it,
 * and `npm run generate`, which brings it into package.json.
 */
export const COMMANDS = {
  'slicewave.newSpec': { title: 'New Spec', icon: 'new-file' },
  'slicewave.decompose': { title: 'Decompose a Spec…', icon: 'type-hierarchy-sub' },
  'slicewave.writeDecomposition': {
    title: 'Write Plan',
    icon: 'check',
    trusted: true,
    palette: 'resourceScheme == slicewave-preview',
  },
  'slicewave.discardDecomposition': {
    title: 'Discard Preview',
    icon: 'discard',
    palette: 'resourceScheme == slicewave-preview',
  },
  'slicewave.askForScopes': {
    title: 'Ask an Agent Where Tasks Work…',
    icon: 'comment-discussion',
    trusted: true,
    palette: 'resourceScheme == slicewave-preview',
  },
  'slicewave.replan': { title: 'Re-plan…', icon: 'arrow-swap', trusted: true },
  'slicewave.applyReplan': {
    title: 'Apply Re-planning',
    icon: 'check',
    trusted: true,
    palette: 'resourceScheme == slicewave-replan',
  },
  'slicewave.discardReplan': {
    title: 'Discard Re-planning',
    icon: 'discard',
    palette: 'resourceScheme == slicewave-replan',
  },
  'slicewave.judgePlan': { title: 'Judge Plan', icon: 'law' },
  'slicewave.openWalkthrough': { title: 'Open Walkthrough', icon: 'mortar-board' },
  'slicewave.openDashboard': { title: 'Open Dashboard', icon: 'dashboard' },
  'slicewave.copyDashboard': { title: 'Copy Dashboard as Text', icon: 'copy' },
  'slicewave.refresh': { title: 'Refresh', icon: 'refresh' },
  'slicewave.lintWorkspace': { title: 'Lint Workspace', icon: 'checklist' },
  'slicewave.runPlan': { title: 'Run Plan', icon: 'run-all', trusted: true },
  'slicewave.runWave': { title: 'Run Wave', icon: 'run-all', trusted: true },
  'slicewave.runSlice': { title: 'Run Slice', icon: 'play', trusted: true },
  'slicewave.stopPlan': { title: 'Stop All Slices', icon: 'debug-stop', trusted: true },
  'slicewave.stopSlice': { title: 'Stop Slice', icon: 'debug-stop', trusted: true },
  'slicewave.answer': { title: 'Answer…', icon: 'comment', trusted: true },
  'slicewave.approve': { title: 'Approve…', icon: 'check', trusted: true },
  'slicewave.retry': { title: 'Retry…', icon: 'debug-restart', trusted: true },
  'slicewave.skip': { title: 'Skip…', icon: 'circle-slash', trusted: true },
  'slicewave.acceptPlan': { title: 'Accept Plan as It Stands…', icon: 'pass', trusted: true },
  'slicewave.integrate': { title: 'Integrate', icon: 'git-merge', trusted: true },
  'slicewave.openWorktree': { title: 'Open Worktree', icon: 'folder-opened' },
  'slicewave.openTaskSpec': { title: 'Open Task Spec', icon: 'note' },
  'slicewave.openPlan': { title: 'Open Manifest', icon: 'go-to-file' },
  'slicewave.showTerminal': { title: 'Show Terminal', icon: 'terminal' },
  'slicewave.openTrace': { title: 'Open Trace', icon: 'output' },
  'slicewave.openRunDiff': { title: 'Open Changes', icon: 'diff-multiple' },
  'slicewave.openFileDiff': { title: 'Open Changes of File', icon: 'diff', palette: 'false' },
  'slicewave.inspectRun': { title: 'Inspect Run in Source Control', icon: 'inspect' },
  'slicewave.openInspectedFile': { title: 'Open File', icon: 'go-to-file', palette: 'false' },
  'slicewave.closeInspection': {
    title: 'Close Inspection',
    icon: 'close',
    enabled: 'slicewave.inspecting',
    palette: 'slicewave.inspecting',
  },
  'slicewave.toggleProvenance': { title: 'Toggle Provenance Marks', icon: 'eye' },
} as const satisfies Readonly<Record<string, CommandRow>>;

export type CommandId = keyof typeof COMMANDS;

export const COMMAND_IDS = Object.keys(COMMANDS) as readonly CommandId[];

export function commandRow(id: CommandId): CommandRow {
  return COMMANDS[id];
}
