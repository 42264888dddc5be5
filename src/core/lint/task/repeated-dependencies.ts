import type { Finding } from '../../text/finding.ts';
import type { SourceText } from '../../text/source.ts';
import { removeItem } from '../../task/list-edit.ts';
import type { Located } from '../../task/model.ts';
import { report } from '../engine/rules.ts';

/** A dependency named a second time; `resolve` also knows two names of one slice. */
export function repeatedDependencyFindings(
  deps: readonly Located<string>[],
  source: SourceText,
  resolve?: (name: string) => string | null,
): Finding[] {
  const seen = new Map<string, string>();
  return deps.flatMap((dep) => {
    const id = resolve?.(dep.value) ?? dep.value.toLowerCase();
    const before = seen.get(id);
    seen.set(id, dep.value);
    if (before === undefined) return [];
    const what = before === dep.value ? `${dep.value} is named twice` : `${dep.value} is ${before}, named before`;
    return [
      report(
        source,
        'task.duplicate-dependency',
        `${what}; once is enough`,
        dep.span,
        removeItem(source.text, dep.span, `Remove the second ${dep.value}`),
      ),
    ];
  });
}
