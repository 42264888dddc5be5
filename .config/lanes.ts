/** Jobs side by side: which may start when, and what they print without one tearing the other's lines apart. */

export interface Job {
  readonly name: string;
  /** Names of jobs whose result it works on. It waits for their end, good or bad. */
  readonly needs?: readonly string[];
  /** What only one job at a time may use. */
  readonly uses?: string;
}

/**
 * Runs all jobs, as many at once as there are lanes, each as early as the order of the list lets it. What a job needs
 * must stand before it, or not in the list at all. `run` must not reject.
 */
export async function inLanes<T extends Job>(
  jobs: readonly T[],
  lanes: number,
  run: (job: T) => Promise<void>,
): Promise<void> {
  const waiting = new Set(jobs);
  const running = new Map<T, Promise<void>>();
  const mayStart = (job: T): boolean => {
    const unfinished = [...waiting, ...running.keys()];
    return (
      !unfinished.some(({ name }) => job.needs?.includes(name)) &&
      !(job.uses !== undefined && [...running.keys()].some(({ uses }) => uses === job.uses))
    );
  };
  const fill = (): void => {
    for (const job of waiting) {
      if (running.size >= lanes) return;
      if (!mayStart(job)) continue;
      waiting.delete(job);
      running.set(
        job,
        run(job).then(() => void running.delete(job)),
      );
    }
  };
  fill();
  while (running.size > 0) {
    await Promise.race(running.values());
    fill();
  }
  if (waiting.size > 0) throw new Error(`these need each other: ${[...waiting].map(({ name }) => name).join(', ')}`);
}

/** What one job prints. */
export interface Page {
  readonly print: (text: string) => void;
  /** Nothing is printed afterwards. */
  readonly close: () => void;
}

/**
 * One screen for several jobs: the job that has been at work longest is seen as it goes, and what the others print is
 * held until their turn comes, whole.
 */
export class Screen {
  readonly #write: (text: string) => void;
  /** In the order in which they were opened; the first is the one that is seen. */
  readonly #pages: { held: string; closed: boolean }[] = [];

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  open(): Page {
    const page = { held: '', closed: false };
    this.#pages.push(page);
    return {
      print: (text) => {
        page.held += text;
        this.#turn();
      },
      close: () => {
        page.closed = true;
        this.#turn();
      },
    };
  }

  #turn(): void {
    for (let first = this.#pages[0]; first; first = this.#pages[0]) {
      if (first.held !== '') this.#write(first.held);
      first.held = '';
      if (!first.closed) return;
      this.#pages.shift();
    }
  }
}
