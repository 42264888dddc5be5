import type { Redact } from '../../core/gate/redact.ts';

const LONGEST_LINE = 65_536;

/**
 * Hands lines on, redacted, as they become whole: a secret cut in two by a chunk's end would pass the filter. A line that
 * never ends is handed on after 64 KiB.
 */
export class RedactedLines {
  readonly #redact: Redact;
  readonly #write: (text: string) => void;
  #tail = '';

  constructor(redact: Redact, write: (text: string) => void) {
    this.#redact = redact;
    this.#write = write;
  }

  take(chunk: string): void {
    this.#tail += chunk;
    // Progress bars go back to the beginning of their line.
    const whole = Math.max(this.#tail.lastIndexOf('\n'), this.#tail.lastIndexOf('\r')) + 1;
    const end = this.#tail.length > LONGEST_LINE ? this.#tail.length : whole;
    if (end === 0) return;
    this.#write(this.#redact(this.#tail.slice(0, end)));
    this.#tail = this.#tail.slice(end);
  }

  end(): void {
    if (this.#tail !== '') this.#write(this.#redact(this.#tail));
    this.#tail = '';
  }
}
