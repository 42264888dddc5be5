import path from 'node:path';
import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { textsIn } from '../../core/gate/blob-texts.ts';
import type { KnownSecret } from '../../core/gate/known-secrets.ts';
import { REDACTED } from '../../core/gate/redact.ts';
import type { Blobs } from '../git/blobs.ts';
import type { BareChange } from '../git/changes.ts';

/** What was found in a changed file that its base does not hold. */
export interface SecretFound {
  readonly path: string;
  /** What kind it is of, or whose value. Never the secret. */
  readonly rule: string;
  /** The secret itself, for blanking; it is written nowhere. */
  readonly text: string;
}

export interface SecretScan {
  readonly found: readonly SecretFound[];
  /** Files that are too large to be looked through. */
  readonly unread: readonly string[];
}

// Of each file 32 marks are kept, and every one is looked for in all that are kept (@secretlint/profiler 10.2.2): the
// time of a scan grew with the square of the files.
secretLintProfiler.mark = () => undefined;

/** Larger files are no source; one of them takes as long as all others together. */
const LARGEST = 32 * 1024 * 1024;

/**
 * Scans the bytes of all files that changed between two trees, whatever attributes and NUL bytes make git call them: with
 * secretlint's recommended rules (cloud keys, tokens of code hosts and chat systems, private keys, passwords in
 * addresses), and for values that are known to be secret.
 */
export async function scanChanges(request: {
  readonly blobs: Pick<Blobs, 'read'>;
  readonly from: string;
  readonly to: string;
  readonly changes: readonly BareChange[];
  readonly known: readonly KnownSecret[];
}): Promise<SecretScan> {
  const { blobs, from, to, known } = request;
  const changes = request.changes.filter((change) => /^1[02]/.test(change.newMode));
  const now = await blobs.read(
    changes.map((change) => `${to}:${change.path}`),
    LARGEST,
  );
  const suspects: { readonly change: BareChange; readonly secrets: readonly Omit<SecretFound, 'path'>[] }[] = [];
  const unread: string[] = [];
  for (const change of changes) {
    const bytes = now.get(`${to}:${change.path}`);
    if (bytes === null) unread.push(change.path);
    const secrets = bytes ? await secretsIn(bytes, change.path, known) : [];
    if (secrets.length > 0) suspects.push({ change, secrets });
  }
  const nameBefore = (change: BareChange): string => `${from}:${change.from ?? change.path}`;
  const before = await blobs.read(
    suspects.map(({ change }) => nameBefore(change)),
    LARGEST,
  );
  const found = suspects.flatMap(({ change, secrets }) => {
    const bytes = before.get(nameBefore(change));
    const old = bytes ? textsIn(bytes) : [];
    return secrets
      .filter((secret) => !old.some((text) => text.includes(secret.text)))
      .map((secret) => ({ path: change.path, ...secret }));
  });
  return { found: [...found, ...(await secretsInNames(changes, known))], unread };
}

/** A new name is published like a content. All names are looked through at once. */
async function secretsInNames(
  changes: readonly BareChange[],
  known: readonly KnownSecret[],
): Promise<readonly SecretFound[]> {
  const names = changes
    .filter(({ oldMode, from }) => from !== undefined || /^0+$/.test(oldMode))
    .map(({ path }) => path);
  const secrets = await secretsIn(new TextEncoder().encode(names.join('\n')), 'names.txt', known);
  return secrets.flatMap((secret) =>
    names
      .filter((name) => name.includes(secret.text))
      .map((name) => ({ path: name, rule: `${secret.rule}, in the name of the file`, text: secret.text })),
  );
}

async function secretsIn(
  bytes: Uint8Array,
  name: string,
  known: readonly KnownSecret[],
): Promise<readonly Omit<SecretFound, 'path'>[]> {
  const text = textsIn(bytes).join('\n');
  const own = known.flatMap((secret) =>
    text.includes(secret.value)
      ? [{ rule: `the value of ${secret.name} in ${secret.file ?? 'the environment'}`, text: secret.value }]
      : [],
  );
  // Secretlint reads names of files back out of its own marks, line by line.
  const base = path.posix.basename(name).replaceAll(/[\p{Cc}\u2028\u2029]/gu, '_');
  const result = await lintSource({
    source: { content: text, filePath: base, ext: path.posix.extname(base), contentType: 'text' },
    options: {
      config: { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator, options: {} }] },
      noPhysicFilePath: true,
    },
  });
  return [
    ...own,
    ...result.messages.map((message) => ({
      rule: message.ruleId.replace('@secretlint/secretlint-rule-', ''),
      text: text.slice(message.range[0], message.range[1]),
    })),
  ];
}

/** A patch without the secrets. Of a file that git shows in its own encoding, nothing but the head is left. */
export function blankPatch(patch: string, found: readonly SecretFound[]): string {
  if (found.length === 0) return patch;
  const texts = [...new Set(found.map((secret) => secret.text))].sort((a, b) => b.length - a.length);
  return patch
    .split(/^(?=diff --git )/m)
    .map((part) => {
      const binary = part.indexOf('\nGIT binary patch\n');
      // Whose part it is may be hidden by the quoting of its name: none of those that could hold it is kept.
      if (binary >= 0) return `${part.slice(0, binary + 1)}${REDACTED}\n`;
      return texts.reduce((clean, text) => clean.replaceAll(text, REDACTED), part);
    })
    .join('');
}
