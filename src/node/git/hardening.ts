/**
 * What is the same in every call of git, whatever a repository, its user or an agent has set. User settings that change
 * who makes a commit, what a file holds or where things are stored have their say; those that start a program, change
 * the form of an answer or let one thing stand for another have none.
 */
const SETTINGS: readonly (readonly [string, string])[] = [
  // Programs that git would start.
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.pager', 'cat'],
  ['core.untrackedCache', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  // What stands for something else: a cached history, and an index in two parts, of which a copy would be a half.
  ['core.commitGraph', 'false'],
  ['core.splitIndex', 'false'],
  // The form of answers.
  ['core.quotePath', 'false'],
  ['color.ui', 'false'],
  ['column.ui', 'never'],
  ['diff.noprefix', 'false'],
  ['diff.mnemonicPrefix', 'false'],
  ['diff.relative', 'false'],
  ['diff.submodule', 'short'],
  ['diff.ignoreSubmodules', 'dirty'],
  ['diff.renames', 'true'],
  ['diff.renameLimit', '1000'],
  ['diff.orderFile', '/dev/null'],
  ['diff.algorithm', 'myers'],
  ['diff.context', '3'],
  ['diff.interHunkContext', '0'],
  ['diff.suppressBlankEmpty', 'false'],
  ['diff.colorMoved', 'no'],
  ['log.showSignature', 'false'],
  ['log.showRoot', 'true'],
  ['log.follow', 'false'],
  ['status.relativePaths', 'false'],
  ['status.submoduleSummary', 'false'],
  ['i18n.logOutputEncoding', 'UTF-8'],
  ['core.commentChar', '#'],
  ['advice.graftFileDeprecated', 'false'],
  // What an agent wrote is taken as it is: an agent does not care for line ends, and a refusal would lose its work.
  ['core.safecrlf', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  // A merge of the tool's is a merge commit or a fast-forward, as it asks for; signers may wait for a person.
  ['commit.gpgSign', 'false'],
  ['tag.gpgSign', 'false'],
  ['commit.cleanup', 'default'],
  ['commit.verbose', 'false'],
  ['commit.template', ''],
  ['merge.verifySignatures', 'false'],
  ['merge.ff', 'true'],
  ['merge.autoStash', 'false'],
  ['merge.log', 'false'],
  ['merge.renames', 'true'],
  ['merge.directoryRenames', 'conflict'],
  ['rerere.enabled', 'false'],
];

/** Options of git itself, before the command. */
export const FIXED_SETTINGS: readonly string[] = [
  '--no-pager',
  '--no-replace-objects',
  '--no-optional-locks',
  ...SETTINGS.flatMap(([key, value]) => ['-c', `${key}=${value}`]),
];

const FIXED_DIFF = ['--no-ext-diff', '--no-textconv', '--no-color'];

/**
 * Of a repository inside of another only where its HEAD stands: to see more, git starts a git in it, by its settings. That
 * much is seen whatever `.gitmodules` says: its `ignore = all` hides from trees as well that the HEAD has moved.
 */
const HEADS_ONLY = '--ignore-submodules=dirty';

/** Options after a command: where attributes or settings could name a program that shows files differently. */
export const FIXED_OPTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['diff', [...FIXED_DIFF, '--src-prefix=a/', '--dst-prefix=b/', '--submodule=short', HEADS_ONLY]],
  ['status', [HEADS_ONLY]],
  ['diff-tree', [...FIXED_DIFF, HEADS_ONLY]],
  ['log', FIXED_DIFF],
  ['show', FIXED_DIFF],
]);

/** Of the caller's environment: who makes commits, where their settings are, and what they set for this process. */
const KEPT =
  /^GIT_(?:(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL|DATE)|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|SSL_CAINFO|ASKPASS|SSH|SSH_COMMAND)$/;

/**
 * The environment of every git call: in one language, without questions, and without a caller's `GIT_DIR` and the like
 * (we may run inside a hook), which would send every command to another repository.
 */
export function gitEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(env)) {
    if (value === undefined || /^(?:EDITOR|VISUAL|PAGER|SSH_ASKPASS|PREFIX|LC_ALL)$/.test(key)) continue;
    if (key.startsWith('GIT_') && !KEPT.test(key)) continue;
    kept[key] = value;
  }
  return {
    ...kept,
    LC_ALL: 'C',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_EDITOR: ':',
    GIT_GRAFT_FILE: '/dev/null',
  };
}

/** Settings of one call, after those that the caller's environment sets for every git. */
export function settingsAsEnvironment(
  settings: readonly (readonly [string, string])[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const before = Number(env['GIT_CONFIG_COUNT'] ?? 0) || 0;
  const told: Record<string, string> = { GIT_CONFIG_COUNT: String(before + settings.length) };
  for (const [at, [key, value]] of settings.entries()) {
    told[`GIT_CONFIG_KEY_${before + at}`] = key;
    told[`GIT_CONFIG_VALUE_${before + at}`] = value;
  }
  return told;
}
