import { BRANCHES } from './branches.ts';
import { CONTENTS } from './contents.ts';
import { LAYOUTS } from './layouts.ts';
import { SETTINGS } from './settings.ts';
import type { RepositoryRow } from './row.ts';

export const REPOSITORIES: readonly RepositoryRow[] = [...LAYOUTS, ...CONTENTS, ...BRANCHES, ...SETTINGS];

const TITLES = {
  layout: 'where it lies',
  clone: 'what it holds',
  names: 'names',
  branches: 'branches',
  merging: 'merging',
  settings: 'settings',
} as const;

/** The rows as a Markdown table. */
export function repositoriesTable(): string {
  const lines = REPOSITORIES.map(({ name, kind, right }) => `| ${TITLES[kind]} | ${name} | ${right} |`);
  return ['| kind | repository | what happens |', '| --- | --- | --- |', ...lines].join('\n');
}
