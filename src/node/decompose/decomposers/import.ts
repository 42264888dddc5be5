import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { agentRow } from '../../../core/agent/agents.ts';
import {
  homelessSlices,
  scopesIn,
  scopesJsonSchema,
  scopesQuestion,
} from '../../../core/decompose/import/asked-scopes.ts';
import { importerOf } from '../../../core/decompose/import/importers.ts';
import type { ImportInput, ImportResult, ScopeGuess } from '../../../core/decompose/import/model.ts';
import type { ImporterId } from '../../../core/decompose/table.ts';
import { changedText } from '../../../core/decompose/rounds.ts';
import { finding, type Finding } from '../../../core/text/finding.ts';
import { counted } from '../../../core/text/printing.ts';
import { success, type Result } from '../../../core/text/result.ts';
import { SourceText } from '../../../core/text/source.ts';
import { type EngineFailure, fail } from '../../failure.ts';
import { Git } from '../../git/git.ts';
import { contained } from '../../paths.ts';
import { readScopeIndex } from '../scope-index.ts';
import { decomposerAgent } from './agent-turns.ts';
import { watchCheckout } from './checkout.ts';
import { commandAgent } from './command.ts';
import { blockedSpec, type Decomposer, type DraftRequest } from './decomposer.ts';

/** Texts larger than this are no list of tasks. */
const LARGEST = 4 * 1024 * 1024;

/** What somebody wrote for another tool, read by its importer together with the files that belong to it. */
export function importDecomposer(id: ImporterId): Decomposer {
  return async (request) => {
    const { root, specPath, specText, repoFiles, texts } = request;
    const importer = importerOf(id);
    // The table and the importers have the same ids; a test compares them.
    if (importer === null) throw new Error(`there is no importer ${id}`);
    const companions = new Map<string, string>();
    for (const file of importer.companions(specPath, await filesAround(root, repoFiles))) {
      const full = await contained(root, file);
      const bytes = full === null ? null : await readFile(full).catch(() => null);
      if (bytes && bytes.length <= LARGEST && !bytes.includes(0)) companions.set(file, bytes.toString('utf8'));
    }
    const input: ImportInput = { path: specPath, text: specText, companions, repoFiles, texts };
    let made = importer.read(input);
    // Only then is the repository looked into: most of what it costs is for nothing where every task says where it works.
    if (made.findings.some(({ code }) => code === 'import.no-files')) {
      request.onProgress('Looking where tasks work that name no file');
      const guessing = { index: await readScopeIndex(root, repoFiles), taken: request.options.guesses !== 'shown' };
      made = importer.read({ ...input, guessing });
      const asked = await askedScopes(request, made);
      if (!asked.ok) return asked;
      if (asked.value !== null) {
        const { told, answer, said } = asked.value;
        const { proposal, findings, ...rest } = importer.read({ ...input, guessing: { ...guessing, told } });
        if (!proposal) return blockedSpec(specPath, findings);
        const origin = { importer: id, slices: rest.marks, above: rest.above };
        return success({ ...rest, proposal, findings: [...findings, ...said], origin, asked: true, answer });
      }
    }
    const { spec, proposal, findings, guesses, marks, above } = made;
    const origin = { importer: id, slices: marks, above };
    return proposal ? success({ proposal, spec, findings, guesses, origin }) : blockedSpec(specPath, findings);
  };
}

interface AskedScopes {
  readonly told: ReadonlyMap<string, ScopeGuess>;
  /** As it came. */
  readonly answer: object;
  readonly said: readonly Finding[];
}

/** What an agent says of the tasks that have no certain place; `null`: nobody is to be asked, or nothing has to be. */
async function askedScopes(
  request: DraftRequest,
  made: ImportResult,
): Promise<Result<AskedScopes | null, EngineFailure>> {
  const { root, repoFiles, specPath, signal, onProgress, options } = request;
  const { scopesFrom, command = [], model, last } = options;
  if (scopesFrom === undefined && last !== true) return success(null);
  const slices = homelessSlices(made);
  if (slices.length === 0) return success(null);
  const agent =
    request.runAgent ??
    (scopesFrom === 'command' || scopesFrom === undefined
      ? commandAgent({ command, root })
      : decomposerAgent({ id: scopesFrom, root, ...(model ? { model } : {}) }));
  const title = titleOf(request);
  const checkout = await watchCheckout(root);
  onProgress(`Asking ${title} where ${counted(slices.length, 'task')} ${slices.length === 1 ? 'works' : 'work'}`);
  const turn = await agent({
    prompt: scopesQuestion(slices),
    schema: scopesJsonSchema(),
    sessionId: null,
    signal,
    onProgress,
  });
  if (!turn.ok) return turn;
  const { answer } = turn.value;
  const by = 'value' in answer ? (whoIn(answer.value) ?? title) : title;
  const read = scopesIn(answer, { slices, repoFiles, by });
  if ('problem' in read || 'problem' in answer) {
    const problem = 'problem' in read ? read.problem : '';
    return fail(
      'agent',
      `${title} did not say where the tasks work: ${problem}`,
      'Try again, or leave --scopes-from out.',
    );
  }
  const changed = await checkout.changed();
  const source = new SourceText(specPath, request.specText);
  const said =
    changed.length === 0
      ? []
      : [finding(source, 'decompose.agent-wrote', 'warning', `${title}: ${changedText(changed)}`)];
  return success({ told: read.told, answer: { ...answer.value, [ANSWERED_BY]: by }, said });
}

/** Stands in an answer that is kept: who gave it. */
const ANSWERED_BY = 'answered_by';

function whoIn(answer: object): string | null {
  const who: unknown = Reflect.get(answer, ANSWERED_BY);
  return typeof who === 'string' ? who.slice(0, 60) : null;
}

function titleOf({ options: { scopesFrom, command = [] } }: DraftRequest): string {
  if (scopesFrom === undefined) return 'An agent';
  return scopesFrom === 'command' ? path.basename(command[0] ?? '') : agentRow(scopesFrom).title;
}

/** Tracked files and those that git would track: what another tool has just written was often not added yet. */
export async function filesAround(root: string, tracked: readonly string[]): Promise<readonly string[]> {
  const fresh = await new Git(root).fields(['ls-files', '-z', '--others', '--exclude-standard']).catch(() => []);
  return [...tracked, ...fresh];
}
