import { whatIf } from '../../core/plan/schedule.ts';
import { taskGraphMarkdown } from '../../core/plan/task-graph.ts';
import { draftsMarkdown } from '../../core/view/judgement-markdown.ts';
import { judgementSections } from '../../core/view/judgement-text.ts';
import { planJson } from '../../core/view/plan-json.ts';
import { planText } from '../../core/view/plan-text.ts';
import { EXIT, flag, report, text, UsageError, type Command, type Invocation } from '../command.ts';
import { tellOldForm } from '../old-form.ts';
import { abortOnSignals, openPlan, whileDeaf } from '../open.ts';

export const plan: Command = {
  name: 'plan',
  summary: 'Show waves, batches, merge points and the critical path',
  usage: '[plan] [options]',
  options: {
    mermaid: { type: 'boolean', help: 'Print task-graph.md: a flowchart, a Gantt chart and the wave table' },
    contracts: { type: 'boolean', help: 'Print a draft of each contract that is still to be written' },
    agents: { type: 'string', value: '<a..b>', help: 'Also the makespan for each number of agents: 1..8' },
    ascii: { type: 'boolean', help: 'Plain ASCII instead of box characters' },
    json: { type: 'boolean', help: 'Print one JSON object instead of text' },
  },
  examples: [
    'slicewave plan parallel/TS-0042-inventory',
    'slicewave plan --agents 1..8',
    'slicewave plan --mermaid > graph.md',
  ],
  async run(invocation) {
    const { terminal } = invocation;
    const json = flag(invocation, 'json');
    const opened = await openPlan(terminal, invocation.positionals[0]);
    if (!opened.ok) return report(terminal, opened.failure, json);
    const { engine, dir } = opened.value;
    const loaded = await engine.load(dir);
    if (!loaded.ok) return report(terminal, loaded.failure, json);
    const { plan: model, findings } = loaded.value;
    if (!json) tellOldForm(terminal, dir, findings);
    if (flag(invocation, 'mermaid')) {
      // A file that is kept with the plan: it must not depend on which runs this checkout has seen.
      terminal.out(taskGraphMarkdown(model, loaded.value.graph));
      return loaded.value.graph.cycles.length > 0 ? EXIT.failed : EXIT.done;
    }
    const agents = agentRange(invocation);
    const signal = abortOnSignals(() => terminal.err('cancelling ...\n'));
    const judged = await engine.judge(dir, {
      signal,
      onProgress: (line) => terminal.err(`${line}\n`),
      think: whileDeaf,
    });
    if (signal.aborted) return EXIT.interrupted;
    if (!judged.ok) return report(terminal, judged.failure, json);
    const { judgement } = judged.value;
    const { graph, overlaps, estimates, estimator } = judgement;
    if (flag(invocation, 'contracts') && !json) {
      terminal.out(draftsMarkdown(judgement.contracts.scaffolds));
      return EXIT.done;
    }
    const curve = agents ? { whatIf: whatIf(graph, agents) } : {};
    if (json) {
      terminal.out(`${JSON.stringify(planJson(model, graph, overlaps, findings, { judgement, ...curve }))}\n`);
    } else {
      terminal.out(
        planText(model, graph, overlaps, {
          ascii: flag(invocation, 'ascii'),
          colour: terminal.colour,
          estimates,
          estimator,
          sections: judgementSections(judgement, model, {
            drafts: '`slicewave replan --contracts` writes a draft of each; `slicewave plan --contracts` prints them',
          }),
          advice: judgement.advice,
          proposals: judgement.mergePoints,
          ...curve,
        }),
      );
    }
    return graph.cycles.length > 0 ? EXIT.failed : EXIT.done;
  },
};

function agentRange(invocation: Invocation): number[] | null {
  const given = text(invocation, 'agents');
  if (given === undefined) return null;
  const match = /^(\d{1,4})(?:\.\.(\d{1,4}))?$/.exec(given);
  const from = Number(match?.[1] ?? 0);
  const to = Number(match?.[2] ?? match?.[1] ?? 0);
  if (!match || from < 1 || to < from)
    throw new UsageError(`--agents takes a number or a range such as 1..8, not "${given}"`);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
