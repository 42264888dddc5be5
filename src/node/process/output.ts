import { execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { Socket } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as turnOfTheLoop, setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { temporaryDirectory } from './temporary.ts';

/** More than what a program may have written and nobody has read when it ends: what a pipe can hold (pipe(7)). */
const MOST_IN_A_PIPE = 1024 * 1024;
/** Milliseconds between two looks at a file that has not grown. */
const PAUSE = 100;

/** One way out of a program: what it is given to write to, and what it wrote, to be read. */
interface Way {
  readonly writeEnd: number;
  readonly stream: Readable;
  /** Nobody can hold it open. */
  readonly hasItsOwnEnd: boolean;
}

/** What a program says, until it and all that hold its output have ended. */
export class Output {
  readonly #ways: readonly (Way | null)[];
  readonly #exited: AbortController;
  #areOpen = true;
  #streams: readonly (Readable | null)[] = [];
  #ended: Promise<unknown> = Promise.resolve();
  #read = 0;

  private constructor(ways: readonly (Way | null)[], exited: AbortController) {
    this.#ways = ways;
    this.#exited = exited;
  }

  /**
   * Pipes, where there are any to be had: not on Windows, and not without mkfifo(1). Node itself gives a child sockets,
   * which cannot be opened by the name `/dev/stderr`, as scripts do.
   *
   * `intoFile`: standard output goes into a file instead, for a program that does not wait until its last words are
   * read. Claude Code 2.1.332 ends with exit code 0 and leaves out what a pipe or a socket has no room for at that
   * moment; into a file it writes everything (`findings/claude-code-output-through-a-pipe.sh`).
   */
  static async open(intoFile: boolean): Promise<Output> {
    const exited = new AbortController();
    if (!intoFile && spare.length >= 2) return new Output(ways(spare.splice(0, 2)), exited);
    // Where nothing can be made, what Node makes has to do.
    const directory = await temporaryDirectory('output').catch(() => null);
    if (directory === null) return new Output([null, null], exited);
    try {
      const file = intoFile ? await fileIn(directory, exited.signal).catch(() => null) : null;
      const count = file ? 1 : 2;
      if (spare.length < count) spare.push(...(await makePipes(directory)));
      const made = ways(spare.splice(0, spare.length < count ? 0 : count));
      return new Output(file ? [file, ...made] : made, exited);
    } finally {
      // What is open stays open without a name.
      await rm(directory, { recursive: true, force: true });
    }
  }

  /** For the program's standard output and error. */
  get writeEnds(): readonly [number | 'pipe', number | 'pipe'] {
    return [this.#ways[0]?.writeEnd ?? 'pipe', this.#ways[1]?.writeEnd ?? 'pipe'];
  }

  /** The program has its own copies of the write ends now. */
  read(child: ChildProcess, onStdout?: (chunk: string) => void, onStderr?: (chunk: string) => void): void {
    this.#closeWriteEnds();
    this.#streams = [this.#ways[0]?.stream ?? child.stdout, this.#ways[1]?.stream ?? child.stderr];
    this.#ended = Promise.all(
      this.#streams.map(async (stream) => {
        // An error ends it too, and is nobody's concern.
        if (stream) await once(stream, 'close').catch(() => undefined);
      }),
    );
    const take = (stream: Readable | null | undefined, tell?: (chunk: string) => void): void => {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#read += chunk.length;
        tell?.(chunk);
      });
    };
    take(this.#streams[0], onStdout);
    take(this.#streams[1], onStderr);
  }

  /** The program has ended. Resolves when nothing holds its output any more. */
  async ended(): Promise<void> {
    this.#exited.abort();
    await this.#ended;
  }

  /**
   * Closes the output of a program that has ended, which something else still holds. What the program itself has written
   * is read first, however late this process comes to it: until a look finds nothing, or more than it can have left.
   */
  async cut(): Promise<void> {
    const before = this.#read;
    for (let seen = -1; seen !== this.#read && this.#read - before <= MOST_IN_A_PIPE;) {
      seen = this.#read;
      await turnOfTheLoop();
    }
    for (const [i, stream] of this.#streams.entries()) if (!this.#ways[i]?.hasItsOwnEnd) stream?.destroy();
  }

  /** To be called in the end, also where the program never started. */
  close(): void {
    this.#closeWriteEnds();
    for (const way of this.#ways) way?.stream.destroy();
  }

  #closeWriteEnds(): void {
    if (this.#areOpen) for (const way of this.#ways) if (way) closeSync(way.writeEnd);
    this.#areOpen = false;
  }
}

/** Both ends of a pipe that nobody uses yet. */
interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** Made with others at once, for what this process starts next: to start mkfifo(1) costs more than to make a pipe. */
const spare: Pipe[] = [];
/** So many at once: a runner reads the output of its agent and of a few checks. */
const AT_ONCE = 6;

function ways(pipes: readonly Pipe[]): readonly Way[] {
  return pipes.map(({ readEnd, writeEnd }) => {
    const stream = new Socket({ fd: readEnd, readable: true, writable: false });
    // There is nobody to be told of an error; it ends the stream.
    return { writeEnd, hasItsOwnEnd: false, stream: stream.on('error', () => undefined) };
  });
}

/** None where that does not work. */
async function makePipes(directory: string): Promise<readonly Pipe[]> {
  if (process.platform === 'win32') return [];
  const names = Array.from({ length: AT_ONCE }, (_, i) => path.join(directory, `pipe${i}`));
  const made = await promisify(execFile)('mkfifo', ['-m', '600', ...names]).then(
    () => true,
    () => false,
  );
  if (!made) return [];
  return names.map((name) => {
    // The reader comes first and does not wait for the writer, who then finds it there.
    const readEnd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
    return { readEnd, writeEnd: openSync(name, constants.O_WRONLY) };
  });
}

async function fileIn(directory: string, exited: AbortSignal): Promise<Way> {
  const name = path.join(directory, 'file');
  const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND } = constants;
  const writeEnd = openSync(name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0o600);
  const stream = Readable.from(follow(await open(name, 'r'), exited), { objectMode: false });
  return { writeEnd, hasItsOwnEnd: true, stream: stream.on('error', () => undefined) };
}

/** What stands in a file, as it comes, up to where it ended when its writer had exited. */
async function* follow(file: FileHandle, exited: AbortSignal): AsyncGenerator<Buffer> {
  try {
    let position = 0;
    let end = Infinity;
    for (;;) {
      // What others still write after the program's end is none of its words.
      if (exited.aborted && end === Infinity) end = (await file.stat()).size;
      const most = Math.min(64 * 1024, end - position);
      const { bytesRead, buffer } = await file.read(Buffer.alloc(most), 0, most, position);
      position += bytesRead;
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      else if (end < Infinity) return;
      else await delay(PAUSE, undefined, { signal: exited }).catch(() => undefined);
    }
  } finally {
    await file.close();
  }
}
