import type * as vscode from 'vscode';

/** Read-only pages about the linter's rules: where the code of a finding in the Problems panel leads. */
export const RULE_SCHEME = 'slicewave-doc';

/** Serves `slicewave-doc:/rules/task.scope-missing.md`: what the rule looks at, why it matters, how to mend it. */
export class RulePages implements vscode.TextDocumentContentProvider {
  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    // The pages are long, and most windows never show one.
    const { explainRule } = await import('../../core/lint/engine/explain.ts');
    const code = /^\/rules\/(.+)\.md$/.exec(uri.path)?.[1] ?? '';
    return explainRule(code) ?? `# ${code}\n\nThere is no such rule.\n`;
  }
}
