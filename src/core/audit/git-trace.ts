/** One git command that a process of a run started, as git itself recorded it (`GIT_TRACE2_EVENT`, git 2.22 or newer). */
export interface GitCommand {
  /** The subcommand: `branch`, `update-ref`. */
  readonly name: string;
  readonly argv: readonly string[];
  /** Top of the checkout that it worked in; `null` for a bare repository or none. */
  readonly worktree: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Reads git's own trace. Lines that are no events are passed over: the agent can write this file, which can only add to
 * what its own run is blamed for.
 */
export function readGitTrace(text: string): GitCommand[] {
  const begun = new Map<
    string,
    { argv: readonly string[]; at: number; worktree: string | null; name: string | null }
  >();
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue;
    const event = parse(line);
    const sid = event?.['sid'];
    if (!event || typeof sid !== 'string') continue;
    if (event['event'] === 'start' && Array.isArray(event['argv'])) {
      const at = Date.parse(String(event['time']));
      begun.set(sid, { argv: event['argv'].map(String), at: Number.isNaN(at) ? 0 : at, worktree: null, name: null });
    }
    const command = begun.get(sid);
    if (!command) continue;
    if (event['event'] === 'def_repo' && typeof event['worktree'] === 'string') command.worktree = event['worktree'];
    // An alias is named after what it stands for once that is known: the last name counts.
    if (event['event'] === 'cmd_name' && typeof event['name'] === 'string' && !event['name'].startsWith('_'))
      command.name = event['name'];
  }
  return [...begun.values()].flatMap(({ argv, at, worktree, name }) =>
    name === null ? [] : [{ name, argv, worktree, at }],
  );
}

function parse(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
