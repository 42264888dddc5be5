/** Three specs of the shape that people write, decomposed by the two real command lines, which answer badly first. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { LARGEST_ANSWER } from '../../src/core/decompose/answer.ts';
import { proposalJsonSchema, type Proposal } from '../../src/core/plan/proposal.ts';
import { decomposerAgent } from '../../src/node/decompose/decomposers/agent-turns.ts';
import { decomposeSpecFile } from '../../src/node/decompose/decompose.ts';
import { openEngine } from '../../src/node/engine.ts';
import { writeDecomposition } from '../../src/node/plan/directory.ts';
import { createAgentHome } from './agent-home.ts';
import { startModelEndpoint, type ModelRequest, type Turn } from './model-endpoint.ts';
import { createSpecRepository, specAnswers } from './spec-answers.ts';

type AgentId = 'claude' | 'codex';

/** Stands in each spec, and so in the first message: the conversation is found by it. */
const specs: readonly (readonly [name: string, marker: string, slices: number])[] = [
  ['saved-searches', 'TS-0310', 8],
  ['clinic', 'TS-0207', 20],
  ['billing-platform', 'TS-0900', 40],
];
/** The least that a system takes as one command line: Windows. */
const LONGEST_COMMAND_LINE = 32_767;

/** What was said in one run, and how it went. */
interface Run {
  readonly line: string;
}

async function run(id: AgentId, name: string, marker: string, slices: number): Promise<Run> {
  const repository = createSpecRepository(name);
  const { root, specPath } = repository;
  const { sound, cyclic, circle, overlapping, pair } = await specAnswers(repository);
  const whole = JSON.stringify(sound);
  const broken = whole.slice(0, Math.round(whole.length * 0.8));
  const turns = [
    ...unreadable(id, broken),
    ...[cyclic, overlapping, sound].flatMap((answer, i) => answered(id, answer, i === 0)),
  ];
  const endpoint = await startModelEndpoint({ script: { [marker]: turns } });
  const home = createAgentHome(endpoint.url);
  const before = readdirSync(root).toSorted();
  try {
    const began = performance.now();
    const said: string[] = [];
    const result = await decomposeSpecFile({
      root,
      specFile: specPath,
      with: id,
      corrections: 3,
      runAgent: decomposerAgent({ id, root, env: home.env }),
      onProgress: (text) => said.push(text),
    });
    const seconds = (performance.now() - began) / 1000;
    assert.ok(result.ok, result.ok ? '' : result.failure.message);
    const context = `${id} ${name}:\n${said.join('\n')}`;
    const { making, loaded, dir } = result.value;
    assert.deepEqual(
      making.rounds?.list.map((round) => [round.number, round.problems.length > 0]),
      [
        [1, true],
        [2, false],
        [3, false],
        [4, false],
      ],
      context,
    );
    assert.equal(making.rounds?.end, 'sound', context);
    assert.deepEqual([endpoint.problems, endpoint.turnsLeft(marker)], [[], 0], context);

    const requests = endpoint.requestsOf(marker);
    const asked = prompts(requests);
    const [first = '', afterBroken = '', afterCycle = '', afterOverlap = ''] = asked;
    assert.equal(asked.length, 4, `${context}\n${asked.map((text) => text.slice(0, 300)).join('\n---\n')}`);
    assert.ok(first.includes(JSON.stringify(proposalJsonSchema(), null, 2)), `${context}\nno schema in the question`);
    assert.match(
      afterBroken,
      /Your JSON ends before it is complete \(after \d+ characters, behind "id": "[\w-]+"\)/,
      context,
    );
    const [one, two] = circle;
    assert.ok(
      [`${one} -> ${two} -> ${one}`, `${two} -> ${one} -> ${two}`].some((trail) =>
        afterCycle.includes(`error: these slices wait for each other: ${trail}`),
      ),
      `${context}\n${afterCycle}`,
    );
    const overlap = new RegExp(
      `warning: ${pair.later} and ${pair.earlier} may run at the same time and share \\d.* % of what they write \\(.*${escaped(pair.path)}`,
    );
    assert.equal(faultsIn(afterCycle).length, 1, `${context}\n${afterCycle}`);
    assert.match(
      afterCycle,
      new RegExp(
        `\`deps\` of ${one}; .*\`deps\` of ${two} \\(declared by the spec, stays\\)|\`deps\` of ${two} \\(declared by the spec, stays\\); .*\`deps\` of ${one}`,
      ),
      context,
    );
    assert.match(afterOverlap, overlap, context);
    // Whoever is told sees no files: each fault has to name its slice.
    for (const fault of faultsIn(afterOverlap))
      assert.match(fault, new RegExp(`\\b${pair.later}\\b`), `${context}\n${fault} names no slice`);
    assert.match(afterOverlap, /These ways were tried on your plan, and help:/, context);
    assert.equal(new Set(requests.map((request) => request.sessionId)).size, 1, context);

    assert.equal(loaded.plan.slices.length, slices);
    const longest = Math.max(...asked.map((text) => text.length));
    const schema = JSON.stringify(proposalJsonSchema()).length;
    assert.ok(longest < 60_000, `${context}\na prompt of ${longest} characters`);
    assert.ok(whole.length < LARGEST_ANSWER / 20 && schema < LONGEST_COMMAND_LINE / 4, `${whole.length} ${schema}`);

    // Nothing is written before somebody accepts it; then it is whole, and reads back as it was shown.
    assert.deepEqual(readdirSync(root).toSorted(), before);
    const written = await writeDecomposition(root, result.value, { replace: false });
    assert.ok(written.ok, context);
    for (const file of result.value.files.keys()) assert.ok(existsSync(path.join(root, dir, file)), file);
    const engine = await openEngine(root, { slicewave: [] });
    assert.ok(engine.ok);
    const judged = await engine.value.judge(dir);
    assert.ok(judged.ok, judged.ok ? '' : judged.failure.message);
    const faults = judged.value.loaded.findings.filter(
      ({ severity }) => severity === 'error' || severity === 'warning',
    );
    assert.deepEqual(
      faults.map(({ code, message }) => `${code}: ${message}`),
      [],
    );
    assert.deepEqual(
      judged.value.loaded.plan.slices.map((slice) => [slice.id, slice.deps]),
      loaded.plan.slices.map((slice) => [slice.id, slice.deps]),
    );
    const kilo = (length: number): string => `${(length / 1000).toFixed(1)} k`;
    return {
      line: `${id} ${name}: 4 rounds in ${seconds.toFixed(1)} s; first prompt ${kilo(first.length)}, longest feedback ${kilo(Math.max(...asked.slice(1).map((text) => text.length)))}, answer ${kilo(whole.length)} characters`,
    };
  } finally {
    home.dispose();
    await endpoint.close();
    repository.remove();
  }
}

/** The model's turns for one answer. Claude Code takes it by a tool of its own, checks it, and ends when it is right. */
function answered(id: AgentId, answer: Proposal, isMisshapenFirst: boolean): Turn[] {
  if (id === 'codex') return [{ say: JSON.stringify(answer) }];
  const misshapen: Turn[] = [{ tool: 'StructuredOutput', input: { ...answer, slices: 'all of them' } }];
  return [...(isMisshapenFirst ? misshapen : []), { tool: 'StructuredOutput', input: answer }];
}

/** What the client lets through that is no JSON; Claude Code insists once on structured output before it does. */
function unreadable(id: AgentId, broken: string): Turn[] {
  const said: Turn = { say: `Here it is:\n\n\`\`\`json\n${broken}\n\`\`\`\n` };
  return id === 'codex' ? [said] : [said, said];
}

/** What the decomposer itself asked in this session, in order, each once: a request repeats all that was said before. */
function prompts(requests: readonly ModelRequest[]): string[] {
  const texts = requests.flatMap((request) => request.userTexts);
  return [...new Set(texts)].filter((text) =>
    /^(Decompose a spec into|Your decomposition does not hold)/.test(text.trim()),
  );
}

/** The rows of a message that say what is wrong. */
function faultsIn(message: string): string[] {
  return message.split('\n').filter((row) => /^- (error|warning): /.test(row));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

suite('decomposing real-shaped specs with both agents', () => {
  const lines: string[] = [];

  // Two at a time: the agents mostly wait for their own start.
  for (const [name, marker, slices] of specs) {
    test(`${name}: broken JSON, a cycle, an overlap, then a plan of ${slices} slices that is written`, async () => {
      const runs = await Promise.all([run('claude', name, marker, slices), run('codex', name, marker, slices)]);
      lines.push(...runs.map(({ line }) => line));
    });
  }

  suiteTeardown(() => lines.forEach((line) => console.log(`      ${line}`)));
});
