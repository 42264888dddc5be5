import { createInterface } from 'node:readline/promises';

/** What became of a question: an answer, or the person ended the program (Ctrl-C) or the input (Ctrl-D). */
export type Answered = 'yes' | 'no' | 'interrupted';

/**
 * Asks a question that only a clear yes affirms. Call it on a terminal. Ctrl-C and a signal from outside leave the
 * terminal as it was.
 */
export async function askYesNo(question: string, signal: AbortSignal): Promise<Answered> {
  if (signal.aborted) return 'interrupted';
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  let isAnswered = false;
  try {
    return await new Promise<Answered>((resolve) => {
      lines.once('SIGINT', () => resolve('interrupted'));
      lines.once('close', () => {
        // Ctrl-D leaves the cursor behind the question.
        if (!isAnswered) process.stdout.write('\n');
        resolve('no');
      });
      signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
      lines.question(`${question} [y/N] `).then(
        (answer) => {
          isAnswered = true;
          resolve(/^\s*(y|yes)\s*$/i.test(answer) ? 'yes' : 'no');
        },
        () => resolve('interrupted'),
      );
    });
  } finally {
    isAnswered = true;
    lines.close();
  }
}
