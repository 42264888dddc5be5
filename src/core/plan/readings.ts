import type { Manifest } from '../manifest/model.ts';
import { readManifest } from '../manifest/read.ts';
import type { TaskPlaces, TaskSpec } from '../task/model.ts';
import { readTaskSpec } from '../task/read.ts';
import type { Finding } from '../text/finding.ts';
import type { PlanTextReader } from './load.ts';

export interface TaskReading {
  readonly text: string;
  readonly task: TaskSpec;
  readonly findings: readonly Finding[];
  readonly places: TaskPlaces;
}

interface ManifestReading {
  readonly text: string;
  readonly manifest: Manifest | null;
  readonly findings: readonly Finding[];
}

/**
 * What was read of the files of plans, for as long as their text stays the same: whoever loads, checks and judges a plan
 * in one process reads each of its files once.
 */
export class PlanReadings implements PlanTextReader {
  readonly #tasks = new Map<string, TaskReading>();
  readonly #manifests = new Map<string, ManifestReading>();

  task(text: string, file: string): TaskReading {
    const known = this.#tasks.get(file);
    if (known?.text === text) return known;
    const reading = { text, ...readTaskSpec(text, file) };
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

  forget(file: string): void {
    this.#tasks.delete(file);
    this.#manifests.delete(file);
  }
}
