import * as vscode from 'vscode';
import { DEFAULT_CORRECTIONS, MOST_CORRECTIONS } from '../core/decompose/rounds.ts';
import { isDecomposerId, type DecomposerId } from '../core/decompose/table.ts';
import { isAgentId, type AgentId } from '../core/agent/agents.ts';
import { isSandboxMode, type SandboxMode } from '../core/sandbox/policy.ts';

/** All settings as one value; this is the only file that reads them. Defaults stand in package.json alone. */
export interface Settings {
  /** `null`: each slice's own agent, as the plan says. */
  readonly agent: AgentId | null;
  /** Whether the person chose the agent, rather than leaving the default. */
  readonly agentChosen: boolean;
  readonly agentCommand: readonly string[];
  readonly model: string | null;
  /** `ask`: one is picked each time. */
  readonly decomposer: DecomposerId | 'ask';
  /** How often an agent may correct its slices. */
  readonly corrections: number;
  /** `null`: the plan's own limit. */
  readonly maxParallel: number | null;
  readonly barrier: boolean;
  /** `null`: as the plan says. */
  readonly sandbox: SandboxMode | null;
  readonly openWorktree: 'ask' | 'addToWorkspace' | 'newWindow' | 'reveal';
  readonly worktreeRoot: string | null;
  readonly revealTerminal: 'never' | 'first' | 'always';
  readonly provenance: boolean;
  readonly lint: boolean;
  readonly lintRun: 'onType' | 'onSave';
  /** As written: the language server says which parts make sense. */
  readonly lintRules: object;
  readonly lintLimits: object;
}

const SECTION = 'slicewave';

/** The settings that hold for a repository (settings may differ between the folders of a workspace). */
export function readSettings(root?: string): Settings {
  const values = vscode.workspace.getConfiguration(SECTION, root === undefined ? null : vscode.Uri.file(root));
  const agent = values.get<string>('agent', 'plan');
  const chosen = values.inspect<string>('agent');
  const maxParallel = values.get<number | null>('maxParallel', null);
  return {
    agent: isAgentId(agent) ? agent : null,
    agentChosen: (chosen?.globalValue ?? chosen?.workspaceValue ?? chosen?.workspaceFolderValue) !== undefined,
    agentCommand: values.get<string[]>('agentCommand', []).filter((word) => typeof word === 'string'),
    model: values.get<string>('model', '').trim() || null,
    decomposer: decomposerIn(values.get<string>('decomposer', 'structure')),
    corrections: correctionsIn(values.get<number>('decomposerCorrections', DEFAULT_CORRECTIONS)),
    maxParallel: typeof maxParallel === 'number' && maxParallel >= 1 ? Math.floor(maxParallel) : null,
    barrier: values.get<boolean>('barrier', false),
    sandbox: sandboxIn(values.get<string>('sandbox', 'plan')),
    openWorktree: oneOf(values.get<string>('openWorktree'), ['ask', 'addToWorkspace', 'newWindow', 'reveal']),
    worktreeRoot: values.get<string>('worktreeRoot', '').trim() || null,
    revealTerminal: oneOf(values.get<string>('terminal.reveal'), ['first', 'never', 'always']),
    provenance: values.get<boolean>('provenance.enabled', false),
    lint: values.get<boolean>('lint.enabled', true),
    lintRun: oneOf(values.get<string>('lint.run'), ['onType', 'onSave']),
    lintRules: values.get<object>('lint.rules', {}),
    lintLimits: values.get<object>('lint.limits', {}),
  };
}

/** Calls back when a setting of ours changed; `affects('lint.enabled')` says which. */
export function onSettings(changed: (affects: (key: string) => boolean) => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(SECTION)) changed((key) => event.affectsConfiguration(`${SECTION}.${key}`));
  });
}

export async function rememberOpenWorktree(choice: Settings['openWorktree']): Promise<void> {
  await vscode.workspace.getConfiguration(SECTION).update('openWorktree', choice, vscode.ConfigurationTarget.Global);
}

export async function rememberProvenance(enabled: boolean): Promise<void> {
  const values = vscode.workspace.getConfiguration(SECTION);
  await values.update('provenance.enabled', enabled, vscode.ConfigurationTarget.Global);
}

function sandboxIn(value: string): SandboxMode | null {
  return isSandboxMode(value) ? value : null;
}

function decomposerIn(value: string): Settings['decomposer'] {
  return value === 'ask' || isDecomposerId(value) ? value : 'structure';
}

function correctionsIn(value: unknown): number {
  const isCount = typeof value === 'number' && value >= 0;
  return isCount ? Math.min(MOST_CORRECTIONS, Math.floor(value)) : DEFAULT_CORRECTIONS;
}

/** A hand-edited settings file may hold anything; the first allowed value stands for what is not allowed. */
function oneOf<const T extends string>(value: string | undefined, allowed: readonly [T, ...T[]]): T {
  return allowed.find((entry) => entry === value) ?? allowed[0];
}
