import path from 'node:path';
import { overlaps } from '../../core/scope/overlap.ts';
import { countFindings, formatFindings } from '../../core/lint/format.ts';
import { planJson, planText } from '../../core/view/plan-text.ts';
import { EXIT, flag, report, required, text, UsageError, type Command } from '../command.ts';
import { abortOnSignals, openHere } from '../open.ts';

const DECOMPOSERS = ['structure', 'claude', 'codex'] as const;
type DecomposerId = (typeof DECOMPOSERS)[number];

export const decompose: Command = {
  name: 'decompose',
  summary: 'Turn a spec into a plan of slices',
  usage: '<spec> [options]',
  options: {
    with: {
      type: 'string',
      value: '<id>',
      help: `Who cuts the slices: ${DECOMPOSERS.join(', ')} (default: structure, offline)`,
    },
    dir: { type: 'string', value: '<dir>', help: "The plan directory (default: parallel/<the spec's id and name>)" },
    replace: { type: 'boolean', help: 'Replace a plan that is there; prompts edited by hand are kept' },
    'dry-run': { type: 'boolean', help: 'Show the plan, write nothing' },
    json: { type: 'boolean', help: 'Print one JSON object instead of text' },
  },
  examples: [
    'slicewave decompose specs/TS-0042-inventory.spec.md --dry-run',
    'slicewave decompose specs/TS-0042-inventory.spec.md',
    'slicewave decompose specs/TS-0042-inventory.spec.md --with claude',
  ],
  async run(invocation) {
    const { terminal } = invocation;
    const json = flag(invocation, 'json');
    const spec = required(invocation, 0, 'the spec');
    const by = text(invocation, 'with') ?? 'structure';
    if (!isDecomposer(by))
      throw new UsageError(`there is no decomposer ${by}`, `Decomposers: ${DECOMPOSERS.join(', ')}.`);
    const engine = await openHere(terminal);
    if (!engine.ok) return report(terminal, engine.failure, json);
    const dir = text(invocation, 'dir');
    const signal = abortOnSignals(() => terminal.err('cancelling ...\n'));
    const made = await engine.value.decompose(path.resolve(terminal.cwd, spec), {
      with: by,
      signal,
      ...(dir ? { dir: path.relative(engine.value.root, path.resolve(terminal.cwd, dir)) } : {}),
      onProgress: (line) => by !== 'structure' && terminal.err(`${line}\n`),
    });
    if (!made.ok) return report(terminal, made.failure, json);
    const { loaded, files, exists } = made.value;
    const shared = overlaps(loaded.plan, loaded.graph);
    const errors = countFindings(loaded.findings).error;
    if (json)
      terminal.out(
        `${JSON.stringify({ ...planJson(loaded.plan, loaded.graph, shared, loaded.findings), files: [...files.keys()] })}\n`,
      );
    else {
      terminal.out(planText(loaded.plan, loaded.graph, shared, { ascii: false, colour: terminal.colour }));
      if (loaded.findings.length > 0) {
        terminal.out(
          `\n${formatFindings(loaded.findings, { color: terminal.colour, textOf: (file) => files.get(file.slice(made.value.dir.length + 1)) })}`,
        );
      }
    }
    if (flag(invocation, 'dry-run')) {
      if (!json) terminal.out(`\nNothing was written. It would be ${files.size} files in ${made.value.dir}.\n`);
      return errors > 0 ? EXIT.failed : EXIT.done;
    }
    const replace = flag(invocation, 'replace');
    if (exists && !replace) {
      terminal.err(
        `slicewave: ${made.value.dir} holds a plan already\n  Give --replace to write over it (prompts edited by hand are kept), or --dir <dir> for another place.\n`,
      );
      return EXIT.usage;
    }
    const written = await engine.value.write(made.value, { replace });
    if (!written.ok) return report(terminal, written.failure, json);
    if (!json)
      terminal.out(`\nWrote ${files.size} files to ${written.value.dir}. Next: slicewave run ${written.value.dir}\n`);
    return errors > 0 ? EXIT.failed : EXIT.done;
  },
};

function isDecomposer(name: string): name is DecomposerId {
  return (DECOMPOSERS as readonly string[]).includes(name);
}
