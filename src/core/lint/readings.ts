import type { Finding } from '../text/finding.ts';
import type { Manifest } from '../manifest/model.ts';
import { readManifest } from '../manifest/read.ts';
import type { Markdown } from '../text/markdown.ts';
import { readMarkdown } from '../text/markdown.ts';
import type { PlanTextReader } from '../plan/load.ts';
import { SourceText } from '../text/source.ts';
import type { TaskSpec } from '../task/model.ts';
import { readTaskSpec } from '../task/read.ts';
import type { LintContext } from './engine/context.ts';
import { lintTask } from './task/task.ts';

interface TaskReading {
  readonly text: string;
  readonly task: TaskSpec;
  readonly findings: readonly Finding[];
  /** Kept for the first lint only: it is several times as large as the text, and there may be 10,000 of them. */
  markdown: Markdown | null;
  lint: {
    readonly context: LintContext;
    readonly used: readonly (keyof LintContext)[];
    readonly found: Finding[];
  } | null;
}

interface ManifestReading {
  readonly text: string;
  readonly manifest: Manifest | null;
  readonly findings: readonly Finding[];
}

/**
 * What was read of files and found in them, for as long as their text stays the same: a keystroke in one task spec then
 * costs one reading, however large its plan is.
 */
export class Readings implements PlanTextReader {
  readonly #tasks = new Map<string, TaskReading>();
  readonly #manifests = new Map<string, ManifestReading>();

  task(text: string, file: string): TaskReading {
    const known = this.#tasks.get(file);
    if (known?.text === text) return known;
    const reading = { text, ...readTaskSpec(text, file), lint: null };
    this.#tasks.set(file, reading);
    return reading;
  }

  manifest(text: string, file: string): ManifestReading {
    const known = this.#manifests.get(file);
    if (known?.text === text) return known;
    const reading = { text, ...readManifest(text, file) };
    this.#manifests.set(file, reading);
    return reading;
  }

  /** Findings of a task spec beyond those of reading it. They are still true when all that they looked at is the same. */
  lintTask(text: string, file: string, context: LintContext): readonly Finding[] {
    const reading = this.task(text, file);
    const last = reading.lint;
    if (last?.used.every((key) => last.context[key] === context[key])) return last.found;
    const used = new Set<keyof LintContext>();
    const markdown = reading.markdown ?? readMarkdown(new SourceText(file, text));
    const found = lintTask(reading.task, markdown, watched(context, used));
    reading.lint = { context, used: [...used], found };
    reading.markdown = null;
    return found;
  }

  forget(file: string): void {
    this.#tasks.delete(file);
    this.#manifests.delete(file);
  }
}

/** A context that notes which of its parts are looked at, so that no rule has to declare what it depends on. */
function watched(context: LintContext, used: Set<keyof LintContext>): LintContext {
  return new Proxy(context, {
    get(target, key: keyof LintContext) {
      used.add(key);
      return target[key];
    },
    has(target, key) {
      used.add(key as keyof LintContext);
      return key in target;
    },
  });
}
