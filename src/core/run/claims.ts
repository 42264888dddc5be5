import type { Claims, FileChange, Verification } from './model.ts';

/** What is compared: the agent's last report, and what the tool saw itself. */
export interface ClaimsAndFacts {
  readonly claims: Claims;
  readonly files: readonly FileChange[];
  /** Commands seen in the agent's event stream. */
  readonly commands: readonly string[];
  /** Whether that stream shows commands at all; otherwise a claimed command cannot be refuted. */
  readonly observesCommands: boolean;
  readonly verification: readonly Verification[];
}

/** The claims that observation refutes, one sentence each. */
export function contradictionsOf(input: ClaimsAndFacts): string[] {
  const { claims, files, verification } = input;
  const found: string[] = [];
  const failing = verification.filter((check) => check.outcome !== 'passed');
  if (claims.testsPassed === true && failing.length > 0) {
    for (const check of failing) {
      found.push(`claims that tests pass, but \`${check.command}\` ${outcomeText(check)}`);
    }
  }
  if (claims.filesChanged) {
    const changed = new Set(files.flatMap((file) => (file.from ? [file.path, file.from] : [file.path])));
    const claimed = new Set(claims.filesChanged.map(bare));
    for (const path of claimed) {
      if (path !== '' && !changed.has(path)) found.push(`claims to have changed ${path}, which is as it was`);
    }
    for (const file of files) {
      if (!claimed.has(file.path)) found.push(`changed ${file.path} and does not say so`);
    }
  }
  if (claims.commandsRun && input.observesCommands) {
    for (const command of claims.commandsRun) {
      const wanted = squeeze(command);
      if (wanted !== '' && !input.commands.some((seen) => squeeze(seen).includes(wanted))) {
        found.push(`claims to have run \`${command}\`, which was not seen`);
      }
    }
  }
  return found;
}

/** What a check that did not prove anything came to, as the rest of a sentence. */
export function outcomeText(check: Pick<Verification, 'outcome' | 'exitCode'>): string {
  switch (check.outcome) {
    case 'no-coverage':
      return 'ran no test';
    case 'not-found':
      return 'could not be started';
    case 'timed-out':
      return 'did not end in time';
    case 'passed':
      return 'passed';
    case 'failed':
      return `ended with ${check.exitCode ?? 'a signal'}`;
  }
}

/** A path as agents write it, in the form that git has it. */
export function bare(path: string): string {
  return path.trim().replaceAll('\\', '/').replace(/^\.\//, '');
}

/** A command without what differs between two ways of writing it down. */
export function squeeze(command: string): string {
  return command.trim().replaceAll(/\s+/g, ' ');
}
