import type { ObservedChange } from '../../src/core/gate/scope-check.ts';

/** A file that a slice changed, one line more in it. */
export function changed(
  path: string,
): Omit<ObservedChange, 'change' | 'leadsOutside'> & { readonly change: 'modified' } {
  return { path, change: 'modified', additions: 1, deletions: 0, oldMode: '100644', newMode: '100644' };
}
