import { estimateTokenCount } from 'tokenx';
import { ownSources, sharedSources } from '../../context/candidates.ts';
import { sourcesFor } from '../../context/sources.ts';
import type { Finding } from '../../text/finding.ts';
import { readMarkdown, titleSpan } from '../../text/markdown.ts';
import type { Plan, Slice } from '../../plan/model.ts';
import type { SourceText } from '../../text/source.ts';
import type { TaskSpec } from '../../task/model.ts';
import type { LintLimits } from '../engine/config.ts';
import type { PlanShape } from './shape.ts';
import type { RepositoryIndex } from '../../scope/repository-index.ts';
import { report } from '../engine/rules.ts';
import { thousands } from '../../text/printing.ts';

export interface ContextSizeRequest {
  readonly plan: Plan;
  readonly shape: PlanShape;
  readonly index: RepositoryIndex;
  readonly limits: LintLimits;
  readonly textOf: (file: string) => string;
  readonly sourceOf: (file: string) => SourceText;
}

interface Part {
  readonly path: string;
  readonly tokens: number;
}

/**
 * Slices whose task spec, contracts and context files come to more tokens than an agent should start with. What does
 * not fit is left out of the prompt and named for the agent to read, so it is advice and no more.
 */
export function contextFindings(request: ContextSizeRequest): Finding[] {
  const { plan, shape, index, limits, textOf, sourceOf } = request;
  const sizes = shape.once('context', [shape, index], () => {
    const shared = sharedSources(shape.plan, index);
    const around = JSON.stringify([plan.dir, plan.layers, plan.contracts.map(({ path, target }) => [path, target])]);
    return shape.plan.slices.map((slice) => {
      let known = kept.get(slice.task);
      if (known?.index !== index || known.around !== around) {
        known = { index, around, size: sizeOf(shape.plan, slice, shared, index) };
        kept.set(slice.task, known);
      }
      return known.size;
    });
  });
  return plan.slices.flatMap((slice, number) => {
    const { around = 0, largest = [] } = sizes[number] ?? {};
    const text = textOf(slice.file);
    // No text has more tokens than characters; most slices are far below and need no counting.
    if (around + text.length <= limits.contextTokens) return [];
    const total = around + estimateTokenCount(text);
    if (total <= limits.contextTokens) return [];
    const source = sourceOf(slice.file);
    const parts = largest.map((part) => `${part.path} (${thousands(part.tokens)})`);
    return [
      report(
        source,
        'task.context-budget',
        `the context of this slice comes to about ${thousands(total)} tokens, over the budget of ${thousands(limits.contextTokens)}` +
          (parts.length > 0 ? `; largest: ${parts.join(', ')}` : ''),
        titleSpan(readMarkdown(source)) ?? slice.task.id?.span,
      ),
    ];
  });
}

interface Size {
  readonly around: number;
  readonly largest: readonly Part[];
}

/** Of the slices whose task specs did not change, with what else of the plan they depend on. */
const kept = new WeakMap<TaskSpec, { readonly index: RepositoryIndex; readonly around: string; readonly size: Size }>();

/** What stands around the task spec's own text. */
function sizeOf(plan: Plan, slice: Slice, shared: readonly string[], index: RepositoryIndex): Size {
  const uses = sourcesFor(plan, slice, [...shared, ...ownSources(slice, index)]);
  const parts = uses.map(({ path, excerpt }): Part => {
    const tokens = index.tokensOf(path);
    // Of these only the beginning goes into the prompt.
    return { path, tokens: excerpt ? Math.min(tokens, 400) : tokens };
  });
  return {
    around: parts.reduce((sum, part) => sum + part.tokens, 0),
    largest: parts
      .filter((part) => part.tokens > 0)
      .sort((a, b) => b.tokens - a.tokens)
      .slice(0, 3),
  };
}
