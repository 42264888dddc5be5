import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';

/** A secret in a text: where, and what kind. Never the secret itself. */
export interface SecretFound {
  readonly start: number;
  readonly end: number;
  readonly rule: string;
}

/**
 * Scans a text with secretlint's recommended rules (cloud keys, tokens of code hosts and chat systems, private keys,
 * database passwords, basic auth in URLs).
 */
export async function findSecrets(text: string, name: string): Promise<readonly SecretFound[]> {
  const dot = name.lastIndexOf('.');
  const result = await lintSource({
    source: { content: text, filePath: name, ext: dot > 0 ? name.slice(dot) : '', contentType: 'text' },
    options: {
      config: { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator, options: {} }] },
      noPhysicFilePath: true,
    },
  });
  return result.messages.map((message) => ({
    start: message.range[0],
    end: message.range[1],
    rule: message.ruleId.replace('@secretlint/secretlint-rule-', ''),
  }));
}
