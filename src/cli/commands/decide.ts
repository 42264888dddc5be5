import type { OpenEngine } from '../../node/engine.ts';
import { shellWord } from '../../core/text/shell-quoting.ts';
import type { Result } from '../../core/text/result.ts';
import type { EngineFailure } from '../../node/failure.ts';
import {
  EXIT,
  flag,
  report,
  required,
  text,
  UsageError,
  type Command,
  type ExitCode,
  type Invocation,
  type Option,
} from '../command.ts';
import { openPlan } from '../open.ts';

const JSON_FLAG: Option = { type: 'boolean', help: 'Print one JSON object instead of text' };

/** Plan and slice as `<plan> <slice> [more]`, or `<slice> [more]` where there is only one plan. */
async function decide(
  invocation: Invocation,
  extra: number,
  work: (
    engine: OpenEngine,
    dir: string,
    slice: string,
    more: readonly string[],
  ) => Promise<Result<string, EngineFailure>>,
): Promise<ExitCode> {
  const { terminal } = invocation;
  // What stands behind a lone `--` may begin with a dash.
  const positionals = [...invocation.positionals, ...invocation.rest];
  const json = flag(invocation, 'json');
  required(invocation, 0, 'the slice');
  const named = positionals.length >= 2 + extra;
  const opened = await openPlan(terminal, named ? positionals[0] : undefined);
  if (!opened.ok) return report(terminal, opened.failure, json);
  const [slice = '', ...more] = named ? positionals.slice(1) : positionals;
  const { engine, dir } = opened.value;
  const done = await work(engine, dir, slice, more);
  if (!done.ok) return report(terminal, done.failure, json);
  terminal.out(json ? `${JSON.stringify({ v: 1, plan: dir, slice, done: done.value })}\n` : `${done.value}\n`);
  return EXIT.done;
}

/** Who carries a decision out: the run that is under way, or the one to be started. */
async function goesOn(engine: OpenEngine, dir: string, what: string): Promise<string> {
  return (await engine.isDriven(dir)) ? `the run under way ${what}` : `\`slicewave run ${shellWord(dir)}\` ${what}`;
}

const said = (result: Result<unknown, EngineFailure>, line: string): Result<string, EngineFailure> =>
  result.ok ? { ok: true, value: line } : result;

export const answer: Command = {
  name: 'answer',
  summary: "Answer a slice's question; its agent goes on in the same session",
  usage: '[plan] <slice> <text>',
  options: { json: JSON_FLAG },
  examples: ['slicewave answer TS-0042-inventory D1 "Leave discontinued products out"'],
  run: (invocation) =>
    decide(invocation, 1, async (engine, dir, slice, more) => {
      if (more.length === 0) throw new UsageError('the answer is missing');
      return said(
        await engine.answer(dir, slice, more.join(' ')),
        `${slice} is answered; ${await goesOn(engine, dir, 'goes on with it')}.`,
      );
    }),
};

export const approve: Command = {
  name: 'approve',
  summary: 'Approve what a slice stopped on: paths out of scope, or checks that fail',
  usage: '[plan] <slice>',
  options: { json: JSON_FLAG },
  examples: ['slicewave approve TS-0042-inventory B2'],
  run: (invocation) =>
    decide(invocation, 0, async (engine, dir, slice) => {
      const approved = await engine.approve(dir, slice);
      return said(
        approved,
        `${slice}: approved ${approved.ok ? approved.value.paths.join(', ') : ''}; ${await goesOn(engine, dir, 'repeats its gate')}.`,
      );
    }),
};

export const retry: Command = {
  name: 'retry',
  summary: 'Give a slice another attempt',
  usage: '[plan] <slice> [options]',
  options: {
    revert: { type: 'boolean', help: 'Put what is out of scope back to the base first (it stays in the snapshot)' },
    note: { type: 'string', value: '<text>', help: 'What the agent should know this time' },
    json: JSON_FLAG,
  },
  examples: ['slicewave retry TS-0042-inventory B2 --revert', 'slicewave retry B2 --note "Use the existing clock"'],
  run: (invocation) =>
    decide(invocation, 0, async (engine, dir, slice) => {
      const note = text(invocation, 'note');
      const revert = flag(invocation, 'revert');
      const result = await engine.retry(dir, slice, { revert, ...(note ? { note } : {}) });
      return said(
        result,
        `${slice} gets another attempt${revert ? ', without its changes out of scope' : ''}; ${await goesOn(engine, dir, 'starts it')}.`,
      );
    }),
};

export const skip: Command = {
  name: 'skip',
  summary: 'Go on without a slice; what waits for it starts without its work',
  usage: '[plan] <slice> [options]',
  options: { reason: { type: 'string', value: '<text>', help: 'Why, for the report' }, json: JSON_FLAG },
  examples: ['slicewave skip TS-0042-inventory E3 --reason "docs are written elsewhere"'],
  run: (invocation) =>
    decide(invocation, 0, async (engine, dir, slice) =>
      said(
        await engine.skip(dir, slice, text(invocation, 'reason')),
        `${slice} is skipped. \`slicewave retry ${shellWord(dir)} ${shellWord(slice)}\` takes that back.`,
      ),
    ),
};

export const stop: Command = {
  name: 'stop',
  summary: 'Stop a running slice; its work is snapshotted',
  usage: '[plan] <slice>',
  options: { json: JSON_FLAG },
  examples: ['slicewave stop TS-0042-inventory A1'],
  run: (invocation) =>
    decide(invocation, 0, async (engine, dir, slice) =>
      said(
        await engine.stop(dir, slice),
        `${slice} is stopped. \`slicewave retry ${shellWord(dir)} ${shellWord(slice)}\` goes on with it.`,
      ),
    ),
};
