import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { whyNoPolicy } from '../core/gate/policy-form.ts';
import { ruleOnCommand, ruleOnEdit, type Ruling, type ScopePolicy } from '../core/gate/policy.ts';
import type { AgentHook, AskedToolUse } from './agents/adapter.ts';
import { claudeHook } from './agents/claude-hook.ts';
import type { Git } from './git/git.ts';
import { inside, toPosix } from './paths.ts';

/**
 * What agents and git ask before they act. It starts as fast as node itself does: no engine, and the parser of source
 * files only for scopes that name symbols. Fails closed: whatever goes wrong here denies, because a hook that fails open
 * is no boundary.
 */

/** The hooks of all agents; those of the adapters themselves, which a hook does not load. */
export const HOOKS: readonly AgentHook[] = [claudeHook];

/**
 * Rules on the tool use that an agent asks about through its hook `name`; `question` reads the JSON it asks with. The
 * answer is what the agent must be told, `''` when it may go on; `null`: no agent has a hook by that name.
 */
export async function answerAgent(name: string, question: () => string): Promise<string | null> {
  const asking = HOOKS.find((hook) => hook.name === name);
  if (!asking) return null;
  let ruling: Ruling;
  try {
    const policy = readPolicy();
    const use = asking.read(JSON.parse(question()));
    ruling = use === null ? { allow: true } : await rule(use, policy);
  } catch (error) {
    ruling = {
      allow: false,
      reason: `Slicewave could not rule on this tool use: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  return ruling.allow ? '' : asking.refusal(ruling.reason);
}

function readPolicy(): ScopePolicy {
  const file = process.env['SLICEWAVE_POLICY_FILE'];
  if (!file) throw new Error('SLICEWAVE_POLICY_FILE is not set');
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const why = whyNoPolicy(value);
  if (why === null) return value as ScopePolicy;
  throw new Error(`${file} is no policy${why.startsWith(':') ? why : `: ${why.slice(1)}`}`);
}

async function rule({ file, command, cwd, input }: AskedToolUse, policy: ScopePolicy): Promise<Ruling> {
  if (file !== null) {
    const full = path.resolve(cwd ?? policy.worktree, file);
    const name = relativeTo(policy.worktree, full);
    const ruling = ruleOnEdit(policy, name, file);
    return ruling.allow && name !== null ? ruleInside(policy, name, full, input) : ruling;
  }
  return command === null ? { allow: true } : ruleOnCommand(policy, command);
}

/** Down to the symbol, where the scope names any. The parser takes a moment to load, so only then. */
async function ruleInside(
  policy: ScopePolicy,
  file: string,
  full: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Ruling> {
  const { editedText, namesSymbolsOf, ruleOnSymbols } = await import('../core/gate/symbol-policy.ts');
  if (!namesSymbolsOf(policy, file)) return { allow: true };
  const before = existsSync(full) ? readFileSync(full, 'utf8') : '';
  const after = editedText(before, input);
  const { openCodeReader } = await import('./workspace/code-reader.ts');
  const reader = after === null ? null : await openCodeReader();
  return after === null || !reader ? { allow: true } : ruleOnSymbols({ policy, path: file, before, after, reader });
}

/** The path inside the worktree, links of existing parents resolved; `null` outside. */
function relativeTo(worktree: string, file: string): string | null {
  const [root, real] = [realpathSync(worktree), realParent(file)];
  return inside(root, real) ? toPosix(path.relative(root, real)) : null;
}

function realParent(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    const parent = path.dirname(file);
    return parent === file ? file : path.join(realParent(parent), path.basename(file));
  }
}

/**
 * Second enforcement: why the commit that is being made must not be made, a sentence each. An agent's own commit must
 * stay in its worktree and in scope; other repositories, such as those that a project's tests make, are none of ours.
 */
export async function refusalsOfCommit(): Promise<readonly string[]> {
  try {
    const policy = readPolicy();
    const { Git } = await import('./git/git.ts');
    // In a hook, git's own variables say which repository and which index the commit is about.
    const committing = new Git({ dir: process.cwd(), env: ofTheCommit() });
    const here = await whereabouts(committing);
    const slice = await whereabouts(new Git(policy.worktree));
    if (here.commonDir !== slice.commonDir) return [];
    if (here.top !== slice.top)
      return [`${here.top} is outside this slice's worktree (${policy.worktree}). Commit only inside it.`];
    const staged = await committing.fields(['diff', '--cached', '--name-only', '--no-renames', '-z']);
    return staged.flatMap((file) => {
      const ruling = ruleOnEdit(policy, file, file);
      return ruling.allow ? [] : [ruling.reason];
    });
  } catch (error) {
    return [`the commit could not be checked: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** What git tells a hook about the commit that is being made. */
function ofTheCommit(): Record<string, string> {
  return Object.fromEntries(
    ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** The repository and the checkout around a directory. */
async function whereabouts(git: Git): Promise<{ readonly commonDir: string; readonly top: string }> {
  const asked = ['rev-parse', '--path-format=absolute', '--git-common-dir', '--show-toplevel'];
  const [commonDir = '', top = ''] = (await git.text(asked)).split('\n');
  return { commonDir: realpathSync(commonDir), top: realpathSync(top) };
}
