import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Project } from './fixture.ts';

/** A process of git: what it was asked for, and whose child it is. */
export interface GitStart {
  readonly command: string;
  readonly by: 'runner' | 'scheduler';
}

/**
 * A git that writes down what it is started with and then is git: who is given this path finds it first. `started` is
 * what was written until then.
 */
export function gitThatWrites(project: Project): {
  readonly env: { readonly PATH: string };
  readonly started: () => readonly GitStart[];
} {
  const bin = path.join(project.home, 'bin');
  const log = path.join(project.home, 'git.log');
  const real = process.env['PATH'] ?? '';
  mkdirSync(bin);
  // Who started it is told by the name of the command that the runner has and the scheduler has not.
  writeFileSync(
    path.join(bin, 'git'),
    `#!/bin/sh\ncase "$(tr '\\0' ' ' < /proc/$PPID/cmdline)" in *" exec "*) who=runner;; *) who=scheduler;; esac\n` +
      'word=\nskip=\nfor given in "$@"; do\n  if [ "$skip" ]; then skip=; continue; fi\n' +
      '  case "$given" in -c) skip=1;; --no-*) ;; *) word="$given"; break;; esac\ndone\n' +
      `echo "$who $word" >> '${log}'\nPATH='${real}' exec git "$@"\n`,
    { mode: 0o755 },
  );
  return {
    env: { PATH: `${bin}${path.delimiter}${real}` },
    started: () =>
      readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .map((line) => {
          const [by, command = ''] = line.split(' ');
          return { command, by: by === 'runner' ? 'runner' : 'scheduler' };
        }),
  };
}
