/** A longer line is handed on in parts: nobody prints one, and what is kept of a program's output stays bounded. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** Text that comes in chunks, as lines without their ends. Each character is looked at once, however long a line is. */
export class LineSplitter {
  #parts: string[] = [];
  #length = 0;

  /** The lines that became whole. */
  take(chunk: string): readonly string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      this.#add(chunk.slice(from, end));
      lines.push(this.#whole());
      from = end + 1;
    }
    this.#add(from === 0 ? chunk : chunk.slice(from));
    if (this.#length > LONGEST_LINE) lines.push(this.#whole());
    return lines;
  }

  /** What came after the last line end; `null`: nothing. */
  end(): string | null {
    return this.#length === 0 ? null : this.#whole();
  }

  #add(text: string): void {
    if (text === '') return;
    this.#parts.push(text);
    this.#length += text.length;
  }

  #whole(): string {
    const line = this.#parts.length === 1 ? (this.#parts[0] ?? '') : this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}

/** The last `most` characters of a text that grows: what is in front is dropped now and then, and not at each addition. */
export class Tail {
  readonly #most: number;
  #text = '';

  constructor(most: number) {
    this.#most = most;
  }

  add(text: string): void {
    this.#text += text;
    if (this.#text.length > 2 * this.#most) this.#text = this.#text.slice(-this.#most);
  }

  get text(): string {
    return this.#text.slice(-this.#most);
  }
}
