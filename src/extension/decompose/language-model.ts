import * as vscode from 'vscode';
import { answerIn, LARGEST_ANSWER } from '../../core/decompose/answer.ts';
import { failure, success, type Result } from '../../core/text/result.ts';
import type { DecomposerAgent, DecomposerAnswer } from '../../node/decompose/model.ts';
import type { EngineFailure } from '../../node/failure.ts';

export interface LanguageModelOptions {
  /** Id, family or name of the model, as the setting `slicewave.model` has it; `null`: the only one, or one is picked. */
  readonly model: string | null;
}

type Turned = Result<DecomposerAnswer, EngineFailure>;

/** So many characters of an answer between two signs of life. */
const SIGN_OF_LIFE = 2000;

/**
 * An agent over the language models that other extensions offer to this one. The conversation is kept for corrections.
 * The first request asks the person for consent (VS Code does), so call it only on what the person just did.
 */
export function languageModelAgent(options: LanguageModelOptions): DecomposerAgent {
  let model: vscode.LanguageModelChat | null = null;
  let messages: vscode.LanguageModelChatMessage[] = [];
  return async (turn): Promise<Turned> => {
    const source = new vscode.CancellationTokenSource();
    const cancel = (): void => source.cancel();
    turn.signal.addEventListener('abort', cancel, { once: true });
    try {
      if (turn.signal.aborted) return cancelled();
      if (model === null) {
        const chosen = await chooseModel(options.model);
        if (!chosen.ok) return chosen;
        model = chosen.value;
      }
      if (turn.sessionId === null) messages = [];
      messages.push(vscode.LanguageModelChatMessage.User(turn.prompt));
      const tooLong = await overLimit(model, messages, source.token);
      if (tooLong) return tooLong;
      turn.onProgress(`${model.name} is thinking`);
      const request = { justification: 'Slicewave asks a language model to cut your spec into slices.' };
      const response = await model.sendRequest(messages, request, source.token);
      let text = '';
      let told = 0;
      for await (const part of response.text) {
        text += part;
        if (text.length > LARGEST_ANSWER) break;
        if (text.length - told < SIGN_OF_LIFE) continue;
        told = text.length;
        turn.onProgress(`${model.name} has written ${told} characters`);
      }
      if (turn.signal.aborted) return cancelled();
      messages.push(vscode.LanguageModelChatMessage.Assistant(text || '(nothing)'));
      return success({ answer: answerIn(text), sessionId: model.id });
    } catch (error) {
      if (turn.signal.aborted || error instanceof vscode.CancellationError) return cancelled();
      return refused(model, error);
    } finally {
      turn.signal.removeEventListener('abort', cancel);
      source.dispose();
    }
  };
}

async function chooseModel(wanted: string | null): Promise<Result<vscode.LanguageModelChat, EngineFailure>> {
  const models = await vscode.lm.selectChatModels();
  if (models.length === 0) {
    return fail(
      'VS Code has no language model here',
      'Install and sign in to an extension that provides one, such as GitHub Copilot Chat, or choose another decomposer in the setting slicewave.decomposer.',
    );
  }
  if (wanted !== null) {
    const found = models.find(({ id, family, name }) => [id, family, name].includes(wanted));
    if (found) return success(found);
    const names = [...new Set(models.map((model) => model.family))].slice(0, 10).join(', ');
    return fail(
      `VS Code has no language model ${wanted}`,
      `Put one of these into the setting slicewave.model: ${names}.`,
    );
  }
  const [only] = models;
  if (only && models.length === 1) return success(only);
  const items = models.map((model) => ({
    label: model.name,
    description: model.vendor,
    detail: `${model.family} ${model.version}, up to ${model.maxInputTokens} tokens`,
    model,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: 'Which language model should cut the spec into slices?',
    ignoreFocusOut: true,
  });
  return picked ? success(picked.model) : cancelled();
}

/** A model that would drop the end of the prompt drops the schema first, so it is not asked at all. */
async function overLimit(
  model: vscode.LanguageModelChat,
  messages: readonly vscode.LanguageModelChatMessage[],
  token: vscode.CancellationToken,
): Promise<Turned | null> {
  let tokens = 0;
  for (const message of messages) tokens += await model.countTokens(message, token);
  if (tokens <= model.maxInputTokens) return null;
  return fail(
    `${model.name} takes ${model.maxInputTokens} tokens, and the spec with what belongs to it comes to ${tokens}`,
    'Choose a model with a larger window in the setting slicewave.model, or another decomposer.',
  );
}

function refused(model: vscode.LanguageModelChat | null, error: unknown): Turned {
  const name = model?.name ?? 'The language model';
  if (error instanceof vscode.LanguageModelError) {
    switch (error.code) {
      case vscode.LanguageModelError.NoPermissions.name:
        return fail(
          `Slicewave may not use ${name}`,
          'Decompose again and allow it, or run "Manage Language Model Access" from the Command Palette.',
        );
      case vscode.LanguageModelError.Blocked.name:
        return fail(
          `${name} takes no more requests now: its quota is used up`,
          'Wait until it is renewed, or choose another model or decomposer.',
        );
      case vscode.LanguageModelError.NotFound.name:
        return fail(`${name} is no longer there`, 'Decompose again to choose another model.');
    }
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  return fail(`${name} failed: ${why}`, 'Check that it works in the Chat view, then try again.');
}

function fail(message: string, remedy: string): { readonly ok: false; readonly failure: EngineFailure } {
  return failure({ reason: 'agent', message, remedy });
}

function cancelled(): { readonly ok: false; readonly failure: EngineFailure } {
  return failure({ reason: 'cancelled', message: 'The decomposition was cancelled', remedy: 'Nothing was written.' });
}
