/** The decomposer `editor` over VS Code's own language model API, with a model that another extension provides. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { languageModelAgent } from '../../../src/extension/decompose/language-model.ts';
import { decomposeSpecFile } from '../../../src/node/decompose/decompose.ts';

interface ScriptedModel {
  readonly state: {
    answers: (string | Error)[];
    requests: { readonly role: number; readonly text: string }[][];
    present: boolean;
    maxInputTokens: number;
  };
  readonly changed: () => void;
  readonly errors: { readonly blocked: () => Error; readonly noPermissions: () => Error };
}

const SPEC = 'specs/TS-0042-inventory.spec.md';

function root(): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'the example is open');
  return folder.uri.fsPath;
}

suite('a language model of VS Code as decomposer', () => {
  let scripted: ScriptedModel;
  let sound = '';
  let cyclic = '';

  suiteSetup(async () => {
    const extension = vscode.extensions.getExtension<ScriptedModel>('slicewave-test.scripted-model');
    assert.ok(extension, 'the scripted model is installed');
    scripted = await extension.activate();
    // What the spec declares has to be in a sound answer, so the structural plan is the model's answer too.
    const made = await decomposeSpecFile({ root: root(), specFile: SPEC, dir: 'parallel/from-a-model' });
    assert.ok(made.ok);
    const slices = made.value.loaded.plan.slices.map((slice) => ({
      id: slice.id,
      title: slice.title,
      workstream: slice.workstream,
      deps: slice.deps,
      create: slice.scope.create.map((entry) => entry.path),
      modify: slice.scope.modify.map((entry) => entry.text.replaceAll('`', '')),
      verify: slice.verify,
    }));
    sound = `Here it is:\n\n\`\`\`json\n${JSON.stringify({ slices })}\n\`\`\`\n`;
    const [first, ...rest] = slices;
    assert.ok(first);
    cyclic = JSON.stringify({ slices: [{ ...first, deps: [slices.at(-1)?.id] }, ...rest] });
  });
  setup(() => {
    scripted.state.answers = [];
    scripted.state.requests = [];
  });

  const decompose = (model: string | null = null, signal?: AbortSignal) =>
    decomposeSpecFile({
      root: root(),
      specFile: SPEC,
      dir: 'parallel/from-a-model',
      with: 'editor',
      editorModel: languageModelAgent({ model }),
      ...(signal ? { signal } : {}),
    });

  test('it is asked, corrected in the same conversation, and judged like any other', async () => {
    const models = await vscode.lm.selectChatModels({ vendor: 'scripted' });
    assert.deepEqual(
      models.map((model) => model.name),
      ['Scripted One'],
    );
    scripted.state.answers = ['I would cut it in two.', cyclic, sound];
    const made = await decompose('scripted');
    assert.ok(made.ok, made.ok ? '' : made.failure.message);
    const { requests } = scripted.state;
    assert.deepEqual(
      requests.map((messages) => messages.length),
      [1, 3, 5],
    );
    assert.match(requests[0]?.[0]?.text ?? '', /You cannot open files[\s\S]*=== package\.json ===/);
    assert.match(requests[1]?.[2]?.text ?? '', /There is no JSON object in your answer/);
    assert.match(requests[2]?.[4]?.text ?? '', /these slices wait for each other/i);
    assert.equal(made.value.making.rounds?.end, 'sound');
    assert.ok(made.value.loaded.plan.slices.length >= 8);
    assert.ok(!existsSync(path.join(root(), 'parallel/from-a-model')), 'nothing is written');
  });

  test('what goes wrong is said with what to do', async () => {
    const failureOf = async (model: string | null = 'scripted'): Promise<string> => {
      const made = await decompose(model);
      assert.ok(!made.ok);
      return `${made.failure.reason}: ${made.failure.message} ${made.failure.remedy}`;
    };
    scripted.state.answers = [scripted.errors.blocked()];
    assert.match(await failureOf(), /agent: .*(quota|failed)/);
    scripted.state.answers = [new Error('the line is dead')];
    assert.match(await failureOf(), /agent: Scripted One failed: .*the line is dead/);
    assert.match(await failureOf('gpt-nothing'), /VS Code has no language model gpt-nothing .*: .*scripted/);
    const aborted = await decompose('scripted', AbortSignal.abort());
    assert.equal(aborted.ok ? '' : aborted.failure.reason, 'cancelled');
    scripted.state.present = false;
    scripted.changed();
    const end = Date.now() + 180_000;
    while ((await vscode.lm.selectChatModels()).length > 0 && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.match(await failureOf(null), /VS Code has no language model here .*GitHub Copilot Chat/);
    scripted.state.present = true;
    scripted.changed();
  });
});
