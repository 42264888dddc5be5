import type { Finding } from '../text/finding.ts';
import { PlanReadings, type TaskReading } from '../plan/readings.ts';
import type { PlanTextReader } from '../plan/load.ts';
import type { LintContext } from './engine/context.ts';
import { lintTask } from './task/task.ts';

interface TaskLint {
  readonly context: LintContext;
  readonly used: readonly (keyof LintContext)[];
  readonly found: Finding[];
}

/**
 * What was read of files and found in them, for as long as their text stays the same: a keystroke in one task spec then
 * costs one reading, however large its plan is.
 */
export class Readings implements PlanTextReader {
  readonly #read: PlanReadings;
  readonly #lints = new WeakMap<TaskReading, TaskLint>();

  /** `read`: what others have read of the same files already. */
  constructor(read: PlanReadings = new PlanReadings()) {
    this.#read = read;
  }

  task(text: string, file: string): TaskReading {
    return this.#read.task(text, file);
  }

  manifest(text: string, file: string): ReturnType<PlanReadings['manifest']> {
    return this.#read.manifest(text, file);
  }

  /** Findings of a task spec beyond those of reading it. They are still true when all that they looked at is the same. */
  lintTask(text: string, file: string, context: LintContext): readonly Finding[] {
    const reading = this.task(text, file);
    const last = this.#lints.get(reading);
    if (last?.context === context) return last.found;
    if (last?.used.every((key) => last.context[key] === context[key])) {
      this.#lints.set(reading, { ...last, context });
      return last.found;
    }
    const used = new Set<keyof LintContext>();
    const found = lintTask(reading, watched(context, used));
    this.#lints.set(reading, { context, used: [...used], found });
    return found;
  }

  forget(file: string): void {
    this.#read.forget(file);
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
