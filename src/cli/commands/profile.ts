import { profileJson, profileText } from '../../core/view/profile-text.ts';
import { EXIT, flag, report, type Command, type ExitCode, type Invocation } from '../command.ts';
import { openPlan } from '../open.ts';

export const profile: Command = {
  name: 'profile',
  summary: 'Show where the time of a plan went, and what would have shortened it',
  usage: '[plan] [options]',
  options: { json: { type: 'boolean', help: 'Print one JSON object instead of text' } },
  examples: ['slicewave profile', 'slicewave profile TS-0042-inventory', 'slicewave profile --json'],
  notes: [
    'The chain is what decided how long it took: from what ended last back to what each slice waited for last.',
    'What would have shortened it is found by making the plan up again with the times that were seen.',
  ],
  run: execute,
};

async function execute(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation;
  const json = flag(invocation, 'json');
  const opened = await openPlan(terminal, invocation.positionals[0]);
  if (!opened.ok) return report(terminal, opened.failure, json);
  const { engine, dir } = opened.value;
  const found = await engine.profile(dir);
  if (!found.ok) return report(terminal, found.failure, json);
  const { plan, profile: times } = found.value;
  terminal.out(json ? `${JSON.stringify(profileJson(plan, times))}\n` : profileText(plan, times));
  return EXIT.done;
}
