/**
 * A language model for the in-host tests: the real API of VS Code from both sides, only the model's words are scripted.
 * CommonJS without a build, because VS Code loads it as it stands.
 */
'use strict';

const vscode = require('vscode');

const state = {
  /** What the model says next, in order; an Error is thrown instead. */
  answers: [],
  /** Every request: role and text of its messages. */
  requests: [],
  /** Whether there is a model at all. */
  present: true,
  maxInputTokens: 100_000,
};
const changed = new vscode.EventEmitter();

exports.activate = (context) => {
  context.subscriptions.push(
    changed,
    vscode.lm.registerLanguageModelChatProvider('scripted', {
      onDidChangeLanguageModelChatInformation: changed.event,
      provideLanguageModelChatInformation: () =>
        state.present
          ? [
              {
                id: 'scripted-1',
                name: 'Scripted One',
                family: 'scripted',
                version: '1',
                maxInputTokens: state.maxInputTokens,
                maxOutputTokens: 100_000,
                capabilities: {},
              },
            ]
          : [],
      provideLanguageModelChatResponse: async (_model, messages, _options, progress) => {
        state.requests.push(
          messages.map((message) => ({
            role: message.role,
            text: message.content.map((part) => part.value ?? '').join(''),
          })),
        );
        const answer = state.answers.shift();
        if (answer instanceof Error) throw answer;
        const text = answer ?? 'no answer left';
        for (let i = 0; i < text.length; i += 500) {
          progress.report(new vscode.LanguageModelTextPart(text.slice(i, i + 500)));
        }
      },
      provideTokenCount: async (_model, text) =>
        Math.ceil((typeof text === 'string' ? text : text.content.map((part) => part.value ?? '').join('')).length / 4),
    }),
  );
  return {
    state,
    /** Tells VS Code to ask again which models there are. */
    changed: () => changed.fire(),
    errors: {
      blocked: () => vscode.LanguageModelError.Blocked('the quota is used up'),
      noPermissions: () => vscode.LanguageModelError.NoPermissions('not allowed'),
    },
  };
};
