import { meanwhileText } from '../core/audit/report.ts';
import { dashboardText } from '../core/view/dashboard.ts';
import { remarkLines, remarksOf } from '../core/run/doubt.ts';
import { printable } from '../core/text/printing.ts';
import { warningText } from '../core/run/warning.ts';
import { checkpointLabel, stateLabel } from '../core/run/states.ts';
import type { PlanState } from '../core/run/state-model.ts';
import { stamped, type Terminal } from './command.ts';

/** Shows a plan while it runs: redrawn in place on a terminal, one line per change elsewhere. */
export class LiveView {
  readonly #terminal: Terminal;
  readonly #ascii: boolean;
  readonly #redraws: boolean;
  #lines = 0;
  #shown = new Map<string, string>();
  #last: PlanState | null = null;
  #clock: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal, options: { readonly ascii: boolean; readonly redraw: boolean }) {
    this.#terminal = terminal;
    this.#ascii = options.ascii;
    this.#redraws = options.redraw;
    // Running times go on between two facts.
    if (this.#redraws) this.#clock = setInterval(() => this.#last && this.#draw(this.#last), 1000);
    this.#clock?.unref();
  }

  update(state: PlanState): void {
    this.#last = state;
    if (this.#redraws) this.#draw(state);
    else this.#print(state);
  }

  /** A line that stays, above the dashboard, with its time. */
  note(text: string): void {
    this.#erase();
    this.#terminal.out(`${stamped(text)}\n`);
    if (this.#redraws && this.#last) this.#draw(this.#last);
  }

  close(): void {
    clearInterval(this.#clock);
    this.#lines = 0;
  }

  #draw(state: PlanState): void {
    const text = dashboardText(state, {
      ascii: this.#ascii,
      colour: this.#terminal.colour,
      width: this.#terminal.width,
    });
    this.#erase();
    this.#terminal.out(text);
    this.#lines = text
      .split('\n')
      .slice(0, -1)
      .reduce((sum, line) => sum + rows(line, this.#terminal.width), 0);
  }

  #erase(): void {
    if (this.#lines > 0) this.#terminal.out(`\u001b[${this.#lines}A\u001b[0J`);
    this.#lines = 0;
  }

  #print(state: PlanState): void {
    for (const warning of state.warnings) {
      const text = printable(warningText(warning));
      this.#changed(`! ${text}`, `warning: ${text}`, true);
    }
    for (const slice of state.slices) {
      const attempt = slice.run && slice.run.attempt > 1 ? ` (attempt ${slice.run.attempt})` : '';
      for (const line of remarkLines(slice))
        this.#changed(`${slice.id} ${line}`, `${slice.id.padEnd(6)} doubt: ${line}`, true);
      const meanwhile = meanwhileText(slice.id, slice.changedMeanwhile);
      if (meanwhile !== null) this.#changed(`${slice.id} ${meanwhile}`, `${slice.id.padEnd(6)} ${meanwhile}`, true);
      this.#changed(
        slice.id,
        `${slice.id.padEnd(6)} ${[stateLabel(slice.state), ...remarksOf(slice)].join(', ')}${attempt}`,
        slice.state !== 'pending',
      );
    }
    for (const checkpoint of state.checkpoints)
      this.#changed(
        checkpoint.id,
        `${checkpoint.id.padEnd(6)} ${checkpointLabel(checkpoint)}`,
        checkpoint.state !== 'waiting',
      );
    for (const item of state.attention) {
      this.#changed(`? ${item.slice}`, `${item.slice.padEnd(6)} ${item.condition}: ${item.question}`, true);
    }
  }

  #changed(key: string, line: string, worthIt: boolean): void {
    if (this.#shown.get(key) === line) return;
    this.#shown.set(key, line);
    if (worthIt) this.#terminal.out(`${stamped(line)}\n`);
  }
}

/** Screen rows of a line, its escape codes not counted. */
function rows(line: string, width: number): number {
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  const visible = line.replaceAll(/\u001b\[\d+m/g, '').length;
  return Math.max(1, Math.ceil(visible / Math.max(20, width)));
}
