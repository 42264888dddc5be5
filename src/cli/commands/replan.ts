import type { OpenEngine } from '../../node/engine.ts';
import path from 'node:path';
import { decomposerList, isDecomposerId } from '../../core/decompose/table.ts';
import { formatFindings, lintReport } from '../../core/lint/engine/format.ts';
import { replanJson, replanText } from '../../core/replan/changes-text.ts';
import type { Operation } from '../../core/replan/operations.ts';
import { proposedOperations } from '../../core/replan/proposed.ts';
import { success, type Result } from '../../core/text/result.ts';
import { splitCommand } from '../../core/text/words.ts';
import { type EngineFailure, fail } from '../../node/failure.ts';
import type { ReplanChange } from '../../node/replan/model.ts';
import { askYesNo } from '../ask.ts';
import { EXIT, flag, report, text, UsageError, type Command, type Invocation } from '../command.ts';
import { abortOnSignals, openPlan } from '../open.ts';

export const replan: Command = {
  name: 'replan',
  summary: 'Change a plan while it runs: what is verified stays, the difference is shown first',
  usage: '[plan] [options]',
  options: {
    cut: { type: 'string', value: '<ids>', multiple: true, help: 'Take slices out: A3,A4' },
    split: { type: 'string', value: '<ids>', multiple: true, help: 'Cut slices in parts, by directory or by file' },
    merge: { type: 'string', value: '<ids>', multiple: true, help: 'Make one slice of several: A3,A4' },
    as: { type: 'string', value: '<id>', help: 'With --merge: the id of the merged slice (default: the first)' },
    add: {
      type: 'string',
      value: '<slice>',
      multiple: true,
      help: 'Add a slice, as a spec declares it: "A9: Title (after A1; files: src/z.ts; verify: npm test)"',
    },
    rescope: { type: 'string', value: '<id>', help: 'Change what a slice may write, with the three below' },
    'add-create': { type: 'string', value: '<path>', multiple: true, help: 'With --rescope: a file it creates' },
    'add-modify': { type: 'string', value: '<path>', multiple: true, help: 'With --rescope: a file it changes' },
    remove: {
      type: 'string',
      value: '<path>',
      multiple: true,
      help: 'With --rescope: a path it no longer writes; of a directory that it writes, one file',
    },
    contracts: { type: 'boolean', help: 'Write a file to start from for each contract that is missing' },
    'merge-points': { type: 'boolean', help: 'Take the merge points that the judge proposes' },
    spec: { type: 'string', value: '<file>', help: "Decompose this spec anew (default: the plan's own)" },
    with: {
      type: 'string',
      value: '<id>',
      help: `Who cuts the slices: ${decomposerList()} (default: what the file is, else structure)`,
    },
    'agent-command': { type: 'string', value: '<command>', help: 'For --with command: program and arguments' },
    'stop-running': { type: 'boolean', help: 'Stop running slices that change or go (default: they stay as they are)' },
    undo: { type: 'boolean', help: 'Put the plan back as it was before the last re-planning' },
    yes: { type: 'boolean', short: 'y', help: 'Write without asking' },
    'dry-run': { type: 'boolean', help: 'Show the difference, ask nothing, write nothing' },
    ascii: { type: 'boolean', help: 'Plain ASCII instead of arrows' },
    json: { type: 'boolean', help: 'Print one JSON object instead of text; asks nothing' },
  },
  examples: [
    'slicewave replan parallel/TS-0042-inventory',
    'slicewave replan --cut A4 --add "A9: Export (after A1; files: src/export.ts; verify: npm test)"',
    'slicewave replan --split B2 --dry-run',
    'slicewave replan --rescope B2 --add-modify src/app.ts --remove src/old.ts --yes',
    'slicewave replan --contracts --merge-points',
    'slicewave replan --undo',
  ],
  async run(invocation) {
    const { terminal } = invocation;
    const json = flag(invocation, 'json');
    const asked = operationsOf(invocation);
    const taken = { contracts: flag(invocation, 'contracts'), mergePoints: flag(invocation, 'merge-points') };
    const opened = await openPlan(terminal, invocation.positionals[0]);
    if (!opened.ok) return report(terminal, opened.failure, json);
    const { engine, dir } = opened.value;
    if (flag(invocation, 'undo')) {
      const undone = await engine.undoReplan(dir);
      if (!undone.ok) return report(terminal, undone.failure, json);
      terminal.out(
        json
          ? `${JSON.stringify({ v: 1, plan: dir, ...undone.value })}\n`
          : `${dir} is as it was (${undone.value.restored.length} files).\n`,
      );
      return EXIT.done;
    }
    const signal = abortOnSignals(() => terminal.err('cancelling ...\n'));
    let operations: readonly Operation[] = asked;
    if (taken.contracts || taken.mergePoints) {
      const judged = await engine.judge(dir, { signal });
      if (!judged.ok) return report(terminal, judged.failure, json);
      operations = [...asked, ...proposedOperations(judged.value.judgement, taken)];
      if (operations.length === 0) {
        terminal.out(
          json
            ? `${JSON.stringify({ v: 1, plan: dir, files: [], written: false })}\n`
            : 'The judge proposes none: nothing would change.\n',
        );
        return EXIT.done;
      }
    }
    const change =
      operations.length > 0
        ? success({ kind: 'operations' as const, operations })
        : await anew(invocation, engine, dir, signal);
    if (!change.ok) return report(terminal, change.failure, json);
    const shown = await engine.previewReplan({
      planDir: dir,
      change: change.value,
      stopRunning: flag(invocation, 'stop-running'),
    });
    if (!shown.ok) return report(terminal, shown.failure, json);
    const { summary, findings, next, changed } = shown.value;
    const tell = (written: boolean): void => {
      if (json)
        terminal.out(
          `${JSON.stringify({ ...replanJson(summary), findings: lintReport(findings).findings, files: changed, written })}\n`,
        );
    };
    if (!json) {
      terminal.out(replanText(summary, { ascii: flag(invocation, 'ascii'), colour: terminal.colour }));
      if (findings.length > 0) {
        const textOf = (file: string): string | undefined => next.files.get(file.slice(dir.length + 1));
        terminal.out(`\n${formatFindings(findings, { color: terminal.colour, textOf })}`);
      }
    }
    if (summary.blocked.length > 0) {
      tell(false);
      return EXIT.failed;
    }
    if (changed.length === 0 || flag(invocation, 'dry-run')) {
      tell(false);
      if (!json && changed.length > 0) terminal.out('\nNothing was written.\n');
      return EXIT.done;
    }
    if (!flag(invocation, 'yes')) {
      if (!terminal.interactive || json) {
        tell(false);
        if (!json) terminal.out('\nNothing was written: give --yes to write it.\n');
        return EXIT.waiting;
      }
      const answer = await askYesNo(`\nChange ${dir} like this?`, signal);
      if (answer !== 'yes') {
        terminal.out('Nothing was written.\n');
        return answer === 'interrupted' ? EXIT.interrupted : EXIT.waiting;
      }
    }
    const applied = await engine.applyReplan(shown.value);
    if (!applied.ok) return report(terminal, applied.failure, json);
    tell(true);
    if (!json)
      terminal.out(
        `\nWrote ${applied.value.written.length} files of ${dir}. \`slicewave replan ${dir} --undo\` takes it back.\n`,
      );
    return EXIT.done;
  },
};

/** The options as operations: scopes first; cut last, so that what is added may name a slice that stays after all. */
function operationsOf(invocation: Invocation): Operation[] {
  const ids = (name: string): string[] => many(invocation, name).flatMap((value) => idList(value));
  const rescoped = text(invocation, 'rescope');
  const scope = {
    create: many(invocation, 'add-create'),
    modify: many(invocation, 'add-modify'),
    remove: many(invocation, 'remove'),
  };
  if (rescoped === undefined && scope.create.length + scope.modify.length + scope.remove.length > 0)
    throw new UsageError('--add-create, --add-modify and --remove need --rescope <id>');
  const merges = many(invocation, 'merge').map(idList);
  const as = text(invocation, 'as') ?? null;
  if (as !== null && merges.length !== 1) throw new UsageError('--as needs exactly one --merge');
  const operations: Operation[] = [
    ...(rescoped === undefined ? [] : [{ kind: 'rescope' as const, id: rescoped, ...scope }]),
    ...ids('split').map((id) => ({ kind: 'split' as const, id })),
    ...merges.map((members) => ({ kind: 'merge' as const, ids: members, as })),
    ...many(invocation, 'add').map((line) => ({ kind: 'add' as const, text: line })),
    ...ids('cut').map((id) => ({ kind: 'cut' as const, id })),
  ];
  const source = ['spec', 'with', 'agent-command'].find((name) => text(invocation, name) !== undefined);
  if (operations.length > 0 && source !== undefined)
    throw new UsageError(`--${source} decomposes the spec anew; it cannot be combined with changes by hand`);
  const taken = flag(invocation, 'contracts') || flag(invocation, 'merge-points');
  if (taken && source !== undefined)
    throw new UsageError(`--${source} decomposes the spec anew; take what the judge proposes afterwards`);
  if (flag(invocation, 'undo') && (operations.length > 0 || source !== undefined || taken))
    throw new UsageError('--undo stands alone');
  return operations;
}

function idList(value: string): string[] {
  const ids = value
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (ids.length === 0) throw new UsageError(`"${value}" names no slice`);
  return ids;
}

function many(invocation: Invocation, name: string): readonly string[] {
  const value = invocation.options[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** The plan's spec, decomposed into the same directory. */
async function anew(
  invocation: Invocation,
  engine: OpenEngine,
  dir: string,
  signal: AbortSignal,
): Promise<Result<ReplanChange, EngineFailure>> {
  const { terminal } = invocation;
  const loaded = await engine.load(dir);
  if (!loaded.ok) return loaded;
  const given = text(invocation, 'spec');
  const spec =
    given !== undefined
      ? path.resolve(terminal.cwd, given)
      : loaded.value.plan.specPath && path.resolve(engine.root, loaded.value.plan.specPath);
  if (!spec) return fail('no-such-file', `${dir} does not say which spec it came from`, 'Name it with --spec <file>.');
  const by = text(invocation, 'with');
  if (by !== undefined && !isDecomposerId(by))
    throw new UsageError(`there is no decomposer ${by}`, `Decomposers: ${decomposerList()}.`);
  const command = text(invocation, 'agent-command');
  const words = command === undefined ? null : splitCommand(command);
  if (words && !words.ok) throw new UsageError(`--agent-command: ${words.failure.message}`);
  const made = await engine.decompose(spec, {
    // Without a choice: the importer that knows the file, else the structure of the spec.
    ...(by === undefined ? {} : { with: by }),
    dir,
    signal,
    onProgress: (line) => by !== undefined && by !== 'structure' && terminal.err(`${line}\n`),
    ...(words ? { command: words.value[0]?.words ?? [] } : {}),
  });
  return made.ok ? success({ kind: 'decomposition', decomposition: made.value }) : made;
}
